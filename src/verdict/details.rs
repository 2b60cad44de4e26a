//! Facts of a finding by subject, as they stand in JSON under `details`.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::discovery::DiscoveryDetails;
use crate::marks::ResponderKind;
use crate::probe::endpoints::purpose::Purpose;
use crate::vocabulary::{Confidence, Side};
use crate::wire::Mac;

/// Facts of a finding by subject; absent subjects stay `None`. Few findings have many of them: they stand in boxes.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FoundMark {
    /// The product that has such a mark.
    pub product: String,
    /// Who makes it.
    pub vendor: Option<String>,
    /// What it is.
    pub kind: ResponderKind,
    /// What was seen: `header NAME`, `cookie NAME`, `title`, `location`, `body`, `certificate`, `address IP`, `ttl SECONDS`,
    /// `mac ADDRESS`.
    pub by: String,
    /// How far it is to be believed.
    pub confidence: Confidence,
}

/// A proxy and its authentication. Secrets are never kept.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SecureProtocols {
    /// The value, as `0xA80`.
    pub value: String,
    /// Versions that it allows.
    pub protocols: Vec<String>,
    /// Windows versions that have it by default; empty where somebody must have set it.
    pub default_of: Vec<String>,
}

/// Another system's connectivity check.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct OsCheckDetails {
    /// Whose check it is.
    pub system: String,
    /// The answer that it takes for the Internet.
    pub expected: String,
}

/// What a host knows about its own place in the network, as far as the capture shows it.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
    /// What can have kept it from probing.
    pub unprobed: Option<Box<UnprobedDetails>>,
}

/// What can have kept a Windows from probing. Nothing of it is on the wire: the likelier ones stand first.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct UnprobedDetails {
    /// The Windows that was recognised or told, by name.
    pub system: Option<String>,
    /// Services that judge the connection there; both where the version is not known.
    pub services: Vec<String>,
    /// DNS servers that it talks to and its lease does not name.
    pub resolvers: Vec<IpAddr>,
    /// What can be the cause.
    pub causes: Vec<UnprobedCause>,
}

/// What keeps a Windows from probing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnprobedCause {
    /// Names are resolved elsewhere than at the servers of the link, and the probe's look-ups are bound to the link.
    OtherResolver,
    /// The service that judges the connection does not run.
    ServiceStopped,
    /// `EnableActiveProbing` is 0 in the registry.
    ProbingOff,
    /// `NoActiveProbe` is 1 by policy.
    ForbiddenByPolicy,
    /// Windows 7 and older may leave the probe out on a network that they know.
    KnownNetwork,
}

/// What a DHCP server granted.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
