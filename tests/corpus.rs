//! Real captures that nobody made for this project: every one is analysed to its end, and the report is sound.
//!
//! The folder is named by `NCSIGHT_CORPUS`. Where it holds an `index.json` (a list of objects with `file`, `packets`
//! and `link_types`, the latter as Wireshark names them), packets are counted against it.
//!
//! Every finding of severity error was read by hand beside tshark and stands in `corpus-errors.toml`; any other is a fault
//! here, and so is one that stands there and is found no more. Captures that this folder does not hold are not asked for.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test program")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use ncsight::engine;
use ncsight::report::{Options, build, schema};
use ncsight::settings::{Hooks, Settings};

/// Analyses at a time: each takes up to 256 MiB by its settings.
const THREADS: usize = 2;
/// Longest time for one capture (the largest has 3 MB) on a slow machine with a debug build: this is no benchmark,
/// something that takes longer does not end.
const PATIENCE_SECONDS: u64 = 120;

/// Captures that are counted otherwise than the index does, on purpose: end of the name, packets, why.
const COUNTED_OTHERWISE: [(&str, u64, &str); 2] = [
    // The third packet stands in a section of version 2.0, whose layout nobody knows; Wireshark stops before it, too.
    ("/test901.pcapng", 2, "a section of an unknown version is left out"),
    // Its only record announces more than the file holds; Wireshark shows what is there, too, and then says so.
    ("/fuzz-2021-10-13.pcap", 1, "a packet that the end of the file cuts"),
];

#[test]
fn every_capture_of_the_corpus_is_analysed() {
    let Some(corpus) = std::env::var_os("NCSIGHT_CORPUS").map(PathBuf::from) else {
        println!("skipped: NCSIGHT_CORPUS is not set");
        return;
    };
    let captures = captures(&corpus);
    assert!(!captures.is_empty(), "no capture in {}", corpus.display());
    let index = index(&corpus);
    let validator = jsonschema::validator_for(&schema::schema()).unwrap();
    let next = AtomicUsize::new(0);
    let told = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(path) = captures.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap().to_owned();
                    let known = index.get(&name).copied();
                    let outcome = catch_unwind(AssertUnwindSafe(|| analyse(path, known, &validator)));
                    let outcome = outcome.unwrap_or_else(|_| Outcome::fault("it panicked"));
                    told.lock().unwrap().insert(name, outcome);
                }
            });
        }
    });
    let told = told.into_inner().unwrap();
    let mut faults = Vec::new();
    for (name, outcome) in &told {
        for error in &outcome.errors {
            println!("error\t{name}\t{error}");
        }
        for undecoded in &outcome.not_decoded {
            println!("not decoded\t{name}\t{undecoded}");
        }
        faults.extend(outcome.faults.iter().map(|fault| format!("{name}: {fault}")));
    }
    faults.extend(unread(&told));
    let missing = index.keys().filter(|name| !told.contains_key(*name));
    faults.extend(missing.map(|name| format!("{name}: it stands in the index, and was not analysed")));
    println!("{} captures analysed, {} of them counted against an index", told.len(), index.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The findings of severity error that were read by hand.
#[derive(serde::Deserialize)]
struct ReadByHand {
    error: Vec<KnownError>,
}

/// One of them, and why it is true.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownError {
    /// Path inside the folder.
    file: String,
    verdict: String,
    cause: String,
    client: String,
    packets: Vec<u64>,
    /// What tshark shows.
    reason: String,
}

impl KnownError {
    fn line(&self) -> String {
        error_line(&self.verdict, &self.cause, &self.client, &self.packets)
    }
}

fn error_line(verdict: &str, cause: &str, client: &str, packets: &[u64]) -> String {
    format!("{verdict} {cause} client {client} packets {packets:?}")
}

/// Errors that nobody has read, and those that were read and are gone.
fn unread(told: &BTreeMap<String, Outcome>) -> Vec<String> {
    let text = include_str!("corpus-errors.toml");
    let known: ReadByHand = toml::from_str(text).unwrap();
    let mut faults = Vec::new();
    for one in &known.error {
        assert!(one.reason.len() > 20, "{}: {} has no reason", one.file, one.line());
        if told.get(&one.file).is_some_and(|outcome| !outcome.errors.contains(&one.line())) {
            faults.push(format!("{}: gone: {}", one.file, one.line()));
        }
    }
    for (file, outcome) in told {
        let mut lines: Vec<String> = known.error.iter().filter(|one| one.file == *file).map(KnownError::line).collect();
        for error in &outcome.errors {
            match lines.iter().position(|line| line == error) {
                Some(at) => drop(lines.swap_remove(at)),
                None => faults.push(format!("{file}: an error that nobody has read: {error}")),
            }
        }
    }
    faults
}

/// What came of one capture.
#[derive(Default)]
struct Outcome {
    faults: Vec<String>,
    errors: Vec<String>,
    not_decoded: Vec<String>,
}

impl Outcome {
    fn fault(text: impl Into<String>) -> Self {
        Self { faults: vec![text.into()], ..Self::default() }
    }
}

fn analyse(path: &Path, packets: Option<u64>, validator: &jsonschema::Validator) -> Outcome {
    let stop = AtomicBool::new(false);
    let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
    let start = Instant::now();
    let snapshot = match engine::analyse(&[path.to_owned()], &Settings::default(), &hooks) {
        Ok((snapshot, _)) => snapshot,
        Err(errors) => return Outcome::fault(format!("{errors:?}")),
    };
    let mut outcome = Outcome::default();
    if start.elapsed().as_secs() > PATIENCE_SECONDS {
        outcome.faults.push(format!("it took {:?}", start.elapsed()));
    }
    let read: u64 = snapshot.inputs.iter().map(|input| input.packets).sum();
    let special = COUNTED_OTHERWISE.iter().find(|(end, ..)| path.to_string_lossy().ends_with(end));
    let packets = special.map_or(packets, |(_, count, _)| Some(*count));
    if packets.is_some_and(|packets| packets != read) {
        outcome.faults.push(format!("{read} packets read of {packets:?}"));
    }
    let report = serde_json::to_value(build::report(&snapshot, &Options::default())).unwrap();
    outcome.faults.extend(validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())));
    let findings = report["findings"].as_array().unwrap();
    let serious = findings.iter().filter(|finding| finding["severity"] == "error");
    let line = |finding: &serde_json::Value| {
        let text = |name: &str| finding[name].as_str().unwrap_or_default();
        let evidence = finding["evidence"].as_array().unwrap();
        let packets: Vec<u64> = evidence.iter().map(|one| one["packet"].as_u64().unwrap()).collect();
        error_line(text("verdict"), text("cause"), text("client"), &packets)
    };
    outcome.errors = serious.map(line).collect();
    outcome.not_decoded =
        snapshot.quality.not_decoded.iter().map(|(name, count)| format!("{count} packets: {name}")).collect();
    outcome
}

/// Captures below a folder, by the names that captures have, in order.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if matches!(kind, "pcap" | "pcapng" | "cap") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Packets by capture, as the index says; empty where there is none.
fn index(corpus: &Path) -> BTreeMap<String, u64> {
    let Ok(text) = std::fs::read_to_string(corpus.join("index.json")) else { return BTreeMap::new() };
    let entries: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let entry = |entry: &serde_json::Value| Some((entry["file"].as_str()?.to_owned(), entry["packets"].as_u64()?));
    entries.iter().filter_map(entry).collect()
}
