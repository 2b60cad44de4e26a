//! DNS look-ups: a question with all its copies, and its answer.

mod table;

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

pub use self::table::Lookups;
use super::{StandsFor, Wait};
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// A look-up: one question to one server, with all its copies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lookup {
    /// Who asked.
    pub client: SocketAddr,
    /// Who was asked.
    pub server: SocketAddr,
    /// Sent over TCP.
    pub over_tcp: bool,
    /// Identifier.
    pub id: u16,
    /// Name asked for, lower case, no final dot.
    pub name: String,
    /// Type asked for.
    pub qtype: u16,
    /// Recursion was desired: a client's question, not a resolver's.
    pub recursion_desired: bool,
    /// The question's packets.
    pub queries: Vec<PacketRef>,
    /// The first answer.
    pub answer: Option<LookupAnswer>,
    /// An ICMP error about the question: who sent it, type, code.
    pub icmp: Option<(PacketRef, IpAddr, u8, u8)>,
    /// How it ended.
    pub end: LookupEnd,
    /// The moment that decided it.
    pub ended: CaptureTime,
    /// Equal ones before it that were not kept.
    pub stands_for: Option<StandsFor>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookupAnswer {
    /// The packet.
    pub at: PacketRef,
    /// Response code.
    pub rcode: u16,
    /// Addresses of the asked family.
    pub addresses: Vec<IpAddr>,
    /// Longest time to live of these addresses, seconds.
    pub ttl: u32,
    /// Canonical names passed.
    pub cnames: Vec<String>,
    /// The TC bit: the answer is incomplete, TCP follows.
    pub truncated: bool,
    /// Whether the message could be read to its end.
    pub whole: bool,
}

/// How a look-up ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum LookupEnd {
    /// Answered.
    Answered,
    /// Not answered.
    Unanswered(Wait),
}

impl Lookup {
    /// First packet that belongs to it.
    #[must_use]
    pub fn first(&self) -> PacketRef {
        let question = self.queries.first().copied();
        let answer = self.answer.as_ref().map(|answer| answer.at);
        match (question, answer) {
            (Some(question), Some(answer)) => question.min(answer),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => PacketRef { time: self.ended, id: crate::source::PacketId::new(0, 0) },
        }
    }
}
