//! TLS on one connection: hello, answer, certificate, alerts, and how it ended. What follows is encrypted.

use std::time::Duration;

use super::assembler::{Step, left_without_more};
use super::{Handshake, HandshakeEnd, TEXTS, Transaction, Tunnel, Wait};
use crate::flow::{Connection, Direction};
use crate::proto::starttls::{self, Dialogue};
use crate::proto::tls::{Certificate, ClientHello, ServerHello, TlsEvent, TlsMessage, TlsStream, TlsVersion};
use crate::settings::Deadlines;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::vocabulary::Side;

/// By how much packets of one connection may be out of order in a capture.
const REORDERED: Duration = Duration::from_millis(50);
/// Copies of a hello that are listed.
const MAX_COPIES: usize = 8;
/// An application data record of TLS 1.3 that is larger than this is no encrypted alert (2 bytes, type, 16 of tag):
/// the shortest Finished has 53.
const LARGER_THAN_AN_ALERT: u16 = 32;

/// TLS on one connection.
pub(super) struct TlsState {
    tunnel: Option<Tunnel>,
    /// The dialogue in the clear before it, which the server goes on with until its first record.
    plain: Option<Dialogue>,
    server_turned: bool,
    streams: [TlsStream; 2],
    events: Vec<TlsEvent>,
    hello: Option<(Box<ClientHello>, PacketRef)>,
    hello_copies: Vec<PacketRef>,
    /// The server's request for another hello, and that hello.
    retry: Option<(PacketRef, Option<PacketRef>)>,
    server_hello: Option<(ServerHello, PacketRef)>,
    certificate: Option<(Box<Certificate>, PacketRef)>,
    certificate_requested: bool,
    encrypted_alert: Option<(Side, PacketRef)>,
    /// A side has changed to encryption, and has sent something encrypted that is no alert.
    changed_cipher: [bool; 2],
    encrypted: [bool; 2],
    /// A warning that the peer goes away, before anything else was said.
    farewell: Option<(Side, PacketRef)>,
    first: Option<PacketRef>,
    /// Bytes of a direction are missing.
    lost: [bool; 2],
    /// How the connection ends and when; believed when the last moment has passed without a message.
    closing: Option<(HandshakeEnd, CaptureTime, CaptureTime)>,
    /// A server's alert that came before any hello.
    early_alert: Option<(Side, u8, PacketRef)>,
    /// The client sent more of the handshake after the server's hello.
    client_went_on: bool,
}

impl TlsState {
    /// Bytes that this keeps on the heap: those that gather, and about those of what was read.
    pub(super) fn heap_bytes(&self) -> usize {
        let read = |is_there: bool, size: usize| if is_there { size + TEXTS } else { 0 };
        self.streams.iter().map(TlsStream::heap_bytes).sum::<usize>()
            + self.events.capacity() * size_of::<TlsEvent>()
            + read(self.hello.is_some(), size_of::<ClientHello>())
            + read(self.server_hello.is_some(), 0)
            + read(self.certificate.is_some(), size_of::<Certificate>())
            + self.plain.as_ref().map_or(0, Dialogue::heap_bytes)
    }

    pub(super) fn new(tunnel: Option<Tunnel>) -> Self {
        Self {
            tunnel,
            plain: None,
            server_turned: false,
            streams: Default::default(),
            events: Vec::new(),
            hello: None,
            hello_copies: Vec::new(),
            retry: None,
            server_hello: None,
            certificate: None,
            certificate_requested: false,
            encrypted_alert: None,
            changed_cipher: [false; 2],
            encrypted: [false; 2],
            farewell: None,
            first: None,
            lost: [false; 2],
            closing: None,
            early_alert: None,
            client_went_on: false,
        }
    }

    /// The same behind a dialogue in the clear.
    pub(super) fn after(self, plain: Dialogue) -> Self {
        Self { plain: Some(plain), ..self }
    }

    /// The server's bytes from its first record on; `None` where it refused to turn to TLS, as packets out of order show.
    fn server_part<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let Some(plain) = self.plain.as_mut().filter(|_| !self.server_turned) else { return Some(bytes) };
        match plain.feed(Side::Server, bytes) {
            starttls::Step::Tls(start) => {
                self.server_turned = true;
                bytes.get(start..)
            }
            starttls::Step::Plain => plain.expects_tls().then_some(&[]),
            starttls::Step::Over => None,
        }
    }

    pub(super) fn data(
        &mut self,
        connection: &Connection,
        deadlines: Deadlines,
        direction: Direction,
        bytes: &[u8],
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> Step {
        let bytes = match direction {
            Direction::ToServer => bytes,
            Direction::ToClient => match self.server_part(bytes) {
                Some(bytes) => bytes,
                None => return Step::Finished,
            },
        };
        self.first.get_or_insert(at);
        let mut events = std::mem::take(&mut self.events);
        self.streams[direction.index()].feed(bytes, at, &mut events);
        let asked = self.hello.is_some();
        let finished = self.events(connection, direction, events, out);
        if finished {
            return Step::Finished;
        }
        let wake = match &self.hello {
            Some((_, at)) if !asked => Some(at.time.after(deadlines.tls)),
            Some(_) => None,
            None => self.early_alert.map(|(.., at)| at.time.after(REORDERED)),
        };
        Step::Continue(wake)
    }

    /// Takes events until one decides the handshake; returns whether one did.
    fn events(
        &mut self,
        connection: &Connection,
        direction: Direction,
        mut events: Vec<TlsEvent>,
        out: &mut Vec<Transaction>,
    ) -> bool {
        let mut finished = false;
        for event in events.drain(..) {
            finished = finished || self.event(connection, direction, event, out);
        }
        self.events = events;
        finished
    }

    /// Returns whether the handshake is decided.
    fn event(
        &mut self,
        connection: &Connection,
        direction: Direction,
        event: TlsEvent,
        out: &mut Vec<Transaction>,
    ) -> bool {
        let at = event.at;
        let side = side_of(direction);
        match event.message {
            TlsMessage::ClientHello(hello) => {
                if self.hello.is_none() {
                    self.hello = Some((hello, at));
                } else if let Some((_, again @ None)) = &mut self.retry {
                    *again = Some(at);
                }
                if let Some(alert) = self.early_alert.take() {
                    self.tell(connection, Some(alert), HandshakeEnd::Alert, alert.2.time, out);
                    return true;
                }
            }
            TlsMessage::ServerHello(hello) => {
                if hello.hello_retry {
                    self.retry.get_or_insert((at, None));
                } else if self.server_hello.is_none() {
                    self.server_hello = Some((*hello, at));
                }
            }
            TlsMessage::Certificate(certificate) => {
                if direction == Direction::ToClient && self.certificate.is_none() {
                    self.certificate = Some((certificate, at));
                }
            }
            TlsMessage::CertificateRequest => self.certificate_requested = true,
            TlsMessage::ChangeCipherSpec => self.changed_cipher[direction.index()] = true,
            TlsMessage::EncryptedHandshake => self.encrypted[direction.index()] = true,
            TlsMessage::ApplicationData { len } => {
                let modern = self.server_hello.as_ref().is_some_and(|(hello, _)| hello.version >= TlsVersion::TLS1_3);
                if !modern || len > LARGER_THAN_AN_ALERT {
                    self.encrypted[direction.index()] = true;
                } else if direction == Direction::ToServer {
                    self.encrypted_alert.get_or_insert((side, at));
                }
            }
            TlsMessage::Alert { level, code } => {
                if level == 2 && self.hello.is_none() && side == Side::Server {
                    // The hello that it answers may stand behind it in the capture.
                    self.early_alert.get_or_insert((side, code, at));
                } else if level == 2
                    && side == Side::Client
                    && self.server_hello.is_none()
                    && self.retry.is_none()
                    && self.certificate.is_none()
                {
                    // A client that gives up before any answer; why, the end of the connection tells.
                } else if level == 2 {
                    self.tell(connection, Some((side, code, at)), HandshakeEnd::Alert, at.time, out);
                    return true;
                }
                if code == 0 {
                    self.farewell.get_or_insert((side, at));
                }
            }
            TlsMessage::EncryptedAlert => {
                self.encrypted_alert.get_or_insert((side, at));
            }
            TlsMessage::Garbage => return self.hello.is_none() && self.server_hello.is_none(),
            TlsMessage::ClientKeyExchange | TlsMessage::CertificateVerify => self.client_went_on = true,
            TlsMessage::ServerKeyExchange | TlsMessage::ServerHelloDone | TlsMessage::Handshake(_) => {}
        }
        if self.established() {
            self.tell(connection, None, HandshakeEnd::Completed, at.time, out);
            return true;
        }
        false
    }

    /// Both sides went over to encryption and sent something under it that is no alert. Where only one direction was
    /// captured, that it went on is enough.
    fn established(&self) -> bool {
        let [client, server] = self.encrypted;
        match &self.server_hello {
            Some((hello, _)) if hello.version >= TlsVersion::TLS1_3 => client,
            Some(_) => client && (server || self.changed_cipher[1]) || server && self.changed_cipher[0],
            None => client && server,
        }
    }

    /// Bytes are missing. Returns whether what was cut decided the handshake all the same.
    pub(super) fn gap(
        &mut self,
        connection: &Connection,
        direction: Direction,
        missing: u64,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> bool {
        self.lost[direction.index()] = true;
        let mut events = std::mem::take(&mut self.events);
        self.streams[direction.index()].gap(missing, at, &mut events);
        self.events(connection, direction, events, out)
    }

    pub(super) fn repeated(&mut self, direction: Direction, at: PacketRef) {
        if direction == Direction::ToServer && self.server_hello.is_none() && self.hello_copies.len() < MAX_COPIES {
            self.hello_copies.push(at);
        }
    }

    pub(super) fn changed(&mut self, connection: &Connection, at: PacketRef, out: &mut Vec<Transaction>) -> Step {
        let to_client = connection.half(Direction::ToClient);
        let to_server = connection.half(Direction::ToServer);
        let end = if let Some(mark) = to_client.reset {
            HandshakeEnd::Reset { by: Side::Server, mark }
        } else if let Some(mark) = to_client.fin {
            HandshakeEnd::Closed { by: Side::Server, mark }
        } else if let Some(mark) = to_server.reset {
            HandshakeEnd::Reset { by: Side::Client, mark }
        } else if let Some(mark) = to_server.fin {
            HandshakeEnd::Closed { by: Side::Client, mark }
        } else {
            return Step::Continue(None);
        };
        let certain = match end {
            HandshakeEnd::Reset { by: Side::Server, .. } => !to_client.reset_ahead,
            HandshakeEnd::Closed { by: Side::Server, .. } => true,
            _ => left_without_more(connection),
        };
        if certain {
            let end = self.unless_unseen(connection, end);
            self.tell(connection, None, end, at.time, out);
            return Step::Finished;
        }
        // What made this side leave may stand behind it in the capture.
        let due = at.time.after(REORDERED);
        let due = self.closing.get_or_insert((end, at.time, due)).2;
        Step::Continue(Some(due))
    }

    /// Believes an end that waited for what may stand behind it.
    fn close(&mut self, connection: &Connection, out: &mut Vec<Transaction>) -> bool {
        if let Some(alert) = self.early_alert.take() {
            self.tell(connection, Some(alert), HandshakeEnd::Alert, alert.2.time, out);
            return true;
        }
        let Some((end, at, _)) = self.closing.take() else { return false };
        let ahead = connection.half(Direction::ToClient).reset_ahead;
        let end = if ahead && self.server_hello.is_none() { HandshakeEnd::NotCaptured } else { end };
        let end = self.unless_unseen(connection, end);
        self.tell(connection, None, end, at, out);
        true
    }

    pub(super) fn wake(
        &mut self,
        connection: &Connection,
        deadlines: Deadlines,
        now: CaptureTime,
        out: &mut Vec<Transaction>,
    ) -> Step {
        let due = self.early_alert.map(|(.., at)| at.time.after(REORDERED)).or(self.closing.map(|(_, _, due)| due));
        if let Some(due) = due {
            if due > now {
                return Step::Continue(Some(due));
            }
            self.close(connection, out);
            return Step::Finished;
        }
        let Some(at) = self.asked() else { return Step::Continue(None) };
        let due = at.time.after(deadlines.tls);
        if self.server_hello.is_some() || self.certificate.is_some() {
            return Step::Continue(None);
        }
        if due > now {
            return Step::Continue(Some(due));
        }
        let end = self.silence(connection, Wait::Elapsed);
        self.tell(connection, None, end, due, out);
        Step::Finished
    }

    pub(super) fn end(
        &mut self,
        connection: &Connection,
        deadlines: Deadlines,
        now: CaptureTime,
        out: &mut Vec<Transaction>,
    ) {
        if self.hello.is_none()
            && let Some(TlsEvent { at, message: TlsMessage::ClientHello(hello) }) = self.streams[0].partial()
        {
            self.hello = Some((hello, at));
        }
        if self.server_hello.is_none()
            && let Some(TlsEvent { at, message: TlsMessage::ServerHello(hello) }) = self.streams[1].partial()
        {
            self.server_hello = Some((*hello, at));
        }
        if self.close(connection, out) {
            return;
        }
        let Some(at) = self.asked() else { return };
        let due = at.time.after(deadlines.tls);
        let end = if self.server_hello.is_some() || self.certificate.is_some() {
            HandshakeEnd::Unfinished
        } else if self.encrypted[0] {
            HandshakeEnd::NotCaptured
        } else if now >= due {
            self.silence(connection, Wait::Elapsed)
        } else {
            self.silence(connection, Wait::Cut { missing: due.since(now) })
        };
        self.tell(connection, None, end, due.min(now), out);
    }

    /// The hello that waits for an answer: the second one, where the server asked for it.
    fn asked(&self) -> Option<PacketRef> {
        let (_, first) = self.hello.as_ref()?;
        Some(self.retry.map_or(*first, |(request, again)| again.unwrap_or(request)))
    }

    fn silence(&self, connection: &Connection, wait: Wait) -> HandshakeEnd {
        if connection.icmp.is_some_and(|(_, _, error)| error.ends_a_connection()) {
            return HandshakeEnd::Unreachable;
        }
        self.unless_unseen(connection, HandshakeEnd::Unanswered(wait))
    }

    /// An end that rests on what was not said, unless it was said outside the capture.
    fn unless_unseen(&self, connection: &Connection, end: HandshakeEnd) -> HandshakeEnd {
        let unseen = self.lost[1] || connection.half(Direction::ToClient).acknowledged_unseen();
        if unseen && self.server_hello.is_none() { HandshakeEnd::NotCaptured } else { end }
    }

    fn tell(
        &mut self,
        connection: &Connection,
        alert: Option<(Side, u8, PacketRef)>,
        end: HandshakeEnd,
        ended: CaptureTime,
        out: &mut Vec<Transaction>,
    ) {
        let hello_acknowledged = {
            let half = connection.half(Direction::ToServer);
            half.delivered > 0 && half.acknowledged >= half.delivered
        };
        out.push(Transaction::Handshake(Box::new(Handshake {
            connection: connection.clone(),
            tunnel: self.tunnel.clone(),
            plain: self.plain.as_ref().and_then(Dialogue::protocol),
            hello: self.hello.take(),
            hello_copies: std::mem::take(&mut self.hello_copies),
            hello_acknowledged,
            retry: self.retry,
            server_hello: self.server_hello.take(),
            certificate: self.certificate.take(),
            certificate_requested: self.certificate_requested,
            alert,
            encrypted_alert: self.encrypted_alert,
            client_went_on: self.client_went_on || self.changed_cipher[0] || self.encrypted[0],
            established: end == HandshakeEnd::Completed,
            end,
            started: self.first.unwrap_or(connection.first),
            ended,
        })));
    }
}

pub(super) const fn side_of(direction: Direction) -> Side {
    match direction {
        Direction::ToServer => Side::Client,
        Direction::ToClient => Side::Server,
    }
}
