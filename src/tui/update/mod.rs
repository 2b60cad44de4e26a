//! What happens when something happens: the only place where the state changes.

mod act;
mod mouse;
mod step;
mod typing;

pub use act::{act, works, works_below};
pub use typing::commands;

use ratatui::crossterm::event::KeyEventKind;
use ratatui::layout::Rect;

use super::answer::{Asked, made};
use super::event::{Effect, Event};
use super::keys::Key;
use super::layout;
use super::state::{Overlay, Proving, Screen, State};
use super::tally::Tally;
use super::view;
use crate::engine::proof::Wanted;

/// Lets `event` happen to `state`; returns what is to be done outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    let mut effects = happen(state, event);
    count(state);
    effects.extend(wish(state));
    effects.extend(go_on(state));
    effects
}

/// Asks for time to make the text of findings, where something waits for it.
fn go_on(state: &mut State) -> Option<Effect> {
    let wanted = state.seeks.is_some() || state.filter.reads_text();
    if state.makes_text || !wanted || state.texts.is_complete(&state.snapshot) {
        return None;
    }
    state.makes_text = true;
    Some(Effect::GoOn)
}

/// Makes some text; when all is there, what waited is done.
fn make_text(state: &mut State) {
    state.makes_text = false;
    state.texts.make(&state.snapshot);
    if !state.texts.is_complete(&state.snapshot) {
        return;
    }
    if state.filter.reads_text() {
        state.list_findings();
        settle(state);
    }
    if let Some((forward, with_this)) = state.seeks.take() {
        state.notice = None;
        act::seek(state, forward, with_this);
    }
}

/// Makes what the screen shows of all clients and findings together, where what was made before does not hold.
fn count(state: &mut State) {
    let asked = Asked::now(state);
    if state.screen() == Screen::Overview && state.answered.as_ref().is_none_or(|(of, _)| *of != asked) {
        state.answered = Some((asked, made(state)));
    }
    if state.screen() == Screen::Statistics && !state.tally.holds(state) {
        state.tally = Tally::of(state);
    }
}

fn happen(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Event::Key(key) => {
            // Whoever presses a key does not wait for what he searched.
            (state.notice, state.seeks) = (None, None);
            match &state.overlay {
                Some(Overlay::Filter(..) | Overlay::Search(_) | Overlay::Palette(..)) => typing::key(state, &key),
                _ => state.keymap.action(Key::of(&key)).map_or_else(Vec::new, |action| act(state, action)),
            }
        }
        Event::Paste(text) => {
            typing::paste(state, &text);
            Vec::new()
        }
        Event::Mouse(event) => mouse::mouse(state, &event),
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
        Event::Live(changes) => {
            state.hear(*changes);
            settle(state);
            Vec::new()
        }
        Event::Status(status) => {
            state.note_status(status);
            Vec::new()
        }
        Event::Proof(wanted, result) => {
            proven(state, wanted, result);
            Vec::new()
        }
        Event::GoOn => {
            make_text(state);
            Vec::new()
        }
        Event::Notice(text) => {
            state.notice = Some(text);
            Vec::new()
        }
    }
}

/// Packets that have come; those of a finding that nobody looks at any more are passed over.
fn proven(state: &mut State, wanted: Wanted, result: Result<Option<crate::engine::proof::Proof>, String>) {
    if !matches!(&state.proving, Proving::Reading(current) if *current == wanted) {
        return;
    }
    state.proving = match result {
        Ok(Some(proof)) => Proving::Ready(wanted, std::sync::Arc::new(proof)),
        Ok(None) => Proving::Idle,
        Err(message) => Proving::Failed(wanted, message),
    };
    state.list_packets();
}

/// Asks for the packets of the finding in sight, where a screen shows packets.
fn wish(state: &mut State) -> Option<Effect> {
    if !matches!(state.screen(), Screen::Packets | Screen::Bytes | Screen::Stream) {
        return None;
    }
    let finding = state.finding()?;
    let Ok(wanted) = Wanted::of(&finding.open(), &state.snapshot) else {
        state.proving = Proving::Gone;
        state.packet_rows.clear();
        return None;
    };
    match &state.proving {
        Proving::Reading(current) | Proving::Ready(current, _) | Proving::Failed(current, _) if *current == wanted => {
            if state.packet_rows.is_empty() && state.proof().is_some() {
                state.list_packets();
            }
            None
        }
        _ => {
            state.proving = Proving::Reading(wanted.clone());
            state.packet_rows.clear();
            Some(Effect::Fetch(wanted))
        }
    }
}

/// Keeps every place within what there is now.
fn settle(state: &mut State) {
    count(state);
    let (clients, findings) = (layout::client_rows(state), layout::finding_rows(state));
    state.client_list.keep(state.clients.len() + 1, clients);
    state.finding_list.keep(state.rows.len(), findings);
    state.packet_list.keep(state.packet_rows.len(), layout::packet_rows(state));
    let of_a_finding = !matches!(
        state.screen(),
        Screen::Overview | Screen::Timeline | Screen::Peers | Screen::Statistics | Screen::Endpoints
    );
    if of_a_finding && state.finding().is_none() {
        state.screens = vec![Screen::Overview];
    }
    if let Some((height, length)) = view::measure(state) {
        state.scroll = state.scroll.min(length.saturating_sub(height));
    }
}
