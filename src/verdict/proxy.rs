//! The answer stage of a probe through an explicit proxy, and what a 407 means for anybody.

use std::time::Duration;

use hashbrown::HashMap;

use super::absence::{Silence, asked_by};
use super::answer::{BodyMatch, match_body};
use super::case::{Case, Ruling};
use super::evidence::credential_text;
use super::finding::{Doubt, Finding, ProxyDetails, Remark};
use super::http::{Extras, answered_after_reset, is_one_way, stale, undecided};
use crate::flow::Direction;
use crate::probe::attempt::WebAttempt;
use crate::probe::catalog::family_of;
use crate::proto::auth::{ChallengeKind, CredentialKind, Scheme};
use crate::time::CaptureTime;
use crate::transaction::{Exchange, ExchangeEnd, Response, Wait};
use crate::vocabulary::Side;
use crate::vocabulary::{Basis, Capability, Cause, Verdict};

/// WinHTTP errors.
const TIMEOUT: u32 = 12002;
const CONNECTION_ERROR: u32 = 12030;
const INVALID_RESPONSE: u32 = 12152;
const LOGIN_FAILURE: u32 = 12015;
/// Refusals of one user that make a loop, and the time within which they come.
const REFUSALS_OF_A_LOOP: usize = 3;
const LOOP_WITHIN: Duration = Duration::from_secs(60);

impl Case<'_> {
    /// Judges a probe through an explicit proxy by its last leg.
    #[must_use]
    pub fn judge_proxied(&self, attempt: &WebAttempt<'_>, exchange: &Exchange) -> Finding {
        let mut extras = Extras::default();
        let mut ruling = self.proxied_ruling(attempt, exchange, &mut extras);
        if ruling.verdict != Verdict::Incomplete && answered_after_reset(exchange) {
            ruling = ruling.doubt(Doubt::AnswerAfterReset);
        }
        let mut finding = self.finding(ruling, attempt.family, attempt.started(), exchange.ended);
        finding.remarks = extras.remarks;
        self.describe_web(&mut finding, attempt, exchange);
        finding.details.proxy = Some(Box::new(self.proxy_details(&attempt.legs)));
        self.add_proxy_signs(&mut finding, &attempt.legs);
        finding
    }

    /// Judges a 407 that a request met which is no probe.
    #[must_use]
    pub fn judge_refusal(&self, legs: &[&Exchange]) -> Option<Finding> {
        let last = *legs.last()?;
        let first = legs.first()?;
        let response = last.response.as_ref()?;
        let mut ruling = self.authentication_ruling(legs, last, response, false);
        let refusals = refusals_in_a_loop(legs);
        if refusals.is_some() {
            let cause = Some(Cause::ProxyAuthRejected);
            ruling = Ruling::new(Verdict::AuthenticationLoop, cause, "proxy-other.loop");
        }
        let mut finding = self.finding(ruling, family_of(self.address), first.started.time, last.ended);
        for leg in legs {
            finding.prove_exchange(leg);
        }
        finding.decided_on(&last.connection, true);
        finding.host = last.request.as_ref().and_then(|request| request.head.host.clone());
        finding.url = last.request.as_ref().and_then(|request| super::evidence::url_of(&request.head));
        finding.details.proxy = Some(Box::new(self.proxy_details(legs)));
        finding.details.count = refusals.unwrap_or(1);
        self.add_proxy_signs(&mut finding, legs);
        Some(finding)
    }

    fn proxied_ruling(&self, attempt: &WebAttempt<'_>, exchange: &Exchange, extras: &mut Extras) -> Ruling {
        let failed = |cause, rule, error| {
            Ruling::new(Verdict::ActiveHttpProbeFailed, Some(cause), rule)
                .leads_to(5, Basis::Inferred, Capability::None)
                .winhttp(error)
        };
        match (&exchange.end, &exchange.response) {
            (ExchangeEnd::Answered, Some(response)) => self.proxied_answer(attempt, exchange, response, extras),
            (ExchangeEnd::NotHttp { .. }, _) => {
                failed(Cause::HttpInvalid, "proxy.invalid", INVALID_RESPONSE).doubt(Doubt::UndocumentedStatus)
            }
            (ExchangeEnd::Reset { by: Side::Server, .. }, _) => {
                failed(Cause::HttpReset, "proxy.reset", CONNECTION_ERROR)
            }
            (ExchangeEnd::Closed { by: Side::Server, .. }, _) => {
                failed(Cause::HttpClosed, "proxy.closed", CONNECTION_ERROR)
            }
            (ExchangeEnd::Reset { .. } | ExchangeEnd::Closed { .. }, _) => {
                Ruling::incomplete(Cause::CaptureEnded, None, "proxy.client-gave-up").doubt(Doubt::EndedByClient)
            }
            (ExchangeEnd::Unreachable, _) => failed(Cause::IcmpUnreachable, "proxy.icmp", CONNECTION_ERROR),
            (ExchangeEnd::Unanswered(wait), _) => {
                let ruling = failed(Cause::HttpTimeout, "proxy.timeout", TIMEOUT);
                match self.response_silence(exchange, *wait) {
                    Some(silence) => self.by_silence(silence, ruling),
                    None => ruling,
                }
            }
            (ExchangeEnd::NotCaptured, _) | (ExchangeEnd::Answered, None) => {
                self.not_captured(is_one_way(exchange), None, "proxy.not-captured")
            }
        }
    }

    fn proxied_answer(
        &self,
        attempt: &WebAttempt<'_>,
        exchange: &Exchange,
        response: &Response,
        extras: &mut Extras,
    ) -> Ruling {
        let failed = |cause, rule| {
            Ruling::new(Verdict::ActiveHttpProbeFailed, Some(cause), rule)
                .leads_to(5, Basis::Inferred, Capability::None)
                .doubt_if(!response.whole, Doubt::Truncated)
        };
        let late = exchange.request.as_ref().map(|request| response.first.time.since(request.at.time));
        if let Some(after) = late.filter(|after| *after > self.world.settings.deadlines.response) {
            extras.remarks.push(Remark::LateAnswer { after });
            return failed(Cause::HttpTimeout, "proxy.late").winhttp(TIMEOUT);
        }
        match response.head.status {
            200 => {}
            407 => return self.authentication_ruling(&attempt.legs, exchange, response, true),
            301 | 302 | 303 | 307 | 308 => return failed(Cause::ProxyRedirect, "proxy.redirect"),
            403 | 451 => return failed(Cause::ProxyDenied, "proxy.denied"),
            500..=599 => return failed(Cause::ProxyUpstreamFailure, "proxy.upstream"),
            _ => return failed(Cause::HttpStatus, "proxy.status"),
        }
        let expected = exchange
            .request
            .as_ref()
            .map_or("Microsoft Connect Test", |request| self.world.catalog.expected_body(&request.head));
        let success = |rule| {
            Ruling::new(Verdict::ActiveHttpProbeSucceededViaProxy, None, rule).leads_to(
                15,
                Basis::Documented,
                Capability::Internet,
            )
        };
        extras.remarks.extend(stale(response));
        if let Some((scheme, user)) = authenticated(&attempt.legs) {
            extras.remarks.push(Remark::Authenticated { scheme, user });
        }
        match match_body(response, expected) {
            BodyMatch::Right(remarks) => {
                extras.remarks.extend(remarks);
                success("proxy.right")
            }
            BodyMatch::RightEncoded(remarks) => {
                extras.remarks.extend(remarks);
                success("proxy.right-encoded").doubt(Doubt::EncodedBody)
            }
            BodyMatch::Empty | BodyMatch::Wrong => failed(Cause::ProxyContentReplaced, "proxy.content"),
            BodyMatch::CutAndWrong => failed(Cause::ProxyContentReplaced, "proxy.content").doubt(Doubt::Truncated),
            BodyMatch::Embedded => failed(Cause::ProxyContentReplaced, "proxy.embedded").doubt(Doubt::EmbeddedText),
            other => undecided(&other, response, Verdict::ActiveHttpProbeSucceededViaProxy),
        }
    }

    /// A 407 as the last word.
    fn authentication_ruling(&self, legs: &[&Exchange], last: &Exchange, response: &Response, probe: bool) -> Ruling {
        let ruling = |cause, rule| {
            if probe {
                Ruling::new(Verdict::ProxyAuthenticationRequired, Some(cause), rule)
                    .leads_to(5, Basis::Inferred, Capability::None)
                    .winhttp(LOGIN_FAILURE)
            } else {
                Ruling::new(Verdict::ProxyAuthenticationRequired, Some(cause), "proxy-other.auth")
            }
        };
        let challenges = &response.head.proxy_authenticate;
        let asks_for_type3 = challenges.iter().any(|challenge| challenge.kind == ChallengeKind::NtlmType2);
        let sent = last.request.as_ref().and_then(|request| request.head.proxy_authorization.as_ref());
        if asks_for_type3 {
            // Type 2 waits for type 3 on this connection. Did the proxy take the connection away?
            let half = last.connection.half(Direction::ToClient);
            if misses_bytes(last) {
                return self.not_captured(false, Some(Verdict::ProxyAuthenticationRequired), self_rule(probe));
            }
            if response.head.closes() || half.fin.is_some() || half.reset.is_some() {
                return ruling(Cause::ProxyAuthBrokenKeepalive, "proxy.auth-broken-keepalive");
            }
            return self.unanswered(last, ruling(Cause::ProxyAuthUnanswered, "proxy.auth-unanswered"));
        }
        match sent.map(|credential| &credential.kind) {
            Some(CredentialKind::Ntlm3(_)) if !type2_on(legs, last) => {
                ruling(Cause::ProxyAuthBrokenKeepalive, "proxy.auth-other-connection")
            }
            Some(CredentialKind::Ntlm1) | None => {
                let only_passwords = !challenges.is_empty()
                    && challenges.iter().all(|challenge| matches!(challenge.scheme, Scheme::Basic | Scheme::Digest));
                if only_passwords {
                    self.unanswered(last, ruling(Cause::ProxyAuthUnsupported, "proxy.auth-unsupported"))
                } else {
                    self.unanswered(last, ruling(Cause::ProxyAuthUnanswered, "proxy.auth-unanswered"))
                }
            }
            Some(_) => ruling(Cause::ProxyAuthRejected, "proxy.auth-rejected"),
        }
    }

    /// Nothing followed the 407. Is that all, or only all that was captured?
    fn unanswered(&self, last: &Exchange, ruling: Ruling) -> Ruling {
        let from = last.ended;
        let to = from.after(self.world.settings.deadlines.response);
        // An answer of the same proxy whose request is not in the capture: the client did go on.
        let went_on =
            self.client.unasked.iter().any(|(server, at)| *server == last.server() && *at >= from && *at <= to);
        if went_on || misses_bytes(last) {
            return self.not_captured(false, Some(ruling.verdict), ruling.rule);
        }
        let end = self.world.span.map_or(from, |(_, end)| end);
        let wait = if end >= to { Wait::Elapsed } else { Wait::Cut { missing: to.since(end) } };
        let asked = asked_by(last);
        self.by_silence(Silence { from, to, wait, copies: None, asked }, ruling)
    }

    fn proxy_details(&self, legs: &[&Exchange]) -> ProxyDetails {
        let mut details = ProxyDetails { legs: u32::try_from(legs.len()).unwrap_or(u32::MAX), ..Default::default() };
        for leg in legs {
            if let Some(response) = &leg.response {
                for challenge in &response.head.proxy_authenticate {
                    let name = challenge.scheme.name().to_owned();
                    if !details.schemes.contains(&name) {
                        details.schemes.push(name);
                    }
                }
            }
            let Some(request) = &leg.request else { continue };
            let Some(credential) = &request.head.proxy_authorization else { continue };
            details.used = Some(credential.scheme.name().to_owned());
            let (_, user) = credential_text(&credential.kind, credential.scheme.name());
            if let CredentialKind::Ntlm3(who) = &credential.kind {
                details.computer_account = Some(who.user.ends_with('$'));
                details.workstation = Some(who.workstation.clone()).filter(|name| !name.is_empty());
            }
            details.user = user.or(details.user);
        }
        if let Some(first) = legs.first() {
            let server = first.server().ip();
            details.name = self.client.name_of(server, first.started.time).map(str::to_owned);
        }
        details
    }
}

/// How often one user was refused, if three times within a minute: stored credentials that are sent again and again,
/// until the account is locked.
fn refusals_in_a_loop(legs: &[&Exchange]) -> Option<u32> {
    let mut refused: HashMap<&CredentialKind, Vec<CaptureTime>> = HashMap::new();
    for leg in legs {
        let credential = leg.request.as_ref().and_then(|request| request.head.proxy_authorization.as_ref());
        if let Some(CredentialKind::Ntlm3(_) | CredentialKind::Basic { .. } | CredentialKind::Digest { .. }) =
            credential.map(|credential| &credential.kind)
            && let Some(credential) = credential
        {
            refused.entry(&credential.kind).or_default().push(leg.started.time);
        }
    }
    let is_loop = |times: &&Vec<CaptureTime>| {
        times.windows(REFUSALS_OF_A_LOOP).any(|run| match run {
            [first, .., last] => last.since(*first) <= LOOP_WITHIN,
            _ => false,
        })
    };
    refused.values().filter(is_loop).map(|times| u32::try_from(times.len()).unwrap_or(u32::MAX)).max()
}

/// Whether either side sent more on this connection than the capture has: the next leg may be among it. A single byte
/// that was acknowledged may be the FIN.
fn misses_bytes(exchange: &Exchange) -> bool {
    exchange.connection.halves.iter().any(|half| half.acknowledged_missing > 1 || half.gap_bytes > 0)
}

/// The rule's name where the next leg may be missing.
const fn self_rule(probe: bool) -> &'static str {
    if probe { "proxy.auth-not-captured" } else { "proxy-other.auth-not-captured" }
}

/// Scheme and user of the leg that the proxy accepted.
fn authenticated(legs: &[&Exchange]) -> Option<(String, Option<String>)> {
    let credential = legs.last()?.request.as_ref()?.head.proxy_authorization.as_ref()?;
    let (_, user) = credential_text(&credential.kind, credential.scheme.name());
    Some((credential.scheme.name().to_owned(), user))
}

/// Whether the challenge (type 2) that `last` answers came on the same connection; true where it was not captured.
fn type2_on(legs: &[&Exchange], last: &Exchange) -> bool {
    let challenged = |leg: &&&Exchange| {
        leg.response.as_ref().is_some_and(|response| {
            response.head.proxy_authenticate.iter().any(|challenge| challenge.kind == ChallengeKind::NtlmType2)
        })
    };
    let before = legs.iter().filter(|leg| leg.started < last.started);
    let type2: Vec<_> = before.filter(challenged).collect();
    type2.is_empty() || type2.iter().any(|leg| leg.connection.id == last.connection.id)
}
