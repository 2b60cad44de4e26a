//! Conditions of the host itself, before any probe: no address, no route, a silent gateway.

mod address;
mod gateway;
mod global;
mod reasons;
mod route;
mod unprobed;

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::absence::Silence;
use super::case::{Case, Ruling};
use super::finding::{Doubt, Finding, HostDetails, LeaseDetails, Note, Responder};
use super::roles::Roles;
use crate::probe::client::Client;
use crate::probe::hosts::Hosts;
use crate::probe::station::Station;
use crate::probe::world::World;
use crate::settings::CapturePoint;
use crate::time::CaptureTime;
use crate::transaction::{Granted, LeaseMessage, Wait};
use crate::vocabulary::{Cause, Family};
use crate::wire::Mac;

/// What arrives within this time after a question may have been sent before it.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

/// Judges every host on the link.
#[must_use]
pub fn judge(world: &World, roles: &Roles) -> Vec<Finding> {
    let blank = Client::default();
    let hosts = Hosts::of(world);
    let mut all = Vec::new();
    for (mac, station) in world.stations.all() {
        let host = OnLink { world, mac, station, blank: &blank };
        all.extend(host.no_address());
        all.extend(host.no_route());
        all.extend(host.silent_gateways());
        all.extend(host.no_global_address());
        all.extend(host.unprobed(&hosts, |address| roles.role(address)));
    }
    all
}

/// One host on the link in the world of its capture.
struct OnLink<'a> {
    world: &'a World,
    mac: Mac,
    station: &'a Station,
    /// A client of which nothing is known: stands in for a host without an address.
    blank: &'a Client,
}

impl OnLink<'_> {
    /// The last moment of the capture.
    fn end(&self) -> CaptureTime {
        self.world.span.map_or(CaptureTime::MIN, |(_, last)| last)
    }

    /// Whether a deadline lies inside the capture.
    fn wait(&self, deadline: CaptureTime) -> Wait {
        if self.end() >= deadline { Wait::Elapsed } else { Wait::Cut { missing: deadline.since(self.end()) } }
    }

    /// `ruling` as far as silence on the link proves it: as for any other silence, but the host is known by its link
    /// address, because it may have no other.
    fn by_silence(&self, silence: Silence, ruling: Ruling) -> Ruling {
        let guess = Some(ruling.verdict);
        if let Wait::Cut { missing } = silence.wait {
            return Ruling::incomplete(Cause::CaptureEnded, guess, ruling.rule)
                .doubt(Doubt::DeadlineOutside { missing });
        }
        let hears = self.world.settings.capture_point == CapturePoint::Client
            || self.station.reached.touches(silence.from.after(ON_ITS_WAY), silence.to);
        if !hears {
            return Ruling::incomplete(Cause::OneWay, guess, ruling.rule).doubt(Doubt::NoInboundTraffic);
        }
        ruling
            .doubt_if(self.world.lacks(silence.from, silence.to), Doubt::Drops)
            .doubt_if(silence.copies.is_some_and(|copies| copies < 2), Doubt::SingleCopy)
    }

    /// A finding about this host.
    fn finding(
        &self,
        ruling: Ruling,
        family: Family,
        client: IpAddr,
        started: CaptureTime,
        ended: CaptureTime,
    ) -> Finding {
        let known = self.world.clients.get(&client);
        let case = Case { world: self.world, address: client, client: known.as_deref().unwrap_or(self.blank) };
        let mut finding = case.finding(ruling, family, started, ended);
        finding.details.host =
            Some(Box::new(HostDetails { mac: Some(Responder::mac_text(self.mac)), ..HostDetails::default() }));
        finding
    }
}

/// The address of a host that has none.
const NOBODY: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Whether a host gives itself such an address when nobody else gave it one (RFC 3927).
const fn is_self_assigned(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.is_link_local())
}

/// What a server granted, for the report.
fn lease_details(granted: &Granted) -> LeaseDetails {
    let mut routers = granted.routers.clone();
    routers.extend(granted.default_route.filter(|route| !granted.routers.contains(route)));
    LeaseDetails {
        address: granted.address,
        seconds: granted.seconds,
        routers,
        dns: granted.dns.clone(),
        domain: granted.domain.clone(),
        wpad: granted.wpad.clone(),
        captive_portal: granted.captive_portal.clone(),
    }
}

/// A DHCP message as evidence.
fn dhcp_note(message: &LeaseMessage) -> Note {
    Note::Dhcp { message: message.name.to_owned(), address: message.address, server: message.server }
}
