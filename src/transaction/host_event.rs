//! What the operating system itself wrote down while the capture was made.

use crate::proto::ncsi_event::{self, NcsiRecord};
use crate::source::{JournalEntry, PacketRef};

/// An event of Windows' connectivity indicator, and where it stands in the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostEvent {
    /// Its place among the packets, and its own time.
    pub at: PacketRef,
    /// What it says.
    pub record: NcsiRecord,
}

impl HostEvent {
    /// The event in a journal entry, where it is one.
    #[must_use]
    pub fn read(entry: &JournalEntry) -> Option<Self> {
        let record = ncsi_event::read(entry.provider.as_deref(), &entry.message)?;
        Some(Self { at: entry.at, record })
    }
}
