//! What both sides of a conversation said, in order, joined over segments.

use std::net::SocketAddr;

use super::inspect::secrets;
use crate::flow::{Connection, Direction, End, FlowTable, Interest, Sniff, StreamReader};
use crate::limits::{MAX_STREAM_BYTES, TableLimits};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::verdict::Conversation;
use crate::wire::{Body, Packet};

pub use crate::verdict::Side;

/// Memory for following a few conversations.
const MEMORY: usize = 16 << 20;

/// One conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// UDP instead of TCP.
    pub udp: bool,
    /// The asking side.
    pub client: SocketAddr,
    /// The asked side.
    pub server: SocketAddr,
    /// What was said, in the order of the packets that completed it.
    pub chunks: Vec<Chunk>,
    /// There was more than is shown.
    pub more: bool,
}

/// Bytes of one side without a word of the other between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Who said it.
    pub side: Side,
    /// The packet that brought the first of them.
    pub at: PacketRef,
    /// The bytes; passwords, hashes, cookies and tokens are overwritten with `*`.
    pub bytes: Vec<u8>,
    /// Bytes before these that are not in the capture.
    pub missing: u64,
}

/// Follows a few conversations.
pub(super) struct Streams {
    wanted: Vec<Conversation>,
    flows: FlowTable<Listener>,
    listener: Listener,
}

impl Streams {
    pub(super) fn new(wanted: &[Conversation]) -> Self {
        let limits = TableLimits::for_memory(MEMORY);
        Self { wanted: wanted.to_vec(), flows: FlowTable::new(&limits), listener: Listener::default() }
    }

    /// Takes the next packet of any of them.
    pub(super) fn push(&mut self, packet: &Packet<'_>) {
        match &packet.body {
            Body::Tcp(segment) => {
                self.flows.push(packet, segment, &mut self.listener);
            }
            Body::Udp(datagram) => {
                let Some(ip) = packet.ip else { return };
                let from = SocketAddr::new(ip.source, datagram.source_port);
                let to = SocketAddr::new(ip.destination, datagram.destination_port);
                let known = |client, server| {
                    self.wanted.iter().any(|own| own.udp && (own.client, own.server) == (client, server))
                };
                if known(from, to) {
                    self.listener.hear(true, from, to, Side::Client, datagram.payload, 0, packet.at);
                } else if known(to, from) {
                    self.listener.hear(true, to, from, Side::Server, datagram.payload, 0, packet.at);
                }
            }
            _ => {}
        }
    }

    /// All of them, in order of their first bytes.
    pub(super) fn finish(mut self) -> Vec<Stream> {
        self.flows.finish(CaptureTime::MAX, &mut self.listener);
        let mut streams = self.listener.streams;
        for stream in &mut streams {
            for chunk in &mut stream.chunks {
                for range in secrets(&chunk.bytes) {
                    if let Some(bytes) = chunk.bytes.get_mut(range) {
                        bytes.fill(b'*');
                    }
                }
            }
            // A conversation that was recognised in its middle may have been told the wrong way round.
            let own = self.wanted.iter().any(|own| (own.client, own.server) == (stream.client, stream.server));
            let turned = self.wanted.iter().any(|own| (own.server, own.client) == (stream.client, stream.server));
            if !own && turned {
                std::mem::swap(&mut stream.client, &mut stream.server);
                for chunk in &mut stream.chunks {
                    chunk.side = match chunk.side {
                        Side::Client => Side::Server,
                        Side::Server => Side::Client,
                    };
                }
            }
        }
        streams
    }
}

/// Writes down everything that is said.
#[derive(Default)]
struct Listener {
    streams: Vec<Stream>,
    /// Bytes known to be missing before what comes next, by connection and side.
    missing: Vec<(SocketAddr, SocketAddr, Side, u64)>,
}

impl Listener {
    #[expect(clippy::too_many_arguments, reason = "the parts of one utterance")]
    fn hear(
        &mut self,
        udp: bool,
        client: SocketAddr,
        server: SocketAddr,
        side: Side,
        bytes: &[u8],
        missing: u64,
        at: PacketRef,
    ) {
        let place = self.streams.iter().position(|own| (own.udp, own.client, own.server) == (udp, client, server));
        let place = place.unwrap_or_else(|| {
            self.streams.push(Stream { udp, client, server, chunks: Vec::new(), more: false });
            self.streams.len() - 1
        });
        let Some(stream) = self.streams.get_mut(place) else { return };
        let held: usize = stream.chunks.iter().map(|chunk| chunk.bytes.len()).sum();
        let room = MAX_STREAM_BYTES.saturating_sub(held);
        let kept = bytes.get(..room).unwrap_or(bytes);
        stream.more |= kept.len() < bytes.len();
        match stream.chunks.last_mut().filter(|last| last.side == side && missing == 0 && !udp) {
            Some(last) => last.bytes.extend_from_slice(kept),
            None => stream.chunks.push(Chunk { side, at, bytes: kept.to_vec(), missing }),
        }
    }
}

const fn side(direction: Direction) -> Side {
    match direction {
        Direction::ToServer => Side::Client,
        Direction::ToClient => Side::Server,
    }
}

impl StreamReader for Listener {
    type State = ();

    fn sniff(&self, _: &Connection, _: Direction, _: &[u8]) -> Sniff {
        Sniff::Starts
    }

    fn opened(&mut self, _: &Connection, (): &mut ()) -> Option<CaptureTime> {
        None
    }

    fn data(
        &mut self,
        connection: &Connection,
        (): &mut (),
        direction: Direction,
        _: u64,
        bytes: &[u8],
        at: PacketRef,
    ) -> (Interest, Option<CaptureTime>) {
        let (client, server, side) = (connection.client, connection.server, side(direction));
        let gap = self.missing.iter().position(|gap| (gap.0, gap.1, gap.2) == (client, server, side));
        let missing = gap.map_or(0, |gap| self.missing.swap_remove(gap).3);
        self.hear(false, client, server, side, bytes, missing, at);
        (Interest::Read, None)
    }

    fn gap(
        &mut self,
        connection: &Connection,
        (): &mut (),
        direction: Direction,
        missing: u64,
        _: PacketRef,
    ) -> Interest {
        self.missing.push((connection.client, connection.server, side(direction), missing));
        Interest::Read
    }

    fn repeated(&mut self, _: &Connection, (): &mut (), _: Direction, _: u64, _: PacketRef) {}

    fn changed(&mut self, _: &Connection, (): &mut (), _: PacketRef) -> (Interest, Option<CaptureTime>) {
        (Interest::Read, None)
    }

    fn wake(&mut self, _: &Connection, (): &mut (), _: CaptureTime) -> (Interest, Option<CaptureTime>) {
        (Interest::Read, None)
    }

    fn end(&mut self, _: &Connection, (): &mut (), _: CaptureTime, _: End) {}
}
