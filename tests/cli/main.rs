//! The program as people and scripts run it.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test program")]

mod commands;
mod endpoints;
mod follow;
mod input;
mod interrupt;
mod output;
mod quic;
mod sandbox;
mod selection;

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// The program, with nothing of this machine's settings.
fn ncsight() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ncsight"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM"] {
        command.env_remove(name);
    }
    command.env("TZ", "UTC");
    command
}

/// A committed capture.
fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// What the program does with these arguments.
#[derive(Debug)]
struct Run {
    code: i32,
    out: String,
    err: String,
}

fn run<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Run {
    outcome(ncsight().args(arguments))
}

fn outcome(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().expect("no signal ended it"),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Words of a command line and paths.
macro_rules! words {
    ($($word:expr),* $(,)?) => { [$(std::ffi::OsString::from(&$word)),*] };
}
use words;

/// The JSON report on a run of `ncsight report --format json` with `arguments`, which must end well.
fn json<I: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = I>) -> Value {
    let run = outcome(ncsight().args(["report", "--format", "json"]).args(arguments));
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{run:?}");
    serde_json::from_str(&run.out).unwrap()
}

/// Verdicts of a report, by identifier.
fn verdicts(report: &Value) -> Vec<(u64, String)> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|one| (one["id"].as_u64().unwrap(), one["verdict"].as_str().unwrap().to_owned())).collect()
}
