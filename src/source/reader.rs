//! One input being read, whatever its format.

use crate::source::block::Block;
use crate::source::correction::Correction;
use crate::source::input::Record;
use crate::source::pcap::PcapReader;
use crate::source::pcapng::PcapNgReader;
use crate::source::{Frame, LinkType, PacketId, PacketRef};
use crate::time::CaptureTime;

/// A packet that stands at the front of the block. Records are shorter than 2^32 by far
/// ([`MAX_RECORD`](crate::limits::MAX_RECORD)); small numbers make it cheap to hand on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) time: CaptureTime,
    pub(super) number: u64,
    pub(super) link: LinkType,
    pub(super) fcs_len: u8,
    pub(super) wire_len: u32,
    /// Sent by the capturing host, as the record says.
    pub(super) outbound: bool,
    /// Where its bytes start, from the front.
    pub(super) start: u32,
    /// How many there are.
    pub(super) len: u32,
    /// Bytes of the whole record: what to consume before the next one.
    pub(super) size: u32,
}

/// What knows how records are written.
pub(super) enum Format {
    Pcap(PcapReader),
    PcapNg(PcapNgReader),
}

/// One input being read.
pub(super) struct Reader {
    block: Block,
    format: Format,
    record: Record,
    head: Option<Found>,
    correction: Option<Correction>,
}

impl Reader {
    pub(super) const fn new(block: Block, format: Format, record: Record) -> Self {
        Self { block, format, record, head: None, correction: None }
    }

    /// Sets right the clock of this input, from the packet on that was read last.
    pub(super) fn correct(&mut self, correction: Correction) {
        if let Some(found) = &mut self.head {
            found.time = correction.apply(found.time);
        }
        self.correction = Some(correction);
    }

    /// Reads the next packet; `false` at the end.
    #[inline]
    pub(super) fn advance(&mut self) -> bool {
        if let Some(found) = &self.head {
            self.block.consume(found.size as usize);
        }
        self.head = match &mut self.format {
            Format::Pcap(reader) => reader.next(&mut self.block, &mut self.record),
            Format::PcapNg(reader) => reader.next(&mut self.block, &mut self.record),
        };
        if let (Some(correction), Some(found)) = (self.correction, &mut self.head) {
            found.time = correction.apply(found.time);
        }
        self.head.is_some()
    }

    /// Time of the packet read last.
    #[inline]
    pub(super) fn time(&self) -> Option<CaptureTime> {
        self.head.as_ref().map(|found| found.time)
    }

    /// The packet read last, as a frame of input `input`.
    #[inline]
    pub(super) fn frame(&self, input: u16) -> Option<Frame<'_>> {
        let found = self.head.as_ref()?;
        let (start, len) = (found.start as usize, found.len as usize);
        Some(Frame {
            at: PacketRef { time: found.time, id: PacketId::new(input, found.number) },
            link: found.link,
            fcs_len: found.fcs_len,
            wire_len: found.wire_len,
            outbound: found.outbound,
            data: self.block.data().get(start..start + len)?,
        })
    }

    /// Whether no whole packet stands behind the packet read last.
    #[inline]
    pub(super) fn is_drained(&self) -> bool {
        let Some(rest) = self.head.and_then(|found| self.block.data().get(found.size as usize..)) else { return true };
        !match &self.format {
            Format::Pcap(reader) => reader.holds_packet(rest),
            Format::PcapNg(reader) => reader.holds_packet(rest),
        }
    }

    pub(super) const fn record(&self) -> &Record {
        &self.record
    }

    pub(super) const fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    /// Offset of the packet read last.
    pub(super) const fn offset(&self) -> u64 {
        self.block.offset()
    }

    /// Gives up the block and keeps what is known.
    pub(super) fn into_record(self) -> Record {
        self.record
    }
}
