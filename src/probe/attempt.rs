//! An attempt: all that belongs to one try of one client to find out something, ready to be judged.

use std::net::SocketAddr;

use super::catalog::LookAlike;
use super::os_checks::OsCheck;
use super::told::ToldPac;
use crate::proto::dns::rcode;
use crate::settings::Deadlines;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::{
    Attempted, AttemptedEnd, Exchange, Handshake, Lookup, LookupAnswer, LookupEnd, NameCall, Wait,
};
use crate::vocabulary::Family;

/// One try of one client.
#[derive(Clone, Debug)]
pub enum Attempt<'a> {
    /// An HTTP probe: look-up, addresses tried, request and authentication legs.
    Web(WebAttempt<'a>),
    /// A DNS probe.
    Dns(LookupGroup<'a>),
    /// Somebody else asked for the probe URL.
    LookAlike(&'a Exchange, LookAlike),
    /// Another system's connectivity check.
    OsCheck(&'static OsCheck, WebAttempt<'a>),
    /// A 407 that a request met which is no probe, with the legs before it.
    ProxyRefusal(Vec<&'a Exchange>),
    /// TLS handshakes: one, or a series with falling versions.
    Tls(Vec<&'a Handshake>),
    /// The name of a known proxy did not resolve.
    ProxyName(LookupGroup<'a>),
    /// A search for a proxy.
    Discovery(DiscoveryAttempt<'a>),
}

/// An HTTP probe with all its legs.
#[derive(Clone, Debug)]
pub struct WebAttempt<'a> {
    /// Address family.
    pub family: Family,
    /// Name of the probe server, where known.
    pub host: Option<String>,
    /// The look-up behind it.
    pub lookup: Option<LookupGroup<'a>>,
    /// Addresses that were tried in vain, in order.
    pub failed: Vec<&'a Attempted>,
    /// Requests in order; the last one decides.
    pub legs: Vec<&'a Exchange>,
    /// The explicit proxy, where one was used or meant.
    pub proxy: Option<SocketAddr>,
    /// The addresses tried may have been meant for something else.
    pub shared: bool,
}

/// A search for a proxy: names asked for, addresses tried, requests for the PAC file, each in order.
#[derive(Clone, Debug, Default)]
pub struct DiscoveryAttempt<'a> {
    /// Look-ups of `wpad` names.
    pub lookups: Vec<LookupGroup<'a>>,
    /// Calls for `wpad` on the link, and answers to them.
    pub calls: Vec<&'a NameCall>,
    /// Connections to what those names led to that could not be opened.
    pub failed: Vec<&'a Attempted>,
    /// Requests for the PAC file.
    pub fetches: Vec<&'a Exchange>,
    /// PAC files that the client's leases name (DHCP option 252).
    pub told: Vec<ToldPac>,
    /// First packet.
    pub started: CaptureTime,
    /// The PAC file's last byte, or the last sign of the search.
    pub ended: CaptureTime,
}

/// All copies of one question, to all servers.
#[derive(Clone, Debug)]
pub struct LookupGroup<'a> {
    /// Name asked for.
    pub name: String,
    /// Type asked for.
    pub qtype: u16,
    /// Look-ups in the order of their first packets.
    pub lookups: Vec<&'a Lookup>,
}

/// What a group of look-ups came to.
#[derive(Clone, Copy, Debug)]
pub enum LookupOutcome<'a> {
    /// Addresses.
    Resolved(&'a Lookup, &'a LookupAnswer),
    /// The name exists without such an address.
    NoData(&'a Lookup, &'a LookupAnswer),
    /// Another response code: NXDOMAIN, SERVFAIL, REFUSED.
    Refused(&'a Lookup, &'a LookupAnswer),
    /// An answer came, and the capture has too little of it.
    Unreadable(&'a Lookup, &'a LookupAnswer),
    /// No answer.
    Unanswered(Wait),
}

impl<'a> LookupGroup<'a> {
    /// Whether an answer ends the look-up: addresses, "no such name", "no such address". Windows asks the next server
    /// after SERVFAIL and REFUSED, and repeats over TCP after a truncated answer.
    #[must_use]
    pub fn is_final(answer: &LookupAnswer) -> bool {
        !answer.truncated && matches!(answer.rcode, rcode::NOERROR | rcode::NXDOMAIN)
    }

    /// What the group came to.
    #[must_use]
    pub fn outcome(&self) -> LookupOutcome<'a> {
        let answers = || self.lookups.iter().filter_map(|&lookup| Some((lookup, lookup.answer.as_ref()?)));
        let last_word = answers().filter(|(_, answer)| Self::is_final(answer)).min_by_key(|(_, answer)| answer.at);
        if let Some((lookup, answer)) = last_word {
            return match answer.rcode {
                rcode::NOERROR if !answer.addresses.is_empty() => LookupOutcome::Resolved(lookup, answer),
                rcode::NOERROR if !answer.whole => LookupOutcome::Unreadable(lookup, answer),
                rcode::NOERROR => LookupOutcome::NoData(lookup, answer),
                _ => LookupOutcome::Refused(lookup, answer),
            };
        }
        if let Some((lookup, answer)) = answers().filter(|(_, answer)| !answer.truncated).max_by_key(|(_, a)| a.at) {
            return LookupOutcome::Refused(lookup, answer);
        }
        if let Some((lookup, answer)) = answers().max_by_key(|(_, answer)| answer.at) {
            return LookupOutcome::Unreadable(lookup, answer);
        }
        let longest = self.lookups.iter().filter_map(|lookup| match lookup.end {
            LookupEnd::Unanswered(Wait::Cut { missing }) => Some(missing),
            _ => None,
        });
        let elapsed = self.lookups.iter().any(|lookup| lookup.end == LookupEnd::Unanswered(Wait::Elapsed));
        match longest.min() {
            Some(missing) if !elapsed => LookupOutcome::Unanswered(Wait::Cut { missing }),
            _ => LookupOutcome::Unanswered(Wait::Elapsed),
        }
    }

    /// First packet.
    #[must_use]
    pub fn first(&self) -> Option<PacketRef> {
        self.lookups.iter().map(|lookup| lookup.first()).min()
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> CaptureTime {
        self.first().map_or(CaptureTime::MIN, |first| first.time)
    }

    /// When it was decided.
    #[must_use]
    pub fn ended(&self) -> CaptureTime {
        match self.outcome() {
            LookupOutcome::Resolved(_, answer)
            | LookupOutcome::NoData(_, answer)
            | LookupOutcome::Refused(_, answer)
            | LookupOutcome::Unreadable(_, answer) => answer.at.time,
            LookupOutcome::Unanswered(_) => {
                self.lookups.iter().map(|lookup| lookup.ended).max().unwrap_or(CaptureTime::MIN)
            }
        }
    }

    /// Copies of the question, to all servers.
    #[must_use]
    pub fn copies(&self) -> usize {
        self.lookups.iter().map(|lookup| lookup.queries.len()).sum()
    }
}

impl<'a> WebAttempt<'a> {
    /// The leg that decides.
    #[must_use]
    pub fn decisive(&self) -> Option<&'a Exchange> {
        self.legs.last().copied()
    }

    /// When it began.
    #[must_use]
    pub fn started(&self) -> CaptureTime {
        let lookup = self.lookup.as_ref().map(LookupGroup::started);
        let failed = self.failed.iter().map(|attempted| attempted.connection.first.time);
        let legs = self.legs.iter().map(|leg| leg.connection_start().time);
        lookup.into_iter().chain(failed).chain(legs).min().unwrap_or(CaptureTime::MIN)
    }
}

impl Attempted {
    /// When it was decided.
    #[must_use]
    pub fn ended(&self, deadlines: Deadlines) -> CaptureTime {
        match self.end {
            AttemptedEnd::Unanswered(Wait::Elapsed) => self.connection.first.time.after(deadlines.connect),
            AttemptedEnd::Unanswered(Wait::Cut { .. }) | AttemptedEnd::Silent => self.connection.last.time,
            AttemptedEnd::Refused(mark) => mark.at.time,
            AttemptedEnd::Unreachable => self.connection.icmp.map_or(self.connection.last.time, |(at, ..)| at.time),
        }
    }
}
