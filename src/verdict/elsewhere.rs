//! What one capture point has of an attempt and another one, which would have shown it, has not.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::filed::Filed;
use super::finding::{Finding, Note, Remark};
use crate::probe::vantage::{Vantage, Way};
use crate::probe::world::World;
use crate::source::PacketId;
use crate::vocabulary::Side;
use crate::wire::{TCP, UDP};

/// A packet of an attempt, by what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Step {
    /// A DNS question.
    Query,
    /// An answer to it.
    Answer,
    /// The SYN that opens a connection.
    Syn,
    /// The SYN-ACK that accepts it.
    SynAck,
    /// The RST in answer to a SYN.
    Refusal,
    /// A request.
    Request,
    /// A response, or what came in its place.
    Response,
    /// A TLS `ClientHello`.
    ClientHello,
    /// A TLS `ServerHello`.
    ServerHello,
    /// A TLS alert.
    Alert,
    /// An RST on an open connection.
    Reset,
}

/// What became of a packet between two points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fate {
    /// It was on its way to the point that has not got it.
    Lost,
    /// It comes from the side of the point that has not got it, so it was made between them.
    Made,
    /// Nothing tells which point it crosses first.
    Unknown,
}

/// A step that one point captured and another one did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The step, all copies of it.
    pub step: Step,
    /// Who sent it.
    pub by: Side,
    /// The point that has it.
    pub here: String,
    /// The point that would have shown it, and has not got it.
    pub there: String,
    /// What became of it.
    pub fate: Fate,
}

/// Remarks on every finding which of its steps one point has and another has not.
pub fn remark(world: &World, findings: &mut [Filed]) {
    let Some(vantage) = world.vantage.as_deref() else { return };
    for finding in findings {
        let remarks = steps_apart(vantage, &finding.open());
        if !remarks.is_empty() {
            finding.edit(|finding| finding.remarks.extend(remarks.into_iter().map(Remark::Elsewhere)));
        }
    }
}

/// The steps of a finding that not every point has which would have shown them.
fn steps_apart(vantage: &Vantage, finding: &Finding) -> Vec<Elsewhere> {
    let mut steps: Vec<(Step, Side, PacketId)> = Vec::new();
    for evidence in &finding.evidence {
        if let Some((step, by)) = step(&evidence.note) {
            steps.push((step, by, evidence.at.id));
        }
    }
    steps.sort_unstable_by_key(|(step, _, id)| (*step, *id));
    let mut found = Vec::new();
    for there in 0..u8::try_from(vantage.points.len()).unwrap_or(0) {
        // A proxy or resolver between the points opens connections and asks questions of its own.
        if steps.iter().any(|(.., id)| vantage.asked_anew(*id, there)) {
            continue;
        }
        for copies in steps.chunk_by(|(one, ..), (other, ..)| one == other) {
            found.extend(apart(vantage, finding, copies, there));
        }
    }
    found
}

/// Whether all copies of a step are missing at `there`.
fn apart(vantage: &Vantage, finding: &Finding, copies: &[(Step, Side, PacketId)], there: u8) -> Option<Elsewhere> {
    let &(step, by, first) = copies.first()?;
    let (protocol, server) = match step {
        Step::Query | Step::Answer => (UDP, resolver(finding)),
        _ => (TCP, finding.proxy.map(|proxy| proxy.ip()).or(finding.server)),
    };
    let way = if by == Side::Client { Way::Sends } else { Way::Gets };
    let missed = |id: &PacketId| vantage.missed(*id, (finding.client, way), server, protocol).contains(&there);
    if !copies.iter().all(|(.., id)| missed(id)) {
        return None;
    }
    let here = vantage.point_of(first)?;
    let name = |point: u8| vantage.points.get(usize::from(point)).map(|point| point.name.clone());
    let by_client = by == Side::Client;
    // What the client sends crosses the points in one order, what it gets in the other.
    let fate = match vantage.first_of(finding.client, here, there) {
        None => Fate::Unknown,
        Some(first) if (first == here) == by_client => Fate::Lost,
        Some(_) => Fate::Made,
    };
    Some(Elsewhere { step, by, here: name(here)?, there: name(there)?, fate })
}

/// The resolver that was asked.
fn resolver(finding: &Finding) -> Option<IpAddr> {
    finding.evidence.iter().find_map(|evidence| match &evidence.note {
        Note::Query { server, .. } | Note::Answer { server, .. } => Some(*server),
        _ => None,
    })
}

/// The step that a packet of the evidence is, and who sent it.
const fn step(note: &Note) -> Option<(Step, Side)> {
    Some(match note {
        Note::Query { .. } => (Step::Query, Side::Client),
        Note::Answer { .. } => (Step::Answer, Side::Server),
        Note::Syn { .. } => (Step::Syn, Side::Client),
        Note::SynAck { .. } => (Step::SynAck, Side::Server),
        Note::Refused { .. } => (Step::Refusal, Side::Server),
        Note::Request { .. } | Note::RequestAgain => (Step::Request, Side::Client),
        Note::Response { .. } | Note::NotHttp { .. } | Note::LateResponse { .. } => (Step::Response, Side::Server),
        Note::ClientHello { .. } => (Step::ClientHello, Side::Client),
        Note::ServerHello { .. } => (Step::ServerHello, Side::Server),
        Note::Alert { by, .. } => (Step::Alert, *by),
        Note::Reset { by, .. } => (Step::Reset, *by),
        _ => return None,
    })
}
