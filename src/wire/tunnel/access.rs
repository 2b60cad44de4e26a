//! Tunnels of access networks over UDP and IP: GTP-U of mobile networks (3GPP TS 29.281), L2TP (RFC 2661, RFC 3931),
//! Teredo (RFC 4380), EtherIP (RFC 3378).

use crate::limits::MAX_ENCAPSULATION;
use crate::wire::layer::Layer;
use crate::wire::peel::{Inner, is_frame, is_ip};

/// GTP version 1, not its charging variant.
const GTP: u8 = 0x30;
/// A packet of the user.
const G_PDU: u8 = 0xff;
/// Any of: an extension header follows, a sequence number, an N-PDU number.
const GTP_OPTIONS: u8 = 0x07;
const GTP_EXTENSION: u8 = 0x04;

/// GTP-U, where it carries a packet: eight bytes, four more where a flag says so, extension headers that name the next.
pub(super) fn gtp(layer: Layer<'_>) -> Option<Inner<'_>> {
    let &[flags, G_PDU, l0, l1, _, _, _, _] = layer.first::<8>()? else { return None };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if flags & 0xf8 != GTP || length == 0 || length + 8 > layer.wire_len {
        return None;
    }
    let mut layer = Layer::new(layer.behind(8).data, length);
    if flags & GTP_OPTIONS != 0 {
        let &[_, _, _, mut next] = layer.first::<4>()?;
        layer = layer.behind(4);
        let mut extensions = 0;
        while flags & GTP_EXTENSION != 0 && next != 0 {
            // In units of four bytes, of which the last names what comes next; 0 would never end.
            let count = usize::from(*layer.data.first()?) * 4;
            if count == 0 || extensions >= MAX_ENCAPSULATION {
                return None;
            }
            next = *layer.data.get(count - 1)?;
            layer = layer.behind(count);
            extensions += 1;
        }
    }
    // Nothing says what kind of session it is.
    Some(match layer.data.first()? >> 4 {
        4 | 6 if is_ip(layer) || layer.data.len() < 40 => Inner::Ip(layer),
        _ if is_frame(layer) => Inner::Frame(layer),
        _ => return None,
    })
}

/// L2TP in a UDP datagram, where it is data: version 2 with PPP in it, or version 3.
pub(super) fn l2tp(layer: Layer<'_>) -> Option<Inner<'_>> {
    const CONTROL: u16 = 0x8000;
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    const RESERVED: u16 = 0x34f0;
    let flags = u16::from_be_bytes(*layer.first::<2>()?);
    if flags & (CONTROL | RESERVED) != 0 {
        return None;
    }
    match flags & 0x000f {
        2 => {
            let mut header_len = 2;
            let mut layer = layer;
            if flags & LENGTH != 0 {
                let &[_, _, l0, l1] = layer.first::<4>()?;
                let length = usize::from(u16::from_be_bytes([l0, l1]));
                if length > layer.wire_len {
                    return None;
                }
                layer = Layer::new(layer.data, length);
                header_len += 2;
            }
            header_len += 4 + if flags & SEQUENCE != 0 { 4 } else { 0 };
            if flags & OFFSET != 0 {
                let size = u16::from_be_bytes(*layer.behind(header_len).first::<2>()?);
                header_len += 2 + usize::from(size);
            }
            let layer = layer.behind(header_len);
            is_ppp(layer).then_some(Inner::Ppp(layer))
        }
        3 if flags == 3 => l2tp_session(layer.behind(4)),
        _ => None,
    }
}

/// L2TP version 3 from its session identifier on, of which 0 is for control messages. Cookie and sublayer were agreed
/// upon before: what follows must be found.
pub(super) fn l2tp_session(layer: Layer<'_>) -> Option<Inner<'_>> {
    let session = u32::from_be_bytes(*layer.first::<4>()?);
    if session == 0 {
        return None;
    }
    [4, 8, 12, 16].into_iter().map(|count| layer.behind(count)).find_map(|layer| match layer {
        layer if is_frame(layer) => Some(Inner::Frame(layer)),
        layer if is_ip(layer) => Some(Inner::Ip(layer)),
        layer if matches!(layer.first::<2>(), Some([0xff, 0x03])) && is_ppp(layer) => Some(Inner::Ppp(layer)),
        _ => None,
    })
}

/// Whether a PPP frame begins here: an IP packet, or a protocol of the control classes (RFC 1661, 2).
fn is_ppp(layer: Layer<'_>) -> bool {
    let layer = if let Some([0xff, 0x03]) = layer.first::<2>() { layer.behind(2) } else { layer };
    match layer.first::<2>() {
        Some([0x00, 0x21 | 0x57]) => is_ip(layer.behind(2)) || layer.data.len() < 42,
        Some([0x21 | 0x57, _]) => is_ip(layer.behind(1)) || layer.data.len() < 41,
        Some([0x00, 0x31 | 0x3d | 0x2d | 0x2f | 0x53 | 0xfb | 0xfd]) => true,
        Some([0x80 | 0xc0 | 0xc2, _]) => true,
        _ => false,
    }
}

/// Teredo: IPv6 behind an authentication and an origin indication, each of which may be missing (RFC 4380, 5.1.1).
pub(super) fn teredo(mut layer: Layer<'_>) -> Option<Inner<'_>> {
    if let Some(&[0, 1, identifier, value]) = layer.first::<4>() {
        // Nonce (8) and confirmation (1) follow.
        layer = layer.behind(4 + usize::from(identifier) + usize::from(value) + 9);
    }
    if let Some([0, 0, ..]) = layer.first::<8>() {
        layer = layer.behind(8);
    }
    let header = layer.first::<40>()?;
    // The source or destination has Teredo's prefix, or is a host that asks for an address.
    let address = |from: usize| header.get(from..from + 4).unwrap_or_default();
    let known = |from: usize| matches!(address(from), [0x20, 0x01, 0, 0] | [0xfe, 0x80, 0, 0]);
    (header[0] >> 4 == 6 && is_ip(layer) && (known(8) || known(24))).then_some(Inner::Ip(layer))
}

/// EtherIP: version 3 in the upper four bits, the rest reserved.
pub(super) fn ether_ip(layer: Layer<'_>) -> Inner<'_> {
    match layer.first::<2>() {
        Some([0x30, 0]) => Inner::Frame(layer.behind(2)),
        _ => Inner::Other,
    }
}
