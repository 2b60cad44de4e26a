//! Proxy discovery: a name or a file was there, and did it work?
//!
//! That nobody knows `wpad` is normal where automatic discovery is not used, and no finding. A finding is only what
//! somebody set up and what failed: a name that leads to a host which does not answer, or that gives something else.

use super::absence::Silence;
use super::case::{Case, Ruling};
use super::evidence::url_of;
use super::finding::{Doubt, Finding, Note, ProxyDetails, Remark};
use super::http::is_one_way;
use super::pac::{Delivery, delivery};
use crate::probe::attempt::{DiscoveryAttempt, LookupOutcome};
use crate::probe::catalog::family_of;
use crate::probe::discovery::is_wpad;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, ExchangeEnd};
use crate::vocabulary::{Cause, Side, Verdict};

mod beside;
mod details;
mod remark;

pub(super) use beside::{OF_A_PORTAL, beside};
pub use details::DiscoveryDetails;
pub use remark::DiscoveryRemark;

impl Case<'_> {
    /// Judges a search for a proxy; `None` where it found one, or nothing that could be broken.
    #[must_use]
    pub fn judge_discovery(&self, search: &DiscoveryAttempt<'_>) -> Option<Finding> {
        if search.fetches.iter().any(|fetch| matches!(delivery(fetch), Delivery::Delivered | Delivery::Unchanged)) {
            return None;
        }
        let mut finding = match (search.fetches.last(), search.failed.last()) {
            (Some(fetch), failed) if failed.is_none_or(|failed| failed.connection.first <= fetch.started) => {
                self.judge_fetch(search, fetch)?
            }
            (_, Some(failed)) => self.judge_pac_host(search, failed),
            (_, None) => return None,
        };
        for group in &search.lookups {
            if matches!(group.outcome(), LookupOutcome::Resolved(..)) {
                finding.prove_lookup(group);
            }
        }
        let mut details = DiscoveryDetails::of(search, search.ended);
        details.url = details.url.or_else(|| finding.url.clone());
        finding.details.proxy =
            Some(Box::new(ProxyDetails { discovery: Some(Box::new(details)), ..ProxyDetails::default() }));
        finding.remarks.extend(beside::on_link(search).map(Remark::Discovery));
        for call in search.calls.iter().filter(|call| call.answer.is_some()) {
            let addresses = call.answer.clone().unwrap_or_default();
            let note = Note::NameAnswered { protocol: call.protocol.name().into(), from: call.other.ip(), addresses };
            finding.prove(call.at, note);
            finding.converse(true, call.client, call.other);
        }
        Some(finding)
    }

    /// The request for the file came to nothing.
    fn judge_fetch(&self, search: &DiscoveryAttempt<'_>, fetch: &Exchange) -> Option<Finding> {
        let failed = |cause, rule| Ruling::new(Verdict::ProxyDiscoveryFailed, Some(cause), rule);
        let ruling = match (&fetch.end, delivery(fetch)) {
            (ExchangeEnd::Answered, Delivery::Failed(cause, doubt)) => {
                let ruling = failed(cause, "discovery.answer");
                match doubt {
                    Some(doubt) => ruling.doubt(doubt),
                    None => ruling,
                }
            }
            (ExchangeEnd::NotHttp { .. }, _) => failed(Cause::HttpInvalid, "discovery.invalid"),
            (ExchangeEnd::Reset { by: Side::Server, .. }, _) => failed(Cause::HttpReset, "discovery.reset"),
            (ExchangeEnd::Closed { by: Side::Server, .. }, _) => failed(Cause::HttpClosed, "discovery.closed"),
            (ExchangeEnd::Unreachable, _) => failed(Cause::IcmpUnreachable, "discovery.icmp"),
            (ExchangeEnd::Unanswered(wait), _) => {
                let ruling = failed(Cause::HttpTimeout, "discovery.timeout");
                match self.response_silence(fetch, *wait) {
                    Some(silence) => self.by_silence(silence, ruling),
                    None => ruling,
                }
            }
            (ExchangeEnd::NotCaptured, _) => {
                self.not_captured(is_one_way(fetch), Some(Verdict::ProxyDiscoveryFailed), "discovery.not-captured")
            }
            (ExchangeEnd::Answered | ExchangeEnd::Reset { .. } | ExchangeEnd::Closed { .. }, _) => return None,
        };
        let family = family_of(fetch.server().ip());
        let mut finding = self.finding(ruling, family, search.started, search.ended);
        for fetch in &search.fetches {
            finding.prove_exchange(fetch);
        }
        finding.decided_on(&fetch.connection, false);
        finding.host = fetch.request.as_ref().and_then(|request| request.head.host.clone());
        finding.url = fetch.request.as_ref().and_then(|request| url_of(&request.head));
        Some(finding)
    }

    /// The name led to a host to which no connection came about.
    fn judge_pac_host(&self, search: &DiscoveryAttempt<'_>, failed: &Attempted) -> Finding {
        let ruling = |cause, rule| Ruling::new(Verdict::ProxyDiscoveryFailed, Some(cause), rule);
        let ruling = match failed.end {
            AttemptedEnd::Refused(_) => ruling(Cause::TcpReset, "discovery.refused"),
            AttemptedEnd::Unreachable => ruling(Cause::IcmpUnreachable, "discovery.unreachable"),
            AttemptedEnd::Unanswered(wait) => {
                let from = failed.connection.first.time;
                let to = from.after(self.world.settings.deadlines.connect);
                let copies = Some(failed.connection.syns.len());
                self.by_silence(
                    Silence { from, to, wait, copies, asked: Some(failed.connection.first.id) },
                    ruling(Cause::TcpTimeout, "discovery.no-connection"),
                )
            }
            AttemptedEnd::Silent => ruling(Cause::TcpTimeout, "discovery.no-connection").doubt(Doubt::MidStream),
        };
        let server = failed.connection.server;
        let mut finding = self.finding(ruling, family_of(server.ip()), search.started, search.ended);
        for failed in &search.failed {
            finding.prove_failed(failed);
        }
        finding.decided_on(&failed.connection, false);
        let mut names = self.client.names_of(server.ip(), failed.connection.first.time);
        let name = names.find(|named| is_wpad(&named.name)).map(|named| named.name.clone());
        let scheme = if server.port() == 443 { "https" } else { "http" };
        finding.url = name.as_ref().map(|name| format!("{scheme}://{name}/wpad.dat"));
        finding.host = name;
        finding
    }
}
