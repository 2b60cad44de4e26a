//! Writes packets as pcapng (draft-ietf-opsawg-pcapng): one section, an interface per link type, nanoseconds.

use std::io::{self, Write};

use super::pcapng::kind;
use super::{LinkType, PROGRAM, encode};
use crate::time::CaptureTime;

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
    let mut bytes = Vec::new();
    encode::section(&mut bytes, PROGRAM);
    let mut links: Vec<LinkType> = packets.iter().map(|packet| packet.link).collect();
    links.sort_unstable();
    links.dedup();
    for link in &links {
        encode::block(&mut bytes, kind::INTERFACE, &encode::interface(*link, ""));
    }
    for packet in packets {
        let interface = links.binary_search(&packet.link).map_or(0, |at| u32::try_from(at).unwrap_or(0));
        let Written { time, wire_len, bytes: captured, comment, .. } = *packet;
        encode::block(&mut bytes, kind::PACKET, &encode::packet(interface, time, wire_len, captured, comment));
        out.write_all(&bytes)?;
        bytes.clear();
    }
    out.write_all(&bytes)
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
