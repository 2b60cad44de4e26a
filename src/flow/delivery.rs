//! From the streams of a connection to its reader: what starts here, is it known, and is more of it wanted?

use super::stream::Sink;
use super::{Connection, Direction, Interest, Sniff, StreamReader, TableStats};
use crate::limits::{MAX_SNIFF, MAX_UNKNOWN};
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// First bytes of a direction while nobody can tell what they are.
#[derive(Default)]
struct Opening {
    bytes: Vec<u8>,
    parts: Vec<(usize, PacketRef)>,
    offset: u64,
    /// Bytes passed over since they were unknown.
    skipped: u64,
    /// The last of these bytes.
    skipped_at: Option<PacketRef>,
    /// The first bytes, or those after a gap, were unknown.
    unknown: bool,
    /// Bytes are missing, so that any segment may start a message.
    torn: bool,
}

/// How far the reader is with a connection.
#[derive(Default)]
pub(super) struct Talk {
    openings: [Opening; 2],
    /// A known message was found: both directions are read.
    pub(super) reading: bool,
    /// The reader knows of the connection.
    pub(super) told: bool,
    /// The reader wants nothing any more.
    pub(super) done: bool,
    /// Moment that the reader wants to be woken at.
    pub(super) wanted: Option<CaptureTime>,
}

impl Talk {
    /// Nothing known in either direction.
    pub(super) fn unknown(&self) -> bool {
        let [a, b] = &self.openings;
        !self.reading
            && (a.unknown && b.unknown
                || !self.told && (a.unknown || b.unknown)
                || a.skipped > MAX_UNKNOWN
                || b.skipped > MAX_UNKNOWN)
    }

    /// Whether a message may start in the middle: bytes are missing before what was unknown.
    pub(super) fn torn(&self) -> bool {
        self.openings.iter().any(|opening| opening.torn)
    }

    pub(super) fn answer(&mut self, (interest, wanted): (Interest, Option<CaptureTime>)) {
        self.done |= interest == Interest::Done;
        if wanted.is_some() {
            self.wanted = wanted;
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let part = size_of::<(usize, PacketRef)>();
        self.openings.iter().map(|opening| opening.bytes.capacity() + opening.parts.capacity() * part).sum()
    }
}

/// Hands one direction's bytes to the reader.
pub(super) struct Delivery<'a, R: StreamReader> {
    pub(super) connection: &'a mut Connection,
    pub(super) state: &'a mut R::State,
    pub(super) talk: &'a mut Talk,
    pub(super) reader: &'a mut R,
    pub(super) stats: &'a mut TableStats,
    pub(super) direction: Direction,
}

impl<R: StreamReader> Sink for Delivery<'_, R> {
    fn advanced(&mut self, delivered: u64, acknowledged_missing: u64) {
        let half = &mut self.connection.halves[self.direction.index()];
        half.delivered = delivered;
        half.acknowledged_missing = acknowledged_missing;
    }

    fn data(&mut self, offset: u64, bytes: &[u8], at: PacketRef) {
        if self.talk.done {
            return;
        }
        if self.talk.reading {
            self.tell(self.direction, offset, bytes, at);
        } else {
            self.sniff(offset, bytes, at);
        }
    }

    fn gap(&mut self, missing: u64, at: PacketRef) {
        self.stats.gaps += 1;
        let half = &mut self.connection.halves[self.direction.index()];
        half.gap_bytes += missing;
        if self.talk.done {
            return;
        }
        if self.talk.reading {
            self.tell_gap(self.direction, missing, at);
            return;
        }
        let opening = &mut self.talk.openings[self.direction.index()];
        opening.torn = true;
        opening.pass_over(missing, at);
    }
}

impl<R: StreamReader> Delivery<'_, R> {
    fn tell(&mut self, direction: Direction, offset: u64, bytes: &[u8], at: PacketRef) {
        if !self.talk.done {
            self.talk.told = true;
            let answer = self.reader.data(self.connection, self.state, direction, offset, bytes, at);
            self.talk.answer(answer);
        }
    }

    fn tell_gap(&mut self, direction: Direction, missing: u64, at: PacketRef) {
        if !self.talk.done {
            self.talk.told = true;
            let interest = self.reader.gap(self.connection, self.state, direction, missing, at);
            self.talk.answer((interest, None));
        }
    }

    fn sniff(&mut self, offset: u64, bytes: &[u8], at: PacketRef) {
        let opening = &mut self.talk.openings[self.direction.index()];
        if opening.unknown && !opening.torn {
            opening.pass_over(bytes.len() as u64, at);
            return;
        }
        let start = if opening.bytes.is_empty() {
            bytes
        } else {
            let room = MAX_SNIFF.saturating_sub(opening.bytes.len()).min(bytes.len());
            opening.bytes.extend_from_slice(bytes.get(..room).unwrap_or_default());
            &opening.bytes
        };
        let joined = start.len();
        let found = self.reader.sniff(self.connection, self.direction, start);
        // What was joined for a look only is handed over from the segment itself.
        let before: usize = opening.parts.iter().map(|(len, _)| len).sum();
        opening.bytes.truncate(before);
        match found {
            Sniff::Starts | Sniff::StartsReversed => {
                self.talk.reading = true;
                let other = self.direction.opposite();
                self.hand_over(other);
                self.hand_over(self.direction);
                self.tell(self.direction, offset, bytes, at);
            }
            Sniff::Unsure if joined < MAX_SNIFF && before + bytes.len() < MAX_SNIFF => {
                if opening.parts.is_empty() {
                    opening.offset = offset;
                }
                opening.bytes.extend_from_slice(bytes);
                opening.parts.push((bytes.len(), at));
            }
            Sniff::Unsure | Sniff::Unknown => {
                opening.unknown = true;
                opening.pass_over(bytes.len() as u64, at);
            }
        }
    }

    /// What came of a direction before it was known: the unknown as a gap, the undecided as data.
    fn hand_over(&mut self, direction: Direction) {
        let opening = std::mem::take(&mut self.talk.openings[direction.index()]);
        if let Some(at) = opening.skipped_at {
            self.tell_gap(direction, opening.skipped, at);
        }
        let (mut offset, mut rest) = (opening.offset, opening.bytes.as_slice());
        for (len, at) in opening.parts {
            let Some((part, more)) = rest.split_at_checked(len) else { break };
            self.tell(direction, offset, part, at);
            offset += len as u64;
            rest = more;
        }
    }
}

impl Opening {
    /// Counts bytes that nobody will read, and those that waited with them.
    fn pass_over(&mut self, bytes: u64, at: PacketRef) {
        self.skipped += bytes + self.bytes.len() as u64;
        self.skipped_at = Some(at);
        self.bytes.clear();
        self.parts.clear();
    }
}
