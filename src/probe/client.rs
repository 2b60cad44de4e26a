//! What is remembered of one client: the transactions that may belong to a probe, the names behind addresses, the
//! proxies it uses.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hashbrown::HashMap;

use super::presence::Stretches;
use crate::limits::REORDER_TOLERANCE;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::{Attempted, Exchange, Handshake, Lookup};
use crate::wire::Mac;

/// Addresses whose names are remembered for one client.
const MAX_NAMED: usize = 1024;
/// Names remembered for one address.
const MAX_NAMES: usize = 8;
/// Transactions of one kind that are remembered for one client before the oldest are dropped (and counted).
const MAX_KEPT: usize = 1 << 16;
/// Uses of proxies remembered for one client.
const MAX_PROXY_USES: usize = 256;
/// How long an answer explains a connection, whatever its time to live.
pub const NAME_EXPLAINS: Duration = Duration::from_secs(600);

/// What is remembered of one client.
#[derive(Debug, Default)]
pub struct Client {
    /// Position in the order of first appearance.
    pub serial: u64,
    /// First packet of it that mattered.
    pub first: Option<PacketRef>,
    /// Last moment at which it did something that mattered.
    pub last: CaptureTime,
    /// Look-ups of probe names.
    pub lookups: VecDeque<Lookup>,
    /// Second answers to look-ups: name, packet, server, addresses.
    pub rivals: Vec<(String, PacketRef, IpAddr, Vec<IpAddr>)>,
    /// Connections that failed.
    pub failed: VecDeque<Attempted>,
    /// Exchanges that are probes, look like probes, or met a 407.
    pub exchanges: VecDeque<Exchange>,
    /// Handshakes that did not go well, and those right after one.
    pub handshakes: VecDeque<Handshake>,
    /// Names that resolved to an address.
    named: HashMap<IpAddr, Vec<Named>, foldhash::fast::RandomState>,
    /// Uses of explicit proxies: which, when, and what for.
    pub proxy_uses: VecDeque<ProxyUse>,
    /// Answers whose requests are not in the capture: from whom, and when.
    pub unasked: VecDeque<(SocketAddr, CaptureTime)>,
    /// When this client used something that the capture does not hold.
    pub unseen: Stretches,
    /// Link address that it sends from.
    pub mac: Option<Mac>,
    /// Transactions that were dropped for want of room.
    pub dropped: u64,
    /// It asked, connected or requested something: not only somebody who answers.
    pub asks: bool,
    /// Plain web traffic that got an answer, last moment.
    pub web_answered: Option<CaptureTime>,
}

/// A name that resolved to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// When the answer came.
    pub at: CaptureTime,
    /// Its time to live.
    pub ttl: Duration,
}

/// One use of an explicit proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUse {
    /// The proxy.
    pub proxy: SocketAddr,
    /// What was asked for.
    pub host: Option<String>,
    /// When.
    pub at: CaptureTime,
    /// The answer's status; `None` where none came.
    pub status: Option<u16>,
    /// The request was an NCSI probe.
    pub probe: bool,
}

impl Client {
    /// A client that has done nothing yet.
    #[must_use]
    pub fn new(serial: u64) -> Self {
        Self { serial, ..Self::default() }
    }

    /// Remembers that `name` resolved to `address`.
    pub fn name_address(&mut self, address: IpAddr, name: &str, at: CaptureTime, ttl: u32) {
        if self.named.len() >= MAX_NAMED && !self.named.contains_key(&address) {
            let oldest = self.named.iter().map(|(address, names)| (names.last().map(|named| named.at), *address)).min();
            if let Some((_, oldest)) = oldest {
                self.named.remove(&oldest);
            }
        }
        let names = self.named.entry(address).or_default();
        names.retain(|named| named.name != name);
        if names.len() >= MAX_NAMES {
            names.remove(0);
        }
        names.push(Named { name: name.to_owned(), at, ttl: Duration::from_secs(u64::from(ttl)) });
    }

    /// Names that resolved to `address` and can explain a connection at `when`, newest last.
    pub fn names_of(&self, address: IpAddr, when: CaptureTime) -> impl Iterator<Item = &Named> {
        self.named.get(&address).into_iter().flatten().filter(move |named| {
            let lifetime = named.ttl.max(NAME_EXPLAINS);
            named.at <= when.after(REORDER_TOLERANCE) && when.since(named.at) <= lifetime
        })
    }

    /// The newest name that resolved to `address` before `when`.
    #[must_use]
    pub fn name_of(&self, address: IpAddr, when: CaptureTime) -> Option<&str> {
        self.names_of(address, when).last().map(|named| named.name.as_str())
    }

    /// Whether any look-up of this client was answered with `address`, at any time.
    #[must_use]
    pub fn was_told(&self, address: IpAddr) -> bool {
        self.named.contains_key(&address)
    }

    /// Whether a look-up of `name` was answered with any address.
    #[must_use]
    pub fn asked_for(&self, name: &str) -> bool {
        self.named.values().flatten().any(|named| named.name == name)
    }

    /// Remembers a look-up of a probe name.
    pub fn keep_lookup(&mut self, lookup: Lookup) {
        // An answer that was told before its question was found.
        let same = |other: &Lookup| {
            other.queries.is_empty() && other.answer.as_ref().map(|a| a.at) == lookup.answer.as_ref().map(|a| a.at)
        };
        if let Some(earlier) = self.lookups.iter_mut().rev().take(64).find(|other| same(other)) {
            *earlier = lookup;
            return;
        }
        keep(&mut self.lookups, lookup, &mut self.dropped);
    }

    /// Remembers an exchange; a late answer replaces the silence that was told before.
    pub fn keep_exchange(&mut self, exchange: Exchange) {
        let same = |other: &Exchange| other.connection.id == exchange.connection.id && other.index == exchange.index;
        if let Some(earlier) = self.exchanges.iter_mut().rev().take(64).find(|other| same(other)) {
            *earlier = exchange;
            return;
        }
        keep(&mut self.exchanges, exchange, &mut self.dropped);
    }

    /// Remembers a handshake.
    pub fn keep_handshake(&mut self, handshake: Handshake) {
        keep(&mut self.handshakes, handshake, &mut self.dropped);
    }

    /// Remembers a connection that failed.
    pub fn keep_failed(&mut self, attempted: Attempted) {
        keep(&mut self.failed, attempted, &mut self.dropped);
    }

    /// Remembers an answer whose request is not in the capture.
    pub fn keep_unasked(&mut self, server: SocketAddr, at: CaptureTime) {
        if self.unasked.len() >= MAX_PROXY_USES {
            self.unasked.pop_front();
        }
        self.unasked.push_back((server, at));
    }

    /// Remembers a use of a proxy.
    pub fn keep_proxy_use(&mut self, one: ProxyUse) {
        if self.proxy_uses.len() >= MAX_PROXY_USES {
            self.proxy_uses.pop_front();
        }
        self.proxy_uses.push_back(one);
    }
}

fn keep<T>(list: &mut VecDeque<T>, item: T, dropped: &mut u64) {
    if list.len() >= MAX_KEPT {
        list.pop_front();
        *dropped += 1;
    }
    list.push_back(item);
}
