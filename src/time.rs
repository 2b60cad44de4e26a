//! Capture time: the only clock of the analysis.
//!
//! A capture carries its own time, and every deadline, window and duration is computed from it. Nothing above the
//! `source` floor asks the operating system what time it is, so the same capture gives the same report on every run.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pack::Near;

/// A moment in capture time: nanoseconds since 1970-01-01T00:00:00Z, saturating at the ends of the range
/// (years 1677 to 2262).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CaptureTime(i64);

/// For [`pack`](crate::pack) alone, which knows the moment before; outputs write times as [RFC 3339](https://www.rfc-editor.org/rfc/rfc3339).
impl Serialize for CaptureTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(Near::Time.distance(self.0))
    }
}

impl<'de> Deserialize<'de> for CaptureTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(|distance| Self(Near::Time.value(distance)))
    }
}

impl CaptureTime {
    /// The earliest moment that can be expressed.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest moment that can be expressed.
    pub const MAX: Self = Self(i64::MAX);

    /// The moment `ns` nanoseconds after the Unix epoch.
    #[must_use]
    pub const fn from_nanos(ns: i64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Time that passed since `earlier`; zero where `earlier` is in fact later, because clocks of captures step back.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        if self.0 <= earlier.0 {
            return Duration::ZERO;
        }
        Duration::from_nanos(self.0.abs_diff(earlier.0))
    }

    /// The distance between two moments, whichever comes first.
    #[must_use]
    pub const fn distance(self, other: Self) -> Duration {
        Duration::from_nanos(self.0.abs_diff(other.0))
    }

    /// The moment `span` later, saturating.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// The moment `span` earlier, saturating.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_steps_back_gives_no_negative_time() {
        let (early, late) = (CaptureTime::from_nanos(5), CaptureTime::from_nanos(9));
        assert_eq!(late.since(early), Duration::from_nanos(4));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(early.distance(late), Duration::from_nanos(4));
    }

    #[test]
    fn the_ends_of_the_range_saturate() {
        assert_eq!(CaptureTime::MAX.after(Duration::from_secs(1)), CaptureTime::MAX);
        assert_eq!(CaptureTime::MIN.before(Duration::from_secs(1)), CaptureTime::MIN);
        assert_eq!(CaptureTime::MAX.since(CaptureTime::MIN), Duration::from_nanos(u64::MAX));
        assert_eq!(CaptureTime::from_nanos(-1).seconds(), -1);
    }
}
