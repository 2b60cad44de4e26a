//! Whether a stream is being written while it is read, and what time it is there.
//!
//! A capture that comes through a pipe may be a file of last week or what a remote machine sees now. It is live when it
//! makes its reader wait, or when its packets come as fast as their own clock says. Then silence is silence, and the
//! remote clock goes on as ours does.

use std::time::{Duration, Instant};

use crate::time::CaptureTime;

/// A stream that makes its reader wait for so long is live.
const WAITS: Duration = Duration::from_millis(300);
/// Packets that come over so long a time tell their pace.
const ENOUGH: Duration = Duration::from_secs(2);
/// How late packets of a live stream may come: buffers on the way, and a slow line.
const LATE: Duration = Duration::from_secs(1);
/// Time goes on without packets for so long: further, and it is more likely that the line is cut.
const FURTHEST: Duration = Duration::from_secs(200);

/// The pace of a stream.
#[derive(Debug, Default)]
pub struct Pace {
    /// First packet: its time, and when it came.
    first: Option<(CaptureTime, Instant)>,
    last: Option<(CaptureTime, Instant)>,
    live: bool,
}

impl Pace {
    /// Packets came, the latest of that time.
    pub fn packets(&mut self, last: CaptureTime, now: Instant) {
        let (first, since) = *self.first.get_or_insert((last, now));
        self.last = Some((last, now));
        let waited = now.saturating_duration_since(since);
        let passed = last.since(first);
        self.live |= waited >= ENOUGH && passed <= waited.mul_f64(1.2) + Duration::from_secs(1);
    }

    /// Nothing came; what time it is where the stream is written, where that is known.
    pub fn silence(&mut self, now: Instant) -> Option<CaptureTime> {
        let (time, at) = self.last?;
        let silent = now.saturating_duration_since(at);
        self.live |= silent >= WAITS;
        let passed = silent.min(FURTHEST).checked_sub(LATE)?;
        self.live.then(|| time.after(passed))
    }

    /// Whether it is being written while it is read.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.live
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> CaptureTime {
        CaptureTime::from_nanos(0).after(Duration::from_secs(seconds))
    }

    #[test]
    fn an_old_capture_that_comes_at_once_is_not_live() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        for second in 0..100 {
            pace.packets(at(second * 60), start + Duration::from_millis(second * 50));
        }
        assert!(!pace.is_live());
    }

    #[test]
    fn a_stream_that_makes_us_wait_is_live_and_its_clock_goes_on() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        pace.packets(at(1000), start);
        assert_eq!(pace.silence(start + Duration::from_millis(200)), None);
        assert!(!pace.is_live());
        assert_eq!(pace.silence(start + Duration::from_secs(14)), Some(at(1013)));
        assert!(pace.is_live());
        assert_eq!(pace.silence(start + Duration::from_secs(9000)), Some(at(1199)), "the line may be cut");
    }

    #[test]
    fn a_stream_without_a_pause_is_live_by_its_pace() {
        let (start, mut pace) = (Instant::now(), Pace::default());
        for tenth in 0..25 {
            let passed = Duration::from_millis(tenth * 100);
            pace.packets(at(1000).after(passed), start + passed);
        }
        assert!(pace.is_live());
    }
}
