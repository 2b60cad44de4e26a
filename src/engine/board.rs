//! What a live screen lists: findings as they were told, clients as these make them, for days and within bounds.
//!
//! A run hands on what changed ([`Changes`]); here it goes into the snapshot that the screen holds. Nothing is copied
//! that did not change.

use std::collections::HashMap;
use std::net::IpAddr;

use super::feed::Changes;
use super::live::Change;
use super::snapshot::{Client, FamilyState, Snapshot};
use super::states;
use crate::limits::{MAX_LISTED_CHANGES, MAX_LISTED_CLIENTS, MAX_LISTED_FINDINGS};
use crate::verdict::{Filed, Role, Severity};

/// How much goes at once when there is too much: a part of this of all.
const SHARE: usize = 16;

impl Snapshot {
    /// Takes what changed. `whole`, where there is one, was taken before.
    pub fn apply(&mut self, changes: Changes) {
        self.unlisted_findings += changes.passed_over;
        if !changes.inputs.is_empty() {
            self.time_digits = changes.inputs.iter().map(|input| input.time_digits).max().unwrap_or(6);
            self.inputs = changes.inputs;
        }
        if let Some(quality) = changes.quality {
            self.quality = quality;
        }
        if let Some(endpoints) = changes.endpoints {
            self.endpoints = endpoints;
        }
        if changes.hosts.is_empty() && changes.told.is_empty() {
            return;
        }
        let mut places = self.places();
        for host in changes.hosts {
            self.host(host, &mut places);
        }
        let mut touched: Vec<(usize, bool)> = Vec::new();
        for (finding, change) in changes.told {
            let place = places.get(&finding.client).copied().unwrap_or_else(|| {
                self.clients.push(states::client(finding.client, vec![finding.client], None, Role::Client, &[]));
                places.insert(finding.client, self.clients.len() - 1);
                self.clients.len() - 1
            });
            let Some(client) = self.clients.get_mut(place) else { continue };
            match (client.findings.binary_search(&finding.id), change) {
                (Ok(at), Change::Withdrawn) => {
                    client.findings.remove(at);
                }
                (Err(at), Change::New | Change::Revised) => client.findings.insert(at, finding.id),
                (Ok(_), _) | (Err(_), Change::Withdrawn) => {}
            }
            touched.push((place, change == Change::Withdrawn));
            self.finding(finding, change);
        }
        touched.sort_unstable();
        // Of the two that a place may have, the one with something taken back.
        touched.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            earlier.1 |= same && later.1;
            same
        });
        for (place, withdrawn) in touched {
            self.state(place, withdrawn);
        }
        self.bound();
    }

    /// Where the client of each address stands.
    fn places(&self) -> HashMap<IpAddr, usize> {
        let places = self.clients.iter().enumerate();
        places.flat_map(|(place, client)| client.addresses.iter().map(move |address| (*address, place))).collect()
    }

    fn host(&mut self, host: Client, places: &mut HashMap<IpAddr, usize>) {
        let known = places.get(&host.address).copied();
        let place = known.unwrap_or(self.clients.len());
        for address in &host.addresses {
            places.entry(*address).or_insert(place);
        }
        match self.clients.get_mut(place) {
            Some(client) => {
                for address in host.addresses {
                    if !client.addresses.contains(&address) {
                        client.addresses.push(address);
                    }
                }
                (client.mac, client.role, client.seen) =
                    (host.mac.or(client.mac), host.role, client.seen.or(host.seen));
                client.name = host.name.or_else(|| client.name.take());
                client.os = host.os.or_else(|| client.os.take());
            }
            None => self.clients.push(host),
        }
    }

    fn finding(&mut self, finding: Filed, change: Change) {
        match (self.findings.binary_search_by_key(&finding.id, |known| known.id), change) {
            (Ok(at), Change::Withdrawn) => {
                self.findings.remove(at);
            }
            (Ok(at), _) => {
                if let Some(known) = self.findings.get_mut(at) {
                    *known = finding;
                }
            }
            (Err(at), Change::New | Change::Revised) => self.findings.insert(at, finding),
            (Err(_), Change::Withdrawn) => {}
        }
    }

    /// Makes the state of a client anew. What older findings, not listed any more, said of a family holds as long as
    /// nothing speaks against it.
    fn state(&mut self, place: usize, withdrawn: bool) {
        let Self { clients, findings, .. } = self;
        let Some(client) = clients.get_mut(place) else { return };
        let of = |id: &u32| findings.binary_search_by_key(id, |known| known.id).ok().and_then(|at| findings.get(at));
        let own: Vec<&Filed> = client.findings.iter().filter_map(of).collect();
        let mut now = states::client(client.address, Vec::new(), None, client.role, &own);
        let held = |before: Option<FamilyState>, now: Option<FamilyState>| match (before, now) {
            (Some(before), None) if !withdrawn => Some(before),
            (Some(before), Some(now))
                if !withdrawn && before.capability == now.capability && before.reason == now.reason =>
            {
                Some(FamilyState { since: before.since.min(now.since), ..now })
            }
            (_, now) => now,
        };
        (client.v4, client.v6) = (held(client.v4, now.v4), held(client.v6, now.v6));
        let passed = now.timeline.len().saturating_sub(MAX_LISTED_CHANGES);
        client.timeline = now.timeline.split_off(passed);
        client.online = states::online(client);
    }

    /// Lets go of what is too much.
    fn bound(&mut self) {
        if self.findings.len() > MAX_LISTED_FINDINGS {
            let much = self.findings.len() - MAX_LISTED_FINDINGS + MAX_LISTED_FINDINGS / SHARE;
            let dull = self.findings.iter().filter(|finding| finding.severity < Severity::Warning).count();
            // Trouble is listed longer than what went well, but not for ever.
            let (mut dull, mut grave) = (dull.min(much), much.saturating_sub(dull));
            let mut gone = Vec::with_capacity(much);
            self.findings.retain(|finding| {
                let left = if finding.severity < Severity::Warning { &mut dull } else { &mut grave };
                let goes = *left > 0;
                *left -= usize::from(goes);
                if goes {
                    gone.push(finding.id);
                }
                !goes
            });
            self.unlisted_findings += gone.len() as u64;
            for client in &mut self.clients {
                client.findings.retain(|id| gone.binary_search(id).is_err());
            }
        }
        if self.clients.len() > MAX_LISTED_CLIENTS {
            let mut much = self.clients.len() - MAX_LISTED_CLIENTS + MAX_LISTED_CLIENTS / SHARE;
            self.unlisted_clients += much as u64;
            for without in [true, false] {
                self.clients.retain(|client| {
                    let goes = much > 0 && (!without || client.findings.is_empty());
                    much -= usize::from(goes);
                    !goes
                });
            }
        }
    }
}
