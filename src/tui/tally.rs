//! Numbers about all findings together, counted once for a snapshot and not for each screen.

use std::cmp::Reverse;
use std::sync::{Arc, Weak};

use super::state::State;
use crate::engine::snapshot::Snapshot;
use crate::report::{Language, networks};
use crate::verdict::{Severity, Verdict};

/// What was counted.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// What it was counted of, and in whose words.
    of: Option<(Weak<Snapshot>, Language)>,
    /// Verdicts with the gravest severity of each and how many, the gravest and the commonest first.
    pub verdicts: Vec<(Verdict, Severity, usize)>,
    /// What clients have in common.
    pub common: Vec<String>,
}

impl Tally {
    /// Whether it still holds for `state`.
    #[must_use]
    pub fn holds(&self, state: &State) -> bool {
        let is_same = |of: &Weak<Snapshot>| std::ptr::eq(of.as_ptr(), Arc::as_ptr(&state.snapshot));
        self.of.as_ref().is_some_and(|(of, language)| is_same(of) && *language == state.language)
    }

    /// Counts.
    #[must_use]
    pub fn of(state: &State) -> Self {
        let snapshot = &state.snapshot;
        let findings: Vec<_> = snapshot.findings.iter().collect();
        let clients: Vec<_> = snapshot.clients.iter().collect();
        let common = networks::summaries(&findings, &clients, state.language);
        Self {
            of: Some((Arc::downgrade(snapshot), state.language)),
            verdicts: verdicts(snapshot),
            common: common.into_iter().map(|network| network.text).collect(),
        }
    }
}

fn verdicts(snapshot: &Snapshot) -> Vec<(Verdict, Severity, usize)> {
    let mut counts: Vec<(Verdict, Severity, usize)> = Vec::new();
    for finding in &snapshot.findings {
        match counts.iter_mut().find(|(verdict, ..)| *verdict == finding.verdict) {
            Some((_, severity, count)) => {
                *severity = (*severity).max(finding.severity);
                *count += 1;
            }
            None => counts.push((finding.verdict, finding.severity, 1)),
        }
    }
    counts.sort_by_key(|(verdict, severity, count)| (Reverse(*severity), Reverse(*count), verdict.name()));
    counts
}
