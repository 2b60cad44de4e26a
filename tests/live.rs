//! Live capture with real clients and servers, in network namespaces that the scenarios make and delete.
//!
//! They need root, and the programs of `captures/lab/setup.sh`; where one is missing, the test says so and passes. They
//! use time-outs of real servers, so they run one after the other, by `tests/live/run.py`, which can be run alone, too.

#![cfg(all(target_os = "linux", feature = "live"))]

use std::path::Path;
use std::process::{Command, Stdio};

/// Programs without which no scenario runs.
const PROGRAMS: &[&str] =
    &["ip", "python3", "dnsmasq", "nginx", "squid", "openssl", "tshark", "tcpdump", "tcpreplay", "ethtool", "setpriv"];

#[test]
fn live_runs_find_what_happens() {
    if let Some(why) = missing() {
        // The one place to say it: a skipped test looks like one that passed.
        #[allow(clippy::print_stderr)]
        {
            eprintln!("SKIPPED: live capture was not tested: {why}");
        }
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/run.py");
    let names = std::env::var("NCSIGHT_LIVE").unwrap_or_else(|_| "all".to_owned());
    let status = Command::new("python3")
        .arg(script)
        .args(names.split(','))
        .env("NCSIGHT", env!("CARGO_BIN_EXE_ncsight"))
        .status()
        .expect("python3 runs");
    assert!(status.success(), "see above");
}

/// Why the scenarios cannot run here.
fn missing() -> Option<String> {
    let runs = |program: &str, arguments: &[&str]| {
        let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let name = format!("probe{}", std::process::id());
    if !runs("ip", &["netns", "add", &name]) {
        return Some("it needs root, to make network namespaces".to_owned());
    }
    runs("ip", &["netns", "del", &name]);
    let absent: Vec<&str> =
        PROGRAMS.iter().copied().filter(|program| !runs("sh", &["-c", &format!("command -v {program}")])).collect();
    (!absent.is_empty()).then(|| format!("{} not found; captures/lab/setup.sh installs them", absent.join(", ")))
}
