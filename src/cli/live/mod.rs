//! A live run without a screen: finding by finding, for days.

pub mod args;
mod evidence;
mod notices;
mod output;
mod pace;
mod rights;
mod ring;
mod signals;
mod writer;

use std::time::{Duration, Instant};

use std::path::{Path, PathBuf};

use anyhow::bail;

use self::evidence::EvidenceFolder;
use self::output::LiveOutput;
use self::pace::Pace;
use self::ring::Ring;
use self::signals::Signals;
use self::writer::Writer;
use super::args::{Common, ReportArguments};
use super::output::Output;
use super::run::{say, selection, settings, style};
use crate::engine::live::{Told, Watch};
use crate::engine::snapshot::Snapshot;
use crate::report::live as report_live;
use crate::report::{Format, Options, Style};
use crate::settings::Settings;
#[cfg(feature = "live")]
use crate::source::live::Plan;
use crate::source::live::{Happened, Live, Notice};
use crate::source::{Frame, Input};

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

/// Captures until somebody ends it; returns the exit code.
///
/// # Errors
///
/// The arguments make no sense, or an interface cannot be read.
pub fn watch(arguments: &ReportArguments, common: &Common) -> anyhow::Result<u8> {
    if !matches!(arguments.format, Format::Ndjson | Format::Text) {
        bail!("a live run never ends, and so has no whole report: --format ndjson or text prints finding by finding");
    }
    let settings = settings(common)?;
    let (mut run, ring) = prepare(arguments, common, &settings, None)?;
    run.source = Some(open(arguments, common, &settings)?);
    confine(arguments);
    run.begin(arguments, ring)?;
    for input in run.inputs() {
        let link = input.link_types.join(", ");
        say(&format!("ncsight: listening on {} ({link})", input.path.display()));
    }
    run.go()
}

/// Reads a capture from standard input while another program still writes it; returns the exit code.
///
/// # Errors
///
/// The arguments make no sense.
pub fn follow(arguments: &ReportArguments, common: &Common) -> anyhow::Result<u8> {
    let settings = settings(common)?;
    let (mut run, ring) = prepare(arguments, common, &settings, Some(Pace::default()))?;
    confine(arguments);
    let stream = Box::new(std::io::stdin());
    run.source = Some(Live::follow(Path::new("-"), stream, common.filter.clone(), || {})?);
    run.begin(arguments, ring)?;
    run.go()
}

/// Everything that needs no source yet.
fn prepare<'a>(
    arguments: &ReportArguments,
    common: &'a Common,
    settings: &Settings,
    pace: Option<Pace>,
) -> anyhow::Result<(Run<'a>, Option<Ring>)> {
    let style = style(common, &Output::Standard)?;
    let options = Options { language: style.language, selection: selection(common, &style.zone)? };
    let live = &arguments.live;
    let ring = live.ring.as_deref().map(ring::parse).transpose().map_err(|wrong| anyhow::anyhow!("--ring {wrong}"))?;
    let names = if pace.is_some() { vec!["-".to_owned()] } else { live.interfaces.clone() };
    let run = Run {
        watch: Watch::new(settings),
        source: None,
        signals: Signals::take()?,
        out: LiveOutput::open(arguments.output.clone(), pace.is_some())?,
        writer: None,
        evidence: live.write_findings.as_deref().map(EvidenceFolder::open).transpose()?,
        format: arguments.format,
        options,
        style,
        names,
        pace,
        judged: Instant::now(),
        cost: Duration::ZERO,
        reached: false,
        unreadable: None,
        common,
    };
    Ok((run, ring))
}

/// From here on nothing is opened but outputs: whoever looks into packets has no rights.
fn confine(arguments: &ReportArguments) {
    if let Some(open) = rights::give_up(&folders(arguments)) {
        say(&format!("ncsight: {open}"));
    }
}

/// The folders of all outputs.
fn folders(arguments: &ReportArguments) -> Vec<PathBuf> {
    let live = &arguments.live;
    let files = live.write.iter().chain(arguments.output.iter().filter(|path| path.as_path() != Path::new("-")));
    let folder = |path: &PathBuf| match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    files.map(folder).chain(live.write_findings.clone()).collect()
}

#[cfg(feature = "live")]
fn open(arguments: &ReportArguments, common: &Common, settings: &Settings) -> anyhow::Result<Live> {
    let live = &arguments.live;
    let mut ports = live.proxy_port.clone();
    ports.extend(settings.proxies.iter().map(|proxy| proxy.port));
    let plan = Plan {
        interfaces: live.interfaces.clone(),
        filter: common.filter.clone(),
        ports,
        snap_length: live.snaplen,
        buffer: u32::try_from(live.buffer).unwrap_or(u32::MAX),
    };
    Ok(Live::open(&plan, rights::keep_capture)?)
}

#[cfg(not(feature = "live"))]
fn open(_: &ReportArguments, _: &Common, _: &Settings) -> anyhow::Result<Live> {
    Err(crate::error::Error::WithoutLive { wanted: "live capture" }.into())
}

/// A run.
struct Run<'a> {
    watch: Watch,
    source: Option<Live>,
    signals: Signals,
    out: LiveOutput,
    writer: Option<Writer>,
    evidence: Option<EvidenceFolder>,
    format: Format,
    options: Options,
    style: Style,
    names: Vec<String>,
    /// Of a stream; interfaces are always live.
    pace: Option<Pace>,
    judged: Instant,
    /// What the last judgement took.
    cost: Duration,
    /// A finding was as serious as `--fail-on` says.
    reached: bool,
    /// Why nothing could be read.
    unreadable: Option<String>,
    common: &'a Common,
}

/// Whether to go on.
enum Next {
    Go,
    /// Nobody reads the output, or nobody writes the input.
    End,
}

impl Run<'_> {
    /// Starts to write packets, where that is wanted.
    fn begin(&mut self, arguments: &ReportArguments, ring: Option<Ring>) -> anyhow::Result<()> {
        let path = arguments.live.write.clone();
        self.writer = path.map(|path| Writer::start(path, ring, self.names.clone())).transpose()?;
        if let (Some(writer), Some(source)) = (&self.writer, &mut self.source) {
            source.copy_to(writer.queue());
        }
        Ok(())
    }

    fn inputs(&self) -> Vec<Input> {
        self.source.as_ref().map(Live::inputs).unwrap_or_default()
    }

    fn go(mut self) -> anyhow::Result<u8> {
        let start = Instant::now();
        while !self.signals.ends() {
            if let Next::End = self.step()? {
                break;
            }
        }
        self.drain();
        if let Some(why) = self.unreadable.take().filter(|_| self.inputs().iter().all(|input| input.packets == 0)) {
            say(&format!("ncsight: {why}"));
            return Ok(UNUSABLE);
        }
        let watch = std::mem::replace(&mut self.watch, Watch::new(&Settings::default()));
        let journal = self.source.as_ref().map(Live::journal).unwrap_or_default();
        let (told, totals) = watch.finish(self.inputs(), &journal);
        self.print(told)?;
        let packets: u64 = self.inputs().iter().map(|input| input.packets).sum();
        let (kernel, interface) = self.dropped();
        say(&format!(
            "ncsight: {packets} packets in {:.1} s, dropped {kernel} by the kernel and {interface} by interfaces; {} findings: {} errors, {} warnings",
            start.elapsed().as_secs_f64(),
            totals.findings,
            totals.errors,
            totals.warnings,
        ));
        let unwritten = self.unwritten();
        drop(self.source);
        if let Some(writer) = self.writer {
            writer.finish();
            if unwritten > 0 {
                say(&format!("ncsight: {unwritten} packets were not written"));
            }
        }
        Ok(if self.pace.is_some() && self.signals.interrupted() { INTERRUPTED } else { u8::from(self.reached) })
    }

    /// Takes what was read when the end was asked for.
    fn drain(&mut self) {
        let Self { watch, source: Some(source), evidence, .. } = self else { return };
        source.stop();
        let patience = Instant::now() + DRAINED_WITHIN;
        while Instant::now() < patience {
            let mut take = |frame: &Frame<'_>| {
                watch.frame(frame);
                if let Some(evidence) = evidence {
                    evidence.packet(frame);
                }
            };
            // A stream may keep its reader waiting for ever.
            let happened = source.next(PATIENCE, &mut take);
            if happened == Happened::Over || happened == Happened::Nothing && self.pace.is_some() {
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
        let Self { watch, source: Some(source), evidence, .. } = self else { return Ok(Next::End) };
        let mut last = None;
        let mut take = |frame: &Frame<'_>| {
            last = last.max(Some(frame.at.time));
            watch.frame(frame);
            if let Some(evidence) = evidence {
                evidence.packet(frame);
            }
        };
        let happened = source.next(PATIENCE, &mut take);
        if let Some(pace) = &mut self.pace {
            let time = match last {
                Some(last) => {
                    pace.packets(last, Instant::now());
                    None
                }
                None => pace.silence(Instant::now()),
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
                if let Some(line) = notices::sentence(self.name(source), &notice) {
                    say(&format!("ncsight: {line}"));
                }
            }
            Happened::Over => return Ok(Next::End),
        }
        if self.signals.wants_reopening() {
            self.out.reopen()?;
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
        let pause = JUDGE_EVERY.max(self.cost * JUDGE_SHARE);
        let live = self.pace.as_ref().is_none_or(Pace::is_live);
        if live && self.judged.elapsed() >= pause && self.watch.is_due() {
            let start = Instant::now();
            let told = self.watch.settle(self.inputs());
            self.judged = Instant::now();
            self.cost = self.judged.duration_since(start);
            self.print(told)?;
        }
        Ok(if self.out.is_gone() { Next::End } else { Next::Go })
    }

    /// Prints what is told, as far as the selection shows it, and writes its packets.
    fn print(&mut self, told: Vec<Told>) -> anyhow::Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        let about = Snapshot {
            inputs: self.inputs(),
            time_digits: self.inputs().iter().map(|input| input.time_digits).max().unwrap_or(6),
            ..Snapshot::default()
        };
        for one in told {
            if !self.options.selection.shows(&one.finding) {
                continue;
            }
            self.reached |= self.common.fail_on.is_some_and(|least| one.finding.severity >= least);
            if let Some(evidence) = &mut self.evidence {
                evidence.write(&one.finding, self.options.language);
            }
            let (format, options, style) = (self.format, &self.options, &self.style);
            self.out.write(|out| report_live::write(&one, &about, format, options, style, out))?;
        }
        Ok(self.out.flush()?)
    }

    fn name(&self, source: u16) -> &str {
        self.names.get(usize::from(source)).map_or("-", String::as_str)
    }
}
