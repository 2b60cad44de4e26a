//! Markdown for tickets: complete, with packet numbers and display filters.

use std::io::{self, Write};

use super::Style;
use super::heading;
use super::language::{Language, say};
use super::model::{Finding, Report};
use super::paint::mark;
use super::words;
use super::{rates, timeline};
use crate::verdict::Severity;

/// The whole report.
pub fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let language = style.language;
    writeln!(out, "# {} {}\n", report.tool.name, report.tool.version)?;
    let lines = heading::inputs(report, language, &style.zone).into_iter().chain([heading::coverage(report, language)]);
    for line in lines {
        writeln!(out, "- {}", escaped(&line))?;
    }
    for limit in heading::limits(report, language) {
        writeln!(out, "- **!** {}", escaped(&limit))?;
    }
    if let Some(line) = timeline::unattached(&report.events, language) {
        writeln!(out, "- **!** {}", escaped(&line))?;
    }
    let networks = report.networks.iter().map(|network| network.text.clone());
    let lines: Vec<String> = networks.chain(rates::lines(&report.rates, language)).collect();
    if !lines.is_empty() {
        writeln!(out, "\n## {}\n", language.pick("One client or the network?", "PC かネットワークか"))?;
    }
    for line in lines {
        writeln!(out, "- {}", escaped(&line))?;
    }
    if !report.probe_seen {
        let text = language.pick(
            "No connectivity probe of Windows is in this capture.",
            "この取得データに Windows の接続プローブ（NCSI）は含まれていません。",
        );
        writeln!(out, "\n**{text}**\n")?;
        for remedy in words::capture_again(language) {
            writeln!(out, "- {}: {}", remedy.audience.name(), escaped(&remedy.text))?;
        }
    }
    if !report.clients.is_empty() {
        writeln!(out, "\n## {}\n", language.pick("Clients", "クライアント"))?;
    }
    for client in report.clients.iter() {
        let states = [("IPv4", &client.v4), ("IPv6", &client.v6)]
            .map(|(name, state)| heading::state(name, state.as_ref(), language, &style.zone));
        writeln!(out, "- **{}**: {}", escaped(&heading::identity(&client)), escaped(&states.join("; ")))?;
        for line in timeline::changes(&client, language, &style.zone) {
            writeln!(out, "  - {}", escaped(&line))?;
        }
        for disagreement in &client.disagreements {
            writeln!(out, "  - **!** {}", escaped(&disagreement.text))?;
        }
    }
    write_endpoints(report, language, out)?;
    for finding in report.findings.iter() {
        write_finding(&finding, report, style, out)?;
    }
    Ok(())
}

/// How far Microsoft 365 is reached.
fn write_endpoints(report: &Report<'_>, language: Language, out: &mut dyn Write) -> io::Result<()> {
    let Some(summary) = &report.microsoft365 else { return Ok(()) };
    writeln!(out, "\n## Microsoft 365\n\n{}\n", escaped(&words::endpoints_heading(&summary.list, language)))?;
    for row in &report.endpoints {
        writeln!(out, "- {}", escaped(&words::endpoint_row(row, language)))?;
    }
    if let Some(statement) = &summary.statement {
        writeln!(out, "\n**{}**\n", escaped(statement))?;
    }
    for text in &summary.look_next {
        writeln!(out, "- {}", escaped(text))?;
    }
    Ok(())
}

fn write_finding(finding: &Finding, report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let language = style.language;
    let heading_of = |en, ja| format!("**{}**", language.pick(en, ja));
    writeln!(out, "\n## {} {}. {}\n", mark(finding.severity), finding.id, escaped(&finding.title))?;
    writeln!(out, "- {}", facts(finding, style))?;
    for reason in &finding.confidence_reasons {
        writeln!(out, "  - {}", escaped(reason))?;
    }
    writeln!(out, "\n{}", escaped(&finding.explanation))?;
    if !finding.evidence.is_empty() {
        writeln!(out, "\n{}\n", heading_of("Evidence", "証拠"))?;
    }
    for evidence in &finding.evidence {
        let time = evidence.time.in_zone(&style.zone);
        let file = match evidence.input.index().and_then(|index| report.inputs.get(usize::from(index))) {
            Some(input) if report.inputs.len() > 1 => format!("{} ", escaped(&words::safe(&input.path))),
            _ => String::new(),
        };
        writeln!(out, "- {file}\\#{} {time}: {}", evidence.packet, escaped(&evidence.note))?;
    }
    if !finding.filter.is_empty() {
        writeln!(out, "\nWireshark: `{}`", finding.filter)?;
    }
    if finding.severity != Severity::Ok && !finding.remedy.is_empty() {
        writeln!(out, "\n{}\n", heading_of("What to do", "対処"))?;
        for remedy in &finding.remedy {
            writeln!(out, "- {}: {}", remedy.audience.name(), escaped(&remedy.text))?;
        }
    }
    if !finding.would_change.is_empty() {
        writeln!(out, "\n{}\n", heading_of("What would change this", "判定が変わる条件"))?;
        for text in &finding.would_change {
            writeln!(out, "- {}", escaped(text))?;
        }
    }
    Ok(())
}

/// The fixed names of a finding in one line.
fn facts(finding: &Finding, style: &Style) -> String {
    let language: Language = style.language;
    let (verdict, severity, confidence) = (finding.verdict, finding.severity, finding.confidence);
    let cause = finding.cause.map(|cause| format!(" / `{cause}`")).unwrap_or_default();
    let reason = finding
        .ncsi_reason
        .as_ref()
        .map(|reason| format!(", {} {} ({})", reason.number, reason.name, reason.basis))
        .unwrap_or_default();
    let started = finding.started.in_zone(&style.zone);
    say!(
        language,
        "`{verdict}`{cause}, {severity}, confidence {confidence}{reason}, {started}",
        "`{verdict}`{cause}、{severity}、確度 {confidence}{reason}、{started}"
    )
}

/// `text` without Markdown of its own, except the code spans that our sentences contain. A stray backtick from the wire
/// makes their number odd: then none counts.
fn escaped(text: &str) -> String {
    let spans = text.matches('`').count().is_multiple_of(2);
    if !spans {
        return plain(text);
    }
    text.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { plain(part) } else { format!("`{part}`") }).collect()
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '!') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn wire_text_cannot_write_markdown() {
        assert_eq!(escaped("<img src=x> [a](b) *c*"), "\\<img src=x\\> \\[a\\](b) \\*c\\*");
        assert_eq!(escaped("run `a_b`, not `c`"), "run `a_b`, not `c`");
        assert_eq!(escaped("host ` and `a_b`"), "host \\` and \\`a\\_b\\`");
    }
}
