//! The language of the filter box: `client:10.0.0.5 verdict:hotspot host:*.office.com since:10:30 -is:ok text`.
//!
//! Terms stand side by side and must all hold; `a,b` is either, `-` before a term is not. `*` stands for anything; a
//! value without it is looked for anywhere. A term without a name is looked for in all names and addresses.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::{Display, Write as _};
use std::net::{IpAddr, SocketAddr};

use jiff::tz::TimeZone;

use super::texts::Texts;
use crate::engine::snapshot::Snapshot;
use crate::report::Language;
use crate::report::clock::{self, Moment};
use crate::report::language::say;
use crate::time::CaptureTime;
use crate::verdict::{Cause, Filed, Severity, Verdict};

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

    /// Whether it looks into the text of findings.
    #[must_use]
    pub fn reads_text(&self) -> bool {
        self.terms.iter().any(|term| matches!(term.test, Test::Text(_)))
    }

    /// The filter, ready to look at the findings of a snapshot.
    #[must_use]
    pub fn over<'a>(&'a self, snapshot: &'a Snapshot, texts: &'a Texts) -> Passing<'a> {
        let of_clients = self.terms.iter().any(|term| matches!(term.test, Test::Field("client", _)));
        let mut names = HashMap::new();
        for client in snapshot.clients.iter().filter(|_| of_clients) {
            let Some(name) = &client.name else { continue };
            names.extend(client.addresses.iter().map(|address| (*address, name.as_str())));
        }
        Passing { filter: self, snapshot, texts, names, clients: HashMap::new(), room: String::new() }
    }
}

/// A filter that looks at findings, one after the other. What it says of a client is found out once.
pub struct Passing<'a> {
    filter: &'a Filter,
    snapshot: &'a Snapshot,
    texts: &'a Texts,
    names: HashMap<IpAddr, &'a str>,
    /// By the number of the term and the client.
    clients: HashMap<(usize, IpAddr), bool>,
    room: String,
}

impl Passing<'_> {
    /// Whether `finding` passes; `marked` is asked where that matters.
    pub fn passes(&mut self, finding: &Filed, marked: impl Fn() -> bool) -> bool {
        let Self { filter, snapshot, texts, names, clients, room } = self;
        filter.terms.iter().enumerate().all(|(number, term)| {
            let any = |choices: &[String], value: &str| choices.iter().any(|text| matches(text, value));
            let holds = match &term.test {
                Test::Text(_) if texts.get(finding).is_none() && !Texts::is_little(snapshot) => return false,
                Test::Text(choices) => any_text(snapshot, texts, finding, room, choices),
                Test::Field("client", choices) => *clients.entry((number, finding.client)).or_insert_with(|| {
                    let name = names.get(&finding.client).map(|name| name.to_ascii_lowercase());
                    any(choices, &finding.client.to_string()) || name.is_some_and(|name| any(choices, &name))
                }),
                Test::Field(name, choices) => values(name, finding).iter().any(|value| any(choices, value)),
                Test::Since(time) => finding.ended >= *time,
                Test::Until(time) => finding.started <= *time,
                Test::Marked => marked(),
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
fn values(name: &str, finding: &Filed) -> Vec<String> {
    let some = |text: Option<String>| text.map(|text| text.to_ascii_lowercase()).into_iter().collect();
    match name {
        "verdict" => vec![finding.verdict.name().to_ascii_lowercase()],
        "cause" => some(finding.cause.map(|cause| cause.name().to_owned())),
        "severity" => vec![finding.severity.name().to_owned()],
        "confidence" => vec![finding.confidence.name().to_owned()],
        "family" => vec![finding.family.name().to_owned()],
        "host" => some(finding.host.as_deref().map(str::to_owned)),
        "server" => some(finding.server.map(|server| server.to_string())),
        "proxy" => {
            let mut names: Vec<String> = some(finding.proxy().map(|proxy| proxy.to_string()));
            names.extend(finding.details().proxy.as_ref().and_then(|proxy| proxy.name.clone()));
            names
        }
        _ => Vec::new(),
    }
}

/// Whether `holds` is true of any name or address of a finding, in lower case; `room` is where that is written.
fn any_fact(finding: &Filed, room: &mut String, holds: impl Fn(&str) -> bool) -> bool {
    let known = [Some(finding.verdict.name()), finding.cause.map(Cause::name), finding.host.as_deref()];
    if known.into_iter().flatten().any(|text| holds(&text.to_ascii_lowercase())) {
        return true;
    }
    room.clear();
    facts(finding, room);
    room.lines().any(holds)
}

/// Whether any name or address of a finding is what one of `choices` (lower case) says: by its text, where that is made.
/// What has no text yet does not pass.
pub fn any_text(snapshot: &Snapshot, texts: &Texts, finding: &Filed, room: &mut String, choices: &[String]) -> bool {
    let any = |fact: &str| choices.iter().any(|choice| matches(choice, fact));
    match texts.get(finding) {
        // What has no ends to hold on to is looked for in all lines at once.
        Some(text) if choices.iter().all(|choice| !choice.contains('*')) => any(text),
        Some(text) => text.lines().any(any),
        None => Texts::is_little(snapshot) && any_fact(finding, room, any),
    }
}

/// Writes all names and addresses of a finding, a line each, in lower case.
pub fn facts(finding: &Filed, out: &mut String) {
    let known = [Some(finding.verdict.name()), finding.cause.map(Cause::name), finding.host.as_deref()];
    let finding = &finding.open();
    let details = &finding.details;
    let (http, tls, proxy) = (details.http.as_ref(), details.tls.as_ref(), details.proxy.as_ref());
    let texts = [
        finding.url.as_deref(),
        http.and_then(|http| http.location.as_deref()),
        http.and_then(|http| http.server.as_deref()),
        http.and_then(|http| http.title.as_deref()),
        http.and_then(|http| http.via.as_deref()),
        tls.and_then(|tls| tls.issuer.as_deref()),
        tls.and_then(|tls| tls.subject.as_deref()),
        tls.and_then(|tls| tls.sni.as_deref()),
        proxy.and_then(|proxy| proxy.name.as_deref()),
        proxy.and_then(|proxy| proxy.user.as_deref()),
        proxy.and_then(|proxy| proxy.workstation.as_deref()),
    ];
    let schemes = proxy.into_iter().flat_map(|proxy| &proxy.schemes);
    let texts = known.into_iter().flatten().chain(texts.into_iter().flatten()).chain(schemes.map(String::as_str));
    for text in texts {
        // A name from the wire must not become two lines.
        out.extend(
            text.chars().map(|character| if character.is_control() { ' ' } else { character.to_ascii_lowercase() }),
        );
        out.push('\n');
    }
    let numbers: [Option<&dyn Display>; 4] = [
        Some(&finding.client),
        finding.server.as_ref().map(|server| server as &dyn Display),
        finding.proxy.as_ref().map(|proxy| proxy as &dyn Display),
        http.and_then(|http| http.status.as_ref()).map(|status| status as &dyn Display),
    ];
    for number in numbers.into_iter().flatten() {
        // Text takes whatever is written into it.
        let _ = writeln!(out, "{number}");
    }
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
    // Each once: there may be many findings of a few names.
    let each = |values: &mut dyn Iterator<Item = String>| values.collect::<BTreeSet<String>>();
    let findings = &snapshot.findings;
    let all: BTreeSet<String> = match name {
        "verdict" => each(&mut Verdict::ALL.iter().map(|verdict| verdict.name().to_owned())),
        "cause" => each(&mut Cause::ALL.iter().map(|cause| cause.name().to_owned())),
        "severity" => each(&mut Severity::ALL.iter().map(|severity| severity.name().to_owned())),
        "is" => each(&mut ["marked", "error", "warning", "info", "ok"].into_iter().map(str::to_owned)),
        "confidence" => each(&mut ["low", "medium", "high"].into_iter().map(str::to_owned)),
        "family" => each(&mut ["v4", "v6"].into_iter().map(str::to_owned)),
        "client" => each(&mut snapshot.clients.iter().map(|client| client.address.to_string())),
        "host" => {
            let names: HashSet<&str> = findings.iter().filter_map(|finding| finding.host.as_deref()).collect();
            each(&mut names.into_iter().map(str::to_owned))
        }
        "server" => {
            let addresses: HashSet<IpAddr> = findings.iter().filter_map(|finding| finding.server).collect();
            each(&mut addresses.into_iter().map(|address| address.to_string()))
        }
        "proxy" => {
            let proxies: HashSet<SocketAddr> = findings.iter().filter_map(|finding| finding.proxy()).collect();
            each(&mut proxies.into_iter().map(|proxy| proxy.to_string()))
        }
        _ => BTreeSet::new(),
    };
    let value = value.to_ascii_lowercase();
    // Names that are there come before those that could be.
    let mut there: HashSet<&str> = HashSet::new();
    if matches!(name, "verdict" | "cause") {
        let names = |finding: &Filed| [Some(finding.verdict.name()), finding.cause.map(Cause::name)];
        there.extend(findings.iter().flat_map(names).flatten());
    }
    let mut all: Vec<String> = all.into_iter().filter(|own| own.to_ascii_lowercase().contains(&value)).collect();
    all.sort_by_cached_key(|own| (!own.to_ascii_lowercase().starts_with(&value), !there.contains(own.as_str())));
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
