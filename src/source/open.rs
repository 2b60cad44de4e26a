//! Opens one input: tells by its content what it is, and puts the right readers on top of each other.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::bufread::MultiGzDecoder;

use crate::error::Error;
use crate::limits::READ_BLOCK;
use crate::source::ahead::Ahead;
use crate::source::block::Block;
use crate::source::foreign::not_a_capture;
use crate::source::input::Record;
use crate::source::pcap::{PcapReader, is_pcap};
use crate::source::pcapng::{PcapNgReader, is_pcapng};
use crate::source::progress::{Counted, Progress};
use crate::source::reader::{Format, Reader};

/// Bytes that are enough to tell what a capture is: waiting for more would hold up its first packets.
const MAGIC: usize = 12;
/// Bytes that are looked at to tell what else a file is.
const HEAD: usize = 512;
const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Whether `path` means standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// How a file with these first bytes is compressed.
pub(super) fn compression(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(GZIP) {
        Some("gzip")
    } else if head.starts_with(ZSTD) {
        Some("zstd")
    } else {
        None
    }
}

/// Opens the file at `path`, or standard input for `-`.
pub(super) fn open(path: &Path, progress: &Arc<Progress>) -> Result<Reader, Error> {
    let raw: Box<dyn Read + Send> = if is_stdin(path) {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(|error| io_error(path, "open", error))?)
    };
    open_input(path, Box::new(Counted { input: raw, progress: Arc::clone(progress) }), progress)
}

/// Opens what `input` gives; `path` is what it is called.
pub(super) fn open_input(path: &Path, input: Box<dyn Read + Send>, progress: &Progress) -> Result<Reader, Error> {
    let mut block = Block::new(input);
    block.tell(Arc::clone(&progress.torn));
    head(path, &mut block)?;
    let compression = compression(block.data());
    if let Some(compression) = compression {
        let input = BufReader::with_capacity(READ_BLOCK, block.into_input());
        let unpacked: Box<dyn Read + Send> = if compression == "gzip" {
            Box::new(MultiGzDecoder::new(input))
        } else {
            Box::new(zstd::Decoder::with_buffer(input).map_err(|error| io_error(path, "decompress", error))?)
        };
        block = Block::new(Box::new(Ahead::new(unpacked)));
        head(path, &mut block)?;
    }
    if is_pcap(block.data()) {
        let mut record = Record::new(path.to_owned(), "pcap", compression);
        let reader = PcapReader::new(&mut block, &mut record);
        Ok(Reader::new(block, Format::Pcap(reader), record))
    } else if is_pcapng(block.data()) {
        let record = Record::new(path.to_owned(), "pcapng", compression);
        Ok(Reader::new(block, Format::PcapNg(PcapNgReader::new()), record))
    } else {
        // What came with the first bytes has to do: more may never come.
        Err(not_a_capture(path, block.data().get(..HEAD).unwrap_or(block.data())))
    }
}

/// Reads the first bytes; an error where there are none.
fn head(path: &Path, block: &mut Block) -> Result<(), Error> {
    if !block.has(MAGIC) && block.data().is_empty() {
        return Err(match block.take_failure() {
            Some(error) => io_error(path, "read", error),
            None => Error::Empty { path: path.to_owned() },
        });
    }
    Ok(())
}

/// The error of an operation on a file, with what the user can do about it.
pub(super) fn io_error(path: &Path, operation: &'static str, source: io::Error) -> Error {
    let hint = match source.kind() {
        ErrorKind::NotFound => "; check the name and the folder",
        ErrorKind::PermissionDenied => "; it belongs to somebody else: copy it, or run with the rights of its owner",
        ErrorKind::IsADirectory => "; a folder is read as all captures in it",
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData => {
            "; it looks compressed but cannot be unpacked; copy it again"
        }
        _ => "",
    };
    Error::Io { path: path.to_owned(), operation, source, hint }
}
