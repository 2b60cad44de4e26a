//! A run that goes on while somebody looks at it.

use std::time::Duration;

use super::*;
use crate::engine::feed::{Changes, Feed, Sandbox, Source, Status};
use crate::engine::live::Change;
use crate::engine::snapshot::Snapshot;
use crate::limits::MAX_LISTED_FINDINGS;
use crate::report::Language;
use crate::tui::state::identity;
use crate::verdict::{Filed, Severity};

const CAPTURES: &[&str] = &["proxy-407-ntlm-unanswered.pcap", "anonymised-portal.pcap", "built-dns-name-loop.pcap"];

/// A UI on a run that has told nothing yet.
fn watching(columns: u16, rows: u16, preferences: Preferences) -> (State, Arc<Feed>) {
    let feed = Arc::new(Feed::default());
    feed.note(|status| status.sources = vec![Source { name: "eth1".to_owned(), away: false }].into());
    let preferences = Preferences { sandbox: Sandbox::Confined, ..preferences };
    let mut state = State::new(preferences, Rect::new(0, 0, columns, rows));
    state.go_live(&feed);
    (state, feed)
}

fn judged() -> Snapshot {
    opened(CAPTURES, 80, 24, Preferences::default()).snapshot.as_ref().clone()
}

fn told(findings: &[Filed], change: Change) -> Event {
    let told = findings.iter().map(|finding| (finding.clone(), change)).collect();
    Event::Live(Box::new(Changes { told, ..Changes::default() }))
}

/// How a run stands after `seconds` at `packets` a second.
fn standing(seconds: u64, packets: u64) -> Status {
    Status {
        sources: vec![Source { name: "eth1".to_owned(), away: false }].into(),
        packets: seconds * packets,
        bytes: seconds * packets * 800,
        elapsed: Duration::from_secs(seconds),
        live: true,
        ..Status::default()
    }
}

/// Samples of a run at 12,000 packets a second, then what is to be shown.
fn run_for(state: &mut State, last: Status) {
    let rate = 12_000 / crate::tui::state::TICKS_A_SECOND;
    for sample in 0..10 {
        let now = Status { packets: sample * rate, bytes: sample * rate * 800, ..standing(0, 0) };
        update(state, Event::Status(now));
    }
    update(state, Event::Status(Status { packets: 10 * rate, bytes: 10 * rate * 800, ..last }));
}

#[test]
fn the_head_line_says_how_the_run_stands() {
    let calm = standing(754, 0);
    let lossy = Status { kernel: 1234, unwritten: 20, ..standing(754, 0) };
    let away = Status {
        sources: vec![Source { name: "eth1".to_owned(), away: false }, Source { name: "wlan0".to_owned(), away: true }]
            .into(),
        ..standing(266_645, 0)
    };
    let snapshot = judged();
    let mut lines = String::new();
    for (columns, rows) in [(80, 24), (60, 20), (120, 40)] {
        for language in [Language::En, Language::Ja] {
            for (name, status) in [("calm", &calm), ("lossy", &lossy), ("away", &away)] {
                let (mut state, _) = watching(columns, rows, Preferences { language, ..Preferences::default() });
                run_for(&mut state, status.clone());
                let line = |state: &State| screen(state).lines().next().unwrap().to_owned();
                lines.push_str(&format!("{columns}x{rows} {language:?} {name}:\n{}\n", line(&state)));
                if name != "away" {
                    press(&mut state, &["p"]);
                    update(&mut state, told(&snapshot.findings, Change::New));
                    lines.push_str(&format!("{}\n", line(&state)));
                }
            }
        }
    }
    insta::assert_snapshot!(lines);
}

#[test]
fn the_live_overview_looks_as_it_did() {
    let snapshot = judged();
    for (columns, rows) in [(80, 24), (60, 20)] {
        let (mut state, _) = watching(columns, rows, Preferences::default());
        run_for(&mut state, standing(754, 0));
        insta::assert_snapshot!(format!("live-empty-{columns}x{rows}"), screen(&state));
        update(&mut state, told(&snapshot.findings, Change::New));
        insta::assert_snapshot!(format!("live-overview-{columns}x{rows}"), screen(&state));
        press(&mut state, &["8"]);
        insta::assert_snapshot!(format!("live-statistics-{columns}x{rows}"), screen(&state));
    }
}

#[test]
fn the_newest_is_on_top_until_somebody_selects() {
    let snapshot = judged();
    let (first, later) = snapshot.findings.split_at(2);
    let (mut state, _) = watching(80, 24, Preferences::default());
    update(&mut state, told(first, Change::New));
    let newest = |findings: &[Filed]| findings.iter().map(|one| (one.started, one.id)).max().unwrap().1;
    assert_eq!(state.finding().unwrap().id, newest(first));
    press(&mut state, &["down"]);
    let selected = state.finding().unwrap().id;
    let row = state.finding_list.selected - state.finding_list.top;
    update(&mut state, told(later, Change::New));
    assert_eq!(state.finding().unwrap().id, selected, "what is selected stays selected");
    let now = state.finding_list.selected - state.finding_list.top;
    assert!(now == row || state.finding_list.top == 0, "and stays where it is");
    press(&mut state, &["home"]);
    assert_eq!(state.finding().unwrap().id, newest(&snapshot.findings));
    assert_eq!(state.selected, None, "home follows the newest");
}

#[test]
fn an_opened_finding_stays_open() {
    let snapshot = judged();
    let (first, later) = snapshot.findings.split_at(1);
    let (mut state, _) = watching(80, 24, Preferences::default());
    update(&mut state, told(first, Change::New));
    press(&mut state, &["enter"]);
    update(&mut state, told(later, Change::New));
    assert_eq!(state.finding().map(identity), Some(identity(&first[0])));
    // Told anew with another verdict, it is the same finding.
    let mut revised = first[0].clone();
    revised.edit(|finding| finding.verdict = later[0].verdict);
    revised.edit(|finding| finding.cause = None);
    update(&mut state, told(&[revised.clone()], Change::Revised));
    assert_eq!(state.finding().map(identity), Some(identity(&revised)));
    update(&mut state, told(&[revised.clone()], Change::Withdrawn));
    assert!(state.snapshot.findings.iter().all(|finding| finding.id != revised.id));
    assert!(state.snapshot.clients.iter().all(|client| !client.findings.contains(&revised.id)));
}

#[test]
fn a_frozen_view_says_what_waits_and_takes_it_in() {
    let snapshot = judged();
    let (first, later) = snapshot.findings.split_at(1);
    let (mut state, _) = watching(80, 24, Preferences::default());
    update(&mut state, told(first, Change::New));
    press(&mut state, &["p"]);
    let before = state.rows.clone();
    for finding in later {
        update(&mut state, told(std::slice::from_ref(finding), Change::New));
    }
    update(&mut state, told(&later[..1], Change::Revised));
    assert_eq!(state.rows, before, "nothing moves");
    let waits = later.len();
    assert!(screen(&state).contains(&format!("FROZEN, {waits} new")), "{}", screen(&state));
    assert!(screen(&state).contains("p go on"));
    press(&mut state, &["p"]);
    assert_eq!(state.rows.len(), snapshot.findings.len());
    assert!(!screen(&state).contains("FROZEN"));
}

#[test]
fn only_a_run_that_goes_on_can_be_frozen() {
    let mut state = opened(CAPTURES, 80, 60, Preferences::default());
    press(&mut state, &["?"]);
    assert!(!screen(&state).contains("hold the view still"));
    press(&mut state, &["esc", "p"]);
    assert!(state.held_back().is_none());
    let (mut state, _) = watching(80, 60, Preferences::default());
    press(&mut state, &["?"]);
    assert!(screen(&state).contains("hold the view still"), "{}", screen(&state));
}

#[test]
fn states_of_clients_follow_what_is_told() {
    let snapshot = judged();
    let (mut state, _) = watching(80, 24, Preferences::default());
    let hosts = snapshot.clients.iter().map(|client| {
        let facts = crate::engine::snapshot::Client { findings: Vec::new(), timeline: Vec::new(), ..client.clone() };
        crate::engine::snapshot::Client { v4: None, v6: None, online: None, ..facts }
    });
    let hosts = hosts.collect();
    update(&mut state, Event::Live(Box::new(Changes { hosts, ..Changes::default() })));
    assert_eq!(state.online, [0, 0]);
    for finding in &snapshot.findings {
        update(&mut state, told(std::slice::from_ref(finding), Change::New));
    }
    for client in &snapshot.clients {
        let live = state.snapshot.clients.iter().find(|live| live.address == client.address).unwrap();
        assert_eq!((live.online, live.v4, live.v6), (client.online, client.v4, client.v6), "{}", client.address);
        assert_eq!(live.findings, client.findings);
    }
}

#[test]
fn lists_are_bounded_and_trouble_stays_longest() {
    let snapshot = judged();
    let grave = snapshot.findings.iter().find(|finding| finding.severity == Severity::Error).unwrap();
    let dull = opened(&["direct-ncsi-txt.pcap"], 80, 24, Preferences::default());
    let dull = dull.snapshot.findings.iter().find(|finding| finding.severity == Severity::Ok).unwrap();
    let (mut state, _) = watching(80, 24, Preferences::default());
    let numbered = |model: &Filed, id: u32| {
        let mut finding = model.clone();
        finding.id = id;
        finding
    };
    update(&mut state, told(&[numbered(grave, 1)], Change::New));
    let count = u32::try_from(MAX_LISTED_FINDINGS).unwrap();
    let many: Vec<Filed> = (2..count + 2).map(|id| numbered(dull, id)).collect();
    for some in many.chunks(5000) {
        update(&mut state, told(some, Change::New));
    }
    assert!(state.snapshot.findings.len() <= MAX_LISTED_FINDINGS);
    assert_eq!(state.snapshot.unlisted_findings + state.snapshot.findings.len() as u64, u64::from(count) + 1);
    assert_eq!(state.snapshot.findings[0].id, 1, "the error is listed still");
    press(&mut state, &["8"]);
    assert!(screen(&state).contains("are not listed any more"), "{}", screen(&state));
    // What waits while frozen is bounded, too, and counted.
    press(&mut state, &["1", "p"]);
    for some in many.chunks(5000) {
        update(&mut state, told(some, Change::New));
    }
    update(&mut state, told(&[numbered(dull, count + 9)], Change::New));
    assert_eq!(state.held_back(), Some(u64::from(count) + 1));
}

#[test]
fn messages_of_the_run_are_shown_and_kept() {
    let (mut state, _) = watching(80, 24, Preferences::default());
    let messages = vec!["eth1: cannot be read any more (gone); waiting for it to come back".to_owned()];
    update(&mut state, Event::Live(Box::new(Changes { messages, ..Changes::default() })));
    assert!(screen(&state).contains("eth1: cannot be read any more"));
    press(&mut state, &["8"]);
    assert!(screen(&state).contains("What the run said"), "{}", screen(&state));
}

#[test]
fn packets_come_from_memory_and_what_is_forgotten_is_said() {
    let path = &captures(&["proxy-407-ntlm-unanswered.pcap"])[0];
    let all = opened(&["proxy-407-ntlm-unanswered.pcap"], 80, 24, Preferences::default());
    let finding = all.finding().unwrap().clone();
    let options = crate::source::Options::default();
    let (mut state, feed) = watching(80, 24, Preferences::default());
    let (mut capture, _) = crate::source::Capture::open(std::slice::from_ref(path), options).unwrap();
    while let Some(frame) = capture.next() {
        feed.memory.open().packet(&frame);
    }
    let inputs = all.snapshot.inputs.clone();
    update(&mut state, Event::Live(Box::new(Changes { inputs, ..Changes::default() })));
    update(&mut state, told(std::slice::from_ref(&finding), Change::New));
    press(&mut state, &["4"]);
    let mut files = opened(&["proxy-407-ntlm-unanswered.pcap"], 80, 24, Preferences::default());
    press(&mut files, &["4"]);
    let summaries = |state: &State| -> Vec<String> {
        state.proof().unwrap().packets.iter().map(|packet| packet.summary.clone()).collect()
    };
    assert_eq!(summaries(&state), summaries(&files), "memory shows what the file shows");
    assert_eq!(state.proof().unwrap().streams, files.proof().unwrap().streams);
    // A finding of which nothing is remembered.
    let (mut state, _) = watching(80, 24, Preferences::default());
    let inputs = all.snapshot.inputs.clone();
    update(&mut state, Event::Live(Box::new(Changes { inputs, ..Changes::default() })));
    update(&mut state, told(&[finding], Change::New));
    press(&mut state, &["4"]);
    assert!(screen(&state).contains("Its packets are forgotten"), "{}", screen(&state));
}
