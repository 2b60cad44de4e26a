//! Handshake messages joined over the records of one direction.

use super::stream::TlsMessage;
use super::{Certificate, ClientHello, ServerHello};
use crate::limits::MAX_TLS_HANDSHAKE;

/// Type and length before each message (RFC 8446, 4).
const HEADER: usize = 4;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
/// Shortest hello: version, random, an empty session id, a suite, a compression method.
const MIN_HELLO: usize = 38;

/// What stands in a handshake record is no handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotInClear;

/// Joins the bytes of handshake records to messages. Holds at most one message of [`MAX_TLS_HANDSHAKE`] and one record.
#[derive(Clone, Debug, Default)]
pub(super) struct Joiner {
    held: Vec<u8>,
    /// Bytes of a message that are passed over: it is too long, or a part of it is missing.
    pass: usize,
}

impl Joiner {
    /// Bytes that it keeps on the heap.
    pub(super) const fn heap_bytes(&self) -> usize {
        self.held.capacity()
    }

    /// Takes bytes of a handshake record in the clear and hands each message that they complete to `out`. `Err` where
    /// they cannot be handshake messages: encrypted, or not in step.
    pub(super) fn feed(&mut self, bytes: &[u8], mut out: impl FnMut(TlsMessage)) -> Result<(), NotInClear> {
        let passed = self.pass.min(bytes.len());
        self.pass -= passed;
        self.held.extend_from_slice(bytes.get(passed..).unwrap_or_default());
        let mut rest = self.held.as_slice();
        while let (Some(&kind), Some(length)) = (rest.first(), message_length(rest)) {
            if !is_type(kind) || length > MAX_TLS_HANDSHAKE && kind != CERTIFICATE {
                self.held.clear();
                return Err(NotInClear);
            }
            if let Some((message, after)) = rest.split_at_checked(length) {
                out(read(message));
                rest = after;
            } else if length > MAX_TLS_HANDSHAKE {
                out(TlsMessage::Handshake(kind));
                self.pass = length - rest.len();
                rest = &[];
            } else {
                break;
            }
        }
        if rest.is_empty() {
            // Few messages follow, and a chain of certificates is long.
            self.held = Vec::new();
        } else {
            let done = self.held.len() - rest.len();
            self.held.drain(..done);
        }
        Ok(())
    }

    /// `missing` bytes of handshake records are not in the capture. What can be read of the message under way is
    /// returned, and whether the place in the messages is still known: the rest of that message is passed over.
    pub(super) fn gap(&mut self, missing: usize) -> (Option<TlsMessage>, bool) {
        let message = self.cut();
        let left = match (self.pass, message_length(&self.held)) {
            (0, Some(length)) => length.saturating_sub(self.held.len()),
            (pass, _) => pass,
        };
        self.held.clear();
        self.pass = left.saturating_sub(missing);
        (message, left >= missing)
    }

    /// What can be read of the message under way.
    pub(super) fn cut(&self) -> Option<TlsMessage> {
        match *self.held.first()? {
            CLIENT_HELLO => ClientHello::read(&self.held, false).map(|hello| TlsMessage::ClientHello(Box::new(hello))),
            SERVER_HELLO => ServerHello::read(&self.held, false).map(|hello| TlsMessage::ServerHello(Box::new(hello))),
            CERTIFICATE => {
                let certificate = Certificate::read(&self.held);
                certificate.readable.then(|| TlsMessage::Certificate(Box::new(certificate)))
            }
            _ => None,
        }
    }

    /// Forgets everything: what follows is encrypted, or its place is not known.
    pub(super) fn clear(&mut self) {
        self.held.clear();
        self.pass = 0;
    }

    /// Nothing is under way.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.pass == 0
    }
}

/// Whether a record after ChangeCipherSpec still holds a hello in the clear: around a HelloRetryRequest both sides send
/// ChangeCipherSpec before the second hello (RFC 8446, D.4).
pub(super) fn is_clear_hello(record: &[u8]) -> bool {
    matches!(*record, [CLIENT_HELLO | SERVER_HELLO, 0, _, _, 3, 0..=3, ..])
        && message_length(record).is_some_and(|length| length >= HEADER + MIN_HELLO && length >= record.len())
}

/// Length with header, where that is there.
fn message_length(bytes: &[u8]) -> Option<usize> {
    let &[_, high, middle, low, ..] = bytes else { return None };
    Some(HEADER + (usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)))
}

fn read(message: &[u8]) -> TlsMessage {
    let kind = message.first().copied().unwrap_or_default();
    let known = match kind {
        CLIENT_HELLO => ClientHello::read(message, true).map(|hello| TlsMessage::ClientHello(Box::new(hello))),
        SERVER_HELLO => ServerHello::read(message, true).map(|hello| TlsMessage::ServerHello(Box::new(hello))),
        CERTIFICATE => Some(TlsMessage::Certificate(Box::new(Certificate::read(message)))),
        12 => Some(TlsMessage::ServerKeyExchange),
        13 => Some(TlsMessage::CertificateRequest),
        14 => Some(TlsMessage::ServerHelloDone),
        15 => Some(TlsMessage::CertificateVerify),
        16 => Some(TlsMessage::ClientKeyExchange),
        _ => None,
    };
    known.unwrap_or(TlsMessage::Handshake(kind))
}

/// Registered handshake types (RFC 8446, B.3, and the TLS HandshakeType registry).
const fn is_type(kind: u8) -> bool {
    matches!(kind, 0..=6 | 8 | 11..=26 | 67 | 203 | 254)
}
