//! All TCP flows of one worker.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::deadline::{Deadlines, Slot};
use super::hot::{Hot, Phase};
use super::known::Known;
use super::live::{Live, connection};
use super::overlap::{Overlaps, tag};
use super::recent::Signature;
use super::strangers::Strangers;
use super::{Direction, End, FlowId, FlowKey, Sniff, StreamReader};
use crate::limits::{SAME_SYN, TableLimits};
use crate::time::CaptureTime;
use crate::wire::{IcmpError, Ip, Packet, Segment, TCP};

/// What became of a segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Seen {
    /// It opened a connection.
    Opened,
    /// It belongs to a connection that is being read.
    Read,
    /// It belongs to a flow that nobody reads: not recognised, or over.
    Counted,
    /// A mirror port's copy of a segment seen just before; invisible to the reader.
    Duplicate,
    /// It has no IP header; nothing was done.
    NoAddress,
}

/// What [`FlowTable::push`] answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What became of the segment.
    pub seen: Seen,
    /// Its receiver, where this is the flow's first segment towards it in this second of capture time: enough to know
    /// when the capture shows traffic towards a host, without a look-up for each packet.
    pub presence: Option<IpAddr>,
}

/// Counts over all flows so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TableStats {
    /// TCP connections of which an opening, or a message that is read, was seen.
    pub flows: u64,
    /// Segments of other connections: they neither opened one nor began a message.
    pub passed: u64,
    /// Of these, with packets in one direction only (an unanswered SYN is one).
    pub one_way: u64,
    /// Places in streams where bytes are missing: lost, or cut by the snap length.
    pub gaps: u64,
    /// Mirror-port copies left out.
    pub duplicates: u64,
    /// Connections ended early because the table or its bytes were full.
    pub evicted: u64,
    /// Flows that nobody was reading, forgotten because the table was full.
    pub forgotten: u64,
    /// Segments that repeated bytes already captured.
    pub retransmissions: u64,
}

/// A segment on its way in.
#[derive(Clone, Copy)]
struct Arrival<'a> {
    hash: u64,
    key: FlowKey,
    from_low: bool,
    packet: &'a Packet<'a>,
    segment: &'a Segment<'a>,
    signature: Option<Signature>,
}

impl Arrival<'_> {
    /// A live flow that knows this segment, but was not told of it.
    fn begin<S: Default>(&self, client_low: bool, id: FlowId) -> Box<Live<S>> {
        let mut live = Box::new(Live::new(self.key, client_low, id, self.packet.at));
        live.tags[usize::from(!self.from_low)] = tag(&self.packet.link);
        if let Some(signature) = self.signature {
            live.recent.is_copy(signature);
        }
        live
    }
}

/// TCP flows by their addresses and ports. Nothing that a reader sees depends on the order of the hash table.
pub struct FlowTable<R: StreamReader> {
    pub(super) index: HashTable<Hot>,
    pub(super) hasher: RandomState,
    pub(super) lives: Vec<Option<Box<Live<R::State>>>>,
    pub(super) free: Vec<Slot>,
    pub(super) deadlines: Deadlines,
    pub(super) limits: TableLimits,
    pub(super) bytes: usize,
    pub(super) stats: TableStats,
    strangers: Strangers,
    known: Known,
    overlaps: Overlaps,
    next_id: u64,
    /// Flows of which nothing is known are remembered, too.
    remembers_all: bool,
}

impl<R: StreamReader> FlowTable<R> {
    /// An empty table that keeps to `limits.flows` and `limits.flow_bytes`.
    #[must_use]
    pub fn new(limits: &TableLimits) -> Self {
        Self {
            index: HashTable::new(),
            hasher: RandomState::default(),
            lives: Vec::new(),
            free: Vec::new(),
            deadlines: Deadlines::default(),
            limits: *limits,
            bytes: 0,
            stats: TableStats::default(),
            strangers: Strangers::default(),
            known: Known::default(),
            overlaps: Overlaps::default(),
            next_id: 0,
            remembers_all: false,
        }
    }

    /// Remembers from now on flows of which nothing is known, too: to show that nothing depends on it.
    pub const fn remember_all(&mut self) {
        self.remembers_all = true;
    }

    /// Counts so far.
    #[must_use]
    pub const fn stats(&self) -> TableStats {
        self.stats
    }

    /// Bytes of reassembly and message state now, bounded by `limits.flow_bytes`.
    #[must_use]
    pub const fn state_bytes(&self) -> usize {
        self.bytes
    }

    /// Whether the flow between two ends of IPv4 may be in the table; surely not where it says no.
    #[inline]
    #[must_use]
    pub fn may_know(&self, one: (u32, u16), other: (u32, u16)) -> bool {
        self.known.may_hold(one, other)
    }

    fn note_known(&mut self, key: &FlowKey) {
        if self.known.is_crowded(self.index.len()) {
            self.known.clear();
            self.index.iter().for_each(|hot| self.known.note(&hot.key));
        }
        self.known.note(key);
    }

    /// Takes the next TCP segment of the capture.
    pub fn push(&mut self, packet: &Packet, segment: &Segment, reader: &mut R) -> Outcome {
        let Some(ip) = packet.ip else { return Outcome { seen: Seen::NoAddress, presence: None } };
        let (mut key, from_low) =
            FlowKey::new((ip.source, segment.source_port), (ip.destination, segment.destination_port));
        if !self.overlaps.is_empty() {
            let Self { overlaps, index, hasher, lives, .. } = self;
            key = overlaps.resolve(key, from_low, tag(&packet.link), |key| {
                let hot = index.find(key.hash_with(hasher), |hot| hot.key == key)?;
                let Phase::Live(slot) = hot.phase else { return None };
                lives.get(slot as usize)?.as_ref()?.fits(from_low, segment)
            });
        }
        self.push_to(key, from_low, ip, packet, segment, reader)
    }

    /// Takes a segment that belongs to another conversation than its addresses and ports said.
    #[cold]
    #[inline(never)]
    fn push_apart(
        &mut self,
        key: FlowKey,
        from_low: bool,
        ip: Ip,
        packet: &Packet,
        segment: &Segment,
        reader: &mut R,
    ) -> Outcome {
        self.push_to(key, from_low, ip, packet, segment, reader)
    }

    /// Takes a segment of this conversation, or of another one that is found out only now.
    #[inline]
    fn push_to(
        &mut self,
        key: FlowKey,
        from_low: bool,
        ip: Ip,
        packet: &Packet,
        segment: &Segment,
        reader: &mut R,
    ) -> Outcome {
        let hash = key.hash_with(&self.hasher);
        let now = packet.at.time;
        let mut created = false;
        let hot = match self.index.find_mut(hash, |hot| hot.key == key) {
            Some(hot) => hot,
            None if !segment.has(Segment::SYN)
                && !self.remembers_all
                && self.strangers.say_nothing(key, from_low, packet, segment, reader) =>
            {
                self.stats.passed += 1;
                return Outcome { seen: Seen::Counted, presence: Some(ip.destination) };
            }
            None => {
                created = true;
                self.make_room(now, reader);
                self.note_known(&key);
                let hot = Hot::new(key, from_low, segment, self.new_flow(), now);
                let hasher = &self.hasher;
                self.index.insert_unique(hash, hot, |hot| hot.key.hash_with(hasher)).into_mut()
            }
        };
        if let Some(tag) = tag(&packet.link)
            && let Phase::Live(slot) = hot.phase
            && let Some(live) = self.lives.get_mut(slot as usize).and_then(Option::as_mut)
            && live.excludes(from_low, tag, segment)
            && let Some(other) = self.overlaps.split(key, live.tags, from_low, tag)
        {
            return self.push_apart(other, from_low, ip, packet, segment, reader);
        }
        let presence = hot.present(from_low, now, &mut self.stats).then_some(ip.destination);
        let silence = now.since(hot.active);
        hot.active = now;
        let signature = Signature::of(segment, from_low, ip.identification, now);
        let phase = hot.phase;
        let copy = match phase {
            Phase::Live(slot) => match self.lives.get_mut(slot as usize).and_then(Option::as_mut) {
                Some(live) => {
                    live.active = now;
                    let copy = signature.is_some_and(|signature| live.recent.is_copy(signature));
                    live.connection.duplicates = live.connection.duplicates.saturating_add(u32::from(copy));
                    copy
                }
                None => false,
            },
            _ => signature.is_some_and(|signature| hot.recent.is_copy(signature)),
        };
        if copy {
            self.stats.duplicates += 1;
            return Outcome { seen: Seen::Duplicate, presence };
        }
        let opens = segment.has(Segment::SYN) && !segment.has(Segment::RST) && {
            let live = match phase {
                Phase::Live(slot) => self.lives.get(slot as usize).and_then(Option::as_deref),
                _ => None,
            };
            hot.opens(live, segment, from_low, silence > SAME_SYN)
        };
        let seen = if opens {
            let arrival = Arrival { hash, key, from_low, packet, segment, signature };
            self.open(&arrival, created, reader);
            self.refuse(&arrival, reader);
            Seen::Opened
        } else {
            match phase {
                Phase::Over => Seen::Counted,
                Phase::Live(slot) => {
                    self.read(slot, from_low, packet, segment, reader);
                    Seen::Read
                }
                Phase::Watched => self.watch(&Arrival { hash, key, from_low, packet, segment, signature }, reader),
            }
        };
        Outcome { seen, presence }
    }

    /// Takes an ICMP error: finds the connection whose packet it quotes. Whether there is one that is being read.
    pub fn icmp_error(&mut self, packet: &Packet, error: &IcmpError, reader: &mut R) -> bool {
        let Some(ip) = packet.ip.filter(|_| error.protocol == TCP) else { return false };
        let (key, _) = FlowKey::new((error.source, error.ports.0), (error.destination, error.ports.1));
        let key = self.overlaps.tagged(key, tag(&packet.link));
        let hash = key.hash_with(&self.hasher);
        let Some(Phase::Live(slot)) = self.index.find(hash, |hot| hot.key == key).map(|hot| hot.phase) else {
            return false;
        };
        if let Some(live) = self.lives.get_mut(slot as usize).and_then(Option::as_mut) {
            live.icmp(packet.at, ip.source, error, reader);
        }
        self.after(slot, packet.at.time, reader);
        true
    }

    /// Wakes the flows whose moment lies at or before `now`, in order of moment and id.
    pub fn advance(&mut self, now: CaptureTime, reader: &mut R) {
        while let Some((moment, id, slot)) = self.deadlines.pop(now) {
            let Some(live) = self.lives.get_mut(slot as usize).and_then(Option::as_mut) else { continue };
            if live.connection.id != id || live.queued != Some(moment) {
                continue;
            }
            live.queued = None;
            if live.talk.wanted.is_some_and(|wanted| wanted <= now) {
                live.talk.wanted = None;
                live.wake(now, reader, &mut self.stats);
                // A moment that has passed already comes with the next call: this loop ends.
                let soonest = now.after(std::time::Duration::from_nanos(1));
                live.talk.wanted = live.talk.wanted.map(|wanted| wanted.max(soonest));
            }
            self.after(slot, now, reader);
        }
    }

    /// Ends all flows, in order of id: the capture ended.
    pub fn finish(&mut self, now: CaptureTime, reader: &mut R) {
        let mut left: Vec<_> = self.lives.drain(..).flatten().collect();
        left.sort_unstable_by_key(|live| live.connection.id);
        for mut live in left {
            live.end(now, End::CaptureEnd, reader, &mut self.stats);
        }
        self.index.clear();
        self.overlaps.clear();
        self.free.clear();
        self.deadlines.clear();
        self.bytes = 0;
    }

    /// Counts a new connection, of which one direction was seen.
    const fn new_flow(&mut self) -> FlowId {
        let id = FlowId(self.next_id);
        self.next_id += 1;
        self.stats.flows += 1;
        self.stats.one_way += 1;
        id
    }

    /// A new connection on this key; an older one there gets its last call.
    fn open(&mut self, arrival: &Arrival, created: bool, reader: &mut R) {
        let Arrival { hash, key, from_low, packet, segment, .. } = *arrival;
        let now = packet.at.time;
        let answered = segment.has(Segment::ACK);
        let new = (!created).then(|| self.new_flow());
        let Some(hot) = self.index.find_mut(hash, |hot| hot.key == key) else { return };
        let before = hot.phase;
        hot.phase = Phase::Watched;
        hot.client_low = from_low != answered;
        hot.opened = true;
        hot.initial = if answered { segment.ack.wrapping_sub(1) } else { segment.seq };
        if let Some(id) = new {
            hot.id = id;
            hot.seen = [from_low, !from_low];
        }
        let (client_low, id) = (hot.client_low, hot.id);
        if let Phase::Live(slot) = before
            && let Some(mut old) = self.remove(slot)
        {
            old.end(now, End::Over, reader, &mut self.stats);
        }
        let mut live = arrival.begin(client_low, id);
        let direction = live.direction(from_low);
        live.open(packet, segment, direction, reader, &mut self.stats);
        self.add(hash, live, now, reader);
    }

    /// Applies a refusal that stood before its SYN.
    fn refuse(&mut self, arrival: &Arrival, reader: &mut R) {
        let Arrival { hash, key, from_low, packet, segment, .. } = *arrival;
        let Some((from_low, packet, segment)) = self.strangers.refused(key, from_low, packet, segment) else { return };
        if let Some(Phase::Live(slot)) = self.index.find(hash, |hot| hot.key == key).map(|hot| hot.phase) {
            self.read(slot, from_low, &packet, &segment, reader);
        }
    }

    /// A segment of a connection that is being read.
    fn read(&mut self, slot: Slot, from_low: bool, packet: &Packet, segment: &Segment, reader: &mut R) {
        let Some(live) = self.lives.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        let direction = live.direction(from_low);
        live.segment(packet, segment, direction, reader, &mut self.stats);
        self.after(slot, packet.at.time, reader);
    }

    /// A segment of a flow of which nothing is known: does a message start here?
    fn watch(&mut self, arrival: &Arrival, reader: &mut R) -> Seen {
        let Arrival { hash, key, from_low, packet, segment, .. } = *arrival;
        if segment.payload.is_empty() || segment.len == 0 || segment.has(Segment::RST) {
            self.strangers.keep(key, from_low, packet, segment);
            return Seen::Counted;
        }
        let Some(hot) = self.index.find_mut(hash, |hot| hot.key == key) else { return Seen::Counted };
        let guess = connection(key, hot.client_low, hot.id, packet.at);
        let direction = if from_low == hot.client_low { Direction::ToServer } else { Direction::ToClient };
        let found = reader.sniff(&guess, direction, segment.payload);
        if found == Sniff::Unknown {
            return Seen::Counted;
        }
        if found == Sniff::StartsReversed && !hot.opened {
            hot.client_low = !hot.client_low;
        }
        if hot.spent {
            hot.id = FlowId(self.next_id);
            self.next_id += 1;
        }
        let mut live = arrival.begin(hot.client_low, hot.id);
        live.talk.reading = found != Sniff::Unsure;
        let direction = live.direction(from_low);
        live.segment(packet, segment, direction, reader, &mut self.stats);
        self.add(hash, live, packet.at.time, reader);
        Seen::Read
    }

    /// Puts a new live flow in its place.
    fn add(&mut self, hash: u64, live: Box<Live<R::State>>, now: CaptureTime, reader: &mut R) {
        let key = live.key;
        let slot = match self.free.pop() {
            Some(slot) => slot,
            None => {
                self.lives.push(None);
                (self.lives.len() - 1) as Slot
            }
        };
        if let Some(hot) = self.index.find_mut(hash, |hot| hot.key == key) {
            hot.phase = Phase::Live(slot);
            hot.spent = true;
        }
        if let Some(place) = self.lives.get_mut(slot as usize) {
            *place = Some(live);
        }
        self.after(slot, now, reader);
    }

    /// After every call of the reader: does the flow live on, what does it weigh, when does it want to be woken?
    fn after(&mut self, slot: Slot, now: CaptureTime, reader: &mut R) {
        let Some(live) = self.lives.get_mut(slot as usize).and_then(Option::as_mut) else { return };
        if live.talk.done || live.talk.unknown() {
            let next =
                if live.talk.done || (live.talk.told && !live.talk.torn()) { Phase::Over } else { Phase::Watched };
            let key = live.key;
            let hash = key.hash_with(&self.hasher);
            if let Some(hot) = self.index.find_mut(hash, |hot| hot.key == key) {
                hot.phase = next;
            }
            if let Some(mut live) = self.remove(slot) {
                live.end(now, End::Unknown, reader, &mut self.stats);
            }
            return;
        }
        if let Some(wanted) = live.talk.wanted
            && live.queued.is_none_or(|queued| wanted < queued)
        {
            live.queued = Some(wanted);
            self.deadlines.push(wanted, live.connection.id, slot);
        }
        let weight = live.bytes(reader);
        self.bytes = self.bytes - live.weight + weight;
        live.weight = weight;
        let lives = &self.lives;
        self.deadlines.compact(lives.len() - self.free.len(), |moment, id, slot| {
            let live = lives.get(slot as usize).and_then(Option::as_ref);
            live.is_some_and(|live| live.connection.id == id && live.queued == Some(moment))
        });
        if self.bytes > self.limits.flow_bytes {
            self.lighten(now, reader);
        }
    }

    pub(super) fn remove(&mut self, slot: Slot) -> Option<Box<Live<R::State>>> {
        let live = self.lives.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        self.bytes -= live.weight;
        Some(live)
    }
}
