//! Handshakes: who ended them, with what, and what that proves.

use std::time::Duration;

use crate::probe::tests::scene::*;
use crate::proto::tls::{Certificate, Downgrade, TlsVersion};
use crate::transaction::{Handshake, HandshakeEnd, Wait};
use crate::verdict::{Cause, Doubt, Finding, Remark, Side, Verdict};

const OLD: TlsVersion = TlsVersion::TLS1_0;
const NEW: TlsVersion = TlsVersion::TLS1_2;

fn judged(one: Handshake) -> Option<Finding> {
    let mut findings = Scene::new().hears(CLIENT).handshake(one).findings();
    assert!(findings.len() < 2);
    findings.pop()
}

fn rule(one: Handshake) -> &'static str {
    judged(one).map_or("none", |finding| finding.rule)
}

fn alert(version: TlsVersion, by: Side, code: u8) -> Handshake {
    Handshake { alert: Some((by, code, packet(1020))), ..refused(version, 1000, HandshakeEnd::Alert) }
}

fn closed(version: TlsVersion, by: Side) -> Handshake {
    refused(version, 1000, HandshakeEnd::Closed { by, mark: mark(1020) })
}

fn reset(version: TlsVersion, by: Side) -> Handshake {
    refused(version, 1000, HandshakeEnd::Reset { by, mark: mark(1020) })
}

fn answered(one: Handshake, version: TlsVersion) -> Handshake {
    Handshake { server_hello: Some((server_hello(version), packet(1010))), ..one }
}

fn certified(one: Handshake) -> Handshake {
    let certificate = Certificate {
        readable: true,
        subject_name: Some("sts.example".into()),
        issuer_name: Some("CA".into()),
        issuer_organization: Some("Corp".into()),
        ..Certificate::default()
    };
    Handshake { certificate: Some((Box::new(certificate), packet(1015))), ..one }
}

#[test]
fn alerts_of_the_server() {
    for (version, code, expected, doubts) in [
        (OLD, 70, "tls.old-client-alert70", vec![]),
        (OLD, 40, "tls.old-client-alert40", vec![Doubt::AmbiguousRefusal]),
        (NEW, 70, "tls.alert70", vec![]),
        (NEW, 40, "tls.cipher", vec![Doubt::AmbiguousRefusal]),
        (NEW, 71, "tls.cipher", vec![]),
        (OLD, 71, "tls.cipher", vec![]),
        (NEW, 112, "tls.unrecognized-name", vec![]),
        (NEW, 42, "tls.alert", vec![]),
        (NEW, 80, "tls.alert", vec![]),
    ] {
        let finding = judged(alert(version, Side::Server, code)).unwrap();
        assert_eq!((finding.rule, finding.confidence_reasons), (expected, doubts), "{version} {code}");
    }
    let mut nameless = alert(NEW, Side::Server, 40);
    nameless.hello.as_mut().unwrap().0.sni = None;
    assert_eq!(rule(nameless.clone()), "tls.no-name");
    nameless.hello.as_mut().unwrap().0.complete = false;
    assert_eq!(rule(nameless), "tls.cipher", "the name may stand in what was cut");
}

#[test]
fn alerts_of_the_client() {
    for (code, with_certificate, without) in [
        (41, "tls.alert", "tls.alert"),
        (42, "tls.certificate", "tls.alert"),
        (46, "tls.certificate", "tls.alert"),
        (47, "tls.alert", "tls.alert"),
        (48, "tls.certificate", "tls.alert"),
        (49, "tls.alert", "tls.alert"),
        (70, "tls.client-rejected", "tls.client-rejected"),
        (40, "tls.cipher", "tls.cipher"),
    ] {
        let one = answered(alert(NEW, Side::Client, code), NEW);
        assert_eq!(rule(certified(one.clone())), with_certificate, "{code}");
        assert_eq!(rule(one), without, "{code}");
        let lost = alert(NEW, Side::Client, code);
        assert_eq!(rule(lost), "none", "{code}: nothing of the server is in the capture");
    }
    let other = answered(alert(NEW, Side::Client, 47), OLD);
    let finding = judged(other).unwrap();
    assert_eq!((finding.rule, finding.cause), ("tls.client-rejected", Some(Cause::TlsClientRejected)));
}

#[test]
fn a_client_that_leaves_before_any_answer_tells_nothing() {
    for one in [closed(NEW, Side::Client), reset(NEW, Side::Client)] {
        assert_eq!(rule(one.clone()), "none");
        assert_eq!(rule(answered(one.clone(), OLD)), "tls.client-left", "the server's version is too old");
        assert_eq!(rule(answered(one.clone(), NEW)), "none", "its user may have closed it");
        assert_eq!(rule(certified(one.clone())), "none");
        assert_eq!(rule(Handshake { alert: Some((Side::Client, 40, packet(1010))), ..one }), "none");
    }
}

#[test]
fn a_client_that_leaves_after_the_servers_hello() {
    let said = |one| judged(one).map(|finding| (finding.verdict, finding.cause)).unwrap();
    let (mismatch, failed) = (Verdict::TlsVersionMismatch, Verdict::TlsHandshakeFailed);
    let left = closed(NEW, Side::Client);
    assert_eq!(said(answered(left.clone(), TlsVersion::TLS1_1)), (mismatch, Some(Cause::TlsClientRejected)));
    let hidden = Handshake { encrypted_alert: Some((Side::Client, packet(1018))), ..answered(left, NEW) };
    assert_eq!(said(hidden), (failed, Some(Cause::TlsAlert)));
}

#[test]
fn a_server_that_leaves() {
    assert_eq!(rule(reset(OLD, Side::Server)), "tls.old-client-reset");
    assert_eq!(rule(closed(OLD, Side::Server)), "tls.old-client-closed");
    assert_eq!(rule(reset(NEW, Side::Server)), "tls.reset");
    assert_eq!(rule(closed(NEW, Side::Server)), "tls.closed");
    assert_eq!(rule(answered(closed(OLD, Side::Server), OLD)), "tls.closed");
    let hidden = Handshake { encrypted_alert: Some((Side::Client, packet(1018))), ..closed(NEW, Side::Server) };
    assert_eq!(rule(hidden.clone()), "tls.encrypted-alert");
    let own = Handshake { encrypted_alert: Some((Side::Server, packet(1018))), ..hidden };
    assert_eq!(rule(own), "tls.closed");
}

#[test]
fn a_server_that_accepts_newer_versions_refused_the_old_one() {
    for one in [alert(OLD, Side::Server, 40), reset(OLD, Side::Server), closed(OLD, Side::Server)] {
        let finding = judged(one.clone()).unwrap();
        assert_eq!((finding.confidence_reasons, finding.remarks), (vec![Doubt::AmbiguousRefusal], vec![]));
        let scene = Scene::new().handshake(handshake(NEW, 90_000)).handshake(one);
        let finding = scene.finding();
        assert_eq!((finding.confidence_reasons, finding.remarks), (vec![], vec![Remark::ServerAcceptsNewer]));
    }
}

#[test]
fn what_works_is_no_finding_unless_it_is_old() {
    assert_eq!(rule(handshake(TlsVersion::TLS1_1, 1000)), "tls.legacy");
    let modern =
        Handshake { end: HandshakeEnd::Alert, alert: Some((Side::Server, 40, packet(1500))), ..handshake(NEW, 1000) };
    assert_eq!(rule(modern), "none", "an alert after all had worked");
    assert_eq!(rule(refused(OLD, 1000, HandshakeEnd::Unfinished)), "none");
    assert_eq!(rule(Handshake { established: false, ..handshake(OLD, 1000) }), "none");
}

#[test]
fn what_was_not_captured() {
    let said = |packets, version| {
        let mut one = refused(version, 1000, HandshakeEnd::NotCaptured);
        one.connection.halves[1].packets = packets;
        judged(one).map(|finding| (finding.rule, finding.cause.unwrap(), finding.guess))
    };
    let guess = Some(Verdict::TlsVersionMismatch);
    assert_eq!(said(0, OLD), Some(("tls.not-captured", Cause::OneWay, guess)));
    assert_eq!(said(4, OLD), Some(("tls.not-captured", Cause::Gap, guess)));
    assert_eq!(said(4, NEW), None);
    let mut refusal = alert(NEW, Side::Server, 70);
    refusal.hello = None;
    assert_eq!(rule(refusal.clone()), "tls.hello-not-captured");
    refusal.alert = Some((Side::Server, 40, packet(1020)));
    assert_eq!(rule(refusal), "none");
}

#[test]
fn a_cut_hello_may_offer_more() {
    let mut one = closed(NEW, Side::Server);
    one.hello.as_mut().unwrap().0.complete = false;
    assert!(judged(one).unwrap().confidence_reasons.contains(&Doubt::Truncated));
    assert!(!judged(closed(NEW, Side::Server)).unwrap().confidence_reasons.contains(&Doubt::Truncated));
}

#[test]
fn a_hello_without_an_answer() {
    let silent = |wait, copies: usize, acknowledged| {
        let mut one = refused(NEW, 1000, HandshakeEnd::Unanswered(wait));
        (one.hello_copies, one.hello_acknowledged) = (vec![packet(1300); copies], acknowledged);
        judged(one).map(|finding| (finding.verdict, finding.confidence_reasons))
    };
    let (failed, missing) = (Verdict::TlsHandshakeFailed, Duration::from_secs(3));
    let cut = Wait::Cut { missing };
    assert_eq!(silent(Wait::Elapsed, 1, false), Some((failed, vec![])));
    assert_eq!(silent(Wait::Elapsed, 0, false), Some((failed, vec![Doubt::SingleCopy])));
    assert_eq!(silent(Wait::Elapsed, 0, true), Some((failed, vec![Doubt::AmbiguousRefusal])));
    assert_eq!(silent(cut, 0, false), None, "under way at the end");
    let outside = vec![Doubt::DeadlineOutside { missing }];
    assert_eq!(silent(cut, 1, false), Some((Verdict::Incomplete, outside.clone())));
    assert_eq!(silent(cut, 2, false), Some((Verdict::Incomplete, outside)));
    assert_eq!(rule(refused(NEW, 1000, HandshakeEnd::Unreachable)), "tls.unreachable");
}

#[test]
fn a_reset_from_the_middle_has_another_ttl_or_comes_too_soon() {
    let micros = |us: u64| crate::source::PacketRef { time: at(1000).after(Duration::from_micros(us)), ..packet(1000) };
    let signature = |rtt_us: u64, after_us: u64, ttl: u8| {
        let mut one = reset(NEW, Side::Server);
        let start = one.connection.syns[0].at.time;
        one.connection.syn_ack.as_mut().unwrap().at.time = start.after(Duration::from_micros(rtt_us));
        let end = crate::flow::Mark { at: micros(after_us), ttl, identification: None };
        one.end = HandshakeEnd::Reset { by: Side::Server, mark: end };
        let finding = judged(one).unwrap();
        (finding.rule, finding.confidence_reasons, finding.remarks.len())
    };
    let (middle, server) = ("tls.middlebox-reset", "tls.reset");
    let (doubt, refusal) = (vec![Doubt::AmbiguousReset], vec![Doubt::AmbiguousRefusal]);
    assert_eq!(signature(5000, 9000, 60), (server, refusal.clone(), 0));
    assert_eq!(signature(5000, 9000, 61), (middle, doubt.clone(), 1));
    assert_eq!(signature(5000, 2499, 60), (middle, doubt.clone(), 0));
    assert_eq!(signature(5000, 2500, 60), (server, refusal.clone(), 0));
    assert_eq!(signature(5000, 100, 61), (middle, doubt.clone(), 1));
    assert_eq!(signature(2000, 999, 60), (middle, doubt, 0));
    assert_eq!(signature(1999, 500, 60), (server, refusal, 0), "too short to measure");
}

#[test]
fn a_lower_retry_that_worked() {
    let series = |first: Handshake, second: Handshake| {
        let scene = Scene::new().handshake(first).handshake(second);
        scene.findings().remove(0)
    };
    let finding = series(closed(NEW, Side::Server), handshake(TlsVersion::TLS1_1, 2000));
    assert_eq!((finding.rule, finding.cause), ("tls.fallback", Some(Cause::TlsFallback)));
    assert_eq!(finding.recovered_after, Some(Duration::from_millis(1050)));
    assert_eq!(finding.details.tls.unwrap().tried, ["1.2", "1.1"]);
    let finding = series(alert(NEW, Side::Server, 70), handshake(TlsVersion::TLS1_1, 2000));
    assert_eq!((finding.rule, finding.cause), ("tls.alert70", Some(Cause::TlsAlert)));
    let mut again = closed(TlsVersion::TLS1_1, Side::Server);
    again.started = packet(2000);
    let finding = series(closed(NEW, Side::Server), again);
    assert_eq!((finding.rule, finding.recovered_after), ("tls.closed", None));
}

#[test]
fn details_of_a_handshake() {
    let mut one = certified(answered(alert(NEW, Side::Server, 40), NEW));
    let hello = &mut one.hello.as_mut().unwrap().0;
    (hello.ciphers, hello.supported_versions) = (vec![0x2f, 0x35], vec![TlsVersion::TLS1_3, NEW]);
    let finding = judged(one.clone()).unwrap();
    assert_eq!(finding.host.as_deref(), Some("sts.example"));
    let tls = finding.details.tls.unwrap();
    assert_eq!((tls.sni.as_deref(), tls.client_max.as_deref()), (Some("sts.example"), Some("1.3")));
    assert_eq!((tls.client_versions, tls.client_ciphers), (vec!["1.3".into(), "1.2".into()], vec![0x2f, 0x35]));
    assert_eq!((tls.server_version.as_deref(), tls.cipher), (Some("1.2"), Some(0x2f)));
    assert_eq!((tls.alert, tls.alert_from, tls.tried), (Some(40), Some(Side::Server), vec!["1.3".to_owned()]));
    assert_eq!((tls.issuer.as_deref(), tls.subject.as_deref()), (Some("CA (Corp)"), Some("sts.example")));
    one.certificate.as_mut().unwrap().0.subject_name = None;
    one.certificate.as_mut().unwrap().0.issuer_name = None;
    let tls = judged(one).unwrap().details.tls.unwrap();
    assert_eq!((tls.issuer.as_deref(), tls.subject), (Some("Corp"), None));
}

#[test]
fn alerts_that_name_their_cause() {
    assert_eq!(rule(alert(NEW, Side::Server, 86)), "tls.inappropriate-fallback");
    assert_eq!(rule(alert(NEW, Side::Server, 116)), "tls.client-certificate");
    assert_eq!(rule(alert(NEW, Side::Server, 120)), "tls.alpn");
    for code in [42, 45, 46, 48] {
        let one = answered(alert(NEW, Side::Server, code), NEW);
        assert_eq!(rule(one.clone()), "tls.alert", "{code}");
        assert_eq!(rule(Handshake { certificate_requested: true, ..one }), "tls.client-certificate", "{code}");
    }
    let one = answered(alert(NEW, Side::Server, 47), NEW);
    assert_eq!(rule(Handshake { certificate_requested: true, ..one }), "tls.alert");
    for code in [10, 20, 50, 51, 80] {
        assert_eq!(rule(answered(alert(NEW, Side::Server, code), NEW)), "tls.alert", "{code}");
    }
}

#[test]
fn a_hello_that_was_changed_on_the_way() {
    let server_says = |downgrade, offered: TlsVersion, chosen| {
        let mut one = answered(alert(offered, Side::Client, 47), chosen);
        one.server_hello.as_mut().unwrap().0.downgrade = downgrade;
        let finding = judged(one).unwrap();
        assert_eq!(finding.details.tls.as_ref().unwrap().downgraded, finding.rule == "tls.downgrade");
        finding.rule
    };
    let (v3, v2, v1) = (TlsVersion::TLS1_3, NEW, TlsVersion::TLS1_1);
    assert_eq!(server_says(Some(Downgrade::ToTls12), v3, v2), "tls.downgrade");
    assert_eq!(server_says(Some(Downgrade::ToTls11OrBelow), v2, v1), "tls.downgrade");
    assert_eq!(server_says(None, v2, v2), "tls.alert");
    assert_eq!(server_says(Some(Downgrade::ToTls12), v2, v2), "tls.alert", "the client offers no more");
}

#[test]
fn after_a_request_for_another_hello_the_server_has_answered() {
    let asked = |again: Option<i64>, end| Handshake {
        retry: Some((packet(1010), again.map(packet))),
        hello_acknowledged: true,
        ..refused(TlsVersion::TLS1_3, 1000, end)
    };
    let silent = HandshakeEnd::Unanswered(Wait::Elapsed);
    assert_eq!(rule(asked(None, silent)), "none", "the client is silent");
    assert_eq!(rule(asked(Some(1020), silent)), "tls.timeout");
    let mut refused = asked(Some(1020), HandshakeEnd::Alert);
    refused.alert = Some((Side::Client, 47, packet(1030)));
    assert_eq!(rule(refused.clone()), "tls.alert");
    refused.retry = None;
    assert_eq!(rule(refused), "none", "no answer at all");
    assert!(judged(asked(Some(1020), silent)).unwrap().details.tls.unwrap().hello_retry);
}
