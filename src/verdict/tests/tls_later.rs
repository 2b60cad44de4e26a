//! Failed handshakes beside those that worked, and offers that would fail anywhere.

use crate::probe::tests::scene::*;
use crate::proto::tls::TlsVersion;
use crate::transaction::{Handshake, HandshakeEnd, Wait};
use crate::verdict::{Confidence, Doubt, Finding, Severity, Side, Verdict};

const NEW: TlsVersion = TlsVersion::TLS1_2;

/// A hello that the server acknowledges and never answers.
fn silent(from: i64) -> Handshake {
    refused(NEW, from, HandshakeEnd::Unanswered(Wait::Elapsed))
}

fn failure(scene: &Scene) -> Finding {
    let mut findings = super::related(scene, scene.findings());
    findings.retain(|finding| finding.verdict == Verdict::TlsHandshakeFailed);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.remove(0)
}

#[test]
fn the_same_offer_that_works_later_shows_that_the_failure_has_passed() {
    let failed = || Scene::new().hears(CLIENT).handshake(silent(10_000));
    let of = |scene: Scene| {
        let finding = failure(&scene);
        (finding.severity, finding.recovered_after.map(|after| after.as_millis()))
    };
    assert_eq!(of(failed()), (Severity::Error, None));
    assert_eq!(of(failed().handshake(handshake(NEW, 40_000))), (Severity::Warning, Some(30_050)));
    let beside = Scene::new().hears(CLIENT).handshake(handshake(NEW, 10_001)).handshake(silent(10_000));
    assert_eq!(of(beside), (Severity::Warning, Some(51)), "on a connection beside it");
    assert_eq!(of(failed().handshake(handshake(NEW, 5_000))), (Severity::Error, None), "before it");

    let mut other = handshake(NEW, 40_000);
    other.hello.as_mut().unwrap().0.sni = Some("other.example".into());
    assert_eq!(of(failed().handshake(other)), (Severity::Error, None), "another name: a filter may act on the first");
    let mut other = handshake(NEW, 40_000);
    other.hello.as_mut().unwrap().0.ciphers = vec![0xc030];
    assert_eq!(of(failed().handshake(other)), (Severity::Error, None), "another program");
    let mut random = handshake(NEW, 40_000);
    random.hello.as_mut().unwrap().0.ciphers = vec![0xdada];
    assert_eq!(of(failed().handshake(random)).0, Severity::Warning, "a random value is no suite");
    let mut elsewhere = handshake(NEW, 40_000);
    elsewhere.connection.server = socket("203.0.113.99:443");
    assert_eq!(of(failed().handshake(elsewhere)), (Severity::Error, None), "another server");
}

#[test]
fn a_nameless_offer_without_encryption_may_be_refused_for_its_suites() {
    let judged = |suites: &[u16]| {
        let mut one = refused(NEW, 1000, HandshakeEnd::Alert);
        one.alert = Some((Side::Server, 40, packet(1020)));
        let hello = &mut one.hello.as_mut().unwrap().0;
        (hello.sni, hello.ciphers) = (None, suites.to_vec());
        let finding = failure(&Scene::new().hears(CLIENT).handshake(one));
        assert_eq!(finding.rule, "tls.no-name");
        let doubted = finding.confidence_reasons.contains(&Doubt::UnprotectedOffer);
        (doubted, finding.confidence, finding.severity)
    };
    let (named, weak) = ((false, Confidence::Medium, Severity::Error), (true, Confidence::Low, Severity::Warning));
    assert_eq!(judged(&[0xc010, 0x003b, 0x0002, 0x00ff]), weak);
    assert_eq!(judged(&[0xc010, 0xc030]), named, "one suite is good");
    assert_eq!(judged(&[]), named, "nothing is known of the suites");
    assert_eq!(judged(&[0x00ff, 0xdada]), named, "signals alone");
}
