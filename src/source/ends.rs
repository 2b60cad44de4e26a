//! When a capture begins and ends, without reading what lies between.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use crate::source::{Capture, Options};
use crate::time::CaptureTime;

/// Bytes from the beginning of a file: its header, and the interfaces that stand before the first packets of pcapng.
const HEAD: u64 = 64 << 10;
/// Bytes from its end. The first packet among them is found as one behind damage is.
const TAIL: u64 = 1 << 20;

/// First and last packet of the file at `path`, as its two ends tell; `None` where they do not: it is compressed, cannot
/// be read, or holds no packet.
#[must_use]
pub fn ends(path: &Path) -> Option<(CaptureTime, CaptureTime)> {
    let mut file = File::open(path).ok()?;
    let about = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let input: Box<dyn Read + Send> = if about.len() <= HEAD + TAIL {
        Box::new(file)
    } else {
        let mut head = Vec::new();
        (&file).take(HEAD).read_to_end(&mut head).ok()?;
        file.seek(SeekFrom::Start(about.len() - TAIL)).ok()?;
        Box::new(Cursor::new(head).chain(file))
    };
    let mut capture = Capture::from_reader(path, input, Options::default()).ok()?;
    if capture.inputs().iter().any(|input| input.compression.is_some()) {
        return None;
    }
    while capture.next().is_some() {}
    let input = capture.inputs().into_iter().next()?;
    input.first.zip(input.last)
}
