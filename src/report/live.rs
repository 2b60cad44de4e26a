//! Findings of a live run, one a line, each the moment it is settled.

use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;

use super::shown::Place;
use super::{Format, Options, Style, build, model};
use crate::engine::live::{Change, Told};
use crate::engine::snapshot::Snapshot;

/// A line: the finding as in a report, and whether it is taken back.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    finding: model::Finding,
    /// Told before under this `id`, and explained by what came later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    withdrawn: bool,
}

/// Prints what is told. `about` holds the inputs.
///
/// # Errors
///
/// What `out` says.
pub fn write(
    told: &Told,
    about: &Snapshot,
    format: Format,
    options: &Options,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut finding = build::finding(told.finding.clone(), about, options);
    match format {
        Format::Ndjson => {
            for evidence in &mut finding.evidence {
                let path = evidence.input.index().and_then(|index| about.inputs.get(usize::from(index)));
                if let Some(input) = path {
                    evidence.input = Place::Path(Arc::from(&*input.path.to_string_lossy()));
                }
            }
            let line = Line { finding, withdrawn: told.change == Change::Withdrawn };
            serde_json::to_writer(&mut *out, &line).map_err(io::Error::from)?;
            writeln!(out)
        }
        _ => text(&finding, told, style, out),
    }
}

/// One line for people: when, how bad, what, for whom, and what is to be done first.
fn text(finding: &model::Finding, told: &Told, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mark = match told.change {
        Change::New => "",
        Change::Revised => style.language.pick(" (now)", "（変更）"),
        Change::Withdrawn => style.language.pick(" (withdrawn)", "（取り消し）"),
    };
    let cause = finding.cause.map(|cause| format!(" · {}", cause.name())).unwrap_or_default();
    writeln!(
        out,
        "{} [{}]{mark} {} {} · {}{cause} · {}",
        finding.ended.in_zone(&style.zone),
        finding.id,
        finding.severity.name(),
        finding.client,
        finding.verdict.name(),
        finding.title,
    )
}
