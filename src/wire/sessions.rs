//! Mirror sessions: how many packets the mirror itself lost on its way.
//!
//! A switch that mirrors over GRE numbers what it sends (RFC 2890; ERSPAN types II and III always do). A number that never
//! comes is a packet that the capture lacks, though no capturing system dropped it.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::limits::{MAX_LOSSES, MAX_MIRROR_SESSIONS};
use crate::time::CaptureTime;
use crate::wire::Ip;
use crate::wire::layer::Layer;
use crate::wire::tunnel;

/// Numbers below the highest that may still come: networks reorder by a few.
const LATE: u64 = 64;
/// A number that lies further off, either way, begins anew: the switch restarted, or the session was set up again.
const JUMP: u32 = 1 << 16;
/// Sessions that begin anew so often for their packets have no common numbering: some switches number by port group.
const RESTLESS: u64 = 16;

/// A mirror session: both ends of the tunnel, and its number.
type Session = (IpAddr, IpAddr, u16);

/// What is known of a session.
#[derive(Debug)]
struct Progress {
    highest: u32,
    /// The numbers just below the highest that came, the highest itself in the lowest bit.
    came: u64,
    at: CaptureTime,
    packets: u64,
    missing: u64,
    starts: u64,
    gaps: Vec<Gap>,
}

/// Numbers that were missing when a higher one came.
#[derive(Debug)]
struct Gap {
    /// The first of them, and how many there are up to the last.
    first: u32,
    count: u32,
    /// How many have not come since.
    missing: u32,
    /// The times of the last packet before and of the first one behind.
    span: (CaptureTime, CaptureTime),
}

/// Follows the numbers of mirror sessions.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    known: HashMap<Session, Progress, foldhash::fast::RandomState>,
}

/// What mirror sessions lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorLoss {
    /// Packets.
    pub packets: u64,
    /// When: from the last packet before each gap to the first one behind it. Of very many, some are joined.
    pub gaps: Vec<(CaptureTime, CaptureTime)>,
}

impl Sessions {
    /// Takes the payload of an IP packet that may be part of a mirror session.
    pub(super) fn note(&mut self, ip: &Ip, payload: Layer<'_>, at: CaptureTime) {
        let Some((session, number)) = tunnel::mirror_number(payload) else { return };
        let key = (ip.source, ip.destination, session);
        if let Some(progress) = self.known.get_mut(&key) {
            progress.take(number, at);
        } else if self.known.len() < MAX_MIRROR_SESSIONS {
            self.known.insert(key, Progress::begin(number, at));
        }
    }

    /// What was lost so far.
    pub(super) fn lost(&self) -> MirrorLoss {
        let orderly = || self.known.values().filter(|one| one.is_orderly());
        let mut gaps: Vec<_> = orderly().flat_map(Progress::open_gaps).map(|gap| gap.span).collect();
        gaps.sort_unstable();
        MirrorLoss { packets: orderly().map(|one| one.missing).sum(), gaps }
    }
}

impl Progress {
    const fn begin(number: u32, at: CaptureTime) -> Self {
        Self { highest: number, came: 1, at, packets: 1, missing: 0, starts: 1, gaps: Vec::new() }
    }

    fn take(&mut self, number: u32, at: CaptureTime) {
        self.packets += 1;
        let (ahead, behind) = (number.wrapping_sub(self.highest), self.highest.wrapping_sub(number));
        if ahead == 0 {
            return;
        }
        if ahead < JUMP {
            if ahead > 1 {
                self.missing += u64::from(ahead) - 1;
                self.gap(ahead - 1, at);
            }
            self.came = if u64::from(ahead) < LATE { self.came << ahead | 1 } else { 1 };
            (self.highest, self.at) = (number, at);
        } else if u64::from(behind) < LATE {
            // It comes late, or twice.
            let bit = 1 << behind;
            if self.came & bit == 0 {
                self.came |= bit;
                self.missing = self.missing.saturating_sub(1);
                let mut gaps = self.gaps.iter_mut().rev();
                if let Some(gap) = gaps.find(|gap| number.wrapping_sub(gap.first) < gap.count) {
                    gap.missing = gap.missing.saturating_sub(1);
                }
            }
        } else if behind >= JUMP {
            self.starts += 1;
            (self.highest, self.came, self.at) = (number, 1, at);
        }
    }

    /// So many numbers behind the highest did not come up to now.
    fn gap(&mut self, missing: u32, at: CaptureTime) {
        let (first, span) = (self.highest.wrapping_add(1), (self.at.min(at), self.at.max(at)));
        // What was only late leaves no gap.
        while self.gaps.last().is_some_and(|gap| gap.missing == 0) {
            self.gaps.pop();
        }
        if self.gaps.len() < MAX_LOSSES {
            self.gaps.push(Gap { first, count: missing, missing, span });
        } else if let Some(last) = self.gaps.last_mut() {
            // Longer than it was: that can only lower confidence.
            last.count = first.wrapping_sub(last.first).saturating_add(missing);
            last.missing = last.missing.saturating_add(missing);
            last.span = (last.span.0.min(span.0), last.span.1.max(span.1));
        }
    }

    fn open_gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter().filter(|gap| gap.missing > 0)
    }

    /// Whether the numbers are those of one counter.
    const fn is_orderly(&self) -> bool {
        self.starts <= 2 + self.packets / RESTLESS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> CaptureTime {
        CaptureTime::from_nanos(ms * 1_000_000)
    }

    fn lost(numbers: impl IntoIterator<Item = u32>) -> (u64, usize) {
        let mut numbers = (0..).zip(numbers);
        let mut progress = numbers.next().map(|(ms, first)| Progress::begin(first, at(ms)));
        if let Some(progress) = &mut progress {
            numbers.for_each(|(ms, number)| progress.take(number, at(ms)));
        }
        progress.filter(Progress::is_orderly).map_or((0, 0), |one| (one.missing, one.open_gaps().count()))
    }

    #[test]
    fn numbers_that_never_come_are_lost() {
        for (what, numbers, expected) in [
            ("none", vec![1, 2, 3, 4], (0, 0)),
            ("two in one place", vec![1, 2, 5, 6], (2, 1)),
            ("in two places", vec![1, 3, 4, 8], (4, 2)),
            ("over the end of the numbers", vec![u32::MAX - 1, u32::MAX, 1, 2], (1, 1)),
            ("one that came late", vec![1, 3, 2, 4], (0, 0)),
            ("one of two that came late", vec![1, 4, 2, 5], (1, 1)),
            ("one that came twice", vec![1, 2, 2, 1, 3], (0, 0)),
            ("a switch that does not count", vec![0; 40], (0, 0)),
            ("a switch that restarted", vec![900_000, 900_001, 0, 1, 2, 4], (1, 1)),
        ] {
            assert_eq!(lost(numbers), expected, "{what}");
        }
    }

    #[test]
    fn numbers_of_several_counters_say_nothing() {
        let two = (0..200).map(|n| if n % 2 == 0 { n } else { 4_000_000 + 3 * n });
        assert_eq!(lost(two), (0, 0));
    }

    #[test]
    fn many_gaps_are_joined() {
        let (packets, gaps) = lost((0..2_000).map(|n| n * 2));
        assert_eq!((packets, gaps), (1_999, MAX_LOSSES));
    }
}
