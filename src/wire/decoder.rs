//! The decoder: a frame in, a packet out, whatever the frame holds.

use crate::source::Frame;
use crate::wire::fragment::Fragments;
use crate::wire::layer::Layer;
use crate::wire::link::Inner;
use crate::wire::{Body, Packet, early, ip, link, neighbour, transport};

/// Decodes frames. It remembers nothing but fragments of datagrams.
#[derive(Default)]
pub struct Decoder {
    fragments: Fragments,
}

impl Decoder {
    /// A decoder that has seen nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What `frame` holds. Every frame gives a packet; what cannot be read of it is [`Body::Other`],
    /// [`Body::OtherIp`] or [`Body::NotDecoded`].
    #[inline]
    pub fn decode<'a>(&'a mut self, frame: &Frame<'a>) -> Packet<'a> {
        match early::decode(frame) {
            Some(packet) => packet,
            None => self.decode_unusual(frame),
        }
    }

    /// Fragmented datagrams that were given up because too many were open at a time.
    #[must_use]
    pub const fn given_up(&self) -> u64 {
        self.fragments.given_up()
    }

    /// The long way, which can read everything.
    #[inline(never)]
    fn decode_unusual<'a>(&'a mut self, frame: &Frame<'a>) -> Packet<'a> {
        let (link, inner) = link::unwrap(frame);
        let (ip, body) = match inner {
            Inner::Ip(layer) => self.decode_ip(layer, frame),
            Inner::Arp(layer) => (None, neighbour::arp(layer).map_or(Body::Other, Body::Neighbour)),
            Inner::NotDecoded(name) => (None, Body::NotDecoded(name)),
            Inner::Other => (None, Body::Other),
        };
        Packet { at: frame.at, link, ip, body }
    }

    fn decode_ip<'a>(&'a mut self, layer: Layer<'a>, frame: &Frame<'a>) -> (Option<crate::wire::Ip>, Body<'a>) {
        let Some(ip::Datagram { mut ip, payload, piece }) = ip::parse(layer) else { return (None, Body::Other) };
        let payload = match piece {
            None => payload,
            Some(piece) => match self.fragments.add(&ip, piece, payload, frame.at.time) {
                Some(data) => ip::behind_headers(&mut ip, Layer::whole(data)),
                None => return (Some(ip), Body::OtherIp),
            },
        };
        (Some(ip), transport::body(&ip, payload))
    }
}
