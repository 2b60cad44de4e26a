//! The terminal UI in a real terminal: tmux sends the keys and reads the screen.
//!
//! Where there is no tmux, the tests say so and pass.

#![cfg(unix)]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test program")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// Longest wait for a screen, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal of its own, gone with the value.
struct Terminal {
    socket: String,
    folder: tempfile::TempDir,
}

impl Terminal {
    /// A terminal of that size that runs an interactive shell; `None` without tmux.
    fn open(name: &str, columns: u16, rows: u16) -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("tmux is not installed: the UI was not tried in a real terminal");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let terminal = Self { socket: format!("ncsight-test-{name}-{}", std::process::id()), folder };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        let folder = terminal.folder.path().to_str().unwrap().to_owned();
        let shell = "env -u NO_COLOR PS1='ready$ ' LANG=C.UTF-8 TZ=UTC bash --norc --noprofile -i";
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &columns, "-y", &rows, "-c", &folder, shell]);
        // Without it tmux keeps the clipboard of programs from its own buffers.
        terminal.tmux(&["set-option", "-s", "set-clipboard", "on"]);
        terminal.wait("ready$");
        Some(terminal)
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().unwrap()
    }

    fn ask(&self, format: &str) -> String {
        let output = self.tmux(&["display-message", "-p", format]);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.tmux(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", key]);
        }
    }

    fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
        self.keys(&["Enter"]);
    }

    /// Looks until the screen has `text`. Each look runs a program, which is pause enough.
    fn wait(&self, text: &str) -> String {
        self.until(|screen| screen.contains(text), text)
    }

    fn until(&self, holds: impl Fn(&str) -> bool, what: &str) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if holds(&screen) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "waited for {what:?}:\n{screen}");
        }
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

fn capture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name)
}

/// A shell word that opens the UI on a capture.
fn ncsight(name: &str) -> String {
    format!("'{}' '{}'", env!("CARGO_BIN_EXE_ncsight"), capture(name).display())
}

/// The terminal is the shell's again: no other screen, no mouse, a cursor, the modes of before.
fn is_given_back(terminal: &Terminal) {
    assert_eq!(terminal.ask("#{alternate_on} #{mouse_any_flag} #{cursor_flag}"), "0 0 1");
}

#[test]
fn a_finding_is_opened_proved_and_taken_along() {
    let Some(terminal) = Terminal::open("walk", 80, 24) else { return };
    terminal.line("stty -a > before");
    terminal.line(&format!(
        "{}; echo ended=$?; stty -a > after; echo all\"\"done",
        ncsight("proxy-407-ntlm-unanswered.pcap")
    ));
    let overview = terminal.wait("has no Internet since 01:52:30");
    assert!(overview.contains("proxy team: Exempt"), "{overview}");
    assert_eq!(terminal.ask("#{alternate_on} #{mouse_any_flag}"), "1 1");

    terminal.keys(&["f"]);
    terminal.tmux(&["send-keys", "-l", "verdict:hotspot"]);
    terminal.wait("0 found");
    terminal.keys(&["Escape"]);
    terminal.until(|screen| screen.contains("✗ 01:52:30") && !screen.contains("found"), "all findings");

    terminal.keys(&["Enter"]);
    terminal.wait("ProxyAuthenticationRequired · proxy-auth-unanswered");
    terminal.keys(&["Enter"]);
    terminal.wait("no credentials follow");
    terminal.keys(&["Enter"]);
    terminal.wait("407 Proxy Authentication Required, offers NTLM");
    terminal.keys(&["Enter"]);
    let bytes = terminal.wait("HTTP/1.1 407");
    assert!(bytes.contains("Packet #"), "{bytes}");
    // A key right behind Escape would be the same key with Alt.
    terminal.keys(&["Escape"]);
    terminal.wait("packets of finding");
    terminal.keys(&["Escape"]);
    terminal.wait("Ladder of finding");
    terminal.keys(&["?"]);
    terminal.wait("Keys on this screen");
    terminal.keys(&["Escape"]);
    terminal.until(|screen| !screen.contains("Keys on this screen"), "no help");

    terminal.keys(&["y", "Enter"]);
    terminal.wait("copied, ");
    let copied = String::from_utf8(terminal.tmux(&["show-buffer"]).stdout).unwrap();
    assert!(copied.contains("Verdict: ProxyAuthenticationRequired"), "{copied}");

    terminal.keys(&["e", "Enter"]);
    terminal.wait("written: ncsight-proxy-407-ntlm-unanswered.txt");
    assert!(terminal.file("ncsight-proxy-407-ntlm-unanswered.txt").contains("ProxyAuthenticationRequired"));
    terminal.keys(&["e", "End", "Enter"]);
    terminal.wait("finding-1.pcapng");
    let evidence = terminal.folder.path().join("ncsight-proxy-407-ntlm-unanswered-finding-1.pcapng");
    let again = Command::new(env!("CARGO_BIN_EXE_ncsight")).args(["report".as_ref(), evidence.as_os_str()]).output();
    let again = String::from_utf8(again.unwrap().stdout).unwrap();
    assert!(again.contains("14 packets") && again.contains("407"), "{again}");

    terminal.keys(&["q"]);
    let shell = terminal.wait("alldone");
    assert!(shell.contains("ended=0"), "{shell}");
    is_given_back(&terminal);
    assert_eq!(terminal.file("before"), terminal.file("after"));
}

#[test]
fn a_pause_and_a_kill_give_the_terminal_back() {
    let Some(terminal) = Terminal::open("pause", 80, 24) else { return };
    terminal.line("stty -a > before");
    terminal.line(&ncsight("proxy-407-ntlm-unanswered.pcap"));
    terminal.wait("has no Internet");
    terminal.keys(&["C-z"]);
    terminal.wait("Stopped");
    is_given_back(&terminal);
    terminal.line("stty -a > between; fg");
    terminal.wait("has no Internet");
    assert_eq!(terminal.ask("#{alternate_on}"), "1");
    terminal.keys(&["C-z"]);
    terminal.until(|screen| screen.matches("Stopped").count() >= 2, "stopped again");
    terminal.line("kill -TERM %1; fg; stty -a > after; echo all\"\"done");
    terminal.wait("alldone");
    is_given_back(&terminal);
    let before = terminal.file("before");
    assert_eq!((terminal.file("between"), terminal.file("after")), (before.clone(), before));
}

#[test]
fn a_pipe_is_shown_while_it_is_open() {
    let Some(terminal) = Terminal::open("pipe", 80, 24) else { return };
    let file = capture("proxy-407-ntlm-unanswered.pcap");
    // The writer stays: the capture never ends.
    terminal.line(&format!(
        "mkfifo wait; (cat '{}'; cat wait) | '{}' -; echo ended=$?",
        file.display(),
        env!("CARGO_BIN_EXE_ncsight")
    ));
    terminal.wait("asks 10.1.0.5 to sign in");
    terminal.wait("standard input");
    terminal.wait("pkt/s");
    // The bytes went by, and are remembered.
    terminal.keys(&["4"]);
    terminal.wait("407 Proxy Authentication Required");
    terminal.keys(&["q"]);
    terminal.until(|_| terminal.ask("#{alternate_on}") == "0", "the shell's screen");
    // The shell waits for the writer, the UI did not.
    std::fs::write(terminal.folder.path().join("wait"), "").unwrap();
    terminal.wait("ended=0");
    is_given_back(&terminal);
}

#[test]
fn a_growing_file_is_shown_as_it_grows() {
    let Some(terminal) = Terminal::open("follow", 80, 24) else { return };
    let whole = std::fs::read(capture("proxy-407-ntlm-unanswered.pcap")).unwrap();
    let file = terminal.folder.path().join("growing.pcap");
    let (first, second) = whole.split_at(whole.len() / 2);
    std::fs::write(&file, first).unwrap();
    terminal.line(&format!("'{}' --follow growing.pcap; echo ended=$?", env!("CARGO_BIN_EXE_ncsight")));
    terminal.wait("growing.pcap");
    std::fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(second).unwrap();
    terminal.wait("asks 10.1.0.5 to sign in");
    terminal.keys(&["4"]);
    terminal.wait("407 Proxy Authentication Required");
    // What has its name then is read by the same screen.
    std::fs::copy(capture("direct-301.pcap"), terminal.folder.path().join("next")).unwrap();
    std::fs::rename(terminal.folder.path().join("next"), &file).unwrap();
    terminal.keys(&["1"]);
    terminal
        .until(|screen| screen.contains("HotspotDetected") || screen.contains("portal"), "the second file's finding");
    terminal.keys(&["8"]);
    terminal.keys(&["q"]);
    terminal.wait("ended=0");
    is_given_back(&terminal);
}

#[test]
fn the_program_is_confined_while_files_are_shown() {
    let Some(terminal) = Terminal::open("confined", 200, 50) else { return };
    let file = capture("proxy-407-ntlm-unanswered.pcap");
    let program = env!("CARGO_BIN_EXE_ncsight");
    terminal.line(&format!("'{program}' --sandbox off '{}'", file.display()));
    terminal.wait("has no Internet");
    terminal.keys(&["8"]);
    terminal.wait("off, as asked for (--sandbox off)");
    terminal.keys(&["q"]);
    terminal.until(|_| terminal.ask("#{alternate_on}") == "0", "the shell's screen");

    let strict = format!("'{program}' --sandbox strict '{}'; echo ended=$?", file.display());
    let report = Command::new(program).args(["report", "--sandbox", "strict"]).arg(&file).output().unwrap();
    if !report.status.success() {
        // A system that cannot says so, and opens no screen.
        terminal.line(&strict);
        assert!(terminal.wait("ended=2").contains("--sandbox strict"));
        return;
    }
    // The capture behind a link, and a name that is not its own: both are opened again for the packets.
    std::os::unix::fs::symlink(&file, terminal.folder.path().join("link")).unwrap();
    terminal.line(&format!("'{program}' --sandbox strict link & fg; echo ended=$?"));
    terminal.wait("has no Internet");
    terminal.keys(&["8"]);
    terminal.wait("reads the captures, makes new files in the folder");
    let status = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let command = std::fs::read(entry.path().join("cmdline")).ok()?;
        let is_ours = command.ends_with(b"--sandbox\0strict\0link\0") && command.starts_with(program.as_bytes());
        is_ours.then(|| std::fs::read_to_string(entry.path().join("status")).ok()).flatten()
    });
    for status in status {
        let held = status.lines().find_map(|line| line.strip_prefix("CapEff:")).unwrap().trim();
        // Of root's capabilities the one to read what belongs to others (2) is left.
        assert_eq!(u64::from_str_radix(held, 16).unwrap() & !(1 << 2), 0, "{status}");
    }
    terminal.keys(&["1", "4"]);
    terminal.wait("407 Proxy Authentication Required");
    terminal.keys(&["e", "End", "Enter"]);
    terminal.wait("written: ncsight-link-finding-1.pcapng");
    terminal.keys(&["q"]);
    terminal.wait("ended=0");
    is_given_back(&terminal);
}

#[test]
fn what_cannot_be_read_opens_no_screen() {
    let Some(terminal) = Terminal::open("unreadable", 80, 24) else { return };
    terminal.line(&format!("'{}' /no/such/file; echo ended=$?", env!("CARGO_BIN_EXE_ncsight")));
    let shell = terminal.wait("ended=2");
    assert!(shell.contains("/no/such/file: cannot open"), "{shell}");
    is_given_back(&terminal);
}
