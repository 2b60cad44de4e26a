//! A capture file that is written packet by packet.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Where generated packets go: pcap or pcapng, compressed or not, as the name of the file says.
pub struct Output {
    out: Box<dyn Write>,
    pcapng: bool,
    /// Packets written.
    pub packets: u64,
    /// Bytes that they take as pcap, so that every format holds the same packets.
    pub bytes: u64,
}

impl Output {
    pub fn create(path: &str) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        let (name, out): (&str, Box<dyn Write>) = match path.strip_suffix(".gz") {
            // Ends its stream when it is dropped.
            Some(name) => (name, Box::new(GzEncoder::new(file, Compression::default()))),
            None => (path, Box::new(file)),
        };
        let mut output = Self { out, pcapng: name.ends_with(".pcapng"), packets: 0, bytes: 24 };
        if output.pcapng {
            output.words(&[0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28])?;
            output.words(&[1, 20, 1, 262_144, 20])?;
        } else {
            output.words(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1])?;
        }
        Ok(output)
    }

    /// Appends a packet.
    pub fn packet(&mut self, micros: u64, frame: &[u8]) -> io::Result<()> {
        self.packets += 1;
        self.bytes += 16 + frame.len() as u64;
        let length = u32::try_from(frame.len()).expect("short");
        let low = |number: u64| u32::try_from(number & 0xffff_ffff).expect("masked");
        if self.pcapng {
            let padding = frame.len().next_multiple_of(4) - frame.len();
            let size = 32 + length + u32::try_from(padding).expect("below four");
            self.words(&[6, size, 0, low(micros >> 32), low(micros), length, length])?;
            self.write(frame)?;
            self.write([0; 3].get(..padding).expect("below four"))?;
            self.words(&[size])
        } else {
            self.words(&[low(micros / 1_000_000), low(micros % 1_000_000), length, length])?;
            self.write(frame)
        }
    }

    /// Appends the packets of a classic capture.
    pub fn capture(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes.get(24..).unwrap_or_default();
        while let Some((head, data)) = rest.split_first_chunk::<16>() {
            let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
            let (frame, behind) = data.split_at(word(8) as usize);
            self.packet(u64::from(word(0)) * 1_000_000 + u64::from(word(4)), frame)?;
            rest = behind;
        }
        Ok(())
    }

    fn words(&mut self, words: &[u32]) -> io::Result<()> {
        words.iter().try_for_each(|word| self.write(&word.to_le_bytes()))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }
}
