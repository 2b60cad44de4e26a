//! What the screen shows: pure functions of state and area.

pub mod bytes;
pub mod compare;
pub mod endpoints;
pub mod finding;
pub mod frame;
pub mod help;
pub mod ladder;
pub mod line;
pub mod live;
pub mod overview;
pub mod packets;
pub mod palette;
pub mod peers;
mod run;
pub mod statistics;
pub mod stream;
pub mod timeline;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};
use unicode_width::UnicodeWidthStr;

use super::layout::{LEAST, parts};
use super::state::{Overlay, Screen, State};
use super::theme::{Glyphs, Theme};
use crate::report::language::say;

/// Draws everything.
pub fn render(frame: &mut Frame<'_>, state: &State) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        return too_small(frame, area, state);
    }
    frame.buffer_mut().set_style(area, state.theme().text);
    let parts = parts(area);
    frame::render(frame, parts, state);
    match state.screen() {
        Screen::Overview => overview::render(frame, parts.body, state),
        Screen::Finding => finding::render(frame, parts.body, state),
        Screen::Ladder => ladder::render(frame, parts.body, state),
        Screen::Packets => packets::render(frame, parts.body, state),
        Screen::Bytes => bytes::render(frame, parts.body, state),
        Screen::Stream => stream::render(frame, parts.body, state),
        Screen::Timeline => timeline::render(frame, parts.body, state),
        Screen::Compare => compare::render(frame, parts.body, state),
        Screen::Peers => peers::render(frame, parts.body, state),
        Screen::Statistics => statistics::render(frame, parts.body, state),
        Screen::Endpoints => endpoints::render(frame, parts.body, state),
    }
    match &state.overlay {
        Some(Overlay::Help(top)) => help::render(frame, area, state, *top),
        Some(Overlay::Filter(typed, _)) => line::filter(frame, parts, state, typed),
        Some(Overlay::Search(typed)) => line::search(frame, parts, state, typed),
        Some(Overlay::Palette(typed, selected)) => palette::palette(frame, area, state, typed, *selected),
        Some(Overlay::Menu(menu, selected)) => palette::menu(frame, area, state, *menu, *selected),
        None => {}
    }
    if state.glyphs == Glyphs::Ascii {
        spell_out(frame.buffer_mut());
    }
}

/// Lines in sight and lines in all, of a screen that is a text.
#[must_use]
pub fn measure(state: &State) -> Option<(usize, usize)> {
    match state.screen() {
        Screen::Finding => Some(finding::measure(state)),
        Screen::Stream => Some(stream::measure(state)),
        Screen::Timeline => Some(timeline::measure(state)),
        Screen::Statistics => Some(statistics::measure(state)),
        Screen::Endpoints => Some(endpoints::measure(state)),
        Screen::Peers => Some(peers::measure(state)),
        Screen::Overview | Screen::Ladder | Screen::Packets | Screen::Bytes | Screen::Compare => None,
    }
}

/// Replaces what a terminal without Unicode cannot show, names from the wire included.
fn spell_out(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        if !cell.symbol().is_ascii() {
            let plain = match cell.symbol() {
                "…" => "~",
                "–" | "─" => "-",
                "→" => ">",
                "←" => "<",
                "×" => "x",
                "µ" => "u",
                "≤" => "<",
                "│" => "|",
                "·" => ".",
                _ => "?",
            };
            cell.set_symbol(plain);
        }
    }
}

fn too_small(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let (columns, rows) = LEAST;
    let (width, height) = (area.width, area.height);
    let text = say!(
        state.language,
        "too small: {width}x{height}, needs {columns}x{rows}",
        "画面が小さすぎます：{width}x{height}（{columns}x{rows} 以上）"
    );
    let lines: Vec<Line<'_>> =
        crate::report::wrap::wrap(&text, usize::from(width)).into_iter().map(Line::from).collect();
    frame.render_widget(Paragraph::new(lines), area);
}

/// A pane with a title; `focused` where it has the keys.
fn pane<'a>(title: String, focused: bool, state: &State) -> Block<'a> {
    let theme = state.theme();
    let style = if focused { theme.focus } else { theme.border };
    let title = if focused { format!("{}{title} ", state.glyphs.pick("▸", ">")) } else { format!(" {title} ") };
    Block::bordered()
        .border_set(state.glyphs.border())
        .border_style(style)
        .title(Span::styled(title, if focused { theme.focus } else { theme.faint }))
}

/// A pane that lies over the screen, in its middle.
fn window(frame: &mut Frame<'_>, area: Rect, block: Block<'_>, theme: &Theme) -> Rect {
    // Half of a wide character would hide the border.
    if let Some(before) = area.x.checked_sub(1) {
        for y in area.y..area.bottom() {
            if let Some(cell) = frame.buffer_mut().cell_mut((before, y)).filter(|cell| cell.symbol().width() > 1) {
                cell.set_symbol(" ");
            }
        }
    }
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, theme.text);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    inner
}

/// A mark at the right border that says where in `length` lines the `height` lines from `top` on stand.
fn scrollbar(frame: &mut Frame<'_>, area: Rect, top: usize, height: usize, length: usize, state: &State) {
    if length <= height || area.height < 3 {
        return;
    }
    let track = usize::from(area.height) - 2;
    let size = (track * height / length).clamp(1, track);
    let at = (track - size) * top.min(length - height) / (length - height);
    let x = area.right().saturating_sub(1);
    for row in at..at + size {
        let y = area.y + 1 + u16::try_from(row).unwrap_or(0);
        if let Some(cell) = frame.buffer_mut().cell_mut((x, y)) {
            cell.set_symbol(state.glyphs.pick("█", "#"));
        }
    }
}

/// A page of text in a pane, from the line to which it is scrolled; `lines` makes its lines for a width.
fn page(frame: &mut Frame<'_>, area: Rect, title: String, state: &State, lines: impl Fn(usize) -> Vec<Line<'static>>) {
    let block = pane(title, true, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let lines = lines(usize::from(inner.width));
    let (height, length) = (usize::from(inner.height), lines.len());
    let shown: Vec<Line<'_>> = lines.into_iter().skip(state.scroll).take(height).collect();
    frame.render_widget(Paragraph::new(shown), inner);
    scrollbar(frame, area, state.scroll, height, length, state);
}

/// Lines of such a page that are in sight, and its lines in all.
fn page_length(state: &State, lines: impl Fn(usize) -> Vec<Line<'static>>) -> (usize, usize) {
    let body = parts(state.area).body;
    let inside = |length: u16| usize::from(length.saturating_sub(2));
    (inside(body.height), lines(inside(body.width)).len())
}
