//! Address ranges (RFC 4632, RFC 4291).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};

/// Bits of an IPv4 address in front of which an IPv4-mapped IPv6 address has its fixed part.
const MAPPED: u8 = 96;

/// A range of addresses that share their first bits. IPv4 stands in its IPv4-mapped form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Network {
    /// The lowest address, as a number.
    first: u128,
    /// Leading bits that all addresses share, of 128.
    length: u8,
}

impl Network {
    /// The lowest address, as [`number`] gives it.
    #[must_use]
    pub const fn first(self) -> u128 {
        self.first
    }

    /// The highest address.
    #[must_use]
    pub const fn last(self) -> u128 {
        match u128::MAX.checked_shr(self.length as u32) {
            Some(rest) => self.first | rest,
            None => self.first,
        }
    }
}

/// An address as a number, IPv4 in its IPv4-mapped form.
#[must_use]
pub fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

impl FromStr for Network {
    type Err = String;

    /// Reads `address/length`; a bare address is a range of one. Bits behind the length are dropped, as routers do.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no address range such as 40.96.0.0/13 or 2603:1006::/40");
        let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let (most, before) = if address.is_ipv4() { (32, MAPPED) } else { (128, 0) };
        let length = match length {
            None => most,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse::<u8>().ok().filter(|length| *length <= most).ok_or_else(wrong)?
            }
            Some(_) => return Err(wrong()),
        };
        let length = length + before;
        let rest = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        Ok(Self { first: number(address) & !rest, length })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv6Addr::from_bits(self.first);
        match address.to_ipv4_mapped().filter(|_| self.length >= MAPPED) {
            Some(v4) => write!(f, "{v4}/{}", self.length - MAPPED),
            None => write!(f, "{address}/{}", self.length),
        }
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}
