//! A firewall rule that is pinned to the probe server's old address.

use std::time::Duration;

use super::filed::Filed;
use super::finding::{Note, Remark};
use crate::probe::retired::RETIRED;
use crate::probe::world::World;
use crate::vocabulary::{Cause, Confidence, Route, Verdict};

/// How far apart the answered and the unanswered connection may lie.
const TOGETHER: Duration = Duration::from_secs(600);

/// Marks failed probes of clients for which the retired address answers and no other one does.
pub fn recognise(world: &World, findings: &mut [Filed]) {
    for finding in findings {
        let unreachable =
            matches!(finding.verdict, Verdict::ActiveHttpProbeFailedButDnsSucceeded | Verdict::ProxyNotDiscovered)
                && matches!(finding.cause, Some(Cause::TcpTimeout | Cause::TcpReset | Cause::IcmpUnreachable));
        if !unreachable || finding.route != Some(Route::Direct) || finding.confidence == Confidence::Low {
            continue;
        }
        let Some(server) = finding.server.filter(|server| server.is_ipv4() && *server != RETIRED) else { continue };
        let Some(answered) = world.retired.alone(finding.client) else { continue };
        let near =
            answered.at.time >= finding.started.before(TOGETHER) && answered.at.time <= finding.ended.after(TOGETHER);
        if near {
            let retired = (RETIRED, 80).into();
            finding.edit(|finding| {
                finding.remarks.push(Remark::PinnedRule { retired: RETIRED, server });
                finding.prove(answered.at, Note::SynAck { from: retired });
                finding.converse(false, answered.client, retired);
                finding.tidy();
                if finding.verdict == Verdict::ActiveHttpProbeFailedButDnsSucceeded {
                    finding.rule = "reach.pinned-address";
                }
            });
        }
    }
}
