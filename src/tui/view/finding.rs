//! One finding in words: what happened, what Windows makes of it, how sure that is, what to do, and the proof.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::{pane, scrollbar};
use crate::report::language::{Language, say};
use crate::report::model;
use crate::report::words::{capture_again, never, socket};
use crate::report::wrap::wrap;
use crate::tui::fit::pad;
use crate::tui::layout::parts;
use crate::tui::state::State;
use crate::tui::words;
use crate::verdict::Severity;

/// Draws it over the whole body.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    render_pane(frame, area, state, state.scroll, true);
}

/// Draws it into a pane, from line `top` on.
pub fn render_pane(frame: &mut Frame<'_>, area: Rect, state: &State, top: usize, focused: bool) {
    let position = match state.rows.len() {
        0 => String::new(),
        many => format!(" {}/{many}", state.finding_list.selected + 1),
    };
    let title = match state.rows.len() {
        0 => state.language.pick("What next", "次の手順").to_owned(),
        _ => say!(state.language, "Finding{position}", "所見{position}"),
    };
    let block = pane(title, focused, state);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let lines = lines(state, usize::from(inner.width));
    let (height, length) = (usize::from(inner.height), lines.len());
    let shown: Vec<Line<'_>> = lines.into_iter().skip(top).take(height).collect();
    frame.render_widget(Paragraph::new(shown), inner);
    scrollbar(frame, area, top, height, length, state);
}

/// Lines in sight and lines in all.
#[must_use]
pub fn measure(state: &State) -> (usize, usize) {
    let body = parts(state.area).body;
    let (width, height) = (usize::from(body.width.saturating_sub(2)), usize::from(body.height.saturating_sub(2)));
    (height, lines(state, width).len())
}

/// The finding in lines of at most `width` columns.
#[must_use]
pub fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let Some(finding) = state.finding() else { return without(state, width) };
    let story = state.story(finding);
    let mut page = Page { lines: Vec::new(), width, state };
    page.head(&story);
    page.facts(&story);
    page.section(state.language.pick("What to do", "対処"));
    page.remedies(&story);
    page.section(state.language.pick("Why", "理由"));
    page.paragraph(1, &story.explanation, state.theme().text);
    page.proof(&story);
    if !story.would_change.is_empty() {
        page.section(state.language.pick("What would change this verdict", "判定が変わる条件"));
        for text in &story.would_change {
            page.item("-", text);
        }
    }
    page.rest(&story);
    page.lines
}

/// Nothing is found. Where that is because no probe is in the capture: how to get one that has it.
fn without(state: &State, width: usize) -> Vec<Line<'static>> {
    let probed = state.snapshot.findings.iter().any(|finding| finding.probe);
    if state.is_reading() || probed || !state.filter.is_empty() || state.snapshot.inputs.is_empty() {
        return Vec::new();
    }
    let mut page = Page { lines: Vec::new(), width, state };
    let heading = state.language.pick("To capture what Windows asks", "Windows のプローブを取得するには");
    page.paragraph(1, heading, state.theme().accent);
    for remedy in capture_again(state.language) {
        let (arrow, whom) = (state.glyphs.pick("→", ">"), words::audience(remedy.audience, state.language));
        page.item(&format!("{arrow} {whom}:"), &remedy.text);
    }
    page.lines
}

struct Page<'a> {
    lines: Vec<Line<'static>>,
    width: usize,
    state: &'a State,
}

impl Page<'_> {
    fn language(&self) -> Language {
        self.state.language
    }

    fn paragraph(&mut self, indent: usize, text: &str, style: Style) {
        let room = self.width.saturating_sub(indent + 1).max(10);
        for line in wrap(text, room) {
            self.lines.push(Line::styled(format!("{:indent$}{line}", ""), style));
        }
    }

    fn section(&mut self, title: &str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(format!(" {title}"), self.state.theme().accent));
    }

    /// `label` and a text that hangs to its right.
    fn item(&mut self, label: &str, text: &str) {
        let theme = self.state.theme();
        let column = label.width() + 1;
        for (at, line) in wrap(text, self.width.saturating_sub(column + 2).max(10)).into_iter().enumerate() {
            let lead = if at == 0 { format!(" {label} ") } else { " ".repeat(column + 1) };
            self.lines.push(Line::from(vec![Span::styled(lead, theme.strong), Span::styled(line, theme.text)]));
        }
    }

    fn head(&mut self, story: &model::Finding) {
        let (theme, severity) = (self.state.theme(), story.severity);
        let cause =
            story.cause.map(|cause| format!(" {} {cause}", self.state.glyphs.pick("·", "-"))).unwrap_or_default();
        let mark = self.state.glyphs.severity(severity);
        self.paragraph(1, &format!("{mark} {}{cause}", story.verdict), theme.severity(severity));
        self.paragraph(1, &story.title, theme.strong);
    }

    fn facts(&mut self, story: &model::Finding) {
        let (language, state) = (self.language(), self.state);
        let column = if language == Language::Ja { 12 } else { 11 };
        let mut fact = |label: &str, text: String, style: Style| {
            for (at, line) in wrap(&text, self.width.saturating_sub(column + 2).max(10)).into_iter().enumerate() {
                let lead = if at == 0 { pad(label, column) } else { " ".repeat(column) };
                self.lines.push(Line::from(vec![
                    Span::styled(format!(" {lead}"), state.theme().faint),
                    Span::styled(line, style),
                ]));
            }
        };
        let text = state.theme().text;
        fact(language.pick("who", "端末"), who(story), text);
        fact(language.pick("since", "発生"), since(state, story), text);
        if let Some(reason) = &story.ncsi_reason {
            let basis = reason.basis;
            fact("Windows", format!("{} {} ({basis})", reason.number, reason.name), text);
        }
        if let Some(capability) = story.capability {
            let shown = words::capability(Some(capability));
            fact(language.pick("state", "状態"), say!(language, "{shown} (predicted)", "{shown}（予測）"), text);
        }
        let doubts = story.confidence_reasons.join(language.pick("; ", "、"));
        let confidence = story.confidence;
        let sure = if doubts.is_empty() { confidence.to_string() } else { format!("{confidence}: {doubts}") };
        fact(language.pick("confidence", "確度"), sure, text);
    }

    fn remedies(&mut self, story: &model::Finding) {
        let never = never(self.language());
        if story.remedy.is_empty() {
            let nothing = self.language().pick("nothing", "対処不要");
            self.paragraph(1, nothing, self.state.theme().faint);
        }
        for remedy in story.remedy.iter().filter(|remedy| **remedy != never) {
            let whom = words::audience(remedy.audience, self.language());
            self.item(&format!("{} {whom}:", self.state.glyphs.pick("→", ">")), &remedy.text);
        }
        if story.remedy.contains(&never) {
            self.item("!", &never.text);
        }
    }

    fn proof(&mut self, story: &model::Finding) {
        if story.evidence.is_empty() {
            return;
        }
        self.section(self.language().pick("Proof", "証拠"));
        let several = self.state.snapshot.inputs.len() > 1;
        for evidence in &story.evidence {
            let packet = if several {
                format!("{}#{}", evidence.input.index().unwrap_or(0), evidence.packet)
            } else {
                format!("#{}", evidence.packet)
            };
            let time = evidence.time.time_of_day(&self.state.shown_zone());
            self.item(&pad(&packet, 6), &format!("{time}  {}", evidence.note));
        }
    }

    fn rest(&mut self, story: &model::Finding) {
        let language = self.language();
        self.section(language.pick("Wireshark filter", "Wireshark フィルター"));
        self.paragraph(1, &story.filter, self.state.theme().text);
        if !story.related.is_empty() {
            self.section(language.pick("Belongs to it", "関連する所見"));
            for id in &story.related {
                if let Some(other) = crate::tui::state::by_id(&self.state.snapshot, *id) {
                    let title = self.state.story(other).title;
                    self.item(self.state.glyphs.severity(other.severity), &title);
                }
            }
        }
        let (rule, id) = (&story.rule, story.id);
        let mut line = say!(language, "rule {rule}, finding {id}", "規則 {rule}、所見 {id}");
        if story.severity == Severity::Ok {
            line.push_str(language.pick("; all is well", "、正常"));
        }
        self.lines.push(Line::default());
        self.paragraph(1, &line, self.state.theme().faint);
    }
}

/// Client, and what was asked of whom.
fn who(story: &model::Finding) -> String {
    let mut text = socket(story.client, story.client_port);
    if let Some(proxy) = &story.proxy {
        text.push_str(&format!(" → {proxy}"));
    }
    if let Some(server) = story.server {
        text.push_str(&format!(" → {}", socket(server, story.server_port)));
    }
    match (&story.url, &story.host) {
        (Some(url), _) => text.push_str(&format!("  {url}")),
        (None, Some(host)) => text.push_str(&format!("  {host}")),
        (None, None) => {}
    }
    text
}

fn since(state: &State, story: &model::Finding) -> String {
    let start = story.started.in_zone(&state.shown_zone());
    let lasted = words::span(story.ended.time.since(story.started.time), state.language);
    let mut text = say!(state.language, "{start}, for {lasted}", "{start} から {lasted}");
    if story.details.count > 1 {
        let count = story.details.count;
        text.push_str(&say!(state.language, ", {count} times", "、{count} 回"));
    }
    if let Some(ms) = story.recovered_after_ms {
        let after = words::span(std::time::Duration::from_millis(ms), state.language);
        text.push_str(&say!(state.language, "; recovered after {after}", "、{after}後に回復"));
    }
    text
}
