//! The pcapng format (draft-ietf-opsawg-pcapng): sections, interfaces and the blocks that are numbered as packets.

use pcap_parser::pcapng::{
    parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le, parse_interfacestatisticsblock_be,
    parse_interfacestatisticsblock_le, parse_sectionheaderblock,
};

use crate::limits::{MAX_INTERFACES, MAX_RECORD};
use crate::source::LinkType;
use crate::source::block::Block;
use crate::source::clock::Clock;
use crate::source::input::Record;
use crate::source::options;
use crate::source::reader::Found;
use crate::source::resync::{finish, search};
use crate::time::CaptureTime;

/// Block types, as registered.
pub(super) mod kind {
    pub(in crate::source) const SECTION: u32 = 0x0a0d_0d0a;
    pub(in crate::source) const INTERFACE: u32 = 1;
    pub(in crate::source) const OLD_PACKET: u32 = 2;
    pub(in crate::source) const SIMPLE_PACKET: u32 = 3;
    pub(in crate::source) const NAMES: u32 = 4;
    pub(in crate::source) const STATISTICS: u32 = 5;
    pub(in crate::source) const PACKET: u32 = 6;
    pub(in crate::source) const JOURNAL: u32 = 9;
    pub(in crate::source) const SECRETS: u32 = 10;
    pub(in crate::source) const CUSTOM: u32 = 0x0bad;
    pub(in crate::source) const CUSTOM_NO_COPY: u32 = 0x4000_0bad;
    /// Events of Sysdig, which are numbered as packets, too.
    pub(in crate::source) const SYSDIG: [u32; 3] = [0x204, 0x216, 0x221];
}

/// Smallest block: type, length, length again.
const MIN_BLOCK: usize = 12;
/// Where the data of an enhanced or old packet block starts.
const PACKET_DATA: usize = 28;
/// Where the data of a simple packet block starts.
const SIMPLE_DATA: usize = 12;

/// Blocks without a packet that are looked behind for one that can be had at once.
const MOST_LOOKED_AT: usize = 16;

/// The option of a packet block that tells its direction.
const OPTION_FLAGS: u16 = 2;
/// Options of a packet block that are looked at: comment, flags, hash and a few more exist.
const MAX_PACKET_OPTIONS: usize = 8;

/// An interface of the current section.
#[derive(Clone, Copy)]
struct Interface {
    link: LinkType,
    fcs_len: u8,
    clock: Clock,
    /// 0: none.
    snap_length: u32,
    /// Packets dropped, as its latest statistics say.
    dropped: u64,
}

/// Reads the blocks of a pcapng file.
pub(super) struct PcapNgReader {
    big_endian: bool,
    /// Inside a section of a version that is not known: nothing of it can be read.
    unknown_version: bool,
    interfaces: Vec<Interface>,
    number: u64,
    /// Time of the last packet that had one.
    time: CaptureTime,
}

/// Whether these are the first bytes of a pcapng file.
pub(super) fn is_pcapng(head: &[u8]) -> bool {
    head.starts_with(&kind::SECTION.to_le_bytes()) && byte_order(head).is_some()
}

/// Whether the section header at the front of `data` is big-endian.
fn byte_order(data: &[u8]) -> Option<bool> {
    match data.get(8..12)? {
        [0x1a, 0x2b, 0x3c, 0x4d] => Some(true),
        [0x4d, 0x3c, 0x2b, 0x1a] => Some(false),
        _ => None,
    }
}

/// What to do with a block.
enum Step {
    /// It is a packet.
    Packet(Found),
    /// Go on behind it.
    Skip,
}

impl PcapNgReader {
    pub(in crate::source) const fn new() -> Self {
        Self {
            big_endian: false,
            unknown_version: false,
            interfaces: Vec::new(),
            number: 0,
            time: CaptureTime::from_nanos(0),
        }
    }

    /// The next packet; `None` at the end, which is noted.
    #[inline]
    pub(super) fn next(&mut self, block: &mut Block, record: &mut Record) -> Option<Found> {
        loop {
            let offset = block.offset();
            if !block.has(MIN_BLOCK) {
                finish(block, record, self.number, offset, MIN_BLOCK);
                return None;
            }
            let Some((kind, size)) = self.head(block.data()) else {
                self.skip_damage(block, record, "a block header that cannot be right")?;
                continue;
            };
            if !block.has(size) {
                // Either the file is cut, or this length lies: then there is another block further on.
                if search(block, |data| self.starts(data), |block| self.is_confirmed(block)).is_none() {
                    finish(block, record, self.number, offset, size);
                    return None;
                }
                let count = block.offset() - offset;
                record.damage(self.number, offset, || {
                    format!("a block whose length {size} cannot be right; {count} bytes left out")
                });
                continue;
            }
            if !self.ends_well(block.data(), size) {
                let follows =
                    block.has(size + MIN_BLOCK) && block.data().get(size..).is_some_and(|data| self.starts(data));
                if !follows {
                    self.skip_damage(block, record, "a block whose two lengths differ")?;
                    continue;
                }
                record.damage(self.number, offset, || format!("the two lengths of a block differ ({size} first)"));
            }
            match self.step(kind, size, block, record) {
                Step::Packet(found) => return Some(found),
                Step::Skip => block.consume(size),
            }
        }
    }

    /// Whether a whole packet stands in `data`, which can be had without reading on.
    pub(super) fn holds_packet(&self, mut data: &[u8]) -> bool {
        for _ in 0..MOST_LOOKED_AT {
            let Some((kind, size)) = self.head(data) else { return false };
            if data.len() < size || !self.ends_well(data, size) {
                return false;
            }
            match kind {
                kind::PACKET | kind::OLD_PACKET | kind::SIMPLE_PACKET => return true,
                kind::SECTION => return false,
                _ => data = data.get(size..).unwrap_or_default(),
            }
        }
        false
    }

    #[inline]
    fn step(&mut self, kind: u32, size: usize, block: &Block, record: &mut Record) -> Step {
        let data = block.data().get(..size).unwrap_or_default();
        if kind == kind::SECTION {
            self.section(data, block.offset(), record);
            return Step::Skip;
        }
        if self.unknown_version {
            return Step::Skip;
        }
        match kind {
            kind::PACKET | kind::OLD_PACKET => self.packet(kind, data, block.offset(), record),
            kind::SIMPLE_PACKET => self.simple_packet(data, block.offset(), record),
            kind::INTERFACE => {
                self.interface(data, block.offset(), record);
                Step::Skip
            }
            kind::STATISTICS => {
                self.statistics(data, record);
                Step::Skip
            }
            kind::JOURNAL => {
                self.number += 1;
                record.journal.read(data.get(8..data.len().saturating_sub(4)).unwrap_or_default(), self.number);
                Step::Skip
            }
            kind::CUSTOM | kind::CUSTOM_NO_COPY => {
                self.number += 1;
                Step::Skip
            }
            other => {
                self.number += u64::from(kind::SYSDIG.contains(&other));
                Step::Skip
            }
        }
    }

    /// Type and size of the block at the front of `data`; `None` where they cannot be right.
    #[inline]
    fn head(&self, data: &[u8]) -> Option<(u32, usize)> {
        let kind = self.u32_at(data, 0)?;
        let big_endian = if kind == kind::SECTION { byte_order(data)? } else { self.big_endian };
        let size = read_u32(data, 4, big_endian)? as usize;
        // Some writers forget to count the padding.
        (MIN_BLOCK..=MAX_RECORD).contains(&size).then_some((kind, size.next_multiple_of(4)))
    }

    /// Whether the length at the end of a block is that of its start.
    #[inline]
    fn ends_well(&self, data: &[u8], size: usize) -> bool {
        size.checked_sub(4).and_then(|at| data.get(at..size)) == data.get(4..8)
    }

    /// Behind damage: whether a block may start here.
    fn starts(&self, data: &[u8]) -> bool {
        self.head(data).is_some_and(|(kind, _)| {
            (kind::INTERFACE..=kind::PACKET).contains(&kind)
                || matches!(
                    kind,
                    kind::SECTION | kind::JOURNAL | kind::SECRETS | kind::NAMES | kind::CUSTOM | kind::CUSTOM_NO_COPY
                )
        })
    }

    /// Behind damage: whether it is one.
    fn is_confirmed(&self, block: &mut Block) -> bool {
        self.head(block.data()).is_some_and(|(_, size)| block.has(size) && self.ends_well(block.data(), size))
    }

    #[cold]
    fn skip_damage(&self, block: &mut Block, record: &mut Record, what: &str) -> Option<()> {
        let offset = block.offset();
        let found = search(block, |data| self.starts(data), |block| self.is_confirmed(block));
        record.damage(self.number, offset, || match found {
            Some(count) => format!("{what}; {count} bytes left out up to the next block"),
            None => format!("{what}, and no block was found behind it"),
        });
        if found.is_none() {
            let left = block.data().len();
            block.consume(left);
            record.end();
        }
        found.map(|_| ())
    }

    fn section(&mut self, data: &[u8], offset: u64, record: &mut Record) {
        self.big_endian = byte_order(data).unwrap_or(self.big_endian);
        self.interfaces.clear();
        self.unknown_version = read_u16(data, 12, self.big_endian) != Some(1);
        if self.unknown_version {
            record.damage(self.number, offset, || "a section of an unknown version; it is left out".to_owned());
            return;
        }
        if let Ok((_, section)) = parse_sectionheaderblock(data) {
            let input = &mut record.input;
            input.capture_os = input.capture_os.take().or_else(|| options::text(&section.options, 3));
            input.capture_program = input.capture_program.take().or_else(|| options::text(&section.options, 4));
        }
    }

    fn interface(&mut self, data: &[u8], offset: u64, record: &mut Record) {
        if self.interfaces.len() >= MAX_INTERFACES {
            record.damage(self.number, offset, || format!("more than {MAX_INTERFACES} interfaces in one section"));
            return;
        }
        let parsed = if self.big_endian {
            parse_interfacedescriptionblock_be(data)
        } else {
            parse_interfacedescriptionblock_le(data)
        };
        // Packets name an interface by its place: a damaged one keeps its place, with what can be read of it.
        let link = LinkType(read_u16(data, 8, self.big_endian).unwrap_or(0));
        let mut interface = Interface { link, fcs_len: 0, clock: Clock::MICROSECONDS, snap_length: 0, dropped: 0 };
        match parsed {
            Ok((_, block)) => {
                let resolution = options::byte(&block.options, 9).unwrap_or(6);
                let offset = options::number(&block.options, 14, self.big_endian).unwrap_or(0);
                interface.clock = Clock::new(resolution, offset.cast_signed());
                interface.fcs_len = options::byte(&block.options, 13).unwrap_or(0) / 8;
                interface.snap_length = block.snaplen;
                let input = &mut record.input;
                input.capture_os = input.capture_os.take().or_else(|| options::text(&block.options, 12));
                input.filter = input.filter.take().or_else(|| filter_text(options::bytes(&block.options, 11)?));
            }
            Err(_) => record.damage(self.number, offset, || "an interface description that cannot be read".to_owned()),
        }
        record.met_link(interface.link);
        record.met_snap_length(interface.snap_length);
        record.input.time_digits = record.input.time_digits.max(interface.clock.digits());
        self.interfaces.push(interface);
    }

    fn statistics(&mut self, data: &[u8], record: &mut Record) {
        let parsed = if self.big_endian {
            parse_interfacestatisticsblock_be(data)
        } else {
            parse_interfacestatisticsblock_le(data)
        };
        let Ok((_, block)) = parsed else { return };
        let Some(interface) = self.interfaces.get_mut(block.if_id as usize) else { return };
        let by_interface = options::number(&block.options, 5, self.big_endian).unwrap_or(0);
        let by_system = options::number(&block.options, 7, self.big_endian).unwrap_or(0);
        let dropped = by_interface.saturating_add(by_system);
        // The counters run on from block to block.
        let more = dropped.saturating_sub(interface.dropped);
        interface.dropped = dropped.max(interface.dropped);
        record.input.dropped = record.input.dropped.saturating_add(more);
    }

    /// Enhanced and old packet blocks differ in their first word only.
    #[inline]
    fn packet(&mut self, kind: u32, data: &[u8], offset: u64, record: &mut Record) -> Step {
        self.number += 1;
        let Some(&[interface, high, low, captured, wire]) = self.words::<5>(data).as_ref() else {
            record.damage(self.number - 1, offset, || "a packet block too short for its header".to_owned());
            return Step::Skip;
        };
        let interface = if kind == kind::PACKET {
            interface
        } else {
            self.count_drops(data, record);
            u32::from(read_u16(data, 8, self.big_endian).unwrap_or(0))
        };
        let Some(&interface) = self.interfaces.get(interface as usize) else {
            record.damage(self.number - 1, offset, || {
                format!("a packet of interface {interface}, which is not described")
            });
            return Step::Skip;
        };
        let len = captured as usize;
        if data.len() < PACKET_DATA + 4 || len > data.len() - PACKET_DATA - 4 {
            record.damage(self.number - 1, offset, || format!("a packet of {len} bytes in a block of {}", data.len()));
            return Step::Skip;
        }
        self.time = interface.clock.time(u64::from(high) << 32 | u64::from(low));
        record.count(len, Some(self.time));
        let outbound = kind == kind::PACKET && self.is_outbound(data, PACKET_DATA + len.next_multiple_of(4));
        Step::Packet(Found { outbound, ..self.found(interface, wire.max(captured), PACKET_DATA, len, data.len()) })
    }

    /// Whether the options of a packet block, which start at `at`, say that the packet was sent from here (`epb_flags`).
    #[inline]
    fn is_outbound(&self, data: &[u8], mut at: usize) -> bool {
        // Most writers have no options, and those that do put the flags among the first.
        for _ in 0..MAX_PACKET_OPTIONS {
            if at + 8 > data.len() {
                return false;
            }
            let (Some(code), Some(len)) =
                (read_u16(data, at, self.big_endian), read_u16(data, at + 2, self.big_endian))
            else {
                return false;
            };
            match code {
                0 => return false,
                OPTION_FLAGS => return self.u32_at(data, at + 4).is_some_and(|flags| flags & 3 == 2),
                _ => at += 4 + usize::from(len).next_multiple_of(4),
            }
        }
        false
    }

    /// A packet without a time: it gets that of the packet before it.
    fn simple_packet(&mut self, data: &[u8], offset: u64, record: &mut Record) -> Step {
        self.number += 1;
        let (Some(&interface), Some(wire)) = (self.interfaces.first(), self.u32_at(data, 8)) else {
            record.damage(self.number - 1, offset, || "a simple packet before any interface, or cut".to_owned());
            return Step::Skip;
        };
        let snap_length = if interface.snap_length == 0 { u32::MAX } else { interface.snap_length };
        let room = data.len().saturating_sub(SIMPLE_DATA + 4);
        let len = (wire.min(snap_length) as usize).min(room);
        record.count(len, None);
        Step::Packet(self.found(interface, wire, SIMPLE_DATA, len, data.len()))
    }

    #[inline]
    const fn found(&self, interface: Interface, wire_len: u32, start: usize, len: usize, size: usize) -> Found {
        let Interface { link, fcs_len, .. } = interface;
        let (start, len, size) = (start as u32, len as u32, size as u32);
        Found { time: self.time, number: self.number, link, fcs_len, wire_len, outbound: false, start, len, size }
    }

    /// Old packet blocks tell the drops since the packet before; 0xffff is "unknown".
    fn count_drops(&self, data: &[u8], record: &mut Record) {
        if let Some(drops) = read_u16(data, 10, self.big_endian).filter(|&drops| drops != u16::MAX) {
            record.input.dropped = record.input.dropped.saturating_add(u64::from(drops));
        }
    }

    /// The first words of a block's body.
    #[inline]
    fn words<const COUNT: usize>(&self, data: &[u8]) -> Option<[u32; COUNT]> {
        let (words, _) = data.get(8..)?.as_chunks::<4>();
        let words: &[[u8; 4]; COUNT] = words.first_chunk()?;
        Some(if self.big_endian { words.map(u32::from_be_bytes) } else { words.map(u32::from_le_bytes) })
    }

    #[inline]
    fn u32_at(&self, data: &[u8], at: usize) -> Option<u32> {
        read_u32(data, at, self.big_endian)
    }
}

#[inline]
fn read_u32(data: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = *data.get(at..)?.first_chunk()?;
    Some(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

fn read_u16(data: &[u8], at: usize, big_endian: bool) -> Option<u16> {
    let bytes = *data.get(at..)?.first_chunk()?;
    Some(if big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}

/// The text of an `if_filter` option: its first byte says in which form it is written.
fn filter_text(option: &[u8]) -> Option<String> {
    match option.split_first()? {
        (0, text) => options::printable(text),
        (1, _) => Some("(compiled BPF program)".to_owned()),
        _ => None,
    }
}
