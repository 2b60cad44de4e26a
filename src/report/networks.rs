//! What several clients have in common: one network fault looks like many broken machines, and one broken machine among
//! healthy ones is no network fault.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::clean::clean;
use super::language::Language;
use super::model::{Network, NetworkKind};
use super::portals::Answerers;
use super::words::network::{self, Tally};
use crate::engine::snapshot::Client;
use crate::time::CaptureTime;
use crate::verdict::relate::is_success;
use crate::verdict::{Cause, Details, Filed, Role, Route, Severity, Verdict};

/// A failure and a success of two clients that lie further apart say nothing about each other.
const SAME_TIME: Duration = Duration::from_secs(150);

/// Who is to be looked at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// The failing clients, or a rule for them: others get through at the same time.
    Clients,
    /// The network: nobody gets through.
    Network,
    /// The packets do not tell.
    Unclear,
}

impl Where {
    /// The name as it stands in JSON.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Clients => "clients",
            Self::Network => "network",
            Self::Unclear => "unclear",
        }
    }
}

/// What became of one client at one place: its last outcome counts, that of a probe before all others.
#[derive(Clone, Copy)]
struct Outcome<'a> {
    probe: bool,
    failed: bool,
    finding: &'a Filed,
    /// The place that it met, by number.
    place: Option<usize>,
}

/// A portal, proxy or resolver.
type Key = (NetworkKind, String);

type Outcomes<'a> = BTreeMap<IpAddr, Outcome<'a>>;

/// Portals, proxies and resolvers at which clients fail, the stages at which they fail first, and all probes together:
/// everything that concerns two clients or more.
#[must_use]
pub fn summaries(findings: &[&Filed], clients: &[&Client], language: Language) -> Vec<Network> {
    let main: BTreeMap<IpAddr, IpAddr> =
        clients.iter().flat_map(|client| client.addresses.iter().map(|address| (*address, client.address))).collect();
    let aggregates: BTreeSet<IpAddr> = clients
        .iter()
        .filter(|client| matches!(client.role, Role::Proxy | Role::Nat))
        .flat_map(|client| client.addresses.iter().copied())
        .collect();
    let own = |finding: &Filed| main.get(&finding.client).copied().unwrap_or(finding.client);
    let single = |finding: &&&Filed| !aggregates.contains(&finding.client);
    let mut numbers: BTreeMap<Key, usize> = BTreeMap::new();
    let mut places: Vec<Outcomes<'_>> = Vec::new();
    let mut all: Outcomes<'_> = BTreeMap::new();
    let mut answerers = Answerers::default();
    for finding in findings {
        // Their proof may be packed: it is unpacked once, and only where somebody looks into it.
        let details = LazyCell::new(|| finding.details());
        if Answerers::concern(finding) {
            answerers.add(finding, &details);
        }
        let Some(failed) = outcome(finding).filter(|_| single(&finding)) else { continue };
        let client = own(finding);
        let probe = finding.probe;
        let place = shared(finding, failed, || &details).map(|key| {
            *numbers.entry(key).or_insert_with(|| {
                places.push(Outcomes::new());
                places.len() - 1
            })
        });
        let outcome = Outcome { probe, failed, finding, place };
        if let Some(outcomes) = place.and_then(|place| places.get_mut(place)) {
            note(outcomes, client, outcome);
        }
        if probe {
            note(&mut all, client, outcome);
        }
    }
    // Whoever gets through directly is not held by any portal.
    for (key, place) in &numbers {
        let Some(outcomes) = places.get_mut(*place) else { continue };
        if key.0 == NetworkKind::Portal {
            for (client, passed) in
                all.iter().filter(|(_, one)| !one.failed && one.finding.route == Some(Route::Direct))
            {
                outcomes.entry(*client).or_insert(*passed);
            }
        }
    }
    let named = numbers.iter().filter_map(|(key, place)| Some((key, places.get(*place)?)));
    let mut networks: Vec<Network> =
        named.filter_map(|((kind, name), outcomes)| network(*kind, name, outcomes, language)).collect();
    for answerer in answerers.networks(language) {
        // Where others get through, or nobody else's check is concerned, more is known already.
        let known = networks.iter_mut().find(|one| (one.kind, &one.name) == (answerer.kind, &answerer.name));
        match known {
            Some(one) if one.count >= answerer.count => {
                (one.systems, one.product) = (answerer.systems, answerer.product)
            }
            Some(one) if one.succeeded == 0 => *one = answerer,
            Some(_) => {}
            None => networks.push(answerer),
        }
    }
    networks.extend(stages(findings, &aggregates, &own, language));
    networks.sort_by(|a, b| (a.kind, b.count, &a.name).cmp(&(b.kind, a.count, &b.name)));
    networks.extend(overall(&all, &numbers, language));
    networks
}

/// Whether a finding says that something failed or worked; `None` where it says neither.
fn outcome(finding: &Filed) -> Option<bool> {
    if is_success(finding.verdict) && finding.probe && finding.verdict != Verdict::ActiveDnsProbeSucceeded {
        return Some(false);
    }
    let failed = finding.severity >= Severity::Warning && finding.cause.and_then(stage).is_some();
    (failed && finding.verdict != Verdict::ActiveDnsProbeFailed).then_some(true)
}

fn note<'a>(outcomes: &mut Outcomes<'a>, client: IpAddr, outcome: Outcome<'a>) {
    let known = outcomes.entry(client).or_insert(outcome);
    let key = |one: &Outcome<'_>| (one.probe, one.finding.ended, one.finding.id);
    if key(&outcome) >= key(known) {
        *known = outcome;
    }
}

/// The portal, proxy or resolver that a finding met; `details` are its facts.
fn shared<'a>(finding: &Filed, failed: bool, details: impl Fn() -> &'a Details) -> Option<Key> {
    if let Some(proxy) = finding.proxy() {
        let about_proxy = !failed || finding.cause.and_then(stage) == Some("proxy");
        return about_proxy.then(|| (NetworkKind::Proxy, proxy.to_string()));
    }
    let portal = (finding.verdict == Verdict::HotspotDetected).then(|| portal(details())).flatten();
    if let Some(host) = portal {
        return Some((NetworkKind::Portal, host));
    }
    let by_name = !failed || finding.cause.and_then(stage) == Some("dns");
    let dns = by_name.then(|| details().dns.as_ref()).flatten();
    let resolver = dns.and_then(|dns| dns.servers.first());
    resolver.map(|server| (NetworkKind::Resolver, server.to_string()))
}

/// The host that a portal sends its visitors to.
fn portal(details: &Details) -> Option<String> {
    let location = details.http.as_ref()?.location.as_deref()?;
    let after = location.split_once("://").map_or(location, |(_, rest)| rest);
    let host = after.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
    Some(clean(&host.to_ascii_lowercase()))
}

/// What there is to say of one place: several fail, or one fails where others get through.
fn network(kind: NetworkKind, name: &str, outcomes: &Outcomes<'_>, language: Language) -> Option<Network> {
    let (failing, passing): (Vec<_>, Vec<_>) = outcomes.iter().partition(|(_, one)| one.failed);
    if failing.is_empty() || failing.len() + passing.len() < 2 {
        return None;
    }
    let place = judge(&failing, &passing);
    let tally = Tally { failed: failing.len(), succeeded: passing.len(), cause: common_cause(&failing) };
    let text = network::place(kind, name, &tally, place, language);
    Some(made(kind, name.to_owned(), &failing, passing.len(), place, text))
}

/// All probes of all clients together, where any fails.
fn overall(all: &Outcomes<'_>, numbers: &BTreeMap<Key, usize>, language: Language) -> Option<Network> {
    let (failing, passing): (Vec<_>, Vec<_>) = all.iter().partition(|(_, one)| one.failed);
    if failing.is_empty() || all.len() < 2 {
        return None;
    }
    let met: BTreeSet<Option<usize>> = failing.iter().map(|(_, one)| one.place).collect();
    let common = match met.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(only)] => numbers.iter().find(|(_, place)| *place == only).map(|(key, _)| key),
        _ => None,
    };
    // Elsewhere and by other ways others may get through for other reasons: most of them must.
    let place = match judge(&failing, &passing) {
        Where::Clients if passing.len() <= failing.len() => Where::Unclear,
        place => place,
    };
    let tally = Tally { failed: failing.len(), succeeded: passing.len(), cause: common_cause(&failing) };
    let text = network::overall(common.map(|(kind, name)| (*kind, name.as_str())), &tally, place, language);
    Some(made(NetworkKind::Overall, "clients".to_owned(), &failing, passing.len(), place, text))
}

fn made(
    kind: NetworkKind,
    name: String,
    failing: &[(&IpAddr, &Outcome<'_>)],
    succeeded: usize,
    place: Where,
    text: String,
) -> Network {
    let mut findings: Vec<u32> = failing.iter().map(|(_, one)| one.finding.id).collect();
    findings.sort_unstable();
    Network {
        kind,
        name,
        count: failing.len(),
        clients: failing.iter().map(|(client, _)| **client).collect(),
        findings,
        succeeded,
        failed: failing.len(),
        look_at: place.name().to_owned(),
        text,
        systems: Vec::new(),
        product: None,
    }
}

/// Who is to be looked at: the failing clients only where fewer fail than get through, and each of them failed while
/// another one got through.
fn judge(failing: &[(&IpAddr, &Outcome<'_>)], passing: &[(&IpAddr, &Outcome<'_>)]) -> Where {
    if passing.is_empty() {
        return if failing.len() > 1 { Where::Network } else { Where::Unclear };
    }
    let span = |one: &Outcome<'_>| (one.finding.started, one.finding.ended);
    let beside = |(from, to): (CaptureTime, CaptureTime)| {
        passing.iter().any(|(_, one)| {
            let (start, end) = span(one);
            start <= to.after(SAME_TIME) && end >= from.before(SAME_TIME)
        })
    };
    let all = failing.iter().all(|(_, one)| beside(span(one)));
    if all && failing.len() <= passing.len() { Where::Clients } else { Where::Unclear }
}

/// The cause of all failures, where it is one.
fn common_cause(failing: &[(&IpAddr, &Outcome<'_>)]) -> Option<Cause> {
    let causes: BTreeSet<Option<Cause>> = failing.iter().map(|(_, one)| one.finding.cause).collect();
    match causes.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => *only,
        _ => None,
    }
}

/// The stages at which two clients or more fail first.
fn stages(
    findings: &[&Filed],
    aggregates: &BTreeSet<IpAddr>,
    own: &dyn Fn(&Filed) -> IpAddr,
    language: Language,
) -> Vec<Network> {
    let mut groups: BTreeMap<&'static str, (BTreeSet<IpAddr>, Vec<u32>)> = BTreeMap::new();
    let mut failed_first: BTreeSet<IpAddr> = BTreeSet::new();
    for finding in findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
        let Some(stage) = finding.cause.and_then(stage) else { continue };
        let client = own(finding);
        if !aggregates.contains(&finding.client) && failed_first.insert(client) {
            let (clients, ids) = groups.entry(stage).or_default();
            clients.insert(client);
            ids.push(finding.id);
        }
    }
    let several = groups.into_iter().filter(|(_, (clients, _))| clients.len() > 1);
    several
        .map(|(stage, (clients, findings))| Network {
            kind: NetworkKind::Stage,
            name: stage.to_owned(),
            count: clients.len(),
            findings,
            succeeded: 0,
            failed: clients.len(),
            look_at: Where::Unclear.name().to_owned(),
            text: network::stage(stage, clients.len(), language),
            clients: clients.into_iter().collect(),
            systems: Vec::new(),
            product: None,
        })
        .collect()
}

/// The stage that a cause belongs to; none for what only the capture lacks.
fn stage(cause: Cause) -> Option<&'static str> {
    let (prefix, _) = cause.name().split_once('-')?;
    match prefix {
        "dns" => Some("dns"),
        "tcp" | "icmp" => Some("connect"),
        "http" => Some("http"),
        "proxy" => Some("proxy"),
        "tls" => Some("tls"),
        _ => None,
    }
}
