//! What silence proves: each condition of a proof missing in turn.

use std::time::Duration;

use crate::probe::tests::scene::*;
use crate::settings::{CapturePoint, Settings};
use crate::transaction::{AttemptedEnd, ExchangeEnd, LookupEnd, Transaction, Wait};
use crate::verdict::{Cause, Confidence, Doubt, Remark, Verdict};

#[test]
fn a_silent_resolver() {
    let scene = || Scene::new().hears(CLIENT).lookup(lookup(HOST, 1, 10_000));
    let finding = scene().finding();
    assert_eq!((finding.verdict, finding.cause), (Verdict::ActiveHttpProbeFailed, Some(Cause::DnsTimeout)));
    assert_eq!((finding.confidence, finding.confidence_reasons), (Confidence::High, vec![]));
    let mut lost = scene();
    lost.world.drops = 1;
    assert_eq!(lost.finding().confidence_reasons, [Doubt::Drops]);
    let deaf = Scene::new().lookup(lookup(HOST, 1, 10_000)).finding();
    assert_eq!((deaf.verdict, deaf.cause), (Verdict::Incomplete, Some(Cause::OneWay)));
    assert_eq!(deaf.confidence_reasons, [Doubt::NoInboundTraffic]);
    assert_eq!(deaf.guess, Some(Verdict::ActiveHttpProbeFailed));
}

#[test]
fn how_often_was_it_asked() {
    let copies = |count: usize| {
        let mut one = lookup(HOST, 1, 10_000);
        one.queries = (0..count).map(|n| packet(10_000 + n as i64)).collect();
        Scene::new().hears(CLIENT).lookup(one).finding().confidence_reasons
    };
    assert_eq!(copies(1), [Doubt::SingleCopy]);
    assert_eq!(copies(2), []);
    assert_eq!(copies(3), []);
}

#[test]
fn traffic_must_come_in_while_it_waits() {
    let heard = |ms: i64| {
        let mut scene = Scene::new().lookup(lookup(HOST, 1, 10_000));
        scene.world.presence.note(ip(CLIENT), at(ms));
        scene.finding().verdict == Verdict::ActiveHttpProbeFailed
    };
    assert!(!heard(10_499), "it may have been on its way already");
    assert!(heard(10_500) && heard(22_000) && !heard(22_001));
    let told = Settings { capture_point: CapturePoint::Client, ..Settings::default() };
    let finding = Scene::with(told).lookup(lookup(HOST, 1, 10_000)).finding();
    assert_eq!(finding.confidence, Confidence::High, "made on the client: everything is there");
}

#[test]
fn the_deadline_must_lie_inside() {
    let missing = Duration::from_secs(2);
    let mut one = lookup(HOST, 1, 10_000);
    one.end = LookupEnd::Unanswered(Wait::Cut { missing });
    let finding = Scene::new().hears(CLIENT).lookup(one).finding();
    assert_eq!((finding.verdict, finding.cause), (Verdict::Incomplete, Some(Cause::CaptureEnded)));
    assert_eq!(finding.confidence_reasons, [Doubt::DeadlineOutside { missing }]);
    let mut connection = attempted(CLIENT, "10.0.0.8:3128", 1000);
    connection.end = AttemptedEnd::Unanswered(Wait::Cut { missing });
    let known = Settings { proxies: vec!["10.0.0.8:3128".parse().unwrap()], ..Settings::default() };
    assert_eq!(Scene::with(known).attempted(connection).finding().cause, Some(Cause::CaptureEnded));
}

#[test]
fn something_used_and_not_captured_means_one_eye() {
    let mut unseen = exchange(CLIENT, "198.51.100.1:80", 15_000);
    unseen.request.as_mut().unwrap().head.host = Some("www.example".into());
    unseen.request.as_mut().unwrap().head.user_agent = None;
    (unseen.response, unseen.end) = (None, ExchangeEnd::NotCaptured);
    let finding = Scene::new().hears(CLIENT).exchange(unseen).lookup(lookup(HOST, 1, 10_000)).finding();
    assert_eq!((finding.cause, finding.confidence_reasons), (Some(Cause::OneWay), vec![Doubt::UnseenAnswer]));
}

#[test]
fn response_codes_of_both_kinds_of_probe() {
    for (rcode, cause, doubts) in [
        (3, Cause::DnsNxdomain, vec![]),
        (5, Cause::DnsRefused, vec![Doubt::ResolverFailure]),
        (2, Cause::DnsServfail, vec![Doubt::ResolverFailure]),
        (4, Cause::DnsServfail, vec![Doubt::ResolverFailure]),
        (0, Cause::DnsNodata, vec![]),
    ] {
        for (name, verdict) in [(HOST, Verdict::ActiveHttpProbeFailed), (DNS_NAME, Verdict::ActiveDnsProbeFailed)] {
            let mut one = resolved(name, 1, 1000, &[]);
            one.answer.as_mut().unwrap().rcode = rcode;
            let finding = Scene::new().lookup(one).finding();
            assert_eq!((finding.verdict, finding.cause), (verdict, Some(cause)), "{rcode}");
            assert_eq!(finding.confidence_reasons, doubts, "{rcode}");
        }
    }
}

#[test]
fn a_rival_answer_of_the_time_is_told() {
    let rivals = |name: &str, moments: &[i64]| {
        let mut one = resolved(HOST, 1, 1000, &[]);
        one.answer.as_mut().unwrap().rcode = 3;
        let mut scene = Scene::new().lookup(one);
        for ms in moments {
            scene.world.accept(Transaction::RivalAnswer {
                client: ip(CLIENT),
                name: name.into(),
                at: packet(*ms),
                server: ip(RESOLVER),
                addresses: vec![ip("203.0.113.7")],
            });
        }
        let finding = scene.finding();
        let told = finding.evidence.iter().filter(|one| matches!(one.note, crate::verdict::Note::RivalAnswer { .. }));
        (told.count(), finding.remarks.iter().filter(|remark| **remark == Remark::RivalAnswers).count())
    };
    assert_eq!(rivals(HOST, &[1000]), (1, 1));
    assert_eq!(rivals(HOST, &[999]), (0, 0));
    assert_eq!(rivals(HOST, &[3010]), (1, 1));
    assert_eq!(rivals(HOST, &[3011]), (0, 0));
    assert_eq!(rivals(HOST, &[1500, 1600]), (2, 1));
    assert_eq!(rivals("www.msftncsi.com", &[1500]), (0, 0));
}
