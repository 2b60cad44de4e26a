//! The language of the filter box: `client:10.0.0.5 verdict:hotspot host:*.office.com since:10:30 -is:ok text`.
//!
//! Terms stand side by side and must all hold; `a,b` is either, `-` before a term is not. `*` stands for anything; a
//! value without it is looked for anywhere. A term without a name is looked for in all names and addresses.

use jiff::tz::TimeZone;

use crate::engine::snapshot::Snapshot;
use crate::report::Language;
use crate::report::clock::{self, Moment};
use crate::report::language::say;
use crate::time::CaptureTime;
use crate::verdict::{Cause, Finding, Severity, Verdict};

/// Names that a term can begin with, each with what stands behind it.
pub const NAMES: &[(&str, &str, &str)] = &[
    ("client", "address or name", "アドレスか名前"),
    ("verdict", "verdict", "判定"),
    ("cause", "cause", "原因"),
    ("severity", "ok, info, warning, error", "ok、info、warning、error"),
    ("host", "name asked for", "要求先の名前"),
    ("server", "address", "アドレス"),
    ("proxy", "address or name", "アドレスか名前"),
    ("confidence", "low, medium, high", "low、medium、high"),
    ("family", "v4, v6", "v4、v6"),
    ("since", "10:30 or 2026-01-02T10:30:00Z", "10:30 か 2026-01-02T10:30:00Z"),
    ("until", "10:30 or 2026-01-02T10:30:00Z", "10:30 か 2026-01-02T10:30:00Z"),
    ("is", "marked, error, warning, info, ok", "marked、error、warning、info、ok"),
];

/// A filter that was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    not: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Text(Vec<String>),
    Field(&'static str, Vec<String>),
    Since(CaptureTime),
    Until(CaptureTime),
    Marked,
}

impl Filter {
    /// Understands `text`. Times of day are those of `zone` on the day of `day`.
    ///
    /// # Errors
    ///
    /// What is wrong, in the reader's language.
    pub fn parse(text: &str, zone: &TimeZone, day: CaptureTime, language: Language) -> Result<Self, String> {
        let mut terms = Vec::new();
        for word in text.split_whitespace() {
            let (not, word) = match word.strip_prefix('-').filter(|rest| !rest.is_empty()) {
                Some(rest) => (true, rest),
                None => (false, word),
            };
            let known = word.split_once(':').and_then(|(name, value)| {
                NAMES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name)).map(|(known, ..)| (*known, value))
            });
            let test = match known {
                Some((name, "")) => return Err(say!(language, "{name}: what?", "{name}：値がありません")),
                Some((name @ ("since" | "until"), value)) => {
                    let time = time(value, zone, day)?;
                    if name == "since" { Test::Since(time) } else { Test::Until(time) }
                }
                Some(("is", "marked")) => Test::Marked,
                Some(("is", value)) => Test::Field("severity", choices(value)),
                Some((name, value)) => Test::Field(name, choices(value)),
                None => match word.split_once(':') {
                    // Addresses and URLs have colons, too; a lone word before one is a misspelt name.
                    Some((name, value)) if looks_like_a_name(name) && !value.starts_with("//") => {
                        let names: Vec<&str> = NAMES.iter().map(|(name, ..)| *name).collect();
                        let names = names.join(" ");
                        return Err(say!(
                            language,
                            "no term {name}: ; there are {names}",
                            "{name}: はありません。使えるもの：{names}"
                        ));
                    }
                    _ => Test::Text(choices(word)),
                },
            };
            terms.push(Term { not, test });
        }
        Ok(Self { terms })
    }

    /// Whether everything passes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether `finding` passes.
    #[must_use]
    pub fn passes(&self, finding: &Finding, snapshot: &Snapshot, marked: bool) -> bool {
        self.terms.iter().all(|term| {
            let holds = match &term.test {
                Test::Text(choices) => choices.iter().any(|text| facts(finding).iter().any(|fact| matches(text, fact))),
                Test::Field(name, choices) => {
                    let values = values(name, finding, snapshot);
                    choices.iter().any(|text| values.iter().any(|value| matches(text, value)))
                }
                Test::Since(time) => finding.ended >= *time,
                Test::Until(time) => finding.started <= *time,
                Test::Marked => marked,
            };
            holds != term.not
        })
    }
}

fn looks_like_a_name(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic()) && u64::from_str_radix(text, 16).is_err()
}

fn choices(value: &str) -> Vec<String> {
    value.split(',').filter(|choice| !choice.is_empty()).map(str::to_ascii_lowercase).collect()
}

fn time(value: &str, zone: &TimeZone, day: CaptureTime) -> Result<CaptureTime, String> {
    if value.len() <= 8 && value.contains(':') {
        let date = Moment { time: day, digits: 0 }.in_zone(zone);
        let date = date.split(' ').next().unwrap_or_default();
        let seconds = if value.matches(':').count() == 1 { ":00" } else { "" };
        let padded = if value.find(':') == Some(1) { "0" } else { "" };
        return clock::parse(&format!("{date}T{padded}{value}{seconds}"), zone);
    }
    clock::parse(value, zone)
}

/// What the values of a name are.
fn values(name: &str, finding: &Finding, snapshot: &Snapshot) -> Vec<String> {
    let some = |text: Option<String>| text.map(|text| text.to_ascii_lowercase()).into_iter().collect();
    match name {
        "client" => {
            let own = snapshot.clients.iter().find(|client| client.addresses.contains(&finding.client));
            let mut names = vec![finding.client.to_string()];
            names.extend(own.and_then(|client| client.name.as_ref()).map(|name| name.to_ascii_lowercase()));
            names
        }
        "verdict" => vec![finding.verdict.name().to_ascii_lowercase()],
        "cause" => some(finding.cause.map(|cause| cause.name().to_owned())),
        "severity" => vec![finding.severity.name().to_owned()],
        "confidence" => vec![finding.confidence.name().to_owned()],
        "family" => vec![finding.family.name().to_owned()],
        "host" => some(finding.host.clone()),
        "server" => some(finding.server.map(|server| server.to_string())),
        "proxy" => {
            let mut names: Vec<String> = some(finding.proxy.map(|proxy| proxy.to_string()));
            names.extend(finding.details.proxy.as_ref().and_then(|proxy| proxy.name.clone()));
            names
        }
        _ => Vec::new(),
    }
}

/// Names and addresses of a finding, in lower case.
#[must_use]
pub fn facts(finding: &Finding) -> Vec<String> {
    let details = &finding.details;
    let mut facts = vec![finding.verdict.name().to_owned(), finding.client.to_string()];
    facts.extend(finding.cause.map(|cause| cause.name().to_owned()));
    facts.extend([&finding.host, &finding.url].into_iter().flatten().cloned());
    facts.extend(finding.server.map(|server| server.to_string()));
    facts.extend(finding.proxy.map(|proxy| proxy.to_string()));
    if let Some(http) = &details.http {
        facts.extend([&http.location, &http.server, &http.title, &http.via].into_iter().flatten().cloned());
        facts.extend(http.status.map(|status| status.to_string()));
    }
    if let Some(tls) = &details.tls {
        facts.extend([&tls.issuer, &tls.subject, &tls.sni].into_iter().flatten().cloned());
    }
    if let Some(proxy) = &details.proxy {
        facts.extend([&proxy.name, &proxy.user, &proxy.workstation].into_iter().flatten().cloned());
        facts.extend(proxy.schemes.iter().cloned());
    }
    for fact in &mut facts {
        fact.make_ascii_lowercase();
    }
    facts
}

/// Whether `value` (lower case) is what `pattern` (lower case) says.
#[must_use]
pub fn matches(pattern: &str, value: &str) -> bool {
    if !pattern.contains('*') {
        return value.contains(pattern);
    }
    let mut rest = value;
    let parts: Vec<&str> = pattern.split('*').collect();
    let last = parts.len() - 1;
    for (at, part) in parts.iter().enumerate() {
        if at == 0 {
            let Some(after) = rest.strip_prefix(part) else { return false };
            rest = after;
        } else if at == last {
            return rest.ends_with(part);
        } else {
            let Some(found) = rest.find(part) else { return false };
            rest = rest.get(found + part.len()..).unwrap_or_default();
        }
    }
    true
}

/// What the last word of `text` may become, each a whole word.
#[must_use]
pub fn completions(text: &str, snapshot: &Snapshot) -> Vec<String> {
    let word = text.rsplit(' ').next().unwrap_or_default();
    let (sign, word) = match word.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", word),
    };
    let Some((name, value)) = word.split_once(':') else {
        let names = NAMES.iter().filter(|(name, ..)| name.starts_with(&word.to_ascii_lowercase()));
        return names.map(|(name, ..)| format!("{sign}{name}:")).collect();
    };
    let all: Vec<String> = match name {
        "verdict" => Verdict::ALL.iter().map(|verdict| verdict.name().to_owned()).collect(),
        "cause" => Cause::ALL.iter().map(|cause| cause.name().to_owned()).collect(),
        "severity" => Severity::ALL.iter().map(|severity| severity.name().to_owned()).collect(),
        "is" => ["marked", "error", "warning", "info", "ok"].map(str::to_owned).into(),
        "confidence" => ["low", "medium", "high"].map(str::to_owned).into(),
        "family" => ["v4", "v6"].map(str::to_owned).into(),
        "client" => snapshot.clients.iter().map(|client| client.address.to_string()).collect(),
        "host" => snapshot.findings.iter().filter_map(|finding| finding.host.clone()).collect(),
        "server" => snapshot.findings.iter().filter_map(|f| f.server.map(|own| own.to_string())).collect(),
        "proxy" => snapshot.findings.iter().filter_map(|f| f.proxy.map(|own| own.to_string())).collect(),
        _ => Vec::new(),
    };
    let value = value.to_ascii_lowercase();
    // Names that are there come before those that could be.
    let there = |name: &str| {
        snapshot.findings.iter().any(|f| f.verdict.name() == name || f.cause.is_some_and(|c| c.name() == name))
    };
    let mut all: Vec<String> = all.into_iter().filter(|own| own.to_ascii_lowercase().contains(&value)).collect();
    all.sort_by_cached_key(|own| (!own.to_ascii_lowercase().starts_with(&value), !there(own), own.clone()));
    all.dedup();
    all.into_iter().map(|own| format!("{sign}{name}:{}", crate::report::words::safe(&own))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Filter, String> {
        let day = CaptureTime::from_nanos(1_767_323_045_000_000_000);
        Filter::parse(text, &TimeZone::UTC, day, Language::En)
    }

    #[test]
    fn patterns_match_as_people_expect() {
        assert!(matches("office", "www.office.com"));
        assert!(matches("*.office.com", "www.office.com"));
        assert!(!matches("*.office.com", "office.com.example"));
        assert!(matches("10.*.5", "10.1.0.5"));
        assert!(!matches("10.*.5", "10.1.0.6"));
        assert!(matches("*", ""));
    }

    #[test]
    fn times_of_day_are_those_of_the_capture() {
        let filter = parse("since:10:30 until:2026-01-02T11:00:00Z").unwrap();
        let Test::Since(since) = filter.terms[0].test else { panic!() };
        assert_eq!(Moment { time: since, digits: 0 }.utc(), "2026-01-02T10:30:00Z");
        assert!(parse("since:99:99").is_err());
        assert!(parse("since:").unwrap_err().contains("since"));
    }

    #[test]
    fn misspelt_names_are_told_and_addresses_are_text() {
        assert!(parse("verdickt:hotspot").unwrap_err().contains("verdict"));
        for text in ["2001:db8::5", "fe80::1", "http://portal", "10.0.0.9:3128", "-is:ok", "a,b"] {
            assert!(parse(text).is_ok(), "{text}");
        }
        assert!(parse("  ").unwrap().is_empty());
    }

    #[test]
    fn words_are_completed() {
        let snapshot = Snapshot::default();
        assert_eq!(completions("ver", &snapshot), ["verdict:"]);
        assert_eq!(completions("x -verdict:hotsp", &snapshot), ["-verdict:HotspotDetected"]);
        assert!(completions("cause:proxy-", &snapshot).len() > 5);
    }
}
