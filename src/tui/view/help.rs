//! Help: the keys that do something on the screen below, from the table of keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{pane, scrollbar, window};
use crate::tui::fit::pad;
use crate::tui::keys::{Group, TABLE};
use crate::tui::state::State;
use crate::tui::update::works_below;

/// Widest help.
const COLUMNS: u16 = 76;
/// Columns of the keys.
const KEYS: usize = 26;

fn place(area: Rect) -> Rect {
    let (width, height) = (area.width.min(COLUMNS), area.height.saturating_sub(2));
    Rect::new(area.x + (area.width - width) / 2, area.y + 1, width, height)
}

/// Draws it from line `top` on.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State, top: usize) {
    let place = place(area);
    let title = state.language.pick("Keys on this screen", "この画面のキー").to_owned();
    let inner = window(frame, place, pane(title, true, state), &state.theme());
    let lines = lines(state, usize::from(inner.width));
    let (height, length) = (usize::from(inner.height), lines.len());
    let shown: Vec<Line<'_>> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(shown), inner);
    scrollbar(frame, place, top, height, length, state);
}

/// Lines in sight and lines in all.
#[must_use]
pub fn measure(state: &State) -> (usize, usize) {
    let place = place(state.area);
    let height = usize::from(place.height.saturating_sub(2));
    (height, lines(state, usize::from(place.width.saturating_sub(2))).len())
}

fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = state.theme();
    let mut lines = Vec::new();
    for group in Group::ALL {
        let rows: Vec<_> = TABLE.iter().filter(|row| row.group == *group && works_below(state, row.action)).collect();
        if rows.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(format!(" {}", group.title(state.language)), theme.accent));
        for row in rows {
            let keys: Vec<String> = state.keymap.keys(row.action).iter().map(ToString::to_string).collect();
            let keys = keys.join("  ");
            lines.push(Line::from(vec![
                Span::styled(format!("   {}", pad(&keys, KEYS)), theme.strong),
                Span::styled(
                    crate::tui::fit::fit(row.words(state.language), width.saturating_sub(KEYS + 3)),
                    theme.text,
                ),
            ]));
        }
    }
    lines
}
