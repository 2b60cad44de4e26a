//! Knowing a mirror port's copy from a retransmission.
//!
//! A copy has everything that its sender wrote: sequence numbers, flags, window, bytes and IP identification. Routers on
//! the way change TTL and link addresses, which are not compared. A retransmission gets a new identification; where
//! there is none (IPv6, or 0 with DF set), only the time tells.

use std::hash::Hasher;

use foldhash::fast::FixedState;
use std::hash::BuildHasher;

use crate::limits::{DUPLICATE_WINDOW, DUPLICATE_WINDOW_NO_ID, RECENT_SEGMENTS, SIGNATURE_BYTES};
use crate::time::CaptureTime;
use crate::wire::Segment;

/// What a copy has in common with its original. The seed is fixed, so that a collision is the same in every run.
#[derive(Clone, Copy)]
pub(super) struct Signature {
    hash: u64,
    time: CaptureTime,
    window_ns: i64,
}

impl Signature {
    /// `None` for a bare acknowledgement without identification: two alike are no sign of a copy (RFC 5681 3.2).
    pub(super) fn of(
        segment: &Segment,
        from_low: bool,
        identification: Option<u16>,
        time: CaptureTime,
    ) -> Option<Self> {
        let identification = identification.filter(|id| *id != 0);
        let bare = segment.len == 0 && !segment.has(Segment::SYN | Segment::FIN | Segment::RST);
        if bare && identification.is_none() {
            return None;
        }
        let mut hasher = FixedState::with_seed(0x6e63_7369).build_hasher();
        hasher.write_u64(u64::from(segment.seq) << 32 | u64::from(segment.ack));
        hasher
            .write_u64(u64::from(segment.len) << 32 | u64::from(segment.window) << 16 | u64::from(segment.flags) << 8);
        hasher.write_u32(u32::from(identification.unwrap_or(0)) << 1 | u32::from(from_low));
        let head = segment.payload.len().min(SIGNATURE_BYTES);
        hasher.write(segment.payload.get(..head).unwrap_or_default());
        let window = if identification.is_some() { DUPLICATE_WINDOW } else { DUPLICATE_WINDOW_NO_ID };
        Some(Self { hash: hasher.finish() | 1, time, window_ns: i64::try_from(window.as_nanos()).unwrap_or(i64::MAX) })
    }
}

/// Signatures of the last segments of a flow that is being read.
pub(super) struct Recent {
    ring: [(u64, CaptureTime); RECENT_SEGMENTS],
    next: u8,
}

impl Default for Recent {
    fn default() -> Self {
        Self { ring: [(0, CaptureTime::MIN); RECENT_SEGMENTS], next: 0 }
    }
}

impl Recent {
    /// Whether the segment is a copy of a recent one. If not, it is remembered.
    pub(super) fn is_copy(&mut self, new: Signature) -> bool {
        let window = std::time::Duration::from_nanos(new.window_ns.unsigned_abs());
        if self.ring.iter().any(|(hash, time)| *hash == new.hash && new.time.distance(*time) <= window) {
            return true;
        }
        if let Some(place) = self.ring.get_mut(usize::from(self.next)) {
            *place = (new.hash, new.time);
        }
        self.next = (self.next + 1) % RECENT_SEGMENTS as u8;
        false
    }
}

/// The same in sixteen bytes, for flows that are not being read: two signatures, times in wrapping microseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct LastTwo([(u32, u32); 2]);

impl LastTwo {
    /// Whether the segment is a copy of one of the last two. If not, it is remembered.
    pub(super) fn is_copy(&mut self, new: Signature) -> bool {
        let hash = (new.hash >> 32) as u32 | 1;
        let micros = new.time.as_nanos().div_euclid(1000) as u32;
        let window = u32::try_from(new.window_ns / 1000).unwrap_or(u32::MAX);
        let near = |then: u32| micros.wrapping_sub(then).min(then.wrapping_sub(micros)) <= window;
        if self.0.iter().any(|(known, then)| *known == hash && near(*then)) {
            return true;
        }
        self.0 = [(hash, micros), self.0[0]];
        false
    }
}
