//! Packets on their way from the thread that captures to the one that analyses.

use crate::source::{Frame, LinkType, PacketId, PacketRef};
use crate::time::CaptureTime;

/// Bytes of packets after which a batch is handed on.
const ENOUGH_BYTES: usize = 256 << 10;
/// Packets after which a batch is handed on.
const ENOUGH_PACKETS: usize = 2048;

/// Packets of one source, in the order in which they were read.
#[derive(Clone, Debug)]
pub struct Batch {
    link: LinkType,
    bytes: Vec<u8>,
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    time: CaptureTime,
    start: u32,
    len: u32,
    wire_len: u32,
    /// Its number in the stream; 0 where packets are counted as they come.
    number: u64,
    fcs_len: u8,
    outbound: bool,
}

impl Default for Batch {
    fn default() -> Self {
        Self { link: LinkType::ETHERNET, bytes: Vec::new(), slots: Vec::new() }
    }
}

impl Batch {
    /// Makes it empty, for packets of type `link`.
    pub fn reset(&mut self, link: LinkType) {
        self.link = link;
        self.bytes.clear();
        self.slots.clear();
    }

    /// Adds a packet.
    #[inline]
    pub fn push(&mut self, time: CaptureTime, wire_len: u32, data: &[u8]) {
        let (Ok(start), Ok(len)) = (u32::try_from(self.bytes.len()), u32::try_from(data.len())) else { return };
        self.bytes.extend_from_slice(data);
        self.slots.push(Slot { time, start, len, wire_len, number: 0, fcs_len: 0, outbound: false });
    }

    /// Adds a packet of a capture, with the number that it has there, counted on from `shift`.
    pub fn push_frame(&mut self, frame: &Frame<'_>, shift: u64) {
        self.push(frame.at.time, frame.wire_len, frame.data);
        if let Some(slot) = self.slots.last_mut() {
            (slot.number, slot.fcs_len, slot.outbound) = (frame.at.id.number() + shift, frame.fcs_len, frame.outbound);
        }
    }

    /// Takes the packets from `index` on out into a batch of their own.
    #[must_use]
    pub fn split_off(&mut self, index: usize) -> Self {
        let mut rest = Self { link: self.link, bytes: Vec::new(), slots: Vec::new() };
        let Some(start) = self.slots.get(index).map(|slot| slot.start) else { return rest };
        rest.bytes = self.bytes.split_off(start as usize);
        rest.slots = self.slots.split_off(index);
        for slot in &mut rest.slots {
            slot.start -= start;
        }
        rest
    }

    /// Whether it should be handed on.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.bytes.len() >= ENOUGH_BYTES || self.slots.len() >= ENOUGH_PACKETS
    }

    /// Packets in it.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// When a packet was captured.
    #[must_use]
    pub fn time(&self, index: usize) -> Option<CaptureTime> {
        self.slots.get(index).map(|slot| slot.time)
    }

    /// A packet of input `input`; as packet `number`, where it brought none.
    #[inline]
    #[must_use]
    pub fn frame(&self, index: usize, input: u16, number: u64) -> Option<Frame<'_>> {
        let slot = self.slots.get(index)?;
        let start = slot.start as usize;
        let number = if slot.number > 0 { slot.number } else { number };
        Some(Frame {
            at: PacketRef { time: slot.time, id: PacketId::new(input, number) },
            link: self.link,
            fcs_len: slot.fcs_len,
            wire_len: slot.wire_len,
            outbound: slot.outbound,
            data: self.bytes.get(start..start + slot.len as usize)?,
        })
    }
}
