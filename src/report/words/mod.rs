//! Findings in words: title, explanation, remedies and what would have changed the verdict, in English and Japanese.
//!
//! One file a subject, the two languages side by side. A sentence states what the packets show, then what Windows makes
//! of it; the state of a machine is always "predicted", because only Windows' own events could say more.

mod advice;
mod cause;
mod discovery;
mod dns;
mod doubt;
mod elsewhere;
mod facts;
mod handshake;
mod host;
mod http;
mod incomplete;
pub mod network;
mod note;
mod offer;
mod office;
mod os_check;
mod other;
mod proxy;
mod proxy_signs;
mod reach;
mod reason;
mod remark;
mod responder;
mod success;
mod tls;
mod unprobed;
mod verdict;
mod windows;

pub use advice::{capture_again, never};
pub use cause::meaning as cause_meaning;
pub use doubt::doubt;
pub use facts::{safe, socket};
pub use note::note;
pub use office::{heading as endpoints_heading, look_next, network_cleared, row as endpoint_row};
pub use reason::prediction;
pub use verdict::{causes_of, how, meaning as verdict_meaning};
pub use windows::{difference, event as windows_event, may_heal};

use std::borrow::Cow;

use super::language::{Language, say};
use super::model::{Audience, Remedy};
use crate::verdict::{Cause, Finding, Verdict};
use facts::Facts;

/// A finding told to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Story {
    /// One line with the concrete names.
    pub title: String,
    /// Sentences: what was on the wire, and what follows from it.
    pub explanation: Vec<Cow<'static, str>>,
    /// What to do, most useful first.
    pub remedy: Vec<Remedy>,
    /// What would have led to another verdict.
    pub would_change: Vec<Cow<'static, str>>,
}

impl Story {
    fn new(title: String) -> Self {
        Self { title, ..Self::default() }
    }

    fn tell(mut self, sentence: impl Into<Cow<'static, str>>) -> Self {
        self.explanation.push(sentence.into());
        self
    }

    fn tell_if(self, sentence: Option<&'static str>) -> Self {
        match sentence {
            Some(sentence) => self.tell(sentence),
            None => self,
        }
    }

    fn advise(mut self, audience: Audience, text: impl Into<Cow<'static, str>>) -> Self {
        self.remedy.push(Remedy { audience, text: text.into() });
        self
    }

    fn advise_also(&mut self, audience: Audience, text: impl Into<Cow<'static, str>>) {
        self.remedy.push(Remedy { audience, text: text.into() });
    }

    fn otherwise(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.would_change.push(text.into());
        self
    }
}

/// `finding` in words.
#[must_use]
pub fn story(finding: &Finding, language: Language) -> Story {
    let facts = Facts::new(finding, language);
    let mut story = subject(&facts);
    if let Some(where_from) = facts.responder().filter(|_| finding.cause.is_some()) {
        story.explanation.push(where_from.into());
    }
    responder::name(&facts, &mut story);
    story.explanation.extend(finding.remarks.iter().map(|remark| remark::remark(remark, language).into()));
    // A loop says in its title how often.
    if finding.details.count > 1 && finding.verdict != Verdict::AuthenticationLoop {
        let count = finding.details.count;
        let often = say!(language, "It happened {count} times in the same way.", "同じ結果が {count} 回ありました。");
        story.explanation.push(often.into());
    }
    story.explanation.extend(reason::prediction(finding, language).map(Cow::Owned));
    if concerns_ncsi(finding) {
        story.remedy.push(advice::never(language));
    }
    story
}

/// Whether Windows' own judgement failed, so that people will look for a switch to silence it.
fn concerns_ncsi(finding: &Finding) -> bool {
    match finding.verdict {
        Verdict::ActiveHttpProbeFailed
        | Verdict::ActiveHttpProbeFailedButDnsSucceeded
        | Verdict::HotspotDetected
        | Verdict::ActiveDnsProbeFailed
        | Verdict::ProxyNotDiscovered
        | Verdict::OfficeGatedByNcsi
        | Verdict::NoProbeSeen => true,
        Verdict::ProxyAuthenticationRequired => finding.ncsi_reason.is_some(),
        _ => false,
    }
}

/// The words of the subject that the verdict, then the cause belongs to.
fn subject(facts: &Facts<'_>) -> Story {
    match facts.finding.verdict {
        Verdict::ActiveHttpProbeSucceeded
        | Verdict::ActiveHttpProbeSucceededViaProxy
        | Verdict::ActiveDnsProbeSucceeded => success::story(facts),
        Verdict::ActiveHttpProbeFailed
        | Verdict::ActiveHttpProbeFailedButDnsSucceeded
        | Verdict::HotspotDetected
        | Verdict::ActiveDnsProbeFailed
        | Verdict::ProxyAuthenticationRequired => by_cause(facts),
        Verdict::ProxyNotDiscovered => proxy::not_discovered(facts, by_cause(facts)),
        Verdict::ProxyDiscoveryFailed => discovery::failed(facts),
        Verdict::AuthenticationLoop => proxy::authentication_loop(facts),
        Verdict::TlsVersionMismatch
        | Verdict::TlsHandshakeFailed
        | Verdict::LegacyTlsNegotiated
        | Verdict::TlsIntercepted => tls::story(facts),
        Verdict::NoAddress
        | Verdict::NoGlobalAddress
        | Verdict::NoRoute
        | Verdict::SuspectArpProbeFailed
        | Verdict::NoProbeSeen => host::story(facts),
        Verdict::OfficeGatedByNcsi => office::gated(facts),
        Verdict::EndpointSetUnreachable => office::unreachable(facts),
        Verdict::ProbeLookAlike => other::story(facts),
        Verdict::OsCheckSucceeded | Verdict::OsCheckPortal | Verdict::OsCheckBlocked | Verdict::OsCheckFailed => {
            os_check::story(facts)
        }
        Verdict::Incomplete => incomplete::story(facts),
    }
}

fn by_cause(facts: &Facts<'_>) -> Story {
    use Cause as C;
    let Some(cause) = facts.finding.cause else { return other::without_cause(facts) };
    match cause {
        C::DnsNxdomain
        | C::DnsServfail
        | C::DnsRefused
        | C::DnsNodata
        | C::DnsTimeout
        | C::DnsHijacked
        | C::DnsSinkholed
        | C::DnsWrongAnswer
        | C::DnsNeverSent => dns::story(facts, cause),
        C::TcpTimeout
        | C::TcpReset
        | C::IcmpUnreachable
        | C::HttpTimeout
        | C::HttpClosed
        | C::HttpReset
        | C::HttpInvalid => reach::story(facts, cause),
        C::HttpRedirect
        | C::HttpWrongBody
        | C::HttpEmptyBody
        | C::HttpBlocked
        | C::HttpInterceptAuth
        | C::HttpAuthRejected
        | C::HttpServerError
        | C::HttpStatus => http::story(facts, cause),
        C::ProxyUnreachable
        | C::ProxyNameUnresolved
        | C::ProxyAuthUnanswered
        | C::ProxyAuthRejected
        | C::ProxyAuthUnsupported
        | C::ProxyAuthBrokenKeepalive
        | C::ProxyDenied
        | C::ProxyRedirect
        | C::ProxyUpstreamFailure
        | C::ProxyContentReplaced => proxy::story(facts, cause),
        C::TlsAlert
        | C::TlsReset
        | C::TlsClosed
        | C::TlsClientRejected
        | C::TlsFallback
        | C::TlsCipher
        | C::TlsCertificate
        | C::TlsSni
        | C::TlsMiddleboxReset
        | C::TlsTimeout
        | C::TlsLegacyVersion
        | C::TlsInterception => tls::story(facts),
        C::DhcpNoOffer
        | C::DhcpNoAck
        | C::DhcpNak
        | C::DhcpDecline
        | C::DhcpNoRouter
        | C::RouterSilent
        | C::RouterNoPrefix
        | C::ArpTimeout
        | C::NeighbourTimeout
        | C::ProbeNeverSent => host::story(facts),
        C::OneWay | C::TruncatedPackets | C::CaptureEnded | C::Gap | C::FilteredCapture | C::AnonymisedCapture => {
            incomplete::story(facts)
        }
    }
}

#[cfg(test)]
mod tests;
