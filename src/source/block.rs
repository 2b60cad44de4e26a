//! The block that bytes are read into: one buffer per input, used again and again.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::limits::{MAX_RECORD, READ_BLOCK};

/// Room beyond the largest record for its header and for the header that follows it.
const HEADERS: usize = 128;

/// A window on the bytes of a capture. Its front is the first byte that was not consumed.
pub(super) struct Block {
    input: Box<dyn Read + Send>,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset of the front in the (uncompressed) capture.
    offset: u64,
    ended: bool,
    failure: Option<io::Error>,
    /// Where it is told whether more is waited for in the middle of a record.
    torn: Option<Arc<AtomicBool>>,
}

impl Block {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input, bytes: vec![0; READ_BLOCK], start: 0, end: 0, offset: 0, ended: false, failure: None, torn: None }
    }

    /// Tells in `torn`, whenever it reads, whether bytes stand there that make no whole record yet.
    pub(super) fn tell(&mut self, torn: Arc<AtomicBool>) {
        self.torn = Some(torn);
    }

    /// Offset of the front in the (uncompressed) capture.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// What was read and not consumed.
    #[inline]
    pub(super) fn data(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether `count` bytes stand from the front on; reads where they do not yet. `false` means that the input ends
    /// before, or that `count` is beyond every bound: then all that there is (or a full record's worth) was read.
    #[inline]
    pub(super) fn has(&mut self, count: usize) -> bool {
        self.end - self.start >= count || self.fill(count)
    }

    #[inline(never)]
    fn fill(&mut self, count: usize) -> bool {
        if self.ended {
            return false;
        }
        let room = count.min(MAX_RECORD + HEADERS);
        if self.start + room > self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.bytes.len() < room {
                // Twice as much, so that moving on by a few bytes does not move them all again.
                self.bytes.resize(room * 2, 0);
            }
        }
        while self.end - self.start < room && !self.ended {
            if let Some(torn) = &self.torn {
                torn.store(self.end > self.start, Ordering::Relaxed);
            }
            let Some(free) = self.bytes.get_mut(self.end..) else { break };
            match self.input.read(free) {
                Ok(0) => self.ended = true,
                Ok(count) => self.end += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.failure = Some(error);
                }
            }
        }
        self.end - self.start >= count
    }

    /// Moves the front on. Consuming more than there is consumes all.
    #[inline]
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.offset += count as u64;
    }

    /// Why reading ended before the end, where it did: asked once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    /// The reader behind the block, with what was read and not consumed put back before it.
    pub(super) fn into_input(self) -> Box<dyn Read + Send> {
        let read = self.data().to_vec();
        Box::new(io::Cursor::new(read).chain(self.input))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte a call, as a slow pipe does.
    struct Drip(u32);

    impl Read for Drip {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match (self.0, buffer.first_mut()) {
                (0, _) => Err(io::Error::from(ErrorKind::UnexpectedEof)),
                (_, Some(first)) => {
                    *first = self.0.to_le_bytes()[0];
                    self.0 -= 1;
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    #[test]
    fn gathers_drops_and_remembers_the_failure() {
        let mut block = Block::new(Box::new(Drip(6)));
        assert!(block.has(4));
        assert_eq!(block.data(), [6, 5, 4, 3]);
        block.consume(3);
        assert_eq!(block.offset(), 3);
        assert!(!block.has(4));
        assert_eq!(block.data(), [3, 2, 1]);
        assert!(block.take_failure().is_some());
        assert!(block.take_failure().is_none());
    }

    #[test]
    fn grows_to_a_bound_and_no_further() {
        let mut block = Block::new(Box::new(io::repeat(7)));
        assert!(block.has(READ_BLOCK * 3));
        assert!(!block.has(usize::MAX));
        assert!(block.bytes.len() <= 2 * (MAX_RECORD + HEADERS));
    }

    #[test]
    fn hands_back_what_it_read() {
        let mut block = Block::new(Box::new(&b"capture"[..]));
        assert!(block.has(3));
        block.consume(2);
        let mut rest = String::new();
        assert_eq!(block.into_input().read_to_string(&mut rest).ok(), Some(5));
        assert_eq!(rest, "pture");
    }
}
