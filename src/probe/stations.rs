//! All hosts on the link by their link address, and the routers that speak on it.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

pub use super::station::Crossed;
use super::station::{Event, Kept, Station};
use crate::proto::router::Advertisement;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::{Lease, LeaseEnd, Router, Solicited};
use crate::wire::{Ip, Link, Mac};

/// Packets between the same two within this time are noted once.
pub const NOTED_ONCE: Duration = Duration::from_millis(250);
/// Routers of IPv6 remembered; a link has a handful.
const MAX_ROUTERS: usize = 256;
/// Advertisements remembered of one router: only what changes is kept.
const MAX_OFFERS: usize = 16;

/// Hosts on the link, bounded in number.
#[derive(Default)]
pub struct Stations {
    table: HashMap<Mac, Station, foldhash::fast::RandomState>,
    /// Routers of IPv6 and what they offer, in order.
    pub routers: HashMap<IpAddr, OfferedBy, foldhash::fast::RandomState>,
    max: usize,
    /// Whose events are kept, in the order in which they were settled, and how many at most.
    events: VecDeque<(Mac, Event)>,
    max_events: usize,
    /// The last packet that was noted.
    last: Option<(Link, Ip, CaptureTime)>,
    /// Hosts that were not remembered because the table was full.
    pub refused: u64,
    /// Events that had to go because there were too many of all hosts.
    pub let_go: u64,
}

/// What a router of IPv6 offers.
#[derive(Debug, Default)]
pub struct OfferedBy {
    /// Its link address.
    pub mac: Option<Mac>,
    /// Its advertisements, each time they changed.
    pub offers: Vec<(PacketRef, Advertisement)>,
    /// When it was last heard.
    pub last: CaptureTime,
}

impl Stations {
    /// An empty table of at most `max` hosts and of `max_events` events of all of them.
    #[must_use]
    pub fn new(max: usize, max_events: usize) -> Self {
        Self { max, max_events, ..Self::default() }
    }

    /// Lets go of hosts that sent nothing since that moment.
    pub fn forget(&mut self, before: CaptureTime) {
        self.table.retain(|_, station| {
            let sent = station.sources.iter().map(|used| used.last).max();
            let claimed = station.claims.iter().map(|claim| claim.last).max();
            let leased = station.leases.back().map(|lease| lease.first().time);
            let asked = station.questions.back().map(|question| question.ended);
            sent.max(claimed).max(leased).max(asked).is_some_and(|last| last >= before)
        });
        self.table.shrink_to(self.table.len() * 2);
        self.events.retain(|(mac, _)| self.table.contains_key(mac));
        self.events.shrink_to(self.events.len() * 2);
    }

    /// The host of a link address.
    #[must_use]
    pub fn get(&self, mac: Mac) -> Option<&Station> {
        self.table.get(&mac)
    }

    /// All hosts, by link address.
    #[must_use]
    pub fn all(&self) -> Vec<(Mac, &Station)> {
        let mut all: Vec<(Mac, &Station)> = self.table.iter().map(|(mac, station)| (*mac, station)).collect();
        all.sort_unstable_by_key(|(mac, station)| (station.first, *mac));
        all
    }

    /// When the link of each host came up: it took a lease without an address to speak from. In order.
    #[must_use]
    pub fn link_ups(&self) -> HashMap<IpAddr, Vec<CaptureTime>, foldhash::fast::RandomState> {
        let mut ups: HashMap<IpAddr, Vec<CaptureTime>, foldhash::fast::RandomState> = HashMap::default();
        for lease in self.table.values().flat_map(|station| &station.leases) {
            let address = lease.granted.as_ref().and_then(|granted| granted.address);
            if let (LeaseEnd::Granted, None, Some(address)) = (lease.end, lease.client, address) {
                ups.entry(address).or_default().push(lease.first().time);
            }
        }
        ups.values_mut().for_each(|times| times.sort_unstable());
        ups
    }

    /// A packet crossed the link.
    pub fn crossed(&mut self, link: Link, ip: Ip, at: PacketRef) -> Crossed {
        if let Some((known, before, time)) = self.last
            && (before.source, before.destination) == (ip.source, ip.destination)
            && at.time.distance(time) <= NOTED_ONCE
            && known == link
        {
            return Crossed::News;
        }
        self.last = Some((link, ip, at.time));
        let next = link.destination.filter(|mac| mac.0[0] & 1 == 0 && mac.0 != [0; 6]);
        let mut crossed = Crossed::News;
        if let Some(mac) = link.source
            && let Some(station) = self.get_or_add(mac, at)
        {
            crossed = station.sent(ip.source, next, ip.destination, at);
        }
        if let Some(mac) = next
            && let Some(station) = self.get_or_add(mac, at)
        {
            station.reached.note(at.time);
        }
        crossed
    }

    /// A host claims an address.
    pub fn claimed(&mut self, address: IpAddr, mac: Mac, at: PacketRef) {
        if let Some(station) = self.get_or_add(mac, at) {
            station.claimed(address, at);
        }
    }

    /// A unicast frame without IP (ARP) reached a host.
    pub fn reached(&mut self, mac: Mac, at: PacketRef) {
        if mac.0[0] & 1 == 0
            && let Some(station) = self.get_or_add(mac, at)
        {
            station.reached.note(at.time);
        }
    }

    /// A DHCP exchange is settled.
    pub fn lease(&mut self, lease: Lease) {
        if let Some(mac) = lease.mac
            && let Some(station) = self.get_or_add(mac, lease.first())
        {
            let kept = station.lease(lease);
            self.note(mac, Event::Lease, kept);
        }
    }

    /// A question for a neighbour is settled.
    pub fn question(&mut self, question: Solicited) {
        if let Some(mac) = question.mac
            && let Some(station) = self.get_or_add(mac, question.first())
        {
            let kept = station.question(question);
            self.note(mac, Event::Question, kept);
        }
    }

    /// A search for routers is settled, or a router told what it offers.
    pub fn router(&mut self, router: Router) {
        match router {
            Router::Searched { mac: Some(mac), .. } => {
                if let Some(station) = self.get_or_add(mac, router.first()) {
                    let kept = station.search(router);
                    self.note(mac, Event::Search, kept);
                }
            }
            Router::Searched { .. } => {}
            Router::Advertised { router, mac, at, offer } => {
                if self.routers.len() >= MAX_ROUTERS && !self.routers.contains_key(&router) {
                    return;
                }
                let known = self.routers.entry(router).or_default();
                known.mac = known.mac.or(mac);
                known.last = known.last.max(at.time);
                let same = known.offers.last().is_some_and(|(_, last)| *last == *offer);
                if !same && known.offers.len() < MAX_OFFERS {
                    known.offers.push((at, *offer));
                }
            }
        }
    }

    /// An event of a host is kept. Where there are too many of all hosts, the one that was settled first has to go: a host
    /// whose exchange was settled lately is one that somebody may ask about.
    fn note(&mut self, mac: Mac, event: Event, kept: Kept) {
        if kept != Kept::More {
            return;
        }
        if self.events.len() >= self.max_events
            && let Some((oldest, event)) = self.events.pop_front()
        {
            self.let_go += 1;
            if let Some(station) = self.table.get_mut(&oldest) {
                station.let_go(event);
            }
        }
        self.events.push_back((mac, event));
    }

    fn get_or_add(&mut self, mac: Mac, at: PacketRef) -> Option<&mut Station> {
        if mac.0 == [0; 6] {
            return None;
        }
        if !self.table.contains_key(&mac) {
            if self.table.len() >= self.max {
                self.refused += 1;
                return None;
            }
            self.table.insert(mac, Station::default());
        }
        let station = self.table.get_mut(&mac)?;
        station.first = Some(station.first.map_or(at, |first| first.min(at)));
        Some(station)
    }
}
