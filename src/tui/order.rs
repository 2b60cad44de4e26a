//! Which findings are listed, and in which order.

use std::cmp::{Ordering, Reverse};
use std::net::IpAddr;

use super::state::{State, identity};
use crate::report::Language;
use crate::verdict::Finding;

/// Columns to sort by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The gravest first, then in time.
    #[default]
    Severity,
    /// In time.
    Time,
    /// By client, then in time.
    Client,
    /// By verdict, then in time.
    Verdict,
    /// By the name asked for, then in time.
    Host,
}

impl Column {
    /// The next one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Severity => Self::Time,
            Self::Time => Self::Client,
            Self::Client => Self::Verdict,
            Self::Verdict => Self::Host,
            Self::Host => Self::Severity,
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn name(self, language: Language) -> &'static str {
        match self {
            Self::Severity => language.pick("severity", "重大度"),
            Self::Time => language.pick("time", "時刻"),
            Self::Client => language.pick("client", "端末"),
            Self::Verdict => language.pick("verdict", "判定"),
            Self::Host => language.pick("host", "宛先名"),
        }
    }
}

/// Order of the findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What is compared.
    pub column: Column,
    /// The other way round.
    pub reverse: bool,
}

impl Order {
    fn compare(self, a: &Finding, b: &Finding) -> Ordering {
        let first = match self.column {
            Column::Severity => Reverse(a.severity).cmp(&Reverse(b.severity)),
            Column::Time => Ordering::Equal,
            Column::Client => a.client.cmp(&b.client),
            Column::Verdict => a.verdict.name().cmp(b.verdict.name()),
            // What has no name comes last.
            Column::Host => (a.host.is_none(), &a.host).cmp(&(b.host.is_none(), &b.host)),
        };
        let whole = first.then((a.started, a.id).cmp(&(b.started, b.id)));
        if self.reverse { whole.reverse() } else { whole }
    }
}

/// Indices of the findings that are listed, in their order.
#[must_use]
pub fn listed(state: &State) -> Vec<u32> {
    let snapshot = &state.snapshot;
    let addresses: Option<Vec<IpAddr>> = state.client().map(|client| client.addresses.clone());
    let shown: Option<Vec<u32>> = (!state.selection.is_everything())
        .then(|| state.selection.findings(snapshot).iter().map(|finding| finding.id).collect());
    let mut rows: Vec<(u32, &Finding)> = (0u32..)
        .zip(&snapshot.findings)
        .filter(|(_, finding)| addresses.as_ref().is_none_or(|own| own.contains(&finding.client)))
        .filter(|(_, finding)| shown.as_ref().is_none_or(|ids| ids.binary_search(&finding.id).is_ok()))
        .filter(|(_, finding)| {
            state.filter.is_empty() || state.filter.passes(finding, snapshot, state.marked.contains(&identity(finding)))
        })
        .collect();
    rows.sort_by(|(_, a), (_, b)| state.order.compare(a, b));
    rows.into_iter().map(|(index, _)| index).collect()
}
