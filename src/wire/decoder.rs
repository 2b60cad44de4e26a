//! The decoder: a frame in, a packet out, whatever the frame holds.

use crate::limits::MAX_ENCAPSULATION;
use crate::source::Frame;
use crate::wire::fragment::Fragments;
use crate::wire::layer::Layer;
use crate::wire::peel::{self, Depth, Inner};
use crate::wire::sessions::{MirrorLoss, Sessions};
use crate::wire::{Body, Ip, Link, Packet, early, ip, link, neighbour, transport, tunnel};

/// Decodes frames. It remembers nothing but fragments of datagrams and the numbers of mirror sessions.
#[derive(Default)]
pub struct Decoder {
    fragments: Fragments,
    sessions: Sessions,
    /// Datagrams that fragments became, from the outside in: a tunnel's own may lie in one that was fragmented, too.
    joined: [Vec<u8>; MAX_ENCAPSULATION],
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

    /// What mirror sessions (ERSPAN) lost on their way, by the numbers of what came. Only whoever decodes every frame of a
    /// capture may ask.
    #[must_use]
    pub fn mirror_loss(&self) -> MirrorLoss {
        self.sessions.lost()
    }

    /// The long way, which can read everything.
    #[inline(never)]
    fn decode_unusual<'a>(&'a mut self, frame: &Frame<'a>) -> Packet<'a> {
        let (mut link, mut inner) = link::unwrap(frame);
        let mut depth = Depth::default();
        let mut rooms = self.joined.iter_mut();
        let mut ip = None;
        let body = loop {
            let parsed = match peel::network(inner, &mut link, &mut depth) {
                Inner::Ip(layer) => ip::parse(layer),
                Inner::Arp(layer) => {
                    ip = None;
                    break neighbour::arp(layer).map_or(Body::Other, Body::Neighbour);
                }
                Inner::NotDecoded(name) => break Body::NotDecoded(name),
                _ => None,
            };
            // Of a tunnel whose content cannot be read its own header stays.
            let Some(ip::Datagram { ip: mut header, payload, piece }) = parsed else {
                break if ip.is_some() { Body::OtherIp } else { Body::Other };
            };
            let payload = match piece {
                None => payload,
                Some(piece) => match (self.fragments.add(&header, piece, payload, frame.at.time), rooms.next()) {
                    (Some(data), Some(room)) => {
                        *room = data;
                        ip::behind_headers(&mut header, Layer::whole(room))
                    }
                    _ => {
                        ip = Some(header);
                        break Body::OtherIp;
                    }
                },
            };
            ip = Some(header);
            if header.protocol == tunnel::GRE {
                self.sessions.note(&header, payload, frame.at.time);
            }
            inner = match carried(&header, payload, &mut link) {
                Ok(tunnel) => depth.enter(tunnel),
                Err(body) => break body,
            };
        };
        Packet { at: frame.at, link, ip, body }
    }
}

/// What an IP payload is: a tunnel's content, or a body.
fn carried<'a>(ip: &Ip, payload: Layer<'a>, link: &mut Link) -> Result<Inner<'a>, Body<'a>> {
    if tunnel::is_tunnel(ip.protocol) {
        return tunnel::ip_protocol(ip.protocol, payload, link).ok_or(Body::OtherIp);
    }
    let body = transport::body(ip, payload);
    match &body {
        Body::Udp(datagram) => tunnel::udp(datagram, link).ok_or(body),
        _ => Err(body),
    }
}

/// Addresses and tags of the innermost link of a frame, as [`Packet::link`] has them.
#[must_use]
pub fn link_of(frame: &Frame<'_>) -> Link {
    innermost(frame).0
}

/// The innermost network layer of a frame that can be reached without joining fragments, and its link.
pub(super) fn innermost<'a>(frame: &Frame<'a>) -> (Link, Inner<'a>) {
    let (mut link, inner) = link::unwrap(frame);
    let mut depth = Depth::default();
    let mut found = peel::network(inner, &mut link, &mut depth);
    while let Inner::Ip(layer) = found {
        let Some(ip::Datagram { ip, payload, piece: None }) = ip::parse(layer) else { break };
        let mut around = link;
        let Ok(tunnel) = carried(&ip, payload, &mut around) else { break };
        match peel::network(depth.enter(tunnel), &mut around, &mut depth) {
            inner @ (Inner::Ip(_) | Inner::Arp(_)) => (link, found) = (around, inner),
            _ => break,
        }
    }
    (link, found)
}
