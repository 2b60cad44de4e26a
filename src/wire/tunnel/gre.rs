//! Generic routing encapsulation (RFC 2784, RFC 2890, RFC 1701), PPTP's version of it (RFC 2637), NVGRE (RFC 7637).

use super::erspan;
use crate::limits::MAX_ENCAPSULATION;
use crate::wire::Link;
use crate::wire::ethernet::ether_type;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
/// Of version 1 only.
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

/// What a GRE header carries.
pub(super) fn packet<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[f0, f1, p0, p1]) = layer.first::<4>() else { return Inner::Other };
    let (flags, protocol) = (u16::from_be_bytes([f0, f1]), u16::from_be_bytes([p0, p1]));
    match flags & VERSION {
        0 => plain(flags, protocol, layer.behind(4), link),
        1 if protocol == ether_type::PPP => pptp(flags, layer.behind(4)),
        _ => Inner::NotDecoded("GRE of an unknown version"),
    }
}

fn plain<'a>(flags: u16, protocol: u16, mut layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    if flags & (CHECKSUM | ROUTING) != 0 {
        layer = layer.behind(4);
    }
    if flags & KEY != 0 {
        let Some(&[v0, v1, v2, _]) = layer.first::<4>() else { return Inner::Other };
        // NVGRE has a key and nothing else: 24 bits of virtual subnet, 8 bits of flow (RFC 7637, 3.2).
        if flags & (CHECKSUM | SEQUENCE) == 0 && protocol == ether_type::BRIDGED {
            link.network = Some(u32::from_be_bytes([0, v0, v1, v2]));
        }
        layer = layer.behind(4);
    }
    if flags & SEQUENCE != 0 {
        layer = layer.behind(4);
    }
    if flags & ROUTING != 0 {
        let Some(behind) = behind_routing(layer) else { return Inner::Other };
        layer = behind;
    }
    match protocol {
        ether_type::ERSPAN => erspan::first_or_second(layer, flags & SEQUENCE != 0, link),
        ether_type::ERSPAN_3 => erspan::third(layer, link),
        ether_type::BRIDGED => Inner::Frame(layer),
        ether_type::IPV4 | ether_type::IPV6 => Inner::Ip(layer),
        ether_type::ARP => Inner::Arp(layer),
        other => Inner::Typed(other, layer),
    }
}

/// Session and number of a mirrored frame: of ERSPAN II and III, and of a bridged frame that has a number (its session is
/// the key, as far as it is known).
pub(super) fn mirror_number(layer: Layer<'_>) -> Option<(u16, u32)> {
    let &[f0, f1, p0, p1] = layer.first::<4>()?;
    let (flags, protocol) = (u16::from_be_bytes([f0, f1]), u16::from_be_bytes([p0, p1]));
    if flags & SEQUENCE == 0 || flags & (VERSION | ROUTING) != 0 {
        return None;
    }
    let mut layer = layer.behind(if flags & CHECKSUM == 0 { 4 } else { 8 });
    let mut session = 0;
    if flags & KEY != 0 {
        let &[_, _, k2, k3] = layer.first::<4>()?;
        session = u16::from_be_bytes([k2, k3]);
        layer = layer.behind(4);
    }
    let number = u32::from_be_bytes(*layer.first::<4>()?);
    match protocol {
        ether_type::ERSPAN | ether_type::ERSPAN_3 => Some((erspan::session(layer.behind(4))?, number)),
        ether_type::BRIDGED => Some((session, number)),
        _ => None,
    }
}

/// The routing entries of RFC 1701: address family (2), offset, length, data; a length of 0 ends them.
fn behind_routing(mut layer: Layer<'_>) -> Option<Layer<'_>> {
    for _ in 0..MAX_ENCAPSULATION {
        let &[_, _, _, length] = layer.first::<4>()?;
        layer = layer.behind(4 + usize::from(length));
        if length == 0 {
            return Some(layer);
        }
    }
    None
}

/// Length of the payload (2), call (2), and the numbers that the flags announce; an acknowledgement carries nothing.
fn pptp(flags: u16, layer: Layer<'_>) -> Inner<'_> {
    let Some(&[l0, l1, _, _]) = layer.first::<4>() else { return Inner::Other };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if flags & KEY == 0 || flags & SEQUENCE == 0 || length == 0 {
        return Inner::Other;
    }
    let header_len = 4 + 4 + if flags & ACKNOWLEDGEMENT != 0 { 4 } else { 0 };
    Inner::Ppp(Layer::new(layer.behind(header_len).data, length))
}
