//! Ethernet II, IEEE 802.3 with LLC and SNAP, VLAN tags.

use crate::limits::MAX_ENCAPSULATION;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;
use crate::wire::{Link, Mac};

/// EtherTypes that are decoded, here or as encapsulations.
pub(super) mod ether_type {
    pub(in crate::wire) const IPV4: u16 = 0x0800;
    pub(in crate::wire) const ARP: u16 = 0x0806;
    pub(in crate::wire) const IPV6: u16 = 0x86dd;
    /// IEEE 802.1Q; 802.1ad; and what came before it became a standard.
    pub(in crate::wire) const TAGS: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
    /// Transparent Ethernet bridging (RFC 1701).
    pub(in crate::wire) const BRIDGED: u16 = 0x6558;
    pub(in crate::wire) const PPP: u16 = 0x880b;
    pub(in crate::wire) const MPLS: u16 = 0x8847;
    /// Labels that the other side assigned (RFC 5332).
    pub(in crate::wire) const MPLS_UPSTREAM: u16 = 0x8848;
    pub(in crate::wire) const PPPOE_SESSION: u16 = 0x8864;
    pub(in crate::wire) const ERSPAN: u16 = 0x88be;
    pub(in crate::wire) const ERSPAN_3: u16 = 0x22eb;
    pub(in crate::wire) const MACSEC: u16 = 0x88e5;
    /// IEEE 802.1ah.
    pub(in crate::wire) const BACKBONE: u16 = 0x88e7;
    pub(in crate::wire) const CISCO_METADATA: u16 = 0x8909;
    pub(in crate::wire) const VN_TAG: u16 = 0x8926;
    pub(in crate::wire) const NSH: u16 = 0x894f;
    pub(in crate::wire) const TRILL: u16 = 0x22f3;
    /// LLC in frames longer than a length field may say.
    pub(in crate::wire) const LLC_JUMBO: u16 = 0x8870;
    /// The smallest EtherType; below 1501 it is a length, in between nothing (IEEE 802.3, 3.2.6).
    pub(in crate::wire) const MIN: u16 = 0x0600;
}

/// Longest payload that the length field of IEEE 802.3 can announce.
const MAX_LENGTH: u16 = 1500;

/// A frame from its destination address on. What `link` says of networks around it stays, its own addresses and tags
/// are noted.
pub(super) fn frame<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some((header, _)) = layer.data.split_first_chunk::<14>() else { return Inner::Other };
    let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
    link.source = Some(Mac([s0, s1, s2, s3, s4, s5]));
    link.destination = Some(Mac([d0, d1, d2, d3, d4, d5]));
    by_type(u16::from_be_bytes([t0, t1]), layer.behind(14), link)
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
            other => Inner::Typed(other, layer),
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
