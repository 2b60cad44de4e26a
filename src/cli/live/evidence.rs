//! The packets that prove a finding, in a file for each finding.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hashbrown::{HashMap, HashSet};

use super::super::run::say;
use crate::error::Error;
use crate::report::{Language, words};
use crate::source::{Frame, LinkType, PacketId, PacketRef, Written, write_pcapng};
use crate::time::CaptureTime;
use crate::verdict::Finding;

/// Bytes of small packets that are remembered, and of large ones: questions, handshakes and refusals are small and may be
/// needed when a deadline has passed; answers are large and decide at once.
const REMEMBERED: usize = 64 << 20;
/// A packet up to here is small.
const SMALL: usize = 700;
/// By how much packets may be out of order.
const REORDERED: Duration = Duration::from_secs(1);
/// What remembering a packet takes beside its bytes.
const OVERHEAD: usize = 64;

#[derive(Debug)]
struct Kept {
    id: PacketId,
    time: CaptureTime,
    link: LinkType,
    wire_len: u32,
    bytes: Box<[u8]>,
}

#[derive(Debug, Default)]
struct Memory {
    packets: VecDeque<Kept>,
    bytes: usize,
}

impl Memory {
    fn keep(&mut self, frame: &Frame<'_>) {
        self.bytes += frame.data.len() + OVERHEAD;
        let at = frame.at;
        let bytes = frame.data.into();
        self.packets.push_back(Kept { id: at.id, time: at.time, link: frame.link, wire_len: frame.wire_len, bytes });
        while self.bytes > REMEMBERED
            && let Some(oldest) = self.packets.pop_front()
        {
            self.bytes -= oldest.bytes.len() + OVERHEAD;
        }
    }
}

impl Memory {
    /// A packet, by when it was captured: they stand in that order, but for [`REORDERED`].
    fn find(&self, at: PacketRef) -> Option<&Kept> {
        let start = self.packets.partition_point(|kept| kept.time < at.time.before(REORDERED));
        let near = self.packets.range(start..).take_while(|kept| kept.time <= at.time.after(REORDERED));
        near.into_iter().find(|kept| kept.id == at.id)
    }
}

/// The folder, and the latest packets.
#[derive(Debug)]
pub struct EvidenceFolder {
    folder: PathBuf,
    small: Memory,
    large: Memory,
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
        let (small, large) = (Memory::default(), Memory::default());
        Ok(Self { folder: folder.to_owned(), small, large, files: HashMap::new(), failed: false })
    }

    /// Remembers a packet for a while.
    pub fn packet(&mut self, frame: &Frame<'_>) {
        if frame.data.len() <= SMALL { &mut self.small } else { &mut self.large }.keep(frame);
    }

    /// Writes the packets of a finding. The file appears under its name when it is whole.
    pub fn write(&mut self, finding: &Finding, language: Language) {
        let wanted: HashSet<PacketId> = finding.evidence.iter().map(|evidence| evidence.at.id).collect();
        let notes: HashMap<PacketId, String> =
            finding.evidence.iter().map(|one| (one.at.id, words::note(&one.note, language))).collect();
        let mut packets: Vec<&Kept> = Vec::new();
        for evidence in &finding.evidence {
            packets.extend(self.small.find(evidence.at).or_else(|| self.large.find(evidence.at)));
        }
        packets.sort_by_key(|kept| (kept.time, kept.id));
        packets.dedup_by_key(|kept| kept.id);
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
