//! DNS questions that wait for their answers.
//!
//! Copies of a question with the same identifier and port are one look-up: Windows repeats after 1, 2, 4 and 8 s. The
//! table holds a look-up for a moment after its answer, because a rival answer (an injection) and, in captures of
//! several queues, the question itself may come later: then the look-up is told once more, with its question.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::hash::BuildHasher as _;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::{Lookup, LookupAnswer, LookupEnd};
use crate::proto::dns::{self, Message, Question, RecordData};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::{Transaction, Wait};

/// Time for which an answer waits for a question that stands later in the capture, and for rival answers.
const SETTLING: Duration = Duration::from_secs(2);
/// Copies of one question that are listed.
const MAX_COPIES: usize = 16;
/// Answers that wait for questions standing behind them in the capture.
const MAX_ORPHANS: usize = 16;
/// Questions among which the one that an ICMP error quotes is looked for.
const MAX_QUOTED: usize = 64;
/// Look-ups that are settled at a time when the capture ends: fifty thousand may wait.
const SETTLED_AT_ONCE: usize = 1024;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    client: SocketAddr,
    server: SocketAddr,
    id: u16,
    over_tcp: bool,
}

/// A look-up in the table: a question that waits, or one that was told with its answer and is kept for rivals.
struct Pending {
    key: Key,
    name: Box<str>,
    qtype: u16,
    recursion_desired: bool,
    queries: Vec<PacketRef>,
    answer: Option<Box<LookupAnswer>>,
    icmp: Option<Box<(PacketRef, IpAddr, u8, u8)>>,
    /// When it leaves the table.
    until: CaptureTime,
    serial: u64,
}

impl Pending {
    fn new(key: Key, question: &Question, recursion_desired: bool, until: CaptureTime) -> Self {
        Self {
            key,
            name: question.name.as_str().into(),
            qtype: question.qtype,
            recursion_desired,
            queries: Vec::new(),
            answer: None,
            icmp: None,
            until,
            serial: 0,
        }
    }

    fn asks(&self, question: &Question) -> bool {
        *self.name == *question.name && self.qtype == question.qtype
    }

    /// First packet that belongs to it.
    fn first(&self) -> Option<PacketRef> {
        let answer = self.answer.as_ref().map(|answer| answer.at);
        self.queries.first().copied().into_iter().chain(answer).min()
    }

    /// What is told of it.
    fn told(&self, end: LookupEnd, ended: CaptureTime) -> Transaction {
        let Key { client, server, id, over_tcp } = self.key;
        Transaction::Lookup(Box::new(Lookup {
            client,
            server,
            over_tcp,
            id,
            name: (*self.name).to_owned(),
            qtype: self.qtype,
            recursion_desired: self.recursion_desired,
            queries: self.queries.clone(),
            answer: self.answer.as_deref().cloned(),
            icmp: self.icmp.as_deref().copied(),
            end,
            ended,
            stands_for: None,
        }))
    }
}

/// Questions that wait for their answers.
pub struct Lookups {
    index: HashTable<u32>,
    hasher: RandomState,
    slots: Vec<Option<Pending>>,
    free: Vec<u32>,
    /// When to look at an entry again, in order; stale ones are skipped by serial.
    due: BinaryHeap<Reverse<(CaptureTime, u64, u32)>>,
    /// All by serial, some of which have left.
    order: VecDeque<(u64, u32)>,
    serial: u64,
    /// Answers without a question section, until their questions come.
    orphans: VecDeque<(Key, LookupAnswer)>,
    max: usize,
    deadline: Duration,
    /// Look-ups that had to leave unanswered because the table was full.
    pub evicted: u64,
}

impl Lookups {
    /// An empty table of at most `max` look-ups, each given up after `deadline`.
    #[must_use]
    pub fn new(max: usize, deadline: Duration) -> Self {
        Self {
            index: HashTable::new(),
            hasher: RandomState::default(),
            slots: Vec::new(),
            free: Vec::new(),
            due: BinaryHeap::new(),
            order: VecDeque::new(),
            serial: 0,
            orphans: VecDeque::new(),
            max: max.max(16),
            deadline,
            evicted: 0,
        }
    }

    /// Reads one DNS message that went from `source` to `destination`; settled look-ups go to `out`.
    pub fn message(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        over_tcp: bool,
        payload: &[u8],
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) {
        let Ok(message) = dns::parse(payload) else { return };
        if message.opcode != 0 {
            return;
        }
        if message.response {
            let key = Key { client: destination, server: source, id: message.id, over_tcp };
            self.answer(key, &message, at, out);
        } else if let Some(question) = &message.question {
            let key = Key { client: source, server: destination, id: message.id, over_tcp };
            self.question(key, question, message.recursion_desired, at, out);
        }
    }

    fn question(
        &mut self,
        key: Key,
        question: &Question,
        recursion_desired: bool,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) {
        let until = at.time.after(self.deadline);
        let known = self.find(&key);
        if let Some(pending) = known.and_then(|slot| self.get_mut(slot)).filter(|pending| pending.asks(question)) {
            let ended = pending.answer.as_ref().map(|answer| answer.at.time);
            let early = ended.filter(|ended| pending.queries.is_empty() && at.time.distance(*ended) < SETTLING);
            if ended.is_none() || early.is_some() {
                if pending.queries.len() < MAX_COPIES {
                    pending.queries.push(at);
                    pending.queries.sort_unstable();
                }
                pending.recursion_desired |= recursion_desired;
                if let Some(ended) = early {
                    // The answer stood before its question in the capture, and was told without it.
                    out.push(pending.told(LookupEnd::Answered, ended));
                }
                return;
            }
            if ended.is_some_and(|ended| ended.distance(at.time) < SETTLING) {
                return;
            }
        }
        if let Some(slot) = known {
            self.remove(slot, at.time, out);
        }
        let orphan = self.orphans.iter().position(|(orphan, answer)| {
            *orphan == key && answer.at.time.distance(at.time) <= crate::limits::REORDER_TOLERANCE
        });
        let mut pending = Pending::new(key, question, recursion_desired, until);
        pending.queries.push(at);
        if let Some((_, answer)) = orphan.and_then(|index| self.orphans.remove(index)) {
            let ended = answer.at.time;
            pending.answer = Some(Box::new(answer));
            out.push(pending.told(LookupEnd::Answered, ended));
        }
        self.insert(pending, out);
    }

    fn answer(&mut self, key: Key, message: &Message, at: PacketRef, out: &mut Vec<Transaction>) {
        let answer = read_answer(message, at);
        let known = self.find(&key);
        let mut due = None;
        if let (Some(slot), Some(pending)) = (known, known.and_then(|slot| self.get_mut(slot)))
            && message.question.as_ref().is_none_or(|question| pending.asks(question))
        {
            match &pending.answer {
                None => {
                    pending.answer = Some(Box::new(answer));
                    pending.until = at.time.after(SETTLING);
                    due = Some((pending.until, pending.serial, slot));
                    out.push(pending.told(LookupEnd::Answered, at.time));
                }
                Some(first) if first.addresses != answer.addresses && !first.truncated => {
                    out.push(Transaction::RivalAnswer {
                        client: key.client.ip(),
                        name: (*pending.name).to_owned(),
                        at,
                        server: key.server.ip(),
                        addresses: answer.addresses,
                    });
                }
                Some(_) => {}
            }
            self.due.extend(due.map(Reverse));
            return;
        }
        // An answer without a question: it is told at once, and again if its question stands later in the capture. One
        // that does not even repeat the question (servers that refuse do that) waits for it.
        let Some(question) = &message.question else {
            if self.orphans.len() >= MAX_ORPHANS {
                self.orphans.pop_front();
            }
            self.orphans.push_back((key, answer));
            return;
        };
        if let Some(slot) = known {
            self.remove(slot, at.time, out);
        }
        let mut pending = Pending::new(key, question, message.recursion_desired, at.time.after(SETTLING));
        pending.answer = Some(Box::new(answer));
        out.push(pending.told(LookupEnd::Answered, at.time));
        self.insert(pending, out);
    }

    /// An ICMP error came back for a question.
    pub fn unreachable(
        &mut self,
        client: SocketAddr,
        server: SocketAddr,
        at: PacketRef,
        from: IpAddr,
        kind: u8,
        code: u8,
    ) {
        // An ICMP error quotes addresses and ports, not the identifier: look among the most recent questions.
        for (serial, slot) in self.order.iter().rev().take(MAX_QUOTED) {
            if let Some(pending) = self.slots.get_mut(*slot as usize).and_then(Option::as_mut)
                && pending.serial == *serial
                && (pending.key.client, pending.key.server) == (client, server)
                && pending.answer.is_none()
            {
                pending.icmp.get_or_insert_with(|| Box::new((at, from, kind, code)));
            }
        }
    }

    /// Settles what is due at `now`.
    #[inline]
    pub fn advance(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        while let Some(Reverse((moment, serial, slot))) = self.due.peek().copied() {
            if moment > now {
                return;
            }
            self.due.pop();
            if self.is(slot, serial) && self.get_mut(slot).is_some_and(|pending| pending.until <= now) {
                self.remove(slot, now, out);
            }
        }
    }

    /// The capture ended at `now`: settles some of what waits, the oldest first; whether more is left.
    pub fn finish(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) -> bool {
        let mut settled = 0;
        while settled < SETTLED_AT_ONCE
            && let Some((serial, slot)) = self.order.pop_front()
        {
            if self.is(slot, serial) {
                self.remove(slot, now, out);
                settled += 1;
            }
        }
        !self.order.is_empty()
    }

    fn find(&self, key: &Key) -> Option<u32> {
        let hash = self.hasher.hash_one(key);
        self.index.find(hash, |slot| self.key(*slot) == Some(key)).copied()
    }

    fn key(&self, slot: u32) -> Option<&Key> {
        self.slots.get(slot as usize)?.as_ref().map(|pending| &pending.key)
    }

    fn get_mut(&mut self, slot: u32) -> Option<&mut Pending> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    fn is(&self, slot: u32, serial: u64) -> bool {
        let pending = self.slots.get(slot as usize).and_then(Option::as_ref);
        pending.is_some_and(|pending| pending.serial == serial)
    }

    fn insert(&mut self, mut pending: Pending, out: &mut Vec<Transaction>) {
        while self.index.len() >= self.max {
            let Some((serial, oldest)) = self.order.pop_front() else { break };
            if self.is(oldest, serial) {
                self.evicted += 1;
                let first = self.get_mut(oldest).and_then(|pending| pending.first());
                self.remove(oldest, first.map_or(pending.until, |first| first.time), out);
            }
        }
        self.serial += 1;
        pending.serial = self.serial;
        let (until, hash) = (pending.until, self.hasher.hash_one(pending.key));
        let pending = Some(pending);
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.slots.get_mut(slot as usize) {
                    *place = pending;
                }
                slot
            }
            None => {
                self.slots.push(pending);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        let Self { index, hasher, slots, .. } = self;
        index.insert_unique(hash, slot, |slot| {
            let pending = slots.get(*slot as usize).and_then(Option::as_ref);
            pending.map_or(0, |pending| hasher.hash_one(pending.key))
        });
        self.order.push_back((self.serial, slot));
        if self.order.len() > self.max.saturating_mul(2) {
            let mut order = std::mem::take(&mut self.order);
            order.retain(|(serial, slot)| self.is(*slot, *serial));
            self.order = order;
        }
        self.due.push(Reverse((until, self.serial, slot)));
    }

    /// Takes a look-up out of the table, and tells it where it was not.
    fn remove(&mut self, slot: u32, now: CaptureTime, out: &mut Vec<Transaction>) {
        let Some(pending) = self.slots.get_mut(slot as usize).and_then(Option::take) else { return };
        if let Ok(entry) = self.index.find_entry(self.hasher.hash_one(pending.key), |other| *other == slot) {
            entry.remove();
        }
        self.free.push(slot);
        if pending.answer.is_some() {
            return;
        }
        let deadline = pending.first().map_or(now, |first| first.time).after(self.deadline);
        let wait = if now >= deadline { Wait::Elapsed } else { Wait::Cut { missing: deadline.since(now) } };
        out.push(pending.told(LookupEnd::Unanswered(wait), deadline.min(now)));
    }
}

fn read_answer(message: &Message, at: PacketRef) -> LookupAnswer {
    let mut answer = LookupAnswer {
        at,
        rcode: message.rcode,
        addresses: Vec::new(),
        ttl: 0,
        cnames: Vec::new(),
        truncated: message.truncated,
        whole: message.complete,
    };
    for record in &message.answers {
        match &record.data {
            RecordData::A(address) => answer.addresses.push(IpAddr::V4(*address)),
            RecordData::Aaaa(address) => answer.addresses.push(IpAddr::V6(*address)),
            RecordData::Cname(name) => {
                answer.cnames.push(name.clone());
                continue;
            }
            RecordData::Other => continue,
        }
        answer.ttl = answer.ttl.max(record.ttl);
    }
    answer
}
