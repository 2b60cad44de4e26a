//! Names of link types.

use std::fmt;

use super::LinkType;

impl LinkType {
    /// PPP, with or without address and control field.
    pub const PPP: Self = Self(9);
    /// PPP in HDLC-like framing, or Cisco's HDLC.
    pub const PPP_HDLC: Self = Self(50);
    /// PPPoE from its version on.
    pub const PPP_ETHER: Self = Self(51);
    /// Cisco's HDLC.
    pub const C_HDLC: Self = Self(104);
    /// IEEE 802.11.
    pub const IEEE802_11: Self = Self(105);
    /// Frame Relay.
    pub const FRELAY: Self = Self(107);
    /// IEEE 802.11 behind a Prism header.
    pub const PRISM: Self = Self(119);
    /// IEEE 802.11 behind a radiotap header.
    pub const RADIOTAP: Self = Self(127);
    /// IEEE 802.11 behind an AVS header.
    pub const AVS: Self = Self(163);
    /// Per-packet information before another link type.
    pub const PPI: Self = Self(192);
    /// PPP behind a byte for the direction.
    pub const PPP_WITH_DIR: Self = Self(204);
    /// Frame Relay behind a byte for the direction.
    pub const FRELAY_WITH_DIR: Self = Self(206);
    /// BSD loopback, address family in the byte order of the capturing machine.
    pub const NULL: Self = Self(0);
    /// Ethernet II or IEEE 802.3.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback, address family in network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux cooked capture, first version.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux cooked capture, second version.
    pub const LINUX_SLL2: Self = Self(276);

    /// The registered name without `LINKTYPE_` (<https://www.tcpdump.org/linktypes.html>), where it is a known one.
    ///
    /// 12 and 14 are not registered: they are the raw IP of systems whose `DLT_RAW` went into files unmapped.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0 => "NULL",
            1 => "ETHERNET",
            3 => "AX25",
            6 => "IEEE802_5",
            7 => "ARCNET_BSD",
            8 => "SLIP",
            9 => "PPP",
            10 => "FDDI",
            12 | 14 | 101 => "RAW",
            50 => "PPP_HDLC",
            51 => "PPP_ETHER",
            100 => "ATM_RFC1483",
            104 => "C_HDLC",
            105 => "IEEE802_11",
            107 => "FRELAY",
            108 => "LOOP",
            109 => "ENC",
            113 => "LINUX_SLL",
            114 => "LTALK",
            117 => "PFLOG",
            119 => "IEEE802_11_PRISM",
            122 => "IP_OVER_FC",
            123 => "SUNATM",
            127 => "IEEE802_11_RADIOTAP",
            138 => "APPLE_IP_OVER_IEEE1394",
            143 => "DOCSIS",
            144 => "LINUX_IRDA",
            163 => "IEEE802_11_AVS",
            166 => "PPP_PPPD",
            187 => "BLUETOOTH_HCI_H4",
            189 => "USB_LINUX",
            192 => "PPI",
            195 => "IEEE802_15_4_WITHFCS",
            197 => "ERF",
            201 => "BLUETOOTH_HCI_H4_WITH_PHDR",
            204 => "PPP_WITH_DIR",
            206 => "FRELAY_WITH_DIR",
            220 => "USB_LINUX_MMAPPED",
            227 => "CAN_SOCKETCAN",
            228 => "IPV4",
            229 => "IPV6",
            230 => "IEEE802_15_4_NOFCS",
            231 => "DBUS",
            239 => "NFLOG",
            240 => "NETANALYZER",
            242 => "IPOIB",
            249 => "USBPCAP",
            251 => "BLUETOOTH_LE_LL",
            252 => "WIRESHARK_UPPER_PDU",
            253 => "NETLINK",
            254 => "BLUETOOTH_LINUX_MONITOR",
            271 => "VSOCK",
            272 => "NORDIC_BLE",
            276 => "LINUX_SLL2",
            _ => return None,
        })
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => formatter.write_str(name),
            None => write!(formatter, "LINKTYPE_{}", self.0),
        }
    }
}

/// Splits the link type field of a pcap header: 16 bits of link type; where bit 26 is set, the upper four bits are the
/// length of the frame check sequence in units of 16 bits.
pub(super) const fn split_fcs(field: u32) -> (LinkType, u8) {
    let link = LinkType((field & 0xffff) as u16);
    let fcs_len = if field & 0x0400_0000 != 0 { ((field >> 28) * 2) as u8 } else { 0 };
    (link, fcs_len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fcs_bits_are_no_part_of_the_link_type() {
        assert_eq!(split_fcs(1), (LinkType::ETHERNET, 0));
        assert_eq!(split_fcs(0x2400_0001), (LinkType::ETHERNET, 4));
        assert_eq!(split_fcs(0x1400_0001), (LinkType::ETHERNET, 2));
        assert_eq!(split_fcs(0xf000_0071), (LinkType::LINUX_SLL, 0), "length without the bit that makes it valid");
    }

    #[test]
    fn unknown_types_show_their_number() {
        assert_eq!(LinkType(1).to_string(), "ETHERNET");
        assert_eq!(LinkType(65000).to_string(), "LINKTYPE_65000");
    }
}
