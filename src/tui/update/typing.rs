//! Lines that are typed: filter, search, palette.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::act::{act, seek, set_filter};
use crate::report::Language;
use crate::tui::event::Effect;
use crate::tui::filter::{Filter, completions};
use crate::tui::keys::{Action, Group, Row, TABLE};
use crate::tui::line::Line;
use crate::tui::state::{Overlay, State, Typed};
use crate::tui::update::works_below;

/// Lines that are remembered.
const HISTORY: usize = 50;

/// A key while a line is typed.
pub(super) fn key(state: &mut State, key: &KeyEvent) -> Vec<Effect> {
    let Some(overlay) = state.overlay.take() else { return Vec::new() };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    if control && key.code == KeyCode::Char('z') {
        state.overlay = Some(overlay);
        return vec![Effect::Suspend];
    }
    let leave = key.code == KeyCode::Esc || (control && matches!(key.code, KeyCode::Char('c' | 'g')));
    match overlay {
        Overlay::Filter(_, before) if leave => {
            let filter = parse(state, &before).unwrap_or_default();
            set_filter(state, &before, filter);
        }
        _ if leave => {}
        Overlay::Filter(typed, before) => filter_key(state, key, typed, before),
        Overlay::Search(typed) => search_key(state, key, typed),
        Overlay::Palette(line, selected) => return palette_key(state, key, line, selected),
        other => state.overlay = Some(other),
    }
    Vec::new()
}

/// Pasted text goes into the line that is typed.
pub(super) fn paste(state: &mut State, text: &str) {
    match &mut state.overlay {
        Some(Overlay::Filter(typed, _) | Overlay::Search(typed)) => typed.line.insert(text),
        Some(Overlay::Palette(line, selected)) => {
            line.insert(text);
            *selected = 0;
        }
        Some(Overlay::Help(_) | Overlay::Menu(..)) | None => return,
    }
    if let Some(Overlay::Filter(mut typed, before)) = state.overlay.take() {
        try_filter(state, &mut typed);
        state.overlay = Some(Overlay::Filter(typed, before));
    }
}

fn filter_key(state: &mut State, key: &KeyEvent, mut typed: Typed, before: String) {
    match key.code {
        KeyCode::Enter => {
            let text = typed.line.text().trim().to_owned();
            match parse(state, &text) {
                Ok(filter) => {
                    remember(state, &text);
                    set_filter(state, &text, filter);
                    return;
                }
                Err(message) => typed.wrong = Some(message),
            }
        }
        KeyCode::Tab | KeyCode::BackTab => complete(state, &mut typed, key.code == KeyCode::Tab),
        KeyCode::Up | KeyCode::Down => recall(state, &mut typed, key.code == KeyCode::Up),
        _ => edit(&mut typed, key),
    }
    if key.code != KeyCode::Enter {
        try_filter(state, &mut typed);
    }
    state.overlay = Some(Overlay::Filter(typed, before));
}

/// Shows what the line would leave, while it is typed; a line that is not yet understood leaves what was there.
fn try_filter(state: &mut State, typed: &mut Typed) {
    let text = typed.line.text().to_owned();
    match parse(state, &text) {
        Ok(filter) => {
            typed.wrong = None;
            set_filter(state, &text, filter);
        }
        // The last word is still being typed.
        Err(message) => typed.wrong = text.ends_with(' ').then_some(message),
    }
}

fn parse(state: &State, text: &str) -> Result<Filter, String> {
    let day = state.snapshot.inputs.iter().filter_map(|input| input.first).min().unwrap_or_default();
    Filter::parse(text, &state.shown_zone(), day, state.language)
}

fn search_key(state: &mut State, key: &KeyEvent, mut typed: Typed) {
    match key.code {
        KeyCode::Enter => {
            let text = typed.line.text().trim().to_owned();
            if !text.is_empty() {
                remember(state, &text);
                state.searched = Some(text);
                seek(state, true, true);
            }
            return;
        }
        KeyCode::Up | KeyCode::Down => recall(state, &mut typed, key.code == KeyCode::Up),
        _ => edit(&mut typed, key),
    }
    state.overlay = Some(Overlay::Search(typed));
}

fn palette_key(state: &mut State, key: &KeyEvent, line: Line, selected: usize) -> Vec<Effect> {
    let rows = commands(state, line.text());
    let last = rows.len().saturating_sub(1);
    let (mut typed, mut selected) = (Typed { line, ..Typed::default() }, selected);
    match key.code {
        KeyCode::Enter => {
            return rows.get(selected).map_or_else(Vec::new, |row| act(state, row.action));
        }
        KeyCode::Up | KeyCode::BackTab => selected = selected.saturating_sub(1),
        KeyCode::Down | KeyCode::Tab => selected = (selected + 1).min(last),
        _ => {
            edit(&mut typed, key);
            selected = 0;
        }
    }
    state.overlay = Some(Overlay::Palette(typed.line, selected));
    Vec::new()
}

/// Commands that work on the screen below and whose name or words contain all words of `text`.
#[must_use]
pub fn commands(state: &State, text: &str) -> Vec<&'static Row> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let has = |row: &Row, word: &String| {
        row.name.contains(word)
            || row.words(Language::En).to_lowercase().contains(word)
            || row.words(Language::Ja).contains(word)
    };
    let mut rows: Vec<&'static Row> = TABLE
        .iter()
        .filter(|row| row.action != Action::Palette && works_below(state, row.action))
        .filter(|row| words.iter().all(|word| has(row, word)))
        .collect();
    // As the help lists them.
    rows.sort_by_key(|row| Group::ALL.iter().position(|group| *group == row.group));
    rows
}

fn remember(state: &mut State, text: &str) {
    if text.is_empty() {
        return;
    }
    state.history.retain(|old| old != text);
    state.history.push(text.to_owned());
    if state.history.len() > HISTORY {
        state.history.remove(0);
    }
}

fn recall(state: &State, typed: &mut Typed, older: bool) {
    typed.back = if older { (typed.back + 1).min(state.history.len()) } else { typed.back.saturating_sub(1) };
    let text = typed.back.checked_sub(1).and_then(|back| state.history.iter().rev().nth(back));
    typed.line = Line::new(text.map_or("", String::as_str));
}

/// Puts the next completion of the last word into the line.
fn complete(state: &State, typed: &mut Typed, forward: bool) {
    let text = typed.line.text().to_owned();
    if typed.offered.is_empty() {
        typed.offered = completions(&text, &state.snapshot);
        typed.next = 0;
    } else if !forward {
        // The next one already stands ahead of the one that is shown.
        typed.next = (typed.next + typed.offered.len().saturating_sub(2)) % typed.offered.len();
    }
    let Some(word) = typed.offered.get(typed.next) else { return };
    let start = text.rfind(' ').map_or(0, |at| at + 1);
    typed.line = Line::new(&format!("{}{word}", text.get(..start).unwrap_or_default()));
    typed.next = (typed.next + 1) % typed.offered.len();
    if let [_only] = typed.offered.as_slice() {
        typed.offered.clear();
    }
}

fn edit(typed: &mut Typed, key: &KeyEvent) {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let line = &mut typed.line;
    match key.code {
        KeyCode::Char('a') if control => line.jump(false),
        KeyCode::Char('e') if control => line.jump(true),
        KeyCode::Char('u') if control => line.clear(),
        KeyCode::Char('w') if control => line.delete_word(),
        KeyCode::Char(character) if !control => line.insert(&character.to_string()),
        KeyCode::Backspace => line.backspace(),
        KeyCode::Delete => line.delete(),
        KeyCode::Left => line.step(false),
        KeyCode::Right => line.step(true),
        KeyCode::Home => line.jump(false),
        KeyCode::End => line.jump(true),
        _ => {}
    }
    typed.offered.clear();
    typed.back = 0;
}
