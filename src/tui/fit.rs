//! Text that fits into columns, by the width that a terminal gives its characters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in at most `columns`; what is too long ends with `…`.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if used + width + 1 > columns {
            break;
        }
        out.push(character);
        used += width;
    }
    if columns > 0 {
        out.push('…');
    }
    out
}

/// `text` in exactly `columns`, filled up with blanks.
#[must_use]
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = fit(text, columns);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(out.width())));
    out
}

/// `text` in exactly `columns`, at their right end.
#[must_use]
pub fn pad_left(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let mut out: String = std::iter::repeat_n(' ', columns.saturating_sub(text.width())).collect();
    out.push_str(&text);
    out
}

/// `text` in lines of at most `columns`, broken at blanks and, where a name is longer than a line, between its words
/// (`ProxyAuthentication` `Required`): the whole name can be read. Lines behind the first begin with `indent` blanks.
#[must_use]
pub fn broken(text: &str, columns: usize, indent: usize) -> Vec<String> {
    let room = columns.saturating_sub(indent).max(1);
    let mut lines = vec![String::new()];
    for (at, word) in text.split(' ').filter(|word| !word.is_empty()).enumerate() {
        for (nth, piece) in if word.width() > room { pieces(word) } else { vec![word] }.into_iter().enumerate() {
            let gap = usize::from(at > 0 && nth == 0);
            let used = lines.last().map_or(0, |line| line.width());
            let is_begun = lines.last().is_some_and(|line| !line.trim_start().is_empty());
            if is_begun && used + gap + piece.width() > columns {
                lines.push(" ".repeat(indent));
            } else if is_begun
                && gap > 0
                && let Some(line) = lines.last_mut()
            {
                line.push(' ');
            }
            if let Some(line) = lines.last_mut() {
                let rest = columns.saturating_sub(line.width());
                line.push_str(&fit(piece, rest));
            }
        }
    }
    lines
}

/// The words of a name: before a capital behind a small letter, behind a hyphen or dot.
fn pieces(name: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, character) in name.char_indices() {
        let ends = match before {
            Some('-' | '.' | ':') => true,
            Some(before) => character.is_ascii_uppercase() && !before.is_ascii_uppercase(),
            None => false,
        };
        if ends {
            pieces.extend(name.get(start..at));
            start = at;
        }
        before = Some(character);
    }
    pieces.extend(name.get(start..));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(fit("ホテルのWi-Fi", 7), "ホテル…");
        assert_eq!(fit("ホテル", 6), "ホテル");
        assert_eq!(fit("ホテル", 5), "ホテ…");
        assert_eq!(pad("ホテル", 6), "ホテル");
        assert_eq!(pad("ホテル", 6).width(), 6);
        assert_eq!(pad("ホテルx", 6).width(), 6);
        assert_eq!(pad_left("7", 3), "  7");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn long_names_break_between_their_words() {
        let lines = broken("✗ ProxyAuthenticationRequired×3 proxy-auth-unanswered", 25, 2);
        assert_eq!(lines, ["✗ ProxyAuthentication", "  Required×3", "  proxy-auth-unanswered"]);
        let lines = broken("✗ ProxyAuthenticationRequired", 16, 2);
        assert_eq!(lines, ["✗ Proxy", "  Authentication", "  Required"]);
        assert_eq!(broken("✓ ActiveHttpProbeSucceeded", 26, 2), ["✓ ActiveHttpProbeSucceeded"]);
        assert_eq!(broken("", 10, 2), [""]);
        for columns in 0..30 {
            let lines = broken("✗ ActiveHttpProbeFailedHotspotDetected since 04:55:31", columns, 2);
            assert!(lines.iter().all(|line| line.width() <= columns.max(2)), "{columns}: {lines:?}");
        }
    }
}
