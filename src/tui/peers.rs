//! Two clients side by side: what one has or got that the other has not.

use std::collections::BTreeMap;

use super::state::{State, by_id};
use crate::engine::snapshot::{Client, FamilyState};
use crate::report::Language;
use crate::report::language::say;
use crate::report::words::safe;
use crate::verdict::{Family, Filed, Role, Severity, Verdict};

/// Findings of a client that are looked at, the latest; a screen is drawn while a person waits.
const LATEST: usize = 10_000;

/// What two clients are compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// Of either client; `None` where the capture shows nothing of it.
    pub sides: [Option<Value>; 2],
}

/// What one of them has or got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// In a few words.
    pub text: String,
    /// How well that went, where it can go well or badly.
    pub severity: Option<Severity>,
}

impl Row {
    /// Whether both have something, and not the same. Where one has nothing, that says nothing of it.
    #[must_use]
    pub fn differs(&self) -> bool {
        match &self.sides {
            [Some(one), Some(other)] => match (one.severity, other.severity) {
                (Some(one), Some(other)) => (one >= Severity::Warning) != (other >= Severity::Warning),
                _ => one.text != other.text,
            },
            _ => false,
        }
    }
}

/// The client on the left: the chosen one, or that of the selected finding.
#[must_use]
pub fn left(state: &State) -> Option<&Client> {
    state.client().or_else(|| {
        let address = state.finding()?.client;
        state.snapshot.clients.iter().find(|client| client.addresses.contains(&address))
    })
}

/// The client on the right: of the others, the best to compare with, or the one that somebody went on to.
#[must_use]
pub fn right<'a>(state: &'a State, left: &Client) -> Option<&'a Client> {
    let mut others: Vec<(usize, &Client)> = state
        .snapshot
        .clients
        .iter()
        .enumerate()
        .filter(|(_, client)| client.address != left.address && !matches!(client.role, Role::Proxy | Role::Nat))
        .collect();
    // One that fares otherwise, and uses the same families.
    others.sort_by_key(|(index, client)| {
        (
            client.online.is_none(),
            client.online == left.online,
            client.v4.is_some() != left.v4.is_some(),
            client.v6.is_some() != left.v6.is_some(),
            *index,
        )
    });
    let place = state.peer.checked_rem(others.len())?;
    others.get(place).map(|(_, client)| *client)
}

/// What the two have, and what they asked for and got: the differences first.
#[must_use]
pub fn rows(state: &State, one: &Client, other: &Client) -> (Vec<Row>, Vec<Row>) {
    let language = state.language;
    let (mine, theirs) = (Seen::of(state, one), Seen::of(state, other));
    let text = |text: Option<String>| text.map(|text| Value { text, severity: None });
    let wire = |told: &Option<String>| text(told.as_deref().map(|told| safe(told).into_owned()));
    let mut facts = vec![
        Row { label: language.pick("name", "名前").to_owned(), sides: [one, other].map(|client| wire(&client.name)) },
        Row { label: language.pick("system", "OS").to_owned(), sides: [one, other].map(|client| wire(&client.os)) },
        Row { label: "IPv4".to_owned(), sides: [one, other].map(|client| client.v4.map(|own| granted(state, own))) },
        Row { label: "IPv6".to_owned(), sides: [one, other].map(|client| client.v6.map(|own| granted(state, own))) },
        Row {
            label: language.pick("resolvers", "DNS サーバー").to_owned(),
            sides: [&mine, &theirs].map(|seen| text(joined(&seen.resolvers))),
        },
        Row {
            label: language.pick("proxies", "プロキシ").to_owned(),
            sides: [&mine, &theirs].map(|seen| text(joined(&seen.proxies))),
        },
    ];
    facts.push(Row {
        label: language.pick("seen", "取得方向").to_owned(),
        sides: [one, other].map(|client| text(Some(super::words::directions(client.seen, language).to_owned()))),
    });
    facts.retain(|row| row.sides.iter().any(Option::is_some));
    let mut subjects: Vec<&String> = mine.asked.keys().chain(theirs.asked.keys()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let mut asked: Vec<Row> = subjects
        .into_iter()
        .map(|subject| Row {
            label: subject.clone(),
            sides: [&mine, &theirs].map(|seen| seen.asked.get(subject).map(|own| told(state, own))),
        })
        .collect();
    asked.sort_by_cached_key(|row| {
        let both = row.sides.iter().all(Option::is_some);
        let worst = row.sides.iter().flatten().filter_map(|value| value.severity).max();
        (!row.differs(), !both, std::cmp::Reverse(worst), row.label.clone())
    });
    (facts, asked)
}

/// What a client used and asked for, by its findings.
#[derive(Default)]
struct Seen<'a> {
    resolvers: Vec<String>,
    proxies: Vec<String>,
    /// By what was asked for: the gravest finding, the latest of these, and how many there are.
    asked: BTreeMap<String, (&'a Filed, usize)>,
}

impl<'a> Seen<'a> {
    fn of(state: &'a State, client: &Client) -> Self {
        let mut seen = Self::default();
        let passed = client.findings.len().saturating_sub(LATEST);
        for id in client.findings.iter().skip(passed) {
            let Some(finding) = by_id(&state.snapshot, *id) else { continue };
            let note = |list: &mut Vec<String>, one: String| {
                if !list.contains(&one) {
                    list.push(one);
                }
            };
            for server in finding.details().dns.iter().flat_map(|dns| &dns.servers) {
                note(&mut seen.resolvers, server.to_string());
            }
            if let Some(proxy) = finding.proxy() {
                note(&mut seen.proxies, proxy.to_string());
            }
            let (best, count) = seen.asked.entry(subject(finding, state.language)).or_insert((finding, 0));
            *count += 1;
            if finding.severity >= best.severity {
                *best = finding;
            }
        }
        seen
    }
}

/// What a finding is about, in words that are the same for all clients.
fn subject(finding: &Filed, language: Language) -> String {
    // Versions of Windows have probes of their own names, and each does the same.
    let is_probe = finding.probe && finding.verdict != Verdict::ProbeLookAlike;
    let name = match finding.verdict {
        Verdict::ActiveDnsProbeSucceeded | Verdict::ActiveDnsProbeFailed if is_probe => {
            language.pick("DNS probe of Windows", "Windows の DNS プローブ").to_owned()
        }
        _ if is_probe => language.pick("web probe of Windows", "Windows の Web プローブ").to_owned(),
        _ => asked(finding),
    };
    if finding.family == Family::V6 { format!("{name} (v6)") } else { name }
}

fn asked(finding: &Filed) -> String {
    match (&finding.host, finding.server) {
        (Some(host), _) => safe(host).to_ascii_lowercase(),
        (None, Some(server)) => server.to_string(),
        // The verdict is in the columns of the clients; here it would part what belongs together.
        (None, None) => "–".to_owned(),
    }
}

fn granted(state: &State, own: FamilyState) -> Value {
    let capability = super::words::capability(Some(own.capability));
    let since = state.clock(own.since);
    let severity = if own.capability == crate::verdict::Capability::Internet { Severity::Ok } else { Severity::Error };
    Value {
        text: say!(state.language, "{capability} since {since}", "{since} から {capability}"),
        severity: Some(severity),
    }
}

fn told(state: &State, (finding, count): &(&Filed, usize)) -> Value {
    let mark = state.glyphs.severity(finding.severity);
    let verdict = finding.verdict;
    let cause = finding.cause.map(|cause| format!(" {cause}")).unwrap_or_default();
    let times = if *count > 1 { format!(" {}{count}", state.glyphs.pick("×", "x")) } else { String::new() };
    Value { text: format!("{mark} {verdict}{times}{cause}"), severity: Some(finding.severity) }
}

fn joined(list: &[String]) -> Option<String> {
    (!list.is_empty()).then(|| list.join(" "))
}
