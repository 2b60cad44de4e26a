//! Record headers (RFC 8446, 5.1).

use super::ssl2;
use crate::proto::Sniffed;

/// Header length: type, version, length.
pub(super) const HEADER: usize = 5;
/// Longest record: 2^14 bytes and what compression and encryption may add (RFC 5246, 6.2.3).
const MAX_LENGTH: usize = (16 << 10) + 2048;

/// What a record holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    ChangeCipherSpec,
    Alert,
    Handshake,
    ApplicationData,
    Heartbeat,
}

/// Content and length of the record whose header stands here; `None` where it cannot be one.
pub(super) fn header(bytes: &[u8]) -> Option<(Content, usize)> {
    let &[kind, 3, 0..=4, high, low, ..] = bytes else { return None };
    let content = match kind {
        20 => Content::ChangeCipherSpec,
        21 => Content::Alert,
        22 => Content::Handshake,
        23 => Content::ApplicationData,
        24 => Content::Heartbeat,
        _ => return None,
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    (length <= MAX_LENGTH).then_some((content, length))
}

/// Whether a conversation in TLS starts here: a record with a hello, an alert in the clear, or an SSL 2.0 hello.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Sniffed {
    if ssl2::record_length(bytes).is_some() {
        return Sniffed::Yes;
    }
    match *bytes {
        [] => Sniffed::Maybe,
        [kind, ref rest @ ..] if kind == 22 || kind == 21 => {
            let prefix_fits = match *rest {
                [major, minor, ..] => major == 3 && minor <= 4,
                [major] => major == 3,
                [] => true,
            };
            match (prefix_fits, header(bytes), bytes.get(HEADER)) {
                (false, ..) => Sniffed::No,
                (true, None, _) if bytes.len() < HEADER => Sniffed::Maybe,
                (true, Some((Content::Alert, 2)), None | Some(1 | 2)) => Sniffed::Yes,
                (true, Some((Content::Handshake, 1..)), None) => Sniffed::Maybe,
                (true, Some((Content::Handshake, 1..)), Some(0..=2)) => Sniffed::Yes,
                _ => Sniffed::No,
            }
        }
        [high, ..] if high & 0x80 != 0 && bytes.len() < ssl2::HEADER => match bytes.get(2) {
            None | Some(1) => Sniffed::Maybe,
            Some(_) => Sniffed::No,
        },
        _ => Sniffed::No,
    }
}

/// Where in `bytes`, after bytes were lost, reading can begin again: at a header at their start, or at one whose record
/// ends with them or is followed by another header. Encrypted bytes look like that by chance once in millions.
pub(super) fn resume_at(bytes: &[u8]) -> Option<usize> {
    let is_plausible = |at: usize| bytes.get(at..).and_then(header).filter(|(_, length)| *length > 0);
    (0..(bytes.len() + 1).saturating_sub(HEADER)).find(|&at| {
        is_plausible(at).is_some_and(|(_, length)| {
            let end = at + HEADER + length;
            at == 0 || end == bytes.len() || is_plausible(end).is_some()
        })
    })
}
