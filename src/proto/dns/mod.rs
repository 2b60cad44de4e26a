//! DNS messages (RFC 1035, RFC 6891), also as multicast DNS, LLMNR and NetBIOS names send them.
//!
//! A message is walked leniently: whatever its end looks like, the header, the question and every answer before the
//! damage are kept.

mod frame;
mod name;
mod names;
mod second;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod walk;

use std::net::{Ipv4Addr, Ipv6Addr};

pub use self::frame::TcpMessages;
pub use self::name::{in_addr_address, is_reverse};
pub use self::names::{code_name, type_name};
pub use self::second::agrees_with_dns_parser;
use crate::proto::Anomaly;

/// Record and query types that the analysis names.
pub mod rtype {
    /// IPv4 address.
    pub const A: u16 = 1;
    /// Name server.
    pub const NS: u16 = 2;
    /// Alias.
    pub const CNAME: u16 = 5;
    /// Start of authority: in a negative answer, for how long it may be kept (RFC 2308).
    pub const SOA: u16 = 6;
    /// Pointer.
    pub const PTR: u16 = 12;
    /// Text.
    pub const TXT: u16 = 16;
    /// IPv6 address.
    pub const AAAA: u16 = 28;
    /// Service.
    pub const SRV: u16 = 33;
    /// EDNS (RFC 6891).
    pub const OPT: u16 = 41;
    /// Service binding for HTTPS (RFC 9460).
    pub const HTTPS: u16 = 65;
}

/// Response codes that the analysis names (RFC 1035, RFC 2136, RFC 6891).
pub mod rcode {
    /// No error.
    pub const NOERROR: u16 = 0;
    /// The server could not read the query.
    pub const FORMERR: u16 = 1;
    /// The server failed.
    pub const SERVFAIL: u16 = 2;
    /// The name does not exist.
    pub const NXDOMAIN: u16 = 3;
    /// The server does not know this kind of query.
    pub const NOTIMP: u16 = 4;
    /// The server refuses.
    pub const REFUSED: u16 = 5;
}

/// A DNS message, as far as it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Transaction id.
    pub id: u16,
    /// QR: a response.
    pub response: bool,
    /// Operation code; 0 is a query.
    pub opcode: u8,
    /// AA: from the authority itself.
    pub authoritative: bool,
    /// TC: the sender cut it to fit the datagram.
    pub truncated: bool,
    /// RD: the asker wants recursion. A query without it comes from a resolver.
    pub recursion_desired: bool,
    /// RA: the server recurses.
    pub recursion_available: bool,
    /// Response code, with the upper bits of the OPT record where one was read (RFC 6891, 6.1.3).
    pub rcode: u16,
    /// First question, where it could be read.
    pub question: Option<Question>,
    /// Records of the answer section in wire order, as many as could be read.
    pub answers: Vec<Record>,
    /// The authority section holds a SOA record (a proper negative answer).
    pub soa: bool,
    /// The message has an OPT record.
    pub edns: bool,
    /// Everything that the header counts was read.
    pub complete: bool,
    /// What was wrong, each kind once.
    pub anomalies: Vec<Anomaly>,
}

impl Message {
    /// Addresses of the answer section: every A and AAAA record, whatever alias led to it.
    pub fn addresses(&self) -> impl Iterator<Item = std::net::IpAddr> + '_ {
        self.answers.iter().filter_map(|record| match record.data {
            RecordData::A(address) => Some(address.into()),
            RecordData::Aaaa(address) => Some(address.into()),
            RecordData::Cname(_) | RecordData::Other => None,
        })
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The name in lower case, labels joined by dots, without the final dot; a dot, a backslash or a byte that is not
    /// printable ASCII inside a label is written `\DDD` (RFC 1035, 5.1). The root is the empty string.
    pub name: String,
    /// Query type ([`rtype`]).
    pub qtype: u16,
    /// Query class as on the wire; multicast DNS uses the highest bit.
    pub qclass: u16,
}

/// One record of the answer section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Owner name, written as in [`Question::name`].
    pub name: String,
    /// Record type ([`rtype`]).
    pub rtype: u16,
    /// Time to live in seconds; values with the highest bit count as 0 (RFC 2181, 8).
    pub ttl: u32,
    /// Its data.
    pub data: RecordData,
}

/// Data of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordData {
    /// IPv4 address.
    A(Ipv4Addr),
    /// IPv6 address.
    Aaaa(Ipv6Addr),
    /// Alias target, written as in [`Question::name`].
    Cname(String),
    /// Any other type, or data that could not be read.
    Other,
}

/// Reads a DNS message (without the length that TCP puts before it).
///
/// # Errors
/// [`Anomaly::TooShort`] where there is no whole header. Any later damage leaves a message that is not `complete`.
pub fn parse(bytes: &[u8]) -> Result<Message, Anomaly> {
    let (mut message, effort) = walk::walk(bytes)?;
    if second::worth_asking(&message, effort) && agrees_with_dns_parser(bytes, &message) == Some(false) {
        message.anomalies.push(Anomaly::DnsReadersDiffer);
    }
    Ok(message)
}
