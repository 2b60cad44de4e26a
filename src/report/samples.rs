//! Findings made by hand, one of each family, for the tests of this floor.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::explain::example;
use crate::engine::snapshot::{Client, Effort, FamilyState, Input, Problem, Quality, Snapshot, TimelineEntry};
use crate::source::{PacketId, PacketRef};
use crate::time::CaptureTime;
use crate::verdict::*;
use crate::wire::Mac;

/// Text that tries everything: escape sequences, line ends, bidirectional overrides, markup, a formula, quotes.
pub const HOSTILE: &str = "=cmd\x1b[2J\r\n\u{202e}<script>alert(1)</script>|`rm`\",\u{9b}31m{x}{}%s";

pub fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

pub fn at(seconds: f64) -> CaptureTime {
    CaptureTime::from_nanos(1_767_323_045_000_000_000).after(Duration::from_secs_f64(seconds))
}

fn shows(number: u64, seconds: f64, note: Note) -> Evidence {
    Evidence { at: PacketRef { time: at(seconds), id: PacketId::new(0, number) }, note }
}

fn talk(udp: bool, client: &str, server: &str) -> Conversation {
    let socket = |text: &str| text.parse::<SocketAddr>().unwrap();
    Conversation { udp, client: socket(client), server: socket(server) }
}

fn based(verdict: Verdict, cause: Option<Cause>, id: u32, client: &str, seconds: f64) -> Finding {
    let mut finding = example(verdict, cause);
    finding.id = id;
    finding.client = ip(client);
    finding.family = if finding.client.is_ipv6() { Family::V6 } else { Family::V4 };
    (finding.started, finding.ended) = (at(seconds), at(seconds + 0.5));
    finding.ncsi_reason = None;
    finding
}

fn probe(finding: &mut Finding) {
    finding.host = Some("www.msftconnecttest.com".into());
    finding.url = Some("http://www.msftconnecttest.com/connecttest.txt".into());
}

/// A portal redirects.
pub fn hotspot() -> Finding {
    let mut finding = based(Verdict::HotspotDetected, Some(Cause::HttpRedirect), 1, "10.0.0.5", 1.0);
    probe(&mut finding);
    finding.ncsi_reason = Some(NcsiReason { number: 7, basis: Basis::Documented });
    finding.capability = Some(Capability::Local);
    finding.route = Some(Route::Direct);
    (finding.client_port, finding.server, finding.server_port) = (Some(49812), Some(ip("203.0.113.7")), Some(80));
    finding.rule = "http.redirect";
    finding.evidence = vec![
        shows(
            807,
            1.0,
            Note::Query { name: "www.msftconnecttest.com".into(), qtype: 1, server: ip("10.0.0.1"), copy: 1 },
        ),
        shows(
            808,
            1.01,
            Note::Answer { rcode: 0, addresses: vec![ip("203.0.113.7")], server: ip("10.0.0.1"), truncated: false },
        ),
        shows(809, 1.02, Note::Syn { to: "203.0.113.7:80".parse().unwrap(), copy: 1 }),
        shows(
            811,
            1.04,
            Note::Request {
                method: "GET".into(),
                target: "/connecttest.txt".into(),
                user_agent: Some("Microsoft NCSI".into()),
            },
        ),
        shows(
            812,
            1.05,
            Note::Response {
                status: 302,
                reason: "Found".into(),
                location: Some("http://login.hotel.example/".into()),
                server: Some("nginx".into()),
            },
        ),
    ];
    finding.conversations =
        vec![talk(true, "10.0.0.5:53123", "10.0.0.1:53"), talk(false, "10.0.0.5:49812", "203.0.113.7:80")];
    finding.details.count = 3;
    finding.details.http = Some(Box::new(HttpDetails {
        status: Some(302),
        reason: Some("Found".into()),
        location: Some("http://login.hotel.example/".into()),
        server: Some("nginx".into()),
        ..HttpDetails::default()
    }));
    finding.details.responder = Some(Box::new(Responder {
        mac: Some("02:00:00:00:00:01".into()),
        ttl: Some(63),
        rtt_ms: Some(0.4),
        ..Responder::default()
    }));
    finding
}

/// A proxy asks a probe to sign in.
pub fn proxy_authentication() -> Finding {
    let mut finding = based(Verdict::ProxyAuthenticationRequired, Some(Cause::ProxyAuthUnanswered), 2, "10.0.0.6", 2.0);
    probe(&mut finding);
    finding.ncsi_reason = Some(NcsiReason { number: 5, basis: Basis::Inferred });
    finding.capability = Some(Capability::None);
    finding.route = Some(Route::ExplicitProxy);
    finding.proxy = Some("10.0.0.8:8080".parse().unwrap());
    finding.evidence = vec![shows(
        900,
        2.1,
        Note::Response { status: 407, reason: "Proxy Authentication Required".into(), location: None, server: None },
    )];
    finding.conversations =
        vec![talk(false, "10.0.0.6:50000", "10.0.0.8:8080"), talk(false, "10.0.0.6:50001", "10.0.0.8:8080")];
    finding.details.proxy = Some(Box::new(ProxyDetails {
        name: Some("proxy.corp.example".into()),
        schemes: vec!["Negotiate".into(), "NTLM".into()],
        legs: 1,
        ..ProxyDetails::default()
    }));
    finding.remarks = vec![Remark::ProxyPassesOthers { proxy: "10.0.0.8:8080".parse().unwrap() }];
    finding
}

/// An old client and Microsoft 365, over IPv6.
pub fn tls_mismatch() -> Finding {
    let mut finding = based(Verdict::TlsVersionMismatch, Some(Cause::TlsAlert), 3, "2001:db8::5", 3.0);
    finding.host = Some("login.microsoftonline.com".into());
    (finding.client_port, finding.server, finding.server_port) = (Some(50100), Some(ip("2001:db8:1::1")), Some(443));
    finding.confidence = Confidence::Medium;
    finding.confidence_reasons = vec![Doubt::AmbiguousRefusal];
    finding.evidence = vec![
        shows(
            1000,
            3.0,
            Note::ClientHello { max: "1.0".into(), sni: Some("login.microsoftonline.com".into()), copy: 1 },
        ),
        shows(1001, 3.1, Note::Alert { by: Side::Server, fatal: true, code: 70 }),
    ];
    finding.conversations = vec![talk(false, "[2001:db8::5]:50100", "[2001:db8:1::1]:443")];
    finding.details.tls = Some(Box::new(TlsDetails {
        sni: Some("login.microsoftonline.com".into()),
        client_max: Some("1.0".into()),
        alert: Some(70),
        alert_from: Some(Side::Server),
        ..TlsDetails::default()
    }));
    finding
}

/// A success, later.
pub fn success() -> Finding {
    let mut finding = based(Verdict::ActiveHttpProbeSucceeded, None, 4, "10.0.0.5", 40.0);
    probe(&mut finding);
    finding.severity = Severity::Ok;
    finding.ncsi_reason = Some(NcsiReason { number: 4, basis: Basis::Documented });
    finding.capability = Some(Capability::Internet);
    finding
}

/// No lease.
pub fn no_address() -> Finding {
    let mut finding = based(Verdict::NoAddress, Some(Cause::DnsTimeout), 5, "0.0.0.0", 5.0);
    finding.cause = None;
    finding.details.host = Some(Box::new(HostDetails {
        mac: Some("02:00:00:00:00:09".into()),
        claimed: Some(ip("169.254.3.4")),
        unanswered: 4,
        ..HostDetails::default()
    }));
    finding.evidence = vec![
        shows(5, 5.0, Note::Dhcp { message: "DISCOVER".into(), address: None, server: None }),
        shows(9, 9.0, Note::AddressClaimed { address: ip("169.254.3.4") }),
    ];
    finding
}

/// Silence at the end of the capture.
pub fn incomplete() -> Finding {
    let mut finding = based(Verdict::Incomplete, Some(Cause::CaptureEnded), 6, "10.0.0.6", 60.0);
    probe(&mut finding);
    finding.severity = Severity::Warning;
    finding.confidence = Confidence::Low;
    finding.guess = Some(Verdict::ActiveHttpProbeFailedButDnsSucceeded);
    finding.confidence_reasons =
        vec![Doubt::DeadlineOutside { missing: Duration::from_millis(12_300) }, Doubt::SingleCopy];
    finding.evidence = (0..9)
        .map(|copy| {
            shows(
                1100 + u64::from(copy),
                60.0 + f64::from(copy),
                Note::Syn { to: "203.0.113.9:80".parse().unwrap(), copy: copy + 1 },
            )
        })
        .collect();
    finding.conversations = vec![talk(false, "10.0.0.6:50009", "203.0.113.9:80")];
    finding
}

/// Every piece of wire text is [`HOSTILE`].
pub fn hostile() -> Finding {
    let mut finding = based(Verdict::HotspotDetected, Some(Cause::HttpBlocked), 7, "10.0.0.6", 61.0);
    let text = || Some(HOSTILE.to_owned());
    (finding.host, finding.url) = (text(), text());
    finding.details.http = Some(Box::new(HttpDetails {
        status: Some(403),
        reason: text(),
        location: text(),
        server: text(),
        via: text(),
        content_type: text(),
        content_length: None,
        title: text(),
        body: text(),
        user_agent: text(),
        ms: None,
    }));
    finding.details.dns = Some(Box::new(DnsDetails {
        name: HOSTILE.into(),
        rcode: text(),
        cnames: vec![HOSTILE.into()],
        ..DnsDetails::default()
    }));
    finding.details.proxy = Some(Box::new(ProxyDetails {
        name: text(),
        schemes: vec![HOSTILE.into()],
        used: text(),
        user: text(),
        workstation: text(),
        ..ProxyDetails::default()
    }));
    finding.details.tls = Some(Box::new(TlsDetails {
        sni: text(),
        client_max: text(),
        client_versions: vec![HOSTILE.into()],
        server_version: text(),
        issuer: text(),
        subject: text(),
        ja3: text(),
        tried: vec![HOSTILE.into()],
        ..TlsDetails::default()
    }));
    finding.details.responder = Some(Box::new(Responder { mac: text(), ..Responder::default() }));
    finding.details.host =
        Some(Box::new(HostDetails { mac: text(), dhcp: vec![HOSTILE.into()], ..HostDetails::default() }));
    finding.details.connect = Some(Box::new(ConnectDetails { icmp: text(), ..ConnectDetails::default() }));
    finding.proxy = Some("[2001:db8::8]:8080".parse().unwrap());
    finding.remarks = vec![
        Remark::ReEncoded { coding: HOSTILE.into() },
        Remark::Authenticated { scheme: HOSTILE.into(), user: text() },
        Remark::NamedPortal { url: text() },
    ];
    let notes = vec![
        Note::Query { name: HOSTILE.into(), qtype: 65, server: ip("10.0.0.1"), copy: 2 },
        Note::Request { method: HOSTILE.into(), target: HOSTILE.into(), user_agent: text() },
        Note::Response { status: 403, reason: HOSTILE.into(), location: text(), server: text() },
        Note::NotHttp { start: HOSTILE.into() },
        Note::Credentials { scheme: HOSTILE.into(), user: text() },
        Note::ClientHello { max: HOSTILE.into(), sni: text(), copy: 2 },
        Note::ServerHello { version: HOSTILE.into(), cipher: 0xc02f },
        Note::Certificate { subject: HOSTILE.into(), issuer: HOSTILE.into() },
        Note::Dhcp { message: HOSTILE.into(), address: None, server: None },
    ];
    finding.evidence = notes.into_iter().enumerate().map(|(n, note)| shows(1200 + n as u64, 61.0, note)).collect();
    finding
}

fn client(address: &str, findings: Vec<u32>) -> Client {
    Client {
        address: ip(address),
        addresses: vec![ip(address)],
        mac: None,
        name: None,
        os: None,
        role: Role::Client,
        seen: crate::engine::snapshot::Directions { from: true, to: true },
        online: None,
        v4: None,
        v6: None,
        timeline: Vec::new(),
        findings,
        disagreements: Vec::new(),
    }
}

/// A snapshot with `findings` and the clients that they belong to.
pub fn snapshot(findings: Vec<Finding>) -> Snapshot {
    let reason = NcsiReason { number: 7, basis: Basis::Documented };
    let five = Client {
        addresses: vec![ip("10.0.0.5"), ip("2001:db8::5")],
        mac: Some(Mac([2, 0, 0, 0, 0, 5])),
        online: Some(false),
        v4: Some(FamilyState { capability: Capability::Local, reason, since: at(1.5), predicted: true }),
        timeline: vec![TimelineEntry {
            time: at(1.5),
            family: Some(Family::V4),
            capability: Some(Capability::Local),
            reason: Some(reason),
            finding: Some(1),
            rule: "http.redirect",
            predicted: true,
            approximate: false,
            event: None,
            hops: None,
        }],
        ..client("10.0.0.5", vec![1, 3, 4])
    };
    Snapshot {
        memory: None,
        unlisted_findings: 0,
        unlisted_clients: 0,
        endpoints: Vec::new(),
        endpoint_list: None,
        effort: Effort::default(),
        inputs: vec![Input {
            path: "hotel.pcapng".into(),
            format: "pcapng",
            packets: 1234,
            bytes: 90_411,
            link_types: vec!["ETHERNET".into()],
            first: Some(at(0.0)),
            last: Some(at(62.1)),
            snap_length: Some(262_144),
            time_digits: 6,
            problems: vec![Problem { packet: 1199, offset: 90_000, message: "a block is cut".into() }],
            ..Input::default()
        }],
        quality: Quality { truncated_packets: 3, protocols_seen: vec!["dns", "http", "tls"], ..Quality::default() },
        clients: vec![five, client("10.0.0.6", vec![2, 6, 7]), client("0.0.0.0", vec![5])],
        findings: findings.into_iter().map(Filed::of).collect(),
        rates: Vec::new(),
        events: Vec::new(),
        time_digits: 6,
    }
}

/// One of each family.
pub fn all() -> Snapshot {
    snapshot(vec![hotspot(), proxy_authentication(), tls_mismatch(), success(), no_address(), incomplete(), hostile()])
}
