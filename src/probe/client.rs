//! What is remembered of one client: the transactions that may belong to a probe, the names behind addresses, the
//! proxies it uses.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::discovery::Discovery;
use super::presence::Stretches;
use crate::limits::REORDER_TOLERANCE;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::{Attempted, Exchange, Handshake, Lookup, Quic, StandsFor, TicketRefusal};
use crate::wire::Mac;

/// Addresses whose names are remembered for one client.
const MAX_NAMED: usize = 1024;
/// Names remembered for one address.
const MAX_NAMES: usize = 8;
/// Newest transactions among which an equal or an earlier telling is looked for.
pub(super) const LOOKED_BACK: usize = 64;
/// Equal look-ups that lie further apart are kept apart.
const SAME_EPISODE: Duration = Duration::from_secs(150);
/// Uses of proxies remembered for one client.
const MAX_PROXY_USES: usize = 256;
/// Refused tickets remembered for one client.
const MAX_TICKETS: usize = 32;
/// Names reached for by QUIC that are remembered for one client.
const MAX_QUIC_USES: usize = 256;
/// How long an answer explains a connection, whatever its time to live.
pub const NAME_EXPLAINS: Duration = Duration::from_secs(600);

/// What is remembered of one client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // independent facts, each set once
pub struct Client {
    /// Position in the order of first appearance.
    pub serial: u64,
    /// First packet of it that mattered.
    pub first: Option<PacketRef>,
    /// Last moment at which it did something that mattered.
    pub last: CaptureTime,
    /// Look-ups of probe names.
    #[serde(skip)]
    pub lookups: VecDeque<Box<Lookup>>,
    /// Second answers to look-ups: name, packet, server, addresses.
    pub rivals: Vec<(String, PacketRef, IpAddr, Vec<IpAddr>)>,
    /// Connections that failed.
    #[serde(skip)]
    pub failed: VecDeque<Box<Attempted>>,
    /// Exchanges that are probes, look like probes, or met a 407.
    #[serde(skip)]
    pub exchanges: VecDeque<Box<Exchange>>,
    /// Handshakes that did not go well, and those right after one.
    #[serde(skip)]
    pub handshakes: VecDeque<Box<Handshake>>,
    /// Names that resolved to an address.
    named: BTreeMap<IpAddr, Vec<Named>>,
    /// Uses of explicit proxies: which, when, and what for.
    pub proxy_uses: VecDeque<ProxyUse>,
    /// Names and servers that it asked for by QUIC, each with the last time.
    pub quic_uses: VecDeque<QuicUse>,
    /// Answers whose requests are not in the capture: from whom, and when.
    pub unasked: VecDeque<(SocketAddr, CaptureTime)>,
    /// Kerberos tickets that it was refused, oldest first.
    pub tickets: VecDeque<TicketRefusal>,
    /// How it looked for a proxy, where it did.
    pub discovery: Option<Box<Discovery>>,
    /// When this client used something that the capture does not hold.
    pub unseen: Stretches,
    /// Link address that it sends from.
    pub mac: Option<Mac>,
    /// Transactions that were dropped for want of room.
    pub dropped: u64,
    /// It asked, connected or requested something: not only somebody who answers.
    pub asks: bool,
    /// Somebody answered it.
    pub answered: bool,
    /// Exchanges of it were kept.
    pub exchanged: bool,
    /// It said for whom it asks (`Via`, `X-Forwarded-For`), in an exchange that was kept.
    pub forwards: bool,
    /// It asked a proxy, in an exchange that was kept.
    pub proxied: bool,
}

/// A name that resolved to an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// The name.
    pub name: String,
    /// When the answer came.
    pub at: CaptureTime,
    /// Its time to live.
    pub ttl: Duration,
}

/// What a client asked for by QUIC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuicUse {
    /// The name in its hello.
    pub host: Option<String>,
    /// Whom it asked.
    pub server: SocketAddr,
    /// When, for the first and the last time.
    pub first: CaptureTime,
    /// The last time.
    pub last: CaptureTime,
    /// Somebody answered, once at least.
    pub answered: bool,
}

/// One use of an explicit proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

    /// Whether it resolved names: it does more than look for an address.
    #[must_use]
    pub fn talks(&self) -> bool {
        !self.named.is_empty()
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

    /// Whether a look-up of `name` was answered with any address.
    #[must_use]
    pub fn asked_for(&self, name: &str) -> bool {
        self.named.values().flatten().any(|named| named.name == name)
    }

    /// Remembers a look-up of a probe name. Returns whether it took room: one that repeats the two before it takes the
    /// place of the later one.
    pub fn keep_lookup(&mut self, mut lookup: Box<Lookup>) -> bool {
        // An answer that was told before its question was found.
        let same = |other: &Lookup| {
            other.queries.is_empty() && other.answer.as_ref().map(|a| a.at) == lookup.answer.as_ref().map(|a| a.at)
        };
        if let Some(earlier) = self.lookups.iter_mut().rev().take(LOOKED_BACK).find(|other| same(other)) {
            *earlier = lookup;
            return false;
        }
        let mut equal = self
            .lookups
            .iter_mut()
            .rev()
            .take(LOOKED_BACK)
            .filter(|other| other.name == lookup.name && other.qtype == lookup.qtype);
        if let (Some(last), Some(before)) = (equal.next(), equal.next())
            && repeats(before, last)
            && repeats(last, &lookup)
        {
            lookup.stands_for = Some(one_more(last.stands_for, last.first().time));
            *last = lookup;
            return false;
        }
        self.lookups.push_back(lookup);
        true
    }

    /// Remembers an exchange; a late answer replaces the silence that was told before. Returns whether it took room.
    pub fn keep_exchange(&mut self, exchange: Box<Exchange>) -> bool {
        self.exchanged = true;
        if let Some(request) = &exchange.request {
            self.forwards |= request.head.via.is_some() || request.head.forwarded_for.is_some();
            self.proxied |= request.head.is_proxied();
        }
        let same = |other: &Exchange| other.connection.id == exchange.connection.id && other.index == exchange.index;
        if let Some(earlier) = self.exchanges.iter_mut().rev().take(LOOKED_BACK).find(|other| same(other)) {
            *earlier = exchange;
            return false;
        }
        self.exchanges.push_back(exchange);
        true
    }

    /// Remembers a success like any other: one that repeats the two before it takes the place of the later one. Returns
    /// whether it took room.
    pub fn keep_success(&mut self, mut exchange: Box<Exchange>, window: Duration) -> bool {
        let host = exchange.request.as_ref().and_then(|request| request.head.host.as_deref());
        let unresolved = |lookup: &&Lookup| {
            host == Some(lookup.name.as_str()) && lookup.answer.as_ref().is_none_or(|answer| answer.rcode != 0)
        };
        let mut latest = self.lookups.iter().rev().take(LOOKED_BACK).map(AsRef::as_ref);
        let lookup = latest.find(unresolved).map(|lookup| lookup.ended);
        let trouble = self.failed.back().map(|failed| failed.connection.last.time).max(lookup);
        if let [.., before, last] = self.exchanges.make_contiguous()
            && trouble.is_none_or(|at| at < before.started.time)
            && equal_success(before, last, window)
            && equal_success(last, &exchange, window)
        {
            exchange.stands_for = Some(one_more(last.stands_for, last.started.time));
            *last = exchange;
            return false;
        }
        self.keep_exchange(exchange)
    }

    /// Remembers a handshake.
    pub fn keep_handshake(&mut self, handshake: Box<Handshake>) {
        self.handshakes.push_back(handshake);
    }

    /// Remembers a connection that failed.
    pub fn keep_failed(&mut self, attempted: Box<Attempted>) {
        self.failed.push_back(attempted);
    }

    /// Remembers an answer whose request is not in the capture.
    pub fn keep_unasked(&mut self, server: SocketAddr, at: CaptureTime) {
        if self.unasked.len() >= MAX_PROXY_USES {
            self.unasked.pop_front();
        }
        self.unasked.push_back((server, at));
    }

    /// Remembers a ticket that was refused.
    pub fn keep_ticket(&mut self, refusal: TicketRefusal) {
        if self.tickets.len() >= MAX_TICKETS {
            self.tickets.pop_front();
        }
        self.tickets.push_back(refusal);
    }

    /// Remembers what was asked for by QUIC.
    pub fn keep_quic(&mut self, quic: &Quic) {
        let (host, server, at) = (quic.host(), quic.server, quic.first.time);
        let mut known = self.quic_uses.iter_mut();
        if let Some(known) = known.find(|known| known.server == server && known.host.as_deref() == host) {
            known.first = known.first.min(at);
            known.last = known.last.max(at);
            known.answered |= quic.answer.is_some();
            return;
        }
        if self.quic_uses.len() >= MAX_QUIC_USES {
            self.quic_uses.pop_front();
        }
        let (host, answered) = (host.map(str::to_owned), quic.answer.is_some());
        self.quic_uses.push_back(QuicUse { host, server, first: at, last: at, answered });
    }

    /// Lets go of what ended before that moment. The latest of each kind stay: they say how things stand.
    pub fn forget(&mut self, before: CaptureTime) {
        forget(&mut self.lookups, |lookup| lookup.ended >= before);
        forget(&mut self.failed, |failed| failed.connection.last.time >= before);
        forget(&mut self.exchanges, |exchange| exchange.ended >= before);
        forget(&mut self.handshakes, |handshake| handshake.ended >= before);
        self.rivals.retain(|(_, at, ..)| at.time >= before);
        self.proxy_uses.retain(|one| one.at >= before);
        self.quic_uses.retain(|one| one.last >= before);
        self.unasked.retain(|(_, at)| *at >= before);
        self.named.retain(|_, names| {
            names.retain(|named| named.at.after(named.ttl.max(NAME_EXPLAINS)) >= before);
            !names.is_empty()
        });
    }

    /// Whether any transaction is kept of it.
    #[must_use]
    pub fn keeps_anything(&self) -> bool {
        !(self.lookups.is_empty()
            && self.failed.is_empty()
            && self.exchanges.is_empty()
            && self.handshakes.is_empty()
            && self.discovery.is_none())
    }

    /// Remembers a use of a proxy.
    pub fn keep_proxy_use(&mut self, one: ProxyUse) {
        if self.proxy_uses.len() >= MAX_PROXY_USES {
            self.proxy_uses.pop_front();
        }
        self.proxy_uses.push_back(one);
    }
}

/// What stands for the ones before it and for this one, too.
fn one_more(before: Option<StandsFor>, since: CaptureTime) -> StandsFor {
    match before {
        Some(before) => StandsFor { count: before.count.saturating_add(1), since: before.since.min(since) },
        None => StandsFor { count: 1, since },
    }
}

/// When a transaction, or the first of those that it stands for, began.
fn began(stands_for: Option<StandsFor>, started: CaptureTime) -> CaptureTime {
    stands_for.map_or(started, |others| others.since.min(started))
}

/// Whether a look-up gave the same addresses as the one before.
fn repeats(before: &Lookup, after: &Lookup) -> bool {
    let addresses = |lookup: &Lookup| lookup.answer.as_ref().map(|answer| answer.addresses.clone());
    addresses(before).is_some_and(|addresses| !addresses.is_empty())
        && addresses(before) == addresses(after)
        && before.server == after.server
        && began(after.stands_for, after.first().time).since(before.ended) <= SAME_EPISODE
}

/// Whether two exchanges are the same success of the same probe, one soon after the other.
fn equal_success(before: &Exchange, after: &Exchange, window: Duration) -> bool {
    let (Some(one), Some(other)) = (&before.request, &after.request) else { return false };
    let (Some(answer), Some(other_answer)) = (&before.response, &after.response) else { return false };
    one.head.host == other.head.host
        && one.head.target == other.head.target
        && (!one.head.is_proxied() || before.server() == after.server())
        && answer.head.status == 200
        && answer.head.age == other_answer.head.age
        && answer.body == other_answer.body
        && one.copies.is_empty() == other.copies.is_empty()
        && before.ended < after.started.time
        && began(after.stands_for, after.started.time).since(before.ended) <= window
}

/// Drops what `stays` denies, but for the latest two.
fn forget<T>(list: &mut VecDeque<Box<T>>, stays: impl Fn(&T) -> bool) {
    let newest = list.len().saturating_sub(2);
    let mut index = 0;
    list.retain(|one| {
        index += 1;
        index > newest || stays(one)
    });
    list.shrink_to(list.len() * 2);
}
