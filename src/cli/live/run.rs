//! The run itself: takes packets, has them judged, tells what is settled.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use super::super::args::{Common, ReportArguments};
use super::super::console::say;
use super::super::output::Output;
use super::super::run::{selection, style};
use super::evidence::EvidenceFolder;
use super::notices;
use super::origin::Origin;
use super::output::LiveOutput;
use super::pace::Pace;
use super::ring::{self, Ring};
use super::shown::Shown;
use super::signals::Signals;
use super::writer::Writer;
use crate::engine::feed::Feed;
use crate::engine::live::{Told, Watch};
use crate::engine::recall::{Memory, Recall};
use crate::engine::snapshot::Snapshot;
use crate::report::live as report_live;
use crate::report::{Format, Options, Style};
use crate::settings::Settings;
use crate::source::live::{Happened, Live, Notice};
use crate::source::{Frame, Input};
use crate::verdict::Severity;

/// Nothing could be read.
const UNUSABLE: u8 = 2;
/// Interrupted by SIGINT (128 + 2).
const INTERRUPTED: u8 = 130;
/// Longest wait for packets before signals and judgements are looked at.
const PATIENCE: Duration = Duration::from_millis(50);
/// What was read when the end was asked for is taken within this time.
const DRAINED_WITHIN: Duration = Duration::from_secs(2);
/// Shortest time between two judgements.
const JUDGE_EVERY: Duration = Duration::from_millis(200);
/// A judgement may take a part of the time this many times smaller than all.
const JUDGE_SHARE: u32 = 8;
/// The same while a stream comes that nobody watches being written: it is to be read fast.
const READ_SHARE: u32 = 24;

/// A run.
pub struct Run {
    watch: Watch,
    source: Option<Live>,
    signals: Signals,
    /// Where lines go; `None` where a screen shows findings.
    out: Option<LiveOutput>,
    shown: Option<Shown>,
    /// The latest packets, where somebody may want to see them again.
    memory: Option<Memory>,
    writer: Option<Writer>,
    ring: Option<Ring>,
    evidence: Option<EvidenceFolder>,
    format: Format,
    options: Options,
    style: Style,
    names: Vec<String>,
    /// Of a stream; interfaces are always live.
    pace: Option<Pace>,
    began: Instant,
    judged: Instant,
    /// What the last judgement took.
    cost: Duration,
    /// Bytes on the wire of all packets.
    bytes: u64,
    fail_on: Option<Severity>,
    /// A finding was as serious as `--fail-on` says.
    reached: bool,
    /// Why nothing could be read.
    unreadable: Option<String>,
}

/// Whether to go on.
enum Next {
    Go,
    /// Nobody reads the output, or nobody writes the input.
    End,
}

impl Run {
    /// Everything that needs no source yet.
    ///
    /// # Errors
    ///
    /// The arguments make no sense, or an output cannot be opened.
    pub fn prepare(
        arguments: &ReportArguments,
        common: &Common,
        settings: &Settings,
        origin: &Origin<'_>,
    ) -> anyhow::Result<Self> {
        let style = style(common, &Output::Standard)?;
        let options = Options { language: style.language, selection: selection(common, &style.zone)?, threads: 1 };
        let live = &arguments.live;
        let ring =
            live.ring.as_deref().map(ring::parse).transpose().map_err(|wrong| anyhow::anyhow!("--ring {wrong}"))?;
        let evidence = live.write_findings.as_deref().map(EvidenceFolder::open).transpose()?;
        Ok(Self {
            watch: Watch::new(settings),
            source: None,
            signals: Signals::default(),
            out: None,
            shown: None,
            memory: evidence.is_some().then(Memory::default),
            writer: None,
            ring,
            evidence,
            format: arguments.format,
            options,
            style,
            names: origin.names(arguments),
            pace: origin.pace(),
            began: Instant::now(),
            judged: Instant::now(),
            cost: Duration::ZERO,
            bytes: 0,
            fail_on: common.fail_on,
            reached: false,
            unreadable: None,
        })
    }

    /// Findings go to an output as lines, and signals come here.
    ///
    /// # Errors
    ///
    /// The output cannot be opened, or the system does not give signals.
    pub fn lines(&mut self, arguments: &ReportArguments) -> anyhow::Result<()> {
        self.signals = Signals::take()?;
        self.out = Some(LiveOutput::open(arguments.output.clone(), self.pace.is_some())?);
        Ok(())
    }

    /// Findings go to a screen.
    pub fn show(&mut self, feed: Arc<Feed>) {
        self.memory = Some(feed.memory.clone());
        self.watch.show();
        self.shown = Some(Shown::new(feed, &self.names));
    }

    /// Reads from there.
    pub fn take(&mut self, source: Live) {
        self.source = Some(source);
    }

    /// Starts to write packets, where that is wanted.
    ///
    /// # Errors
    ///
    /// The file cannot be made.
    pub fn begin(&mut self, arguments: &ReportArguments) -> anyhow::Result<()> {
        let path = arguments.live.write.clone();
        let ring = self.ring.take();
        self.writer = path.map(|path| Writer::start(path, ring, self.names.clone())).transpose()?;
        if let (Some(writer), Some(source)) = (&self.writer, &mut self.source) {
            source.copy_to(writer.queue());
        }
        Ok(())
    }

    /// What is known of the sources.
    pub fn inputs(&self) -> Vec<Input> {
        self.source.as_ref().map(Live::inputs).unwrap_or_default()
    }

    /// Runs until somebody ends it; returns the exit code.
    ///
    /// # Errors
    ///
    /// An output cannot be written.
    pub fn go(self) -> anyhow::Result<u8> {
        let (code, summary) = self.finish()?;
        for line in summary {
            say(&line);
        }
        Ok(code)
    }

    /// Runs until somebody ends it; returns the exit code and what is to be said at the end.
    ///
    /// # Errors
    ///
    /// An output cannot be written.
    pub fn finish(mut self) -> anyhow::Result<(u8, Vec<String>)> {
        self.began = Instant::now();
        if let (Some(shown), Some(source)) = (&mut self.shown, &self.source) {
            shown.tell(Vec::new(), None, source.inputs(), (0, 0));
        }
        while !self.signals.ends() && !self.shown.as_ref().is_some_and(Shown::ends) {
            let next = self.step()?;
            self.note();
            if let Next::End = next {
                break;
            }
        }
        self.drain();
        if let Some(why) = self.unreadable.take().filter(|_| self.inputs().iter().all(|input| input.packets == 0)) {
            if let Some(shown) = &mut self.shown {
                shown.fail(vec![why.clone()]);
            }
            return Ok((UNUSABLE, vec![format!("ncsight: {why}")]));
        }
        let watch = std::mem::replace(&mut self.watch, Watch::new(&Settings::default()));
        let journal = self.source.as_ref().map(Live::journal).unwrap_or_default();
        let (told, totals, whole) = watch.end(self.inputs(), &journal);
        self.print(told)?;
        if let Some(shown) = &mut self.shown {
            let inputs = self.source.as_ref().map(Live::inputs).unwrap_or_default();
            // Of interfaces nobody sees it any more.
            shown.end(whole.filter(|_| self.pace.is_some()), inputs);
        }
        self.note();
        let packets: u64 = self.inputs().iter().map(|input| input.packets).sum();
        let (kernel, interface) = self.dropped();
        let mut summary = vec![format!(
            "ncsight: {packets} packets in {:.1} s, dropped {kernel} by the kernel and {interface} by interfaces; {} findings: {} errors, {} warnings",
            self.began.elapsed().as_secs_f64(),
            totals.findings,
            totals.errors,
            totals.warnings,
        )];
        let unwritten = self.unwritten();
        // Somebody has to end the run on a file that grows, as one on interfaces.
        let ends_alone = self.source.as_ref().is_some_and(|source| !source.ends_soon());
        drop(self.source);
        if let Some(writer) = self.writer {
            writer.finish();
            if unwritten > 0 {
                summary.push(format!("ncsight: {unwritten} packets were not written"));
            }
        }
        let interrupted = self.pace.is_some() && ends_alone && self.signals.interrupted();
        Ok((if interrupted { INTERRUPTED } else { u8::from(self.reached) }, summary))
    }

    /// Says how the run stands.
    fn note(&mut self) {
        let (dropped, unwritten) = (self.dropped(), self.unwritten());
        let live = self.pace.as_ref().is_none_or(Pace::is_live);
        let (Some(shown), Some(source)) = (&mut self.shown, &self.source) else { return };
        shown.note(source.packets(), self.bytes, dropped, unwritten, self.began.elapsed(), self.cost, live);
    }

    /// Takes what was read when the end was asked for.
    fn drain(&mut self) {
        let Self { watch, source: Some(source), memory, bytes, .. } = self else { return };
        source.stop();
        let patience = Instant::now() + DRAINED_WITHIN;
        while Instant::now() < patience {
            let mut recall = None;
            let mut take = |frame: &Frame<'_>| taken(frame, watch, memory.as_ref(), &mut recall, bytes);
            let happened = source.next(PATIENCE, &mut take);
            let waits = happened == Happened::Nothing && self.pace.is_some() && !source.ends_soon();
            if waits || happened == Happened::Over {
                return;
            }
        }
    }

    /// Packets that were analysed and did not get into a file.
    fn unwritten(&self) -> u64 {
        self.source.as_ref().map_or(0, Live::uncopied) + self.writer.as_ref().map_or(0, Writer::lost)
    }

    fn dropped(&self) -> (u64, u64) {
        self.source.as_ref().map_or((0, 0), Live::dropped)
    }

    fn step(&mut self) -> anyhow::Result<Next> {
        let Self { watch, source: Some(source), memory, bytes, .. } = self else { return Ok(Next::End) };
        let (mut last, mut recall) = (None, None);
        let mut take = |frame: &Frame<'_>| {
            last = last.max(Some(frame.at.time));
            taken(frame, watch, memory.as_ref(), &mut recall, bytes);
        };
        let happened = source.next(PATIENCE, &mut take);
        drop(recall);
        if let Some(pace) = &mut self.pace {
            let time = match last {
                Some(last) => {
                    pace.packets(last, Instant::now());
                    None
                }
                // What was written half says that there is more, which the writer still holds back.
                None => pace.silence(Instant::now()).filter(|_| !source.is_torn()),
            };
            if let Some(now) = time {
                watch.tick(now);
            }
        }
        match happened {
            Happened::Nothing | Happened::Packets => {}
            Happened::Time(now) => watch.tick(now),
            Happened::Lost(source, loss) => {
                watch.lost(loss);
                let name = self.name(source);
                say(&format!(
                    "ncsight: {name}: {} packets dropped by the kernel, {} by the interface",
                    loss.kernel, loss.interface
                ));
            }
            Happened::Broken(..) => {
                let told = watch.interrupt(source.inputs());
                self.print(told)?;
            }
            Happened::Notice(_, Notice::Ended(why)) => {
                self.unreadable = why;
                return Ok(Next::End);
            }
            Happened::Notice(source, notice) => {
                if let Some(shown) = &mut self.shown {
                    shown.notice(source, &notice);
                }
                if let Some(line) = notices::sentence(self.name(source), &notice) {
                    say(&format!("ncsight: {line}"));
                }
            }
            Happened::Over => return Ok(Next::End),
        }
        if self.signals.wants_reopening() {
            if let Some(out) = &mut self.out {
                out.reopen()?;
            }
            if let Some(writer) = &self.writer {
                writer.reopen();
            }
        }
        if self.signals.wants_statistics() {
            for line in notices::statistics(&self.inputs(), self.dropped(), self.watch.totals(), self.cost) {
                say(&line);
            }
            if self.writer.is_some() {
                say(&format!("ncsight: {} packets were not written", self.unwritten()));
            }
        }
        let live = self.pace.as_ref().is_none_or(Pace::is_live);
        let share = if live { JUDGE_SHARE } else { READ_SHARE };
        let pause = JUDGE_EVERY.max(self.cost * share);
        if (live || self.shown.is_some()) && self.judged.elapsed() >= pause && self.watch.is_due() {
            self.watch.hoard(!live);
            let start = Instant::now();
            let told = self.watch.settle(self.inputs());
            self.print(told)?;
            self.judged = Instant::now();
            self.cost = self.judged.duration_since(start);
        }
        Ok(if self.out.as_ref().is_some_and(LiveOutput::is_gone) { Next::End } else { Next::Go })
    }

    /// Prints what is told, as far as the selection shows it, and writes its packets.
    fn print(&mut self, told: Vec<Told>) -> anyhow::Result<()> {
        for one in told.iter().filter(|one| self.options.selection.shows(&one.finding)) {
            self.reached |= self.fail_on.is_some_and(|least| one.finding.severity >= least);
            let Some(memory) = &self.memory else { continue };
            if let Some(evidence) = &mut self.evidence {
                let packets = memory.open().evidence(&one.finding);
                evidence.write(&one.finding, &packets, self.options.language);
            }
            if self.shown.is_some() {
                memory.open().pin(&one.finding);
            }
        }
        if let Some(shown) = &mut self.shown {
            let inputs = self.source.as_ref().map(Live::inputs).unwrap_or_default();
            let dropped = self.source.as_ref().map_or((0, 0), Live::dropped);
            shown.tell(told, self.watch.take_seen(), inputs, dropped);
            return Ok(());
        }
        let Some(out) = &mut self.out else { return Ok(()) };
        if told.is_empty() {
            return Ok(());
        }
        let inputs = self.source.as_ref().map(Live::inputs).unwrap_or_default();
        let time_digits = inputs.iter().map(|input| input.time_digits).max().unwrap_or(6);
        let about = Snapshot { inputs, time_digits, ..Snapshot::default() };
        for one in told.iter().filter(|one| self.options.selection.shows(&one.finding)) {
            let (format, options, style) = (self.format, &self.options, &self.style);
            out.write(|out| report_live::write(one, &about, format, options, style, out))?;
        }
        Ok(out.flush()?)
    }

    fn name(&self, source: u16) -> &str {
        self.names.get(usize::from(source)).map_or("-", String::as_str)
    }
}

/// Takes a packet. What is remembered is opened with the first of several that come together.
#[inline]
fn taken<'a>(
    frame: &Frame<'_>,
    watch: &mut Watch,
    memory: Option<&'a Memory>,
    recall: &mut Option<MutexGuard<'a, Recall>>,
    bytes: &mut u64,
) {
    *bytes += u64::from(frame.wire_len);
    watch.frame(frame);
    if let Some(memory) = memory {
        recall.get_or_insert_with(|| memory.open()).packet(frame);
    }
}
