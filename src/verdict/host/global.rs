//! No global IPv6 address: no router offers what an address could be made of. Normal where there is IPv4 alone.

use std::net::IpAddr;

use super::OnLink;
use crate::limits::REORDER_TOLERANCE;
use crate::transaction::{LeaseEnd, Router, Wait};
use crate::verdict::absence::Silence;
use crate::verdict::case::Ruling;
use crate::verdict::finding::{Doubt, Finding, Note};
use crate::vocabulary::{Basis, Cause, Family, NcsiReason, Verdict};

/// Packets that are listed as evidence.
const MAX_SHOWN: usize = 8;

/// Whether an address reaches beyond the link and its site.
const fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V6(v6) => {
            !v6.is_unicast_link_local() && !v6.is_unique_local() && !v6.is_unspecified() && !v6.is_multicast()
        }
        IpAddr::V4(_) => false,
    }
}

impl OnLink<'_> {
    /// The first search for routers, where nothing came of it.
    ///
    /// What the capture cannot decide is no finding here: a client without IPv6 is normal, and "perhaps it has none"
    /// would only be noise.
    pub(super) fn no_global_address(&self) -> Option<Finding> {
        let search = self.station.searches.iter().min_by_key(|search| search.first())?;
        let Router::Searched { client, copies, wait, ended, .. } = search else { return None };
        let started = copies.first()?.time;
        let has_address = self.station.addresses_from(crate::time::CaptureTime::MIN).any(is_global)
            || self.station.leases.iter().filter(|lease| lease.family == Family::V6).any(|lease| {
                // A reply to a request that names no address delegates a prefix (RFC 8415, 6.3): the client makes its own.
                let delegated = || lease.end == LeaseEnd::Informed && lease.named("REQUEST").next().is_some();
                lease.end == LeaseEnd::Granted || delegated()
            });
        if has_address {
            return None;
        }
        let offers: Vec<_> = self
            .world
            .stations
            .routers
            .iter()
            .flat_map(|(router, by)| by.offers.iter().map(move |(at, offer)| (*at, *router, offer)))
            .collect();
        if offers.iter().any(|(_, _, offer)| offer.gives_address() || !offer.whole) {
            return None;
        }
        let told =
            offers.iter().filter(|(at, ..)| at.time.after(REORDER_TOLERANCE) >= started).min_by_key(|(at, ..)| *at);
        let cause = if told.is_some() { Cause::RouterNoPrefix } else { Cause::RouterSilent };
        let mut ruling = Ruling::new(Verdict::NoGlobalAddress, Some(cause), "host.no-global-address");
        ruling.reason = Some(NcsiReason { number: 2, basis: Basis::Documented });
        let (ruling, decided) = if let Some((at, _, offer)) = told {
            (ruling.doubt_if(!offer.prefixes.is_empty(), Doubt::LocalPrefix), at.time)
        } else {
            if !offers.is_empty() || copies.len() < 2 || *wait != Wait::Elapsed {
                return None;
            }
            let silence = Silence { from: started, to: *ended, wait: *wait, copies: Some(copies.len()), asked: None };
            (self.by_silence(silence, ruling), *ended)
        };
        if ruling.verdict == Verdict::Incomplete {
            return None;
        }
        let own = self.station.addresses_from(started).find(|address| address.is_ipv6());
        let address = if client.is_unspecified() { own.unwrap_or(*client) } else { *client };
        let mut finding = self.finding(ruling, Family::V6, address, started, decided);
        for at in copies.iter().take(MAX_SHOWN) {
            finding.prove(*at, Note::RouterSolicited);
        }
        if let Some((at, from, _)) = told {
            finding.prove(*at, Note::RouterAdvertised { from: *from, prefix: false });
        }
        if let Some(host) = finding.details.host.as_mut() {
            host.unanswered = if told.is_some() { 0 } else { u32::try_from(copies.len()).unwrap_or(u32::MAX) };
        }
        Some(finding)
    }
}
