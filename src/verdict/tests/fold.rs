//! Equal repeats are one finding, and only equal ones.

use super::{about, related};
use crate::probe::tests::scene::*;
use crate::verdict::{Cause, Confidence, Doubt, Family, Finding, Note, Remark, Route, Verdict};

fn first() -> Finding {
    about(Verdict::HotspotDetected, 10_000, 10_100)
}

/// How many findings are left of two, the second changed.
fn left(one: Finding, second: Finding) -> usize {
    related(&Scene::new(), vec![one, second]).len()
}

fn after(change: impl FnOnce(&mut Finding)) -> usize {
    let mut second = about(Verdict::HotspotDetected, 20_000, 20_100);
    change(&mut second);
    left(first(), second)
}

#[test]
fn only_equal_ones_fold() {
    assert_eq!(after(|_| ()), 1);
    assert_eq!(after(|one| one.cause = Some(Cause::HttpRedirect)), 2);
    assert_eq!(after(|one| one.verdict = Verdict::ActiveHttpProbeFailed), 2);
    assert_eq!(after(|one| one.route = Some(Route::TransparentProxy)), 2);
    assert_eq!(after(|one| one.proxy = Some(socket(PROXY))), 2);
    assert_eq!(after(|one| one.guess = Some(Verdict::HotspotDetected)), 2);
    assert_eq!(after(|one| one.confidence = Confidence::Low), 2, "another severity");
    assert_eq!(after(|one| one.family = Family::V6), 2);
    assert_eq!(after(|one| one.host = Some("other.example".into())), 2);
    assert_eq!(after(|one| one.client = ip("10.0.0.6")), 2);
    assert_eq!(after(|one| one.server = Some(ip("203.0.113.8"))), 1, "a probe's server has several addresses");
}

#[test]
fn the_server_matters_beside_web_probes() {
    for (verdict, expected) in [
        (Verdict::TlsHandshakeFailed, 2),
        (Verdict::ActiveDnsProbeFailed, 2),
        (Verdict::ProbeLookAlike, 2),
        (Verdict::HotspotDetected, 1),
        (Verdict::Incomplete, 1),
    ] {
        let mut second = about(verdict, 20_000, 20_100);
        second.server = Some(ip("203.0.113.8"));
        assert_eq!(left(about(verdict, 10_000, 10_100), second), expected, "{verdict}");
        assert_eq!(left(about(verdict, 10_000, 10_100), about(verdict, 20_000, 20_100)), 1, "{verdict}");
    }
}

#[test]
fn a_repeat_comes_within_an_episode() {
    let at_start = |ms| after(|one| (one.started, one.ended) = (at(ms), at(ms + 100)));
    assert_eq!((at_start(160_100), at_start(160_101)), (1, 2));
}

#[test]
fn something_else_of_the_kind_in_between_parts_them() {
    let middle = |verdict| {
        let list = vec![first(), about(verdict, 15_000, 15_100), about(Verdict::HotspotDetected, 20_000, 20_100)];
        related(&Scene::new(), list).len()
    };
    assert_eq!(middle(Verdict::ActiveHttpProbeFailed), 3);
    assert_eq!(middle(Verdict::ProbeLookAlike), 2, "another kind");
    assert_eq!(middle(Verdict::ActiveDnsProbeFailed), 2, "another kind");
    assert_eq!(middle(Verdict::TlsHandshakeFailed), 2, "another kind");
}

#[test]
fn what_is_left_of_a_repeat() {
    let (mut one, mut two, mut three) = (first(), first(), first());
    (two.started, two.ended) = (at(20_000), at(20_100));
    (three.started, three.ended) = (at(30_000), at(30_100));
    for (finding, ms) in [(&mut one, 10_000), (&mut two, 20_000), (&mut three, 30_000)] {
        finding.evidence.clear();
        finding.conversations.clear();
        finding.prove(packet(ms), Note::RequestAgain);
        finding.converse(false, socket(&format!("10.0.0.5:{ms}")), socket(SERVER));
        finding.converse(false, socket("10.0.0.5:443"), socket(SERVER));
    }
    (one.confidence, one.confidence_reasons) = (Confidence::Medium, vec![Doubt::HeadCut]);
    (two.confidence, two.confidence_reasons) = (Confidence::Medium, vec![Doubt::Drops]);
    (three.confidence, three.confidence_reasons) = (Confidence::High, vec![Doubt::RequestUnseen]);
    one.remarks = vec![Remark::PaddedBody];
    two.remarks = vec![Remark::PaddedBody, Remark::RivalAnswers];
    let two_left = related(&Scene::new(), vec![one.clone(), two.clone()]).remove(0);
    assert_eq!(
        (two_left.confidence, two_left.confidence_reasons.as_slice()),
        (Confidence::Medium, &[Doubt::HeadCut][..])
    );
    assert_eq!(two_left.remarks, [Remark::PaddedBody, Remark::RivalAnswers]);
    let all = related(&Scene::new(), vec![one, two, three]);
    assert_eq!(all.len(), 1);
    let folded = &all[0];
    assert_eq!((folded.details.count, folded.started, folded.ended), (3, at(10_000), at(30_100)));
    let packets: Vec<_> = folded.evidence.iter().map(|one| one.at).collect();
    assert_eq!(packets, [packet(10_000), packet(30_000)], "first and last");
    let ports: Vec<u16> = folded.conversations.iter().map(|one| one.client.port()).collect();
    assert_eq!(ports, [10_000, 443, 30_000]);
    assert_eq!(
        (folded.confidence, folded.confidence_reasons.as_slice()),
        (Confidence::High, &[Doubt::RequestUnseen][..])
    );
}
