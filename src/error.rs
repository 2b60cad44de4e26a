//! What can go wrong before or while a capture is read. A message says what failed, where, and what to do.

use std::path::PathBuf;

/// An error of the library. Damage inside a capture is no error: it is noted with the input and the analysis goes on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be opened or read at all.
    #[error("{path}: cannot {operation}: {source}{hint}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done: `open`, `read`, `create`.
        operation: &'static str,
        /// What the system said.
        source: std::io::Error,
        /// What the user can do, beginning with `; `, or nothing.
        hint: &'static str,
    },
    /// The content is not a capture.
    #[error("{path}: not a capture: {found}; {hint}", path = .path.display())]
    NotACapture {
        /// The file.
        path: PathBuf,
        /// What stands there instead, with offset.
        found: String,
        /// What the user can do.
        hint: String,
    },
    /// The file has no bytes.
    #[error("{path}: the file is empty; was the capture stopped before anything was written?", path = .path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A file that does not grow packet by packet.
    #[error("{path}: cannot be followed: {why}", path = .path.display())]
    CannotFollow {
        /// The file.
        path: PathBuf,
        /// Why not, and what to do.
        why: &'static str,
    },
    /// A file that changed a moment ago and whose last record is not whole.
    #[error("{path}: its last record is half written, and the file changed a moment ago; --follow goes on reading while it is written", path = .path.display())]
    StillWritten {
        /// The file.
        path: PathBuf,
    },
    /// A folder in which no file is a capture.
    #[error("{path}: no capture in this folder; expected pcap or pcapng files, plain, gzip or zstd", path = .path.display())]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A filter expression that libpcap does not accept.
    #[error("filter {expression:?}: {message}; see `man pcap-filter` for the syntax")]
    Filter {
        /// The expression.
        expression: String,
        /// What libpcap said.
        message: String,
    },
    /// More inputs than can be numbered.
    #[error("{path}: one input more than the {limit} that can be analysed together; analyse them in parts", path = .path.display())]
    TooManyInputs {
        /// The first one that is too many.
        path: PathBuf,
        /// The bound.
        limit: usize,
    },
    /// A configuration that cannot be used.
    #[error("{path}: {message}", path = .path.display())]
    Config {
        /// The configuration file.
        path: PathBuf,
        /// What is wrong, with line and column.
        message: String,
    },
    /// An interface that cannot be captured on.
    #[error("{name}: {message}")]
    Interface {
        /// The interface.
        name: String,
        /// What libpcap said, and what the user can do.
        message: String,
    },
    /// This build lacks what was asked for.
    #[error("{wanted} needs libpcap, and this build was made without it; build with the default feature `live`")]
    WithoutLive {
        /// What was asked for.
        wanted: &'static str,
    },
}
