//! Packets with a long header (RFC 9000, 17.2).

use super::Version;
use super::keys::Keys;

/// Longest connection id of these versions.
const MAX_CONNECTION_ID: usize = 20;
/// Where the sample lies behind the start of the packet number, and its size (RFC 9001, 5.4.2).
const SAMPLE: std::ops::Range<usize> = 4..20;

/// A packet with a long header, still protected.
pub(super) struct Packet<'a> {
    pub(super) version: Version,
    /// Initial, and no 0-RTT or Handshake packet.
    pub(super) is_initial: bool,
    pub(super) destination: &'a [u8],
    /// The header up to the packet number.
    header: &'a [u8],
    /// Packet number and content.
    protected: &'a [u8],
    /// What follows in the datagram.
    pub(super) rest: &'a [u8],
}

impl<'a> Packet<'a> {
    /// The packet at the start of the bytes. `None` for a short header, a Retry, an unknown version, or a cut packet.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let first = *reader.take(1)?.first()?;
        if first & 0xc0 != 0xc0 {
            return None;
        }
        let version = Version::from_wire(u32::from_be_bytes(reader.take(4)?.try_into().ok()?))?;
        // Types are numbered otherwise in version 2 (RFC 9369, 3.2).
        let (initial, retry) = if version == Version::V2 { (1, 0) } else { (0, 3) };
        let kind = first >> 4 & 3;
        if kind == retry {
            return None;
        }
        let destination = reader.connection_id()?;
        reader.connection_id()?;
        if kind == initial {
            let token = reader.number()?;
            reader.take(usize::try_from(token).ok()?)?;
        }
        let length = usize::try_from(reader.number()?).ok()?;
        let header = bytes.get(..reader.at)?;
        let protected = reader.take(length)?;
        let rest = bytes.get(reader.at..)?;
        Some(Self { version, is_initial: kind == initial, destination, header, protected, rest })
    }

    /// Takes header protection and encryption off. Packet numbers of a first flight are small, so the bytes that are
    /// there are the whole number.
    pub(super) fn open(&self, keys: &Keys) -> Option<Vec<u8>> {
        let sample: [u8; 16] = self.protected.get(SAMPLE)?.try_into().ok()?;
        let mask = keys.mask(sample);
        let mut header = self.header.to_vec();
        let first = header.first_mut()?;
        *first ^= mask[0] & 0x0f;
        let length = usize::from(*first & 3) + 1;
        let (number, content) = self.protected.split_at_checked(length)?;
        let mut whole = 0u32;
        for (byte, mask) in number.iter().zip(mask.get(1..)?) {
            header.push(byte ^ mask);
            whole = whole << 8 | u32::from(byte ^ mask);
        }
        keys.open(whole, &header, content)
    }
}

/// Takes fields off the front.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn connection_id(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(*self.take(1)?.first()?);
        if length > MAX_CONNECTION_ID { None } else { self.take(length) }
    }

    /// An integer of variable length (RFC 9000, 16).
    pub(super) fn number(&mut self) -> Option<u64> {
        let first = *self.take(1)?.first()?;
        let more = (1usize << (first >> 6)) - 1;
        let rest = self.take(more)?;
        Some(rest.iter().fold(u64::from(first & 0x3f), |number, byte| number << 8 | u64::from(*byte)))
    }
}
