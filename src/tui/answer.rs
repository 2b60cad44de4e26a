//! The answer on the first screen: what is wrong, for whom, since when, who must act.

use std::cmp::Reverse;

use super::state::{State, by_id};
use super::words;
use crate::engine::snapshot::Client;
use crate::report::Language;
use crate::report::language::say;
use crate::report::words::{capture_again, never};
use crate::verdict::{Capability, Filed, Role, Severity};

/// The answer, in three sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// How grave it is.
    pub severity: Severity,
    /// For whom, and since when.
    pub who: String,
    /// What is wrong.
    pub what: String,
    /// Who must act, and how.
    pub act: Option<(String, String)>,
}

/// What an answer depends on: how often the lists were made, language, zone, whether more is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked(u64, Language, bool, bool);

impl Asked {
    /// What it depends on now.
    #[must_use]
    pub fn now(state: &State) -> Self {
        Self(state.listed, state.language, state.utc, state.is_reading())
    }
}

/// The answer for the chosen client, or for all: the one that was made before, as long as it holds.
#[must_use]
pub fn answer(state: &State) -> Answer {
    match &state.answered {
        Some((asked, answer)) if *asked == Asked::now(state) => answer.clone(),
        _ => made(state),
    }
}

/// Makes the answer. All clients are looked at, and there may be a hundred thousand.
#[must_use]
pub fn made(state: &State) -> Answer {
    let snapshot = &state.snapshot;
    let clients: Vec<&Client> = match state.client() {
        Some(client) => vec![client],
        None => state
            .clients
            .iter()
            .filter_map(|row| snapshot.clients.get(row.index))
            .filter(|client| !matches!(client.role, Role::Proxy | Role::Nat))
            .collect(),
    };
    let offline: Vec<&Client> = clients.iter().copied().filter(|client| client.online == Some(false)).collect();
    let decisive = offline.iter().filter_map(|client| deciding(state, client));
    if let Some((finding, count)) = commonest(decisive) {
        let mut answer = told(state, Severity::Error, offline_clients(state, &offline, clients.len()), finding);
        if offline.len() > 1 {
            let what = answer.what;
            answer.what = say!(state.language, "{count} of them: {what}", "うち {count} 台：{what}");
        }
        return answer;
    }
    let gravest = state.gravest.and_then(|index| snapshot.findings.get(index as usize));
    if let Some(finding) = gravest.filter(|finding| finding.severity >= Severity::Warning) {
        return told(state, finding.severity, trouble(state, finding), finding);
    }
    fine(state, &clients)
}

/// The finding behind the state of a client that is offline.
fn deciding<'a>(state: &'a State, client: &Client) -> Option<&'a Filed> {
    let failed = client
        .timeline
        .iter()
        .rev()
        .filter(|entry| entry.capability.is_some_and(|capability| capability != Capability::Internet));
    failed.filter_map(|entry| by_id(&state.snapshot, entry.finding?)).next()
}

/// The first of those findings whose verdict and cause most clients share.
fn commonest<'a>(findings: impl Iterator<Item = &'a Filed>) -> Option<(&'a Filed, usize)> {
    let mut groups: Vec<(&Filed, usize)> = Vec::new();
    for finding in findings {
        match groups.iter_mut().find(|(first, _)| (first.verdict, first.cause) == (finding.verdict, finding.cause)) {
            Some((_, count)) => *count += 1,
            None => groups.push((finding, 1)),
        }
    }
    groups.into_iter().min_by_key(|(finding, count)| (Reverse(*count), finding.started))
}

fn offline_clients(state: &State, offline: &[&Client], all: usize) -> String {
    let failed = offline
        .iter()
        .flat_map(|client| [client.v4, client.v6])
        .flatten()
        .filter(|family| family.capability != Capability::Internet);
    let first = failed.min_by_key(|family| family.since);
    let since = first.map(|family| state.clock(family.since)).unwrap_or_default();
    let how = if first.is_none_or(|family| family.predicted) {
        state.language.pick("predicted", "予測")
    } else {
        state.language.pick("Windows says so", "Windows の記録")
    };
    match offline {
        [only] if all == 1 => {
            let client = only.address;
            say!(
                state.language,
                "{client} has no Internet since {since} ({how})",
                "{client} は {since} から「インターネットなし」（{how}）"
            )
        }
        several => {
            let count = several.len();
            let have = if count == 1 { "has" } else { "have" };
            let first = if count == 1 { "" } else { "the first " };
            say!(
                state.language,
                "{count} of {all} clients {have} no Internet, {first}since {since} ({how})",
                "クライアント {all} 台中 {count} 台が「インターネットなし」、{since} から（{how}）"
            )
        }
    }
}

fn trouble(state: &State, finding: &Filed) -> String {
    let (client, since) = (finding.client, state.clock(finding.started));
    let same = state.counts.get(finding.severity as usize).copied().unwrap_or(0);
    let counted = words::counted(finding.severity, same, state.language);
    say!(state.language, "{counted}; the first at {since}, {client}", "{counted} 件、最初は {since} {client}")
}

fn told(state: &State, severity: Severity, who: String, finding: &Filed) -> Answer {
    let story = state.story(finding);
    let never = never(state.language);
    let act = story.remedy.into_iter().find(|remedy| *remedy != never);
    let act = act.map(|remedy| (words::audience(remedy.audience, state.language).to_owned(), remedy.text.into_owned()));
    Answer { severity, who, what: story.title, act }
}

fn fine(state: &State, clients: &[&Client]) -> Answer {
    let language = state.language;
    let online = clients.iter().filter(|client| client.online == Some(true)).count();
    if online > 0 {
        let are = if online == 1 { "client is" } else { "clients are" };
        return Answer {
            severity: Severity::Ok,
            who: say!(
                language,
                "Nothing is wrong: {online} {are} online (predicted)",
                "異常なし：{online} 台がオンライン（予測）"
            ),
            what: language
                .pick("Windows' probes were answered as they must be.", "Windows のプローブは正しく応答されています。")
                .to_owned(),
            act: None,
        };
    }
    if state.is_reading() {
        return Answer {
            severity: Severity::Info,
            who: if state.live.is_some() {
                language.pick("Watching; nothing is found yet", "監視中、所見はまだありません").to_owned()
            } else {
                language.pick("Reading; nothing is found yet", "読み込み中、所見はまだありません").to_owned()
            },
            what: String::new(),
            act: None,
        };
    }
    let probed = state
        .snapshot
        .findings
        .iter()
        .any(|finding| finding.probe && finding.verdict != crate::verdict::Verdict::ProbeLookAlike);
    if probed {
        return Answer {
            severity: Severity::Info,
            who: language.pick("Nothing is wrong with what could be judged", "判定できた範囲に異常なし").to_owned(),
            what: String::new(),
            act: None,
        };
    }
    let again = capture_again(language).into_iter().next();
    Answer {
        severity: Severity::Info,
        who: language
            .pick(
                "No connectivity probe of Windows is in this capture: it says nothing about \"No Internet\"",
                "Windows の接続プローブ（NCSI）が含まれず、「インターネットなし」は判定できません",
            )
            .to_owned(),
        what: language.pick("To capture one:", "プローブを取得するには：").to_owned(),
        act: again.map(|remedy| (words::audience(remedy.audience, language).to_owned(), remedy.text.into_owned())),
    }
}
