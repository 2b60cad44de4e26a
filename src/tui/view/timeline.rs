//! Clients over time: what Windows is predicted to grant, and the findings as they came.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{pane, scrollbar};
use crate::engine::snapshot::Client;
use crate::report::language::say;
use crate::time::CaptureTime;
use crate::tui::fit::{fit, pad};
use crate::tui::layout::parts;
use crate::tui::state::{State, by_id};
use crate::tui::words;
use crate::verdict::{Capability, Family, Severity};

/// Columns of the client's address.
const NAME: usize = 17;
/// Lines above and below the clients.
const AROUND: usize = 4;

/// The part of time that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: i64,
    until: i64,
}

impl Window {
    /// The whole capture, or a part of it around the selected finding: each step of the zoom shows half as much.
    fn of(state: &State) -> Self {
        let (mut from, mut until) = (i64::MAX, i64::MIN);
        for input in &state.snapshot.inputs {
            from = from.min(input.first.map_or(i64::MAX, CaptureTime::as_nanos));
            until = until.max(input.last.map_or(i64::MIN, CaptureTime::as_nanos));
        }
        if from > until {
            return Self { from: 0, until: 1 };
        }
        let whole = until.saturating_sub(from).max(1);
        let span = (whole >> state.zoom.min(62)).max(1000);
        if span >= whole {
            return Self { from, until: from.saturating_add(whole) };
        }
        let middle = state.finding().map_or(from, |finding| finding.started.as_nanos());
        let start = middle.saturating_sub(span / 2).clamp(from, until.saturating_sub(span));
        Self { from: start, until: start.saturating_add(span) }
    }

    /// The column of a moment among `columns`; `None` outside.
    fn column(self, time: CaptureTime, columns: usize) -> Option<usize> {
        let at = time.as_nanos();
        if at < self.from || at > self.until || columns == 0 {
            return None;
        }
        let (offset, span) = (i128::from(at) - i128::from(self.from), i128::from(self.until) - i128::from(self.from));
        let column = offset * i128::try_from(columns - 1).unwrap_or(0) / span.max(1);
        usize::try_from(column).ok()
    }
}

/// Draws it.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let window = Window::of(state);
    let span =
        words::span(CaptureTime::from_nanos(window.until).since(CaptureTime::from_nanos(window.from)), state.language);
    let block = pane(say!(state.language, "Timeline, {span} in sight", "時系列（表示範囲 {span}）"), true, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let width = usize::from(inner.width);
    let columns = width.saturating_sub(NAME + 4);
    let rows = rows(state);
    let height = usize::from(inner.height).saturating_sub(AROUND).max(1);
    let mut lines = vec![axis(state, window, columns)];
    for (client, family) in rows.iter().skip(state.scroll).take(height) {
        lines.push(row(state, client, *family, window, columns));
    }
    frame.render_widget(Paragraph::new(lines), inner);
    let bar = Rect { height: area.height.saturating_sub(3), ..area };
    scrollbar(frame, bar, state.scroll, height, rows.len(), state);
    foot(frame, inner, state);
}

/// Rows in sight and rows in all.
#[must_use]
pub fn measure(state: &State) -> (usize, usize) {
    let body = parts(state.area).body;
    (usize::from(body.height).saturating_sub(2 + AROUND).max(1), rows(state).len())
}

/// A row a family of each client in which anything happened.
fn rows(state: &State) -> Vec<(&Client, Family)> {
    let mut rows = Vec::new();
    for listed in &state.clients {
        let Some(client) = state.snapshot.clients.get(listed.index) else { continue };
        if state.chosen.is_some_and(|chosen| chosen != client.address) {
            continue;
        }
        let [v4, v6] = listed.families;
        if v4 || !v6 {
            rows.push((client, Family::V4));
        }
        if v6 {
            rows.push((client, Family::V6));
        }
    }
    rows
}

fn axis(state: &State, window: Window, columns: usize) -> Line<'static> {
    let (from, until) = (CaptureTime::from_nanos(window.from), CaptureTime::from_nanos(window.until));
    let short = until.since(from).as_secs() < 10;
    let clock = |time| if short { fit(&state.exact(time), 15) } else { state.clock(time) };
    let (left, right) = (clock(from), clock(until));
    let between = columns.saturating_sub(left.len() + right.len() + 2);
    let text = format!("{}{left} {} {right}", " ".repeat(NAME + 4), state.glyphs.pick("─", "-").repeat(between));
    Line::styled(text, state.theme().faint)
}

fn row(state: &State, client: &Client, family: Family, window: Window, columns: usize) -> Line<'static> {
    let theme = state.theme();
    let mut cells: Vec<(&'static str, Style)> = vec![(" ", theme.faint); columns];
    // What is granted, from each change to the next.
    let changes: Vec<(CaptureTime, Capability)> = client
        .timeline
        .iter()
        .filter(|entry| entry.family == Some(family))
        .filter_map(|entry| Some((entry.time, entry.capability?)))
        .collect();
    for (at, (from, capability)) in changes.iter().enumerate() {
        let until = changes.get(at + 1).map_or(CaptureTime::MAX, |(next, _)| *next);
        let start = match window.column(*from, columns) {
            Some(column) => column,
            None if from.as_nanos() < window.from => 0,
            None => continue,
        };
        let end = match window.column(until, columns) {
            Some(column) => column,
            None if until.as_nanos() > window.until => columns,
            None => continue,
        };
        let cell = if *capability == Capability::Internet {
            (state.glyphs.pick("━", "="), theme.severity(Severity::Ok))
        } else {
            (state.glyphs.pick("╌", "."), theme.severity(Severity::Error))
        };
        for place in cells.iter_mut().take(end).skip(start) {
            *place = cell;
        }
    }
    // The gravest finding of each column stands on it; the selected one before all.
    let selected = state.finding().map(|finding| finding.id);
    let own = client.findings.iter().filter_map(|id| by_id(&state.snapshot, *id));
    let mut gravest: Vec<Option<(bool, Severity)>> = vec![None; columns];
    for finding in own.filter(|finding| finding.family == family) {
        let Some(column) = window.column(finding.started, columns) else { continue };
        let (Some(best), Some(cell)) = (gravest.get_mut(column), cells.get_mut(column)) else { continue };
        let own = (Some(finding.id) == selected, finding.severity);
        if Some(own) >= *best {
            *best = Some(own);
            let style = theme.severity(finding.severity);
            *cell = (state.glyphs.severity(finding.severity), if own.0 { style.patch(theme.found) } else { style });
        }
    }
    let label = if family == Family::V4 { "v4" } else { "v6" };
    let mut spans = vec![
        Span::styled(format!(" {}", pad(&client.address.to_string(), NAME - 1)), theme.text),
        Span::styled(format!("{label}  "), theme.faint),
    ];
    spans.extend(cells.into_iter().map(|(text, style)| Span::styled(text, style)));
    Line::from(spans)
}

/// The selected finding, and what the marks mean.
fn foot(frame: &mut Frame<'_>, inner: Rect, state: &State) {
    let theme = state.theme();
    let height = 3.min(inner.height);
    let area = Rect { y: inner.bottom().saturating_sub(height), height, ..inner };
    let width = usize::from(inner.width).saturating_sub(2);
    let (on, off) = (state.glyphs.pick("━", "="), state.glyphs.pick("╌", "."));
    let legend = say!(
        state.language,
        "{on} Internet  {off} \"No Internet\" (predicted)",
        "{on} インターネットあり  {off}「インターネットなし」（予測）"
    );
    let mut lines = vec![Line::styled(state.glyphs.pick("─", "-").repeat(usize::from(inner.width)), theme.border)];
    match state.finding() {
        Some(finding) => {
            let title = state.story(finding).title;
            let mark = state.glyphs.severity(finding.severity);
            let text = format!("{mark} {} {title}", state.exact(finding.started));
            lines.push(Line::styled(format!(" {}", fit(&text, width)), theme.severity(finding.severity)));
        }
        None => lines.push(Line::default()),
    }
    lines.push(Line::styled(format!(" {}", fit(&legend, width)), theme.faint));
    frame.render_widget(Paragraph::new(lines), area);
}
