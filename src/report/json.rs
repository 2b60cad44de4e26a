//! JSON: the report as it is, or one finding a line.

use std::io::{self, Write};

use super::model::{Finding, Report};

/// The whole report, indented, with a final line end.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report).map_err(io::Error::from)?;
    writeln!(out)
}

/// One finding a line; `evidence[].input` is the path of the capture, because a line stands alone.
pub fn write_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for finding in &report.findings {
        serde_json::to_writer(&mut *out, &line(finding, report)?).map_err(io::Error::from)?;
        writeln!(out)?;
    }
    Ok(())
}

fn line(finding: &Finding, report: &Report) -> io::Result<serde_json::Value> {
    let mut value = serde_json::to_value(finding).map_err(io::Error::from)?;
    let evidence = value.get_mut("evidence").and_then(serde_json::Value::as_array_mut);
    for item in evidence.into_iter().flatten() {
        let index = item.get("input").and_then(serde_json::Value::as_u64).and_then(|index| usize::try_from(index).ok());
        let path = index.and_then(|index| report.inputs.get(index)).map(|input| input.path.as_str());
        if let (Some(slot), Some(path)) = (item.get_mut("input"), path) {
            *slot = path.into();
        }
    }
    Ok(value)
}

/// One line for people beside a machine-readable stream: how much was read and what was found.
#[must_use]
pub fn summary_line(report: &Report) -> String {
    use crate::verdict::Severity;
    let of = |severity: Severity| report.findings.iter().filter(|finding| finding.severity == severity).count();
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
