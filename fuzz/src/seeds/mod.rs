//! Where fuzzing starts: what stands in `captures/`, by protocol, and one input made by hand for every planted fault.

mod captures;
mod der;
mod made;
pub mod quic;

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;

/// Seeds of one target: more slow fuzzing down and add nothing.
const MOST: usize = 80;

/// The seeds, by target.
#[derive(Default)]
pub struct Seeds {
    by_target: BTreeMap<&'static str, Vec<Vec<u8>>>,
    known: HashSet<(&'static str, usize, u8)>,
}

impl Seeds {
    /// Takes a seed that must be there.
    fn made(&mut self, target: &'static str, bytes: Vec<u8>) {
        self.by_target.entry(target).or_default().push(bytes);
    }

    /// Takes a seed unless one of this length with this first byte is there: captures hold the same again and again.
    fn found(&mut self, target: &'static str, bytes: Vec<u8>) {
        let seeds = self.by_target.entry(target).or_default();
        let first = bytes.first().copied().unwrap_or_default();
        if seeds.len() < MOST && self.known.insert((target, bytes.len(), first)) {
            seeds.push(bytes);
        }
    }
}

/// Writes the seeds of every target below `corpus`, made from the captures in `captures`.
///
/// # Errors
///
/// A capture cannot be read, or a seed not be written.
pub fn write(captures: &Path, corpus: &Path) -> io::Result<()> {
    let mut seeds = Seeds::default();
    made::all(&mut seeds);
    captures::all(captures, &mut seeds)?;
    for (target, seeds) in &seeds.by_target {
        let folder = corpus.join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, bytes) in seeds.iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number:03}")), bytes)?;
        }
        println!("{target}: {} seeds", seeds.len());
    }
    Ok(())
}
