//! From findings to clients: what Windows is predicted to say of each, and since when.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::HashSet;

use super::snapshot::{Client, FamilyState, TimelineEntry, WindowsEvent};
use crate::probe::directions::Directions;
use crate::probe::hosts::Hosts;
use crate::probe::world::World;
use crate::proto::ncsi_event::NcsiEvent;
use crate::transaction::HostEvent;
use crate::verdict::passive::Estimate;
use crate::verdict::roles::Roles;
use crate::verdict::windows::Observed;
use crate::verdict::{Basis, Capability, Family, Filed, NcsiReason, Responder, Role};
use crate::wire::Mac;

/// Windows' reason for what its passive probe decides.
const PASSIVE_PACKET_HOPS: u8 = 13;

/// Clients in the order of first appearance, with their predicted states.
#[must_use]
pub fn clients(
    world: &World,
    roles: &Roles,
    findings: &[Filed],
    observed: &Observed,
    estimates: &[Estimate],
) -> Vec<Client> {
    let hosts = Hosts::of(world);
    let mut known: Vec<_> = world.clients.briefs().filter(|(_, client)| client.asks).collect();
    known.sort_by_key(|(address, client)| (client.first, **address));
    let mut by_client: Vec<&Filed> = findings.iter().collect();
    by_client.sort_by_key(|finding| finding.client);
    let of = |client: IpAddr| {
        let from = by_client.partition_point(|finding| finding.client < client);
        by_client.iter().skip(from).take_while(move |finding| finding.client == client).copied()
    };
    let mut told: HashSet<IpAddr, foldhash::fast::RandomState> = HashSet::default();
    // Exactly so many, or a few less: a long list that grows is in memory twice while it moves.
    let mut clients = Vec::with_capacity(known.len());
    for (address, record) in known {
        if told.contains(address) {
            continue;
        }
        let addresses = own_addresses(&hosts, *address);
        told.extend(addresses.iter().copied());
        let mut own: Vec<&Filed> = addresses.iter().flat_map(|address| of(*address)).collect();
        own.sort_by_key(|finding| finding.id);
        own.retain(|finding| !is_without_address(finding));
        let mac = record.mac.or_else(|| own.iter().find_map(|finding| station(finding)));
        let (name, os) = world.who(&addresses, mac);
        let mut one = client(*address, addresses, mac, roles.role(*address), &own);
        (one.name, one.os) = (name, os);
        // Events stand under one address of their host.
        let events = one.addresses.iter().find_map(|address| observed.by_client.get(address));
        observe(&mut one, events.map_or(&[], Vec::as_slice));
        let own_estimates = estimates.iter().filter(|estimate| one.addresses.contains(&estimate.client));
        let entries: Vec<TimelineEntry> = own_estimates.map(may_heal).collect();
        one.timeline.extend(entries);
        one.timeline.sort_by_key(|entry| entry.time);
        let disagreements = one.addresses.iter().find_map(|address| observed.disagreements.get(address));
        one.disagreements = disagreements.cloned().unwrap_or_default();
        one.online = online(&one);
        one.seen = world.directions.of(&one.addresses);
        one.timeline.shrink_to_fit();
        clients.push(one);
    }
    clients.extend(without_record(world, &hosts, &told, findings));
    clients
}

/// Hosts that did nothing but look for an address or a gateway.
fn without_record(
    world: &World,
    hosts: &Hosts,
    told: &HashSet<IpAddr, foldhash::fast::RandomState>,
    findings: &[Filed],
) -> Vec<Client> {
    let mut groups: BTreeMap<(IpAddr, Option<Mac>), Vec<&Filed>> = BTreeMap::new();
    for finding in findings {
        if is_without_address(finding) || !told.contains(&finding.client) {
            let mac = station(finding);
            if mac.is_some() {
                groups.entry((finding.client, mac)).or_default().push(finding);
            }
        }
    }
    let mut clients: Vec<(u32, Client)> = groups
        .into_iter()
        .map(|((address, mac), own)| {
            let addresses = own_addresses(hosts, address);
            let (name, os) = world.who(&[address], mac);
            let first = own.iter().map(|finding| finding.id).min().unwrap_or_default();
            let client = client(address, addresses, mac, Role::Client, &own);
            (first, Client { name, os, ..client })
        })
        .collect();
    clients.sort_by_key(|(first, _)| *first);
    clients.into_iter().map(|(_, client)| client).collect()
}

/// Whether a finding is about a host that has no address to be known by.
fn is_without_address(finding: &Filed) -> bool {
    finding.client.is_unspecified()
}

/// The link address that a finding is about.
fn station(finding: &Filed) -> Option<Mac> {
    // Only conditions of the host itself are known by it.
    let details = finding.rule.starts_with("host.").then(|| finding.details())?;
    Responder::mac_of(details.host.as_ref()?.mac.as_deref()?)
}

/// All addresses of a host, the given one first.
fn own_addresses(hosts: &Hosts, address: IpAddr) -> Vec<IpAddr> {
    let mut addresses = vec![address];
    addresses.extend(hosts.kin(address));
    addresses
}

/// A client by its findings.
pub(super) fn client(
    address: IpAddr,
    addresses: Vec<IpAddr>,
    mac: Option<crate::wire::Mac>,
    role: Role,
    findings: &[&Filed],
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
        *state = Some(FamilyState { capability, reason, since: time, predicted: true });
        timeline.push(TimelineEntry {
            time,
            family: Some(finding.family),
            capability: Some(capability),
            reason: Some(reason),
            finding: Some(finding.id),
            rule: finding.rule,
            predicted: true,
            approximate: false,
            event: None,
            hops: None,
        });
    }
    let [v4, v6] = states;
    Client {
        address,
        addresses,
        mac,
        name: None,
        os: None,
        role,
        seen: Directions::default(),
        online: None,
        v4,
        v6,
        timeline,
        findings: own,
        disagreements: Vec::new(),
    }
}

/// Whether any family of a client has Internet; `None` where nothing decides, or the address speaks for others.
pub(super) fn online(client: &Client) -> Option<bool> {
    let mut states = [client.v4, client.v6].into_iter().flatten().peekable();
    match client.role {
        Role::Client | Role::Resolver => {
            states.peek()?;
            Some(states.any(|state| state.capability == Capability::Internet))
        }
        Role::Proxy | Role::Nat => None,
    }
}

/// Puts Windows' events into the timeline of their client. Where Windows recorded a family's capability, that holds and
/// no prediction.
fn observe(client: &mut Client, events: &[HostEvent]) {
    for event in events {
        let record = &event.record;
        let (capability, reason) = match record.event {
            NcsiEvent::CapabilityChange { capability, reason } => {
                (Some(capability), Some(NcsiReason { number: reason, basis: Basis::Observed }))
            }
            NcsiEvent::ProbeFinished { .. } | NcsiEvent::ProbeResult { .. } => (None, None),
        };
        let time = event.at.time;
        if let (Some(family), Some(capability), Some(reason)) = (record.family, capability, reason) {
            let state = Some(FamilyState { capability, reason, since: time, predicted: false });
            match family {
                Family::V4 => client.v4 = state,
                Family::V6 => client.v6 = state,
            }
        }
        client.timeline.push(TimelineEntry {
            time,
            family: record.family,
            capability,
            reason,
            finding: None,
            rule: record.event.rule(),
            predicted: false,
            approximate: false,
            event: Some(record.event.clone()),
            hops: None,
        });
    }
    client.timeline.sort_by_key(|entry| entry.time);
}

/// What the passive probe may do, as an entry that leaves the state alone.
fn may_heal(estimate: &Estimate) -> TimelineEntry {
    TimelineEntry {
        time: estimate.at,
        family: Some(estimate.family),
        capability: Some(Capability::Internet),
        reason: Some(NcsiReason { number: PASSIVE_PACKET_HOPS, basis: Basis::Inferred }),
        finding: Some(estimate.finding),
        rule: "passive.hops",
        predicted: true,
        approximate: true,
        event: None,
        hops: Some(estimate.hops),
    }
}

/// All events of Windows with the client that they are about, in order of time.
#[must_use]
pub fn events(observed: &Observed) -> Vec<WindowsEvent> {
    let told = observed.by_client.iter().flat_map(|(client, events)| events.iter().map(|event| (Some(*client), event)));
    let others = observed.unattached.iter().map(|event| (None, event));
    let mut events: Vec<WindowsEvent> =
        told.chain(others).map(|(client, event)| WindowsEvent { event: event.clone(), client }).collect();
    events.sort_by_key(|one| one.event.at);
    events
}
