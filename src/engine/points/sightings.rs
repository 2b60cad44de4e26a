//! Which point captured which packet, while all of them are read.
//!
//! The inputs come merged, their clocks set right. So the same packet of two points comes within the time that the way
//! between them takes, and what did not come by then was captured at one point alone.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, Hasher as _};
use std::net::IpAddr;
use std::time::Duration;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::engine::datagrams::is_unicast;
use crate::limits::MAX_SIGHTINGS;
use crate::probe::vantage::{PointSet, Vantage};
use crate::source::{Frame, Input, PacketId};
use crate::time::CaptureTime;
use crate::transaction::assembler::DNS_PORT;
use crate::transaction::beginning::begins_nothing;
use crate::wire::{Body, Datagram, Decoder, Ip, Packet, Segment, TCP, UDP, likeness};

/// Points that can be told apart.
pub(super) const MAX_POINTS: usize = 8;

/// A packet whose other sightings may still come.
struct Sighting {
    first: PacketId,
    time: CaptureTime,
    at: PointSet,
    /// TTL by point.
    ttl: [u8; MAX_POINTS],
    /// Sender and receiver where it was captured first, and where they were others.
    hosts: [Option<(IpAddr, IpAddr)>; 2],
    protocol: u8,
    /// Bytes of its payload that were captured first.
    captured: usize,
    /// It may decide something, with the hash of what it asks for.
    matters: bool,
    subject: Option<u64>,
}

/// Takes every frame, in order, and tells what each point saw.
pub(in crate::engine) struct Sightings {
    vantage: Vantage,
    /// The point of each input.
    points: Vec<Option<u8>>,
    /// Sightings of one packet lie no further apart.
    window: Duration,
    decoder: Decoder,
    recent: HashMap<u64, Sighting, FixedState>,
    order: VecDeque<(CaptureTime, u64)>,
}

impl Sightings {
    pub(super) fn new(vantage: Vantage, points: Vec<Option<u8>>, window: Duration) -> Self {
        let (recent, order) = (HashMap::default(), VecDeque::new());
        Self { vantage, points, window, decoder: Decoder::new(), recent, order }
    }

    /// Takes the next frame of all inputs. Whether another point has shown the packet already, all of it and between the
    /// same hosts: however long the way between the points is, it is a copy then.
    pub(in crate::engine) fn frame(&mut self, frame: &Frame<'_>) -> bool {
        let Some(point) = self.points.get(usize::from(frame.at.id.input())).copied().flatten() else { return false };
        let now = frame.at.time;
        self.settle(now.before(self.window), false);
        let packet = self.decoder.decode(frame);
        let Some(ip) = packet.ip else { return false };
        if is_unicast(&packet, ip) {
            self.vantage.hears(ip.destination, point, now);
        }
        let Some(likeness) = likeness(&packet) else { return false };
        match self.recent.get_mut(&likeness) {
            Some(known) => {
                let elsewhere = !known.at.has(point);
                if elsewhere {
                    self.vantage.count(point);
                }
                known.at = known.at.with(point);
                if let Some(ttl) = known.ttl.get_mut(usize::from(point)) {
                    *ttl = ip.ttl;
                }
                let hosts = Some((ip.source, ip.destination));
                if known.hosts[0] != hosts {
                    known.hosts[1] = hosts;
                    return false;
                }
                elsewhere && captured(&packet) <= known.captured
            }
            None => {
                self.vantage.count(point);
                self.recent.insert(likeness, sighting(&packet, ip, point));
                self.order.push_back((now, likeness));
                if self.order.len() > MAX_SIGHTINGS {
                    // What comes later of the oldest is not recognised: nothing is said of it.
                    if let Some((_, oldest)) = self.order.pop_front() {
                        self.recent.remove(&oldest);
                        self.vantage.refused += 1;
                    }
                }
                false
            }
        }
    }

    /// Everything was read; `inputs` are known to their ends now.
    pub(in crate::engine) fn finish(mut self, inputs: &[Input]) -> Vantage {
        self.settle(CaptureTime::MAX, true);
        for point in &mut self.vantage.points {
            for input in point.inputs.iter().filter_map(|input| inputs.get(usize::from(*input))) {
                let (first, last) = (input.first.unwrap_or(CaptureTime::MAX), input.last.unwrap_or(CaptureTime::MIN));
                point.span = Some(point.span.map_or((first, last), |(start, end)| (start.min(first), end.max(last))));
                // Damage at the end takes nothing from what comes before it.
                let holed = input.problems.iter().any(|problem| problem.packet < input.packets);
                point.lacks |= input.dropped > 0 || input.filter.is_some() || holed;
            }
        }
        self.vantage
    }

    /// What was captured before that moment has no sighting to come.
    fn settle(&mut self, before: CaptureTime, all: bool) {
        while let Some((time, likeness)) = self.order.front().copied() {
            if time >= before && !all {
                break;
            }
            self.order.pop_front();
            if let Some(seen) = self.recent.remove(&likeness) {
                take(&mut self.vantage, &seen);
            }
        }
    }
}

/// What a packet is on its first sighting.
fn sighting(packet: &Packet<'_>, ip: Ip, point: u8) -> Sighting {
    let mut ttl = [0; MAX_POINTS];
    if let Some(own) = ttl.get_mut(usize::from(point)) {
        *own = ip.ttl;
    }
    let (protocol, matters, subject) = match &packet.body {
        Body::Tcp(segment) => (TCP, decides(segment), asked_of(ip, segment)),
        Body::Udp(datagram) => (UDP, is_dns(datagram), asked_for(datagram)),
        _ => (0, false, None),
    };
    let captured = captured(packet);
    let hosts = [Some((ip.source, ip.destination)), None];
    let (first, time) = (packet.at.id, packet.at.time);
    Sighting { first, time, at: PointSet::default().with(point), ttl, hosts, protocol, captured, matters, subject }
}

/// Bytes of its payload.
const fn captured(packet: &Packet<'_>) -> usize {
    match &packet.body {
        Body::Tcp(segment) => segment.payload.len(),
        Body::Udp(datagram) => datagram.payload.len(),
        _ => 0,
    }
}

/// Whether a segment may decide something: it opens or ends a connection, or begins a message.
fn decides(segment: &Segment<'_>) -> bool {
    segment.has(Segment::SYN | Segment::RST)
        || !segment.payload.is_empty()
            && !begins_nothing((segment.source_port, segment.destination_port), segment.payload)
}

const fn is_dns(datagram: &Datagram<'_>) -> bool {
    datagram.source_port == DNS_PORT || datagram.destination_port == DNS_PORT
}

/// Whom a SYN wants to reach.
fn asked_of(ip: Ip, segment: &Segment<'_>) -> Option<u64> {
    if !segment.has(Segment::SYN) || segment.has(Segment::ACK) {
        return None;
    }
    let mut hasher = FixedState::with_seed(1).build_hasher();
    match ip.destination {
        IpAddr::V4(address) => hasher.write_u32(address.to_bits()),
        IpAddr::V6(address) => hasher.write_u128(address.to_bits()),
    }
    hasher.write_u16(segment.destination_port);
    Some(hasher.finish())
}

/// The start of the name that a DNS question is for, in whatever case it is written.
fn asked_for(datagram: &Datagram<'_>) -> Option<u64> {
    let name = datagram.payload.get(12..26).filter(|_| datagram.destination_port == DNS_PORT)?;
    let mut hasher = FixedState::with_seed(2).build_hasher();
    hasher.write(&name.to_ascii_lowercase());
    Some(hasher.finish())
}

/// Tells what is known of a packet that no other point will show any more.
fn take(vantage: &mut Vantage, seen: &Sighting) {
    let points: Vec<u8> = (0..MAX_POINTS as u8).filter(|point| seen.at.has(*point)).collect();
    if let [only] = *points {
        vantage.alone(only);
    } else {
        vantage.shared += 1;
        for (from, to) in seen.hosts.into_iter().flatten() {
            for &point in &points {
                vantage.covers(from, to, seen.protocol, point, seen.time);
            }
        }
        crossings(vantage, seen, &points);
    }
    if seen.matters && points.len() < vantage.points.len() {
        vantage.apart(seen.first, seen.time, seen.at, seen.subject);
    }
}

/// Every router takes one from the TTL: who has more of it has the packet earlier.
fn crossings(vantage: &mut Vantage, seen: &Sighting, points: &[u8]) {
    let ttl = |point: u8| seen.ttl.get(usize::from(point)).copied().unwrap_or(0);
    for (number, &one) in points.iter().enumerate() {
        for &other in points.iter().skip(number + 1) {
            let (first, then) = match ttl(one).cmp(&ttl(other)) {
                std::cmp::Ordering::Greater => (one, other),
                std::cmp::Ordering::Less => (other, one),
                std::cmp::Ordering::Equal => continue,
            };
            for (from, _) in seen.hosts.into_iter().flatten() {
                vantage.crosses(from, first, then);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::vantage::Point;
    use crate::source::{LinkType, PacketRef};

    const PC: [u8; 4] = [10, 1, 0, 5];
    const OUTSIDE: [u8; 4] = [198, 51, 100, 2];
    const WEB: [u8; 4] = [203, 0, 113, 80];

    /// A segment with ten bytes of payload, of which `captured` are there.
    fn segment(from: [u8; 4], ttl: u8, seq: u32, captured: usize) -> Vec<u8> {
        let mut frame = vec![2; 12];
        frame.extend([8, 0, 0x45, 0, 0, 50, 0, 9, 0x40, 0, ttl, 6, 0, 0]);
        frame.extend(from.into_iter().chain(WEB));
        frame.extend([0xc3, 0x50, 0, 80]);
        frame.extend(seq.to_be_bytes());
        frame.extend([0, 0, 0, 7, 0x50, 0x18, 1, 0, 0, 0, 0, 0]);
        frame.extend(&b"GET /a HTT"[..captured]);
        frame
    }

    struct Scene {
        sightings: Sightings,
        numbers: [u64; 2],
    }

    impl Scene {
        fn new() -> Self {
            let point = |name: &str, input| Point { name: name.into(), inputs: vec![input], ..Point::default() };
            let vantage = Vantage::new(vec![point("inside", 0), point("outside", 1)], 1000);
            let window = Duration::from_millis(100);
            Self { sightings: Sightings::new(vantage, vec![Some(0), Some(1)], window), numbers: [0; 2] }
        }

        /// Shows a frame at a point; whether it is a copy.
        fn show(&mut self, input: u16, ms: i64, data: &[u8]) -> bool {
            self.numbers[usize::from(input)] += 1;
            let id = PacketId::new(input, self.numbers[usize::from(input)]);
            let at = PacketRef { time: CaptureTime::from_nanos(ms * 1_000_000), id };
            let (link, wire_len) = (LinkType::ETHERNET, 64);
            self.sightings.frame(&Frame { at, link, fcs_len: 0, wire_len, outbound: false, data })
        }
    }

    #[test]
    fn a_packet_at_two_points_is_one() {
        let mut scene = Scene::new();
        assert!(!scene.show(0, 0, &segment(PC, 128, 1, 10)));
        assert!(scene.show(1, 70, &segment(PC, 127, 1, 10)), "a long way, and the same packet");
        assert!(!scene.show(0, 80, &segment(PC, 128, 1, 10)), "sent again, or mirrored twice: others tell");
        assert!(!scene.show(0, 300, &segment(PC, 128, 11, 10)));
        assert!(!scene.show(1, 401, &segment(PC, 127, 11, 10)), "too late");
        let vantage = scene.sightings.finish(&[]);
        assert_eq!(vantage.shared, 1);
        let counts: Vec<_> = vantage.points.iter().map(|point| (point.packets, point.alone)).collect();
        assert_eq!(counts, [(2, 1), (2, 1)]);
        assert_eq!(vantage.first_of(PC.into(), 0, 1), Some(0), "a router between them took one from the TTL");
        assert_eq!(vantage.points_of(PacketId::new(0, 3)), PointSet(1));
    }

    #[test]
    fn what_shows_more_is_no_copy() {
        let mut scene = Scene::new();
        scene.show(0, 0, &segment(PC, 128, 1, 4));
        assert!(!scene.show(1, 1, &segment(PC, 127, 1, 10)), "the first point cut it");
        assert_eq!(scene.sightings.finish(&[]).shared, 1);
    }

    #[test]
    fn a_translated_packet_is_shared_and_followed_apart() {
        let mut scene = Scene::new();
        scene.show(0, 0, &segment(PC, 128, 1, 10));
        assert!(!scene.show(1, 1, &segment(OUTSIDE, 127, 1, 10)), "another connection to whoever follows them");
        let vantage = scene.sightings.finish(&[]);
        assert_eq!(vantage.shared, 1);
        assert_eq!(vantage.first_of(PC.into(), 0, 1), Some(0));
    }
}
