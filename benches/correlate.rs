//! What the lower half of the program costs beside the upper one. On a capture written by
//! `cargo bench --bench generate -- mixed 360 mixed.pcap` (100,000 clients with ten transactions each),
//! `cargo bench --bench correlate -- parse mixed.pcap` reads packets up to the transactions and lets those go, and
//! `cargo bench --bench correlate -- all mixed.pcap` correlates and judges them, too.
//!
//! Instructions, by which the two compare on any machine: `valgrind --tool=callgrind` before the program that
//! `cargo bench --bench correlate --no-run` names; with a capture of a tenth of the size it takes minutes.

#![allow(clippy::expect_used, clippy::print_stdout, clippy::print_stderr)] // a program for the command line

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ncsight::engine::analyse;
use ncsight::engine::pipeline::{Lower, Pipeline};
use ncsight::settings::{Hooks, Settings};
use ncsight::source::{Capture, Options, Progress};
use ncsight::time::CaptureTime;
use ncsight::transaction::Transaction;

/// The program's own.
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A lower half that only counts.
#[derive(Default)]
struct Counting {
    transactions: u64,
}

impl Lower for Counting {
    fn packet(&mut self, _time: CaptureTime) {}

    fn towards(&mut self, _host: IpAddr, _time: CaptureTime, _ttl: u8) {}

    fn accept(&mut self, _transaction: Transaction) {
        self.transactions += 1;
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [mode, path] = arguments.as_slice() else {
        eprintln!("nothing measured; usage: cargo bench --bench correlate -- parse|all FILE");
        return;
    };
    let done = if mode == "parse" { parse(Path::new(path)) } else { all(Path::new(path)) };
    println!("{mode}: {done}; {:.2} s of CPU time, at most {} MiB resident", cpu_seconds(), resident_mib());
}

fn parse(path: &Path) -> String {
    let settings = Settings::default();
    let options = Options { filter: None, progress: Arc::new(Progress::default()) };
    let (mut capture, _) = Capture::open(&[path.to_owned()], options).expect("a capture");
    let (mut pipeline, mut lower) = (Pipeline::new(&settings), Counting::default());
    while let Some(frame) = capture.next() {
        pipeline.frame(&frame, &mut lower);
    }
    let (counts, _) = pipeline.finish(&mut lower);
    format!("{} packets, {} transactions", counts.packets, lower.transactions)
}

fn all(path: &Path) -> String {
    let stop = AtomicBool::new(false);
    let hooks = Hooks { progress: &|_| (), stop: &stop, digest: false };
    let paths: [PathBuf; 1] = [path.to_owned()];
    let (snapshot, _) = analyse(&paths, &Settings::default(), &hooks).expect("a capture");
    let (findings, clients) = (snapshot.findings.len(), snapshot.clients.len());
    format!("{clients} clients, {findings} findings, {} not remembered", snapshot.quality.evicted_flows)
}

/// User and system time of this process, where the system tells (in hundredths of a second, see proc(5)).
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Most memory that this process ever had resident, where the system tells.
fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() / 1024
}
