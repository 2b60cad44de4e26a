//! Files that are no captures: what they are, roughly, and what their owner can do.

use std::path::Path;

use crate::error::Error;
use crate::text::sanitize_bytes;

/// First bytes, what they stand for, and the advice.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (b"GMBU", "a Network Monitor capture", "convert it: `editcap IN.cap OUT.pcapng` (part of Wireshark)"),
    (b"RTSS", "a Network Monitor 1 capture", "convert it: `editcap IN.cap OUT.pcapng` (part of Wireshark)"),
    (b"snoop\0\0\0", "a snoop capture", "convert it: `editcap IN OUT.pcapng` (part of Wireshark)"),
    (b"ElfFile\0", "a Windows event log (.evtx)", "give the capture that was taken with it"),
    (b"MSCF", "a cabinet file", "unpack it: `expand IN.cab -F:* FOLDER`, then give the capture in it"),
    (b"PK\x03\x04", "a zip archive", "unpack it and give the capture in it"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it and give the capture in it"),
    (b"Rar!", "a rar archive", "unpack it and give the capture in it"),
    (b"\xfd7zXZ\0", "an xz file", "unpack it: `xz -d IN.xz`; gzip and zstd are read as they are"),
    (b"BZh", "a bzip2 file", "unpack it: `bzip2 -d IN.bz2`; gzip and zstd are read as they are"),
    (b"\x04\x22\x4d\x18", "an lz4 file", "unpack it: `lz4 -d IN.lz4`; gzip and zstd are read as they are"),
    (b"\x7fELF", "a program", "give the capture instead"),
    (b"MZ", "a Windows program", "give the capture instead"),
    (b"\x1f\x8b", "compressed twice", "unpack it once: `gzip -d`"),
    (b"\x28\xb5\x2f\xfd", "compressed twice", "unpack it once: `zstd -d`"),
    (b"<?xml", "an XML document", "give the capture itself (pcap or pcapng), not its export"),
    (b"<!DOCTYPE", "an HTML page", "the download gave a page instead of the file; download it again"),
    (b"<html", "an HTML page", "the download gave a page instead of the file; download it again"),
];
/// What is said of everything else.
const EXPECTED: &str = "expected pcap or pcapng, plain or compressed with gzip or zstd";
/// How many bytes a message shows.
const SHOWN: usize = 16;

/// The error for a file that starts with `head` (of the uncompressed content) and is no capture.
pub(super) fn not_a_capture(path: &Path, head: &[u8]) -> Error {
    let name = path.display();
    let (found, hint) = if is_etl(head) {
        let hint = format!("convert it: `etl2pcapng {name} OUT.pcapng`, or `pktmon etl2pcap {name} --out OUT.pcapng`");
        ("a Windows event trace (.etl)".to_owned(), hint)
    } else if let Some((_, what, hint)) = KNOWN.iter().find(|(magic, ..)| starts_with(head, magic)) {
        ((*what).to_owned(), (*hint).to_owned())
    } else if is_text(head) {
        let hint = "give the capture itself (pcap or pcapng), not what a program printed of it".to_owned();
        (format!("text, beginning with \"{}\"", first_line(head)), hint)
    } else {
        (format!("offset 0 holds {}", hex(head)), EXPECTED.to_owned())
    };
    Error::NotACapture { path: path.to_owned(), found, hint }
}

fn starts_with(head: &[u8], magic: &[u8]) -> bool {
    head.get(..magic.len()).is_some_and(|start| start.eq_ignore_ascii_case(magic))
}

/// An event trace has no magic number: it starts with a buffer header of type 4, "header", and in it with the system
/// event of group 0 and type 0 that describes the file (`WMI_BUFFER_HEADER`, `SYSTEM_TRACE_HEADER`).
fn is_etl(head: &[u8]) -> bool {
    const BUFFER_HEADER: usize = 0x48;
    let u16_at =
        |at: usize| head.get(at..).and_then(|bytes| bytes.first_chunk()).map(|bytes| u16::from_le_bytes(*bytes));
    let size = head.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    size as usize > BUFFER_HEADER
        && u16_at(0x36) == Some(4)
        && matches!(head.get(BUFFER_HEADER + 2), Some(1 | 2))
        && head.get(BUFFER_HEADER + 3).is_some_and(|flags| flags & 0xc0 == 0xc0)
        && u16_at(BUFFER_HEADER + 6) == Some(0)
}

/// UTF-8 or UTF-16 without control characters other than white space.
fn is_text(head: &[u8]) -> bool {
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The head may end inside a character.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(head.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !valid.is_empty() && valid.chars().all(|character| !character.is_control() || character.is_ascii_whitespace())
}

fn first_line(head: &[u8]) -> String {
    let line = head.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    sanitize_bytes(line, 40)
}

fn hex(head: &[u8]) -> String {
    let bytes: Vec<String> = head.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_it_is_and_what_to_do() {
        let mut etl = vec![0; 512];
        etl[..4].copy_from_slice(&0x1_0000_u32.to_le_bytes());
        etl[0x36] = 4;
        etl[0x48..0x50].copy_from_slice(&[2, 0, 2, 0xc0, 0x20, 1, 0, 0]);
        for (head, expected) in [
            (etl.as_slice(), "etl2pcapng in.x OUT.pcapng"),
            (etl.as_slice(), "pktmon etl2pcap in.x --out OUT.pcapng"),
            (b"PK\x03\x04zip", "a zip archive"),
            (b"<!doctype html><html>", "an HTML page"),
            (b"1 0.000 10.0.0.1 -> 10.0.0.2 TCP\n2", "text, beginning with \"1 0.000 10.0.0.1 -> 10.0.0.2 TCP\""),
            (b"\x1b[2J\x00\x01", "offset 0 holds 1b 5b 32 4a 00 01"),
            (b"\xff\xfeN\0o\0", "text"),
        ] {
            let message = not_a_capture(Path::new("in.x"), head).to_string();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains('\x1b'));
        }
    }
}
