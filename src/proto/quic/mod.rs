//! QUIC as far as anybody on the path can read it: the client's Initial packets with its TLS hello (RFC 9000, RFC 9001,
//! RFC 9369, drafts 23 to 32).
//!
//! A packet counts only if it opens with the key that follows from it: neither other protocols over UDP nor a server's
//! packets do.

mod crypto;
mod frame;
mod keys;
mod packet;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests;

use std::fmt;

use self::crypto::Crypto;
use self::keys::{Keys, Sender};
use self::packet::Packet;
use super::tls::ClientHello;

/// Packets of one datagram that are looked at: Initial, 0-RTT and Handshake may travel together (RFC 9000, 12.2).
const MAX_COALESCED: usize = 4;
/// Shortest datagram of a client that carries an Initial packet (RFC 9000, 14.1).
const MIN_DATAGRAM: usize = 1200;

/// Version of QUIC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// RFC 9000.
    V1,
    /// RFC 9369.
    V2,
    /// A draft of version 1, by its number.
    Draft(u8),
}

impl Version {
    const fn from_wire(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            0x6b33_43cf => Some(Self::V2),
            0xff00_0017..=0xff00_0020 => Some(Self::Draft((number & 0xff) as u8)),
            _ => None,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V1 => f.write_str("1"),
            Self::V2 => f.write_str("2"),
            Self::Draft(number) => write!(f, "draft-{number}"),
        }
    }
}

/// The Initial packets of one client on one pair of addresses and ports.
#[derive(Clone)]
pub struct Initials {
    version: Version,
    keys: Keys,
    crypto: Crypto,
    opened: u32,
}

impl Initials {
    /// Reads a client's first datagram; `None` where it holds no Initial packet of a client.
    #[must_use]
    pub fn begin(datagram: &[u8]) -> Option<Self> {
        let first = Packet::read(datagram)?;
        let keys = Keys::new(first.version, first.destination, Sender::Client)?;
        let mut initials = Self { version: first.version, keys, crypto: Crypto::default(), opened: 0 };
        initials.feed(datagram).then_some(initials)
    }

    /// Takes another datagram of the client; whether it holds an Initial packet. After a Retry, keys follow from the new
    /// connection id (RFC 9001, 5.2), and the hello is sent again from its start.
    pub fn feed(&mut self, datagram: &[u8]) -> bool {
        let mut rest = datagram;
        let mut any = false;
        for _ in 0..MAX_COALESCED {
            let Some(packet) = Packet::read(rest) else { break };
            if packet.is_initial {
                any |= self.packet(&packet);
            }
            rest = packet.rest;
        }
        any
    }

    fn packet(&mut self, packet: &Packet<'_>) -> bool {
        let content = packet.open(&self.keys).or_else(|| {
            let keys = Keys::new(packet.version, packet.destination, Sender::Client)?;
            let content = packet.open(&keys)?;
            self.keys = keys;
            self.version = packet.version;
            Some(content)
        });
        let Some(content) = content else { return false };
        self.opened = self.opened.saturating_add(1);
        frame::each_crypto(&content, |offset, bytes| self.crypto.add(offset, bytes));
        true
    }

    /// Version of the packets.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Initial packets that were opened.
    #[must_use]
    pub const fn opened(&self) -> u32 {
        self.opened
    }

    /// The hello as far as it is there (`complete` tells); `None` where not even its version is.
    #[must_use]
    pub fn hello(&self) -> Option<ClientHello> {
        let (message, whole) = self.crypto.message();
        ClientHello::of_message(message, whole)
    }

    /// Whether the whole hello is there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.crypto.message().1
    }

    /// Bytes kept.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.crypto.heap_bytes()
    }
}

/// Whether a datagram may begin with an Initial packet of a client, of a known version: a cheap look before any key is
/// derived. Clients fill every datagram that carries one (RFC 9000, 14.1); servers drop what is shorter.
#[must_use]
pub fn may_be_initial(datagram: &[u8]) -> bool {
    datagram.len() >= MIN_DATAGRAM && Packet::read(datagram).is_some_and(|packet| packet.is_initial)
}
