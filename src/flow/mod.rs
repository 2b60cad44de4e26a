//! The flow floor: TCP segments become in-order bytes, known gaps and connect facts.
//!
//! [`FlowTable`] takes the packets of one worker in file order, [`StreamReader`] takes what comes out. A flow is in one
//! of three phases: *watched* (start not seen, nothing recognised: 96 bytes, each segment's first bytes are sniffed),
//! *live* (opened by a SYN or recognised: facts, reassembly and the reader's state in a box) or *over* (a tombstone of
//! 96 bytes that absorbs the rest).

mod deadline;
mod delivery;
mod eviction;
mod hot;
mod key;
mod known;
mod live;
mod overlap;
mod recent;
mod strangers;
mod stream;
mod table;
mod tcp;
#[cfg(test)]
mod tests;

pub use key::FlowKey;
pub use table::{FlowTable, Outcome, Seen, TableStats};

use std::net::SocketAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::wire::{IcmpError, Mac};

/// Direction of bytes on a connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Direction {
    /// From the side that opened the connection.
    ToServer,
    /// Towards the side that opened it.
    ToClient,
}

impl Direction {
    /// The other one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::ToServer => Self::ToClient,
            Self::ToClient => Self::ToServer,
        }
    }
    /// 0 or 1, for tables of two.
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::ToServer => 0,
            Self::ToClient => 1,
        }
    }
}

/// Number of a connection in order of appearance; a 5-tuple that is used again gets a new one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct FlowId(pub u64);

/// A segment with a flag worth remembering.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    /// The packet.
    pub at: PacketRef,
    /// Its TTL or hop limit.
    pub ttl: u8,
    /// Its IPv4 identification.
    pub identification: Option<u16>,
}

/// What one direction of a connection showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Half {
    /// Packets captured.
    pub packets: u32,
    /// Payload bytes delivered in order so far (gaps included): the stream offset of the next byte. While
    /// [`StreamReader::data`] or [`StreamReader::gap`] runs, what it is being told is already counted (of first
    /// bytes that waited until they were recognised: all of them).
    pub delivered: u64,
    /// Highest stream offset that the other side acknowledged (FIN not counted), where offsets are known.
    pub acknowledged: u64,
    /// Bytes of payload that are known to be missing: lost, or cut by the snap length.
    pub gap_bytes: u64,
    /// Bytes that the other side acknowledged and that are not in the capture: in gaps, or beyond `delivered` and not
    /// held. The end of a stream takes one sequence number, so an uncaptured FIN counts as one byte here.
    pub acknowledged_missing: u64,
    /// Segments that repeated bytes already captured (a true retransmission, not a mirror's copy).
    pub retransmissions: u32,
    /// Any segment was cut by the snap length.
    pub truncated: bool,
    /// First segment with FIN.
    pub fin: Option<Mark>,
    /// First segment with RST.
    pub reset: Option<Mark>,
    /// The first RST stands behind bytes that were not captured before it: they were lost, or come later in the file.
    pub reset_ahead: bool,
    /// The first RST says how far its sender had the other direction (stream offset); `None` without an ACK flag.
    pub reset_acknowledges: Option<u64>,
    /// Segments with RST: Windows asks again after a refusal, with the same initial sequence number.
    pub resets: u32,
    /// TTL of the first packet.
    pub ttl: Option<u8>,
    /// Link address of the sender.
    pub mac: Option<Mac>,
}

impl Half {
    /// Whether the other side acknowledged bytes of this direction that were never captured.
    #[must_use]
    pub const fn acknowledged_unseen(&self) -> bool {
        self.acknowledged_missing > 0
    }
}

/// Everything known of a connection apart from its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Which one.
    pub id: FlowId,
    /// The side that opened it (of a start in mid-stream: the side with the higher port, until content tells better).
    pub client: SocketAddr,
    /// The other side.
    pub server: SocketAddr,
    /// First packet.
    pub first: PacketRef,
    /// Last packet.
    pub last: PacketRef,
    /// SYN segments of the client (one initial sequence number), at most [`MAX_SYNS`](crate::limits::MAX_SYNS).
    pub syns: Vec<Mark>,
    /// First SYN-ACK.
    pub syn_ack: Option<Mark>,
    /// First packet of the client after the SYN-ACK.
    pub established: Option<PacketRef>,
    /// First ICMP error about this connection, and who sent it.
    pub icmp: Option<(PacketRef, std::net::IpAddr, IcmpError)>,
    /// Both directions, by [`Direction::index`].
    pub halves: [Half; 2],
    /// Mirror-port copies that were left out.
    pub duplicates: u32,
}

impl Connection {
    /// A connection of which one packet is known.
    #[must_use]
    pub fn begun(id: FlowId, client: SocketAddr, server: SocketAddr, first: PacketRef) -> Self {
        Self {
            id,
            client,
            server,
            first,
            last: first,
            syns: Vec::new(),
            syn_ack: None,
            established: None,
            icmp: None,
            halves: [Half::default(), Half::default()],
            duplicates: 0,
        }
    }

    /// One direction.
    #[must_use]
    pub const fn half(&self, direction: Direction) -> &Half {
        match direction {
            Direction::ToServer => &self.halves[0],
            Direction::ToClient => &self.halves[1],
        }
    }

    /// SYN to SYN-ACK, of a handshake in which no SYN was repeated before the answer.
    #[must_use]
    pub fn rtt(&self) -> Option<Duration> {
        match (self.syns.as_slice(), self.syn_ack) {
            ([only], Some(answer)) => Some(answer.at.time.since(only.at.time)),
            _ => None,
        }
    }
    /// Whether the capture holds the start of the connection.
    #[must_use]
    pub const fn from_start(&self) -> bool {
        !self.syns.is_empty() || self.syn_ack.is_some()
    }
}

/// What the reader of a flow wants next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Interest {
    /// More bytes.
    Read,
    /// Nothing any more: the flow becomes a tombstone.
    Done,
}

/// What the start of a segment looks like, asked while nothing is known of a flow yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sniff {
    /// A message that the reader understands starts here: read this flow from here on.
    Starts,
    /// The same, but it is a message of the other side: a request or client hello in [`Direction::ToClient`], an answer
    /// in [`Direction::ToServer`]. Turns the roles of a flow whose start was not seen; else it is [`Sniff::Starts`].
    StartsReversed,
    /// Too short to tell.
    Unsure,
    /// Nothing known.
    Unknown,
}

/// Who reads the streams: protocol state per connection lives in `State`, boxed with the flow.
pub trait StreamReader {
    /// Protocol state of one connection.
    type State: Default;

    /// Whether a known message starts with these bytes (first bytes of a direction or of a mid-stream segment; of a
    /// short segment, joined with the bytes before it). Asked until the first [`Sniff::Starts`] of either direction;
    /// from then on both directions are read. After [`MAX_SNIFF`](crate::limits::MAX_SNIFF) bytes unsure means unknown.
    /// Bytes of the other direction that were unknown before are told as a gap, not counted in `gap_bytes`.
    fn sniff(&self, connection: &Connection, direction: Direction, bytes: &[u8]) -> Sniff;

    /// A connection was opened: its first SYN, or its SYN-ACK where that comes first. Not called for a connection whose
    /// start was not seen: there the first call is [`StreamReader::data`] or [`StreamReader::gap`] after
    /// [`Sniff::Starts`]. Return a moment at which [`StreamReader::wake`] is to be called.
    ///
    /// Of all moments that are returned the last one holds; `None` leaves it standing; it is dropped when it has come.
    fn opened(&mut self, connection: &Connection, state: &mut Self::State) -> Option<CaptureTime>;

    /// Bytes in order. `offset` is the stream offset of the first of them. Return the interest and, optionally, a moment to be woken at.
    fn data(
        &mut self,
        connection: &Connection,
        state: &mut Self::State,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        at: PacketRef,
    ) -> (Interest, Option<CaptureTime>);

    /// `missing` bytes of a direction are not in the capture (lost, cut or evicted); the stream goes on after them.
    fn gap(
        &mut self,
        connection: &Connection,
        state: &mut Self::State,
        direction: Direction,
        missing: u64,
        at: PacketRef,
    ) -> Interest;

    /// A segment repeated bytes from `offset` on that were captured before.
    fn repeated(
        &mut self,
        connection: &Connection,
        state: &mut Self::State,
        direction: Direction,
        offset: u64,
        at: PacketRef,
    );

    /// Something changed that is no data: SYN-ACK, a repeated SYN (also one that comes after its SYN-ACK in the file),
    /// FIN (after its data), each RST, the first ICMP error. The connection tells which.
    fn changed(
        &mut self,
        connection: &Connection,
        state: &mut Self::State,
        at: PacketRef,
    ) -> (Interest, Option<CaptureTime>);

    /// The moment asked for has come (capture time has passed it).
    fn wake(
        &mut self,
        connection: &Connection,
        state: &mut Self::State,
        now: CaptureTime,
    ) -> (Interest, Option<CaptureTime>);

    /// The last call for a connection, unless the reader was [`Interest::Done`] with it: evicted under pressure,
    /// replaced by a new one on the same ports, not understood, or the capture ended.
    fn end(&mut self, connection: &Connection, state: &mut Self::State, now: CaptureTime, why: End);

    /// Bytes that a state keeps on the heap, for the bound on all of them together. Cheap: asked after each segment.
    fn heap_bytes(&self, state: &Self::State) -> usize {
        let _ = state;
        0
    }
}

/// Why a connection gets its last call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The capture ended.
    CaptureEnd,
    /// The table was full.
    Evicted,
    /// A new connection uses the same addresses and ports, or the old one was idle for long.
    Over,
    /// Opened, but what came first was unknown to the reader in both directions: no protocol of ours.
    Unknown,
}
