//! Searches for a proxy: look-ups of `wpad`, connections to what they led to, and requests for the PAC file that follow
//! each other.

use std::net::IpAddr;
use std::time::Duration;

use super::lookups::groups_of;
use crate::probe::attempt::{DiscoveryAttempt, LookupGroup, LookupOutcome};
use crate::probe::client::Client;
use crate::probe::discovery::is_wpad;
use crate::probe::told::{self, ToldPac};
use crate::probe::world::World;
use crate::time::CaptureTime;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, NameCall};

/// Steps of one search follow each other within this time: the longest wait inside is a connection that nobody answers,
/// which ends after 21 s and counts as a step itself.
const NEXT_STEP: Duration = Duration::from_secs(15);
/// Ports at which WPAD fetches a file.
const PAC_PORTS: [u16; 2] = [80, 443];

/// One step of a search, with its first and last moment.
enum Step<'a> {
    Asked(LookupGroup<'a>),
    Failed(&'a Attempted),
    Fetched(&'a Exchange),
    Called(&'a NameCall),
}

/// The searches of one client, in order.
#[must_use]
pub fn discoveries<'a>(world: &'a World, address: IpAddr, client: &'a Client) -> Vec<DiscoveryAttempt<'a>> {
    let told = told::pac_files(world, address, client);
    let known = client.discovery.as_deref();
    if known.is_none() && told.is_empty() {
        return Vec::new();
    }
    let mut steps: Vec<(CaptureTime, CaptureTime, Step<'a>)> = Vec::new();
    for group in groups_of(world, known.iter().flat_map(|known| &known.lookups)) {
        steps.push((group.started(), searched_until(&group), Step::Asked(group)));
    }
    for attempted in client.failed.iter().filter(|attempted| leads_to_pac(client, &told, attempted)) {
        let ended = attempted.ended(world.settings.deadlines);
        steps.push((attempted.connection.first.time, ended, Step::Failed(attempted)));
    }
    for fetch in known.iter().flat_map(|known| &known.fetches) {
        let ended = fetch.response.as_ref().map_or(fetch.ended, |response| response.last.time);
        steps.push((fetch.connection_start().time, ended, Step::Fetched(fetch)));
    }
    steps.extend(
        known.iter().flat_map(|known| &known.calls).map(|call| (call.at.time, call.at.time, Step::Called(call))),
    );
    steps.sort_by_key(|(started, ended, _)| (*started, *ended));
    let mut searches: Vec<DiscoveryAttempt<'a>> = Vec::new();
    for (started, ended, step) in steps {
        let search = match searches.last_mut().filter(|search| started <= search.ended.after(NEXT_STEP)) {
            Some(open) => open,
            None => {
                searches.push(DiscoveryAttempt { started, ended, told: told.clone(), ..DiscoveryAttempt::default() });
                let Some(new) = searches.last_mut() else { continue };
                new
            }
        };
        search.ended = search.ended.max(ended);
        match step {
            Step::Asked(group) => search.lookups.push(group),
            Step::Failed(attempted) => search.failed.push(attempted),
            Step::Fetched(fetch) => search.fetches.push(fetch),
            Step::Called(call) => search.calls.push(call),
        }
    }
    searches
}

/// Whether a failed connection was meant for the PAC file: to an address that a `wpad` name, or the host that a lease
/// names, led to and no other name.
fn leads_to_pac(client: &Client, told: &[ToldPac], attempted: &Attempted) -> bool {
    let connection = &attempted.connection;
    let server = connection.server;
    if attempted.end == AttemptedEnd::Silent {
        return false;
    }
    let mut names = client.names_of(server.ip(), connection.first.time).peekable();
    // Other pages of a host that only has an address cannot be told from the file.
    names.peek().is_some()
        && names.all(|named| {
            is_wpad(&named.name) && PAC_PORTS.contains(&server.port())
                || told.iter().any(|pac| pac.host == named.name && pac.port == server.port())
        })
}

/// When a look-up was over for the search: its answer, or the last time that it was asked.
fn searched_until(group: &LookupGroup<'_>) -> CaptureTime {
    match group.outcome() {
        LookupOutcome::Unanswered(_) => {
            let asked = group.lookups.iter().flat_map(|lookup| &lookup.queries).map(|at| at.time);
            asked.max().unwrap_or_else(|| group.started())
        }
        _ => group.ended(),
    }
}
