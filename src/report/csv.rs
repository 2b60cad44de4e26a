//! CSV (RFC 4180): one finding a row.

use std::io::{self, Write};

use super::in_order::in_order;
use super::model::{Finding, Report};

/// Columns in the order of the JSON fields.
pub const COLUMNS: [&str; 27] = [
    "id",
    "revision",
    "verdict",
    "cause",
    "severity",
    "confidence",
    "ncsi_reason",
    "capability",
    "family",
    "route",
    "client",
    "client_port",
    "server",
    "server_port",
    "proxy",
    "host",
    "url",
    "started",
    "ended",
    "recovered_after_ms",
    "title",
    "explanation",
    "rule",
    "remedy",
    "evidence",
    "filter",
    "guess",
];

/// All findings, after a header row.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    row(&COLUMNS.map(str::to_owned), out)?;
    let findings = &report.findings;
    let rows = |places, bytes: &mut Vec<u8>| findings.part(places).try_for_each(|finding| row(&cells(&finding), bytes));
    in_order(findings.len(), findings.threads(), out, rows, |()| {})
}

fn cells(finding: &Finding) -> Vec<String> {
    fn or_empty<T: ToString>(value: Option<&T>) -> String {
        value.map(ToString::to_string).unwrap_or_default()
    }
    vec![
        finding.id.to_string(),
        finding.revision.to_string(),
        finding.verdict.to_string(),
        or_empty(finding.cause.as_ref()),
        finding.severity.to_string(),
        finding.confidence.to_string(),
        or_empty(finding.ncsi_reason.as_ref().map(|reason| &reason.number)),
        or_empty(finding.capability.as_ref()),
        finding.family.to_string(),
        or_empty(finding.route.as_ref()),
        finding.client.to_string(),
        or_empty(finding.client_port.as_ref()),
        or_empty(finding.server.as_ref()),
        or_empty(finding.server_port.as_ref()),
        or_empty(finding.proxy.as_ref()),
        or_empty(finding.host.as_ref()),
        or_empty(finding.url.as_ref()),
        finding.started.utc(),
        finding.ended.utc(),
        or_empty(finding.recovered_after_ms.as_ref()),
        finding.title.clone(),
        finding.explanation.clone(),
        finding.rule.to_owned(),
        finding.remedy.iter().map(|remedy| &*remedy.text).collect::<Vec<_>>().join(" | "),
        finding
            .evidence
            .iter()
            .map(|evidence| format!("{}:{}", evidence.input.index().unwrap_or_default(), evidence.packet))
            .collect::<Vec<_>>()
            .join(" "),
        finding.filter.clone(),
        or_empty(finding.guess.as_ref()),
    ]
}

fn row(cells: &[String], out: &mut dyn Write) -> io::Result<()> {
    let line: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    write!(out, "{}\r\n", line.join(","))
}

/// A cell that no spreadsheet takes for a formula, quoted where it must be.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\r', '\n', '\'']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn formulas_become_text() {
        assert_eq!(quoted("=cmd|' /C calc'!A0"), "\"'=cmd|' /C calc'!A0\"");
        for start in ["+1", "-1", "@x"] {
            assert_eq!(quoted(start), format!("\"'{start}\""));
        }
    }

    #[test]
    fn quotes_are_doubled_and_plain_cells_stay_plain() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("2001:db8::1"), "2001:db8::1");
    }
}
