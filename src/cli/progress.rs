//! A line on standard error that says how far reading has come.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::settings::Progress;

/// Time between two redraws.
const REFRESH_HZ: u8 = 5;

/// The progress line; nothing where standard error is no terminal.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
}

impl ProgressLine {
    /// A line for reading `paths`. Where the size of any of them is not known, it counts without an end.
    #[must_use]
    pub fn start(paths: &[PathBuf]) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self { bar: ProgressBar::hidden() };
        }
        let target = ProgressDrawTarget::stderr_with_hz(REFRESH_HZ);
        let (bar, template) = match total(paths) {
            Some(bytes) => (
                ProgressBar::with_draw_target(Some(bytes), target),
                "{bar:24} {percent}% {bytes}/{total_bytes} {bytes_per_sec}, {eta} left {msg}",
            ),
            None => (ProgressBar::with_draw_target(None, target), "{spinner} {bytes} {bytes_per_sec} {msg}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar }
    }

    /// Shows how far reading has come.
    pub fn show(&self, progress: &Progress) {
        self.bar.set_position(progress.bytes);
        if progress.findings > 0 {
            self.bar.set_message(format!("{} findings", progress.findings));
        }
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Bytes of all files, those inside folders included; `None` where one of them has no size.
fn total(paths: &[PathBuf]) -> Option<u64> {
    paths.iter().map(|path| size(path)).sum()
}

fn size(path: &Path) -> Option<u64> {
    let about = std::fs::metadata(path).ok()?;
    if about.is_dir() {
        let entries = std::fs::read_dir(path).ok()?.flatten();
        return Some(
            entries
                .filter_map(|entry| entry.metadata().ok())
                .filter(|about| about.is_file())
                .map(|about| about.len())
                .sum(),
        );
    }
    about.is_file().then_some(about.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders_have_a_size_and_pipes_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pcap");
        std::fs::write(&file, [0; 10]).unwrap();
        assert_eq!(total(&[file.clone(), folder.path().to_owned()]), Some(20));
        assert_eq!(total(&[file, PathBuf::from("-")]), None);
    }
}
