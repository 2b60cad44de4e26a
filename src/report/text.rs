//! Text for a person at a terminal: what the capture covers, who is affected, why, the proof, and what to do.

use std::collections::HashSet;
use std::io::{self, Write};
use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use super::clock::Moment;
use super::heading;
use super::in_order::in_order;
use super::language::{Language, say};
use super::model::{Client, Remedy, Report};
use super::paint::{Paint, mark};
use super::wrap::lines;
use super::{Style, words};
use super::{rates, timeline};
use crate::verdict::{Evidence, Family, Filed, Finding, Severity};

/// Evidence of a finding that is shown; all of it stands in the other formats.
const SHOWN_EVIDENCE: usize = 6;
/// Remedies of a finding that are shown.
const SHOWN_REMEDIES: usize = 4;

/// The whole report.
pub fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    page.head(report)?;
    let clients = &report.clients;
    let part = |places, bytes: &mut Vec<u8>| {
        let mut page = Page::new(style, bytes);
        clients.part(places).try_for_each(|client| page.client(&client, report))?;
        Ok(page.failed)
    };
    let mut failed = false;
    in_order(clients.len(), clients.threads(), page.out, part, |part| failed |= part)?;
    page.failed |= failed;
    let printed: HashSet<u32> = clients.facts().iter().flat_map(|client| client.findings.iter().copied()).collect();
    let rest: Vec<&Filed> =
        report.findings.facts().iter().copied().filter(|finding| !printed.contains(&finding.id)).collect();
    if !rest.is_empty() {
        page.blank()?;
        page.findings(rest, report)?;
    }
    page.endpoints(report)?;
    page.foot()
}

struct Page<'a> {
    out: &'a mut dyn Write,
    style: &'a Style,
    paint: Paint,
    /// What not to do where a judgement of Windows failed.
    never: Remedy,
    /// One did, among what was printed.
    failed: bool,
}

impl<'a> Page<'a> {
    fn new(style: &'a Style, out: &'a mut dyn Write) -> Self {
        let never = words::never(style.language);
        Self { out, style, paint: Paint { colour: style.colour }, never, failed: false }
    }

    /// A client with its findings.
    fn client(&mut self, client: &Client, report: &Report<'_>) -> io::Result<()> {
        let style = self.style;
        let states = [("IPv4", &client.v4), ("IPv6", &client.v6)]
            .map(|(name, state)| heading::state(name, state.as_ref(), style.language, &style.zone));
        self.blank()?;
        self.line(0, &self.paint.strong(&heading::identity(client)))?;
        let together = states.join("   ");
        if together.width() + 2 <= style.width {
            self.line(2, &together)?;
        } else {
            for state in &states {
                self.paragraph(2, 4, state)?;
            }
        }
        for line in timeline::changes(client, style.language, &style.zone) {
            self.paragraph(4, 6, &line)?;
        }
        for disagreement in &client.disagreements {
            self.paragraph(2, 4, &format!("! {}", disagreement.text))?;
        }
        let own = client.findings.iter().filter_map(|id| report.findings.by_id(*id)).collect();
        self.findings(own, report)
    }

    fn language(&self) -> Language {
        self.style.language
    }

    fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    fn indent(&mut self, columns: usize) -> io::Result<()> {
        const BLANKS: &[u8] = &[b' '; 64];
        self.out.write_all(BLANKS.get(..columns).unwrap_or(BLANKS))
    }

    fn line(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.indent(indent)?;
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// `text` wrapped, its first line indented by `first`, the others by `rest`.
    fn paragraph(&mut self, first: usize, rest: usize, text: &str) -> io::Result<()> {
        let mut indent = first;
        for line in lines(text, self.style.width.saturating_sub(rest.max(first)).max(20)) {
            self.line(indent, line)?;
            indent = rest;
        }
        Ok(())
    }

    /// `label` followed by a wrapped text that hangs to its right.
    fn item(&mut self, indent: usize, column: usize, label: &str, text: &str) -> io::Result<()> {
        let left = indent + column;
        self.indent(indent)?;
        self.out.write_all(self.paint.faint(label).as_bytes())?;
        let mut indent = column.saturating_sub(label.width()).max(1);
        for line in lines(text, self.style.width.saturating_sub(left).max(20)) {
            self.line(indent, line)?;
            indent = left;
        }
        Ok(())
    }

    fn head(&mut self, report: &Report<'_>) -> io::Result<()> {
        let language = self.language();
        let title = format!("{} {}", report.tool.name, report.tool.version);
        self.line(0, &self.paint.strong(&title))?;
        for input in heading::inputs(report, language, &self.style.zone) {
            self.paragraph(2, 4, &input)?;
        }
        self.paragraph(2, 4, &heading::coverage(report, language))?;
        for limit in heading::limits(report, language) {
            self.paragraph(2, 4, &format!("! {limit}"))?;
        }
        if let Some(line) = timeline::unattached(&report.events, language) {
            self.paragraph(2, 4, &format!("! {line}"))?;
        }
        for network in &report.networks {
            self.paragraph(2, 4, &format!("! {}", network.text))?;
        }
        for rate in rates::lines(&report.rates, language) {
            self.paragraph(2, 4, &format!("! {rate}"))?;
        }
        if !report.probe_seen {
            self.no_probe(report)?;
        } else if report.findings.is_empty() {
            self.blank()?;
            self.paragraph(
                0,
                0,
                language
                    .pick("Nothing is left to show with these options.", "指定した条件に該当するものはありません。"),
            )?;
        }
        Ok(())
    }

    /// The capture has no probe: say so, and how to get one that has.
    fn no_probe(&mut self, report: &Report<'_>) -> io::Result<()> {
        let language = self.language();
        self.blank()?;
        self.paragraph(
            0,
            2,
            language.pick(
                "! No connectivity probe of Windows is in this capture, so it says nothing about \"No Internet\".",
                "! この取得データに Windows の接続プローブ（NCSI）が含まれていないため、「インターネットなし」の判定はできません。",
            ),
        )?;
        if !report.findings.is_empty() {
            self.paragraph(
                2,
                2,
                language.pick("What else was found stands below.", "その他の所見は以下のとおりです。"),
            )?;
        }
        self.line(2, language.pick("To capture one:", "プローブを取得するには："))?;
        for remedy in words::capture_again(language) {
            self.remedy(4, &remedy)?;
        }
        Ok(())
    }

    /// The most serious first.
    fn findings(&mut self, mut findings: Vec<&Filed>, report: &Report<'_>) -> io::Result<()> {
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.id));
        findings.into_iter().try_for_each(|finding| self.finding(&finding.open(), report.findings.digits()))
    }

    /// Only what is printed is put into words: the whole of a finding stands in the other formats.
    fn finding(&mut self, finding: &Finding, digits: u8) -> io::Result<()> {
        let (language, severity) = (self.language(), finding.severity);
        let story = words::story(finding, language);
        self.failed |= story.remedy.contains(&self.never);
        let family = if finding.family == Family::V4 { "IPv4" } else { "IPv6" };
        let verdict = self.paint.severity(severity, &format!("{} {}", mark(severity), finding.verdict));
        let cause = finding.cause.map(|cause| format!(" · {cause}")).unwrap_or_default();
        let count = if finding.details.count > 1 { format!(" · ×{}", finding.details.count) } else { String::new() };
        let time = Moment { time: finding.started, digits }.time_of_day(&self.style.zone);
        self.line(2, &format!("{verdict}{cause} · {severity} · {family} · {time}{count} · [{}]", finding.id))?;
        self.paragraph(4, 4, &story.title)?;
        if let Some(after) = finding.recovered_after {
            let seconds = Duration::from_millis(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)).as_secs_f64();
            self.line(4, &say!(language, "recovered after {seconds:.1} s", "{seconds:.1} 秒後に回復"))?;
        }
        if severity == Severity::Ok {
            return Ok(());
        }
        self.paragraph(4, 4, &language.paragraph(&story.explanation))?;
        let confidence = finding.confidence;
        let why: Vec<String> = finding.confidence_reasons.iter().map(|doubt| words::doubt(doubt, language)).collect();
        let why = why.join(language.pick("; ", "、"));
        let why = if why.is_empty() { why } else { format!(": {why}") };
        self.paragraph(4, 6, &say!(language, "Confidence {confidence}{why}", "確度 {confidence}{why}"))?;
        self.evidence(&finding.evidence, digits)?;
        if severity >= Severity::Warning {
            let todo: Vec<&Remedy> =
                story.remedy.iter().filter(|remedy| **remedy != self.never).take(SHOWN_REMEDIES).collect();
            if !todo.is_empty() {
                self.line(4, language.pick("What to do", "対処"))?;
            }
            for remedy in todo {
                self.remedy(6, remedy)?;
            }
        }
        Ok(())
    }

    fn remedy(&mut self, indent: usize, remedy: &Remedy) -> io::Result<()> {
        self.item(indent, 10, remedy.audience.name(), &remedy.text)
    }

    fn evidence(&mut self, evidence: &[Evidence], digits: u8) -> io::Result<()> {
        let language = self.language();
        if evidence.is_empty() {
            return Ok(());
        }
        self.line(4, language.pick("Evidence", "証拠"))?;
        let several = evidence.iter().any(|evidence| evidence.at.id.input() != 0);
        let hidden = evidence.len().saturating_sub(SHOWN_EVIDENCE);
        // The first packets show how it began, the last ones what decided.
        let head = if hidden == 0 { SHOWN_EVIDENCE } else { SHOWN_EVIDENCE / 2 };
        for (at, evidence) in evidence.iter().enumerate() {
            if at >= head && at < head + hidden {
                if at == head {
                    self.line(6, &say!(language, "… {hidden} more", "… 他 {hidden} 件"))?;
                }
                continue;
            }
            let (input, packet) = (evidence.at.id.input(), evidence.at.id.number());
            let label = if several { format!("{input}#{packet}") } else { format!("#{packet}") };
            let time = Moment { time: evidence.at.time, digits }.time_of_day(&self.style.zone);
            self.item(6, 10, &label, &format!("{time}  {}", words::note(&evidence.note, language)))?;
        }
        Ok(())
    }

    /// How far Microsoft 365 is reached.
    fn endpoints(&mut self, report: &Report<'_>) -> io::Result<()> {
        let Some(summary) = &report.microsoft365 else { return Ok(()) };
        let language = self.language();
        self.blank()?;
        self.paragraph(0, 2, &self.paint.strong(&words::endpoints_heading(&summary.list, language)))?;
        for row in &report.endpoints {
            self.paragraph(2, 6, &words::endpoint_row(row, language))?;
        }
        if let Some(statement) = &summary.statement {
            self.paragraph(2, 2, statement)?;
            for text in &summary.look_next {
                self.item(4, 2, "-", text)?;
            }
        }
        Ok(())
    }

    /// What not to do, once, where any judgement of Windows failed.
    fn foot(&mut self) -> io::Result<()> {
        if self.failed {
            self.blank()?;
            self.paragraph(0, 2, &format!("! {}", self.never.text))?;
        }
        Ok(())
    }
}
