//! Where a report goes: a file that is opened before the long run, or standard output.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anstream::AutoStream;

use super::args::ColourWhen;
use crate::error::Error;
use crate::report::Style;
use crate::source::{Capture, Options};

/// An open destination.
#[derive(Debug)]
pub enum Output {
    /// A file.
    File(PathBuf, File),
    /// Standard output.
    Standard,
}

impl Output {
    /// Opens `path`, or takes standard output; `-` is standard output.
    ///
    /// # Errors
    ///
    /// The file cannot be created.
    pub fn open(path: Option<&Path>) -> Result<Self, Error> {
        match path {
            Some(path) if path != Path::new("-") => {
                let file = File::create(path).map_err(|source| failed(path, "create", source))?;
                Ok(Self::File(path.to_owned(), file))
            }
            _ => Ok(Self::Standard),
        }
    }

    /// Whether a person looks at it.
    #[must_use]
    pub fn colour(&self, when: ColourWhen) -> bool {
        match (when, self) {
            (ColourWhen::Always, _) => true,
            (ColourWhen::Never, _) | (ColourWhen::Auto, Self::File(..)) => false,
            (ColourWhen::Auto, Self::Standard) => AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
        }
    }

    /// Columns of the terminal within what is comfortable to read.
    #[must_use]
    pub fn width(&self) -> usize {
        let columns = match self {
            Self::Standard if io::stdout().is_terminal() => ratatui::crossterm::terminal::size().ok(),
            _ => None,
        };
        columns.map_or(Style::MAX_WIDTH, |(columns, _)| usize::from(columns).clamp(Style::MIN_WIDTH, Style::MAX_WIDTH))
    }

    /// Lets `print` write everything, and says whether somebody was there to read it: a closed pipe is no failure.
    ///
    /// # Errors
    ///
    /// Writing fails for another cause.
    pub fn write(self, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<Reader, Error> {
        let path = match &self {
            Self::File(path, _) => path.clone(),
            Self::Standard => PathBuf::from("standard output"),
        };
        let sink: Box<dyn Write> = match self {
            Self::File(_, file) => Box::new(file),
            Self::Standard => Box::new(io::stdout().lock()),
        };
        let mut out = BufWriter::new(sink);
        match print(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(Reader::There),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Reader::Gone),
            Err(source) => Err(failed(&path, "write", source)),
        }
    }
}

/// Whether the reading side of the output is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Everything was delivered.
    There,
    /// The pipe was closed.
    Gone,
}

/// Whether a report in this place would take that of what is to be read, or of any other capture.
#[must_use]
pub fn takes_a_capture(path: &Path, inputs: &[PathBuf]) -> bool {
    let is_capture = || path.is_file() && Capture::open(&[path.to_owned()], Options::default()).is_ok();
    inputs.iter().any(|input| is_same_file(input, path)) || is_capture()
}

/// Whether two paths lead to one file.
#[must_use]
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| path.canonicalize().ok();
    one == other || place(one).is_some_and(|one| place(other) == Some(one))
}

fn failed(path: &Path, operation: &'static str, source: io::Error) -> Error {
    Error::Io { path: path.to_owned(), operation, source, hint: "" }
}
