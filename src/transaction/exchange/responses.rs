//! The server's side: bytes become responses that find their requests.

use super::{HttpState, MAX_PENDING};
use crate::flow::{Connection, Direction};
use crate::limits::MAX_HTTP_HEAD;
use crate::proto::Sniffed;
use crate::proto::http::{
    self, Body, BodyReader, BodyState, Framing, Parse, RequestHead, ResponseHead, TargetForm, parse_response,
};
use crate::source::PacketRef;
use crate::transaction::assembler::Step;
use crate::transaction::{ExchangeEnd, Response, Transaction, Tunnel};

/// Characters of an answer that is no HTTP.
const SHOWN_START: usize = 40;

impl HttpState {
    pub(super) fn server_bytes(
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
            self.responses.latest = Some(at);
            let before = self.responses.head.len();
            let take = bytes.len().min((MAX_HTTP_HEAD + 1).saturating_sub(before));
            self.responses.head.extend_from_slice(&bytes[..take]);
            if http::still_needs_response(&self.responses.head, before) {
                break;
            }
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
    pub(super) fn response(
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
    pub(super) fn body_done(&mut self, connection: &Connection, at: PacketRef, out: &mut Vec<Transaction>) {
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
        // Only what follows a request is an answer to it; in mid-stream it may be the rest of a body.
        let first = self.responses.first.take().unwrap_or(at);
        let follows = self
            .pending
            .front()
            .is_some_and(|pending| connection.from_start() || first.time >= pending.request.first.time);
        if follows
            && !self.response_lost
            && let Some(pending) = self.pending.pop_front()
        {
            self.tell(connection, Some(pending), None, ExchangeEnd::NotHttp { start, at: first }, first.time, out);
        }
    }
}

fn tunnel_of(head: &RequestHead) -> Option<Tunnel> {
    match &head.form {
        TargetForm::Authority { host, port } => Some(Tunnel { host: host.clone(), port: *port }),
        _ => None,
    }
}
