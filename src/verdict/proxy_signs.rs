//! What else the capture says about a failure at a proxy: who gets through, which ticket was refused, what the proxy
//! itself says.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::case::{Case, Ruling};
use super::dns::silence_of;
use super::finding::{Doubt, Finding, Note, ProxyDetails, Remark};
use crate::probe::attempt::{LookupGroup, LookupOutcome};
use crate::probe::catalog::family_of_qtype;
use crate::proto::auth::{CredentialKind, Scheme};
use crate::proto::http::Extent;
use crate::proto::kerberos::code;
use crate::transaction::{Exchange, ExchangeEnd, TicketRefusal};
use crate::vocabulary::{Basis, Capability, Cause, Family, Route, Verdict};

/// WinHTTP: the name could not be resolved.
const NAME_NOT_RESOLVED: u32 = 12007;

/// A remark about a failure at a proxy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProxyRemark {
    /// Other requests of the same client pass the same proxy, only the probe meets 407.
    OthersPass {
        /// The proxy.
        proxy: SocketAddr,
        /// What was asked for.
        host: Option<String>,
    },
    /// The KDC refused the ticket for the proxy.
    TicketRefused {
        /// Its code (RFC 4120, 7.5.9).
        code: i64,
        /// The service asked for.
        service: String,
        /// Who refused.
        kdc: IpAddr,
    },
    /// NTLM without a name: a service that has no account to show.
    Anonymous,
    /// The answer is that of a SOCKS server.
    Socks,
    /// What the proxy says of its error, in a field of its own.
    Says {
        /// The field's name and value.
        text: String,
    },
}

impl Case<'_> {
    /// Adds to a finding about requests through a proxy what the capture says beside them.
    pub(super) fn add_proxy_signs(&self, finding: &mut Finding, legs: &[&Exchange]) {
        let (Some(first), Some(last)) = (legs.first(), legs.last()) else { return };
        if let ExchangeEnd::NotHttp { start, .. } = &last.end
            && is_socks(start)
        {
            finding.remarks.push(Remark::Proxy(ProxyRemark::Socks));
        }
        if matches!(finding.cause, Some(Cause::ProxyUpstreamFailure | Cause::ProxyDenied))
            && let Some(response) = &last.response
            && let Some((name, value)) = response.head.markers.iter().find(|(name, _)| name.contains("error"))
        {
            finding.remarks.push(Remark::Proxy(ProxyRemark::Says { text: format!("{name}: {value}") }));
        }
        if finding.verdict != Verdict::ProxyAuthenticationRequired {
            return;
        }
        if is_anonymous(last) {
            finding.remarks.push(Remark::Proxy(ProxyRemark::Anonymous));
        }
        if finding.ncsi_reason.is_some() {
            let window = self.world.settings.deadlines.episode;
            let (from, to) = (first.started.time.before(window), last.ended.after(window));
            let passes = self.client.proxy_uses.iter().find(|one| {
                !one.probe
                    && one.proxy == last.server()
                    && one.status.is_some_and(|status| (200..400).contains(&status))
                    && (from..=to).contains(&one.at)
            });
            if let Some(one) = passes {
                let (proxy, host) = (one.proxy, one.host.clone());
                finding.remarks.push(Remark::Proxy(ProxyRemark::OthersPass { proxy, host }));
            }
        }
        if legs.iter().any(|leg| offers_kerberos(leg)) {
            self.add_refused_ticket(finding, first, last);
        }
    }

    /// The ticket for the proxy that the KDC refused while the proxy waited for it.
    fn add_refused_ticket(&self, finding: &mut Finding, first: &Exchange, last: &Exchange) {
        let from = first.started.time;
        let to = last.ended.after(self.world.settings.deadlines.response);
        let name = self.client.name_of(last.server().ip(), from);
        let refused = self.client.tickets.iter().find(|refusal| {
            (from..=to).contains(&refusal.at.time)
                && (is_for_proxy(refusal, name) || refusal.error.code == code::CLOCK_SKEW)
        });
        let Some(refusal) = refused else { return };
        let (kdc, error) = (refusal.kdc.ip(), &refusal.error);
        let service = error.service.clone();
        finding.prove(refusal.at, Note::TicketRefused { code: error.code, service: service.clone(), kdc });
        finding.converse(!refusal.over_tcp, refusal.client, refusal.kdc);
        if let Some(details) = &mut finding.details.proxy {
            details.kerberos_error = Some(error.code);
        }
        finding.remarks.push(Remark::Proxy(ProxyRemark::TicketRefused { code: error.code, service, kdc }));
    }

    /// Judges the failed look-up of a proxy's name: the client has no way to go.
    #[must_use]
    pub fn judge_proxy_name(&self, group: &LookupGroup<'_>) -> Finding {
        let failed = Ruling::new(Verdict::ActiveHttpProbeFailed, Some(Cause::ProxyNameUnresolved), "proxy.name")
            .leads_to(5, Basis::Inferred, Capability::None)
            .winhttp(NAME_NOT_RESOLVED);
        let ruling = match group.outcome() {
            LookupOutcome::Unanswered(wait) => self.by_silence(silence_of(self, group, wait), failed),
            _ => failed,
        };
        let family = family_of_qtype(group.qtype).unwrap_or(Family::V4);
        let mut finding = self.finding(ruling.doubt(Doubt::AnyProgram), family, group.started(), group.ended());
        self.describe_lookup(&mut finding, group);
        finding.route = Some(Route::ExplicitProxy);
        finding.details.proxy =
            Some(Box::new(ProxyDetails { name: Some(group.name.clone()), ..ProxyDetails::default() }));
        finding
    }
}

/// Whether a refused ticket was for the proxy: a service of HTTP, under the proxy's name where one is known.
fn is_for_proxy(refusal: &TicketRefusal, name: Option<&str>) -> bool {
    let Some((class, host)) = refusal.error.service.split_once('/') else { return false };
    let host = host.to_ascii_lowercase();
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    class.eq_ignore_ascii_case("HTTP") && name.is_none_or(|name| host == name || host == short(name))
}

/// Whether a 407 offers what Kerberos can answer.
fn offers_kerberos(leg: &Exchange) -> bool {
    let offers = leg.response.as_ref().map(|response| &response.head.proxy_authenticate);
    offers.into_iter().flatten().any(|offer| matches!(offer.scheme, Scheme::Negotiate | Scheme::Kerberos))
}

/// NTLM type 3 without user and domain (MS-NLMP, 3.2.5.1.2), in a request that is whole.
fn is_anonymous(leg: &Exchange) -> bool {
    let Some(request) = leg.request.as_ref().filter(|request| request.head.extent == Extent::Whole) else {
        return false;
    };
    let credential = request.head.proxy_authorization.as_ref().map(|credential| &credential.kind);
    matches!(credential, Some(CredentialKind::Ntlm3(who)) if who.user.is_empty() && who.domain.is_empty())
}

/// Whether the first bytes of an answer, as shown, are those of SOCKS 5 (RFC 1928: no acceptable method) or SOCKS 4
/// (request rejected).
fn is_socks(start: &str) -> bool {
    ["\\x05\\xff", "\\x05\\x00", "\\x00[", "\\x00\\\\"].iter().any(|sign| start.starts_with(sign))
}
