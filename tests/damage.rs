//! Damaged files, seen from outside: the report stays sound, and what stands behind damage is still read.
//!
//! A spread of the committed captures, and every capture of the folder that `NCSIGHT_CORPUS` names. `NCSIGHT_DAMAGE` sets
//! how often each is cut, and how often its bytes are changed (50 before a release).

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test program")]

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ncsight::engine::analyse_capture;
use ncsight::engine::snapshot::Snapshot;
use ncsight::limits::TableLimits;
use ncsight::report::{Options, build, schema};
use ncsight::settings::{Hooks, Settings};
use ncsight::source::{self, Capture, Progress};

/// Committed captures that are taken: each so many.
const SPREAD: usize = 12;
/// Damages of each kind where nothing else is said.
const USUAL: usize = 2;
/// Analyses at a time.
const THREADS: usize = 2;
/// Bytes that are changed at once, at most.
const CHANGED: usize = 32;

/// Numbers that look random and are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn of(name: &Path) -> Self {
        let name = name.file_name().unwrap().as_encoded_bytes();
        Self(name.iter().fold(7, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

/// Captures below a folder, sorted.
fn captures(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
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

fn committed() -> Vec<PathBuf> {
    captures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("captures"))
}

/// What the program makes of these bytes; `None` where they are no capture.
fn analyse(bytes: Vec<u8>) -> Option<Snapshot> {
    let progress = Arc::new(Progress::default());
    let options = source::Options { filter: None, progress: Arc::clone(&progress) };
    let capture = Capture::from_reader(Path::new("damaged"), Box::new(Cursor::new(bytes)), options).ok()?;
    let hooks = Hooks { progress: &|_| (), stop: &AtomicBool::new(false), digest: false };
    let settings = Settings { limits: TableLimits::for_memory(16 << 20), ..Settings::default() };
    Some(analyse_capture(capture, &progress, &settings, &hooks))
}

/// What is wrong with the outcome of a damaged file.
fn fault(bytes: Vec<u8>, validator: &jsonschema::Validator) -> Option<String> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let snapshot = analyse(bytes)?;
        let report = serde_json::to_value(build::report(&snapshot, &Options::default())).unwrap();
        validator.iter_errors(&report).next().map(|error| format!("{}: {error}", error.instance_path()))
    }));
    outcome.unwrap_or_else(|_| Some("panicked".to_owned()))
}

/// The damaged files of one capture, each with what was done to it.
fn damaged(path: &Path, each: usize) -> impl Iterator<Item = (String, Vec<u8>)> {
    let bytes = std::fs::read(path).unwrap();
    let mut numbers = Numbers::of(path);
    (0..2 * each).map(move |number| {
        if number % 2 == 0 {
            let end = numbers.below(bytes.len());
            return (format!("cut at byte {end}"), bytes[..end].to_vec());
        }
        let (mut changed, mut places) = (bytes.clone(), Vec::new());
        for _ in 0..=numbers.below(CHANGED) {
            let (place, value) = (numbers.below(bytes.len()), numbers.below(256) as u8);
            if let Some(byte) = changed.get_mut(place) {
                *byte = value;
                places.push((place, value));
            }
        }
        (format!("bytes changed {places:?}"), changed)
    })
}

#[test]
fn whatever_is_damaged_the_report_is_sound() {
    let each = std::env::var("NCSIGHT_DAMAGE").map_or(USUAL, |text| text.parse().unwrap());
    let mut paths: Vec<PathBuf> = committed().into_iter().step_by(SPREAD).collect();
    if let Some(corpus) = std::env::var_os("NCSIGHT_CORPUS") {
        paths.extend(captures(Path::new(&corpus)));
    }
    let validator = jsonschema::validator_for(&schema::schema()).unwrap();
    let (next, files, faults) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for (what, bytes) in damaged(path, each) {
                        files.fetch_add(1, Ordering::Relaxed);
                        if let Some(fault) = fault(bytes, &validator) {
                            faults.lock().unwrap().push(format!("{} {what}: {fault}", path.display()));
                        }
                    }
                }
            });
        }
    });
    println!("{} damaged files of {} captures", files.into_inner(), paths.len());
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Where each record of a little-endian file starts that holds a packet, with the place of the length that decides where
/// the next one starts. Nothing for other files.
fn lengths(bytes: &[u8]) -> Vec<usize> {
    let word = |at: usize| bytes.get(at..at + 4).map(|raw| u32::from_le_bytes(raw.try_into().unwrap()));
    let mut places = Vec::new();
    match word(0) {
        Some(0xa1b2_c3d4 | 0xa1b2_3c4d) => {
            let mut at = 24;
            while let Some(length) = word(at + 8) {
                places.push(at + 8);
                at += 16 + length as usize;
            }
        }
        Some(0x0a0d_0d0a) if word(8) == Some(0x1a2b_3c4d) => {
            let mut at = 0;
            while let (Some(kind), Some(length @ 12..)) = (word(at), word(at + 4)) {
                if kind == 6 {
                    places.push(at + 4);
                }
                at += length as usize;
            }
        }
        _ => {}
    }
    places
}

#[test]
fn behind_a_damaged_record_header_reading_goes_on() {
    let (mut files, mut lost_packets) = (0, 0);
    for path in committed().into_iter().step_by(5) {
        let bytes = std::fs::read(&path).unwrap();
        let places = lengths(&bytes);
        let packets: u64 = analyse(bytes.clone()).unwrap().inputs.iter().map(|input| input.packets).sum();
        if places.len() < 12 || places.len() as u64 != packets {
            continue;
        }
        let place = places[places.len() / 2];
        for length in [u32::MAX, 0x7fff_fff1, 3] {
            let mut damaged = bytes.clone();
            damaged[place..place + 4].copy_from_slice(&length.to_le_bytes());
            let snapshot = analyse(damaged).unwrap();
            let (input, name) = (&snapshot.inputs[0], path.display());
            assert!(!input.complete && !input.problems.is_empty(), "{name}: damage is not told");
            let near = input.problems.iter().any(|problem| problem.packet.abs_diff(packets / 2) <= 2);
            assert!(near, "{name}: the damage is told elsewhere: {:?}", input.problems);
            // The packet itself is lost, and where its length looks right, the one behind it.
            let lost = packets.saturating_sub(input.packets);
            assert!(lost <= 2, "{name}: {lost} of {packets} packets are lost for one length of {length}");
            lost_packets += lost;
            files += 1;
        }
    }
    println!("{files} files with a wrong length, {lost_packets} packets lost with them");
    assert!(files > 100, "only {files} files had a length to change");
}
