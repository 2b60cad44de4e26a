//! DNS questions and their answers.
//!
//! Copies of a question with the same identifier and port are one look-up: Windows repeats after 1, 2, 4 and 8 s. The
//! table holds a look-up for a moment after its answer, because a rival answer (an injection) and, in captures of
//! several queues, the question itself may come later: then the look-up is told once more, with its question.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::{StandsFor, Transaction, Wait};
use crate::proto::dns::{self, Message, RecordData};
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// Time for which an answer waits for a question that stands later in the capture, and for rival answers.
const SETTLING: Duration = Duration::from_secs(2);
/// Copies of one question that are listed.
const MAX_COPIES: usize = 16;
/// Answers that wait for questions standing behind them in the capture.
const MAX_ORPHANS: usize = 16;
/// Questions among which the one that an ICMP error quotes is looked for.
const MAX_QUOTED: usize = 64;

/// A look-up: one question to one server, with all its copies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// Who asked.
    pub client: SocketAddr,
    /// Who was asked.
    pub server: SocketAddr,
    /// Sent over TCP.
    pub over_tcp: bool,
    /// Identifier.
    pub id: u16,
    /// Name asked for, lower case, no final dot.
    pub name: String,
    /// Type asked for.
    pub qtype: u16,
    /// Recursion was desired: a client's question, not a resolver's.
    pub recursion_desired: bool,
    /// The question's packets.
    pub queries: Vec<PacketRef>,
    /// The first answer.
    pub answer: Option<LookupAnswer>,
    /// An ICMP error about the question: who sent it, type, code.
    pub icmp: Option<(PacketRef, IpAddr, u8, u8)>,
    /// How it ended.
    pub end: LookupEnd,
    /// The moment that decided it.
    pub ended: CaptureTime,
    /// Equal ones before it that were not kept.
    pub stands_for: Option<StandsFor>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookupAnswer {
    /// The packet.
    pub at: PacketRef,
    /// Response code.
    pub rcode: u16,
    /// Addresses of the asked family.
    pub addresses: Vec<IpAddr>,
    /// Longest time to live of these addresses, seconds.
    pub ttl: u32,
    /// Canonical names passed.
    pub cnames: Vec<String>,
    /// The TC bit: the answer is incomplete, TCP follows.
    pub truncated: bool,
    /// Whether the message could be read to its end.
    pub whole: bool,
}

/// How a look-up ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum LookupEnd {
    /// Answered.
    Answered,
    /// Not answered.
    Unanswered(Wait),
}

impl Lookup {
    /// First packet that belongs to it.
    #[must_use]
    pub fn first(&self) -> PacketRef {
        let question = self.queries.first().copied();
        let answer = self.answer.as_ref().map(|answer| answer.at);
        match (question, answer) {
            (Some(question), Some(answer)) => question.min(answer),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => PacketRef { time: self.ended, id: crate::source::PacketId::new(0, 0) },
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    client: SocketAddr,
    server: SocketAddr,
    id: u16,
    over_tcp: bool,
}

struct Pending {
    lookup: Lookup,
    /// When it leaves the table.
    until: CaptureTime,
    /// It was handed on already; kept for rival answers.
    told: bool,
    serial: u64,
}

/// Questions that wait for their answers.
pub struct Lookups {
    table: HashMap<Key, Pending, foldhash::fast::RandomState>,
    /// When to look at an entry again, in order; stale ones are skipped by serial.
    due: std::collections::BinaryHeap<std::cmp::Reverse<(CaptureTime, u64)>>,
    keys: HashMap<u64, Key, foldhash::fast::RandomState>,
    order: VecDeque<(u64, Key)>,
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
            table: HashMap::default(),
            due: std::collections::BinaryHeap::new(),
            keys: HashMap::default(),
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
        } else {
            let key = Key { client: source, server: destination, id: message.id, over_tcp };
            self.question(key, &message, at, out);
        }
    }

    fn question(&mut self, key: Key, message: &Message, at: PacketRef, out: &mut Vec<Transaction>) {
        let Some(question) = &message.question else { return };
        let until = at.time.after(self.deadline);
        if let Some(pending) = self.table.get_mut(&key)
            && pending.lookup.name == question.name
            && pending.lookup.qtype == question.qtype
        {
            let early = pending.lookup.queries.is_empty() && at.time.distance(pending.lookup.ended) < SETTLING;
            if !pending.told || early {
                if pending.lookup.queries.len() < MAX_COPIES {
                    pending.lookup.queries.push(at);
                    pending.lookup.queries.sort_unstable();
                }
                pending.lookup.recursion_desired |= message.recursion_desired;
                if early {
                    // The answer stood before its question in the capture, and was told without it.
                    out.push(Transaction::Lookup(Box::new(pending.lookup.clone())));
                }
                return;
            }
            if pending.lookup.ended.distance(at.time) < SETTLING {
                return;
            }
        }
        self.remove(&key, at.time, out);
        let orphan = self.orphans.iter().position(|(orphan, answer)| {
            *orphan == key && answer.at.time.distance(at.time) <= crate::limits::REORDER_TOLERANCE
        });
        let answer = orphan.and_then(|index| self.orphans.remove(index)).map(|(_, answer)| answer);
        let (end, ended) = match &answer {
            Some(answer) => (LookupEnd::Answered, answer.at.time),
            None => (LookupEnd::Unanswered(Wait::Elapsed), until),
        };
        let lookup = Lookup {
            client: key.client,
            server: key.server,
            over_tcp: key.over_tcp,
            id: key.id,
            name: question.name.clone(),
            qtype: question.qtype,
            recursion_desired: message.recursion_desired,
            queries: vec![at],
            answer,
            icmp: None,
            end,
            ended,
            stands_for: None,
        };
        let told = lookup.answer.is_some();
        if told {
            out.push(Transaction::Lookup(Box::new(lookup.clone())));
        }
        self.insert(key, lookup, until, told, out);
    }

    fn answer(&mut self, key: Key, message: &Message, at: PacketRef, out: &mut Vec<Transaction>) {
        let answer = read_answer(message, at);
        if let Some(pending) = self.table.get_mut(&key) {
            let same = message
                .question
                .as_ref()
                .is_none_or(|question| question.name == pending.lookup.name && question.qtype == pending.lookup.qtype);
            if same {
                match &pending.lookup.answer {
                    None => {
                        pending.lookup.answer = Some(answer);
                        pending.lookup.end = LookupEnd::Answered;
                        pending.lookup.ended = at.time;
                        pending.until = at.time.after(SETTLING);
                        pending.told = true;
                        self.due.push(std::cmp::Reverse((pending.until, pending.serial)));
                        out.push(Transaction::Lookup(Box::new(pending.lookup.clone())));
                    }
                    Some(first) if first.addresses != answer.addresses && !first.truncated => {
                        out.push(Transaction::RivalAnswer {
                            client: key.client.ip(),
                            name: pending.lookup.name.clone(),
                            at,
                            server: key.server.ip(),
                            addresses: answer.addresses,
                        });
                    }
                    Some(_) => {}
                }
                return;
            }
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
        self.remove(&key, at.time, out);
        let until = at.time.after(SETTLING);
        let lookup = Lookup {
            client: key.client,
            server: key.server,
            over_tcp: key.over_tcp,
            id: key.id,
            name: question.name.clone(),
            qtype: question.qtype,
            recursion_desired: message.recursion_desired,
            queries: Vec::new(),
            answer: Some(answer),
            icmp: None,
            end: LookupEnd::Answered,
            ended: at.time,
            stands_for: None,
        };
        out.push(Transaction::Lookup(Box::new(lookup.clone())));
        self.insert(key, lookup, until, true, out);
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
        for (_, key) in self.order.iter().rev().take(MAX_QUOTED) {
            if key.client == client
                && key.server == server
                && let Some(pending) = self.table.get_mut(key)
                && !pending.told
            {
                pending.lookup.icmp.get_or_insert((at, from, kind, code));
            }
        }
    }

    /// Settles what is due at `now`.
    pub fn advance(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        while let Some(std::cmp::Reverse((moment, serial))) = self.due.peek().copied() {
            if moment > now {
                return;
            }
            self.due.pop();
            let Some(key) = self.keys.get(&serial).copied() else { continue };
            if self.table.get(&key).is_some_and(|pending| pending.until <= now) {
                self.remove(&key, now, out);
            }
        }
    }

    /// Settles everything: the capture ended at `now`.
    pub fn finish(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        let mut left: Vec<(u64, Key)> = self.table.iter().map(|(key, pending)| (pending.serial, *key)).collect();
        left.sort_unstable_by_key(|(serial, _)| *serial);
        for (_, key) in left {
            self.remove(&key, now, out);
        }
    }

    fn insert(&mut self, key: Key, lookup: Lookup, until: CaptureTime, told: bool, out: &mut Vec<Transaction>) {
        while self.table.len() >= self.max {
            let Some((serial, oldest)) = self.order.pop_front() else { break };
            if self.keys.contains_key(&serial) {
                self.evicted += 1;
                let last_seen = self.table.get(&oldest).map_or(until, |pending| pending.lookup.first().time);
                self.remove(&oldest, last_seen, out);
            }
        }
        self.serial += 1;
        self.keys.insert(self.serial, key);
        self.order.push_back((self.serial, key));
        if self.order.len() > self.max.saturating_mul(2) {
            let keys = &self.keys;
            self.order.retain(|(serial, _)| keys.contains_key(serial));
        }
        self.due.push(std::cmp::Reverse((until, self.serial)));
        self.table.insert(key, Pending { lookup, until, told, serial: self.serial });
    }

    fn remove(&mut self, key: &Key, now: CaptureTime, out: &mut Vec<Transaction>) {
        let Some(mut pending) = self.table.remove(key) else { return };
        self.keys.remove(&pending.serial);
        if pending.told {
            return;
        }
        if pending.lookup.answer.is_none() {
            let deadline = pending.lookup.first().time.after(self.deadline);
            let wait = if now >= deadline { Wait::Elapsed } else { Wait::Cut { missing: deadline.since(now) } };
            pending.lookup.end = LookupEnd::Unanswered(wait);
            pending.lookup.ended = deadline.min(now);
        }
        out.push(Transaction::Lookup(Box::new(pending.lookup)));
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
