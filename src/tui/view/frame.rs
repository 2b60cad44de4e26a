//! What stands around every screen: the capture and how far it is read, what it covers, and the keys.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use crate::engine::follow::Stage;
use crate::report::heading::grouped;
use crate::report::language::say;
use crate::text::sanitize;
use crate::tui::fit::{fit, pad};
use crate::tui::keys::Action;
use crate::tui::layout::Parts;
use crate::tui::state::{RATES_SHOWN, Screen, State, TICKS_A_SECOND};
use crate::tui::update::works;
use crate::tui::words;

/// Longest name of a capture that the first line shows.
const MAX_NAME: usize = 80;

/// Draws the first line and the last two.
pub fn render(frame: &mut Frame<'_>, parts: Parts, state: &State) {
    let theme = state.theme();
    match &state.live {
        Some(live) if state.is_reading() => super::live::bar(frame, parts.bar, state, live),
        _ => bar(frame, parts.bar, state),
    }
    frame.render_widget(coverage(state, usize::from(parts.coverage.width)), parts.coverage);
    let keys = match &state.notice {
        Some(notice) => Line::styled(fit(&format!(" {notice}"), usize::from(parts.keys.width)), theme.strong),
        None => keys(state, usize::from(parts.keys.width)),
    };
    frame.buffer_mut().set_style(parts.keys, theme.bar);
    frame.render_widget(keys, parts.keys);
}

fn bar(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let theme = state.theme();
    frame.buffer_mut().set_style(area, theme.bar);
    let right = progress(state);
    let room = usize::from(area.width).saturating_sub(right.width() + 2);
    let mut left = format!(" ncsight {} {}", state.glyphs.pick("▪", "|"), capture(state));
    if left.width() > room {
        left = format!(" {}", capture(state));
    }
    let line = Line::from(vec![
        Span::styled(pad(&left, room), theme.bar.patch(theme.strong)),
        Span::raw(" "),
        Span::raw(right),
    ]);
    frame.render_widget(line, area);
}

/// Name and extent of what is read.
fn capture(state: &State) -> String {
    let inputs = &state.snapshot.inputs;
    let name = match inputs.as_slice() {
        [] => return String::new(),
        [only] => {
            let name = only.path.file_name().map_or(only.path.as_os_str(), |name| name);
            match name.to_string_lossy().as_ref() {
                "-" => state.language.pick("standard input", "標準入力").to_owned(),
                name => sanitize(name, MAX_NAME),
            }
        }
        several => {
            let count = several.len();
            say!(state.language, "{count} captures", "キャプチャ {count} 件")
        }
    };
    let first = inputs.iter().filter_map(|input| input.first).min();
    let last = inputs.iter().filter_map(|input| input.last).max();
    let when = match (first, last) {
        (Some(first), Some(last)) => {
            let (from, span) = (state.clock(first), words::span(last.since(first), state.language));
            format!(", {from} +{span}")
        }
        _ => String::new(),
    };
    format!("{name}{when}")
}

/// How far reading is, and in which zone times are shown.
fn progress(state: &State) -> String {
    let zone = zone(state);
    let packets = words::short(state.reached.packets);
    let counted = say!(state.language, "{packets} packets", "{packets} パケット");
    let how = match &state.stage {
        Stage::Reading => {
            let spark =
                if state.area.width < 100 { sparkline(state) } else { format!("{} {}", rate(state), sparkline(state)) };
            match state.reached.total.filter(|total| *total > 0) {
                Some(total) => {
                    let percent = (state.reached.bytes.min(total)).saturating_mul(100) / total;
                    say!(state.language, "{spark} reading {percent}% {counted}", "{spark} 読込 {percent}% {counted}")
                }
                None => say!(state.language, "{spark} live {counted}", "{spark} 受信中 {counted}"),
            }
        }
        Stage::Done(_) | Stage::Failed(_) => {
            let packets = grouped(state.reached.packets);
            say!(state.language, "{packets} packets", "{packets} パケット")
        }
    };
    format!("{how} {} {zone} ", state.glyphs.pick("▪", "|"))
}

/// The zone in which times are shown.
pub(super) fn zone(state: &State) -> String {
    if state.utc { "UTC".to_owned() } else { offset(state) }
}

fn offset(state: &State) -> String {
    let time = state.snapshot.inputs.iter().filter_map(|input| input.last).max().unwrap_or_default();
    let text = crate::report::clock::Moment { time, digits: 0 }.in_zone(&state.zone);
    text.rsplit(' ').next().unwrap_or_default().to_owned()
}

/// Packets a second by the last samples.
fn rate(state: &State) -> String {
    let rate = words::short(packet_rate(state));
    say!(state.language, "{rate}/s", "{rate}/秒")
}

/// Packets a second by the last samples.
pub(super) fn packet_rate(state: &State) -> u64 {
    let last = state.rates.iter().rev().take(TICKS_A_SECOND as usize);
    let (sum, count) = last.fold((0u64, 0u64), |(sum, count), packets| (sum.saturating_add(*packets), count + 1));
    sum.saturating_mul(TICKS_A_SECOND).checked_div(count).unwrap_or(0)
}

/// The rate of the last samples.
pub(super) fn sparkline(state: &State) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    const PLAIN: [char; 8] = ['_', '_', '.', '.', '-', '-', '=', '='];
    let bars = if state.glyphs == crate::tui::theme::Glyphs::Unicode { BARS } else { PLAIN };
    let most = state.rates.iter().copied().max().unwrap_or(0).max(1);
    let shown = state.rates.iter().skip(state.rates.len().saturating_sub(RATES_SHOWN));
    shown.filter_map(|rate| bars.get(usize::try_from(rate * 7 / most).unwrap_or(0))).collect()
}

/// What the capture covers, and what it cannot show: every "no answer" depends on it.
fn coverage(state: &State, width: usize) -> Line<'static> {
    let (theme, language) = (state.theme(), state.language);
    let quality = &state.snapshot.quality;
    let mark = state.glyphs.pick("·", "-");
    let protocols = if quality.protocols_seen.is_empty() { "–".to_owned() } else { quality.protocols_seen.join(" ") };
    let mut parts: Vec<(bool, String)> = vec![(false, protocols)];
    match state.client() {
        Some(client) => {
            let both = client.seen.from && client.seen.to;
            let (address, seen) = (client.address, words::directions(client.seen, language));
            parts.push((!both, say!(language, "{address}: {seen}", "{address}：{seen}")));
        }
        None if state.halves > 0 => {
            let clients = words::short(state.halves as u64);
            parts.push((true, say!(language, "{clients} clients in one direction", "片方向の端末 {clients} 台")));
        }
        None => {}
    }
    let mut count = |number: u64, en: &str, ja: &str| {
        if number > 0 {
            let number = words::short(number);
            parts.push((true, say!(language, "{number} {en}", "{ja} {number}")));
        }
    };
    count(quality.dropped_packets, "dropped", "欠落パケット");
    count(quality.one_way_flows, "one-way", "片方向接続");
    count(quality.gaps, "gaps", "欠損");
    count(quality.truncated_packets, "cut short", "切詰め");
    count(quality.evicted_flows, "given up", "追跡中止");
    count(quality.not_decoded.iter().map(|(_, packets)| *packets).sum(), "not decoded", "未対応");
    count(state.snapshot.inputs.iter().map(|input| input.problems.len() as u64).sum(), "damaged places", "破損箇所");
    count(state.unread().len() as u64, "not read", "読込不可");
    if quality.anonymised {
        parts.push((true, language.pick("anonymised", "匿名化").to_owned()));
    }
    let shows_filter = usize::from(!state.own_filter);
    for filter in state.snapshot.inputs.iter().filter_map(|input| input.filter.as_deref()).take(shows_filter) {
        let filter = sanitize(filter, MAX_NAME);
        parts.push((true, say!(language, "filter {filter}", "フィルター {filter}")));
    }
    if parts.iter().all(|(bad, _)| !bad) && (!state.is_reading() || is_seen_whole(state)) {
        parts.push((false, language.pick("both directions, nothing lost", "双方向、欠落なし").to_owned()));
    }
    parts.push((false, words::position(state.position, language).to_owned()));
    let mut spans = vec![Span::styled(language.pick(" covers ", " 範囲 "), theme.faint)];
    let mut used = spans.iter().map(Span::width).sum::<usize>();
    let last = parts.len() - 1;
    for (at, (bad, text)) in parts.into_iter().enumerate() {
        let (text, style) = if bad {
            (format!("! {text}"), theme.severity(crate::verdict::Severity::Warning))
        } else {
            (text, theme.text)
        };
        let text = if at == 0 { text } else { format!(" {mark} {text}") };
        if at == last && used + text.width() > width {
            // A position that is cut short says nothing.
            break;
        }
        let text = fit(&text, width.saturating_sub(used));
        used += text.width();
        spans.push(Span::styled(text, style));
    }
    Line::from(spans)
}

/// Whether all clients of a live run are seen in both directions.
fn is_seen_whole(state: &State) -> bool {
    let clients = &state.snapshot.clients;
    state.live.is_some() && !clients.is_empty() && clients.iter().all(|client| client.seen.from && client.seen.to)
}

/// The keys that matter most here, as many as fit.
fn keys(state: &State, width: usize) -> Line<'static> {
    let theme = state.theme();
    let order = order(state);
    let shown: Vec<(Action, String, &str)> = order
        .iter()
        .filter(|(action, ..)| works(state, *action))
        .map(|(action, en, ja)| match action {
            Action::Freeze if state.held_back().is_some() => (*action, "go on", "再開"),
            _ => (*action, *en, *ja),
        })
        .map(|(action, en, ja)| (action, state.keymap.shown(action), state.language.pick(en, ja)))
        .filter(|(_, key, _)| !key.is_empty())
        .collect();
    let columns = |(_, key, word): &(Action, String, &str)| key.width() + word.width() + 4;
    // The way to help and the way out have their place before all others.
    let is_first = |(action, ..): &&(Action, String, &str)| matches!(action, Action::Help | Action::Quit);
    let mut room = width.saturating_sub(shown.iter().filter(is_first).map(columns).sum());
    let mut spans = Vec::new();
    for entry in &shown {
        if !is_first(&entry) {
            let Some(left) = room.checked_sub(columns(entry)) else { continue };
            room = left;
        }
        let (_, key, word) = entry;
        spans.push(Span::styled(format!(" {key}"), theme.bar.patch(theme.accent)));
        spans.push(Span::styled(format!(" {word}  "), theme.bar));
    }
    Line::from(spans)
}

/// Which keys matter most, in a word each.
fn order(state: &State) -> &'static [(Action, &'static str, &'static str)] {
    const CLOSE: &[(Action, &str, &str)] =
        &[(Action::Open, "choose", "選択"), (Action::Back, "close", "閉じる"), (Action::Quit, "quit", "終了")];
    const OVERVIEW: &[(Action, &str, &str)] = &[
        (Action::Open, "open", "開く"),
        (Action::NextPane, "clients", "枠"),
        (Action::Freeze, "freeze", "停止"),
        (Action::Filter, "filter", "絞込"),
        (Action::Search, "search", "検索"),
        (Action::Copy, "copy", "コピー"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
        (Action::Back, "all", "全件"),
        (Action::Export, "export", "書出し"),
        (Action::ToggleUtc, "UTC", "UTC"),
    ];
    const FINDING: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::Open, "ladder", "図"),
        (Action::Packets, "packets", "パケット"),
        (Action::NextFinding, "next", "次"),
        (Action::Freeze, "freeze", "停止"),
        (Action::Copy, "copy", "コピー"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
        (Action::Export, "export", "書出し"),
    ];
    const LADDER: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::Open, "packets", "パケット"),
        (Action::NextFinding, "next", "次"),
        (Action::Copy, "copy", "コピー"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
    ];
    const PACKETS: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::Open, "bytes", "バイト列"),
        (Action::OnlyEvidence, "evidence alone", "証拠のみ"),
        (Action::Stream, "stream", "ストリーム"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
        (Action::Search, "search", "検索"),
    ];
    const BYTES: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::Up, "field before", "前の項目"),
        (Action::Down, "next field", "次の項目"),
        (Action::Stream, "stream", "ストリーム"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
    ];
    const TIMELINE: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::ZoomIn, "zoom in", "拡大"),
        (Action::ZoomOut, "zoom out", "縮小"),
        (Action::NextFinding, "next finding", "次の所見"),
        (Action::Open, "open", "開く"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
    ];
    const COMPARE: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::Down, "next finding", "次の所見"),
        (Action::Ladder, "ladder", "図"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
    ];
    const PEERS: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::NextPane, "another client", "次の端末"),
        (Action::NextFinding, "next finding", "次の所見"),
        (Action::Down, "down", "下へ"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
    ];
    const NUMBERS: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::Down, "down", "下へ"),
        (Action::Export, "export", "書出し"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
    ];
    const TEXT: &[(Action, &str, &str)] = &[
        (Action::Back, "back", "戻る"),
        (Action::NextPane, "next stream", "次のストリーム"),
        (Action::Packets, "packets", "パケット"),
        (Action::Down, "down", "下へ"),
        (Action::Help, "help", "ヘルプ"),
        (Action::Quit, "quit", "終了"),
    ];
    match (&state.overlay, state.screen()) {
        (Some(_), _) => CLOSE,
        (None, Screen::Overview) => OVERVIEW,
        (None, Screen::Finding) => FINDING,
        (None, Screen::Ladder) => LADDER,
        (None, Screen::Packets) => PACKETS,
        (None, Screen::Bytes) => BYTES,
        (None, Screen::Timeline) => TIMELINE,
        (None, Screen::Compare) => COMPARE,
        (None, Screen::Peers) => PEERS,
        (None, Screen::Statistics | Screen::Endpoints) => NUMBERS,
        (None, Screen::Stream) => TEXT,
    }
}
