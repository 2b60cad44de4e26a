//! From findings to clients: what Windows is predicted to say of each, and since when.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use super::snapshot::{Client, FamilyState, TimelineEntry};
use crate::probe::hosts::Hosts;
use crate::probe::world::World;
use crate::verdict::roles::Roles;
use crate::verdict::{Capability, Family, Finding, Role};

/// Clients in the order of first appearance, with their predicted states.
#[must_use]
pub fn clients(world: &World, roles: &Roles, findings: &[Finding]) -> Vec<Client> {
    let hosts = Hosts::of(world);
    let mut known: Vec<_> = world.clients.iter().filter(|(_, client)| client.asks).collect();
    known.sort_by_key(|(address, client)| (client.first, **address));
    let mut by_client: HashMap<IpAddr, Vec<&Finding>, foldhash::fast::RandomState> = HashMap::default();
    for finding in findings {
        by_client.entry(finding.client).or_default().push(finding);
    }
    let mut told: HashSet<IpAddr, foldhash::fast::RandomState> = HashSet::default();
    let mut clients = Vec::new();
    for (address, record) in known {
        if told.contains(address) {
            continue;
        }
        let addresses = own_addresses(&hosts, *address);
        told.extend(addresses.iter().copied());
        let mut own: Vec<&Finding> =
            addresses.iter().filter_map(|address| by_client.get(address)).flatten().copied().collect();
        own.sort_by_key(|finding| finding.id);
        clients.push(client(*address, addresses, record.mac, roles.role(*address), &own));
    }
    clients
}

/// All addresses of a host, the given one first.
fn own_addresses(hosts: &Hosts, address: IpAddr) -> Vec<IpAddr> {
    let mut addresses = vec![address];
    addresses.extend(hosts.kin(address));
    addresses
}

fn client(
    address: IpAddr,
    addresses: Vec<IpAddr>,
    mac: Option<crate::wire::Mac>,
    role: Role,
    findings: &[&Finding],
) -> Client {
    let mut timeline: Vec<TimelineEntry> = Vec::new();
    let mut states: [Option<FamilyState>; 2] = [None, None];
    let own = findings.iter().map(|finding| finding.id).collect();
    let mut in_time = findings.to_vec();
    in_time.sort_by_key(|finding| (finding.settled, finding.id));
    for finding in in_time {
        let (Some(capability), Some(reason)) = (finding.capability, finding.ncsi_reason) else { continue };
        let state = &mut states[usize::from(finding.family == Family::V6)];
        let time = finding.settled;
        if state.is_some_and(|state| state.capability == capability && state.reason.number == reason.number) {
            continue;
        }
        *state = Some(FamilyState { capability, reason, since: time });
        timeline.push(TimelineEntry { time, family: finding.family, capability, reason, finding: finding.id });
    }
    let [v4, v6] = states;
    let decided: Vec<Capability> = [v4, v6].iter().flatten().map(|state| state.capability).collect();
    let online = match role {
        Role::Client | Role::Resolver if decided.is_empty() => None,
        Role::Client | Role::Resolver => Some(decided.contains(&Capability::Internet)),
        Role::Proxy | Role::Nat => None,
    };
    Client { address, addresses, mac, name: None, os: None, role, online, v4, v6, timeline, findings: own }
}
