//! Opens one file by its name, again and again, for a thread that may open nothing.
//!
//! Who looks into packets is confined before it starts. A followed file may be replaced by another one of its name at any
//! time: a thread that never sees a byte of them opens it, and hands it over.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use super::bell::Bell;
use crate::error::Error;

/// What tells one file from another of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    number: u64,
}

impl Identity {
    #[cfg(unix)]
    pub(super) fn of(about: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self { device: about.dev(), number: about.ino() }
    }

    /// Other systems do not tell: all files of a name are one.
    #[cfg(not(unix))]
    pub(super) fn of(_about: &Metadata) -> Self {
        Self { device: 0, number: 0 }
    }
}

/// A file, and which one it is.
pub(super) type Opened = (File, Identity);

/// Where one asks.
#[derive(Debug)]
pub(super) struct Door {
    ask: Sender<Identity>,
    answers: Receiver<io::Result<Option<Opened>>>,
}

impl Door {
    /// Starts the thread that opens `path`. `prepare` runs first on it: it gives up the rights that opening does not need.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub(super) fn start(path: PathBuf, mut bell: Bell, prepare: impl FnOnce() + Send + 'static) -> Result<Self, Error> {
        let (ask, asked) = channel();
        let (answer, answers) = channel();
        let thread = std::thread::Builder::new().name("open".to_owned());
        let started = thread.spawn(move || {
            prepare();
            for known in asked {
                let found = other(&path, known);
                if matches!(found, Ok(Some(_))) {
                    bell.hang_at(&path);
                }
                if answer.send(found).is_err() {
                    break;
                }
            }
        });
        started.map_err(|source| Error::Io { path: "thread".into(), operation: "start", source, hint: "" })?;
        Ok(Self { ask, answers })
    }

    /// The file that has the name now, opened where it is another one than `known`.
    ///
    /// # Errors
    ///
    /// There is none, or it cannot be opened.
    pub(super) fn look(&self, known: Identity) -> io::Result<Option<Opened>> {
        let gone = || io::Error::other("nobody opens files any more");
        self.ask.send(known).map_err(|_| gone())?;
        self.answers.recv().map_err(|_| gone())?
    }
}

/// The file at `path`, where it is another one than `known`.
fn other(path: &Path, known: Identity) -> io::Result<Option<Opened>> {
    let about = path.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("what has its name now is no plain file"));
    }
    if Identity::of(&about) == known {
        return Ok(None);
    }
    let file = File::open(path)?;
    // Between the two it may have been replaced once more.
    let identity = Identity::of(&file.metadata()?);
    Ok(Some((file, identity)))
}
