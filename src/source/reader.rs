//! One input being read, whatever its format.

use crate::source::block::Block;
use crate::source::input::Record;
use crate::source::pcap::PcapReader;
use crate::source::pcapng::PcapNgReader;
use crate::source::{Frame, LinkType, PacketId, PacketRef};
use crate::time::CaptureTime;

/// A packet that stands at the front of the block.
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
    pub(super) start: usize,
    /// How many there are.
    pub(super) len: usize,
    /// Bytes of the whole record: what to consume before the next one.
    pub(super) size: usize,
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
}

impl Reader {
    pub(super) const fn new(block: Block, format: Format, record: Record) -> Self {
        Self { block, format, record, head: None }
    }

    /// Reads the next packet; `false` at the end.
    #[inline]
    pub(super) fn advance(&mut self) -> bool {
        if let Some(found) = self.head.take() {
            self.block.consume(found.size);
        }
        self.head = match &mut self.format {
            Format::Pcap(reader) => reader.next(&mut self.block, &mut self.record),
            Format::PcapNg(reader) => reader.next(&mut self.block, &mut self.record),
        };
        self.head.is_some()
    }

    /// Time of the packet read last.
    #[inline]
    pub(super) fn time(&self) -> Option<CaptureTime> {
        self.head.map(|found| found.time)
    }

    /// The packet read last, as a frame of input `input`.
    #[inline]
    pub(super) fn frame(&self, input: u16) -> Option<Frame<'_>> {
        let found = self.head.as_ref()?;
        Some(Frame {
            at: PacketRef { time: found.time, id: PacketId::new(input, found.number) },
            link: found.link,
            fcs_len: found.fcs_len,
            wire_len: found.wire_len,
            outbound: found.outbound,
            data: self.block.data().get(found.start..found.start + found.len)?,
        })
    }

    /// Whether no whole packet stands behind the packet read last.
    #[inline]
    pub(super) fn is_drained(&self) -> bool {
        let Some(rest) = self.head.and_then(|found| self.block.data().get(found.size..)) else { return true };
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
