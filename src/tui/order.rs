//! Which findings are listed, and in which order.

use std::cmp::Reverse;
use std::net::IpAddr;

use super::state::{State, identity};
use crate::report::Language;
use crate::time::CaptureTime;
use crate::verdict::{Filed, Severity};

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

/// What is compared before time, made once for each finding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum First<'a> {
    Nothing,
    Severity(Reverse<Severity>),
    Client(IpAddr),
    Name(&'a str),
    /// What has no name comes last.
    Nameless,
}

impl Column {
    fn of(self, finding: &Filed) -> First<'_> {
        match self {
            Self::Severity => First::Severity(Reverse(finding.severity)),
            Self::Time => First::Nothing,
            Self::Client => First::Client(finding.client),
            Self::Verdict => First::Name(finding.verdict.name()),
            Self::Host => finding.host.as_deref().map_or(First::Nameless, First::Name),
        }
    }
}

/// The findings that are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// Their indices, in their order.
    pub rows: Vec<u32>,
    /// How many of each severity.
    pub counts: [usize; 4],
    /// Index of the first of the gravest, whatever the order.
    pub gravest: Option<u32>,
    /// The row of the selected one, where it is among them.
    pub selected: Option<usize>,
}

/// Lists findings. Each is looked at once: there may be a hundred thousand, and a person who waits.
#[must_use]
pub fn listed(state: &State) -> Listed {
    let snapshot = &state.snapshot;
    let addresses: Option<Vec<IpAddr>> = state.client().map(|client| client.addresses.clone());
    let shown: Option<Vec<u32>> = (!state.selection.is_everything())
        .then(|| state.selection.findings(snapshot).iter().map(|finding| finding.id).collect());
    let mut passing = state.filter.over(snapshot, &state.texts);
    let mut listed = Listed::default();
    let (mut gravest, mut selected) = (None, None);
    let mut rows: Vec<(First<'_>, CaptureTime, u32, u32)> = Vec::new();
    for (index, finding) in (0u32..).zip(&snapshot.findings) {
        if addresses.as_ref().is_some_and(|own| !own.contains(&finding.client))
            || shown.as_ref().is_some_and(|ids| ids.binary_search(&finding.id).is_err())
            || !passing.passes(finding, || state.marked.contains(&identity(finding)))
        {
            continue;
        }
        rows.push((state.order.column.of(finding), finding.started, finding.id, index));
        if let Some(count) = listed.counts.get_mut(finding.severity as usize) {
            *count += 1;
        }
        let grave = (Reverse(finding.severity), finding.started, finding.id);
        if gravest.is_none_or(|(other, _)| grave < other) {
            gravest = Some((grave, index));
        }
        if state.selected == Some(identity(finding)) && selected.is_none() {
            selected = Some(index);
        }
    }
    rows.sort_unstable();
    if state.order.reverse {
        rows.reverse();
    }
    listed.rows = rows.into_iter().map(|(_, _, _, index)| index).collect();
    listed.gravest = gravest.map(|(_, index)| index);
    listed.selected = selected.and_then(|index| listed.rows.iter().position(|row| *row == index));
    listed
}
