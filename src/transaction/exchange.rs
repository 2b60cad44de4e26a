//! HTTP/1 on one connection: requests find their responses.

use std::collections::VecDeque;
use std::time::Duration;

use super::assembler::{Step, left_without_more};
use super::{Exchange, ExchangeEnd, Request, Response, Transaction, Tunnel, Wait};
use crate::flow::{Connection, Direction};
use crate::limits::MAX_HTTP_HEAD;
use crate::proto::Sniffed;
use crate::proto::http::{
    self, Body, BodyReader, BodyState, Framing, Parse, RequestHead, ResponseHead, TargetForm, parse_request,
    parse_request_partial, parse_response, parse_response_partial,
};
use crate::settings::Deadlines;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::verdict::Side;

/// Requests that may wait for their responses on one connection (pipelining).
const MAX_PENDING: usize = 16;
/// Copies of a request that are listed.
const MAX_COPIES: usize = 8;
/// Bytes of a client that are held until the answer to its CONNECT is known.
const MAX_HELD_FOR_TUNNEL: usize = 16 << 10;
/// By how much a response may precede its request in a capture whose clock or queues are out of step.
const REORDERED: Duration = Duration::from_millis(50);
/// Characters of an answer that is no HTTP.
const SHOWN_START: usize = 40;

/// HTTP on one connection.
pub(super) struct HttpState {
    tunnel: Option<Tunnel>,
    deadlines: Deadlines,
    index: u32,
    requests: Inbound,
    responses: Inbound,
    pending: VecDeque<Pending>,
    /// Responses that came without a request so far.
    early: VecDeque<Response>,
    /// The response whose body is being read.
    reading: Option<Response>,
    /// A hole in the client's bytes: the next request is not the one that an early response answers.
    request_lost: bool,
    /// A hole where a response was expected.
    response_lost: bool,
    /// How the connection ends, believed when the moment has passed without another answer.
    closing: Option<(ExchangeEnd, CaptureTime)>,
    /// The last exchange, where it was a challenge to authenticate.
    challenge: Option<Box<Exchange>>,
    /// Bytes of the client behind a CONNECT.
    held: Vec<(Direction, u64, Vec<u8>, PacketRef)>,
    held_bytes: usize,
}

/// One direction: a head that gathers, or a body that is read.
#[derive(Default)]
struct Inbound {
    head: Vec<u8>,
    first: Option<PacketRef>,
    offset: u64,
    body: Option<BodyReader>,
    /// Nothing can be told apart until a head starts a segment again.
    lost: bool,
}

struct Pending {
    request: Request,
    /// Stream offsets of its head: where it starts and ends.
    from: u64,
    to: u64,
    index: u32,
    /// Its missing answer was told already.
    told: bool,
}

impl HttpState {
    pub(super) fn new(tunnel: Option<Tunnel>, deadlines: Deadlines) -> Self {
        Self {
            tunnel,
            deadlines,
            index: 0,
            requests: Inbound::default(),
            responses: Inbound::default(),
            pending: VecDeque::new(),
            early: VecDeque::new(),
            reading: None,
            request_lost: false,
            response_lost: false,
            closing: None,
            challenge: None,
            held: Vec::new(),
            held_bytes: 0,
        }
    }

    #[allow(clippy::too_many_arguments)] // the seven things that a segment is
    pub(super) fn data(
        &mut self,
        connection: &Connection,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> Step {
        match direction {
            Direction::ToServer => self.client_bytes(connection, offset, bytes, at, out),
            Direction::ToClient => self.server_bytes(connection, bytes, at, out),
        }
    }

    fn client_bytes(
        &mut self,
        connection: &Connection,
        offset: u64,
        mut bytes: &[u8],
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> Step {
        let mut offset = offset;
        while !bytes.is_empty() {
            if self.pending.back().is_some_and(|pending| pending.request.head.method == "CONNECT") {
                if self.held_bytes + bytes.len() <= MAX_HELD_FOR_TUNNEL {
                    self.held_bytes += bytes.len();
                    self.held.push((Direction::ToServer, offset, bytes.to_vec(), at));
                }
                break;
            }
            if let Some(body) = &mut self.requests.body {
                let (used, state) = body.feed(bytes);
                offset += used as u64;
                bytes = bytes.get(used..).unwrap_or_default();
                match state {
                    BodyState::More => break,
                    BodyState::Done => self.requests.body = None,
                    BodyState::Bad(_) => {
                        self.requests.body = None;
                        self.requests.lost = true;
                        break;
                    }
                }
                continue;
            }
            if self.requests.lost {
                if http::sniff_request(bytes) != Sniffed::Yes {
                    break;
                }
                self.requests.lost = false;
            }
            if self.requests.head.is_empty() {
                self.requests.first = Some(at);
                self.requests.offset = offset;
            }
            let before = self.requests.head.len();
            let take = bytes.len().min((MAX_HTTP_HEAD + 1).saturating_sub(before));
            self.requests.head.extend_from_slice(&bytes[..take]);
            match parse_request(&self.requests.head) {
                Parse::Done(head, used) => {
                    let here = used.saturating_sub(before);
                    let from = self.requests.offset;
                    self.requests.body =
                        Some(BodyReader::for_request(&head)).filter(|body| body.state() == BodyState::More);
                    self.request(connection, head, true, from, from + used as u64, at, out);
                    offset += here as u64;
                    bytes = bytes.get(here..).unwrap_or_default();
                    self.requests.head.clear();
                }
                Parse::Need => break,
                Parse::Cut(head) => {
                    let from = self.requests.offset;
                    let to = from + self.requests.head.len() as u64;
                    self.request(connection, head, false, from, to, at, out);
                    self.requests.head.clear();
                    self.requests.lost = true;
                    break;
                }
                Parse::Bad(_) => {
                    self.requests.head.clear();
                    self.requests.lost = true;
                    break;
                }
            }
        }
        Step::Continue(self.next_wake())
    }

    /// When the oldest request that still waits has waited for long enough.
    fn next_deadline(&self) -> Option<CaptureTime> {
        let waiting = self.pending.iter().filter(|pending| !pending.told);
        waiting.map(|pending| pending.request.at.time.after(self.deadlines.response)).min()
    }

    /// A request head is there: wait for its response, or marry it to one that came early.
    #[allow(clippy::too_many_arguments)]
    fn request(
        &mut self,
        connection: &Connection,
        head: RequestHead,
        whole: bool,
        from: u64,
        to: u64,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) {
        let first = self.requests.first.unwrap_or(at);
        let request = Request { head, whole, first, at, copies: Vec::new(), acknowledged: false };
        let index = self.index;
        self.index += 1;
        if let Some(response) = self.early.front()
            && !self.request_lost
            && (first.time <= response.first.time.after(REORDERED))
            && let Some(response) = self.early.pop_front()
        {
            let pending = Pending { request, from, to, index, told: false };
            self.tell(connection, Some(pending), Some(response), ExchangeEnd::Answered, at.time, out);
            return;
        }
        self.request_lost = false;
        if self.pending.len() < MAX_PENDING {
            self.pending.push_back(Pending { request, from, to, index, told: false });
        }
    }

    fn server_bytes(
        &mut self,
        connection: &Connection,
        mut bytes: &[u8],
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> Step {
        while !bytes.is_empty() {
            if let Some(body) = &mut self.responses.body {
                let (used, state) = body.feed(bytes);
                bytes = bytes.get(used..).unwrap_or_default();
                if let Some(reading) = &mut self.reading {
                    reading.last = at;
                }
                match state {
                    BodyState::More => break,
                    BodyState::Done | BodyState::Bad(_) => {
                        self.responses.lost = state != BodyState::Done;
                        self.body_done(connection, at, out);
                    }
                }
                continue;
            }
            if self.responses.lost {
                if http::sniff_response(bytes) != Sniffed::Yes {
                    break;
                }
                self.responses.lost = false;
            }
            if self.responses.head.is_empty() {
                self.responses.first = Some(at);
            }
            let before = self.responses.head.len();
            let take = bytes.len().min((MAX_HTTP_HEAD + 1).saturating_sub(before));
            self.responses.head.extend_from_slice(&bytes[..take]);
            if http::sniff_response(&self.responses.head) == Sniffed::No {
                self.not_http(connection, at, out);
                return Step::Continue(None);
            }
            match parse_response(&self.responses.head) {
                Parse::Done(head, used) => {
                    bytes = bytes.get(used.saturating_sub(before)..).unwrap_or_default();
                    self.responses.head.clear();
                    if let Some(tunnel) = self.response(connection, head, true, at, out) {
                        return self.open_tunnel(tunnel, bytes, at);
                    }
                }
                Parse::Need => break,
                Parse::Cut(head) => {
                    self.responses.head.clear();
                    self.responses.lost = true;
                    self.response(connection, head, false, at, out);
                    break;
                }
                Parse::Bad(_) => {
                    self.not_http(connection, at, out);
                    break;
                }
            }
        }
        Step::Continue(None)
    }

    /// A response head is there. Returns the tunnel that it opens, if it does.
    fn response(
        &mut self,
        connection: &Connection,
        head: ResponseHead,
        whole: bool,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> Option<Tunnel> {
        if head.is_interim() {
            return None;
        }
        let first = self.responses.first.take().unwrap_or(at);
        let method = self.pending.front().map(|pending| pending.request.head.method.as_str());
        let body = BodyReader::new(method, &head);
        let tunnel = match (body.framing(), self.pending.front()) {
            (Framing::Tunnel, Some(pending)) => tunnel_of(&pending.request.head),
            _ => None,
        };
        self.reading = Some(Response { head, whole, first, at, last: at, body: Body::default() });
        let state = if whole { body.state() } else { BodyState::Done };
        if whole || state == BodyState::More {
            self.responses.body = Some(body);
        }
        if state != BodyState::More {
            self.body_done(connection, at, out);
        }
        tunnel
    }

    fn open_tunnel(&mut self, to: Tunnel, rest: &[u8], at: PacketRef) -> Step {
        let mut held = std::mem::take(&mut self.held);
        if !rest.is_empty() {
            held.push((Direction::ToClient, 0, rest.to_vec(), at));
        }
        Step::Tunnel { to, held }
    }

    /// The body of the response being read is at its end (or will come no further).
    fn body_done(&mut self, connection: &Connection, at: PacketRef, out: &mut Vec<Transaction>) {
        let Some(mut response) = self.reading.take() else { return };
        if let Some(body) = self.responses.body.take() {
            response.body = body.finish();
        }
        self.response_lost = false;
        match self.pending.pop_front() {
            Some(pending) => {
                let ended = response.at.time;
                self.tell(connection, Some(pending), Some(response), ExchangeEnd::Answered, ended, out);
            }
            None => {
                response.last = response.last.max(at);
                if self.early.len() < MAX_PENDING {
                    self.early.push_back(response);
                }
            }
        }
    }

    fn not_http(&mut self, connection: &Connection, at: PacketRef, out: &mut Vec<Transaction>) {
        let start = crate::text::sanitize_bytes(&self.responses.head, SHOWN_START);
        self.responses.head.clear();
        self.responses.lost = true;
        // Only what answers a request is an answer; in mid-stream it may be the rest of a body.
        if connection.from_start()
            && !self.response_lost
            && let Some(pending) = self.pending.pop_front()
        {
            let first = self.responses.first.take().unwrap_or(at);
            self.tell(connection, Some(pending), None, ExchangeEnd::NotHttp { start, at: first }, first.time, out);
        }
    }

    pub(super) fn gap(
        &mut self,
        connection: &Connection,
        direction: Direction,
        missing: u64,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) {
        match direction {
            Direction::ToServer => {
                if let Some(body) = &mut self.requests.body {
                    let (_, state) = body.gap(missing);
                    if state != BodyState::More {
                        self.requests.body = None;
                        self.requests.lost = state != BodyState::Done;
                    }
                    return;
                }
                let head = std::mem::take(&mut self.requests.head);
                self.requests.lost = true;
                if head.is_empty() {
                    self.request_lost = true;
                } else if let Parse::Cut(cut) | Parse::Done(cut, _) = parse_request_partial(&head) {
                    let from = self.requests.offset;
                    let to = from + head.len() as u64 + missing;
                    self.request(connection, cut, false, from, to, at, out);
                }
            }
            Direction::ToClient => {
                if let Some(body) = &mut self.responses.body {
                    let (_, state) = body.gap(missing);
                    if let Some(reading) = &mut self.reading {
                        reading.last = at;
                    }
                    if state != BodyState::More {
                        self.responses.lost = state != BodyState::Done;
                        self.body_done(connection, at, out);
                    }
                    return;
                }
                let head = std::mem::take(&mut self.responses.head);
                self.responses.lost = true;
                self.response_lost = true;
                if !head.is_empty()
                    && let Parse::Cut(cut) | Parse::Done(cut, _) = parse_response_partial(&head)
                {
                    self.response(connection, cut, false, at, out);
                }
            }
        }
    }

    pub(super) fn repeated(&mut self, direction: Direction, offset: u64, at: PacketRef) {
        if direction == Direction::ToServer
            && let Some(pending) = self.pending.iter_mut().find(|pending| (pending.from..pending.to).contains(&offset))
            && pending.request.copies.len() < MAX_COPIES
        {
            pending.request.copies.push(at);
        }
    }

    /// FIN, RST or an ICMP error.
    pub(super) fn changed(&mut self, connection: &Connection, at: PacketRef, out: &mut Vec<Transaction>) -> Step {
        let to_client = connection.half(Direction::ToClient);
        let to_server = connection.half(Direction::ToServer);
        if let Some(mark) = to_client.fin {
            self.server_is_done(connection, at, ExchangeEnd::Closed { by: Side::Server, mark }, out);
            self.tell_challenge_again(connection, out);
        }
        if let Some(mark) = to_client.reset {
            let end = ExchangeEnd::Reset { by: Side::Server, mark };
            if !to_client.reset_ahead {
                self.server_is_done(connection, at, end, out);
                self.tell_challenge_again(connection, out);
                return Step::Finished;
            }
            // What it stands behind may be in the capture all the same, a little later.
            self.closing.get_or_insert((ExchangeEnd::NotCaptured, at.time.after(REORDERED)));
        } else if let Some(mark) = to_server.reset {
            let end = ExchangeEnd::Reset { by: Side::Client, mark };
            if left_without_more(connection) && self.reading.is_none() {
                self.server_is_done(connection, at, end, out);
                return Step::Finished;
            }
            self.closing.get_or_insert((end, at.time.after(REORDERED)));
        }
        Step::Continue(self.next_wake())
    }

    fn next_wake(&self) -> Option<CaptureTime> {
        match (self.closing.as_ref().map(|(_, due)| *due), self.next_deadline()) {
            (Some(closing), Some(deadline)) => Some(closing.min(deadline)),
            (closing, deadline) => closing.or(deadline),
        }
    }

    /// A challenge was the last word on a connection that the server then took away: tells it again, with that.
    fn tell_challenge_again(&mut self, connection: &Connection, out: &mut Vec<Transaction>) {
        if let Some(mut exchange) = self.challenge.take() {
            exchange.connection = connection.clone();
            out.push(Transaction::Exchange(exchange));
        }
    }

    /// Nothing more will come from the server: what is being read is over, what waits was not answered.
    fn server_is_done(&mut self, connection: &Connection, at: PacketRef, end: ExchangeEnd, out: &mut Vec<Transaction>) {
        let cut = std::mem::take(&mut self.responses.head);
        if !cut.is_empty()
            && let Parse::Cut(head) | Parse::Done(head, _) = parse_response_partial(&cut)
        {
            self.response(connection, head, false, at, out);
        }
        if let Some(body) = &mut self.responses.body {
            body.close();
            self.body_done(connection, at, out);
        }
        let end = if self.response_lost || connection.half(Direction::ToClient).acknowledged_unseen() {
            ExchangeEnd::NotCaptured
        } else {
            end
        };
        while let Some(pending) = self.pending.pop_front() {
            if !pending.told {
                self.tell(connection, Some(pending), None, end.clone(), at.time, out);
            }
        }
    }

    /// Tells of the requests whose deadline has passed; a late answer is told again, with its answer.
    pub(super) fn wake(
        &mut self,
        connection: &Connection,
        now: CaptureTime,
        out: &mut Vec<Transaction>,
    ) -> Option<CaptureTime> {
        if let Some((end, due)) = self.closing.take() {
            if due > now {
                self.closing = Some((end, due));
            } else {
                self.server_is_done(connection, connection.last, end, out);
            }
        }
        if self.reading.is_some() || self.responses.body.is_some() {
            return None;
        }
        for at in 0..self.pending.len() {
            let Some(pending) = self.pending.get_mut(at) else { break };
            if pending.told {
                continue;
            }
            let due = pending.request.at.time.after(self.deadlines.response);
            if due > now {
                continue;
            }
            pending.told = true;
            let copy = Pending { request: pending.request.clone(), told: true, ..*pending };
            let end = self.silence(connection, Wait::Elapsed);
            self.tell(connection, Some(copy), None, end, due, out);
        }
        self.next_wake()
    }

    /// Bytes that this keeps on the heap, roughly.
    pub(super) fn heap_bytes(&self) -> usize {
        self.requests.head.capacity()
            + self.responses.head.capacity()
            + self.held_bytes
            + self.pending.len() * size_of::<Pending>()
            + self.early.len() * size_of::<Response>()
            + if self.responses.body.is_some() { crate::limits::MAX_HTTP_BODY } else { 0 }
    }

    pub(super) fn end(&mut self, connection: &Connection, now: CaptureTime, out: &mut Vec<Transaction>) {
        let at = connection.last;
        let cut = std::mem::take(&mut self.requests.head);
        if !cut.is_empty()
            && let Parse::Cut(head) | Parse::Done(head, _) = parse_request_partial(&cut)
        {
            let (from, to) = (self.requests.offset, self.requests.offset + cut.len() as u64);
            self.request(connection, head, false, from, to, self.requests.first.unwrap_or(at), out);
        }
        let cut = std::mem::take(&mut self.responses.head);
        if !cut.is_empty()
            && let Parse::Cut(head) | Parse::Done(head, _) = parse_response_partial(&cut)
        {
            self.response(connection, head, false, at, out);
        }
        if self.reading.is_some() {
            self.body_done(connection, at, out);
        }
        if let Some((end, _)) = self.closing.take() {
            self.server_is_done(connection, at, end, out);
        }
        while let Some(pending) = self.pending.pop_front() {
            if pending.told {
                continue;
            }
            let due = pending.request.at.time.after(self.deadlines.response);
            let wait = if now >= due { Wait::Elapsed } else { Wait::Cut { missing: due.since(now) } };
            let end = self.silence(connection, wait);
            self.tell(connection, Some(pending), None, end, due.min(now), out);
        }
        while let Some(response) = self.early.pop_front() {
            let ended = response.at.time;
            self.tell(connection, None, Some(response), ExchangeEnd::Answered, ended, out);
        }
    }

    /// No response was captured: was there none?
    fn silence(&self, connection: &Connection, wait: Wait) -> ExchangeEnd {
        if self.response_lost || connection.half(Direction::ToClient).acknowledged_unseen() {
            ExchangeEnd::NotCaptured
        } else if connection.icmp.is_some_and(|(_, _, error)| error.ends_a_connection()) {
            ExchangeEnd::Unreachable
        } else {
            ExchangeEnd::Unanswered(wait)
        }
    }

    fn tell(
        &mut self,
        connection: &Connection,
        pending: Option<Pending>,
        response: Option<Response>,
        end: ExchangeEnd,
        ended: CaptureTime,
        out: &mut Vec<Transaction>,
    ) {
        let index = match &pending {
            Some(pending) => pending.index,
            None => {
                self.index += 1;
                self.index - 1
            }
        };
        let acknowledged = connection.half(Direction::ToServer).acknowledged;
        let request = pending.map(|pending| Request { acknowledged: acknowledged >= pending.to, ..pending.request });
        let started = match (&request, &response) {
            (Some(request), _) => request.first,
            (None, Some(response)) => response.first,
            (None, None) => connection.first,
        };
        let exchange = Box::new(Exchange {
            connection: connection.clone(),
            index,
            tunnel: self.tunnel.clone(),
            request,
            response,
            end,
            started,
            ended,
        });
        self.challenge = (exchange.status() == Some(407)).then(|| exchange.clone());
        out.push(Transaction::Exchange(exchange));
    }
}

fn tunnel_of(head: &RequestHead) -> Option<Tunnel> {
    match &head.form {
        TargetForm::Authority { host, port } => Some(Tunnel { host: host.clone(), port: *port }),
        _ => None,
    }
}
