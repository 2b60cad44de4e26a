//! A connection that is being read: every segment is counted, its facts are kept, its bytes delivered.

use std::net::IpAddr;

use super::delivery::{Delivery, Talk};
use super::overlap::Tag;
use super::recent::Recent;
use super::stream::{Piece, Stream};
use super::{Connection, Direction, End, FlowId, FlowKey, StreamReader, TableStats, tcp};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::wire::{IcmpError, Packet, Segment};

/// What a live flow is made of.
pub(super) struct Live<S> {
    pub(super) key: FlowKey,
    pub(super) client_low: bool,
    pub(super) connection: Connection,
    pub(super) state: S,
    pub(super) streams: [Stream; 2],
    pub(super) talk: Talk,
    pub(super) recent: Recent,
    /// Last packet's time, whether it was a copy or not.
    pub(super) active: CaptureTime,
    /// Moment that stands in the heap of deadlines.
    pub(super) queued: Option<CaptureTime>,
    /// VLAN and virtual network, first seen from the lower and the higher end.
    pub(super) tags: [Option<Tag>; 2],
    /// Bytes that this flow was last counted with.
    pub(super) weight: usize,
}

impl<S: Default> Live<S> {
    pub(super) fn new(key: FlowKey, client_low: bool, id: FlowId, at: PacketRef) -> Self {
        Self {
            key,
            client_low,
            connection: connection(key, client_low, id, at),
            state: S::default(),
            streams: [Stream::default(), Stream::default()],
            talk: Talk::default(),
            recent: Recent::default(),
            active: at.time,
            queued: None,
            tags: [None; 2],
            weight: 0,
        }
    }

    pub(super) fn direction(&self, from_low: bool) -> Direction {
        if from_low == self.client_low { Direction::ToServer } else { Direction::ToClient }
    }

    /// A connection-opening SYN segment, or its SYN-ACK where that is first. The rest of it goes through `segment`.
    pub(super) fn open<R: StreamReader<State = S>>(
        &mut self,
        packet: &Packet,
        segment: &Segment,
        direction: Direction,
        reader: &mut R,
        stats: &mut TableStats,
    ) {
        self.talk.told = true;
        tcp::count(&mut self.connection, direction, packet);
        if direction == Direction::ToServer {
            tcp::opening(&mut self.connection, direction, segment, packet);
        }
        let wanted = reader.opened(&self.connection, &mut self.state);
        self.talk.wanted = wanted;
        self.take(packet, segment, direction, reader, stats, direction == Direction::ToClient);
    }

    /// Any segment that is no copy.
    pub(super) fn segment<R: StreamReader<State = S>>(
        &mut self,
        packet: &Packet,
        segment: &Segment,
        direction: Direction,
        reader: &mut R,
        stats: &mut TableStats,
    ) {
        tcp::count(&mut self.connection, direction, packet);
        self.take(packet, segment, direction, reader, stats, true);
    }

    fn take<R: StreamReader<State = S>>(
        &mut self,
        packet: &Packet,
        segment: &Segment,
        direction: Direction,
        reader: &mut R,
        stats: &mut TableStats,
        facts: bool,
    ) {
        let at = packet.at;
        let changed = facts && tcp::opening(&mut self.connection, direction, segment, packet);
        if segment.has(Segment::SYN) {
            self.streams[direction.index()].starts_at(tcp::data_seq(segment));
        }
        if segment.has(Segment::ACK) && !segment.has(Segment::RST) {
            self.acknowledge(direction.opposite(), segment.ack, at, reader, stats);
        }
        if changed {
            self.changed(reader, at);
        }
        if segment.len > 0 && !segment.has(Segment::RST) {
            self.payload(segment, direction, at, reader, stats);
        }
        if segment.has(Segment::FIN) && !segment.has(Segment::RST) {
            let stream = &mut self.streams[direction.index()];
            if let Some(offset) = stream.place(tcp::data_seq(segment), segment.len) {
                stream.finish(offset.saturating_add(i64::from(segment.len)), tcp::mark(packet));
                self.facts(direction);
            }
        }
        self.settle(direction, at.time, reader, stats);
        self.ended(direction, at, reader);
        if segment.has(Segment::RST) {
            self.flush(reader, stats);
            let place = self.streams[direction.index()].place(segment.seq, 0);
            let opposite = &mut self.streams[direction.opposite().index()];
            let acknowledged = if segment.has(Segment::ACK) { opposite.place(segment.ack, 0) } else { None };
            let half = &mut self.connection.halves[direction.index()];
            if half.reset.is_none() {
                half.reset_acknowledges = acknowledged.and_then(|offset| u64::try_from(offset).ok());
                // A FIN takes a sequence number, too.
                half.reset_ahead = place.is_some_and(|place| place > half.delivered.cast_signed().saturating_add(1));
            }
            half.reset.get_or_insert(tcp::mark(packet));
            half.resets = half.resets.saturating_add(1);
            self.changed(reader, at);
        }
    }

    fn acknowledge<R: StreamReader<State = S>>(
        &mut self,
        acknowledged: Direction,
        ack: u32,
        at: PacketRef,
        reader: &mut R,
        stats: &mut TableStats,
    ) {
        self.streams[acknowledged.index()].acknowledge(ack, at.time);
        self.facts(acknowledged);
        self.settle(acknowledged, at.time, reader, stats);
        self.ended(acknowledged, at, reader);
    }

    fn payload<R: StreamReader<State = S>>(
        &mut self,
        segment: &Segment,
        direction: Direction,
        at: PacketRef,
        reader: &mut R,
        stats: &mut TableStats,
    ) {
        let captured = segment.payload.len().min(segment.len as usize);
        let bytes = segment.payload.get(..captured).unwrap_or_default();
        if captured < segment.len as usize {
            self.connection.halves[direction.index()].truncated = true;
        }
        let Some(offset) = self.streams[direction.index()].place(tcp::data_seq(segment), segment.len) else { return };
        let piece = Piece { offset, len: segment.len, bytes, at };
        let repeated = self.with_stream(direction, reader, stats, |stream, sink| stream.accept(piece, sink));
        self.facts(direction);
        let Some(offset) = repeated else { return };
        let half = &mut self.connection.halves[direction.index()];
        half.retransmissions = half.retransmissions.saturating_add(1);
        stats.retransmissions += 1;
        if self.talk.reading && !self.talk.done {
            reader.repeated(&self.connection, &mut self.state, direction, offset, at);
        }
    }

    fn with_stream<R: StreamReader<State = S>, T>(
        &mut self,
        direction: Direction,
        reader: &mut R,
        stats: &mut TableStats,
        act: impl FnOnce(&mut Stream, &mut Delivery<R>) -> T,
    ) -> T {
        let Self { connection, state, talk, streams, .. } = self;
        act(&mut streams[direction.index()], &mut Delivery { connection, state, talk, reader, stats, direction })
    }

    fn facts(&mut self, direction: Direction) {
        let stream = &self.streams[direction.index()];
        let half = &mut self.connection.halves[direction.index()];
        half.acknowledged = stream.acknowledged();
        half.acknowledged_missing = stream.acknowledged_missing();
    }

    fn settle<R: StreamReader<State = S>>(
        &mut self,
        direction: Direction,
        now: CaptureTime,
        reader: &mut R,
        stats: &mut TableStats,
    ) {
        self.with_stream(direction, reader, stats, |stream, sink| stream.settle(now, sink));
    }

    /// Reports the FIN of a direction when its turn has come.
    fn ended<R: StreamReader<State = S>>(&mut self, direction: Direction, at: PacketRef, reader: &mut R) {
        if let Some(mark) = self.streams[direction.index()].take_fin() {
            self.connection.halves[direction.index()].fin = Some(mark);
            self.changed(reader, at);
        }
    }

    fn changed<R: StreamReader<State = S>>(&mut self, reader: &mut R, at: PacketRef) {
        if self.talk.told && !self.talk.done {
            let answer = reader.changed(&self.connection, &mut self.state, at);
            self.talk.answer(answer);
        }
    }

    /// Delivers everything that is known, holes as gaps.
    fn flush<R: StreamReader<State = S>>(&mut self, reader: &mut R, stats: &mut TableStats) {
        let at = self.connection.last;
        for direction in [Direction::ToServer, Direction::ToClient] {
            self.with_stream(direction, reader, stats, |stream, sink| stream.flush(sink));
            self.facts(direction);
            self.ended(direction, at, reader);
        }
    }

    /// An ICMP error that quotes a packet of this connection; only the first is told.
    pub(super) fn icmp<R: StreamReader<State = S>>(
        &mut self,
        at: PacketRef,
        from: IpAddr,
        error: &IcmpError,
        reader: &mut R,
    ) {
        if self.connection.icmp.is_none() {
            self.connection.icmp = Some((at, from, *error));
            self.changed(reader, at);
        }
    }

    /// The moment that the reader asked for.
    pub(super) fn wake<R: StreamReader<State = S>>(
        &mut self,
        now: CaptureTime,
        reader: &mut R,
        stats: &mut TableStats,
    ) {
        self.flush(reader, stats);
        if self.talk.told && !self.talk.done {
            let answer = reader.wake(&self.connection, &mut self.state, now);
            self.talk.answer(answer);
        }
    }

    /// The last call.
    pub(super) fn end<R: StreamReader<State = S>>(
        &mut self,
        now: CaptureTime,
        why: End,
        reader: &mut R,
        stats: &mut TableStats,
    ) {
        self.flush(reader, stats);
        if self.talk.told && !self.talk.done {
            reader.end(&self.connection, &mut self.state, now, why);
        }
    }

    /// All bytes that this flow keeps.
    pub(super) fn bytes<R: StreamReader<State = S>>(&self, reader: &R) -> usize {
        size_of::<Self>()
            + self.streams.iter().map(Stream::heap_bytes).sum::<usize>()
            + self.talk.heap_bytes()
            + self.connection.syns.capacity() * size_of::<super::Mark>()
            + reader.heap_bytes(&self.state)
    }
}

/// A connection of which nothing is known but its ends.
pub(super) fn connection(key: FlowKey, client_low: bool, id: FlowId, at: PacketRef) -> Connection {
    let (client, server) = if client_low { (key.low(), key.high()) } else { (key.high(), key.low()) };
    Connection::begun(id, client, server, at)
}
