//! JSON: the report as it is, or one finding a line.

use std::io::{self, Write};
use std::sync::Arc;

use super::in_order::in_order;
use super::model::Report;
use super::pretty;
use super::shown::Place;

/// The whole report, indented, with a final line end.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    pretty::write(report, out)?;
    writeln!(out)
}

/// One finding a line; `evidence[].input` is the path of the capture, because a line stands alone.
pub fn write_lines(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let paths: Vec<Arc<str>> = report.inputs.iter().map(|input| input.path.as_str().into()).collect();
    let findings = &report.findings;
    let lines = |places, bytes: &mut Vec<u8>| {
        for mut finding in findings.part(places) {
            for evidence in &mut finding.evidence {
                let path = evidence.input.index().and_then(|index| paths.get(usize::from(index)));
                if let Some(path) = path {
                    evidence.input = Place::Path(Arc::clone(path));
                }
            }
            serde_json::to_writer(&mut *bytes, &finding).map_err(io::Error::from)?;
            bytes.push(b'\n');
        }
        Ok(())
    };
    in_order(findings.len(), findings.threads(), out, lines, |()| {})
}

/// One line for people beside a machine-readable stream: how much was read and what was found.
#[must_use]
pub fn summary_line(report: &Report<'_>) -> String {
    use crate::verdict::Severity;
    let of = |severity: Severity| report.findings.facts().iter().filter(|finding| finding.severity == severity).count();
    let packets: u64 = report.inputs.iter().map(|input| input.packets).sum();
    format!(
        "{} captures, {packets} packets, {} clients, {} findings: {} errors, {} warnings, {} informational, {} ok",
        report.inputs.len(),
        report.clients.len(),
        report.findings.len(),
        of(Severity::Error),
        of(Severity::Warning),
        of(Severity::Info),
        of(Severity::Ok),
    )
}
