//! HTTP/1 on one connection: requests find their responses.

mod ending;
mod requests;
mod responses;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use super::assembler::Step;
use super::{Exchange, ExchangeEnd, Request, Response, Transaction, Tunnel};
use crate::flow::{Connection, Direction};
use crate::proto::http::{BodyReader, BodyState, Parse, parse_request_partial, parse_response_partial};
use crate::settings::Deadlines;
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// Requests that may wait for their responses on one connection (pipelining).
const MAX_PENDING: usize = 16;
/// Copies of a request that are listed.
const MAX_COPIES: usize = 8;
/// By how much a response may precede its request in a capture whose clock or queues are out of step.
const REORDERED: Duration = Duration::from_millis(50);

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
    /// A response was told without a request: which answer belongs to which request is no longer certain.
    unpaired: bool,
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
    /// The packet that brought the latest bytes of the head.
    latest: Option<PacketRef>,
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
            unpaired: false,
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
                    let latest = self.requests.latest.unwrap_or(at);
                    self.request(connection, cut, false, from, to, latest, out);
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
                    self.response(connection, cut, false, self.responses.latest.unwrap_or(at), out);
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
}
