//! What both sides of a conversation said, told apart by colour and by mark.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{packets, page, page_length};
use crate::engine::conversation::{Chunk, Side, Stream};
use crate::report::heading::grouped;
use crate::report::language::say;
use crate::text::sanitize_bytes;
use crate::tui::state::State;

/// Part of readable bytes from which a chunk is text.
const READABLE: usize = 90;
/// Lines of one chunk that are shown.
const MAX_LINES: usize = 400;

/// Draws it.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let title = match stream(state) {
        Some(stream) => {
            let count = state.proof().map_or(1, |proof| proof.streams.len());
            let (at, protocol) = (state.stream + 1, if stream.udp { "UDP" } else { "TCP" });
            let (client, server) = (stream.client, stream.server);
            let arrow = state.glyphs.pick("→", ">");
            say!(
                state.language,
                "Stream {at}/{count}, {protocol} {client} {arrow} {server}",
                "ストリーム {at}/{count} {protocol} {client} {arrow} {server}"
            )
        }
        None => state.language.pick("Stream", "ストリーム").to_owned(),
    };
    page(frame, area, title, state, |width| lines(state, width));
}

/// Lines in sight and lines in all.
#[must_use]
pub fn measure(state: &State) -> (usize, usize) {
    page_length(state, |width| lines(state, width))
}

fn stream(state: &State) -> Option<&Stream> {
    state.proof()?.streams.get(state.stream)
}

fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let theme = state.theme();
    let note = |text: String| Line::styled(format!(" {text}"), theme.faint);
    if let Some(text) = packets::missing(state) {
        return crate::report::wrap::wrap(&text, width.saturating_sub(2)).into_iter().map(note).collect();
    }
    let Some(stream) = stream(state) else {
        let nothing = state.language.pick("nobody said anything", "データのやり取りはありません");
        return vec![note(nothing.to_owned())];
    };
    let mut lines = Vec::new();
    for chunk in &stream.chunks {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        if chunk.missing > 0 {
            let missing = grouped(chunk.missing);
            lines.push(Line::styled(
                say!(state.language, " ! {missing} bytes are missing here", " ! ここで {missing} バイト欠落"),
                theme.severity(crate::verdict::Severity::Warning),
            ));
        }
        told(&mut lines, chunk, state, width);
    }
    if stream.more {
        lines.push(note(state.language.pick("… and more", "… 以下省略").to_owned()));
    }
    lines
}

fn told(lines: &mut Vec<Line<'static>>, chunk: &Chunk, state: &State, width: usize) {
    let theme = state.theme();
    let (arrow, style, who) = match chunk.side {
        Side::Client => (state.glyphs.pick("→", ">"), theme.to_server, state.language.pick("client", "クライアント")),
        Side::Server => (state.glyphs.pick("←", "<"), theme.to_client, state.language.pick("server", "サーバー")),
    };
    let (number, time, count) = (chunk.at.id.number(), state.exact(chunk.at.time), grouped(chunk.bytes.len() as u64));
    let head = say!(
        state.language,
        "{who}, from packet #{number}, {time}, {count} bytes",
        "{who}、パケット #{number} から、{time}、{count} バイト"
    );
    lines.push(Line::styled(format!("{arrow} {head}"), style.patch(theme.strong).patch(style)));
    let room = width.saturating_sub(3).max(8);
    let body = if is_text(&chunk.bytes) { text(&chunk.bytes, room) } else { hex(&chunk.bytes, room) };
    let hidden = body.len().saturating_sub(MAX_LINES);
    for line in body.into_iter().take(MAX_LINES) {
        lines.push(Line::from(vec![Span::styled(format!("{arrow} "), style), Span::styled(line, style)]));
    }
    if hidden > 0 {
        let hidden = grouped(hidden as u64);
        lines.push(Line::styled(say!(state.language, "  … {hidden} more lines", "  … 他 {hidden} 行"), theme.faint));
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let readable = bytes.iter().filter(|byte| **byte != 0x7f && (**byte >= 0x20 || byte.is_ascii_whitespace())).count();
    let controls = bytes.iter().filter(|byte| **byte < 9).count();
    controls == 0 && readable * 100 >= bytes.len() * READABLE
}

fn text(bytes: &[u8], room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line: Vec<u8> = line.iter().map(|byte| if *byte == b'\t' { b' ' } else { *byte }).collect();
        let line = sanitize_bytes(&line, line.len());
        lines.extend(crate::report::wrap::wrap(&line, room));
        if lines.len() > MAX_LINES * 2 {
            break;
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn hex(bytes: &[u8], room: usize) -> Vec<String> {
    let columns = if room >= 70 { 16 } else { 8 };
    bytes
        .chunks(columns)
        .take(MAX_LINES * 2)
        .enumerate()
        .map(|(row, chunk)| {
            let digits: String = chunk.iter().map(|byte| format!("{byte:02x} ")).collect();
            let plain = |byte: &u8| if (0x20..0x7f).contains(byte) { char::from(*byte) } else { '.' };
            let text: String = chunk.iter().map(plain).collect();
            format!("{:04x}  {digits:<width$} {text}", row * columns, width = columns * 3)
        })
        .collect()
}
