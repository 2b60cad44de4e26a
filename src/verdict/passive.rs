//! Windows' passive probe, as far as packets let one guess: traffic that has come over enough hops raises a failed
//! adapter to Internet again, whatever became of the active probe.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::filed::Filed;
use super::finding::Remark;
use super::roles::Roles;
use crate::probe::world::World;
use crate::time::CaptureTime;
use crate::vocabulary::{Capability, Family, Role, Route, Verdict};

/// What the passive probe may do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Whose state.
    pub client: IpAddr,
    /// Which family.
    pub family: Family,
    /// When the packet came.
    pub at: CaptureTime,
    /// Hops that it passed, approximately.
    pub hops: u8,
    /// The failure.
    pub finding: u32,
}

/// For every failure of a direct probe, unless a portal answered (in hotspot state Windows ignores such packets), or
/// another probe decided before: the first packet that has come far enough.
pub fn estimate(world: &World, roles: &Roles, findings: &mut [Filed]) -> Vec<Estimate> {
    let minimum = world.settings.hop_minimum;
    let mut decided: BTreeMap<(IpAddr, Family), Vec<(CaptureTime, u32)>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.capability.is_some()) {
        decided.entry((finding.client, finding.family)).or_default().push((finding.settled, finding.id));
    }
    decided.values_mut().for_each(|times| times.sort_unstable());
    let end = world.span.map_or(CaptureTime::MIN, |(_, end)| end);
    let mut estimates = Vec::new();
    for finding in findings {
        let local = finding.capability == Some(Capability::Local)
            && finding.route == Some(Route::Direct)
            && !is_portal(finding)
            && roles.role(finding.client) == Role::Client;
        if !local {
            continue;
        }
        let next = decided.get(&(finding.client, finding.family)).and_then(|times| {
            let behind = times.partition_point(|one| *one <= (finding.settled, finding.id));
            times.get(behind).map(|(time, _)| *time)
        });
        let until = next.unwrap_or(end);
        if let Some(far) = world.hops.far(finding.client, finding.settled, until) {
            finding.edit(|finding| finding.remarks.push(Remark::MaySelfHeal { hops: far.hops, minimum }));
            let (client, family, hops) = (finding.client, finding.family, far.hops);
            estimates.push(Estimate { client, family, at: far.at, hops, finding: finding.id });
        }
    }
    estimates
}

/// Whether a portal may have answered.
fn is_portal(finding: &Filed) -> bool {
    finding.verdict == Verdict::HotspotDetected || finding.ncsi_reason.is_some_and(|reason| reason.number == 7)
}
