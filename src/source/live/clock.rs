//! The clocks of the capturing machine, and what they say when they part.
//!
//! Packets carry the wall clock. It is set back and forth by people and by NTP, and it goes on while a laptop sleeps;
//! the steady clock does neither. Where the two part, everything that was waiting is cut off rather than timed out.

use std::time::Duration;

use crate::time::CaptureTime;

/// Wall and steady clock may part by this much between two looks: NTP slews by 0.5 ms a second.
const TOLERATED: Duration = Duration::from_millis(500);

/// One look at all clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// What packets are stamped with (`CLOCK_REALTIME`).
    pub wall: CaptureTime,
    /// Time that the machine was awake (`CLOCK_MONOTONIC`).
    pub awake: Duration,
    /// Time since the machine started, sleep included (`CLOCK_BOOTTIME`).
    pub running: Duration,
}

/// Where the clocks are read.
pub trait Clocks {
    /// All of them, now.
    fn look(&mut self) -> Look;
}

/// The clocks of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClocks;

#[cfg(target_os = "linux")]
impl Clocks for SystemClocks {
    fn look(&mut self) -> Look {
        use rustix::time::{ClockId, clock_gettime};
        let read = |clock| {
            let time = clock_gettime(clock);
            let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
            Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
        };
        let wall = read(ClockId::Realtime);
        Look {
            wall: CaptureTime::from_nanos(0).after(wall),
            awake: read(ClockId::Monotonic),
            running: read(ClockId::Boottime),
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Clocks for SystemClocks {
    fn look(&mut self) -> Look {
        use std::sync::OnceLock;
        use std::time::{Instant, SystemTime};
        static START: OnceLock<Instant> = OnceLock::new();
        let awake = START.get_or_init(Instant::now).elapsed();
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Look { wall: CaptureTime::from_nanos(0).after(wall), awake, running: awake }
    }
}

/// Why packets before and after a moment do not belong to one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// The machine slept so long.
    Suspended(Duration),
    /// The wall clock was set ahead by this much.
    SetAhead(Duration),
    /// The wall clock was set back by this much.
    SetBack(Duration),
    /// The interface was away.
    Away(Duration),
}

/// A cut, and the wall clock on both sides of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// Why.
    pub cut: Cut,
    /// The last moment before it.
    pub from: CaptureTime,
    /// The first moment after it.
    pub to: CaptureTime,
}

impl Break {
    /// Whether a packet with this stamp was captured after the cut.
    #[must_use]
    pub fn is_behind(&self, stamp: CaptureTime) -> bool {
        stamp.distance(self.to) < stamp.distance(self.from)
    }
}

/// Compares one look with the one before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Continuity {
    last: Option<Look>,
}

impl Continuity {
    /// What happened to the clocks since the last look.
    pub fn check(&mut self, now: Look) -> Option<Break> {
        let before = self.last.replace(now)?;
        let awake = now.awake.saturating_sub(before.awake);
        let running = now.running.saturating_sub(before.running);
        let slept = running.saturating_sub(awake);
        let expected = before.wall.after(running);
        let cut = if slept > TOLERATED {
            Cut::Suspended(slept)
        } else if now.wall.distance(expected) <= TOLERATED {
            return None;
        } else if now.wall > expected {
            Cut::SetAhead(now.wall.since(expected))
        } else {
            Cut::SetBack(expected.since(now.wall))
        };
        // The stamps of the last packets before a sleep lie up to the time awake behind the last look.
        Some(Break { cut, from: before.wall.after(awake), to: now.wall })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(wall: u64, awake: u64, running: u64) -> Look {
        let wall = CaptureTime::from_nanos(0).after(Duration::from_millis(wall));
        Look { wall, awake: Duration::from_millis(awake), running: Duration::from_millis(running) }
    }

    fn between(before: Look, after: Look) -> Option<Cut> {
        let mut continuity = Continuity::default();
        assert_eq!(continuity.check(before), None, "nothing to compare with");
        continuity.check(after).map(|found| found.cut)
    }

    #[test]
    fn clocks_that_go_on_together_say_nothing() {
        assert_eq!(between(look(1_000_000, 500, 500), look(1_000_100, 600, 600)), None);
        assert_eq!(
            between(look(1_000_000, 500, 500), look(4_600_000, 3_600_500, 3_600_500)),
            None,
            "a stopped process"
        );
        assert_eq!(between(look(1_000_000, 500, 500), look(1_000_550, 600, 600)), None, "slewing");
    }

    #[test]
    fn a_sleep_is_no_step_and_a_step_no_sleep() {
        let hours = 8 * 3_600_000;
        let slept = between(look(1_000_000, 500, 500), look(1_000_100 + hours, 600, 600 + hours));
        assert_eq!(slept, Some(Cut::Suspended(Duration::from_millis(hours))));
        let ahead = between(look(1_000_000, 500, 500), look(1_060_100, 600, 600));
        assert_eq!(ahead, Some(Cut::SetAhead(Duration::from_secs(60))));
        let back = between(look(1_000_000, 500, 500), look(940_100, 600, 600));
        assert_eq!(back, Some(Cut::SetBack(Duration::from_secs(60))));
    }

    #[test]
    fn packets_belong_to_the_nearer_side() {
        let mut continuity = Continuity::default();
        continuity.check(look(1_000_000, 0, 0));
        let found = continuity.check(look(9_000_000, 100, 100));
        let is_behind = |ms| {
            let stamp = CaptureTime::from_nanos(0).after(Duration::from_millis(ms));
            found.is_some_and(|found| found.is_behind(stamp))
        };
        assert!(!is_behind(1_000_050), "captured before the step and read after it");
        assert!(is_behind(8_999_990));
    }
}
