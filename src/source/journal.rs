//! Entries of a system journal inside a capture: the pcapng block of type 9 (draft-ietf-opsawg-pcapng, "systemd Journal
//! Export Block"), whose body is systemd's Journal Export Format. Converters of Windows traces write one for every event
//! that is no packet.

use crate::limits::{MAX_JOURNAL_ENTRIES, MAX_JOURNAL_FIELDS, MAX_JOURNAL_MESSAGE};
use crate::source::PacketRef;
use crate::text::sanitize_bytes;
use crate::time::CaptureTime;

/// One entry of a journal, as far as the analysis can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Where it stands, and its own time (`__REALTIME_TIMESTAMP`).
    pub at: PacketRef,
    /// Who wrote it (`_COMM`): of a converted trace, the provider of the event.
    pub provider: Option<String>,
    /// What it says (`MESSAGE`).
    pub message: String,
}

/// An entry whose input is not known yet.
#[derive(Clone, Debug)]
struct Kept {
    time: CaptureTime,
    number: u64,
    provider: Option<String>,
    message: String,
}

/// The entries of one input that are about connectivity; a trace has a hundred thousand others.
#[derive(Clone, Debug, Default)]
pub(super) struct Journal {
    kept: Vec<Kept>,
    /// Entries beyond the bound.
    pub(super) refused: u64,
}

impl Journal {
    /// Reads the body of a block that has `number`.
    pub(super) fn read(&mut self, body: &[u8], number: u64) {
        let Some(entry) = entry(body, number) else { return };
        if self.kept.len() < MAX_JOURNAL_ENTRIES {
            self.kept.push(entry);
        } else {
            self.refused += 1;
        }
    }

    /// The entries as those of input `input`.
    pub(super) fn entries(&self, input: u16) -> impl Iterator<Item = JournalEntry> {
        self.kept.iter().map(move |kept| JournalEntry {
            at: PacketRef { time: kept.time, id: super::PacketId::new(input, kept.number) },
            provider: kept.provider.clone(),
            message: kept.message.clone(),
        })
    }
}

/// Whether a message may be one of the Network Connectivity Status Indicator.
fn is_wanted(message: &[u8]) -> bool {
    [b"Internet Probe".as_slice(), b"Capability change", b"probe result code"]
        .iter()
        .any(|words| memchr::memmem::find(message, words).is_some())
}

fn entry(body: &[u8], number: u64) -> Option<Kept> {
    let (mut time, mut provider, mut message) = (None, None, None);
    let mut rest = body;
    for _ in 0..MAX_JOURNAL_FIELDS {
        let Some((name, value, after)) = field(rest) else { break };
        rest = after;
        match name {
            b"__REALTIME_TIMESTAMP" => time = microseconds(value),
            b"_COMM" => provider = Some(sanitize_bytes(value, MAX_JOURNAL_MESSAGE)),
            b"MESSAGE" if is_wanted(value) => message = Some(sanitize_bytes(value.trim_ascii(), MAX_JOURNAL_MESSAGE)),
            _ => {}
        }
    }
    Some(Kept { time: time?, number, provider, message: message? })
}

/// Name and value of the next field, and what follows. `NAME=value` up to the end of the line; or, where the value holds
/// anything, `NAME`, a line feed, its length in 64 bits little-endian, the value and a line feed.
fn field(data: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    // The padding of the block is zero, and entries end with an empty line.
    let end = memchr::memchr(b'\n', data).unwrap_or(data.len());
    let line = data.get(..end)?;
    let after = data.get(end + 1..).unwrap_or_default();
    if line.is_empty() || line.first() == Some(&0) {
        return None;
    }
    if let Some(equals) = memchr::memchr(b'=', line) {
        let value = line.get(equals + 1..)?;
        let value = value.split(|&byte| byte == 0).next().unwrap_or_default();
        return Some((line.get(..equals)?, value, after));
    }
    let (length, value) = after.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (value, after) = value.split_at_checked(length)?;
    Some((line, value, after.strip_prefix(b"\n").unwrap_or(after)))
}

fn microseconds(value: &[u8]) -> Option<CaptureTime> {
    let number: i64 = std::str::from_utf8(value.trim_ascii()).ok()?.parse().ok()?;
    Some(CaptureTime::from_nanos(number.checked_mul(1000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "Active Internet Probe finished on interface {g} (true)";

    fn read(body: &[u8]) -> Vec<JournalEntry> {
        let mut journal = Journal::default();
        journal.read(body, 7);
        journal.entries(2).collect()
    }

    #[test]
    fn an_entry_has_its_own_time_and_its_number() {
        let body =
            format!("__REALTIME_TIMESTAMP=1700000000123456\n_COMM=Microsoft-Windows-NCSI\nMESSAGE={MESSAGE}\n\0\0");
        let read = read(body.as_bytes());
        assert_eq!(read.len(), 1);
        assert_eq!((read[0].at.id.input(), read[0].at.id.number()), (2, 7));
        assert_eq!(read[0].at.time.as_nanos(), 1_700_000_000_123_456_000);
        assert_eq!(read[0].provider.as_deref(), Some("Microsoft-Windows-NCSI"));
        assert_eq!(read[0].message, MESSAGE);
    }

    #[test]
    fn a_value_with_a_length_may_hold_line_feeds() {
        let mut body = b"MESSAGE\n".to_vec();
        let text = format!("{MESSAGE}\n{{g}}, true");
        body.extend((text.len() as u64).to_le_bytes());
        body.extend(text.as_bytes());
        body.extend(b"\n__REALTIME_TIMESTAMP=5\n");
        assert_eq!(read(&body).len(), 1);
        body.truncate(20);
        assert!(read(&body).is_empty(), "a length beyond the block");
    }

    #[test]
    fn what_is_not_about_connectivity_or_has_no_time_is_left_out() {
        assert!(read(format!("MESSAGE={MESSAGE}\n").as_bytes()).is_empty());
        assert!(read(b"__REALTIME_TIMESTAMP=5\nMESSAGE=TCP: connection 1 closed\n").is_empty());
        assert!(read(b"__REALTIME_TIMESTAMP=99999999999999999999\nMESSAGE=Capability change on\n").is_empty());
        assert!(read(b"").is_empty());
        assert!(read(b"\n\n\n").is_empty());
    }

    #[test]
    fn entries_are_bounded() {
        let mut journal = Journal::default();
        for number in 0..MAX_JOURNAL_ENTRIES as u64 + 3 {
            journal.read(format!("__REALTIME_TIMESTAMP=5\nMESSAGE={MESSAGE}\n").as_bytes(), number);
        }
        assert_eq!((journal.kept.len(), journal.refused), (MAX_JOURNAL_ENTRIES, 3));
    }
}
