//! All attempts of all clients, judged.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::case::{Case, Ruling};
use super::endpoints::{self, Unreachable};
use super::evidence::url_of;
use super::filed::{Filed, SHARERS, alone, share};
use super::finding::Finding;
use super::marks::Recognised;
use super::office;
use super::relate::{self, LinkUps};
use super::roles::Roles;
use crate::probe::attempt::{Attempt, WebAttempt};
use crate::probe::catalog::{LookAlike, family_of};
use crate::probe::client::Client;
use crate::probe::correlate::{Kin, attempts};
use crate::probe::endpoints::matrix::Cells;
use crate::probe::hosts::Hosts;
use crate::probe::world::World;
use crate::time::CaptureTime;
use crate::transaction::Exchange;
use crate::vocabulary::{Role, Route, Verdict};

/// Hosts that one thread judges in one go. Threads start anew for each go: this many make that cheap, and few enough
/// transactions wait to be let go.
const PART: usize = 1024;
/// Findings of one host for which there is room from the start: most have one to four.
const EXPECTED: usize = 8;
/// Hosts above which no more room is made at the start.
const MANY_HOSTS: usize = 1 << 17;

/// Judges everything: findings host by host, each called by its place in the list until all are numbered.
#[must_use]
pub fn judge(world: &World, roles: &Roles, cells: &Cells) -> Vec<Filed> {
    let beside = Beside::of(world, roles, cells);
    let hosts = beside.by_host();
    let mut filing = Filing::of(hosts.len());
    for part in hosts.chunks(PART) {
        filing.add(beside.judge_part(world, roles, part, filing.is_full(world)));
    }
    filing.filed
}

/// The same; what was kept of a client for its judgement alone is let go as soon as it is judged, so that findings take
/// the room of the transactions that led to them.
#[must_use]
pub fn judge_for_good(world: &mut World, roles: &Roles, cells: &Cells) -> Vec<Filed> {
    let threads = world.settings.threads.max(1);
    let beside = Beside::of(world, roles, cells);
    let hosts = beside.by_host();
    let mut filing = Filing::of(hosts.len());
    for round in hosts.chunks(PART * threads) {
        for part in beside.judge_parts(world, roles, round, filing.is_full(world)) {
            filing.add(part);
        }
        for address in round.iter().flatten() {
            let mac = world.clients.brief(address).and_then(|client| client.mac);
            // Other addresses of the same host are judged with what this one did.
            if !beside.hosts.is_one_of_several(*address, mac) {
                world.clients.release(address);
            }
        }
    }
    filing.filed
}

/// Findings that are judged, as they are kept.
#[derive(Default)]
struct Filing {
    filed: Vec<Filed>,
    names: HashSet<Arc<str>>,
    /// Bytes of proofs that stand by themselves.
    alone: usize,
}

impl Filing {
    /// Room for the findings of so many hosts. What stays empty is never touched and takes no memory; a long list that
    /// has to grow is in memory twice while it moves.
    fn of(hosts: usize) -> Self {
        Self { filed: Vec::with_capacity(hosts.min(MANY_HOSTS) * EXPECTED), ..Self::default() }
    }

    /// Whether proofs should share pieces from now on, so that they take less room and more time.
    const fn is_full(&self, world: &World) -> bool {
        self.alone > world.settings.limits.loose_bytes
    }

    /// Adds what was found of some hosts. References among these findings are by their place.
    fn add(&mut self, part: Vec<Filed>) {
        self.alone += alone(&part);
        let first = u32::try_from(self.filed.len()).unwrap_or(u32::MAX);
        if self.filed.capacity() - self.filed.len() < part.len() {
            // Doubling would leave half of a large list empty.
            self.filed.reserve_exact(self.filed.len() / 16 + part.len());
        }
        for mut filed in part {
            filed.id += first;
            filed.related.iter_mut().for_each(|other| *other += first);
            // Many are about the same few names.
            if let Some(name) = filed.host.take() {
                filed.host = Some(Arc::clone(self.names.get_or_insert_with(&*name, |_| Arc::clone(&name))));
            }
            self.filed.push(filed);
        }
    }
}

/// The clients of one host, with everything that is kept of them.
pub struct Own<'a>(Vec<(IpAddr, Cow<'a, Client>)>);

impl<'a> Own<'a> {
    /// The clients of these addresses.
    #[must_use]
    pub fn of(world: &'a World, addresses: &[IpAddr]) -> Self {
        Self(addresses.iter().filter_map(|address| Some((*address, world.clients.get(address)?))).collect())
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, address: IpAddr) -> Option<&Client> {
        self.all().find(|(own, _)| *own == address).map(|(_, client)| client)
    }

    fn all(&self) -> impl Iterator<Item = (IpAddr, &Client)> {
        self.0.iter().map(|(address, client)| (*address, client.as_ref()))
    }
}

/// What is known of all clients together before the first of them is judged.
struct Beside<'a> {
    /// The clients in order of appearance.
    order: Vec<IpAddr>,
    hosts: Hosts,
    legs: Legs,
    /// Conditions of hosts, by address.
    conditions: BTreeMap<IpAddr, Vec<Finding>>,
    /// When links came up.
    ups: LinkUps,
    /// Microsoft 365 sets that cannot be reached.
    unreachable: Unreachable<'a>,
}

impl<'a> Beside<'a> {
    fn of(world: &World, roles: &Roles, cells: &'a Cells) -> Self {
        let mut addresses: Vec<_> = world.clients.briefs().map(|(address, client)| (client.first, *address)).collect();
        addresses.sort_unstable();
        let mut conditions: BTreeMap<IpAddr, Vec<Finding>> = BTreeMap::new();
        for finding in super::host::judge(world, roles) {
            conditions.entry(finding.client).or_default().push(finding);
        }
        Self {
            order: addresses.into_iter().map(|(_, address)| address).collect(),
            hosts: Hosts::of(world),
            legs: client_legs(world),
            conditions,
            ups: world.stations.link_ups(),
            unreachable: Unreachable::of(world, roles, cells),
        }
    }

    /// All addresses that have something to be judged, those of one host together.
    fn by_host(&self) -> Vec<Vec<IpAddr>> {
        let mut taken: HashSet<IpAddr, foldhash::fast::RandomState> = HashSet::default();
        let mut hosts = Vec::new();
        for address in self.order.iter().chain(self.conditions.keys()).copied() {
            if taken.insert(address) {
                let kin = self.hosts.kin(address).filter(|kin| taken.insert(*kin));
                hosts.push(std::iter::once(address).chain(kin).collect());
            }
        }
        hosts
    }

    /// Everything about the hosts of a round, part by part, each on a thread of its own.
    fn judge_parts(&self, world: &World, roles: &Roles, round: &[Vec<IpAddr>], tight: bool) -> Vec<Vec<Filed>> {
        let mut parts = round.chunks(PART);
        let own = parts.next().unwrap_or_default();
        std::thread::scope(|scope| {
            let others: Vec<_> =
                parts.map(|part| scope.spawn(move || self.judge_part(world, roles, part, tight))).collect();
            let mut judged = vec![self.judge_part(world, roles, own, tight)];
            for other in others {
                // A panic goes on where it is waited for.
                judged.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            judged
        })
    }

    /// Everything about some hosts; `id` and `related` are places in the list. Proofs share pieces where it is to be
    /// `tight`.
    fn judge_part(&self, world: &World, roles: &Roles, hosts: &[Vec<IpAddr>], tight: bool) -> Vec<Filed> {
        let mut filed: Vec<Filed> = Vec::new();
        let mut recognised = Recognised::default();
        for host in hosts {
            let first = u32::try_from(filed.len()).unwrap_or(u32::MAX);
            for (place, mut finding) in (first..).zip(self.judge_host(world, roles, host, &mut recognised)) {
                finding.id = place;
                finding.related.iter_mut().for_each(|other| *other += first);
                filed.push(Filed::open_of(finding));
            }
        }
        if tight {
            let whole = filed.len() / SHARERS * SHARERS;
            share(filed.iter_mut().take(whole));
        }
        filed
    }

    /// Everything about one host, in no order; `related` holds places in the list.
    fn judge_host(&self, world: &World, roles: &Roles, host: &[IpAddr], recognised: &mut Recognised) -> Vec<Finding> {
        let own = Own::of(world, host);
        let mut all = Vec::new();
        for address in host {
            if let Some(client) = own.get(*address) {
                all.append(&mut self.judge_client(world, roles, *address, client, recognised));
            }
            all.extend(self.conditions.get(address).into_iter().flatten().cloned());
        }
        relate::relate(world, roles, &self.hosts, &self.ups, &own, &mut all);
        super::portal_named::remark(world, &own, &mut all);
        for (address, client) in own.all() {
            all.extend(self.unreachable.judge(world, address, client));
        }
        for (address, client) in own.all() {
            all.extend(office::gated(world, roles, &self.hosts, &all, address, client));
        }
        for finding in &mut all {
            endpoints::tag(&world.directory, finding);
            finding.tidy();
        }
        all.sort_by_key(|finding| (finding.ended, finding.started, finding.client, finding.verdict));
        office::link(&mut all);
        all
    }

    fn judge_client(
        &self,
        world: &World,
        roles: &Roles,
        address: IpAddr,
        client: &Client,
        recognised: &mut Recognised,
    ) -> Vec<Finding> {
        let case = Case { world, address, client };
        let kin = Kin::of(world, &self.hosts, address, client);
        let attempts = attempts(world, address, client, &kin);
        let mut findings: Vec<Finding> =
            attempts.iter().filter_map(|attempt| case.judge_and_name(attempt, recognised)).collect();
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
}

impl Case<'_> {
    fn judge_and_name(&self, attempt: &Attempt<'_>, recognised: &mut Recognised) -> Option<Finding> {
        let mut finding = self.judge(attempt)?;
        self.name_responder(attempt, &mut finding, recognised);
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
    let proxied = world.clients.briefs().filter(|(_, client)| client.proxied).map(|(address, _)| address);
    for (address, client) in proxied.filter_map(|address| Some((address, world.clients.get(address)?))) {
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
