//! What the UI knows and shows: everything that a view draws from.

mod kinds;
mod lists;
mod proof;

use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui::style::Color;

pub use self::kinds::{Overlay, Pane, Preferences, Proving, Screen, Typed};
pub use self::lists::RATES_SHOWN;
use super::answer::{Answer, Asked};
use super::filter::Filter;
use super::keys::Keymap;
use super::list::List;
use super::live::Live;
use super::order::Order;
use super::tally::Tally;
use super::texts::Texts;
use super::theme::{Glyphs, Look, Part, Theme};
use crate::engine::feed::Sandbox;
use crate::engine::follow::{Reached, Stage};
use crate::engine::snapshot::{Client, Snapshot};
use crate::report::clock::Moment;
use crate::report::{Language, Options, Selection, build, model};
use crate::settings::CapturePoint;
use crate::source::PacketId;
use crate::time::CaptureTime;
use crate::verdict::{Cause, Filed, Severity, Verdict};

/// Samples of it in a second.
pub const TICKS_A_SECOND: u64 = 5;

/// What tells a finding from all others even where a later snapshot numbers it anew.
pub type Identity = (IpAddr, Verdict, Option<Cause>, CaptureTime);

/// A client as the overview lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// Index in the snapshot.
    pub index: usize,
    /// The gravest of its findings.
    pub worst: Option<Severity>,
    /// Findings of severity error or warning.
    pub troubles: usize,
    /// Whether any finding is about IPv4, and about IPv6.
    pub families: [bool; 2],
}

/// Everything that a view draws from.
#[derive(Clone, Debug)]
pub struct State {
    /// What the engine knows.
    pub snapshot: Arc<Snapshot>,
    /// How far the engine is.
    pub stage: Stage,
    /// How far reading has come.
    pub reached: Reached,
    /// Packets read between two samples, the latest last.
    pub rates: VecDeque<u64>,
    /// Columns and rows of the terminal.
    pub area: Rect,
    /// Language of all words.
    pub language: Language,
    /// Where the capture was made, as far as the person told.
    pub position: CapturePoint,
    /// The person's own time zone.
    pub zone: TimeZone,
    /// Times are shown in UTC instead.
    pub utc: bool,
    /// Colours.
    pub look: Look,
    /// Colours that the person wants otherwise.
    pub colours: Vec<(Part, Color)>,
    /// Marks and lines.
    pub glyphs: Glyphs,
    /// Which key does what.
    pub keymap: Keymap,
    /// What of the analysis is shown, as the arguments say.
    pub selection: Selection,
    /// Screens, each opened from the one before; never empty.
    pub screens: Vec<Screen>,
    /// What lies over the screen.
    pub overlay: Option<Overlay>,
    /// The pane with the keys.
    pub pane: Pane,
    /// Clients in the order of the list.
    pub clients: Vec<ClientRow>,
    /// Place among the clients; row 0 stands for all of them.
    pub client_list: List,
    /// The client that was chosen.
    pub chosen: Option<IpAddr>,
    /// Indices of the findings that are listed, in the order of the list.
    pub rows: Vec<u32>,
    /// How many of each severity are listed.
    pub counts: [usize; 4],
    /// Index of the first of the gravest that are listed.
    pub gravest: Option<u32>,
    /// Place among the findings.
    pub finding_list: List,
    /// The finding that stays selected, wherever its row goes.
    pub selected: Option<Identity>,
    /// First line of a text that is shown.
    pub scroll: usize,
    /// The filter as it was typed, and as it was understood.
    pub filter_text: String,
    /// What of the findings is listed.
    pub filter: Filter,
    /// Filters and searches that were used, the latest last.
    pub history: Vec<String>,
    /// What was searched for.
    pub searched: Option<String>,
    /// Order of the findings.
    pub order: Order,
    /// Findings that were marked.
    pub marked: HashSet<Identity>,
    /// How often the time in sight of the timeline was halved.
    pub zoom: u32,
    /// How far somebody went on from the client that is best to compare with.
    pub peer: usize,
    /// The selected step of the ladder; the decisive one until somebody moves.
    pub step: Option<usize>,
    /// The packet to select as soon as it is here.
    pub sought: Option<PacketId>,
    /// The packets behind the finding.
    pub proving: Proving,
    /// Indices of the packets that are listed.
    pub packet_rows: Vec<usize>,
    /// Place among them.
    pub packet_list: List,
    /// Only evidence is listed.
    pub only_evidence: bool,
    /// The selected field of the packet.
    pub field: usize,
    /// The conversation that is followed.
    pub stream: usize,
    /// Clients that are offline, and online.
    pub online: [usize; 2],
    /// Clients that are listed and seen in one direction only.
    pub halves: usize,
    /// How often the lists were made.
    pub listed: u64,
    /// The answer, and what it was made of.
    pub answered: Option<(Asked, Answer)>,
    /// Numbers about all findings, as soon as a screen shows them.
    pub tally: Tally,
    /// The text of findings, as far as it was needed and made.
    pub texts: Texts,
    /// A slice of it is being made.
    pub makes_text: bool,
    /// A search that waits for it: forward or not, with the selected row or not.
    pub seeks: Option<(bool, bool)>,
    /// A word on what was just done.
    pub notice: Option<String>,
    /// The run, where it goes on while it is looked at.
    pub live: Option<Live>,
    /// Whether who looks into packets is confined.
    pub sandbox: Sandbox,
    /// The capture filter is made from what the analysis can use.
    pub own_filter: bool,
}

impl State {
    /// A UI on a terminal of that size, before anything was read.
    #[must_use]
    pub fn new(preferences: Preferences, area: Rect) -> Self {
        let Preferences { language, zone, position, look, glyphs, keymap, selection, colours, sandbox, own_filter } =
            preferences;
        Self {
            snapshot: Arc::default(),
            stage: Stage::Reading,
            reached: Reached::default(),
            rates: VecDeque::new(),
            area,
            language,
            position,
            utc: zone.is_none(),
            zone: zone.unwrap_or(TimeZone::UTC),
            look,
            colours,
            glyphs,
            keymap,
            selection,
            screens: vec![Screen::Overview],
            overlay: None,
            pane: Pane::default(),
            clients: Vec::new(),
            client_list: List::default(),
            chosen: None,
            rows: Vec::new(),
            counts: [0; 4],
            gravest: None,
            finding_list: List::default(),
            selected: None,
            scroll: 0,
            filter_text: String::new(),
            filter: Filter::default(),
            history: Vec::new(),
            searched: None,
            order: Order::default(),
            marked: HashSet::new(),
            zoom: 0,
            peer: 0,
            step: None,
            sought: None,
            proving: Proving::Idle,
            packet_rows: Vec::new(),
            packet_list: List::default(),
            only_evidence: false,
            field: 0,
            stream: 0,
            online: [0; 2],
            halves: 0,
            listed: 0,
            answered: None,
            tally: Tally::default(),
            texts: Texts::default(),
            makes_text: false,
            seeks: None,
            notice: None,
            live: None,
            sandbox,
            own_filter,
        }
    }

    /// The screen in sight.
    #[must_use]
    pub fn screen(&self) -> Screen {
        self.screens.last().copied().unwrap_or(Screen::Overview)
    }

    /// The styles.
    #[must_use]
    pub fn theme(&self) -> Theme {
        let mut theme = Theme::of(self.look);
        if self.look != Look::Monochrome {
            for (part, colour) in &self.colours {
                theme.set(*part, *colour);
            }
        }
        theme
    }

    /// The zone of the times that are shown.
    #[must_use]
    pub fn shown_zone(&self) -> TimeZone {
        if self.utc { TimeZone::UTC } else { self.zone.clone() }
    }

    /// A time of day without fractions.
    #[must_use]
    pub fn clock(&self, time: CaptureTime) -> String {
        Moment { time, digits: 0 }.time_of_day(&self.shown_zone())
    }

    /// A time of day as exact as the capture.
    #[must_use]
    pub fn exact(&self, time: CaptureTime) -> String {
        Moment { time, digits: self.snapshot.time_digits }.time_of_day(&self.shown_zone())
    }

    /// Whether the engine still reads.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.stage == Stage::Reading
    }

    /// What could not be read beside what could, in sentences.
    #[must_use]
    pub fn unread(&self) -> &[String] {
        match &self.stage {
            Stage::Done(warnings) => warnings,
            Stage::Reading | Stage::Failed(_) => &[],
        }
    }

    /// The finding of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&Filed> {
        self.rows.get(row).and_then(|index| self.snapshot.findings.get(*index as usize))
    }

    /// The selected finding.
    #[must_use]
    pub fn finding(&self) -> Option<&Filed> {
        self.row(self.finding_list.selected)
    }

    /// A finding in the reader's language.
    #[must_use]
    pub fn story(&self, finding: &Filed) -> model::Finding {
        build::finding(finding.open(), &self.snapshot, &self.options())
    }

    /// What the report floor needs to make words.
    #[must_use]
    pub fn options(&self) -> Options {
        Options { language: self.language, selection: self.selection.clone(), threads: 1 }
    }

    /// The chosen client.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        let chosen = self.chosen?;
        self.snapshot.clients.iter().find(|client| client.address == chosen)
    }
}

/// What tells `finding` from all others.
#[must_use]
pub fn identity(finding: &Filed) -> Identity {
    (finding.client, finding.verdict, finding.cause, finding.started)
}

/// A finding by its identifier.
#[must_use]
pub fn by_id(snapshot: &Snapshot, id: u32) -> Option<&Filed> {
    // They are numbered from 1 without holes, mostly.
    let likely = snapshot.findings.get(usize::try_from(id).ok()?.checked_sub(1)?).filter(|finding| finding.id == id);
    likely.or_else(|| {
        let at = snapshot.findings.binary_search_by_key(&id, |finding| finding.id).ok()?;
        snapshot.findings.get(at)
    })
}
