//! A page as text: portals and filters in Japan still answer in Shift_JIS, EUC-JP and ISO-2022-JP.

use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};
use serde::{Deserialize, Serialize};

use super::title::title;

/// Bytes in which a page declares its encoding (HTML, 13.2.3.2).
const DECLARED_WITHIN: usize = 1024;

/// A page, decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page(String);

impl Page {
    /// Decodes a body by its byte order mark, its `Content-Type`, its own declaration, or what fits its bytes best.
    #[must_use]
    pub fn of(body: &[u8], content_type: Option<&str>) -> Self {
        let declared = content_type.and_then(charset_in).or_else(|| declared_by(body));
        let encoding = declared.unwrap_or_else(|| guess(body));
        let (text, ..) = encoding.decode(body);
        Self(text.into_owned())
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Text of the first `<title>`.
    #[must_use]
    pub fn title(&self) -> Option<String> {
        title(self.0.as_bytes())
    }
}

/// The encoding that `charset=` names in a text.
fn charset_in(text: &str) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let (_, after) = lower.split_once("charset")?;
    let label = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.:".contains(c))).unwrap_or(label.len());
    Encoding::for_label(label.get(..end)?.as_bytes())
}

/// The encoding that a page declares itself. A page that says UTF-16 in ASCII letters is not in UTF-16.
fn declared_by(body: &[u8]) -> Option<&'static Encoding> {
    let start = body.get(..DECLARED_WITHIN.min(body.len()))?;
    let text = String::from_utf8_lossy(start);
    let encoding = charset_in(&text)?;
    Some(if encoding.is_ascii_compatible() || encoding == ISO_2022_JP { encoding } else { UTF_8 })
}

/// What fits the bytes best.
fn guess(body: &[u8]) -> &'static Encoding {
    if memchr::memmem::find(body, b"\x1b$").is_some() || memchr::memmem::find(body, b"\x1b(J").is_some() {
        return ISO_2022_JP;
    }
    // A body is cut somewhere: the last character may be half there.
    let valid = match std::str::from_utf8(body) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    if valid {
        return UTF_8;
    }
    let (euc, sjis) = (oddness(EUC_JP, body), oddness(SHIFT_JIS, body));
    match (euc, sjis) {
        (usize::MAX, usize::MAX) => UTF_8,
        (euc, sjis) if euc <= sjis => EUC_JP,
        _ => SHIFT_JIS,
    }
}

/// How little a text looks like Japanese in this encoding: half-width katakana and rare characters count; more than one
/// fault (the cut end) is too many.
fn oddness(encoding: &'static Encoding, body: &[u8]) -> usize {
    let (text, ..) = encoding.decode(body);
    let faults = text.chars().filter(|c| *c == '\u{fffd}').count();
    if faults > 1 {
        return usize::MAX;
    }
    let odd = |c: char| !c.is_ascii() && !matches!(u32::from(c), 0x3000..=0x30ff | 0x4e00..=0x9fff | 0xff01..=0xff5e);
    text.chars().filter(|c| odd(*c)).count()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HTML: &str =
        "<html><head><title>アクセスが制限されています</title></head><body>社内規程により表示できません</body></html>";

    fn told(bytes: &[u8], content_type: Option<&str>) -> Option<String> {
        Page::of(bytes, content_type).title()
    }

    #[test]
    fn every_encoding_is_found_however_it_is_declared() {
        let title = Some("アクセスが制限されています".to_owned());
        for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP, UTF_8] {
            let (bytes, ..) = encoding.encode(HTML);
            let header = format!("text/html; charset={}", encoding.name());
            assert_eq!(told(&bytes, Some(&header)), title, "{} by its header", encoding.name());
            assert_eq!(told(&bytes, Some("text/html")), title, "{} by its bytes", encoding.name());
            let meta = format!("<meta http-equiv=\"Content-Type\" content=\"text/html; charset={}\">", encoding.name());
            let whole = [meta.as_bytes(), &bytes].concat();
            assert_eq!(told(&whole, None), title, "{} by its own word", encoding.name());
        }
        let utf16: Vec<u8> = [0xfe, 0xff].into_iter().chain(HTML.encode_utf16().flat_map(u16::to_be_bytes)).collect();
        assert_eq!(told(&utf16, None), title, "UTF-16 by its mark");
    }

    #[test]
    fn a_cut_end_changes_nothing() {
        let (bytes, ..) = SHIFT_JIS.encode(HTML);
        let cut = bytes.len() - 17;
        assert!(told(&bytes[..cut], None).is_some_and(|title| title.starts_with("アクセス")));
        assert!(told(&HTML.as_bytes()[..HTML.len() - 16], None).is_some_and(|title| title.starts_with("アクセス")));
    }

    #[test]
    fn a_false_word_is_not_followed_into_utf_16() {
        assert_eq!(told(b"<meta charset=utf-16><title>Login</title>", None).as_deref(), Some("Login"));
        assert_eq!(told(b"<title>Login</title>", Some("text/html; charset=")).as_deref(), Some("Login"));
        assert_eq!(told(b"<title>Login</title>", Some("text/html; charset=no-such")).as_deref(), Some("Login"));
    }
}
