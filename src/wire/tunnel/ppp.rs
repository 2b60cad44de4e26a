//! PPP (RFC 1661, RFC 1662), its session over Ethernet (RFC 2516), and Cisco's HDLC in its place.

use crate::wire::ethernet::ether_type;
use crate::wire::layer::Layer;
use crate::wire::link::serial;
use crate::wire::peel::Inner;

/// Version 1, type 1, code 0: session data.
const SESSION: [u8; 2] = [0x11, 0];

/// A PPPoE session packet from its version on: its length says where the padding of short frames begins.
pub(in crate::wire) fn session(layer: Layer<'_>) -> Inner<'_> {
    let Some(&[version, code, _, _, l0, l1]) = layer.first::<6>() else { return Inner::Other };
    if [version, code] != SESSION {
        return Inner::Other;
    }
    let behind = layer.behind(6);
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    Inner::Ppp(Layer::new(behind.data, if length == 0 { behind.wire_len } else { length }))
}

/// A PPP frame, with its address and control field or without (RFC 1661, 6.6), with both bytes of its protocol field
/// or one (6.5).
pub(in crate::wire) fn frame(layer: Layer<'_>) -> Inner<'_> {
    let layer = match layer.first::<2>() {
        Some([0xff, 0x03]) => layer.behind(2),
        // Cisco's framing on the same link type.
        Some([0x0f | 0x8f, 0x00]) => return serial::cisco_hdlc(layer),
        _ => layer,
    };
    let Some(&first) = layer.data.first() else { return Inner::Other };
    let (protocol, layer) = if first & 1 == 1 {
        (u16::from(first), layer.behind(1))
    } else {
        let Some(&protocol) = layer.first::<2>() else { return Inner::Other };
        (u16::from_be_bytes(protocol), layer.behind(2))
    };
    match protocol {
        0x0021 | 0x0057 => Inner::Ip(layer),
        0x0031 => bridged(layer),
        0x0281 => Inner::Typed(ether_type::MPLS, layer),
        0x003d => Inner::NotDecoded("PPP multilink"),
        0x002d | 0x002f => Inner::NotDecoded("PPP with compressed headers"),
        0x0053 | 0x0055 => Inner::NotDecoded("encrypted PPP"),
        0x00fb | 0x00fd => Inner::NotDecoded("compressed or encrypted PPP"),
        _ => Inner::Other,
    }
}

/// A bridged frame (RFC 3518, 4.2): flags and the kind of link, 1 for Ethernet.
fn bridged(layer: Layer<'_>) -> Inner<'_> {
    match layer.first::<2>() {
        // A LAN identifier (4 bytes) stands before the kind of link.
        Some([flags, _]) if flags & 0x40 != 0 => Inner::NotDecoded("bridged PPP with LAN identifiers"),
        Some([_, 1]) => Inner::Frame(layer.behind(2)),
        _ => Inner::Other,
    }
}
