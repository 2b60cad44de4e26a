//! What a live run has told so far: each finding keeps its number, is told again where it changes, and is taken back in
//! so many words where later packets explain it.

use std::net::IpAddr;
use std::time::Duration;

use hashbrown::HashMap;

use super::live::Totals;
use crate::time::CaptureTime;
use crate::verdict::judge::{is_os_check, is_probe};
use crate::verdict::{Capability, Cause, Confidence, Family, Finding, Route, Severity, Verdict};

/// A finding so soon after what was let go may have lost a part of what it rests on: it is neither revised nor told for the
/// first time.
const HISTORY: Duration = Duration::from_secs(200);

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Told for the first time.
    New,
    /// Told before, and different now.
    Revised,
    /// Told before, and explained by what came later.
    Withdrawn,
}

/// A finding that was told.
#[derive(Debug)]
struct Entry {
    told: Finding,
    /// What later judgements are compared with.
    mark: Mark,
    /// Occurrences in the finding as it was judged last: what is kept of a client shrinks, the total does not.
    counted: u32,
    total: u32,
    /// The last judgement held it.
    held: bool,
}

/// What was told of each client.
#[derive(Debug, Default)]
pub struct Ledger {
    clients: HashMap<IpAddr, Vec<Entry>, foldhash::fast::RandomState>,
    next: u32,
    totals: Totals,
}

impl Ledger {
    /// Compares `findings`, all of them as judged now, with what was told. `is_settled` says which may be told; of what
    /// ended before `forgotten` nothing is kept any more.
    pub fn update(
        &mut self,
        findings: Vec<Finding>,
        forgotten: CaptureTime,
        mut is_settled: impl FnMut(&Finding) -> bool,
    ) -> Vec<(Finding, Change)> {
        let mut out = Vec::new();
        let mut numbers: HashMap<u32, u32, foldhash::fast::RandomState> = HashMap::default();
        for entry in self.clients.values_mut().flatten() {
            entry.held = false;
        }
        let history = if forgotten == CaptureTime::MIN { forgotten } else { forgotten.after(HISTORY) };
        for mut finding in findings {
            let judged = finding.id;
            let known = self.clients.get_mut(&finding.client).and_then(|entries| find(entries, &finding));
            let settled = is_settled(&finding);
            if let Some(entry) = known {
                entry.held = true;
                numbers.insert(judged, entry.told.id);
                entry.total += finding.details.count.saturating_sub(entry.counted);
                entry.counted = finding.details.count;
                if settled && finding.ended >= history && entry.differs(&finding) {
                    entry.tell(finding);
                    self.totals.revised += 1;
                    out.push((entry.told.clone(), Change::Revised));
                } else {
                    entry.told.ended = entry.told.ended.max(finding.ended);
                }
            } else if settled && finding.ended >= history {
                self.next += 1;
                numbers.insert(judged, self.next);
                (finding.id, finding.revision) = (self.next, 0);
                self.totals.findings += 1;
                match finding.severity {
                    Severity::Error => self.totals.errors += 1,
                    Severity::Warning => self.totals.warnings += 1,
                    Severity::Info | Severity::Ok => {}
                }
                out.push((finding.clone(), Change::New));
                let count = finding.details.count;
                let mark = Mark::of(&finding);
                let entry = Entry { told: finding, mark, counted: count, total: count, held: true };
                self.clients.entry(entry.told.client).or_default().push(entry);
            }
        }
        self.take_back(history, &mut out);
        for (finding, change) in &mut out {
            if *change != Change::Withdrawn {
                finding.related.retain_mut(|id| match numbers.get(id) {
                    Some(told) => {
                        *id = *told;
                        true
                    }
                    None => false,
                });
            }
        }
        out
    }

    /// What the last judgement did not hold any more is taken back, or history.
    fn take_back(&mut self, history: CaptureTime, out: &mut Vec<(Finding, Change)>) {
        let totals = &mut self.totals;
        self.clients.retain(|_, entries| {
            entries.retain_mut(|entry| {
                if entry.held {
                    return true;
                }
                if entry.told.ended >= history {
                    entry.told.revision += 1;
                    totals.withdrawn += 1;
                    out.push((entry.told.clone(), Change::Withdrawn));
                }
                false
            });
            !entries.is_empty()
        });
    }

    /// The same findings, judged again after what is history was let go: that changes nothing that was told, and what is
    /// not among them any more is history, too.
    pub fn rebase(&mut self, findings: &[Finding]) {
        for entry in self.clients.values_mut().flatten() {
            entry.held = false;
        }
        for finding in findings {
            let known = self.clients.get_mut(&finding.client).and_then(|entries| find(entries, finding));
            if let Some(entry) = known {
                (entry.held, entry.counted, entry.mark) = (true, finding.details.count, Mark::of(finding));
            }
        }
        self.clients.retain(|_, entries| {
            entries.retain(|entry| entry.held);
            !entries.is_empty()
        });
        self.clients.shrink_to(self.clients.len() * 2);
    }

    /// Everything told so far is history.
    pub fn seal(&mut self) {
        self.clients.clear();
    }

    /// What was told so far, in numbers.
    #[must_use]
    pub const fn totals(&self) -> Totals {
        self.totals
    }
}

impl Entry {
    /// Whether a finding says something else than was told. More of the same is told at every doubling.
    fn differs(&self, now: &Finding) -> bool {
        self.mark != Mark::of(now) || self.total >= self.told.details.count.saturating_mul(2)
    }

    fn tell(&mut self, now: Finding) {
        let (id, revision, started) = (self.told.id, self.told.revision + 1, self.told.started);
        self.mark = Mark::of(&now);
        self.told = now;
        (self.told.id, self.told.revision) = (id, revision);
        self.told.started = self.told.started.min(started);
        self.told.details.count = self.total;
    }
}

/// What a finding says: where it changes, the finding is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    verdict: Verdict,
    cause: Option<Cause>,
    severity: Severity,
    confidence: Confidence,
    capability: Option<Capability>,
    guess: Option<Verdict>,
    route: Option<Route>,
    recovered: bool,
}

impl Mark {
    const fn of(finding: &Finding) -> Self {
        Self {
            verdict: finding.verdict,
            cause: finding.cause,
            severity: finding.severity,
            confidence: finding.confidence,
            capability: finding.capability,
            guess: finding.guess,
            route: finding.route,
            recovered: finding.recovered_after.is_some(),
        }
    }
}

/// What a finding is about: those of different kinds are never the same one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Probe,
    DnsProbe,
    LookAlike,
    OsCheck,
    /// Anything else, by the floor of its rule.
    Other(&'static str),
}

fn kind(finding: &Finding) -> (Kind, Family) {
    let kind = match finding.verdict {
        Verdict::ProbeLookAlike => Kind::LookAlike,
        Verdict::ActiveDnsProbeSucceeded | Verdict::ActiveDnsProbeFailed => Kind::DnsProbe,
        _ if is_probe(finding) => Kind::Probe,
        _ if is_os_check(finding) => Kind::OsCheck,
        _ => Kind::Other(finding.rule.split('.').next().unwrap_or_default()),
    };
    (kind, finding.family)
}

/// The entry of a finding: the one that rests on the same packets, or else the one that it repeats.
fn find<'a>(entries: &'a mut [Entry], finding: &Finding) -> Option<&'a mut Entry> {
    let kind_of = kind(finding);
    let alike = |entry: &Entry| !entry.held && kind(&entry.told) == kind_of;
    let shares = |entry: &Entry| {
        let told = &entry.told.evidence;
        let proof = finding.evidence.iter().filter(|one| !one.note.stands_alone());
        let mut proof = proof.peekable();
        if proof.peek().is_none() {
            return entry.told.started == finding.started;
        }
        proof.into_iter().any(|one| told.iter().any(|other| other.at.id == one.at.id))
    };
    let repeats = |entry: &Entry| {
        let told = &entry.told;
        told.verdict == finding.verdict
            && told.cause == finding.cause
            && told.host == finding.host
            && told.server == finding.server
            && told.proxy == finding.proxy
            && told.started <= finding.ended
            && finding.started <= told.ended
    };
    let place = entries
        .iter()
        .position(|entry| alike(entry) && shares(entry))
        .or_else(|| entries.iter().position(|entry| alike(entry) && repeats(entry)))?;
    entries.get_mut(place)
}
