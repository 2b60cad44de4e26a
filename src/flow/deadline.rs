//! Moments at which readers asked to be woken.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::FlowId;
use crate::time::CaptureTime;

/// Where a flow stands in the table's list of live flows.
pub(super) type Slot = u32;

/// The moments, earliest first. An entry may be stale: who pops it compares it with what the flow wants now.
#[derive(Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<(CaptureTime, FlowId, Slot)>>,
}

impl Deadlines {
    /// Whether nothing lies at or before `now`.
    pub(super) fn quiet(&self, now: CaptureTime) -> bool {
        self.heap.peek().is_none_or(|Reverse((moment, ..))| *moment > now)
    }

    pub(super) fn push(&mut self, moment: CaptureTime, id: FlowId, slot: Slot) {
        self.heap.push(Reverse((moment, id, slot)));
    }

    /// The earliest entry at or before `now`.
    pub(super) fn pop(&mut self, now: CaptureTime) -> Option<(CaptureTime, FlowId, Slot)> {
        if self.quiet(now) {
            return None;
        }
        self.heap.pop().map(|Reverse(entry)| entry)
    }

    /// Drops entries that `holds` denies, once they outnumber the `live` flows.
    pub(super) fn compact(&mut self, live: usize, mut holds: impl FnMut(CaptureTime, FlowId, Slot) -> bool) {
        if self.heap.len() > 2 * live + 64 {
            self.heap.retain(|Reverse((moment, id, slot))| holds(*moment, *id, *slot));
        }
    }

    pub(super) fn clear(&mut self) {
        self.heap.clear();
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}
