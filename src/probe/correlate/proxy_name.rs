//! Names of known proxies that did not resolve.

use std::time::Duration;

use super::any_within;
use super::lookups::groups_of;
use crate::probe::attempt::{LookupGroup, LookupOutcome};
use crate::probe::catalog::family_of_qtype;
use crate::probe::client::Client;
use crate::probe::world::World;
use crate::time::CaptureTime;
use crate::vocabulary::Family;

/// Questions for both families of one name are asked together.
const ASKED_TOGETHER: Duration = Duration::from_secs(12);
/// What follows a failed look-up within this time shows that the client found another way.
const ANOTHER_WAY: Duration = Duration::from_secs(60);

/// The first failed look-up of each name of a proxy that the client did not get past: no address of any family, no use of
/// a proxy and no direct probe (`direct`, sorted) after it.
pub(super) fn unresolved_proxies<'a>(
    world: &'a World,
    client: &'a Client,
    direct: &[CaptureTime],
) -> Vec<LookupGroup<'a>> {
    let Some(known) = client.discovery.as_deref() else { return Vec::new() };
    let groups = groups_of(world, known.proxy_lookups.iter());
    let resolved = |group: &LookupGroup<'_>| matches!(group.outcome(), LookupOutcome::Resolved(..));
    let undecided = |group: &LookupGroup<'_>| matches!(group.outcome(), LookupOutcome::Unreadable(..));
    let mut failed: Vec<LookupGroup<'a>> = Vec::new();
    for group in &groups {
        let no_v6 =
            family_of_qtype(group.qtype) == Some(Family::V6) && matches!(group.outcome(), LookupOutcome::NoData(..));
        // That a proxy has no IPv6 address is no failure.
        if resolved(group) || undecided(group) || no_v6 {
            continue;
        }
        let (from, to) = (group.started(), group.ended());
        let near =
            |other: &LookupGroup<'_>| other.name == group.name && other.started().distance(from) <= ASKED_TOGETHER;
        let answered = groups.iter().any(|other| near(other) && (resolved(other) || undecided(other)));
        let went_on = client.proxy_uses.iter().any(|one| one.at >= from && one.at <= to.after(ANOTHER_WAY))
            || any_within(direct, from, to.after(ANOTHER_WAY));
        let told = failed.iter().any(near);
        if !answered && !went_on && !told {
            failed.push(group.clone());
        }
    }
    failed
}
