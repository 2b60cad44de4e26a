//! A finding: one classified thing that happened to one client, with its proof. It holds facts; words are made of them
//! in [`crate::report`], in the reader's language.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::discovery::{DiscoveryDetails, DiscoveryRemark};
use super::proxy_signs::ProxyRemark;
use crate::marks::ResponderKind;
use crate::probe::endpoints::purpose::Purpose;
use crate::proto::ncsi_event::NcsiEvent;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::vocabulary::{Capability, Cause, Confidence, Family, NcsiReason, Route, Severity, Side, Verdict};
use crate::wire::Mac;

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
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The packet.
    pub at: PacketRef,
    /// What it shows.
    pub note: Note,
}

/// What a packet shows. Text from the wire in here is not yet safe to print.
#[allow(missing_docs)] // the variant says what its fields are
#[derive(Clone, Debug, PartialEq, Eq)]
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
    NameAnswered { protocol: &'static str, from: IpAddr, addresses: Vec<IpAddr> },
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Conversation {
    /// UDP instead of TCP.
    pub udp: bool,
    /// The asking side.
    pub client: SocketAddr,
    /// The asked side.
    pub server: SocketAddr,
}

/// What keeps a confidence from being high.
#[allow(missing_docs)] // the variant says what its fields are
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// The capture ended `missing` before the deadline.
    DeadlineOutside { missing: Duration },
    /// Only one copy of what the protocol repeats is in the capture.
    SingleCopy,
    /// No unicast traffic towards the client is in the capture at that time.
    NoInboundTraffic,
    /// The client acknowledged or used something that is not in the capture.
    UnseenAnswer,
    /// The capture lost packets at that time.
    Drops,
    /// Bytes are missing in the middle of the decisive message.
    Gap,
    /// The decisive packet is cut.
    Truncated,
    /// The protocol appears nowhere in the capture: probably a capture filter.
    ProtocolAbsent { protocol: &'static str },
    /// Addresses or contents were rewritten after capturing.
    Anonymised,
    /// The body was compressed; whether Windows decodes it is not known.
    EncodedBody,
    /// The expected text stands inside other content.
    EmbeddedText,
    /// Windows' treatment of this answer is not documented.
    UndocumentedStatus,
    /// The other system's treatment of this answer is not documented, or changed with its versions.
    OtherSystem,
    /// Another name resolved to the same address, or the answer was old: the connection may belong to something else.
    SharedAddress,
    /// The request was cut before the User-Agent.
    HeadCut,
    /// A resolver that blocks by a null address; the connection then never leaves the client.
    Sinkhole,
    /// The server's failure may be temporary or its policy.
    ResolverFailure,
    /// Several causes produce this answer to an old client.
    AmbiguousRefusal,
    /// A portal that answers every request gives this, too.
    PerhapsPortal,
    /// Any program of the client may have done this, not only the probe.
    AnyProgram,
    /// The client offers nothing that encrypts, which servers refuse for itself.
    UnprotectedOffer,
    /// Nothing tells a retry with a lower version from a new attempt.
    AmbiguousRetry,
    /// The sender of the reset cannot be told with certainty.
    AmbiguousReset,
    /// State of this flow was evicted under memory pressure.
    Evicted,
    /// The capture starts in the middle of this connection.
    MidStream,
    /// The client gave up just before the deadline.
    GaveUpEarly,
    /// The client itself ended the connection before an answer came.
    EndedByClient,
    /// The client had reset the connection when the answer came: it may not have read it.
    AnswerAfterReset,
    /// The request is not in the capture; only its answer tells what was asked.
    RequestUnseen,
    /// The alert is encrypted; its size is all that tells it from data.
    EncryptedAlert,
    /// The capture begins so late that higher versions may have been tried before.
    EarlierTries,
    /// The list is a copy of one day; Microsoft may have given this name up since.
    DeadName,
    /// No look-up of the server's name is in the capture, only its address tells the set.
    ByAddressOnly,
    /// Other attempts to the set cannot be judged from this capture.
    OthersUndecided,
    /// The proxy's own attempt is not in the capture.
    BehindTheProxy,
    /// Office's decision is not on the wire, only the pattern that it leaves.
    OnlyAPattern,
    /// DNS or TLS is missing from the capture, so a sign-in may have gone unseen.
    SignInUnseen,
    /// A Kerberos ticket does not show whose it is: it may be several users.
    NamelessTicket,
    /// Windows' own events say otherwise.
    WindowsDisagrees,
    /// Offers of DHCP are in the capture, and the client took none of them: they may not have reached it.
    UnusedOffer,
    /// A route may come from elsewhere: set by hand, or by a VPN.
    OtherRoute,
    /// The routers advertise a prefix that is not for the Internet (RFC 4193).
    LocalPrefix,
    /// Services, registry and policy of the client are not on the wire.
    NotOnTheWire,
}

/// Remarks that a rule adds to a finding.
#[allow(missing_docs)] // the variant says what its fields are
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The answer came from a cache (`Age` or an old `Date`, in seconds): it proves the cache, not the Internet.
    StaleCache { seconds: u64 },
    /// A private address answered with the right body: a mirror of the probe server.
    PrivateMirror { address: IpAddr },
    /// The answer was chunked or otherwise re-encoded by something in between.
    ReEncoded { coding: String },
    /// White space or a byte order mark stands around the expected body.
    PaddedBody,
    /// The redirect goes to https on the same host: a blanket upgrade by a filter.
    HttpsUpgrade,
    /// The right answer came, after the deadline.
    LateAnswer { after: Duration },
    /// The client authenticated on the way.
    Authenticated { scheme: String, user: Option<String> },
    /// Two different answers raced for one DNS question.
    RivalAnswers,
    /// The client uses this proxy for other traffic, which passes.
    ProxyPassesOthers { proxy: SocketAddr },
    /// The host is not one of Microsoft's probe servers: a custom probe server.
    CustomProbeServer,
    /// The reset came from somewhere closer than the server: its TTL, and the TTL of the server's own packets.
    NearbyReset { ttl: u8, server_ttl: u8 },
    /// The same server accepts TLS 1.2 from others in this capture.
    ServerAcceptsNewer,
    /// What the capture says beside a failure at a proxy.
    Proxy(ProxyRemark),
    /// How the client looked for a proxy before.
    Discovery(DiscoveryRemark),
    /// The network itself names its portal in the lease (RFC 8910), or says that it has none.
    NamedPortal { url: Option<String> },
    /// The probe server's old address answers this client, and the present one does not: a rule names the old one.
    PinnedRule { retired: IpAddr, server: IpAddr },
    /// Another adapter of the same host reaches the Internet at the same time.
    OtherAdapterWorks { address: IpAddr },
    /// Traffic from far enough may raise the capability again.
    MaySelfHeal { hops: u8, minimum: u8 },
    /// Two link addresses claim the gateway's address.
    GatewayConflict { gateway: IpAddr, first: Mac, second: Mac },
    /// The link came up again, so long after the failure.
    LinkRestarted { after: Duration },
    /// Addresses of the first failures, before another one answered.
    AddressesFailed { addresses: Vec<SocketAddr> },
}

/// Facts of a finding by subject; absent subjects stay `None`. Few findings have many of them: they stand in boxes.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct Details {
    /// How many equal repeats this finding stands for.
    pub count: u32,
    /// The look-up.
    pub dns: Option<Box<DnsDetails>>,
    /// The connection.
    pub connect: Option<Box<ConnectDetails>>,
    /// The answer.
    pub http: Option<Box<HttpDetails>>,
    /// Who sent the answer.
    pub responder: Option<Box<Responder>>,
    /// The proxy and its authentication.
    pub proxy: Option<Box<ProxyDetails>>,
    /// The handshake.
    pub tls: Option<Box<TlsDetails>>,
    /// Another system's connectivity check.
    pub os_check: Option<Box<OsCheckDetails>>,
    /// The host itself: its link address, its lease, its gateway.
    pub host: Option<Box<HostDetails>>,
    /// The error that WinHTTP reports for this outcome.
    pub winhttp_error: Option<u32>,
    /// The authentication at a web server.
    pub auth: Option<Box<AuthDetails>>,
    /// The Microsoft 365 endpoint set that name or address belong to.
    pub endpoint: Option<Box<EndpointDetails>>,
}

/// An authentication at a web server. Secrets are never kept.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct AuthDetails {
    /// Schemes that the server offers.
    pub schemes: Vec<String>,
    /// Scheme that the client answered with.
    pub used: Option<String>,
    /// User, `DOMAIN\\user` of NTLM.
    pub user: Option<String>,
    /// Workstation of NTLM.
    pub workstation: Option<String>,
}

/// A Microsoft 365 endpoint set.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct EndpointDetails {
    /// Microsoft's number of the set; null for what no list names.
    pub id: Option<u32>,
    /// `Common`, `Exchange`, `SharePoint` or `Skype`.
    pub area: String,
    /// `Optimize`, `Allow` or `Default`.
    pub category: Option<String>,
    /// Whether Microsoft 365 does not work without it.
    pub required: bool,
    /// Whether it is routed over ExpressRoute where there is one.
    pub express_route: bool,
    /// What this traffic is for.
    pub purpose: Purpose,
    /// The stage at which it fails: `resolved`, `proxy`, `connected`, `tls` or `http`.
    pub stage: Option<String>,
    /// Attempts that failed there.
    pub attempts: u32,
}

/// A look-up, all its copies together.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct DnsDetails {
    /// Name asked for.
    pub name: String,
    /// `A` or `AAAA`.
    pub qtype: String,
    /// Servers asked, in order.
    pub servers: Vec<IpAddr>,
    /// Copies sent to all of them.
    pub queries: u32,
    /// Response code, by name (`NXDOMAIN`).
    pub rcode: Option<String>,
    /// Addresses of the answer.
    pub addresses: Vec<IpAddr>,
    /// Canonical names passed on the way.
    pub cnames: Vec<String>,
    /// Milliseconds from the first copy to the answer.
    pub ms: Option<f64>,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct ConnectDetails {
    /// Addresses tried, in order, `address:port`.
    pub tried: Vec<SocketAddr>,
    /// SYN segments sent to the last of them.
    pub syns: u32,
    /// Milliseconds from SYN to SYN-ACK.
    pub rtt_ms: Option<f64>,
    /// Which side reset it.
    pub reset_by: Option<Side>,
    /// Who sent the ICMP error, and what it says.
    pub icmp_from: Option<IpAddr>,
    /// ICMP type and code, `3/13`.
    pub icmp: Option<String>,
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct HttpDetails {
    /// Status code.
    pub status: Option<u16>,
    /// Reason phrase.
    pub reason: Option<String>,
    /// `Location`.
    pub location: Option<String>,
    /// `Server`.
    pub server: Option<String>,
    /// `Via`.
    pub via: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// Title of an HTML page.
    pub title: Option<String>,
    /// First characters of the decoded body.
    pub body: Option<String>,
    /// Request's User-Agent.
    pub user_agent: Option<String>,
    /// Milliseconds from the request to the response.
    pub ms: Option<f64>,
}

/// Who sent the decisive answer, as far as the packet tells.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct Responder {
    /// Link address of the last hop.
    pub mac: Option<String>,
    /// TTL of its packet.
    pub ttl: Option<u8>,
    /// Milliseconds from SYN to SYN-ACK.
    pub rtt_ms: Option<f64>,
    /// The product that it looks like, by its strongest mark.
    pub product: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// What it is.
    pub kind: Option<ResponderKind>,
    /// All marks, strongest first; several products may have left theirs.
    pub marks: Vec<FoundMark>,
}

/// A mark that an answer bears. It shows what the sender looks like, and proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FoundMark {
    /// The product that has such a mark.
    pub product: String,
    /// Who makes it.
    pub vendor: Option<String>,
    /// What it is.
    pub kind: ResponderKind,
    /// What was seen: `header NAME`, `cookie NAME`, `title`, `location`, `body`, `certificate`, `address IP`, `ttl SECONDS`.
    pub by: String,
    /// How far it is to be believed.
    pub confidence: Confidence,
}

/// A proxy and its authentication. Secrets are never kept.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct ProxyDetails {
    /// Name of the proxy, where the client resolved one.
    pub name: Option<String>,
    /// Schemes that it offers.
    pub schemes: Vec<String>,
    /// Scheme that the client answered with.
    pub used: Option<String>,
    /// `DOMAIN\user` of NTLM.
    pub user: Option<String>,
    /// Workstation of NTLM.
    pub workstation: Option<String>,
    /// Whether that user is the computer account.
    pub computer_account: Option<bool>,
    /// Requests sent until the last answer.
    pub legs: u32,
    /// Kerberos error code (RFC 4120, 7.5.9) with which the KDC refused a ticket for the proxy.
    pub kerberos_error: Option<i64>,
    /// How the client looked for a proxy before.
    pub discovery: Option<Box<DiscoveryDetails>>,
}

/// A handshake. Versions are written `SSL2 SSL3 1.0 1.1 1.2 1.3`.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct TlsDetails {
    /// Server name that the client asked for.
    pub sni: Option<String>,
    /// Highest version that the client offered.
    pub client_max: Option<String>,
    /// All versions that the client is known to offer.
    pub client_versions: Vec<String>,
    /// Version that the server chose.
    pub server_version: Option<String>,
    /// Cipher suite that the server chose.
    pub cipher: Option<u16>,
    /// Cipher suites that the client offered.
    pub client_ciphers: Vec<u16>,
    /// Alert code.
    pub alert: Option<u8>,
    /// Who sent it.
    pub alert_from: Option<Side>,
    /// Issuer of the server's certificate.
    pub issuer: Option<String>,
    /// Subject of the server's certificate.
    pub subject: Option<String>,
    /// JA3 of the client.
    pub ja3: Option<String>,
    /// JA4 of the client.
    pub ja4: Option<String>,
    /// Registry values that the offer is consistent with, which proves none of them.
    pub secure_protocols: Vec<SecureProtocols>,
    /// Protocol in the clear that turned to TLS: `smtp`, `imap`, `pop3`, `ftp`, `xmpp`, `ldap`.
    pub starttls: Option<String>,
    /// The server asked for a client certificate.
    pub certificate_requested: bool,
    /// The server asked for another hello (HelloRetryRequest).
    pub hello_retry: bool,
    /// The session was resumed, so that no certificate is seen.
    pub resumed: bool,
    /// The server's random says that it can do more than it chose (RFC 8446, 4.1.3), though the client offered it.
    pub downgraded: bool,
    /// Versions tried one after the other, highest first.
    pub tried: Vec<String>,
}

/// A value of `DefaultSecureProtocols` that a client's offer is consistent with.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct SecureProtocols {
    /// The value, as `0xA80`.
    pub value: String,
    /// Versions that it allows.
    pub protocols: Vec<String>,
    /// Windows versions that have it by default; empty where somebody must have set it.
    pub default_of: Vec<String>,
}

/// Another system's connectivity check.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct OsCheckDetails {
    /// Whose check it is.
    pub system: String,
    /// The answer that it takes for the Internet.
    pub expected: String,
}

/// What a host knows about its own place in the network, as far as the capture shows it.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct HostDetails {
    /// Its link address.
    pub mac: Option<String>,
    /// The address that it gave itself because nobody else did.
    pub claimed: Option<IpAddr>,
    /// The DHCP server that spoke to it.
    pub dhcp_server: Option<IpAddr>,
    /// DHCP messages in order, by name.
    pub dhcp: Vec<String>,
    /// The gateway that it uses or was told to use.
    pub gateway: Option<IpAddr>,
    /// Questions for an address, a gateway or a prefix that stayed unanswered.
    pub unanswered: u32,
    /// What its lease says, where it has one.
    pub lease: Option<Box<LeaseDetails>>,
}

/// What a DHCP server granted.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct LeaseDetails {
    /// Address.
    pub address: Option<IpAddr>,
    /// Seconds for which it is granted.
    pub seconds: Option<u32>,
    /// Routers (option 3, or the default route of option 121 or 249).
    pub routers: Vec<IpAddr>,
    /// DNS servers (option 6).
    pub dns: Vec<IpAddr>,
    /// Domain name (option 15).
    pub domain: Option<String>,
    /// URL of the proxy configuration (option 252).
    pub wpad: Option<String>,
    /// URL of the captive portal API (option 114).
    pub captive_portal: Option<String>,
}

impl Responder {
    /// The link address that [`Self::mac_text`] wrote.
    #[must_use]
    pub fn mac_of(text: &str) -> Option<Mac> {
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
        }
        parts.next().is_none().then_some(Mac(bytes))
    }

    /// The responder behind a link address.
    #[must_use]
    pub fn mac_text(mac: Mac) -> String {
        let [a, b, c, d, e, f] = mac.0;
        format!("{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}
