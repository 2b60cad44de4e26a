//! Networks over UDP: VXLAN (RFC 7348), its generic extension (draft-ietf-nvo3-vxlan-gpe), Geneve (RFC 8926); and the
//! service header (RFC 8300) that they may carry.

use crate::wire::Link;
use crate::wire::ethernet::ether_type;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;

/// The identifier is valid.
const IDENTIFIED: u8 = 0x08;
/// The last of the reserved bytes tells the protocol (generic extension).
const PROTOCOL: u8 = 0x04;
/// The reserved bytes hold a group policy (draft-smith-vxlan-group-policy).
const GROUP: u8 = 0x80;

/// VXLAN: an Ethernet frame behind eight bytes.
pub(super) fn vxlan<'a>(layer: Layer<'a>, link: &mut Link) -> Option<Inner<'a>> {
    let &[flags, policy, g0, g1, v0, v1, v2, reserved] = layer.first::<8>()?;
    let grouped = flags & GROUP != 0;
    let plain = [policy, g0, g1] == [0; 3];
    if flags & !GROUP != IDENTIFIED || !(grouped || plain) || reserved != 0 {
        return None;
    }
    link.network = Some(u32::from_be_bytes([0, v0, v1, v2]));
    Some(Inner::Frame(layer.behind(8)))
}

/// VXLAN with a protocol of its own choice.
pub(super) fn vxlan_gpe<'a>(layer: Layer<'a>, link: &mut Link) -> Option<Inner<'a>> {
    let &[flags, 0, 0, protocol, v0, v1, v2, 0] = layer.first::<8>()? else { return None };
    // No version but 0, no flags but these and those of maintenance and replicated traffic.
    if flags & 0xf0 != 0 || flags & IDENTIFIED == 0 {
        return None;
    }
    let inner = if flags & PROTOCOL == 0 { Inner::Frame(layer.behind(8)) } else { next(protocol, layer.behind(8))? };
    link.network = Some(u32::from_be_bytes([0, v0, v1, v2]));
    Some(inner)
}

/// Geneve: eight bytes, options in units of four, then what an EtherType names.
pub(super) fn geneve<'a>(layer: Layer<'a>, link: &mut Link) -> Option<Inner<'a>> {
    let &[version, flags, p0, p1, v0, v1, v2, 0] = layer.first::<8>()? else { return None };
    // The upper two bits are the version, the flags have six reserved ones.
    if version & 0xc0 != 0 || flags & 0x3f != 0 {
        return None;
    }
    let behind = layer.behind(8 + usize::from(version & 0x3f) * 4);
    let inner = match u16::from_be_bytes([p0, p1]) {
        ether_type::BRIDGED => Inner::Frame(behind),
        ether_type::IPV4 | ether_type::IPV6 => Inner::Ip(behind),
        ether_type::ARP => Inner::Arp(behind),
        number @ (ether_type::MPLS | ether_type::NSH) => Inner::Typed(number, behind),
        _ => return None,
    };
    link.network = Some(u32::from_be_bytes([0, v0, v1, v2]));
    Some(inner)
}

/// The network service header: its length in units of four bytes stands in the second byte.
pub(super) fn service(layer: Layer<'_>) -> Inner<'_> {
    let Some(&[version, length, _, protocol, ..]) = layer.first::<8>() else { return Inner::Other };
    let count = usize::from(length & 0x3f) * 4;
    if version >> 6 != 0 || count < 8 {
        return Inner::Other;
    }
    next(protocol, layer.behind(count)).unwrap_or(Inner::Other)
}

/// The protocols that the generic extension and the service header share.
fn next(protocol: u8, layer: Layer<'_>) -> Option<Inner<'_>> {
    Some(match protocol {
        1 | 2 => Inner::Ip(layer),
        3 => Inner::Frame(layer),
        4 => Inner::Typed(ether_type::NSH, layer),
        5 => Inner::Typed(ether_type::MPLS, layer),
        _ => return None,
    })
}
