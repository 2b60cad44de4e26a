//! Writes the traffic of the benchmarks to a file, for comparisons with other programs:
//! `cargo bench --bench generate -- bulk 1000 bulk.pcap` writes about 1000 MB.
//!
//! Kinds: `downloads`, `flows` and `sessions` are the workloads of the README (a fourth argument is the number of clients
//! of `sessions`); `bulk`, `tiny`, `probes` and `mixed` are those of the other benchmarks; the name of a classic capture
//! of microseconds stands for its packets. A name that ends with `.pcapng` gives that format, one that ends with `.gz`
//! is compressed.

#![allow(clippy::expect_used, clippy::print_stderr)] // a program for the command line

#[allow(dead_code, reason = "no program needs all kinds of traffic")]
mod traffic;

use std::io;

use traffic::output::Output;
use traffic::workload;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let (kind, megabytes, path, clients) = match arguments.as_slice() {
        [kind, megabytes, path] => (kind, megabytes, path, None),
        [kind, megabytes, path, clients] => (kind, megabytes, path, Some(clients)),
        _ => {
            eprintln!("nothing written; usage: cargo bench --bench generate -- KIND MEGABYTES FILE [CLIENTS]");
            return;
        }
    };
    let bytes = megabytes.parse::<u64>().expect("a number of megabytes") * 1_000_000;
    let clients = clients.map_or(100_000, |clients| clients.parse().expect("a number of clients"));
    let mut out = Output::create(path).expect("the file can be created");
    write(kind, bytes, clients, &mut out).expect("the file can be written");
    eprintln!("{path}: {} packets", out.packets);
}

fn write(kind: &str, bytes: u64, clients: u32, out: &mut Output) -> io::Result<()> {
    let short = u32::try_from(bytes).unwrap_or(u32::MAX);
    let traffic = match kind {
        "downloads" => return workload::downloads(out, bytes),
        "flows" => return workload::flows(out, bytes),
        "sessions" => return workload::sessions(out, bytes, clients),
        "bulk" => traffic::bulk(64, short / (64 * 1470)),
        "tiny" => traffic::tiny(1_000_000, short / 70),
        "mixed" => traffic::mixed(short / traffic::MIXED_BYTES),
        "probes" => traffic::probes(short / 920),
        capture => return out.capture(&std::fs::read(capture)?),
    };
    out.capture(&traffic.bytes)
}
