//! What the operating system wrote down itself, and which addresses the capturing host sends from.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::limits::{MAX_JOURNAL_ENTRIES, MAX_LOCAL_ADDRESSES};
use crate::transaction::HostEvent;

/// Events of Windows' connectivity indicator, in order of time.
#[derive(Debug, Default)]
pub struct HostEvents {
    events: Vec<HostEvent>,
    local: BTreeSet<(u16, IpAddr)>,
}

impl HostEvents {
    /// Remembers an event. One that stands in two inputs with the same time is one.
    pub fn keep(&mut self, event: HostEvent) {
        let place = self.events.partition_point(|other| other.at <= event.at);
        let same = |other: &HostEvent| other.at.time == event.at.time && other.record == event.record;
        let known = self.events[..place].iter().rev().take_while(|other| other.at.time == event.at.time).any(same)
            || self.events[place..].iter().take_while(|other| other.at.time == event.at.time).any(same);
        if !known && self.events.len() < MAX_JOURNAL_ENTRIES {
            self.events.insert(place, event);
        }
    }

    /// Remembers that the host which made input `input` sends from `address`.
    pub fn sends_from(&mut self, input: u16, address: IpAddr) {
        if self.local.len() < MAX_LOCAL_ADDRESSES {
            self.local.insert((input, address));
        }
    }

    /// All events, in order of time.
    #[must_use]
    pub fn all(&self) -> &[HostEvent] {
        &self.events
    }

    /// Addresses that the host which made input `input` is known to send from.
    pub fn local(&self, input: u16) -> impl Iterator<Item = IpAddr> {
        self.local
            .range((input, IpAddr::from([0, 0, 0, 0]))..)
            .map_while(move |(of, address)| (*of == input).then_some(*address))
    }
}
