//! Encapsulations: what a packet may be wrapped in, by the number that announces it.
//!
//! The place where decoders of encapsulations plug in: [`ether_type`] and [`ip_protocol`] are asked for everything that
//! is not decoded, with the layer behind the announcing header at hand in their callers (`ethernet`, `transport`).
//! Until one is decoded its packets are counted by name, so that nobody takes silence for absence.

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
