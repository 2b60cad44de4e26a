//! What there is to choose from: screens, what lies over them, panes.

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::style::Color;

use crate::engine::feed::Sandbox;
use crate::engine::proof::{Proof, Wanted};
use crate::report::{Language, Selection};
use crate::settings::CapturePoint;
use crate::tui::keys::Keymap;
use crate::tui::line::Line;
use crate::tui::menu::Menu;
use crate::tui::theme::{Glyphs, Look, Part};

/// What the person chose before the UI opened.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// Language of all words.
    pub language: Language,
    /// The person's own time zone.
    pub zone: Option<TimeZone>,
    /// Where the capture was made, as far as the person told.
    pub position: CapturePoint,
    /// Colours.
    pub look: Look,
    /// Marks and lines.
    pub glyphs: Glyphs,
    /// Which key does what.
    pub keymap: Keymap,
    /// What of the analysis is shown.
    pub selection: Selection,
    /// Colours that the person wants otherwise.
    pub colours: Vec<(Part, Color)>,
    /// Whether who looks into packets is confined.
    pub sandbox: Sandbox,
    /// The capture filter is made from what the analysis can use: it leaves out nothing that matters.
    pub own_filter: bool,
}

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Screen {
    /// Clients and findings.
    Overview,
    /// One finding in words.
    Finding,
    /// One finding as a sequence diagram.
    Ladder,
    /// The packets of one finding.
    Packets,
    /// The bytes of one packet.
    Bytes,
    /// What both sides of a conversation said.
    Stream,
    /// Clients over time.
    Timeline,
    /// A finding beside an attempt that worked.
    Compare,
    /// Two clients, a good and a bad one.
    Peers,
    /// Numbers.
    Statistics,
    /// Microsoft 365 endpoint sets.
    Endpoints,
}

/// What lies over the screen and has the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The keys that work on the screen below, from this line on.
    Help(usize),
    /// A line for the filter, and the filter that was there before.
    Filter(Typed, String),
    /// A line to search for.
    Search(Typed),
    /// A line that finds commands, and the selected one of those found.
    Palette(Line, usize),
    /// A list of things to copy or to write, and the selected one.
    Menu(Menu, usize),
}

/// A line that is typed, with what helps to type it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The line.
    pub line: Line,
    /// Place in the history, from its end; 0 is the line itself.
    pub back: usize,
    /// Completions that were offered, and which one stands in the line.
    pub offered: Vec<String>,
    /// Index of the next one of them.
    pub next: usize,
    /// What is wrong with the line.
    pub wrong: Option<String>,
}

/// The packets behind the selected finding.
#[derive(Clone, Debug, Default)]
pub enum Proving {
    /// Nobody asked for them.
    #[default]
    Idle,
    /// They came through a pipe and are gone.
    Gone,
    /// They are being read.
    Reading(Wanted),
    /// They are here.
    Ready(Wanted, Arc<Proof>),
    /// They cannot be read.
    Failed(Wanted, String),
}

/// The pane of the overview that has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// Clients.
    Clients,
    /// Findings.
    #[default]
    Findings,
}
