//! ARP and neighbour discovery: which link address answers for which IP address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::layer::Layer;
use crate::wire::{Ip, Mac, Neighbour};

/// Options of neighbour discovery that hold a link address (RFC 4861, 4.6.1).
const SOURCE_LINK_ADDRESS: u8 = 1;
const TARGET_LINK_ADDRESS: u8 = 2;

/// What an ARP packet (RFC 826) says of its sender, in a request as in a reply. A probe (RFC 5227) has no sender address
/// and binds nothing.
pub(super) fn arp(layer: Layer<'_>) -> Option<Neighbour> {
    let &[h0, h1, 0x08, 0x00, 6, 4, 0, 1 | 2, m0, m1, m2, m3, m4, m5, i0, i1, i2, i3] = layer.first::<18>()? else {
        return None;
    };
    // Ethernet, or IEEE 802, which some write instead.
    if !matches!([h0, h1], [0, 1 | 6]) {
        return None;
    }
    let address = Ipv4Addr::from([i0, i1, i2, i3]);
    binding(IpAddr::V4(address), [m0, m1, m2, m3, m4, m5])
}

/// What a message of neighbour discovery (RFC 4861) says: solicitations and router messages of their sender,
/// advertisements of their target.
pub(super) fn discovery(ip: &Ip, layer: Layer<'_>) -> Option<Neighbour> {
    // Who is on the link sends with 255, nobody else can (RFC 4861, 3.1).
    if ip.ttl != 255 {
        return None;
    }
    let (option, address, options) = match layer.data.first()? {
        133 => (SOURCE_LINK_ADDRESS, ip.source, layer.behind(8)),
        134 => (SOURCE_LINK_ADDRESS, ip.source, layer.behind(16)),
        135 => (SOURCE_LINK_ADDRESS, ip.source, layer.behind(24)),
        136 => {
            let target: [u8; 16] = *layer.behind(8).first()?;
            (TARGET_LINK_ADDRESS, IpAddr::V6(Ipv6Addr::from(target)), layer.behind(24))
        }
        _ => return None,
    };
    binding(address, link_address(option, options.data)?)
}

/// The link address in the option `wanted`.
fn link_address(wanted: u8, mut options: &[u8]) -> Option<[u8; 6]> {
    while let Some(&[kind, length]) = options.first_chunk() {
        // In units of eight bytes; 0 would never end.
        let count = usize::from(length) * 8;
        if count == 0 {
            return None;
        }
        if kind == wanted {
            return options.get(2..8)?.try_into().ok();
        }
        options = options.get(count..)?;
    }
    None
}

/// A binding of two addresses that can belong to somebody.
fn binding(address: IpAddr, mac: [u8; 6]) -> Option<Neighbour> {
    let is_group = mac[0] & 1 != 0;
    let belongs = !address.is_unspecified() && !address.is_multicast() && !is_group && mac != [0; 6];
    belongs.then_some(Neighbour { address, mac: Mac(mac) })
}
