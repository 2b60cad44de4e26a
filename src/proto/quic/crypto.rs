//! The CRYPTO stream of a client's Initial packets: pieces of its hello in any order (RFC 9000, 19.6).

use crate::limits::{MAX_QUIC_CRYPTO, MAX_QUIC_PIECES};

/// Handshake header of TLS: type and length.
const HEADER: usize = 4;

/// Pieces of the stream, joined from its start.
#[derive(Clone, Debug, Default)]
pub(super) struct Crypto {
    /// The stream as far as it is whole.
    joined: Vec<u8>,
    /// Pieces behind a hole: offset and bytes.
    waiting: Vec<(usize, Vec<u8>)>,
}

impl Crypto {
    /// Takes a piece. What lies beyond the bounds is left out: a hello is smaller.
    pub(super) fn add(&mut self, offset: u64, bytes: &[u8]) {
        let Ok(offset) = usize::try_from(offset) else { return };
        if offset.saturating_add(bytes.len()) > MAX_QUIC_CRYPTO {
            return;
        }
        if offset > self.joined.len() {
            let known = self.waiting.iter().any(|(at, held)| *at == offset && held.len() >= bytes.len());
            let held: usize = self.waiting.iter().map(|(_, held)| held.len()).sum();
            let room = self.waiting.len() < MAX_QUIC_PIECES && held + bytes.len() <= MAX_QUIC_CRYPTO;
            if !known && room {
                self.waiting.push((offset, bytes.to_vec()));
            }
            return;
        }
        self.append(offset, bytes);
        while let Some(index) = self.waiting.iter().position(|(at, _)| *at <= self.joined.len()) {
            let (at, held) = self.waiting.swap_remove(index);
            self.append(at, &held);
        }
    }

    fn append(&mut self, offset: usize, bytes: &[u8]) {
        let new = self.joined.len().saturating_sub(offset);
        self.joined.extend_from_slice(bytes.get(new..).unwrap_or_default());
    }

    /// The first handshake message as far as it is there, and whether that is all of it.
    pub(super) fn message(&self) -> (&[u8], bool) {
        let length = match self.joined.as_slice() {
            &[_, high, middle, low, ..] => {
                HEADER + (usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low))
            }
            _ => return (&self.joined, false),
        };
        match self.joined.get(..length) {
            Some(message) => (message, true),
            None => (&self.joined, false),
        }
    }

    pub(super) fn heap_bytes(&self) -> usize {
        let waiting: usize = self.waiting.iter().map(|(_, held)| held.capacity() + size_of::<(usize, Vec<u8>)>()).sum();
        self.joined.capacity() + waiting
    }
}
