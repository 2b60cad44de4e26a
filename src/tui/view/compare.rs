//! A finding beside an attempt of the same kind that worked: where do they part?

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::pane;
use crate::report::ladder::{Ladder, Step, Weight, ladder};
use crate::report::wrap::wrap;
use crate::tui::fit::{fit, pad};
use crate::tui::state::State;
use crate::tui::words;
use crate::verdict::{Filed, Severity, Verdict};

/// Draws both.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(bad) = state.finding() else { return };
    let good = counterpart(state, bad);
    let [left, right] = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(area);
    let diagram = |finding: &Filed| ladder(&finding.open(), state.snapshot.time_digits, state.language);
    let (one, other) = (diagram(bad), good.map(diagram));
    let parting = other.as_ref().map(|other| parting(&one, other));
    half(frame, left, state, bad, &one, parting, true);
    match (good, other) {
        (Some(good), Some(other)) => half(frame, right, state, good, &other, parting, false),
        _ => {
            let block = pane(state.language.pick("Nothing to compare with", "比較対象なし").to_owned(), false, state);
            let inner = block.inner(right);
            frame.render_widget(block, right);
            let text = state.language.pick(
                "No attempt of this kind worked in this capture. Capture a machine that works beside the one that does not, and open both files.",
                "この種の試行で成功したものがありません。正常な端末も取得し、両方のファイルを同時に開いてください。",
            );
            let lines = wrap(text, usize::from(inner.width).saturating_sub(2).max(10));
            let lines: Vec<Line<'_>> = lines.into_iter().map(|line| Line::from(format!(" {line}"))).collect();
            frame.render_widget(Paragraph::new(lines), inner);
        }
    }
}

/// An attempt of the same kind that worked: of another client before one of the same, of the same name before another.
fn counterpart<'a>(state: &'a State, bad: &Filed) -> Option<&'a Filed> {
    let kind = |verdict: Verdict| match verdict {
        Verdict::ActiveDnsProbeSucceeded | Verdict::ActiveDnsProbeFailed => 1,
        Verdict::LegacyTlsNegotiated | Verdict::TlsVersionMismatch | Verdict::TlsHandshakeFailed => 2,
        _ => 0,
    };
    let works = |finding: &&Filed| match kind(bad.verdict) {
        2 => finding.verdict == Verdict::LegacyTlsNegotiated,
        wanted => finding.severity == Severity::Ok && kind(finding.verdict) == wanted,
    };
    let fit = |finding: &&Filed| {
        (
            finding.proxy().is_some() == bad.proxy().is_some(),
            finding.family == bad.family,
            finding.client != bad.client,
            finding.host == bad.host,
            std::cmp::Reverse(finding.started.distance(bad.started)),
        )
    };
    state.snapshot.findings.iter().filter(|finding| finding.id != bad.id).filter(works).max_by_key(fit)
}

/// The first step that differs.
fn parting(one: &Ladder, other: &Ladder) -> usize {
    // What a step is, without addresses and names: its direction and its first word.
    let shape = |step: &Step| {
        let word = step.label.split([' ', ':']).next().unwrap_or_default().to_owned();
        let word = if word.parse::<std::net::IpAddr>().is_ok() { "address".to_owned() } else { word };
        (step.from == 0, word)
    };
    let pairs = one.steps.iter().zip(&other.steps);
    let alike = pairs.take_while(|(one, other)| shape(one) == shape(other)).count();
    alike.min(one.steps.len().saturating_sub(1))
}

fn half(
    frame: &mut Frame<'_>,
    area: Rect,
    state: &State,
    finding: &Filed,
    diagram: &Ladder,
    parting: Option<usize>,
    focused: bool,
) {
    let mark = state.glyphs.severity(finding.severity);
    let title = fit(&format!("{mark} {}", finding.client), usize::from(area.width).saturating_sub(6));
    let block = pane(title, focused, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (theme, width) = (state.theme(), usize::from(inner.width));
    let story = state.story(finding);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut told = wrap(&story.title, width.saturating_sub(2).max(10));
    told.truncate(3);
    told.resize(3, String::new());
    lines.extend(told.into_iter().map(|line| Line::styled(format!(" {line}"), theme.severity(finding.severity))));
    let capability = words::capability(finding.capability);
    lines.push(Line::styled(format!(" {}  {capability}", state.clock(finding.started)), theme.faint));
    lines.push(Line::default());
    for (at, step) in diagram.steps.iter().enumerate() {
        let here = parting == Some(at);
        let arrow = match (step.from, step.to) {
            (0, 0) => state.glyphs.pick("·", "."),
            (0, _) => state.glyphs.pick("→", ">"),
            _ => state.glyphs.pick("←", "<"),
        };
        let since = format!("+{:.3}", step.time.since(diagram.start).as_secs_f64());
        let style = match step.weight {
            Weight::Failed => theme.severity(Severity::Error),
            Weight::Worked => theme.severity(Severity::Ok),
            Weight::Again => theme.severity(Severity::Warning),
            Weight::Plain => theme.text,
        };
        let flag = if here { state.glyphs.pick("▶", ">") } else { " " };
        let style = if here { style.patch(theme.found) } else { style };
        lines.push(Line::from(vec![
            Span::styled(flag.to_owned(), theme.accent),
            Span::styled(pad(&since, 9), theme.faint),
            Span::styled(format!("{arrow} "), style),
            Span::styled(fit(&step.label, width.saturating_sub(13)), style),
        ]));
    }
    if let Some(at) = parting {
        let step = at + 1;
        let text = crate::report::language::say!(
            state.language,
            "They part at step {step}.",
            "ステップ {step} で違いが生じています。"
        );
        lines.push(Line::default());
        lines.push(Line::styled(format!(" {text}"), theme.accent));
    }
    frame.render_widget(Paragraph::new(lines), inner);
}
