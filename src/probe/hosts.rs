//! Which addresses belong to one host.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::station::Station;
use super::world::World;
use crate::transaction::LeaseEnd;
use crate::wire::Mac;

/// Addresses that one host may have: IPv4, and IPv6 with its temporary ones.
const MAX_OF_ONE_HOST: usize = 6;

/// Addresses of hosts, as ARP, neighbour discovery and DHCP tell.
#[derive(Debug, Default)]
pub struct Hosts {
    groups: Vec<Vec<IpAddr>>,
    senders: HashMap<Mac, Vec<IpAddr>, foldhash::fast::RandomState>,
    of: HashMap<IpAddr, usize, foldhash::fast::RandomState>,
}

impl Hosts {
    /// Joins addresses that one link address claims: at most one of them IPv4, because a link address with several is a
    /// router's or a proxy's, which answers for others. What DHCP granted to a link address counts like a claim: the
    /// client's identifier (DUID) of DHCPv6 or the frame names the same link address as the lease of IPv4.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let mut claimed: BTreeMap<Mac, Vec<IpAddr>> =
            world.neighbours.iter().map(|(mac, addresses)| (*mac, addresses.clone())).collect();
        for (mac, station) in world.stations.all() {
            let granted = granted(station);
            if granted.iter().any(IpAddr::is_ipv6) {
                let addresses = claimed.entry(mac).or_default();
                let new: Vec<IpAddr> = granted.into_iter().filter(|address| !addresses.contains(address)).collect();
                addresses.extend(new);
            }
        }
        let mut groups: Vec<Vec<IpAddr>> = claimed
            .into_values()
            .filter(|addresses| addresses.iter().filter(|address| address.is_ipv4()).count() <= 1)
            .filter(|addresses| addresses.len() > 1)
            .collect();
        for group in &mut groups {
            group.sort_unstable();
        }
        groups.sort_unstable();
        let mut of: HashMap<IpAddr, usize, foldhash::fast::RandomState> = HashMap::default();
        for (index, group) in groups.iter().enumerate() {
            for address in group {
                of.entry(*address).or_insert(index);
            }
        }
        let mut senders: HashMap<Mac, Vec<IpAddr>, foldhash::fast::RandomState> = HashMap::default();
        for (address, client) in world.clients.briefs() {
            if let Some(mac) = client.mac {
                senders.entry(mac).or_default().push(*address);
            }
        }
        for addresses in senders.values_mut() {
            addresses.sort_unstable();
        }
        Self { groups, senders, of }
    }

    /// Addresses that send from the same link address as this one, where that looks like one host: one IPv4 address and
    /// a few of IPv6. Behind a router it may be two hosts: good for a guess, not for a join.
    pub fn neighbours(&self, address: IpAddr, mac: Option<Mac>) -> impl Iterator<Item = IpAddr> {
        let group = mac.and_then(|mac| self.senders.get(&mac)).filter(|group| {
            group.len() <= MAX_OF_ONE_HOST && group.iter().filter(|address| address.is_ipv4()).count() <= 1
        });
        group.into_iter().flatten().copied().filter(move |other| *other != address)
    }

    /// Whether the host of an address may have others.
    #[must_use]
    pub fn is_one_of_several(&self, address: IpAddr, mac: Option<Mac>) -> bool {
        self.kin(address).chain(self.neighbours(address, mac)).next().is_some()
    }

    /// All other addresses of the host that has this one.
    pub fn kin(&self, address: IpAddr) -> impl Iterator<Item = IpAddr> {
        let group = self.of.get(&address).and_then(|index| self.groups.get(*index));
        group.into_iter().flatten().copied().filter(move |other| *other != address)
    }
}

/// Every address that DHCP granted to this host, of both families.
fn granted(station: &Station) -> Vec<IpAddr> {
    let leases = station.leases.iter().filter(|lease| lease.end == LeaseEnd::Granted);
    let mut addresses: Vec<IpAddr> = leases
        .filter_map(|lease| lease.granted.as_ref())
        .flat_map(|granted| granted.address.into_iter().chain(granted.more_addresses.iter().copied()))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}
