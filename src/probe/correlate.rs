//! Which transactions of one client belong together.
//!
//! A pure function of what is remembered of a client: the order in which transactions arrived does not matter, only
//! the times that they carry.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::attempt::{Attempt, LookupGroup, LookupOutcome, WebAttempt};
use super::catalog::{Asked, family_of, family_of_qtype};
use super::client::{Client, NAME_EXPLAINS};
use super::hosts::Hosts;
use super::world::{RETRY_WINDOW, World};
use crate::proto::http::Extent;
use crate::proto::tls::TlsVersion;
use crate::time::CaptureTime;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, ExchangeEnd, Handshake, Lookup};
use crate::verdict::Family;

/// After a try without answer Windows takes the next address at once.
const NEXT_ADDRESS: Duration = Duration::from_secs(3);
/// Legs of one authentication follow each other within this time.
const NEXT_LEG: Duration = Duration::from_secs(35);
/// A probe through a proxy that follows a failed look-up within this time explains it: names are the proxy's job.
const PROXY_FOLLOWS: Duration = Duration::from_secs(60);
/// By how much packets of one capture may be out of order.
const REORDERED: Duration = Duration::from_millis(100);
/// Look-ups that are considered for one attempt, newest first.
const MAX_LOOKED_BACK: usize = 32;
/// A connection that begins so soon after a look-up began used another answer.
const CONNECTS_ANYWAY: Duration = Duration::from_secs(5);

/// Other addresses of a client's host: it may have looked a name up over IPv4 and connected over IPv6.
#[derive(Clone, Debug, Default)]
pub struct Kin<'a> {
    /// Surely of the same host.
    pub same: Vec<&'a Client>,
    /// Perhaps: they send from the same link address.
    pub perhaps: Vec<&'a Client>,
}

impl<'a> Kin<'a> {
    /// The kin of a client.
    #[must_use]
    pub fn of(world: &'a World, hosts: &Hosts, address: IpAddr, client: &Client) -> Self {
        let known = |address: IpAddr| world.clients.get(&address);
        Self {
            same: hosts.kin(address).filter_map(known).collect(),
            perhaps: hosts.neighbours(address, client.mac).filter_map(known).collect(),
        }
    }
}

/// Everything that one client tried.
#[must_use]
pub fn attempts<'a>(world: &'a World, address: IpAddr, client: &'a Client, kin: &Kin<'a>) -> Vec<Attempt<'a>> {
    let mut attempts = Vec::new();
    let proxied = proxied_probes(world, client);
    let mut direct = direct_tries(world, client, kin);
    let custom: HashSet<String> = direct.iter().filter_map(|attempt| attempt.host.clone()).collect();
    let is_web = |name: &str, qtype: u16| {
        world.catalog.web_lookup(name, qtype).is_some() || custom.contains(name) && family_of_qtype(qtype).is_some()
    };
    let own = if world.resolvers.contains(&address) { Vec::new() } else { lookup_groups(world, client, is_web) };
    let mut own = Unused::new(own);
    let of_kin = kin.same.iter().chain(&kin.perhaps);
    let mut of_kin = Unused::new(of_kin.flat_map(|kin| lookup_groups(world, kin, is_web)).collect());
    for attempt in &mut direct {
        attempt.lookup = own.take_for(attempt).or_else(|| of_kin.take_for(attempt));
    }
    let unreachable_proxies = failed_proxies(world, client, &proxied);
    let mut by_proxy: Vec<CaptureTime> = proxied.iter().chain(&unreachable_proxies).map(WebAttempt::started).collect();
    by_proxy.sort_unstable();
    let connects = Connects::of(&direct);
    for group in own.rest() {
        let (started, ended) = (group.started(), group.ended());
        let family = family_of_qtype(group.qtype).unwrap_or(Family::V4);
        let tells = match group.outcome() {
            LookupOutcome::Resolved(_, answer) => answer.addresses.iter().all(|address| is_null(*address)),
            LookupOutcome::Unreadable(..) => false,
            _ => true,
        };
        if tells
            && !connects.any(family, &group.name, started, ended.after(CONNECTS_ANYWAY))
            && !any_within(&by_proxy, started.before(CONNECTS_ANYWAY), ended.after(PROXY_FOLLOWS))
        {
            attempts.push(Attempt::Web(WebAttempt {
                family,
                host: Some(group.name.clone()),
                lookup: Some(group),
                failed: Vec::new(),
                legs: Vec::new(),
                proxy: None,
                shared: false,
            }));
        }
    }
    attempts.extend(direct.into_iter().map(Attempt::Web));
    attempts.extend(proxied.into_iter().map(Attempt::Web));
    attempts.extend(unreachable_proxies.into_iter().map(Attempt::Web));
    if !world.resolvers.contains(&address) {
        let dns = lookup_groups(world, client, |name, qtype| world.catalog.dns_probe(name, qtype).is_some());
        attempts.extend(dns.into_iter().map(Attempt::Dns));
    }
    attempts.extend(look_alikes(world, client));
    attempts.extend(proxy_refusals(world, client));
    attempts.extend(handshakes(client));
    attempts
}

/// Whether a look-up that gives this address leads nowhere: unspecified or loopback.
#[must_use]
pub fn is_null(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_unspecified() || address.is_loopback()
}

/// Whether a sorted list of moments has one within `from..=to`.
fn any_within(sorted: &[CaptureTime], from: CaptureTime, to: CaptureTime) -> bool {
    sorted.get(sorted.partition_point(|moment| *moment < from)).is_some_and(|moment| *moment <= to)
}

/// When requests to each probe host began, by family; a host that is not known fits all.
struct Connects(HashMap<(Family, Option<String>), Vec<CaptureTime>>);

impl Connects {
    fn of(direct: &[WebAttempt<'_>]) -> Self {
        let mut times: HashMap<(Family, Option<String>), Vec<CaptureTime>> = HashMap::new();
        for attempt in direct {
            if let Some(leg) = attempt.legs.first() {
                let start = leg.connection_start().time;
                times.entry((attempt.family, attempt.host.clone())).or_default().push(start);
            }
        }
        times.values_mut().for_each(|list| list.sort_unstable());
        Self(times)
    }

    fn any(&self, family: Family, host: &str, from: CaptureTime, to: CaptureTime) -> bool {
        [Some(host.to_owned()), None]
            .into_iter()
            .filter_map(|host| self.0.get(&(family, host)))
            .any(|times| any_within(times, from, to))
    }
}

/// Look-ups in the order in which they began, until an attempt takes them.
struct Unused<'a>(Vec<Option<LookupGroup<'a>>>, Vec<CaptureTime>);

impl<'a> Unused<'a> {
    fn new(mut groups: Vec<LookupGroup<'a>>) -> Self {
        groups.sort_by_key(LookupGroup::started);
        let starts = groups.iter().map(LookupGroup::started).collect();
        Self(groups.into_iter().map(Some).collect(), starts)
    }

    /// The newest look-up that an attempt can have used.
    fn take_for(&mut self, attempt: &WebAttempt<'a>) -> Option<LookupGroup<'a>> {
        let host = attempt.host.as_deref()?;
        let failed = attempt.failed.iter().map(|attempted| attempted.connection.first.time);
        let legs = attempt.legs.iter().map(|leg| leg.connection_start().time);
        let start = failed.chain(legs).min()?;
        let end = self.1.partition_point(|started| *started <= start.after(REORDERED));
        let fits = |group: &LookupGroup<'_>| {
            group.name == host
                && family_of_qtype(group.qtype) == Some(attempt.family)
                && start.since(group.ended()) <= NAME_EXPLAINS
                && group.ended() <= start.after(REORDERED)
                && matches!(group.outcome(), LookupOutcome::Resolved(..) | LookupOutcome::Unreadable(..))
        };
        let before = self.0.get_mut(..end)?;
        before.iter_mut().rev().take(MAX_LOOKED_BACK).find(|slot| slot.as_ref().is_some_and(fits))?.take()
    }

    fn rest(self) -> impl Iterator<Item = LookupGroup<'a>> {
        self.0.into_iter().flatten()
    }
}

/// Groups the copies of each question: those that were sent before the first final answer, or within the time in which
/// a resolver gives up.
fn lookup_groups<'a>(world: &World, client: &'a Client, wanted: impl Fn(&str, u16) -> bool) -> Vec<LookupGroup<'a>> {
    let mut lookups: Vec<&Lookup> = client
        .lookups
        .iter()
        .filter(|lookup| wanted(&lookup.name, lookup.qtype) && !is_between_resolvers(world, lookup))
        .collect();
    lookups.sort_by_key(|lookup| lookup.first());
    let mut groups: Vec<(LookupGroup<'a>, CaptureTime)> = Vec::new();
    for lookup in lookups {
        let start = lookup.first().time;
        let final_answer = lookup.answer.as_ref().filter(|answer| LookupGroup::is_final(answer));
        let open = groups
            .iter_mut()
            .rev()
            .find(|(group, until)| group.name == lookup.name && group.qtype == lookup.qtype && start <= *until);
        match open {
            Some((group, until)) => {
                group.lookups.push(lookup);
                if let Some(answer) = final_answer {
                    *until = (*until).min(answer.at.time);
                }
            }
            None => {
                let until = final_answer
                    .map_or_else(|| start.after(world.settings.deadlines.dns), |answer| answer.at.time.max(start));
                let group = LookupGroup { name: lookup.name.clone(), qtype: lookup.qtype, lookups: vec![lookup] };
                groups.push((group, until));
            }
        }
    }
    groups.into_iter().map(|(group, _)| group).collect()
}

/// Questions without the wish for recursion, and those of hosts that answer themselves, are not a client's.
fn is_between_resolvers(world: &World, lookup: &Lookup) -> bool {
    !lookup.queries.is_empty() && !lookup.recursion_desired || world.resolvers.contains(&lookup.client.ip())
}

/// One way to reach a probe server directly.
enum Try<'a> {
    Failed(&'a Attempted),
    Asked(&'a Exchange),
}

impl Try<'_> {
    fn start(&self) -> CaptureTime {
        match self {
            Self::Failed(attempted) => attempted.connection.first.time,
            Self::Asked(exchange) => exchange.connection_start().time,
        }
    }
    fn end(&self, world: &World) -> CaptureTime {
        match self {
            Self::Failed(attempted) => attempted.ended(world.settings.deadlines),
            Self::Asked(exchange) => exchange.ended,
        }
    }
    fn server(&self) -> SocketAddr {
        match self {
            Self::Failed(attempted) => attempted.connection.server,
            Self::Asked(exchange) => exchange.connection.server,
        }
    }
    fn is_answered(&self) -> bool {
        match self {
            Self::Failed(_) => false,
            Self::Asked(exchange) => {
                matches!(exchange.end, ExchangeEnd::Answered | ExchangeEnd::NotHttp { .. } | ExchangeEnd::NotCaptured)
            }
        }
    }
}

/// Direct probes: every address tried before the first answer is one attempt.
fn direct_tries<'a>(world: &'a World, client: &'a Client, kin: &Kin<'a>) -> Vec<WebAttempt<'a>> {
    let mut tries: Vec<(Try<'a>, Option<String>, bool)> = Vec::new();
    for exchange in &client.exchanges {
        let host = match &exchange.request {
            Some(request) => {
                let asked = world.catalog.asked(&request.head);
                let cut = asked == Asked::Other
                    && request.head.extent == Extent::StartLine
                    && probe_name(world, client, kin, exchange.server(), exchange.started.time).is_some();
                let probe = cut || matches!(asked, Asked::Probe | Asked::CustomProbe | Asked::ProbeCut);
                if !probe || request.head.is_proxied() {
                    continue;
                }
                let told = client.name_of(exchange.server().ip(), exchange.started.time).map(str::to_owned);
                request.head.host.clone().or(told)
            }
            None => probe_name(world, client, kin, exchange.server(), exchange.started.time).map(|(name, _)| name),
        };
        tries.push((Try::Asked(exchange), host, false));
    }
    for attempted in &client.failed {
        let connection = &attempted.connection;
        if connection.server.port() != 80 || attempted.end == AttemptedEnd::Silent {
            continue;
        }
        let Some((name, shared)) = probe_name(world, client, kin, connection.server, connection.first.time) else {
            continue;
        };
        tries.push((Try::Failed(attempted), Some(name), shared));
    }
    tries.sort_by_key(|(one, ..)| one.start());
    let mut attempts: Vec<(WebAttempt<'a>, bool, CaptureTime, SocketAddr)> = Vec::new();
    for (one, host, shared) in tries {
        let (start, end, server) = (one.start(), one.end(world), one.server());
        let family = family_of(server.ip());
        let open = attempts.iter_mut().rev().take(8).find(|(attempt, answered, ended, last)| {
            !answered
                && attempt.family == family
                && attempt.host == host
                && *last != server
                && start <= ended.after(NEXT_ADDRESS)
        });
        let (attempt, answered, ended, last) = match open {
            Some(open) => open,
            None => {
                attempts.push((
                    WebAttempt {
                        family,
                        host,
                        lookup: None,
                        failed: Vec::new(),
                        legs: Vec::new(),
                        proxy: None,
                        shared: false,
                    },
                    false,
                    end,
                    server,
                ));
                let Some(new) = attempts.last_mut() else { continue };
                new
            }
        };
        *answered = one.is_answered();
        *ended = end;
        *last = server;
        match one {
            Try::Failed(attempted) => {
                attempt.failed.push(attempted);
                attempt.shared |= shared;
            }
            Try::Asked(exchange) => attempt.legs.push(exchange),
        }
    }
    attempts.into_iter().map(|(attempt, ..)| attempt).collect()
}

/// The probe name that led this client to an address, and whether the connection may belong to something else: another
/// name led there, too, or the answer was old.
fn probe_name(
    world: &World,
    client: &Client,
    kin: &Kin<'_>,
    server: SocketAddr,
    when: CaptureTime,
) -> Option<(String, bool)> {
    let family = family_of(server.ip());
    let mut found: Option<&super::client::Named> = None;
    let mut others = false;
    let told = std::iter::once(client).chain(kin.same.iter().copied());
    for named in told.flat_map(|client| client.names_of(server.ip(), when)) {
        if world.catalog.web_host(&named.name) == Some(family) {
            found = Some(named);
        } else {
            others = true;
        }
    }
    if found.is_none() {
        let told = kin.perhaps.iter().flat_map(|client| client.names_of(server.ip(), when));
        found = told.filter(|named| world.catalog.web_host(&named.name) == Some(family)).last();
        others = true;
    }
    let named = found?;
    let old = when.since(named.at) > Duration::from_secs(60);
    Some((named.name.clone(), others || old))
}

/// Probes through an explicit proxy, with all legs of an authentication.
fn proxied_probes<'a>(world: &'a World, client: &'a Client) -> Vec<WebAttempt<'a>> {
    let mut legs: Vec<&Exchange> = client
        .exchanges
        .iter()
        .filter(|exchange| {
            exchange.request.as_ref().is_some_and(|request| {
                let asked = world.catalog.asked(&request.head);
                request.head.is_proxied() && matches!(asked, Asked::Probe | Asked::CustomProbe | Asked::ProbeCut)
            })
        })
        .collect();
    legs.sort_by_key(|leg| leg.started);
    chains(legs)
        .into_iter()
        .filter_map(|legs| {
            let first = legs.first()?;
            let host = first.request.as_ref().and_then(|request| request.head.host.clone());
            Some(WebAttempt {
                family: probe_family(world, host.as_deref(), client, first),
                host,
                lookup: None,
                failed: Vec::new(),
                proxy: Some(first.server()),
                legs,
                shared: false,
            })
        })
        .collect()
}

/// The family that a proxied probe speaks for: that of the probe's name, because a proxy hides the address; for other
/// names that of the connection to the proxy.
fn probe_family(world: &World, host: Option<&str>, _client: &Client, leg: &Exchange) -> Family {
    host.and_then(|host| world.catalog.web_host(host)).unwrap_or_else(|| family_of(leg.server().ip()))
}

/// Joins requests that follow a 407 for the same thing.
fn chains(legs: Vec<&Exchange>) -> Vec<Vec<&Exchange>> {
    let target = |leg: &Exchange| {
        leg.request.as_ref().map(|request| (request.head.host.clone(), request.head.port, request.head.path.clone()))
    };
    let mut chains: Vec<Vec<&Exchange>> = Vec::new();
    for leg in legs {
        let open = chains.iter_mut().rev().take(16).find(|chain| {
            chain.last().is_some_and(|last| {
                last.server() == leg.server()
                    && target(last) == target(leg)
                    && last.status() == Some(407)
                    && leg.started.time <= last.ended.after(NEXT_LEG)
            })
        });
        match open {
            Some(chain) => chain.push(leg),
            None => chains.push(vec![leg]),
        }
    }
    chains
}

/// Connections to a proxy that failed: to one that the user named, or that this client's own probes go through.
fn failed_proxies<'a>(world: &'a World, client: &'a Client, proxied: &[WebAttempt<'a>]) -> Vec<WebAttempt<'a>> {
    client
        .failed
        .iter()
        .filter_map(|attempted| {
            let server = attempted.connection.server;
            let told = world.settings.proxies.iter().any(|proxy| {
                let by_address = proxy.address() == Some(server.ip());
                let by_name =
                    client.names_of(server.ip(), attempted.connection.first.time).any(|n| n.name == proxy.host);
                proxy.port == server.port() && (by_address || by_name)
            });
            let used = proxied.iter().find(|attempt| attempt.proxy == Some(server));
            if !told && used.is_none() {
                return None;
            }
            Some(WebAttempt {
                family: used.map_or_else(|| family_of(server.ip()), |attempt| attempt.family),
                host: used.and_then(|attempt| attempt.host.clone()),
                lookup: None,
                failed: vec![attempted],
                legs: Vec::new(),
                proxy: Some(server),
                shared: !told,
            })
        })
        .collect()
}

fn look_alikes<'a>(world: &'a World, client: &'a Client) -> impl Iterator<Item = Attempt<'a>> {
    client.exchanges.iter().filter_map(|exchange| {
        let request = exchange.request.as_ref()?;
        match world.catalog.asked(&request.head) {
            Asked::LookAlike(kind) => Some(Attempt::LookAlike(exchange, kind)),
            _ => None,
        }
    })
}

/// 407 answers to other requests that no later request of the same client, proxy and host got past.
fn proxy_refusals<'a>(world: &'a World, client: &'a Client) -> Vec<Attempt<'a>> {
    let mut legs: Vec<&Exchange> = client
        .exchanges
        .iter()
        .filter(|exchange| {
            exchange.status() == Some(407)
                && exchange.request.as_ref().is_some_and(|request| {
                    request.head.is_proxied() && world.catalog.asked(&request.head) == Asked::Other
                })
        })
        .collect();
    legs.sort_by_key(|leg| leg.started);
    let mut refusals: Vec<Vec<&Exchange>> = Vec::new();
    let mut index: HashMap<(SocketAddr, Option<&str>), usize> = HashMap::new();
    for leg in legs {
        let host = leg.request.as_ref().and_then(|request| request.head.host.as_deref());
        let passes_later = client.proxy_uses.iter().any(|one| {
            one.proxy == leg.server()
                && one.host.as_deref() == host
                && one.at > leg.started.time
                && one.status.is_some_and(|status| status != 407)
        });
        if passes_later {
            continue;
        }
        match index.entry((leg.server(), host)) {
            Entry::Occupied(at) => refusals[*at.get()].push(leg),
            Entry::Vacant(new) => {
                new.insert(refusals.len());
                refusals.push(vec![leg]);
            }
        }
    }
    refusals.into_iter().map(Attempt::ProxyRefusal).collect()
}

/// Handshakes, those of one fallback joined: same client and name, each after a failure and with a lower version.
fn handshakes(client: &Client) -> Vec<Attempt<'_>> {
    let mut all: Vec<&Handshake> = client.handshakes.iter().collect();
    all.sort_by_key(|handshake| handshake.started);
    let mut series: Vec<Vec<&Handshake>> = Vec::new();
    for handshake in all {
        let open = series.iter_mut().rev().take(16).find(|one| {
            one.last().is_some_and(|last| {
                !last.established
                    && same_target(last, handshake)
                    && handshake.started.time >= last.started.time
                    && handshake.started.time.since(last.ended) <= RETRY_WINDOW
                    && max_version(handshake).zip(max_version(last)).is_some_and(|(now, before)| now < before)
            })
        });
        match open {
            Some(one) => one.push(handshake),
            None => series.push(vec![handshake]),
        }
    }
    series.into_iter().map(Attempt::Tls).collect()
}

fn max_version(handshake: &Handshake) -> Option<TlsVersion> {
    handshake.hello.as_ref().map(|(hello, _)| hello.max_version())
}

fn same_target(a: &Handshake, b: &Handshake) -> bool {
    let name = |handshake: &Handshake| handshake.hello.as_ref().and_then(|(hello, _)| hello.sni.clone());
    match (name(a), name(b)) {
        (Some(a), Some(b)) => a == b,
        _ => a.connection.server == b.connection.server,
    }
}
