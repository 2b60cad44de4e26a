//! The first line of a live run: what is read, how fast, what was lost, and who is confined.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use super::frame::{packet_rate, sparkline, zone};
use crate::engine::feed::Sandbox;
use crate::report::language::say;
use crate::text::sanitize;
use crate::tui::fit::fit;
use crate::tui::live::Live;
use crate::tui::state::State;
use crate::tui::words;
use crate::verdict::Severity;

/// Longest name of an interface that is shown; Linux allows 15.
const MAX_NAME: usize = 16;
/// Interfaces that are named; more are counted.
const NAMED: usize = 3;

/// A part of the line: the lower its rank, the longer it stays where there is little room.
struct Part {
    rank: u8,
    text: String,
    style: Style,
}

/// Draws it.
pub fn bar(frame: &mut Frame<'_>, area: Rect, state: &State, live: &Live) {
    let theme = state.theme();
    frame.buffer_mut().set_style(area, theme.bar);
    let width = usize::from(area.width);
    let between = format!(" {} ", state.glyphs.pick("▪", "|"));
    let mut parts = parts(state, live);
    let columns = |parts: &[Part]| parts.iter().map(|part| part.text.width()).sum::<usize>();
    let room = |parts: &[Part]| width.saturating_sub(2 + between.width() * parts.len().saturating_sub(1));
    while columns(&parts) > room(&parts) && parts.len() > 1 {
        let least = parts.iter().enumerate().max_by_key(|(_, part)| part.rank).map_or(0, |(at, _)| at);
        parts.remove(least);
    }
    let mut spans = vec![Span::styled(" ", theme.bar)];
    let mut left = width.saturating_sub(2);
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            spans.push(Span::styled(between.clone(), theme.bar.patch(theme.faint)));
            left = left.saturating_sub(between.width());
        }
        let text = fit(&part.text, left);
        left = left.saturating_sub(text.width());
        spans.push(Span::styled(text, theme.bar.patch(part.style)));
    }
    frame.render_widget(Line::from(spans), area);
}

fn parts(state: &State, live: &Live) -> Vec<Part> {
    let (theme, language) = (state.theme(), state.language);
    let status = &live.status;
    let bad = theme.severity(Severity::Warning);
    let part = |rank, text, style| Part { rank, text, style };
    let mut parts = Vec::new();
    if let Some(new) = state.held_back() {
        let text = say!(language, "FROZEN, {new} new", "一時停止中、新規 {new} 件");
        parts.push(part(0, text, theme.strong.patch(bad)));
    }
    let away = status.sources.iter().filter(|source| source.away).count();
    let style = if away > 0 { theme.strong.patch(bad) } else { theme.strong };
    parts.push(part(1, sources(state, live, away), style));
    parts.push(part(3, format!("{} {}", sparkline(state), rates(state, live)), Style::new()));
    let (text, lost) = losses(state, live);
    parts.push(part(if lost { 2 } else { 4 }, text, if lost { theme.strong.patch(bad) } else { Style::new() }));
    match &state.sandbox {
        Sandbox::Confined => {
            parts.push(part(6, language.pick("confined", "隔離済").to_owned(), Style::new()));
        }
        Sandbox::Open(_) => parts.push(part(4, language.pick("! not confined", "! 未隔離").to_owned(), bad)),
        Sandbox::None | Sandbox::ToCaptures => {}
    }
    parts.push(part(5, elapsed(status.elapsed.as_secs()), Style::new()));
    parts.push(part(7, zone(state), Style::new()));
    parts
}

fn sources(state: &State, live: &Live, away: usize) -> String {
    let (language, sources) = (state.language, &live.status.sources);
    let mark = state.glyphs.pick("✗", "x");
    if sources.len() > NAMED {
        let count = sources.len();
        let text = say!(language, "{count} interfaces", "インターフェース {count} 個");
        return if away > 0 {
            say!(language, "{text}, {mark}{away} away", "{text}、{mark}{away} 個消失")
        } else {
            text
        };
    }
    let name = |source: &crate::engine::feed::Source| {
        let name = match source.name.as_str() {
            "-" => language.pick("standard input", "標準入力").to_owned(),
            name => sanitize(name, MAX_NAME),
        };
        if source.away { say!(language, "{mark}{name} away", "{mark}{name} 消失") } else { name }
    };
    sources.iter().map(name).collect::<Vec<_>>().join(" ")
}

fn rates(state: &State, live: &Live) -> String {
    let (packets, bits) = (words::short(packet_rate(state)), words::bits(live.bits()));
    if state.area.width < 76 {
        return format!("{packets}/s {bits}");
    }
    say!(state.language, "{packets} pkt/s {bits}", "{packets} pkt/秒 {bits}")
}

/// What was lost, and whether anything was. Where there is little room: `k` by the kernel, `i` by interfaces, `w` not
/// written.
fn losses(state: &State, live: &Live) -> (String, bool) {
    let (language, status) = (state.language, &live.status);
    let narrow = state.area.width < 100;
    let counts = [
        (status.kernel, "k", language.pick("kernel", "カーネル")),
        (status.interface, "i", language.pick("interface", "IF")),
        (status.unwritten, "w", language.pick("unwritten", "未保存")),
    ];
    let lost: Vec<String> = counts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, short, name)| match narrow {
            true => format!("{short}{}", words::short(*count)),
            false => format!("{name} {}", words::short(*count)),
        })
        .collect();
    if lost.is_empty() {
        return (language.pick("no drops", "欠落 0").to_owned(), false);
    }
    let lost = lost.join(if narrow { " " } else { ", " });
    (say!(language, "! drops {lost}", "! 欠落 {lost}"), true)
}

/// Days, hours, minutes, seconds: `3d 04:05:06`.
fn elapsed(seconds: u64) -> String {
    let (days, hours, minutes, seconds) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    if days > 0 {
        format!("{days}d {hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{hours}:{minutes:02}:{seconds:02}")
    }
}
