//! Setting a clock right: what is added to the times of an input whose clock was found to differ from the others'.

use std::path::PathBuf;
use std::time::Duration;

use crate::time::CaptureTime;

/// How the clock of an input was set right, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alignment {
    /// What is added to its times.
    pub correction: Correction,
    /// The input whose clock all of these follow.
    pub reference: PathBuf,
    /// Packets that two inputs hold and that the difference was measured by; 0 where it continues, by its name and its
    /// times, an input whose clock was measured.
    pub packets: u64,
    /// How far half of these packets stray from the difference.
    pub spread: Duration,
}

/// What is added to the times of one input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// Nanoseconds added to a packet of `since`.
    pub offset: i64,
    /// Nanoseconds added for each second after it (parts in 10^9): clocks run differently, up to some 100,000 (100 ppm).
    pub rate: i64,
    /// The moment, by the input's own clock, from which `rate` counts.
    pub since: CaptureTime,
}

impl Correction {
    /// The same amount for all packets.
    #[must_use]
    pub const fn by(offset: i64) -> Self {
        Self { offset, rate: 0, since: CaptureTime::from_nanos(0) }
    }

    /// This one, and then `next` on what it gives.
    #[must_use]
    pub fn then(self, next: Self) -> Self {
        let at_since = self.apply(self.since);
        let moved = i128::from(next.apply(at_since).as_nanos()) - i128::from(self.since.as_nanos());
        let offset = i64::try_from(moved).unwrap_or(if moved < 0 { i64::MIN } else { i64::MAX });
        // The product of two rates is a hundredth of a millionth: a millisecond in a day.
        Self { offset, rate: self.rate.saturating_add(next.rate), since: self.since }
    }

    /// A moment by the input's clock, set right; saturating.
    #[inline]
    #[must_use]
    pub fn apply(self, time: CaptureTime) -> CaptureTime {
        let drift = if self.rate == 0 {
            0
        } else {
            // Below 2^64 times 2^64: no product overflows.
            let passed = i128::from(time.as_nanos()) - i128::from(self.since.as_nanos());
            passed * i128::from(self.rate) / 1_000_000_000
        };
        let ns = i128::from(time.as_nanos()) + i128::from(self.offset) + drift;
        CaptureTime::from_nanos(i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ns: i64) -> CaptureTime {
        CaptureTime::from_nanos(ns)
    }

    #[test]
    fn an_offset_moves_every_time_alike() {
        let late = Correction::by(-3_000_000_000);
        assert_eq!(late.apply(at(10_000_000_000)), at(7_000_000_000));
        assert_eq!(late.apply(at(0)), at(-3_000_000_000));
    }

    #[test]
    fn a_rate_adds_with_every_second() {
        // 50 ppm are 3 ms a minute.
        let slow = Correction { offset: 500, rate: 50_000, since: at(1_000_000_000) };
        assert_eq!(slow.apply(at(1_000_000_000)), at(1_000_000_500));
        assert_eq!(slow.apply(at(61_000_000_000)), at(61_003_000_500));
        assert_eq!(slow.apply(at(0)), at(500 - 50_000));
    }

    #[test]
    fn one_after_the_other_is_one() {
        let first = Correction { offset: -4_000, rate: 20_000, since: at(5_000_000_000) };
        let next = Correction { offset: 70_000, rate: -50_000, since: at(1_000_000_000) };
        for seconds in [0, 5, 60, 3_600] {
            let time = at(seconds * 1_000_000_000);
            let (both, each) = (first.then(next).apply(time), next.apply(first.apply(time)));
            assert!(both.distance(each).as_nanos() <= 4_000, "{seconds}: {both:?} {each:?}");
        }
    }

    #[test]
    fn nothing_overflows_at_any_extreme() {
        for offset in [i64::MIN, -1, 0, 1, i64::MAX] {
            for rate in [i64::MIN, 0, i64::MAX] {
                for time in [i64::MIN, 0, i64::MAX] {
                    let _ = Correction { offset, rate, since: at(i64::MIN) }.apply(at(time));
                }
            }
        }
        assert_eq!(Correction::by(i64::MAX).apply(CaptureTime::MAX), CaptureTime::MAX);
        assert_eq!(Correction::by(i64::MIN).apply(CaptureTime::MIN), CaptureTime::MIN);
    }
}
