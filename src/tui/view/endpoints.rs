//! Microsoft 365 endpoint sets: how far each is reached, stage by stage.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{page, page_length};
use crate::report::endpoints::{EndpointRow, Tally, summary, table};
use crate::report::words;
use crate::report::wrap::wrap;
use crate::tui::fit::{pad, pad_left};
use crate::tui::state::State;
use crate::verdict::Severity;

/// Columns of one stage.
const STAGE: usize = 8;

/// Draws them.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    page(
        frame,
        area,
        state.language.pick("Microsoft 365 endpoints", "Microsoft 365 エンドポイント").to_owned(),
        state,
        |width| lines(state, width),
    );
}

/// Lines in sight and lines in all.
#[must_use]
pub fn measure(state: &State) -> (usize, usize) {
    page_length(state, |width| lines(state, width))
}

fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let (theme, language) = (state.theme(), state.language);
    let mut lines = Vec::new();
    let text = |lines: &mut Vec<Line<'static>>, text: &str, style: Style, indent: usize| {
        for line in wrap(text, width.saturating_sub(indent + 1).max(10)) {
            lines.push(Line::styled(format!("{:indent$}{line}", ""), style));
        }
    };
    let Some(summary) = summary(&state.snapshot, language) else {
        return lines;
    };
    text(&mut lines, &words::endpoints_heading(&summary.list, language), theme.faint, 1);
    let rows = table(&state.snapshot);
    let name = width.saturating_sub(3 + 5 * STAGE).max(12);
    let stages = [language.pick("names", "名前"), language.pick("proxy", "プロキシ"), "TCP", "TLS", "HTTP"];
    let mut head = vec![Span::raw(format!("   {}", pad("", name)))];
    head.extend(stages.map(|stage| Span::styled(pad_left(stage, STAGE), theme.accent)));
    lines.push(Line::from(head));
    lines.extend(rows.iter().map(|row| matrix_line(row, name, state)));
    if let Some(statement) = &summary.statement {
        lines.push(Line::default());
        text(&mut lines, statement, theme.severity(Severity::Ok), 1);
        for next in &summary.look_next {
            text(&mut lines, &format!("- {next}"), theme.text, 3);
        }
    }
    lines.push(Line::default());
    for row in &rows {
        text(&mut lines, &words::endpoint_row(row, language), theme.faint, 1);
    }
    lines
}

fn matrix_line(row: &EndpointRow, name: usize, state: &State) -> Line<'static> {
    let theme = state.theme();
    let severity = match (&row.blocked_at, row.required) {
        (Some(_), true) => Severity::Error,
        (Some(_), false) => Severity::Warning,
        (None, _) => Severity::Ok,
    };
    let id = row.id.map(|id| id.to_string()).unwrap_or_default();
    let label = format!("{} {}", pad_left(&id, 3), row.area_name);
    let mut spans = vec![
        Span::styled(format!(" {} ", state.glyphs.severity(severity)), theme.severity(severity)),
        Span::styled(pad(&label, name), if row.required { theme.strong } else { theme.text }),
    ];
    for tally in [row.resolved, row.proxy, row.connected, row.tls, row.http] {
        spans.push(cell(tally, state));
    }
    Line::from(spans)
}

/// `12`, `3✗`, `12/3✗`: how often it worked, and how often not.
fn cell(tally: Tally, state: &State) -> Span<'static> {
    let theme = state.theme();
    let bad = state.glyphs.severity(Severity::Error);
    let (text, style) = match (tally.ok, tally.failed) {
        (0, 0) => ("·".to_owned(), theme.faint),
        (ok, 0) => (format!("{ok}{}", state.glyphs.severity(Severity::Ok)), theme.severity(Severity::Ok)),
        (0, failed) => (format!("{failed}{bad}"), theme.severity(Severity::Error)),
        (ok, failed) => (format!("{ok}/{failed}{bad}"), theme.severity(Severity::Warning)),
    };
    Span::styled(pad_left(&text, STAGE), style)
}
