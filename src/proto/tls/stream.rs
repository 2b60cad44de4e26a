//! The record layer of one direction.

use super::handshake::{Joiner, is_clear_hello};
use super::record::{self, Content, HEADER};
use super::{Certificate, ClientHello, ServerHello, ssl2};
use crate::source::PacketRef;

/// Something that one side said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsEvent {
    /// The packet that completed it.
    pub at: PacketRef,
    /// What.
    pub message: TlsMessage,
}

/// What a record or handshake message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsMessage {
    /// ClientHello.
    ClientHello(Box<ClientHello>),
    /// ServerHello or HelloRetryRequest.
    ServerHello(Box<ServerHello>),
    /// Certificate in the clear; from a client too.
    Certificate(Box<Certificate>),
    /// ServerKeyExchange.
    ServerKeyExchange,
    /// The server wants a client certificate.
    CertificateRequest,
    /// ServerHelloDone.
    ServerHelloDone,
    /// ClientKeyExchange.
    ClientKeyExchange,
    /// CertificateVerify.
    CertificateVerify,
    /// Another handshake message in the clear (or one that is too long or unreadable), by type.
    Handshake(u8),
    /// A handshake record that is encrypted: after ChangeCipherSpec, normally Finished. Records that merely lost their
    /// place through a gap are not told.
    EncryptedHandshake,
    /// ChangeCipherSpec.
    ChangeCipherSpec,
    /// An alert in the clear.
    Alert {
        /// 1 warning, 2 fatal.
        level: u8,
        /// Description (RFC 8446, 6).
        code: u8,
    },
    /// An alert that cannot be read: encrypted or not captured.
    EncryptedAlert,
    /// An application data record (in TLS 1.3 also handshake messages and alerts).
    ApplicationData {
        /// Bytes of the record.
        len: u16,
    },
    /// Bytes that are no record: this direction is read no further until a plausible record turns up.
    Garbage,
}

/// A record under way.
#[derive(Clone, Copy, Debug)]
struct Record {
    content: Content,
    length: usize,
    /// Bytes still to come.
    left: usize,
    reading: Reading,
}

/// Whether the content of a record is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reading {
    Clear,
    Encrypted,
    /// A part of it is missing.
    Lost,
}

/// Reads the records of one direction of a connection.
#[derive(Clone, Debug, Default)]
pub struct TlsStream {
    /// Bytes of a header, an alert, an SSL 2.0 hello, or a handshake record after ChangeCipherSpec.
    held: Vec<u8>,
    record: Option<Record>,
    /// Length of the SSL 2.0 hello under way.
    ssl2: Option<usize>,
    joiner: Joiner,
    /// A first record was seen.
    started: bool,
    /// ChangeCipherSpec was seen.
    changed: bool,
    /// Where the next record starts is not known.
    lost: bool,
    /// Bytes are missing, and where the next handshake message starts is not known.
    out_of_step: bool,
    last: Option<PacketRef>,
}

impl TlsStream {
    /// Bytes that it keeps on the heap.
    #[must_use]
    pub const fn heap_bytes(&self) -> usize {
        self.held.capacity() + self.joiner.heap_bytes()
    }

    /// Takes the next bytes in order, captured with `at`, and appends what they complete to `out`.
    pub fn feed(&mut self, bytes: &[u8], at: PacketRef, out: &mut Vec<TlsEvent>) {
        if !bytes.is_empty() {
            self.last = Some(at);
        }
        let mut rest = bytes;
        if self.lost {
            let Some(start) = record::resume_at(rest) else { return };
            rest = rest.get(start..).unwrap_or_default();
            self.lost = false;
        }
        while !rest.is_empty() {
            let used = if self.ssl2.is_some() {
                self.feed_ssl2(rest, at, out)
            } else if self.record.is_some() {
                self.feed_record(rest, at, out)
            } else {
                self.feed_header(rest, at, out)
            };
            rest = rest.get(used..).unwrap_or_default();
            if self.lost {
                return;
            }
        }
    }

    /// `missing` bytes are not in the capture; `at` is the packet after (or around) them. What they cut is given as far
    /// as it can be read (a hello with `complete: false`, a certificate whose leaf was there). The record under way is
    /// passed over where the gap ends inside it; otherwise reading goes on at the next plausible record header.
    pub fn gap(&mut self, missing: u64, at: PacketRef, out: &mut Vec<TlsEvent>) {
        if missing == 0 {
            return;
        }
        let missing = usize::try_from(missing).unwrap_or(usize::MAX);
        let before = self.last.unwrap_or(at);
        if self.ssl2.is_some() {
            out.extend(self.partial());
            self.lose();
            return;
        }
        let Some(mut record) = self.record else {
            self.lose();
            return;
        };
        let here = missing.min(record.left);
        if record.content == Content::Handshake {
            if record.reading == Reading::Clear {
                record.reading = self.gap_in_handshake(here, before, out);
            }
        } else {
            record.reading = Reading::Lost;
        }
        record.left -= here;
        self.held.clear();
        self.record = Some(record);
        if record.left == 0 {
            self.end_record(record, at, out);
        }
        if missing > here {
            self.lose();
        }
    }

    /// How the rest of a handshake record is read after `missing` bytes of it.
    fn gap_in_handshake(&mut self, missing: usize, before: PacketRef, out: &mut Vec<TlsEvent>) -> Reading {
        if self.changed && self.joiner.is_empty() {
            if !is_clear_hello(&self.held) {
                return Reading::Encrypted;
            }
            let held = std::mem::take(&mut self.held);
            let _ = self.joiner.feed(&held, |message| out.push(TlsEvent { at: before, message }));
        }
        let (message, in_step) = self.joiner.gap(missing);
        out.extend(message.map(|message| TlsEvent { at: before, message }));
        self.out_of_step |= !in_step;
        let goes_on = in_step && (!self.changed || !self.joiner.is_empty());
        if goes_on { Reading::Clear } else { Reading::Lost }
    }

    /// What can be read of a hello that is not complete (cut by the end of the capture): the hello with
    /// `complete: false`, at the last packet that brought bytes of it.
    #[must_use]
    pub fn partial(&self) -> Option<TlsEvent> {
        let at = self.last?;
        let message = if self.ssl2.is_some() {
            TlsMessage::ClientHello(Box::new(ssl2::read(&self.held, false)?))
        } else if self.changed && is_clear_hello(&self.held) {
            let mut joiner = Joiner::default();
            joiner.feed(&self.held, |_| {}).ok()?;
            joiner.cut()?
        } else {
            self.joiner.cut()?
        };
        Some(TlsEvent { at, message })
    }

    fn feed_header(&mut self, bytes: &[u8], at: PacketRef, out: &mut Vec<TlsEvent>) -> usize {
        let used = self.hold(bytes, HEADER);
        if self.held.len() < HEADER {
            return used;
        }
        if let Some((content, length)) = record::header(&self.held) {
            self.held.clear();
            self.started = true;
            let record = Record { content, length, left: length, reading: Reading::Clear };
            self.record = Some(record);
            if length == 0 {
                self.end_record(record, at, out);
            }
        } else if let Some(length) = ssl2::record_length(&self.held).filter(|_| !self.started) {
            self.started = true;
            self.ssl2 = Some(length);
        } else {
            out.push(TlsEvent { at, message: TlsMessage::Garbage });
            self.lose();
        }
        used
    }

    fn feed_ssl2(&mut self, bytes: &[u8], at: PacketRef, out: &mut Vec<TlsEvent>) -> usize {
        let length = self.ssl2.unwrap_or_default();
        let used = self.hold(bytes, length);
        if self.held.len() >= length {
            if let Some(hello) = ssl2::read(&self.held, true) {
                out.push(TlsEvent { at, message: TlsMessage::ClientHello(Box::new(hello)) });
            }
            self.held.clear();
            self.ssl2 = None;
        }
        used
    }

    fn feed_record(&mut self, bytes: &[u8], at: PacketRef, out: &mut Vec<TlsEvent>) -> usize {
        let Some(mut record) = self.record else { return 0 };
        let (content, _) = bytes.split_at(record.left.min(bytes.len()));
        record.left -= content.len();
        match record.content {
            Content::Handshake if record.reading != Reading::Clear => {}
            // A record that may still be in the clear is judged when it is whole.
            Content::Handshake if self.changed && self.joiner.is_empty() => {
                self.hold(content, record.length);
            }
            Content::Handshake => {
                let fed = self.joiner.feed(content, |message| out.push(TlsEvent { at, message }));
                if fed.is_err() {
                    record.reading = if self.out_of_step { Reading::Lost } else { Reading::Encrypted };
                }
            }
            Content::Alert => {
                self.hold(content, record.length.min(MAX_CLEAR_ALERTS));
            }
            Content::ChangeCipherSpec | Content::ApplicationData | Content::Heartbeat => {}
        }
        self.record = Some(record);
        if record.left == 0 {
            self.end_record(record, at, out);
        }
        content.len()
    }

    fn end_record(&mut self, record: Record, at: PacketRef, out: &mut Vec<TlsEvent>) {
        self.record = None;
        let held = std::mem::take(&mut self.held);
        let mut say = |message| out.push(TlsEvent { at, message });
        match record.content {
            Content::Handshake if record.reading == Reading::Encrypted => say(TlsMessage::EncryptedHandshake),
            Content::Handshake if record.reading == Reading::Lost => {}
            Content::Handshake if self.changed && self.joiner.is_empty() => {
                let is_read = is_clear_hello(&held) && self.joiner.feed(&held, &mut say).is_ok();
                if !is_read {
                    say(TlsMessage::EncryptedHandshake);
                }
            }
            Content::Handshake | Content::Heartbeat => {}
            Content::Alert if record.reading == Reading::Clear && is_clear_alert(record.length, self.changed) => {
                for alert in held.chunks_exact(2) {
                    if let &[level, code] = alert {
                        say(TlsMessage::Alert { level, code });
                    }
                }
            }
            Content::Alert => say(TlsMessage::EncryptedAlert),
            Content::ChangeCipherSpec => {
                self.joiner.clear();
                self.changed = true;
                say(TlsMessage::ChangeCipherSpec);
            }
            Content::ApplicationData => {
                say(TlsMessage::ApplicationData { len: u16::try_from(record.length).unwrap_or(u16::MAX) });
            }
        }
    }

    /// Holds bytes up to `length` altogether; returns how many were taken.
    fn hold(&mut self, bytes: &[u8], length: usize) -> usize {
        let (taken, _) = bytes.split_at(length.saturating_sub(self.held.len()).min(bytes.len()));
        self.held.extend_from_slice(taken);
        taken.len()
    }

    fn lose(&mut self) {
        self.held.clear();
        self.record = None;
        self.ssl2 = None;
        self.joiner.clear();
        self.started = true;
        self.lost = true;
        self.out_of_step = true;
    }
}

/// Longest alert record that is read: a few warnings together.
const MAX_CLEAR_ALERTS: usize = 8;

/// An encrypted alert carries at least a checksum: two bytes alone are in the clear even after ChangeCipherSpec (which in
/// TLS 1.3 means nothing), and before it a record may hold several.
const fn is_clear_alert(length: usize, changed: bool) -> bool {
    length == 2 || !changed && length > 0 && length <= MAX_CLEAR_ALERTS && length.is_multiple_of(2)
}
