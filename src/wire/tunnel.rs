//! Encapsulations: what a packet may be wrapped in, by the number that announces it.
//!
//! The place where decoders of encapsulations plug in: [`ether_type`], [`ip_protocol`] and [`udp`] are asked for everything
//! that is not decoded, with the layer behind the announcing header at hand in their callers (`ethernet`, `transport`).
//! Until one is decoded its packets are counted by name, so that nobody takes silence for absence.

use crate::wire::Datagram;

/// The encapsulation that an EtherType announces; `None` for a protocol that carries no IP.
pub(super) const fn ether_type(number: u16) -> Option<&'static str> {
    Some(match number {
        0x6558 => "transparent Ethernet bridging",
        0x8847 | 0x8848 => "MPLS",
        0x8863 | 0x8864 => "PPPoE",
        0x880b => "PPP",
        0x88be => "ERSPAN",
        0x22eb => "ERSPAN III",
        0x88e5 => "MACsec",
        0x88e7 => "provider backbone bridging",
        0x8909 => "Cisco metadata",
        0x8926 => "VN-Tag",
        0x894f => "NSH",
        0x22f3 => "TRILL",
        _ => return None,
    })
}

/// The encapsulation that an IP protocol number announces; `None` for a protocol that carries no IP.
pub(super) const fn ip_protocol(number: u8) -> Option<&'static str> {
    Some(match number {
        4 => "IPv4-in-IP",
        41 => "IPv6-in-IP",
        47 => "GRE",
        50 => "ESP",
        55 => "minimal IP encapsulation",
        94 => "IPIP",
        97 => "EtherIP",
        98 => "IP encapsulation (98)",
        108 => "IPComp",
        115 => "L2TP",
        137 => "MPLS-in-IP",
        _ => return None,
    })
}

/// The encapsulation in a UDP datagram, where its port and its first bytes say that it is one; `None` for all others.
#[inline]
pub(super) fn udp(datagram: &Datagram<'_>) -> Option<&'static str> {
    let name = match datagram.destination_port {
        2152 => "GTP-U",
        4789 | 8472 => "VXLAN",
        4790 => "VXLAN-GPE",
        6081 => "Geneve",
        37008 => "TZSP",
        3544 => "Teredo",
        // Both sides of Teredo: a server or relay answers from its port.
        _ if datagram.source_port == 3544 => "Teredo",
        _ => return None,
    };
    starts_like(name, datagram.payload).then_some(name)
}

/// Whether a datagram begins as the encapsulation does, so that a port that somebody else uses raises no alarm.
fn starts_like(name: &str, payload: &[u8]) -> bool {
    let Some(&[first, second, third, fourth, ..]) = payload.first_chunk::<8>() else { return false };
    let ether_type = u16::from_be_bytes([third, fourth]);
    match name {
        // Version 1, GTP, G-PDU (3GPP TS 29.281, 5.1 and 6.1).
        "GTP-U" => first & 0xf0 == 0x30 && second == 0xff,
        // The identifier is valid, the rest reserved (RFC 7348, 5); a generic extension adds flags and a protocol.
        "VXLAN" => first & 0x08 != 0 && third == 0,
        "VXLAN-GPE" => first & 0x08 != 0 && second == 0 && third == 0,
        // Version 0, then the type of what is inside (RFC 8926, 3.4).
        "Geneve" => first & 0xc0 == 0 && (ether_type >= 0x0600),
        // Version 1, a received packet, a link type (TaZmen Sniffer Protocol).
        "TZSP" => first == 1 && second <= 1,
        // IPv6, or an indication before it (RFC 4380, 5.1.1).
        "Teredo" => first >> 4 == 6 || first == 0 && second <= 1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source_port: u16, destination_port: u16, payload: &[u8]) -> Option<&'static str> {
        let len = u32::try_from(payload.len()).unwrap();
        udp(&Datagram { source_port, destination_port, len, payload })
    }

    #[test]
    fn tunnels_over_udp_are_named_by_port_and_content() {
        let vxlan = [0x08, 0, 0, 0, 0, 0, 42, 0];
        assert_eq!(named(50000, 4789, &vxlan), Some("VXLAN"));
        assert_eq!(named(50000, 2152, &[0x30, 0xff, 0, 84, 0, 0, 0, 1]), Some("GTP-U"));
        assert_eq!(named(50000, 2152, &[0x32, 0x01, 0, 4, 0, 0, 0, 0]), None, "an echo request carries no packet");
        assert_eq!(named(50000, 6081, &[0x00, 0, 0x65, 0x58, 0, 0, 1, 0]), Some("Geneve"));
        assert_eq!(named(50000, 37008, &[1, 0, 0, 1, 1, 0, 0, 0]), Some("TZSP"));
        assert_eq!(named(3544, 50000, &[0x60, 0, 0, 0, 0, 8, 58, 21]), Some("Teredo"));
        // The same bytes to another port, and other bytes to the same port: a resolver's answer to port 4789.
        assert_eq!(named(50000, 4788, &vxlan), None);
        assert_eq!(named(53, 4789, &[0x12, 0x34, 0x81, 0x80, 0, 1, 0, 1]), None);
        assert_eq!(named(50000, 4789, &vxlan[..7]), None);
    }
}
