//! TCP and UDP headers, and which of the rest is of interest.

use crate::wire::layer::Layer;
use crate::wire::{Body, Datagram, Ip, Segment, icmp};

/// Protocol number of TCP, in the header of IP.
pub const TCP: u8 = 6;
/// Protocol number of UDP.
pub const UDP: u8 = 17;
pub(super) const ICMP: u8 = 1;
pub(super) const ICMPV6: u8 = 58;

/// What an IP payload holds that is no tunnel.
pub(super) fn body<'a>(ip: &Ip, layer: Layer<'a>) -> Body<'a> {
    let body = match (ip.protocol, ip.source.is_ipv4()) {
        (TCP, _) => segment(layer).map(Body::Tcp),
        (UDP, _) => datagram(layer).map(Body::Udp),
        (ICMP, true) => icmp::v4(layer),
        (ICMPV6, false) => icmp::v6(ip, layer),
        _ => None,
    };
    body.unwrap_or(Body::OtherIp)
}

/// A TCP segment, from its header on (RFC 9293, 3.1); `None` where the header contradicts itself or is cut before its
/// window. Options may be cut: they are not needed.
#[inline]
pub(super) fn segment(layer: Layer<'_>) -> Option<Segment<'_>> {
    let &[s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, w0, w1] = layer.first::<16>()?;
    let header_len = usize::from(offset >> 4) * 4;
    if header_len < 20 || header_len > layer.wire_len {
        return None;
    }
    let payload = layer.behind(header_len);
    Some(Segment {
        source_port: u16::from_be_bytes([s0, s1]),
        destination_port: u16::from_be_bytes([d0, d1]),
        seq: u32::from_be_bytes([q0, q1, q2, q3]),
        ack: u32::from_be_bytes([a0, a1, a2, a3]),
        flags,
        window: u16::from_be_bytes([w0, w1]),
        len: u32::try_from(payload.wire_len).unwrap_or(u32::MAX),
        payload: payload.data,
    })
}

/// A UDP datagram, from its header on (RFC 768). Its own length counts where it fits into the IP payload; 0 and others
/// are left by offload.
#[inline]
pub(super) fn datagram(layer: Layer<'_>) -> Option<Datagram<'_>> {
    let &[s0, s1, d0, d1, l0, l1, _, _] = layer.first::<8>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let wire_len = if (8..=layer.wire_len).contains(&length) { length } else { layer.wire_len };
    let payload = Layer::new(layer.data, wire_len).behind(8);
    Some(Datagram {
        source_port: u16::from_be_bytes([s0, s1]),
        destination_port: u16::from_be_bytes([d0, d1]),
        len: u32::try_from(payload.wire_len).unwrap_or(u32::MAX),
        payload: payload.data,
    })
}
