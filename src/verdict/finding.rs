//! A finding: one classified thing that happened to one client, with its proof. It holds facts; words are made of them
//! in [`crate::report`], in the reader's language.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::proto::ncsi_event::NcsiEvent;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::vocabulary::{Capability, Cause, Confidence, Family, NcsiReason, Route, Severity, Side, Verdict};
use crate::wire::Mac;

pub use super::details::*;
pub use super::doubt::Doubt;
pub use super::remark::Remark;

/// One classified thing that happened to one client.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Counts from 1 in settle order.
    pub id: u32,
    /// Raised each time a live run prints it again.
    pub revision: u32,
    /// What happened.
    pub verdict: Verdict,
    /// Why; `None` only on success.
    pub cause: Option<Cause>,
    /// How much it matters.
    pub severity: Severity,
    /// How sure verdict and cause are.
    pub confidence: Confidence,
    /// What keeps the confidence from being high.
    pub confidence_reasons: Vec<Doubt>,
    /// Windows' reason, where there is one.
    pub ncsi_reason: Option<NcsiReason>,
    /// What Windows is predicted to grant.
    pub capability: Option<Capability>,
    /// Address family of the attempt.
    pub family: Family,
    /// Which way the request went.
    pub route: Option<Route>,
    /// Who asked.
    pub client: IpAddr,
    /// The client's port on the decisive connection.
    pub client_port: Option<u16>,
    /// Who was asked, see rule "address of things" of the output documentation.
    pub server: Option<IpAddr>,
    /// The server's port.
    pub server_port: Option<u16>,
    /// The explicit proxy.
    pub proxy: Option<SocketAddr>,
    /// Name asked for: lower case, no final dot, no port.
    pub host: Option<String>,
    /// Whole URL of the request.
    pub url: Option<String>,
    /// First packet.
    pub started: CaptureTime,
    /// The moment that settled it: final answer, refusal or deadline.
    pub ended: CaptureTime,
    /// The same moment of the first occurrence, where this stands for several.
    pub settled: CaptureTime,
    /// A later attempt of the same kind worked, so long after `started`.
    pub recovered_after: Option<Duration>,
    /// The rule that led here, `floor.row`, for instance `http.redirect`.
    pub rule: &'static str,
    /// Other findings that belong to it.
    pub related: Vec<u32>,
    /// The packets that prove it, in order.
    pub evidence: Vec<Evidence>,
    /// Conversations of this attempt, for the display filter.
    pub conversations: Vec<Conversation>,
    /// Best reading where the verdict is `Incomplete`.
    pub guess: Option<Verdict>,
    /// Facts by subject.
    pub details: Details,
    /// Further remarks of the rules.
    pub remarks: Vec<Remark>,
}

/// A packet that proves something, and what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The packet.
    pub at: PacketRef,
    /// What it shows.
    pub note: Note,
}

/// What a packet shows. Text from the wire in here is not yet safe to print.
#[allow(missing_docs)] // the variant says what its fields are
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Note {
    /// DNS question; `copy` counts from 1 over all servers.
    Query { name: String, qtype: u16, server: IpAddr, copy: u32 },
    /// DNS answer.
    Answer { rcode: u16, addresses: Vec<IpAddr>, server: IpAddr, truncated: bool },
    /// A second, different answer to the same question.
    RivalAnswer { addresses: Vec<IpAddr>, server: IpAddr },
    /// TCP SYN; `copy` counts from 1 per connection.
    Syn { to: SocketAddr, copy: u32 },
    /// TCP SYN-ACK.
    SynAck { from: SocketAddr },
    /// RST in answer to a SYN.
    Refused { from: SocketAddr, ttl: u8 },
    /// RST on an open connection.
    Reset { by: Side, ttl: u8 },
    /// FIN on an open connection.
    Closed { by: Side },
    /// ICMP or ICMPv6 error about a packet of this attempt.
    Icmp { from: IpAddr, kind: u8, code: u8 },
    /// HTTP request.
    Request { method: String, target: String, user_agent: Option<String> },
    /// The request again, unacknowledged so far.
    RequestAgain,
    /// HTTP response.
    Response { status: u16, reason: String, location: Option<String>, server: Option<String> },
    /// The last packet of the response's body.
    ResponseEnd,
    /// Something that is no HTTP response.
    NotHttp { start: String },
    /// The response came, but after the deadline.
    LateResponse { status: u16, after: Duration },
    /// A credential or challenge of proxy or server authentication: `NTLM type 1`, `Negotiate (Kerberos)`, `Basic`.
    Credentials { scheme: String, user: Option<String> },
    /// TLS ClientHello; versions as `1.0`, `1.2`.
    ClientHello { max: String, sni: Option<String>, copy: u32 },
    /// TLS ServerHello.
    ServerHello { version: String, cipher: u16 },
    /// TLS certificate of the server.
    Certificate { subject: String, issuer: String },
    /// TLS alert.
    Alert { by: Side, fatal: bool, code: u8 },
    /// A packet towards the client inside the window: the capture does see this direction.
    InboundSeen,
    /// An answer to a call for `wpad` on the link.
    NameAnswered { protocol: Cow<'static, str>, from: IpAddr, addresses: Vec<IpAddr> },
    /// Kerberos: the KDC refuses a ticket for a service.
    TicketRefused { code: i64, service: String, kdc: IpAddr },
    /// DHCP message, by its name of RFC 2132 (`DISCOVER`, `ACK`); the address offered or asked for.
    Dhcp { message: String, address: Option<IpAddr>, server: Option<IpAddr> },
    /// ARP request or neighbour solicitation; `copy` counts from 1.
    NeighbourAsked { target: IpAddr, copy: u32 },
    /// ARP reply or neighbour advertisement.
    NeighbourAnswered { target: IpAddr, mac: Mac },
    /// ARP announcement: the sender takes this address.
    AddressClaimed { address: IpAddr },
    /// An event of Windows' own connectivity indicator.
    WindowsEvent { event: NcsiEvent },
    /// ICMPv6 router solicitation.
    RouterSolicited,
    /// Office asks for a name of its start.
    OfficeStart { name: String },
    /// Other web traffic works.
    WebWorks { name: String },
    /// ICMPv6 router advertisement; whether it brings a prefix to build an address from.
    RouterAdvertised { from: IpAddr, prefix: bool },
}

impl Note {
    /// Whether the packet stands outside the conversations of its finding: such evidence is named by packet number in
    /// the display filter.
    #[must_use]
    pub const fn stands_alone(&self) -> bool {
        matches!(
            self,
            Self::InboundSeen
                | Self::OfficeStart { .. }
                | Self::WebWorks { .. }
                | Self::Dhcp { .. }
                | Self::NeighbourAsked { .. }
                | Self::NeighbourAnswered { .. }
                | Self::AddressClaimed { .. }
                | Self::WindowsEvent { .. }
                | Self::RouterSolicited
                | Self::RouterAdvertised { .. }
        )
    }
}

/// A conversation of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Conversation {
    /// UDP instead of TCP.
    pub udp: bool,
    /// The asking side.
    pub client: SocketAddr,
    /// The asked side.
    pub server: SocketAddr,
}
