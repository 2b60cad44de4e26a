//! How far reading has come, for whoever wants to show it meanwhile.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Counters that one thread advances while it reads and another one may look at any time.
#[derive(Debug, Default)]
pub struct Progress {
    bytes: AtomicU64,
    total: AtomicU64,
    packets: AtomicU64,
    /// Of an input that another program still writes.
    pub(super) torn: Arc<AtomicBool>,
}

impl Progress {
    /// Bytes read so far from the files as they stand (compressed ones count compressed).
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Size of all files together; `None` where an input is no plain file, so that nobody knows.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        match self.total.load(Ordering::Relaxed) {
            0 => None,
            total => Some(total),
        }
    }

    /// Packets read so far, to the nearest few thousand.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.packets.load(Ordering::Relaxed)
    }

    /// Whether the reader waits in the middle of a record: what whoever writes has not written yet is no silence.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn.load(Ordering::Relaxed)
    }

    pub(super) fn set_total(&self, total: Option<u64>) {
        self.total.store(total.unwrap_or(0), Ordering::Relaxed);
    }

    pub(super) fn set_packets(&self, packets: u64) {
        self.packets.store(packets, Ordering::Relaxed);
    }
}

/// A reader that counts what passes.
pub(super) struct Counted<R> {
    pub(super) input: R,
    pub(super) progress: Arc<Progress>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.progress.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
