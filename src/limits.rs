//! Every bound of the program, with its reason.
//!
//! A capture is written by strangers. Whatever grows with it grows up to one of these numbers and no further; what had
//! to go is counted and lowers the confidence of what it touched.

use std::time::Duration;

/// Longest record of a capture file that is read whole. Longest known link frames are below 256 KiB; libpcap's own
/// bound (`MAXIMUM_SNAPLEN`) is the same, USB captures apart, which hold nothing for us.
pub const MAX_RECORD: usize = 16 << 20;
/// Bytes that are read from a file at once: larger blocks fall out of the second-level cache, smaller ones cost calls.
pub const READ_BLOCK: usize = 256 << 10;
/// Longest request or response head (RFC 9112 names no bound; servers use 8 to 16 KiB).
pub const MAX_HTTP_HEAD: usize = 16 << 10;
/// Bytes of a decoded body that are kept: the expected one has 22, a title stands in the first few KiB.
pub const MAX_HTTP_BODY: usize = 8 << 10;
/// Header lines that httparse is given room for.
pub const MAX_HTTP_HEADERS: usize = 128;
/// Bytes of handshake messages that are joined for one direction: Schannel's own limit is half of it.
pub const MAX_TLS_HANDSHAKE: usize = 64 << 10;
/// Out-of-order bytes held for one direction of one flow.
pub const MAX_HELD_BYTES: usize = 256 << 10;
/// Out-of-order segments held for one direction of one flow.
pub const MAX_HELD_SEGMENTS: usize = 64;
/// Names followed inside one DNS name before it is called a loop (RFC 1035 names have at most 127 labels).
pub const MAX_DNS_POINTERS: usize = 32;
/// Records read from one DNS message.
pub const MAX_DNS_RECORDS: usize = 256;
/// Datagrams whose fragments are being collected at a time, and the bytes held for all of them.
pub const MAX_FRAGMENTED: usize = 256;
/// Bytes held for incomplete datagrams.
pub const MAX_FRAGMENT_BYTES: usize = 4 << 20;
/// Time after which an incomplete datagram is given up (RFC 791 suggests 15 s, RFC 8200 asks for 60 s).
pub const FRAGMENT_LIFETIME: Duration = Duration::from_secs(60);
/// Two packets that agree in everything but TTL, checksum and DSCP within this time are one, copied by a mirror port.
pub const DUPLICATE_WINDOW: Duration = Duration::from_millis(50);
/// The same where the IP identification is zero or missing (IPv6), where a retransmission looks alike.
pub const DUPLICATE_WINDOW_NO_ID: Duration = Duration::from_millis(5);
/// Problems of one input that are listed; more are only counted.
pub const MAX_PROBLEMS: usize = 32;
/// Characters of wire text shown in a field.
pub const MAX_SHOWN_TEXT: usize = 512;

/// Sizes of the tables, derived from one number (`--memory`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableLimits {
    /// TCP connections followed at a time.
    pub flows: usize,
    /// Bytes of reassembly and message state of all connections together.
    pub flow_bytes: usize,
    /// DNS look-ups that wait for their answer.
    pub lookups: usize,
    /// Client addresses remembered with their attempts.
    pub clients: usize,
    /// Hosts whose inbound traffic is remembered.
    pub hosts: usize,
    /// Findings kept.
    pub findings: usize,
}

impl TableLimits {
    /// Memory that the tables may take when nothing else is said.
    pub const DEFAULT_MEMORY: usize = 256 << 20;

    /// Tables that together stay within `bytes`.
    #[must_use]
    pub const fn for_memory(bytes: usize) -> Self {
        let unit = if bytes < (16 << 20) { 16 << 20 } else { bytes };
        Self {
            flows: unit / 1024,
            flow_bytes: unit / 4,
            lookups: unit / 2048,
            clients: unit / 2048,
            hosts: unit / 1024,
            findings: unit / 2048,
        }
    }
}

impl Default for TableLimits {
    fn default() -> Self {
        Self::for_memory(Self::DEFAULT_MEMORY)
    }
}
