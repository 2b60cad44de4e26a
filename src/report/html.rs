//! HTML for people without a terminal: one page that needs nothing else, prints well, and runs nothing.

use std::io::{self, Write};

use super::Style;
use super::heading;
use super::language::{Language, say};
use super::model::{Client, Finding, Remedy, Report};
use super::paint::mark;
use super::ticket::diagram;
use super::words;
use super::{rates, timeline};
use crate::verdict::{Filed as Facts, Severity};

/// Light and dark by what the reader prefers; severities differ by mark and word as well.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--ground:#fff;--faint:#5b6470;--line:#d5dae0;--error:#b3261e;--warning:#8a5a00;\
--info:#0b5c8a;--ok:#1b6b2f}\
@media(prefers-color-scheme:dark){:root{--ink:#e4e7eb;--ground:#15181c;--faint:#9aa4b0;--line:#363c44;--error:#ff8a80;\
--warning:#ffc46b;--info:#7cc7f2;--ok:#83d693}}\
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);max-width:70rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem;margin-bottom:.25rem}\
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;\
border-bottom:1px solid var(--line)}\
article{border-left:.3rem solid var(--line);padding-left:1rem;margin-top:2rem;break-inside:avoid-page}\
pre{overflow-x:auto;font-size:.85rem;line-height:1.25}code,pre{font-family:ui-monospace,Consolas,monospace}\
.faint{color:var(--faint)}.error{color:var(--error)}.warning{color:var(--warning)}.info{color:var(--info)}.ok{color:var(--ok)}\
article.error{border-color:var(--error)}article.warning{border-color:var(--warning)}\
article.info{border-color:var(--info)}article.ok{border-color:var(--ok)}\
article.error,article.warning,article.info,article.ok{color:var(--ink)}";

/// The whole report.
pub fn write(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let language = style.language;
    let title = format!("{} {}", report.tool.name, report.tool.version);
    let tag = language.pick("en", "ja");
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>",
        title = plain(&title)
    )?;
    head(report, style, out)?;
    clients(report, style, out)?;
    contents(report, style, out)?;
    endpoints(report, language, out)?;
    for (facts, finding) in report.findings.facts().iter().zip(report.findings.iter()) {
        article(facts, &finding, report, style, out)?;
    }
    writeln!(out, "</body>\n</html>")
}

/// What was read, what it covers and what it cannot show.
fn head(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let language = style.language;
    let read = heading::inputs(report, language, &style.zone).into_iter().chain([heading::coverage(report, language)]);
    list(out, read.map(|line| inline(&line)))?;
    let limits = heading::limits(report, language).into_iter().chain(timeline::unattached(&report.events, language));
    list(out, limits.map(|line| format!("<strong>!</strong> {}", inline(&line))))?;
    let networks = report.networks.iter().map(|network| network.text.clone());
    let lines: Vec<String> = networks.chain(rates::lines(&report.rates, language)).collect();
    if !lines.is_empty() {
        heading(out, language.pick("One client or the network?", "PC かネットワークか"))?;
        list(out, lines.iter().map(|line| inline(line)))?;
    }
    if !report.probe_seen {
        let text = language.pick(
            "No connectivity probe of Windows is in this capture.",
            "この取得データに Windows の接続プローブ（NCSI）は含まれていません。",
        );
        writeln!(out, "<p><strong>{}</strong></p>", plain(text))?;
        list(out, words::capture_again(language).iter().map(remedy))?;
    }
    Ok(())
}

fn clients(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let language = style.language;
    if report.clients.is_empty() {
        return Ok(());
    }
    heading(out, language.pick("Clients", "クライアント"))?;
    writeln!(out, "<ul>")?;
    for client in report.clients.iter() {
        client_item(&client, style, out)?;
    }
    writeln!(out, "</ul>")
}

fn client_item(client: &Client, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let language = style.language;
    let states = [("IPv4", &client.v4), ("IPv6", &client.v6)]
        .map(|(name, state)| heading::state(name, state.as_ref(), language, &style.zone));
    writeln!(out, "<li><strong>{}</strong>: {}", plain(&heading::identity(client)), plain(&states.join("; ")))?;
    let changes = timeline::changes(client, language, &style.zone);
    let told = client.disagreements.iter().map(|own| format!("<strong>!</strong> {}", inline(&own.text)));
    list(out, changes.iter().map(|line| inline(line)).chain(told))?;
    writeln!(out, "</li>")
}

/// The findings at a glance, the gravest first.
fn contents(report: &Report<'_>, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if report.findings.is_empty() {
        return Ok(());
    }
    let language = style.language;
    heading(out, language.pick("Findings", "所見"))?;
    let columns = [("", ""), ("when", "時刻"), ("client", "端末"), ("what", "内容")];
    let columns = columns.map(|(en, ja)| format!("<th>{}</th>", language.pick(en, ja)));
    writeln!(out, "<table>\n<tr>{}</tr>", columns.concat())?;
    let mut facts: Vec<&Facts> = report.findings.facts().to_vec();
    facts.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.started, finding.id));
    for fact in facts {
        let finding = report.findings.in_words(fact);
        let (mark, class, id) = (mark(finding.severity), finding.severity.name(), finding.id);
        let (when, client) = (finding.started.in_zone(&style.zone), finding.client);
        let title = inline(&finding.title);
        writeln!(
            out,
            "<tr><td class=\"{class}\">{mark} {class}</td><td>{when}</td><td>{client}</td>\
             <td><a href=\"#finding-{id}\">{title}</a></td></tr>"
        )?;
    }
    writeln!(out, "</table>")
}

/// How far Microsoft 365 is reached.
fn endpoints(report: &Report<'_>, language: Language, out: &mut dyn Write) -> io::Result<()> {
    let Some(summary) = &report.microsoft365 else { return Ok(()) };
    heading(out, "Microsoft 365")?;
    writeln!(out, "<p>{}</p>", inline(&words::endpoints_heading(&summary.list, language)))?;
    list(out, report.endpoints.iter().map(|row| inline(&words::endpoint_row(row, language))))?;
    if let Some(statement) = &summary.statement {
        writeln!(out, "<p><strong>{}</strong></p>", inline(statement))?;
    }
    list(out, summary.look_next.iter().map(|text| inline(text)))
}

fn article(
    facts: &Facts,
    finding: &Finding,
    report: &Report<'_>,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let language = style.language;
    let (id, class, mark) = (finding.id, finding.severity.name(), mark(finding.severity));
    writeln!(out, "<article id=\"finding-{id}\" class=\"{class}\">")?;
    writeln!(out, "<h2><span class=\"{class}\">{mark}</span> {id}. {}</h2>", inline(&finding.title))?;
    writeln!(out, "<p class=\"faint\">{}</p>", names(finding, style))?;
    list(out, finding.confidence_reasons.iter().map(|reason| inline(reason)))?;
    writeln!(out, "<p>{}</p>", inline(&finding.explanation))?;
    if finding.severity != Severity::Ok && !finding.remedy.is_empty() {
        small_heading(out, language.pick("What to do", "対処"))?;
        list(out, finding.remedy.iter().map(remedy))?;
    }
    let drawn = diagram(&facts.open(), finding.started.digits, language);
    if !drawn.is_empty() {
        writeln!(out, "<pre>{}</pre>", plain(&drawn))?;
    }
    if !finding.evidence.is_empty() {
        small_heading(out, language.pick("Evidence", "証拠"))?;
    }
    list(
        out,
        finding.evidence.iter().map(|evidence| {
            let time = evidence.time.in_zone(&style.zone);
            let file = match evidence.input.index().and_then(|index| report.inputs.get(usize::from(index))) {
                Some(input) if report.inputs.len() > 1 => format!("{} ", plain(&words::safe(&input.path))),
                _ => String::new(),
            };
            format!("{file}#{} {time}: {}", evidence.packet, inline(&evidence.note))
        }),
    )?;
    if !finding.filter.is_empty() {
        writeln!(out, "<p>Wireshark: <code>{}</code></p>", plain(&finding.filter))?;
    }
    if !finding.would_change.is_empty() {
        small_heading(out, language.pick("What would change this", "判定が変わる条件"))?;
        list(out, finding.would_change.iter().map(|text| inline(text)))?;
    }
    writeln!(out, "</article>")
}

/// The fixed names of a finding in one line.
fn names(finding: &Finding, style: &Style) -> String {
    let (verdict, severity, confidence) = (finding.verdict, finding.severity, finding.confidence);
    let cause = finding.cause.map(|cause| format!(" / <code>{cause}</code>")).unwrap_or_default();
    let reason = finding.ncsi_reason.as_ref();
    let reason = reason.map(|reason| format!(", {} {} ({})", reason.number, plain(reason.name), reason.basis));
    let (reason, started) = (reason.unwrap_or_default(), finding.started.in_zone(&style.zone));
    say!(
        style.language,
        "<code>{verdict}</code>{cause}, {severity}, confidence {confidence}{reason}, {started}",
        "<code>{verdict}</code>{cause}、{severity}、確度 {confidence}{reason}、{started}"
    )
}

fn remedy(remedy: &Remedy) -> String {
    format!("<strong>{}</strong>: {}", remedy.audience.name(), inline(&remedy.text))
}

fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "<h2>{}</h2>", plain(text))
}

fn small_heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "<h3>{}</h3>", plain(text))
}

/// A list of what is HTML already; nothing where there is nothing.
fn list(out: &mut dyn Write, items: impl Iterator<Item = String>) -> io::Result<()> {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    for item in items {
        writeln!(out, "<li>{item}</li>")?;
    }
    writeln!(out, "</ul>")
}

/// `text` with its code spans. A stray backtick from the wire makes their number odd: then none counts.
fn inline(text: &str) -> String {
    if !text.matches('`').count().is_multiple_of(2) {
        return plain(text);
    }
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => plain(part),
        _ => format!("<code>{}</code>", plain(part)),
    };
    text.split('`').enumerate().map(part).collect()
}

/// `text` as text, in elements and in attributes.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::inline;

    #[test]
    fn wire_text_cannot_write_html() {
        assert_eq!(inline("<img src=x> & \"b\" 'c'"), "&lt;img src=x&gt; &amp; &quot;b&quot; &#39;c&#39;");
        assert_eq!(inline("run `a<b`, not `c`"), "run <code>a&lt;b</code>, not <code>c</code>");
        assert_eq!(inline("host ` and `<b>`"), "host ` and `&lt;b&gt;`");
    }
}
