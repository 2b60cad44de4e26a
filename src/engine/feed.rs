//! What passes from a live run to whoever shows it: what changed, and how the run stands.
//!
//! The run never waits for the screen: what nobody took yet is joined with what comes next, and is bounded.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::follow::Stage;
use super::live::Change;
use super::recall::Memory;
use super::snapshot::{Client, EndpointRow, Quality, Snapshot};
use crate::limits::{MAX_LISTED_FINDINGS, MAX_LISTED_MESSAGES};
use crate::source::Input;
use crate::verdict::Filed;

/// What changed since somebody looked.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Findings that are new, changed or taken back, in that order of events.
    pub told: Vec<(Filed, Change)>,
    /// Findings that were told and passed over here, because nobody looked for so long.
    pub passed_over: u64,
    /// What is known of hosts, where that is new: addresses, name, system, role.
    pub hosts: Vec<Client>,
    /// The sources as they are now; empty where nothing changed.
    pub inputs: Vec<Input>,
    /// What the run can and cannot show.
    pub quality: Option<Quality>,
    /// Microsoft 365 endpoint sets in use lately.
    pub endpoints: Option<Vec<EndpointRow>>,
    /// Everything, in place of what was told: a stream has ended.
    pub whole: Option<Arc<Snapshot>>,
    /// The run is over.
    pub ended: Option<Stage>,
    /// Messages, the latest last.
    pub messages: Vec<String>,
}

impl Changes {
    /// Adds what came later.
    pub fn join(&mut self, later: Self) {
        self.told.extend(later.told);
        self.passed_over += later.passed_over;
        if self.told.len() > MAX_LISTED_FINDINGS {
            self.shorten();
        }
        // Of one host, only the latest counts; few change, and few times.
        for host in later.hosts {
            match self.hosts.iter_mut().find(|known| known.address == host.address) {
                Some(known) => *known = host,
                None => self.hosts.push(host),
            }
        }
        if !later.inputs.is_empty() {
            self.inputs = later.inputs;
        }
        self.quality = later.quality.or_else(|| self.quality.take());
        self.endpoints = later.endpoints.or_else(|| self.endpoints.take());
        self.whole = later.whole.or_else(|| self.whole.take());
        self.ended = later.ended.or_else(|| self.ended.take());
        self.messages.extend(later.messages);
        let passed = self.messages.len().saturating_sub(MAX_LISTED_MESSAGES);
        self.messages.drain(..passed);
    }

    /// Leaves of each finding what was said last, and of all the latest half as many as are listed.
    fn shorten(&mut self) {
        let mut last: HashMap<u32, usize> = HashMap::new();
        for (at, (finding, _)) in self.told.iter().enumerate() {
            last.insert(finding.id, at);
        }
        let first_told = |told: &[(Filed, Change)], id: u32| {
            told.iter().any(|(finding, change)| finding.id == id && *change == Change::New)
        };
        let passed = last.len().saturating_sub(MAX_LISTED_FINDINGS / 2);
        let mut kept: Vec<usize> = last.into_values().collect();
        kept.sort_unstable();
        let gone = kept.drain(..passed);
        self.passed_over +=
            gone.filter_map(|at| self.told.get(at)).filter(|(one, _)| first_told(&self.told, one.id)).count() as u64;
        let mut at = 0;
        self.told.retain(|_| {
            at += 1;
            kept.binary_search(&(at - 1)).is_ok()
        });
    }

    /// How many findings came for the first time.
    #[must_use]
    pub fn new_findings(&self) -> u64 {
        self.told.iter().filter(|(_, change)| *change == Change::New).count() as u64 + self.passed_over
    }
}

/// A source of a live run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// What it is called.
    pub name: String,
    /// It cannot be read now; it is tried again and again.
    pub away: bool,
}

/// Whether who looks into packets can do anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sandbox {
    /// It runs with the rights of its user, as was wanted.
    #[default]
    None,
    /// It has no capability, and files are closed to it but for the folders of the outputs.
    Confined,
    /// It has no capability but to read, and files are closed to it but for the captures and the folder of the outputs.
    ToCaptures,
    /// It has no capability; why files of its user are open to it.
    Open(String),
}

/// How a run stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Its sources.
    pub sources: Arc<[Source]>,
    /// Packets analysed.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets that the kernel dropped for want of room.
    pub kernel: u64,
    /// Packets that interfaces dropped.
    pub interface: u64,
    /// Packets that were analysed and did not get into the file of `--write`.
    pub unwritten: u64,
    /// Since the run began.
    pub elapsed: Duration,
    /// What the last judgement took.
    pub cost: Duration,
    /// Packets come while they are captured, as far as that is known.
    pub live: bool,
}

/// Between the run and the screen.
#[derive(Default)]
pub struct Feed {
    stop: AtomicBool,
    slot: Mutex<Changes>,
    status: Mutex<Status>,
    /// Called when something was put there.
    tell: Option<Box<dyn Fn() + Send + Sync>>,
    /// The packets that are remembered.
    pub memory: Memory,
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("stop", &self.stop).finish_non_exhaustive()
    }
}

impl Feed {
    /// A way to the screen; `tell` is called whenever something new is there.
    #[must_use]
    pub fn new(tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self { tell: Some(Box::new(tell)), ..Self::default() }
    }

    /// Says what changed.
    pub fn put(&self, changes: Changes) {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).join(changes);
        if let Some(tell) = &self.tell {
            tell();
        }
    }

    /// What changed since the last call.
    #[must_use]
    pub fn take(&self) -> Changes {
        std::mem::take(&mut *self.slot.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Says how the run stands.
    pub fn note(&self, status: impl FnOnce(&mut Status)) {
        status(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// How the run stands.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the run to end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether its end is wanted.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
