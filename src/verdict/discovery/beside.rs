//! Searches for a proxy beside the probes of the same client.

use std::borrow::Cow;
use std::time::Duration;

use super::{DiscoveryDetails, DiscoveryRemark};
use crate::probe::attempt::{DiscoveryAttempt, LookupOutcome};
use crate::probe::client::Client;
use crate::probe::correlate::discoveries;
use crate::probe::discovery::is_pac_type;
use crate::probe::world::World;
use crate::transaction::CallProtocol;
use crate::verdict::finding::{Doubt, Finding, Remark};
use crate::verdict::judge::is_probe;
use crate::verdict::pac::{Delivery, delivery};
use crate::verdict::relate::is_success;
use crate::vocabulary::{Cause, Route, Verdict};

/// A probe that begins so long after a search used what it found.
const PROBE_FOLLOWS: Duration = Duration::from_secs(60);
/// A search that took less needs no mention.
const WORTH_TELLING_MS: f64 = 1000.0;
/// WinHTTP takes no larger file (Microsoft, "AutoProxy issues in WinHTTP").
const LARGEST_PAC: u64 = 1 << 20;
/// The rule of findings that a portal explains; they are taken out.
pub(in crate::verdict) const OF_A_PORTAL: &str = "discovery.of-portal";

/// Tells the probe after each search what the search came to and cost, and what a broken one meant for it.
pub(in crate::verdict) fn beside(world: &World, client: &Client, own: &mut [Finding]) {
    let Some(address) = own.first().map(|finding| finding.client) else { return };
    for search in discoveries(world, address, client) {
        let follows = own
            .iter_mut()
            .filter(|finding| is_web_probe(finding))
            .filter(|finding| finding.started >= search.started && finding.started <= search.ended.after(PROBE_FOLLOWS))
            .min_by_key(|finding| finding.started);
        if let Some(probe) = follows {
            tell(&search, probe);
        }
    }
    explain_broken(own);
}

/// Whether a finding is about a web probe of this client.
fn is_web_probe(finding: &Finding) -> bool {
    is_probe(finding)
        && !matches!(
            finding.verdict,
            Verdict::ProbeLookAlike | Verdict::ActiveDnsProbeSucceeded | Verdict::ActiveDnsProbeFailed
        )
        && finding.route != Some(Route::ProxyUpstream)
}

fn tell(search: &DiscoveryAttempt<'_>, probe: &mut Finding) {
    let details = DiscoveryDetails::of(search, probe.started.max(search.started));
    let mut remarks = Vec::new();
    if details.cost_ms >= WORTH_TELLING_MS && search.ended <= probe.ended {
        // Whole milliseconds of a span that fits a capture.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        remarks.push(DiscoveryRemark::Cost { ms: details.cost_ms as u64 });
    }
    let delivered = search.fetches.iter().rfind(|fetch| delivery(fetch) == Delivery::Delivered);
    let unchanged = search.fetches.iter().any(|fetch| delivery(fetch) == Delivery::Unchanged);
    if let Some(fetch) = delivered {
        let bytes = details.pac_bytes.unwrap_or_default();
        let url = details.url.clone().unwrap_or_default();
        let (mime, proxies) = (details.pac_mime.clone(), details.proxies.clone());
        remarks.push(DiscoveryRemark::Fetched { url, bytes, mime, proxies });
        let kind = fetch.response.as_ref().and_then(|response| response.head.content_type.as_deref());
        if !is_pac_type(kind) {
            remarks.push(DiscoveryRemark::UnusualType);
        }
        if bytes > LARGEST_PAC {
            remarks.push(DiscoveryRemark::TooLarge);
        }
    }
    if delivered.is_some() || unchanged {
        if probe.route == Some(Route::Direct) {
            remarks.push(DiscoveryRemark::DirectDespitePac);
        }
    } else if !search.fetches.is_empty() || !search.failed.is_empty() {
        remarks.push(DiscoveryRemark::Broken);
    } else if probe.verdict == Verdict::ProxyNotDiscovered
        && !search.lookups.is_empty()
        && !search.lookups.iter().any(|group| matches!(group.outcome(), LookupOutcome::Resolved(..)))
    {
        remarks.push(DiscoveryRemark::Nothing { names: details.names.clone() });
    }
    remarks.extend(on_link(search));
    probe.remarks.extend(remarks.into_iter().map(Remark::Discovery));
    probe.details.proxy.get_or_insert_default().discovery = Some(Box::new(details));
}

/// What calls on the link mean: anybody there may answer, and somebody did.
pub(super) fn on_link(search: &DiscoveryAttempt<'_>) -> Option<DiscoveryRemark> {
    let answered = search.calls.iter().find(|call| call.answer.as_ref().is_some_and(|found| !found.is_empty()));
    if let Some(call) = answered {
        return Some(DiscoveryRemark::AnsweredOnLink {
            protocol: call.protocol.name().into(),
            responder: call.other.ip(),
        });
    }
    let mut protocols: Vec<Cow<'static, str>> = Vec::new();
    for protocol in [CallProtocol::Llmnr, CallProtocol::Mdns, CallProtocol::NetBios] {
        if search.calls.iter().any(|call| call.protocol == protocol) {
            protocols.push(protocol.name().into());
        }
    }
    (!protocols.is_empty()).then_some(DiscoveryRemark::CalledOnLink { protocols })
}

/// What a broken search is beside the probes around it: a portal's answer to everything, or the reason why the probe did
/// not get out.
fn explain_broken(own: &mut [Finding]) {
    let broken: Vec<usize> =
        own.iter().enumerate().filter(|(_, f)| f.verdict == Verdict::ProxyDiscoveryFailed).map(|(at, _)| at).collect();
    for at in broken {
        let Some(search) = own.get(at) else { continue };
        let (from, to) = (search.started.before(PROBE_FOLLOWS), search.ended.after(PROBE_FOLLOWS));
        let near = own.iter().filter(|one| is_web_probe(one) && one.ended >= from && one.started <= to);
        // Other answers portals do not give; only for these a portal is suspected where none is seen.
        let like_a_portal = search.confidence_reasons.contains(&Doubt::PerhapsPortal);
        let portal = like_a_portal
            && near.clone().any(|one| one.verdict == Verdict::HotspotDetected && same_answerer(one, search));
        let stuck =
            near.filter(|one| one.started >= search.started && one.route != Some(Route::ExplicitProxy)).any(|one| {
                did_not_get_out(one) && !own.iter().any(|later| is_success(later.verdict) && later.ended > one.ended)
            });
        let Some(search) = own.get_mut(at) else { continue };
        if portal {
            search.rule = OF_A_PORTAL;
        } else if stuck {
            search.remarks.push(Remark::Discovery(DiscoveryRemark::ProbeWentDirect));
        }
    }
}

/// Whether a probe failed before any answer: where the network lets only the proxy out.
fn did_not_get_out(finding: &Finding) -> bool {
    matches!(
        finding.verdict,
        Verdict::ActiveHttpProbeFailed | Verdict::ActiveHttpProbeFailedButDnsSucceeded | Verdict::ProxyNotDiscovered
    ) && matches!(
        finding.cause,
        Some(
            Cause::TcpTimeout
                | Cause::TcpReset
                | Cause::IcmpUnreachable
                | Cause::DnsNxdomain
                | Cause::DnsServfail
                | Cause::DnsRefused
                | Cause::DnsNodata
                | Cause::DnsTimeout
        )
    )
}

/// Whether a portal gave the same answer to the probe and to the request for the PAC file: then it answers everything,
/// and nobody set up a proxy.
fn same_answerer(portal: &Finding, search: &Finding) -> bool {
    let (Some(one), Some(other)) = (&portal.details.http, &search.details.http) else { return false };
    let place = |location: &str| {
        let rest = location.split_once("://").map_or("", |(_, rest)| rest);
        rest.split(['/', '?', '#']).next().unwrap_or_default().to_ascii_lowercase()
    };
    let same_place = match (&one.location, &other.location) {
        (Some(one), Some(other)) => !place(one).is_empty() && place(one) == place(other),
        _ => false,
    };
    let same_page = one.title.is_some() && one.title == other.title;
    portal.server == search.server || same_place || same_page
}
