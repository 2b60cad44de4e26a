//! The pcap format (draft-ietf-opsawg-pcap) in all its dialects: both byte orders, microseconds and nanoseconds,
//! Kuznetzov's "modified" records with eight more header bytes, IXIA's header with four more, swapped lengths of the
//! first versions.

use pcap_parser::parse_pcap_header;

use crate::limits::MAX_RECORD;
use crate::source::LinkType;
use crate::source::block::Block;
use crate::source::input::Record;
use crate::source::link_type::split_fcs;
use crate::source::reader::Found;
use crate::source::resync::{finish, search};
use crate::time::CaptureTime;

/// Length of the file header.
const FILE_HEADER: usize = 24;
/// Largest record of a file whose header says less: what libpcap itself captures at most.
const USUAL_MAX: usize = 256 << 10;
/// Distance between two packets beyond which a header needs a second look.
const YEAR: u32 = 366 * 86_400;
/// Distance to the last good packet within which a header behind damage is believed.
const MONTH: u32 = 30 * 86_400;

/// What the magic number says.
struct Dialect {
    big_endian: bool,
    nanoseconds: bool,
    record_header: usize,
    /// Bytes between the file header and the first record.
    extra: usize,
}

/// The dialect of a magic number, read as little-endian.
const fn dialect(magic: u32) -> Option<Dialect> {
    const fn of(big_endian: bool, nanoseconds: bool, record_header: usize, extra: usize) -> Option<Dialect> {
        Some(Dialect { big_endian, nanoseconds, record_header, extra })
    }
    match magic {
        0xa1b2_c3d4 => of(false, false, 16, 0),
        0xd4c3_b2a1 => of(true, false, 16, 0),
        0xa1b2_3c4d => of(false, true, 16, 0),
        0x4d3c_b2a1 => of(true, true, 16, 0),
        0xa1b2_cd34 => of(false, false, 24, 0),
        0x34cd_b2a1 => of(true, false, 24, 0),
        0x1c00_01ac | 0x1c00_01ab => of(false, false, 16, 4),
        0xac01_001c | 0xab01_001c => of(true, false, 16, 4),
        _ => None,
    }
}

/// Whether these are the first bytes of a pcap file.
pub(super) fn is_pcap(head: &[u8]) -> bool {
    head.first_chunk().is_some_and(|magic| dialect(u32::from_le_bytes(*magic)).is_some())
}

/// Order of the two lengths of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lengths {
    /// Captured, then on the wire.
    Usual,
    /// The other way round: versions before 2.3, and 543.
    Swapped,
    /// Either way: version 2.3.
    Either,
}

/// Header of a record.
#[derive(Clone, Copy)]
struct Header {
    seconds: u32,
    fraction: u32,
    captured: u32,
    wire: u32,
}

/// Reads the records of a pcap file.
pub(super) struct PcapReader {
    big_endian: bool,
    record_header: usize,
    /// Nanoseconds of a unit of the fraction.
    unit: u32,
    lengths: Lengths,
    link: LinkType,
    fcs_len: u8,
    /// Most that a record can hold.
    max_len: usize,
    number: u64,
    /// Seconds of the last good packet.
    seconds: Option<u32>,
}

impl PcapReader {
    /// Reads the file header. A cut one gives a reader that finds nothing and says why.
    pub(super) fn new(block: &mut Block, record: &mut Record) -> Self {
        block.has(FILE_HEADER + 4);
        let magic = block.data().first_chunk().map_or(0, |magic| u32::from_le_bytes(*magic));
        let dialect =
            dialect(magic).unwrap_or(Dialect { big_endian: false, nanoseconds: false, record_header: 16, extra: 0 });
        let mut reader = Self {
            big_endian: dialect.big_endian,
            record_header: dialect.record_header,
            unit: if dialect.nanoseconds { 1 } else { 1000 },
            lengths: Lengths::Usual,
            link: LinkType::ETHERNET,
            fcs_len: 0,
            max_len: MAX_RECORD,
            number: 0,
            seconds: None,
        };
        record.input.time_digits = if dialect.nanoseconds { 9 } else { 6 };
        let Some(mut head) = block.data().first_chunk::<FILE_HEADER>().copied() else {
            finish(block, record, 0, 0, FILE_HEADER);
            return reader;
        };
        // All dialects have the same header, and the library knows the magic of the plain ones.
        head[..4].copy_from_slice(&if dialect.big_endian {
            [0xa1, 0xb2, 0xc3, 0xd4]
        } else {
            [0xd4, 0xc3, 0xb2, 0xa1]
        });
        if let Ok((_, header)) = parse_pcap_header(&head) {
            (reader.link, reader.fcs_len) = split_fcs(header.network.0.cast_unsigned());
            record.met_link(reader.link);
            record.met_snap_length(header.snaplen);
            let snap_length = usize::try_from(header.snaplen).unwrap_or(usize::MAX);
            if (1..=MAX_RECORD).contains(&snap_length) {
                reader.max_len = snap_length.max(USUAL_MAX);
            }
            reader.lengths = match (header.version_major, header.version_minor) {
                (2, 0..=2) | (543, _) => Lengths::Swapped,
                (2, 3) => Lengths::Either,
                _ => Lengths::Usual,
            };
        }
        block.consume(FILE_HEADER + dialect.extra);
        reader
    }

    /// The next packet; `None` at the end, which is noted.
    #[inline]
    pub(super) fn next(&mut self, block: &mut Block, record: &mut Record) -> Option<Found> {
        loop {
            let offset = block.offset();
            if !block.has(self.record_header) {
                finish(block, record, self.number, offset, self.record_header);
                return None;
            }
            let header = self.header(block.data())?;
            if !(self.is_sound(header) || self.is_possible(header) && self.fits(header, block)) {
                self.skip_damage(block, record, header)?;
                continue;
            }
            let len = header.captured as usize;
            let size = self.record_header + len;
            if !block.has(size) {
                // Either the file is cut, or this length lies: then there is another packet further on.
                if search(block, |data| self.starts(data), |block| self.is_confirmed(block)).is_none() {
                    finish(block, record, self.number, offset, size);
                    return None;
                }
                record.damage(self.number, offset, || skipped(len, block.offset() - offset));
                continue;
            }
            self.number += 1;
            self.seconds = Some(header.seconds);
            let time = self.time(header);
            record.count(len, Some(time));
            return Some(Found {
                time,
                number: self.number,
                link: self.link,
                fcs_len: self.fcs_len,
                wire_len: header.wire.max(header.captured),
                outbound: false,
                start: self.record_header as u32,
                len: len as u32,
                size: size as u32,
            });
        }
    }

    /// Whether `data` begins with a whole packet, which can be had without reading on. An odd one can not: it is believed
    /// for what follows it.
    pub(super) fn holds_packet(&self, data: &[u8]) -> bool {
        let is_whole = |header: Header| data.len() >= self.record_header + header.captured as usize;
        self.header(data).is_some_and(|header| self.is_sound(header) && is_whole(header))
    }

    #[cold]
    fn skip_damage(&self, block: &mut Block, record: &mut Record, header: Header) -> Option<()> {
        let offset = block.offset();
        let found = search(block, |data| self.starts(data), |block| self.is_confirmed(block));
        record.damage(self.number, offset, || match found {
            Some(count) => skipped(header.captured as usize, count),
            None => format!("a packet header that cannot be right, and none was found behind it ({header})"),
        });
        if found.is_none() {
            let left = block.data().len();
            block.consume(left);
            record.end();
        }
        found.map(|_| ())
    }

    #[inline]
    fn header(&self, data: &[u8]) -> Option<Header> {
        let (fields, _) = data.first_chunk::<16>()?.as_chunks::<4>();
        let [seconds, fraction, captured, wire] = *fields else { return None };
        let read = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let (captured, wire) = (read(captured), read(wire));
        let swap = match self.lengths {
            Lengths::Usual => false,
            Lengths::Swapped => true,
            Lengths::Either => captured > wire,
        };
        let (captured, wire) = if swap { (wire, captured) } else { (captured, wire) };
        Some(Header { seconds: read(seconds), fraction: read(fraction), captured, wire })
    }

    fn time(&self, header: Header) -> CaptureTime {
        let ns = u64::from(header.seconds) * 1_000_000_000 + u64::from(header.fraction) * u64::from(self.unit);
        CaptureTime::from_nanos(i64::try_from(ns).unwrap_or(i64::MAX))
    }

    /// Nothing about this header is odd.
    #[inline]
    fn is_sound(&self, header: Header) -> bool {
        header.captured as usize <= self.max_len
            && header.captured <= header.wire
            && header.captured != 0
            && u64::from(header.fraction) * u64::from(self.unit) < 1_000_000_000
            && self.seconds.is_none_or(|seconds| seconds.abs_diff(header.seconds) < YEAR)
    }

    /// Odd, but writers do such things: lengths that contradict, clocks that jump.
    fn is_possible(&self, header: Header) -> bool {
        header.captured as usize <= self.max_len
            && (header.seconds | header.fraction | header.captured | header.wire) != 0
    }

    /// What follows the record of this header could be a record, or is the end.
    fn fits(&self, header: Header, block: &mut Block) -> bool {
        let size = self.record_header + header.captured as usize;
        if block.has(size + self.record_header) {
            let next = block.data().get(size..).and_then(|data| self.header(data));
            return next.is_some_and(|next| self.is_possible(next));
        }
        block.data().len() >= size
    }

    /// Behind damage: whether a record may start here.
    fn starts(&self, data: &[u8]) -> bool {
        self.header(data).is_some_and(|header| {
            self.is_sound(header)
                && header.wire as usize <= MAX_RECORD
                && self.seconds.is_none_or(|seconds| seconds.abs_diff(header.seconds) < MONTH)
        })
    }

    /// Behind damage: whether another one follows, or the end.
    fn is_confirmed(&self, block: &mut Block) -> bool {
        let Some(header) = self.header(block.data()) else { return false };
        let size = self.record_header + header.captured as usize;
        if block.has(size + self.record_header) {
            return block.data().get(size..).is_some_and(|data| self.starts(data));
        }
        block.data().len() >= size
    }
}

impl std::fmt::Display for Header {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "captured length {}, length {}, second {}", self.captured, self.wire, self.seconds)
    }
}

fn skipped(captured: usize, count: u64) -> String {
    format!(
        "a packet header that cannot be right (captured length {captured}); {count} bytes left out up to the next packet"
    )
}
