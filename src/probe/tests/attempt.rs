//! What copies of one question come to together.

use std::time::Duration;

use super::scene::*;
use crate::probe::attempt::{LookupGroup, LookupOutcome, WebAttempt};
use crate::transaction::{AttemptedEnd, Lookup, LookupEnd, Wait};
use crate::verdict::Family;
use crate::wire::IcmpError;

fn group(lookups: &[Lookup]) -> LookupGroup<'_> {
    LookupGroup { name: HOST.into(), qtype: 1, lookups: lookups.iter().collect() }
}

/// In a word, and when it was decided.
fn outcome(lookups: &[Lookup]) -> (&'static str, crate::time::CaptureTime) {
    let group = group(lookups);
    let word = match group.outcome() {
        LookupOutcome::Resolved(..) => "resolved",
        LookupOutcome::NoData(..) => "nodata",
        LookupOutcome::Refused(..) => "refused",
        LookupOutcome::Unreadable(..) => "unreadable",
        LookupOutcome::Unanswered(Wait::Elapsed) => "silent",
        LookupOutcome::Unanswered(Wait::Cut { .. }) => "cut",
    };
    (word, group.ended())
}

fn answered(from: i64, rcode: u16, addresses: &[&str], truncated: bool, whole: bool) -> Lookup {
    let mut one = resolved(HOST, 1, from, addresses);
    let answer = one.answer.as_mut().unwrap();
    (answer.rcode, answer.truncated, answer.whole) = (rcode, truncated, whole);
    one
}

#[test]
fn one_answer() {
    for (rcode, addresses, truncated, whole, expected) in [
        (0, &["203.0.113.7"][..], false, true, "resolved"),
        (0, &["203.0.113.7"], false, false, "resolved"),
        (0, &[], false, true, "nodata"),
        (0, &[], false, false, "unreadable"),
        (0, &["203.0.113.7"], true, true, "unreadable"),
        (3, &[], false, true, "refused"),
        (3, &[], true, true, "unreadable"),
        (2, &[], false, true, "refused"),
        (2, &[], true, true, "unreadable"),
        (5, &[], false, true, "refused"),
    ] {
        let lookups = [answered(0, rcode, addresses, truncated, whole)];
        assert_eq!(outcome(&lookups), (expected, at(10)), "{rcode} {addresses:?} {truncated} {whole}");
        let last_word = !truncated && matches!(rcode, 0 | 3);
        assert_eq!(LookupGroup::is_final(lookups[0].answer.as_ref().unwrap()), last_word);
    }
}

#[test]
fn the_first_final_answer_decides_else_the_last_word() {
    let (failed, right) = (answered(0, 2, &[], false, true), answered(1000, 0, &["203.0.113.7"], false, true));
    assert_eq!(outcome(&[failed.clone(), right.clone()]), ("resolved", at(1010)));
    let no = answered(500, 3, &[], false, true);
    assert_eq!(outcome(&[right.clone(), no]), ("refused", at(510)));
    assert_eq!(outcome(&[failed, answered(700, 5, &[], false, true)]), ("refused", at(710)));
    assert_eq!(outcome(&[answered(0, 0, &[], true, true), right]), ("resolved", at(1010)));
}

#[test]
fn one_full_deadline_is_enough_for_silence() {
    let cut = |ms| LookupEnd::Unanswered(Wait::Cut { missing: Duration::from_millis(ms) });
    let one = |end| Lookup { end, ..lookup(HOST, 1, 0) };
    assert_eq!(outcome(&[one(LookupEnd::Unanswered(Wait::Elapsed))]).0, "silent");
    assert_eq!(outcome(&[one(cut(5)), one(LookupEnd::Unanswered(Wait::Elapsed))]).0, "silent");
    let both = [one(cut(9)), one(cut(5))];
    let LookupOutcome::Unanswered(Wait::Cut { missing }) = group(&both).outcome() else { panic!("no deadline passed") };
    assert_eq!(missing, Duration::from_millis(5));
    assert_eq!(group(&both).copies(), 4);
}

#[test]
fn an_attempt_starts_with_whatever_came_first() {
    let lookups = [resolved(HOST, 1, 3000, &["203.0.113.7"])];
    let (failed, leg) = (attempted(CLIENT, SERVER, 2000), exchange(CLIENT, SERVER, 1000));
    let mut attempt = WebAttempt {
        family: Family::V4,
        host: None,
        lookup: Some(group(&lookups)),
        failed: Vec::new(),
        legs: Vec::new(),
        proxy: None,
        shared: false,
    };
    assert_eq!(attempt.started(), at(3000));
    attempt.failed.push(&failed);
    assert_eq!(attempt.started(), at(2000));
    attempt.legs.push(&leg);
    assert_eq!(attempt.started(), at(990));
}

#[test]
fn when_a_connection_was_given_up() {
    let deadlines = crate::settings::Deadlines::default();
    let mut one = attempted(CLIENT, SERVER, 0);
    assert_eq!(one.ended(deadlines), at(21_000));
    one.end = AttemptedEnd::Unanswered(Wait::Cut { missing: Duration::from_secs(1) });
    assert_eq!(one.ended(deadlines), at(9000));
    one.end = AttemptedEnd::Refused(mark(77));
    assert_eq!(one.ended(deadlines), at(77));
    one.end = AttemptedEnd::Unreachable;
    assert_eq!(one.ended(deadlines), at(9000));
    let error = IcmpError {
        kind: 3,
        code: 1,
        source: ip(CLIENT),
        destination: ip("203.0.113.7"),
        protocol: 6,
        ports: (50_000, 80),
    };
    one.connection.icmp = Some((packet(55), ip(RESOLVER), error));
    assert_eq!(one.ended(deadlines), at(55));
}
