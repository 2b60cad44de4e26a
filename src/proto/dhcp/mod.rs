//! DHCP for IPv4 (RFC 2131) and IPv6 (RFC 8415), as far as they say who asks and what the host gets.

pub mod options;
pub mod v6;

use std::net::Ipv4Addr;

use crate::proto::Anomaly;
use options::{Fields, Options};

#[cfg(test)]
mod tests;

/// Length of the fixed part of a message, before the magic cookie (RFC 2131, figure 1).
const FIXED: usize = 236;
/// What stands before the options of DHCP (RFC 2131, 3).
const COOKIE: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
/// Places of the fields that options may continue in (RFC 2132, 9.3).
const SNAME: std::ops::Range<usize> = 44..108;
const FILE: std::ops::Range<usize> = 108..236;

/// Kind of a message (RFC 2132, 9.6).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The client looks for servers.
    Discover,
    /// A server offers an address.
    Offer,
    /// The client wants an address: one that was offered, or one that it had.
    Request,
    /// The client refuses an address that somebody else uses.
    Decline,
    /// The server grants the address, or tells parameters.
    Ack,
    /// The server refuses.
    Nak,
    /// The client gives its address back.
    Release,
    /// The client has an address and asks for parameters.
    Inform,
}

impl Kind {
    /// The kind of option 53, where it is one of RFC 2132.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Discover,
            2 => Self::Offer,
            3 => Self::Request,
            4 => Self::Decline,
            5 => Self::Ack,
            6 => Self::Nak,
            7 => Self::Release,
            8 => Self::Inform,
            _ => return None,
        })
    }

    /// Its name in RFC 2132.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Discover => "DISCOVER",
            Self::Offer => "OFFER",
            Self::Request => "REQUEST",
            Self::Decline => "DECLINE",
            Self::Ack => "ACK",
            Self::Nak => "NAK",
            Self::Release => "RELEASE",
            Self::Inform => "INFORM",
        }
    }

    /// Whether a server sends it.
    #[must_use]
    pub const fn by_server(self) -> bool {
        matches!(self, Self::Offer | Self::Ack | Self::Nak)
    }
}

/// A message of DHCP for IPv4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Identifier of the exchange (`xid`).
    pub transaction: u32,
    /// Seconds since the client began, as it says.
    pub seconds: u16,
    /// Link address of the client (`chaddr`), where it has six bytes.
    pub hardware: Option<[u8; 6]>,
    /// The address that the client has (`ciaddr`).
    pub own: Option<Ipv4Addr>,
    /// The address that the server gives (`yiaddr`).
    pub given: Option<Ipv4Addr>,
    /// The relay that it passed (`giaddr`).
    pub relay: Option<Ipv4Addr>,
    /// Its options.
    pub options: Options,
    /// Whether it could be read to its end.
    pub whole: bool,
}

/// Reads a message. Of a cut one the options that can be read are given, as long as its kind is among them.
///
/// # Errors
///
/// [`Anomaly::TooShort`] where the fixed part is cut, [`Anomaly::DhcpFormat`] where it is no message of DHCP (BOOTP has
/// no kind).
pub fn parse(bytes: &[u8]) -> Result<Message, Anomaly> {
    let fixed = bytes.get(..FIXED).ok_or(Anomaly::TooShort)?;
    let rest = bytes.get(FIXED..).ok_or(Anomaly::TooShort)?;
    let (cookie, area) = rest.split_first_chunk::<4>().ok_or(Anomaly::TooShort)?;
    if *cookie != COOKIE || !matches!(fixed.first(), Some(1 | 2)) {
        return Err(Anomaly::DhcpFormat);
    }
    let fields = Fields::read(area, fixed.get(FILE).unwrap_or_default(), fixed.get(SNAME).unwrap_or_default());
    let kind = fields.byte(options::MESSAGE_TYPE).and_then(Kind::from_code).ok_or(Anomaly::DhcpFormat)?;
    let address = |at: usize| {
        let bytes: [u8; 4] = fixed.get(at..at + 4)?.try_into().ok()?;
        Some(Ipv4Addr::from(bytes)).filter(|address| !address.is_unspecified())
    };
    // Hardware address length at 2, `chaddr` at 28.
    let hardware = match fixed.get(2) {
        Some(6) => fixed.get(28..34).and_then(|mac| mac.try_into().ok()),
        _ => None,
    };
    Ok(Message {
        kind,
        transaction: word(fixed, 4),
        seconds: fixed.get(8..10).and_then(|pair| pair.try_into().ok()).map_or(0, u16::from_be_bytes),
        hardware: hardware.filter(|mac| *mac != [0; 6]),
        own: address(12),
        given: address(16),
        relay: address(24),
        whole: fields.whole,
        options: Options::of(&fields),
    })
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes)
}
