//! The title of an HTML page: often the only text that says who answered in Microsoft's place.

use crate::limits::MAX_TITLE;

/// Bytes of a title element that are looked at.
const MAX_ELEMENT: usize = 4 * MAX_TITLE;

/// Text of the first `<title>` of an HTML page in UTF-8: white space joined, common character references decoded, at
/// most [`MAX_TITLE`] characters. `None` where there is none or it is empty. A title that is cut is given as far as it goes.
#[must_use]
pub fn title(html: &[u8]) -> Option<String> {
    let mut rest = html;
    let element = loop {
        let at = memchr::memchr(b'<', rest)?;
        rest = rest.get(at + 1..)?;
        let name = rest.get(..5)?;
        if name.eq_ignore_ascii_case(b"title") && !rest.get(5).is_some_and(u8::is_ascii_alphanumeric) {
            break rest;
        }
    };
    let open = memchr::memchr(b'>', element)?;
    let text = element.get(open + 1..)?;
    let text = text.get(..MAX_ELEMENT.min(text.len())).unwrap_or_default();
    let end = memchr::memmem::find(text, b"</").unwrap_or(text.len());
    let text = String::from_utf8_lossy(text.get(..end).unwrap_or_default());
    let decoded = decode_references(&text);
    let joined = decoded.split_whitespace().collect::<Vec<_>>().join(" ");
    let title: String = joined.chars().take(MAX_TITLE).collect();
    (!title.is_empty()).then_some(title)
}

/// Numeric character references and the named ones that titles use (HTML, 13.5); others stay as written.
fn decode_references(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let reference = after.split_once(';').filter(|(name, _)| name.len() <= 8);
        match reference.and_then(|(name, tail)| character(name).map(|found| (found, tail))) {
            Some((found, tail)) => {
                out.push(found);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    let code = match name.strip_prefix('#') {
        Some(digits) => match digits.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => digits.parse().ok()?,
        },
        None => {
            return Some(match name {
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "quot" => '"',
                "apos" => '\'',
                "nbsp" => ' ',
                "ndash" => '–',
                "mdash" => '—',
                "hellip" => '…',
                "copy" => '©',
                "reg" => '®',
                "eacute" => 'é',
                "auml" => 'ä',
                "ouml" => 'ö',
                "uuml" => 'ü',
                _ => return None,
            });
        }
    };
    char::from_u32(code)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::title;
    use crate::limits::MAX_TITLE;

    #[test]
    fn titles() {
        let table: [(&str, Option<&str>); 9] = [
            ("<html><head><TITLE lang=en>\r\n Hotel \t Wi&#45;Fi &amp; Login\n</Title>", Some("Hotel Wi-Fi & Login")),
            ("<titles>no</titles><title>yes</title>", Some("yes")),
            ("<title>ERROR: Cache Access Denied", Some("ERROR: Cache Access Denied")),
            ("<title>ホテル&#x3000;&bogus; &</title>", Some("ホテル &bogus; &")),
            ("<title> &nbsp; </title>", None),
            ("Microsoft Connect Test", None),
            ("<title", None),
            ("<title>", None),
            ("<<<<", None),
        ];
        for (html, expected) in table {
            assert_eq!(title(html.as_bytes()).as_deref(), expected, "{html}");
        }
        let long = format!("<title>{}</title>", "ü".repeat(9000));
        assert_eq!(title(long.as_bytes()).unwrap().chars().count(), MAX_TITLE);
        assert_eq!(title(b"<title>\xff\xfeok</title>").as_deref(), Some("\u{fffd}\u{fffd}ok"));
    }
}
