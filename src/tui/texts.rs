//! All names and addresses of findings as text, made little by little: the proof of each has to be unpacked for it, and a
//! hundred thousand take longer than a person waits for a key.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasherDefault;

use super::filter::facts;
use crate::engine::snapshot::Snapshot;
use crate::verdict::Filed;

/// Findings whose text is made at once: some ten milliseconds.
const SLICE: usize = 1500;

/// Text by the number of the finding: a fact a line, in lower case.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    of: HashMap<u32, Box<str>, BuildHasherDefault<std::hash::DefaultHasher>>,
    /// Findings before this place have theirs.
    next: usize,
}

impl Texts {
    /// Whether a snapshot is so small that its text is made when it is needed.
    #[must_use]
    pub fn is_little(snapshot: &Snapshot) -> bool {
        snapshot.findings.len() <= SLICE
    }

    /// Whether every finding has its text.
    #[must_use]
    pub fn is_complete(&self, snapshot: &Snapshot) -> bool {
        Self::is_little(snapshot) || self.next >= snapshot.findings.len()
    }

    /// Hundredths that are made.
    #[must_use]
    pub fn percent(&self, snapshot: &Snapshot) -> usize {
        (self.next * 100).checked_div(snapshot.findings.len()).unwrap_or(100).min(100)
    }

    /// The text of a finding, where it is made.
    #[must_use]
    pub fn get(&self, finding: &Filed) -> Option<&str> {
        self.of.get(&finding.id).map(|text| &**text)
    }

    /// Makes a slice of what is missing.
    pub fn make(&mut self, snapshot: &Snapshot) {
        let mut left = SLICE;
        let mut room = String::new();
        for finding in snapshot.findings.iter().skip(self.next) {
            if let Entry::Vacant(place) = self.of.entry(finding.id) {
                if left == 0 {
                    return;
                }
                left -= 1;
                room.clear();
                facts(finding, &mut room);
                place.insert(room.as_str().into());
            }
            self.next += 1;
        }
    }

    /// Findings changed, or went: their text is made anew where it is needed.
    pub fn forget(&mut self, changed: impl IntoIterator<Item = u32>) {
        self.next = 0;
        if self.of.is_empty() {
            return;
        }
        for id in changed {
            self.of.remove(&id);
        }
    }

    /// Everything is another snapshot's.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
