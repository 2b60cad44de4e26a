//! Many clients are judged and put into words by several threads: what is said is the same with any number of them.

use std::io::BufWriter;
use std::process::Command;

use super::scenes::portals;

/// More than two parts of what is judged in one go, for each of the threads.
const CLIENTS: u64 = 7_000;

#[test]
fn any_number_of_threads_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portals.pcap");
    portals(&mut BufWriter::new(std::fs::File::create(&path).unwrap()), CLIENTS).unwrap();
    let report = |threads: &str, format: &str, memory: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_ncsight"))
            .args(["report", "--threads", threads, "--format", format, "--memory", memory])
            .arg(&path)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    // With little memory proofs share pieces.
    for (format, memory) in [("text", "256M"), ("json", "256M"), ("ndjson", "16M"), ("csv", "16M")] {
        let one = report("1", format, memory);
        assert!(one.len() > 1 << 20, "{format}: {} bytes", one.len());
        for threads in ["2", "3"] {
            assert!(report(threads, format, memory) == one, "{format} on {threads} threads");
        }
    }
}
