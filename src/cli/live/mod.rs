//! A live run: finding by finding, for days, on a screen or as lines.

pub mod args;
mod evidence;
mod notices;
mod output;
mod pace;
mod rights;
mod ring;
mod run;
mod screen;
mod shown;
mod signals;
mod writer;

use std::path::{Path, PathBuf};

use anyhow::bail;

pub use self::screen::screen;

use self::pace::Pace;
use self::run::Run;
use super::args::{Common, ReportArguments};
use super::console::say;
use super::run::settings;
use crate::engine::feed::Sandbox;
use crate::report::Format;
use crate::settings::Settings;
use crate::source::live::Live;
#[cfg(feature = "live")]
use crate::source::live::Plan;

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
    let mut run = Run::prepare(arguments, common, &settings, None)?;
    run.lines(arguments)?;
    run.take(open(arguments, common, &settings)?);
    confine(arguments);
    run.begin(arguments)?;
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
    let mut run = Run::prepare(arguments, common, &settings, Some(Pace::default()))?;
    run.lines(arguments)?;
    confine(arguments);
    run.take(stream(common)?);
    run.begin(arguments)?;
    run.go()
}

/// Standard input, which another program may still be writing.
fn stream(common: &Common) -> anyhow::Result<Live> {
    let stream = Box::new(std::io::stdin());
    Ok(Live::follow(Path::new("-"), stream, common.filter.clone(), || {})?)
}

/// From here on nothing is opened but outputs: whoever looks into packets has no rights.
fn confine(arguments: &ReportArguments) {
    if let Sandbox::Open(why) = rights::give_up(&folders(arguments), false) {
        say(&format!("ncsight: {why}"));
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
