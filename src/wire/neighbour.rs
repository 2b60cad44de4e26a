//! ARP and neighbour discovery: who asks for which link address, and which one answers for which IP address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::wire::layer::Layer;
use crate::wire::{Binding, Ip, Mac, Neighbour, Said};

/// Options of neighbour discovery that hold a link address (RFC 4861, 4.6.1).
const SOURCE_LINK_ADDRESS: u8 = 1;
const TARGET_LINK_ADDRESS: u8 = 2;

/// What an ARP packet (RFC 826) asks or answers. A request binds its sender as a reply does; a probe (RFC 5227) has no
/// sender address and binds nothing.
pub(super) fn arp(layer: Layer<'_>) -> Option<Neighbour<'_>> {
    let &[h0, h1, 0x08, 0x00, 6, 4, 0, operation @ (1 | 2), m0, m1, m2, m3, m4, m5, i0, i1, i2, i3] =
        layer.first::<18>()?
    else {
        return None;
    };
    // Ethernet, or IEEE 802, which some write instead.
    if !matches!([h0, h1], [0, 1 | 6]) {
        return None;
    }
    let (sender, mac) = (IpAddr::V4(Ipv4Addr::from([i0, i1, i2, i3])), [m0, m1, m2, m3, m4, m5]);
    let target: Option<[u8; 4]> = layer.behind(24).first::<4>().copied();
    let binding = binding(sender, mac);
    let said = match (operation, target) {
        (1, Some(target)) => {
            Said::Asks { sender, mac: Some(Mac(mac)).filter(|_| is_own(mac)), target: Ipv4Addr::from(target).into() }
        }
        // Cut before the target.
        (1, None) => {
            return binding.map(|own| Neighbour { binding, said: Said::Answers { target: own.address, to: None } });
        }
        (_, target) => {
            binding?;
            let to = target.map(|target| Ipv4Addr::from(target).into()).filter(|to| *to != sender);
            Said::Answers { target: sender, to }
        }
    };
    Some(Neighbour { binding, said })
}

/// What a message of neighbour discovery (RFC 4861) says: solicitations and router messages of their sender,
/// advertisements of their target.
pub(super) fn discovery<'a>(ip: &Ip, layer: Layer<'a>) -> Option<Neighbour<'a>> {
    // Who is on the link sends with 255, nobody else can (RFC 4861, 3.1).
    if ip.ttl != 255 {
        return None;
    }
    let sender = ip.source;
    let target = || layer.behind(8).first::<16>().map(|target| IpAddr::V6(Ipv6Addr::from(*target)));
    let (option, address, options, said) = match layer.data.first()? {
        133 => {
            let options = layer.behind(8);
            let mac = link_address(SOURCE_LINK_ADDRESS, options.data).map(Mac);
            (SOURCE_LINK_ADDRESS, sender, options, Said::AsksForRouter { sender, mac })
        }
        134 => (SOURCE_LINK_ADDRESS, sender, layer.behind(16), Said::Router { sender, body: layer.behind(4).data }),
        135 => {
            let (options, target) = (layer.behind(24), target()?);
            let mac = link_address(SOURCE_LINK_ADDRESS, options.data).map(Mac);
            (SOURCE_LINK_ADDRESS, sender, options, Said::Asks { sender, mac, target })
        }
        136 => {
            let target = target()?;
            let to = Some(ip.destination).filter(|to| !to.is_multicast());
            (TARGET_LINK_ADDRESS, target, layer.behind(24), Said::Answers { target, to })
        }
        _ => return None,
    };
    let binding = link_address(option, options.data).and_then(|mac| binding(address, mac));
    Some(Neighbour { binding, said })
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
fn binding(address: IpAddr, mac: [u8; 6]) -> Option<Binding> {
    let belongs = !address.is_unspecified() && !address.is_multicast() && is_own(mac);
    belongs.then_some(Binding { address, mac: Mac(mac) })
}

/// Whether a link address can be that of one interface.
fn is_own(mac: [u8; 6]) -> bool {
    mac[0] & 1 == 0 && mac != [0; 6]
}
