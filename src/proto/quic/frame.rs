//! Frames of Initial packets (RFC 9000, 12.4 and 19): only these kinds may stand there.

use super::packet::Reader;

const PADDING: u64 = 0;
const PING: u64 = 1;
const ACK: u64 = 2;
const ACK_ECN: u64 = 3;
const CRYPTO: u64 = 6;

/// Hands offset and bytes of each CRYPTO frame to `take`; stops at the first frame that may not stand there.
pub(super) fn each_crypto(content: &[u8], mut take: impl FnMut(u64, &[u8])) {
    let mut reader = Reader { bytes: content, at: 0 };
    while let Some(kind) = reader.number() {
        let read = match kind {
            PADDING | PING => Some(()),
            ACK | ACK_ECN => acknowledgement(&mut reader, kind == ACK_ECN),
            CRYPTO => crypto(&mut reader).map(|(offset, bytes)| take(offset, bytes)),
            _ => None,
        };
        if read.is_none() {
            return;
        }
    }
}

fn acknowledgement(reader: &mut Reader<'_>, with_ecn: bool) -> Option<()> {
    let (_largest, _delay) = (reader.number()?, reader.number()?);
    let ranges = reader.number()?;
    reader.number()?;
    // Each takes at least two bytes: a count that lies ends with the content.
    for _ in 0..ranges {
        reader.number()?;
        reader.number()?;
    }
    for _ in 0..if with_ecn { 3 } else { 0 } {
        reader.number()?;
    }
    Some(())
}

fn crypto<'a>(reader: &mut Reader<'a>) -> Option<(u64, &'a [u8])> {
    let offset = reader.number()?;
    let length = usize::try_from(reader.number()?).ok()?;
    Some((offset, reader.take(length)?))
}
