//! Live capture: packets of interfaces, or of a stream that another program is still writing.
//!
//! ```text
//!  interface ──thread──▶ Batch ─┐                      ┌─▶ frames, in the order of their times
//!  interface ──thread──▶ Batch ─┼─▶ queue ─▶ [`Live`] ─┼─▶ how far time has come where no packet says it
//!  stream ─────thread──▶ Batch ─┘                      └─▶ what was lost, what came and went
//! ```
//!
//! The threads that read know nothing of packets: they hand bytes on. Each keeps the rights that reading needs.

mod batch;
mod bell;
mod clock;
#[cfg(feature = "live")]
mod device;
mod door;
mod kernel_filter;
mod lanes;
mod stream;
mod tail;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use batch::Batch;
pub use clock::{Break, Clocks, Continuity, Cut, Look, SystemClocks};
#[cfg(feature = "live")]
pub use device::permitted;
pub use kernel_filter::kernel_filter;
pub use tail::Followed;

use self::lanes::Lanes;
use super::{Frame, Input, JournalEntry, Progress};
use crate::time::CaptureTime;

/// Batches that wait for the analysis: a judgement of everything may take a few hundred milliseconds.
const QUEUE: usize = 192;
/// Emptied batches kept for the next packets.
const POOL: usize = 32;

/// How interfaces are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Their names; `any` is all of them.
    pub interfaces: Vec<String>,
    /// Capture filter in place of the one made from what the analysis can use.
    pub filter: Option<String>,
    /// Ports beside the usual ones that the analysis wants to see.
    pub ports: Vec<u16>,
    /// Longest part of a packet that is captured.
    pub snap_length: u32,
    /// Bytes of the kernel's buffer of each interface.
    pub buffer: u32,
}

impl Plan {
    /// Segments joined by the adapter reach 64 KiB; the kernel's blocks take packets one behind the other, so that a
    /// long limit costs small packets nothing.
    pub const SNAP_LENGTH: u32 = 65_535;
    /// A tenth of a second of a gigabit link; larger ones fall out of the processor's cache.
    pub const BUFFER: u32 = 8 << 20;
}

/// Packets that were not captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loss {
    /// They were lost after this moment.
    pub from: CaptureTime,
    /// They were lost before this moment.
    pub to: CaptureTime,
    /// Dropped by the kernel for want of room in the buffer.
    pub kernel: u64,
    /// Dropped by the interface or its driver.
    pub interface: u64,
}

/// What happens beside packets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// An interface cannot be read any more, and why; it is tried again and again.
    Gone(String),
    /// It is read again.
    Back,
    /// Its speed is another one, in Mbit/s; `None` where nobody knows.
    Speed(Option<u32>),
    /// The clocks parted.
    Clock(Cut),
    /// The stream ended, and why, where it did not end properly.
    Ended(Option<String>),
    /// Nothing has the name of a followed file any more, or nothing that could be read, and why; the file itself is read on.
    Missing(String),
    /// A followed file was emptied, and is read from its beginning; its first packet gets this number.
    Emptied(u64),
    /// Another file has the place of a followed one, and is read from its beginning; its first packet gets this number.
    Replaced(u64),
}

/// What the reading threads send.
#[cfg_attr(not(feature = "live"), allow(dead_code, reason = "a stream has no counters and no interfaces"))]
enum Event {
    Packets(u16, Arc<Batch>),
    /// Everything of this source before that moment was sent.
    Quiet(u16, CaptureTime),
    Lost(u16, Loss),
    Broken(u16, Break),
    Notice(u16, Notice),
    /// What is known of a stream by now.
    About(u16, Box<Input>),
    /// What a journal in the stream says.
    Journal(Vec<JournalEntry>),
}

/// What goes to whoever wants a copy.
#[derive(Clone, Debug)]
pub enum Copied {
    /// Packets of a source.
    Packets(u16, Arc<Batch>),
    /// A source lost packets.
    Lost(u16, Loss),
    /// The files are to be opened again.
    Reopen,
}

/// What [`Live::next`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Nothing, for as long as the caller wanted to wait.
    Nothing,
    /// Packets were handed over.
    Packets,
    /// Time has come this far, and no packet from before is missing.
    Time(CaptureTime),
    /// Packets were lost.
    Lost(u16, Loss),
    /// What comes does not belong to what came before.
    Broken(u16, Break),
    /// Something to tell.
    Notice(u16, Notice),
    /// No source will say anything more.
    Over,
}

/// What reading threads share with whoever started them.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    /// Whoever reads ends soon when asked, and brings what is there by then.
    ends_soon: bool,
    /// How far a stream was read.
    progress: Arc<Progress>,
    pool: Mutex<Vec<Batch>>,
    /// Packets that the kernel and the interfaces dropped.
    kernel: AtomicU64,
    interface: AtomicU64,
}

impl Shared {
    fn batch(&self) -> Batch {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn give_back(&self, batch: Arc<Batch>) {
        if let Some(batch) = Arc::into_inner(batch) {
            let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
            if pool.len() < POOL {
                pool.push(batch);
            }
        }
    }
}

/// Sources that are being read.
#[derive(Debug)]
pub struct Live {
    shared: Arc<Shared>,
    events: Receiver<Event>,
    lanes: Lanes,
    /// Copies of all batches go there, too, as long as it takes them.
    copies: Option<SyncSender<Copied>>,
    /// Packets that it did not take.
    uncopied: u64,
    journal: Vec<JournalEntry>,
}

impl Live {
    fn new(inputs: Vec<Input>) -> (Self, Arc<Shared>, SyncSender<Event>) {
        Self::sharing(inputs, Shared::default())
    }

    fn sharing(inputs: Vec<Input>, shared: Shared) -> (Self, Arc<Shared>, SyncSender<Event>) {
        let shared = Arc::new(shared);
        let (send, events) = sync_channel(QUEUE);
        let live = Self {
            shared: Arc::clone(&shared),
            events,
            lanes: Lanes::new(inputs),
            copies: None,
            uncopied: 0,
            journal: Vec::new(),
        };
        (live, shared, send)
    }

    /// Sends a copy of everything to `copies`; what it has no room for is counted and left out.
    pub fn copy_to(&mut self, copies: SyncSender<Copied>) {
        self.copies = Some(copies);
    }

    /// Packets that were analysed and not copied.
    #[must_use]
    pub const fn uncopied(&self) -> u64 {
        self.uncopied
    }

    /// Asks the reading threads to end; what they have read still comes.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the reading threads end soon when asked; a stream may keep its reader waiting for ever.
    #[must_use]
    pub fn ends_soon(&self) -> bool {
        self.shared.ends_soon
    }

    /// Whether a stream is waited for in the middle of a packet: then its silence says nothing.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.shared.progress.is_torn()
    }

    /// What is known of the sources by now.
    #[must_use]
    pub fn inputs(&self) -> Vec<Input> {
        self.lanes.inputs()
    }

    /// Packets handed over so far.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.lanes.packets()
    }

    /// The journal entries of a stream that has ended.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        self.journal.clone()
    }

    /// Packets dropped so far by the kernel, and by the interfaces.
    #[must_use]
    pub fn dropped(&self) -> (u64, u64) {
        (self.shared.kernel.load(Ordering::Relaxed), self.shared.interface.load(Ordering::Relaxed))
    }

    /// Waits for something to happen, `patience` at most; packets go to `take`, in the order of their times.
    pub fn next(&mut self, patience: Duration, take: &mut dyn FnMut(&Frame<'_>)) -> Happened {
        let event = match self.events.recv_timeout(patience) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Happened::Nothing,
            Err(RecvTimeoutError::Disconnected) => {
                self.lanes.release_all(&self.shared, take);
                return Happened::Over;
            }
        };
        match event {
            Event::Packets(source, batch) => {
                if let Some(copies) = &self.copies
                    && copies.try_send(Copied::Packets(source, Arc::clone(&batch))).is_err()
                {
                    self.uncopied += batch.len() as u64;
                }
                self.lanes.add(source, batch);
                self.lanes.release(&self.shared, take);
                Happened::Packets
            }
            Event::Quiet(source, at) => {
                self.lanes.quiet(source, at);
                self.lanes.release(&self.shared, take);
                self.lanes.time().map_or(Happened::Packets, Happened::Time)
            }
            Event::Lost(source, loss) => {
                self.lanes.lost(source, loss);
                if let Some(copies) = &self.copies {
                    // Where it has no room, the next count tells.
                    let _ = copies.try_send(Copied::Lost(source, loss));
                }
                Happened::Lost(source, loss)
            }
            Event::Broken(source, found) => {
                self.lanes.release_all(&self.shared, take);
                Happened::Broken(source, found)
            }
            Event::Notice(source, notice) => {
                self.lanes.notice(source, &notice);
                Happened::Notice(source, notice)
            }
            Event::Journal(journal) => {
                self.journal = journal;
                Happened::Packets
            }
            Event::About(source, input) => {
                self.lanes.about(source, *input);
                Happened::Packets
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }
}
