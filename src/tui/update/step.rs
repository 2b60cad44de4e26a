//! Moves in whatever has the keys.

use crate::tui::layout;
use crate::tui::menu::items;
use crate::tui::state::{Overlay, Pane, Screen, State};
use crate::tui::view;

/// How far to move.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Rows(isize),
    Pages(isize),
}

impl Step {
    fn rows(self, height: usize) -> isize {
        match self {
            Self::Rows(rows) => rows,
            Self::Pages(pages) => pages.saturating_mul(isize::try_from(height.max(2) - 1).unwrap_or(1)),
        }
    }

    fn from(self, place: usize, length: usize, height: usize) -> usize {
        place.saturating_add_signed(self.rows(height)).min(length.saturating_sub(1))
    }
}

pub(super) fn step(state: &mut State, step: Step) {
    match state.overlay.clone() {
        Some(Overlay::Help(top)) => {
            let (height, length) = view::help::measure(state);
            let last = length.saturating_sub(height);
            state.overlay = Some(Overlay::Help(top.saturating_add_signed(step.rows(height)).min(last)));
            return;
        }
        Some(Overlay::Menu(menu, selected)) => {
            let length = items(menu, state).len();
            state.overlay = Some(Overlay::Menu(menu, step.from(selected, length, length)));
            return;
        }
        Some(Overlay::Filter(..) | Overlay::Search(_) | Overlay::Palette(..)) | None => {}
    }
    match (state.screen(), state.pane) {
        (Screen::Overview, Pane::Clients) => {
            let height = layout::client_rows(state);
            state.select_client(step.from(state.client_list.selected, state.clients.len() + 1, height));
        }
        (Screen::Overview, Pane::Findings) => {
            let height = layout::finding_rows(state);
            state.select_finding(step.from(state.finding_list.selected, state.rows.len(), height));
        }
        (Screen::Ladder, _) => {
            let (steps, height) = view::ladder::steps(state);
            state.step = Some(step.from(view::ladder::selected(state), steps, height));
        }
        (Screen::Packets, _) => {
            let (length, height) = (state.packet_rows.len(), layout::packet_rows(state));
            let at = step.from(state.packet_list.selected, length, height);
            state.packet_list.select(at, length, height);
        }
        (Screen::Bytes, _) => {
            let fields = state.packet().map_or(0, |packet| packet.fields.len());
            state.field = step.from(state.field, fields, fields);
        }
        (Screen::Compare, _) => {
            let at = step.from(state.finding_list.selected, state.rows.len(), 2);
            state.select_finding(at);
        }
        (
            Screen::Finding
            | Screen::Stream
            | Screen::Timeline
            | Screen::Peers
            | Screen::Statistics
            | Screen::Endpoints,
            _,
        ) => {
            if let Some((height, length)) = view::measure(state) {
                let last = length.saturating_sub(height);
                state.scroll = state.scroll.saturating_add_signed(step.rows(height)).min(last);
            }
        }
    }
}
