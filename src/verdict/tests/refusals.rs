//! 401 again and again: how many, within which time, and what shows that it is none.

use crate::probe::tests::scene::*;
use crate::proto::auth::{Challenge, ChallengeKind, Credential, CredentialKind, Scheme};
use crate::transaction::Exchange;
use crate::verdict::{Cause, Confidence, Doubt, Finding, Verdict};

fn user(name: &str) -> CredentialKind {
    CredentialKind::Basic { user: Some(name.into()) }
}

/// A request with credentials, and its answer 20 ms later.
fn asked(from: i64, kind: CredentialKind, code: u16) -> Exchange {
    let mut one = status(CLIENT, "203.0.113.81:80", from, code);
    let head = &mut one.request.as_mut().unwrap().head;
    (head.host, head.path, head.target) = (Some("mail.example".into()), "/EWS".into(), "/EWS".into());
    head.user_agent = Some("Microsoft Office/16.0".into());
    head.authorization = Some(Credential { scheme: Scheme::Basic, kind });
    one.response.as_mut().unwrap().head.www_authenticate =
        vec![Challenge { scheme: Scheme::Basic, kind: ChallengeKind::Offer, realm: None }];
    one
}

fn in_a_loop(legs: impl IntoIterator<Item = Exchange>, end: i64) -> Option<Finding> {
    let mut scene = legs.into_iter().fold(Scene::new().hears(CLIENT), Scene::exchange);
    scene.world.span = Some((at(0), at(end)));
    scene.findings().into_iter().find(|finding| finding.verdict == Verdict::AuthenticationLoop)
}

fn refused_at(times: &[i64]) -> Vec<Exchange> {
    times.iter().map(|from| asked(*from, user("alice"), 401)).collect()
}

#[test]
fn three_within_a_minute_are_a_loop() {
    assert!(in_a_loop(refused_at(&[1000, 2000]), 600_000).is_none());
    let finding = in_a_loop(refused_at(&[1000, 2000, 61_000]), 600_000).unwrap();
    assert_eq!((finding.cause, finding.details.count), (Some(Cause::HttpAuthRejected), 3));
    assert!(in_a_loop(refused_at(&[1000, 2000, 61_001]), 600_000).is_none());
    assert!(in_a_loop(refused_at(&[1000, 50_000, 100_000, 101_000, 109_999]), 600_000).is_some(), "the last three");
}

#[test]
fn each_user_counts_alone() {
    let mut legs = refused_at(&[1000, 2000]);
    legs.push(asked(3000, user("bob"), 401));
    assert!(in_a_loop(legs, 600_000).is_none());
}

#[test]
fn a_success_ends_what_came_before_it() {
    let with_success = |at: i64| {
        let mut legs = refused_at(&[1000, 2000, 3000]);
        legs.push(asked(at, user("alice"), 200));
        legs.sort_by_key(|leg| leg.started);
        in_a_loop(legs, 600_000)
    };
    assert!(with_success(500).is_some(), "refused since");
    assert!(with_success(1500).is_none(), "two are too few");
    assert!(with_success(4000).is_none());
}

#[test]
fn the_capture_must_leave_time_for_a_success() {
    let until = |end: i64| in_a_loop(refused_at(&[1000, 2000, 3000]), end).unwrap();
    let ended = asked(3000, user("alice"), 401).ended.since(at(0)).as_millis();
    let whole = i64::try_from(ended).unwrap() + 35_000;
    assert_eq!(until(whole).confidence, Confidence::High, "{:?}", until(whole).confidence_reasons);
    let short = until(whole - 1);
    assert_eq!(short.confidence, Confidence::Medium);
    assert!(short.confidence_reasons.iter().any(|doubt| matches!(doubt, Doubt::DeadlineOutside { .. })));
}

#[test]
fn a_ticket_does_not_say_whose_it_is() {
    let tickets = [1000, 2000, 3000].map(|from| asked(from, CredentialKind::Kerberos, 401));
    let finding = in_a_loop(tickets, 600_000).unwrap();
    assert!(finding.confidence < Confidence::High && finding.confidence_reasons.contains(&Doubt::NamelessTicket));
}

#[test]
fn a_server_that_goes_on_refuses_nobody() {
    let legs = refused_at(&[1000, 2000, 3000]).into_iter().map(|mut leg| {
        leg.response.as_mut().unwrap().head.www_authenticate[0].kind = ChallengeKind::NtlmType2;
        leg
    });
    assert!(in_a_loop(legs, 600_000).is_none());
    for kind in [CredentialKind::Ntlm1, CredentialKind::NegotiateOther, CredentialKind::Bearer] {
        let legs = [1000, 2000, 3000].map(|from| asked(from, kind.clone(), 401));
        assert!(in_a_loop(legs, 600_000).is_none(), "names nobody");
    }
    let at_a_proxy = [1000, 2000, 3000].map(|from| asked(from, user("alice"), 407));
    assert!(in_a_loop(at_a_proxy, 600_000).is_none(), "407 is the proxy's");
}
