//! Blocks of pcapng (draft-ietf-opsawg-pcapng) as bytes: little-endian, times in nanoseconds.

use super::LinkType;
use super::pcapng::kind;
use crate::time::CaptureTime;

/// Bytes of a block without content: type, length, length again.
pub(super) const EMPTY_BLOCK: usize = 12;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// Options by their codes; those below 8 have other meanings in other blocks.
const COMMENT: u16 = 1;
const SECTION_PROGRAM: u16 = 4;
const INTERFACE_NAME: u16 = 2;
const INTERFACE_RESOLUTION: u16 = 9;
const STATISTICS_DROPPED: u16 = 5;
/// Resolution: a power of ten.
const NANOSECONDS: u8 = 9;

/// Adds a block.
pub(super) fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = u32::try_from(body.len() + EMPTY_BLOCK).unwrap_or(u32::MAX);
    words(out, &[kind, length]);
    out.extend_from_slice(body);
    words(out, &[length]);
}

/// Adds a section header that names the program which writes.
pub(super) fn section(out: &mut Vec<u8>, program: &str) {
    let mut body = Vec::new();
    words(&mut body, &[BYTE_ORDER_MAGIC]);
    // Version 1.0; the section's length is not known.
    body.extend_from_slice(&[1, 0, 0, 0]);
    body.extend_from_slice(&u64::MAX.to_le_bytes());
    option(&mut body, SECTION_PROGRAM, program.as_bytes());
    end_of_options(&mut body);
    block(out, kind::SECTION, &body);
}

/// What describes an interface; an empty `name` is none.
pub(super) fn interface(link: LinkType, name: &str) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend_from_slice(&link.0.to_le_bytes());
    body.extend_from_slice(&[0; 6]);
    option(&mut body, INTERFACE_NAME, name.as_bytes());
    option(&mut body, INTERFACE_RESOLUTION, &[NANOSECONDS]);
    end_of_options(&mut body);
    body
}

/// A packet of an interface of this section; an empty `comment` is none.
pub(super) fn packet(interface: u32, at: CaptureTime, wire_len: u32, bytes: &[u8], comment: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes.len() + 64);
    words(&mut body, &[interface]);
    time(&mut body, at);
    words(&mut body, &[u32::try_from(bytes.len()).unwrap_or(u32::MAX), wire_len]);
    body.extend_from_slice(bytes);
    pad(&mut body);
    if !comment.is_empty() {
        option(&mut body, COMMENT, comment.as_bytes());
        end_of_options(&mut body);
    }
    body
}

/// How many packets an interface has dropped by then.
pub(super) fn statistics(interface: u32, at: CaptureTime, dropped: u64) -> Vec<u8> {
    let mut body = Vec::new();
    words(&mut body, &[interface]);
    time(&mut body, at);
    option(&mut body, STATISTICS_DROPPED, &dropped.to_le_bytes());
    end_of_options(&mut body);
    body
}

fn words(body: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        body.extend_from_slice(&word.to_le_bytes());
    }
}

fn time(body: &mut Vec<u8>, time: CaptureTime) {
    // Times before 1970 cannot be written.
    let time = u64::try_from(time.as_nanos()).unwrap_or(0);
    words(body, &[(time >> 32) as u32, (time & 0xffff_ffff) as u32]);
}

/// An option, where it says something.
fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
    if value.is_empty() {
        return;
    }
    body.extend_from_slice(&code.to_le_bytes());
    body.extend_from_slice(&(value.len() as u16).to_le_bytes());
    body.extend_from_slice(value);
    pad(body);
}

fn end_of_options(body: &mut Vec<u8>) {
    words(body, &[0]);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
