//! IPv4 and IPv6 headers, options and extension headers.

use std::net::IpAddr;

use etherparse::{Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice};

use crate::limits::MAX_ENCAPSULATION;
use crate::wire::Ip;
use crate::wire::layer::Layer;

/// Protocol numbers of headers that stand between IP and its payload (RFC 8200, RFC 4302, RFC 6275, RFC 7401, RFC 5533).
mod extension {
    pub(super) const HOP_BY_HOP: u8 = 0;
    pub(super) const ROUTING: u8 = 43;
    pub(super) const FRAGMENT: u8 = 44;
    pub(super) const AUTHENTICATION: u8 = 51;
    pub(super) const DESTINATION: u8 = 60;
    pub(super) const MOBILITY: u8 = 135;
    pub(super) const HOST_IDENTITY: u8 = 139;
    pub(super) const SHIM6: u8 = 140;
}

/// An IP header and what follows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Datagram<'a> {
    pub(super) ip: Ip,
    /// Behind all extension headers that could be read.
    pub(super) payload: Layer<'a>,
    /// Where the payload belongs, when it is a fragment.
    pub(super) piece: Option<Piece>,
}

/// Place of a fragment in its datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) identification: u32,
    /// In bytes.
    pub(super) offset: u16,
    /// More fragments follow.
    pub(super) more: bool,
}

/// Reads the header at the front of `layer`. The length of the payload is what the header says; where it says nothing
/// (0, as on frames captured before segmentation offload, or less than itself) it is what stood on the wire.
pub(super) fn parse(layer: Layer<'_>) -> Option<Datagram<'_>> {
    match layer.data.first()? >> 4 {
        4 => parse_v4(layer),
        6 => parse_v6(layer),
        _ => None,
    }
}

fn parse_v4(layer: Layer<'_>) -> Option<Datagram<'_>> {
    let header = Ipv4HeaderSlice::from_slice(layer.data).ok()?;
    let header_len = header.slice().len();
    let total = usize::from(header.total_len());
    let wire_len = if total < header_len { layer.wire_len } else { total };
    let payload = Layer::new(layer.behind(header_len).data, wire_len.saturating_sub(header_len));
    let piece = header.is_fragmenting_payload().then(|| Piece {
        identification: u32::from(header.identification()),
        offset: header.fragments_offset().byte_offset(),
        more: header.more_fragments(),
    });
    let mut ip = Ip {
        source: IpAddr::V4(header.source_addr()),
        destination: IpAddr::V4(header.destination_addr()),
        ttl: header.ttl(),
        identification: Some(header.identification()),
        protocol: header.protocol().0,
    };
    // An authentication header is part of the payload: of fragments only when they are together again.
    let payload = if piece.is_none() { behind_authentication(&mut ip.protocol, payload) } else { payload };
    Some(Datagram { ip, payload, piece })
}

fn parse_v6(layer: Layer<'_>) -> Option<Datagram<'_>> {
    let header = Ipv6HeaderSlice::from_slice(layer.data).ok()?;
    let behind = layer.behind(40);
    let payload = match header.payload_length() {
        0 => behind,
        length => Layer::new(behind.data, usize::from(length)),
    };
    let mut ip = Ip {
        source: IpAddr::V6(header.source_addr()),
        destination: IpAddr::V6(header.destination_addr()),
        ttl: header.hop_limit(),
        identification: None,
        protocol: header.next_header().0,
    };
    let (payload, piece) = behind_extensions(&mut ip.protocol, payload);
    Some(Datagram { ip, payload, piece })
}

/// What follows the headers that may stand before the payload of a reassembled datagram.
pub(super) fn behind_headers<'a>(ip: &mut Ip, payload: Layer<'a>) -> Layer<'a> {
    match ip.source {
        IpAddr::V4(_) => behind_authentication(&mut ip.protocol, payload),
        IpAddr::V6(_) => behind_extensions(&mut ip.protocol, payload).0,
    }
}

fn behind_authentication<'a>(protocol: &mut u8, layer: Layer<'a>) -> Layer<'a> {
    match layer.first::<2>() {
        Some(&[next, length]) if *protocol == extension::AUTHENTICATION => {
            *protocol = next;
            layer.behind((usize::from(length) + 2) * 4)
        }
        _ => layer,
    }
}

/// Walks IPv6 extension headers up to the payload, a fragment of it, or where the capture cut.
fn behind_extensions<'a>(protocol: &mut u8, mut layer: Layer<'a>) -> (Layer<'a>, Option<Piece>) {
    use extension::{AUTHENTICATION, DESTINATION, FRAGMENT, HOP_BY_HOP, HOST_IDENTITY, MOBILITY, ROUTING, SHIM6};
    for _ in 0..MAX_ENCAPSULATION {
        let Some(&[next, length]) = layer.first::<2>() else { break };
        let count = match *protocol {
            HOP_BY_HOP | ROUTING | DESTINATION | MOBILITY | HOST_IDENTITY | SHIM6 => (usize::from(length) + 1) * 8,
            AUTHENTICATION => (usize::from(length) + 2) * 4,
            FRAGMENT => {
                let Ok(header) = Ipv6FragmentHeaderSlice::from_slice(layer.data) else { break };
                if header.is_fragmenting_payload() {
                    let piece = Piece {
                        identification: header.identification(),
                        offset: header.fragment_offset().byte_offset(),
                        more: header.more_fragments(),
                    };
                    *protocol = next;
                    return (layer.behind(8), Some(piece));
                }
                8
            }
            _ => break,
        };
        *protocol = next;
        layer = layer.behind(count);
    }
    (layer, None)
}
