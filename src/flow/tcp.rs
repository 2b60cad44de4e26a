//! Sequence arithmetic (RFC 9293 3.4) and the facts of opening and closing.

use super::{Connection, Direction, Mark};
use crate::limits::{MAX_SEQUENCE_JUMP, MAX_SYNS};
use crate::wire::{Packet, Segment};

/// Places of one direction: stream offsets from sequence numbers, across any number of wraps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    /// Sequence number of stream offset 0.
    pub(super) seq: u32,
    /// Whether it was seen (SYN or data); else it is what the other side acknowledged first.
    pub(super) firm: bool,
}

impl Base {
    /// Offset of `seq`, taken as the place nearest to `near`; negative before the base. `None` too far to be true.
    pub(super) fn offset(self, seq: u32, near: u64) -> Option<i64> {
        let expected = self.seq.wrapping_add(near as u32);
        let distance = i64::from(seq.wrapping_sub(expected) as i32);
        if distance.abs() > MAX_SEQUENCE_JUMP {
            return None;
        }
        i64::try_from(near).ok()?.checked_add(distance)
    }
}

/// The first byte that a segment carries: after its SYN, which takes a sequence number.
pub(super) fn data_seq(segment: &Segment) -> u32 {
    segment.seq.wrapping_add(u32::from(segment.has(Segment::SYN)))
}

/// A segment with a flag worth remembering.
pub(super) fn mark(packet: &Packet) -> Mark {
    Mark {
        at: packet.at,
        ttl: packet.ip.map_or(0, |ip| ip.ttl),
        identification: packet.ip.and_then(|ip| ip.identification),
    }
}

/// What SYN, SYN-ACK and the first answer to it tell; whether that is a change to report.
pub(super) fn opening(connection: &mut Connection, direction: Direction, segment: &Segment, packet: &Packet) -> bool {
    match (segment.has(Segment::SYN), segment.has(Segment::ACK), direction) {
        (true, false, Direction::ToServer) => {
            if connection.syns.len() < MAX_SYNS {
                connection.syns.push(mark(packet));
            }
            true
        }
        (true, true, Direction::ToClient) if connection.syn_ack.is_none() => {
            connection.syn_ack = Some(mark(packet));
            true
        }
        (false, true, Direction::ToServer) if !segment.has(Segment::RST) => {
            if connection.established.is_none() && connection.syn_ack.is_some() {
                connection.established = Some(packet.at);
            }
            false
        }
        _ => false,
    }
}

/// Counts a segment of one direction.
pub(super) fn count(connection: &mut Connection, direction: Direction, packet: &Packet) {
    connection.last = packet.at;
    let half = &mut connection.halves[direction.index()];
    half.packets = half.packets.saturating_add(1);
    if half.ttl.is_none() {
        half.ttl = packet.ip.map(|ip| ip.ttl);
        half.mac = packet.link.source;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_survive_every_wrap() {
        for start in [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, u32::MAX] {
            let base = Base { seq: start, firm: true };
            let mut near = 0_u64;
            for step in [1_u64, 1460, 65_535, 1 << 29, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30] {
                let seq = start.wrapping_add((near + step) as u32);
                assert_eq!(base.offset(seq, near), Some((near + step) as i64));
                near += step;
            }
            assert_eq!(base.offset(start.wrapping_sub(1), 0), Some(-1));
        }
    }

    #[test]
    fn a_place_beyond_any_window_is_none() {
        let base = Base { seq: 77, firm: true };
        assert_eq!(base.offset(77_u32.wrapping_add(0x4000_0001), 0), None);
        assert_eq!(base.offset(77_u32.wrapping_sub(0x4000_0001), 0), None);
        assert_eq!(base.offset(77 + 0x4000_0000, 0), Some(0x4000_0000));
    }
}
