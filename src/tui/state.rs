//! What the UI knows and shows: everything that a view draws from.

use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::layout::Rect;
use ratatui::style::Color;

use super::filter::Filter;
use super::keys::Keymap;
use super::line::Line;
use super::list::List;
use super::menu::Menu;
use super::order::{Order, listed};
use super::theme::{Glyphs, Look, Part, Theme};
use crate::engine::follow::{News, Reached, Stage};
use crate::engine::proof::{Packet, Proof, Wanted};
use crate::engine::snapshot::{Client, Snapshot};
use crate::report::clock::Moment;
use crate::report::ladder::ladder;
use crate::report::{Language, Options, Selection, build, model};
use crate::source::PacketId;
use crate::time::CaptureTime;
use crate::verdict::{Cause, Finding, Severity, Verdict};

/// Samples of the reading rate that are kept for the sparkline.
const RATES: usize = 32;
/// Samples of it in a second.
pub const TICKS_A_SECOND: u64 = 5;

/// What the person chose before the UI opened.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// Language of all words.
    pub language: Language,
    /// The person's own time zone.
    pub zone: Option<TimeZone>,
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
    /// Place among the findings.
    pub finding_list: List,
    selected: Option<Identity>,
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
    /// A word on what was just done.
    pub notice: Option<String>,
}

impl State {
    /// A UI on a terminal of that size, before anything was read.
    #[must_use]
    pub fn new(preferences: Preferences, area: Rect) -> Self {
        let Preferences { language, zone, look, glyphs, keymap, selection, colours } = preferences;
        Self {
            snapshot: Arc::default(),
            stage: Stage::Reading,
            reached: Reached::default(),
            rates: VecDeque::new(),
            area,
            language,
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
            step: None,
            sought: None,
            proving: Proving::Idle,
            packet_rows: Vec::new(),
            packet_list: List::default(),
            only_evidence: false,
            field: 0,
            stream: 0,
            notice: None,
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

    /// The finding of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> Option<&Finding> {
        self.rows.get(row).and_then(|index| self.snapshot.findings.get(*index as usize))
    }

    /// The selected finding.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        self.row(self.finding_list.selected)
    }

    /// A finding in the reader's language.
    #[must_use]
    pub fn story(&self, finding: &Finding) -> model::Finding {
        build::finding(finding, &self.snapshot, &self.options())
    }

    /// What the report floor needs to make words.
    #[must_use]
    pub fn options(&self) -> Options {
        Options { language: self.language, selection: self.selection.clone() }
    }

    /// The chosen client.
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        let chosen = self.chosen?;
        self.snapshot.clients.iter().find(|client| client.address == chosen)
    }

    /// Takes what the engine published; selections stay on what they stood on.
    pub fn publish(&mut self, news: News) {
        self.snapshot = news.snapshot;
        self.stage = news.stage;
        self.list_clients();
        self.list_findings();
    }

    /// Notes how far reading came.
    pub fn note_reached(&mut self, reached: Reached) {
        let read = reached.packets.saturating_sub(self.reached.packets);
        self.rates.push_back(read);
        if self.rates.len() > RATES {
            self.rates.pop_front();
        }
        self.reached = reached;
    }

    /// Makes the list of clients: those in trouble first.
    pub fn list_clients(&mut self) {
        let findings = self.selection.findings(&self.snapshot);
        let shown = self.selection.clients(&self.snapshot, &findings);
        let mut rows: Vec<ClientRow> = self
            .snapshot
            .clients
            .iter()
            .enumerate()
            .filter(|(_, client)| self.selection.is_everything() || shown.iter().any(|one| std::ptr::eq(*one, *client)))
            .map(|(index, client)| self.client_row(index, client))
            .collect();
        rows.sort_by_key(|row| {
            let online = self.snapshot.clients.get(row.index).and_then(|client| client.online);
            (online != Some(false), std::cmp::Reverse(row.worst), row.index)
        });
        self.clients = rows;
        let at = self.chosen.and_then(|chosen| {
            let is_it = |row: &ClientRow| self.snapshot.clients.get(row.index).is_some_and(|c| c.address == chosen);
            self.clients.iter().position(is_it)
        });
        if at.is_none() {
            self.chosen = None;
        }
        let height = super::layout::client_rows(self);
        self.client_list.select(at.map_or(0, |at| at + 1), self.clients.len() + 1, height);
    }

    fn client_row(&self, index: usize, client: &Client) -> ClientRow {
        let mut row = ClientRow { index, worst: None, troubles: 0 };
        for id in &client.findings {
            let Some(finding) = by_id(&self.snapshot, *id) else { continue };
            row.worst = row.worst.max(Some(finding.severity));
            row.troubles += usize::from(finding.severity >= Severity::Warning);
        }
        row
    }

    /// Makes the list of findings and finds the selected one again.
    pub fn list_findings(&mut self) {
        self.rows = listed(self);
        let height = super::layout::finding_rows(self);
        let at = self.selected.and_then(|selected| {
            let is_it = |index: &u32| self.snapshot.findings.get(*index as usize).map(identity) == Some(selected);
            self.rows.iter().position(is_it)
        });
        self.finding_list.select(at.unwrap_or(0), self.rows.len(), height);
    }

    /// Selects a row of the findings.
    pub fn select_finding(&mut self, row: usize) {
        let height = super::layout::finding_rows(self);
        self.finding_list.select(row, self.rows.len(), height);
        // Until somebody moves, the selection stays on the gravest finding, whatever comes.
        self.selected = self.finding().map(identity);
        self.leave_finding();
    }

    /// Forgets where in the finding shown before somebody was.
    pub fn leave_finding(&mut self) {
        (self.scroll, self.field, self.stream) = (0, 0, 0);
        (self.step, self.sought) = (None, None);
        self.packet_list = List::default();
        self.packet_rows.clear();
    }

    /// The packets behind the selected finding, where they are here.
    #[must_use]
    pub fn proof(&self) -> Option<&Arc<Proof>> {
        match &self.proving {
            Proving::Ready(_, proof) => Some(proof),
            _ => None,
        }
    }

    /// The selected packet.
    #[must_use]
    pub fn packet(&self) -> Option<&Packet> {
        let index = self.packet_rows.get(self.packet_list.selected)?;
        self.proof()?.packets.get(*index)
    }

    /// Makes the list of packets; where nothing was selected, the decisive one is.
    pub fn list_packets(&mut self) {
        let Some(proof) = self.proof().cloned() else {
            self.packet_rows.clear();
            return;
        };
        let selected = self.packet().map(|packet| packet.id);
        let shown = proof.packets.iter().enumerate().filter(|(_, packet)| packet.evidence || !self.only_evidence);
        self.packet_rows = shown.map(|(index, _)| index).collect();
        let at = |wanted: &dyn Fn(&Packet) -> bool| {
            self.packet_rows.iter().rposition(|index| proof.packets.get(*index).is_some_and(wanted))
        };
        let decisive = || self.finding().and_then(|finding| ladder(finding, 0, self.language).decisive);
        let sought = selected.or(self.sought).or_else(decisive);
        let at = sought.and_then(|id| at(&|packet| packet.id == id)).or_else(|| at(&|packet| packet.evidence));
        let height = super::layout::packet_rows(self);
        self.packet_list.select(at.unwrap_or(0), self.packet_rows.len(), height);
    }

    /// Chooses the client of a row of the clients.
    pub fn select_client(&mut self, row: usize) {
        let height = super::layout::client_rows(self);
        self.client_list.select(row, self.clients.len() + 1, height);
        let index = self.client_list.selected.checked_sub(1).and_then(|at| self.clients.get(at)).map(|row| row.index);
        self.chosen = index.and_then(|index| self.snapshot.clients.get(index)).map(|client| client.address);
        self.selected = None;
        self.finding_list = List::default();
        self.list_findings();
    }
}

/// What tells `finding` from all others.
#[must_use]
pub fn identity(finding: &Finding) -> Identity {
    (finding.client, finding.verdict, finding.cause, finding.started)
}

/// A finding by its identifier.
#[must_use]
pub fn by_id(snapshot: &Snapshot, id: u32) -> Option<&Finding> {
    let at = snapshot.findings.binary_search_by_key(&id, |finding| finding.id).ok()?;
    snapshot.findings.get(at)
}
