//! Moments as text: RFC 3339 in UTC for machines, in the reader's zone for people.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::time::CaptureTime;

/// A moment together with the resolution of the clock that it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The moment.
    pub time: CaptureTime,
    /// Digits of a second that are known, at most 9.
    pub digits: u8,
}

impl Moment {
    /// RFC 3339 in UTC, for instance `2026-01-02T03:04:05.000001Z`.
    #[must_use]
    pub fn utc(self) -> String {
        format!("{:.*}", self.precision(), timestamp(self.time))
    }

    /// Date, time and offset in `zone`, for instance `2026-01-02 12:04:05.000001 +09:00`.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> String {
        let zoned = timestamp(self.time).to_zoned(zone.clone());
        let offset = zoned.strftime("%:z");
        format!("{} {offset}", self.civil(&zoned.datetime().to_string(), ' '))
    }

    /// The time of day in `zone`, for instance `12:04:05.000001`.
    #[must_use]
    pub fn time_of_day(self, zone: &TimeZone) -> String {
        format!("{:.*}", self.precision(), zone.to_datetime(timestamp(self.time)).time())
    }

    fn precision(self) -> usize {
        usize::from(self.digits.min(9))
    }

    /// `text` (a civil date and time) cut to the known digits, with `between` instead of the `T`.
    fn civil(self, text: &str, between: char) -> String {
        let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
        let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
        let precision = self.precision();
        if precision == 0 {
            return format!("{date}{between}{seconds}");
        }
        let known: String = fraction.chars().take(precision).collect();
        format!("{date}{between}{seconds}.{known:0<precision$}")
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.utc())
    }
}

impl JsonSchema for Moment {
    fn schema_name() -> Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "RFC 3339 in UTC with the resolution of the capture's clock",
            "type": "string",
            "format": "date-time",
            "pattern": r"^-?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$",
        })
    }
}

/// The range of [`CaptureTime`] lies within jiff's, so the epoch is never used in its place.
fn timestamp(time: CaptureTime) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(time.as_nanos())).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Reads a moment as people write it: RFC 3339 with an offset, or a date with or without a time, taken in `zone`.
///
/// # Errors
///
/// A message for the user where `text` is none of them.
pub fn parse(text: &str, zone: &TimeZone) -> Result<CaptureTime, String> {
    let wrong =
        || format!("{text:?} is not a time; write 2026-01-02T03:04:05Z or \"2026-01-02 03:04:05\" (--tz applies)");
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => {
            let civil = text.parse::<jiff::civil::DateTime>().map_err(|_| wrong())?;
            civil.to_zoned(zone.clone()).map_err(|_| wrong())?.timestamp()
        }
    };
    i64::try_from(timestamp.as_nanosecond()).map(CaptureTime::from_nanos).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(ns: i64, digits: u8) -> Moment {
        Moment { time: CaptureTime::from_nanos(ns), digits }
    }

    const T: i64 = 1_767_323_045_000_001_234;

    #[test]
    fn utc_keeps_the_resolution_of_the_capture() {
        assert_eq!(moment(T, 6).utc(), "2026-01-02T03:04:05.000001Z");
        assert_eq!(moment(T, 9).utc(), "2026-01-02T03:04:05.000001234Z");
        assert_eq!(moment(T, 0).utc(), "2026-01-02T03:04:05Z");
        assert_eq!(moment(T, 200).utc(), "2026-01-02T03:04:05.000001234Z");
        assert_eq!(moment(-1, 3).utc(), "1969-12-31T23:59:59.999Z");
    }

    #[test]
    fn the_ends_of_the_range_print() {
        assert!(moment(i64::MIN, 9).utc().starts_with("1677-09-21T"));
        assert!(moment(i64::MAX, 9).utc().starts_with("2262-04-11T"));
    }

    #[test]
    fn people_see_their_zone() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(moment(T, 6).in_zone(&zone), "2026-01-02 12:04:05.000001 +09:00");
        assert_eq!(moment(T, 6).time_of_day(&zone), "12:04:05.000001");
        assert_eq!(moment(T, 0).in_zone(&TimeZone::UTC), "2026-01-02 03:04:05 +00:00");
    }

    #[test]
    fn times_are_read_with_and_without_offset() {
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let at = |text| parse(text, &zone).map(CaptureTime::seconds);
        assert_eq!(at("2026-01-02T03:04:05Z"), Ok(1_767_323_045));
        assert_eq!(at("2026-01-02T12:04:05+09:00"), Ok(1_767_323_045));
        assert_eq!(at("2026-01-02 12:04:05"), Ok(1_767_323_045));
        assert_eq!(at("2026-01-02"), Ok(1_767_279_600));
        assert!(at("yesterday").is_err());
    }
}
