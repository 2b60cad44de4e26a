//! One client's use of one endpoint set: counts, and the first failures of each stage whole, as their proof.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::directory::Tag;
use super::stage::{Outcome, Stage};
use crate::pack::{pack, unpack};
use crate::source::PacketRef;
use crate::transaction::{Attempted, Exchange, Handshake, Lookup};

/// Failures of one stage that are kept whole for one client and set: the first ones.
const KEPT: usize = 4;

/// Counts of one stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Attempts that worked.
    pub ok: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Requests that a proxy answered with 407.
    pub challenged: u64,
}

/// A failure, whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Proof {
    /// Of a look-up.
    Lookup(Box<Lookup>),
    /// Of a connection.
    Connection(Box<Attempted>),
    /// Of a request.
    Exchange(Box<Exchange>),
    /// Of a handshake.
    Handshake(Box<Handshake>),
}

/// A failure at a stage.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where.
    pub stage: Stage,
    /// Name asked for or connected to; `None` where only the address told.
    pub name: Option<String>,
    /// First packet of it.
    pub at: PacketRef,
    /// A proxy asked for credentials.
    challenge: bool,
    /// The transaction, packed.
    proof: Box<[u8]>,
}

/// One client's use of one set.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    pub(super) counts: [Count; 5],
    /// Servers that answered over QUIC.
    pub(super) quic: u64,
    /// The first failures of each stage.
    pub(super) failures: Vec<Failure>,
    /// The period of a live run in which it was last used.
    pub(super) period: u32,
}

/// The use of every set by every client, in order.
pub type Cells = BTreeMap<(Tag, IpAddr), Box<Cell>>;

impl Cell {
    /// Counts of a stage. Challenges count as failures where no request got past the proxy.
    #[must_use]
    pub fn count(&self, stage: Stage) -> Count {
        let mut count = self.counts[stage as usize];
        if count.ok == 0 {
            count.failed += count.challenged;
        }
        count
    }

    /// How often a server answered over QUIC. What follows there is encrypted, so that it can only be reached.
    #[must_use]
    pub const fn over_quic(&self) -> u64 {
        self.quic
    }

    /// The first failures at a stage, in order.
    pub fn failures(&self, stage: Stage) -> impl Iterator<Item = &Failure> {
        let settled = self.counts[stage as usize].ok == 0;
        self.failures.iter().filter(move |failure| failure.stage == stage && (settled || !failure.is_challenge()))
    }

    pub(super) fn tell(&mut self, told: &[(Stage, Outcome)]) {
        for (stage, outcome) in told {
            let count = &mut self.counts[*stage as usize];
            match outcome {
                Outcome::Ok => count.ok += 1,
                Outcome::Failed => count.failed += 1,
                Outcome::Challenged => count.challenged += 1,
            }
        }
    }

    /// Keeps a failure among the first of its stage. Returns how many more are kept now.
    pub(super) fn keep(&mut self, failure: Failure) -> usize {
        let place = self.failures.partition_point(|other| (other.stage, other.at) <= (failure.stage, failure.at));
        let stage = failure.stage;
        self.failures.insert(place, failure);
        let of_stage = self.failures.iter().filter(|other| other.stage == stage).count();
        if of_stage <= KEPT {
            return 1;
        }
        if let Some(last) = self.failures.iter().rposition(|other| other.stage == stage) {
            self.failures.remove(last);
        }
        0
    }
}

impl Failure {
    pub(super) fn new(stage: Stage, name: Option<String>, at: PacketRef, proof: Proof) -> Self {
        let challenge = matches!(&proof, Proof::Exchange(exchange) if exchange.status() == Some(407));
        Self { stage, name, at, challenge, proof: pack(&Some(proof)) }
    }

    /// The same, of a server whose name turned out later.
    pub(super) fn named(self, name: Option<String>) -> Self {
        Self { name, ..self }
    }

    /// The transaction.
    #[must_use]
    pub fn proof(&self) -> Option<Proof> {
        unpack(&self.proof)
    }

    const fn is_challenge(&self) -> bool {
        self.challenge
    }
}
