//! Time stamps of capture files become nanoseconds.

use crate::time::CaptureTime;

/// The unit in which an interface counts time, and where its counting starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// Seconds to be added (`if_tsoffset`).
    offset: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// A tick is this many nanoseconds.
    Nanoseconds(u64),
    /// This many ticks are a nanosecond; `None`: more than any time stamp holds.
    PerNanosecond(Option<u64>),
    /// Two to the power of this many ticks are a second.
    PowerOfTwo(u32),
}

impl Clock {
    /// Microseconds since the epoch: what holds where the file says nothing.
    pub(super) const MICROSECONDS: Self = Self::decimal(6);

    /// Ticks of 10^-`digits` seconds.
    const fn decimal(digits: u8) -> Self {
        let unit = if digits <= 9 {
            Unit::Nanoseconds(10_u64.pow(9 - digits as u32))
        } else {
            Unit::PerNanosecond(10_u64.checked_pow(digits as u32 - 9))
        };
        Self { unit, offset: 0 }
    }

    /// The clock of an interface by its `if_tsresol` (upper bit: power of two, else power of ten; the rest is the
    /// negated exponent) and `if_tsoffset`.
    pub(super) const fn new(resolution: u8, offset: i64) -> Self {
        let exponent = resolution & 0x7f;
        let clock = if resolution & 0x80 == 0 {
            Self::decimal(exponent)
        } else {
            Self { unit: Unit::PowerOfTwo(exponent as u32), offset: 0 }
        };
        Self { offset, ..clock }
    }

    /// The moment of a time stamp, rounded down to nanoseconds, saturating.
    #[inline]
    pub(super) fn time(self, ticks: u64) -> CaptureTime {
        let ns = match self.unit {
            Unit::Nanoseconds(ns) => u128::from(ticks) * u128::from(ns),
            Unit::PerNanosecond(Some(ticks_per_ns)) => u128::from(ticks / ticks_per_ns),
            Unit::PerNanosecond(None) => 0,
            Unit::PowerOfTwo(exponent) => (u128::from(ticks) * 1_000_000_000) >> exponent,
        };
        // Below 2^94 as computed above, and the offset in nanoseconds is below 2^93: no sum overflows.
        let ns = ns.cast_signed() + i128::from(self.offset) * 1_000_000_000;
        CaptureTime::from_nanos(i64::try_from(ns).unwrap_or(if ns < 0 { i64::MIN } else { i64::MAX }))
    }

    /// Decimal digits of a second that it resolves, nine at most.
    pub(super) fn digits(self) -> u8 {
        match self.unit {
            Unit::Nanoseconds(ns) => 9 - u8::try_from(ns.ilog10()).unwrap_or(9),
            Unit::PerNanosecond(_) => 9,
            // log10(2) is a little above 3/10.
            Unit::PowerOfTwo(exponent) => u8::try_from((exponent * 3).div_ceil(10)).map_or(9, |digits| digits.min(9)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resolution_ends_in_nanoseconds() {
        let second = 1_768_208_400_u64;
        for (resolution, ticks, ns) in [
            (6, second * 1_000_000 + 8_599, 8_599_000),
            (9, second * 1_000_000_000 + 123_456_789, 123_456_789),
            (3, second * 1_000 + 7, 7_000_000),
            (0, second, 0),
            (7, second * 10_000_000 + 1_234_567, 123_456_700),
            (10, second * 10_000_000_000 + 19, 1),
            (0x80, second, 0),
            (0x81, second * 2 + 1, 500_000_000),
            (0x80 | 20, (second << 20) + (1 << 19), 500_000_000),
            (0x80 | 32, (second << 32) + (1 << 30), 250_000_000),
        ] {
            let expected = CaptureTime::from_nanos(1_768_208_400_000_000_000 + ns);
            assert_eq!(Clock::new(resolution, 0).time(ticks), expected, "resolution {resolution:#x}");
        }
    }

    #[test]
    fn the_offset_counts_in_seconds_and_may_be_negative() {
        assert_eq!(Clock::new(6, 10).time(1).as_nanos(), 10_000_001_000);
        assert_eq!(Clock::new(6, -10).time(1).as_nanos(), -9_999_999_000);
    }

    #[test]
    fn nothing_overflows_at_any_extreme() {
        for resolution in 0..=u8::MAX {
            for offset in [i64::MIN, -1, 0, 1, i64::MAX] {
                for ticks in [0, 1, u64::MAX] {
                    let clock = Clock::new(resolution, offset);
                    let _ = clock.time(ticks);
                    assert!(clock.digits() <= 9);
                }
            }
        }
        assert_eq!(Clock::new(0, i64::MAX).time(u64::MAX), CaptureTime::MAX);
        assert_eq!(Clock::new(0, i64::MIN).time(0), CaptureTime::MIN);
        assert_eq!(Clock::new(127, 0).time(u64::MAX).as_nanos(), 0);
    }

    #[test]
    fn digits_follow_the_resolution() {
        for (resolution, digits) in
            [(0, 0), (3, 3), (6, 6), (9, 9), (12, 9), (0x80, 0), (0x8a, 3), (0x94, 6), (0xa0, 9)]
        {
            assert_eq!(Clock::new(resolution, 0).digits(), digits, "resolution {resolution:#x}");
        }
    }
}
