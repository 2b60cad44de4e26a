//! The proto floor: bytes of a stream or datagram become messages.
//!
//! Everything here is a pure function or a small state machine over bytes: no clock, no file, no log. A parser returns
//! what it consumed, what it still needs, or a typed [`Anomaly`]; it never guesses and never panics, whatever the bytes.
//! Passwords, tokens, cookies and key material are dropped where they are read and never leave this floor.

pub mod auth;
pub mod dhcp;
pub mod dns;
pub mod http;
pub mod kerberos;
pub mod ncsi_event;
pub mod netbios;
pub mod netbios_name;
pub mod ntlm;
pub mod pac;
pub mod quic;
pub mod router;
pub mod starttls;
pub mod tls;

/// What a message did that its specification does not allow, or what kept it from being read to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Anomaly {
    /// Too few bytes for the fixed header of the protocol.
    TooShort,
    /// The message ends before its own lengths and counts say.
    Truncated,
    /// Not a message of DHCP.
    DhcpFormat,
    /// A DNS label is longer than 63 bytes or has a reserved type.
    DnsLabel,
    /// A DNS name is longer than 255 bytes.
    DnsNameTooLong,
    /// A DNS compression pointer leads forward, to itself, or through too many others.
    DnsPointer,
    /// A DNS message announces more records than are read.
    DnsTooManyRecords,
    /// The data of a DNS record does not have the length of its type.
    DnsRecordLength,
    /// Two independent readers understood the same DNS message differently.
    DnsReadersDiffer,
    /// A DNS message over TCP announces no bytes.
    DnsEmptyFrame,
    /// Not a request or status line of HTTP/1.
    HttpStartLine,
    /// Not HTTP/1.0 or HTTP/1.1.
    HttpVersion,
    /// A head longer than [`MAX_HTTP_HEAD`](crate::limits::MAX_HTTP_HEAD) or with more lines than
    /// [`MAX_HTTP_HEADERS`](crate::limits::MAX_HTTP_HEADERS).
    HttpHeadTooLong,
    /// A line of a head is no field line; it was passed over.
    HttpFieldLine,
    /// `Content-Length` that is no number, or several that differ (RFC 9112, 6.3).
    HttpContentLength,
    /// `Transfer-Encoding` and `Content-Length` together (RFC 9112, 6.1).
    HttpLengthAndChunked,
    /// A chunk size line that is none, or a chunk without its line end.
    HttpChunk,
    /// Bytes are missing at a place that decides where the message ends.
    HttpGap,
    /// The content coding does not decode.
    HttpCoding,
}

/// Whether bytes look like the start of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sniffed {
    /// A message starts here.
    Yes,
    /// It may be one: too few bytes to tell.
    Maybe,
    /// It is none.
    No,
}
