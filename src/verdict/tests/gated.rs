//! Office that waits for Windows: how long a sign-in has time to come, and everything that shows one.

use super::endpoints::{LOGIN, NEW};
use crate::probe::tests::scene::*;
use crate::proto::dns::rtype;
use crate::verdict::{Capability, Cause, Confidence, Doubt, Family, Finding, Severity, Verdict};

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
        assert!(gated(&scene(40_000).quic(quic(Some(LOGIN), SECURE, 41_000, answered))).is_none());
        assert!(gated(&scene(40_000).quic(quic(None, LISTED, 41_000, answered))).is_none(), "by its address");
        let other = quic(Some("www.example.org"), SECURE, 41_000, answered);
        assert!(gated(&scene(40_000).quic(other)).is_some());
    }
}

#[test]
fn only_a_probe_that_failed_for_good_before_office_started_gates_it() {
    assert!(gated(&scene(40_000)).is_some());
    let late = Scene::new()
        .hears(CLIENT)
        .lookup(resolved(START, rtype::A, 1000, &["203.0.113.20"]))
        .lookup(resolved(HOST, rtype::A, 2000, &["203.0.113.7"]))
        .attempted(attempted(CLIENT, SERVER, 3000));
    let mut works = handshake(NEW, 40_000);
    works.hello.as_mut().unwrap().0.sni = Some("www.example.org".into());
    assert!(gated(&late.handshake(works.clone())).is_none(), "Office started before");
    let mut alike = exchange(CLIENT, SERVER, 1000);
    alike.request.as_mut().unwrap().head.host = Some("www.example".into());
    let seen = Scene::new().exchange(alike).lookup(resolved(START, rtype::A, 30_000, &["203.0.113.20"]));
    assert!(gated(&seen.handshake(works)).is_none(), "nothing failed");
}

#[test]
fn windows_that_is_online_gates_nothing() {
    let six = |from| {
        let mut one = exchange(CLIENT, SERVER6, from);
        one.request.as_mut().unwrap().head.host = Some(HOST6.into());
        one
    };
    assert!(gated(&scene(40_000).exchange(six(200))).is_none(), "by the other family, at any time");
    assert!(gated(&scene(40_000).exchange(six(20_000))).is_none());
    assert!(gated(&scene(40_000).exchange(exchange(CLIENT, SERVER, 200))).is_some(), "it worked, and no longer");
    assert!(gated(&scene(40_000).exchange(exchange(CLIENT, SERVER, 28_000))).is_none(), "it works again");
}

#[test]
fn what_the_capture_does_not_hold_lowers_it() {
    let mut dropping = scene(40_000);
    dropping.world.drops = 1;
    let found = gated(&dropping).unwrap();
    assert_eq!((found.confidence, found.severity), (Confidence::Low, Severity::Warning));
    assert!(found.confidence_reasons.contains(&Doubt::Drops));
    for blind in
        [|scene: &mut Scene| scene.world.protocols.tls = false, |scene: &mut Scene| scene.world.protocols.dns = false]
    {
        let mut scene = scene(40_000);
        blind(&mut scene);
        let found = gated(&scene).unwrap();
        assert_eq!(found.confidence, Confidence::Low);
        assert!(found.confidence_reasons.contains(&Doubt::SignInUnseen));
    }
    let whole = gated(&scene(40_000)).unwrap();
    assert!(
        !whole.confidence_reasons.contains(&Doubt::Drops) && !whole.confidence_reasons.contains(&Doubt::SignInUnseen)
    );
}

#[test]
fn where_a_portal_answers_only_what_it_cannot_forge_shows_that_the_web_works() {
    let web = |portal: bool, clear: bool| {
        let scene = Scene::new().hears(CLIENT).lookup(resolved(START, rtype::A, 30_000, &["203.0.113.20"]));
        let mut scene = if portal {
            scene.exchange(status(CLIENT, SERVER, 1000, 302))
        } else {
            scene.lookup(resolved(HOST, rtype::A, 1000, &["203.0.113.7"])).attempted(attempted(CLIENT, SERVER, 1100))
        };
        scene.world.protocols.tls = true;
        let mut page = status(CLIENT, "203.0.113.30:80", 40_000, 200);
        let head = &mut page.request.as_mut().unwrap().head;
        (head.host, head.path, head.user_agent) = (Some("www.example.org".into()), "/".into(), None);
        if !clear {
            absolute(head);
            page.connection.server = socket(PROXY);
        }
        gated(&scene.exchange(page)).is_some()
    };
    assert!(!web(true, true), "the portal may have sent that page");
    assert!(web(true, false), "through a proxy");
    assert!(web(false, true), "no portal answered the probe");
}

#[test]
fn the_failed_probe_is_named_and_names_what_it_gates() {
    let probe = |change: &dyn Fn(&mut Finding)| {
        let mut one = super::about(Verdict::ActiveHttpProbeFailed, 1000, 1100);
        (one.id, one.cause, one.severity) = (1, Some(Cause::TcpTimeout), Severity::Error);
        one.capability = Some(Capability::Local);
        change(&mut one);
        one
    };
    let linked = |change: &dyn Fn(&mut Finding)| {
        let mut gated = probe(&|_| ());
        (gated.id, gated.verdict) = (2, Verdict::OfficeGatedByNcsi);
        (gated.rule, gated.ncsi_reason, gated.capability) = ("office.gated", None, None);
        let mut all = vec![probe(change), gated];
        crate::verdict::office::link(&mut all);
        (all[0].related.clone(), all[1].related.clone())
    };
    assert_eq!(linked(&|_| ()), (vec![1], vec![0]));
    assert_eq!(linked(&|one| one.capability = Some(Capability::None)), (vec![1], vec![0]));
    let none = (vec![], vec![]);
    assert_eq!(linked(&|one| one.cause = Some(Cause::TcpReset)), none);
    assert_eq!(linked(&|one| one.family = Family::V6), none);
    assert_eq!(linked(&|one| one.started = at(2000)), none);
    assert_eq!(linked(&|one| one.capability = Some(Capability::Internet)), none);
    assert_eq!(linked(&|one| one.recovered_after = Some(std::time::Duration::from_secs(1))), none);
    assert_eq!(linked(&|one| one.severity = Severity::Info), none);
    assert_eq!(
        linked(&|one| (one.verdict, one.ncsi_reason, one.rule) = (Verdict::TlsHandshakeFailed, None, "tls.reset")),
        none
    );
}
