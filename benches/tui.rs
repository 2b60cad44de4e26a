//! The terminal UI with 100,000 findings of 1,000 clients: how long a key, a new snapshot and a screen take.
//!
//! `cargo bench --bench tui`; a frame has 33 ms.

#![allow(clippy::expect_used)] // a benchmark that cannot be set up has nothing to say

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use ncsight::engine::analyse;
use ncsight::engine::follow::{News, Stage};
use ncsight::engine::snapshot::{Client, Snapshot};
use ncsight::settings::{Hooks, Settings};
use ncsight::tui::event::Event;
use ncsight::tui::keys::Key;
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

/// Keys that lead to each screen.
const SCREENS: &[(&str, &[&str])] = &[
    ("overview", &[]),
    ("finding", &["2"]),
    ("ladder", &["3"]),
    ("timeline", &["6"]),
    ("compare", &["7"]),
    ("statistics", &["8"]),
    ("help", &["?"]),
    ("palette", &[":"]),
];
/// Filters that look at everything and let little pass.
const FILTERS: &[&str] = &["xyzzy", "client:10.0.3.231", "host:*.office.com", "is:marked", "-severity:ok"];

static MANY: LazyLock<Arc<Snapshot>> = LazyLock::new(many);

fn news() -> Event {
    Event::News(News { snapshot: Arc::clone(&MANY), stage: Stage::Reading })
}

fn opened() -> State {
    let mut state = State::new(Preferences::default(), Rect::new(0, 0, 120, 40));
    update(&mut state, news());
    state
}

/// Makes the text of all findings, as the loop does between keys.
fn with_text(state: &mut State) {
    while state.makes_text {
        update(state, Event::GoOn);
    }
}

fn press(state: &mut State, key: &str) {
    let key = Key::parse(key).expect("a key");
    update(state, Event::Key(key.event()));
}

fn type_in(state: &mut State, text: &str) {
    for character in text.chars() {
        update(state, Event::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE)));
    }
}

#[divan::bench(args = ["down", "pagedown", "end"])]
fn scroll(bench: divan::Bencher<'_, '_>, key: &str) {
    let mut state = opened();
    bench.bench_local(|| {
        press(&mut state, key);
        if key == "end" {
            press(&mut state, "home");
        }
    });
}

#[divan::bench(args = SCREENS.iter().map(|(name, _)| *name))]
fn draw(bench: divan::Bencher<'_, '_>, screen: &str) {
    let mut state = opened();
    for key in SCREENS.iter().find(|(name, _)| *name == screen).map_or(&[][..], |(_, keys)| keys) {
        press(&mut state, key);
    }
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).expect("a terminal in memory");
    bench.bench_local(|| {
        terminal.draw(|frame| render(frame, &state)).expect("a screen in memory");
    });
}

/// The last letter of a filter that is typed: all findings are looked at, and drawn.
#[divan::bench(args = FILTERS, sample_count = 20)]
fn filter(bench: divan::Bencher<'_, '_>, text: &str) {
    let mut state = opened();
    press(&mut state, "f");
    type_in(&mut state, text);
    with_text(&mut state);
    let last = text.chars().last().map(String::from).unwrap_or_default();
    bench.bench_local(|| {
        press(&mut state, "backspace");
        type_in(&mut state, &last);
    });
}

/// What may stand behind a name, of all clients and hosts that there are.
#[divan::bench(args = ["client:", "host:", "verdict:"], sample_count = 20)]
fn complete(bench: divan::Bencher<'_, '_>, text: &str) {
    let mut state = opened();
    press(&mut state, "f");
    type_in(&mut state, text);
    with_text(&mut state);
    bench.bench_local(|| {
        press(&mut state, "tab");
        press(&mut state, "esc");
        press(&mut state, "f");
        update(&mut state, Event::Paste(text.to_owned()));
    });
}

/// What a key may have to wait for while the text of findings is made for a search.
#[divan::bench(sample_count = 20)]
fn a_slice_of_text(bench: divan::Bencher<'_, '_>) {
    let mut state = opened();
    press(&mut state, "/");
    type_in(&mut state, "xyzzy");
    press(&mut state, "enter");
    bench.bench_local(|| update(&mut state, Event::GoOn));
}

/// The worst search: for what is not there.
#[divan::bench(sample_count = 20)]
fn search(bench: divan::Bencher<'_, '_>) {
    let mut state = opened();
    press(&mut state, "/");
    type_in(&mut state, "xyzzy");
    press(&mut state, "enter");
    with_text(&mut state);
    bench.bench_local(|| press(&mut state, "n"));
}

/// By each column in turn.
#[divan::bench(sample_count = 20)]
fn sort(bench: divan::Bencher<'_, '_>) {
    let mut state = opened();
    bench.bench_local(|| press(&mut state, "s"));
}

/// A snapshot that came while the capture is read, on each screen that looks at all of it.
#[divan::bench(args = SCREENS.iter().map(|(name, _)| *name), sample_count = 20)]
fn a_new_snapshot(bench: divan::Bencher<'_, '_>, screen: &str) {
    let mut state = opened();
    press(&mut state, "pagedown");
    for key in SCREENS.iter().find(|(name, _)| *name == screen).map_or(&[][..], |(_, keys)| keys) {
        press(&mut state, key);
    }
    bench.bench_local(|| update(&mut state, news()));
}
