//! A capture seen from two points, each of which lacks some of it and has a clock of its own, says what the whole says.

use std::path::PathBuf;
use std::time::Duration;

use ncsight::engine::snapshot::Snapshot;
use ncsight::settings::Settings;

use crate::packets::{Sample, samples};
use crate::support::analysis::{Claim, claims, of_files, report_on};
use crate::support::trace::{self, Record};
use crate::tally::Tally;

/// How far the second clock is ahead: more than a repetition waits, and more than a look-up may take.
const AHEAD: Duration = Duration::from_millis(13_214);

/// Two files: each has three of every four packets, and half of them are in both.
fn two_points(sample: &Sample) -> Option<(tempfile::TempDir, [PathBuf; 2])> {
    let folder = tempfile::tempdir().unwrap();
    let part = |name: &str, lacks: usize, ahead: Duration| {
        let kept = sample.records.iter().enumerate().filter(|(at, _)| at % 4 != lacks);
        let moved: Vec<Record> =
            kept.map(|(_, record)| Record { time: record.time.after(ahead), ..record.clone() }).collect();
        let path = folder.path().join(name);
        std::fs::write(&path, trace::write(&moved)).unwrap();
        (!moved.is_empty()).then_some(path)
    };
    let paths = [part("one.pcap", 1, Duration::ZERO)?, part("two.pcap", 3, AHEAD)?];
    Some((folder, paths))
}

fn are_aligned(snapshot: &Snapshot) -> bool {
    snapshot.inputs.iter().any(|input| input.clock.is_some())
}

fn unchanged(sample: &Sample, after: &[Claim]) -> bool {
    sample.claims == after
}

#[test]
fn from_two_points_with_clocks_of_their_own_the_same_is_said() {
    let mut tally = Tally::new("two points, the second clock ahead");
    let mut apart = 0;
    for sample in samples() {
        let Some((_folder, paths)) = two_points(&sample) else { continue };
        let snapshot = of_files(&paths, &sample.settings);
        if !are_aligned(&snapshot) {
            // Fewer than five packets that can be told from others are in both.
            apart += 1;
            continue;
        }
        tally.capture();
        tally.note(&sample, "three of four packets each", &Ok(claims(&snapshot)), unchanged);
    }
    println!("captures with too little in both: {apart}");
    tally.finish(95);
}

#[test]
fn the_order_of_the_arguments_changes_nothing() {
    for sample in samples() {
        let Some((_folder, [one, two])) = two_points(&sample) else { continue };
        let told = |files: &[PathBuf]| serde_json::to_value(report_on(&of_files(files, &Settings::default()))).unwrap();
        assert_eq!(told(&[one.clone(), two.clone()]), told(&[two, one]), "{}", sample.name);
    }
}
