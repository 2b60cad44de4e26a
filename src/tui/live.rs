//! A run that goes on while it is looked at: what came, how it stands, and whether the view is held still.

use std::collections::VecDeque;
use std::sync::Arc;

use super::order::{Column, Order};
use super::state::{State, identity};
use crate::engine::feed::{Changes, Feed, Status};
use crate::engine::follow::{News, Reached, Stage};
use crate::engine::live::Change;
use crate::engine::snapshot::Snapshot;
use crate::limits::MAX_LISTED_MESSAGES;

/// Samples of the rate of bytes that are kept: those of a second, and one before.
const VOLUMES: usize = super::state::TICKS_A_SECOND as usize + 1;

/// A live run.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// How it stands.
    pub status: Status,
    /// Bytes on the wire at the last samples.
    volumes: VecDeque<u64>,
    /// What came since somebody held the view still.
    pub held: Option<Changes>,
    /// What the run said, the latest last.
    pub messages: VecDeque<String>,
}

impl Live {
    /// Bits a second, by the last second's samples.
    #[must_use]
    pub fn bits(&self) -> u64 {
        let (Some(first), Some(last)) = (self.volumes.front(), self.volumes.back()) else { return 0 };
        let spans = self.volumes.len().saturating_sub(1).max(1) as u64;
        last.saturating_sub(*first).saturating_mul(8 * super::state::TICKS_A_SECOND) / spans
    }
}

impl State {
    /// Prepares for a run that goes on: the newest findings come first, and packets are remembered by the run.
    pub fn go_live(&mut self, feed: &Feed) {
        self.live = Some(Live { status: feed.status(), ..Live::default() });
        self.order = Order { column: Column::Time, reverse: true };
        self.snapshot = Arc::new(Snapshot { memory: Some(feed.memory.clone()), time_digits: 6, ..Snapshot::default() });
    }

    /// How many findings came since the view is held still; `None` while it is not.
    #[must_use]
    pub fn held_back(&self) -> Option<u64> {
        self.live.as_ref()?.held.as_ref().map(Changes::new_findings)
    }

    /// Holds the view still, or lets everything in that came meanwhile.
    pub fn freeze(&mut self) {
        let Some(live) = &mut self.live else { return };
        match live.held.take() {
            Some(held) => self.let_in(held),
            None => live.held = Some(Changes::default()),
        }
    }

    /// Takes what the run says.
    pub fn hear(&mut self, mut changes: Changes) {
        let Some(live) = &mut self.live else { return };
        for message in changes.messages.drain(..) {
            self.notice = Some(crate::report::words::safe(&message).into_owned());
            if live.messages.len() >= MAX_LISTED_MESSAGES {
                live.messages.pop_front();
            }
            live.messages.push_back(message);
        }
        match &mut live.held {
            Some(held) => held.join(changes),
            None => self.let_in(changes),
        }
    }

    fn let_in(&mut self, mut changes: Changes) {
        let (whole, ended) = (changes.whole.take(), changes.ended.take());
        if let Some(snapshot) = whole {
            let stage = ended.unwrap_or(Stage::Reading);
            // What was told before is in it, under other numbers.
            return self.publish(News { snapshot, stage });
        }
        if let Some(stage) = ended {
            self.stage = stage;
        }
        self.texts.forget(changes.told.iter().map(|(finding, _)| finding.id));
        let lists = !changes.told.is_empty() || !changes.hosts.is_empty();
        // A finding that was told anew is the same one, whatever it says now.
        let mut renamed = Vec::new();
        for (now, _) in changes.told.iter().filter(|(_, change)| *change == Change::Revised) {
            let place = self.snapshot.findings.binary_search_by_key(&now.id, |known| known.id);
            let known = place.ok().and_then(|at| self.snapshot.findings.get(at));
            renamed.extend(known.map(|known| (identity(known), identity(now))));
        }
        for (before, now) in renamed.into_iter().filter(|(before, now)| before != now) {
            if self.selected == Some(before) {
                self.selected = Some(now);
            }
            if self.marked.remove(&before) {
                self.marked.insert(now);
            }
        }
        // Where an export still holds the snapshot, it keeps its own.
        Arc::make_mut(&mut self.snapshot).apply(changes);
        if lists {
            self.list_clients();
            self.list_findings();
        }
    }

    /// Whether `status` shows on the screen: the clock does, once a second.
    #[must_use]
    pub fn would_change(&self, status: &Status) -> bool {
        let Some(Live { status: before, .. }) = &self.live else { return false };
        let same = Status { elapsed: status.elapsed, cost: status.cost, ..before.clone() } == *status;
        self.is_flowing() || !same || before.elapsed.as_secs() != status.elapsed.as_secs()
    }

    /// Notes how the run stands.
    pub fn note_status(&mut self, status: Status) {
        let Some(live) = &mut self.live else { return };
        live.volumes.push_back(status.bytes);
        if live.volumes.len() > VOLUMES {
            live.volumes.pop_front();
        }
        let reached = Reached { bytes: status.bytes, total: None, packets: status.packets, time: None };
        live.status = status;
        self.note_reached(reached);
    }

    /// Keeps what somebody looks at selected, whatever comes.
    pub fn hold_on(&mut self) {
        if self.live.is_some() && self.selected.is_none() {
            self.selected = self.finding().map(identity);
        }
    }

    /// Goes with the newest finding from now on.
    pub fn follow_newest(&mut self) {
        self.select_finding(0);
        self.selected = None;
    }
}
