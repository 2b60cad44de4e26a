//! Other systems' checks: requests, and what certainly belongs to one though no request was sent.

use std::time::Duration;

use super::direct::{Try, grouped};
use super::lookups::{Unused, lookup_groups};
use super::{CONNECTS_ANYWAY, PROXY_FOLLOWS, REORDERED, any_within, is_null};
use crate::probe::attempt::{Attempt, LookupOutcome, WebAttempt};
use crate::probe::catalog::{Asked, family_of, family_of_qtype};
use crate::probe::client::Client;
use crate::probe::os_checks::{self, OsCheck};
use crate::probe::world::World;
use crate::proto::dns::rtype;
use crate::time::CaptureTime;
use crate::transaction::{AttemptedEnd, Exchange};
use crate::vocabulary::Family;

/// A connection so long after the look-up may have another cause.
const CERTAIN: Duration = Duration::from_secs(60);

/// The check that an exchange is.
fn check_of(world: &World, exchange: &Exchange) -> Option<&'static OsCheck> {
    let head = &exchange.request.as_ref()?.head;
    let check = os_checks::asked(head)?;
    (exchange.tunnel.is_none() && world.catalog.asked(head) == Asked::Other).then_some(check)
}

/// All checks of one client.
pub(super) fn os_checks<'a>(world: &'a World, client: &'a Client, asks_itself: bool) -> Vec<Attempt<'a>> {
    let mut tries = Vec::new();
    let mut attempts: Vec<(&'static OsCheck, WebAttempt<'a>)> = Vec::new();
    for exchange in &client.exchanges {
        let Some(check) = check_of(world, exchange) else { continue };
        let proxied = exchange.request.as_ref().is_some_and(|request| request.head.is_proxied());
        if !proxied {
            tries.push((Try::Asked(exchange), Some(check.host.to_owned()), false));
        } else if exchange.status() != Some(407) {
            // A 407 has a rule of its own, whatever was asked for.
            attempts.push((check, through_proxy(check, exchange)));
        }
    }
    for attempted in &client.failed {
        let connection = &attempted.connection;
        if connection.server.port() != 80 || attempted.end == AttemptedEnd::Silent {
            continue;
        }
        let mut names = client.names_of(connection.server.ip(), connection.first.time);
        let (Some(named), None) = (names.next(), names.next()) else { continue };
        if os_checks::by_name(&named.name).is_some() && connection.first.time.since(named.at) <= CERTAIN {
            tries.push((Try::Failed(attempted), Some(named.name.clone()), false));
        }
    }
    let wanted = |name: &str, qtype: u16| family_of_qtype(qtype).is_some() && os_checks::by_name(name).is_some();
    let groups = if asks_itself { lookup_groups(world, client, wanted) } else { Vec::new() };
    let mut unused = Unused::new(groups);
    for mut web in grouped(world, tries) {
        web.lookup = unused.take_for(&web);
        let asked = web.decisive().and_then(|exchange| check_of(world, exchange));
        let check = asked.or_else(|| web.host.as_deref().and_then(os_checks::by_name));
        attempts.extend(check.map(|check| (check, web)));
    }
    let started: Vec<(Option<String>, CaptureTime)> =
        attempts.iter().map(|(_, web)| (web.host.clone(), web.started())).collect();
    let mut by_proxy: Vec<CaptureTime> = client.proxy_uses.iter().map(|one| one.at).collect();
    by_proxy.sort_unstable();
    let rest: Vec<_> = unused.rest().collect();
    let resolved_v6: Vec<(&str, CaptureTime)> = rest
        .iter()
        .filter(|group| group.qtype == rtype::AAAA && matches!(group.outcome(), LookupOutcome::Resolved(..)))
        .map(|group| (group.name.as_str(), group.started()))
        .collect();
    // Names without IPv6 are common, and IPv4 decides: a look-up of type AAAA that fails says nothing.
    for group in rest.iter().filter(|group| group.qtype == rtype::A) {
        let (from, to) = (group.started().before(REORDERED), group.ended().after(CONNECTS_ANYWAY));
        let tells = match group.outcome() {
            LookupOutcome::Resolved(_, answer) => answer.addresses.iter().all(|address| is_null(*address)),
            LookupOutcome::NoData(..) => {
                let near = |at: CaptureTime| at.distance(group.started()) <= CONNECTS_ANYWAY;
                !resolved_v6.iter().any(|(name, at)| *name == group.name && near(*at))
            }
            _ => true,
        };
        let went_on =
            started.iter().any(|(host, at)| host.as_deref() == Some(group.name.as_str()) && *at >= from && *at <= to);
        let Some(check) = os_checks::by_name(&group.name) else { continue };
        if tells && !went_on && !any_within(&by_proxy, from, to.after(PROXY_FOLLOWS)) {
            let host = Some(group.name.clone());
            attempts.push((check, WebAttempt { host, lookup: Some(group.clone()), ..nothing(Family::V4) }));
        }
    }
    attempts.into_iter().map(|(check, web)| Attempt::OsCheck(check, web)).collect()
}

fn nothing<'a>(family: Family) -> WebAttempt<'a> {
    WebAttempt { family, host: None, lookup: None, failed: Vec::new(), legs: Vec::new(), proxy: None, shared: false }
}

fn through_proxy<'a>(check: &OsCheck, exchange: &'a Exchange) -> WebAttempt<'a> {
    let family = family_of(exchange.server().ip());
    let proxy = Some(exchange.server());
    WebAttempt { host: Some(check.host.to_owned()), legs: vec![exchange], proxy, ..nothing(family) }
}
