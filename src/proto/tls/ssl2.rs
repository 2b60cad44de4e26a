//! The SSL 2.0 CLIENT-HELLO, which old clients send even to offer TLS (RFC 5246, E.2).

use super::extension::Fields;
use super::{ClientHello, HelloFormat, TlsVersion};

/// Header of two bytes with the high bit set, message type 1, then the version.
pub(super) const HEADER: usize = 5;
/// Longest one that is believed: a hello with hundreds of suites.
const MAX_LENGTH: usize = 4096;

/// Length of the whole record that these first bytes announce; `None` where they start no such hello.
pub(super) fn record_length(start: &[u8]) -> Option<usize> {
    let &[high, low, 1, major, minor, ..] = start else { return None };
    let length = usize::from(high & 0x7f) << 8 | usize::from(low);
    let is_version = matches!((major, minor), (0, 2) | (3, 0..=4));
    (high & 0x80 != 0 && is_version && (9..=MAX_LENGTH).contains(&length)).then_some(length + 2)
}

/// Reads the record as far as it is there; `None` where not even the version is.
pub(super) fn read(record: &[u8], is_whole: bool) -> Option<ClientHello> {
    let mut fields = Fields(record.get(3..)?);
    let version = TlsVersion::from_wire(fields.u16()?);
    let mut hello = ClientHello { format: HelloFormat::Ssl2, legacy_version: version, ..ClientHello::default() };
    hello.complete = read_rest(&mut hello, fields).is_some() && is_whole;
    Some(hello)
}

fn read_rest(hello: &mut ClientHello, mut fields: Fields<'_>) -> Option<()> {
    let ciphers = usize::from(fields.u16()?);
    let session_id = usize::from(fields.u16()?);
    fields.u16()?;
    // Three bytes each: those that begin with zero are suites of SSL 3.0 and TLS.
    let specs = fields.take_up_to(ciphers);
    let suites = specs.chunks_exact(3).filter_map(|spec| spec.strip_prefix(&[0]));
    hello.set_ciphers(&suites.flatten().copied().collect::<Vec<u8>>());
    hello.session_id = fields.take(session_id.min(32))?.to_vec();
    Some(())
}
