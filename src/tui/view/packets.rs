//! The packets of a finding, and the bytes of the selected one.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{bytes, overview, pane, scrollbar};
use crate::engine::conversation::Side;
use crate::engine::proof::Packet;
use crate::report::language::say;
use crate::tui::fit::{fit, pad};
use crate::tui::layout;
use crate::tui::state::{Proving, State};
use crate::tui::words;

/// Draws them.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let (list, below) = layout::packets(area);
    let (at, many) = (state.finding_list.selected + 1, state.rows.len());
    let all = if state.only_evidence { state.language.pick(", evidence alone", "、証拠のみ") } else { "" };
    let count = state.packet_rows.len();
    let mut title = say!(
        state.language,
        "{count} packets of finding {at}/{many}{all}",
        "所見 {at}/{many} のパケット {count} 件{all}"
    );
    title.push_str(&forgotten(state));
    let block = pane(title, true, state);
    let inner = block.inner(list);
    frame.render_widget(block, list);
    if let Some(text) = missing(state) {
        let lines = crate::report::wrap::wrap(&text, usize::from(inner.width).saturating_sub(2));
        let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::from(format!(" {line}"))).collect();
        frame.render_widget(Paragraph::new(lines), inner);
    } else {
        let rows = state.packet_list.top..(state.packet_list.top + usize::from(inner.height)).min(count);
        let lines: Vec<Line<'_>> = rows.map(|row| line(state, row, usize::from(inner.width))).collect();
        frame.render_widget(Paragraph::new(lines), inner);
        scrollbar(frame, list, state.packet_list.top, usize::from(inner.height), count, state);
    }
    bytes::render_pane(frame, below, state, None);
}

/// What a live run does not remember any more of what is shown.
fn forgotten(state: &State) -> String {
    let language = state.language;
    match state.proof() {
        Some(proof) if proof.gone > 0 && !proof.packets.is_empty() => {
            let gone = proof.gone;
            say!(language, "; {gone} of the evidence forgotten", "、証拠 {gone} 件は破棄済み")
        }
        Some(proof) if proof.faded && !proof.packets.is_empty() => {
            language.pick("; others may be forgotten", "、他は破棄済みの可能性").to_owned()
        }
        _ => String::new(),
    }
}

/// Why there are no packets to see.
#[must_use]
pub fn missing(state: &State) -> Option<String> {
    let language = state.language;
    match &state.proving {
        Proving::Gone => Some(
            language
                .pick(
                    "The capture came through standard input; its bytes are not kept. Save it to a file to look at packets.",
                    "標準入力から読み込んだため、パケットの内容は残っていません。ファイルに保存してから開いてください。",
                )
                .to_owned(),
        ),
        Proving::Idle | Proving::Reading(_) => {
            Some(language.pick("reading the packets again…", "パケットを読み直しています…").to_owned())
        }
        Proving::Failed(_, message) => {
            let message = crate::report::words::safe(message);
            Some(say!(language, "the packets cannot be read: {message}", "パケットを読めません：{message}"))
        }
        Proving::Ready(_, proof) if proof.packets.is_empty() && state.snapshot.memory.is_some() => Some(
            language
                .pick(
                    "Its packets are forgotten: a live run remembers the latest ones, and the evidence of the latest findings. --write keeps all, --write-findings the evidence.",
                    "該当パケットは既に破棄されました。ライブ監視は直近のパケットと直近の所見の証拠だけを保持します。すべて残すには --write、証拠だけなら --write-findings を指定してください。",
                )
                .to_owned(),
        ),
        Proving::Ready(_, proof) if proof.packets.is_empty() => {
            Some(language.pick("no packet of this finding is in the file any more", "該当パケットがファイルにありません").to_owned())
        }
        Proving::Ready(..) => None,
    }
}

fn line(state: &State, row: usize, width: usize) -> Line<'static> {
    let packet = state.packet_rows.get(row).and_then(|index| state.proof()?.packets.get(*index));
    let Some(packet) = packet else { return Line::default() };
    let theme = state.theme();
    let style = overview::row_style(state, row == state.packet_list.selected, true);
    let mark = if packet.evidence { state.glyphs.pick("◆", "*") } else { " " };
    let arrow = match packet.side {
        Some(Side::Client) => state.glyphs.pick("→", ">"),
        Some(Side::Server) => state.glyphs.pick("←", "<"),
        None => state.glyphs.pick("·", "."),
    };
    let side = if packet.side == Some(Side::Server) { theme.to_client } else { theme.to_server };
    let number = format!("{:<7}", format!("#{}", packet.id.number()));
    let time = if width >= 100 { state.exact(packet.time) } else { since(state, packet) };
    let mut spans = vec![
        Span::styled(format!("{mark} "), theme.accent.patch(style)),
        Span::styled(number, theme.text.patch(style)),
        Span::styled(format!("{time} "), theme.faint.patch(style)),
        Span::styled(format!("{arrow} "), side.patch(style)),
        Span::styled(pad(packet.protocol, 5), theme.strong.patch(style)),
    ];
    let mut used: usize = spans.iter().map(Span::width).sum();
    if width >= 110 {
        let ends = format!("{} {arrow} {}", packet.from, packet.to);
        spans.push(Span::styled(pad(&ends, 44), theme.faint.patch(style)));
        spans.push(Span::styled(" ", style));
        used += 45;
    }
    let room = width.saturating_sub(used);
    spans.push(Span::styled(pad(&fit(&packet.summary, room), room), style));
    Line::from(spans)
}

/// Time since the first packet that is listed.
fn since(state: &State, packet: &Packet) -> String {
    let first = state.proof().and_then(|proof| proof.packets.first()).map_or(packet.time, |first| first.time);
    let seconds = packet.time.since(first).as_secs_f64();
    if seconds < 1000.0 {
        format!("{:>9}", format!("+{seconds:.4}"))
    } else {
        format!("{:>9}", words::span(packet.time.since(first), state.language))
    }
}
