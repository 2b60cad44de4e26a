//! Segments of connections that nobody knows. Most packets of a busy link are such: the connection began before the
//! capture, or it carries something else. They are passed over before anything is remembered of them; but a refusal may
//! stand before the SYN that it refuses, as mirror ports and multi-queue adapters write them.

use std::collections::VecDeque;

use super::live::connection;
use super::{Direction, FlowId, FlowKey, Sniff, StreamReader};
use crate::limits::REORDER_TOLERANCE;
use crate::wire::{Body, Packet, Segment};

/// Resets that wait for their SYN.
const MAX_WAITING: usize = 8;

struct Refusal {
    key: FlowKey,
    from_low: bool,
    packet: Packet<'static>,
    segment: Segment<'static>,
}

/// The latest resets that belonged to no connection.
#[derive(Default)]
pub(super) struct Strangers(VecDeque<Refusal>);

impl Strangers {
    /// Whether a segment without SYN says nothing but that somebody is there: it begins no message.
    pub(super) fn say_nothing<R: StreamReader>(
        &mut self,
        key: FlowKey,
        from_low: bool,
        packet: &Packet,
        segment: &Segment,
        reader: &R,
    ) -> bool {
        if segment.payload.is_empty() || segment.len == 0 || segment.has(Segment::RST) {
            self.keep(key, from_low, packet, segment);
            return true;
        }
        let client_low = from_low == segment.comes_from_client();
        let guess = connection(key, client_low, FlowId(0), packet.at);
        let direction = if from_low == client_low { Direction::ToServer } else { Direction::ToClient };
        reader.sniff(&guess, direction, segment.payload) == Sniff::Unknown
    }

    /// Remembers a reset, if it can be an answer to a SYN: it acknowledges one.
    pub(super) fn keep(&mut self, key: FlowKey, from_low: bool, packet: &Packet, segment: &Segment) {
        if !segment.has(Segment::RST) || !segment.has(Segment::ACK) {
            return;
        }
        if self.0.len() >= MAX_WAITING {
            self.0.pop_front();
        }
        let packet = Packet { at: packet.at, link: packet.link, ip: packet.ip, body: Body::Other };
        let segment = Segment { payload: &[], len: 0, ..*segment };
        self.0.push_back(Refusal { key, from_low, packet, segment });
    }

    /// The reset that answers this SYN, with the direction that it came from.
    pub(super) fn refused(
        &mut self,
        key: FlowKey,
        from_low: bool,
        packet: &Packet,
        syn: &Segment,
    ) -> Option<(bool, Packet<'static>, Segment<'static>)> {
        let index = self.0.iter().position(|refusal| {
            refusal.key == key
                && refusal.from_low != from_low
                && refusal.segment.ack == syn.seq.wrapping_add(1).wrapping_add(syn.len)
                && refusal.packet.at.time.distance(packet.at.time) <= REORDER_TOLERANCE
        })?;
        self.0.remove(index).map(|refusal| (refusal.from_low, refusal.packet, refusal.segment))
    }
}
