//! No route: a lease that names no router, and nothing leaves the network.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{OnLink, dhcp_note, is_self_assigned, lease_details};
use crate::transaction::{Granted, Lease, LeaseEnd};
use crate::verdict::case::Ruling;
use crate::verdict::finding::{Doubt, Finding};
use crate::vocabulary::{Basis, Capability, Cause, Family, Verdict};

/// So long after the lease a client with a route has used it: Windows probes within seconds.
const USES_ITS_ROUTE: Duration = Duration::from_secs(10);

impl OnLink<'_> {
    /// The last lease, where it leads nowhere.
    pub(super) fn no_route(&self) -> Option<Finding> {
        let lease = self.last_granted()?;
        let granted = lease.granted.as_ref()?;
        let (address, length) = (granted.address?, granted.prefix_length?);
        let has_route = |granted: &Granted| !granted.routers.is_empty() || granted.default_route.is_some();
        if self.station.leases.iter().filter_map(|lease| lease.granted.as_ref()).any(has_route) {
            return None;
        }
        let settled = lease.ended.after(USES_ITS_ROUTE);
        if self.end() < settled || self.leaves_network(address, length) || self.has_other_address(address) {
            return None;
        }
        let ruling = Ruling::new(Verdict::NoRoute, Some(Cause::DhcpNoRouter), "host.no-route")
            .leads_to(3, Basis::Documented, Capability::Local)
            .doubt(Doubt::OtherRoute);
        let mut finding = self.finding(ruling, Family::V4, address, lease.first().time, settled);
        for message in &lease.messages {
            finding.prove(message.at, dhcp_note(message));
        }
        if let Some(host) = finding.details.host.as_mut() {
            host.dhcp_server = granted.server;
            host.dhcp = lease.messages.iter().map(|message| message.name.to_owned()).collect();
            host.lease = Some(Box::new(lease_details(granted)));
        }
        Some(finding)
    }

    /// The last exchange that granted an IPv4 address.
    pub(super) fn last_granted(&self) -> Option<&Lease> {
        self.station
            .leases
            .iter()
            .filter(|lease| lease.family == Family::V4 && lease.end == LeaseEnd::Granted)
            .max_by_key(|lease| lease.ended)
    }

    /// Whether the host sent anything to an address outside its network.
    fn leaves_network(&self, own: IpAddr, length: u8) -> bool {
        let IpAddr::V4(own) = own else { return true };
        let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
        let outside = |other: Ipv4Addr| other.to_bits() & mask != own.to_bits() & mask;
        self.station.hops.iter().flat_map(|hop| &hop.destinations).any(|destination| match destination {
            IpAddr::V4(other) => {
                outside(*other) && !other.is_link_local() && !other.is_multicast() && !other.is_broadcast()
            }
            IpAddr::V6(_) => false,
        })
    }

    fn has_other_address(&self, own: IpAddr) -> bool {
        self.station.addresses_from(crate::time::CaptureTime::MIN).any(|address| {
            address.is_ipv4() && address != own && !is_self_assigned(address) && !address.is_unspecified()
        })
    }
}
