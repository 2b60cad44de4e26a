//! Who is a client, and who only speaks for others: proxies, resolvers, address translators.

use std::net::IpAddr;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};

use crate::flow::{Direction, Mark};
use crate::probe::catalog::{Asked, USER_AGENT};
use crate::probe::os_checks;
use crate::probe::world::World;
use crate::settings::CapturePoint;
use crate::transaction::Exchange;
use crate::vocabulary::Role;

/// A translated packet is seen again within this time.
const TRANSLATED_WITHIN: Duration = Duration::from_millis(100);

/// Requests that lie further apart are not compared.
const COMPARED_WITHIN: Duration = Duration::from_secs(1);
/// Requests compared with one request: more within that time are a flood, not a translator.
const MAX_COMPARED: usize = 64;

/// What hosts are, where they are more than clients.
#[derive(Debug, Default)]
pub struct Roles {
    roles: HashMap<IpAddr, Role, foldhash::fast::RandomState>,
}

impl Roles {
    /// Finds out who is what.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let mut roles: HashMap<IpAddr, Role, foldhash::fast::RandomState> = HashMap::default();
        for resolver in &world.resolvers {
            roles.insert(*resolver, Role::Resolver);
        }
        for address in translators(world) {
            roles.insert(address, Role::Nat);
        }
        for (address, client) in world.clients.iter() {
            let forwards = client.exchanges.iter().any(|exchange| {
                exchange
                    .request
                    .as_ref()
                    .is_some_and(|request| request.head.via.is_some() || request.head.forwarded_for.is_some())
            });
            let uplink = world.settings.capture_point == CapturePoint::ProxyUplink && !client.exchanges.is_empty();
            if forwards || uplink {
                roles.insert(*address, Role::Proxy);
            }
        }
        for proxy in world.proxies.keys() {
            roles.insert(proxy.ip(), Role::Proxy);
        }
        Self { roles }
    }

    /// What a host is.
    #[must_use]
    pub fn role(&self, address: IpAddr) -> Role {
        self.roles.get(&address).copied().unwrap_or(Role::Client)
    }
}

/// Addresses that send what another address sent just before: the same request to the same server, its SYN with the
/// same identification and a smaller TTL.
fn translators(world: &World) -> HashSet<IpAddr, foldhash::fast::RandomState> {
    let mut probes: Vec<&Exchange> = world
        .clients
        .iter()
        .flat_map(|(_, client)| &client.exchanges)
        .filter(|exchange| {
            exchange.request.as_ref().is_some_and(|request| {
                !matches!(world.catalog.asked(&request.head), Asked::Other)
                    || os_checks::asked(&request.head).is_some()
                    || request.head.user_agent.as_deref().is_some_and(|agent| agent.eq_ignore_ascii_case(USER_AGENT))
            })
        })
        .collect();
    probes.sort_by_key(|exchange| (exchange.started, exchange.connection.id));
    let mut outside = HashSet::default();
    for (at, inner) in probes.iter().enumerate() {
        for outer in probes.iter().skip(at + 1).take(MAX_COMPARED) {
            if outer.started.time.distance(inner.started.time) > COMPARED_WITHIN {
                break;
            }
            if let Some(translator) = translated(inner, outer) {
                outside.insert(translator);
            }
        }
    }
    outside
}

/// Which of two exchanges is the other one, translated: the one nearer to the server.
fn translated(a: &Exchange, b: &Exchange) -> Option<IpAddr> {
    let (first, second) = (&a.connection, &b.connection);
    if first.client.ip() == second.client.ip() || first.server != second.server {
        return None;
    }
    let target = |exchange: &Exchange| exchange.request.as_ref().map(|request| request.head.target.clone());
    if target(a) != target(b) {
        return None;
    }
    let (one, other) = (first.syns.first()?, second.syns.first()?);
    let same = |x: &Mark, y: &Mark| x.identification.is_some_and(|id| id != 0) && x.identification == y.identification;
    let ttl = |exchange: &Exchange| exchange.connection.half(Direction::ToServer).ttl;
    if !same(one, other) || one.at.time.distance(other.at.time) > TRANSLATED_WITHIN {
        return None;
    }
    match (ttl(a)?, ttl(b)?) {
        (x, y) if x > y => Some(second.client.ip()),
        (x, y) if x < y => Some(first.client.ip()),
        _ => None,
    }
}
