//! What the link did around a probe: two hosts with the gateway's address, an adapter that came up anew.

use std::net::IpAddr;

use super::dns::is_private;
use super::filed::Filed;
use super::finding::Remark;
use super::relate::is_success;
use crate::probe::station::{Rivals, Station};
use crate::probe::world::World;
use crate::transaction::{Lease, LeaseEnd};
use crate::vocabulary::Verdict;
use crate::wire::Mac;

/// Link addresses that a router has beside its own, by their first bytes: VRRP (RFC 5798, 7.3), HSRP versions 1 and 2
/// and for IPv6, GLBP. Two routers of one group may both answer.
const VIRTUAL: [&[u8]; 6] = [
    &[0x00, 0x00, 0x5e, 0x00, 0x01],
    &[0x00, 0x00, 0x5e, 0x00, 0x02],
    &[0x00, 0x00, 0x0c, 0x07, 0xac],
    &[0x00, 0x00, 0x0c, 0x9f],
    &[0x00, 0x05, 0x73, 0xa0],
    &[0x00, 0x07, 0xb4, 0x00],
];

/// Remarks on every probe what its link did near it in time.
pub fn remark(world: &World, findings: &mut [Filed]) {
    for finding in findings {
        if !finding.probe || finding.verdict == Verdict::ProbeLookAlike {
            continue;
        }
        let mac = world.clients.brief(&finding.client).and_then(|client| client.mac);
        let Some(station) = mac.and_then(|mac| world.stations.get(mac)) else { continue };
        let remarks = [conflict(world, station, finding), restart(world, station, finding)];
        if remarks.iter().any(Option::is_some) {
            finding.edit(|finding| finding.remarks.extend(remarks.into_iter().flatten()));
        }
    }
}

/// Two hosts that both answer for a gateway of this client, around the time of the attempt.
fn conflict(world: &World, station: &Station, finding: &Filed) -> Option<Remark> {
    let window = world.settings.deadlines.episode;
    let near = |rivals: &&Rivals| {
        rivals.client == finding.client
            && rivals.at.time >= finding.started.before(window)
            && rivals.at.time <= finding.ended.after(window)
            && !is_virtual(rivals.first)
            && !is_virtual(rivals.second)
            && is_gateway(world, station, rivals)
    };
    let rivals = station.rivals.iter().find(near)?;
    // Whoever answered first: the order of the two says nothing.
    let (first, second) = (rivals.first.min(rivals.second), rivals.first.max(rivals.second));
    Some(Remark::GatewayConflict { gateway: rivals.target, first, second })
}

/// Whether a lease or an advertisement names that address, or packets to the Internet go to one of the two.
fn is_gateway(world: &World, station: &Station, rivals: &Rivals) -> bool {
    let target = rivals.target;
    let leased = station
        .leases
        .iter()
        .filter_map(|lease| lease.granted.as_ref())
        .any(|granted| granted.routers.contains(&target) || granted.default_route == Some(target));
    let beyond = |to: &IpAddr| to.is_ipv4() == target.is_ipv4() && !is_private(*to) && *to != target;
    let used = station
        .hops
        .iter()
        .any(|hop| (hop.mac == rivals.first || hop.mac == rivals.second) && hop.destinations.iter().any(beyond));
    leased || used || world.stations.routers.contains_key(&target)
}

/// Whether several routers share such a link address on purpose.
fn is_virtual(mac: Mac) -> bool {
    VIRTUAL.iter().any(|prefix| mac.0.starts_with(prefix))
}

/// A lease that the client took anew, without an address to speak from, soon after a failure.
fn restart(world: &World, station: &Station, finding: &Filed) -> Option<Remark> {
    if is_success(finding.verdict) || finding.verdict == Verdict::Incomplete {
        return None;
    }
    let until = finding.ended.after(world.settings.deadlines.episode);
    let granted = |lease: &Lease| lease.granted.as_ref().and_then(|granted| granted.address);
    // By a router's link address one would find the leases of the router.
    if !station.leases.iter().any(|lease| granted(lease) == Some(finding.client)) {
        return None;
    }
    let up = station
        .leases
        .iter()
        .filter(|lease| lease.end == LeaseEnd::Granted && lease.client.is_none())
        .map(|lease| lease.first().time)
        .filter(|up| *up > finding.started && *up <= until)
        .min()?;
    Some(Remark::LinkRestarted { after: up.since(finding.started) })
}
