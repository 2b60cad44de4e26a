//! The UI without a terminal: events in, screens out.

mod finding;
mod lists;
mod live;
mod mouse;
mod movement;
mod proof;
mod screens;
mod sizes;
mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::event::{Effect, Event};
use super::state::{Preferences, State};
use super::update::update;
use super::view;
use crate::engine::analyse;
use crate::engine::follow::{News, Reached, Stage};
use crate::engine::proof::read;
use crate::settings::{Hooks, Settings};

/// Paths of captures of this repository, by name: relative, since screens show them, and tests run in its folder.
pub fn captures(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| Path::new("captures").join(name)).collect()
}

/// A UI of that size in which captures were read to their end.
pub fn opened(names: &[&str], columns: u16, rows: u16, preferences: Preferences) -> State {
    let stop = AtomicBool::new(false);
    let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
    let (snapshot, warnings) = analyse(&captures(names), &Settings::default(), &hooks).unwrap();
    assert!(warnings.is_empty());
    let packets = snapshot.inputs.iter().map(|input| input.packets).sum();
    let bytes = snapshot.inputs.iter().map(|input| input.bytes).sum();
    let mut state = State::new(preferences, Rect::new(0, 0, columns, rows));
    update(&mut state, Event::Reached(Reached { bytes, total: Some(bytes), packets, time: None }));
    update(&mut state, Event::News(News { snapshot: Arc::new(snapshot), stage: Stage::Done(Vec::new()) }));
    state
}

/// Presses keys one after the other; returns the effects of the last one.
pub fn press(state: &mut State, keys: &[&str]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys {
        effects = update(state, Event::Key(event(key)));
        fetch(state, &effects);
    }
    effects
}

/// Reads the packets that were asked for, at once.
fn fetch(state: &mut State, effects: &[Effect]) {
    for effect in effects {
        if let Effect::Fetch(wanted) = effect {
            let result = read(wanted, &AtomicBool::new(false));
            update(state, Event::Proof(wanted.clone(), result));
        }
    }
}

/// Types text, a key a character.
pub fn type_in(state: &mut State, text: &str) {
    for character in text.chars() {
        update(state, Event::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE)));
    }
}

fn event(key: &str) -> KeyEvent {
    crate::tui::keys::Key::parse(key).unwrap().event()
}

/// What is drawn.
pub fn draw(state: &State) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(state.area.width, state.area.height)).unwrap();
    terminal.draw(|frame| view::render(frame, state)).unwrap();
    terminal.backend().buffer().clone()
}

/// What is drawn, as text.
pub fn screen(state: &State) -> String {
    let buffer = draw(state);
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip > 0 {
                skip -= 1;
                continue;
            }
            text.push_str(symbol);
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}
