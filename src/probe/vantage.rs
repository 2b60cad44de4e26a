//! Several capture points: which of them captured what. Only known where points show the same packets.

use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use super::presence::Stretches;
use crate::limits::MAX_APART;
use crate::source::PacketId;
use crate::time::CaptureTime;
use crate::wire::{TCP, UDP};

/// So long before and after a packet the other point must have shown others of the same host.
const NEAR: Duration = Duration::from_secs(60);
/// A device that ends connections or answers questions itself asks its own within this time.
const ASKED_ANEW: Duration = Duration::from_secs(2);

/// Hosts that are remembered for remarks alone are this part of those whose traffic is remembered: they take more room, and
/// where one is missing nothing is said.
const REMARKED: usize = 8;

/// A table with a quick hash.
type Table<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// Points of a set, as bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PointSet(pub u8);

impl PointSet {
    /// Whether the point is in it.
    #[must_use]
    pub const fn has(self, point: u8) -> bool {
        point < 8 && self.0 & (1 << point) != 0
    }

    /// With one more point.
    #[must_use]
    pub const fn with(self, point: u8) -> Self {
        if point < 8 { Self(self.0 | 1 << point) } else { self }
    }
}

/// Which way packets of a host go: a point may show one direction and not the other.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Way {
    /// It sends them.
    Sends,
    /// It gets them.
    Gets,
}

/// A capture point: one input, or the parts of a rotated one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Point {
    /// What it is called: the name of its first input.
    pub name: String,
    /// Its inputs.
    pub inputs: Vec<u16>,
    /// First and last packet.
    pub span: Option<(CaptureTime, CaptureTime)>,
    /// It may lack packets that passed: some were dropped or damaged, or a filter was set.
    pub lacks: bool,
    /// Packets that can be told from others.
    pub packets: u64,
    /// Those of them that no other point captured.
    pub alone: u64,
}

/// A packet that matters and that not all points captured.
#[derive(Clone, Copy, Debug)]
struct Apart {
    time: CaptureTime,
    at: PointSet,
    /// What it asks for, where it asks.
    subject: Option<u64>,
}

/// What each capture point saw.
#[derive(Debug, Default)]
pub struct Vantage {
    /// The points, in the order of their first packets.
    pub points: Vec<Point>,
    /// Packets that more than one point captured.
    pub shared: u64,
    /// Hosts of one table that were not remembered because it was full, and packets.
    pub refused: u64,
    heard: Table<(IpAddr, u8), Stretches>,
    covered: Table<(IpAddr, Way, u8, u8), Stretches>,
    pairs: Table<(IpAddr, IpAddr, u8), Stretches>,
    order: Table<(IpAddr, u8, u8), i32>,
    apart: Table<PacketId, Apart>,
    anew: Table<u64, Vec<(CaptureTime, PointSet)>>,
    max: usize,
}

impl Vantage {
    /// Points that have seen nothing yet; at most `max` hosts are remembered.
    #[must_use]
    pub fn new(points: Vec<Point>, max: usize) -> Self {
        Self { points, max: max.max(16), ..Self::default() }
    }

    /// A packet that can be told from others was captured at `point`.
    pub fn count(&mut self, point: u8) {
        if let Some(point) = self.points.get_mut(usize::from(point)) {
            point.packets += 1;
        }
    }

    /// And at no other.
    pub fn alone(&mut self, point: u8) {
        if let Some(point) = self.points.get_mut(usize::from(point)) {
            point.alone += 1;
        }
    }

    /// Unicast traffic towards `host` was captured at `point`.
    pub fn hears(&mut self, host: IpAddr, point: u8, at: CaptureTime) {
        note(&mut self.heard, (host, point), at, self.max, &mut self.refused);
    }

    /// A packet between two hosts was captured at `point` and at another one.
    pub fn covers(&mut self, from: IpAddr, to: IpAddr, protocol: u8, point: u8, at: CaptureTime) {
        let max = self.max / REMARKED;
        for (host, way) in [(from, Way::Sends), (to, Way::Gets)] {
            note(&mut self.covered, (host, way, protocol, point), at, max, &mut self.refused);
        }
        note(&mut self.pairs, (from, to, point), at, max, &mut self.refused);
    }

    /// A packet of `host` crossed `first` before `then`.
    pub fn crosses(&mut self, host: IpAddr, first: u8, then: u8) {
        let key = (host, first.min(then), first.max(then));
        let sign = if first < then { 1 } else { -1 };
        if let Some(votes) = self.order.get_mut(&key) {
            *votes = votes.saturating_add(sign);
        } else if self.order.len() < self.max / REMARKED {
            self.order.insert(key, sign);
        } else {
            self.refused += 1;
        }
    }

    /// A packet that matters was captured `at` these points and no others; `subject` is the same for all questions for
    /// the same thing.
    pub fn apart(&mut self, id: PacketId, time: CaptureTime, at: PointSet, subject: Option<u64>) {
        if self.apart.len() < MAX_APART {
            self.apart.insert(id, Apart { time, at, subject });
            if let Some(subject) = subject {
                self.anew.entry(subject).or_default().push((time, at));
            }
        } else {
            self.refused += 1;
        }
    }

    /// The points that captured a packet which matters: all of them, unless it is known better.
    #[must_use]
    pub fn points_of(&self, id: PacketId) -> PointSet {
        self.apart.get(&id).map_or(PointSet(u8::MAX), |apart| apart.at)
    }

    /// The point that captured a packet under this number.
    #[must_use]
    pub fn point_of(&self, id: PacketId) -> Option<u8> {
        let place = self.points.iter().position(|point| point.inputs.contains(&id.input()))?;
        u8::try_from(place).ok()
    }

    /// Whether traffic towards `host` was captured within `from..=to` at one of these points.
    #[must_use]
    pub fn hears_at(&self, host: IpAddr, at: PointSet, from: CaptureTime, to: CaptureTime) -> bool {
        let heard = |point: &u8| self.heard.get(&(host, *point)).is_some_and(|seen| seen.touches(from, to));
        (0..self.numbers()).filter(|point| at.has(*point)).any(|point| heard(&point))
    }

    /// Points that surely would have shown the packet, had it passed there: they show others that `client` sent (or got,
    /// as this one) before it and after it, and which another point shows, too; or others from the one host to the other.
    #[must_use]
    pub fn missed(&self, id: PacketId, (client, way): (IpAddr, Way), server: Option<IpAddr>, protocol: u8) -> Vec<u8> {
        let Some(apart) = self.apart.get(&id) else { return Vec::new() };
        let (before, after) = (apart.time.before(NEAR), apart.time.after(NEAR));
        let would_show = |point: &u8| {
            let Some(there) = self.points.get(usize::from(*point)) else { return false };
            let within = there.span.is_some_and(|(first, last)| first < apart.time && apart.time < last);
            if apart.at.has(*point) || there.lacks || !within {
                return false;
            }
            let covers = |protocol: u8, from, to| {
                self.covered.get(&(client, way, protocol, *point)).is_some_and(|seen| seen.touches(from, to))
            };
            let any = |from, to| covers(TCP, from, to) || covers(UDP, from, to);
            let of_both = server.is_some_and(|server| {
                let pair = if way == Way::Sends { (client, server, *point) } else { (server, client, *point) };
                self.pairs.get(&pair).is_some_and(|seen| seen.touches(before, after))
            });
            of_both || any(before, apart.time) && any(apart.time, after) && covers(protocol, before, after)
        };
        (0..self.numbers()).filter(would_show).collect()
    }

    /// Whether the same was asked for at `point`, and not where this packet was: a device between them asks itself.
    #[must_use]
    pub fn asked_anew(&self, id: PacketId, point: u8) -> bool {
        let Some(Apart { time, at, subject: Some(subject) }) = self.apart.get(&id) else { return false };
        let mut asked = self.anew.get(subject).into_iter().flatten();
        asked.any(|(then, points)| points.has(point) && points.0 & at.0 == 0 && then.distance(*time) <= ASKED_ANEW)
    }

    /// Which of two points a packet of `host` crosses first; `None` where nothing tells.
    #[must_use]
    pub fn first_of(&self, host: IpAddr, one: u8, other: u8) -> Option<u8> {
        let votes = *self.order.get(&(host, one.min(other), one.max(other)))?;
        match votes {
            1.. => Some(one.min(other)),
            0 => None,
            ..0 => Some(one.max(other)),
        }
    }

    fn numbers(&self) -> u8 {
        u8::try_from(self.points.len()).unwrap_or(8).min(8)
    }
}

fn note<K: std::hash::Hash + Eq>(
    table: &mut Table<K, Stretches>,
    key: K,
    at: CaptureTime,
    max: usize,
    refused: &mut u64,
) {
    if let Some(stretches) = table.get_mut(&key) {
        stretches.note(at);
    } else if table.len() < max {
        let mut stretches = Stretches::default();
        stretches.note(at);
        table.insert(key, stretches);
    } else {
        *refused += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PC: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 1, 0, 5));
    const WEB: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 80));
    const DNS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 53));

    fn at(seconds: i64) -> CaptureTime {
        CaptureTime::from_nanos(seconds * 1_000_000_000)
    }

    fn two_points() -> Vantage {
        let point = |name: &str| Point { name: name.into(), span: Some((at(0), at(100))), ..Point::default() };
        Vantage::new(vec![point("inside"), point("outside")], 1000)
    }

    fn missed(vantage: &Vantage, id: PacketId) -> Vec<u8> {
        vantage.missed(id, (PC, Way::Sends), Some(WEB), TCP)
    }

    /// A SYN to the web server, 50 s after the start, that the inside alone captured.
    fn syn(vantage: &mut Vantage) -> PacketId {
        let id = PacketId::new(0, 7);
        vantage.apart(id, at(50), PointSet(1), Some(1));
        id
    }

    #[test]
    fn what_the_other_point_could_not_show_is_not_missed() {
        let mut vantage = two_points();
        let id = syn(&mut vantage);
        assert!(missed(&vantage, id).is_empty(), "nothing of the client was there");
        vantage.covers(PC, DNS, UDP, 1, at(45));
        assert!(missed(&vantage, id).is_empty(), "nor after it");
        vantage.covers(PC, DNS, UDP, 1, at(55));
        assert!(missed(&vantage, id).is_empty(), "its connections may go another way");
        vantage.covers(PC, DNS, TCP, 1, at(70));
        assert_eq!(missed(&vantage, id), [1]);
        vantage.points[1].lacks = true;
        assert!(missed(&vantage, id).is_empty(), "it lost packets");
    }

    #[test]
    fn packets_of_the_same_two_hosts_are_enough() {
        let mut vantage = two_points();
        let id = syn(&mut vantage);
        vantage.covers(WEB, PC, TCP, 1, at(40));
        assert!(missed(&vantage, id).is_empty(), "they go the other way");
        vantage.covers(PC, WEB, TCP, 1, at(40));
        assert_eq!(missed(&vantage, id), [1]);
        vantage.points[1].span = Some((at(0), at(45)));
        assert!(missed(&vantage, id).is_empty(), "it had ended");
    }

    #[test]
    fn a_proxy_that_asks_itself_is_known() {
        let mut vantage = two_points();
        let id = syn(&mut vantage);
        assert!(!vantage.asked_anew(id, 1));
        vantage.apart(PacketId::new(1, 9), at(51), PointSet(2), Some(1));
        assert!(vantage.asked_anew(id, 1));
    }

    #[test]
    fn silence_counts_where_the_question_was_seen() {
        let mut vantage = two_points();
        let id = syn(&mut vantage);
        vantage.hears(PC, 1, at(52));
        let hears = |vantage: &Vantage, id| vantage.hears_at(PC, vantage.points_of(id), at(50), at(60));
        assert!(!hears(&vantage, id), "only the other point hears");
        assert!(hears(&vantage, PacketId::new(0, 8)), "both captured this one");
        vantage.hears(PC, 0, at(53));
        assert!(hears(&vantage, id));
    }

    #[test]
    fn the_order_of_points_is_voted_on() {
        let mut vantage = two_points();
        assert_eq!(vantage.first_of(PC, 0, 1), None);
        vantage.crosses(PC, 1, 0);
        assert_eq!((vantage.first_of(PC, 0, 1), vantage.first_of(PC, 1, 0)), (Some(1), Some(1)));
    }
}
