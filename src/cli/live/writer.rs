//! Writes all captured packets, on a thread of its own: a slow disk must not hold up the analysis.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::super::console::say;
use super::ring::{Full, Names, Ring};
use crate::error::Error;
use crate::source::append::Appender;
use crate::source::live::{Batch, Copied};

/// Batches that wait for the disk.
const QUEUE: usize = 128;
/// What was captured stands in the file so soon.
const WRITTEN_WITHIN: Duration = Duration::from_millis(200);
/// Time between two tries where the disk takes nothing.
const RETRY_EVERY: Duration = Duration::from_secs(2);

/// A writing thread.
#[derive(Debug)]
pub struct Writer {
    queue: SyncSender<Copied>,
    thread: JoinHandle<()>,
    lost: Arc<AtomicU64>,
}

impl Writer {
    /// Opens the file, or the first one of the ring, and starts the thread. `names` are those of the sources.
    ///
    /// # Errors
    ///
    /// The file cannot be made.
    pub fn start(path: PathBuf, ring: Option<Ring>, names: Vec<String>) -> Result<Self, Error> {
        let ring = ring.map(|ring| (ring, Names::find(&path)));
        let lost = Arc::<AtomicU64>::default();
        let mut writing = Writing {
            path,
            ring,
            names,
            file: None,
            since: Instant::now(),
            dropped: Vec::new(),
            failed: None,
            lost: Arc::clone(&lost),
        };
        let first = writing.ring.as_ref().map_or_else(|| writing.path.clone(), |_| writing.path.clone());
        writing.open().map_err(|source| Error::Io { path: first, operation: "create", source, hint: "" })?;
        let (queue, inbox) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("write".to_owned());
        let thread = thread.spawn(move || writing.run(&inbox));
        let thread =
            thread.map_err(|source| Error::Io { path: "thread".into(), operation: "start", source, hint: "" })?;
        Ok(Self { queue, thread, lost })
    }

    /// Where copies go.
    #[must_use]
    pub fn queue(&self) -> SyncSender<Copied> {
        self.queue.clone()
    }

    /// Opens the files again, because somebody moved them.
    pub fn reopen(&self) {
        let _ = self.queue.send(Copied::Reopen);
    }

    /// Packets that did not get onto the disk.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until everything is written; all other senders must be gone.
    pub fn finish(self) {
        drop(self.queue);
        let _ = self.thread.join();
    }
}

/// The state of the thread.
struct Writing {
    path: PathBuf,
    ring: Option<(Ring, Names)>,
    names: Vec<String>,
    file: Option<Appender>,
    /// When the file was begun.
    since: Instant,
    /// Packets lost so far, by source.
    dropped: Vec<u64>,
    /// Since when nothing can be written.
    failed: Option<Instant>,
    lost: Arc<AtomicU64>,
}

impl Writing {
    fn run(mut self, inbox: &Receiver<Copied>) {
        let mut flushed = Instant::now();
        loop {
            match inbox.recv_timeout(WRITTEN_WITHIN) {
                Ok(Copied::Packets(source, batch)) => self.packets(source, &batch),
                Ok(Copied::Lost(source, loss)) => self.lost(source, loss.to, loss.kernel + loss.interface),
                Ok(Copied::Reopen) => self.reopen(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if flushed.elapsed() >= WRITTEN_WITHIN {
                flushed = Instant::now();
                self.flush();
                self.turn();
            }
        }
        self.flush();
    }

    /// Begins a file.
    fn open(&mut self) -> io::Result<()> {
        let path = match &mut self.ring {
            Some((_, names)) => names.next(),
            None => self.path.clone(),
        };
        self.file = Some(Appender::create(&path)?);
        self.since = Instant::now();
        if let Some((ring, names)) = &mut self.ring {
            for old in names.surplus(ring.count) {
                // Who has removed it already has done the same.
                let _ = std::fs::remove_file(old);
            }
        }
        Ok(())
    }

    /// Begins the next file of the ring where this one is full.
    fn turn(&mut self) {
        let Some((ring, _)) = &self.ring else { return };
        let full = match (ring.full, &self.file) {
            (Full::Bytes(most), Some(file)) => file.len() >= most,
            (Full::After(time), _) => self.since.elapsed() >= time,
            (Full::Bytes(_), None) => true,
        };
        if full && self.failed.is_none() {
            self.flush();
            if let Err(error) = self.open() {
                self.fail(&error, 0);
            }
        }
    }

    fn packets(&mut self, source: u16, batch: &Batch) {
        if !self.may_write() {
            self.lost.fetch_add(batch.len() as u64, Ordering::Relaxed);
            return;
        }
        let name = self.names.get(usize::from(source)).map_or("-", String::as_str).to_owned();
        for index in 0..batch.len() {
            let Some(frame) = batch.frame(index, source, 0) else { continue };
            let Some(file) = &mut self.file else { break };
            if let Err(error) = file.packet(&frame, &name) {
                let lost = file.take_waiting_packets() + (batch.len() - index - 1) as u64;
                self.fail(&error, lost);
                return;
            }
        }
        if matches!(self.ring, Some((Ring { full: Full::Bytes(_), .. }, _))) {
            self.turn();
        }
    }

    fn lost(&mut self, source: u16, at: crate::time::CaptureTime, count: u64) {
        let index = usize::from(source);
        if self.dropped.len() <= index {
            self.dropped.resize(index + 1, 0);
        }
        let Some(total) = self.dropped.get_mut(index) else { return };
        *total += count;
        let total = *total;
        if let Some(file) = &mut self.file
            && let Err(error) = file.statistics(source, at, total)
        {
            let lost = file.take_waiting_packets();
            self.fail(&error, lost);
        }
    }

    fn flush(&mut self) {
        if let Some(file) = &mut self.file
            && let Err(error) = file.flush()
        {
            let lost = file.take_waiting_packets();
            self.fail(&error, lost);
        }
    }

    fn reopen(&mut self) {
        self.flush();
        // A file that nobody moved is gone on with.
        let moved = self.ring.is_some() || self.file.as_ref().is_none_or(|file| !file.path().exists());
        if moved && let Err(error) = self.open() {
            self.fail(&error, 0);
        }
    }

    /// Whether the disk takes something, as far as is known.
    fn may_write(&mut self) -> bool {
        let Some(since) = self.failed else { return true };
        if since.elapsed() < RETRY_EVERY {
            return false;
        }
        let works = self.file.is_some() || self.open().is_ok();
        if works {
            self.failed = None;
            say("ncsight: packets are written again");
        } else {
            self.failed = Some(Instant::now());
        }
        works
    }

    fn fail(&mut self, error: &io::Error, lost: u64) {
        self.lost.fetch_add(lost, Ordering::Relaxed);
        if self.failed.is_none() {
            let path = self.file.as_ref().map_or(&*self.path, Appender::path).display().to_string();
            say(&format!("ncsight: {path}: {error}; packets are not written for now, the analysis goes on"));
        }
        self.failed = Some(Instant::now());
    }
}
