//! NetBIOS name service messages (RFC 1002, 4.2): questions for a name and positive answers.

use std::net::Ipv4Addr;

/// Header length; the same fields as in DNS (RFC 1002, 4.2.1.1).
const HEADER: usize = 12;
/// An encoded name: 16 bytes as two letters each (RFC 1001, 14.1).
const ENCODED: usize = 32;
/// Question and record type NB.
const NB: u16 = 0x20;
/// One entry of an answer: flags and an address.
const ENTRY: usize = 6;
/// Addresses read of one answer: a host has a few interfaces.
const MAX_ADDRESSES: usize = 8;

/// A question for a name, or an answer that gives its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameMessage {
    /// It answers.
    pub response: bool,
    /// The name in lower case, without the blanks behind it.
    pub name: String,
    /// What of that name: 0x00 a workstation, 0x20 a file server.
    pub suffix: u8,
    /// Addresses of an answer.
    pub addresses: Vec<Ipv4Addr>,
}

/// Reads a message of the name service; `None` for anything but questions of type NB and their positive answers.
#[must_use]
pub fn parse(bytes: &[u8]) -> Option<NameMessage> {
    let flags = u16_at(bytes, 2)?;
    let (response, opcode, rcode) = (flags & 0x8000 != 0, flags >> 11 & 0xf, flags & 0xf);
    if opcode != 0 || response && rcode != 0 {
        return None;
    }
    let count = if response { u16_at(bytes, 6)? } else { u16_at(bytes, 4)? };
    let (name, suffix, end) = name(bytes)?;
    if count == 0 || u16_at(bytes, end)? != NB {
        return None;
    }
    let mut addresses = Vec::new();
    if response {
        // Type, class, time to live, then the length of the data.
        let length = usize::from(u16_at(bytes, end + 8)?);
        let data = bytes.get(end + 10..)?;
        let data = data.get(..length.min(data.len()))?;
        for entry in data.chunks_exact(ENTRY).take(MAX_ADDRESSES) {
            if let [_, _, a, b, c, d] = *entry {
                addresses.push(Ipv4Addr::new(a, b, c, d));
            }
        }
    }
    Some(NameMessage { response, name, suffix, addresses })
}

/// The first name after the header, its suffix, and where it ends.
fn name(bytes: &[u8]) -> Option<(String, u8, usize)> {
    if usize::from(*bytes.get(HEADER)?) != ENCODED {
        return None;
    }
    let encoded = bytes.get(HEADER + 1..HEADER + 1 + ENCODED)?;
    let mut plain = [0u8; ENCODED / 2];
    for (byte, pair) in plain.iter_mut().zip(encoded.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        let half = |letter: u8| letter.checked_sub(b'A').filter(|half| *half < 16);
        *byte = half(high)? << 4 | half(low)?;
    }
    let (suffix, text) = plain.split_last()?;
    let name = String::from_utf8_lossy(text).trim_end().to_ascii_lowercase();
    // A scope may follow as further labels.
    let mut at = HEADER + 1 + ENCODED;
    while let Some(length) = bytes.get(at).map(|length| usize::from(*length)).filter(|length| *length > 0) {
        if length > 63 {
            return None;
        }
        at = at.checked_add(1 + length)?;
    }
    Some((name, *suffix, at + 1))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2).and_then(|raw| raw.try_into().ok()).map(u16::from_be_bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A question for WPAD<00>, and the same as an answer with one address.
    fn message(response: bool) -> Vec<u8> {
        let mut bytes = vec![0x12, 0x34, if response { 0x85 } else { 0x01 }, if response { 0 } else { 0x10 }];
        bytes.extend(if response { [0, 0, 0, 1, 0, 0, 0, 0] } else { [0, 1, 0, 0, 0, 0, 0, 0] });
        bytes.push(32);
        for byte in *b"WPAD           \x00" {
            bytes.extend([b'A' + (byte >> 4), b'A' + (byte & 15)]);
        }
        bytes.extend([0, 0, 0x20, 0, 1]);
        if response {
            bytes.extend([0, 0, 0, 60, 0, 6, 0, 0, 10, 1, 0, 66]);
        }
        bytes
    }

    #[test]
    fn questions_and_answers_are_told_apart() {
        let asked = parse(&message(false)).unwrap();
        assert_eq!((asked.response, asked.name.as_str(), asked.suffix), (false, "wpad", 0));
        let told = parse(&message(true)).unwrap();
        assert_eq!((told.response, told.addresses), (true, vec![Ipv4Addr::new(10, 1, 0, 66)]));
        // A negative answer, a registration and another type are none.
        for (at, value) in [(3, 3), (2, 0xad), (HEADER + 35, 0x21)] {
            let mut other = message(true);
            other[at] = value;
            assert_eq!(parse(&other), None, "{at}");
        }
    }

    #[test]
    fn every_cut_and_every_wrong_byte_is_survived() {
        for whole in [message(false), message(true)] {
            for length in 0..whole.len() {
                assert!(parse(&whole[..length]).is_none_or(|cut| cut.addresses.is_empty()), "{length}");
                let mut damaged = whole.clone();
                damaged[length] ^= 0xff;
                let _ = parse(&damaged);
            }
        }
    }
}
