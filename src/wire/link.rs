//! Link types: what stands before the network layer.

use crate::limits::MAX_FRAME;
use crate::source::{Frame, LinkType};
use crate::wire::ethernet;
use crate::wire::layer::Layer;
use crate::wire::{Link, Mac};

/// What a link layer carries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inner<'a> {
    /// IPv4 or IPv6, as its first bits say.
    Ip(Layer<'a>),
    /// ARP.
    Arp(Layer<'a>),
    /// An encapsulation that is not decoded.
    NotDecoded(&'static str),
    /// Nothing for us, or cut before it could be told.
    Other,
}

/// Takes the link layer off a frame.
pub(super) fn unwrap<'a>(frame: &Frame<'a>) -> (Link, Inner<'a>) {
    let wire_len = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
    let wire_len = if wire_len > MAX_FRAME { frame.data.len() } else { wire_len.max(frame.data.len()) };
    let layer = Layer::new(frame.data, wire_len.saturating_sub(usize::from(frame.fcs_len)));
    match frame.link {
        LinkType::ETHERNET => ethernet::frame(layer),
        LinkType::LINUX_SLL => cooked(layer),
        LinkType::LINUX_SLL2 => cooked_2(layer),
        LinkType::NULL | LinkType::LOOP => (Link::default(), loopback(layer)),
        LinkType(12 | 14) | LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => (Link::default(), Inner::Ip(layer)),
        other => (Link::default(), Inner::NotDecoded(other.name().unwrap_or("a link type without a name"))),
    }
}

/// Linux cooked capture: packet type, kind of device, length of the address, address (8), protocol.
fn cooked(layer: Layer<'_>) -> (Link, Inner<'_>) {
    let Some(&[_, _, _, _, l0, l1, a0, a1, a2, a3, a4, a5, _, _, p0, p1]) = layer.first::<16>() else {
        return (Link::default(), Inner::Other);
    };
    let source = ([l0, l1] == [0, 6]).then_some(Mac([a0, a1, a2, a3, a4, a5]));
    by_protocol(u16::from_be_bytes([p0, p1]), layer.behind(16), source)
}

/// Its second version: protocol, reserved (2), interface (4), kind of device (2), packet type, length of the address,
/// address (8).
fn cooked_2(layer: Layer<'_>) -> (Link, Inner<'_>) {
    let Some(&[p0, p1, _, _, _, _, _, _, _, _, _, len, a0, a1, a2, a3, a4, a5, _, _]) = layer.first::<20>() else {
        return (Link::default(), Inner::Other);
    };
    let source = (len == 6).then_some(Mac([a0, a1, a2, a3, a4, a5]));
    by_protocol(u16::from_be_bytes([p0, p1]), layer.behind(20), source)
}

/// The protocol field of cooked captures: an EtherType, or a number of Linux's own, of which 4 is LLC.
fn by_protocol(protocol: u16, layer: Layer<'_>, source: Option<Mac>) -> (Link, Inner<'_>) {
    let mut link = Link { source, ..Link::default() };
    let inner = match protocol {
        4 => match ethernet::llc(layer) {
            Some((number @ ethernet::ether_type::MIN.., count)) => {
                ethernet::by_type(number, layer.behind(count), &mut link)
            }
            _ => Inner::Other,
        },
        number if number < ethernet::ether_type::MIN => Inner::Other,
        number => ethernet::by_type(number, layer, &mut link),
    };
    (link, inner)
}

/// BSD loopback: the address family, whose number for IPv6 differs from system to system and whose byte order is that
/// of the capturing machine (link type 0) or the network's (108); writers mix them up, so both are read either way.
fn loopback(layer: Layer<'_>) -> Inner<'_> {
    let Some(&family) = layer.first::<4>() else { return Inner::Other };
    let family = match u32::from_le_bytes(family) {
        little if little <= 0xffff => little,
        _ => u32::from_be_bytes(family),
    };
    match family {
        // IPv4 everywhere; IPv6 on Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 10 | 23 | 24 | 28 | 30 => Inner::Ip(layer.behind(4)),
        _ => Inner::Other,
    }
}
