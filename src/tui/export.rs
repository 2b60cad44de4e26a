//! Writes what was asked for to a new file in the current folder.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::tz::TimeZone;

use super::event::Export;
use super::state::by_id;
use crate::engine::proof::{Packet, read};
use crate::engine::snapshot::Snapshot;
use crate::report::language::say;
use crate::report::ticket::ticket;
use crate::report::{self, Format, Language, Options, Style, build, words};
use crate::source::{Written, write_pcapng};

/// Files of the same name that are tried.
const MOST: u32 = 999;

/// What is written, and how.
pub struct Job {
    /// What the file is to hold.
    pub what: Export,
    /// What is known.
    pub snapshot: Arc<Snapshot>,
    /// What of it is shown, in which language.
    pub options: Options,
    /// Zone of the times in text.
    pub zone: TimeZone,
}

impl Job {
    /// Does it; returns a word for the user.
    #[must_use]
    pub fn run(&self) -> String {
        let language = self.options.language;
        match self.write() {
            Ok(path) => {
                let path = path.to_string_lossy();
                let path = words::safe(&path);
                say!(language, "written: {path}", "書き出しました：{path}")
            }
            Err(error) => say!(language, "cannot write: {error}", "書き出せません：{error}"),
        }
    }

    fn write(&self) -> io::Result<PathBuf> {
        let stem = self.stem();
        match &self.what {
            Export::Report(format) => {
                let (path, file) = create(&stem, extension(*format))?;
                let language = self.options.language;
                let style = Style { language, zone: self.zone.clone(), ..Style::default() };
                let mut out = BufWriter::new(file);
                report::write(&build::report(&self.snapshot, &self.options), *format, &style, &mut out)?;
                out.flush()?;
                Ok(path)
            }
            Export::Ticket(id) => {
                let finding = by_id(&self.snapshot, *id).ok_or_else(|| io::Error::other("no such finding"))?;
                let (path, mut file) = create(&format!("{stem}-finding-{id}"), "txt")?;
                let text = ticket(&finding.open(), &self.snapshot, self.options.language, &self.zone);
                file.write_all(text.as_bytes())?;
                Ok(path)
            }
            Export::Evidence(id, wanted) => {
                let proof = read(wanted, &AtomicBool::new(false)).map_err(io::Error::other)?.unwrap_or_default();
                let (path, file) = create(&format!("{stem}-finding-{id}"), "pcapng")?;
                let clean: Vec<Vec<u8>> = proof.packets.iter().map(without_secrets).collect();
                let packets: Vec<Written<'_>> = proof
                    .packets
                    .iter()
                    .zip(&clean)
                    .map(|(packet, bytes)| Written {
                        time: packet.time,
                        link: packet.link,
                        wire_len: packet.wire_len,
                        bytes,
                        comment: if packet.evidence { &packet.summary } else { "" },
                    })
                    .collect();
                let mut out = BufWriter::new(file);
                write_pcapng(&packets, &mut out)?;
                out.flush()?;
                Ok(path)
            }
        }
    }

    /// Name of the first capture, as far as it makes a safe file name.
    fn stem(&self) -> String {
        let first = self.snapshot.inputs.first().map(|input| input.path.as_path());
        let name = first.and_then(Path::file_stem).map_or_else(|| "-".into(), |name| name.to_string_lossy());
        let name: String = name
            .chars()
            .filter(|character| character.is_alphanumeric() || matches!(character, '-' | '_' | '.'))
            .take(60)
            .collect();
        let name = name.trim_matches(['-', '.']);
        if name.is_empty() { "ncsight".to_owned() } else { format!("ncsight-{name}") }
    }
}

/// The bytes of a packet with passwords, hashes, cookies and tokens overwritten.
fn without_secrets(packet: &Packet) -> Vec<u8> {
    let mut bytes = packet.bytes.clone();
    for range in &packet.secrets {
        if let Some(secret) = bytes.get_mut(range.clone()) {
            secret.fill(b'*');
        }
    }
    bytes
}

const fn extension(format: Format) -> &'static str {
    match format {
        Format::Text => "txt",
        Format::Json => "json",
        Format::Ndjson => "ndjson",
        Format::Csv => "csv",
        Format::Markdown => "md",
        Format::Html => "html",
    }
}

/// A new file; what is there already is never overwritten. It is not opened for reading, which a sandbox may forbid.
fn create(stem: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    let mut taken = None;
    for count in 1..=MOST {
        let name = if count == 1 { format!("{stem}.{extension}") } else { format!("{stem}-{count}.{extension}") };
        match OpenOptions::new().write(true).create_new(true).open(&name) {
            Ok(file) => return Ok((PathBuf::from(name), file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(taken.unwrap_or_else(|| io::Error::other("no free name")))
}

/// The sequence that makes a terminal put `text` on its clipboard (OSC 52), over ssh and in tmux too.
#[must_use]
pub fn clipboard(text: &str) -> String {
    use base64::Engine as _;
    format!("\x1b]52;c;{}\x07", base64::engine::general_purpose::STANDARD.encode(text))
}

/// The word that tells of it.
#[must_use]
pub fn copied(text: &str, language: Language) -> String {
    let lines = text.lines().count();
    say!(language, "copied, {lines} lines", "コピーしました（{lines} 行）")
}
