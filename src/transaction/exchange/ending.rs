//! How exchanges end: with the connection, at a deadline, or with the capture.

use super::{HttpState, Pending, REORDERED};
use crate::flow::{Connection, Direction};
use crate::proto::http::{BodyReader, Parse, parse_request_partial, parse_response_partial};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::assembler::{Step, left_without_more};
use crate::transaction::{Exchange, ExchangeEnd, Request, Response, TEXTS, Transaction, Wait};
use crate::vocabulary::Side;

impl HttpState {
    /// FIN, RST or an ICMP error.
    pub(in crate::transaction) fn changed(
        &mut self,
        connection: &Connection,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) -> Step {
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
        if to_client.fin.is_some() && to_server.fin.is_some() {
            // Both sides are done; what they said is delivered before their FINs.
            self.end(connection, at.time, out);
            return Step::Finished;
        }
        Step::Continue(self.next_wake())
    }

    pub(super) fn next_wake(&self) -> Option<CaptureTime> {
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
    pub(super) fn server_is_done(
        &mut self,
        connection: &Connection,
        at: PacketRef,
        end: ExchangeEnd,
        out: &mut Vec<Transaction>,
    ) {
        let cut = std::mem::take(&mut self.responses.head);
        if !cut.is_empty()
            && !stopped_short(connection, &end)
            && let Parse::Cut(head) | Parse::Done(head, _) = parse_response_partial(&cut)
        {
            self.response(connection, head, false, self.responses.latest.unwrap_or(at), out);
        }
        if let Some(body) = &mut self.responses.body {
            body.close();
            self.body_done(connection, at, out);
        }
        let end = if self.unpaired || self.response_lost || connection.half(Direction::ToClient).acknowledged_unseen() {
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
    pub(in crate::transaction) fn wake(
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
    pub(in crate::transaction) fn heap_bytes(&self) -> usize {
        let waiting = self.pending.len() + usize::from(self.challenge.is_some());
        self.requests.head.capacity()
            + self.responses.head.capacity()
            + self.held_bytes
            + waiting * (size_of::<Pending>() + TEXTS)
            + self.early.len() * (size_of::<Response>() + TEXTS)
            + if self.reading.is_some() { TEXTS } else { 0 }
            + self.responses.body.as_ref().map_or(0, BodyReader::heap_bytes)
    }

    pub(in crate::transaction) fn end(
        &mut self,
        connection: &Connection,
        now: CaptureTime,
        out: &mut Vec<Transaction>,
    ) {
        let at = connection.last;
        let cut = std::mem::take(&mut self.requests.head);
        if !cut.is_empty()
            && let Parse::Cut(head) | Parse::Done(head, _) = parse_request_partial(&cut)
        {
            let (from, to) = (self.requests.offset, self.requests.offset + cut.len() as u64);
            self.request(connection, head, false, from, to, self.requests.latest.unwrap_or(at), out);
        }
        let cut = std::mem::take(&mut self.responses.head);
        if !cut.is_empty()
            && let Parse::Cut(head) | Parse::Done(head, _) = parse_response_partial(&cut)
        {
            self.response(connection, head, false, self.responses.latest.unwrap_or(at), out);
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
        self.tell_challenge_again(connection, out);
        while let Some(response) = self.early.pop_front() {
            let ended = response.at.time;
            self.tell(connection, None, Some(response), ExchangeEnd::Answered, ended, out);
        }
    }

    /// No response was captured: was there none?
    pub(super) fn silence(&self, connection: &Connection, wait: Wait) -> ExchangeEnd {
        if self.unpaired || self.response_lost || connection.half(Direction::ToClient).acknowledged_unseen() {
            ExchangeEnd::NotCaptured
        } else if connection.icmp.is_some_and(|(_, _, error)| error.ends_a_connection()) {
            ExchangeEnd::Unreachable
        } else {
            ExchangeEnd::Unanswered(wait)
        }
    }

    pub(super) fn tell(
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
            stands_for: None,
        });
        self.challenge = (exchange.status() == Some(407)).then(|| exchange.clone());
        out.push(Transaction::Exchange(exchange));
    }
}

/// Whether the server itself ended the connection in the middle of a head, of which the capture holds every byte: no
/// response, then, and not one that the capture cut.
fn stopped_short(connection: &Connection, end: &ExchangeEnd) -> bool {
    let half = connection.half(Direction::ToClient);
    let by_server =
        matches!(end, ExchangeEnd::Closed { by: Side::Server, .. } | ExchangeEnd::Reset { by: Side::Server, .. });
    by_server && half.gap_bytes == 0 && !half.truncated && !half.acknowledged_unseen()
}
