//! The finding as a sequence diagram.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{pane, scrollbar};
use crate::report::ladder::{Drawn, Emphasis, Ladder, Pen, Weight, draw, ladder};
use crate::report::language::say;
use crate::report::wrap::wrap;
use crate::source::PacketId;
use crate::tui::fit::fit;
use crate::tui::layout::parts;
use crate::tui::state::State;
use crate::tui::theme::Glyphs;
use crate::verdict::Severity;

/// Lines below the diagram: the selected step in words, and the verdict.
const FOOT: u16 = 4;

/// Draws it.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    let Some(finding) = state.finding() else { return };
    let (at, many) = (state.finding_list.selected + 1, state.rows.len());
    let title = say!(state.language, "Ladder of finding {at}/{many}", "シーケンス図 {at}/{many}");
    let block = pane(title, true, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let theme = state.theme();
    let diagram = diagram(state);
    let step = selected_of(&diagram, state);
    let lines = draw(&diagram, usize::from(inner.width), pen(state), state.language);
    let height = usize::from(inner.height.saturating_sub(FOOT + HEAD));
    let selected = lines.iter().position(|line| line.step == Some(step)).unwrap_or(0);
    // The names of the columns stay; of the rest, what stands around the selected step.
    let (heads, body) = lines.split_at(lines.len().min(usize::from(HEAD)));
    let at = selected.saturating_sub(usize::from(HEAD));
    let top = at.saturating_sub(height.saturating_sub(1).min(height / 2)).min(body.len().saturating_sub(height));
    let shown: Vec<Line<'_>> =
        heads.iter().chain(body.iter().skip(top).take(height)).map(|line| styled(line, step, state)).collect();
    frame.render_widget(Paragraph::new(shown), Rect { height: inner.height.saturating_sub(FOOT), ..inner });
    let bar = Rect { height: area.height.saturating_sub(FOOT), ..area };
    scrollbar(frame, bar, top, height, body.len(), state);
    let foot = Rect { y: inner.bottom().saturating_sub(FOOT), height: FOOT.min(inner.height), ..inner };
    let width = usize::from(inner.width).saturating_sub(2);
    let rule = state.glyphs.pick("─", "-").repeat(usize::from(inner.width));
    let mut lines = vec![Line::styled(rule, theme.border)];
    if let Some(step) = diagram.steps.get(step) {
        let packet = step.packet.map(|packet| format!("#{} ", packet.number())).unwrap_or_default();
        let text = format!("{packet}{}  {}", state.exact(step.time), step.note);
        let mut words = wrap(&text, width);
        if words.len() > 2 {
            words.truncate(2);
            if let Some(last) = words.last_mut() {
                *last = fit(&format!("{last} …"), width);
            }
        }
        lines.extend(words.into_iter().map(|line| Line::styled(format!(" {line}"), theme.text)));
    }
    let story = state.story(finding);
    let mark = state.glyphs.severity(finding.severity);
    let verdict = format!(" {mark} {}", fit(&story.title, width.saturating_sub(2)));
    while lines.len() < usize::from(FOOT) - 1 {
        lines.push(Line::default());
    }
    lines.push(Line::styled(verdict, theme.severity(finding.severity)));
    frame.render_widget(Paragraph::new(lines), foot);
}

/// Lines of column names.
const HEAD: u16 = 2;

fn pen(state: &State) -> Pen {
    match state.glyphs {
        Glyphs::Unicode => Pen::Lines,
        Glyphs::Ascii => Pen::Ascii,
    }
}

fn diagram(state: &State) -> Ladder {
    match state.finding() {
        Some(finding) => ladder(&finding.open(), state.snapshot.time_digits, state.language),
        None => Ladder::default(),
    }
}

/// Steps of the diagram, and rows in sight.
#[must_use]
pub fn steps(state: &State) -> (usize, usize) {
    let height = parts(state.area).body.height.saturating_sub(2 + FOOT + HEAD);
    (diagram(state).steps.len(), usize::from(height).max(1))
}

/// The packet of the selected step.
#[must_use]
pub fn selected_packet(state: &State) -> Option<PacketId> {
    let diagram = diagram(state);
    diagram.steps.get(selected_of(&diagram, state))?.packet
}

/// The selected step.
#[must_use]
pub fn selected(state: &State) -> usize {
    selected_of(&diagram(state), state)
}

fn selected_of(diagram: &Ladder, state: &State) -> usize {
    let failed = || diagram.steps.iter().position(|step| matches!(step.weight, Weight::Failed | Weight::Worked));
    state.step.or_else(failed).unwrap_or(0)
}

fn styled(line: &Drawn, step: usize, state: &State) -> Line<'static> {
    let theme = state.theme();
    let style = match line.emphasis {
        Emphasis::Head => theme.strong,
        Emphasis::Pause => theme.faint,
        Emphasis::Step(Weight::Plain) => theme.text,
        Emphasis::Step(Weight::Again) => theme.severity(Severity::Warning),
        Emphasis::Step(Weight::Failed) => theme.severity(Severity::Error),
        Emphasis::Step(Weight::Worked) => theme.severity(Severity::Ok),
    };
    let selected = line.step == Some(step);
    let style = if selected { style.patch(theme.selected) } else { style };
    let mut spans = vec![Span::styled(line.text.clone(), style)];
    if selected {
        spans.push(Span::styled(" ".repeat(usize::from(state.area.width)), style));
    }
    Line::from(spans)
}
