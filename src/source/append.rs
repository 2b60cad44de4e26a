//! A pcapng file that is whole at any moment: after a power cut of the process (`kill -9`), and when the disk is full.
//!
//! The system copies what a program writes page by page and may be stopped between two pages. So no write here crosses
//! the border of a page: blocks fill pages exactly, with a block of no meaning where the next one does not fit. Only a
//! packet larger than a page (segments that an adapter has joined) is written by one call that takes several.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::encode::{self, EMPTY_BLOCK};
use super::pcapng::kind;
use super::{Frame, LinkType, PROGRAM};
use crate::time::CaptureTime;

/// A block type for local use (the highest bit is set): readers pass over it.
const FILLER: u32 = 0x8000_4e53;
/// The smallest page of all systems that this runs on.
const PAGE: usize = 4096;

/// A capture file that grows.
#[derive(Debug)]
pub struct Appender {
    file: File,
    path: PathBuf,
    /// Bytes in the file.
    len: u64,
    /// Blocks that wait; they end within the page in which the file ends.
    waiting: Vec<u8>,
    /// Packets among them.
    waiting_packets: u64,
    /// Source and link type of each interface of the section.
    interfaces: Vec<(u16, LinkType)>,
}

impl Appender {
    /// Makes the file; it appears under its name with its header in it, in place of what had that name.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut hidden = path.as_os_str().to_owned();
        hidden.push(".new");
        let hidden = PathBuf::from(hidden);
        let mut file = File::create(&hidden)?;
        let mut head = Vec::new();
        encode::section(&mut head, PROGRAM);
        let made = file.write_all(&head).and_then(|()| std::fs::rename(&hidden, path));
        if let Err(error) = made {
            // A header without anything behind it is of no use to anybody.
            let _ = std::fs::remove_file(&hidden);
            return Err(error);
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            len: head.len() as u64,
            waiting: Vec::with_capacity(PAGE),
            waiting_packets: 0,
            interfaces: Vec::new(),
        })
    }

    /// Its name.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of it, those that wait included.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len + self.waiting.len() as u64
    }

    /// Whether nothing but the header stands in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.interfaces.is_empty()
    }

    /// Adds a packet of the source called `name`.
    ///
    /// # Errors
    ///
    /// What the system says; the file is whole all the same, and the packet is not in it.
    pub fn packet(&mut self, frame: &Frame<'_>, name: &str) -> io::Result<()> {
        let interface = self.interface(frame.at.id.input(), frame.link, name)?;
        let body = encode::packet(interface, frame.at.time, frame.wire_len, frame.data, "");
        self.waiting_packets += 1;
        self.add(kind::PACKET, body)
    }

    /// Adds what is known of losses of a source by then: packets received and dropped since the run began.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn statistics(&mut self, source: u16, at: CaptureTime, dropped: u64) -> io::Result<()> {
        let Some(interface) = self.interfaces.iter().rposition(|(own, _)| *own == source) else { return Ok(()) };
        let body = encode::statistics(u32::try_from(interface).unwrap_or(0), at, dropped);
        self.add(kind::STATISTICS, body)
    }

    /// Writes what waits. Gives the packets that did not get there where it fails.
    ///
    /// # Errors
    ///
    /// What the system says; the file is whole all the same.
    pub fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let waiting = std::mem::take(&mut self.waiting);
        let outcome = self.put(&waiting);
        self.waiting = waiting;
        self.waiting.clear();
        outcome
    }

    /// Packets that wait, or were lost by the last failure; asked once.
    pub fn take_waiting_packets(&mut self) -> u64 {
        std::mem::take(&mut self.waiting_packets)
    }

    /// The number of an interface, described where it is new.
    fn interface(&mut self, source: u16, link: LinkType, name: &str) -> io::Result<u32> {
        let known = self.interfaces.iter().position(|known| *known == (source, link));
        let number = known.unwrap_or(self.interfaces.len());
        if known.is_none() {
            self.add(kind::INTERFACE, encode::interface(link, name))?;
            self.interfaces.push((source, link));
        }
        Ok(u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Adds a block so that no write has to cross a page.
    fn add(&mut self, of: u32, mut body: Vec<u8>) -> io::Result<()> {
        let size = body.len() + EMPTY_BLOCK;
        let mut room = self.room();
        // Other blocks than packets have no empty options.
        let tight = of != kind::PACKET && room > size && room - size < EMPTY_BLOCK;
        if room < PAGE && (size > room || tight) {
            fill(&mut self.waiting, room);
            self.flush()?;
            room = PAGE;
        }
        if of == kind::PACKET && size < room {
            // What is left must have room for a block: else empty options take it.
            match room - size {
                4 => body.extend_from_slice(&[0; 4]),
                8 => body.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0]),
                _ => {}
            }
        }
        encode::block(&mut self.waiting, of, &body);
        if size > PAGE {
            // Several pages by one call; what follows fills the rest of the last one.
            let over = (self.len() % PAGE as u64) as usize;
            if over > PAGE - EMPTY_BLOCK {
                fill(&mut self.waiting, PAGE - over + PAGE);
            }
            return self.flush();
        }
        if self.room() == PAGE {
            return self.flush();
        }
        Ok(())
    }

    /// Bytes up to the end of the page.
    const fn room(&self) -> usize {
        PAGE - (self.len() % PAGE as u64) as usize
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            match self.file.write(rest) {
                Ok(0) => return self.undo(io::ErrorKind::StorageFull.into()),
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.undo(error),
            }
        }
        self.len += bytes.len() as u64;
        self.waiting_packets = 0;
        Ok(())
    }

    /// Takes back what was written in part.
    fn undo(&mut self, error: io::Error) -> io::Result<()> {
        use std::io::{Seek, SeekFrom};
        self.file.set_len(self.len)?;
        self.file.seek(SeekFrom::Start(self.len))?;
        Err(error)
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        // Whoever wants to know flushes before.
        let _ = self.flush();
    }
}

/// A block of no meaning that takes `room` bytes.
fn fill(out: &mut Vec<u8>, room: usize) {
    encode::block(out, FILLER, &vec![0; room.saturating_sub(EMPTY_BLOCK)]);
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::source::{Capture, Options, PacketId, PacketRef};

    fn frame(data: &[u8], number: u64) -> Frame<'_> {
        let time = CaptureTime::from_nanos(1_767_323_045_000_001_234 + number.cast_signed());
        let at = PacketRef { time, id: PacketId::new(0, number) };
        Frame { at, link: LinkType::ETHERNET, fcs_len: 0, wire_len: data.len() as u32, outbound: false, data }
    }

    fn read(bytes: Vec<u8>) -> (Vec<Vec<u8>>, bool) {
        let mut capture =
            Capture::from_reader(Path::new("x"), Box::new(io::Cursor::new(bytes)), Options::default()).unwrap();
        let mut out = Vec::new();
        while let Some(frame) = capture.next() {
            out.push(frame.data.to_vec());
        }
        (out, capture.inputs()[0].complete)
    }

    #[test]
    fn packets_of_every_size_fill_pages_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcapng");
        let mut file = Appender::create(&path).unwrap();
        let sizes: Vec<usize> = (0..1600).chain([4095, 4096, 9000, 65_535]).chain((0..1600).rev()).collect();
        let packets: Vec<Vec<u8>> = sizes.iter().map(|size| vec![*size as u8; *size]).collect();
        for (number, packet) in (1..).zip(&packets) {
            let before = file.len;
            file.packet(&frame(packet, number), "eth0").unwrap();
            if packet.len() < 4000 {
                let pages = (before / PAGE as u64, file.len().saturating_sub(1) / PAGE as u64);
                assert!(pages.1 - pages.0 <= 1, "{number}: at most one page is finished and one begun");
            }
            if number % 50 == 0 {
                file.flush().unwrap();
                let (back, complete) = read(std::fs::read(&path).unwrap());
                assert!(complete && back.len() as u64 == number, "whole after each flush");
            }
        }
        drop(file);
        let (back, complete) = read(std::fs::read(&path).unwrap());
        assert!(complete);
        assert_eq!(back, packets);
    }

    #[test]
    fn every_page_that_was_written_ends_with_a_block() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcapng");
        let mut file = Appender::create(&path).unwrap();
        for number in 1..3000 {
            let size = (number * 37 % 1500) as usize;
            file.packet(&frame(&vec![7; size], number), "eth0").unwrap();
        }
        file.flush().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for page in 1..bytes.len() / PAGE {
            let (_, complete) = read(bytes.get(..page * PAGE).unwrap().to_vec());
            assert!(complete, "cut at page {page}");
        }
    }
}
