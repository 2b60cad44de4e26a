//! No IPv4 address: DHCP gave none.
//!
//! The exchanges of a host from the first that brought nothing to the next that grants an address are one episode.
//! Silence of the servers proves as little as any other silence; that the host gave itself an address of 169.254.0.0/16
//! (RFC 3927) proves that none came.

use std::time::Duration;

use super::{NOBODY, OnLink, dhcp_note, is_self_assigned, lease_details};
use crate::probe::station::Claim;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::lease::LEASE_DEADLINE;
use crate::transaction::{Lease, LeaseEnd, LeaseMessage, Wait};
use crate::verdict::absence::Silence;
use crate::verdict::case::Ruling;
use crate::verdict::finding::{Doubt, Finding, Note};
use crate::vocabulary::{Basis, Cause, Family, NcsiReason, Verdict};

/// Messages of one episode that are listed as evidence.
const MAX_SHOWN: usize = 24;
/// A client that refuses an address, or is refused, begins anew; so many times in a row it is a loop.
const LOOP: usize = 2;

/// A host has found out whether somebody else uses its new address within this time (RFC 5227: seven seconds).
const CHECKS_ADDRESS: Duration = Duration::from_secs(15);

/// A client waits so long at least before it repeats DISCOVER (RFC 2131, 4.1: four seconds, a second more or less);
/// copies that lie closer together are no sign of silence.
const FIRST_PAUSE: Duration = Duration::from_secs(3);

/// Exchanges without a lease, one after the other.
struct Episode<'a> {
    exchanges: Vec<&'a Lease>,
    /// The exchange that ended it well.
    granted: Option<&'a Lease>,
}

impl OnLink<'_> {
    /// Episodes without an IPv4 address.
    pub(super) fn no_address(&self) -> Vec<Finding> {
        let mut exchanges: Vec<&Lease> =
            self.station.leases.iter().filter(|lease| lease.family == Family::V4).collect();
        exchanges.sort_by_key(|lease| lease.first());
        let mut found = Vec::new();
        let mut open = Episode { exchanges: Vec::new(), granted: None };
        for lease in exchanges {
            match lease.end {
                LeaseEnd::Granted if self.refused_later(lease) => open.exchanges.push(lease),
                LeaseEnd::Granted => {
                    open.granted = Some(lease);
                    found.extend(self.judge_episode(&open));
                    open = Episode { exchanges: Vec::new(), granted: None };
                }
                // Given back on purpose.
                LeaseEnd::Released => open = Episode { exchanges: Vec::new(), granted: None },
                LeaseEnd::Refused | LeaseEnd::Declined => open.exchanges.push(lease),
                // A renewal that nobody answers leaves the host its address.
                LeaseEnd::Unanswered(_) | LeaseEnd::Offered(_) if lease.searches() => open.exchanges.push(lease),
                LeaseEnd::Unanswered(_) | LeaseEnd::Offered(_) | LeaseEnd::Informed => {}
            }
        }
        found.extend(self.judge_episode(&open));
        found
    }

    /// Whether the host refused the address at once after it was granted.
    fn refused_later(&self, lease: &Lease) -> bool {
        let granted = lease.granted.as_ref().and_then(|granted| granted.address);
        self.station.leases.iter().any(|other| {
            other.end == LeaseEnd::Declined
                && other.ended >= lease.ended
                && other.ended.since(lease.ended) <= CHECKS_ADDRESS
                && other.named("DECLINE").any(|message| message.address == granted)
        })
    }

    fn judge_episode(&self, episode: &Episode<'_>) -> Option<Finding> {
        let started = episode.exchanges.first()?.first().time;
        let until = episode.granted.map_or(CaptureTime::MAX, |lease| lease.ended);
        let claim = self.self_assigned(started, until);
        if episode.granted.is_some() && claim.is_none() {
            // Slow, and it worked.
            return None;
        }
        if episode.granted.is_none() && self.has_address_from(started) {
            return None;
        }
        let discovers = episode.named("DISCOVER");
        let refused = episode.count(|lease| lease.end == LeaseEnd::Refused);
        let declined = episode.count(|lease| lease.end == LeaseEnd::Declined);
        // What came after the host gave up belongs to its next try.
        let gave_up = claim.map_or(CaptureTime::MAX, |claim| claim.at.time.max(started));
        let before = |message: &&LeaseMessage| message.at.time <= gave_up;
        let searches = episode.exchanges.iter().filter(|lease| lease.searches());
        let requested = searches.flat_map(|lease| &lease.messages).filter(before).any(|one| one.name == "REQUEST");
        let offered = episode.messages().filter(before).any(|message| message.by_server);
        let no_address = |cause, rule| {
            let mut ruling = Ruling::new(Verdict::NoAddress, Some(cause), rule);
            ruling.reason = Some(NcsiReason { number: 1, basis: Basis::Documented });
            ruling
        };
        let deadline = started.after(LEASE_DEADLINE);
        let ruling = if declined >= LOOP || declined > 0 && claim.is_some() {
            no_address(Cause::DhcpDecline, "host.dhcp-decline")
        } else if refused >= LOOP || refused > 0 && claim.is_some() {
            no_address(Cause::DhcpNak, "host.dhcp-nak")
        } else if refused + declined > 0 {
            // Refused once: what came then is not in the capture.
            return None;
        } else if claim.is_some() {
            match (requested, offered) {
                (true, _) => no_address(Cause::DhcpNoAck, "host.dhcp-no-ack"),
                (false, true) => no_address(Cause::DhcpNoAck, "host.dhcp-offer-unused").doubt(Doubt::UnusedOffer),
                (false, false) => no_address(Cause::DhcpNoOffer, "host.dhcp-no-offer"),
            }
        } else if requested || offered {
            // A request proves that an offer came; the answer to it was perhaps not captured. An offer that stays
            // unused proves nothing about this client.
            return None;
        } else if discovers.len() < 2 || last_of(&discovers).since(started) < FIRST_PAUSE {
            return None;
        } else {
            let wait: Wait = self.wait(deadline);
            let silence = Silence { from: started, to: deadline, wait, copies: Some(discovers.len()), asked: None };
            self.by_silence(silence, no_address(Cause::DhcpNoOffer, "host.dhcp-no-offer"))
        };
        let ended = claim.map_or_else(|| self.end().min(deadline), |claim| claim.at.time.max(started));
        let client = claim.map_or(NOBODY, |claim| claim.address);
        let mut finding = self.finding(ruling, Family::V4, client, started, ended);
        self.prove(&mut finding, episode, claim);
        let unanswered = discovers.len();
        if let Some(host) = finding.details.host.as_mut() {
            host.claimed = claim.map(|claim| claim.address);
            host.unanswered = u32::try_from(unanswered).unwrap_or(u32::MAX);
            host.dhcp = episode.messages().map(|message| message.name.to_owned()).take(MAX_SHOWN).collect();
            host.dhcp_server = episode.messages().find_map(|message| message.server.filter(|_| message.by_server));
            host.lease = episode
                .granted
                .and_then(|lease| lease.granted.as_ref())
                .map(|granted| Box::new(lease_details(granted)));
        }
        finding.recovered_after = episode.granted.map(|lease| lease.ended.since(started));
        Some(finding)
    }

    /// The address of its own making that the host took in that time. One that it uses from the first DISCOVER on was
    /// taken before: it says nothing about these.
    fn self_assigned(&self, from: CaptureTime, until: CaptureTime) -> Option<Claim> {
        let claimed = self.station.claims.iter().copied();
        let used =
            self.station.sources.iter().map(|used| Claim { address: used.what, at: used.first, last: used.last });
        claimed
            .chain(used)
            .filter(|claim| {
                is_self_assigned(claim.address) && claim.at.time >= from.after(FIRST_PAUSE) && claim.at.time < until
            })
            .min_by_key(|claim| claim.at)
    }

    /// Whether the host uses an IPv4 address of a network after `from`: it has one, whatever DHCP says.
    fn has_address_from(&self, from: CaptureTime) -> bool {
        self.station.addresses_from(from).any(|address| {
            address.is_ipv4() && !is_self_assigned(address) && !address.is_unspecified() && !address.is_multicast()
        })
    }

    fn prove(&self, finding: &mut Finding, episode: &Episode<'_>, claim: Option<Claim>) {
        let all: Vec<&LeaseMessage> = episode.messages().collect();
        for message in all.iter().take(MAX_SHOWN) {
            finding.prove(message.at, dhcp_note(message));
        }
        if let Some(claim) = claim {
            let at: PacketRef = claim.at;
            finding.prove(at, Note::AddressClaimed { address: claim.address });
        }
        if let Some(grant) = episode.granted.and_then(|lease| lease.messages.iter().rev().find(|m| m.by_server)) {
            finding.prove(grant.at, dhcp_note(grant));
        }
    }
}

fn last_of(messages: &[&LeaseMessage]) -> CaptureTime {
    messages.iter().map(|message| message.at.time).max().unwrap_or(CaptureTime::MIN)
}

impl Episode<'_> {
    fn messages(&self) -> impl Iterator<Item = &LeaseMessage> {
        self.exchanges.iter().flat_map(|lease| &lease.messages)
    }

    /// Messages of a name as the client sent them; where only a relay's copies were captured, those.
    fn named(&self, name: &'static str) -> Vec<&LeaseMessage> {
        let all: Vec<&LeaseMessage> = self.messages().filter(|message| message.name == name).collect();
        let own: Vec<&LeaseMessage> = all.iter().copied().filter(|message| !message.relayed).collect();
        if own.is_empty() { all } else { own }
    }

    fn count(&self, which: impl Fn(&Lease) -> bool) -> usize {
        self.exchanges.iter().filter(|lease| which(lease)).count()
    }
}
