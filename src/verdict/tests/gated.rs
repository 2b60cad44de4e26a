//! Office that waits for Windows: how long a sign-in has time to come, and everything that shows one.

use super::endpoints::{LOGIN, NEW, quic};
use crate::probe::tests::scene::*;
use crate::proto::dns::rtype;
use crate::verdict::{Confidence, Doubt, Finding, Severity, Verdict};

const START: &str = "officeclient.microsoft.com";
/// Of 40.126.0.0/18, which is listed for the sign-in.
const LISTED: &str = "40.126.1.1:443";

/// A probe that meets silence, a start of Office at 30 s, and web traffic that works at `web`.
fn scene(web: i64) -> Scene {
    let mut works = handshake(NEW, web);
    works.hello.as_mut().unwrap().0.sni = Some("www.example.org".into());
    Scene::new()
        .hears(CLIENT)
        .lookup(resolved(HOST, rtype::A, 1000, &["203.0.113.7"]))
        .attempted(attempted(CLIENT, SERVER, 1100))
        .lookup(resolved(START, rtype::A, 30_000, &["203.0.113.20"]))
        .handshake(works)
}

fn gated(scene: &Scene) -> Option<Finding> {
    scene.findings().into_iter().find(|finding| finding.verdict == Verdict::OfficeGatedByNcsi)
}

#[test]
fn an_office_that_does_not_try_is_told_with_medium_confidence() {
    let finding = gated(&scene(40_000)).unwrap();
    assert_eq!((finding.confidence, finding.severity), (Confidence::Medium, Severity::Error));
    assert_eq!(finding.host.as_deref(), Some(START));
}

#[test]
fn a_sign_in_has_a_minute_to_come() {
    let until = |end: i64| {
        let mut scene = scene(40_000);
        scene.world.span = Some((at(0), at(end)));
        gated(&scene).unwrap()
    };
    let whole = until(90_000);
    assert_eq!((whole.confidence, whole.severity), (Confidence::Medium, Severity::Error));
    let short = until(89_999);
    assert_eq!((short.confidence, short.severity), (Confidence::Low, Severity::Warning));
    assert!(short.confidence_reasons.iter().any(|doubt| matches!(doubt, Doubt::DeadlineOutside { .. })));
}

#[test]
fn the_web_must_work_after_the_probe() {
    assert!(gated(&scene(500)).is_none());
    assert!(gated(&scene(5_000)).is_some());
}

#[test]
fn every_sign_of_a_sign_in_refutes_it() {
    let refuted = |scene: Scene| gated(&scene).is_none();
    assert!(refuted(scene(40_000).lookup(resolved(LOGIN, rtype::A, 41_000, &["203.0.113.9"]))));
    assert!(refuted(scene(40_000).lookup(lookup(LOGIN, rtype::A, 41_000))), "asked for in vain");
    let mut tls = handshake(NEW, 41_000);
    tls.hello.as_mut().unwrap().0.sni = Some(LOGIN.into());
    assert!(refuted(scene(40_000).handshake(tls)));
    assert!(refuted(scene(40_000).attempted(attempted(CLIENT, LISTED, 41_000))), "by its address");
    assert!(!refuted(scene(40_000).attempted(attempted(CLIENT, "203.0.113.99:443", 41_000))));
}

#[test]
fn a_sign_in_over_quic_refutes_it_answered_or_not() {
    for answered in [true, false] {
        assert!(gated(&scene(40_000).accept(quic(Some(LOGIN), SECURE, 41_000, answered))).is_none());
        assert!(gated(&scene(40_000).accept(quic(None, LISTED, 41_000, answered))).is_none(), "by its address");
        let other = quic(Some("www.example.org"), SECURE, 41_000, answered);
        assert!(gated(&scene(40_000).accept(other)).is_some());
    }
}
