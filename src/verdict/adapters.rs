//! Several adapters of one host: under a forced tunnel the physical one has no way to the Internet, and need not.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::filed::Filed;
use super::finding::Remark;
use super::relate::is_success;
use super::roles::Roles;
use crate::probe::world::World;
use crate::settings::CapturePoint;
use crate::vocabulary::{Capability, Role, Route, Severity, Verdict};

/// Adapters of one host: more is no PC.
const MAX_ADAPTERS: usize = 8;

/// Failures of one adapter beside a success of another one of the same host are no trouble.
pub fn explain(world: &World, roles: &Roles, findings: &mut [Filed]) {
    let inputs: BTreeSet<u16> =
        world.clients.briefs().filter_map(|(_, client)| client.first).map(|first| first.id.input()).collect();
    for input in inputs {
        let own = of_capturing_host(world, roles, input);
        if own.len() > 1 {
            beside(world, &own, findings);
        }
    }
}

/// Client addresses that surely belong to the host which made input `input`; none where that host forwards for others.
fn of_capturing_host(world: &World, roles: &Roles, input: u16) -> BTreeSet<IpAddr> {
    let asking = |address: &IpAddr| {
        world.clients.brief(address).is_some_and(|client| client.asks) && roles.role(*address) == Role::Client
    };
    let marked: BTreeSet<IpAddr> = world.host_events.local(input).collect();
    let forwards = marked.iter().any(|address| {
        world.resolvers.contains(address)
            || world.probe_servers.contains(address)
            || matches!(roles.role(*address), Role::Nat | Role::Proxy)
    });
    let own: BTreeSet<IpAddr> = if !marked.is_empty() {
        marked.into_iter().filter(|_| !forwards).filter(asking).collect()
    } else if world.settings.capture_point == CapturePoint::Client {
        let here =
            world.clients.briefs().filter(|(_, client)| client.first.is_some_and(|first| first.id.input() == input));
        here.map(|(address, _)| *address).filter(asking).collect()
    } else {
        BTreeSet::new()
    };
    let networks = own.iter().filter(|address| address.is_ipv4()).count();
    if networks > MAX_ADAPTERS { BTreeSet::new() } else { own }
}

fn beside(world: &World, own: &BTreeSet<IpAddr>, findings: &mut [Filed]) {
    let window = world.settings.deadlines.episode;
    for index in 0..findings.len() {
        let Some(failed) = findings.get(index) else { continue };
        let lost = failed.probe
            && !is_success(failed.verdict)
            && !matches!(failed.verdict, Verdict::Incomplete | Verdict::ProbeLookAlike | Verdict::HotspotDetected)
            && failed.capability == Some(Capability::Local)
            && failed.route == Some(Route::Direct)
            && own.contains(&failed.client);
        if !lost {
            continue;
        }
        let works = findings.iter().position(|other| {
            other.client != failed.client
                && other.family == failed.family
                && own.contains(&other.client)
                && is_success(other.verdict)
                && other.capability == Some(Capability::Internet)
                && other.started <= failed.ended.after(window)
                && other.ended >= failed.started.before(window)
        });
        let Some(works) = works else { continue };
        let (Some(address), Some(id)) =
            (findings.get(works).map(|other| other.client), findings.get(works).map(|other| other.id))
        else {
            continue;
        };
        let own_id = failed.id;
        if let Some(failed) = findings.get_mut(index) {
            failed.edit(|failed| {
                failed.severity = failed.severity.min(Severity::Info);
                failed.remarks.push(Remark::OtherAdapterWorks { address });
            });
            failed.relate(id);
        }
        if let Some(works) = findings.get_mut(works) {
            works.relate(own_id);
        }
    }
}
