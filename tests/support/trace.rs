//! The packets of a capture as values that can be doubled, moved, changed and left out, and written again.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use ncsight::settings::Settings;
use ncsight::source::{Capture, Frame, LinkType, Options, PacketId, PacketRef};
use ncsight::time::CaptureTime;

/// Snap length that is written: more than any packet here has.
const SNAP_LENGTH: u32 = 262_144;

/// One packet, owned.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    pub time: CaptureTime,
    pub link: LinkType,
    pub fcs_len: u8,
    pub wire_len: u32,
    pub data: Vec<u8>,
}

impl Record {
    /// The packet as the source floor lends it, numbered `number`.
    pub fn frame(&self, number: u64) -> Frame<'_> {
        Frame {
            at: PacketRef { time: self.time, id: PacketId::new(0, number) },
            link: self.link,
            fcs_len: self.fcs_len,
            wire_len: self.wire_len,
            outbound: false,
            data: &self.data,
        }
    }
}

/// The packets of captures that are analysed together, in the order of the analysis, with their clocks set right.
pub fn read(files: &[PathBuf]) -> Vec<Record> {
    let opened = ncsight::engine::open(files, &Settings::default());
    records(opened.expect("a committed capture can be read").0)
}

/// The packets of the capture in `bytes`, in its order.
pub fn read_bytes(bytes: Vec<u8>) -> Vec<Record> {
    let capture = Capture::from_reader(Path::new("capture"), Box::new(Cursor::new(bytes)), Options::default());
    records(capture.expect("what was written here can be read"))
}

fn records(mut capture: Capture) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some(frame) = capture.next() {
        records.push(Record {
            time: frame.at.time,
            link: frame.link,
            fcs_len: frame.fcs_len,
            wire_len: frame.wire_len,
            data: frame.data.to_vec(),
        });
    }
    records
}

/// The packets as a capture file: nanosecond pcap, or pcapng where link types differ.
pub fn write<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<u8> {
    let records: Vec<&Record> = records.into_iter().collect();
    let mut interfaces: Vec<(LinkType, u8)> = Vec::new();
    for record in &records {
        if !interfaces.contains(&(record.link, record.fcs_len)) {
            interfaces.push((record.link, record.fcs_len));
        }
    }
    match interfaces.as_slice() {
        [] => pcap(LinkType::ETHERNET, 0, &records),
        &[(link, fcs_len)] => pcap(link, fcs_len, &records),
        several => pcapng(several, &records),
    }
}

fn pcap(link: LinkType, fcs_len: u8, records: &[&Record]) -> Vec<u8> {
    let fcs_bits = if fcs_len == 0 { 0 } else { 0x0400_0000 | (u32::from(fcs_len) / 2) << 28 };
    let mut out = Vec::new();
    words(&mut out, &[0xa1b2_3c4d, 0x0004_0002, 0, 0, SNAP_LENGTH, u32::from(link.0) | fcs_bits]);
    for record in records {
        let ns = u64::try_from(record.time.as_nanos()).expect("captures begin after 1970");
        let seconds = u32::try_from(ns / 1_000_000_000).expect("captures end before 2106");
        let rest = (ns % 1_000_000_000) as u32;
        words(&mut out, &[seconds, rest, record.data.len() as u32, record.wire_len]);
        out.extend_from_slice(&record.data);
    }
    out
}

fn pcapng(interfaces: &[(LinkType, u8)], records: &[&Record]) -> Vec<u8> {
    let mut out = Vec::new();
    words(&mut out, &[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28]);
    for &(link, fcs_len) in interfaces {
        // Options: if_tsresol (9) of nanoseconds, if_fcslen (13), the end.
        let fcs: &[u32] = if fcs_len == 0 { &[] } else { &[0x0001_000d, u32::from(fcs_len)] };
        let length = 32 + 4 * fcs.len() as u32;
        words(&mut out, &[1, length, u32::from(link.0), SNAP_LENGTH, 0x0001_0009, 9]);
        words(&mut out, fcs);
        words(&mut out, &[0, length]);
    }
    for record in records {
        let ns = u64::try_from(record.time.as_nanos()).expect("captures begin after 1970");
        let interface = interfaces.iter().position(|one| *one == (record.link, record.fcs_len)).unwrap() as u32;
        let padded = record.data.len().next_multiple_of(4);
        let length = 32 + padded as u32;
        let (high, low) = ((ns >> 32) as u32, ns as u32);
        words(&mut out, &[6, length, interface, high, low, record.data.len() as u32, record.wire_len]);
        out.extend_from_slice(&record.data);
        out.resize(out.len() + padded - record.data.len(), 0);
        words(&mut out, &[length]);
    }
    out
}

fn words(out: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        out.extend_from_slice(&word.to_le_bytes());
    }
}
