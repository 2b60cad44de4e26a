//! A committed capture as packets, and what the analysis says of them.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use ncsight::engine::snapshot::Snapshot;
use ncsight::limits::TableLimits;
use ncsight::settings::Settings;
use ncsight::verdict::Role;

use crate::support::analysis::{Claim, claims, of_bytes, of_files};
use crate::support::case;
use crate::support::trace::{self, Record};

/// Longest that one of these captures may take: a thousand times what they do take.
const LONGEST: Duration = Duration::from_secs(5);

/// A capture; a rotated one as the one file that it was before.
pub struct Sample {
    pub name: String,
    pub settings: Settings,
    /// The file as it stands.
    pub bytes: Vec<u8>,
    pub records: Vec<Record>,
    /// What is claimed about the unchanged packets alone: Windows' own events between them are no packets.
    pub claims: Vec<Claim>,
    /// Addresses that only forward what others ask.
    pub forwarders: Vec<IpAddr>,
    /// What is claimed about the files, where they hold packets alone, of one capture point.
    pub of_files: Option<Vec<Claim>>,
    /// Its files are of several capture points.
    pub of_points: bool,
}

impl Sample {
    /// Claims about other packets; the text says what went wrong instead.
    pub fn claims_of<'a>(&self, records: impl IntoIterator<Item = &'a Record>) -> Result<Vec<Claim>, String> {
        guarded(trace::write(records), &self.settings).map(|snapshot| claims(&snapshot))
    }
}

/// Analyses the bytes of a capture; a panic or an endless run is a text.
pub fn guarded(bytes: Vec<u8>, settings: &Settings) -> Result<Snapshot, String> {
    let start = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| of_bytes(bytes, settings)));
    if start.elapsed() > LONGEST {
        return Err(format!("took {:?}", start.elapsed()));
    }
    outcome.map_err(|_| "panicked".to_owned())?
}

/// All captures.
///
/// Tables are as small as they get: filling 256 MiB of them anew for each of thousands of variants would take longer
/// than the variants.
pub fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for case in case::all() {
        let settings = Settings { limits: TableLimits::for_memory(16 << 20), ..case.settings() };
        let records = trace::read(&case.files);
        let bytes = match case.files.as_slice() {
            [file] => std::fs::read(file).unwrap(),
            _ => trace::write(&records),
        };
        let whole = of_files(&case.files, &settings);
        // Which point captured what is lost where all packets are in one file.
        let of_points = !whole.quality.points.is_empty();
        let of_files = (whole.events.is_empty() && !of_points).then(|| claims(&whole));
        let claims = match &of_files {
            Some(same) => same.clone(),
            None => guarded(trace::write(&records), &settings).map(|snapshot| claims(&snapshot)).unwrap(),
        };
        let forwarding = whole.clients.iter().filter(|client| client.role != Role::Client);
        let forwarders = forwarding.map(|client| client.address).collect();
        samples.push(Sample { name: case.name, settings, bytes, records, claims, forwarders, of_files, of_points });
    }
    samples
}

#[test]
fn written_again_a_capture_says_the_same() {
    for sample in samples() {
        let again = sample.claims_of(&sample.records).unwrap();
        if let Some(of_files) = &sample.of_files {
            assert_eq!(&again, of_files, "{}: the capture written anew", sample.name);
        }
        let read = trace::read_bytes(trace::write(&sample.records));
        assert!(read == sample.records, "{}: packets change when they are written", sample.name);
    }
}
