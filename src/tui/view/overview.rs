//! The first screen: the answer, the clients, the findings.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::{finding, pane, scrollbar};
use crate::engine::snapshot::Client;
use crate::report::language::say;
use crate::report::wrap::wrap;
use crate::tui::answer::answer;
use crate::tui::fit::{fit, pad, pad_left};
use crate::tui::layout;
use crate::tui::state::{ClientRow, Pane, State, identity};
use crate::verdict::{Capability, Role, Severity};

/// Draws it.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let parts = layout::overview(area, state.pane, state.rows.len());
    answer_lines(frame, parts.answer, state);
    if parts.clients.width > 0 {
        clients(frame, parts.clients, state);
    }
    if parts.findings.width > 0 {
        findings(frame, parts.findings, state);
    }
    if parts.told.width > 0 {
        finding::render_pane(frame, parts.told, state, 0, false);
    }
}

fn answer_lines(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let (theme, answer) = (state.theme(), answer(state));
    let width = usize::from(area.width).saturating_sub(4);
    let style = theme.severity(answer.severity);
    let mark = state.glyphs.severity(answer.severity);
    let mut lines =
        vec![Line::styled(format!(" {mark} {}", fit(&answer.who, width)), style.patch(theme.strong).patch(style))];
    let room = usize::from(area.height).saturating_sub(1 + usize::from(answer.act.is_some()));
    let mut what = wrap(&answer.what, width);
    if what.len() > room {
        what.truncate(room);
        if let Some(last) = what.last_mut() {
            *last = fit(&format!("{last}……"), width.min(last.width() + 1));
        }
    }
    lines.extend(what.into_iter().map(|line| Line::styled(format!("   {line}"), theme.text)));
    if let Some((whom, how)) = answer.act {
        let arrow = state.glyphs.pick("→", ">");
        let how = fit(&how, width.saturating_sub(whom.width() + 2));
        lines.push(Line::from(vec![
            Span::styled(format!(" {arrow} {whom}: "), theme.accent),
            Span::styled(how, theme.text),
        ]));
    }
    frame.render_widget(Paragraph::new(lines), area);
}

fn clients(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let [off, on] = state.online;
    let (bad, good) = (state.glyphs.online(Some(false)), state.glyphs.online(Some(true)));
    let title = say!(state.language, "Clients {bad}{off} {good}{on}", "端末 {bad}{off} {good}{on}");
    let block = pane(title, state.pane == Pane::Clients, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (height, list) = (usize::from(inner.height), state.client_list);
    let mut lines = Vec::new();
    for at in list.top..(list.top + height).min(state.clients.len() + 1) {
        let style = row_style(state, at == list.selected, state.pane == Pane::Clients);
        let width = usize::from(inner.width);
        lines.push(match at.checked_sub(1).and_then(|at| state.clients.get(at)) {
            None => {
                let count = state.clients.len();
                let all = say!(state.language, "all clients ({count})", "全端末（{count}）");
                Line::styled(pad(&format!("  {all}"), width), style)
            }
            Some(row) => client_line(state, *row, width, style),
        });
    }
    frame.render_widget(Paragraph::new(lines), inner);
    scrollbar(frame, area, list.top, height, state.clients.len() + 1, state);
}

fn client_line(state: &State, row: ClientRow, width: usize, style: Style) -> Line<'static> {
    let Some(client) = state.snapshot.clients.get(row.index) else { return Line::default() };
    let theme = state.theme();
    let online = match client.online {
        Some(true) => theme.severity(Severity::Ok),
        Some(false) => theme.severity(Severity::Error),
        None => theme.faint,
    };
    let families = families(state, client);
    let troubles = match row.troubles {
        0 => String::new(),
        many => many.to_string(),
    };
    let room = width.saturating_sub(2 + families.width() + 1 + 3);
    let name = client.name.as_deref().map(crate::report::words::safe);
    let address = client.address.to_string();
    let name = match (client.role, name) {
        (Role::Client, Some(name)) if address.width() + name.width() < room => format!("{address} {name}"),
        (Role::Client, _) => address,
        (role, _) => format!("{address} {role}"),
    };
    Line::from(vec![
        Span::styled(state.glyphs.online(client.online).to_owned(), online.patch(style)),
        Span::styled(one_way(state, client), theme.severity(Severity::Warning).patch(style)),
        Span::styled(pad(&name, room), style),
        Span::styled(format!(" {families}"), style),
        Span::styled(pad_left(&troubles, 3), theme.faint.patch(style)),
    ])
}

/// A mark where a client is seen in one direction only: what it sends, or what it is sent.
fn one_way(state: &State, client: &Client) -> &'static str {
    match (client.seen.from, client.seen.to) {
        (true, false) => state.glyphs.pick("→", ">"),
        (false, true) => state.glyphs.pick("←", "<"),
        (true, true) | (false, false) => " ",
    }
}

/// The two families in a few columns: `4✗ 6✓`.
fn families(state: &State, client: &Client) -> String {
    let one = |name: &str, capability: Option<Capability>| {
        let mark = state.glyphs.online(capability.map(|capability| capability == Capability::Internet));
        format!("{name}{mark}")
    };
    let v4 = one("4", client.v4.map(|state| state.capability));
    let v6 = one("6", client.v6.map(|state| state.capability));
    format!("{v4}{v6}")
}

/// The style of a row of a list.
pub fn row_style(state: &State, selected: bool, focused: bool) -> Style {
    let theme = state.theme();
    match (selected, focused) {
        (true, true) => theme.selected,
        (true, false) => theme.chosen,
        (false, _) => Style::new(),
    }
}

fn findings(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let block = pane(findings_title(state), state.pane == Pane::Findings, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (height, list) = (usize::from(inner.height), state.finding_list);
    if state.rows.is_empty() {
        let text = if state.live.is_some() && state.is_reading() && state.filter.is_empty() {
            state.language.pick("nothing yet; watching", "まだありません（監視中）")
        } else if state.is_reading() {
            state.language.pick("nothing yet; still reading", "まだありません（読み込み中）")
        } else if state.filter.is_empty() {
            state.language.pick("nothing found", "所見はありません")
        } else {
            state.language.pick("nothing passes the filter; F takes it away", "該当なし（F で絞り込み解除）")
        };
        frame.render_widget(Line::styled(format!(" {text}"), state.theme().faint), inner);
        return;
    }
    let lines: Vec<Line<'_>> = (list.top..(list.top + height).min(state.rows.len()))
        .map(|at| finding_line(state, at, usize::from(inner.width)))
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
    scrollbar(frame, area, list.top, height, state.rows.len(), state);
}

fn findings_title(state: &State) -> String {
    let marks: Vec<String> = [Severity::Error, Severity::Warning, Severity::Info, Severity::Ok]
        .into_iter()
        .filter_map(|severity| {
            let count = state.counts.get(severity as usize).copied().filter(|count| *count > 0)?;
            Some(format!("{}{count}", state.glyphs.severity(severity)))
        })
        .collect();
    let marks = marks.join(" ");
    let of = match state.client() {
        Some(client) => format!(" {}", client.address),
        None => String::new(),
    };
    let marks = if marks.is_empty() { marks } else { format!(" {marks}") };
    let mut title = say!(state.language, "Findings{of}{marks}", "所見{of}{marks}");
    if !state.filter_text.is_empty() {
        title.push_str(&format!(" [{}]", crate::report::words::safe(&state.filter_text)));
        if state.filter.reads_text() && !state.texts.is_complete(&state.snapshot) {
            let percent = state.texts.percent(&state.snapshot);
            title.push_str(&say!(state.language, " searched {percent}%", " 検索 {percent}%"));
        }
    }
    if state.order != crate::tui::order::Order::default() {
        let column = state.order.column.name(state.language);
        let arrow = if state.order.reverse { state.glyphs.pick("▾", "v") } else { state.glyphs.pick("▴", "^") };
        title.push_str(&format!(" {arrow}{column}"));
    }
    title
}

fn finding_line(state: &State, at: usize, width: usize) -> Line<'static> {
    let Some(finding) = state.row(at) else { return Line::default() };
    let theme = state.theme();
    let style = row_style(state, at == state.finding_list.selected, state.pane == Pane::Findings);
    let severity = theme.severity(finding.severity).patch(style);
    let story = state.story(finding);
    let marked = state.marked.contains(&identity(finding));
    let count = if finding.count > 1 { format!(" ×{}", finding.count) } else { String::new() };
    let mut spans = vec![
        Span::styled(state.glyphs.severity(finding.severity), severity),
        Span::styled(if marked { state.glyphs.pick("◆", "*") } else { " " }, theme.accent.patch(style)),
        Span::styled(format!("{} ", state.clock(finding.started)), theme.faint.patch(style)),
    ];
    let mut used = 2 + 9;
    let host = finding.host.as_deref().map(crate::report::words::safe).unwrap_or_default();
    if width >= 78 && state.chosen.is_none() {
        spans.push(Span::styled(format!("{} ", pad(&finding.client.to_string(), 15)), style));
        used += 16;
    }
    if width >= 130 {
        spans.push(Span::styled(format!("{} ", pad(&host, 28)), theme.faint.patch(style)));
        used += 29;
    }
    let room = width.saturating_sub(used + count.width());
    spans.push(Span::styled(pad(&story.title, room), style));
    spans.push(Span::styled(count, theme.accent.patch(style)));
    Line::from(spans)
}
