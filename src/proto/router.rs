//! Router advertisements (RFC 4861, 4.2): what a router offers for IPv6.

use std::net::Ipv6Addr;

use crate::limits::{MAX_DHCP_LIST, MAX_DHCP_TEXT};

/// Options that are read.
const PREFIX: u8 = 3;
const DNS_SERVERS: u8 = 25;
const CAPTIVE_PORTAL: u8 = 37;

/// What a router offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advertisement {
    /// Seconds for which it is a default router; 0 where it is none.
    pub lifetime: u16,
    /// M: addresses come by DHCPv6.
    pub managed: bool,
    /// O: other parameters come by DHCPv6.
    pub other: bool,
    /// Prefixes.
    pub prefixes: Vec<Prefix>,
    /// DNS servers (RFC 8106).
    pub dns: Vec<Ipv6Addr>,
    /// Captive portal URL (RFC 8910).
    pub captive_portal: Option<String>,
    /// Whether it could be read to its end.
    pub whole: bool,
}

/// A prefix of a router advertisement (RFC 4861, 4.6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The prefix.
    pub address: Ipv6Addr,
    /// Its length in bits.
    pub length: u8,
    /// L: its addresses are on this link.
    pub on_link: bool,
    /// A: hosts make addresses of it.
    pub autonomous: bool,
    /// Seconds for which such addresses are valid.
    pub valid: u32,
}

impl Advertisement {
    /// Whether a host can get an address by it that reaches beyond the link: from a prefix, or by DHCPv6. Unique local
    /// prefixes (RFC 4193) do not lead to the Internet.
    #[must_use]
    pub fn gives_address(&self) -> bool {
        let global = |prefix: &Prefix| !prefix.address.is_unique_local() && !prefix.address.is_unicast_link_local();
        self.managed || self.prefixes.iter().any(|prefix| prefix.autonomous && prefix.valid > 0 && global(prefix))
    }
}

/// Reads an advertisement from its fifth byte on.
#[must_use]
pub fn parse(body: &[u8]) -> Option<Advertisement> {
    let &[_, flags, l0, l1, ..] = body.first_chunk::<12>()?;
    let mut told = Advertisement {
        lifetime: u16::from_be_bytes([l0, l1]),
        managed: flags & 0x80 != 0,
        other: flags & 0x40 != 0,
        ..Advertisement::default()
    };
    let mut options = body.get(12..).unwrap_or_default();
    while let Some(&[kind, length]) = options.first_chunk() {
        // In units of eight bytes; 0 would never end.
        let count = usize::from(length) * 8;
        let Some((option, rest)) = options.split_at_checked(count).filter(|_| count > 0) else { return Some(told) };
        told.option(kind, option);
        options = rest;
    }
    told.whole = options.is_empty();
    Some(told)
}

impl Advertisement {
    fn option(&mut self, kind: u8, option: &[u8]) {
        match kind {
            PREFIX if self.prefixes.len() < MAX_DHCP_LIST => {
                let Some(&[_, _, length, flags, v0, v1, v2, v3, ..]) = option.first_chunk::<16>() else { return };
                let Some(address) = option.get(16..).and_then(|rest| rest.first_chunk::<16>()) else { return };
                self.prefixes.push(Prefix {
                    address: Ipv6Addr::from(*address),
                    length,
                    on_link: flags & 0x80 != 0,
                    autonomous: flags & 0x40 != 0,
                    valid: u32::from_be_bytes([v0, v1, v2, v3]),
                });
            }
            DNS_SERVERS => {
                let (whole, _) = option.get(8..).unwrap_or_default().as_chunks::<16>();
                let room = MAX_DHCP_LIST.saturating_sub(self.dns.len());
                self.dns.extend(whole.iter().take(room).map(|bytes| Ipv6Addr::from(*bytes)));
            }
            CAPTIVE_PORTAL => {
                let text = option.get(2..).unwrap_or_default();
                let text = String::from_utf8_lossy(text.get(..MAX_DHCP_TEXT).unwrap_or(text));
                self.captive_portal = Some(text.trim_end_matches('\0').to_owned()).filter(|text| !text.is_empty());
            }
            _ => {}
        }
    }
}
