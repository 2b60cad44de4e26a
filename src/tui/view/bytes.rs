//! The bytes of one packet: its fields, and hex and text with the field in question marked.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{overview, packets, pane, scrollbar};
use crate::engine::inspect::Field;
use crate::engine::proof::Packet;
use crate::report::language::say;
use crate::tui::fit::{fit, pad};
use crate::tui::state::State;

/// Draws the whole screen: fields, then bytes.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(packet) = state.packet() else {
        return packets::render(frame, area, state);
    };
    let fields = u16::try_from(packet.fields.len()).unwrap_or(u16::MAX).max(1) + 2;
    let most = area.height / 2;
    let parts = if area.width >= 130 {
        Layout::horizontal([Constraint::Min(0), Constraint::Length(76)])
    } else {
        Layout::vertical([Constraint::Length(fields.min(most)), Constraint::Min(0)])
    };
    let [list, below] = parts.areas(area);
    let (number, protocol) = (packet.id.number(), packet.protocol);
    let title = say!(state.language, "Packet #{number}, {protocol}", "パケット #{number}（{protocol}）");
    let block = pane(title, true, state);
    let inner = block.inner(list);
    frame.render_widget(block, list);
    let height = usize::from(inner.height).max(1);
    let top = state.field.saturating_sub(height - 1);
    let shown = packet.fields.iter().enumerate().skip(top).take(height);
    let lines: Vec<Line<'_>> =
        shown.map(|(at, field)| field_line(state, field, at == state.field, usize::from(inner.width))).collect();
    frame.render_widget(Paragraph::new(lines), inner);
    scrollbar(frame, list, top, height, packet.fields.len(), state);
    render_pane(frame, below, state, packet.fields.get(state.field));
}

fn field_line(state: &State, field: &Field, selected: bool, width: usize) -> Line<'static> {
    let theme = state.theme();
    let style = overview::row_style(state, selected, true);
    let mark = if field.decisive { state.glyphs.pick("◆", "*") } else { " " };
    let place = format!("{:04x}", field.range.start);
    Line::from(vec![
        Span::styled(format!("{mark} "), theme.accent.patch(style)),
        Span::styled(format!("{place}  "), theme.faint.patch(style)),
        Span::styled(pad(&field.name, 20), theme.strong.patch(style)),
        Span::styled(pad(&format!(" {}", field.value), width.saturating_sub(28)), style),
    ])
}

/// Draws the bytes of the selected packet, `field` or else its decisive fields marked.
pub fn render_pane(frame: &mut Frame<'_>, area: Rect, state: &State, field: Option<&Field>) {
    let Some(packet) = state.packet() else {
        let title = state.language.pick("Bytes", "バイト列").to_owned();
        frame.render_widget(pane(title, false, state), area);
        return;
    };
    let (captured, length) = (packet.bytes.len(), packet.wire_len);
    let cut = if captured < usize::try_from(length).unwrap_or(usize::MAX) {
        say!(state.language, " of {length}", " / {length}")
    } else {
        String::new()
    };
    let named = field.or_else(|| packet.fields.iter().find(|field| field.decisive));
    let named = named.map(|field| format!(": {}", field.name)).unwrap_or_default();
    let title = say!(state.language, "{captured}{cut} bytes{named}", "{captured}{cut} バイト{named}");
    let block = pane(fit(&title, usize::from(area.width).saturating_sub(6)), false, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let marked: Vec<Range<usize>> = match field {
        Some(field) => vec![field.range.clone()],
        None => packet.fields.iter().filter(|field| field.decisive).map(|field| field.range.clone()).collect(),
    };
    let columns = columns(usize::from(inner.width));
    let (height, length) = (usize::from(inner.height), packet.bytes.len().div_ceil(columns));
    let wanted = marked.first().map_or(0, |range| range.start / columns);
    let top = wanted.saturating_sub(height / 3).min(length.saturating_sub(height));
    let lines: Vec<Line<'_>> =
        (top..(top + height).min(length)).map(|row| hex_line(state, packet, row * columns, columns, &marked)).collect();
    frame.render_widget(Paragraph::new(lines), inner);
    scrollbar(frame, area, top, height, length, state);
}

/// Bytes in a line of that width: `0000  16 × "xx "  16 characters`.
const fn columns(width: usize) -> usize {
    if width >= 72 { 16 } else { 8 }
}

fn hex_line(state: &State, packet: &Packet, start: usize, columns: usize, marked: &[Range<usize>]) -> Line<'static> {
    let theme = state.theme();
    let mut hex = vec![Span::styled(format!(" {start:04x}  "), theme.faint)];
    let mut text = vec![Span::raw(" ")];
    for at in start..start + columns {
        let Some(byte) = packet.bytes.get(at) else {
            hex.push(Span::raw("   "));
            continue;
        };
        let style = if marked.iter().any(|range| range.contains(&at)) { theme.found } else { theme.text };
        let follows = marked.iter().any(|range| range.contains(&at) && range.contains(&(at + 1)));
        let secret = packet.secrets.iter().any(|range| range.contains(&at));
        let digits = if secret { "**".to_owned() } else { format!("{byte:02x}") };
        hex.push(Span::styled(digits, style));
        hex.push(Span::styled(" ", if follows && at + 1 < start + columns { style } else { theme.text }));
        let character = match byte {
            _ if secret => '*',
            0x20..0x7f => char::from(*byte),
            _ => '.',
        };
        text.push(Span::styled(character.to_string(), style));
    }
    hex.extend(text);
    Line::from(hex)
}
