//! Ethernet II, IEEE 802.3 with LLC and SNAP, VLAN tags.

use crate::limits::MAX_ENCAPSULATION;
use crate::wire::layer::Layer;
use crate::wire::link::Inner;
use crate::wire::{Link, Mac, tunnel};

/// EtherTypes that are decoded.
pub(super) mod ether_type {
    pub(in crate::wire) const IPV4: u16 = 0x0800;
    pub(in crate::wire) const ARP: u16 = 0x0806;
    pub(in crate::wire) const IPV6: u16 = 0x86dd;
    /// IEEE 802.1Q; 802.1ad; and what came before it became a standard.
    pub(in crate::wire) const TAGS: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
    /// LLC in frames longer than a length field may say.
    pub(in crate::wire) const LLC_JUMBO: u16 = 0x8870;
    /// The smallest EtherType; below 1501 it is a length, in between nothing (IEEE 802.3, 3.2.6).
    pub(in crate::wire) const MIN: u16 = 0x0600;
}

/// Longest payload that the length field of IEEE 802.3 can announce.
const MAX_LENGTH: u16 = 1500;

/// A frame from its destination address on.
pub(super) fn frame(layer: Layer<'_>) -> (Link, Inner<'_>) {
    let Some((header, _)) = layer.data.split_first_chunk::<14>() else { return (Link::default(), Inner::Other) };
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
    let mut link = Link {
        source: Some(Mac([s0, s1, s2, s3, s4, s5])),
        destination: Some(Mac([d0, d1, d2, d3, d4, d5])),
        vlan: None,
    };
    let inner = by_type(u16::from_be_bytes([t0, t1]), layer.behind(14), &mut link);
    (link, inner)
}

/// What an EtherType or length field announces; tags are taken off and noted in `link`.
pub(super) fn by_type<'a>(mut number: u16, mut layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    for _ in 0..=MAX_ENCAPSULATION {
        if ether_type::TAGS.contains(&number) {
            let Some(&[tag0, tag1, type0, type1]) = layer.first::<4>() else { return Inner::Other };
            // Identifier 0 is a priority without a VLAN (IEEE 802.1Q, 9.6).
            let vlan = u16::from_be_bytes([tag0, tag1]) & 0x0fff;
            link.vlan = if vlan == 0 { link.vlan } else { Some(vlan) };
            number = u16::from_be_bytes([type0, type1]);
            layer = layer.behind(4);
            continue;
        }
        if number <= MAX_LENGTH || number == ether_type::LLC_JUMBO {
            if number <= MAX_LENGTH {
                layer = Layer::new(layer.data, layer.wire_len.min(usize::from(number)));
            }
            let Some((inner_number, count)) = llc(layer) else { return Inner::Other };
            number = inner_number;
            layer = layer.behind(count);
            // A SNAP header holds an EtherType, never a length.
            if number < ether_type::MIN {
                return Inner::Other;
            }
            continue;
        }
        return match number {
            ether_type::IPV4 | ether_type::IPV6 => Inner::Ip(layer),
            ether_type::ARP => Inner::Arp(layer),
            other => tunnel::ether_type(other).map_or(Inner::Other, Inner::NotDecoded),
        };
    }
    Inner::NotDecoded("more VLAN tags than are taken off")
}

/// The EtherType that an LLC header announces, and the bytes up to what it announces: SNAP with the organisation codes
/// for encapsulated Ethernet (RFC 1042: 0; IEEE 802.1H: 00-00-F8), or IP's own service access point (06).
pub(super) fn llc(layer: Layer<'_>) -> Option<(u16, usize)> {
    if let Some(&[0xaa | 0xab, 0xaa | 0xab, 0x03, 0x00, 0x00, 0x00 | 0xf8, type0, type1]) = layer.first::<8>() {
        return Some((u16::from_be_bytes([type0, type1]), 8));
    }
    match layer.first::<3>()? {
        [0x06, 0x06, 0x03] => Some((ether_type::IPV4, 3)),
        _ => None,
    }
}
