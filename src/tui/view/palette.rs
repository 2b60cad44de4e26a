//! Windows over the screen: the palette of commands, and the lists of things to copy and to write.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line as Text, Span};
use ratatui::widgets::Paragraph;

use super::{line, overview, pane, window};
use crate::tui::fit::{pad, pad_left};
use crate::tui::line::Line;
use crate::tui::menu::{Menu, items};
use crate::tui::state::State;
use crate::tui::update::commands;

/// Widest window.
const COLUMNS: u16 = 64;

fn place(area: Rect, rows: usize) -> Rect {
    let width = area.width.saturating_sub(4).min(COLUMNS);
    let height = u16::try_from(rows).unwrap_or(u16::MAX).min(area.height.saturating_sub(2));
    Rect::new(area.x + (area.width - width) / 2, area.y + (area.height - height) / 3, width, height)
}

/// Draws the palette: the line that finds, and what it found.
pub fn palette(frame: &mut Frame<'_>, area: Rect, state: &State, typed: &Line, selected: usize) {
    let rows = commands(state, typed.text());
    let all = commands(state, "").len();
    let place = place(area, all + 3);
    let title = state.language.pick("Commands", "コマンド").to_owned();
    let inner = window(frame, place, pane(title, true, state), &state.theme());
    line::line(frame, Rect { height: 1.min(inner.height), ..inner }, state, " : ", typed, "");
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let (height, width) = (usize::from(list.height).max(1), usize::from(list.width));
    let top = selected.saturating_sub(height - 1);
    let theme = state.theme();
    let lines: Vec<Text<'_>> = rows
        .iter()
        .enumerate()
        .skip(top)
        .take(height)
        .map(|(at, row)| {
            let style = overview::row_style(state, at == selected, true);
            let key = state.keymap.shown(row.action);
            let room = width.saturating_sub(12);
            Text::from(vec![
                Span::styled(pad(&format!(" {}", row.words(state.language)), room), style),
                Span::styled(pad_left(&format!("{key} "), 12), theme.accent.patch(style)),
            ])
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), list);
}

/// Draws a list of things to copy or to write.
pub fn menu(frame: &mut Frame<'_>, area: Rect, state: &State, menu: Menu, selected: usize) {
    let rows = items(menu, state);
    let place = place(area, rows.len() + 2);
    let title = match menu {
        Menu::Copy => state.language.pick("Copy to the clipboard", "クリップボードにコピー"),
        Menu::Export => state.language.pick("Write to a new file in this folder", "新しいファイルに書き出す"),
    };
    let inner = window(frame, place, pane(title.to_owned(), true, state), &state.theme());
    let lines: Vec<Text<'_>> = rows
        .iter()
        .enumerate()
        .map(|(at, item)| {
            let style = overview::row_style(state, at == selected, true);
            Text::styled(pad(&format!("  {}", item.name(state.language)), usize::from(inner.width)), style)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}
