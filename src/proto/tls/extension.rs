//! Extensions of a hello (RFC 8446, 4.2), one by one: what is wrong with one of them costs no other.

use super::TlsVersion;
use super::hello::{ClientHello, ServerHello};
use crate::limits::MAX_TLS_LIST;

const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const EC_POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SESSION_TICKET: u16 = 35;
const PRE_SHARED_KEY: u16 = 41;
const SUPPORTED_VERSIONS: u16 = 43;
const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
/// Longest host name (RFC 1035) and application protocol name (RFC 7301).
const MAX_NAME: usize = 255;

/// Takes big-endian fields off the front of bytes; nothing once they are used up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// At most `count` bytes: what is there of a field that may be cut.
    pub(super) fn take_up_to(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    pub(super) fn u24(&mut self) -> Option<usize> {
        let &[high, middle, low] = self.take(3)? else { return None };
        Some(usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low))
    }
}

/// Reserved values that clients sprinkle into lists (RFC 8701).
pub(super) const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// Numbers of two bytes each, GREASE left out.
pub(super) fn numbers(bytes: &[u8]) -> Vec<u16> {
    let pairs = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_be_bytes));
    pairs.filter(|value| !is_grease(*value)).take(MAX_TLS_LIST).collect()
}

/// Each extension in order: type, the bytes of it that are there, and whether those are all.
fn each(extensions: &[u8]) -> impl Iterator<Item = (u16, &[u8], bool)> {
    let mut fields = Fields(extensions);
    std::iter::from_fn(move || {
        let kind = fields.u16()?;
        let length = usize::from(fields.u16()?);
        let content = fields.take_up_to(length);
        Some((kind, content, content.len() == length))
    })
    .take(MAX_TLS_LIST)
}

/// Notes the extensions of a ClientHello.
pub(super) fn of_client(hello: &mut ClientHello, extensions: &[u8]) {
    for (kind, content, is_whole) in each(extensions) {
        if is_grease(kind) {
            continue;
        }
        hello.extensions.push(kind);
        let mut fields = Fields(content);
        match kind {
            SERVER_NAME if is_whole => hello.sni = server_name(content),
            SUPPORTED_GROUPS => hello.groups = list_of_numbers(content),
            SIGNATURE_ALGORITHMS => hello.signature_algorithms = list_of_numbers(content),
            EC_POINT_FORMATS => {
                let length = usize::from(fields.u8().unwrap_or_default());
                hello.point_formats = fields.take_up_to(length).to_vec();
            }
            SUPPORTED_VERSIONS => {
                let length = usize::from(fields.u8().unwrap_or_default());
                let versions = numbers(fields.take_up_to(length));
                // A list that is cut does not say what is highest.
                if is_whole {
                    hello.supported_versions = versions.into_iter().map(TlsVersion::from_wire).collect();
                }
            }
            ALPN => hello.alpn = protocols(content),
            PRE_SHARED_KEY => hello.resumes = true,
            // An empty ticket only says that one would be welcome (RFC 5077, 3.1).
            SESSION_TICKET if !content.is_empty() => hello.resumes = true,
            ENCRYPTED_CLIENT_HELLO => hello.encrypted_hello = true,
            _ => {}
        }
    }
}

/// Notes the extensions of a ServerHello.
pub(super) fn of_server(hello: &mut ServerHello, extensions: &[u8]) {
    for (kind, content, is_whole) in each(extensions) {
        match (kind, content) {
            (SUPPORTED_VERSIONS, &[high, low]) if is_whole => {
                hello.version = TlsVersion::from_wire(u16::from_be_bytes([high, low]));
            }
            (ALPN, _) => hello.alpn = protocols(content).pop(),
            (PRE_SHARED_KEY, _) => hello.psk = true,
            _ => {}
        }
    }
}

/// The first host name (RFC 6066, 3), in lower case without the final dot.
fn server_name(content: &[u8]) -> Option<String> {
    let mut fields = Fields(content);
    let length = usize::from(fields.u16()?);
    let mut names = Fields(fields.take_up_to(length));
    loop {
        let kind = names.u8()?;
        let length = usize::from(names.u16()?);
        let name = names.take(length)?;
        if kind == 0 {
            let name = name.get(..MAX_NAME.min(name.len()))?;
            let name = String::from_utf8_lossy(name).to_ascii_lowercase();
            let name = name.strip_suffix('.').unwrap_or(&name);
            return (!name.is_empty()).then(|| name.to_owned());
        }
    }
}

fn list_of_numbers(content: &[u8]) -> Vec<u16> {
    let mut fields = Fields(content);
    let length = usize::from(fields.u16().unwrap_or_default());
    numbers(fields.take_up_to(length))
}

/// Protocol names (RFC 7301, 3.1), GREASE left out.
fn protocols(content: &[u8]) -> Vec<String> {
    let mut fields = Fields(content);
    let length = usize::from(fields.u16().unwrap_or_default());
    let mut names = Fields(fields.take_up_to(length));
    let names = std::iter::from_fn(|| {
        let length = usize::from(names.u8()?);
        names.take(length)
    });
    let is_name = |name: &&[u8]| !<[u8; 2]>::try_from(*name).is_ok_and(|pair| is_grease(u16::from_be_bytes(pair)));
    names.filter(is_name).take(MAX_TLS_LIST).map(|name| String::from_utf8_lossy(name).into_owned()).collect()
}
