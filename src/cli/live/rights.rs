//! Rights that a live run gives up: who reads packets keeps the right to do so and nothing else, who looks into them has
//! none, and can write nowhere but to the folders of the outputs.

use std::path::PathBuf;

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

/// On the thread that analyses, before it starts others: no capability, and files only below `folders`. Says what could
/// not be done.
#[cfg(target_os = "linux")]
pub fn give_up(folders: &[PathBuf]) -> Option<String> {
    use caps::CapSet;
    for set in [CapSet::Ambient, CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        let _ = caps::clear(None, set);
    }
    match confine(folders) {
        Ok(landlock::RulesetStatus::NotEnforced) => {
            Some("this kernel has no Landlock; the analysis could open files of its user".to_owned())
        }
        Ok(_) => None,
        Err(error) => Some(format!("Landlock cannot confine the analysis: {error}")),
    }
}

#[cfg(target_os = "linux")]
fn confine(folders: &[PathBuf]) -> Result<landlock::RulesetStatus, landlock::RulesetError> {
    use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules};
    let abi = ABI::V5;
    let output =
        AccessFs::WriteFile | AccessFs::MakeReg | AccessFs::RemoveFile | AccessFs::Truncate | AccessFs::ReadDir;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(folders, output))?
        .restrict_self()?;
    Ok(status.ruleset)
}

/// Other systems have other means.
#[cfg(all(not(target_os = "linux"), feature = "live"))]
pub fn keep_capture() {}

/// Other systems have other means.
#[cfg(not(target_os = "linux"))]
pub fn give_up(_folders: &[PathBuf]) -> Option<String> {
    None
}
