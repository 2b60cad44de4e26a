//! The digest that ties a report to the file it was made from.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::error::Error;
use crate::limits::READ_BLOCK;
use crate::source::open::io_error;

/// SHA-256 of the file at `path` as it stands (of a compressed capture: of the compressed file), in lower-case hex.
///
/// Reads the whole file. Standard input (`-`) has no digest, because it cannot be read twice.
///
/// # Errors
///
/// [`Error::Io`] where the file cannot be opened or read.
pub fn digest(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(|error| io_error(path, "open", error))?;
    let mut state = Sha256::new();
    let mut block = vec![0; READ_BLOCK];
    loop {
        let count = file.read(&mut block).map_err(|error| io_error(path, "read", error))?;
        if count == 0 {
            break;
        }
        state.update(block.get(..count).unwrap_or_default());
    }
    let mut hex = String::with_capacity(64);
    for byte in state.finalize() {
        let _ = write!(hex, "{byte:02x}");
    }
    Ok(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_published_vector() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("abc");
        std::fs::write(&path, b"abc")?;
        assert_eq!(digest(&path)?, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(matches!(digest(folder.path()), Err(Error::Io { .. })));
        Ok(())
    }
}
