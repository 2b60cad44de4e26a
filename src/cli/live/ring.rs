//! One file, or a ring of files: when the next one begins, what it is called, and which one goes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::args::memory;

/// When a file of the ring is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// After so many bytes.
    Bytes(u64),
    /// After so much time.
    After(Duration),
}

/// A ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    /// When a file is full.
    pub full: Full,
    /// Files that are kept.
    pub count: usize,
}

/// Reads `100M,10` or `10m,6`: sizes have K, M, G; durations s, m, h, d.
///
/// # Errors
///
/// A sentence about what is wrong.
pub fn parse(text: &str) -> Result<Ring, String> {
    let wrong = || format!("{text:?}: write SIZE,COUNT such as 100M,10, or DURATION,COUNT such as 10m,6");
    let (limit, count) = text.split_once(',').ok_or_else(wrong)?;
    let count = count.trim().parse::<usize>().ok().filter(|count| *count > 0).ok_or_else(wrong)?;
    let limit = limit.trim();
    let seconds = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((limit.strip_suffix(unit)?, seconds)));
    let full = match seconds {
        Some((number, seconds)) => {
            let number = number.parse::<u64>().ok().filter(|number| *number > 0).ok_or_else(wrong)?;
            Full::After(Duration::from_secs(number.checked_mul(seconds).ok_or_else(wrong)?))
        }
        None => Full::Bytes(memory(limit).map_err(|_| wrong())? as u64),
    };
    Ok(Ring { full, count })
}

/// The names of the ring's files.
#[derive(Debug)]
pub struct Names {
    folder: PathBuf,
    stem: String,
    extension: String,
    number: u64,
    /// Files that are there, oldest first.
    there: Vec<PathBuf>,
}

impl Names {
    /// The files of the ring at `path`, those of runs before included.
    #[must_use]
    pub fn find(path: &Path) -> Self {
        let text = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut names = Self {
            folder: folder.to_owned(),
            stem: text(path.file_stem()).unwrap_or_default(),
            extension: text(path.extension()).unwrap_or_else(|| "pcapng".to_owned()),
            number: 0,
            there: Vec::new(),
        };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found: Vec<(u64, PathBuf)> = entries
            .filter_map(|entry| Some((names.number_of(&entry.file_name().to_string_lossy())?, entry.path())))
            .collect();
        found.sort();
        names.number = found.last().map_or(0, |(number, _)| *number);
        names.there = found.into_iter().map(|(_, path)| path).collect();
        names
    }

    /// The name of the next file, which begins now.
    pub fn next(&mut self) -> PathBuf {
        self.number += 1;
        let now = Timestamp::now().to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S").to_string();
        let path = self.folder.join(format!("{}_{:05}_{now}.{}", self.stem, self.number, self.extension));
        self.there.push(path.clone());
        path
    }

    /// Files beyond `count`, oldest first; they are to be removed.
    pub fn surplus(&mut self, count: usize) -> Vec<PathBuf> {
        let surplus = self.there.len().saturating_sub(count);
        self.there.drain(..surplus).collect()
    }

    /// The number in the name of a file of this ring.
    fn number_of(&self, name: &str) -> Option<u64> {
        let rest = name.strip_prefix(&self.stem)?.strip_prefix('_')?;
        let rest = rest.strip_suffix(&self.extension)?.strip_suffix('.')?;
        let (number, time) = rest.split_once('_')?;
        let digits = |text: &str, least: usize| text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(number, 5) && digits(time, 14)).then(|| number.parse().ok()).flatten()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_read_as_people_write_them() {
        assert_eq!(parse("100M,10"), Ok(Ring { full: Full::Bytes(100 << 20), count: 10 }));
        assert_eq!(parse("10m,6"), Ok(Ring { full: Full::After(Duration::from_secs(600)), count: 6 }));
        assert_eq!(parse("1d, 7"), Ok(Ring { full: Full::After(Duration::from_secs(86_400)), count: 7 }));
        for wrong in ["", "100M", "100M,0", "0s,3", "x,3", "5,", "-1m,2"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_ring_goes_on_where_the_run_before_ended() {
        let folder = tempfile::tempdir().unwrap();
        for name in [
            "a_00007_20260101000000.pcapng",
            "a_00006_20260101000000.pcapng",
            "a.pcapng",
            "a_x_1.pcapng",
            "b_00009_20260101000000.pcapng",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let mut names = Names::find(&folder.path().join("a.pcapng"));
        let next = names.next();
        assert!(next.file_name().unwrap().to_string_lossy().starts_with("a_00008_"), "{next:?}");
        let gone = names.surplus(2);
        assert_eq!(gone, [folder.path().join("a_00006_20260101000000.pcapng")]);
    }
}
