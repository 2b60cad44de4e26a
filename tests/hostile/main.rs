//! Captures that somebody made to exhaust, to confuse or to slow down: the program stays within its memory, says what it
//! had to give up, and still classifies the probes of honest clients in between.
//!
//! Each is generated while it is read, through a pipe. `NCSIGHT_HOSTILE=full` makes them as large as an attacker can (ten
//! million flows, a million half-open requests), `NCSIGHT_HOSTILE_ONLY=NAME` makes one, and
//! `NCSIGHT_HOSTILE_WRITE=FOLDER` writes a tenth of the usual ones as files, for counting instructions
//! (`instructions.py`).

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test program")]

mod datagrams;
mod packets;
mod scenes;
mod threads;

use std::io::{BufWriter, Read as _, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::Value;

use scenes::{ALL, GUEST, HONEST, Scene};

/// Memory for tables that the program is told, in MiB.
const MEMORY: u64 = 64;
/// What it may take beside them, in percent (code, the report and what the allocator keeps).
const BESIDE: u64 = 20;
/// Attacks at a time.
const THREADS: usize = 2;

/// What the program said about an attack.
struct Outcome {
    report: Value,
    /// Most memory at a time, in KiB.
    memory: u64,
    bytes: u64,
    stats: String,
}

/// Runs the program on what `scene` writes.
fn run(scene: Scene, amount: u64) -> Outcome {
    let memory = format!("{MEMORY}M");
    let mut child = Command::new(env!("CARGO_BIN_EXE_ncsight"))
        .args(["report", "--format", "json", "--stats", "--memory", &memory, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (input, mut output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let writer = std::thread::spawn(move || {
        let mut out = BufWriter::with_capacity(1 << 20, input);
        let bytes = scene(&mut out, amount)?;
        out.flush().map(|()| bytes)
    });
    let mut json = Vec::new();
    output.read_to_end(&mut json).unwrap();
    let mut stats = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stats).unwrap();
    assert!(child.wait().unwrap().success(), "{stats}");
    // A pipe that was closed was not read to its end: see `faults`.
    let bytes = writer.join().unwrap().unwrap_or(0);
    let report = serde_json::from_slice(&json).unwrap();
    let kib = stats.split(" KiB").next().and_then(|before| before.rsplit(' ').next()).unwrap();
    Outcome { report, memory: kib.parse().unwrap(), bytes, stats }
}

/// Findings of a client: verdict and confidence.
fn findings(report: &Value, client: [u8; 4]) -> Vec<(&str, &str)> {
    let address = std::net::Ipv4Addr::from(client).to_string();
    let all = report["findings"].as_array().unwrap().iter();
    let text = |finding: &'_ Value, name: &str| finding[name].as_str().unwrap_or_default().to_owned();
    all.filter(|finding| text(finding, "client") == address)
        .map(|finding| (finding["verdict"].as_str().unwrap(), finding["confidence"].as_str().unwrap()))
        .collect()
}

/// What is wrong with the outcome of an attack.
fn faults(name: &str, outcome: &Outcome) -> Vec<String> {
    let mut faults = Vec::new();
    for (client, verdict) in [(HONEST, "ActiveHttpProbeSucceeded"), (GUEST, "HotspotDetected")] {
        let found = findings(&outcome.report, client);
        if !matches!(found.as_slice(), [(only, _)] if *only == verdict) {
            faults.push(format!("{name}: {client:?} has {found:?} instead of {verdict}"));
        }
    }
    if outcome.memory > MEMORY * 1024 * (100 + BESIDE) / 100 {
        faults.push(format!("{name}: {} KiB of memory with --memory {MEMORY}M", outcome.memory));
    }
    // Everything was read: the file's header, and one before each packet.
    let input = &outcome.report["inputs"][0];
    let read = 24 + 16 * input["packets"].as_u64().unwrap() + input["bytes"].as_u64().unwrap();
    if name != "damaged-headers" && (read != outcome.bytes || input["complete"] != true) {
        faults.push(format!("{name}: {read} of {} bytes were read", outcome.bytes));
    }
    // These do not fit: it has to be said.
    let evicted = outcome.report["quality"]["evicted_flows"].as_u64().unwrap();
    if matches!(name, "syn-flood" | "half-open-requests") && evicted == 0 {
        faults.push(format!("{name}: nothing is said to have been given up"));
    }
    faults
}

#[test]
fn honest_clients_are_classified_whatever_stands_beside_them() {
    if let Some(folder) = std::env::var_os("NCSIGHT_HOSTILE_WRITE") {
        for (name, scene, usual, _) in ALL {
            let path = Path::new(&folder).join(name);
            let mut file = BufWriter::new(std::fs::File::create(path).unwrap());
            // A tenth: programs that count instructions take fifty times as long.
            println!("{name}\t{}", scene(&mut file, usual / 10).unwrap());
        }
        return;
    }
    let full = std::env::var("NCSIGHT_HOSTILE").is_ok_and(|value| value == "full");
    let only = std::env::var("NCSIGHT_HOSTILE_ONLY").ok();
    let scenes = Mutex::new(ALL.into_iter().filter(|(name, ..)| only.as_deref().is_none_or(|only| only == *name)));
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some((name, scene, usual, most)) = scenes.lock().unwrap().next() else { break };
                    let outcome = run(scene, if full { most } else { usual });
                    let quality = &outcome.report["quality"];
                    println!(
                        "{name}: {} bytes, {} KiB, evicted {}, {}",
                        outcome.bytes,
                        outcome.memory,
                        quality["evicted_flows"],
                        outcome.stats.trim()
                    );
                    found.lock().unwrap().extend(faults(name, &outcome));
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
