//! An interface, read by a thread of its own through libpcap.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use pcap::{Active, Capture};

use super::clock::{Break, Clocks, Continuity, Cut, SystemClocks};
use super::kernel_filter::kernel_filter;
use super::{Batch, Event, Live, Loss, Notice, Plan, Shared};
use crate::error::Error;
use crate::source::{Input, LinkType};
use crate::time::CaptureTime;

/// The kernel hands a block of packets over when it is full, or this old.
const BLOCK_AGE: Duration = Duration::from_millis(20);
/// How far behind the clock everything was surely handed over.
const BEHIND: Duration = Duration::from_millis(40);
/// Longest wait for packets, so that whoever ends the run is heard.
const PATIENCE: Duration = Duration::from_millis(100);
/// Time between two looks at the drop counters.
const COUNT_EVERY: Duration = Duration::from_millis(250);
/// Time between two looks at the speed of the interface.
const SPEED_EVERY: Duration = Duration::from_secs(5);
/// Time between two tries to open an interface that went away.
const RETRY_EVERY: Duration = Duration::from_millis(250);

impl Live {
    /// Opens all interfaces of `plan` and starts to read them. `prepare` runs first on each reading thread: it gives up
    /// the rights that reading does not need.
    ///
    /// # Errors
    ///
    /// [`Error::Interface`] where one of them cannot be opened, [`Error::Filter`] where the filter makes no sense.
    pub fn open(plan: &Plan, prepare: fn()) -> Result<Self, Error> {
        let mut opened = Vec::new();
        let mut inputs = Vec::new();
        for name in &plan.interfaces {
            let (capture, link, filter) = open(name, plan)?;
            inputs.push(Input {
                path: name.into(),
                format: "live",
                link_types: vec![link.to_string()],
                capture_os: Some(std::env::consts::OS.to_owned()),
                filter: Some(filter),
                snap_length: Some(plan.snap_length),
                time_digits: 6,
                ..Input::default()
            });
            opened.push((name.clone(), capture, link));
        }
        let (live, shared, events) = Self::new(inputs);
        for (source, (name, capture, link)) in (0u16..).zip(opened) {
            let events = events.clone();
            let shared = Arc::clone(&shared);
            let plan = plan.clone();
            let thread = std::thread::Builder::new().name(format!("read {name}"));
            let started = thread.spawn(move || {
                prepare();
                let mut reader = Reading::new(source, name, plan, shared, events, link);
                reader.run(capture);
            });
            started.map_err(|source| Error::Io { path: "thread".into(), operation: "start", source, hint: "" })?;
        }
        Ok(live)
    }
}

/// Opens an interface: the handle, the link type of its packets, and the filter in use.
fn open(name: &str, plan: &Plan) -> Result<(Capture<Active>, LinkType, String), Error> {
    let failed = |error: pcap::Error| Error::Interface { name: name.to_owned(), message: explain(&text(error)) };
    let size = |bytes: u32| i32::try_from(bytes).unwrap_or(i32::MAX);
    let mut capture = Capture::from_device(name)
        .map_err(failed)?
        .promisc(true)
        .snaplen(size(plan.snap_length))
        .buffer_size(size(plan.buffer))
        .timeout(i32::try_from(BLOCK_AGE.as_millis()).unwrap_or(20))
        .open()
        .map_err(failed)?
        .setnonblock()
        .map_err(failed)?;
    let link = link_type(capture.get_datalink().0);
    let filter = match &plan.filter {
        Some(filter) => filter.clone(),
        None => kernel_filter(&plan.ports, link == LinkType::ETHERNET),
    };
    capture
        .filter(&filter, true)
        .map_err(|error| Error::Filter { expression: filter.clone(), message: text(error) })?;
    Ok((capture, link, filter))
}

/// What libpcap said, and what the user can do about it.
fn explain(message: &str) -> String {
    let lower = message.to_ascii_lowercase();
    if lower.contains("permission") || lower.contains("not permitted") {
        let program = std::env::current_exe().unwrap_or_else(|_| "ncsight".into());
        return format!(
            "capturing is not permitted ({message}); grant it to this program with: sudo setcap cap_net_raw=ep {}",
            program.display()
        );
    }
    if lower.contains("no such device") || lower.contains("doesn't exist") {
        return format!("there is no such interface ({message}); `ncsight interfaces` lists them");
    }
    if lower.contains("not up") || lower.contains("is down") {
        return format!("{message}; bring it up first, for instance with: sudo ip link set NAME up");
    }
    message.to_owned()
}

/// Whether an interface can be captured on: the link type of its packets, or why not.
///
/// # Errors
///
/// A sentence about why not, and what to do.
pub fn permitted(name: &str) -> Result<LinkType, String> {
    let opened = Capture::from_device(name).and_then(|capture| capture.snaplen(64).buffer_size(1 << 16).open());
    opened.map(|capture| link_type(capture.get_datalink().0)).map_err(|error| explain(&text(error)))
}

/// The neutral number of what libpcap calls by one that differs between systems.
fn link_type(dlt: i32) -> LinkType {
    match dlt {
        12 | 14 => LinkType::RAW,
        other => LinkType(u16::try_from(other).unwrap_or(u16::MAX)),
    }
}

fn text(error: pcap::Error) -> String {
    match error {
        pcap::Error::PcapError(message) => message,
        other => other.to_string(),
    }
}

/// Whoever waits for packets is gone.
struct Deaf;

/// The state of a reading thread.
struct Reading {
    source: u16,
    name: String,
    plan: Plan,
    shared: Arc<Shared>,
    events: SyncSender<Event>,
    link: LinkType,
    batch: Batch,
    clocks: SystemClocks,
    continuity: Continuity,
    /// A cut of which packets from before may still come.
    cut: Option<Break>,
    counted: Counted,
    speed: Speed,
}

/// The drop counters at the last look.
struct Counted {
    at: CaptureTime,
    when: Instant,
    kernel: u32,
    interface: u32,
}

struct Speed {
    when: Instant,
    known: Option<u32>,
}

impl Reading {
    fn new(
        source: u16,
        name: String,
        plan: Plan,
        shared: Arc<Shared>,
        events: SyncSender<Event>,
        link: LinkType,
    ) -> Self {
        let mut clocks = SystemClocks;
        let look = clocks.look();
        let mut continuity = Continuity::default();
        continuity.check(look);
        let now = Instant::now();
        let speed = Speed { when: now, known: speed_of(&name) };
        let counted = Counted { at: look.wall, when: now, kernel: 0, interface: 0 };
        let batch = Batch::default();
        Self { source, name, plan, shared, events, link, batch, clocks, continuity, cut: None, counted, speed }
    }

    fn stops(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    fn send(&self, event: Event) -> Result<(), Deaf> {
        self.events.send(event).map_err(|_| Deaf)
    }

    fn flush(&mut self) -> Result<(), Deaf> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let mut next = self.shared.batch();
        next.reset(self.link);
        let full = std::mem::replace(&mut self.batch, next);
        self.send(Event::Packets(self.source, Arc::new(full)))
    }

    /// Reads until nobody listens any more; an interface that goes away is waited for.
    fn run(&mut self, capture: Capture<Active>) {
        let mut capture = capture;
        while !self.stops() {
            let Ok(why) = self.read(&mut capture) else { return };
            if self.stops() {
                return;
            }
            drop(capture);
            match self.wait_for_return(why) {
                Some(again) => capture = again,
                None => return,
            }
        }
    }

    /// Reads until the interface fails, and says why.
    fn read(&mut self, capture: &mut Capture<Active>) -> Result<String, Deaf> {
        self.batch.reset(self.link);
        loop {
            if self.stops() {
                return Ok(String::new());
            }
            wait(capture);
            let look = self.clocks.look();
            self.cut = self.continuity.check(look).or(self.cut);
            let drained = loop {
                match self.fill(capture) {
                    Ok(true) => break true,
                    Ok(false) => {}
                    Err(Failed::Deaf) => return Err(Deaf),
                    Err(Failed::Interface(why)) => {
                        self.flush()?;
                        return Ok(why);
                    }
                }
                if self.counted.when.elapsed() >= COUNT_EVERY {
                    break false;
                }
            };
            self.flush()?;
            if drained && let Some(cut) = self.cut.take() {
                self.send(Event::Notice(self.source, Notice::Clock(cut.cut)))?;
                self.send(Event::Broken(self.source, cut))?;
            }
            self.count(capture, look.wall)?;
            if drained {
                self.send(Event::Quiet(self.source, look.wall.before(BEHIND)))?;
            }
        }
    }

    /// Takes what the kernel has, a batch at most; whether it had no more.
    fn fill(&mut self, capture: &mut Capture<Active>) -> Result<bool, Failed> {
        let Self { batch, cut, .. } = self;
        let mut behind = None;
        let taken = capture.dispatch(Some(512), |packet| {
            let stamp = stamp(&packet);
            if behind.is_none() && cut.is_some_and(|cut| cut.is_behind(stamp)) {
                behind = Some(batch.len());
            }
            batch.push(stamp, packet.header.len, packet.data);
        });
        let drained = match taken {
            Ok(taken) => taken == 0,
            Err(error) => return Err(Failed::Interface(text(error))),
        };
        if let (Some(index), Some(found)) = (behind, self.cut.take_if(|_| behind.is_some())) {
            // The packets of one call straddle the cut: those behind it go into a batch of their own.
            let rest = self.batch.split_off(index);
            self.flush()?;
            self.send(Event::Notice(self.source, Notice::Clock(found.cut)))?;
            self.send(Event::Broken(self.source, found))?;
            self.batch = rest;
        }
        if self.batch.is_full() {
            self.flush()?;
        }
        Ok(drained)
    }

    /// Looks at the drop counters now and then.
    fn count(&mut self, capture: &mut Capture<Active>, wall: CaptureTime) -> Result<(), Deaf> {
        if self.counted.when.elapsed() < COUNT_EVERY {
            return Ok(());
        }
        let Ok(stats) = capture.stats() else { return Ok(()) };
        let loss = Loss {
            from: self.counted.at,
            to: wall,
            kernel: u64::from(stats.dropped.wrapping_sub(self.counted.kernel)),
            interface: u64::from(stats.if_dropped.wrapping_sub(self.counted.interface)),
        };
        self.counted = Counted { at: wall, when: Instant::now(), kernel: stats.dropped, interface: stats.if_dropped };
        if loss.kernel + loss.interface > 0 {
            self.shared.kernel.fetch_add(loss.kernel, Ordering::Relaxed);
            self.shared.interface.fetch_add(loss.interface, Ordering::Relaxed);
            self.send(Event::Lost(self.source, loss))?;
        }
        if self.speed.when.elapsed() >= SPEED_EVERY {
            let known = speed_of(&self.name);
            self.speed.when = Instant::now();
            if known != self.speed.known {
                self.speed.known = known;
                self.send(Event::Notice(self.source, Notice::Speed(known)))?;
            }
        }
        Ok(())
    }

    /// Waits until the interface can be read again; `None` where nobody wants it any more.
    fn wait_for_return(&mut self, why: String) -> Option<Capture<Active>> {
        let from = self.clocks.look().wall;
        self.send(Event::Notice(self.source, Notice::Gone(why))).ok()?;
        let (left, start) = (from, Instant::now());
        loop {
            std::thread::park_timeout(RETRY_EVERY);
            if self.stops() {
                return None;
            }
            let Ok((capture, link, _)) = open(&self.name, &self.plan) else { continue };
            let look = self.clocks.look();
            self.continuity = Continuity::default();
            self.continuity.check(look);
            self.cut = None;
            self.link = link;
            self.counted = Counted { at: look.wall, when: Instant::now(), kernel: 0, interface: 0 };
            let found = Break { cut: Cut::Away(start.elapsed()), from: left, to: look.wall };
            self.send(Event::Broken(self.source, found)).ok()?;
            self.send(Event::Notice(self.source, Notice::Back)).ok()?;
            return Some(capture);
        }
    }
}

/// Why reading ended.
enum Failed {
    Interface(String),
    Deaf,
}

impl From<Deaf> for Failed {
    fn from(_: Deaf) -> Self {
        Self::Deaf
    }
}

/// Waits for packets, or for [`PATIENCE`].
fn wait(capture: &Capture<Active>) {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut waiting = [PollFd::new(capture, PollFlags::IN)];
    let patience = Timespec { tv_sec: 0, tv_nsec: i64::from(PATIENCE.subsec_nanos()) };
    // An interrupted wait is a short one.
    let _ = poll(&mut waiting, Some(&patience));
}

#[inline]
fn stamp(packet: &pcap::Packet<'_>) -> CaptureTime {
    let ts = packet.header.ts;
    CaptureTime::from_nanos(ts.tv_sec.saturating_mul(1_000_000_000).saturating_add(ts.tv_usec.saturating_mul(1000)))
}

/// Mbit/s, as the system says (Linux only).
fn speed_of(name: &str) -> Option<u32> {
    let plain = !name.contains(['/', '\0']);
    let path = Path::new("/sys/class/net").join(name).join("speed");
    plain.then(|| std::fs::read_to_string(path).ok()?.trim().parse().ok()).flatten()
}
