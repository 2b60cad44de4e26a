//! What checks of other systems mean beside each other: the same system on the same host, over both families.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use super::finding::Finding;
use super::judge::is_os_check;
use crate::probe::hosts::Hosts;
use crate::time::CaptureTime;
use crate::vocabulary::{Confidence, Family, Route, Severity, Verdict};

/// When the checks of each system of each client worked, by family: 0 is IPv4.
#[derive(Default)]
pub struct Worked {
    times: HashMap<(IpAddr, String), [Vec<CaptureTime>; 2], foldhash::fast::RandomState>,
    failed_v4: HashSet<(IpAddr, String), foldhash::fast::RandomState>,
}

impl Worked {
    /// All successes among `findings`.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let mut worked = Self::default();
        for finding in findings.iter().filter(|finding| is_os_check(finding)) {
            match finding.verdict {
                Verdict::OsCheckSucceeded => {
                    let times = worked.times.entry(key(finding)).or_default();
                    times[usize::from(finding.family == Family::V6)].push(finding.ended);
                }
                Verdict::Incomplete => {}
                _ if finding.family == Family::V4 => {
                    worked.failed_v4.insert(key(finding));
                }
                _ => {}
            }
        }
        worked.times.values_mut().flatten().for_each(|times| times.sort_unstable());
        worked
    }

    /// A later success of the same system shows that a failure has passed. Gives the severity.
    pub fn settle(&self, finding: &mut Finding, hosts: &Hosts) -> Severity {
        match finding.verdict {
            Verdict::OsCheckSucceeded if finding.confidence == Confidence::Low => return Severity::Warning,
            Verdict::OsCheckSucceeded => return Severity::Ok,
            Verdict::Incomplete if finding.guess == Some(Verdict::OsCheckSucceeded) => return Severity::Info,
            Verdict::Incomplete => return Severity::Warning,
            _ => {}
        }
        let (own, system) = key(finding);
        let family = usize::from(finding.family == Family::V6);
        let later = self.times.get(&(own, system.clone())).and_then(|times| {
            let times = &times[family];
            times.get(times.partition_point(|moment| *moment <= finding.ended)).copied()
        });
        if let Some(ended) = later {
            finding.recovered_after = Some(ended.since(finding.started));
        }
        let works = |address: IpAddr| {
            self.times.get(&(address, system.clone())).is_some_and(|times| !times[1 - family].is_empty())
        };
        let other_works = works(own) || hosts.kin(own).any(works);
        let v4_failed = |address: IpAddr| self.failed_v4.contains(&(address, system.clone()));
        if finding.family == Family::V6 && (other_works || !v4_failed(own) && !hosts.kin(own).any(v4_failed)) {
            return Severity::Info;
        }
        let mild = later.is_some()
            || other_works
            || finding.confidence == Confidence::Low
            || finding.route == Some(Route::ProxyUpstream);
        if mild { Severity::Warning } else { Severity::Error }
    }
}

/// Whose check: the client, and its system.
fn key(finding: &Finding) -> (IpAddr, String) {
    let system = finding.details.os_check.as_ref().map(|check| check.system.clone()).unwrap_or_default();
    (finding.client, system)
}

/// Whether two findings are of the same system, or neither is another system's.
#[must_use]
pub fn same_system(a: &Finding, b: &Finding) -> bool {
    is_os_check(a) == is_os_check(b) && a.details.os_check == b.details.os_check
}
