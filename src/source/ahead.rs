//! Reading ahead: a thread of its own unpacks what comes next while packets are looked at.

use std::io::{self, ErrorKind, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use crate::limits::{READ_AHEAD, READ_BLOCK};

/// What another reader gives, read by a thread of its own up to [`READ_AHEAD`] blocks before it is asked for. The first
/// block is read without one: of many inputs only the first packet is wanted for now.
pub(super) struct Ahead {
    place: Place,
}

/// Who reads the input.
enum Place {
    /// Whoever asks, as long as fewer bytes than these were wanted.
    Here(Box<dyn Read + Send>, usize),
    /// A thread.
    There(There),
    /// Nobody any more.
    Over,
}

/// The near end of a thread that reads. It ends with its input, or after its next read once nobody wants more.
struct There {
    full: Receiver<io::Result<Filled>>,
    /// Blocks go back, so that none is made anew.
    spare: SyncSender<Vec<u8>>,
    now: Filled,
    /// Bytes of it that were handed out.
    taken: usize,
}

/// A block and how many bytes of it were read; none at the end of the input.
#[derive(Default)]
struct Filled {
    block: Vec<u8>,
    count: usize,
}

impl Ahead {
    pub(super) fn new(input: Box<dyn Read + Send>) -> Self {
        Self { place: Place::Here(input, READ_BLOCK) }
    }
}

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.place, Place::Here(_, 0))
            && let Place::Here(input, _) = std::mem::replace(&mut self.place, Place::Over)
        {
            self.place = Place::There(There::start(input)?);
        }
        let read = match &mut self.place {
            Place::Here(input, left) => {
                let count = input.read(buffer)?;
                *left = left.saturating_sub(count);
                return Ok(count);
            }
            Place::There(there) => there.read(buffer),
            Place::Over => Ok(0),
        };
        if !matches!(read, Ok(1..)) && !buffer.is_empty() {
            self.place = Place::Over;
        }
        read
    }
}

impl There {
    /// Starts reading; fails where the system has no thread left.
    fn start(input: Box<dyn Read + Send>) -> io::Result<Self> {
        let (spare, blocks) = sync_channel(READ_AHEAD);
        let (read, full) = sync_channel(READ_AHEAD);
        for _ in 0..READ_AHEAD {
            spare.try_send(vec![0; READ_BLOCK]).map_err(io::Error::other)?;
        }
        thread::Builder::new().name("unpack".to_owned()).spawn(move || fill(input, &blocks, &read))?;
        Ok(Self { full, spare, now: Filled::default(), taken: 0 })
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.now.count {
            let used = std::mem::take(&mut self.now).block;
            self.taken = 0;
            if !used.is_empty() {
                // Nobody takes it back where reading is over.
                let _ = self.spare.try_send(used);
            }
            // A thread that went without a last word must not look like the end of the capture.
            self.now = self.full.recv().unwrap_or_else(|_| Err(io::Error::other("unpacking broke off")))?;
        }
        let ready = self.now.block.get(self.taken..self.now.count).unwrap_or_default();
        let count = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.taken += count;
        Ok(count)
    }
}

/// Hands on what each read gives, at once: what comes slowly is not held back until a block is full.
fn fill(mut input: Box<dyn Read + Send>, spare: &Receiver<Vec<u8>>, full: &SyncSender<io::Result<Filled>>) {
    while let Ok(mut block) = spare.recv() {
        let read = loop {
            match input.read(&mut block) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let last = !matches!(read, Ok(1..));
        if full.send(read.map(|count| Filled { block, count })).is_err() || last {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    /// Gives what comes through a channel, one piece a read; its other end learns when it is dropped.
    struct Pipe(Receiver<io::Result<Vec<u8>>>, #[expect(dead_code, reason = "only its end is waited for")] Sender<()>);

    impl Read for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let piece = self.0.recv().unwrap_or_else(|_| Ok(Vec::new()))?;
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }

    fn pipe() -> (Sender<io::Result<Vec<u8>>>, Receiver<()>, Ahead) {
        let ((give, get), (alive, gone)) = (channel(), channel());
        (give, gone, there(Pipe(get, alive)))
    }

    /// Read by a thread from its first byte on.
    fn there(input: impl Read + Send + 'static) -> Ahead {
        Ahead { place: Place::Here(Box::new(input), 0) }
    }

    #[test]
    fn gives_all_bytes_in_order() {
        let bytes: Vec<u8> = (0..READ_BLOCK * 9 + 5).map(|at| (at % 251).to_le_bytes()[0]).collect();
        let mut read = Vec::new();
        let mut ahead = Ahead::new(Box::new(io::Cursor::new(bytes.clone())));
        ahead.read_to_end(&mut read).unwrap();
        assert!(read == bytes);
    }

    #[test]
    fn reads_no_further_than_the_first_block_at_first() {
        let (give, get) = channel();
        let (alive, _gone) = channel();
        give.send(Ok(vec![7; 100])).unwrap();
        let mut ahead = Ahead::new(Box::new(Pipe(get, alive)));
        assert_eq!(ahead.read(&mut [0; 512]).unwrap(), 100);
        assert!(matches!(ahead.place, Place::Here(_, left) if left == READ_BLOCK - 100));
    }

    #[test]
    fn does_not_hold_back_what_came() {
        let (give, _gone, mut ahead) = pipe();
        let mut buffer = [0; 8];
        for piece in ["first", "second"] {
            // The next piece is given only after this one was read.
            give.send(Ok(piece.into())).unwrap();
            assert_eq!(ahead.read(&mut buffer).unwrap(), piece.len());
            assert_eq!(&buffer[..piece.len()], piece.as_bytes());
        }
        drop(give);
        assert_eq!(ahead.read(&mut buffer).unwrap(), 0);
        assert_eq!(ahead.read(&mut buffer).unwrap(), 0);
    }

    #[test]
    fn tells_a_failure_where_it_stands() {
        let (give, gone, mut ahead) = pipe();
        give.send(Ok("good".into())).unwrap();
        give.send(Err(io::Error::from(ErrorKind::InvalidData))).unwrap();
        let mut read = Vec::new();
        assert_eq!(ahead.read_to_end(&mut read).unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(read, b"good");
        assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 0);
        // The thread is over, and its input with it.
        assert!(gone.recv().is_err());
    }

    #[test]
    fn ends_when_nobody_reads_on() {
        let (give, gone, mut ahead) = pipe();
        give.send(Ok(vec![1])).unwrap();
        assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 1);
        drop(ahead);
        // More than there is room for.
        for _ in 0..=READ_AHEAD {
            let _ = give.send(Ok(vec![1]));
        }
        assert!(gone.recv().is_err());
    }

    #[test]
    fn a_fault_of_the_thread_is_no_end() {
        struct Faulty;
        impl Read for Faulty {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                panic!("planted");
            }
        }
        let mut ahead = there(Faulty);
        assert_eq!(ahead.read(&mut [0; 8]).unwrap_err().to_string(), "unpacking broke off");
        assert_eq!(ahead.read(&mut [0; 8]).unwrap(), 0);
    }
}
