//! How far two clocks are apart, by packets that both captured.
//!
//! A packet that goes one way is late at the second point by the way between them, one that goes the other way is early
//! by it: half-way lies the difference of the clocks (as NTP has it, RFC 5905, 8). Medians, not means: among the packets
//! are repetitions that each point captured another time, and some that a queue held back.

use std::time::Duration;

use crate::source::Correction;
use crate::time::CaptureTime;

/// Packets that must agree before a clock is touched: fewer may look alike by chance.
pub(super) const MIN_SHARED: usize = 5;
/// Packets of one difference lie this close: there and back on the longest way, by satellite.
const SAME: i64 = 1_000_000_000;
/// Clocks that run so differently are none (parts in 10^9); crystals are within a fifth of it.
const MAX_RATE: i64 = 200_000;
/// Half of the packets stray by less, or it is no difference of clocks.
const MAX_SPREAD: Duration = Duration::from_millis(50);
/// A smaller difference does no harm: copies, order and deadlines are judged with more room than that.
pub(super) const MIN_SKEW: Duration = Duration::from_millis(1);
/// Packets, and the time that they take, by which it can be told that one clock runs faster.
const MIN_FOR_RATE: usize = 24;
const MIN_TIME_FOR_RATE: i64 = 10_000_000_000;

/// A packet that both points captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shared {
    /// When, by the clock of the first.
    pub(super) time: i64,
    /// How much later by the clock of the second.
    pub(super) later: i64,
    /// It comes from the side that asks.
    pub(super) asks: bool,
}

/// What two points have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Skew {
    /// Brings the clock of the second to that of the first.
    pub(super) correction: Correction,
    /// Packets that agree on it.
    pub(super) packets: u64,
    /// How far half of them stray.
    pub(super) spread: Duration,
    /// How long a packet takes from one to the other.
    pub(super) way: Duration,
}

impl Skew {
    /// Between two points, by the packets that both captured; `None` where they do not agree on one.
    pub(super) fn of(mut shared: Vec<Shared>) -> Option<Self> {
        if shared.len() < MIN_SHARED {
            return None;
        }
        shared.sort_unstable_by_key(|one| (one.later, one.time));
        let all = shared.len();
        let shared = densest(&mut shared);
        if shared.len() < MIN_SHARED || shared.len() * 4 < all * 3 {
            return None;
        }
        shared.sort_unstable();
        let since = shared.first()?.time;
        let rate = rate(shared);
        let level = |one: &Shared| one.later.saturating_sub(drift(rate, one.time.saturating_sub(since)));
        let of = |asks: bool| shared.iter().filter(move |one| one.asks == asks).map(level).collect::<Vec<i64>>();
        let ways = [of(true), of(false)];
        let middles = ways.clone().map(|mut way| median(&mut way));
        let (offset, way) = match middles {
            [Some(there), Some(back)] => (there.midpoint(back), there.abs_diff(back) / 2),
            [one, other] => (one.or(other)?, 0),
        };
        let mut stray: Vec<i64> = ways
            .iter()
            .zip(middles)
            .flat_map(|(way, middle)| {
                way.iter().map(move |one| one.saturating_sub(middle.unwrap_or(0)).saturating_abs())
            })
            .collect();
        let spread = Duration::from_nanos(median(&mut stray)?.unsigned_abs());
        if spread > MAX_SPREAD {
            return None;
        }
        let since = CaptureTime::from_nanos(since.saturating_add(offset));
        Some(Self {
            correction: Correction { offset: offset.saturating_neg(), rate: -rate, since },
            packets: shared.len() as u64,
            spread,
            way: Duration::from_nanos(way),
        })
    }

    /// Brings the clock of the first to that of the second.
    pub(super) fn turned(&self) -> Correction {
        let Correction { offset, rate, since } = self.correction;
        let since = CaptureTime::from_nanos(since.as_nanos().saturating_add(offset));
        Correction { offset: offset.saturating_neg(), rate: -rate, since }
    }
}

/// Those of the sorted packets that lie together as the packets of one difference do, the most that there are.
fn densest(shared: &mut [Shared]) -> &mut [Shared] {
    let times = shared.iter().map(|one| one.time);
    let span = times.clone().max().unwrap_or(0).saturating_sub(times.min().unwrap_or(0));
    let width = SAME.saturating_add(drift(MAX_RATE, span));
    let (mut best, mut start) = (0..0, 0);
    for end in 0..shared.len() {
        let Some(last) = shared.get(end) else { break };
        while shared.get(start).is_some_and(|first| last.later.saturating_sub(first.later) > width) {
            start += 1;
        }
        if end + 1 - start > best.len() {
            best = start..end + 1;
        }
    }
    shared.get_mut(best).unwrap_or_default()
}

/// How much faster the second clock runs (parts in 10^9), of packets in order of time; 0 where that cannot be told.
fn rate(shared: &[Shared]) -> i64 {
    let (Some(first), Some(last)) = (shared.first(), shared.last()) else { return 0 };
    if shared.len() < MIN_FOR_RATE || last.time.saturating_sub(first.time) < MIN_TIME_FOR_RATE {
        return 0;
    }
    let third = shared.len() / 3;
    let (early, late) = (shared.get(..third), shared.get(shared.len() - third..));
    let middle = |part: Option<&[Shared]>, asks: bool| {
        let part: Vec<&Shared> = part?.iter().filter(|one| one.asks == asks).collect();
        if part.len() < 4 {
            return None;
        }
        let time = median(&mut part.iter().map(|one| one.time).collect::<Vec<_>>())?;
        let later = median(&mut part.iter().map(|one| one.later).collect::<Vec<_>>())?;
        let mut stray: Vec<i64> = part.iter().map(|one| one.later.saturating_sub(later).saturating_abs()).collect();
        Some((time, later, median(&mut stray)?))
    };
    let slope = |asks: bool| {
        let (early, late) = (middle(early, asks)?, middle(late, asks)?);
        let (moved, passed) = (late.1.saturating_sub(early.1), late.0.saturating_sub(early.0));
        // Less than the packets stray is no drift.
        let clear = moved.saturating_abs() > 1_000_000_i64.saturating_add(4 * early.2.max(late.2));
        let rate = i128::from(moved) * 1_000_000_000 / i128::from(passed.max(1));
        let rate = i64::try_from(rate).ok().filter(|rate| rate.abs() <= MAX_RATE)?;
        Some(if clear { rate } else { 0 })
    };
    match (slope(true), slope(false)) {
        // Queues that grow make one way longer; a clock moves both.
        (Some(there), Some(back)) if there != 0 && back != 0 && (there - back).abs() <= there.abs().min(back.abs()) => {
            there.midpoint(back)
        }
        _ => 0,
    }
}

fn drift(rate: i64, passed: i64) -> i64 {
    i64::try_from(i128::from(rate) * i128::from(passed) / 1_000_000_000).unwrap_or(0)
}

fn median(values: &mut [i64]) -> Option<i64> {
    let middle = values.len().checked_sub(1)? / 2;
    Some(*values.select_nth_unstable(middle).1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    /// Packets 100 ms apart, both ways in turn, over a way of `way` ms, the second clock ahead by `ahead` ms and fast by
    /// `rate` parts in 10^9.
    fn seen(count: i64, ahead: i64, way: i64, rate: i64) -> Vec<Shared> {
        (0..count)
            .map(|number| {
                let (time, asks) = (number * 100 * MS, number % 2 == 0);
                let way = if asks { way } else { -way };
                Shared { time, later: (ahead + way) * MS + drift(rate, time), asks }
            })
            .collect()
    }

    #[test]
    fn the_way_between_the_points_is_no_difference() {
        for ahead in [0, 200, -3_000, 3_600_000] {
            let skew = Skew::of(seen(12, ahead, 40, 0)).unwrap();
            assert_eq!((skew.correction.offset, skew.way), (-ahead * MS, Duration::from_millis(40)), "{ahead}");
            assert_eq!((skew.packets, skew.spread), (12, Duration::ZERO));
            assert_eq!(skew.turned().offset, ahead * MS);
        }
    }

    #[test]
    fn a_few_that_stray_change_nothing() {
        let mut shared = seen(40, 3_214, 2, 0);
        for strayed in shared.iter_mut().step_by(5) {
            strayed.later += 1_000 * MS;
        }
        assert_eq!(Skew::of(shared).unwrap().correction.offset, -3_214 * MS);
    }

    #[test]
    fn too_few_or_too_scattered_ones_say_nothing() {
        assert_eq!(Skew::of(seen(4, 3_000, 1, 0)), None);
        let scattered = (0..40).map(|n| Shared { time: n * MS, later: n * n * 700 * MS, asks: n % 2 == 0 }).collect();
        assert_eq!(Skew::of(scattered), None);
        let wide = (0..40).map(|n| Shared { time: n * MS, later: n * 20 * MS, asks: true }).collect();
        assert_eq!(Skew::of(wide), None);
    }

    #[test]
    fn one_way_alone_takes_the_way_for_the_clock() {
        let one_way = seen(20, 500, 3, 0).into_iter().filter(|one| one.asks).collect();
        let skew = Skew::of(one_way).unwrap();
        assert_eq!((skew.correction.offset, skew.way), (-503 * MS, Duration::ZERO));
    }

    #[test]
    fn a_clock_that_runs_fast_is_followed() {
        // 40 minutes at 50 ppm: 120 ms.
        let shared = seen(24_000, 250, 1, 50_000);
        let (last, ahead) = (shared.last().unwrap().time, shared.last().unwrap().later);
        let skew = Skew::of(shared).unwrap();
        assert!((skew.correction.rate + 50_000).abs() < 50, "{skew:?}");
        let right = skew.correction.apply(CaptureTime::from_nanos(last + ahead));
        assert!(right.distance(CaptureTime::from_nanos(last)) < Duration::from_millis(2), "{skew:?}");
        assert_eq!(Skew::of(seen(24_000, 250, 1, 0)).unwrap().correction.rate, 0);
    }
}
