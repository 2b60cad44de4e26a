//! Before the first byte of a capture is looked at, the program gives up what it does not need for it: every capability,
//! and every file but the captures that were named. What is open by then (the output, standard input) stays open. The UI
//! keeps the terminal, too, and may make new files in the folder where it was started.
//!
//! Landlock knows files and TCP ports; it needs no privilege and cannot be taken back.

use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;

/// How a run is to be confined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Sandbox {
    /// Confined, or there is no run.
    Strict,
    /// Confined as far as the system can.
    #[default]
    BestEffort,
    /// Not confined.
    Off,
}

/// What libpcap reads where a capture filter names a host, a network, a port or a protocol.
pub const NAMES: [&str; 9] = [
    "/etc/nsswitch.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/hosts",
    "/etc/networks",
    "/etc/ethers",
    "/etc/host.conf",
    "/etc/gai.conf",
    "/etc/resolv.conf",
];

/// The terminal, for keys and its size.
pub const TERMINAL: &str = "/dev/tty";

/// What a confined thread may still do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed<'a> {
    /// To read: files, and folders with what is in them.
    pub read: &'a [PathBuf],
    /// To make new files in these folders.
    pub write: &'a [PathBuf],
    /// To use the terminal.
    pub terminal: bool,
}

/// How a run is confined; printed as `--stats` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confined {
    /// Not at all, as was wanted.
    Off,
    /// As far as anybody can be.
    Complete(Sandbox),
    /// What the system cannot do.
    Incomplete(String),
}

impl fmt::Display for Confined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Complete(Sandbox::Strict) => f.write_str("strict, complete"),
            Self::Complete(_) => f.write_str("best-effort, complete"),
            Self::Incomplete(missing) => write!(f, "best-effort, incomplete: {missing}"),
        }
    }
}

/// Confines this thread, and those that it starts, to what is `allowed`.
///
/// # Errors
///
/// Under [`Sandbox::Strict`]: the system cannot do all of it.
pub fn enter(sandbox: Sandbox, allowed: &Allowed<'_>) -> anyhow::Result<Confined> {
    if sandbox == Sandbox::Off {
        return Ok(Confined::Off);
    }
    match (sandbox, system::confine(allowed)) {
        (_, None) => Ok(Confined::Complete(sandbox)),
        (Sandbox::Strict, Some(missing)) => {
            anyhow::bail!("--sandbox strict: {missing}; --sandbox best-effort does without")
        }
        (_, Some(missing)) => Ok(Confined::Incomplete(missing)),
    }
}

#[cfg(target_os = "linux")]
pub use system::output;

#[cfg(target_os = "linux")]
mod system {
    use std::path::PathBuf;

    use caps::errors::CapsError;
    use caps::{CapSet, Capability, CapsHashSet};
    use landlock::{
        ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreatedAttr,
        RulesetError, RulesetStatus, path_beneath_rules,
    };

    use super::{Allowed, TERMINAL};

    /// What could not be done.
    pub fn confine(allowed: &Allowed<'_>) -> Option<String> {
        // First the files: root without capabilities cannot even name those of others.
        let files = match restrict(allowed) {
            Ok(RulesetStatus::FullyEnforced) => None,
            Ok(RulesetStatus::PartiallyEnforced) => Some("this kernel knows only a part of Landlock".to_owned()),
            Ok(RulesetStatus::NotEnforced) => Some("this kernel has no Landlock".to_owned()),
            Err(error) => Some(format!("Landlock refuses: {error}")),
        };
        files.or(give_up().err().map(|error| format!("capabilities cannot be given up: {error}")))
    }

    /// Gives up every capability but that of root to read what belongs to others, which reaches the named files alone.
    fn give_up() -> Result<(), CapsError> {
        let read = Capability::CAP_DAC_READ_SEARCH;
        let kept: CapsHashSet = caps::has_cap(None, CapSet::Permitted, read)?.then_some(read).into_iter().collect();
        caps::clear(None, CapSet::Ambient)?;
        caps::clear(None, CapSet::Inheritable)?;
        caps::set(None, CapSet::Effective, &kept)?;
        caps::set(None, CapSet::Permitted, &kept)
    }

    /// What making new files in a folder takes.
    pub fn output() -> BitFlags<AccessFs> {
        AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::Truncate | AccessFs::ReadDir
    }

    fn restrict(allowed: &Allowed<'_>) -> Result<RulesetStatus, RulesetError> {
        // Files since the first version, renaming and truncating since the third, TCP since the fourth.
        let abi = ABI::V4;
        let status = Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .handle_access(AccessNet::from_all(abi))?
            .create()?
            .add_rules(path_beneath_rules(readable(allowed.read), AccessFs::ReadFile | AccessFs::ReadDir))?
            .add_rules(path_beneath_rules(allowed.write, output()))?
            // What is open already stays so.
            .add_rules(path_beneath_rules(
                allowed.terminal.then_some(TERMINAL),
                AccessFs::ReadFile | AccessFs::WriteFile,
            ))?
            .restrict_self()?;
        Ok(status.ruleset)
    }

    /// The inputs, and what links in their folders lead to. Nameless pipes (`/dev/fd/63`) need no rule.
    fn readable(inputs: &[PathBuf]) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = inputs.to_vec();
        for folder in inputs.iter().filter(|path| path.is_dir()) {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            paths.extend(entries.map(|entry| entry.path()).filter(|path| path.is_symlink() && path.is_file()));
        }
        paths.retain(|path| path.canonicalize().is_ok());
        paths
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    /// What could not be done.
    pub fn confine(_allowed: &super::Allowed<'_>) -> Option<String> {
        Some("this system has none that is known here".to_owned())
    }
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::{self, File};
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    /// What a confined thread could do: read the input, a file in the folder, another file, write, and connect.
    #[test]
    fn only_what_was_named_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let (input, other) = (folder.path().join("named"), folder.path().join("other"));
        let inside = folder.path().join("folder");
        fs::create_dir(&inside).unwrap();
        for path in [&input, &other, &inside.join("file")] {
            fs::write(path, "x").unwrap();
        }
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        // A thread of its own: what is given up is given up for good.
        let outcome = std::thread::spawn(move || {
            let confined =
                enter(Sandbox::BestEffort, &Allowed { read: &[input.clone(), inside.clone()], ..Allowed::default() });
            let confined = confined.unwrap().to_string();
            let denied = |outcome: std::io::Result<()>| outcome.is_err_and(|e| e.kind() == ErrorKind::PermissionDenied);
            let open = |path: &std::path::Path| File::open(path).map(drop);
            (
                confined,
                open(&input).is_ok() && open(&inside.join("file")).is_ok() && fs::read_dir(&inside).is_ok(),
                denied(open(&other)) && denied(open(std::path::Path::new("/etc/passwd"))),
                denied(fs::write(&input, "y")) && denied(fs::write(inside.join("new"), "y")),
                denied(TcpStream::connect(("127.0.0.1", port)).map(drop)),
            )
        });
        let (confined, reads, reads_no_other, writes_nothing, connects_nowhere) = outcome.join().unwrap();
        assert!(reads, "{confined}");
        if confined.contains("no Landlock") {
            // The kernel cannot: strict says so instead of going on.
            assert!(enter(Sandbox::Strict, &Allowed::default()).is_err());
            return;
        }
        assert!(reads_no_other, "another file could be read: {confined}");
        assert!(writes_nothing, "a file could be written: {confined}");
        if confined == "best-effort, complete" {
            assert!(connects_nowhere, "a connection could be made: {confined}");
        }
    }
}
