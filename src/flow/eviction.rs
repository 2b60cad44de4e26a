//! What goes when the table is full: the least recently active, ties by id, so that no hash order shows.

use super::hot::{Hot, Phase};
use super::{End, FlowTable, StreamReader};
use crate::time::CaptureTime;

impl<R: StreamReader> FlowTable<R> {
    /// Room for one more flow. A sixteenth goes at once, so that the scan is paid by many.
    pub(super) fn make_room(&mut self, now: CaptureTime, reader: &mut R) {
        if self.index.len() < self.limits.flows.max(1) {
            return;
        }
        let age = |hot: &Hot| (hot.active, hot.id);
        let mut ages: Vec<_> = self.index.iter().map(age).collect();
        let last = ages.len() / 16;
        let (_, threshold, _) = ages.select_nth_unstable(last);
        let threshold = *threshold;
        let mut gone: Vec<Hot> = self.index.extract_if(|hot| age(hot) <= threshold).collect();
        gone.sort_unstable_by_key(age);
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

    /// Ends live flows until their bytes are an eighth below the bound.
    pub(super) fn lighten(&mut self, now: CaptureTime, reader: &mut R) {
        let mut ages: Vec<_> = self
            .lives
            .iter()
            .enumerate()
            .filter_map(|(slot, live)| live.as_ref().map(|live| (live.active, live.connection.id, slot)))
            .collect();
        ages.sort_unstable();
        let target = self.limits.flow_bytes / 8 * 7;
        for (_, _, slot) in ages {
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
