//! The diagrams of all committed captures.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use unicode_width::UnicodeWidthStr;

use super::*;
use crate::engine::analyse;
use crate::engine::snapshot::Snapshot;
use crate::settings::{Hooks, Settings};

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.is_file() && path.to_string_lossy().contains(".pcap")).collect();
    files.sort();
    files
}

fn snapshot(path: &Path) -> Option<Snapshot> {
    let stop = AtomicBool::new(false);
    let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
    analyse(&[path.to_owned()], &Settings::default(), &hooks).ok().map(|(snapshot, _)| snapshot)
}

#[test]
fn every_diagram_fits_and_ends_with_what_decided() {
    let mut drawn = 0;
    for path in captures() {
        let Some(snapshot) = snapshot(&path) else { continue };
        for finding in &snapshot.findings {
            for language in Language::ALL {
                let ladder = ladder(&finding.open(), snapshot.time_digits, *language);
                assert!(ladder.steps.iter().all(|step| step.from < ladder.lanes.len() && step.to < ladder.lanes.len()));
                for width in [56, 76, 120] {
                    for pen in [Pen::Lines, Pen::Ascii] {
                        for line in draw(&ladder, width, pen, *language) {
                            assert!(line.text.width() <= width, "{}: {}", path.display(), line.text);
                        }
                    }
                }
                let marked = ladder.steps.iter().filter(|step| matches!(step.weight, Weight::Failed | Weight::Worked));
                let file = path.display();
                assert!(marked.count() <= 1, "{file} [{}]", finding.id);
                drawn += 1;
            }
        }
    }
    assert!(drawn > 100, "{drawn}");
}

#[test]
fn plain_diagrams_are_plain() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/tcp-timeout.pcap");
    let snapshot = snapshot(&path).unwrap();
    let diagram = ladder(&snapshot.findings[0].open(), snapshot.time_digits, Language::En);
    let lines: Vec<String> = draw(&diagram, 76, Pen::Ascii, Language::En).into_iter().map(|line| line.text).collect();
    assert!(lines.iter().all(|line| line.is_ascii()), "{lines:#?}");
    assert!(lines.last().unwrap().contains("no answer"), "{lines:#?}");
    let again = diagram.steps.iter().filter(|step| step.weight == Weight::Again).count();
    assert_eq!(again, 4);
}

#[test]
fn what_fails_is_marked() {
    let mut unmarked = Vec::new();
    for path in captures() {
        let Some(snapshot) = snapshot(&path) else { continue };
        for finding in snapshot.findings.iter().filter(|finding| finding.severity == Severity::Error) {
            let ladder = ladder(&finding.open(), snapshot.time_digits, Language::En);
            // What never happened has no steps.
            if !ladder.steps.is_empty() && !ladder.steps.iter().any(|step| step.weight == Weight::Failed) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                unmarked.push(format!("{name} {} {:?}", finding.verdict, finding.cause));
            }
        }
    }
    assert_eq!(unmarked, Vec::<String>::new());
}
