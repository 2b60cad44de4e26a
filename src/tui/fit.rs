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
}
