//! The names: verdicts, causes, Windows' reasons, capabilities. They are an interface: scripts read them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$meta:meta])* $kind:ident { $($(#[$doc:meta])* $variant:ident => $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
        pub enum $kind {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }
        impl $kind {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// The name as it stands in every output.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
            /// The value of that name, in any case.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.name().eq_ignore_ascii_case(name))
            }
        }
        impl std::fmt::Display for $kind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}

names! {
    /// What happened, in one word.
    Verdict {
        /// A direct probe got the right answer.
        ActiveHttpProbeSucceeded => "ActiveHttpProbeSucceeded",
        /// A probe through an explicit proxy got the right answer.
        ActiveHttpProbeSucceededViaProxy => "ActiveHttpProbeSucceededViaProxy",
        /// The DNS probe name got the expected address.
        ActiveDnsProbeSucceeded => "ActiveDnsProbeSucceeded",
        /// The name did not resolve, or the proxy could not be used.
        ActiveHttpProbeFailed => "ActiveHttpProbeFailed",
        /// Resolved, but no HTTP answer.
        ActiveHttpProbeFailedButDnsSucceeded => "ActiveHttpProbeFailedButDnsSucceeded",
        /// A direct probe got an answer that is not Microsoft's.
        HotspotDetected => "HotspotDetected",
        /// The DNS probe name got no or another address.
        ActiveDnsProbeFailed => "ActiveDnsProbeFailed",
        /// A 407 that the client did not get past.
        ProxyAuthenticationRequired => "ProxyAuthenticationRequired",
        /// The probe went direct and failed while the client uses a proxy.
        ProxyNotDiscovered => "ProxyNotDiscovered",
        /// WPAD or PAC was there and did not work.
        ProxyDiscoveryFailed => "ProxyDiscoveryFailed",
        /// The two sides share no TLS version.
        TlsVersionMismatch => "TlsVersionMismatch",
        /// A TLS handshake ended for another cause.
        TlsHandshakeFailed => "TlsHandshakeFailed",
        /// Below TLS 1.2, and it worked.
        LegacyTlsNegotiated => "LegacyTlsNegotiated",
        /// A certificate for a Microsoft name from an issuer that Microsoft never used.
        TlsIntercepted => "TlsIntercepted",
        /// No IPv4 address.
        NoAddress => "NoAddress",
        /// No global IPv6 address.
        NoGlobalAddress => "NoGlobalAddress",
        /// No route to the Internet.
        NoRoute => "NoRoute",
        /// The gateway answers no ARP or neighbour solicitation.
        SuspectArpProbeFailed => "SuspectArpProbeFailed",
        /// The same user refused again and again.
        AuthenticationLoop => "AuthenticationLoop",
        /// Office did not start to sign in because Windows said "no Internet".
        OfficeGatedByNcsi => "OfficeGatedByNcsi",
        /// A required Microsoft 365 endpoint set fails.
        EndpointSetUnreachable => "EndpointSetUnreachable",
        /// Another system's connectivity check worked.
        OsCheckSucceeded => "OsCheckSucceeded",
        /// Another system's connectivity check met a portal.
        OsCheckPortal => "OsCheckPortal",
        /// Another system's connectivity check was blocked.
        OsCheckBlocked => "OsCheckBlocked",
        /// Another system's connectivity check got no answer.
        OsCheckFailed => "OsCheckFailed",
        /// Somebody else asked for the probe URL.
        ProbeLookAlike => "ProbeLookAlike",
        /// A client that came up and sent no probe.
        NoProbeSeen => "NoProbeSeen",
        /// The capture lacks what would decide.
        Incomplete => "Incomplete",
    }
}

names! {
    /// Why it happened.
    Cause {
        /// The name does not exist.
        DnsNxdomain => "dns-nxdomain",
        /// The resolver failed.
        DnsServfail => "dns-servfail",
        /// The resolver refused.
        DnsRefused => "dns-refused",
        /// The name exists without an address of this family.
        DnsNodata => "dns-nodata",
        /// No resolver answered.
        DnsTimeout => "dns-timeout",
        /// The answer is a private, shared or link-local address.
        DnsHijacked => "dns-hijacked",
        /// The answer is an unspecified or loopback address.
        DnsSinkholed => "dns-sinkholed",
        /// The DNS probe name has another address than expected.
        DnsWrongAnswer => "dns-wrong-answer",
        /// The name was never asked for.
        DnsNeverSent => "dns-never-sent",
        /// No SYN-ACK.
        TcpTimeout => "tcp-timeout",
        /// The connection was refused.
        TcpReset => "tcp-reset",
        /// An ICMP error came back.
        IcmpUnreachable => "icmp-unreachable",
        /// No response to the request.
        HttpTimeout => "http-timeout",
        /// Closed before a response.
        HttpClosed => "http-closed",
        /// Reset before a response.
        HttpReset => "http-reset",
        /// The answer is not HTTP/1.
        HttpInvalid => "http-invalid",
        /// A redirect.
        HttpRedirect => "http-redirect",
        /// 200 with other content.
        HttpWrongBody => "http-wrong-body",
        /// 200 without content.
        HttpEmptyBody => "http-empty-body",
        /// 403 or 451.
        HttpBlocked => "http-blocked",
        /// 401, or 407 to a request that did not go to a proxy.
        HttpInterceptAuth => "http-intercept-auth",
        /// 401 again after credentials.
        HttpAuthRejected => "http-auth-rejected",
        /// 5xx.
        HttpServerError => "http-server-error",
        /// Any other status.
        HttpStatus => "http-status",
        /// No connection to the proxy.
        ProxyUnreachable => "proxy-unreachable",
        /// The proxy's name did not resolve.
        ProxyNameUnresolved => "proxy-name-unresolved",
        /// 407, and the client sent nothing more.
        ProxyAuthUnanswered => "proxy-auth-unanswered",
        /// 407 again after credentials.
        ProxyAuthRejected => "proxy-auth-rejected",
        /// 407 with schemes that no service can answer.
        ProxyAuthUnsupported => "proxy-auth-unsupported",
        /// The connection was closed between NTLM messages.
        ProxyAuthBrokenKeepalive => "proxy-auth-broken-keepalive",
        /// 403 from the proxy.
        ProxyDenied => "proxy-denied",
        /// A redirect from the proxy.
        ProxyRedirect => "proxy-redirect",
        /// 5xx from the proxy.
        ProxyUpstreamFailure => "proxy-upstream-failure",
        /// 200 with other content from the proxy.
        ProxyContentReplaced => "proxy-content-replaced",
        /// A fatal alert.
        TlsAlert => "tls-alert",
        /// Reset in the handshake.
        TlsReset => "tls-reset",
        /// Closed in the handshake.
        TlsClosed => "tls-closed",
        /// The client refused the server's version.
        TlsClientRejected => "tls-client-rejected",
        /// A later retry with a lower version worked.
        TlsFallback => "tls-fallback",
        /// No common cipher suite.
        TlsCipher => "tls-cipher",
        /// The client refused the certificate.
        TlsCertificate => "tls-certificate",
        /// The name in the hello is missing or unknown to the server.
        TlsSni => "tls-sni",
        /// A device between the two sides reset the connection.
        TlsMiddleboxReset => "tls-middlebox-reset",
        /// The hello was never answered.
        TlsTimeout => "tls-timeout",
        /// The version that both agreed on is below TLS 1.2.
        TlsLegacyVersion => "tls-legacy-version",
        /// The certificate was made by something in between.
        TlsInterception => "tls-interception",
        /// No DHCP server offered an address.
        DhcpNoOffer => "dhcp-no-offer",
        /// A DHCP server offered an address and did not grant it.
        DhcpNoAck => "dhcp-no-ack",
        /// The DHCP server refused again and again.
        DhcpNak => "dhcp-nak",
        /// The client refused the addresses that it was given, because somebody else uses them.
        DhcpDecline => "dhcp-decline",
        /// The lease names no router.
        DhcpNoRouter => "dhcp-no-router",
        /// No router advertised itself.
        RouterSilent => "router-silent",
        /// Routers advertise no prefix that an address could be made of.
        RouterNoPrefix => "router-no-prefix",
        /// No answer to ARP.
        ArpTimeout => "arp-timeout",
        /// No answer to a neighbour solicitation.
        NeighbourTimeout => "neighbour-timeout",
        /// No probe was sent.
        ProbeNeverSent => "probe-never-sent",
        /// One direction is not in the capture.
        OneWay => "one-way",
        /// Packets are cut.
        TruncatedPackets => "truncated-packets",
        /// The capture ended before the deadline.
        CaptureEnded => "capture-ended",
        /// Bytes are missing in the middle.
        Gap => "gap",
        /// The protocol is absent from the whole capture.
        FilteredCapture => "filtered-capture",
        /// Addresses or contents were rewritten.
        AnonymisedCapture => "anonymised-capture",
    }
}

names! {
    /// How much it matters.
    Severity {
        /// It worked.
        Ok => "ok",
        /// Good to know.
        Info => "info",
        /// Look at it.
        Warning => "warning",
        /// Something is broken.
        Error => "error",
    }
}

names! {
    /// How sure verdict and cause are.
    Confidence {
        /// One reading only, at low certainty.
        Low => "low",
        /// Probable.
        Medium => "medium",
        /// One reading, decisive packets whole.
        High => "high",
    }
}

names! {
    /// What Windows grants the interface.
    Capability {
        /// No connectivity.
        None => "None",
        /// The local network only.
        Local => "Local",
        /// The Internet.
        Internet => "Internet",
    }
}

names! {
    /// Address family of an attempt. Windows judges the two apart.
    Family {
        /// IPv4.
        V4 => "v4",
        /// IPv6.
        V6 => "v6",
    }
}

names! {
    /// Which way a request went.
    Route {
        /// Straight to the server.
        Direct => "direct",
        /// To a proxy that the client knows.
        ExplicitProxy => "explicit-proxy",
        /// Meant for the server, answered by a proxy in between.
        TransparentProxy => "transparent-proxy",
        /// A proxy's own request on a client's behalf.
        ProxyUpstream => "proxy-upstream",
    }
}

names! {
    /// Where Windows' reason number comes from.
    Basis {
        /// Microsoft's documentation names it for this case.
        Documented => "documented",
        /// Concluded from how Windows behaves.
        Inferred => "inferred",
        /// Windows' own events in the input say so.
        Observed => "observed",
    }
}

names! {
    /// What a host in the capture is.
    Role {
        /// Asks on its own behalf.
        Client => "client",
        /// Forwards others' requests.
        Proxy => "proxy",
        /// Answers DNS.
        Resolver => "resolver",
        /// Translates others' addresses.
        Nat => "nat",
    }
}

/// Windows' `CapabilityChangeReason` of event 4042.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct NcsiReason {
    /// The number.
    pub number: u8,
    /// How we know.
    pub basis: Basis,
}

impl NcsiReason {
    /// The name that belongs to the number; the map is the same in builds 16299 to 22621.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.number {
            1 => "NoAddress",
            2 => "NoGlobalAddress",
            3 => "NoRoute",
            4 => "ActiveHttpProbeSucceeded",
            5 => "ActiveHttpProbeFailed",
            6 => "ActiveHttpProbeFailedButDnsSucceeded",
            7 => "ActiveHttpProbeFailedHotspotDetected",
            8 => "ActiveDnsProbeSucceeded",
            9 => "ActiveDnsProbeFailed",
            10 => "SuspectDnsProbeFailed",
            11 => "SuspectDnsProbeFailedAndNoGateway",
            12 => "SuspectArpProbeFailed",
            13 => "PassivePacketHops",
            14 => "CapabilityReset",
            15 => "ActiveHttpProbeSucceededViaProxy",
            16 => "SuspectArpProbeFailedExitingCS",
            _ => "Unknown",
        }
    }
}

/// Which side of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The one that opened the connection.
    Client,
    /// The other one.
    Server,
}
