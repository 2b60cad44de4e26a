//! What the arguments name: files, standard input, folders.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::source::open::{io_error, is_stdin};

/// One file to be tried.
pub(super) struct Candidate {
    pub(super) path: PathBuf,
    /// The folder argument that it comes from: then it may be something else than a capture.
    pub(super) folder: Option<PathBuf>,
    /// Its size, of a plain file that can be opened as often as needed. `None`: standard input, a pipe, a device.
    pub(super) size: Option<u64>,
}

/// The files that `paths` name, each once, and the errors of those that name nothing. A folder means its files (not its
/// folders), by name.
pub(super) fn candidates(paths: &[PathBuf]) -> (Vec<Candidate>, Vec<Error>) {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    let mut seen = HashSet::new();
    for path in paths {
        if is_stdin(path) {
            if seen.insert(path.clone()) {
                found.push(Candidate { path: path.clone(), folder: None, size: None });
            }
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => match children(path) {
                Ok(files) => {
                    let fresh = files.into_iter().filter(|file| seen.insert(identity(&file.path)));
                    found.extend(fresh);
                }
                Err(error) => errors.push(io_error(path, "list", error)),
            },
            Ok(metadata) => {
                if seen.insert(identity(path)) {
                    let size = metadata.is_file().then_some(metadata.len());
                    found.push(Candidate { path: path.clone(), folder: None, size });
                }
            }
            Err(error) => errors.push(io_error(path, "open", error)),
        }
    }
    (found, errors)
}

/// The plain files in `folder`, by name.
fn children(folder: &Path) -> std::io::Result<Vec<Candidate>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Ok(metadata) = fs::metadata(&path)
            && metadata.is_file()
        {
            files.push(Candidate { path, folder: Some(folder.to_owned()), size: Some(metadata.len()) });
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// What tells that two paths lead to the same file.
fn identity(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
