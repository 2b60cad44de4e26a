//! Other systems' connectivity checks, by their own rules. They never touch what Windows is predicted to say.

use super::answer::{BodyMatch, match_body};
use super::case::{Case, Ruling};
use super::dns::is_private;
use super::finding::{Doubt, Finding, OsCheckDetails};
use super::http::undecided;
use super::relate::is_success;
use crate::probe::attempt::{LookupOutcome, WebAttempt};
use crate::probe::os_checks::{Expected, ONLINE, OsCheck};
use crate::transaction::{Exchange, ExchangeEnd, Response};
use crate::vocabulary::{Cause, Route, Verdict};

/// Android takes a page of this length or less for no page at all (AOSP, `NetworkMonitor`).
const NO_PAGE: u64 = 4;

impl Case<'_> {
    /// Judges another system's check: its answer by that system's rule, the way to it as that of a probe.
    #[must_use]
    pub(super) fn judge_os_check(&self, check: &OsCheck, attempt: &WebAttempt<'_>) -> Option<Finding> {
        let answered = attempt.decisive().and_then(|exchange| {
            let response = exchange.response.as_ref().filter(|_| exchange.end == ExchangeEnd::Answered)?;
            let later = attempt.failed.last().is_some_and(|last| last.connection.first.time > exchange.ended);
            (!later && !self.is_late(exchange, response)).then_some((exchange, response))
        });
        let mut finding = match answered {
            Some((exchange, response)) => self.judge_answer(check, attempt, exchange, response),
            None => self.judge_web(attempt)?,
        };
        let private = check.system.is_android() && attempt.proxy.is_none() && leads_inside(attempt);
        if private && answered.is_some() {
            finding.verdict = Verdict::OsCheckFailed;
            finding.cause = Some(Cause::DnsHijacked);
            finding.rule = "os.private-address";
            finding.confidence_reasons.push(Doubt::OtherSystem);
            finding.confidence = finding.confidence.min(Doubt::OtherSystem.leaves());
        }
        Some(of_other_system(finding, check))
    }

    fn is_late(&self, exchange: &Exchange, response: &Response) -> bool {
        let deadline = self.world.settings.deadlines.response;
        exchange.request.as_ref().is_some_and(|request| response.first.time.since(request.at.time) > deadline)
    }

    fn judge_answer(
        &self,
        check: &OsCheck,
        attempt: &WebAttempt<'_>,
        exchange: &Exchange,
        response: &Response,
    ) -> Finding {
        let ruling = if attempt.proxy.is_some() {
            by_proxy(answer_ruling(check, response))
        } else {
            answer_ruling(check, response)
        };
        let mut finding = self.finding(ruling, attempt.family, attempt.started(), exchange.ended);
        if finding.cause == Some(Cause::HttpInterceptAuth) {
            finding.route = Some(Route::TransparentProxy);
        }
        self.describe_web(&mut finding, attempt, exchange);
        finding
    }
}

/// Whether the probe name has only private addresses, as far as the capture tells.
fn leads_inside(attempt: &WebAttempt<'_>) -> bool {
    match attempt.lookup.as_ref().map(|group| group.outcome()) {
        Some(LookupOutcome::Resolved(_, answer)) => answer.addresses.iter().all(|address| is_private(*address)),
        _ => attempt.decisive().is_some_and(|exchange| is_private(exchange.server().ip())),
    }
}

/// What an answer means to the system that asked.
fn answer_ruling(check: &OsCheck, response: &Response) -> Ruling {
    let status = response.head.status;
    let says =
        |verdict, cause, rule| Ruling::new(verdict, Some(cause), rule).doubt_if(!response.whole, Doubt::Truncated);
    let portal = |cause, rule| says(Verdict::OsCheckPortal, cause, rule);
    let failed = |cause, rule| says(Verdict::OsCheckFailed, cause, rule);
    let success = |rule| Ruling::new(Verdict::OsCheckSucceeded, None, rule);
    if is_online(check, response) {
        return success("os.online");
    }
    match (status, check.expected) {
        (204, Expected::NoContent) => success("os.no-content"),
        (200, Expected::NoContent | Expected::NoContentOnline) => page_ruling(check, response),
        (200, Expected::Text(text) | Expected::Online(text)) => text_ruling(check, response, text),
        (200, Expected::Holds(text)) => {
            if memchr::memmem::find(&response.body.bytes, text.as_bytes()).is_some() {
                return success("os.holds").doubt(Doubt::OtherSystem);
            }
            text_ruling(check, response, text)
        }
        (301 | 302 | 303 | 307 | 308, _) => portal(Cause::HttpRedirect, "os.redirect"),
        (403 | 451, _) => says(Verdict::OsCheckBlocked, Cause::HttpBlocked, "os.blocked"),
        (401 | 407, _) => says(Verdict::OsCheckBlocked, Cause::HttpInterceptAuth, "os.intercept-auth"),
        (511, _) => portal(Cause::HttpStatus, "os.login-required"),
        (500..=599, _) => failed(Cause::HttpServerError, "os.server-error"),
        (200..=399, _) => portal(Cause::HttpStatus, "os.status").doubt(Doubt::OtherSystem),
        _ => failed(Cause::HttpStatus, "os.status"),
    }
}

/// NetworkManager believes the field whatever the body says.
fn is_online(check: &OsCheck, response: &Response) -> bool {
    matches!(check.expected, Expected::NoContentOnline | Expected::Online(_))
        && (200..300).contains(&response.head.status)
        && response.head.markers.iter().any(|(name, value)| name == ONLINE.0 && value == ONLINE.1)
}

/// A 200 where 204 was expected: a portal's page, unless it is no page.
fn page_ruling(check: &OsCheck, response: &Response) -> Ruling {
    let body = &response.body;
    let (told, there) = (response.head.content_length, body.bytes.len() as u64);
    let length = if body.whole { Some(there) } else { told.filter(|_| !body.chunked) };
    match length {
        Some(0) => Ruling::new(Verdict::OsCheckFailed, Some(Cause::HttpEmptyBody), "os.empty")
            .doubt_if(!check.system.is_android(), Doubt::OtherSystem),
        Some(length) if check.system.is_android() && length <= NO_PAGE && told.is_some() => {
            Ruling::new(Verdict::OsCheckFailed, Some(Cause::HttpWrongBody), "os.no-page")
        }
        None if there == 0 => undecided(&BodyMatch::Unknown, response, Verdict::OsCheckSucceeded),
        _ => Ruling::new(Verdict::OsCheckPortal, Some(Cause::HttpWrongBody), "os.page")
            .doubt_if(!response.whole, Doubt::Truncated),
    }
}

/// A 200 where a text is expected.
fn text_ruling(check: &OsCheck, response: &Response, text: &str) -> Ruling {
    let portal = |cause, rule| Ruling::new(Verdict::OsCheckPortal, Some(cause), rule);
    let begins = matches!(check.expected, Expected::Online(_)) && response.body.bytes.starts_with(text.as_bytes());
    match match_body(response, text) {
        BodyMatch::Right(_) | BodyMatch::RightEncoded(_) => Ruling::new(Verdict::OsCheckSucceeded, None, "os.right"),
        _ if begins => Ruling::new(Verdict::OsCheckSucceeded, None, "os.right"),
        BodyMatch::Empty => portal(Cause::HttpEmptyBody, "os.empty"),
        BodyMatch::Wrong => portal(Cause::HttpWrongBody, "os.wrong-body"),
        BodyMatch::Embedded => portal(Cause::HttpWrongBody, "os.wrong-body").doubt(Doubt::OtherSystem),
        BodyMatch::CutAndWrong => portal(Cause::HttpWrongBody, "os.wrong-body").doubt(Doubt::Truncated),
        other => undecided(&other, response, Verdict::OsCheckSucceeded),
    }
}

/// The same answer, given by an explicit proxy.
fn by_proxy(mut ruling: Ruling) -> Ruling {
    ruling.cause = ruling.cause.map(|cause| match cause {
        Cause::HttpRedirect => Cause::ProxyRedirect,
        Cause::HttpWrongBody | Cause::HttpEmptyBody => Cause::ProxyContentReplaced,
        Cause::HttpBlocked => Cause::ProxyDenied,
        Cause::HttpServerError => Cause::ProxyUpstreamFailure,
        other => other,
    });
    ruling
}

/// A finding about the way to a probe server, told of another system's check: without anything that is Windows' own.
fn of_other_system(mut finding: Finding, check: &OsCheck) -> Finding {
    finding.verdict = of_other(finding.verdict);
    finding.guess = finding.guess.map(of_other);
    finding.ncsi_reason = None;
    finding.capability = None;
    finding.details.winhttp_error = None;
    for doubt in &mut finding.confidence_reasons {
        if *doubt == Doubt::UndocumentedStatus {
            *doubt = Doubt::OtherSystem;
        }
    }
    finding.details.os_check =
        Some(Box::new(OsCheckDetails { system: check.system.name().to_owned(), expected: check.expected.told() }));
    finding
}

const fn of_other(verdict: Verdict) -> Verdict {
    match verdict {
        verdict if is_success(verdict) => Verdict::OsCheckSucceeded,
        Verdict::HotspotDetected => Verdict::OsCheckPortal,
        Verdict::OsCheckPortal | Verdict::OsCheckBlocked | Verdict::Incomplete => verdict,
        _ => Verdict::OsCheckFailed,
    }
}
