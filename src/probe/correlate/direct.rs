//! Direct probes, and requests that only look like them.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Kin, NEXT_ADDRESS};
use crate::probe::attempt::{Attempt, WebAttempt};
use crate::probe::catalog::{Asked, LookAlike, family_of};
use crate::probe::client::{Client, Named};
use crate::probe::world::World;
use crate::proto::http::Extent;
use crate::time::CaptureTime;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, ExchangeEnd};

/// One way to reach a probe server directly.
pub(super) enum Try<'a> {
    Failed(&'a Attempted),
    Asked(&'a Exchange),
}

impl Try<'_> {
    fn start(&self) -> CaptureTime {
        match self {
            Self::Failed(attempted) => attempted.connection.first.time,
            Self::Asked(exchange) => exchange.connection_start().time,
        }
    }
    fn end(&self, world: &World) -> CaptureTime {
        match self {
            Self::Failed(attempted) => attempted.ended(world.settings.deadlines),
            Self::Asked(exchange) => exchange.ended,
        }
    }
    fn server(&self) -> SocketAddr {
        match self {
            Self::Failed(attempted) => attempted.connection.server,
            Self::Asked(exchange) => exchange.connection.server,
        }
    }
    fn is_answered(&self) -> bool {
        match self {
            Self::Failed(_) => false,
            Self::Asked(exchange) => {
                matches!(exchange.end, ExchangeEnd::Answered | ExchangeEnd::NotHttp { .. } | ExchangeEnd::NotCaptured)
            }
        }
    }
}

/// Direct probes: every address tried before the first answer is one attempt.
pub(super) fn direct_tries<'a>(world: &'a World, client: &'a Client, kin: &'a Kin<'_>) -> Vec<WebAttempt<'a>> {
    let mut tries: Vec<(Try<'a>, Option<String>, bool)> = Vec::new();
    for exchange in &client.exchanges {
        let host = match &exchange.request {
            Some(request) => {
                let asked = world.catalog.asked(&request.head);
                let cut = asked == Asked::Other
                    && request.head.extent == Extent::StartLine
                    && probe_name(world, client, kin, exchange.server(), exchange.started.time).is_some();
                let probe = cut || matches!(asked, Asked::Probe | Asked::CustomProbe | Asked::ProbeCut);
                if !probe || request.head.is_proxied() {
                    continue;
                }
                let told = client.name_of(exchange.server().ip(), exchange.started.time).map(str::to_owned);
                request.head.host.clone().or(told)
            }
            None => probe_name(world, client, kin, exchange.server(), exchange.started.time).map(|(name, _)| name),
        };
        tries.push((Try::Asked(exchange), host, false));
    }
    for attempted in &client.failed {
        let connection = &attempted.connection;
        if connection.server.port() != 80 || attempted.end == AttemptedEnd::Silent {
            continue;
        }
        let Some((name, shared)) = probe_name(world, client, kin, connection.server, connection.first.time) else {
            continue;
        };
        tries.push((Try::Failed(attempted), Some(name), shared));
    }
    grouped(world, tries)
}

/// Ways to reach a server of a name: every address tried before the first answer is one attempt.
pub(super) fn grouped<'a>(world: &World, mut tries: Vec<(Try<'a>, Option<String>, bool)>) -> Vec<WebAttempt<'a>> {
    tries.sort_by_key(|(one, ..)| one.start());
    let mut attempts: Vec<(WebAttempt<'a>, bool, CaptureTime, SocketAddr)> = Vec::new();
    for (one, host, shared) in tries {
        let (start, end, server) = (one.start(), one.end(world), one.server());
        let family = family_of(server.ip());
        let open = attempts.iter_mut().rev().take(8).find(|(attempt, answered, ended, last)| {
            !answered
                && attempt.family == family
                && attempt.host == host
                && *last != server
                && start <= ended.after(NEXT_ADDRESS)
        });
        let (attempt, answered, ended, last) = match open {
            Some(open) => open,
            None => {
                attempts.push((
                    WebAttempt {
                        family,
                        host,
                        lookup: None,
                        failed: Vec::new(),
                        legs: Vec::new(),
                        proxy: None,
                        shared: false,
                    },
                    false,
                    end,
                    server,
                ));
                let Some(new) = attempts.last_mut() else { continue };
                new
            }
        };
        *answered = one.is_answered();
        *ended = end;
        *last = server;
        match one {
            Try::Failed(attempted) => {
                attempt.failed.push(attempted);
                attempt.shared |= shared;
            }
            Try::Asked(exchange) => attempt.legs.push(exchange),
        }
    }
    attempts.into_iter().map(|(attempt, ..)| attempt).collect()
}

/// The probe name that led this client to an address, and whether the connection may belong to something else: another
/// name led there, too, or the answer was old.
fn probe_name(
    world: &World,
    client: &Client,
    kin: &Kin<'_>,
    server: SocketAddr,
    when: CaptureTime,
) -> Option<(String, bool)> {
    let family = family_of(server.ip());
    let mut found: Option<&Named> = None;
    let mut others = false;
    let told = std::iter::once(client).chain(kin.same.iter().map(AsRef::as_ref));
    for named in told.flat_map(|client| client.names_of(server.ip(), when)) {
        if world.catalog.web_host(&named.name) == Some(family) {
            found = Some(named);
        } else {
            others = true;
        }
    }
    if found.is_none() {
        let told = kin.perhaps.iter().flat_map(|client| client.names_of(server.ip(), when));
        found = told.filter(|named| world.catalog.web_host(&named.name) == Some(family)).last();
        others = true;
    }
    let named = found?;
    let old = when.since(named.at) > Duration::from_secs(60);
    Some((named.name.clone(), others || old))
}

pub(super) fn look_alikes<'a>(world: &'a World, client: &'a Client) -> impl Iterator<Item = Attempt<'a>> {
    client.exchanges.iter().filter_map(|exchange| {
        let request = exchange.request.as_ref()?;
        match world.catalog.asked(&request.head) {
            // A 407 to a CONNECT is judged as one, whatever it was for.
            Asked::LookAlike(LookAlike::Tunnel) if exchange.status() == Some(407) => None,
            Asked::LookAlike(kind) => Some(Attempt::LookAlike(exchange, kind)),
            _ => None,
        }
    })
}
