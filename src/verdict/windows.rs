//! Windows' own events beside what the packets say: whose they are, and whether they agree.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use super::filed::Filed;
use super::finding::{Doubt, Finding, Note};
use super::roles::Roles;
use crate::probe::hosts::Hosts;
use crate::probe::world::World;
use crate::proto::ncsi_event::NcsiEvent;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::HostEvent;
use crate::vocabulary::{Basis, Capability, Confidence, Family, NcsiReason, Role};

/// By how much an event may stand before the first packet of its attempt: a trace's packets and events have two clocks.
const BEFORE: Duration = Duration::from_secs(1);
/// By how much it may stand behind the packet that decided.
const BEHIND: Duration = Duration::from_secs(5);

/// Windows' events, told by the client that they are about.
#[derive(Debug, Default)]
pub struct Observed {
    /// Events by an address of their client, in order of time.
    pub by_client: BTreeMap<IpAddr, Vec<HostEvent>>,
    /// Events of which nothing says whose they are.
    pub unattached: Vec<HostEvent>,
    /// Where Windows decided otherwise than predicted, by client.
    pub disagreements: BTreeMap<IpAddr, Vec<Disagreement>>,
}

/// One event that says otherwise than a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// The event's place.
    pub at: PacketRef,
    /// Family of both.
    pub family: Family,
    /// The finding.
    pub finding: u32,
    /// In what they differ.
    pub difference: Difference,
}

/// In what an event and a finding differ.
#[allow(missing_docs)] // the variant says what its fields are
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Windows granted something else.
    Capability { predicted: (Capability, u8), recorded: (Capability, u8) },
    /// Windows granted the same for another reason.
    Reason { capability: Capability, predicted: u8, recorded: u8 },
    /// The probe ended with an error of another kind (WinHTTP's codes).
    Code { predicted: u32, recorded: u32 },
}

impl Difference {
    /// Whether verdict or cause cannot both hold beside the event.
    #[must_use]
    pub const fn contradicts(&self) -> bool {
        matches!(self, Self::Capability { .. } | Self::Code { .. })
    }
}

impl Observed {
    /// Gives every event to the client whose it is.
    #[must_use]
    pub fn of(world: &World, roles: &Roles) -> Self {
        let mut observed = Self::default();
        let inputs: BTreeSet<u16> = world.host_events.all().iter().map(|event| event.at.id.input()).collect();
        let hosts = Hosts::of(world);
        let owners: BTreeMap<u16, Option<IpAddr>> =
            inputs.iter().map(|input| (*input, owner(world, roles, &hosts, *input))).collect();
        for event in world.host_events.all() {
            match owners.get(&event.at.id.input()).copied().flatten() {
                Some(client) => observed.by_client.entry(client).or_default().push(event.clone()),
                None => observed.unattached.push(event.clone()),
            }
        }
        observed
    }

    /// Holds the events against the findings: what agrees is observed, what contradicts lowers the confidence.
    pub fn compare(&mut self, world: &World, filed: &mut [Filed]) {
        if self.by_client.is_empty() {
            return;
        }
        let hosts = Hosts::of(world);
        for (client, events) in &self.by_client {
            let own: BTreeSet<IpAddr> = hosts.kin(*client).chain([*client]).collect();
            let mut places: Vec<&mut Filed> = filed.iter_mut().filter(|filed| own.contains(&filed.client)).collect();
            let mut opened: Vec<Finding> = places.iter().map(|filed| filed.open()).collect();
            let findings = opened.as_mut_slice();
            for event in events {
                let covered = findings.iter().enumerate().filter(|(_, finding)| covers(finding, event));
                let near: Vec<usize> = covered.map(|(index, _)| index).collect();
                let difference = match event.record.event {
                    NcsiEvent::CapabilityChange { capability, reason } => {
                        compare_change(findings, &near, event, capability, reason)
                    }
                    NcsiEvent::ProbeResult { code } => compare_code(findings, &near, event, code),
                    // It does not say what became of the capability.
                    NcsiEvent::ProbeFinished { .. } => None,
                };
                if let Some((index, difference)) = difference
                    && let Some(finding) = findings.get_mut(index)
                {
                    finding.prove(event.at, Note::WindowsEvent { event: event.record.event.clone() });
                    if difference.contradicts() {
                        finding.confidence = finding.confidence.min(Confidence::Medium);
                        finding.confidence_reasons.push(Doubt::WindowsDisagrees);
                    }
                    finding.tidy();
                    let family = finding.family;
                    let disagreement = Disagreement { at: event.at, family, finding: finding.id, difference };
                    self.disagreements.entry(*client).or_default().push(disagreement);
                }
            }
            for (place, finding) in places.iter_mut().zip(opened) {
                **place = Filed::of(finding);
            }
        }
    }
}

/// Whether an event may be about the attempt of a finding.
fn covers(finding: &Finding, event: &HostEvent) -> bool {
    let time = event.at.time;
    event.record.family.is_none_or(|family| family == finding.family)
        && time >= finding.started.before(BEFORE)
        && time <= finding.ended.after(BEHIND)
}

/// Reasons that the outcome of an active probe gives; all others (no address, reset, passive traffic, suspicion) say
/// nothing about one.
const fn of_active_probe(reason: u8) -> bool {
    matches!(reason, 4..=9 | 15)
}

/// Of several findings near an event, the one that was settled last before it, else the first one.
fn nearest(findings: &[Finding], near: &[usize], time: CaptureTime) -> Option<usize> {
    let key = |index: &&usize| findings.get(**index).map(|finding| (finding.ended, finding.id));
    let before = near.iter().filter(|index| findings.get(**index).is_some_and(|finding| finding.ended <= time));
    before.max_by_key(key).or_else(|| near.iter().min_by_key(key)).copied()
}

fn compare_change(
    findings: &mut [Finding],
    near: &[usize],
    event: &HostEvent,
    capability: Capability,
    reason: u8,
) -> Option<(usize, Difference)> {
    if !of_active_probe(reason) {
        return None;
    }
    let deciding: Vec<usize> = near
        .iter()
        .copied()
        .filter(|index| {
            findings.get(*index).is_some_and(|finding| finding.capability.is_some() && finding.ncsi_reason.is_some())
        })
        .collect();
    let agreeing = deciding.iter().copied().find(|index| {
        findings.get(*index).is_some_and(|finding| {
            finding.capability == Some(capability) && finding.ncsi_reason.is_some_and(|own| own.number == reason)
        })
    });
    if let Some(finding) = agreeing.and_then(|index| findings.get_mut(index)) {
        finding.ncsi_reason = Some(NcsiReason { number: reason, basis: Basis::Observed });
        finding.prove(event.at, Note::WindowsEvent { event: event.record.event.clone() });
        finding.tidy();
        return None;
    }
    let index = nearest(findings, &deciding, event.at.time)?;
    let finding = findings.get(index)?;
    let (own, number) = (finding.capability?, finding.ncsi_reason?.number);
    let difference = if own == capability {
        Difference::Reason { capability, predicted: number, recorded: reason }
    } else {
        Difference::Capability { predicted: (own, number), recorded: (capability, reason) }
    };
    Some((index, difference))
}

fn compare_code(findings: &mut [Finding], near: &[usize], event: &HostEvent, code: u32) -> Option<(usize, Difference)> {
    let kind = error_kind(code)?;
    let with_code: Vec<usize> = near
        .iter()
        .copied()
        .filter(|index| {
            findings.get(*index).and_then(|finding| finding.details.winhttp_error).and_then(error_kind).is_some()
        })
        .collect();
    let agreeing = with_code.iter().copied().find(|index| code_of(findings, *index).and_then(error_kind) == Some(kind));
    if let Some(finding) = agreeing.and_then(|index| findings.get_mut(index)) {
        finding.prove(event.at, Note::WindowsEvent { event: event.record.event.clone() });
        finding.tidy();
        return None;
    }
    let index = nearest(findings, &with_code, event.at.time)?;
    Some((index, Difference::Code { predicted: code_of(findings, index)?, recorded: code }))
}

fn code_of(findings: &[Finding], index: usize) -> Option<u32> {
    findings.get(index)?.details.winhttp_error
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum ErrorKind {
    Name,
    Reach,
    Content,
    SignIn,
    Secure,
}

/// What kind of failure a code of WinHTTP means (Winhttp.h); `None` where it says nothing about the network.
const fn error_kind(code: u32) -> Option<ErrorKind> {
    match code {
        12007 => Some(ErrorKind::Name),
        12002 | 12029 | 12030 => Some(ErrorKind::Reach),
        12152 => Some(ErrorKind::Content),
        12015 => Some(ErrorKind::SignIn),
        12044 | 12157 | 12175 => Some(ErrorKind::Secure),
        _ => None,
    }
}

/// The one client whose host made input `input`: the one that is marked as sending from there; without marks the only
/// one of the input, or the only one with an inside address.
fn owner(world: &World, roles: &Roles, hosts: &Hosts, input: u16) -> Option<IpAddr> {
    let group = |address: IpAddr| hosts.kin(address).chain([address]).min().unwrap_or(address);
    let clients: BTreeSet<IpAddr> = world
        .clients
        .briefs()
        .filter(|(address, client)| client.asks && roles.role(**address) == Role::Client)
        .filter(|(_, client)| client.first.is_some_and(|first| first.id.input() == input))
        .map(|(address, _)| group(*address))
        .collect();
    let local: BTreeSet<IpAddr> = world.host_events.local(input).map(group).collect();
    let mut candidates: Vec<IpAddr> =
        if local.is_empty() { clients.into_iter().collect() } else { clients.intersection(&local).copied().collect() };
    if candidates.len() > 1 && local.is_empty() {
        candidates.retain(|address| hosts.kin(*address).chain([*address]).any(is_inside));
    }
    match candidates.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// Whether an address is one of a private network (RFC 1918, RFC 4193).
pub(crate) fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}
