//! What findings of one client mean beside each other: repeats fold, a later success heals, a proxy explains.

use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use super::discovery::{DiscoveryRemark, OF_A_PORTAL, beside};
use super::finding::{Doubt, Finding, Remark};
use super::judge::{Own, is_os_check, is_probe};
use super::os_relate::{Worked, same_system};
use super::roles::Roles;
use crate::probe::client::Client;
use crate::probe::endpoints::directory::Directory;
use crate::probe::hosts::Hosts;
use crate::probe::world::World;
use crate::settings::ClientOs;
use crate::time::CaptureTime;
use crate::vocabulary::{Confidence, Family, Role, Route, Severity, Verdict};

/// A proxied success so soon after a direct failure is the normal start of a client behind a proxy.
const PROXY_FOLLOWS: Duration = Duration::from_secs(60);

/// Settles what depends on other findings of the same host: verdicts, severity, folding.
pub fn relate(world: &World, roles: &Roles, hosts: &Hosts, ups: &LinkUps, clients: &Own<'_>, all: &mut Vec<Finding>) {
    let mut findings = std::mem::take(all);
    findings.sort_by_key(|finding| (finding.client, finding.ended, finding.started, finding.verdict));
    let mut start = 0;
    while start < findings.len() {
        let client = findings[start].client;
        let end =
            findings[start..].iter().position(|finding| finding.client != client).map_or(findings.len(), |n| start + n);
        let own = &mut findings[start..end];
        if let Some(known) = clients.get(client) {
            proxy_not_discovered(world, known, own);
            dns_probe_beside_http(world, own);
            beside(world, known, own);
        }
        start = end;
    }
    findings.retain(|finding| finding.rule != OF_A_PORTAL);
    let mut outcomes = Outcomes::default();
    for finding in &findings {
        if counts(finding) {
            outcomes.entry(finding.client).or_default().note(finding);
        }
    }
    outcomes.values_mut().for_each(Record::sort);
    let worked = Worked::of(&findings);
    for finding in &mut findings {
        if is_os_check(finding) {
            finding.severity = worked.settle(finding, hosts);
            continue;
        }
        heal(finding, &outcomes);
        finding.severity = severity(finding, &outcomes, hosts, roles, &world.directory);
    }
    fold(world.settings.deadlines.episode, ups, findings, all);
}

/// What the probes of each client came to.
type Outcomes = HashMap<IpAddr, Record, foldhash::fast::RandomState>;

/// What the probes of one client came to, by family: 0 is IPv4.
#[derive(Default)]
struct Record {
    /// When HTTP probes succeeded, and when DNS probes did.
    http: [Vec<CaptureTime>; 2],
    dns: [Vec<CaptureTime>; 2],
    /// When successes through a proxy began.
    by_proxy: [Vec<CaptureTime>; 2],
    /// Whether anything was found out.
    known: [bool; 2],
}

impl Record {
    fn note(&mut self, finding: &Finding) {
        let family = usize::from(finding.family == Family::V6);
        self.known[family] = true;
        match finding.verdict {
            Verdict::ActiveDnsProbeSucceeded => self.dns[family].push(finding.ended),
            verdict if is_success(verdict) => {
                self.http[family].push(finding.ended);
                if finding.route == Some(Route::ExplicitProxy) {
                    self.by_proxy[family].push(finding.started);
                }
            }
            _ => {}
        }
    }

    fn sort(&mut self) {
        for list in self.http.iter_mut().chain(&mut self.dns).chain(&mut self.by_proxy) {
            list.sort_unstable();
        }
    }

    fn works(&self, family: usize) -> bool {
        !self.http[family].is_empty() || !self.dns[family].is_empty()
    }
}

/// Whether a finding says how a probe of its client went.
fn counts(finding: &Finding) -> bool {
    is_probe(finding)
        && !matches!(finding.verdict, Verdict::ProbeLookAlike | Verdict::Incomplete)
        && finding.route != Some(Route::ProxyUpstream)
}

/// The first of sorted moments that is not before `from`.
fn first_from(sorted: &[CaptureTime], from: CaptureTime) -> Option<CaptureTime> {
    sorted.get(sorted.partition_point(|moment| *moment < from)).copied()
}

/// Whether a verdict says that it worked.
#[must_use]
pub const fn is_success(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::ActiveHttpProbeSucceeded
            | Verdict::ActiveHttpProbeSucceededViaProxy
            | Verdict::ActiveDnsProbeSucceeded
            | Verdict::OsCheckSucceeded
    )
}

/// The probe went direct and failed, while the same client gets through a proxy.
fn proxy_not_discovered(world: &World, client: &Client, own: &mut [Finding]) {
    let mut proxied: Vec<CaptureTime> = own
        .iter()
        .filter(|finding| finding.route == Some(Route::ExplicitProxy) && is_probe(finding))
        .map(|finding| finding.started)
        .collect();
    proxied.sort_unstable();
    let window = world.settings.deadlines.episode;
    for finding in own {
        let failed = matches!(
            finding.verdict,
            Verdict::ActiveHttpProbeFailed | Verdict::ActiveHttpProbeFailedButDnsSucceeded | Verdict::HotspotDetected
        );
        if !failed || matches!(finding.route, Some(Route::ExplicitProxy | Route::ProxyUpstream)) {
            continue;
        }
        let follows = first_from(&proxied, finding.started);
        if follows.is_some_and(|started| started <= finding.ended.after(PROXY_FOLLOWS)) {
            continue;
        }
        let passes = client.proxy_uses.iter().find(|one| {
            !one.probe
                && one.status.is_some_and(|status| status != 407)
                && one.at >= finding.started.before(window)
                && one.at <= finding.ended.after(window)
        });
        if let Some(one) = passes {
            finding.verdict = Verdict::ProxyNotDiscovered;
            finding.rule = "proxy.not-discovered";
            finding.remarks.push(Remark::ProxyPassesOthers { proxy: one.proxy });
        }
    }
}

/// A DNS probe decides only where no HTTP probe of its family speaks against it, and never on Windows 11.
fn dns_probe_beside_http(world: &World, own: &mut [Finding]) {
    let mut http: [[Vec<CaptureTime>; 2]; 2] = Default::default();
    for finding in own.iter().filter(|finding| counts(finding)) {
        if !matches!(finding.verdict, Verdict::ActiveDnsProbeSucceeded | Verdict::ActiveDnsProbeFailed) {
            let family = usize::from(finding.family == Family::V6);
            http[family][usize::from(is_success(finding.verdict))].push(finding.ended);
        }
    }
    http.iter_mut().flatten().for_each(|list| list.sort_unstable());
    let window = world.settings.deadlines.episode;
    for finding in own {
        let near = |works: bool| {
            let times = &http[usize::from(finding.family == Family::V6)][usize::from(works)];
            first_from(times, finding.ended.before(window)).is_some_and(|ended| ended <= finding.ended.after(window))
        };
        match finding.verdict {
            Verdict::ActiveDnsProbeSucceeded if near(false) || world.settings.client_os == ClientOs::Win11 => {
                finding.capability = None;
            }
            Verdict::ActiveDnsProbeFailed if near(true) => finding.capability = None,
            _ => {}
        }
    }
}

/// A later success of the same kind shows that a failure has passed.
fn heal(finding: &mut Finding, outcomes: &Outcomes) {
    let failed = is_probe(finding)
        && !is_success(finding.verdict)
        && !matches!(finding.verdict, Verdict::Incomplete | Verdict::ProbeLookAlike);
    if !failed {
        return;
    }
    let Some(own) = outcomes.get(&finding.client) else { return };
    let by_dns = finding.verdict == Verdict::ActiveDnsProbeFailed;
    let times = if by_dns { &own.dns } else { &own.http };
    let times = &times[usize::from(finding.family == Family::V6)];
    let later = times.get(times.partition_point(|moment| *moment <= finding.ended)).copied();
    if let Some(ended) = later {
        finding.recovered_after = Some(ended.since(finding.started));
    }
}

fn severity(finding: &Finding, outcomes: &Outcomes, hosts: &Hosts, roles: &Roles, directory: &Directory) -> Severity {
    let grave = match finding.verdict {
        verdict if is_success(verdict) => {
            let stale = finding.remarks.iter().any(|remark| matches!(remark, Remark::StaleCache { .. }));
            return if stale || finding.confidence == Confidence::Low && !is_one_eyed(finding) {
                Severity::Warning
            } else {
                Severity::Ok
            };
        }
        Verdict::ProbeLookAlike | Verdict::NoGlobalAddress => return Severity::Info,
        Verdict::Incomplete => {
            return if finding.guess.is_some_and(is_success) { Severity::Info } else { Severity::Warning };
        }
        Verdict::LegacyTlsNegotiated | Verdict::TlsIntercepted => return Severity::Warning,
        Verdict::ProxyDiscoveryFailed => {
            // Grave only where it is why the probe did not get out.
            let stuck = finding.remarks.contains(&Remark::Discovery(DiscoveryRemark::ProbeWentDirect));
            if stuck { Severity::Error } else { return Severity::Warning }
        }
        Verdict::ProxyAuthenticationRequired if finding.ncsi_reason.is_none() => {
            let sign_in = finding.host.as_deref().is_some_and(|host| directory.is_required_sign_in(host));
            if sign_in { Severity::Error } else { Severity::Warning }
        }
        Verdict::TlsVersionMismatch
        | Verdict::TlsHandshakeFailed
        | Verdict::NoAddress
        | Verdict::SuspectArpProbeFailed
            if finding.recovered_after.is_some() =>
        {
            Severity::Warning
        }
        _ => Severity::Error,
    };
    if !is_probe(finding) || finding.route == Some(Route::ProxyUpstream) || roles.role(finding.client) == Role::Nat {
        return if finding.confidence == Confidence::Low { Severity::Warning.min(grave) } else { grave };
    }
    probe_severity(finding, outcomes, hosts).min(grave)
}

fn probe_severity(finding: &Finding, outcomes: &Outcomes, hosts: &Hosts) -> Severity {
    let nothing = Record::default();
    let own = outcomes.get(&finding.client).unwrap_or(&nothing);
    let family = usize::from(finding.family == Family::V6);
    if finding.verdict == Verdict::ActiveDnsProbeFailed && !own.http[family].is_empty() {
        return Severity::Info;
    }
    let direct = finding.route != Some(Route::ExplicitProxy);
    let follows = first_from(&own.by_proxy[family], finding.started);
    if direct && follows.is_some_and(|started| started <= finding.ended.after(PROXY_FOLLOWS)) {
        // The normal start of a client behind a proxy.
        return Severity::Info;
    }
    let other = 1 - family;
    let kin: Vec<&Record> = hosts.kin(finding.client).filter_map(|kin| outcomes.get(&kin)).collect();
    let other_known = own.known[other] || kin.iter().any(|record| record.known[other]);
    let other_works = own.works(other) || kin.iter().any(|record| record.works(other));
    if finding.family == Family::V6 && (other_works || !other_known) {
        return Severity::Info;
    }
    if other_works || finding.recovered_after.is_some() || finding.confidence == Confidence::Low {
        return Severity::Warning;
    }
    Severity::Error
}

/// A success whose only doubt is that its request was not captured is good news all the same.
fn is_one_eyed(finding: &Finding) -> bool {
    finding.confidence_reasons.iter().all(|doubt| *doubt == Doubt::RequestUnseen)
}

/// Joins equal repeats: same names on the same way within `window`, nothing else of the kind in between. The evidence
/// of the first and of the last occurrence stays.
///
/// A link that came up in between begins a new episode.
fn fold(window: Duration, ups: &LinkUps, findings: Vec<Finding>, out: &mut Vec<Finding>) {
    // How much of a folded finding's proof belongs to its first occurrence.
    let mut own: Vec<(usize, usize)> = Vec::new();
    for finding in findings {
        let kind = Kind::of(&finding);
        let earlier = out.iter_mut().zip(&own).rev().take_while(|(other, _)| other.client == finding.client).find(
            |(other, _)| {
                Kind::of(other) == kind
                    && other.family == finding.family
                    && other.host == finding.host
                    && same_system(other, &finding)
            },
        );
        match earlier {
            Some((first, own))
                if equal(first, &finding)
                    && finding.started.since(first.ended) <= window
                    && !came_up(ups, first, &finding) =>
            {
                first.evidence.truncate(own.0);
                first.conversations.truncate(own.1);
                absorb(first, finding);
            }
            _ => {
                own.push((finding.evidence.len(), finding.conversations.len()));
                out.push(finding);
            }
        }
    }
}

/// When the links of hosts came up, by address.
pub type LinkUps = HashMap<IpAddr, Vec<CaptureTime>, foldhash::fast::RandomState>;

/// Whether the client's link came up after one finding and before the other.
fn came_up(ups: &LinkUps, first: &Finding, next: &Finding) -> bool {
    ups.get(&first.client).is_some_and(|times| times.iter().any(|up| *up > first.ended && *up <= next.started))
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Web,
    Dns,
    LookAlike,
    OsCheck,
    Other,
}

impl Kind {
    fn of(finding: &Finding) -> Self {
        match finding.verdict {
            Verdict::ProbeLookAlike => Self::LookAlike,
            Verdict::ActiveDnsProbeSucceeded | Verdict::ActiveDnsProbeFailed => Self::Dns,
            _ if is_probe(finding) => Self::Web,
            _ if is_os_check(finding) => Self::OsCheck,
            _ => Self::Other,
        }
    }
}

/// The link address of a host that is known by nothing else.
fn station(finding: &Finding) -> Option<&str> {
    finding.details.host.as_ref().and_then(|host| host.mac.as_deref())
}

fn equal(a: &Finding, b: &Finding) -> bool {
    let same_server = a.server == b.server || matches!(Kind::of(a), Kind::Web | Kind::OsCheck);
    a.verdict == b.verdict
        && a.cause == b.cause
        && a.route == b.route
        && a.proxy == b.proxy
        && a.guess == b.guess
        && a.severity == b.severity
        && station(a) == station(b)
        && same_server
}

fn absorb(first: &mut Finding, repeat: Finding) {
    first.details.count += repeat.details.count;
    first.ended = first.ended.max(repeat.ended);
    first.evidence.extend(repeat.evidence);
    for conversation in repeat.conversations {
        if !first.conversations.contains(&conversation) {
            first.conversations.push(conversation);
        }
    }
    if repeat.confidence > first.confidence {
        first.confidence = repeat.confidence;
        first.confidence_reasons = repeat.confidence_reasons;
    }
    for remark in repeat.remarks {
        if !first.remarks.contains(&remark) {
            first.remarks.push(remark);
        }
    }
}
