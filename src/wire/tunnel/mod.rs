//! Encapsulations: what a packet is wrapped in, by the number that announces it.
//!
//! Each decoder takes one header off and says what it carries; [`peel`](super::peel) and the decoder go on from there,
//! to a bounded depth. What cannot be read (encrypted, compressed, of an unknown version) is counted by name, so that
//! nobody takes silence for absence. A UDP port alone announces nothing: the first bytes must be those of the tunnel.

use crate::wire::ethernet::ether_type as number;
use crate::wire::layer::Layer;
use crate::wire::peel::{Inner, is_ip};
use crate::wire::{Datagram, Link};

mod access;
mod bridge;
mod erspan;
mod gre;
mod mirror;
mod mpls;
mod overlay;
pub(super) mod ppp;

/// What the encapsulation carries that an EtherType announces; `None` for a protocol that carries no IP.
pub(super) fn ether_type<'a>(announced: u16, layer: Layer<'a>, link: &mut Link) -> Option<Inner<'a>> {
    Some(match announced {
        number::BRIDGED => Inner::Frame(layer),
        number::MPLS | number::MPLS_UPSTREAM => mpls::stack(layer),
        number::PPPOE_SESSION => ppp::session(layer),
        number::PPP => Inner::Ppp(layer),
        number::BACKBONE => bridge::backbone(layer, link),
        number::TRILL => bridge::trill(layer, link),
        number::VN_TAG => bridge::virtual_interface(layer, link),
        number::CISCO_METADATA => bridge::metadata(layer, link),
        number::NSH => overlay::service(layer),
        number::ERSPAN | number::ERSPAN_3 => Inner::NotDecoded("ERSPAN without GRE"),
        number::MACSEC => Inner::NotDecoded("MACsec"),
        _ => return None,
    })
}

/// Protocol number of GRE.
pub(super) const GRE: u8 = 47;

/// What the encapsulation carries that an IP protocol number announces; `None` for a protocol that carries no IP.
pub(super) fn ip_protocol<'a>(protocol: u8, layer: Layer<'a>, link: &mut Link) -> Option<Inner<'a>> {
    // The addresses of the link are those of the tunnel's ends.
    *link = Link::default();
    Some(match protocol {
        4 | 41 => Inner::Ip(layer),
        94 if is_ip(layer) => Inner::Ip(layer),
        GRE => gre::packet(layer, link),
        97 => access::ether_ip(layer),
        115 => access::l2tp_session(layer)?,
        137 => mpls::stack(layer),
        50 => Inner::NotDecoded("ESP"),
        55 => Inner::NotDecoded("minimal IP encapsulation"),
        94 => Inner::NotDecoded("IPIP (94)"),
        98 => Inner::NotDecoded("IP encapsulation (98)"),
        108 => Inner::NotDecoded("IPComp"),
        _ => return None,
    })
}

/// Session and number of a mirrored packet, where the payload of an IP packet is GRE with one.
pub(super) fn mirror_number(payload: Layer<'_>) -> Option<(u16, u32)> {
    gre::mirror_number(payload)
}

/// Whether packets with this protocol number may be a tunnel.
pub(super) const fn is_tunnel(protocol: u8) -> bool {
    matches!(protocol, 4 | 41 | 47 | 50 | 55 | 94 | 97 | 98 | 108 | 115 | 137)
}

/// Port of DNS: who asks from a tunnel's port still gets an answer, whatever its bytes look like.
const DNS: u16 = 53;

/// Whether the ports of a datagram are those of a tunnel: then its content decides.
#[inline]
pub(super) const fn may_be_udp(datagram: &Datagram<'_>) -> bool {
    matches!(datagram.destination_port, 1701 | 2152 | 3544 | 4789 | 4790 | 6081 | 6635 | 8472 | 37008)
        || matches!(datagram.source_port, 1701 | 3544)
}

/// What the encapsulation in a UDP datagram carries, where its port and its first bytes say that it is one; `None` for
/// all others.
pub(super) fn udp<'a>(datagram: &Datagram<'a>, link: &mut Link) -> Option<Inner<'a>> {
    if !may_be_udp(datagram) || datagram.source_port == DNS || datagram.destination_port == DNS {
        return None;
    }
    let layer = Layer::new(datagram.payload, usize::try_from(datagram.len).ok()?);
    let mut around = Link::default();
    let inner = match (datagram.destination_port, datagram.source_port) {
        (2152, _) => access::gtp(layer),
        (4789 | 8472, _) => overlay::vxlan(layer, &mut around),
        (4790, _) => overlay::vxlan_gpe(layer, &mut around),
        (6081, _) => overlay::geneve(layer, &mut around),
        (6635, _) => mpls::over_udp(layer),
        (37008, _) => mirror::tzsp(layer),
        // Both sides use the port, and a server or relay answers from it.
        (3544, _) | (_, 3544) => access::teredo(layer),
        (1701, _) | (_, 1701) => access::l2tp(layer),
        _ => None,
    }?;
    *link = around;
    Some(inner)
}
