//! The transaction floor: messages of one flow become self-contained [`Transaction`]s.
//!
//! This is the seam of the program. Everything up to here knows one flow and nothing else; everything after knows one
//! client and sees no packet. A transaction carries all that the lower floors will ever ask: who, when, which packets,
//! what was said, and what the capture could not show.

pub mod assembler;
pub mod beginning;
pub mod calling;
mod exchange;
mod handshake;
mod host_event;
pub mod lease;
pub mod lookup;
pub mod quic;
pub mod solicited;
pub mod ticket;
mod waiting;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::flow::{Connection, Mark};
use crate::proto::http::{Body as HttpBody, RequestHead, ResponseHead};
use crate::proto::starttls::Plain;
use crate::proto::tls::{Certificate, ClientHello, ServerHello};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::vocabulary::Side;
use crate::wire::Mac;

pub use calling::{CallProtocol, NameCall};
pub use host_event::HostEvent;
pub use lease::{Granted, Lease, LeaseEnd, LeaseMessage};
pub use lookup::{Lookup, LookupAnswer, LookupEnd};
pub use quic::Quic;
pub use solicited::{Router, Solicited};
pub use ticket::TicketRefusal;

/// Heap bytes that the texts of one message take, about.
const TEXTS: usize = 512;

/// Something that happened on one flow and is over, or that the capture shows no further.
#[derive(Clone, Debug)]
pub enum Transaction {
    /// A DNS look-up.
    Lookup(Box<Lookup>),
    /// A second, different answer to a look-up that was answered before.
    RivalAnswer {
        /// Who asked.
        client: IpAddr,
        /// What was asked.
        name: String,
        /// The packet.
        at: PacketRef,
        /// Who answered.
        server: IpAddr,
        /// With what.
        addresses: Vec<IpAddr>,
    },
    /// A connection that could not be opened, or on which nothing known was said.
    Attempted(Box<Attempted>),
    /// An HTTP request and its answer.
    Exchange(Box<Exchange>),
    /// A TLS handshake.
    Handshake(Box<Handshake>),
    /// A call for `wpad` on the link, or an answer to one.
    Called(Box<NameCall>),
    /// A Kerberos ticket that was refused.
    TicketRefusal(Box<TicketRefusal>),
    /// The first flight of a QUIC client.
    Quic(Box<Quic>),
    /// An address and the link address that claims it.
    Neighbour {
        /// The address.
        address: IpAddr,
        /// The link address.
        mac: Mac,
        /// The packet.
        at: PacketRef,
    },
    /// Something that the operating system wrote down.
    HostEvent(Box<HostEvent>),
    /// A DHCP exchange.
    Lease(Box<Lease>),
    /// A question for the link address of a neighbour, and its answer.
    Solicited(Box<Solicited>),
    /// A search for routers, or what a router tells.
    Router(Router),
    /// A host told its own name.
    Named {
        /// The host.
        address: IpAddr,
        /// Its name.
        name: String,
        /// The packet.
        at: PacketRef,
    },
}

/// Equal transactions that a kept one stands for: a client that probes every half minute for a day leaves the first
/// and the last of its successes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StandsFor {
    /// How many.
    pub count: u32,
    /// When the first of them began.
    pub since: CaptureTime,
}

/// How long a timer ran and whether the capture shows all of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Wait {
    /// The deadline passed inside the capture.
    Elapsed,
    /// The capture (or our memory of the flow) ended `missing` before the deadline.
    Cut {
        /// Time that was missing.
        missing: Duration,
    },
}

/// A connection that led to no message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempted {
    /// What is known of it.
    pub connection: Connection,
    /// How it ended.
    pub end: AttemptedEnd,
}

/// How a connection without messages ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum AttemptedEnd {
    /// No SYN-ACK.
    Unanswered(Wait),
    /// RST to the SYN.
    Refused(Mark),
    /// An ICMP error came back (it stands in the connection).
    Unreachable,
    /// It opened, and nothing was said on it that we understand.
    Silent,
}

/// A request and its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// The connection, as far as it had come when the exchange ended.
    pub connection: Connection,
    /// Which exchange on that connection, from 0.
    pub index: u32,
    /// Authority of the tunnel that it was sent through, if any.
    pub tunnel: Option<Tunnel>,
    /// The request; absent where only the answer was captured.
    pub request: Option<Request>,
    /// The response, where one came.
    pub response: Option<Response>,
    /// How it ended.
    pub end: ExchangeEnd,
    /// First packet that belongs to it, and the moment that decided it.
    pub started: PacketRef,
    /// The moment that decided it: answer, refusal or deadline.
    pub ended: CaptureTime,
    /// Equal ones before it that were not kept.
    pub stands_for: Option<StandsFor>,
}

/// A CONNECT tunnel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tunnel {
    /// The authority's host, lower case.
    pub host: String,
    /// The authority's port.
    pub port: u16,
}

/// A request as captured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Its head, as far as it could be read.
    pub head: RequestHead,
    /// Whether the head is whole.
    pub whole: bool,
    /// First packet.
    pub first: PacketRef,
    /// Packet that completed the head.
    pub at: PacketRef,
    /// Packets that carried it again.
    pub copies: Vec<PacketRef>,
    /// Whether the server acknowledged it.
    pub acknowledged: bool,
}

/// A response as captured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Response {
    /// Its head, as far as it could be read.
    pub head: ResponseHead,
    /// Whether the head is whole.
    pub whole: bool,
    /// First packet.
    pub first: PacketRef,
    /// Packet that completed the head.
    pub at: PacketRef,
    /// Packet that completed the body.
    pub last: PacketRef,
    /// Its body.
    pub body: HttpBody,
}

/// How an exchange ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExchangeEnd {
    /// A final response.
    Answered,
    /// The server sent something that is no HTTP/1 response.
    NotHttp {
        /// Its first characters.
        start: String,
        /// Where.
        at: PacketRef,
    },
    /// Reset before a response.
    Reset {
        /// By whom.
        by: Side,
        /// Where.
        mark: Mark,
    },
    /// Closed before a response.
    Closed {
        /// By whom.
        by: Side,
        /// Where.
        mark: Mark,
    },
    /// An ICMP error (it stands in the connection).
    Unreachable,
    /// No response.
    Unanswered(Wait),
    /// A response came, and the capture does not hold it: it was acknowledged, or the stream has a gap in its place.
    NotCaptured,
}

/// A TLS handshake.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handshake {
    /// The connection, as far as it had come when the handshake ended.
    pub connection: Connection,
    /// The tunnel that it was made through, if any.
    pub tunnel: Option<Tunnel>,
    /// The dialogue in the clear that turned to TLS, if any.
    pub plain: Option<Plain>,
    /// The client's hello (the first, where a retry was asked for).
    pub hello: Option<(Box<ClientHello>, PacketRef)>,
    /// Packets that carried the hello again.
    pub hello_copies: Vec<PacketRef>,
    /// Whether the server acknowledged the hello.
    pub hello_acknowledged: bool,
    /// The server's request for another hello (RFC 8446, 4.1.4), and that hello.
    pub retry: Option<(PacketRef, Option<PacketRef>)>,
    /// The server's hello.
    pub server_hello: Option<(ServerHello, PacketRef)>,
    /// The server's certificate.
    pub certificate: Option<(Box<Certificate>, PacketRef)>,
    /// The server asked for a client certificate.
    pub certificate_requested: bool,
    /// First fatal alert in clear.
    pub alert: Option<(Side, u8, PacketRef)>,
    /// A type-21 record after encryption began, and by whom.
    pub encrypted_alert: Option<(Side, PacketRef)>,
    /// The client sent more of the handshake after the server's hello.
    pub client_went_on: bool,
    /// Both directions reached encrypted data.
    pub established: bool,
    /// How it ended.
    pub end: HandshakeEnd,
    /// First packet of the hello, or of what is there.
    pub started: PacketRef,
    /// The moment that decided it.
    pub ended: CaptureTime,
}

/// How a handshake ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum HandshakeEnd {
    /// Application data flowed in both directions, or both sides changed to encryption and went on.
    Completed,
    /// A fatal alert (it stands in the handshake).
    Alert,
    /// Reset.
    Reset {
        /// By whom.
        by: Side,
        /// Where.
        mark: Mark,
    },
    /// Closed.
    Closed {
        /// By whom.
        by: Side,
        /// Where.
        mark: Mark,
    },
    /// An ICMP error (it stands in the connection).
    Unreachable,
    /// Nothing came back.
    Unanswered(Wait),
    /// The answer exists and is not in the capture.
    NotCaptured,
    /// The capture ended while the handshake was going well.
    Unfinished,
}

impl Transaction {
    /// What orders transactions: the moment that decided them, then their first packet.
    #[must_use]
    pub fn order(&self) -> (CaptureTime, PacketRef) {
        match self {
            Self::Lookup(lookup) => (lookup.ended, lookup.first()),
            Self::RivalAnswer { at, .. } | Self::Neighbour { at, .. } | Self::Named { at, .. } => (at.time, *at),
            Self::Attempted(attempted) => (attempted.connection.last.time, attempted.connection.first),
            Self::Exchange(exchange) => (exchange.ended, exchange.started),
            Self::Handshake(handshake) => (handshake.ended, handshake.started),
            Self::Lease(lease) => (lease.ended, lease.first()),
            Self::Solicited(question) => (question.ended, question.first()),
            Self::Router(router @ Router::Searched { ended, .. }) => (*ended, router.first()),
            Self::Router(Router::Advertised { at, .. }) => (at.time, *at),
            Self::Called(call) => (call.at.time, call.at),
            Self::TicketRefusal(refusal) => (refusal.at.time, refusal.at),
            Self::Quic(quic) => (quic.ended, quic.first),
            Self::HostEvent(event) => (event.at.time, event.at),
        }
    }

    /// Who asked, where a single host did.
    #[must_use]
    pub fn client(&self) -> Option<IpAddr> {
        Some(match self {
            Self::Lookup(lookup) => lookup.client.ip(),
            Self::RivalAnswer { client, .. } => *client,
            Self::Attempted(attempted) => attempted.connection.client.ip(),
            Self::Exchange(exchange) => exchange.connection.client.ip(),
            Self::Handshake(handshake) => handshake.connection.client.ip(),
            Self::Called(call) => call.client.ip(),
            Self::TicketRefusal(refusal) => refusal.client.ip(),
            Self::Quic(quic) => quic.asker(),
            Self::Neighbour { address, .. } | Self::Named { address, .. } => *address,
            Self::Lease(lease) => lease.client.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)),
            Self::Solicited(question) => question.client,
            Self::Router(Router::Searched { client, .. }) => *client,
            Self::Router(Router::Advertised { router, .. }) => *router,
            Self::HostEvent(_) => return None,
        })
    }
}

impl Exchange {
    /// Where the request went.
    #[must_use]
    pub const fn server(&self) -> SocketAddr {
        self.connection.server
    }

    /// First packet of the connection for the first exchange on it, else of the exchange.
    #[must_use]
    pub fn connection_start(&self) -> PacketRef {
        if self.index == 0 && self.tunnel.is_none() { self.connection.first } else { self.started }
    }

    /// Status of the response, where one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.head.status)
    }
}
