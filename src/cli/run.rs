//! From arguments to an exit code.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, bail};
use clap::{CommandFactory, Parser};
use jiff::tz::TimeZone;

use super::args::{Arguments, Command, Common, ReportArguments};
use super::console::say;
use super::output::{self, Output, Reader};
use super::progress::ProgressLine;
use super::sandbox::Allowed;
use super::stats::Meter;
use super::{config, endpoints, interfaces, inventory, live, sandbox, screen};
use crate::engine::snapshot::Snapshot;
use crate::error::Error;
use crate::limits::TableLimits;
use crate::report::{self, Format, Language, Options, Selection, Style, build, clock, explain, schema, summary_line};
use crate::settings::{Hooks, Settings};

/// The engine as the command line uses it: analyses captures, returns what was found and what could not be read.
pub type Analyse<'a> = &'a dyn Fn(&[PathBuf], &Settings, &Hooks<'_>) -> Result<(Snapshot, Vec<Error>), Vec<Error>>;

/// Analysed, and `--fail-on` was reached.
const FAILED_ON: u8 = 1;
/// No input could be read, or wrong usage.
const UNUSABLE: u8 = 2;
/// Interrupted by SIGINT (128 + 2).
const INTERRUPTED: u8 = 130;

/// Runs the program with `analyse` as its engine.
#[must_use]
pub fn run(analyse: Analyse<'_>) -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no errors; printing them into a closed pipe is none either.
            let code = if error.use_stderr() { UNUSABLE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match execute(arguments, analyse) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // Errors of the library name their source themselves; those made here carry it as a chain.
            match error.downcast_ref::<Error>() {
                Some(own) => say(&format!("ncsight: {own}")),
                None => say(&format!("ncsight: {error:#}")),
            }
            ExitCode::from(UNUSABLE)
        }
    }
}

fn execute(arguments: Arguments, analyse: Analyse<'_>) -> anyhow::Result<u8> {
    let Arguments { command, files, live, common } = arguments;
    if common.print_config {
        return print(|out| out.write_all(config::print_defaults().as_bytes()));
    }
    match command {
        None if !live.is_wanted() && files.is_empty() => {
            say(&Arguments::command().render_help().to_string());
            Ok(UNUSABLE)
        }
        None if screen::wanted() => {
            let is_stream = matches!(&*files, [file] if file.as_os_str() == "-");
            if live.is_wanted() || is_stream {
                return live::screen(&ReportArguments { format: Format::Text, output: None, live, files }, &common);
            }
            screen::open(files, &common)
        }
        None => {
            if live.is_wanted() {
                let option = if live.follow { "--follow" } else { "-i" };
                say(&format!(
                    "ncsight: standard output is no terminal: findings are printed as lines, as `ncsight report {option}` does"
                ));
            }
            report(ReportArguments { format: Format::Text, output: None, live, files }, &common, analyse)
        }
        Some(_) if !files.is_empty() || live.is_wanted() => {
            bail!("captures and options of live capture stand behind the command: ncsight report FILE...")
        }
        Some(Command::Report(arguments)) => report(arguments, &common, analyse),
        Some(Command::Explain { verdict }) => {
            let style = style(&common, &Output::Standard)?;
            print(|out| match verdict {
                Some(verdict) => explain::verdict(verdict, &style, out),
                None => explain::list(&style, out),
            })
        }
        Some(Command::Schema) => print(|out| {
            serde_json::to_writer_pretty(&mut *out, &schema::schema()).map_err(std::io::Error::from)?;
            writeln!(out)
        }),
        Some(Command::Interfaces) => {
            let list = interfaces::list()?;
            print(|out| out.write_all(list.as_bytes()))
        }
        Some(Command::Completions { shell }) => print(|out| {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ncsight", &mut script);
            out.write_all(&script)
        }),
        Some(Command::Inventory { files }) => inventory::print(&files, &settings(&common)?),
        Some(Command::Man) => print(|out| clap_mangen::Man::new(Arguments::command()).render(out)),
    }
}

fn report(arguments: ReportArguments, common: &Common, analyse: Analyse<'_>) -> anyhow::Result<u8> {
    if arguments.live.is_wanted() {
        return live::watch(&arguments, common);
    }
    if arguments.files.is_empty() {
        bail!("no capture given; name files or folders, or - for standard input");
    }
    if arguments.format == Format::Ndjson && matches!(&*arguments.files, [file] if file.as_os_str() == "-") {
        return live::follow(&arguments, common);
    }
    let settings = settings(common)?;
    if let Some(path) = arguments.output.as_deref().filter(|path| output::takes_a_capture(path, &arguments.files)) {
        bail!("{} is a capture; give the report another name", path.display());
    }
    let output = Output::open(arguments.output.as_deref())?;
    let style = style(common, &output)?;
    let selection = selection(common, &style.zone)?;
    let options = Options { language: style.language, selection, threads: settings.threads };

    let stop = stop_flag()?;
    let progress = ProgressLine::start(&arguments.files);
    let show = |state: &crate::settings::Progress| progress.show(state);
    let hooks = Hooks { progress: &show, stop: &stop, digest: arguments.format == Format::Json };
    let meter = Meter::start();
    let names = common.filter.iter().flat_map(|_| sandbox::NAMES.map(PathBuf::from));
    let readable: Vec<PathBuf> = arguments.files.iter().cloned().chain(names).collect();
    let confined = sandbox::enter(common.sandbox, &Allowed { read: &readable, ..Allowed::default() })?;
    let outcome = analyse(&arguments.files, &settings, &hooks);
    progress.finish();
    let (snapshot, warnings) = match outcome {
        Ok(outcome) => outcome,
        Err(errors) => {
            for error in errors {
                say(&format!("ncsight: {error}"));
            }
            return Ok(UNUSABLE);
        }
    };
    for warning in warnings {
        say(&format!("ncsight: {warning}"));
    }

    let report = build::report(&snapshot, &options);
    if output.write(|out| report::write(&report, arguments.format, &style, out))? == Reader::Gone {
        return Ok(0);
    }
    if arguments.format == Format::Ndjson {
        say(&summary_line(&report));
    }
    if common.stats {
        say(&meter.line(&snapshot, &confined.to_string()));
    }
    if stop.load(Ordering::Relaxed) {
        return Ok(INTERRUPTED);
    }
    let reached =
        common.fail_on.is_some_and(|least| report.findings.facts().iter().any(|finding| finding.severity >= least));
    Ok(if reached { FAILED_ON } else { 0 })
}

/// Set by the first SIGINT; a second one ends the program at once.
fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let signal = signal_hook::consts::SIGINT;
    // The order matters: the second handler arms the first.
    signal_hook::flag::register_conditional_shutdown(signal, i32::from(INTERRUPTED), Arc::clone(&stop))
        .context("cannot handle SIGINT")?;
    signal_hook::flag::register(signal, Arc::clone(&stop)).context("cannot handle SIGINT")?;
    Ok(stop)
}

pub(super) fn settings(common: &Common) -> anyhow::Result<Settings> {
    let mut settings = Settings::default();
    if let Some(path) = &common.config {
        config::load(path, &mut settings)?;
    }
    settings.proxies.extend(common.proxy.iter().cloned());
    settings.capture_point = common.capture_point.unwrap_or_default();
    settings.client_os = common.client_os.unwrap_or_default();
    settings.strict_vlan |= common.strict_vlan;
    settings.align_clocks = !common.no_clock_correction;
    settings.early_reject = !common.no_early_reject;
    settings.filter.clone_from(&common.filter);
    if let Some(path) = &common.endpoints {
        settings.endpoints = Arc::new(endpoints::load(path)?);
    }
    if let Some(bytes) = common.memory {
        settings.limits = TableLimits::for_memory(bytes);
    }
    settings.threads = match common.threads {
        None | Some(0) => std::thread::available_parallelism().map_or(1, usize::from),
        Some(threads) => threads,
    };
    Ok(settings)
}

pub(super) fn selection(common: &Common, zone: &TimeZone) -> anyhow::Result<Selection> {
    let time = |text: &Option<String>, flag: &'static str| {
        text.as_deref()
            .map(|text| clock::parse(text, zone).map_err(|message| anyhow::anyhow!("{flag}: {message}")))
            .transpose()
    };
    Ok(Selection {
        client: common.client,
        verdicts: common.verdict.clone(),
        since: time(&common.since, "--since")?,
        until: time(&common.until, "--until")?,
    })
}

pub(super) fn style(common: &Common, output: &Output) -> anyhow::Result<Style> {
    let zone = match common.tz.as_deref() {
        Some(name) => zone(name)?,
        None => TimeZone::try_system().unwrap_or(TimeZone::UTC),
    };
    Ok(Style {
        language: common.lang.unwrap_or(Language::En),
        zone,
        width: output.width(),
        colour: output.colour(common.color),
    })
}

/// A zone by its IANA name, or a fixed offset.
pub(super) fn zone(name: &str) -> anyhow::Result<TimeZone> {
    if let Ok(zone) = TimeZone::get(name) {
        return Ok(zone);
    }
    let example = jiff::fmt::strtime::parse("%:z", name).ok().and_then(|parsed| parsed.offset());
    example.map(TimeZone::fixed).with_context(|| {
        format!("--tz {name:?} is no time zone; write a name such as Asia/Tokyo or UTC, or an offset such as +09:00")
    })
}

/// Prints to standard output; a closed pipe is a success.
fn print(content: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> anyhow::Result<u8> {
    Output::Standard.write(content)?;
    Ok(0)
}
