//! Captures in, findings out, without the command line.

use std::io::Cursor;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ncsight::engine::{analyse, analyse_capture, snapshot::Snapshot};
use ncsight::report::{self, Report};
use ncsight::settings::{Hooks, Settings};
use ncsight::source::{Capture, Options, Progress};
use ncsight::verdict::{Cause, Confidence, Filed, Verdict};

/// What a finding claims: what must stay when only the way of capturing changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    pub verdict: Verdict,
    pub cause: Option<Cause>,
    pub confidence: Confidence,
    pub client: IpAddr,
    pub host: Option<String>,
}

impl Claim {
    pub fn of(finding: &Filed) -> Self {
        Self {
            verdict: finding.verdict,
            cause: finding.cause,
            confidence: finding.confidence,
            client: finding.client,
            host: finding.host.as_deref().map(str::to_owned),
        }
    }
}

impl std::fmt::Display for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cause = self.cause.map_or("-", Cause::name);
        let host = self.host.as_deref().unwrap_or("-");
        write!(f, "{} {cause} {} {} {host}", self.verdict, self.confidence, self.client)
    }
}

/// The claims of all findings, sorted.
pub fn claims(snapshot: &Snapshot) -> Vec<Claim> {
    let mut claims: Vec<Claim> = snapshot.findings.iter().map(Claim::of).collect();
    claims.sort();
    claims
}

/// Claims on one line.
pub fn shown<'a>(claims: impl IntoIterator<Item = &'a Claim>) -> String {
    let texts: Vec<String> = claims.into_iter().map(ToString::to_string).collect();
    if texts.is_empty() { "nothing".to_owned() } else { texts.join(" + ") }
}

/// Analyses the bytes of one capture file; the text says why it is none.
pub fn of_bytes(bytes: Vec<u8>, settings: &Settings) -> Result<Snapshot, String> {
    let progress = Arc::new(Progress::default());
    let options = Options { filter: settings.filter.clone(), progress: Arc::clone(&progress) };
    let capture = Capture::from_reader(Path::new("capture"), Box::new(Cursor::new(bytes)), options)
        .map_err(|error| error.to_string())?;
    let hooks = Hooks { progress: &|_| (), stop: &AtomicBool::new(false), digest: false };
    Ok(analyse_capture(capture, &progress, settings, &hooks))
}

/// Analyses files together, as the program does.
pub fn of_files(files: &[PathBuf], settings: &Settings) -> Snapshot {
    let hooks = Hooks { progress: &|_| (), stop: &AtomicBool::new(false), digest: true };
    let (snapshot, warnings) = analyse(files, settings, &hooks).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert!(warnings.is_empty(), "{warnings:?}");
    snapshot
}

/// The report as data, in English.
pub fn report_on(snapshot: &Snapshot) -> Report<'_> {
    report::build::report(snapshot, &report::Options::default())
}
