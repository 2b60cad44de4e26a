//! Requests through an explicit proxy: probes with all legs of an authentication, and what stopped at a 407.

use std::net::SocketAddr;
use std::time::Duration;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::probe::attempt::{Attempt, WebAttempt};
use crate::probe::catalog::{Asked, LookAlike, family_of};
use crate::probe::client::Client;
use crate::probe::world::World;
use crate::transaction::Exchange;
use crate::vocabulary::Family;

/// Legs of one authentication follow each other within this time.
const NEXT_LEG: Duration = Duration::from_secs(35);

/// Probes through an explicit proxy, with all legs of an authentication.
pub(super) fn proxied_probes<'a>(world: &'a World, client: &'a Client) -> Vec<WebAttempt<'a>> {
    let mut legs: Vec<&Exchange> = client
        .exchanges
        .iter()
        .map(AsRef::as_ref)
        .filter(|exchange: &&Exchange| {
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
                family: probe_family(world, host.as_deref(), first),
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
fn probe_family(world: &World, host: Option<&str>, leg: &Exchange) -> Family {
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
pub(super) fn failed_proxies<'a>(
    world: &'a World,
    client: &'a Client,
    proxied: &[WebAttempt<'a>],
) -> Vec<WebAttempt<'a>> {
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
            let by_pac = client.discovery.as_ref().is_some_and(|discovery| {
                discovery.pac_proxies.iter().any(|proxy| {
                    let by_name =
                        client.names_of(server.ip(), attempted.connection.first.time).any(|n| n.name == proxy.host);
                    proxy.port == server.port() && (proxy.address() == Some(server.ip()) || by_name)
                })
            });
            if !told && used.is_none() && !by_pac {
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

/// 407 answers to other requests that no later request of the same client, proxy and host got past.
pub(super) fn proxy_refusals<'a>(world: &'a World, client: &'a Client) -> Vec<Attempt<'a>> {
    let mut legs: Vec<&Exchange> = client
        .exchanges
        .iter()
        .map(AsRef::as_ref)
        .filter(|exchange: &&Exchange| {
            exchange.status() == Some(407)
                && exchange.request.as_ref().is_some_and(|request| {
                    let asked = world.catalog.asked(&request.head);
                    request.head.is_proxied() && matches!(asked, Asked::Other | Asked::LookAlike(LookAlike::Tunnel))
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
