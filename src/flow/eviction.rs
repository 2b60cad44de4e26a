//! What goes when the table is full, so that no hash order shows: who makes it full, before who does not; and of those the
//! least recently active, ties by id.
//!
//! A flood of SYNs that nobody answers, or of connections that have much put aside, must not push out the one whose
//! conversation goes on: that is what the capture is read for.

use super::hot::{Hot, Phase};
use super::live::Live;
use super::{End, FlowId, FlowTable, StreamReader};
use crate::time::CaptureTime;

/// Who goes first: the lower, the earlier.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Nobody reads it, or one side has not said a word.
    Idle,
    /// Both sides talk.
    Talking,
}

impl<S> Live<S> {
    fn rank(&self) -> Rank {
        if self.connection.halves.iter().all(|half| half.packets > 0) { Rank::Talking } else { Rank::Idle }
    }
}

impl<R: StreamReader> FlowTable<R> {
    /// Room for one more flow. A sixteenth goes at once, so that the scan is paid by many.
    pub(super) fn make_room(&mut self, now: CaptureTime, reader: &mut R) {
        if self.index.len() < self.limits.flows.max(1) {
            return;
        }
        let lives = &self.lives;
        let age = |hot: &Hot| {
            let live = match hot.phase {
                Phase::Live(slot) => lives.get(slot as usize).and_then(Option::as_ref),
                Phase::Watched | Phase::Over => None,
            };
            (live.map_or(Rank::Idle, |live| live.rank()), hot.active, hot.id)
        };
        let mut ages: Vec<_> = self.index.iter().map(age).collect();
        let last = ages.len() / 16;
        let (_, threshold, _) = ages.select_nth_unstable(last);
        let threshold = *threshold;
        let mut gone: Vec<Hot> = self.index.extract_if(|hot| age(hot) <= threshold).collect();
        gone.sort_unstable_by_key(|hot| (hot.active, hot.id));
        for hot in gone {
            let Phase::Live(slot) = hot.phase else {
                self.stats.forgotten += 1;
                continue;
            };
            if let Some(mut live) = self.remove(slot) {
                self.stats.evicted += 1;
                live.end(now, End::Evicted, reader, &mut self.stats);
            }
        }
    }

    /// Ends live flows until their bytes are an eighth below the bound: first those of the kind that weighs most. There are
    /// four, by whether both sides talk and whether a flow has half of what all have on average.
    pub(super) fn lighten(&mut self, now: CaptureTime, reader: &mut R) {
        let lives = || self.lives.iter().enumerate().filter_map(|(slot, live)| Some((slot, live.as_ref()?)));
        let heavy = self.bytes / lives().count().max(1) / 2;
        let kind = |live: &Live<R::State>| (live.rank(), live.weight < heavy);
        let weight = |wanted| lives().filter(|(_, live)| kind(live) == wanted).map(|(_, live)| live.weight).sum();
        let kinds = [(Rank::Idle, false), (Rank::Talking, false), (Rank::Idle, true), (Rank::Talking, true)];
        let mut kinds: [(usize, (Rank, bool)); 4] = kinds.map(|kind| (weight(kind), kind));
        kinds.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        let turn = |live: &Live<R::State>| kinds.iter().position(|(_, known)| *known == kind(live));
        let mut ages: Vec<(Option<usize>, CaptureTime, FlowId, usize)> =
            lives().map(|(slot, live)| (turn(live), live.active, live.connection.id, slot)).collect();
        ages.sort_unstable();
        let target = self.limits.flow_bytes / 8 * 7;
        for (_, _, _, slot) in ages {
            if self.bytes <= target {
                break;
            }
            let Some(mut live) = self.remove(slot as u32) else { continue };
            let key = live.key;
            let hash = key.hash_with(&self.hasher);
            if let Some(hot) = self.index.find_mut(hash, |hot| hot.key == key) {
                // What it says later may be recognised again.
                hot.phase = Phase::Watched;
            }
            self.stats.evicted += 1;
            live.end(now, End::Evicted, reader, &mut self.stats);
        }
    }
}
