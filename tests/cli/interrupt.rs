//! Ctrl-C while a capture is read: what was settled is printed.

#![cfg(unix)]

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::capture;

/// More than the program reads between two looks at the interrupt flag, and more than a pipe holds.
const PACKETS: usize = 40_000;

#[test]
fn an_interrupted_run_prints_what_was_settled() {
    let portal = std::fs::read(capture("direct-301.pcap")).unwrap();
    // Packets long after it: copies of its last one, an hour later, so that the attempt is settled.
    let (mut last, mut at) = (24, 24);
    while at < portal.len() {
        last = at;
        at += 16 + u32::from_le_bytes(portal[at + 8..at + 12].try_into().unwrap()) as usize;
    }
    let mut filler = portal[last..].to_vec();
    let seconds = u32::from_le_bytes(filler[..4].try_into().unwrap()) + 3600;
    filler[..4].copy_from_slice(&seconds.to_le_bytes());
    let filler = filler.repeat(PACKETS);

    let mut child = Command::new(env!("CARGO_BIN_EXE_ncsight"))
        .args(["report", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&portal).unwrap();
    // A pipe holds a fraction of it: when this returns, the program is reading and its handler stands.
    input.write_all(&filler).unwrap();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    // It looks at the flag after so many packets; that it then stops reading is what is wanted.
    let _ = input.write_all(&filler);
    drop(input);
    let mut out = String::new();
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["findings"][0]["verdict"], "HotspotDetected");
    let packets = report["inputs"][0]["packets"].as_u64().unwrap();
    assert!(packets < 2 * PACKETS as u64, "it read on to the end: {packets} packets");
}
