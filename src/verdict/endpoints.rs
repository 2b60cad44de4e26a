//! Microsoft 365 endpoint sets that cannot be reached: every attempt of everybody failed, and at one stage.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::absence::{Silence, asked_by};
use super::case::{Case, Ruling};
use super::finding::{Doubt, EndpointDetails, Finding};
use super::roles::Roles;
use crate::probe::attempt::LookupGroup;
use crate::probe::catalog::family_of;
use crate::probe::client::Client;
use crate::probe::endpoints::directory::{Directory, Tag};
use crate::probe::endpoints::matrix::{Cell, Cells, Count, Failure, Proof};
use crate::probe::endpoints::stage::Stage;
use crate::probe::world::World;
use crate::proto::dns::{rcode, rtype};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::assembler::DNS_PORT;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, ExchangeEnd, Lookup, LookupEnd, Wait};
use crate::vocabulary::{Cause, Confidence, Family, Role, Severity, Verdict};

/// Handshakes that must fail: a single one may be an accident, and TLS repeats nothing.
const HANDSHAKES_THAT_TELL: u64 = 2;
/// Names whose absence is certainly no decision of Microsoft: in use for years, and named by its documentation of the
/// sign-in, of Outlook's autodiscover and of certificate checks.
const LASTING_NAMES: &[&str] = &[
    "login.microsoftonline.com",
    "login.windows.net",
    "login.microsoft.com",
    "device.login.microsoftonline.com",
    "autologon.microsoftazuread-sso.com",
    "enterpriseregistration.windows.net",
    "graph.microsoft.com",
    "outlook.office365.com",
    "outlook.office.com",
    "officeclient.microsoft.com",
    "officecdn.microsoft.com",
    "activation.sls.microsoft.com",
    "teams.microsoft.com",
    "crl.microsoft.com",
    "mscrl.microsoft.com",
    "ocsp.digicert.com",
    "crl3.digicert.com",
    "crl4.digicert.com",
];
const DEAD_NAME: Doubt = Doubt::DeadName;
const ADDRESS_ONLY: Doubt = Doubt::ByAddressOnly;
const OTHERS_UNDECIDED: Doubt = Doubt::OthersUndecided;
const BEHIND_THE_PROXY: Doubt = Doubt::BehindTheProxy;

/// All that was done with one set.
#[derive(Debug, Default)]
pub struct Row<'a> {
    /// By client.
    pub cells: Vec<(IpAddr, &'a Cell)>,
    /// Counts of all clients together, by stage.
    pub counts: [Count; 5],
    /// Servers that answered over QUIC: what fails over TCP then need not keep anybody from the set.
    pub over_quic: u64,
}

impl Row<'_> {
    /// Counts of a stage.
    #[must_use]
    pub const fn count(&self, stage: Stage) -> Count {
        self.counts[stage as usize]
    }

    /// The stage at which everything failed, where there is one: no attempt got past it, and none failed elsewhere. Of a
    /// client that uses a proxy a name need not resolve.
    #[must_use]
    pub fn blocked(&self) -> Option<Stage> {
        let fails = |stage: &Stage| self.count(*stage).failed > 0;
        let stage = Stage::ALL.into_iter().rev().find(fails)?;
        let elsewhere =
            |other: Stage| other != stage && fails(&other) && !(other == Stage::Resolved && stage == Stage::Proxy);
        let beyond =
            self.over_quic > 0 || Stage::ALL.into_iter().any(|other| other >= stage && self.count(other).ok > 0);
        (!beyond && !Stage::ALL.into_iter().any(elsewhere)).then_some(stage)
    }
}

/// Every set in use, in the order of the list.
#[must_use]
pub fn rows<'a>(cells: &'a Cells, roles: &Roles) -> BTreeMap<Tag, Row<'a>> {
    let mut rows: BTreeMap<Tag, Row<'a>> = BTreeMap::new();
    for ((tag, client), cell) in cells {
        let row = rows.entry(*tag).or_default();
        let resolver = roles.role(*client) == Role::Resolver;
        for stage in Stage::ALL {
            let count = cell.count(stage);
            let sum = &mut row.counts[stage as usize];
            sum.ok += count.ok;
            // A resolver's question to another is not a client's.
            if !(resolver && stage == Stage::Resolved) {
                sum.failed += count.failed;
            }
        }
        row.over_quic += cell.over_quic();
        row.cells.push((*client, cell));
    }
    rows
}

/// Required sets that cannot be reached, by the client that finds them so.
#[derive(Default)]
pub struct Unreachable<'a> {
    of: HashMap<IpAddr, Vec<Blocked<'a>>, foldhash::fast::RandomState>,
}

/// A set that one client cannot reach.
struct Blocked<'a> {
    tag: Tag,
    cell: &'a Cell,
    stage: Stage,
    /// Attempts of all clients that failed there.
    failed: u64,
}

impl<'a> Unreachable<'a> {
    /// Finds them.
    #[must_use]
    pub fn of(world: &World, roles: &Roles, cells: &'a Cells) -> Self {
        let mut all = Self::default();
        if world.rewriting.suspected() {
            return all;
        }
        for (tag, row) in rows(cells, roles) {
            let Some(stage) = row.blocked().filter(|_| world.directory.required(tag.set)) else { continue };
            let failed = row.count(stage).failed;
            if stage == Stage::Tls && failed < HANDSHAKES_THAT_TELL {
                continue;
            }
            for (address, cell) in &row.cells {
                if matches!(roles.role(*address), Role::Client | Role::Resolver) {
                    let blocked = Blocked { tag, cell, stage, failed };
                    all.of.entry(*address).or_default().push(blocked);
                }
            }
        }
        all
    }

    /// Findings about one client, one for each set.
    #[must_use]
    pub fn judge(&self, world: &World, address: IpAddr, client: &Client) -> Vec<Finding> {
        let Some(blocked) = self.of.get(&address) else { return Vec::new() };
        let case = Case { world, address, client };
        blocked.iter().filter_map(|one| case.judge_set(one.tag, one.cell, one.stage, one.failed)).collect()
    }
}

/// The tag of a set, as findings carry it.
#[must_use]
pub fn details_of(directory: &Directory, tag: Tag, stage: Option<Stage>) -> EndpointDetails {
    let set = directory.set(tag.set);
    EndpointDetails {
        id: set.map(|set| set.id),
        area: set.map(|set| set.service_area.clone()).unwrap_or_default(),
        category: directory.category(tag.set).map(|category| category.name().to_owned()),
        required: set.is_some_and(|set| set.required),
        express_route: set.is_some_and(|set| set.express_route),
        purpose: tag.purpose,
        stage: stage.map(|stage| stage.name().to_owned()),
        attempts: 0,
    }
}

/// Tags a finding with the set that its name belongs to, or its server's address where no name is known.
pub fn tag(directory: &Directory, finding: &mut Finding) {
    if finding.details.endpoint.is_some() {
        return;
    }
    let port = finding.server_port.filter(|port| *port != DNS_PORT);
    let tag = match (&finding.host, finding.server, port) {
        (Some(host), _, port) => directory.of_name(host, port).map(|tagged| tagged.tag),
        (None, Some(server), Some(port)) => directory.of_address(server, port),
        (None, ..) => None,
    };
    finding.details.endpoint = tag.map(|tag| Box::new(details_of(directory, tag, None)));
}

/// What one failure proves: a ruling, its moment, and the finding that shows it.
struct Judged {
    ruling: Ruling,
    family: Family,
    ended: CaptureTime,
}

impl Case<'_> {
    fn judge_set(&self, tag: Tag, cell: &Cell, stage: Stage, attempts: u64) -> Option<Finding> {
        let kept: Vec<&Failure> = cell.failures(stage).collect();
        let mut judged: Vec<(&Failure, Judged)> = Vec::new();
        for failure in &kept {
            if let Some(one) = self.judge_failure(failure).filter(|one| one.ruling.verdict != Verdict::Incomplete) {
                judged.push((failure, one));
            }
        }
        if stage == Stage::Tls && u64::try_from(judged.len()).is_ok_and(|number| number < HANDSHAKES_THAT_TELL) {
            return None;
        }
        let (first, decisive) = judged.first()?;
        let mut ruling = decisive.ruling.clone();
        for (failure, one) in &judged {
            for doubt in &one.ruling.doubts {
                ruling = ruling.doubt(doubt.clone());
            }
            ruling = ruling.doubt_if(failure.name.is_none(), ADDRESS_ONLY);
        }
        // A single refusal may be an accident; a silence counts its own copies.
        let single = attempts < 2 && !matches!(ruling.cause, Some(Cause::TcpTimeout | Cause::DnsTimeout));
        ruling = ruling.doubt_if(single, Doubt::SingleCopy);
        let full = self.world.endpoints.refused > 0 || self.client.dropped > 0 || self.world.clients.refused > 0;
        ruling = ruling.doubt_if(judged.len() < kept.len(), OTHERS_UNDECIDED).doubt_if(full, Doubt::Evicted);
        let ended = judged.iter().map(|(_, one)| one.ended).max()?;
        let mut finding = self.finding(ruling, decisive.family, first.at.time, ended);
        finding.host.clone_from(&first.name);
        for (failure, _) in judged.iter().rev() {
            prove(&mut finding, failure);
        }
        let count = cell.count(stage).failed;
        finding.details.endpoint = Some(Box::new(EndpointDetails {
            attempts: u32::try_from(count).unwrap_or(u32::MAX),
            ..details_of(&self.world.directory, tag, Some(stage))
        }));
        finding.severity = match finding.confidence {
            Confidence::Low => Severity::Warning,
            Confidence::Medium | Confidence::High => Severity::Error,
        };
        Some(finding)
    }

    fn judge_failure(&self, failure: &Failure) -> Option<Judged> {
        match failure.proof()? {
            Proof::Lookup(lookup) => self.judge_name(&lookup),
            Proof::Connection(attempted) => self.judge_connection(&attempted),
            Proof::Exchange(exchange) => self.judge_request(&exchange, failure.stage),
            Proof::Handshake(handshake) => {
                let own = self.handshake_ruling(&handshake, &mut Vec::new())?;
                if !matches!(own.verdict, Verdict::TlsHandshakeFailed | Verdict::TlsIntercepted) {
                    return None;
                }
                let mut ruling = unreachable_by(own.cause?, "endpoint.tls");
                ruling.doubts = own.doubts;
                let family = family_of(handshake.connection.server.ip());
                Some(Judged { ruling, family, ended: handshake.ended })
            }
        }
    }

    fn judge_name(&self, lookup: &Lookup) -> Option<Judged> {
        let by = |cause| unreachable_by(cause, "endpoint.dns");
        let lasting = LASTING_NAMES.contains(&lookup.name.as_str());
        let ruling = match (&lookup.answer, lookup.end) {
            (Some(answer), _) if !answer.addresses.is_empty() => by(Cause::DnsSinkholed),
            (Some(answer), _) => match answer.rcode {
                rcode::NXDOMAIN => by(Cause::DnsNxdomain).doubt_if(!lasting, DEAD_NAME),
                rcode::NOERROR => by(Cause::DnsNodata).doubt_if(!lasting, DEAD_NAME),
                rcode::REFUSED => by(Cause::DnsRefused).doubt(Doubt::ResolverFailure),
                _ => by(Cause::DnsServfail).doubt(Doubt::ResolverFailure),
            },
            (None, LookupEnd::Unanswered(wait)) => {
                let from = lookup.first().time;
                let to = from.after(self.world.settings.deadlines.dns);
                let asked = Some(lookup.first().id);
                let silence = Silence { from, to, wait, copies: Some(lookup.queries.len()), asked };
                self.by_silence(silence, by(Cause::DnsTimeout))
            }
            (None, LookupEnd::Answered) => return None,
        };
        let family = if lookup.qtype == rtype::AAAA { Family::V6 } else { Family::V4 };
        Some(Judged { ruling, family, ended: lookup.ended })
    }

    fn judge_connection(&self, attempted: &Attempted) -> Option<Judged> {
        let deadlines = self.world.settings.deadlines;
        let by = |cause| unreachable_by(cause, "endpoint.connect");
        let ruling = match attempted.end {
            AttemptedEnd::Refused(_) => by(Cause::TcpReset),
            AttemptedEnd::Unreachable => by(Cause::IcmpUnreachable),
            AttemptedEnd::Unanswered(wait) => {
                let from = attempted.connection.first.time;
                let copies = Some(attempted.connection.syns.len());
                let asked = Some(attempted.connection.first.id);
                let silence = Silence { from, to: from.after(deadlines.connect), wait, copies, asked };
                self.by_silence(silence, by(Cause::TcpTimeout))
            }
            AttemptedEnd::Silent => return None,
        };
        let family = family_of(attempted.connection.server.ip());
        Some(Judged { ruling, family, ended: attempted.ended(deadlines) })
    }

    fn judge_request(&self, exchange: &Exchange, stage: Stage) -> Option<Judged> {
        let at_proxy = stage == Stage::Proxy;
        let by = |cause| unreachable_by(cause, if at_proxy { "endpoint.proxy" } else { "endpoint.http" });
        let ruling = match (&exchange.end, exchange.status()) {
            // A proxy that asks everything for credentials is no matter of this set.
            (ExchangeEnd::Answered, Some(407)) if at_proxy && !self.passes_others(exchange) => return None,
            (ExchangeEnd::Answered, Some(407)) if at_proxy => self.challenge(exchange),
            (ExchangeEnd::Answered, Some(502..=504)) if at_proxy => {
                by(Cause::ProxyUpstreamFailure).doubt(BEHIND_THE_PROXY)
            }
            (ExchangeEnd::Answered, Some(_)) if at_proxy => by(Cause::ProxyDenied),
            (ExchangeEnd::Answered, Some(407)) => by(Cause::HttpInterceptAuth),
            (ExchangeEnd::Answered, Some(300..=399)) => by(Cause::HttpRedirect),
            (ExchangeEnd::Answered, Some(403 | 451)) => by(Cause::HttpBlocked),
            (ExchangeEnd::Answered, Some(_)) => by(Cause::HttpStatus),
            (ExchangeEnd::NotHttp { .. }, _) => by(Cause::HttpInvalid),
            (ExchangeEnd::Reset { .. }, _) => by(Cause::HttpReset).doubt(Doubt::AmbiguousReset),
            (ExchangeEnd::Closed { .. }, _) => by(Cause::HttpClosed).doubt(Doubt::AmbiguousRefusal),
            (ExchangeEnd::Unreachable, _) => by(Cause::IcmpUnreachable),
            (ExchangeEnd::Unanswered(wait), _) => {
                self.by_silence(self.response_silence(exchange, *wait)?, by(Cause::HttpTimeout))
            }
            (ExchangeEnd::Answered, None) | (ExchangeEnd::NotCaptured, _) => return None,
        };
        let family = family_of(exchange.server().ip());
        Some(Judged { ruling, family, ended: exchange.ended })
    }

    /// Whether the proxy lets other requests of this client pass.
    fn passes_others(&self, exchange: &Exchange) -> bool {
        let host = exchange.request.as_ref().and_then(|request| request.head.host.as_deref());
        self.client.proxy_uses.iter().any(|one| {
            one.proxy == exchange.server()
                && one.host.as_deref() != host
                && !one.probe
                && one.status.is_some_and(|status| (200..400).contains(&status))
        })
    }

    /// A 407 that nothing got past: after credentials it is a refusal, without any it is the silence that follows.
    fn challenge(&self, exchange: &Exchange) -> Ruling {
        let by = |cause| unreachable_by(cause, "endpoint.proxy");
        let sent = exchange.request.as_ref().and_then(|request| request.head.proxy_authorization.as_ref());
        if sent.is_some_and(|credential| !credential.begins()) {
            return by(Cause::ProxyAuthRejected);
        }
        let from = exchange.ended;
        let to = from.after(self.world.settings.deadlines.response);
        let end = self.world.span.map_or(from, |(_, end)| end);
        let wait = if end >= to { Wait::Elapsed } else { Wait::Cut { missing: to.since(end) } };
        let asked = asked_by(exchange);
        self.by_silence(Silence { from, to, wait, copies: None, asked }, by(Cause::ProxyAuthUnanswered))
    }
}

fn unreachable_by(cause: Cause, rule: &'static str) -> Ruling {
    Ruling::new(Verdict::EndpointSetUnreachable, Some(cause), rule)
}

/// Puts a failure into the evidence; what is proved last names server and port.
fn prove(finding: &mut Finding, failure: &Failure) {
    let Some(proof) = failure.proof() else { return };
    match &proof {
        Proof::Lookup(lookup) => {
            let group = LookupGroup { name: lookup.name.clone(), qtype: lookup.qtype, lookups: vec![lookup] };
            finding.prove_lookup(&group);
            finding.server = Some(lookup.server.ip());
            finding.server_port = Some(lookup.server.port());
        }
        Proof::Connection(attempted) => {
            finding.prove_failed(attempted);
            finding.decided_on(&attempted.connection, false);
        }
        Proof::Exchange(exchange) => {
            finding.prove_exchange(exchange);
            let proxied = exchange.request.as_ref().is_some_and(|request| request.head.is_proxied());
            finding.decided_on(&exchange.connection, proxied);
        }
        Proof::Handshake(handshake) => {
            finding.prove_handshake(handshake);
            finding.decided_on(&handshake.connection, handshake.tunnel.is_some());
        }
    }
}

/// The first packet that shows a failure at `stage`, for a row of the table.
#[must_use]
pub fn first_failure(row: &Row<'_>, stage: Stage) -> Option<PacketRef> {
    row.cells.iter().filter_map(|(_, cell)| cell.failures(stage).map(|failure| failure.at).next()).min()
}
