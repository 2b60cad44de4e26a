//! A capture file that another program is still writing: read to its present end, and on as it grows.
//!
//! What was written half waits for its other half. Where the file is emptied, or another one takes its name, what was
//! half written stays so, and reading goes on at the beginning of what is there now.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::bell::Bell;
use super::door::{Door, Identity, Opened};
use super::stream::{Before, read, unknown};
use super::{Event, Live, Notice, Shared};
use crate::error::Error;
use crate::source::open::{compression, io_error};
use crate::source::{Capture, Options};

/// Time between two looks at what has the name of the file, and at whether the end is wanted.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Bytes at the beginning of a file by which one that was emptied and written again is told: beyond the file header and
/// into the first packets, whose times differ.
const HEAD: usize = 4096;
/// Some writers come back to the header when they close the file.
const HEADER: usize = 24;

/// Why a compressed file cannot be followed.
const COMPRESSED: &str =
    "it is compressed, and does not grow packet by packet; leave --follow out to read what is there";

/// A file that can be followed; who opens it keeps the right to do so.
#[derive(Debug)]
pub struct Followed {
    path: PathBuf,
    opened: Opened,
    door: Door,
    bell: Bell,
}

impl Followed {
    /// Opens the file at `path`, and starts the thread that opens what has its name later; `prepare` runs first on that.
    ///
    /// # Errors
    ///
    /// It cannot be opened, or is nothing that grows: a folder, a pipe, a compressed file.
    pub fn open(path: &Path, prepare: impl FnOnce() + Send + 'static) -> Result<Self, Error> {
        let cannot = |why: &'static str| Error::CannotFollow { path: path.to_owned(), why };
        let about = path.metadata().map_err(|error| io_error(path, "open", error))?;
        if about.is_dir() {
            return Err(cannot("a folder is read as all captures in it; name the file that is being written"));
        }
        if !about.is_file() {
            return Err(cannot("only a file can be; read a pipe through standard input (-)"));
        }
        let mut bell = Bell::new();
        // Before the first look, so that nothing is missed.
        bell.hang_at(path);
        let file = File::open(path).map_err(|error| io_error(path, "open", error))?;
        let identity = Identity::of(&file.metadata().map_err(|error| io_error(path, "open", error))?);
        let mut magic = Vec::new();
        (&file).take(4).read_to_end(&mut magic).map_err(|error| io_error(path, "read", error))?;
        if compression(&magic).is_some() {
            return Err(cannot(COMPRESSED));
        }
        let file = File::open(path).map_err(|error| io_error(path, "open", error))?;
        let door = Door::start(path.to_owned(), bell.clone(), prepare)?;
        Ok(Self { path: path.to_owned(), opened: (file, identity), door, bell })
    }
}

/// Where reading begins anew.
#[derive(Debug)]
enum Turn {
    /// The same file has other bytes now.
    Emptied,
    /// Another file.
    Replaced(Opened),
}

/// What reads the file.
#[derive(Debug)]
struct Tail {
    file: File,
    identity: Identity,
    position: u64,
    /// The first bytes of it.
    head: Vec<u8>,
    door: Door,
    bell: Bell,
    shared: Arc<Shared>,
    events: SyncSender<Event>,
    /// Something else than the file has its name, or nothing.
    away: bool,
    looked: Instant,
    /// Where to go on when this is read to its end.
    next: Option<Turn>,
}

impl Tail {
    /// Reads on, or waits; nothing at the end that was asked for, and where reading begins anew.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !matches!(self.next, Some(Turn::Emptied)) {
            let count = self.file.read(buffer)?;
            if let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) {
                let room = HEAD.saturating_sub(self.head.len());
                if self.position == self.head.len() as u64 {
                    self.head.extend_from_slice(read.get(..room.min(count)).unwrap_or_default());
                }
                self.position += count as u64;
                return Ok(count);
            }
            if self.next.is_some() || self.ends() {
                return Ok(0);
            }
            self.look();
            if self.next.is_none() {
                self.wait();
            }
        }
        Ok(0)
    }

    fn ends(&self) -> bool {
        self.shared.stop.load(Ordering::Relaxed)
    }

    fn wait(&mut self) {
        self.bell.wait(LOOK_EVERY);
        // Whoever empties a file may have filled it further than it was read by now.
        if self.is_emptied() {
            self.next = Some(Turn::Emptied);
        }
    }

    /// Whether the file has become another one under our hands.
    fn is_emptied(&self) -> bool {
        let len = self.file.metadata().map_or(self.position, |about| about.len());
        len < self.position || !begins_with(&self.file, &self.head)
    }

    /// Looks who has the name of the file, where that was not done just now.
    fn look(&mut self) {
        if self.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.looked = Instant::now();
        match self.door.look(self.identity) {
            // What was written to the old file until now is still read.
            Ok(Some(opened)) => self.next = Some(Turn::Replaced(opened)),
            Ok(None) if self.away => {
                self.away = false;
                self.say(Notice::Back);
            }
            Ok(None) => {}
            Err(error) if !self.away => {
                self.away = true;
                self.say(Notice::Missing(error.to_string()));
            }
            Err(_) => {}
        }
    }

    fn say(&self, notice: Notice) {
        // Where nobody listens, the end is near.
        let _ = self.events.send(Event::Notice(0, notice));
    }

    /// Waits until reading can begin anew, and prepares for it; `first` is the number that the next packet gets. `false`
    /// where the end is wanted.
    fn turn(&mut self, first: u64) -> bool {
        while self.next.is_none() {
            if self.ends() {
                return false;
            }
            self.look();
            if self.next.is_none() {
                self.wait();
            }
        }
        match self.next.take() {
            Some(Turn::Replaced((file, identity))) => {
                (self.file, self.identity) = (file, identity);
                self.say(Notice::Replaced(first));
            }
            Some(Turn::Emptied) | None => {
                use std::io::Seek;
                if let Err(error) = self.file.rewind() {
                    self.say(Notice::Gone(error.to_string()));
                }
                self.say(Notice::Emptied(first));
            }
        }
        (self.position, self.away) = (0, false);
        self.head.clear();
        true
    }
}

/// Whether `file` still begins with `head`, its own header apart.
#[cfg(unix)]
fn begins_with(file: &File, head: &[u8]) -> bool {
    use std::os::unix::fs::FileExt;
    let mut now = vec![0; head.len()];
    // What cannot be read is not held against it: who reads on is told.
    file.read_exact_at(&mut now, 0).is_err() || now.get(HEADER..) == head.get(HEADER..)
}

#[cfg(not(unix))]
fn begins_with(_file: &File, _head: &[u8]) -> bool {
    true
}

/// A tail that its capture reads from, and whoever opens the next capture looks at.
struct Shareable(Arc<Mutex<Tail>>);

impl Read for Shareable {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

impl Live {
    /// Starts to read a file that grows; it is called by its path.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn tail(followed: Followed, filter: Option<String>) -> Result<Self, Error> {
        let Followed { path, opened: (file, identity), door, bell } = followed;
        let shared = Shared { ends_soon: true, ..Shared::default() };
        let (live, shared, events) = Self::sharing(vec![unknown(&path)], shared);
        let tail = Tail {
            file,
            identity,
            position: 0,
            head: Vec::new(),
            door,
            bell,
            shared: Arc::clone(&shared),
            events: events.clone(),
            away: false,
            looked: Instant::now(),
            next: None,
        };
        let thread = std::thread::Builder::new().name("read file".to_owned());
        let started = thread.spawn(move || {
            let ended = follow(&path, &Arc::new(Mutex::new(tail)), filter.as_deref(), &shared, &events);
            let _ = events.send(Event::Notice(0, Notice::Ended(ended)));
        });
        started.map_err(|source| Error::Io { path: "thread".into(), operation: "start", source, hint: "" })?;
        Ok(live)
    }
}

/// Reads one file after the other; why nothing could be read, where that is so.
fn follow(
    path: &Path,
    tail: &Arc<Mutex<Tail>>,
    filter: Option<&str>,
    shared: &Shared,
    events: &SyncSender<Event>,
) -> Option<String> {
    let mut before = Before::default();
    let mut began = false;
    loop {
        let options = Options { filter: filter.map(str::to_owned), progress: Arc::clone(&shared.progress) };
        match Capture::from_reader(path, Box::new(Shareable(Arc::clone(tail))), options) {
            Ok(capture) if capture.inputs().iter().any(|input| input.compression.is_some()) => {
                let error = Error::CannotFollow { path: path.to_owned(), why: COMPRESSED }.to_string();
                if !began {
                    return Some(error);
                }
                events.send(Event::Notice(0, Notice::Gone(error))).ok()?;
            }
            Ok(mut capture) => {
                began = true;
                read(&mut capture, shared, events, &mut before)?;
                if shared.stop.load(Ordering::Relaxed) {
                    events.send(Event::Journal(before.journal(&capture))).ok()?;
                    return None;
                }
                before.add(&capture);
            }
            // It was emptied, or the end came, before there was a byte.
            Err(Error::Empty { .. }) => {}
            Err(error) if began => events.send(Event::Notice(0, Notice::Gone(error.to_string()))).ok()?,
            Err(error) => return Some(error.to_string()),
        }
        if !tail.lock().unwrap_or_else(PoisonError::into_inner).turn(before.next()) {
            return None;
        }
    }
}
