//! What a rule adds to a finding, beside its verdict.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::discovery::DiscoveryRemark;
use super::elsewhere::Elsewhere;
use super::proxy_signs::ProxyRemark;
use crate::wire::Mac;

/// Remarks that a rule adds to a finding.
#[allow(missing_docs)] // the variant says what its fields are
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The answer and the opening of the connection came with different TTLs: something on the way answered.
    OtherAnswerer { ttl: u8, server_ttl: u8 },
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
    /// A step that one capture point has and another has not, which would have shown it.
    Elsewhere(Elsewhere),
    /// Addresses of the first failures, before another one answered.
    AddressesFailed { addresses: Vec<SocketAddr> },
}
