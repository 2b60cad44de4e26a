//! Text from the wire, made safe to print.
//!
//! Host names, locations, titles and user names come from packets that anybody can write. Before they reach a
//! terminal, a table cell or a file they pass through [`sanitize`]: control characters (C0, DEL, C1), line and
//! paragraph separators and bidirectional overrides become visible escapes, so that no packet can move the cursor,
//! colour the screen or turn a host name round.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};

/// `text` with everything that could act on a terminal replaced by a visible escape, cut after `max` characters.
#[must_use]
pub fn sanitize(text: &str, max: usize) -> String {
    sanitized(text, max).into_owned()
}

/// The same; most text is harmless and stays where it is.
#[must_use]
pub fn sanitized(text: &str, max: usize) -> Cow<'_, str> {
    if is_harmless(text, max) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(max));
    for (count, character) in text.chars().enumerate() {
        if count == max {
            out.push('…');
            break;
        }
        push_safe(&mut out, character);
    }
    Cow::Owned(out)
}

/// The same for a text that its owner gives away.
#[must_use]
pub fn sanitize_own(text: String, max: usize) -> String {
    if is_harmless(&text, max) { text } else { sanitize(&text, max) }
}

/// Printable ASCII that need not be cut.
fn is_harmless(text: &str, max: usize) -> bool {
    text.len() <= max && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// [`sanitize`] for bytes that need not be UTF-8: what is not becomes `\xNN`.
#[must_use]
pub fn sanitize_bytes(bytes: &[u8], max: usize) -> String {
    let mut out = String::with_capacity(bytes.len().min(max));
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_safe(&mut out, character);
        }
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
        if out.chars().count() > max {
            break;
        }
    }
    if out.chars().count() > max {
        out = out.chars().take(max).collect();
        out.push('…');
    }
    out
}

fn push_safe(out: &mut String, character: char) {
    let code = u32::from(character);
    if code < 0x20 || (0x7f..0xa0).contains(&code) {
        let _ = write!(out, "\\x{code:02x}");
    } else if acts_invisibly(code) {
        let _ = write!(out, "\\u{{{code:x}}}");
    } else {
        out.push(character);
    }
}

/// An address as the standard library writes it. Every sentence has some, and IPv4 is written in one go here.
#[derive(Clone, Copy, Debug)]
pub struct Address(pub IpAddr);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = "255.255.255.255".len();
        let IpAddr::V4(address) = self.0 else { return self.0.fmt(f) };
        let (mut text, mut len) = ([b'.'; LONGEST + 1], 0);
        for byte in address.octets() {
            for (unit, least) in [(100, 100), (10, 10), (1, 0)] {
                if byte >= least {
                    if let Some(digit) = text.get_mut(len) {
                        *digit = b'0' + byte / unit % 10;
                    }
                    len += 1;
                }
            }
            // A dot is there already.
            len += 1;
        }
        f.pad(text.get(..len - 1).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default())
    }
}

/// The same with a port.
#[derive(Clone, Copy, Debug)]
pub struct Socket(pub SocketAddr);

impl fmt::Display for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SocketAddr::V4(socket) => write!(f, "{}:{}", Address(IpAddr::V4(*socket.ip())), socket.port()),
            SocketAddr::V6(socket) => socket.fmt(f),
        }
    }
}

/// Zero-width and direction-changing characters, line separators, the byte order mark, tags.
const fn acts_invisibly(code: u32) -> bool {
    matches!(code, 0xad | 0x61c | 0x180e | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe007f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_moves_a_terminal() {
        assert_eq!(sanitize("a\x1b[2Jb\r\n", 99), "a\\x1b[2Jb\\x0d\\x0a");
        assert_eq!(sanitize("a\u{9b}31m", 99), "a\\x9b31m");
        assert_eq!(sanitize("moc.\u{202e}elpmaxe", 99), "moc.\\u{202e}elpmaxe");
        assert_eq!(sanitize("ホテルのWi-Fi", 99), "ホテルのWi-Fi");
    }

    #[test]
    fn addresses_are_written_as_the_standard_library_does() {
        for byte in 0..=255u8 {
            let address = IpAddr::from([byte, 255 - byte, byte / 3, 100]);
            assert_eq!(Address(address).to_string(), address.to_string());
            assert_eq!(Socket((address, 80).into()).to_string(), format!("{address}:80"));
        }
        let address = IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, 7]);
        assert_eq!(Address(address).to_string(), "2001:db8::7");
        assert_eq!(Socket((address, 443).into()).to_string(), "[2001:db8::7]:443");
    }

    #[test]
    fn cuts_at_characters_and_says_so() {
        assert_eq!(sanitize("ホテル", 2), "ホテ…");
        assert_eq!(sanitize_bytes(b"ab\xffcd", 99), "ab\\xffcd");
        assert_eq!(sanitize_bytes(b"abcdef", 3), "abc…");
    }
}
