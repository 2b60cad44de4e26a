//! Which transactions of one client belong together.
//!
//! A pure function of what is remembered of a client: the order in which transactions arrived does not matter, only
//! the times that they carry.

mod direct;
mod discovery;
mod handshakes;
mod lookups;
mod os_checks;
mod proxied;
mod proxy_name;

pub use self::discovery::discoveries;

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use self::direct::{direct_tries, look_alikes};
use self::handshakes::handshakes;
use self::lookups::{Unused, lookup_groups};
use self::os_checks::os_checks;
use self::proxied::{failed_proxies, proxied_probes, proxy_refusals};
use self::proxy_name::unresolved_proxies;
use super::attempt::{Attempt, LookupOutcome, WebAttempt};
use super::catalog::family_of_qtype;
use super::client::Client;
use super::hosts::Hosts;
use super::world::World;
use crate::time::CaptureTime;
use crate::vocabulary::Family;

/// After a try without answer Windows takes the next address at once.
pub const NEXT_ADDRESS: Duration = Duration::from_secs(3);
/// A probe through a proxy that follows a failed look-up within this time explains it: names are the proxy's job.
const PROXY_FOLLOWS: Duration = Duration::from_secs(60);
/// By how much packets of one capture may be out of order.
const REORDERED: Duration = crate::limits::REORDER_TOLERANCE;
/// A connection that begins so soon after a look-up began used another answer.
const CONNECTS_ANYWAY: Duration = Duration::from_secs(5);

/// Other addresses of a client's host: it may have looked a name up over IPv4 and connected over IPv6.
#[derive(Clone, Debug, Default)]
pub struct Kin<'a> {
    /// Surely of the same host.
    pub same: Vec<Cow<'a, Client>>,
    /// Perhaps: they send from the same link address.
    pub perhaps: Vec<Cow<'a, Client>>,
}

impl<'a> Kin<'a> {
    /// The kin of a client.
    #[must_use]
    pub fn of(world: &'a World, hosts: &Hosts, address: IpAddr, client: &Client) -> Self {
        let known = |address: IpAddr| world.clients.reached(&address);
        Self {
            same: hosts.kin(address).filter_map(known).collect(),
            perhaps: hosts.neighbours(address, client.mac).filter_map(known).collect(),
        }
    }
}

/// Everything that one client tried.
#[must_use]
pub fn attempts<'a>(world: &'a World, address: IpAddr, client: &'a Client, kin: &'a Kin<'_>) -> Vec<Attempt<'a>> {
    let mut attempts = Vec::new();
    let proxied = proxied_probes(world, client);
    let mut direct = direct_tries(world, client, kin);
    let is_web = |name: &str, qtype: u16| world.catalog.web_lookup(name, qtype).is_some();
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
    let mut direct_starts: Vec<CaptureTime> = direct.iter().map(WebAttempt::started).collect();
    direct_starts.sort_unstable();
    let connects = Connects::of(&direct);
    for group in own.rest() {
        let (started, ended) = (group.started(), group.ended());
        let family = family_of_qtype(group.qtype).unwrap_or(Family::V4);
        let tells = match group.outcome() {
            LookupOutcome::Resolved(_, answer) => answer.addresses.iter().all(|address| is_null(*address)),
            _ => true,
        };
        if tells
            && !connects.any(family, &group.name, started.before(REORDERED), ended.after(CONNECTS_ANYWAY))
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
    attempts.extend(os_checks(world, client, !world.resolvers.contains(&address)));
    attempts.extend(proxy_refusals(world, client));
    attempts.extend(handshakes(client));
    attempts.extend(unresolved_proxies(world, client, &direct_starts).into_iter().map(Attempt::ProxyName));
    attempts.extend(discoveries(world, address, client).into_iter().map(Attempt::Discovery));
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
