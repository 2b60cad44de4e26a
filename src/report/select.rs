//! What of an analysis is shown. Selection never changes identifiers, and never what was analysed.

use std::net::IpAddr;

use crate::engine::snapshot::{Client, Snapshot};
use crate::time::CaptureTime;
use crate::verdict::{Filed, Finding, Verdict};

/// What is shown; the default is everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only this client, by any of its addresses.
    pub client: Option<IpAddr>,
    /// Only these verdicts; none means all.
    pub verdicts: Vec<Verdict>,
    /// Only what ended then or later.
    pub since: Option<CaptureTime>,
    /// Only what began then or earlier.
    pub until: Option<CaptureTime>,
}

impl Selection {
    /// Whether everything is shown.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// The findings that are shown, in order.
    #[must_use]
    pub fn findings<'a>(&self, snapshot: &'a Snapshot) -> Vec<&'a Filed> {
        let addresses = self.addresses(snapshot);
        snapshot
            .findings
            .iter()
            .filter(|finding| addresses.as_ref().is_none_or(|own| own.contains(&finding.client)))
            .filter(|finding| self.verdicts.is_empty() || self.verdicts.contains(&finding.verdict))
            .filter(|finding| self.since.is_none_or(|since| finding.ended >= since))
            .filter(|finding| self.until.is_none_or(|until| finding.started <= until))
            .collect()
    }

    /// The clients that are shown: those asked for, and only those with something to show where findings are selected.
    #[must_use]
    pub fn clients<'a>(&self, snapshot: &'a Snapshot, shown: &[&Filed]) -> Vec<&'a Client> {
        // Findings stand in the order of their identifiers.
        let is_shown = |id: &u32| shown.binary_search_by_key(id, |finding| finding.id).is_ok();
        let by_finding = !self.verdicts.is_empty() || self.since.is_some() || self.until.is_some();
        snapshot
            .clients
            .iter()
            .filter(|client| self.client.is_none_or(|wanted| has_address(client, wanted)))
            .filter(|client| !by_finding || client.findings.iter().any(is_shown))
            .collect()
    }

    /// Whether a finding is shown, as far as it can be told without knowing the other addresses of its client.
    #[must_use]
    pub fn shows(&self, finding: &Finding) -> bool {
        self.client.is_none_or(|client| client == finding.client)
            && (self.verdicts.is_empty() || self.verdicts.contains(&finding.verdict))
            && self.since.is_none_or(|since| finding.ended >= since)
            && self.until.is_none_or(|until| finding.started <= until)
    }

    /// Whether a change of state at `time` is shown.
    #[must_use]
    pub fn covers(&self, time: CaptureTime) -> bool {
        self.since.is_none_or(|since| time >= since) && self.until.is_none_or(|until| time <= until)
    }

    /// All addresses of the wanted client.
    fn addresses(&self, snapshot: &Snapshot) -> Option<Vec<IpAddr>> {
        let wanted = self.client?;
        let joined = snapshot.clients.iter().filter(|client| has_address(client, wanted));
        let mut addresses: Vec<IpAddr> = joined.flat_map(|client| client.addresses.iter().copied()).collect();
        addresses.push(wanted);
        Some(addresses)
    }
}

fn has_address(client: &Client, address: IpAddr) -> bool {
    client.address == address || client.addresses.contains(&address)
}
