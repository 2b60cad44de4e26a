//! A long capture: what repeats takes no room, and says how often it repeated.

#![allow(clippy::expect_used)] // traffic that cannot be made has nothing to say

#[allow(dead_code, reason = "no program needs all kinds of traffic")]
#[path = "../benches/traffic/mod.rs"]
mod traffic;

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ncsight::engine::analyse_capture;
use ncsight::engine::snapshot::Snapshot;
use ncsight::limits::TableLimits;
use ncsight::settings::{Hooks, Settings};
use ncsight::source::{Capture, Options, Progress};
use ncsight::verdict::{Confidence, Verdict};

fn analyse(traffic: &traffic::Traffic, memory: usize) -> Snapshot {
    let progress = Arc::new(Progress::default());
    let options = Options { filter: None, progress: Arc::clone(&progress) };
    let bytes = Box::new(Cursor::new(traffic.bytes.clone()));
    let capture = Capture::from_reader(Path::new("generated"), bytes, options).expect("a valid capture");
    let stop = AtomicBool::new(false);
    let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
    let settings = Settings { limits: TableLimits::for_memory(memory), ..Settings::default() };
    analyse_capture(capture, &progress, &settings, &hooks)
}

#[test]
fn a_day_of_successes_is_one_finding_a_client_that_counts_them() {
    const CLIENTS: u32 = 4;
    const TIMES: u16 = 2880;
    let traffic = traffic::day(CLIENTS, TIMES);
    // 11,520 exchanges would take 30 MB; the smallest tables hold a fifth of that.
    let snapshot = analyse(&traffic, 16 << 20);
    assert_eq!(snapshot.inputs.iter().map(|input| input.packets).sum::<u64>(), traffic.packets);
    assert_eq!(snapshot.quality.evicted_flows, 0, "nothing had to be given up");
    assert_eq!(snapshot.findings.len(), traffic.findings);
    for finding in &snapshot.findings {
        assert_eq!(finding.verdict, Verdict::ActiveHttpProbeSucceeded);
        assert_eq!(finding.confidence, Confidence::High);
        assert_eq!(finding.count, u32::from(TIMES));
        assert!(finding.ended.since(finding.started).as_secs() >= 30 * u64::from(TIMES - 1));
    }
}

#[test]
fn what_does_not_fit_is_given_up_and_counted() {
    let traffic = traffic::probes(20_000);
    let snapshot = analyse(&traffic, 16 << 20);
    assert!(snapshot.findings.len() < 20_000);
    assert!(snapshot.quality.evicted_flows > 0);
    assert!(snapshot.findings.iter().all(|finding| finding.verdict == Verdict::ActiveHttpProbeSucceeded));
}

#[test]
fn a_state_dates_from_the_first_success() {
    let snapshot = analyse(&traffic::day(1, 40), 64 << 20);
    let client = snapshot.clients.first().expect("one client");
    let state = client.v4.expect("its IPv4 state is known");
    let first = snapshot.inputs.first().and_then(|input| input.first).expect("a first packet");
    assert!(state.since.since(first).as_secs() < 60, "not from the last of 40 equal successes");
}
