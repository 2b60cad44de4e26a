//! What each action does, and where it does anything.

use super::settle;
use super::step::{Step, step};
use crate::report::Language;
use crate::tui::event::Effect;
use crate::tui::filter::Filter;
use crate::tui::keys::Action;
use crate::tui::line::Line;
use crate::tui::menu::{Menu, choose, items};
use crate::tui::peers;
use crate::tui::search;
use crate::tui::state::{Overlay, Pane, Screen, State, Typed, identity};
use crate::tui::view;

/// Halvings of the time in sight of the timeline: a day comes down to a millisecond.
const MOST_ZOOM: u32 = 26;

/// Whether `action` does something where the state is now.
#[must_use]
pub fn works(state: &State, action: Action) -> bool {
    let Some(overlay) = &state.overlay else { return works_below(state, action) };
    match action {
        Action::Open => matches!(overlay, Overlay::Menu(..)),
        Action::Help => matches!(overlay, Overlay::Help(_)),
        Action::Back
        | Action::Quit
        | Action::Suspend
        | Action::ToggleUtc
        | Action::ToggleLanguage
        | Action::NextTheme
        | Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last => true,
        _ => false,
    }
}

/// Whether `action` does something on the screen, were nothing over it. The help shows nothing else.
#[must_use]
pub fn works_below(state: &State, action: Action) -> bool {
    let screen = state.screen();
    let packets = screen == Screen::Packets && !state.packet_rows.is_empty();
    match action {
        Action::Suspend => cfg!(unix),
        Action::Quit | Action::ToggleUtc | Action::ToggleLanguage | Action::NextTheme => true,
        Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => true,
        Action::Help => true,
        Action::Back => state.screens.len() > 1 || state.chosen.is_some() || !state.filter.is_empty(),
        Action::Open => match screen {
            Screen::Overview | Screen::Finding | Screen::Ladder => state.finding().is_some(),
            Screen::Packets => packets,
            Screen::Timeline => state.finding().is_some(),
            Screen::Bytes
            | Screen::Stream
            | Screen::Compare
            | Screen::Peers
            | Screen::Statistics
            | Screen::Endpoints => false,
        },
        Action::NextPane => match screen {
            Screen::Overview => true,
            Screen::Peers => state.snapshot.clients.len() > 2,
            Screen::Stream => state.proof().is_some_and(|proof| proof.streams.len() > 1),
            _ => false,
        },
        Action::NextFinding | Action::PreviousFinding => state.rows.len() > 1,
        Action::Overview => screen != Screen::Overview,
        Action::Finding => screen != Screen::Finding && state.finding().is_some(),
        Action::Ladder => screen != Screen::Ladder && state.finding().is_some(),
        Action::Packets => screen != Screen::Packets && state.finding().is_some(),
        Action::Stream => screen != Screen::Stream && state.finding().is_some(),
        Action::Timeline => screen != Screen::Timeline && !state.snapshot.clients.is_empty(),
        Action::Compare => screen != Screen::Compare && state.finding().is_some(),
        Action::Peers => screen != Screen::Peers && state.snapshot.clients.len() > 1 && peers::left(state).is_some(),
        Action::Statistics => screen != Screen::Statistics,
        Action::Endpoints => screen != Screen::Endpoints && !state.snapshot.endpoints.is_empty(),
        Action::ZoomIn => screen == Screen::Timeline && state.zoom < MOST_ZOOM,
        Action::ZoomOut => screen == Screen::Timeline && state.zoom > 0,
        Action::OnlyEvidence => screen == Screen::Packets && state.proof().is_some(),
        Action::Filter => true,
        Action::ClearFilter => !state.filter.is_empty(),
        Action::Search => (screen == Screen::Overview && !state.rows.is_empty()) || packets,
        Action::SearchNext | Action::SearchPrevious => {
            state.searched.is_some() && (screen == Screen::Overview || packets)
        }
        Action::Sort | Action::Reverse => screen == Screen::Overview && state.rows.len() > 1,
        Action::Mark | Action::Copy => state.finding().is_some(),
        Action::Export => !state.snapshot.inputs.is_empty(),
        Action::Palette => true,
        Action::Freeze => state.live.is_some() && state.is_reading(),
    }
}

/// Does `action`, where it does anything.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if !works(state, action) {
        return Vec::new();
    }
    if matches!(action, Action::Open | Action::Mark | Action::Copy | Action::Export) {
        state.hold_on();
    }
    match action {
        Action::Freeze => {
            state.freeze();
            settle(state);
        }
        Action::First if state.live.is_some() && in_findings(state) => state.follow_newest(),
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Help => {
            state.overlay = if matches!(state.overlay, Some(Overlay::Help(_))) { None } else { Some(Overlay::Help(0)) };
        }
        Action::Up => step(state, Step::Rows(-1)),
        Action::Down => step(state, Step::Rows(1)),
        Action::PageUp => step(state, Step::Pages(-1)),
        Action::PageDown => step(state, Step::Pages(1)),
        Action::First => step(state, Step::Rows(isize::MIN)),
        Action::Last => step(state, Step::Rows(isize::MAX)),
        Action::NextPane => next_pane(state),
        Action::Open => return open(state),
        Action::Finding => go(state, Screen::Finding),
        Action::Ladder => go(state, Screen::Ladder),
        Action::Packets => go(state, Screen::Packets),
        Action::Stream => go(state, Screen::Stream),
        Action::Timeline => go(state, Screen::Timeline),
        Action::Compare => go(state, Screen::Compare),
        Action::Peers => {
            state.peer = 0;
            go(state, Screen::Peers);
        }
        Action::Statistics => go(state, Screen::Statistics),
        Action::Endpoints => go(state, Screen::Endpoints),
        Action::ZoomIn => state.zoom += 1,
        Action::ZoomOut => state.zoom -= 1,
        Action::Overview => {
            state.screens = vec![Screen::Overview];
            settle(state);
        }
        Action::Back => back(state),
        Action::NextFinding => state.select_finding(state.finding_list.selected.saturating_add(1)),
        Action::PreviousFinding => state.select_finding(state.finding_list.selected.saturating_sub(1)),
        Action::OnlyEvidence => {
            state.only_evidence = !state.only_evidence;
            state.list_packets();
        }
        Action::Filter => {
            let text = if state.filter_text.is_empty() { String::new() } else { format!("{} ", state.filter_text) };
            let typed = Typed { line: Line::new(&text), ..Typed::default() };
            state.overlay = Some(Overlay::Filter(typed, state.filter_text.clone()));
        }
        Action::ClearFilter => set_filter(state, "", Filter::default()),
        Action::Search => state.overlay = Some(Overlay::Search(Typed::default())),
        Action::SearchNext => seek(state, true, false),
        Action::SearchPrevious => seek(state, false, false),
        Action::Sort => {
            state.order.column = state.order.column.next();
            state.list_findings();
        }
        Action::Reverse => {
            state.order.reverse = !state.order.reverse;
            state.list_findings();
        }
        Action::Mark => mark(state),
        Action::Copy => state.overlay = Some(Overlay::Menu(Menu::Copy, 0)),
        Action::Export => state.overlay = Some(Overlay::Menu(Menu::Export, 0)),
        Action::Palette => state.overlay = Some(Overlay::Palette(Line::default(), 0)),
        Action::ToggleUtc => state.utc = !state.utc,
        Action::ToggleLanguage => {
            state.language = match state.language {
                Language::En => Language::Ja,
                Language::Ja => Language::En,
            };
            settle(state);
        }
        Action::NextTheme => state.look = state.look.next(),
    }
    Vec::new()
}

/// Opens what is selected: from the list to the finding, its ladder, its packets, its bytes.
fn open(state: &mut State) -> Vec<Effect> {
    if let Some(Overlay::Menu(menu, selected)) = state.overlay {
        state.overlay = None;
        let item = items(menu, state).get(selected).copied();
        return item.and_then(|item| choose(item, state)).into_iter().collect();
    }
    match state.screen() {
        Screen::Overview if state.pane == Pane::Clients => next_pane(state),
        Screen::Overview | Screen::Timeline => go(state, Screen::Finding),
        Screen::Finding => go(state, Screen::Ladder),
        Screen::Ladder => go(state, Screen::Packets),
        Screen::Packets => {
            let decisive = state.packet().and_then(|packet| packet.fields.iter().position(|field| field.decisive));
            state.field = decisive.unwrap_or(0);
            go(state, Screen::Bytes);
        }
        Screen::Bytes | Screen::Stream | Screen::Compare | Screen::Peers | Screen::Statistics | Screen::Endpoints => {}
    }
    Vec::new()
}

/// Whether the list of findings has the keys.
fn in_findings(state: &State) -> bool {
    state.overlay.is_none() && state.screen() == Screen::Overview && state.pane == Pane::Findings
}

fn next_pane(state: &mut State) {
    if state.screen() == Screen::Peers {
        state.peer = state.peer.wrapping_add(1) % state.snapshot.clients.len().max(1);
        state.scroll = 0;
        return;
    }
    if state.screen() == Screen::Stream {
        let count = state.proof().map_or(1, |proof| proof.streams.len().max(1));
        state.stream = (state.stream + 1) % count;
        state.scroll = 0;
        return;
    }
    state.pane = match state.pane {
        Pane::Clients => Pane::Findings,
        Pane::Findings => Pane::Clients,
    };
    settle(state);
}

fn go(state: &mut State, screen: Screen) {
    state.hold_on();
    if screen == Screen::Packets && state.screen() == Screen::Ladder {
        // The step that was selected is looked at, whether its packet is here yet or not.
        state.sought = view::ladder::selected_packet(state);
        state.packet_rows.clear();
        state.list_packets();
    }
    state.screens.retain(|other| *other != screen);
    state.screens.push(screen);
    state.scroll = 0;
}

fn back(state: &mut State) {
    if state.overlay.take().is_some() {
        return;
    }
    if state.screens.len() > 1 {
        state.screens.pop();
        state.scroll = 0;
    } else if state.chosen.is_some() {
        state.select_client(0);
    } else {
        set_filter(state, "", Filter::default());
    }
}

fn mark(state: &mut State) {
    let Some(own) = state.finding().map(identity) else { return };
    if !state.marked.remove(&own) {
        state.marked.insert(own);
    }
}

/// Puts a filter in force.
pub(super) fn set_filter(state: &mut State, text: &str, filter: Filter) {
    text.trim().clone_into(&mut state.filter_text);
    state.filter = filter;
    state.list_findings();
    settle(state);
}

/// Searches; where the text of the findings is not made yet, as soon as it is.
pub(super) fn seek(state: &mut State, forward: bool, with_this: bool) {
    if state.screen() == Screen::Packets || state.texts.is_complete(&state.snapshot) {
        let row = search::find(state, forward, with_this);
        return found(state, row);
    }
    state.seeks = Some((forward, with_this));
    state.notice = Some(state.language.pick("searching…", "検索中…").to_owned());
}

/// Goes to the row that a search found.
fn found(state: &mut State, row: Option<usize>) {
    let Some(row) = row else {
        let text = crate::report::words::safe(state.searched.as_deref().unwrap_or_default());
        state.notice =
            Some(crate::report::language::say!(state.language, "{text}: not found", "{text}：見つかりません"));
        return;
    };
    if state.screen() == Screen::Packets {
        let height = crate::tui::layout::packet_rows(state);
        state.packet_list.select(row, state.packet_rows.len(), height);
    } else {
        state.select_finding(row);
    }
}
