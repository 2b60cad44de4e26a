//! Where the findings of a live run go: line by line, and to a new file when somebody moved the old one away.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// An open destination.
pub struct LiveOutput {
    path: Option<PathBuf>,
    sink: BufWriter<Box<dyn Write + Send>>,
    gone: bool,
}

impl LiveOutput {
    /// Opens `path`, or takes standard output. With `anew` a file that is there is emptied, else it is gone on with, as
    /// logs are.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn open(path: Option<PathBuf>, anew: bool) -> Result<Self, Error> {
        let path = path.filter(|path| path != Path::new("-"));
        let sink = sink(path.as_deref(), anew)?;
        Ok(Self { path, sink, gone: false })
    }

    /// Opens the file by its name again.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn reopen(&mut self) -> Result<(), Error> {
        if self.path.is_some() {
            self.flush()?;
            self.sink = sink(self.path.as_deref(), false)?;
        }
        Ok(())
    }

    /// Whether nobody reads any more.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Lets `print` write.
    ///
    /// # Errors
    ///
    /// Writing fails; a closed pipe is no failure.
    pub fn write(&mut self, print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
        let outcome = print(&mut self.sink);
        self.judge(outcome)
    }

    /// Writes out what waits.
    ///
    /// # Errors
    ///
    /// Writing fails; a closed pipe is no failure.
    pub fn flush(&mut self) -> Result<(), Error> {
        let outcome = self.sink.flush();
        self.judge(outcome)
    }

    fn judge(&mut self, outcome: io::Result<()>) -> Result<(), Error> {
        match outcome {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(())
            }
            Err(source) => {
                let path = self.path.clone().unwrap_or_else(|| "standard output".into());
                Err(Error::Io { path, operation: "write", source, hint: "" })
            }
        }
    }
}

fn sink(path: Option<&Path>, anew: bool) -> Result<BufWriter<Box<dyn Write + Send>>, Error> {
    let sink: Box<dyn Write + Send> = match path {
        Some(path) => {
            let mut options = OpenOptions::new();
            let file = options.create(true).append(!anew).write(true).truncate(anew).open(path);
            Box::new(file.map_err(|source| Error::Io { path: path.to_owned(), operation: "open", source, hint: "" })?)
        }
        None => Box::new(io::stdout()),
    };
    Ok(BufWriter::new(sink))
}
