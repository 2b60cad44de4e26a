//! Office that waits for Windows: it started, the Web works, the probe failed, and nobody asked a sign-in server.
//!
//! Office asks Windows whether there is an Internet before it signs in (Microsoft Learn, "Troubleshoot the "Need Password"
//! prompt" and the Network List Manager). Its decision is not on the wire, only what it leaves: so never more than medium.

use std::net::IpAddr;
use std::time::Duration;

use super::case::{Case, Ruling};
use super::finding::{Doubt, Finding, Note};
use super::judge::is_probe;
use super::relate::is_success;
use super::roles::Roles;
use crate::probe::client::Client;
use crate::probe::endpoints::matrix::reached_for_sign_in;
use crate::probe::endpoints::signs::{Sighting, Signs};
use crate::probe::hosts::Hosts;
use crate::probe::world::World;
use crate::vocabulary::{Capability, Confidence, Role, Severity, Verdict};

/// A sign-in that would come comes within this time after the start.
const SIGN_IN_FOLLOWS: Duration = Duration::from_secs(60);
/// Packets of the failed probe that are repeated as proof.
const PROOF_OF_PROBE: usize = 4;
const ONLY_A_PATTERN: Doubt = Doubt::OnlyAPattern;
const PROTOCOL_MISSING: Doubt = Doubt::SignInUnseen;

/// A finding about a client whose Office does not even try to sign in; `all` are the findings about its host so far.
#[must_use]
pub fn gated(
    world: &World,
    roles: &Roles,
    hosts: &Hosts,
    all: &[Finding],
    address: IpAddr,
    client: &Client,
) -> Option<Finding> {
    let signs = world.endpoints.signs.of(&address)?;
    let (first, last) = signs.starts.as_ref()?;
    if roles.role(address) != Role::Client {
        return None;
    }
    let kin: Vec<IpAddr> = hosts.kin(address).collect();
    let own = |finding: &&Finding| finding.client == address || kin.contains(&finding.client);
    let probe = all
        .iter()
        .filter(own)
        .filter(|finding| is_failed_probe(finding) && finding.started <= last.at.time)
        .max_by_key(|finding| (finding.ended, finding.started))?;
    // A success of the other family at any time, or of this one later: Windows says "Internet" all the same.
    let online = all.iter().filter(own).any(|finding| {
        is_success(finding.verdict) && (finding.family != probe.family || finding.ended >= probe.started)
    });
    let signs_in = |address: &IpAddr| {
        let by_name = world.endpoints.signs.of(address).is_some_and(|signs| signs.signs_in.is_some());
        by_name || world.clients.reached(address).is_some_and(|client| reached_for_sign_in(world, *address, &client))
    };
    if online || signs_in(&address) || kin.iter().any(signs_in) {
        return None;
    }
    let web = works(signs, probe.verdict).filter(|web| web.at.time >= probe.started)?;
    let end = world.span.map_or(last.at.time, |(_, end)| end);
    // A sign-in has its time from Office's start, or from Windows' judgement where that came later.
    let (watched, seen) = (end.since(first.at.time.max(probe.ended)), world.protocols);
    let missing = SIGN_IN_FOLLOWS.saturating_sub(watched);
    let blind = !(seen.dns && seen.tls);
    let case = Case { world, address, client };
    let ruling = Ruling::new(Verdict::OfficeGatedByNcsi, probe.cause, "office.gated")
        .doubt(ONLY_A_PATTERN)
        .doubt_if(!missing.is_zero(), Doubt::DeadlineOutside { missing })
        .doubt_if(blind, PROTOCOL_MISSING)
        .doubt_if(world.lacks_any(), Doubt::Drops);
    let mut finding = case.finding(ruling, probe.family, probe.started, last.at.time.max(web.at.time));
    if !missing.is_zero() || blind || world.lacks_any() {
        finding.confidence = Confidence::Low;
    }
    finding.severity = if finding.confidence == Confidence::Low { Severity::Warning } else { Severity::Error };
    finding.host = Some(first.name.clone());
    for sighting in [first, last] {
        finding.prove(sighting.at, Note::OfficeStart { name: sighting.name.clone() });
    }
    finding.prove(web.at, Note::WebWorks { name: web.name.clone() });
    let skipped = probe.evidence.len().saturating_sub(PROOF_OF_PROBE);
    finding.evidence.extend(probe.evidence.iter().skip(skipped).cloned());
    finding.conversations.clone_from(&probe.conversations);
    Some(finding)
}

/// Web traffic that works. Where a portal answers, what comes in clear may be the portal's.
fn works(signs: &Signs, verdict: Verdict) -> Option<&Sighting> {
    let clear = signs.clear_web.as_ref().filter(|_| verdict != Verdict::HotspotDetected);
    signs.web.as_ref().into_iter().chain(clear).max()
}

/// A probe that failed for good, so that Windows says no Internet.
fn is_failed_probe(finding: &Finding) -> bool {
    is_probe(finding)
        && matches!(finding.capability, Some(Capability::Local | Capability::None))
        && finding.recovered_after.is_none()
        && finding.severity >= Severity::Warning
}

/// Names the failed probe of each such finding among those of one host, by its place.
pub fn link(all: &mut [Finding]) {
    let pairs: Vec<(usize, usize)> = all
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.verdict == Verdict::OfficeGatedByNcsi)
        .filter_map(|(gated, finding)| {
            let probe = all.iter().position(|other| {
                is_failed_probe(other)
                    && other.cause == finding.cause
                    && other.family == finding.family
                    && other.started == finding.started
            })?;
            Some((gated, probe))
        })
        .collect();
    for (gated, probe) in pairs {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        all[gated].related.push(place(probe));
        all[probe].related.push(place(gated));
    }
}
