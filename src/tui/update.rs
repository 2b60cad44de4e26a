//! What happens when something happens: the only place where the state changes.

use ratatui::crossterm::event::KeyEventKind;
use ratatui::layout::Rect;

use super::event::{Effect, Event};
use super::keys::{Action, Key};
use super::layout;
use super::state::{Overlay, Pane, Screen, State};
use super::view;
use crate::report::Language;

/// Lets `event` happen to `state`; returns what is to be done outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Event::Key(key) => {
            state.notice = None;
            state.keymap.action(Key::of(&key)).map_or_else(Vec::new, |action| act(state, action))
        }
        Event::Mouse(_) | Event::Paste(_) => Vec::new(),
        Event::Resize(columns, rows) => {
            state.area = Rect::new(0, 0, columns, rows);
            settle(state);
            vec![Effect::Redraw]
        }
        Event::News(news) => {
            state.publish(news);
            settle(state);
            Vec::new()
        }
        Event::Reached(reached) => {
            state.note_reached(reached);
            Vec::new()
        }
    }
}

/// Whether `action` does something where the state is now. The help shows nothing else.
#[must_use]
pub fn works(state: &State, action: Action) -> bool {
    let help = matches!(state.overlay, Some(Overlay::Help(_)));
    match action {
        Action::Quit
        | Action::Suspend
        | Action::Help
        | Action::ToggleUtc
        | Action::ToggleLanguage
        | Action::NextTheme
        | Action::Up
        | Action::Down
        | Action::PageUp
        | Action::PageDown
        | Action::First
        | Action::Last => true,
        Action::Back => help || state.screens.len() > 1 || state.chosen.is_some(),
        Action::NextPane => !help && state.screen() == Screen::Overview,
        Action::Open => !help && state.screen() == Screen::Overview && !state.rows.is_empty(),
        Action::NextFinding | Action::PreviousFinding => !help && state.rows.len() > 1,
        Action::Overview => !help && state.screen() != Screen::Overview,
        Action::Finding => !help && state.screen() != Screen::Finding && state.finding().is_some(),
    }
}

/// Does `action`, where it does anything.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    if !works(state, action) {
        return Vec::new();
    }
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Help => {
            state.overlay = match state.overlay {
                Some(Overlay::Help(_)) => None,
                None => Some(Overlay::Help(0)),
            };
        }
        Action::Up => step(state, Step::Rows(-1)),
        Action::Down => step(state, Step::Rows(1)),
        Action::PageUp => step(state, Step::Pages(-1)),
        Action::PageDown => step(state, Step::Pages(1)),
        Action::First => step(state, Step::Rows(isize::MIN)),
        Action::Last => step(state, Step::Rows(isize::MAX)),
        Action::NextPane => {
            state.pane = match state.pane {
                Pane::Clients => Pane::Findings,
                Pane::Findings => Pane::Clients,
            };
            settle(state);
        }
        Action::Open if state.pane == Pane::Clients => {
            state.pane = Pane::Findings;
            settle(state);
        }
        Action::Open | Action::Finding => go(state, Screen::Finding),
        Action::Overview => {
            state.screens = vec![Screen::Overview];
            settle(state);
        }
        Action::Back => back(state),
        Action::NextFinding => state.select_finding(state.finding_list.selected.saturating_add(1)),
        Action::PreviousFinding => state.select_finding(state.finding_list.selected.saturating_sub(1)),
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

fn go(state: &mut State, screen: Screen) {
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
    } else {
        state.select_client(0);
    }
}

#[derive(Clone, Copy)]
enum Step {
    Rows(isize),
    Pages(isize),
}

/// Moves in whatever has the keys.
fn step(state: &mut State, step: Step) {
    let rows = |height: usize| match step {
        Step::Rows(rows) => rows,
        Step::Pages(pages) => pages.saturating_mul(isize::try_from(height.max(2) - 1).unwrap_or(1)),
    };
    if let Some(Overlay::Help(top)) = state.overlay {
        let (height, length) = view::help::measure(state);
        state.overlay = Some(Overlay::Help(top.saturating_add_signed(rows(height)).min(length.saturating_sub(height))));
        return;
    }
    match (state.screen(), state.pane) {
        (Screen::Overview, Pane::Clients) => {
            let row = state.client_list.selected.saturating_add_signed(rows(layout::client_rows(state)));
            state.select_client(row);
        }
        (Screen::Overview, Pane::Findings) => {
            let row = state.finding_list.selected.saturating_add_signed(rows(layout::finding_rows(state)));
            state.select_finding(row);
        }
        (Screen::Finding, _) => {
            let (height, length) = view::finding::measure(state);
            state.scroll = state.scroll.saturating_add_signed(rows(height)).min(length.saturating_sub(height));
        }
    }
}

/// Keeps every place within what there is now.
fn settle(state: &mut State) {
    let (clients, findings) = (layout::client_rows(state), layout::finding_rows(state));
    state.client_list.keep(state.clients.len() + 1, clients);
    state.finding_list.keep(state.rows.len(), findings);
    if state.screen() == Screen::Finding {
        if state.finding().is_none() {
            state.screens = vec![Screen::Overview];
        } else {
            let (height, length) = view::finding::measure(state);
            state.scroll = state.scroll.min(length.saturating_sub(height));
        }
    }
}
