//! From what announces a layer down to the network layer, whatever lies between.

use crate::limits::MAX_ENCAPSULATION;
use crate::wire::layer::Layer;
use crate::wire::link::wifi;
use crate::wire::{Link, ethernet, tunnel};

/// What a header carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inner<'a> {
    /// IPv4 or IPv6, as its first bits say.
    Ip(Layer<'a>),
    /// ARP.
    Arp(Layer<'a>),
    /// An Ethernet frame from its destination address on.
    Frame(Layer<'a>),
    /// An IEEE 802.11 frame from its frame control field on.
    Wifi(Layer<'a>),
    /// PPP from its address field or, where that is left out, from its protocol field on.
    Ppp(Layer<'a>),
    /// What this EtherType announces, neither IP nor ARP nor a VLAN tag.
    Typed(u16, Layer<'a>),
    /// Something that is not decoded.
    NotDecoded(&'static str),
    /// Nothing for us, or cut before it could be told.
    Other,
}

/// Name of what is nested too deep.
pub(super) const TOO_DEEP: &str = "encapsulation deeper than is taken off";

/// How many encapsulations were taken off a packet: at most [`MAX_ENCAPSULATION`], whatever it claims.
#[derive(Clone, Copy, Default)]
pub(super) struct Depth(usize);

impl Depth {
    /// Goes one encapsulation deeper; what is too deep is named instead.
    pub(super) const fn enter<'a>(&mut self, inner: Inner<'a>) -> Inner<'a> {
        if self.0 >= MAX_ENCAPSULATION {
            return Inner::NotDecoded(TOO_DEEP);
        }
        self.0 += 1;
        inner
    }
}

/// Takes off all that lies before the network layer. Gives only [`Inner::Ip`], [`Inner::Arp`], [`Inner::NotDecoded`] or
/// [`Inner::Other`]; addresses and tags of the innermost link stand in `link` then.
///
/// It ends: frames lead to an EtherType or to the network layer, and each EtherType that leads on is counted.
pub(super) fn network<'a>(mut inner: Inner<'a>, link: &mut Link, depth: &mut Depth) -> Inner<'a> {
    loop {
        inner = match inner {
            Inner::Frame(layer) => ethernet::frame(layer, link),
            Inner::Wifi(layer) => wifi::frame(layer, link),
            Inner::Ppp(layer) => tunnel::ppp::frame(layer),
            Inner::Typed(number, layer) => match tunnel::ether_type(number, layer, link) {
                Some(Inner::NotDecoded(name)) => return Inner::NotDecoded(name),
                Some(inner) => depth.enter(inner),
                None => return Inner::Other,
            },
            Inner::Ip(_) | Inner::Arp(_) | Inner::NotDecoded(_) | Inner::Other => return inner,
        };
    }
}

/// Whether an IP header that fits into the layer stands here.
pub(super) fn is_ip(layer: Layer<'_>) -> bool {
    match layer.data.first().map(|first| (first >> 4, usize::from(first & 0x0f) * 4)) {
        Some((4, header_len @ 20..)) => layer.first::<20>().is_some_and(|header| {
            let total = usize::from(u16::from_be_bytes([header[2], header[3]]));
            total == 0 || (header_len..=layer.wire_len).contains(&total)
        }),
        Some((6, _)) => layer
            .first::<40>()
            .is_some_and(|header| usize::from(u16::from_be_bytes([header[4], header[5]])) + 40 <= layer.wire_len),
        _ => false,
    }
}

/// Whether an Ethernet frame stands here that carries something that is known: where nothing announces what follows.
pub(super) fn is_frame(layer: Layer<'_>) -> bool {
    let Some(header) = layer.first::<14>() else { return false };
    // Nobody sends from a group address (IEEE 802.3, 3.2.3).
    if header[6] & 1 != 0 {
        return false;
    }
    let mut link = Link::default();
    match ethernet::frame(layer, &mut link) {
        Inner::Ip(layer) => is_ip(layer),
        Inner::Arp(layer) => matches!(layer.first::<4>(), Some([0, 1, 8, 0])),
        Inner::Typed(number, layer) => tunnel::ether_type(number, layer, &mut link).is_some(),
        _ => false,
    }
}
