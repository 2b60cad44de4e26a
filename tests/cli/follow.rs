//! A capture file that grows while it is read, is emptied, replaced and taken away.

#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::{capture, run, words};

/// A run that follows a file.
struct Following {
    child: Child,
    out: BufReader<ChildStdout>,
    err: BufReader<ChildStderr>,
}

impl Following {
    /// Starts to follow `path`, and waits until it does.
    fn start(path: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ncsight"))
            .args(["report", "--format", "ndjson", "--follow"])
            .args(more)
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let err = BufReader::new(child.stderr.take().unwrap());
        let mut following = Self { child, out, err };
        following.says("following ");
        following
    }

    /// Waits for the next finding.
    fn finds(&mut self) -> Value {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "it ended: {}", self.rest());
        serde_json::from_str(&line).unwrap()
    }

    /// Waits for a line on standard error that has `text`.
    fn says(&mut self, text: &str) -> String {
        let mut all = String::new();
        loop {
            let start = all.len();
            assert!(self.err.read_line(&mut all).unwrap() > 0, "it ended without saying {text:?}: {all}");
            if all[start..].contains(text) {
                return all[start..].to_owned();
            }
        }
    }

    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.err.read_to_string(&mut rest).unwrap();
        rest
    }

    /// Interrupts it; gives its exit code, further findings, and what it said.
    fn end(mut self) -> (Option<i32>, Vec<Value>, String) {
        let killed = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        let mut out = String::new();
        self.out.read_to_string(&mut out).unwrap();
        let err = self.rest();
        let found = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (self.child.wait().unwrap().code(), found, err)
    }
}

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// The packet numbers of a finding's evidence.
fn packets(finding: &Value) -> Vec<u64> {
    finding["evidence"].as_array().unwrap().iter().map(|one| one["packet"].as_u64().unwrap()).collect()
}

/// Offsets of the records of a little-endian pcap file.
fn records(pcap: &[u8]) -> Vec<usize> {
    let (mut found, mut at) = (Vec::new(), 24);
    while at < pcap.len() {
        found.push(at);
        at += 16 + u32::from_le_bytes(pcap[at + 8..at + 12].try_into().unwrap()) as usize;
    }
    found
}

#[test]
fn a_growing_file_is_told_as_it_grows() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["direct-301.pcap", "direct-302.pcapng"] {
        let whole = fs::read(capture(name)).unwrap();
        let path = folder.path().join(name);
        // Nothing is there yet, as of a capturing program that has not written its first block.
        File::create(&path).unwrap();
        let mut following = Following::start(&path, &[]);
        // Blocks end where they end: inside records.
        for piece in whole.chunks(whole.len() / 7 + 1) {
            append(&path, piece);
        }
        let finding = following.finds();
        assert_eq!(finding["verdict"], "HotspotDetected", "{name}");
        assert_eq!(finding["evidence"][0]["input"], path.to_str().unwrap());
        let (code, more, err) = following.end();
        assert_eq!((code, more.len()), (Some(0), 0), "{name}: {err}");
        assert!(err.contains("1 findings: 1 errors, 0 warnings"), "{name}: {err}");
        assert!(!err.contains("ends inside"), "{name}: {err}");
    }
}

#[test]
fn what_is_half_written_waits_and_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(capture("direct-301.pcap")).unwrap();
    let last = *records(&whole).last().unwrap();
    let path = folder.path().join("growing.pcap");
    fs::write(&path, &whole[..last + 20]).unwrap();
    let mut following = Following::start(&path, &[]);
    let ask = Command::new("kill").args(["-USR1", &following.child.id().to_string()]).status().unwrap();
    assert!(ask.success());
    following.says("packets, ");
    append(&path, &whole[last + 20..]);
    assert_eq!(following.finds()["verdict"], "HotspotDetected");
    // Once more half a packet: asking for the end does not make it one.
    append(&path, &whole[last..last + 20]);
    let (code, more, err) = following.end();
    assert_eq!((code, more.len()), (Some(0), 0), "{err}");
    let packets = records(&whole).len();
    assert!(err.contains(&format!("ncsight: {packets} packets in ")), "{err}");
}

#[test]
fn a_file_that_is_replaced_is_gone_on_with_and_packets_count_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.pcap");
    let first = fs::read(capture("direct-301.pcap")).unwrap();
    fs::write(&path, &first).unwrap();
    // Strict: the program opens the next file all the same, or does not run at all.
    let strict = run(words!["report", "--format", "ndjson", "--sandbox", "strict", capture("direct-301.pcap")]);
    let mode = if strict.code == 0 { "strict" } else { "best-effort" };
    let mut following = Following::start(&path, &["--sandbox", mode]);
    assert_eq!(following.finds()["verdict"], "HotspotDetected");

    // The capturing program goes on with the old file, of which half a record never gets whole.
    let moved = folder.path().join("growing.pcap.1");
    fs::rename(&path, &moved).unwrap();
    following.says("waiting for a file of that name");
    append(&moved, &first[24..24 + 20]);
    let next = folder.path().join("next");
    fs::copy(capture("proxy-407-ntlm-unanswered.pcap"), &next).unwrap();
    fs::rename(&next, &path).unwrap();
    let count = records(&first).len() as u64;
    let said = following.says("another file has its place");
    assert!(said.contains(&format!("count from {}", count + 1)), "{said}");
    let finding = following.finds();
    assert_eq!(finding["verdict"], "ProxyAuthenticationRequired");
    assert!(packets(&finding).iter().all(|number| *number > count), "{finding}");

    // Emptied and written again in one go, longer than before.
    let again = fs::read(capture("proxy-407-ntlm-unanswered.pcap")).unwrap();
    let third = fs::read(capture("tcp-timeout.pcap")).unwrap();
    let mut file = OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
    file.write_all(&third).unwrap();
    let said = following.says("was emptied");
    assert!(said.contains(&format!("count from {}", count + records(&again).len() as u64 + 1)), "{said}");
    let (code, _, err) = following.end();
    assert_eq!(code, Some(0), "{err}");
    let all = count + (records(&again).len() + records(&third).len()) as u64;
    assert!(err.contains(&format!("ncsight: {all} packets in ")), "{err}");
}

#[test]
fn a_file_that_goes_away_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let (path, away) = (folder.path().join("growing.pcap"), folder.path().join("away"));
    let whole = fs::read(capture("direct-301.pcap")).unwrap();
    fs::write(&path, &whole[..24]).unwrap();
    let mut following = Following::start(&path, &[]);
    fs::rename(&path, &away).unwrap();
    following.says("waiting for a file of that name");
    // Its name does not matter to who writes it.
    append(&away, &whole[24..]);
    assert_eq!(following.finds()["verdict"], "HotspotDetected");
    fs::rename(&away, &path).unwrap();
    following.says("is back");
    // A folder takes its name, and then something else that is no capture.
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    following.says("no plain file");
    fs::remove_dir(&path).unwrap();
    fs::write(&path, "no capture at all, whatever its name says").unwrap();
    following.says("not a capture");
    fs::copy(capture("proxy-407-ntlm-unanswered.pcap"), folder.path().join("new")).unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    assert_eq!(following.finds()["verdict"], "ProxyAuthenticationRequired");
    assert_eq!(following.end().0, Some(0));
}

#[test]
fn what_cannot_be_followed_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (packed, text) = (folder.path().join("packed.pcap.gz"), folder.path().join("text"));
    fs::write(&packed, [0x1f, 0x8b, 8, 0, 0, 0]).unwrap();
    fs::write(&text, "twelve bytes and more").unwrap();
    let file = capture("direct-301.pcap");
    let cases: [(&[&OsStr], &str); 9] = [
        (&[folder.path().as_os_str()], "a folder is read as all captures in it"),
        (&[packed.as_os_str()], "it is compressed"),
        (&["/dev/null".as_ref()], "only a file can be"),
        (&["-".as_ref()], "leave --follow out"),
        (&[], "--follow needs the file"),
        (&[file.as_os_str(), file.as_os_str()], "--follow takes one file"),
        (&["/no/such/file".as_ref()], "/no/such/file: cannot open"),
        (&[text.as_os_str()], "not a capture: text"),
        (&["--format".as_ref(), "json".as_ref(), file.as_os_str()], "has no whole report"),
    ];
    for (arguments, told) in cases {
        let mut all: Vec<&OsStr> = vec!["report".as_ref(), "--follow".as_ref()];
        all.extend(arguments);
        let run = run(all);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}: {}", run.err);
        assert!(run.err.contains(told), "{arguments:?}: {}", run.err);
    }
    let copy = folder.path().join("copy.pcap");
    fs::copy(&file, &copy).unwrap();
    let own = run(words!["report", "--follow", copy, "--write", copy]);
    assert_eq!(own.code, 2);
    assert!(own.err.contains("followed and written to"), "{}", own.err);
    assert_eq!(fs::read(&copy).unwrap(), fs::read(&file).unwrap(), "it was not touched");
}

#[test]
fn a_file_cut_a_moment_ago_may_be_followed() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(capture("direct-301.pcap")).unwrap();
    let path = folder.path().join("cut.pcap");
    fs::write(&path, &whole[..whole.len() - 5]).unwrap();
    let new = run(words!["report", path]);
    assert!(new.err.contains("--follow goes on reading"), "{}", new.err);
    let hour = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    OpenOptions::new().append(true).open(&path).unwrap().set_modified(hour).unwrap();
    let old = run(words!["report", path]);
    assert_eq!((old.code, old.err.as_str()), (0, ""));
    assert_eq!(old.out, new.out, "what is said of the file itself is the same");
}
