//! A portal that the network itself names to its clients (RFC 8910).

use super::finding::{Finding, Remark};
use super::judge::Own;
use crate::limits::MAX_SHOWN_TEXT;
use crate::probe::told;
use crate::probe::world::World;
use crate::text::sanitize;
use crate::vocabulary::Verdict;

/// What a network says that has no portal (RFC 8910, 2).
const NO_PORTAL: &str = "urn:ietf:params:capport:unrestricted";

/// Says beside every portal what the client's lease says of it.
pub(super) fn remark(world: &World, clients: &Own<'_>, findings: &mut [Finding]) {
    for finding in findings.iter_mut().filter(|finding| finding.verdict == Verdict::HotspotDetected) {
        let (Some(client), Some(last)) =
            (clients.get(finding.client), finding.evidence.iter().map(|evidence| evidence.at).max())
        else {
            continue;
        };
        if let Some(url) = told::portal(world, finding.client, client, last) {
            let url = (!url.eq_ignore_ascii_case(NO_PORTAL)).then(|| sanitize(url, MAX_SHOWN_TEXT));
            finding.remarks.push(Remark::NamedPortal { url });
        }
    }
}
