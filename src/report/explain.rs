//! `ncsight explain`: what a verdict means, how Windows comes to it, which causes lead there and what to do.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};

use unicode_width::UnicodeWidthStr;

use super::Style;
use super::model::{Audience, Remedy};
use super::paint::Paint;
use super::words;
use super::wrap::wrap;
use crate::time::CaptureTime;
use crate::verdict::{Basis, Cause, Confidence, Details, Family, Finding, NcsiReason, Severity, Verdict};

/// All verdicts, a line each.
pub fn list(style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let column = Verdict::ALL.iter().map(|verdict| verdict.name().len()).max().unwrap_or(0) + 2;
    for &verdict in Verdict::ALL {
        let meaning = words::verdict_meaning(verdict, style.language);
        item(0, column, verdict.name(), meaning, style, out)?;
    }
    Ok(())
}

/// One verdict.
pub fn verdict(verdict: Verdict, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (language, paint) = (style.language, Paint { colour: style.colour });
    writeln!(out, "{}", paint.strong(verdict.name()))?;
    paragraph(words::verdict_meaning(verdict, language), style, out)?;
    writeln!(out)?;
    writeln!(out, "{}", paint.strong(language.pick("How it comes about", "判定のしくみ")))?;
    paragraph(words::how(verdict, language), style, out)?;
    let causes = words::causes_of(verdict);
    if !causes.is_empty() {
        writeln!(out)?;
        writeln!(out, "{}", paint.strong(language.pick("Causes", "原因")))?;
        let column = causes.iter().map(|cause| cause.name().len()).max().unwrap_or(0) + 2;
        for &cause in causes {
            item(2, column, cause.name(), words::cause_meaning(cause, language), style, out)?;
        }
    }
    let remedies = remedies(verdict, style);
    if !remedies.is_empty() {
        writeln!(out)?;
        writeln!(out, "{}", paint.strong(language.pick("What to do", "対処")))?;
        for remedy in remedies {
            item(2, 10, remedy.audience.name(), &remedy.text, style, out)?;
        }
    }
    Ok(())
}

/// The remedies of all causes of `verdict`, each once, grouped by who can do it, the prohibition last.
fn remedies(verdict: Verdict, style: &Style) -> Vec<Remedy> {
    let causes: Vec<Option<Cause>> = match words::causes_of(verdict) {
        [] => vec![None],
        some => some.iter().copied().map(Some).collect(),
    };
    let never = words::never(style.language);
    let mut grouped: BTreeMap<Audience, Vec<Remedy>> = BTreeMap::new();
    let mut prohibited = false;
    for cause in causes {
        for remedy in words::story(&example(verdict, cause), style.language).remedy {
            prohibited |= remedy == never;
            let own = grouped.entry(remedy.audience).or_default();
            if remedy != never && !own.contains(&remedy) {
                own.push(remedy);
            }
        }
    }
    grouped.into_values().flatten().chain(prohibited.then_some(never)).collect()
}

/// A finding of that kind without any concrete name.
#[must_use]
pub fn example(verdict: Verdict, cause: Option<Cause>) -> Finding {
    let probe = matches!(verdict, Verdict::ProxyAuthenticationRequired);
    Finding {
        id: 1,
        revision: 0,
        verdict,
        cause,
        severity: Severity::Error,
        confidence: Confidence::High,
        confidence_reasons: Vec::new(),
        ncsi_reason: probe.then_some(NcsiReason { number: 5, basis: Basis::Inferred }),
        capability: None,
        family: Family::V4,
        route: None,
        client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        client_port: None,
        server: None,
        server_port: None,
        proxy: None,
        host: None,
        url: None,
        started: CaptureTime::default(),
        ended: CaptureTime::default(),
        settled: CaptureTime::default(),
        recovered_after: None,
        rule: "explain",
        related: Vec::new(),
        evidence: Vec::new(),
        conversations: Vec::new(),
        guess: None,
        details: Details { count: 1, ..Details::default() },
        remarks: Vec::new(),
    }
}

fn paragraph(text: &str, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    wrap(text, style.width.saturating_sub(2).max(20)).iter().try_for_each(|line| writeln!(out, "  {line}"))
}

fn item(indent: usize, column: usize, label: &str, text: &str, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let pad = column.saturating_sub(label.width()).max(1);
    let left = indent + column;
    for (at, line) in wrap(text, style.width.saturating_sub(left).max(20)).iter().enumerate() {
        if at == 0 {
            writeln!(out, "{:indent$}{label}{:pad$}{line}", "", "")?;
        } else {
            writeln!(out, "{:left$}{line}", "")?;
        }
    }
    Ok(())
}
