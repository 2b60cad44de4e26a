//! The wire floor: a [`Frame`](crate::source::Frame) becomes a [`Packet`]: addresses, ports, flags and payload, whatever it was wrapped in.
//!
//! Lengths come from the IP header, never from what was captured: a cut packet keeps its true place in a stream.

//!
//! ```text
//!                 ┌─ early: Ethernet, at most one tag, plain IP, TCP or UDP ─────────────┐
//!  Frame ─Decoder─┤                                                                      ├─▶ Packet
//!                 └─ link ─▶ peel ─▶ ip ─▶ fragment ─▶ transport, icmp, neighbour         ┘
//!                              ▲                 │
//!                              └─── tunnel ◀─────┘  at most MAX_ENCAPSULATION times
//! ```
//!
//! What is inside counts: addresses, ports and tags of a packet are those of the innermost layer that could be read, and
//! fragments of a tunnel's packets are joined as all others are. Read are: VLAN tags, LLC and SNAP, provider backbone,
//! TRILL, VN-Tag, Cisco metadata, MPLS with pseudowires (also over IP and UDP), PPPoE, PPP, Cisco HDLC, Frame Relay, GRE
//! in both versions, NVGRE, ERSPAN I to III, VXLAN and its generic extension, Geneve, NSH, GTP-U, L2TP 2 and 3, Teredo,
//! EtherIP, IP in IP, TZSP, and 802.11 with its drivers' headers. What is encrypted or compressed is named, not read.
//!
//! Nothing is dropped for a wrong checksum: captures on the sending host hold unfinished ones.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::source::PacketRef;

mod decoder;
mod duplicate;
mod early;
mod ethernet;
mod fragment;
mod glance;
mod icmp;
mod ip;
mod layer;
mod likeness;
mod link;
mod neighbour;
mod peel;
mod sessions;
mod transport;
mod tunnel;

pub use decoder::{Decoder, link_of};
pub use duplicate::Duplicates;
pub use glance::{Glance, glance};
pub use likeness::likeness;
pub use sessions::MirrorLoss;
pub use transport::{TCP, UDP};

#[cfg(test)]
mod tests;

/// An Ethernet (EUI-48) address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Mac(pub [u8; 6]);

/// What a frame held.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Where it stands and when it was captured. For a reassembled datagram: its last fragment.
    pub at: PacketRef,
    /// Addresses of the link, where it has any.
    pub link: Link,
    /// The IP header, where there is one.
    pub ip: Option<Ip>,
    /// What it carries.
    pub body: Body<'a>,
}

/// Link-layer addresses and tags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Sender; absent on raw IP and loopback.
    pub source: Option<Mac>,
    /// Receiver; absent on raw IP, loopback and Linux cooked captures.
    pub destination: Option<Mac>,
    /// Innermost VLAN identifier, where tagged.
    pub vlan: Option<u16>,
    /// Identifier of the virtual network of an overlay or provider that the frame was carried in: VNI, VSID, I-SID.
    pub network: Option<u32>,
}

/// What the analysis needs of an IPv4 or IPv6 header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ip {
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// Time to live or hop limit as captured.
    pub ttl: u8,
    /// IPv4 identification; `None` in IPv6.
    pub identification: Option<u16>,
    /// Protocol number of the payload (after IPv6 extension headers).
    pub protocol: u8,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// A TCP segment.
    Tcp(Segment<'a>),
    /// A UDP datagram.
    Udp(Datagram<'a>),
    /// An ICMP or ICMPv6 error about a packet that it quotes.
    IcmpError(IcmpError),
    /// A message of ARP or neighbour discovery.
    Neighbour(Neighbour<'a>),
    /// IP with another payload, or a fragment that waits for the rest.
    OtherIp,
    /// Something without IP, or cut before it could be told.
    Other,
    /// An encapsulation or link type that is not decoded, by name (for the report).
    NotDecoded(&'static str),
}

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number (meaningful with the ACK flag).
    pub ack: u32,
    /// Flag bits as on the wire: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32.
    pub flags: u8,
    /// Window, unscaled.
    pub window: u16,
    /// Payload length by the IP header.
    pub len: u32,
    /// Payload as far as captured: shorter than `len` where the frame was cut.
    pub payload: &'a [u8],
}

impl Segment<'_> {
    /// FIN bit.
    pub const FIN: u8 = 1;
    /// SYN bit.
    pub const SYN: u8 = 2;
    /// RST bit.
    pub const RST: u8 = 4;
    /// ACK bit.
    pub const ACK: u8 = 16;

    /// Whether any of the flags `bits` is set.
    #[must_use]
    pub const fn has(&self, bits: u8) -> bool {
        self.flags & bits != 0
    }

    /// Whether the ports look as if the client sent it: servers have the lower ones.
    #[must_use]
    pub const fn comes_from_client(&self) -> bool {
        self.source_port >= self.destination_port
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Payload length by the headers.
    pub len: u32,
    /// Payload as far as captured.
    pub payload: &'a [u8],
}

/// An ICMP or ICMPv6 error and the packet that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IcmpError {
    /// Type as on the wire (ICMP 3 unreachable, 11 time exceeded; ICMPv6 1 unreachable, 2 too big, 3 time exceeded).
    pub kind: u8,
    /// Code as on the wire.
    pub code: u8,
    /// Source address of the quoted packet.
    pub source: IpAddr,
    /// Destination address of the quoted packet.
    pub destination: IpAddr,
    /// Protocol number of the quoted packet.
    pub protocol: u8,
    /// Source and destination port of the quoted packet.
    pub ports: (u16, u16),
}

/// A message of ARP or neighbour discovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour<'a> {
    /// The address binding that it tells, where it tells one.
    pub binding: Option<Binding>,
    /// What it asks or says.
    pub said: Said<'a>,
}

/// An address and the link address that answers for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// The IP address.
    pub address: IpAddr,
    /// The link address that claims it.
    pub mac: Mac,
}

/// What a message of ARP or neighbour discovery asks or says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said<'a> {
    /// Who has `target`? `sender` is unspecified while it makes sure that nobody has its own new address (RFC 5227,
    /// RFC 4862), and equal to `target` where it announces itself (gratuitous ARP).
    Asks {
        /// Who asks.
        sender: IpAddr,
        /// The link address of who asks, as the message says or else the frame.
        mac: Option<Mac>,
        /// Whose link address is asked for.
        target: IpAddr,
    },
    /// `target` is at the binding's link address.
    Answers {
        /// Whose link address is told.
        target: IpAddr,
        /// To whom, where it is told to one host.
        to: Option<IpAddr>,
    },
    /// Is there a router? (RFC 4861, 4.1)
    AsksForRouter {
        /// Who asks; unspecified while it has no address.
        sender: IpAddr,
        /// The link address of who asks, where the message says.
        mac: Option<Mac>,
    },
    /// A router tells what it offers (RFC 4861, 4.2).
    Router {
        /// The router.
        sender: IpAddr,
        /// The message from its fifth byte on: hop limit, flags, lifetime, timers, options.
        body: &'a [u8],
    },
}

impl IcmpError {
    /// Whether this says that the destination cannot be reached (RFC 792 type 3 without "fragmentation needed",
    /// RFC 4443 type 1), or that packets to it die on the way (time exceeded).
    #[must_use]
    pub const fn ends_a_connection(&self) -> bool {
        if self.source.is_ipv6() {
            matches!(self.kind, 1 | 3)
        } else {
            self.kind == 3 && self.code != 4 || self.kind == 11
        }
    }
}
