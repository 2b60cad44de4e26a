//! When traffic towards a host was seen: without it, silence proves nothing.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::time::CaptureTime;

/// Sightings closer together than this are one stretch.
const STRETCH: Duration = Duration::from_millis(1500);
/// Stretches remembered of one host; the oldest go first, which can only lower confidence.
const MAX_STRETCHES: usize = 64;

/// When unicast traffic towards hosts was captured.
#[derive(Default)]
pub struct Presence {
    hosts: HashMap<IpAddr, Stretches, foldhash::fast::RandomState>,
    max: usize,
    /// Hosts that were not remembered because the table was full.
    pub refused: u64,
}

/// Stretches of time, in the order in which they began to be noted.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stretches(VecDeque<(CaptureTime, CaptureTime)>);

impl Stretches {
    /// Notes a moment.
    pub fn note(&mut self, at: CaptureTime) {
        self.note_span(at, at);
    }

    /// Notes a span.
    pub fn note_span(&mut self, from: CaptureTime, to: CaptureTime) {
        if let Some((start, end)) = self.0.back_mut()
            && from >= start.before(STRETCH)
            && from <= end.after(STRETCH)
        {
            *start = (*start).min(from);
            *end = (*end).max(to);
            return;
        }
        if self.0.len() >= MAX_STRETCHES {
            self.0.pop_front();
        }
        self.0.push_back((from, to));
    }

    /// Whether any noted moment lies within `from..=to`. A stretch counts only where it surely has a moment inside.
    #[must_use]
    pub fn touches(&self, from: CaptureTime, to: CaptureTime) -> bool {
        self.0.iter().any(|&(start, end)| {
            let inside = |moment: CaptureTime| moment >= from && moment <= to;
            inside(start) || inside(end) || start < from && end > to && to.since(from) >= STRETCH
        })
    }
}

impl Presence {
    /// A table of at most `max` hosts.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { hosts: HashMap::default(), max: max.max(16), refused: 0 }
    }

    /// A unicast packet towards `host` was captured.
    pub fn note(&mut self, host: IpAddr, at: CaptureTime) {
        if let Some(stretches) = self.hosts.get_mut(&host) {
            stretches.note(at);
        } else if self.hosts.len() < self.max {
            // Most hosts have one.
            let mut stretches = Stretches(VecDeque::with_capacity(1));
            stretches.note(at);
            self.hosts.insert(host, stretches);
        } else {
            self.refused += 1;
        }
    }

    /// Lets go of hosts that nothing was sent to since that moment.
    pub fn forget(&mut self, before: CaptureTime) {
        self.hosts.retain(|_, stretches| stretches.0.back().is_some_and(|(_, end)| *end >= before));
        self.hosts.shrink_to(self.hosts.len() * 2);
    }

    /// Whether unicast traffic towards `host` was captured within `from..=to`.
    #[must_use]
    pub fn seen(&self, host: IpAddr, from: CaptureTime, to: CaptureTime) -> bool {
        self.hosts.get(&host).is_some_and(|stretches| stretches.touches(from, to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> CaptureTime {
        CaptureTime::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn a_stretch_counts_where_it_surely_has_a_moment() {
        let mut stretches = Stretches::default();
        for ms in [0, 1000, 2000, 3000] {
            stretches.note(at(ms));
        }
        stretches.note(at(9000));
        assert!(stretches.touches(at(500), at(2600)), "longer than the distance of two moments");
        assert!(!stretches.touches(at(2100), at(2900)), "may fall between two moments");
        assert!(!stretches.touches(at(3001), at(8999)));
        assert!(stretches.touches(at(3000), at(3000)));
        assert!(stretches.touches(at(8000), at(10_000)));
    }

    #[test]
    fn the_table_is_bounded() {
        let mut presence = Presence::new(16);
        for host in 0..100u8 {
            presence.note(IpAddr::from([10, 0, 0, host]), at(0));
        }
        assert!(presence.seen(IpAddr::from([10, 0, 0, 15]), at(0), at(0)));
        assert!(!presence.seen(IpAddr::from([10, 0, 0, 16]), at(0), at(0)));
        assert_eq!(presence.refused, 84);
    }

    #[test]
    fn old_stretches_go_first() {
        let mut stretches = Stretches::default();
        for minute in 0..100 {
            stretches.note(at(minute * 60_000));
        }
        assert!(!stretches.touches(at(0), at(60_000)));
        assert!(stretches.touches(at(99 * 60_000), at(100 * 60_000)));
    }
}
