//! One direction of a connection: segments in any order become bytes in order and known gaps.
//!
//! What is in order goes straight from the packet to the reader. What comes too early is held, bounded in bytes and
//! segments. The bytes that were captured first win. Nothing here knows a protocol.

use super::Mark;
use super::tcp::Base;
use crate::limits::{MAX_HELD_BYTES, MAX_HELD_SEGMENTS, MAX_OPEN_GAPS, REORDER_TOLERANCE};
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// Where the bytes go.
pub(super) trait Sink {
    /// The stream now ends at `delivered`; `acknowledged_missing` bytes are acknowledged and not captured.
    fn advanced(&mut self, delivered: u64, acknowledged_missing: u64);
    /// Bytes in order.
    fn data(&mut self, offset: u64, bytes: &[u8], at: PacketRef);
    /// Bytes that are not in the capture.
    fn gap(&mut self, missing: u64, at: PacketRef);
}

/// The payload of a segment: `len` bytes from `offset`, of which the first ones are in `bytes`.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    pub(super) offset: i64,
    pub(super) len: u32,
    pub(super) bytes: &'a [u8],
    pub(super) at: PacketRef,
}

struct Held {
    offset: u64,
    len: u64,
    bytes: Vec<u8>,
    at: PacketRef,
}

impl Held {
    const fn end(&self) -> u64 {
        self.offset.saturating_add(self.len)
    }
}

/// Gaps that are no longer listed one by one.
#[derive(Clone, Copy, Default)]
struct OlderGaps {
    /// Bytes of those that were acknowledged when they left the list.
    acknowledged: u64,
    /// Bytes, start and end of the others.
    waiting: u64,
    start: u64,
    end: u64,
}

impl OlderGaps {
    fn add(&mut self, (start, end): (u64, u64), acknowledged: u64) {
        if self.end <= acknowledged {
            self.acknowledged += std::mem::take(&mut self.waiting);
        }
        if end <= acknowledged {
            self.acknowledged += end - start;
            return;
        }
        if self.waiting == 0 {
            self.start = start;
        }
        self.waiting += end - start;
        self.end = end;
    }

    /// Exact but for acknowledgements that end among the waiting ones.
    fn acknowledged(&self, acknowledged: u64) -> u64 {
        self.acknowledged + self.waiting.min(acknowledged.saturating_sub(self.start))
    }
}

/// Reassembly state of one direction.
#[derive(Default)]
pub(super) struct Stream {
    base: Option<Base>,
    next: u64,
    /// By offset, without overlap.
    held: Vec<Held>,
    held_bytes: usize,
    acknowledged: u64,
    /// Since when the next byte is missing though it is acknowledged.
    overdue: Option<CaptureTime>,
    /// Gaps not long ago, by offset.
    gaps: Vec<(u64, u64)>,
    /// Gaps that are no longer listed.
    older: OlderGaps,
    fin: Option<(u64, Mark)>,
    fin_taken: bool,
}

impl Stream {
    pub(super) const fn base(&self) -> Option<Base> {
        self.base
    }

    pub(super) const fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.held_bytes + self.held.capacity() * size_of::<Held>() + self.gaps.capacity() * size_of::<(u64, u64)>()
    }

    /// The stream starts at `seq`, as a SYN or the first data say.
    pub(super) fn starts_at(&mut self, seq: u32) {
        match self.base {
            Some(base) if base.firm => {}
            Some(_) => self.rebase(seq),
            None => self.base = Some(Base { seq, firm: true }),
        }
    }

    /// Moves a base that was only inferred, if nothing was delivered from it.
    fn rebase(&mut self, seq: u32) {
        let Some(base) = self.base.as_mut() else { return };
        let shift = u64::from(base.seq.wrapping_sub(seq));
        if self.next != 0 || shift > u64::from(u32::MAX >> 2) {
            return;
        }
        *base = Base { seq, firm: true };
        self.acknowledged += shift;
        for held in &mut self.held {
            held.offset += shift;
        }
        if let Some((end, _)) = self.fin.as_mut() {
            *end += shift;
        }
    }

    /// Offset of a segment's first byte. The first segment with data sets the base where nothing else did.
    pub(super) fn place(&mut self, seq: u32, len: u32) -> Option<i64> {
        let base = *self.base.get_or_insert(Base { seq, firm: len > 0 });
        let offset = base.offset(seq, self.next)?;
        let keep_alive = len <= 1 && offset == -1;
        if offset < 0 && !base.firm && !keep_alive && len > 0 {
            self.rebase(seq);
            return self.base.and_then(|base| base.offset(seq, self.next));
        }
        Some(offset)
    }

    /// Takes an acknowledgement number of the other side.
    pub(super) fn acknowledge(&mut self, ack: u32, now: CaptureTime) {
        let base = *self.base.get_or_insert(Base { seq: ack, firm: false });
        let near = self.next.max(self.acknowledged);
        let Some(offset) = base.offset(ack, near).and_then(|offset| u64::try_from(offset).ok()) else { return };
        self.acknowledged = self.acknowledged.max(match self.fin {
            Some((end, _)) => offset.min(end),
            None => offset,
        });
        if self.acknowledged > self.next {
            self.overdue.get_or_insert(now);
        }
    }

    fn advance_to(&mut self, next: u64, now: CaptureTime) {
        self.next = next;
        self.overdue = (self.acknowledged > next).then_some(now);
    }

    /// Bytes acknowledged that are neither delivered nor held.
    pub(super) fn acknowledged_missing(&self) -> u64 {
        let known: u64 =
            self.gaps.iter().map(|(start, end)| (*end).min(self.acknowledged).saturating_sub(*start)).sum();
        let mut missing = self.older.acknowledged(self.acknowledged) + known;
        let mut reached = self.next;
        for held in &self.held {
            if reached >= self.acknowledged {
                break;
            }
            missing += held.offset.min(self.acknowledged).saturating_sub(reached);
            reached = held.end().max(reached);
        }
        missing + self.acknowledged.saturating_sub(reached)
    }

    /// Takes the payload of a segment. Gives the offset of bytes in it that were captured before.
    pub(super) fn accept(&mut self, piece: Piece, sink: &mut impl Sink) -> Option<u64> {
        let mut piece = piece;
        let mut end = u64::try_from(piece.offset.checked_add(i64::from(piece.len))?).ok()?;
        if let Some((last, _)) = self.fin {
            end = end.min(last);
        }
        let before_base = piece.offset.min(0).unsigned_abs();
        let start = piece.offset.max(0).unsigned_abs();
        if end <= start {
            return None;
        }
        piece.bytes = piece.bytes.get(usize::try_from(before_base).ok()?..).unwrap_or_default();
        if end <= self.next {
            let keep_alive = end - start == 1 && end == self.next && self.acknowledged >= self.next;
            return (!keep_alive && !self.in_gap(start, end)).then_some(start);
        }
        if start > self.next {
            let new = self.hold(start, end, piece, sink);
            return (!new).then_some(start);
        }
        let repeated = (start < self.next && !self.in_gap(start, self.next)).then_some(start);
        self.pass(start, end, piece, sink);
        repeated
    }

    fn in_gap(&self, start: u64, end: u64) -> bool {
        self.gaps.iter().any(|(from, to)| *from <= start && end <= *to)
    }

    /// Delivers a segment that starts at or before the next byte, and what was held behind it.
    fn pass(&mut self, start: u64, end: u64, piece: Piece, sink: &mut impl Sink) {
        while self.next < end {
            let stop = self.held.first().map_or(end, |held| held.offset.min(end));
            if self.next < stop {
                self.emit(start, stop, piece.bytes, piece.at, sink);
            }
            self.drain(sink);
        }
        self.drain(sink);
    }

    /// Delivers from the next byte to `stop`; `bytes` are what was captured from `start` on.
    fn emit(&mut self, start: u64, stop: u64, bytes: &[u8], at: PacketRef, sink: &mut impl Sink) {
        let skip = usize::try_from(self.next.saturating_sub(start)).unwrap_or(usize::MAX);
        let want = usize::try_from(stop.saturating_sub(start)).unwrap_or(usize::MAX).min(bytes.len());
        if let Some(bytes) = bytes.get(skip..want).filter(|bytes| !bytes.is_empty()) {
            let offset = self.next;
            self.advance_to(offset + bytes.len() as u64, at.time);
            sink.advanced(self.next, self.acknowledged_missing());
            sink.data(offset, bytes, at);
        }
        self.miss(stop, at, sink);
    }

    /// Delivers what is held at the next byte.
    fn drain(&mut self, sink: &mut impl Sink) {
        while self.held.first().is_some_and(|held| held.offset <= self.next) {
            let held = self.held.remove(0);
            self.held_bytes -= held.bytes.len();
            if held.end() > self.next {
                self.emit(held.offset, held.end(), &held.bytes, held.at, sink);
            }
        }
        if self.held.is_empty() && self.held.capacity() > MAX_HELD_SEGMENTS / 4 {
            self.held = Vec::new();
        }
    }

    /// Gives up the bytes up to `stop`.
    fn miss(&mut self, stop: u64, at: PacketRef, sink: &mut impl Sink) {
        if stop <= self.next {
            return;
        }
        let missing = stop - self.next;
        if self.gaps.len() >= MAX_OPEN_GAPS {
            let oldest = self.gaps.remove(0);
            self.older.add(oldest, self.acknowledged);
        }
        self.gaps.push((self.next, stop));
        self.advance_to(stop, at.time);
        sink.advanced(self.next, self.acknowledged_missing());
        sink.gap(missing, at);
    }

    /// Holds what of a segment is not held yet; whether anything was new.
    fn hold(&mut self, start: u64, end: u64, piece: Piece, sink: &mut impl Sink) -> bool {
        let mut from = start;
        let mut place = 0;
        let mut new = false;
        while from < end {
            let Some(held) = self.held.get(place) else {
                self.keep(place, from, end, start, piece);
                new = true;
                break;
            };
            if held.end() <= from {
                place += 1;
            } else if held.offset <= from {
                from = held.end();
                place += 1;
            } else {
                let until = held.offset.min(end);
                self.keep(place, from, until, start, piece);
                new = true;
                from = until;
                place += 1;
            }
        }
        while self.held.len() > MAX_HELD_SEGMENTS || self.held_bytes > MAX_HELD_BYTES {
            self.skip_hole(sink);
        }
        new
    }

    fn keep(&mut self, place: usize, from: u64, to: u64, start: u64, piece: Piece) {
        let first = usize::try_from(from - start).unwrap_or(usize::MAX).min(piece.bytes.len());
        let last = usize::try_from(to - start).unwrap_or(usize::MAX).min(piece.bytes.len());
        let bytes = piece.bytes.get(first..last).unwrap_or_default().to_vec();
        self.held_bytes += bytes.len();
        self.held.insert(place, Held { offset: from, len: to - from, bytes, at: piece.at });
    }

    /// What is known to come after the hole at the next byte: where it starts and a packet that shows it.
    fn after_hole(&self) -> Option<(u64, PacketRef)> {
        let held = self.held.first().map(|held| (held.offset, held.at));
        held.or_else(|| self.fin.filter(|(end, _)| *end > self.next).map(|(end, mark)| (end, mark.at)))
    }

    fn skip_hole(&mut self, sink: &mut impl Sink) {
        if let Some((stop, at)) = self.after_hole() {
            self.miss(stop, at, sink);
            self.drain(sink);
        }
    }

    /// Gives up holes that the other side acknowledged past, once the reordering of mirror ports cannot heal them:
    /// later bytes were captured, or the missing ones acknowledged, longer ago than the tolerance.
    pub(super) fn settle(&mut self, now: CaptureTime, sink: &mut impl Sink) {
        while let Some((stop, at)) = self.after_hole() {
            let seen = self.held.iter().map(|held| held.at.time).min().unwrap_or(at.time);
            let missed = self.overdue.map_or(seen, |overdue| overdue.min(seen));
            if self.acknowledged < stop || now.since(missed) < REORDER_TOLERANCE {
                return;
            }
            self.skip_hole(sink);
        }
    }

    /// Gives up every hole: all that is known is delivered.
    pub(super) fn flush(&mut self, sink: &mut impl Sink) {
        while self.after_hole().is_some() {
            self.skip_hole(sink);
        }
    }

    /// A FIN stands at `end`, the offset after the last byte.
    pub(super) fn finish(&mut self, end: i64, mark: Mark) {
        let Ok(end) = u64::try_from(end) else { return };
        if self.fin.is_none() {
            let end = self.held.last().map_or(end, |held| end.max(held.end())).max(self.next);
            self.fin = Some((end, mark));
            self.acknowledged = self.acknowledged.min(end);
        }
    }

    /// The FIN, once, when all bytes before it were delivered.
    pub(super) fn take_fin(&mut self) -> Option<Mark> {
        let (end, mark) = self.fin?;
        if self.fin_taken || self.next < end {
            return None;
        }
        self.fin_taken = true;
        Some(mark)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.held.len(), self.held_bytes)
    }
}
