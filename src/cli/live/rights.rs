//! Rights that a live run gives up: who reads packets keeps the right to do so and nothing else, who looks into them has
//! none, and can write nowhere but to the folders of the outputs.

use std::path::PathBuf;

use super::super::args::Common;
use super::super::sandbox::{self, Allowed};
use crate::engine::feed::Sandbox;

/// Gives up, as far as `--sandbox` says, what [`give_up`] does. Says how far that went.
///
/// # Errors
///
/// All of it is wanted, and the system cannot.
pub fn confine(common: &Common, folders: &[PathBuf], screen: bool) -> anyhow::Result<Sandbox> {
    if common.sandbox == sandbox::Sandbox::Off {
        return Ok(Sandbox::None);
    }
    let names: Vec<PathBuf> = common.filter.iter().flat_map(|_| sandbox::NAMES.map(PathBuf::from)).collect();
    let confined = give_up(folders, &names, screen);
    if let (sandbox::Sandbox::Strict, Sandbox::Open(why)) = (common.sandbox, &confined) {
        anyhow::bail!("--sandbox strict: {why}; --sandbox best-effort does without");
    }
    Ok(confined)
}

/// On the thread that opens a followed file anew: reads nothing but what is in its folder, and connects nowhere.
pub fn keep_opening(mode: sandbox::Sandbox, folder: PathBuf) {
    let mode = if mode == sandbox::Sandbox::Off { mode } else { sandbox::Sandbox::BestEffort };
    // How far that goes, who looks into packets tells of itself.
    let _ = sandbox::enter(mode, &Allowed { read: &[folder], ..Allowed::default() });
}

/// On a reading thread: keeps `CAP_NET_RAW`, with which an interface that comes back is opened again.
#[cfg(all(target_os = "linux", feature = "live"))]
pub fn keep_capture() {
    use caps::{CapSet, Capability, CapsHashSet};
    let had = caps::has_cap(None, CapSet::Permitted, Capability::CAP_NET_RAW).unwrap_or(false);
    let kept: CapsHashSet = had.then_some(Capability::CAP_NET_RAW).into_iter().collect();
    // What cannot be given up was not there.
    let _ = caps::clear(None, CapSet::Ambient);
    let _ = caps::clear(None, CapSet::Inheritable);
    let _ = caps::set(None, CapSet::Effective, &kept);
    let _ = caps::set(None, CapSet::Permitted, &kept);
}

/// On the thread that analyses, before it starts others: no capability, and files only below `folders`, those of `names`
/// to read, and the terminal where `screen`. Says how far that went.
#[cfg(target_os = "linux")]
fn give_up(folders: &[PathBuf], names: &[PathBuf], screen: bool) -> Sandbox {
    use caps::CapSet;
    for set in [CapSet::Ambient, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        let _ = caps::clear(None, set);
    }
    match restrict(folders, names, screen) {
        Ok(landlock::RulesetStatus::NotEnforced) => {
            Sandbox::Open("this kernel has no Landlock; the analysis could open files of its user".to_owned())
        }
        Ok(_) => Sandbox::Confined,
        Err(error) => Sandbox::Open(format!("Landlock cannot confine the analysis: {error}")),
    }
}

#[cfg(target_os = "linux")]
fn restrict(
    folders: &[PathBuf],
    names: &[PathBuf],
    screen: bool,
) -> Result<landlock::RulesetStatus, landlock::RulesetError> {
    use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules};
    let abi = ABI::V5;
    let terminal = screen.then_some(sandbox::TERMINAL);
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(folders, sandbox::output()))?
        .add_rules(path_beneath_rules(names, AccessFs::ReadFile))?
        // Keys and the size of the screen come from there; what is open already stays so.
        .add_rules(path_beneath_rules(terminal, AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Other systems have other means.
#[cfg(all(not(target_os = "linux"), feature = "live"))]
pub fn keep_capture() {}

/// Other systems have other means.
#[cfg(not(target_os = "linux"))]
fn give_up(_folders: &[PathBuf], _names: &[PathBuf], _screen: bool) -> Sandbox {
    Sandbox::Open("this system has no confinement that is known here".to_owned())
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs::File;
    use std::io::ErrorKind;

    use super::*;

    fn new(path: &std::path::Path) -> std::io::Result<File> {
        File::options().write(true).create_new(true).open(path)
    }

    /// What a confined thread may open, and one that it starts. The thread of the test itself stays as it is.
    #[test]
    fn a_confined_thread_opens_nothing_but_outputs() {
        let folder = tempfile::tempdir().unwrap();
        let (inside, secret) = (folder.path().join("out"), folder.path().join("secret"));
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(&secret, "secret").unwrap();
        let (own, hidden) = (inside.clone(), secret.clone());
        let seen = std::thread::spawn(move || {
            let sandbox = give_up(std::slice::from_ref(&own), &[], false);
            let work = move || {
                let refused = |outcome: std::io::Result<File>| outcome.err().map(|error| error.kind());
                (
                    new(&own.join("written")).is_ok(),
                    [
                        refused(File::open(&hidden)),
                        refused(new(&hidden.with_extension("new"))),
                        refused(File::open(own.join("written"))),
                        refused(File::open("/etc/passwd")),
                    ],
                    std::net::TcpStream::connect("127.0.0.1:9").map_err(|error| error.kind()).err(),
                )
            };
            (sandbox, std::thread::spawn(work).join().unwrap())
        });
        let (sandbox, (written, refused, connected)) = seen.join().unwrap();
        assert!(written && inside.join("written").exists());
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "secret", "this thread is not confined");
        if let Sandbox::Open(why) = sandbox {
            // Nothing to see on a kernel that cannot confine; it is said, and not passed off as confined.
            assert!(why.contains("Landlock"), "{why}");
            return;
        }
        assert_eq!(refused, [Some(ErrorKind::PermissionDenied); 4]);
        assert_eq!(connected, Some(ErrorKind::PermissionDenied));
    }
}
