//! What every packet of a flow touches: who it is, whether anybody reads it, when it was last heard.

use super::deadline::Slot;
use super::live::Live;
use super::recent::LastTwo;
use super::{Direction, FlowId, FlowKey, TableStats};
use crate::time::CaptureTime;
use crate::wire::Segment;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Phase {
    /// Start not seen and nothing recognised yet.
    Watched,
    /// There is a [`Live`] in this place.
    Live(Slot),
    /// The reader has done with it.
    Over,
}

/// What every packet touches.
pub(super) struct Hot {
    pub(super) key: FlowKey,
    pub(super) phase: Phase,
    pub(super) id: FlowId,
    /// Last packet.
    pub(super) active: CaptureTime,
    /// One more than the second of the last packet from the lower end and from the higher end.
    seconds: [u32; 2],
    pub(super) seen: [bool; 2],
    pub(super) recent: LastTwo,
    pub(super) client_low: bool,
    /// The id was used: what is recognised here later is told as another connection.
    pub(super) spent: bool,
    /// Whether the opening was seen, so that the roles and `initial` are known.
    pub(super) opened: bool,
    /// Sequence number of the client's SYN.
    pub(super) initial: u32,
}

impl Hot {
    pub(super) fn new(key: FlowKey, from_low: bool, segment: &Segment, id: FlowId, now: CaptureTime) -> Self {
        Self {
            key,
            phase: Phase::Watched,
            id,
            active: now,
            seconds: [0; 2],
            seen: [from_low, !from_low],
            recent: LastTwo::default(),
            client_low: from_low == segment.comes_from_client(),
            spent: false,
            opened: false,
            initial: 0,
        }
    }

    /// Notes a packet; whether it is the first of this direction in its second.
    pub(super) fn present(&mut self, from_low: bool, now: CaptureTime, stats: &mut TableStats) -> bool {
        let side = usize::from(!from_low);
        if !self.seen[side] {
            self.seen[side] = true;
            stats.one_way -= 1;
        }
        // Zero means never; captures with relative times start at second 0.
        let second = (now.seconds() as u32).wrapping_add(1);
        std::mem::replace(&mut self.seconds[side], second) != second
    }

    /// Whether a SYN or SYN-ACK opens another connection than the one that is known.
    ///
    /// A repeated SYN has the initial sequence number of the first one, also after a refusal (Windows asks three
    /// times). A new connection on old ports has another one (RFC 9293 3.4.1, RFC 6528).
    pub(super) fn opens<S: Default>(
        &self,
        live: Option<&Live<S>>,
        segment: &Segment,
        from_low: bool,
        long_silence: bool,
    ) -> bool {
        let answer = segment.has(Segment::ACK);
        let Some(live) = live else {
            let known = if answer { segment.ack.wrapping_sub(1) } else { segment.seq };
            return !self.opened || self.initial != known || long_silence && !answer;
        };
        let forth = live.streams[Direction::ToServer.index()].base();
        let back = live.streams[Direction::ToClient.index()].base();
        let place = segment.seq.wrapping_add(1);
        let facts = &live.connection;
        match (answer, live.direction(from_low)) {
            (false, Direction::ToServer) => long_silence || forth.is_none_or(|base| base.seq != place),
            // Both sides may open at once (RFC 9293 3.5): nothing is known of the server's numbers then.
            (false, Direction::ToClient) => long_silence || back.is_some_and(|base| base.seq != place),
            (true, Direction::ToClient) => {
                let Some(forth) = forth else { return false };
                // With Fast Open it acknowledges data, too (RFC 7413 4.2.2).
                let fits = matches!(forth.offset(segment.ack, 0), Some(0..=0xffff));
                let closed = facts.halves.iter().any(|half| half.fin.is_some() || half.reset.is_some());
                !fits && (closed || long_silence || !facts.from_start())
            }
            (true, Direction::ToServer) => !facts.from_start(),
        }
    }
}
