//! A bounded table of things that wait for an answer, each until a moment that may be postponed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::Hash;

use hashbrown::HashMap;

use crate::time::CaptureTime;

/// Things that wait, by key.
pub(super) struct Waiting<K, T> {
    slots: HashMap<K, (CaptureTime, T), foldhash::fast::RandomState>,
    /// When to look at a key again; what was postponed or removed since is found out then.
    due: BinaryHeap<Reverse<(CaptureTime, K)>>,
    max: usize,
}

impl<K: Copy + Ord + Hash, T> Waiting<K, T> {
    /// An empty table of at most `max` things.
    pub(super) fn new(max: usize) -> Self {
        Self { slots: HashMap::default(), due: BinaryHeap::new(), max }
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut T> {
        self.slots.get_mut(key).map(|(_, item)| item)
    }

    /// Lets `key` wait until `until`.
    pub(super) fn postpone(&mut self, key: &K, until: CaptureTime) {
        if let Some((moment, _)) = self.slots.get_mut(key) {
            // An earlier moment needs an entry of its own; a later one is found when the present entry falls due.
            if until < *moment {
                self.due.push(Reverse((until, *key)));
            }
            *moment = until;
        }
    }

    /// Puts `item`; gives the one that had to leave for want of room: the one that would have fallen due first.
    pub(super) fn insert(&mut self, key: K, until: CaptureTime, item: T) -> Option<T> {
        let left = if self.slots.len() >= self.max { self.first() } else { None };
        self.slots.insert(key, (until, item));
        self.due.push(Reverse((until, key)));
        if self.due.len() > self.max.saturating_mul(4) {
            self.due = self.slots.iter().map(|(key, (until, _))| Reverse((*until, *key))).collect();
        }
        left
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<T> {
        self.slots.remove(key).map(|(_, item)| item)
    }

    /// The next one whose moment is not after `now`.
    #[inline]
    pub(super) fn due(&mut self, now: CaptureTime) -> Option<T> {
        // Asked before every packet, and nearly always in vain.
        let soonest = self.due.peek()?.0.0;
        if soonest > now { None } else { self.next_due(now) }
    }

    #[inline(never)]
    fn next_due(&mut self, now: CaptureTime) -> Option<T> {
        while let Some(Reverse((moment, key))) = self.due.peek().copied() {
            if moment > now {
                return None;
            }
            self.due.pop();
            let Some((until, _)) = self.slots.get(&key) else { continue };
            if *until > now {
                self.due.push(Reverse((*until, key)));
                continue;
            }
            return self.remove(&key);
        }
        None
    }

    /// Everything that is left, in order of its moments.
    pub(super) fn drain(&mut self) -> Vec<T> {
        let mut left = Vec::with_capacity(self.slots.len());
        while let Some(item) = self.first() {
            left.push(item);
        }
        left
    }

    fn first(&mut self) -> Option<T> {
        self.due(CaptureTime::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> CaptureTime {
        CaptureTime::from_nanos(seconds * 1_000_000_000)
    }

    #[test]
    fn what_is_postponed_waits_on() {
        let mut waiting = Waiting::new(8);
        waiting.insert(1, at(5), "a");
        waiting.insert(2, at(6), "b");
        waiting.postpone(&1, at(9));
        assert_eq!(waiting.due(at(7)), Some("b"));
        assert_eq!(waiting.due(at(8)), None);
        waiting.postpone(&1, at(3));
        assert_eq!(waiting.due(at(8)), Some("a"));
        assert!(waiting.due(CaptureTime::MAX).is_none() && waiting.get_mut(&1).is_none());
    }

    #[test]
    fn a_full_table_gives_up_the_first_to_fall_due() {
        let mut waiting = Waiting::new(2);
        assert_eq!(waiting.insert(1, at(5), 1), None);
        assert_eq!(waiting.insert(2, at(4), 2), None);
        assert_eq!(waiting.insert(3, at(9), 3), Some(2));
        assert_eq!(waiting.drain(), [1, 3]);
        for round in 0..1000 {
            waiting.insert(7, at(round), 7);
            waiting.remove(&7);
        }
        assert!(waiting.due.len() <= 9, "entries of what was removed are given up too");
    }
}
