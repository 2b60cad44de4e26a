//! The connection stage: addresses are known, and none of them answers.

use std::net::IpAddr;

use super::absence::Silence;
use super::case::{Case, Ruling};
use super::dns::is_hijack;
use super::finding::{Doubt, Finding};
use crate::probe::attempt::{LookupGroup, LookupOutcome, WebAttempt};
use crate::probe::correlate::NEXT_ADDRESS;
use crate::transaction::{Attempted, AttemptedEnd};
use crate::vocabulary::{Basis, Capability, Cause, Verdict};

/// WinHTTP: cannot connect.
const CANNOT_CONNECT: u32 = 12029;

impl Case<'_> {
    /// Judges a web probe whose connections all failed; `last` is the last of them.
    #[must_use]
    pub fn judge_unreachable(&self, attempt: &WebAttempt<'_>, last: &Attempted) -> Finding {
        let ended = last.ended(self.world.settings.deadlines);
        let ruling = if attempt.proxy.is_some() {
            self.connect_ruling(last, proxy_ruling())
        } else {
            let hijacked = attempt.lookup.as_ref().is_some_and(|group| match group.outcome() {
                LookupOutcome::Resolved(_, answer) => is_hijack(&answer.addresses),
                _ => false,
            });
            let direct = |cause, rule| {
                Ruling::new(Verdict::ActiveHttpProbeFailedButDnsSucceeded, Some(cause), rule)
                    .leads_to(6, Basis::Documented, Capability::Local)
                    .winhttp(CANNOT_CONNECT)
            };
            let ruling = match last.end {
                _ if hijacked => direct(Cause::DnsHijacked, "reach.hijacked"),
                AttemptedEnd::Refused(_) => direct(Cause::TcpReset, "reach.refused"),
                AttemptedEnd::Unreachable => direct(Cause::IcmpUnreachable, "reach.unreachable"),
                AttemptedEnd::Unanswered(_) | AttemptedEnd::Silent => direct(Cause::TcpTimeout, "reach.timeout"),
            };
            self.unless_another_follows(attempt, last, self.connect_ruling(last, ruling))
        };
        let ruling = ruling.doubt_if(attempt.shared, Doubt::SharedAddress);
        let mut finding = self.finding(ruling, attempt.family, attempt.started(), ended);
        if let Some(group) = &attempt.lookup {
            finding.prove_lookup(group);
            self.add_rivals(&mut finding, group);
        }
        for failed in &attempt.failed {
            finding.prove_failed(failed);
        }
        finding.decided_on(&last.connection, attempt.proxy.is_some());
        finding.host.clone_from(&attempt.host);
        finding
    }

    /// Windows takes the next address at once. Where the capture ends before it could, nothing is decided.
    fn unless_another_follows(&self, attempt: &WebAttempt<'_>, last: &Attempted, ruling: Ruling) -> Ruling {
        let Some(LookupOutcome::Resolved(_, answer)) = attempt.lookup.as_ref().map(LookupGroup::outcome) else {
            return ruling;
        };
        let tried = |address: &IpAddr| attempt.failed.iter().any(|failed| failed.connection.server.ip() == *address);
        let next = last.ended(self.world.settings.deadlines).after(NEXT_ADDRESS);
        let end = self.world.span.map_or(next, |(_, end)| end);
        if end >= next || answer.addresses.iter().all(tried) {
            return ruling;
        }
        let guess = Some(ruling.verdict);
        Ruling::incomplete(Cause::CaptureEnded, guess, "reach.next-address")
            .doubt(Doubt::DeadlineOutside { missing: next.since(end) })
    }

    /// The same ruling, as far as the silence proves it.
    fn connect_ruling(&self, last: &Attempted, ruling: Ruling) -> Ruling {
        let AttemptedEnd::Unanswered(wait) = last.end else { return ruling };
        let from = last.connection.first.time;
        let to = from.after(self.world.settings.deadlines.connect);
        let (copies, asked) = (Some(last.connection.syns.len()), Some(last.connection.first.id));
        self.by_silence(Silence { from, to, wait, copies, asked }, ruling)
    }
}

fn proxy_ruling() -> Ruling {
    Ruling::new(Verdict::ActiveHttpProbeFailed, Some(Cause::ProxyUnreachable), "proxy.unreachable")
        .leads_to(5, Basis::Documented, Capability::None)
        .winhttp(CANNOT_CONNECT)
}
