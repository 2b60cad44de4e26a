//! A sample of the packets of an input that every input draws alike (RFC 5475, 6.2: hash-based selection).
//!
//! Which packets two captures share is not known before both are read, and not all can be remembered. So each input keeps
//! those with the smallest likeness: what both hold is kept by both, or by neither.

use hashbrown::HashMap;

use crate::limits::DUPLICATE_WINDOW;
use crate::time::CaptureTime;
use crate::wire::{Body, Packet, likeness};

/// When a packet was captured, and which way it went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sighting {
    /// By the clock of its input.
    pub(super) time: CaptureTime,
    /// From the side that asks.
    pub(super) asks: bool,
    /// Another packet looks the same.
    ambiguous: bool,
}

/// The packets of one input with the smallest likeness.
pub(super) struct Sample {
    kept: HashMap<u64, Sighting, foldhash::fast::FixedState>,
    /// No likeness above it is kept.
    bound: u64,
    /// How many are kept.
    size: usize,
}

impl Sample {
    /// An empty sample of at most twice `size` packets.
    pub(super) fn new(size: usize) -> Self {
        Self { kept: HashMap::default(), bound: u64::MAX, size: size.max(1) }
    }

    /// Takes the next packet of the input.
    pub(super) fn note(&mut self, packet: &Packet<'_>) {
        let Some(likeness) = likeness(packet).filter(|likeness| *likeness <= self.bound) else { return };
        let (time, asks) = (packet.at.time, asks(packet));
        match self.kept.get_mut(&likeness) {
            // A mirror port's copy; anything later is a repetition, and nobody knows of which one the other input has.
            Some(known) => known.ambiguous |= known.time.distance(time) > DUPLICATE_WINDOW,
            None => {
                self.kept.insert(likeness, Sighting { time, asks, ambiguous: false });
                if self.kept.len() > 2 * self.size {
                    self.shrink();
                }
            }
        }
    }

    /// What stands for the input, by likeness.
    pub(super) fn finish(mut self) -> impl Iterator<Item = (u64, Sighting)> {
        if self.kept.len() > self.size {
            self.shrink();
        }
        self.kept.into_iter().filter(|(_, sighting)| !sighting.ambiguous)
    }

    fn shrink(&mut self) {
        let mut known: Vec<u64> = self.kept.keys().copied().collect();
        let last = self.size - 1;
        self.bound = *known.select_nth_unstable(last).1;
        self.kept.retain(|likeness, _| *likeness <= self.bound);
    }
}

/// Whether a packet seems to come from the side that asks: servers have the lower ports.
fn asks(packet: &Packet<'_>) -> bool {
    match &packet.body {
        Body::Tcp(segment) => segment.comes_from_client(),
        Body::Udp(datagram) => datagram.source_port >= datagram.destination_port,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::source::{PacketId, PacketRef};
    use crate::wire::{Ip, Link, Segment};

    fn packet(seq: u32, ms: i64) -> Packet<'static> {
        let at = PacketRef { time: CaptureTime::from_nanos(ms * 1_000_000), id: PacketId::new(0, 1) };
        let ip = Ip {
            source: IpAddr::from([10, 1, 0, 5]),
            destination: IpAddr::from([203, 0, 113, 80]),
            ttl: 64,
            identification: None,
            protocol: 6,
        };
        let (source_port, destination_port) = (50_000, 80);
        let segment =
            Segment { source_port, destination_port, seq, ack: 1, flags: 0x10, window: 502, len: 0, payload: &[] };
        Packet { at, link: Link::default(), ip: Some(ip), body: Body::Tcp(segment) }
    }

    fn drawn(seqs: impl Iterator<Item = u32>) -> Vec<u64> {
        let mut sample = Sample::new(50);
        seqs.for_each(|seq| sample.note(&packet(seq, 0)));
        let mut drawn: Vec<u64> = sample.finish().map(|(likeness, _)| likeness).collect();
        drawn.sort_unstable();
        drawn
    }

    #[test]
    fn both_keep_what_both_hold() {
        let (one, other) = (drawn(0..2_000), drawn((500..3_000).rev()));
        assert_eq!((one.len(), other.len()), (50, 50));
        let shared = one.iter().filter(|likeness| other.contains(likeness)).count();
        // Three quarters of the one are in the other; without a common rule one or two would be.
        assert!(shared > 25, "{shared}");
    }

    #[test]
    fn a_copy_is_no_repetition() {
        let mut sample = Sample::new(10);
        for (seq, ms) in [(1, 0), (1, 20), (2, 0), (2, 300)] {
            sample.note(&packet(seq, ms));
        }
        let times: Vec<CaptureTime> = sample.finish().map(|(_, sighting)| sighting.time).collect();
        assert_eq!(times, [CaptureTime::from_nanos(0)], "the second one was sent again: it may be either");
    }
}
