//! Microsoft 365 sets that nothing reaches: which stage, how many failures tell, and what speaks against it.

use crate::probe::endpoints::matrix::Count;
use crate::probe::endpoints::stage::Stage;
use crate::probe::tests::scene::*;
use crate::proto::dns::rtype;
use crate::proto::tls::TlsVersion;
use crate::transaction::{AttemptedEnd, Handshake, HandshakeEnd};
use crate::verdict::endpoints::Row;
use crate::verdict::{Cause, Confidence, Doubt, Finding, Severity, Side, Verdict};

pub const LOGIN: &str = "login.microsoftonline.com";
pub const NEW: TlsVersion = TlsVersion::TLS1_2;

pub fn named(mut one: Handshake, name: &str) -> Handshake {
    one.hello.as_mut().unwrap().0.sni = Some(name.to_owned());
    one
}

pub fn reset(from: i64) -> Handshake {
    named(refused(NEW, from, HandshakeEnd::Reset { by: Side::Server, mark: mark(from + 20) }), LOGIN)
}

pub fn unreachable(scene: &Scene) -> Option<Finding> {
    scene.findings().into_iter().find(|finding| finding.verdict == Verdict::EndpointSetUnreachable)
}

pub fn known() -> Scene {
    Scene::new().hears(CLIENT).lookup(resolved(LOGIN, rtype::A, 100, &["203.0.113.9"]))
}

fn blocked(ok: &[Stage], failed: &[Stage], over_quic: u64) -> Option<Stage> {
    let mut row = Row { over_quic, ..Row::default() };
    for stage in ok {
        row.counts[*stage as usize] = Count { ok: 1, ..row.counts[*stage as usize] };
    }
    for stage in failed {
        row.counts[*stage as usize] = Count { failed: 1, ..row.counts[*stage as usize] };
    }
    row.blocked()
}

#[test]
fn a_set_is_blocked_where_everything_fails_at_one_stage() {
    use Stage::{Connected, Http, Proxy, Resolved, Tls};

    assert_eq!(blocked(&[Resolved, Connected], &[], 0), None);
    for stage in Stage::ALL {
        assert_eq!(blocked(&[], &[stage], 0), Some(stage));
        assert_eq!(blocked(&[stage], &[stage], 0), None, "one got past {stage:?}");
        assert_eq!(blocked(&[], &[stage], 1), None, "it is reached over QUIC");
    }
    assert_eq!(blocked(&[Resolved], &[Connected], 0), Some(Connected));
    assert_eq!(blocked(&[Tls], &[Connected], 0), None, "through a tunnel");
    assert_eq!(blocked(&[Connected], &[Tls], 0), Some(Tls));
    assert_eq!(blocked(&[Http], &[Tls], 0), None);
    assert_eq!(blocked(&[], &[Resolved, Proxy], 0), Some(Proxy), "behind a proxy no name need resolve");
    assert_eq!(blocked(&[], &[Resolved, Connected], 0), None);
    assert_eq!(blocked(&[], &[Proxy, Connected], 0), None);
}

#[test]
fn one_failed_handshake_is_an_accident_and_two_tell() {
    assert!(unreachable(&known().handshake(reset(1000))).is_none());
    let finding = unreachable(&known().handshake(reset(1000)).handshake(reset(3000))).unwrap();
    assert_eq!((finding.cause, finding.severity), (Some(Cause::TlsReset), Severity::Error));
    assert_eq!(finding.host.as_deref(), Some(LOGIN));
    let after_all = named(handshake(NEW, 5000), LOGIN);
    assert!(unreachable(&known().handshake(reset(1000)).handshake(reset(3000)).handshake(after_all)).is_none());
}

#[test]
fn a_single_refusal_may_be_an_accident() {
    let refusal = |from| {
        let mut one = attempted(CLIENT, SECURE, from);
        one.end = AttemptedEnd::Refused(mark(from + 10));
        one
    };
    let one = unreachable(&known().attempted(refusal(1000))).unwrap();
    assert_eq!((one.cause, one.confidence), (Some(Cause::TcpReset), Confidence::Medium));
    assert!(one.confidence_reasons.contains(&Doubt::SingleCopy));
    let two = unreachable(&known().attempted(refusal(1000)).attempted(refusal(3000))).unwrap();
    assert_eq!(two.confidence, Confidence::High, "{:?}", two.confidence_reasons);
}

#[test]
fn a_silence_counts_its_own_copies() {
    let finding = unreachable(&known().attempted(attempted(CLIENT, SECURE, 1000))).unwrap();
    assert_eq!((finding.cause, finding.confidence), (Some(Cause::TcpTimeout), Confidence::High));
    let deaf = Scene::new().lookup(resolved(LOGIN, rtype::A, 100, &["203.0.113.9"]));
    assert!(unreachable(&deaf.attempted(attempted(CLIENT, SECURE, 1000))).is_none(), "nothing is heard of that side");
}

#[test]
fn what_is_reached_over_quic_is_not_unreachable() {
    let scene = || known().handshake(reset(1000)).handshake(reset(3000));
    assert!(unreachable(&scene().quic(quic(Some(LOGIN), SECURE, 5000, true))).is_none());
    assert!(unreachable(&scene().quic(quic(None, SECURE, 5000, true))).is_none(), "by the name of its address");
    assert!(unreachable(&scene().quic(quic(Some(LOGIN), SECURE, 5000, false))).is_some(), "silence reaches nothing");
    assert!(unreachable(&scene().quic(quic(Some("www.example.org"), SECURE, 5000, true))).is_some());
    let only = known().quic(quic(Some(LOGIN), SECURE, 5000, false));
    assert!(unreachable(&only).is_none(), "clients go on with TCP");
}

#[test]
fn names_that_may_be_dead_are_doubted() {
    let missing = |name: &str| {
        let mut one = resolved(name, rtype::A, 100, &[]);
        one.answer.as_mut().unwrap().rcode = crate::proto::dns::rcode::NXDOMAIN;
        one
    };
    let judged = |name: &str| {
        let scene = Scene::new().hears(CLIENT).lookup(missing(name)).lookup(missing(name));
        unreachable(&scene).unwrap()
    };
    assert_eq!(judged(LOGIN).confidence, Confidence::High);
    let other = judged("becws.microsoftonline.com");
    assert!(other.confidence < Confidence::High && other.confidence_reasons.contains(&Doubt::DeadName));
}
