//! The source floor: bytes of captures become [`Frame`]s, in the order of their times.
//!
//! ```text
//!  file, folder, stdin ──open──▶ block ──pcap, pcapng──▶ record ──merge──▶ Frame
//! ```
//!
//! [`Capture::open`] takes paths, [`Capture::next`] lends one frame after the other, [`Capture::inputs`] tells at any
//! time what was read. What a file is, is told by its content, never by its name. Damage is no error: it is noted
//! with its input, and reading goes on behind it where a packet can be found there.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::pack::Near;
use crate::time::CaptureTime;

mod ahead;
pub mod append;
mod block;
mod clock;
mod correction;
mod digest;
mod encode;
mod ends;
mod filter;
mod foreign;
mod input;
mod journal;
mod link_type;
pub mod live;
mod merge;
mod open;
mod options;
mod paths;
mod pcap;
mod pcapng;
mod progress;
mod reader;
mod resync;
mod write;
mod written;

pub use correction::{Alignment, Correction};
pub use digest::digest;
pub use ends::ends;
pub use filter::Filter;
pub use input::{Input, Problem};
pub use journal::JournalEntry;
pub use merge::{Capture, Options};
pub use progress::Progress;
pub use write::{Written, write_pcapng};
pub use written::still_written;

#[cfg(test)]
mod tests;

/// A packet's place: the input that it stands in and its number there.
///
/// Numbers count from 1 within their input, as Wireshark counts (which numbers systemd-journal and custom blocks of
/// pcapng, too). Inputs count from 0 in the order of their first packet's time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PacketId(u64);

impl Serialize for PacketId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(Near::Packet.distance(self.0.cast_signed()))
    }
}

impl<'de> Deserialize<'de> for PacketId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(|distance| Self(Near::Packet.value(distance).cast_unsigned()))
    }
}

impl PacketId {
    /// Packet `number` of input `input`.
    #[must_use]
    pub const fn new(input: u16, number: u64) -> Self {
        Self(((input as u64) << 48) | (number & 0xffff_ffff_ffff))
    }
    /// Index of the input.
    #[must_use]
    pub const fn input(self) -> u16 {
        (self.0 >> 48) as u16
    }
    /// Number of the packet within its input, from 1.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0 & 0xffff_ffff_ffff
    }
}

/// A packet and when it was captured: what evidence points at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct PacketRef {
    /// When it was captured.
    pub time: CaptureTime,
    /// Where it stands.
    pub id: PacketId,
}

/// What files that this program writes name as their author.
const PROGRAM: &str = concat!("ncsight ", env!("CARGO_PKG_VERSION"));

/// Link type of a frame, as registered for pcap (`LINKTYPE_…`), FCS and class bits removed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LinkType(pub u16);

/// One captured packet, lent until the next one is read.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Where it stands and when it was captured.
    pub at: PacketRef,
    /// What the data starts with.
    pub link: LinkType,
    /// Bytes of frame check sequence at the end of each frame of this interface, where the capture says so.
    pub fcs_len: u8,
    /// Length on the wire; more than `data` where the snap length cut.
    pub wire_len: u32,
    /// The capture says that the capturing host itself sent it (`epb_flags` of pcapng).
    pub outbound: bool,
    /// What was captured.
    pub data: &'a [u8],
}
