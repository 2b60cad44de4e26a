//! How far the traffic towards a host has come: Windows' passive probe takes enough hops for the Internet.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use crate::time::CaptureTime;

/// Windows looks at inbound packets every so often (`PassivePollPeriod`).
pub const POLL: Duration = Duration::from_secs(15);
/// Periods remembered of one host; the oldest go first.
const MAX_PERIODS: usize = 256;
/// What systems set the TTL of their packets to.
const INITIAL: [u8; 3] = [64, 128, 255];

/// A packet from afar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Far {
    /// When it came.
    pub at: CaptureTime,
    /// Hops that it has passed, as its TTL lets one guess.
    pub hops: u8,
}

/// The first and the last packet from afar of one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    first: Far,
    last: Far,
}

/// Inbound packets of hosts that came over enough hops, by period. Position and tunnels shift a TTL: every number here
/// is an estimate.
#[derive(Default)]
pub struct Hops {
    hosts: HashMap<IpAddr, VecDeque<Period>, foldhash::fast::RandomState>,
    max: usize,
    minimum: u8,
}

/// Hops behind a TTL, guessed from the nearest initial value that is not below it.
#[must_use]
pub fn guess(ttl: u8) -> u8 {
    INITIAL.iter().find(|initial| **initial >= ttl).map_or(0, |initial| initial - ttl)
}

impl Hops {
    /// A table of at most `max` hosts for packets that came over `minimum` hops or more.
    #[must_use]
    pub fn new(max: usize, minimum: u8) -> Self {
        Self { hosts: HashMap::default(), max, minimum }
    }

    /// A unicast packet towards `host` came with `ttl`.
    #[inline]
    pub fn note(&mut self, host: IpAddr, at: CaptureTime, ttl: u8) {
        let hops = guess(ttl);
        if hops >= self.minimum {
            self.keep(host, Far { at, hops });
        }
    }

    fn keep(&mut self, host: IpAddr, far: Far) {
        let number = |time: CaptureTime| time.seconds().div_euclid(POLL.as_secs().cast_signed());
        if let Some(periods) = self.hosts.get_mut(&host) {
            match periods.back_mut().filter(|period| number(period.last.at) == number(far.at)) {
                Some(period) => {
                    if far.at < period.first.at {
                        period.first = far;
                    }
                    if far.at > period.last.at {
                        period.last = far;
                    }
                }
                None => {
                    if periods.len() >= MAX_PERIODS {
                        periods.pop_front();
                    }
                    periods.push_back(Period { first: far, last: far });
                }
            }
        } else if self.hosts.len() < self.max {
            self.hosts.insert(host, VecDeque::from([Period { first: far, last: far }]));
        }
    }

    /// Lets go of hosts that nothing reached from afar since that moment.
    pub fn forget(&mut self, before: CaptureTime) {
        self.hosts.retain(|_, periods| periods.back().is_some_and(|period| period.last.at >= before));
        self.hosts.shrink_to(self.hosts.len() * 2);
    }

    /// About the first packet from afar towards `host` within `from..=to`.
    #[must_use]
    pub fn far(&self, host: IpAddr, from: CaptureTime, to: CaptureTime) -> Option<Far> {
        let inside = |far: &Far| far.at >= from && far.at <= to;
        let periods = self.hosts.get(&host)?.iter();
        periods.flat_map(|period| [period.first, period.last]).filter(inside).min_by_key(|far| far.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> CaptureTime {
        CaptureTime::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn hops_are_guessed_from_the_nearest_initial_value() {
        let guesses = [64, 63, 52, 65, 128, 117, 129, 255, 1].map(guess);
        assert_eq!(guesses, [0, 1, 12, 63, 0, 11, 126, 0, 63]);
    }

    #[test]
    fn packets_from_afar_stay_and_others_do_not() {
        let host = IpAddr::from([10, 0, 0, 5]);
        let mut hops = Hops::new(4, 8);
        for (second, ttl) in [(0, 63), (2, 52), (9, 60), (12, 54), (31, 64)] {
            hops.note(host, at(second), ttl);
        }
        assert_eq!(hops.far(host, at(0), at(60)), Some(Far { at: at(2), hops: 12 }));
        assert_eq!(
            hops.far(host, at(3), at(60)),
            Some(Far { at: at(12), hops: 10 }),
            "a farther one before hides none"
        );
        assert_eq!(hops.far(host, at(13), at(60)), None);
        assert_eq!(hops.far(IpAddr::from([10, 0, 0, 6]), at(0), at(60)), None);
    }

    #[test]
    fn hosts_and_periods_are_bounded() {
        let mut hops = Hops::new(2, 8);
        for host in 0..9u8 {
            hops.note(IpAddr::from([10, 0, 0, host]), at(0), 40);
        }
        for period in 0..1000 {
            hops.note(IpAddr::from([10, 0, 0, 0]), at(period * 15), 40);
        }
        assert_eq!(hops.hosts.len(), 2);
        assert_eq!(hops.hosts[&IpAddr::from([10, 0, 0, 0])].len(), MAX_PERIODS);
    }
}
