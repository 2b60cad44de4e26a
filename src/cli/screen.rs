//! Opens the terminal UI.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use anyhow::Context;
use jiff::tz::TimeZone;

use super::args::{ColourWhen, Common};
use super::console::say;
use super::interface;
use super::run::{selection, settings, zone};
use super::sandbox::{self, Allowed, Confined};
use crate::engine::feed::Sandbox;
use crate::tui::theme::{Glyphs, Look};
use crate::tui::{Ended, Preferences, run};

/// Nothing could be read.
const UNUSABLE: u8 = 2;

/// Whether somebody sits there to look at a screen.
pub fn wanted() -> bool {
    io::stdout().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Opens the UI on `files`; returns the exit code.
///
/// # Errors
///
/// The arguments make no sense, or the terminal cannot be used.
pub fn open(files: Vec<PathBuf>, common: &Common) -> anyhow::Result<u8> {
    let settings = settings(common)?;
    let mut preferences = preferences(common)?;
    preferences.sandbox = confine(&files, common)?;
    match run(files, settings, preferences).context("the terminal cannot be used; `ncsight report` needs none")? {
        Ended::Quit(warnings) => {
            tell(&warnings);
            Ok(0)
        }
        Ended::Unreadable(errors) => {
            tell(&errors);
            Ok(UNUSABLE)
        }
        Ended::Signal(number) => Ok(u8::try_from(128 + number).unwrap_or(UNUSABLE)),
    }
}

/// Confines this thread, and those that it starts, to the captures, which are read again for their packets, the terminal,
/// and new files in the folder in which the program was started.
fn confine(files: &[PathBuf], common: &Common) -> anyhow::Result<Sandbox> {
    let names = common.filter.iter().flat_map(|_| sandbox::NAMES.map(PathBuf::from));
    let read: Vec<PathBuf> = files.iter().cloned().chain(names).collect();
    let allowed = Allowed { read: &read, write: &[PathBuf::from(".")], terminal: true };
    Ok(match sandbox::enter(common.sandbox, &allowed)? {
        Confined::Off => Sandbox::None,
        Confined::Complete(_) => Sandbox::ToCaptures,
        Confined::Incomplete(missing) => Sandbox::Open(missing),
    })
}

/// How the person wants the UI.
///
/// # Errors
///
/// The arguments make no sense.
pub fn preferences(common: &Common) -> anyhow::Result<Preferences> {
    let zone = match common.tz.as_deref() {
        Some(name) => Some(zone(name)?),
        None => TimeZone::try_system().ok(),
    };
    let interface = common.config.as_deref().map(interface::load).transpose()?.unwrap_or_default();
    Ok(Preferences {
        language: common.lang.unwrap_or_default(),
        selection: selection(common, zone.as_ref().unwrap_or(&TimeZone::UTC))?,
        zone,
        position: common.capture_point.unwrap_or_default(),
        look: look(common, interface.look),
        colours: interface.colours,
        keymap: interface.keymap,
        glyphs: glyphs(),
        sandbox: Sandbox::None,
        own_filter: false,
    })
}

/// Says lines.
pub fn tell(lines: &[String]) {
    for line in lines {
        say(&format!("ncsight: {line}"));
    }
}

/// No colours where somebody asked for none (no-color.org).
fn look(common: &Common, wanted: Option<Look>) -> Look {
    let none = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match common.color {
        ColourWhen::Never => Look::Monochrome,
        ColourWhen::Auto if none => Look::Monochrome,
        ColourWhen::Auto | ColourWhen::Always => wanted.unwrap_or_default(),
    }
}

/// Unicode where the locale says UTF-8; an unset locale is that of a machine that knows nothing else by now.
fn glyphs() -> Glyphs {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")) {
        Some(locale)
            if !locale.to_ascii_lowercase().replace('-', "").contains("utf8") && locale != "C" && locale != "POSIX" =>
        {
            Glyphs::Ascii
        }
        _ => Glyphs::Unicode,
    }
}
