//! The packets behind the selected finding, and the place among them.

use std::sync::Arc;

use super::{Proving, State};
use crate::engine::proof::{Packet, Proof};
use crate::report::ladder::ladder;
use crate::tui::layout;
use crate::tui::list::List;

impl State {
    /// Forgets where in the finding shown before somebody was.
    pub fn leave_finding(&mut self) {
        (self.scroll, self.field, self.stream) = (0, 0, 0);
        (self.step, self.sought) = (None, None);
        self.packet_list = List::default();
        self.packet_rows.clear();
    }

    /// The packets behind the selected finding, where they are here.
    #[must_use]
    pub fn proof(&self) -> Option<&Arc<Proof>> {
        match &self.proving {
            Proving::Ready(_, proof) => Some(proof),
            _ => None,
        }
    }

    /// The selected packet.
    #[must_use]
    pub fn packet(&self) -> Option<&Packet> {
        let index = self.packet_rows.get(self.packet_list.selected)?;
        self.proof()?.packets.get(*index)
    }

    /// Makes the list of packets; where nothing was selected, the decisive one is.
    pub fn list_packets(&mut self) {
        let Some(proof) = self.proof().cloned() else {
            self.packet_rows.clear();
            return;
        };
        let selected = self.packet().map(|packet| packet.id);
        let shown = proof.packets.iter().enumerate().filter(|(_, packet)| packet.evidence || !self.only_evidence);
        self.packet_rows = shown.map(|(index, _)| index).collect();
        let at = |wanted: &dyn Fn(&Packet) -> bool| {
            self.packet_rows.iter().rposition(|index| proof.packets.get(*index).is_some_and(wanted))
        };
        let decisive = || self.finding().and_then(|finding| ladder(&finding.open(), 0, self.language).decisive);
        let sought = selected.or(self.sought).or_else(decisive);
        let at = sought.and_then(|id| at(&|packet| packet.id == id)).or_else(|| at(&|packet| packet.evidence));
        let height = layout::packet_rows(self);
        self.packet_list.select(at.unwrap_or(0), self.packet_rows.len(), height);
    }
}
