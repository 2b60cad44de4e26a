//! Writes packets as pcapng (draft-ietf-opsawg-pcapng): one section, an interface per link type, nanoseconds.

use std::io::{self, Write};

use super::LinkType;
use crate::time::CaptureTime;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
/// Option `if_tsresol`; 9: nanoseconds.
const RESOLUTION: [u8; 8] = [9, 0, 1, 0, 9, 0, 0, 0];
/// Option `opt_comment`.
const COMMENT: u16 = 1;

/// A packet to write.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// When it was captured.
    pub time: CaptureTime,
    /// What its bytes start with.
    pub link: LinkType,
    /// Its length on the wire.
    pub wire_len: u32,
    /// What was captured.
    pub bytes: &'a [u8],
    /// What it shows; empty for no comment.
    pub comment: &'a str,
}

/// Writes `packets` in their order to `out`.
///
/// # Errors
///
/// What `out` says.
pub fn write_pcapng(packets: &[Written<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut section = Vec::new();
    section.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
    section.extend_from_slice(&[1, 0, 0, 0]);
    section.extend_from_slice(&u64::MAX.to_le_bytes());
    block(SECTION, &section, out)?;
    let mut links: Vec<LinkType> = packets.iter().map(|packet| packet.link).collect();
    links.sort_unstable();
    links.dedup();
    for link in &links {
        let mut body = Vec::new();
        body.extend_from_slice(&link.0.to_le_bytes());
        body.extend_from_slice(&[0; 6]);
        body.extend_from_slice(&RESOLUTION);
        body.extend_from_slice(&[0; 4]);
        block(INTERFACE, &body, out)?;
    }
    for packet in packets {
        let interface = links.binary_search(&packet.link).map_or(0, |at| u32::try_from(at).unwrap_or(0));
        // Times before 1970 cannot be written.
        let time = u64::try_from(packet.time.as_nanos()).unwrap_or(0);
        let captured = u32::try_from(packet.bytes.len()).unwrap_or(u32::MAX);
        let mut body = Vec::with_capacity(packet.bytes.len() + 64);
        for word in [interface, (time >> 32) as u32, (time & 0xffff_ffff) as u32, captured, packet.wire_len] {
            body.extend_from_slice(&word.to_le_bytes());
        }
        body.extend_from_slice(packet.bytes);
        pad(&mut body);
        if let Some(length) = u16::try_from(packet.comment.len()).ok().filter(|length| *length > 0) {
            body.extend_from_slice(&COMMENT.to_le_bytes());
            body.extend_from_slice(&length.to_le_bytes());
            body.extend_from_slice(packet.comment.as_bytes());
            pad(&mut body);
            body.extend_from_slice(&[0; 4]);
        }
        block(ENHANCED_PACKET, &body, out)?;
    }
    Ok(())
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}

fn block(kind: u32, body: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let length = u32::try_from(body.len() + 12).map_err(|_| io::Error::other("a packet too large to be written"))?;
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(body)?;
    out.write_all(&length.to_le_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::source::{Capture, Options};

    #[test]
    fn what_is_written_is_read_again() {
        let time = CaptureTime::from_nanos(1_767_323_045_000_001_234);
        let packet = |bytes, link, comment| Written { time, link: LinkType(link), wire_len: 99, bytes, comment };
        let packets = [packet(&[1u8, 2, 3][..], 1, "a comment"), packet(&[4, 5, 6, 7], 101, ""), packet(&[], 1, "")];
        let mut out = Vec::new();
        write_pcapng(&packets, &mut out).unwrap();
        let mut capture =
            Capture::from_reader(Path::new("x"), Box::new(io::Cursor::new(out)), Options::default()).unwrap();
        for written in packets {
            let frame = capture.next().unwrap();
            assert_eq!((frame.data, frame.link, frame.wire_len), (written.bytes, written.link, 99));
            assert_eq!(frame.at.time, time);
        }
        assert!(capture.next().is_none());
        assert!(capture.inputs()[0].complete);
    }
}
