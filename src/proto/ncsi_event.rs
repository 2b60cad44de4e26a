//! Events of Windows' own Network Connectivity Status Indicator (provider `Microsoft-Windows-NCSI`), read from the text
//! that Windows renders for them. The forms are those of the provider's manifest; Microsoft shows them in "NCSI
//! troubleshooting guide" and "NCSI frequently asked questions".
//!
//! Only a message that has such a form from its first to its last character is an event: log lines of others may quote
//! one.

use serde::{Deserialize, Serialize};

use crate::vocabulary::{Capability, Family, NcsiReason};

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NcsiEvent {
    /// 4042: the capability of an interface changed.
    CapabilityChange {
        /// The new one.
        capability: Capability,
        /// `CapabilityChangeReason`.
        reason: u8,
    },
    /// 4014: an active probe ended. It does not say what became of the capability: another probe may have set it.
    ProbeFinished {
        /// The probe's own outcome.
        succeeded: bool,
        /// Further flags in their order, where the text has them: DNS probe used, proxy used, content compared, web
        /// request completed, redirected, local error.
        flags: Vec<bool>,
    },
    /// 4051: the code with which an active probe ended, one of WinHTTP's.
    ProbeResult {
        /// The code.
        code: u32,
    },
}

/// An event and the interface that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NcsiRecord {
    /// What it says.
    pub event: NcsiEvent,
    /// The interface, a GUID in lower case without braces.
    pub interface: String,
    /// The interface's locally unique identifier, where the text has it.
    pub luid: Option<u64>,
    /// Address family, where the text has it.
    pub family: Option<Family>,
}

impl NcsiEvent {
    /// The number of the event.
    #[must_use]
    pub const fn number(&self) -> u16 {
        match self {
            Self::CapabilityChange { .. } => 4042,
            Self::ProbeFinished { .. } => 4014,
            Self::ProbeResult { .. } => 4051,
        }
    }
}

impl NcsiEvent {
    /// How a change of a timeline names this as what led there.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::CapabilityChange { .. } => "event.4042",
            Self::ProbeFinished { .. } => "event.4014",
            Self::ProbeResult { .. } => "event.4051",
        }
    }
}

/// The provider's name.
const PROVIDER: &str = "Microsoft-Windows-NCSI";
/// How names of Windows' own providers begin.
const OF_WINDOWS: &str = "Microsoft-Windows-";
/// Flags behind the outcome of event 4014.
const MAX_FLAGS: usize = 6;

/// The event that `message` of `provider` is; `None` where it is none of these.
#[must_use]
pub fn read(provider: Option<&str>, message: &str) -> Option<NcsiRecord> {
    if provider.is_some_and(|name| name.starts_with(OF_WINDOWS) && !is_ncsi(name)) {
        return None;
    }
    let text = without_channel(message)?;
    change(text).or_else(|| finished(text)).or_else(|| result(text))
}

/// Whether this names the provider, alone or with a channel.
fn is_ncsi(name: &str) -> bool {
    name.strip_prefix(PROVIDER).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The text behind `[Microsoft-Windows-NCSI/Analytic ] `, which some tools write in front of it.
fn without_channel(message: &str) -> Option<&str> {
    let text = message.trim();
    let Some(rest) = text.strip_prefix('[') else { return Some(text) };
    let (channel, rest) = rest.split_once(']')?;
    is_ncsi(channel.trim()).then(|| rest.trim_start())
}

/// `Capability change on {GUID} (0x… Family: V4 Capability: Internet ChangeReason: ActiveHttpProbeSucceeded)`.
fn change(text: &str) -> Option<NcsiRecord> {
    let (interface, rest) = guid(text.strip_prefix("Capability change on ")?)?;
    let inside = rest.strip_prefix(" (")?.strip_suffix(')')?;
    let (luid, inside) = inside.split_once(" Family: ")?;
    let (family_word, inside) = inside.split_once(" Capability: ")?;
    let (capability_word, reason_word) = inside.split_once(" ChangeReason: ")?;
    let event = NcsiEvent::CapabilityChange { capability: capability(capability_word)?, reason: reason(reason_word)? };
    Some(NcsiRecord { event, interface, luid: Some(hexadecimal(luid)?), family: Some(family(family_word)?) })
}

/// `Active Internet Probe finished on interface {GUID} (true)`, then perhaps the raw fields: `{GUID}, true, false, …`.
fn finished(text: &str) -> Option<NcsiRecord> {
    let (interface, rest) = guid(text.strip_prefix("Active Internet Probe finished on interface ")?)?;
    let (outcome, rest) = rest.strip_prefix(" (")?.split_once(')')?;
    let succeeded = boolean(outcome)?;
    let rest = rest.trim();
    let mut flags = Vec::new();
    if !rest.is_empty() {
        let (again, rest) = guid(rest)?;
        let mut values = rest.strip_prefix(", ")?.split(", ");
        if again != interface || boolean(values.next()?)? != succeeded {
            return None;
        }
        for value in values {
            if flags.len() >= MAX_FLAGS {
                return None;
            }
            flags.push(boolean(value)?);
        }
    }
    Some(NcsiRecord { event: NcsiEvent::ProbeFinished { succeeded, flags }, interface, luid: None, family: None })
}

/// `Active probe result code on interface {GUID} (0x… Family: V4) = 12007`.
fn result(text: &str) -> Option<NcsiRecord> {
    let (interface, rest) = guid(text.strip_prefix("Active probe result code on interface ")?)?;
    let (inside, code) = rest.strip_prefix(" (")?.split_once(") = ")?;
    let (luid, family_word) = inside.split_once(" Family: ")?;
    let event = NcsiEvent::ProbeResult { code: code.parse().ok()? };
    Some(NcsiRecord { event, interface, luid: Some(hexadecimal(luid)?), family: Some(family(family_word)?) })
}

/// A GUID in braces at the front, and what follows.
fn guid(text: &str) -> Option<(String, &str)> {
    let (guid, rest) = text.strip_prefix('{')?.split_once('}')?;
    let groups: Vec<&str> = guid.split('-').collect();
    let shaped = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    let digits = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()));
    (shaped && digits).then(|| (guid.to_ascii_lowercase(), rest))
}

fn hexadecimal(word: &str) -> Option<u64> {
    u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
}

fn boolean(word: &str) -> Option<bool> {
    match word {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Names of the manifest's value maps; tools without the manifest's strings print the numbers.
fn family(word: &str) -> Option<Family> {
    match word {
        "V4" | "0" => Some(Family::V4),
        "V6" | "1" => Some(Family::V6),
        _ => None,
    }
}

fn capability(word: &str) -> Option<Capability> {
    match word {
        "None" | "0" => Some(Capability::None),
        "Local" | "1" => Some(Capability::Local),
        "Internet" | "2" => Some(Capability::Internet),
        _ => None,
    }
}

fn reason(word: &str) -> Option<u8> {
    if let Ok(number) = word.parse() {
        return Some(number);
    }
    (0..=16).find(|&number| NcsiReason { number, basis: crate::vocabulary::Basis::Observed }.name() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUID: &str = "{611346DB-8fbb-473d-808b-6c7573b3ef4d}";

    fn event(message: &str) -> Option<NcsiEvent> {
        read(Some(PROVIDER), message).map(|record| record.event)
    }

    #[test]
    fn a_change_of_capability_is_read() {
        let text = format!(
            "Capability change on {GUID} (0x6008001000000 Family: V4 Capability: Local ChangeReason: SuspectDnsProbeFailed)"
        );
        let record = read(Some("Microsoft-Windows-NCSI/Operational"), &text).unwrap();
        assert_eq!(record.event, NcsiEvent::CapabilityChange { capability: Capability::Local, reason: 10 });
        assert_eq!(record.interface, "611346db-8fbb-473d-808b-6c7573b3ef4d");
        assert_eq!((record.luid, record.family), (Some(0x0006_0080_0100_0000), Some(Family::V4)));
        let numbers = format!("Capability change on {GUID} (0x1 Family: 1 Capability: 2 ChangeReason: 15)");
        let record = read(None, &numbers).unwrap();
        assert_eq!(record.event, NcsiEvent::CapabilityChange { capability: Capability::Internet, reason: 15 });
        assert_eq!(record.family, Some(Family::V6));
    }

    #[test]
    fn the_end_of_a_probe_is_read_in_both_forms() {
        let short = format!("Active Internet Probe finished on interface {GUID} (false)");
        assert_eq!(event(&short), Some(NcsiEvent::ProbeFinished { succeeded: false, flags: vec![] }));
        let long = format!(
            "[Microsoft-Windows-NCSI/Analytic ] Active Internet Probe finished on interface {GUID} (true) {GUID}, true, true, false, true, false"
        );
        let flags = vec![true, false, true, false];
        assert_eq!(event(&long), Some(NcsiEvent::ProbeFinished { succeeded: true, flags }));
    }

    #[test]
    fn a_result_code_is_read() {
        let text = format!("Active probe result code on interface {GUID} (0x6008001000000 Family: V4) = 12007");
        assert_eq!(event(&text), Some(NcsiEvent::ProbeResult { code: 12007 }));
    }

    #[test]
    fn what_only_looks_like_an_event_is_none() {
        let change = format!("Capability change on {GUID} (0x1 Family: V4 Capability: Local ChangeReason: NoRoute)");
        assert!(event(&change).is_some());
        assert!(read(Some("svchost.exe"), &change).is_some(), "the name of a process says nothing against it");
        assert_eq!(read(Some("Microsoft-Windows-NlaSvc"), &change), None, "another provider of Windows");
        assert_eq!(read(Some("Microsoft-Windows-NCSIx"), &change), None);
        for wrong in [
            format!("note: {change}"),
            format!("{change} again"),
            format!("[Application] {change}"),
            change.replace("Local", "Maximum"),
            change.replace("NoRoute", "BadMood"),
            change.replace("V4", "V5"),
            change.replace("0x1", "1"),
            change.replace("ef4d}", "ef4}"),
            format!("Active Internet Probe finished on interface {GUID} (perhaps)"),
            format!("Active Internet Probe finished on interface {GUID} (true) and so on"),
            format!("Active Internet Probe (HTTP) finished on interface {GUID}"),
            format!("Active probe result code on interface {GUID} (0x1 Family: V4) = many"),
            String::new(),
        ] {
            assert_eq!(event(&wrong), None, "{wrong}");
        }
    }
}
