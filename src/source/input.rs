//! What is known of one capture: where it came from, what it says of itself, how far it could be read.

use std::path::PathBuf;

use crate::limits::{MAX_PROBLEMS, MAX_SHOWN_LINK_TYPES};
use crate::source::LinkType;
use crate::source::correction::Alignment;
use crate::source::journal::Journal;
use crate::time::CaptureTime;

/// One capture.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Where it was read from; `-` is standard input.
    pub path: PathBuf,
    /// `pcap` or `pcapng`.
    pub format: &'static str,
    /// `gzip` or `zstd`, where compressed.
    pub compression: Option<&'static str>,
    /// SHA-256 of the file as it stands, in hex, where it was asked for.
    pub sha256: Option<String>,
    /// Packets read, those that a filter left out included. Blocks that have a number and hold no packet are not.
    pub packets: u64,
    /// Captured bytes of these packets.
    pub bytes: u64,
    /// Names of the link types, in order of appearance (`ETHERNET`).
    pub link_types: Vec<String>,
    /// Time of the first packet (the earliest).
    pub first: Option<CaptureTime>,
    /// Time of the last packet (the latest).
    pub last: Option<CaptureTime>,
    /// Whether it was read to a proper end.
    pub complete: bool,
    /// Operating system that captured, as the file says.
    pub capture_os: Option<String>,
    /// Program that captured, as the file says.
    pub capture_program: Option<String>,
    /// Capture filter, as the file says.
    pub filter: Option<String>,
    /// Largest captured length of a packet.
    pub snap_length: Option<u32>,
    /// Packets that the capturing system dropped, as interface statistics say.
    pub dropped: u64,
    /// Digits of a second that its clock resolves.
    pub time_digits: u8,
    /// It ends in a record that is not whole.
    pub torn: bool,
    /// Damage met on the way, bounded.
    pub problems: Vec<Problem>,
    /// How its clock was set right, where it differs from the others'; `first` and `last` are right then.
    pub clock: Option<Alignment>,
}

impl Input {
    /// What is known of this input, which followed on `before` under the same name, and of that together.
    pub(super) fn behind(mut self, before: &Self) -> Self {
        let mut problems = before.problems.clone();
        problems.extend(
            self.problems.into_iter().map(|problem| Problem { packet: before.packets + problem.packet, ..problem }),
        );
        // The latest are those that somebody may still look into.
        let surplus = problems.len().saturating_sub(MAX_PROBLEMS);
        problems.drain(..surplus);
        self.problems = problems;
        for name in &before.link_types {
            if self.link_types.len() < MAX_SHOWN_LINK_TYPES && !self.link_types.contains(name) {
                self.link_types.push(name.clone());
            }
        }
        self.packets += before.packets;
        self.bytes += before.bytes;
        self.dropped += before.dropped;
        self.first = self.first.min(before.first).or(self.first).or(before.first);
        self.last = self.last.max(before.last);
        self.complete &= before.complete;
        self.torn |= before.torn;
        self.snap_length = self.snap_length.max(before.snap_length);
        self.time_digits = self.time_digits.max(before.time_digits);
        self.capture_os = self.capture_os.or_else(|| before.capture_os.clone());
        self.capture_program = self.capture_program.or_else(|| before.capture_program.clone());
        self.filter = self.filter.or_else(|| before.filter.clone());
        self
    }
}

/// Damage of a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The last good packet before it.
    pub packet: u64,
    /// Byte offset in the (uncompressed) capture.
    pub offset: u64,
    /// What is wrong there.
    pub message: String,
}

/// The record of one input while it is being read: [`Input`] and what was too much for it.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) input: Input,
    /// Problems beyond those listed.
    unlisted: u64,
    damaged: bool,
    /// Journal entries that stand between its packets.
    pub(super) journal: Journal,
}

impl Record {
    /// The record of an input of which nothing was read.
    pub(super) fn new(path: PathBuf, format: &'static str, compression: Option<&'static str>) -> Self {
        Self {
            input: Input { path, format, compression, ..Input::default() },
            unlisted: 0,
            damaged: false,
            journal: Journal::default(),
        }
    }

    /// Notes damage: from here on the input is not complete, even where reading goes on.
    #[cold]
    pub(super) fn damage(&mut self, packet: u64, offset: u64, message: impl FnOnce() -> String) {
        self.damaged = true;
        self.note(packet, offset, message);
    }

    /// Notes what the reader of a report should know, though it is no damage.
    #[cold]
    pub(super) fn note(&mut self, packet: u64, offset: u64, message: impl FnOnce() -> String) {
        if self.input.problems.len() < MAX_PROBLEMS {
            self.input.problems.push(Problem { packet, offset, message: message() });
        } else {
            self.unlisted += 1;
        }
    }

    /// Notes that the end was reached: a proper one, where nothing was damaged before.
    pub(super) fn end(&mut self) {
        self.input.complete = !self.damaged;
    }

    /// Notes that frames of a link type follow.
    pub(super) fn met_link(&mut self, link: LinkType) {
        let name = link.to_string();
        if self.input.link_types.len() < MAX_SHOWN_LINK_TYPES && !self.input.link_types.contains(&name) {
            self.input.link_types.push(name);
        }
    }

    /// Notes the largest captured length of an interface; 0 says that there is none.
    pub(super) fn met_snap_length(&mut self, length: u32) {
        if length != 0 {
            self.input.snap_length = self.input.snap_length.max(Some(length));
        }
    }

    /// Counts a packet of `len` captured bytes; `time` is `None` where the file gives it none.
    #[inline]
    pub(super) fn count(&mut self, len: usize, time: Option<CaptureTime>) {
        self.input.packets += 1;
        self.input.bytes += len as u64;
        if let Some(time) = time {
            if self.input.first.is_none_or(|first| time < first) {
                self.input.first = Some(time);
            }
            if self.input.last.is_none_or(|last| time > last) {
                self.input.last = Some(time);
            }
        }
    }

    /// What is known by now, with a last problem that counts the unlisted ones.
    pub(super) fn snapshot(&self) -> Input {
        let mut input = self.input.clone();
        if let (1.., Some(last)) = (self.unlisted, self.input.problems.last()) {
            input
                .problems
                .push(Problem { message: format!("{} more problems after it", self.unlisted), ..last.clone() });
        }
        if self.journal.refused > 0 && input.problems.len() <= MAX_PROBLEMS {
            let message = format!("{} more journal entries about connectivity, left out", self.journal.refused);
            input.problems.push(Problem { packet: input.packets, offset: 0, message });
        }
        input
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_bounded_and_counted() {
        let mut record = Record::new("x".into(), "pcap", None);
        for n in 0..MAX_PROBLEMS as u64 + 5 {
            record.damage(n, n, || format!("fault {n}"));
        }
        record.end();
        let input = record.snapshot();
        assert_eq!(input.problems.len(), MAX_PROBLEMS + 1);
        assert_eq!(input.problems.last().map(|p| p.message.as_str()), Some("5 more problems after it"));
        assert!(!input.complete);
    }

    #[test]
    fn first_and_last_are_the_earliest_and_the_latest() {
        let mut record = Record::default();
        for ns in [5, 3, 9, 4] {
            record.count(10, Some(CaptureTime::from_nanos(ns)));
        }
        record.count(10, None);
        assert_eq!(record.input.first, Some(CaptureTime::from_nanos(3)));
        assert_eq!(record.input.last, Some(CaptureTime::from_nanos(9)));
        assert_eq!((record.input.packets, record.input.bytes), (5, 50));
    }
}
