//! DHCP for IPv6 (RFC 8415).

use std::net::Ipv6Addr;

use super::options::labels;
use crate::limits::{MAX_DHCP_LIST, MAX_DHCP_OPTIONS, MAX_DHCP_TEXT};
use crate::proto::Anomaly;

/// Relays that a message may have passed and that are taken off (RFC 8415, 7.6 allows 8).
const MAX_RELAYS: usize = 8;
const RELAY_HEADER: usize = 34;

/// Kind of a message (RFC 8415, 7.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// The client looks for servers.
    Solicit,
    /// A server offers.
    Advertise,
    /// The client wants what was offered.
    Request,
    /// The client asks whether its addresses are still right.
    Confirm,
    /// The client prolongs at its server.
    Renew,
    /// The client prolongs at any server.
    Rebind,
    /// The server grants or refuses.
    Reply,
    /// The client gives back.
    Release,
    /// The client refuses an address that somebody else uses.
    Decline,
    /// The server asks the client to come again.
    Reconfigure,
    /// The client asks for parameters alone.
    InformationRequest,
}

impl Kind {
    const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            1 => Self::Solicit,
            2 => Self::Advertise,
            3 => Self::Request,
            4 => Self::Confirm,
            5 => Self::Renew,
            6 => Self::Rebind,
            7 => Self::Reply,
            8 => Self::Release,
            9 => Self::Decline,
            10 => Self::Reconfigure,
            11 => Self::InformationRequest,
            _ => return None,
        })
    }

    /// Its name in RFC 8415.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Solicit => "SOLICIT",
            Self::Advertise => "ADVERTISE",
            Self::Request => "REQUEST",
            Self::Confirm => "CONFIRM",
            Self::Renew => "RENEW",
            Self::Rebind => "REBIND",
            Self::Reply => "REPLY",
            Self::Release => "RELEASE",
            Self::Decline => "DECLINE",
            Self::Reconfigure => "RECONFIGURE",
            Self::InformationRequest => "INFORMATION-REQUEST",
        }
    }

    /// Whether a server sends it.
    #[must_use]
    pub const fn by_server(self) -> bool {
        matches!(self, Self::Advertise | Self::Reply | Self::Reconfigure)
    }
}

/// A message of DHCP for IPv6, relays taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// Identifier of the exchange, 24 bits.
    pub transaction: u32,
    /// The client's identifier (option 1, DUID).
    pub client_id: Vec<u8>,
    /// The link address in it, where it has one of Ethernet (DUID-LLT or DUID-LL). It may be that of another interface
    /// of the same host.
    pub hardware: Option<[u8; 6]>,
    /// Addresses granted (options 3 or 4 with 5) whose valid lifetime is not zero.
    pub addresses: Vec<Ipv6Addr>,
    /// The first status that is not success (option 13), also inside an address option.
    pub status: Option<u16>,
    /// DNS servers (23).
    pub dns: Vec<Ipv6Addr>,
    /// Domain search list (24).
    pub search: Vec<String>,
    /// Fully qualified name of the client (39).
    pub full_name: Option<String>,
    /// The client's vendor, by its enterprise number (16): Microsoft is 311.
    pub vendor: Option<u32>,
    /// Captive portal URL (103, RFC 8910).
    pub captive_portal: Option<String>,
    /// It passed a relay.
    pub relayed: bool,
    /// Whether it could be read to its end.
    pub whole: bool,
}

/// Reads a message; one that passed relays is taken out of their messages.
///
/// # Errors
///
/// [`Anomaly::TooShort`] where the header is cut, [`Anomaly::DhcpFormat`] where it is no message of DHCPv6.
pub fn parse(bytes: &[u8]) -> Result<Message, Anomaly> {
    let mut inner = bytes;
    let mut relayed = false;
    for _ in 0..MAX_RELAYS {
        if !matches!(inner.first(), Some(12 | 13)) {
            break;
        }
        relayed = true;
        let options = inner.get(RELAY_HEADER..).ok_or(Anomaly::TooShort)?;
        inner = each(options).find(|(code, _)| *code == 9).map(|(_, value)| value).ok_or(Anomaly::DhcpFormat)?;
    }
    let (&[code, t0, t1, t2], options) = inner.split_first_chunk::<4>().ok_or(Anomaly::TooShort)?;
    let kind = Kind::from_code(code).ok_or(Anomaly::DhcpFormat)?;
    let mut message = Message {
        kind,
        transaction: u32::from_be_bytes([0, t0, t1, t2]),
        client_id: Vec::new(),
        hardware: None,
        addresses: Vec::new(),
        status: None,
        dns: Vec::new(),
        search: Vec::new(),
        full_name: None,
        vendor: None,
        captive_portal: None,
        relayed,
        whole: true,
    };
    let mut walk = each(options);
    for (code, value) in walk.by_ref() {
        message.option(code, value);
    }
    message.whole = walk.rest.is_empty();
    Ok(message)
}

impl Message {
    fn option(&mut self, code: u16, value: &[u8]) {
        match code {
            1 => {
                self.client_id = value.iter().take(MAX_DHCP_LIST * 2).copied().collect();
                self.hardware = link_address(value);
            }
            3 => self.inside(value.get(12..).unwrap_or_default()),
            4 => self.inside(value.get(4..).unwrap_or_default()),
            13 => {
                let status = value.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
                self.status = self.status.or(status.filter(|status| *status != 0));
            }
            16 => self.vendor = value.first_chunk::<4>().map(|bytes| u32::from_be_bytes(*bytes)),
            23 => {
                let (whole, _) = value.as_chunks::<16>();
                self.dns = whole.iter().take(MAX_DHCP_LIST).map(|bytes| Ipv6Addr::from(*bytes)).collect();
            }
            24 => {
                let mut rest = value;
                while !rest.is_empty() && self.search.len() < MAX_DHCP_LIST {
                    let (name, taken) = labels(rest);
                    if name.is_empty() {
                        break;
                    }
                    self.search.push(name);
                    rest = rest.get(taken..).unwrap_or_default();
                }
            }
            39 => self.full_name = value.get(1..).map(|name| labels(name).0).filter(|name| !name.is_empty()),
            103 => {
                let text = value.get(..MAX_DHCP_TEXT).unwrap_or(value);
                self.captive_portal = Some(String::from_utf8_lossy(text).into_owned());
            }
            _ => {}
        }
    }

    /// Options inside an address association.
    fn inside(&mut self, options: &[u8]) {
        for (code, value) in each(options) {
            match code {
                5 => {
                    let Some((address, lifetimes)) = value.split_first_chunk::<16>() else { continue };
                    let valid = lifetimes.get(4..8).unwrap_or_default();
                    if valid.iter().any(|byte| *byte != 0) && self.addresses.len() < MAX_DHCP_LIST {
                        self.addresses.push(Ipv6Addr::from(*address));
                    }
                }
                13 => self.option(13, value),
                _ => {}
            }
        }
    }
}

/// The Ethernet address in a DUID of type 1 (link address and time) or 3 (link address).
fn link_address(duid: &[u8]) -> Option<[u8; 6]> {
    match *duid {
        [0, 1, 0, 1, _, _, _, _, a, b, c, d, e, f] | [0, 3, 0, 1, a, b, c, d, e, f] => Some([a, b, c, d, e, f]),
        _ => None,
    }
}

/// Options one after the other: code and value.
struct Each<'a> {
    rest: &'a [u8],
    count: usize,
}

const fn each(options: &[u8]) -> Each<'_> {
    Each { rest: options, count: 0 }
}

impl<'a> Iterator for Each<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (&[c0, c1, l0, l1], rest) = self.rest.split_first_chunk::<4>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([l0, l1])))?;
        self.count += 1;
        if self.count > MAX_DHCP_OPTIONS {
            return None;
        }
        self.rest = rest;
        Some((u16::from_be_bytes([c0, c1]), value))
    }
}
