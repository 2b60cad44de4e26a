//! Link types: what stands before the network layer.

use crate::limits::MAX_FRAME;
use crate::source::{Frame, LinkType};
use crate::wire::ethernet;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;
use crate::wire::{Link, Mac, tunnel};

pub(super) mod radio;
pub(super) mod serial;
pub(super) mod wifi;

/// Takes the link layer off a frame.
pub(super) fn unwrap<'a>(frame: &Frame<'a>) -> (Link, Inner<'a>) {
    let wire_len = usize::try_from(frame.wire_len).unwrap_or(usize::MAX);
    let wire_len = if wire_len > MAX_FRAME { frame.data.len() } else { wire_len.max(frame.data.len()) };
    let layer = Layer::new(frame.data, wire_len.saturating_sub(usize::from(frame.fcs_len)));
    let mut link = Link::default();
    let inner = match frame.link {
        LinkType::ETHERNET => ethernet::frame(layer, &mut link),
        LinkType::LINUX_SLL => cooked(layer, &mut link),
        LinkType::LINUX_SLL2 => cooked_2(layer, &mut link),
        LinkType::NULL | LinkType::LOOP => loopback(layer),
        LinkType(12 | 14) | LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => Inner::Ip(layer),
        LinkType::PPP | LinkType::PPP_HDLC => Inner::Ppp(layer),
        // The direction stands before it.
        LinkType::PPP_WITH_DIR => Inner::Ppp(layer.behind(1)),
        LinkType::PPP_ETHER => tunnel::ppp::session(layer),
        LinkType::C_HDLC => serial::cisco_hdlc(layer),
        LinkType::FRELAY => serial::frame_relay(layer),
        LinkType::FRELAY_WITH_DIR => serial::frame_relay(layer.behind(1)),
        LinkType::IEEE802_11 => wifi::frame(layer, &mut link),
        LinkType::RADIOTAP => radio::radiotap(layer, &mut link),
        LinkType::PRISM => radio::prism(layer),
        LinkType::AVS => radio::avs(layer),
        LinkType::PPI => radio::ppi(layer),
        other => Inner::NotDecoded(other.name().unwrap_or("a link type without a name")),
    };
    (link, inner)
}

/// Linux cooked capture: packet type, kind of device, length of the address, address (8), protocol.
fn cooked<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[_, _, _, _, l0, l1, a0, a1, a2, a3, a4, a5, _, _, p0, p1]) = layer.first::<16>() else {
        return Inner::Other;
    };
    link.source = ([l0, l1] == [0, 6]).then_some(Mac([a0, a1, a2, a3, a4, a5]));
    by_protocol(u16::from_be_bytes([p0, p1]), layer.behind(16), link)
}

/// Its second version: protocol, reserved (2), interface (4), kind of device (2), packet type, length of the address,
/// address (8).
fn cooked_2<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[p0, p1, _, _, _, _, _, _, _, _, _, len, a0, a1, a2, a3, a4, a5, _, _]) = layer.first::<20>() else {
        return Inner::Other;
    };
    link.source = (len == 6).then_some(Mac([a0, a1, a2, a3, a4, a5]));
    by_protocol(u16::from_be_bytes([p0, p1]), layer.behind(20), link)
}

/// The protocol field of cooked captures: an EtherType, or a number of Linux's own, of which 4 is LLC.
fn by_protocol<'a>(protocol: u16, layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    match protocol {
        4 => match ethernet::llc(layer) {
            Some((number @ ethernet::ether_type::MIN.., count)) => ethernet::by_type(number, layer.behind(count), link),
            _ => Inner::Other,
        },
        number if number < ethernet::ether_type::MIN => Inner::Other,
        number => ethernet::by_type(number, layer, link),
    }
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
