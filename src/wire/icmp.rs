//! ICMP and ICMPv6: errors with the packet that they quote, and neighbour discovery.

use crate::wire::layer::Layer;
use crate::wire::{Body, IcmpError, Ip, ip, neighbour, transport};

/// Bytes before what a message of either family carries.
const HEADER: usize = 8;

/// An ICMP error (RFC 792): unreachable, source quench, time exceeded, parameter problem.
pub(super) fn v4<'a>(layer: Layer<'a>) -> Option<Body<'a>> {
    match layer.first::<2>()? {
        &[kind @ (3 | 4 | 11 | 12), code] => error(kind, code, layer),
        _ => None,
    }
}

/// An ICMPv6 error (RFC 4443), or neighbour discovery (RFC 4861).
pub(super) fn v6<'a>(ip: &Ip, layer: Layer<'a>) -> Option<Body<'a>> {
    match layer.first::<2>()? {
        &[kind @ 1..=4, code] => error(kind, code, layer),
        _ => neighbour::discovery(ip, layer).map(Body::Neighbour),
    }
}

/// The quoted packet is cut by those who send the error, and again by the capture: its first four bytes of transport
/// are enough, where they are ports. Those of other protocols count as ports 0, a later fragment has nothing to tell.
fn error<'a>(kind: u8, code: u8, layer: Layer<'a>) -> Option<Body<'a>> {
    let quoted = ip::parse(layer.behind(HEADER))?;
    let ports = match quoted.ip.protocol {
        _ if quoted.piece.is_some_and(|piece| piece.offset != 0) => return None,
        transport::TCP | transport::UDP => {
            let &[s0, s1, d0, d1] = quoted.payload.first::<4>()?;
            (u16::from_be_bytes([s0, s1]), u16::from_be_bytes([d0, d1]))
        }
        _ => (0, 0),
    };
    let Ip { source, destination, protocol, .. } = quoted.ip;
    Some(Body::IcmpError(IcmpError { kind, code, source, destination, protocol, ports }))
}
