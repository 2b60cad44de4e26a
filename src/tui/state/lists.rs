//! The lists of clients and findings, made anew when the engine published or something else is to be listed.

use std::cmp::Reverse;
use std::collections::HashSet;

use super::{ClientRow, State, by_id, identity};
use crate::engine::follow::{News, Reached};
use crate::engine::snapshot::Client;
use crate::tui::layout;
use crate::tui::list::List;
use crate::tui::order::{Listed, listed};
use crate::verdict::{Family, Severity};

/// Samples of the reading rate that are kept for the sparkline.
const RATES: usize = 32;
/// Samples of it that are shown, the latest.
pub const RATES_SHOWN: usize = 8;

impl State {
    /// Takes what the engine published; selections stay on what they stood on.
    pub fn publish(&mut self, news: News) {
        self.snapshot = news.snapshot;
        self.stage = news.stage;
        self.texts.clear();
        self.list_clients();
        self.list_findings();
    }

    /// Notes how far reading came.
    pub fn note_reached(&mut self, reached: Reached) {
        let read = reached.packets.saturating_sub(self.reached.packets);
        self.rates.push_back(read);
        if self.rates.len() > RATES {
            self.rates.pop_front();
        }
        self.reached = reached;
    }

    /// Whether the rate that is shown is not all silence yet.
    #[must_use]
    pub fn is_flowing(&self) -> bool {
        self.rates.iter().rev().take(RATES_SHOWN).any(|rate| *rate > 0)
    }

    /// Makes the list of clients: those in trouble first.
    pub fn list_clients(&mut self) {
        let findings = self.selection.findings(&self.snapshot);
        let shown = self.selection.clients(&self.snapshot, &findings);
        // By place in memory: each client of the snapshot is where it is.
        let shown: HashSet<*const Client> = shown.into_iter().map(std::ptr::from_ref).collect();
        let is_shown = |client: &Client| self.selection.is_everything() || shown.contains(&std::ptr::from_ref(client));
        let mut rows = Vec::new();
        let mut online = [0; 2];
        let mut halves = 0;
        for (index, client) in self.snapshot.clients.iter().enumerate().filter(|(_, client)| is_shown(client)) {
            let row = self.client_row(index, client);
            halves += usize::from(client.seen.from != client.seen.to);
            if let Some(is_online) = client.online {
                online[usize::from(is_online)] += 1;
            }
            rows.push(((client.online != Some(false), Reverse(row.worst), index), row));
        }
        rows.sort_unstable_by_key(|(order, _)| *order);
        (self.online, self.halves) = (online, halves);
        self.clients = rows.into_iter().map(|(_, row)| row).collect();
        let at = self.chosen.and_then(|chosen| {
            let is_it = |row: &ClientRow| self.snapshot.clients.get(row.index).is_some_and(|c| c.address == chosen);
            self.clients.iter().position(is_it)
        });
        if at.is_none() {
            self.chosen = None;
        }
        let height = layout::client_rows(self);
        self.client_list.select(at.map_or(0, |at| at + 1), self.clients.len() + 1, height);
    }

    fn client_row(&self, index: usize, client: &Client) -> ClientRow {
        let mut row = ClientRow { index, worst: None, troubles: 0, families: [false; 2] };
        for id in &client.findings {
            let Some(finding) = by_id(&self.snapshot, *id) else { continue };
            row.worst = row.worst.max(Some(finding.severity));
            row.troubles += usize::from(finding.severity >= Severity::Warning);
            row.families[usize::from(finding.family == Family::V6)] = true;
        }
        row
    }

    /// Makes the list of findings and finds the selected one again.
    pub fn list_findings(&mut self) {
        let Listed { rows, counts, gravest, selected } = listed(self);
        (self.rows, self.counts, self.gravest) = (rows, counts, gravest);
        self.listed = self.listed.wrapping_add(1);
        let height = layout::finding_rows(self);
        if let (Some(_), Some(row)) = (&self.live, selected) {
            // What somebody looks at stays where it is on the screen, whatever comes above it.
            let down = self.finding_list.selected.saturating_sub(self.finding_list.top);
            self.finding_list.top = row.saturating_sub(down);
        }
        self.finding_list.select(selected.unwrap_or(0), self.rows.len(), height);
    }

    /// Selects a row of the findings.
    pub fn select_finding(&mut self, row: usize) {
        let height = layout::finding_rows(self);
        self.finding_list.select(row, self.rows.len(), height);
        // Until somebody moves, the selection stays on the gravest finding, whatever comes.
        self.selected = self.finding().map(identity);
        self.leave_finding();
    }

    /// Chooses the client of a row of the clients.
    pub fn select_client(&mut self, row: usize) {
        let height = layout::client_rows(self);
        self.client_list.select(row, self.clients.len() + 1, height);
        let index = self.client_list.selected.checked_sub(1).and_then(|at| self.clients.get(at)).map(|row| row.index);
        self.chosen = index.and_then(|index| self.snapshot.clients.get(index)).map(|client| client.address);
        self.selected = None;
        self.finding_list = List::default();
        self.list_findings();
    }
}
