//! Streams become transactions: finds out what a connection speaks, and hands its bytes to the right state machine.

use std::time::Duration;

use super::beginning::ENOUGH_TO_SNIFF;
use super::exchange::HttpState;
use super::handshake::{TlsState, side_of};
use super::lookup::Lookups;
use super::quic::QuicTable;
use super::ticket::{KERBEROS_PORT, KdcStream};
use super::{Attempted, AttemptedEnd, TicketRefusal, Transaction, Tunnel, Wait};
use crate::flow::{Connection, Direction, End, Interest, Sniff, StreamReader};
use crate::proto::dns::TcpMessages;
use crate::proto::{Sniffed, http, starttls, tls};
use crate::settings::Deadlines;
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// Port of DNS.
pub const DNS_PORT: u16 = 53;
/// Windows repeats a refused SYN after half a second, twice; only then it believes.
const REFUSAL_SETTLES: Duration = Duration::from_millis(1500);

/// Makes transactions of TCP streams. Settled ones gather in `out` until the engine takes them.
pub struct Assembler {
    /// Deadlines of the protocols.
    pub deadlines: Deadlines,
    /// DNS over TCP joins the look-ups over UDP.
    pub lookups: Lookups,
    /// QUIC, which has no streams that can be read.
    pub quic: QuicTable,
    /// What was settled since it was last taken.
    pub out: Vec<Transaction>,
}

impl Assembler {
    /// An assembler with a table of `lookups` DNS questions.
    #[must_use]
    pub fn new(deadlines: Deadlines, lookups: usize) -> Self {
        Self { deadlines, lookups: Lookups::new(lookups, deadlines.dns), quic: QuicTable::default(), out: Vec::new() }
    }
}

/// What is known of one connection's conversation.
#[derive(Default)]
pub struct FlowState {
    conversation: Conversation,
    /// First bytes of both directions, while nobody knows what they are.
    start: [Vec<u8>; 2],
    start_at: [Option<PacketRef>; 2],
    start_offset: [u64; 2],
    tunnel: Option<Tunnel>,
    /// When to believe a refusal.
    refusal_due: Option<CaptureTime>,
    /// The connection's own outcome was told.
    told: bool,
}

#[derive(Default)]
enum Conversation {
    /// Nothing said yet, or too little.
    #[default]
    Open,
    Http(Box<HttpState>),
    Tls(Box<TlsState>),
    /// In the clear, and may turn to TLS.
    Plain(Box<starttls::Dialogue>),
    Dns(Box<[TcpMessages; 2]>),
    Kerberos(Box<KdcStream>),
    /// Not for us.
    Unknown,
}

/// What a state machine answers: go on, stop, or the rest is a tunnel.
pub(super) enum Step {
    /// Go on; wake at the moment, if any.
    Continue(Option<CaptureTime>),
    /// Nothing more to learn here.
    Finished,
    /// CONNECT succeeded: what follows (and what was held back of the client's bytes) is another conversation.
    Tunnel { to: Tunnel, held: Vec<(Direction, u64, Vec<u8>, PacketRef)> },
}

impl StreamReader for Assembler {
    type State = FlowState;

    fn sniff(&self, connection: &Connection, direction: Direction, bytes: &[u8]) -> Sniff {
        if connection.server.port() == DNS_PORT || connection.client.port() == DNS_PORT {
            return Sniff::Starts;
        }
        let (own, other) = match direction {
            Direction::ToServer => (http::sniff_request(bytes), http::sniff_response(bytes)),
            Direction::ToClient => (http::sniff_response(bytes), http::sniff_request(bytes)),
        };
        let tls = tls::sniff(bytes);
        // From its start on only: in mid-stream the hello tells itself.
        let plain = if connection.from_start() { starttls::sniff(side_of(direction), bytes) } else { Sniffed::No };
        match (own, other, tls) {
            (Sniffed::Yes, ..) => Sniff::Starts,
            (_, Sniffed::Yes, _) => Sniff::StartsReversed,
            (.., Sniffed::Yes) if is_other_sides_hello(direction, bytes) => Sniff::StartsReversed,
            (.., Sniffed::Yes) => Sniff::Starts,
            (Sniffed::Maybe, ..) | (_, Sniffed::Maybe, _)
                if bytes.len() < ENOUGH_TO_SNIFF && (connection.from_start() || http::may_begin(bytes)) =>
            {
                Sniff::Unsure
            }
            (.., Sniffed::Maybe) if bytes.len() < ENOUGH_TO_SNIFF => Sniff::Unsure,
            _ if connection.server.port() == KERBEROS_PORT => Sniff::Starts,
            _ => match plain {
                Sniffed::Yes => Sniff::Starts,
                Sniffed::Maybe => Sniff::Unsure,
                Sniffed::No => Sniff::Unknown,
            },
        }
    }

    fn opened(&mut self, connection: &Connection, _state: &mut FlowState) -> Option<CaptureTime> {
        Some(connection.first.time.after(self.deadlines.connect))
    }

    fn data(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        at: PacketRef,
    ) -> (Interest, Option<CaptureTime>) {
        let new = matches!(state.conversation, Conversation::Open);
        let step = self.feed(connection, state, direction, offset, bytes, at);
        let answer = self.follow(connection, state, step);
        let over = connection.halves.iter().any(|half| half.reset.is_some());
        if new && over && answer.0 == Interest::Read && !matches!(state.conversation, Conversation::Open) {
            // The RST that ends this conversation stands before its first bytes in the capture.
            return self.changed(connection, state, at);
        }
        answer
    }

    fn gap(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        direction: Direction,
        missing: u64,
        at: PacketRef,
    ) -> Interest {
        match &mut state.conversation {
            Conversation::Open => {
                state.start[direction.index()].clear();
                state.start_at[direction.index()] = None;
                Interest::Read
            }
            Conversation::Http(http) => {
                http.gap(connection, direction, missing, at, &mut self.out);
                Interest::Read
            }
            Conversation::Tls(tls) => {
                let over = tls.gap(connection, direction, missing, at, &mut self.out);
                if over { Interest::Done } else { Interest::Read }
            }
            Conversation::Plain(dialogue) => {
                dialogue.gap(side_of(direction));
                Interest::Read
            }
            Conversation::Dns(_) | Conversation::Kerberos(_) | Conversation::Unknown => Interest::Done,
        }
    }

    fn repeated(
        &mut self,
        _connection: &Connection,
        state: &mut FlowState,
        direction: Direction,
        offset: u64,
        at: PacketRef,
    ) {
        match &mut state.conversation {
            Conversation::Http(http) => http.repeated(direction, offset, at),
            Conversation::Tls(tls) => tls.repeated(direction, at),
            Conversation::Open
            | Conversation::Plain(_)
            | Conversation::Dns(_)
            | Conversation::Kerberos(_)
            | Conversation::Unknown => {}
        }
    }

    fn changed(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        at: PacketRef,
    ) -> (Interest, Option<CaptureTime>) {
        match &mut state.conversation {
            Conversation::Open => {
                let refused = connection.syn_ack.is_none()
                    && !connection.syns.is_empty()
                    && connection.half(Direction::ToClient).reset.is_some();
                if refused {
                    let due = at.time.after(REFUSAL_SETTLES);
                    state.refusal_due = Some(due);
                    return (Interest::Read, Some(due));
                }
                let over = connection.halves.iter().all(|half| half.fin.is_some());
                (if over { Interest::Done } else { Interest::Read }, None)
            }
            Conversation::Http(http) => {
                let step = http.changed(connection, at, &mut self.out);
                self.follow(connection, state, step)
            }
            Conversation::Tls(tls) => {
                let step = tls.changed(connection, at, &mut self.out);
                self.follow(connection, state, step)
            }
            Conversation::Plain(_) | Conversation::Dns(_) | Conversation::Kerberos(_) => (Interest::Read, None),
            Conversation::Unknown => (Interest::Done, None),
        }
    }

    fn wake(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        now: CaptureTime,
    ) -> (Interest, Option<CaptureTime>) {
        match &mut state.conversation {
            Conversation::Open => {
                let over = self.connect_outcome(connection, state, now, false);
                (if over { Interest::Done } else { Interest::Read }, None)
            }
            Conversation::Http(http) => (Interest::Read, http.wake(connection, now, &mut self.out)),
            Conversation::Tls(tls) => {
                let step = tls.wake(connection, self.deadlines, now, &mut self.out);
                self.follow(connection, state, step)
            }
            Conversation::Plain(_) | Conversation::Dns(_) | Conversation::Kerberos(_) => (Interest::Read, None),
            Conversation::Unknown => (Interest::Done, None),
        }
    }

    fn end(&mut self, connection: &Connection, state: &mut FlowState, now: CaptureTime, _why: End) {
        match &mut state.conversation {
            Conversation::Open | Conversation::Plain(_) => {
                self.connect_outcome(connection, state, now, true);
            }
            Conversation::Http(http) => http.end(connection, now, &mut self.out),
            Conversation::Tls(tls) => tls.end(connection, self.deadlines, now, &mut self.out),
            Conversation::Dns(_) | Conversation::Kerberos(_) | Conversation::Unknown => {}
        }
    }

    fn heap_bytes(&self, state: &FlowState) -> usize {
        match &state.conversation {
            Conversation::Http(http) => size_of::<HttpState>() + http.heap_bytes(),
            Conversation::Tls(tls) => size_of::<TlsState>() + tls.heap_bytes(),
            Conversation::Plain(dialogue) => size_of::<starttls::Dialogue>() + dialogue.heap_bytes(),
            Conversation::Dns(_) | Conversation::Kerberos(_) => 4096,
            Conversation::Open | Conversation::Unknown => state.start[0].len() + state.start[1].len(),
        }
    }
}

/// Whether the client, which is leaving, had all that the capture has of the server: then it left without an answer.
/// Otherwise the answer that made it leave may stand behind its FIN or RST in the capture.
pub(super) fn left_without_more(connection: &Connection) -> bool {
    let (to_client, to_server) = (connection.half(Direction::ToClient), connection.half(Direction::ToServer));
    match (to_server.fin, to_server.reset) {
        (_, Some(_)) => to_server.reset_acknowledges.is_some_and(|offset| offset <= to_client.delivered),
        (Some(_), None) => !to_client.acknowledged_unseen(),
        (None, None) => false,
    }
}

/// Whether a TLS record in this direction starts with the hello of the other side.
fn is_other_sides_hello(direction: Direction, bytes: &[u8]) -> bool {
    let hello = match direction {
        Direction::ToServer => 2,
        Direction::ToClient => 1,
    };
    bytes.first() == Some(&0x16) && bytes.get(5) == Some(&hello)
}

impl Assembler {
    fn feed(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        at: PacketRef,
    ) -> Step {
        match &mut state.conversation {
            Conversation::Open => self.begin(connection, state, direction, offset, bytes, at),
            Conversation::Http(http) => http.data(connection, direction, offset, bytes, at, &mut self.out),
            Conversation::Tls(tls) => tls.data(connection, self.deadlines, direction, bytes, at, &mut self.out),
            Conversation::Dns(streams) => {
                let (source, destination) = match direction {
                    Direction::ToServer => (connection.client, connection.server),
                    Direction::ToClient => (connection.server, connection.client),
                };
                for message in streams[direction.index()].feed(bytes) {
                    self.lookups.message(source, destination, true, &message, at, &mut self.out);
                }
                Step::Continue(None)
            }
            Conversation::Plain(_) => self.plain(connection, state, direction, offset, bytes, at),
            Conversation::Kerberos(stream) => {
                if direction == Direction::ToServer {
                    return Step::Continue(None);
                }
                let (message, over) = stream.feed(bytes);
                let (kdc, client) = (connection.server, connection.client);
                let refusal = message.and_then(|message| TicketRefusal::read(kdc, client, true, message, at));
                self.out.extend(refusal.map(|refusal| Transaction::TicketRefusal(Box::new(refusal))));
                if over { Step::Finished } else { Step::Continue(None) }
            }
            Conversation::Unknown => Step::Finished,
        }
    }

    /// More of a dialogue in the clear.
    fn plain(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        at: PacketRef,
    ) -> Step {
        let Conversation::Plain(dialogue) = &mut state.conversation else { return Step::Finished };
        match dialogue.feed(side_of(direction), bytes) {
            starttls::Step::Plain => Step::Continue(None),
            starttls::Step::Tls(start) => {
                let tls = TlsState::new(state.tunnel.clone()).after(std::mem::take(dialogue));
                state.conversation = Conversation::Tls(Box::new(tls));
                let bytes = bytes.get(start..).unwrap_or_default();
                self.feed(connection, state, direction, offset + start as u64, bytes, at)
            }
            starttls::Step::Over => {
                self.connect_outcome(connection, state, at.time, true);
                Step::Finished
            }
        }
    }

    /// The first bytes of a direction: what does this connection speak?
    fn begin(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        at: PacketRef,
    ) -> Step {
        let index = direction.index();
        if connection.server.port() == DNS_PORT && state.tunnel.is_none() {
            state.conversation = Conversation::Dns(Box::default());
            return self.feed(connection, state, direction, offset, bytes, at);
        }
        if state.start[index].is_empty() {
            state.start_at[index] = Some(at);
            state.start_offset[index] = offset;
        }
        state.start[index].extend_from_slice(bytes);
        let start = &state.start[index];
        let http = match direction {
            Direction::ToServer => http::sniff_request(start),
            Direction::ToClient => http::sniff_response(start),
        };
        let plain = starttls::sniff(side_of(direction), start);
        let known = match (http, tls::sniff(start)) {
            (Sniffed::Yes, _) => Conversation::Http(Box::new(HttpState::new(state.tunnel.clone(), self.deadlines))),
            (_, Sniffed::Yes) => Conversation::Tls(Box::new(TlsState::new(state.tunnel.clone()))),
            (Sniffed::Maybe, _) | (_, Sniffed::Maybe) if start.len() < ENOUGH_TO_SNIFF => return Step::Continue(None),
            _ if connection.server.port() == KERBEROS_PORT && state.tunnel.is_none() => {
                // Neither HTTP nor TLS, which may stand at any port.
                state.conversation = Conversation::Kerberos(Box::default());
                let held = std::mem::take(&mut state.start);
                let answer = &held[Direction::ToClient.index()];
                return self.feed(connection, state, Direction::ToClient, 0, answer, at);
            }
            _ if plain == Sniffed::Maybe => return Step::Continue(None),
            _ if plain == Sniffed::Yes => Conversation::Plain(Box::default()),
            _ => {
                state.conversation = Conversation::Unknown;
                state.start = Default::default();
                return Step::Finished;
            }
        };
        state.conversation = known;
        // What the other direction has said so far was too short to tell; it belongs to the conversation all the same.
        let held = std::mem::take(&mut state.start);
        let mut order = [direction.opposite(), direction];
        if state.start_at[order[0].index()] > state.start_at[order[1].index()] {
            order.reverse();
        }
        let mut last = Step::Continue(None);
        for direction in order {
            let bytes = &held[direction.index()];
            if !bytes.is_empty() {
                let offset = state.start_offset[direction.index()];
                last = self.feed(connection, state, direction, offset, bytes, at);
            }
        }
        last
    }

    fn follow(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        step: Step,
    ) -> (Interest, Option<CaptureTime>) {
        match step {
            Step::Continue(wake) => (Interest::Read, wake),
            Step::Finished => {
                state.conversation = Conversation::Unknown;
                (Interest::Done, None)
            }
            Step::Tunnel { to, held } => {
                state.tunnel = Some(to);
                state.conversation = Conversation::Open;
                state.told = true;
                state.start = Default::default();
                let mut answer = (Interest::Read, None);
                for (direction, offset, bytes, seen) in held {
                    let step = self.feed(connection, state, direction, offset, &bytes, seen);
                    answer = self.follow(connection, state, step);
                }
                answer
            }
        }
    }

    /// Tells how opening the connection went, where it did not go well. Returns whether there is no more to learn.
    fn connect_outcome(
        &mut self,
        connection: &Connection,
        state: &mut FlowState,
        now: CaptureTime,
        last: bool,
    ) -> bool {
        if state.told || connection.syns.is_empty() {
            return false;
        }
        let Some(first) = connection.syns.first() else { return false };
        let deadline = first.at.time.after(self.deadlines.connect);
        let to_client = connection.half(Direction::ToClient);
        let end = if connection.syn_ack.is_some() || connection.half(Direction::ToServer).delivered > 0 {
            if !last {
                return false;
            }
            AttemptedEnd::Silent
        } else if let Some(mark) = to_client.reset {
            if !last && state.refusal_due.is_some_and(|due| now < due) {
                return false;
            }
            AttemptedEnd::Refused(mark)
        } else if connection.icmp.is_some_and(|(_, _, error)| error.ends_a_connection()) {
            if !last && now < deadline {
                return false;
            }
            AttemptedEnd::Unreachable
        } else if now >= deadline {
            AttemptedEnd::Unanswered(Wait::Elapsed)
        } else if last {
            AttemptedEnd::Unanswered(Wait::Cut { missing: deadline.since(now) })
        } else {
            return false;
        };
        state.told = true;
        self.out.push(Transaction::Attempted(Box::new(Attempted { connection: connection.clone(), end })));
        true
    }
}
