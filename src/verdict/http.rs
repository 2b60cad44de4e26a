//! The answer stage of a direct probe: whoever answers, is it Microsoft?

use std::time::Duration;

use super::absence::Silence;
use super::answer::{BodyMatch, match_body};
use super::case::{Case, Ruling};
use super::evidence::url_of;
use super::finding::{Doubt, Finding, Remark};
use crate::flow::{Direction, Mark};
use crate::probe::attempt::WebAttempt;
use crate::probe::catalog::Asked;
use crate::proto::http::Extent;
use crate::transaction::{Exchange, ExchangeEnd, Request, Response};
use crate::vocabulary::Side;
use crate::vocabulary::{Basis, Capability, Cause, Route, Verdict};

/// WinHTTP errors.
const TIMEOUT: u32 = 12002;
const CONNECTION_ERROR: u32 = 12030;
const INVALID_RESPONSE: u32 = 12152;
/// An answer older than this came from a cache: the probe file may be kept for 30 s.
const FRESH: Duration = Duration::from_secs(30);
/// A client that gives up so long after its request has waited for Windows' own time-out.
const GAVE_UP: Duration = Duration::from_secs(30);

const NO_ANSWER: Verdict = Verdict::ActiveHttpProbeFailedButDnsSucceeded;

/// What a rule adds besides its ruling.
#[derive(Default)]
pub(super) struct Extras {
    pub(super) remarks: Vec<Remark>,
    pub(super) route: Option<Route>,
}

impl Case<'_> {
    /// Judges a direct probe by its last request.
    #[must_use]
    pub fn judge_direct(&self, attempt: &WebAttempt<'_>, exchange: &Exchange) -> Finding {
        let mut extras = Extras::default();
        let mut ruling = self.direct_ruling(exchange, &mut extras);
        if let Some(request) = &exchange.request
            && request.head.extent != Extent::Whole
            && ruling.verdict != Verdict::Incomplete
        {
            ruling = ruling.doubt(Doubt::HeadCut);
        }
        if ruling.verdict != Verdict::Incomplete && answered_after_reset(exchange) {
            ruling = ruling.doubt(Doubt::AnswerAfterReset);
        }
        let started = attempt.started();
        let mut finding = self.finding(ruling, attempt.family, started, exchange.ended);
        finding.route = extras.route;
        finding.remarks = extras.remarks;
        finding.remarks.extend(other_answerer(exchange));
        self.describe_web(&mut finding, attempt, exchange);
        finding
    }

    /// Fills in who, where and the proof of a probe with a request.
    pub(super) fn describe_web(&self, finding: &mut Finding, attempt: &WebAttempt<'_>, exchange: &Exchange) {
        if let Some(group) = &attempt.lookup {
            finding.prove_lookup(group);
            self.add_rivals(finding, group);
        }
        for failed in &attempt.failed {
            finding.prove_failed(failed);
        }
        if !attempt.failed.is_empty() {
            let addresses = attempt.failed.iter().map(|failed| failed.connection.server).collect();
            finding.remarks.push(Remark::AddressesFailed { addresses });
        }
        for leg in &attempt.legs {
            finding.prove_exchange(leg);
        }
        finding.decided_on(&exchange.connection, attempt.proxy.is_some());
        finding.host.clone_from(&attempt.host);
        finding.stands_for(exchange.stands_for);
        finding.url = exchange.request.as_ref().and_then(|request| url_of(&request.head));
        let custom = exchange
            .request
            .as_ref()
            .is_some_and(|request| self.world.catalog.asked(&request.head) == Asked::CustomProbe);
        if custom {
            finding.remarks.push(Remark::CustomProbeServer);
        }
        if finding.verdict == Verdict::ActiveHttpProbeSucceeded && super::dns::is_private(exchange.server().ip()) {
            finding.remarks.push(Remark::PrivateMirror { address: exchange.server().ip() });
        }
    }

    fn direct_ruling(&self, exchange: &Exchange, extras: &mut Extras) -> Ruling {
        let no_answer = |cause, basis, rule, error| {
            Ruling::new(NO_ANSWER, Some(cause), rule).leads_to(6, basis, Capability::Local).winhttp(error)
        };
        match (&exchange.end, &exchange.response) {
            (ExchangeEnd::Answered, Some(response)) => self.answer_ruling(exchange, response, extras),
            (ExchangeEnd::NotHttp { .. }, _) => {
                no_answer(Cause::HttpInvalid, Basis::Inferred, "http.invalid", INVALID_RESPONSE)
                    .doubt(Doubt::UndocumentedStatus)
            }
            (ExchangeEnd::Reset { by: Side::Server, mark }, _) => {
                extras.remarks.extend(nearby_reset(exchange, *mark));
                no_answer(Cause::HttpReset, Basis::Documented, "http.reset", CONNECTION_ERROR)
            }
            (ExchangeEnd::Closed { by: Side::Server, .. }, _) => {
                no_answer(Cause::HttpClosed, Basis::Documented, "http.closed", CONNECTION_ERROR)
            }
            (ExchangeEnd::Reset { by: Side::Client, mark } | ExchangeEnd::Closed { by: Side::Client, mark }, _) => {
                let waited = exchange.request.as_ref().map_or(Duration::ZERO, |r| mark.at.time.since(r.at.time));
                if waited >= GAVE_UP {
                    no_answer(Cause::HttpTimeout, Basis::Documented, "http.timeout", TIMEOUT).doubt(Doubt::GaveUpEarly)
                } else {
                    Ruling::incomplete(Cause::CaptureEnded, None, "http.client-gave-up").doubt(Doubt::EndedByClient)
                }
            }
            (ExchangeEnd::Unreachable, _) => {
                no_answer(Cause::IcmpUnreachable, Basis::Documented, "http.unreachable", CONNECTION_ERROR)
            }
            (ExchangeEnd::Unanswered(wait), _) => {
                let ruling = no_answer(Cause::HttpTimeout, Basis::Documented, "http.timeout", TIMEOUT);
                let Some(silence) = self.response_silence(exchange, *wait) else { return ruling };
                self.by_silence(silence, ruling)
            }
            (ExchangeEnd::NotCaptured, _) | (ExchangeEnd::Answered, None) => {
                self.not_captured(is_one_way(exchange), None, "http.not-captured")
            }
        }
    }

    /// The silence after a request. A request that was acknowledged is not repeated.
    pub(super) fn response_silence(&self, exchange: &Exchange, wait: crate::transaction::Wait) -> Option<Silence> {
        let request = exchange.request.as_ref()?;
        let from = request.at.time;
        let copies = (!request.acknowledged).then_some(request.copies.len() + 1);
        let asked = Some(request.at.id);
        Some(Silence { from, to: from.after(self.world.settings.deadlines.response), wait, copies, asked })
    }

    fn answer_ruling(&self, exchange: &Exchange, response: &Response, extras: &mut Extras) -> Ruling {
        let Some(request) = &exchange.request else { return self.answer_alone(response) };
        let delay = response.first.time.since(request.at.time);
        if delay > self.world.settings.deadlines.response {
            extras.remarks.push(Remark::LateAnswer { after: delay });
            return Ruling::new(NO_ANSWER, Some(Cause::HttpTimeout), "http.late")
                .leads_to(6, Basis::Documented, Capability::Local)
                .winhttp(TIMEOUT);
        }
        let status = response.head.status;
        let portal = |cause, basis, rule| {
            Ruling::new(Verdict::HotspotDetected, Some(cause), rule)
                .leads_to(7, basis, Capability::Local)
                .doubt_if(!response.whole, Doubt::Truncated)
        };
        match status {
            200 => self.content_ruling(request, response, extras),
            301 | 302 | 303 | 307 | 308 => {
                if upgrades_to_https(request, response) {
                    extras.remarks.push(Remark::HttpsUpgrade);
                }
                portal(Cause::HttpRedirect, Basis::Documented, "http.redirect")
            }
            403 | 451 => portal(Cause::HttpBlocked, Basis::Inferred, "http.blocked"),
            401 | 407 => {
                extras.route = Some(Route::TransparentProxy);
                portal(Cause::HttpInterceptAuth, Basis::Inferred, "http.intercept-auth")
            }
            500..=510 | 512..=599 => portal(Cause::HttpServerError, Basis::Inferred, "http.server-error"),
            304 if request.head.conditional => {
                portal(Cause::HttpStatus, Basis::Inferred, "http.status").doubt(Doubt::UndocumentedStatus)
            }
            404 => portal(Cause::HttpStatus, Basis::Inferred, "http.status"),
            _ => portal(Cause::HttpStatus, Basis::Documented, "http.status"),
        }
    }

    fn content_ruling(&self, request: &Request, response: &Response, extras: &mut Extras) -> Ruling {
        let success = |rule| {
            Ruling::new(Verdict::ActiveHttpProbeSucceeded, None, rule).leads_to(
                4,
                Basis::Documented,
                Capability::Internet,
            )
        };
        let portal = |cause, rule| {
            Ruling::new(Verdict::HotspotDetected, Some(cause), rule).leads_to(7, Basis::Documented, Capability::Local)
        };
        let expected = self.world.catalog.expected_body(&request.head);
        let content = match_body(response, expected);
        extras.remarks.extend(stale(response));
        match content {
            BodyMatch::Right(remarks) => {
                extras.remarks.extend(remarks);
                success("http.right")
            }
            BodyMatch::RightEncoded(remarks) => {
                extras.remarks.extend(remarks);
                success("http.right-encoded").doubt(Doubt::EncodedBody)
            }
            BodyMatch::Empty => portal(Cause::HttpEmptyBody, "http.empty"),
            BodyMatch::Wrong => portal(Cause::HttpWrongBody, "http.wrong-body"),
            BodyMatch::CutAndWrong => portal(Cause::HttpWrongBody, "http.wrong-body").doubt(Doubt::Truncated),
            BodyMatch::Embedded => portal(Cause::HttpWrongBody, "http.embedded").doubt(Doubt::EmbeddedText),
            other => undecided(&other, response, Verdict::ActiveHttpProbeSucceeded),
        }
    }

    /// An answer whose request is not in the capture: a probe's, by its address or its content.
    fn answer_alone(&self, response: &Response) -> Ruling {
        if response.head.status == 200
            && response.body.whole
            && self.world.catalog.is_expected_body(&response.body.bytes)
        {
            return Ruling::new(Verdict::ActiveHttpProbeSucceeded, None, "http.right-alone")
                .leads_to(4, Basis::Documented, Capability::Internet)
                .doubt(Doubt::RequestUnseen);
        }
        self.not_captured(true, Some(Verdict::HotspotDetected), "http.answer-alone")
    }
}

/// What a body that is not whole, or not the sender's own, leaves open.
pub(super) fn undecided(content: &BodyMatch, response: &Response, success: Verdict) -> Ruling {
    let cut = if response.body.missing || !response.whole { Cause::TruncatedPackets } else { Cause::CaptureEnded };
    match content {
        BodyMatch::Overwritten => {
            Ruling::incomplete(Cause::AnonymisedCapture, Some(success), "http.overwritten").doubt(Doubt::Anonymised)
        }
        BodyMatch::Short => Ruling::incomplete(Cause::CaptureEnded, Some(success), "http.short").doubt(Doubt::Gap),
        BodyMatch::Unknown => Ruling::incomplete(cut, Some(success), "http.body-missing").doubt(Doubt::Truncated),
        _ => Ruling::incomplete(cut, Some(success), "http.body-cut").doubt(Doubt::Truncated),
    }
}

/// Whether the other direction of the connection was never seen.
pub(super) fn is_one_way(exchange: &Exchange) -> bool {
    exchange.connection.half(Direction::ToClient).packets == 0
}

/// An answer that says itself that it is old: it proves the cache, not the Internet.
pub(super) fn stale(response: &Response) -> Option<Remark> {
    let by_age = response.head.age.filter(|age| *age > FRESH.as_secs());
    let by_date = response.head.date.and_then(|date| {
        let age = response.first.time.seconds().checked_sub(date)?;
        // A server's clock may be wrong; only an answer that also passed a cache is taken at its word.
        let cached = response.head.via.is_some() || response.head.x_cache.is_some() || response.head.age.is_some();
        u64::try_from(age).ok().filter(|age| cached && *age > FRESH.as_secs())
    });
    by_age.or(by_date).map(|seconds| Remark::StaleCache { seconds })
}

fn upgrades_to_https(request: &Request, response: &Response) -> bool {
    let Some(location) = &response.head.location else { return false };
    let Some(host) = &request.head.host else { return false };
    location.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
        && location.get(8..).is_some_and(|rest| {
            rest.get(..host.len()).is_some_and(|start| start.eq_ignore_ascii_case(host))
                && matches!(rest.as_bytes().get(host.len()), None | Some(b'/' | b':' | b'?' | b'#'))
        })
}

/// A reset from somewhere nearer than the server: its TTL differs from that of the server's SYN-ACK, or it came faster
/// than half a round trip.
pub(super) fn nearby_reset(exchange: &Exchange, mark: Mark) -> Option<Remark> {
    let syn_ack = exchange.connection.syn_ack?;
    (syn_ack.ttl != mark.ttl).then_some(Remark::NearbyReset { ttl: mark.ttl, server_ttl: syn_ack.ttl })
}

/// An answer whose end came with another TTL than the server's SYN-ACK. The end alone may be another's: it must stand in
/// a packet of the answer.
fn other_answerer(exchange: &Exchange) -> Option<Remark> {
    let (response, syn_ack) = (exchange.response.as_ref()?, exchange.connection.syn_ack?);
    let end = exchange.connection.half(Direction::ToClient).fin?;
    let inside = response.first <= end.at && end.at <= response.last;
    (inside && end.ttl != syn_ack.ttl).then_some(Remark::OtherAnswerer { ttl: end.ttl, server_ttl: syn_ack.ttl })
}

/// Whether the client reset the connection before the answer came, and had acknowledged none of it.
pub(super) fn answered_after_reset(exchange: &Exchange) -> bool {
    let own = exchange.connection.half(Direction::ToServer);
    let acknowledged =
        own.reset_acknowledges.unwrap_or(0).max(exchange.connection.half(Direction::ToClient).acknowledged);
    let reset_before = |response: &Response| own.reset.is_some_and(|mark| mark.at < response.first);
    exchange.end == ExchangeEnd::Answered && acknowledged == 0 && exchange.response.as_ref().is_some_and(reset_before)
}
