//! A Windows client that came up inside the capture, talks, and sent no probe.
//!
//! "Was never sent" is the boldest thing that a capture can say, so everything must speak for it: the client took its
//! lease inside the capture, the minute after it is there, its system is Windows by signs of its own, it resolves names
//! and speaks HTTP or TLS, and neither a filter nor lost packets can have hidden the probe.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use super::{OnLink, dhcp_note, lease_details};
use crate::probe::catalog::Asked;
use crate::probe::client::Client;
use crate::probe::hosts::Hosts;
use crate::probe::identity::System;
use crate::verdict::case::Ruling;
use crate::verdict::finding::{Doubt, Finding};
use crate::vocabulary::{Cause, Family, Role, Verdict};

/// Windows probes within seconds of a link that comes up; Microsoft's own guide captures for a minute.
const PROBES_WITHIN: Duration = Duration::from_secs(60);

impl OnLink<'_> {
    /// Whether the client kept silent.
    pub(super) fn unprobed(&self, hosts: &Hosts, role: impl Fn(IpAddr) -> Role) -> Option<Finding> {
        let protocols = self.world.protocols;
        let hidden = self.world.filtered || self.world.lacks_any() || self.world.rewriting.suspected();
        if hidden || !protocols.http || !protocols.dns || !protocols.dns_answers {
            return None;
        }
        // From 0.0.0.0: the link came up. A renewal comes from the address that is prolonged.
        let up = self.last_granted().filter(|lease| lease.client.is_none())?;
        let granted = up.granted.as_ref()?;
        let (address, started) = (granted.address?, up.first().time);
        let deadline = started.after(PROBES_WITHIN);
        if self.end() < deadline || role(address) != Role::Client {
            return None;
        }
        let own: Vec<IpAddr> =
            std::iter::once(address).chain(hosts.kin(address)).chain(self.station.addresses_from(started)).collect();
        let clients: Vec<Cow<'_, Client>> = own.iter().filter_map(|address| self.world.clients.get(address)).collect();
        let talks = clients.iter().any(|client| client.asks && client.talks());
        let probed = clients.iter().any(|client| self.shows_probe(client));
        if !talks || probed || !self.is_windows(&own, up.told.vendor_class.as_deref()) {
            return None;
        }
        let ruling =
            Ruling::new(Verdict::NoProbeSeen, Some(Cause::ProbeNeverSent), "host.no-probe").doubt(Doubt::NotOnTheWire);
        let mut finding = self.finding(ruling, Family::V4, address, started, deadline);
        for message in &up.messages {
            finding.prove(message.at, dhcp_note(message));
        }
        if let Some(host) = finding.details.host.as_mut() {
            host.dhcp_server = granted.server;
            host.dhcp = up.messages.iter().map(|message| message.name.to_owned()).collect();
            host.lease = Some(Box::new(lease_details(granted)));
            let systems = own.iter().filter_map(|address| self.world.identities.get(address)?.system.as_ref());
            host.unprobed = Some(Box::new(self.reasons(systems.max(), granted, started)));
        }
        Some(finding)
    }

    /// Whether anything of a probe is there: a look-up of its names, a connection to its servers, a request.
    fn shows_probe(&self, client: &Client) -> bool {
        let asked = client.exchanges.iter().any(|exchange| {
            exchange
                .request
                .as_ref()
                .is_none_or(|request| !matches!(self.world.catalog.asked(&request.head), Asked::Other))
        });
        let connected =
            client.failed.iter().any(|failed| self.world.probe_servers.contains(&failed.connection.server.ip()));
        asked || connected || !client.lookups.is_empty()
    }

    /// Whether Windows' own programs or its DHCP client speak here, and nothing else.
    fn is_windows(&self, own: &[IpAddr], vendor_class: Option<&str>) -> bool {
        let by_dhcp = vendor_class.and_then(System::of_vendor_class);
        let by_agent = own.iter().filter_map(|address| self.world.identities.get(address)?.system.clone()).max();
        match (by_dhcp, by_agent) {
            (Some(by_dhcp), by_agent) => by_dhcp.is_windows() && by_agent.is_none_or(|system| system.is_windows()),
            (None, Some(by_agent)) => by_agent.is_windows(),
            (None, None) => false,
        }
    }
}
