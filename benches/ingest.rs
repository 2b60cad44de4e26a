//! Whole analyses of generated traffic, from bytes to findings: bulk, tiny packets, nothing but probes.
//!
//! `cargo bench --bench ingest` prints times and bytes a second on this machine; compare them with each other, not with
//! those of another machine.

#![allow(clippy::expect_used)] // a benchmark that cannot be set up has nothing to say

#[allow(dead_code, reason = "no program needs all kinds of traffic")]
mod traffic;

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use divan::counter::{BytesCount, ItemsCount};
use ncsight::engine::analyse_capture;
use ncsight::settings::{Hooks, Settings};
use ncsight::source::{Capture, Options, Progress};

fn main() {
    divan::main();
}

fn analyse(bench: divan::Bencher<'_, '_>, traffic: &traffic::Traffic) {
    bench.counter(BytesCount::new(traffic.bytes.len())).counter(ItemsCount::new(traffic.packets)).bench(|| {
        let progress = Arc::new(Progress::default());
        let options = Options { filter: None, progress: Arc::clone(&progress) };
        let bytes = Cursor::new(traffic.bytes.clone());
        let capture = Capture::from_reader(Path::new("generated"), Box::new(bytes), options).expect("a valid capture");
        let stop = AtomicBool::new(false);
        let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
        let snapshot = analyse_capture(capture, &progress, &Settings::default(), &hooks);
        assert_eq!(snapshot.findings.len(), traffic.findings);
        snapshot
    });
}

/// 64 connections that carry application data in segments of 1,400 bytes.
#[divan::bench(sample_count = 10)]
fn bulk(bench: divan::Bencher<'_, '_>) {
    analyse(bench, &traffic::bulk(64, 500));
}

/// Packets of 60 bytes over 100,000 connections that nobody reads.
#[divan::bench(sample_count = 10)]
fn tiny(bench: divan::Bencher<'_, '_>) {
    analyse(bench, &traffic::tiny(100_000, 400_000));
}

/// Healthy probes of 10,000 clients: look-up, connection, request, answer.
#[divan::bench(sample_count = 10)]
fn probes(bench: divan::Bencher<'_, '_>) {
    analyse(bench, &traffic::probes(10_000));
}
