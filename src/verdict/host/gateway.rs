//! A gateway that answers neither ARP nor neighbour solicitation.
//!
//! Only what is known to be a gateway counts: a lease or an advertisement names it, or packets to other networks are
//! seen to go through it. Hosts that are switched off answer nothing either, and nobody's Internet depends on them.

use std::net::IpAddr;

use super::OnLink;
use crate::source::PacketRef;
use crate::transaction::{Solicited, Wait};
use crate::verdict::absence::Silence;
use crate::verdict::case::Ruling;
use crate::verdict::dns::is_private;
use crate::verdict::finding::{Finding, Note};
use crate::vocabulary::{Basis, Cause, Family, NcsiReason, Verdict};

/// A stack gives a neighbour up after so many copies (RFC 4861, 10: `MAX_MULTICAST_SOLICIT`; ARP alike).
const COPIES: usize = 3;
/// Copies that are listed as evidence.
const MAX_SHOWN: usize = 12;

impl OnLink<'_> {
    /// Episodes in which a gateway was silent.
    pub(super) fn silent_gateways(&self) -> Vec<Finding> {
        let mut targets: Vec<IpAddr> = self.station.questions.iter().map(|question| question.target).collect();
        targets.sort_unstable();
        targets.dedup();
        targets.into_iter().filter_map(|target| self.silent_gateway(target)).collect()
    }

    fn silent_gateway(&self, target: IpAddr) -> Option<Finding> {
        let mut questions: Vec<&Solicited> =
            self.station.questions.iter().filter(|question| question.target == target).collect();
        questions.sort_by_key(|question| question.first());
        // A question with fewer copies was answered, or dropped by who asked.
        let given_up = |question: &&Solicited| question.copies.len() >= COPIES;
        let first = questions.iter().copied().find(given_up)?;
        let last = questions.iter().copied().rfind(given_up)?;
        if !self.is_gateway(target, first) {
            return None;
        }
        let (started, asked_last) = (first.first().time, last.copies.last()?.time);
        let answered = self
            .station
            .answers
            .iter()
            .filter(|(known, _, at)| *known == target && at.time > asked_last)
            .map(|(_, mac, at)| (*at, *mac))
            .min();
        if answered.is_none() && self.uses_gateway_after(target, asked_last) {
            return None;
        }
        let copies: Vec<PacketRef> = questions
            .iter()
            .filter(|question| question.first().time >= started && question.first().time <= asked_last)
            .flat_map(|question| question.copies.iter().copied())
            .collect();
        let family = if target.is_ipv4() { Family::V4 } else { Family::V6 };
        let cause = if target.is_ipv4() { Cause::ArpTimeout } else { Cause::NeighbourTimeout };
        let mut ruling = Ruling::new(Verdict::SuspectArpProbeFailed, Some(cause), "host.gateway-silent");
        ruling.reason = Some(NcsiReason { number: 12, basis: Basis::Documented });
        let wait = if first.wait == Wait::Elapsed { Wait::Elapsed } else { last.wait };
        let silence = Silence { from: started, to: last.ended, wait, copies: Some(copies.len()), asked: None };
        let ruling = self.by_silence(silence, ruling);
        let mut finding = self.finding(ruling, family, first.client, started, last.ended);
        finding.server = Some(target);
        for (copy, at) in (1u32..).zip(copies.iter().take(MAX_SHOWN)) {
            finding.prove(*at, Note::NeighbourAsked { target, copy });
        }
        if let Some((at, mac)) = answered {
            finding.prove(at, Note::NeighbourAnswered { target, mac });
            finding.recovered_after = Some(at.time.since(started));
        }
        if let Some(host) = finding.details.host.as_mut() {
            host.gateway = Some(target);
            host.unanswered = u32::try_from(copies.len()).unwrap_or(u32::MAX);
            host.lease = self
                .last_granted()
                .and_then(|lease| lease.granted.as_ref())
                .map(|granted| Box::new(super::lease_details(granted)));
        }
        Some(finding)
    }

    /// Whether `target` is known to be a gateway of this host.
    fn is_gateway(&self, target: IpAddr, question: &Solicited) -> bool {
        let by_lease = self
            .station
            .leases
            .iter()
            .filter_map(|lease| lease.granted.as_ref())
            .any(|granted| granted.routers.contains(&target) || granted.default_route == Some(target));
        let by_advertisement = self.world.stations.routers.get(&target).is_some_and(|router| {
            router.offers.iter().any(|(at, offer)| offer.lifetime > 0 && at.time <= question.ended)
        });
        by_lease || by_advertisement || self.routes_through(target)
    }

    /// Whether packets of this host to the Internet are seen to go to the link address that claims `target`.
    fn routes_through(&self, target: IpAddr) -> bool {
        self.station.hops.iter().any(|hop| {
            hop.destinations.iter().any(|destination| {
                destination.is_ipv4() == target.is_ipv4() && !is_private(*destination) && *destination != target
            }) && self.claims(hop.mac, target)
        })
    }

    fn claims(&self, mac: crate::wire::Mac, address: IpAddr) -> bool {
        self.world.neighbours.get(&mac).is_some_and(|addresses| addresses.contains(&address))
    }

    /// Whether the host went on to send through the gateway: then the answer existed.
    fn uses_gateway_after(&self, target: IpAddr, when: crate::time::CaptureTime) -> bool {
        self.station.hops.iter().any(|hop| {
            hop.last > when
                && (self.claims(hop.mac, target)
                    || hop.destinations.iter().any(|other| other.is_ipv4() == target.is_ipv4() && !is_private(*other)))
        })
    }
}
