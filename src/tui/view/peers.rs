//! Two clients side by side: the good one shows what the bad one lacks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{page, page_length, pane};
use crate::engine::snapshot::Client;
use crate::report::wrap::wrap;
use crate::tui::fit::{broken, fit, pad};
use crate::tui::peers::{Row, Value, left, right, rows};
use crate::tui::state::State;
use crate::verdict::Severity;

/// Draws it.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let title = state.language.pick("Two clients", "端末の比較").to_owned();
    let (Some(one), true) = (left(state), state.snapshot.clients.len() > 1) else {
        let block = pane(title, true, state);
        let inner = block.inner(area);
        frame.render_widget(block, area);
        let text = state.language.pick(
            "There is no second client in this capture. Capture a machine that works beside the one that does not, and open both files.",
            "このキャプチャに比較できる別の端末がありません。正常な端末も取得し、両方のファイルを同時に開いてください。",
        );
        let lines = wrap(text, usize::from(inner.width).saturating_sub(2).max(10));
        let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::from(format!(" {line}"))).collect();
        frame.render_widget(Paragraph::new(lines), inner);
        return;
    };
    page(frame, area, title, state, |width| lines(state, one, width));
}

/// Lines in sight and lines in all.
#[must_use]
pub fn measure(state: &State) -> (usize, usize) {
    page_length(state, |width| left(state).map_or_else(Vec::new, |one| lines(state, one, width)))
}

fn lines(state: &State, one: &Client, width: usize) -> Vec<Line<'static>> {
    let Some(other) = right(state, one) else {
        let text = state.language.pick("no other client here", "比較できる端末がありません");
        return vec![Line::styled(format!(" {text}"), state.theme().faint)];
    };
    let (theme, columns) = (state.theme(), Columns::of(width));
    let (facts, asked) = rows(state, one, other);
    let mut lines = vec![columns.line(
        ("", Style::new()),
        [one, other].map(|client| {
            let mark = state.glyphs.online(client.online);
            (format!("{mark} {}", client.address), online(state, client).patch(theme.strong))
        }),
    )];
    let (same, differs): (Vec<Row>, Vec<Row>) = asked.into_iter().partition(|row| !row.differs());
    lines.extend(facts.iter().flat_map(|row| columns.row(state, row)));
    let mut part = |title: &str, rows: &[Row]| {
        lines.push(Line::default());
        lines.push(Line::styled(format!(" {title}"), theme.accent));
        lines.extend(rows.iter().flat_map(|row| columns.row(state, row)));
    };
    if differs.is_empty() {
        let text = "Both asked for nothing that only one of them got";
        part(state.language.pick(text, "一方だけが成功した宛先はありません"), &[]);
    } else {
        part(state.language.pick("One got it, the other did not", "一方だけが成功した宛先"), &differs);
    }
    if !same.is_empty() {
        part(state.language.pick("Alike, or asked for by one alone", "同じ結果、または一方だけが要求した宛先"), &same);
    }
    let text = state.language.pick(
        "An empty place says that the capture shows nothing of it, and no more.",
        "空欄は、キャプチャに記録がないことだけを示します。",
    );
    lines.push(Line::default());
    let foot = wrap(text, width.saturating_sub(2).max(10));
    lines.extend(foot.into_iter().map(|line| Line::styled(format!(" {line}"), theme.faint)));
    lines
}

fn online(state: &State, client: &Client) -> Style {
    match client.online {
        Some(true) => state.theme().severity(Severity::Ok),
        Some(false) => state.theme().severity(Severity::Error),
        None => state.theme().text,
    }
}

/// A narrow one for what is compared, two alike for the clients.
#[derive(Clone, Copy)]
struct Columns {
    label: usize,
    side: usize,
}

impl Columns {
    fn of(width: usize) -> Self {
        let label = (width * 3 / 10).clamp(12, 40);
        Self { label, side: width.saturating_sub(label + 4) / 2 }
    }

    /// A row, in as many lines as its longer side needs.
    fn row(self, state: &State, row: &Row) -> Vec<Line<'static>> {
        let theme = state.theme();
        let style = |value: &Value| value.severity.map_or(theme.text, |severity| theme.severity(severity));
        let mut sides = [&row.sides[0], &row.sides[1]].map(|side| {
            let text = side.as_ref().map_or("", |value| value.text.as_str());
            (broken(text, self.side, 2).into_iter(), side.as_ref().map_or_else(Style::new, style))
        });
        let label = if row.differs() { theme.strong } else { theme.text };
        let mut lines: Vec<Line<'static>> = Vec::new();
        loop {
            let mut shown = [false; 2];
            let mut at = 0;
            let told = sides.each_mut().map(|(lines, style)| {
                let line = lines.next();
                if let Some(shown) = shown.get_mut(at) {
                    *shown = line.is_some();
                }
                at += 1;
                (line.unwrap_or_default(), *style)
            });
            if shown == [false; 2] {
                break;
            }
            lines.push(self.line((if lines.is_empty() { &row.label } else { "" }, label), told));
        }
        if row.differs()
            && let Some(first) = lines.first_mut().and_then(|line| line.spans.first_mut())
        {
            *first = Span::styled(state.glyphs.pick("▶", ">"), theme.accent);
        }
        lines
    }

    fn line(self, (label, style): (&str, Style), sides: [(String, Style); 2]) -> Line<'static> {
        let mut spans = vec![Span::raw(" "), Span::styled(pad(&tail(label, self.label), self.label), style)];
        for (text, style) in sides {
            spans.push(Span::raw(" "));
            spans.push(Span::styled(pad(&text, self.side), style));
        }
        Line::from(spans)
    }
}

/// A name that is too long keeps its end: that is the domain.
fn tail(text: &str, columns: usize) -> String {
    let width = unicode_width::UnicodeWidthStr::width(text);
    if width <= columns || !text.is_ascii() {
        return fit(text, columns);
    }
    let kept = text.get(width + 1 - columns.max(1)..).unwrap_or_default();
    format!("…{kept}")
}
