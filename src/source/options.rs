//! Options of pcapng blocks: the values that the analysis wants.

use pcap_parser::{OptionCode, PcapNGOption};

use crate::limits::MAX_SHOWN_TEXT;
use crate::text::sanitize_bytes;

/// The bytes of the first option `code`.
pub(super) fn bytes<'a>(options: &'a [PcapNGOption<'_>], code: u16) -> Option<&'a [u8]> {
    options.iter().find(|option| option.code == OptionCode(code)).and_then(|option| option.as_bytes().ok())
}

/// The first option `code` as text that is safe to print; `None` where it is empty.
pub(super) fn text(options: &[PcapNGOption<'_>], code: u16) -> Option<String> {
    printable(bytes(options, code)?)
}

/// Text of a file, safe to print; some writers end it with zero bytes.
pub(super) fn printable(bytes: &[u8]) -> Option<String> {
    let text = sanitize_bytes(bytes.trim_ascii_end().split(|&byte| byte == 0).next()?, MAX_SHOWN_TEXT);
    (!text.is_empty()).then_some(text)
}

/// The first option `code` as a 64-bit number in the byte order of its section.
pub(super) fn number(options: &[PcapNGOption<'_>], code: u16, big_endian: bool) -> Option<u64> {
    let bytes = bytes(options, code)?.try_into().ok()?;
    Some(if big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
}

/// The first option `code` as a single byte.
pub(super) fn byte(options: &[PcapNGOption<'_>], code: u16) -> Option<u8> {
    bytes(options, code)?.first().copied()
}
