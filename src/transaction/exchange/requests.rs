//! The client's side: bytes become requests that wait for their responses.

use super::{HttpState, MAX_PENDING, Pending, REORDERED};
use crate::flow::{Connection, Direction};
use crate::limits::MAX_HTTP_HEAD;
use crate::proto::Sniffed;
use crate::proto::http::{self, BodyReader, BodyState, Parse, RequestHead, parse_request};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::assembler::Step;
use crate::transaction::{ExchangeEnd, Request, Transaction, Wait};

/// Bytes of a client that are held until the answer to its CONNECT is known.
const MAX_HELD_FOR_TUNNEL: usize = 16 << 10;

impl HttpState {
    pub(super) fn client_bytes(
        &mut self,
        connection: &Connection,
        offset: u64,
        mut bytes: &[u8],
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> Step {
        let mut offset = offset;
        while !bytes.is_empty() {
            let behind_connect = self.pending.back().is_some_and(|pending| pending.request.head.method == "CONNECT");
            if behind_connect && self.requests.head.is_empty() && http::sniff_request(bytes) != Sniffed::Yes {
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
            self.requests.latest = Some(at);
            let before = self.requests.head.len();
            let take = bytes.len().min((MAX_HTTP_HEAD + 1).saturating_sub(before));
            self.requests.head.extend_from_slice(&bytes[..take]);
            if http::still_needs_request(&self.requests.head, before) {
                break;
            }
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
    pub(super) fn next_deadline(&self) -> Option<CaptureTime> {
        let waiting = self.pending.iter().filter(|pending| !pending.told);
        waiting.map(|pending| pending.request.at.time.after(self.deadlines.response)).min()
    }

    /// A request head is there: wait for its response, or marry it to one that came early.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn request(
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
        // Responses that came without a request. Where nothing of the client is missing, the first one is this request's,
        // only written before it; where a request may be missing, it is another's if it came earlier.
        let certain = connection.from_start() && !self.request_lost;
        while let Some(response) = self.early.pop_front() {
            let tolerated = if certain { response.first.time.after(REORDERED) } else { response.first.time };
            if first.time <= tolerated {
                let pending = Pending { request, from, to, index, told: false };
                self.tell(connection, Some(pending), Some(response), ExchangeEnd::Answered, at.time, out);
                return;
            }
            self.unpaired = true;
            let ended = response.at.time;
            self.tell(connection, None, Some(response), ExchangeEnd::Answered, ended, out);
        }
        self.request_lost = false;
        if self.pending.len() >= MAX_PENDING {
            self.give_up_oldest(connection, at, out);
        }
        if self.pending.len() < MAX_PENDING {
            self.pending.push_back(Pending { request, from, to, index, told: false });
        }
    }

    /// Too many requests wait. Where the deadline of the oldest has passed, or its response was lost to the capture, no
    /// response will find it: it makes room. Real pipelining keeps its order, since responses follow it.
    fn give_up_oldest(&mut self, connection: &Connection, at: PacketRef, out: &mut Vec<Transaction>) {
        let end = self.silence(connection, Wait::Elapsed);
        if let Some(oldest) = self.pending.pop_front_if(|oldest| oldest.told || end == ExchangeEnd::NotCaptured)
            && !oldest.told
        {
            self.tell(connection, Some(oldest), None, end, at.time, out);
        }
    }
}
