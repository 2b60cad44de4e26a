//! Who made what answered, by its link address: only where that address is the responder's own. Behind a router the
//! link address is that of the next hop and says nothing of who answered.

use std::net::IpAddr;

use super::case::Case;
use super::finding::{Finding, FoundMark, Responder};
use crate::marks::{BUILT_IN, Known, Sign};
use crate::transaction::LeaseEnd;
use crate::vocabulary::Confidence;
use crate::wire::Mac;

impl Case<'_> {
    /// Marks by the maker of the responder's hardware. What its answer shows says more: then only the product that
    /// this names, too, gets another mark.
    pub(super) fn hardware(&self, finding: &Finding, found: &[FoundMark]) -> Vec<FoundMark> {
        let Some(mac) = self.own_link_address(finding) else { return Vec::new() };
        let fits = |known: &&Known| found.is_empty() || found.iter().any(|mark| mark.product == known.product);
        let known = self.world.settings.responders.iter().chain(BUILT_IN.iter()).filter(fits);
        known.filter(|known| made_by(known, mac)).map(|known| by_hardware(known, mac)).collect()
    }

    /// The responder's link address, where it is its own: it claims the responder's address and no other one of IPv4
    /// (ARP, neighbour discovery), or it sends for the router of the client's lease.
    fn own_link_address(&self, finding: &Finding) -> Option<Mac> {
        let mac = Responder::mac_of(finding.details.responder.as_ref()?.mac.as_deref()?)?;
        let address = finding.proxy.map(|proxy| proxy.ip()).or(finding.server)?;
        let own = match self.world.neighbours.get(&mac) {
            Some(claimed) => {
                claimed.contains(&address) && claimed.iter().filter(|address| address.is_ipv4()).count() <= 1
            }
            None => self.is_its_router(address),
        };
        own.then_some(mac)
    }

    fn is_its_router(&self, address: IpAddr) -> bool {
        let station = self.client.mac.and_then(|mac| self.world.stations.get(mac));
        let leases = station.into_iter().flat_map(|station| &station.leases);
        leases
            .filter(|lease| lease.end == LeaseEnd::Granted)
            .filter_map(|lease| lease.granted.as_ref())
            .any(|granted| granted.routers.contains(&address))
    }
}

fn made_by(known: &Known, mac: Mac) -> bool {
    known.marks.iter().any(|mark| matches!(&mark.sign, Sign::Mac(prefix) if mac.0.starts_with(prefix)))
}

fn by_hardware(known: &Known, mac: Mac) -> FoundMark {
    FoundMark {
        product: known.product.clone(),
        vendor: known.vendor.clone(),
        kind: known.kind,
        by: format!("mac {}", Responder::mac_text(mac)),
        confidence: Confidence::Low,
    }
}
