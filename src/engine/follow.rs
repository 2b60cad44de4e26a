//! An analysis on a thread of its own, which shows what it knows while it reads.
//!
//! The newest [`Snapshot`] lies in a slot of one: whoever looks takes it by `Arc`, and what nobody took is replaced.
//! Judging in between is paid from a budget of the reading time, so that a large capture is read as fast as without
//! anybody looking, and a slow pipe is shown at once. The last snapshot is the exact one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::networks::Networks;
use super::snapshot::Snapshot;
use super::{Judgement, accept_journal, accept_points, conclude, points};
use crate::settings::Settings;
use crate::source::{Capture, Options, Progress, still_written};
use crate::time::CaptureTime;

/// Part of the reading time that may go into judging in between.
const SHARE: f64 = 0.04;
/// Judging in between costs this much before any time has passed.
const ALLOWANCE: Duration = Duration::from_millis(20);
/// What was saved up is forgotten beyond this.
const MOST_SAVED: Duration = Duration::from_millis(400);
/// Snapshots of a file that is being read are at least this far apart.
const APART: Duration = Duration::from_millis(100);
/// Packets after which the clock is read at the latest.
const LOOK_EVERY: u64 = 1024;

/// How far an analysis is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It reads; what it shows is what was settled so far.
    Reading,
    /// Everything is read and judged. What could not be read beside it is told in sentences.
    Done(Vec<String>),
    /// Nothing could be read.
    Failed(Vec<String>),
}

/// What was published last.
#[derive(Clone, Debug)]
pub struct News {
    /// What is known.
    pub snapshot: Arc<Snapshot>,
    /// How far the analysis is.
    pub stage: Stage,
}

/// An analysis that runs. Dropping it asks it to stop and waits for nothing.
#[derive(Debug)]
pub struct Follow {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    progress: Arc<Progress>,
    packets: std::sync::atomic::AtomicU64,
    /// Capture time of the packet read last; `i64::MIN` before the first.
    time: AtomicI64,
    slot: Mutex<Option<News>>,
}

impl Shared {
    fn note(&self, packets: u64, time: Option<CaptureTime>) {
        self.packets.store(packets, Ordering::Relaxed);
        if let Some(time) = time {
            self.time.store(time.as_nanos(), Ordering::Relaxed);
        }
    }
}

impl Follow {
    /// Starts to read `paths`. `tell` is called after each publication, on the thread of the analysis.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn start(paths: Vec<PathBuf>, settings: Settings, tell: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared { time: AtomicI64::new(i64::MIN), ..Shared::default() });
        let own = Arc::clone(&shared);
        std::thread::Builder::new().name("analysis".to_owned()).spawn(move || {
            let news = run(&paths, &settings, &own, &tell);
            publish(&own, news);
            tell();
        })?;
        Ok(Self { shared })
    }

    /// What was published since the last call, the newest only.
    #[must_use]
    pub fn take(&self) -> Option<News> {
        self.shared.slot.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Ends reading as soon as the next packet is there.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// How far reading has come.
    #[must_use]
    pub fn reached(&self) -> Reached {
        let time = self.shared.time.load(Ordering::Relaxed);
        Reached {
            bytes: self.shared.progress.bytes(),
            total: self.shared.progress.total(),
            packets: self.shared.packets.load(Ordering::Relaxed),
            time: (time != i64::MIN).then(|| CaptureTime::from_nanos(time)),
        }
    }
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.stop();
    }
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Bytes read from the files as they stand.
    pub bytes: u64,
    /// Bytes of all files, where that is known.
    pub total: Option<u64>,
    /// Packets read.
    pub packets: u64,
    /// Capture time of the last one.
    pub time: Option<CaptureTime>,
}

fn publish(shared: &Shared, news: News) {
    *shared.slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(news);
}

fn run(paths: &[PathBuf], settings: &Settings, shared: &Shared, tell: &dyn Fn()) -> News {
    let options = Options { filter: settings.filter.clone(), progress: Arc::clone(&shared.progress) };
    let (mut capture, mut warnings) = match Capture::open(paths, options) {
        Ok(opened) => opened,
        Err(errors) => {
            let errors = errors.iter().map(ToString::to_string).collect();
            return News { snapshot: Arc::default(), stage: Stage::Failed(errors) };
        }
    };
    let mut sightings = points::align(&mut capture, settings, &|| shared.stop.load(Ordering::Relaxed));
    let mut networks = Networks::new(settings);
    let mut budget = Budget::new(Instant::now());
    let mut packets = 0u64;
    // A file never lets its reader wait; a pipe may, and then shows what is known before.
    let waits = shared.progress.total().is_none();
    let mut last = None;
    loop {
        let drained = waits && capture.is_drained();
        if packets > 0 && (drained || packets.is_multiple_of(LOOK_EVERY)) {
            shared.note(packets, last);
            if shared.stop.load(Ordering::Relaxed) {
                break;
            }
            let now = Instant::now();
            if budget.allows(now, drained) {
                let snapshot = Arc::new(conclude(networks.known(), capture.inputs(), settings, Judgement::Provisional));
                publish(shared, News { snapshot, stage: Stage::Reading });
                tell();
                budget.spend(now, Instant::now());
            }
        }
        let Some(frame) = capture.next() else { break };
        last = Some(frame.at.time);
        networks.frame(&frame, sightings.as_mut().is_some_and(|sightings| sightings.frame(&frame)));
        packets += 1;
    }
    shared.note(packets, last);
    let mut parts = networks.finish();
    accept_journal(&capture.journal(), &mut parts);
    accept_points(sightings, &capture.inputs(), &mut parts);
    let parts = parts.iter_mut().map(|(world, counts, flows)| (world, counts.clone(), *flows)).collect();
    let snapshot = Arc::new(conclude(parts, capture.inputs(), settings, Judgement::Final));
    warnings.extend(still_written(&snapshot.inputs));
    News { snapshot, stage: Stage::Done(warnings.iter().map(ToString::to_string).collect()) }
}

/// Time that may be spent on judging in between.
struct Budget {
    saved: Duration,
    counted: Instant,
    last: Option<Instant>,
    cost: Duration,
}

impl Budget {
    const fn new(now: Instant) -> Self {
        Self { saved: ALLOWANCE, counted: now, last: None, cost: Duration::ZERO }
    }

    /// Whether one more judgement like the last one can be paid; `waits` where the reader is about to wait for input.
    fn allows(&mut self, now: Instant, waits: bool) -> bool {
        let earned = now.saturating_duration_since(self.counted).mul_f64(SHARE);
        self.saved = (self.saved + earned).min(MOST_SAVED.max(self.cost * 2));
        self.counted = now;
        let due = waits || self.last.is_none_or(|last| now.saturating_duration_since(last) >= APART);
        due && self.saved >= self.cost
    }

    fn spend(&mut self, from: Instant, to: Instant) {
        self.cost = to.saturating_duration_since(from);
        self.saved = self.saved.saturating_sub(self.cost);
        self.counted = to;
        self.last = Some(to);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;
    use std::sync::mpsc;

    use super::*;
    use crate::settings::Hooks;

    #[test]
    fn the_last_snapshot_is_that_of_a_plain_analysis() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/proxy-407-ntlm-unanswered.pcap");
        let (tell, told) = mpsc::channel();
        let follow = Follow::start(vec![path.clone()], Settings::default(), move || tell.send(()).unwrap()).unwrap();
        let news = loop {
            told.recv().unwrap();
            match follow.take() {
                Some(news) if news.stage != Stage::Reading => break news,
                _ => {}
            }
        };
        let stop = AtomicBool::new(false);
        let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
        let (plain, _) = crate::engine::analyse(&[path], &Settings::default(), &hooks).unwrap();
        assert_eq!(news.snapshot.findings, plain.findings);
        assert_eq!(news.stage, Stage::Done(Vec::new()));
        assert_eq!(follow.reached().packets, plain.inputs[0].packets);
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let (tell, told) = mpsc::channel();
        let follow =
            Follow::start(vec!["/no/such/file".into()], Settings::default(), move || tell.send(()).unwrap()).unwrap();
        told.recv().unwrap();
        assert!(matches!(follow.take().unwrap().stage, Stage::Failed(errors) if errors.len() == 1));
    }

    #[test]
    fn judging_takes_its_share_and_no_more() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let (mut spent, mut now) = (Duration::ZERO, start);
        let cost = Duration::from_millis(30);
        while now < start + Duration::from_secs(60) {
            if budget.allows(now, false) {
                budget.spend(now, now + cost);
                spent += cost;
                now += cost;
            }
            now += Duration::from_millis(1);
        }
        assert!(spent > Duration::from_secs(2), "{spent:?}");
        assert!(spent < Duration::from_secs(3), "{spent:?}");
    }

    #[test]
    fn a_pipe_that_pauses_is_shown_at_once() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        assert!(budget.allows(start, false));
        budget.spend(start, start + Duration::from_millis(1));
        let soon = start + Duration::from_millis(5);
        assert!(!budget.allows(soon, false));
        assert!(budget.allows(soon, true));
    }
}
