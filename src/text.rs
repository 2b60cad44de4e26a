//! Text from the wire, made safe to print.
//!
//! Host names, locations, titles and user names come from packets that anybody can write. Before they reach a
//! terminal, a table cell or a file they pass through [`sanitize`]: control characters (C0, DEL, C1), line and
//! paragraph separators and bidirectional overrides become visible escapes, so that no packet can move the cursor,
//! colour the screen or turn a host name round.

use std::fmt::Write as _;

/// `text` with everything that could act on a terminal replaced by a visible escape, cut after `max` characters.
#[must_use]
pub fn sanitize(text: &str, max: usize) -> String {
    if text.len() <= max && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(max));
    for (count, character) in text.chars().enumerate() {
        if count == max {
            out.push('…');
            break;
        }
        push_safe(&mut out, character);
    }
    out
}

/// The same for bytes that need not be UTF-8: what is not becomes `\xNN`.
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
    fn cuts_at_characters_and_says_so() {
        assert_eq!(sanitize("ホテル", 2), "ホテ…");
        assert_eq!(sanitize_bytes(b"ab\xffcd", 99), "ab\\xffcd");
        assert_eq!(sanitize_bytes(b"abcdef", 3), "abc…");
    }
}
