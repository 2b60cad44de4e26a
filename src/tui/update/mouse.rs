//! The mouse: a click selects, a click on what is selected opens, the wheel moves.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::act::act;
use super::step::{Step, step};
use crate::tui::event::Effect;
use crate::tui::keys::Action;
use crate::tui::layout;
use crate::tui::state::{Overlay, Pane, Screen, State};

/// Rows that a notch of the wheel moves.
const NOTCH: isize = 3;

pub(super) fn mouse(state: &mut State, event: &MouseEvent) -> Vec<Effect> {
    match event.kind {
        MouseEventKind::ScrollUp => step(state, Step::Rows(-NOTCH)),
        MouseEventKind::ScrollDown => step(state, Step::Rows(NOTCH)),
        MouseEventKind::Down(MouseButton::Left) => return click(state, Position::new(event.column, event.row)),
        _ => {}
    }
    Vec::new()
}

fn click(state: &mut State, at: Position) -> Vec<Effect> {
    if let Some(Overlay::Help(_)) = state.overlay {
        state.overlay = None;
        return Vec::new();
    }
    if state.overlay.is_some() {
        return Vec::new();
    }
    let body = layout::parts(state.area).body;
    match state.screen() {
        Screen::Overview => {
            let parts = layout::overview(body, state.pane, state.rows.len());
            if let Some(row) = row(parts.clients, at, state.client_list.top, state.clients.len() + 1) {
                state.pane = Pane::Clients;
                state.select_client(row);
            } else if let Some(row) = row(parts.findings, at, state.finding_list.top, state.rows.len()) {
                let again = state.pane == Pane::Findings && state.finding_list.selected == row;
                state.pane = Pane::Findings;
                if again {
                    return act(state, Action::Open);
                }
                state.select_finding(row);
            } else if parts.told.contains(at) {
                return act(state, Action::Finding);
            }
        }
        Screen::Packets => {
            let (list, bytes) = layout::packets(body);
            if let Some(row) = row(list, at, state.packet_list.top, state.packet_rows.len()) {
                if state.packet_list.selected == row {
                    return act(state, Action::Open);
                }
                let height = layout::packet_rows(state);
                state.packet_list.select(row, state.packet_rows.len(), height);
            } else if bytes.contains(at) {
                return act(state, Action::Open);
            }
        }
        Screen::Finding
        | Screen::Ladder
        | Screen::Bytes
        | Screen::Stream
        | Screen::Timeline
        | Screen::Compare
        | Screen::Peers
        | Screen::Statistics
        | Screen::Endpoints => {}
    }
    Vec::new()
}

/// The row of a list inside `pane` that was hit.
fn row(pane: Rect, at: Position, top: usize, length: usize) -> Option<usize> {
    let inside = pane.contains(at) && at.y > pane.y && at.y + 1 < pane.bottom();
    let row = top + usize::from(at.y.checked_sub(pane.y + 1)?);
    (inside && row < length).then_some(row)
}
