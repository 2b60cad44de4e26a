//! What a run cost, for `--stats`.

use std::fs::File;
use std::io::Read as _;
use std::time::Instant;

use crate::engine::snapshot::{Effort, Snapshot};

/// A run that is being measured.
pub struct Meter {
    start: Instant,
    /// What the system says of this process: opened before rights are given up, read at the end.
    status: Option<File>,
}

impl Meter {
    /// Begins.
    pub fn start() -> Self {
        Self { start: Instant::now(), status: File::open("/proc/self/status").ok() }
    }

    /// The line of `--stats`; `sandbox` says how the run was confined.
    pub fn line(self, snapshot: &Snapshot, sandbox: &str) -> String {
        let seconds = self.start.elapsed().as_secs_f64();
        let packets: u64 = snapshot.inputs.iter().map(|input| input.packets).sum();
        let bytes: u64 = snapshot.inputs.iter().map(|input| input.bytes).sum();
        let rate = |amount: u64| if seconds > 0.0 { amount as f64 / seconds / 1e6 } else { 0.0 };
        let memory = self.peak_kib().map_or_else(String::new, |kib| format!(", {kib} KiB of memory at most"));
        let Effort { flows, passed_segments, passed_datagrams } = snapshot.effort;
        format!(
            "read {packets} packets, {bytes} bytes in {seconds:.3} s: {:.2} million packets/s, {:.1} MB/s; passed over early: \
             {passed_segments} segments of connections already under way, {passed_datagrams} datagrams of no known protocol; \
             {flows} connections followed, {} findings, {} evicted flows{memory}; sandbox: {sandbox}",
            rate(packets),
            rate(bytes),
            snapshot.findings.len(),
            snapshot.quality.evicted_flows
        )
    }

    /// Most memory that this process had at a time (`VmHWM`), where the system says so.
    fn peak_kib(self) -> Option<u64> {
        let mut text = String::new();
        self.status?.read_to_string(&mut text).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }
}
