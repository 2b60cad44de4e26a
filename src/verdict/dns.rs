//! The look-up stage: what the resolver said decides before anything is connected.

use std::net::IpAddr;

use super::absence::Silence;
use super::case::{Case, Ruling};
use super::finding::{Doubt, Finding, Remark};
use crate::probe::attempt::{LookupGroup, LookupOutcome, WebAttempt};
use crate::probe::catalog::family_of_qtype;
use crate::proto::dns::rcode;
use crate::transaction::Wait;
use crate::vocabulary::{Basis, Capability, Cause, Family, Verdict};

/// WinHTTP: the name could not be resolved.
const NAME_NOT_RESOLVED: u32 = 12007;

/// Whether an address belongs to no public host: private (RFC 1918, RFC 4193), shared (RFC 6598), link-local. What
/// NAT64 makes (RFC 6052) is public.
#[must_use]
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xc0 == 64;
            v4.is_private() || v4.is_link_local() || shared
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

impl Case<'_> {
    /// Judges a web probe that never got further than its look-up.
    #[must_use]
    pub fn judge_lookup(&self, attempt: &WebAttempt<'_>, group: &LookupGroup<'_>) -> Finding {
        let failed = |cause, basis, rule| {
            Ruling::new(Verdict::ActiveHttpProbeFailed, Some(cause), rule)
                .leads_to(5, basis, Capability::Local)
                .winhttp(NAME_NOT_RESOLVED)
        };
        let ruling = match group.outcome() {
            LookupOutcome::Resolved(..) => {
                Ruling::new(Verdict::ActiveHttpProbeFailedButDnsSucceeded, Some(Cause::DnsSinkholed), "dns.sinkhole")
                    .leads_to(6, Basis::Inferred, Capability::Local)
                    .doubt(Doubt::Sinkhole)
            }
            LookupOutcome::NoData(..) => failed(Cause::DnsNodata, Basis::Inferred, "dns.nodata"),
            LookupOutcome::Refused(_, answer) => match answer.rcode {
                rcode::NXDOMAIN => failed(Cause::DnsNxdomain, Basis::Documented, "dns.nxdomain"),
                rcode::REFUSED => {
                    failed(Cause::DnsRefused, Basis::Documented, "dns.refused").doubt(Doubt::ResolverFailure)
                }
                _ => failed(Cause::DnsServfail, Basis::Documented, "dns.servfail").doubt(Doubt::ResolverFailure),
            },
            LookupOutcome::Unreadable(..) => {
                let guess = Some(Verdict::ActiveHttpProbeFailed);
                Ruling::incomplete(Cause::TruncatedPackets, guess, "dns.cut").doubt(Doubt::Truncated)
            }
            LookupOutcome::Unanswered(wait) => self
                .by_silence(silence_of(self, group, wait), failed(Cause::DnsTimeout, Basis::Documented, "dns.timeout")),
        };
        let mut finding = self.finding(ruling, attempt.family, group.started(), group.ended());
        self.describe_lookup(&mut finding, group);
        finding.route = None;
        finding
    }

    /// Judges a DNS probe.
    #[must_use]
    pub fn judge_dns_probe(&self, group: &LookupGroup<'_>) -> Option<Finding> {
        let expected = self.world.catalog.dns_probe(&group.name, group.qtype)?.content;
        let failed = |cause, rule| {
            Ruling::new(Verdict::ActiveDnsProbeFailed, Some(cause), rule).leads_to(
                9,
                Basis::Documented,
                Capability::Local,
            )
        };
        let ruling = match group.outcome() {
            LookupOutcome::Resolved(_, answer) if answer.addresses.contains(&expected) => Ruling::new(
                Verdict::ActiveDnsProbeSucceeded,
                None,
                "dns-probe.right",
            )
            .leads_to(8, Basis::Documented, Capability::Internet),
            LookupOutcome::Resolved(..) => failed(Cause::DnsWrongAnswer, "dns-probe.wrong"),
            LookupOutcome::NoData(..) => failed(Cause::DnsNodata, "dns-probe.nodata"),
            LookupOutcome::Refused(_, answer) => match answer.rcode {
                rcode::NXDOMAIN => failed(Cause::DnsNxdomain, "dns-probe.nxdomain"),
                rcode::REFUSED => failed(Cause::DnsRefused, "dns-probe.refused").doubt(Doubt::ResolverFailure),
                _ => failed(Cause::DnsServfail, "dns-probe.servfail").doubt(Doubt::ResolverFailure),
            },
            LookupOutcome::Unreadable(..) => {
                let guess = Some(Verdict::ActiveDnsProbeFailed);
                Ruling::incomplete(Cause::TruncatedPackets, guess, "dns-probe.cut").doubt(Doubt::Truncated)
            }
            LookupOutcome::Unanswered(wait) => {
                self.by_silence(silence_of(self, group, wait), failed(Cause::DnsTimeout, "dns-probe.timeout"))
            }
        };
        let family = family_of_qtype(group.qtype).unwrap_or(Family::V4);
        let mut finding = self.finding(ruling, family, group.started(), group.ended());
        self.describe_lookup(&mut finding, group);
        for lookup in &group.lookups {
            finding.stands_for(lookup.stands_for);
        }
        Some(finding)
    }

    pub(super) fn describe_lookup(&self, finding: &mut Finding, group: &LookupGroup<'_>) {
        finding.prove_lookup(group);
        if let Some(first) = group.lookups.first() {
            finding.client_port = Some(first.client.port());
            finding.server = Some(first.server.ip());
            finding.server_port = Some(first.server.port());
        }
        finding.host = Some(group.name.clone());
        self.add_rivals(finding, group);
    }

    /// Notes a second, different answer to the same question.
    pub(super) fn add_rivals(&self, finding: &mut Finding, group: &LookupGroup<'_>) {
        let (from, to) = (group.started(), group.ended().after(std::time::Duration::from_secs(2)));
        for (name, at, server, addresses) in &self.client.rivals {
            if *name == group.name && at.time >= from && at.time <= to {
                finding.prove(*at, super::Note::RivalAnswer { addresses: addresses.clone(), server: *server });
                if !finding.remarks.contains(&Remark::RivalAnswers) {
                    finding.remarks.push(Remark::RivalAnswers);
                }
            }
        }
    }
}

/// The silence after all copies of a question.
pub(super) fn silence_of(case: &Case<'_>, group: &LookupGroup<'_>, wait: Wait) -> Silence {
    let from = group.started();
    let asked = group.first().map(|first| first.id);
    Silence { from, to: from.after(case.world.settings.deadlines.dns), wait, copies: Some(group.copies()), asked }
}

/// Whether an answer holds only addresses that are no public host's.
#[must_use]
pub fn is_hijack(addresses: &[IpAddr]) -> bool {
    !addresses.is_empty() && addresses.iter().all(|address| is_private(*address))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use crate::probe::correlate::is_null;

    use super::*;

    #[test]
    fn what_is_no_public_address() {
        for text in ["10.0.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.254", "169.254.1.1"] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in ["fd00::1", "fc00::1", "fe80::1", "::ffff:10.0.0.1"] {
            assert!(is_private(text.parse().unwrap()), "{text}");
        }
        for text in ["100.63.255.255", "100.128.0.1", "172.32.0.1", "203.0.113.7", "64:ff9b::a00:1", "2001:db8::1"] {
            assert!(!is_private(text.parse().unwrap()), "{text}");
        }
        assert!(is_null(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) && is_null("::1".parse().unwrap()));
        assert!(is_null("127.0.0.53".parse().unwrap()) && !is_null("10.0.0.1".parse().unwrap()));
    }
}
