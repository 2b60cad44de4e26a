//! All clients, bounded in number and in what is kept of them.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::client::Client;
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// The clients, bounded in number and in what is kept of all of them together.
#[derive(Default)]
pub struct Clients {
    table: HashMap<IpAddr, Client, foldhash::fast::RandomState>,
    max: usize,
    serial: u64,
    /// Bytes that kept transactions take, and may take.
    kept: usize,
    max_kept: usize,
    /// Clients and transactions that were not remembered because the tables were full.
    pub refused: u64,
}

impl Clients {
    /// An empty table of at most `max` clients, which together keep transactions of at most `max_kept` bytes.
    pub(super) fn new(max: usize, max_kept: usize) -> Self {
        Self { max, max_kept, ..Self::default() }
    }

    /// The client of an address.
    #[must_use]
    pub fn get(&self, address: &IpAddr) -> Option<&Client> {
        self.table.get(address)
    }

    /// All clients, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&IpAddr, &Client)> {
        self.table.iter()
    }

    /// Lets go of what only the judgement of this client needed: its exchanges and handshakes.
    pub fn release(&mut self, address: &IpAddr) {
        if let Some(client) = self.table.get_mut(address) {
            client.exchanges = VecDeque::new();
            client.handshakes = VecDeque::new();
        }
    }

    /// Lets go of what ended before `before`, but for the latest of each kind, and of clients that did nothing since
    /// `idle`; where the table is half full, of all that kept nothing.
    pub(super) fn forget(&mut self, before: CaptureTime, idle: CaptureTime) {
        let crowded = self.table.len() > self.max / 2;
        self.table.retain(|_, client| {
            client.forget(before);
            client.last >= idle && (!crowded || client.last >= before || client.keeps_anything())
        });
        self.table.shrink_to(self.table.len() * 2);
        self.kept = self.table.values().map(cost::of).sum();
    }

    /// The client of that address, made where there is room.
    pub(super) fn get_or_add(&mut self, address: IpAddr, at: PacketRef) -> Option<&mut Client> {
        if !self.table.contains_key(&address) {
            if self.table.len() >= self.max {
                self.refused += 1;
                return None;
            }
            self.serial += 1;
            self.table.insert(address, Client::new(self.serial));
        }
        let client = self.table.get_mut(&address)?;
        client.first = Some(client.first.map_or(at, |first| first.min(at)));
        client.last = client.last.max(at.time);
        Some(client)
    }

    /// Whether there is room to keep another transaction of about `bytes`. What got an answer may use all of the room,
    /// what did not only half of it, because floods of requests without answers are cheap to make.
    pub(super) fn has_room(&mut self, bytes: usize, answered: bool) -> bool {
        let limit = if answered { self.max_kept } else { self.max_kept / 2 };
        let room = self.kept + bytes <= limit;
        if room {
            self.kept += bytes;
        } else {
            self.refused += 1;
        }
        room
    }

    /// Gives back the room of a transaction that was not kept after all.
    pub(super) const fn refund(&mut self, bytes: usize) {
        self.kept = self.kept.saturating_sub(bytes);
    }
}

/// What a transaction of each kind takes with its texts, roughly.
pub(super) mod cost {
    use super::Client;
    use crate::transaction::{Attempted, Exchange, Handshake, Lookup, NameCall};

    pub const LOOKUP: usize = size_of::<Lookup>() + 256;
    pub const CALL: usize = size_of::<NameCall>() + 64;
    pub const ATTEMPTED: usize = size_of::<Attempted>() + 256;
    pub const EXCHANGE: usize = size_of::<Exchange>() + 1024;
    pub const HANDSHAKE: usize = size_of::<Handshake>() + 1024;

    /// What is kept of a client takes, roughly.
    pub fn of(client: &Client) -> usize {
        let discovery = client.discovery.as_ref().map_or(0, |found| {
            (found.lookups.len() + found.proxy_lookups.len()) * LOOKUP
                + found.fetches.len() * EXCHANGE
                + found.calls.len() * CALL
        });
        client.lookups.len() * LOOKUP
            + client.failed.len() * ATTEMPTED
            + client.exchanges.len() * EXCHANGE
            + client.handshakes.len() * HANDSHAKE
            + discovery
    }
}
