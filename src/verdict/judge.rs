//! All attempts of all clients, judged.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::case::{Case, Ruling};
use super::endpoints;
use super::evidence::url_of;
use super::finding::Finding;
use super::office;
use super::relate;
use super::roles::Roles;
use crate::probe::attempt::{Attempt, WebAttempt};
use crate::probe::catalog::{LookAlike, family_of};
use crate::probe::correlate::{Kin, attempts};
use crate::probe::hosts::Hosts;
use crate::probe::world::World;
use crate::time::CaptureTime;
use crate::transaction::Exchange;
use crate::vocabulary::{Role, Route, Verdict};

/// Judges everything: findings in settle order, numbered from 1.
#[must_use]
pub fn judge(world: &World, roles: &Roles) -> Vec<Finding> {
    let beside = Beside::of(world, roles);
    let all = beside.order.iter().flat_map(|address| beside.judge_client(world, roles, *address)).collect();
    beside.settle(world, roles, all)
}

/// The same; what was kept of a client for its judgement alone is let go as soon as it is judged, so that findings take
/// the room of the transactions that led to them.
#[must_use]
pub fn judge_for_good(world: &mut World, roles: &Roles) -> Vec<Finding> {
    let beside = Beside::of(world, roles);
    let mut all = Vec::new();
    for address in &beside.order {
        all.append(&mut beside.judge_client(world, roles, *address));
        let mac = world.clients.get(address).and_then(|client| client.mac);
        // Other addresses of the same host are judged with what this one did.
        if !beside.hosts.is_one_of_several(*address, mac) {
            world.clients.release(address);
        }
    }
    beside.settle(world, roles, all)
}

/// What is known of all clients together before the first of them is judged.
struct Beside {
    /// The clients in order of appearance.
    order: Vec<IpAddr>,
    hosts: Hosts,
    legs: Legs,
    /// Conditions of hosts.
    conditions: Vec<Finding>,
}

impl Beside {
    fn of(world: &World, roles: &Roles) -> Self {
        let mut addresses: Vec<_> = world.clients.iter().map(|(address, client)| (client.first, *address)).collect();
        addresses.sort_unstable();
        Self {
            order: addresses.into_iter().map(|(_, address)| address).collect(),
            hosts: Hosts::of(world),
            legs: client_legs(world),
            conditions: super::host::judge(world, roles),
        }
    }

    fn judge_client(&self, world: &World, roles: &Roles, address: IpAddr) -> Vec<Finding> {
        let Some(client) = world.clients.get(&address) else { return Vec::new() };
        let case = Case { world, address, client };
        let kin = Kin::of(world, &self.hosts, address, client);
        let mut findings: Vec<Finding> =
            attempts(world, address, client, &kin).iter().filter_map(|attempt| case.judge_and_name(attempt)).collect();
        findings.extend(case.judge_refusals());
        match roles.role(address) {
            Role::Nat => findings.retain(|finding| !is_probe(finding) && !is_os_check(finding)),
            Role::Proxy => as_upstream(self.legs.get(&address), &mut findings),
            Role::Client | Role::Resolver => {}
        }
        for finding in &mut findings {
            finding.evidence.shrink_to_fit();
            finding.conversations.shrink_to_fit();
        }
        findings
    }

    fn settle(self, world: &World, roles: &Roles, mut all: Vec<Finding>) -> Vec<Finding> {
        let Self { hosts, mut conditions, .. } = self;
        all.append(&mut conditions);
        relate::relate(world, roles, &mut all);
        super::portal_named::remark(world, &mut all);
        all.extend(endpoints::unreachable(world, roles));
        all.extend(office::gated(world, roles, &hosts, &all));
        // In place: a buffer of findings would be large.
        all.sort_by_cached_key(|finding| (finding.ended, finding.started, finding.client, finding.verdict));
        for (id, finding) in (1u32..).zip(&mut all) {
            finding.id = id;
            endpoints::tag(&world.directory, finding);
            finding.tidy();
        }
        office::link(&mut all);
        all
    }
}

impl Case<'_> {
    fn judge_and_name(&self, attempt: &Attempt<'_>) -> Option<Finding> {
        let mut finding = self.judge(attempt)?;
        self.name_responder(attempt, &mut finding);
        Some(finding)
    }

    fn judge(&self, attempt: &Attempt<'_>) -> Option<Finding> {
        match attempt {
            Attempt::Web(web) => self.judge_web(web),
            Attempt::Dns(group) => self.judge_dns_probe(group),
            Attempt::LookAlike(exchange, kind) => Some(self.judge_look_alike(exchange, *kind)),
            Attempt::OsCheck(check, web) => self.judge_os_check(check, web),
            Attempt::ProxyRefusal(legs) => self.judge_refusal(legs),
            Attempt::Tls(series) => self.judge_tls(series),
            Attempt::ProxyName(group) => Some(self.judge_proxy_name(group)),
            Attempt::Discovery(search) => self.judge_discovery(search),
        }
    }

    pub(super) fn judge_web(&self, attempt: &WebAttempt<'_>) -> Option<Finding> {
        if let Some(exchange) = attempt.decisive() {
            let later = attempt.failed.last().filter(|failed| failed.connection.first.time > exchange.ended);
            return Some(match (attempt.proxy, later) {
                (Some(_), _) => self.judge_proxied(attempt, exchange),
                (None, Some(last)) => self.judge_unreachable(attempt, last),
                (None, None) => self.judge_direct(attempt, exchange),
            });
        }
        if let Some(last) = attempt.failed.last() {
            return Some(self.judge_unreachable(attempt, last));
        }
        let group = attempt.lookup.as_ref()?;
        Some(self.judge_lookup(attempt, group))
    }

    fn judge_look_alike(&self, exchange: &Exchange, kind: LookAlike) -> Finding {
        let rule = match kind {
            LookAlike::BrowserRedirect => "probe.browser-redirect",
            LookAlike::Application => "probe.application",
            LookAlike::Tunnel => "probe.tunnel",
            LookAlike::Manual => "probe.look-alike",
        };
        let ruling = Ruling::new(Verdict::ProbeLookAlike, None, rule);
        let family = family_of(exchange.server().ip());
        let mut finding = self.finding(ruling, family, exchange.started.time, exchange.ended);
        finding.prove_exchange(exchange);
        let proxied = exchange.request.as_ref().is_some_and(|request| request.head.is_proxied());
        finding.decided_on(&exchange.connection, proxied);
        finding.host = exchange.request.as_ref().and_then(|request| request.head.host.clone());
        finding.url = exchange.request.as_ref().and_then(|request| url_of(&request.head));
        finding
    }
}

/// Whether a finding is about an NCSI probe.
#[must_use]
pub fn is_probe(finding: &Finding) -> bool {
    if is_os_check(finding) {
        return false;
    }
    match finding.verdict {
        Verdict::ActiveHttpProbeSucceeded
        | Verdict::ActiveHttpProbeSucceededViaProxy
        | Verdict::ActiveDnsProbeSucceeded
        | Verdict::ActiveHttpProbeFailed
        | Verdict::ActiveHttpProbeFailedButDnsSucceeded
        | Verdict::HotspotDetected
        | Verdict::ActiveDnsProbeFailed
        | Verdict::ProxyNotDiscovered
        | Verdict::ProbeLookAlike => true,
        Verdict::ProxyAuthenticationRequired => finding.ncsi_reason.is_some() || of_probe(finding),
        Verdict::Incomplete => of_probe(finding),
        _ => false,
    }
}

/// Whether a finding is about another system's connectivity check.
#[must_use]
pub const fn is_os_check(finding: &Finding) -> bool {
    finding.details.os_check.is_some()
}

/// Whether the rule that decided is one for probes: all are, but those for TLS, for other requests' 407, for the search
/// for a proxy and for conditions of the host.
fn of_probe(finding: &Finding) -> bool {
    !["tls.", "proxy-other.", "discovery.", "host."].iter().any(|floor| finding.rule.starts_with(floor))
}

/// When each proxy was asked for something by a client whose leg is in the capture.
type Legs = HashMap<IpAddr, Vec<(CaptureTime, CaptureTime)>, foldhash::fast::RandomState>;

fn client_legs(world: &World) -> Legs {
    let mut legs = Legs::default();
    for (address, client) in world.clients.iter() {
        for exchange in &client.exchanges {
            let proxy = exchange.server().ip();
            let proxied = exchange.request.as_ref().is_some_and(|request| request.head.is_proxied());
            if proxied && proxy != *address {
                let end = exchange.response.as_ref().map_or(exchange.ended, |response| response.last.time);
                legs.entry(proxy).or_default().push((exchange.started.time, end));
            }
        }
    }
    legs
}

/// A proxy's own fetch on a client's behalf: without capability, and left out where the client's leg is in the capture.
fn as_upstream(legs: Option<&Vec<(CaptureTime, CaptureTime)>>, findings: &mut Vec<Finding>) {
    findings.retain(|finding| {
        let request = finding.evidence.iter().find_map(|evidence| match evidence.note {
            super::Note::Request { .. } => Some(evidence.at.time),
            _ => None,
        });
        let asked = request.unwrap_or(finding.started);
        let covered = legs.is_some_and(|legs| legs.iter().any(|(from, to)| *from <= asked && asked <= *to));
        !((is_probe(finding) || is_os_check(finding)) && covered)
    });
    for finding in findings.iter_mut().filter(|finding| is_probe(finding) || is_os_check(finding)) {
        finding.capability = None;
        finding.ncsi_reason = None;
        finding.route = Some(Route::ProxyUpstream);
    }
}
