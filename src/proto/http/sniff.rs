//! Whether bytes start an HTTP/1 message.

use crate::proto::Sniffed;

/// Methods after which a target is enough to tell a request (RFC 9110, RFC 5789, WebDAV, and those of Windows' own
/// RPC, BITS and VPN clients).
const METHODS: [&[u8]; 15] = [
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"CONNECT",
    b"OPTIONS",
    b"DELETE",
    b"PATCH",
    b"TRACE",
    b"PROPFIND",
    b"REPORT",
    b"BITS_POST",
    b"RPC_IN_DATA",
    b"RPC_OUT_DATA",
    b"SSTP_DUPLEX_POST",
];
/// Longest of them, with room for others.
const MAX_METHOD: usize = 24;
/// Bytes after which a request line without its version is not waited for any more.
const MAX_UNSURE: usize = 4096;

/// Whether a request starts here. Empty lines before it are allowed (RFC 9112, 2.2). A method that is not known counts
/// only with `HTTP/` at the end of its line.
#[must_use]
pub fn sniff_request(bytes: &[u8]) -> Sniffed {
    let bytes = skip_empty_lines(bytes);
    let Some(blank) = bytes.iter().take(MAX_METHOD + 1).position(|byte| !is_method_byte(*byte)) else {
        return if bytes.len() <= MAX_METHOD { Sniffed::Maybe } else { Sniffed::No };
    };
    let (method, rest) = bytes.split_at(blank);
    if method.is_empty() || !rest.starts_with(b" ") {
        return Sniffed::No;
    }
    let target = rest.trim_ascii_start();
    let Some(&first) = target.first() else { return Sniffed::Maybe };
    if METHODS.contains(&method) {
        let plausible = match first {
            b'/' | b'*' => true,
            b'h' | b'H' => starts_like(target, b"http"),
            _ => {
                method == b"CONNECT" && (first.is_ascii_alphanumeric() || first == b'[') || starts_like(target, b"ftp:")
            }
        };
        return if plausible { Sniffed::Yes } else { Sniffed::No };
    }
    match memchr::memchr(b'\n', bytes) {
        Some(end) => {
            let line = bytes.get(..end).unwrap_or_default().trim_ascii_end();
            let version = line.len().checked_sub(9).and_then(|at| line.get(at..)).unwrap_or_default();
            if version.starts_with(b" HTTP/1.") { Sniffed::Yes } else { Sniffed::No }
        }
        None if bytes.len() < MAX_UNSURE && rest.iter().all(|byte| *byte >= b' ' || *byte == b'\r') => Sniffed::Maybe,
        None => Sniffed::No,
    }
}

/// Whether the first bytes may be those of a method or of `HTTP`: without that nothing begins here but an empty line.
#[inline]
#[must_use]
pub fn may_be_word(bytes: &[u8]) -> bool {
    match bytes.iter().take(4).position(|byte| !is_method_byte(*byte)) {
        None => true,
        Some(end) => end > 0 && bytes.get(end) == Some(&b' '),
    }
}

/// Whether so few bytes that nothing is sure may begin a message of a kind that is often met: a known method, or a
/// response. In the middle of a connection any word would do otherwise.
#[must_use]
pub fn may_begin(bytes: &[u8]) -> bool {
    let begins = |known: &[u8]| {
        let shared = known.len().min(bytes.len());
        known.get(..shared) == bytes.get(..shared)
    };
    METHODS.iter().any(|method| begins(method)) || begins(b"HTTP/")
}

/// Whether a response starts here: `HTTP/` and a digit.
#[must_use]
pub fn sniff_response(bytes: &[u8]) -> Sniffed {
    let bytes = skip_empty_lines(bytes);
    let prefix = b"HTTP/";
    let shared = bytes.iter().zip(prefix).take_while(|(byte, expected)| byte.eq_ignore_ascii_case(expected)).count();
    match bytes.get(prefix.len()) {
        Some(version) if shared == prefix.len() && version.is_ascii_digit() => Sniffed::Yes,
        None if shared == bytes.len() => Sniffed::Maybe,
        _ => Sniffed::No,
    }
}

/// What stands after empty lines; of a stream that has only those: nothing.
pub(super) fn skip_empty_lines(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

const fn is_method_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || matches!(byte, b'_' | b'-')
}

/// Whether `bytes` starts with `prefix` in any case, or is too short to say.
fn starts_like(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.iter().zip(prefix).all(|(byte, expected)| byte.eq_ignore_ascii_case(expected))
}
