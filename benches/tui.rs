//! The terminal UI with 100,000 findings: how long a key, a new snapshot and a screen take.
//!
//! `cargo bench --bench tui`; a frame has 33 ms.

#![allow(clippy::expect_used)] // a benchmark that cannot be set up has nothing to say

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use ncsight::engine::analyse;
use ncsight::engine::follow::{News, Stage};
use ncsight::engine::snapshot::{Client, Snapshot};
use ncsight::settings::{Hooks, Settings};
use ncsight::tui::event::Event;
use ncsight::tui::state::{Preferences, State};
use ncsight::tui::update::update;
use ncsight::tui::view::render;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

const FINDINGS: u32 = 100_000;
const CLIENTS: u32 = 1_000;

fn main() {
    divan::main();
}

/// Real findings of a capture, again and again, spread over clients and time.
fn many() -> Arc<Snapshot> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let files = ["proxy-407-ntlm-unanswered.pcap", "anonymised-portal.pcap", "built-dns-name-loop.pcap"];
    let stop = AtomicBool::new(false);
    let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
    let paths = files.map(|file| folder.join(file));
    let (mut snapshot, _) = analyse(&paths, &Settings::default(), &hooks).expect("committed captures");
    let (originals, model) = (snapshot.findings.clone(), snapshot.clients.first().expect("a client").clone());
    let address = |number: u32| IpAddr::V4(Ipv4Addr::from(0x0a00_0000 + number % CLIENTS));
    snapshot.findings = (0..FINDINGS)
        .zip(originals.iter().cycle())
        .map(|(number, original)| {
            let mut finding = original.clone();
            let later = Duration::from_millis(u64::from(number) * 100);
            (finding.id, finding.client) = (number + 1, address(number));
            (finding.started, finding.ended) = (finding.started.after(later), finding.ended.after(later));
            finding
        })
        .collect();
    snapshot.clients = (0..CLIENTS)
        .map(|client| Client {
            address: address(client),
            addresses: vec![address(client)],
            findings: (0..FINDINGS).filter(|number| number % CLIENTS == client).map(|number| number + 1).collect(),
            ..model.clone()
        })
        .collect();
    Arc::new(snapshot)
}

fn opened() -> State {
    let mut state = State::new(Preferences::default(), Rect::new(0, 0, 120, 40));
    update(&mut state, Event::News(News { snapshot: many(), stage: Stage::Done(Vec::new()) }));
    state
}

fn key(state: &mut State, code: KeyCode) {
    update(state, Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

#[divan::bench]
fn a_row_down(bench: divan::Bencher<'_, '_>) {
    let mut state = opened();
    bench.bench_local(|| key(&mut state, KeyCode::Down));
}

#[divan::bench]
fn draw_the_overview(bench: divan::Bencher<'_, '_>) {
    let mut state = opened();
    key(&mut state, KeyCode::PageDown);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal in memory");
    bench.bench_local(|| {
        terminal.draw(|frame| render(frame, &state)).expect("a screen in memory");
    });
}

#[divan::bench(sample_count = 20)]
fn a_letter_of_a_filter(bench: divan::Bencher<'_, '_>) {
    let mut state = opened();
    key(&mut state, KeyCode::Char('f'));
    bench.bench_local(|| {
        key(&mut state, KeyCode::Char('h'));
        key(&mut state, KeyCode::Backspace);
    });
}

#[divan::bench(sample_count = 20)]
fn a_new_snapshot(bench: divan::Bencher<'_, '_>) {
    let snapshot = many();
    let mut state = opened();
    bench.bench_local(|| {
        update(&mut state, Event::News(News { snapshot: Arc::clone(&snapshot), stage: Stage::Reading }));
    });
}
