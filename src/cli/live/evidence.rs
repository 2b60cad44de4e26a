//! The packets that prove a finding, in a file for each finding.

use std::path::{Path, PathBuf};

use hashbrown::{HashMap, HashSet};

use super::super::console::say;
use crate::engine::recall::Recalled;
use crate::error::Error;
use crate::report::{Language, words};
use crate::source::{PacketId, Written, write_pcapng};
use crate::verdict::Finding;

/// The folder.
#[derive(Debug)]
pub struct EvidenceFolder {
    folder: PathBuf,
    /// File of each finding, by its number.
    files: HashMap<u32, PathBuf>,
    failed: bool,
}

impl EvidenceFolder {
    /// Makes the folder where it is not there.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|source| Error::Io {
            path: folder.to_owned(),
            operation: "create",
            source,
            hint: "",
        })?;
        Ok(Self { folder: folder.to_owned(), files: HashMap::new(), failed: false })
    }

    /// Writes the packets of a finding, as far as they are remembered. The file appears under its name when it is whole.
    pub fn write(&mut self, finding: &Finding, packets: &[Recalled], language: Language) {
        let wanted: HashSet<PacketId> = finding.evidence.iter().map(|evidence| evidence.at.id).collect();
        let notes: HashMap<PacketId, String> =
            finding.evidence.iter().map(|one| (one.at.id, words::note(&one.note, language))).collect();
        if packets.is_empty() || self.files.contains_key(&finding.id) && packets.len() < wanted.len() {
            return;
        }
        let written: Vec<Written<'_>> = packets
            .iter()
            .map(|kept| Written {
                time: kept.time,
                link: kept.link,
                wire_len: kept.wire_len,
                bytes: &kept.bytes,
                comment: notes.get(&kept.id).map_or("", String::as_str),
            })
            .collect();
        let client = finding.client.to_string().replace(':', "-");
        let name = format!("finding-{:06}-{}-{client}.pcapng", finding.id, finding.verdict.name());
        let path = self.folder.join(name);
        let hidden = self.folder.join(format!(".finding-{:06}.new", finding.id));
        let mut bytes = Vec::new();
        let outcome = write_pcapng(&written, &mut bytes)
            .and_then(|()| std::fs::write(&hidden, &bytes))
            .and_then(|()| std::fs::rename(&hidden, &path));
        match outcome {
            Ok(()) => {
                self.failed = false;
                // A finding that turned into another verdict has another name.
                if let Some(before) = self.files.insert(finding.id, path.clone())
                    && before != path
                {
                    let _ = std::fs::remove_file(before);
                }
            }
            Err(error) => {
                let _ = std::fs::remove_file(&hidden);
                if !self.failed {
                    say(&format!("ncsight: {}: {error}; the analysis goes on", path.display()));
                }
                self.failed = true;
            }
        }
    }
}
