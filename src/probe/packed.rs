//! One client in the two forms in which it is kept: open, with its newest transactions as structures, and packed.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::client::{Client, LOOKED_BACK};
use crate::limits::MAX_PAGES;
use crate::pack::Shrinker;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::{Attempted, Exchange, Handshake, Lookup};
use crate::wire::Mac;

/// What is known of a client without unpacking it.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // independent facts
pub struct Brief {
    /// First packet of it that mattered.
    pub first: Option<PacketRef>,
    /// Last moment at which it did something that mattered.
    pub last: CaptureTime,
    /// Link address that it sends from.
    pub mac: Option<Mac>,
    /// It asked, connected or requested something.
    pub asks: bool,
    /// Somebody answered it.
    pub answered: bool,
    /// Exchanges of it are kept.
    pub exchanged: bool,
    /// It said for whom it asks.
    pub forwards: bool,
    /// It used a proxy for what is kept of it.
    pub proxied: bool,
}

impl Brief {
    /// What is known of an open client.
    pub(super) const fn of(client: &Client) -> Self {
        let Client { first, last, mac, asks, answered, exchanged, forwards, proxied, .. } = *client;
        Self { first, last, mac, asks, answered, exchanged, forwards, proxied }
    }
}

/// A client that did something lately.
#[derive(Default)]
pub(super) struct Open {
    pub client: Client,
    /// Transactions before those that the client has.
    earlier: Vec<Page>,
    /// It was used since it was last asked.
    used: bool,
}

/// A client that is at rest.
#[derive(Default)]
pub(super) struct Packed {
    pub brief: Brief,
    /// All of it, with its newest transactions.
    newest: Box<[u8]>,
    /// The transactions before those.
    earlier: Vec<Page>,
    /// It has transactions among the newest.
    keeps: bool,
    /// It was packed to be opened again soon, not to be small.
    loose: bool,
    /// Nothing came since what was old was let go of.
    trimmed: bool,
}

/// Some transactions of one client, each kind in order.
struct Page {
    bytes: Box<[u8]>,
    count: u32,
}

/// Look-ups, and connections that failed.
type Reached = (VecDeque<Box<Lookup>>, VecDeque<Box<Attempted>>);
/// Exchanges and handshakes. They are packed last: who does not need them reads no further.
type Said = (VecDeque<Box<Exchange>>, VecDeque<Box<Handshake>>);

impl Open {
    pub fn new(client: Client) -> Self {
        Self { client, ..Self::default() }
    }

    /// The client, for use.
    pub const fn touch(&mut self) -> &mut Client {
        self.used = true;
        &mut self.client
    }

    /// Whether there is enough that nobody looks back at any more.
    pub fn is_long(&self) -> bool {
        let client = &self.client;
        let lengths = [client.lookups.len(), client.failed.len(), client.exchanges.len(), client.handshakes.len()];
        lengths.iter().any(|len| *len > 2 * LOOKED_BACK)
    }

    /// Whether it was used since this was asked last.
    pub const fn rest(&mut self) -> bool {
        std::mem::replace(&mut self.used, false)
    }

    /// Packs what nobody looks back at any more.
    pub fn turn_page(&mut self, shrinker: &mut Shrinker) {
        fn old<T>(list: &mut VecDeque<T>) -> VecDeque<T> {
            list.drain(..list.len().saturating_sub(LOOKED_BACK)).collect()
        }
        let client = &mut self.client;
        let reached = (old(&mut client.lookups), old(&mut client.failed));
        let said = (old(&mut client.exchanges), old(&mut client.handshakes));
        let count = reached.0.len() + reached.1.len() + said.0.len() + said.1.len();
        let page = Page { bytes: shrinker.shrink(&(reached, said)), count: u32::try_from(count).unwrap_or(u32::MAX) };
        self.earlier.push(page);
        if self.earlier.len() > MAX_PAGES {
            self.client.dropped += u64::from(self.earlier.remove(0).count);
        }
    }

    /// The client with all its transactions.
    pub fn whole(&self, shrinker: &Shrinker) -> Cow<'_, Client> {
        if self.earlier.is_empty() {
            return Cow::Borrowed(&self.client);
        }
        let mut whole = self.client.clone();
        let (reached, said) = take(&mut whole);
        self.earlier.iter().for_each(|page| page.add_to(&mut whole, shrinker));
        add(&mut whole, reached, said);
        Cow::Owned(whole)
    }

    /// Lets go of what ended before that moment, but for the latest of each kind.
    pub fn forget(&mut self, before: CaptureTime, shrinker: &Shrinker) {
        if !self.earlier.is_empty() {
            self.client = self.whole(shrinker).into_owned();
            self.earlier.clear();
        }
        self.client.forget(before);
    }

    /// Bytes that its transactions take, about.
    pub fn bytes(&self) -> usize {
        cost::of(&self.client) + self.earlier.iter().map(Page::bytes).sum::<usize>()
    }

    pub fn pack(mut self, shrinker: &mut Shrinker) -> Packed {
        let (reached, said) = take(&mut self.client);
        let keeps = !(reached.0.is_empty() && reached.1.is_empty() && said.0.is_empty() && said.1.is_empty());
        self.earlier.shrink_to_fit();
        let brief = Brief::of(&self.client);
        let newest = shrinker.loosely(&(self.client, reached, said));
        Packed { brief, newest, earlier: self.earlier, keeps, loose: true, trimmed: false }
    }
}

impl Packed {
    /// Opens its newest transactions.
    pub fn open(self, shrinker: &Shrinker) -> Open {
        let (mut client, reached, said): (Client, Reached, Said) = shrinker.restore(&self.newest);
        add(&mut client, reached, said);
        Open { client, earlier: self.earlier, used: true }
    }

    /// The client with its look-ups and the connections that failed.
    pub fn reached(&self, shrinker: &Shrinker) -> Client {
        let (mut client, newest): (Client, Reached) = shrinker.restore(&self.newest);
        for page in &self.earlier {
            let (reached,): (Reached,) = shrinker.restore(&page.bytes);
            add(&mut client, reached, Said::default());
        }
        add(&mut client, newest, Said::default());
        client
    }

    /// The client with all its transactions.
    pub fn whole(&self, shrinker: &Shrinker) -> Client {
        let (mut client, reached, said): (Client, Reached, Said) = shrinker.restore(&self.newest);
        self.earlier.iter().for_each(|page| page.add_to(&mut client, shrinker));
        add(&mut client, reached, said);
        client
    }

    /// Makes it small, where it is not.
    pub fn tighten(&mut self, shrinker: &mut Shrinker) {
        if std::mem::replace(&mut self.loose, false)
            && let Some(newest) = shrinker.tighten(&self.newest)
        {
            self.newest = newest;
        }
    }

    /// Lets go of what ended before that moment, but for the latest of each kind.
    pub fn forget(&mut self, before: CaptureTime, shrinker: &mut Shrinker) {
        // What did nothing since the last time has nothing more to lose but its latest.
        if !self.trimmed || self.brief.last >= before {
            let mut open = std::mem::take(self).open(shrinker);
            open.forget(before, shrinker);
            *self = open.pack(shrinker);
            self.tighten(shrinker);
            self.trimmed = self.brief.last < before;
        }
    }

    /// Whether any transaction is kept of it.
    pub const fn keeps_anything(&self) -> bool {
        self.keeps || !self.earlier.is_empty()
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.newest.len() + self.earlier.iter().map(Page::bytes).sum::<usize>()
    }

    /// Bytes of it that could be fewer.
    pub const fn loose_bytes(&self) -> usize {
        if self.loose { self.newest.len() } else { 0 }
    }
}

impl Page {
    const fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Adds what it holds to a client's transactions.
    fn add_to(&self, client: &mut Client, shrinker: &Shrinker) {
        let (reached, said) = shrinker.restore(&self.bytes);
        add(client, reached, said);
    }
}

/// Takes a client's transactions.
fn take(client: &mut Client) -> (Reached, Said) {
    let reached = (std::mem::take(&mut client.lookups), std::mem::take(&mut client.failed));
    (reached, (std::mem::take(&mut client.exchanges), std::mem::take(&mut client.handshakes)))
}

/// Adds to a client's transactions.
fn add(client: &mut Client, (lookups, failed): Reached, (exchanges, handshakes): Said) {
    fn append<T>(list: &mut VecDeque<T>, mut more: VecDeque<T>) {
        if list.is_empty() {
            *list = more;
        } else {
            list.append(&mut more);
        }
    }
    append(&mut client.lookups, lookups);
    append(&mut client.failed, failed);
    append(&mut client.exchanges, exchanges);
    append(&mut client.handshakes, handshakes);
}

/// What a transaction of each kind takes with its texts, roughly, as long as it is not packed.
pub(super) mod cost {
    use super::super::client::Client;
    use crate::transaction::{Attempted, Exchange, Handshake, Lookup, NameCall};

    pub const LOOKUP: usize = size_of::<Lookup>() + 256;
    pub const CALL: usize = size_of::<NameCall>() + 64;
    pub const ATTEMPTED: usize = size_of::<Attempted>() + 256;
    pub const EXCHANGE: usize = size_of::<Exchange>() + 1024;
    pub const HANDSHAKE: usize = size_of::<Handshake>() + 1024;

    /// An exchange with what is kept of its body.
    pub fn exchange(exchange: &Exchange) -> usize {
        EXCHANGE + exchange.response.as_ref().map_or(0, |response| response.body.bytes.len())
    }

    /// All that is kept of a client.
    pub fn of(client: &Client) -> usize {
        let found = client.discovery.as_deref();
        let lookups = found.map_or(0, |found| found.lookups.len() + found.proxy_lookups.len());
        let (fetches, calls) = found.map_or((0, 0), |found| (found.fetches.len(), found.calls.len()));
        (client.lookups.len() + lookups) * LOOKUP
            + calls * CALL
            + client.failed.len() * ATTEMPTED
            + client.exchanges.iter().map(|kept| exchange(kept)).sum::<usize>()
            + fetches * EXCHANGE
            + client.handshakes.len() * HANDSHAKE
    }
}
