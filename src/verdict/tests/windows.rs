//! What Windows wrote down beside what the packets say: whose it is, what it is about, and where they differ.

use super::{about, filed};
use crate::probe::tests::journal::wrote;
use crate::probe::tests::scene::*;
use crate::proto::ncsi_event::NcsiEvent;
use crate::source::{PacketId, PacketRef};
use crate::transaction::{Exchange, HostEvent};
use crate::verdict::roles::Roles;
use crate::verdict::windows::{Difference, Observed};
use crate::verdict::{Basis, Capability, Confidence, Doubt, Family, Finding, NcsiReason, Verdict};

fn code(ms: i64, code: u32) -> HostEvent {
    wrote(ms, 0, NcsiEvent::ProbeResult { code })
}

fn change(ms: i64, capability: Capability, reason: u8) -> HostEvent {
    wrote(ms, 0, NcsiEvent::CapabilityChange { capability, reason })
}

/// A failure from 200 s to 201 s that is predicted to end so.
fn failed(winhttp: Option<u32>) -> Finding {
    let mut one = about(Verdict::ActiveHttpProbeFailed, 200_000, 201_000);
    one.id = 7;
    one.ncsi_reason = Some(NcsiReason { number: 5, basis: Basis::Inferred });
    one.capability = Some(Capability::Local);
    one.details.winhttp_error = winhttp;
    one
}

/// The findings beside an event of the only client, and in what the two differ.
fn beside(event: HostEvent, findings: Vec<Finding>) -> (Vec<Finding>, Vec<(u32, Difference)>) {
    let mut scene = Scene::new().exchange(exchange(CLIENT, SERVER, 1000));
    scene.world.host_events.keep(event);
    let mut observed = Observed::of(&scene.world, &Roles::of(&scene.world));
    let findings = filed(findings, |findings| observed.compare(&scene.world, findings));
    let all = observed.disagreements.into_values().flatten();
    let differences = all.map(|one| (one.finding, one.difference)).collect();
    (findings, differences)
}

fn differs(event: HostEvent, finding: Finding) -> Option<Difference> {
    let (_, mut all) = beside(event, vec![finding]);
    assert!(all.len() <= 1);
    all.pop().map(|(id, difference)| {
        assert_eq!(id, 7);
        difference
    })
}

#[test]
fn codes_of_the_same_kind_agree() {
    let kinds: [&[u32]; 5] = [&[12_007], &[12_002, 12_029, 12_030], &[12_152], &[12_015], &[12_044, 12_157, 12_175]];
    for (n, own) in kinds.iter().enumerate() {
        for (m, other) in kinds.iter().enumerate() {
            for (predicted, recorded) in own.iter().flat_map(|own| other.iter().map(move |other| (*own, *other))) {
                let expected = (n != m).then_some(Difference::Code { predicted, recorded });
                assert_eq!(
                    differs(code(200_500, recorded), failed(Some(predicted))),
                    expected,
                    "{predicted} {recorded}"
                );
            }
        }
    }
    assert_eq!(differs(code(200_500, 12_017), failed(Some(12_007))), None, "it was cancelled");
    assert_eq!(differs(code(200_500, 12_007), failed(None)), None, "nothing was predicted");
    let (agreed, _) = beside(code(200_500, 12_007), vec![failed(Some(12_007))]);
    assert_eq!((agreed[0].confidence, agreed[0].evidence.len()), (Confidence::High, failed(None).evidence.len() + 1));
    let (contradicted, _) = beside(code(200_500, 12_152), vec![failed(Some(12_007))]);
    assert_eq!(contradicted[0].confidence, Confidence::Medium);
    assert!(contradicted[0].confidence_reasons.contains(&Doubt::WindowsDisagrees));
}

#[test]
fn an_event_is_about_attempts_around_its_time_and_of_its_family() {
    for (ms, about_it) in [(198_999, false), (199_000, true), (206_000, true), (206_001, false)] {
        assert_eq!(differs(code(ms, 12_152), failed(Some(12_007))).is_some(), about_it, "{ms}");
    }
    let of_family = |family| {
        let mut event = code(200_500, 12_152);
        event.record.family = family;
        differs(event, failed(Some(12_007))).is_some()
    };
    assert!(of_family(None) && of_family(Some(Family::V4)) && !of_family(Some(Family::V6)));
    let mut elsewhere = failed(Some(12_007));
    elsewhere.client = ip("10.0.0.6");
    assert_eq!(differs(code(200_500, 12_152), elsewhere), None, "another client");
}

#[test]
fn of_several_attempts_the_one_settled_last_before_the_event_counts() {
    let numbered = |id, started, ended| {
        let mut one = failed(Some(12_007));
        (one.id, one.started, one.ended) = (id, at(started), at(ended));
        one
    };
    let which = |ms| {
        let all = vec![numbered(1, 200_000, 204_000), numbered(2, 200_000, 201_000), numbered(3, 200_000, 202_000)];
        beside(code(ms, 12_152), all).1.pop().unwrap().0
    };
    assert_eq!((which(202_000), which(201_999), which(204_000)), (3, 2, 1));
    assert_eq!(which(200_500), 2, "none was settled: the first one");
}

#[test]
fn a_change_that_agrees_is_observed() {
    let (agreed, none) = beside(change(200_500, Capability::Local, 5), vec![failed(None)]);
    assert_eq!(agreed[0].ncsi_reason, Some(NcsiReason { number: 5, basis: Basis::Observed }));
    assert!(none.is_empty());
    let reason = Difference::Reason { capability: Capability::Local, predicted: 5, recorded: 7 };
    assert_eq!(differs(change(200_500, Capability::Local, 7), failed(None)), Some(reason));
    let other = Difference::Capability { predicted: (Capability::Local, 5), recorded: (Capability::Internet, 5) };
    assert_eq!(differs(change(200_500, Capability::Internet, 5), failed(None)), Some(other));
    for passive in [0, 3, 10, 14, 16] {
        assert_eq!(differs(change(200_500, Capability::Internet, passive), failed(None)), None, "{passive}");
    }
    let mut undecided = failed(None);
    undecided.capability = None;
    assert_eq!(differs(change(200_500, Capability::Internet, 7), undecided), None);
    let mut reasonless = failed(None);
    reasonless.ncsi_reason = None;
    assert_eq!(differs(change(200_500, Capability::Local, 7), reasonless), None);
    let finished = wrote(200_500, 0, NcsiEvent::ProbeFinished { succeeded: true, flags: Vec::new() });
    assert_eq!(differs(finished, failed(Some(12_007))), None, "another probe may have set the capability");
}

/// Whose an event of input 0 is, where these clients of these inputs ask.
fn owner(clients: &[(&str, u16)], local: &[&str]) -> Option<String> {
    let mut scene = Scene::new();
    for (n, (client, input)) in (1..).zip(clients) {
        let one = exchange(client, SERVER, n * 1000);
        let started = PacketRef { id: PacketId::new(*input, 1), ..one.started };
        scene = scene.exchange(Exchange { started, ..one });
    }
    for address in local {
        scene.world.host_events.sends_from(0, ip(address));
    }
    scene.world.host_events.keep(code(9000, 12_007));
    let observed = Observed::of(&scene.world, &Roles::of(&scene.world));
    assert_eq!(observed.by_client.len() + observed.unattached.len(), 1);
    observed.by_client.keys().next().map(ToString::to_string)
}

#[test]
fn an_event_is_of_the_one_client_that_can_have_written_it() {
    let (inside, outside) = ("10.0.0.5", "198.51.100.5");
    assert_eq!(owner(&[(inside, 0)], &[]).as_deref(), Some(inside));
    assert_eq!(owner(&[(outside, 0)], &[]).as_deref(), Some(outside), "there is no other");
    assert_eq!(owner(&[(inside, 1)], &[]), None, "of another input");
    assert_eq!(owner(&[(inside, 0), ("10.0.0.6", 0)], &[]), None);
    assert_eq!(owner(&[(inside, 0), (outside, 0)], &[]).as_deref(), Some(inside), "the only one inside");
    assert_eq!(owner(&[("fd00::5", 0), (outside, 0)], &[]).as_deref(), Some("fd00::5"));
    assert_eq!(owner(&[("2001:db8::5", 0), (outside, 0)], &[]), None);
    assert_eq!(
        owner(&[(inside, 0), ("10.0.0.6", 0)], &["10.0.0.6"]).as_deref(),
        Some("10.0.0.6"),
        "it sends from here"
    );
    assert_eq!(owner(&[(inside, 0), (outside, 0)], &[outside]).as_deref(), Some(outside));
    assert_eq!(owner(&[(inside, 0), (outside, 0)], &[inside, outside]), None, "two send from here");
    assert_eq!(owner(&[(inside, 0)], &["10.0.0.9"]), None);
}
