//! A live run: finding by finding, for days, on a screen or as lines.

pub mod args;
mod evidence;
mod notices;
mod origin;
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

use self::origin::Origin;
use self::run::Run;
use super::args::{Common, ReportArguments};
use super::console::say;
use super::run::settings;
use crate::engine::feed::Sandbox;
use crate::report::Format;
use crate::settings::Settings;
#[cfg(feature = "live")]
use crate::source::live::Plan;
use crate::source::live::{Followed, Live};

/// Captures, or follows a file, until somebody ends it; returns the exit code.
///
/// # Errors
///
/// The arguments make no sense, or an interface or the file cannot be read.
pub fn watch(arguments: &ReportArguments, common: &Common) -> anyhow::Result<u8> {
    if !matches!(arguments.format, Format::Ndjson | Format::Text) {
        bail!("a live run never ends, and so has no whole report: --format ndjson or text prints finding by finding");
    }
    let settings = settings(common)?;
    let origin = Origin::of(arguments)?;
    let mut run = Run::prepare(arguments, common, &settings, &origin)?;
    run.lines(arguments)?;
    let opened = Opened::open(&origin, arguments, common, &settings)?;
    confine(arguments, common)?;
    run.take(opened.start(common)?);
    run.begin(arguments)?;
    if let Origin::File(path) = origin {
        say(&format!("ncsight: following {}", path.display()));
        return run.go();
    }
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
    let mut run = Run::prepare(arguments, common, &settings, &Origin::Stream)?;
    run.lines(arguments)?;
    confine(arguments, common)?;
    run.take(Opened::Stream.start(common)?);
    run.begin(arguments)?;
    run.go()
}

/// What was opened while there were rights to do so.
enum Opened {
    /// Interfaces, which are read already.
    Started(Live),
    /// Standard input.
    Stream,
    /// A file that another program still writes.
    File(Followed),
}

impl Opened {
    fn open(
        origin: &Origin<'_>,
        arguments: &ReportArguments,
        common: &Common,
        settings: &Settings,
    ) -> anyhow::Result<Self> {
        Ok(match origin {
            Origin::Interfaces => Self::Started(open(arguments, common, settings)?),
            Origin::Stream => Self::Stream,
            Origin::File(path) => {
                let folder = folder(path);
                let mode = common.sandbox;
                Self::File(Followed::open(path, move || rights::keep_opening(mode, folder))?)
            }
        })
    }

    /// Starts to read, on threads that have no more rights than this one.
    fn start(self, common: &Common) -> anyhow::Result<Live> {
        let filter = common.filter.clone();
        Ok(match self {
            Self::Started(live) => live,
            Self::Stream => Live::follow(Path::new("-"), Box::new(std::io::stdin()), filter, || {})?,
            Self::File(followed) => Live::tail(followed, filter)?,
        })
    }
}

/// From here on nothing is opened but outputs: whoever looks into packets has no rights.
fn confine(arguments: &ReportArguments, common: &Common) -> anyhow::Result<()> {
    if let Sandbox::Open(why) = rights::confine(common, &folders(arguments), false)? {
        say(&format!("ncsight: {why}"));
    }
    Ok(())
}

/// The folders of all outputs.
fn folders(arguments: &ReportArguments) -> Vec<PathBuf> {
    let live = &arguments.live;
    let files = live.write.iter().chain(arguments.output.iter().filter(|path| path.as_path() != Path::new("-")));
    files.map(|path| folder(path)).chain(live.write_findings.clone()).collect()
}

/// The folder that `path` stands in.
fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
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
