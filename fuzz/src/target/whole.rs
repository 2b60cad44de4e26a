//! The whole program: bytes of a file become a report, as JSON and in one other format.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ncsight::engine::analyse_capture;
use ncsight::engine::snapshot::Snapshot;
use ncsight::limits::TableLimits;
use ncsight::report::{Format, Language, Options, Style, build, write};
use ncsight::settings::{Hooks, Settings};
use ncsight::source::{self, Capture, Progress};

use crate::planted;

/// Where the portal of the seed sends its guests.
pub const LOCATION: &str = "http://portal.example.test/login?from=probe";

/// What the program makes of the bytes of a file; `None` where they are no capture.
pub fn analyse(data: &[u8]) -> Option<Snapshot> {
    let progress = Arc::new(Progress::default());
    let options = source::Options { filter: None, progress: Arc::clone(&progress) };
    let capture = Capture::from_reader(Path::new("-"), Box::new(Cursor::new(data.to_vec())), options).ok()?;
    let hooks = Hooks { progress: &|_| (), stop: &AtomicBool::new(false), digest: false };
    // Small tables are made faster, and are full sooner.
    let settings = Settings { limits: TableLimits::for_memory(16 << 20), ..Settings::default() };
    Some(analyse_capture(capture, &progress, &settings, &hooks))
}

/// A file, to the end of its report.
pub fn whole(data: &[u8]) {
    let Some(snapshot) = analyse(data) else { return };
    let language = if data.len() % 2 == 0 { Language::En } else { Language::Ja };
    let report = build::report(&snapshot, &Options { language, ..Options::default() });
    let mut json = Vec::new();
    write(&report, Format::Json, &Style::default(), &mut json).expect("memory takes everything");
    let read: serde_json::Value = serde_json::from_slice(&json).expect("the report is JSON");
    // One of the others, too: all of them would take longer than what is to be fuzzed.
    let others = [Format::Text, Format::Ndjson, Format::Csv, Format::Markdown, Format::Html];
    write(&report, others[data.len() / 2 % others.len()], &Style::default(), &mut Vec::new())
        .expect("memory takes all");
    for finding in read["findings"].as_array().expect("findings are a list") {
        let told = finding["details"]["http"]["location"].as_str().unwrap_or_default();
        planted::near(LOCATION.as_bytes(), told.as_bytes());
    }
}
