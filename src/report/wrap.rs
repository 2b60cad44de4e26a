//! Lines that fit: words of English, characters of Japanese, both by the columns that they take.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in lines of at most `width` columns. Breaks stand at blanks and around wide characters; a word longer than a
/// line is broken anywhere. Closing punctuation of Japanese never begins a line.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for piece in pieces(text) {
        let columns = piece.trim_end().width();
        if used + columns > width && used > 0 {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        if columns > width {
            for character in piece.chars() {
                let columns = character.width().unwrap_or(0);
                if used + columns > width {
                    lines.push(std::mem::take(&mut line));
                    used = 0;
                }
                line.push(character);
                used += columns;
            }
            continue;
        }
        let piece = if used == 0 { piece.trim_start() } else { piece };
        line.push_str(piece);
        used += piece.width();
    }
    if !line.trim_end().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// The smallest parts between which a line may break.
fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        let may_break = before.is_some_and(|before| {
            (before == ' ' && character != ' ')
                || ((is_wide(before) || is_wide(character)) && !closes(character) && !opens(before) && character != ' ')
        });
        if may_break {
            pieces.extend(text.get(start..at));
            start = at;
        }
        before = Some(character);
    }
    pieces.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    pieces
}

fn is_wide(character: char) -> bool {
    character.width() == Some(2)
}

/// Must not begin a line (JIS X 4051).
const fn closes(character: char) -> bool {
    matches!(
        character,
        '。' | '、'
            | '）'
            | '」'
            | '』'
            | '：'
            | '！'
            | '？'
            | '・'
            | 'ー'
            | 'っ'
            | 'ッ'
            | 'ゃ'
            | 'ャ'
            | 'ゅ'
            | 'ュ'
            | 'ょ'
            | 'ョ'
            | ')'
            | ','
            | '.'
    )
}

/// Must not end a line.
const fn opens(character: char) -> bool {
    matches!(character, '（' | '「' | '『' | '(')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_breaks_at_blanks() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn japanese_breaks_between_characters_and_keeps_punctuation() {
        assert_eq!(wrap("接続が成立。", 8), ["接続が成", "立。"]);
        assert_eq!(wrap("あいうえ。お", 8), ["あいう", "え。お"]);
    }

    #[test]
    fn no_line_is_wider_than_asked() {
        let text = "プロキシ 192.0.2.1:8080 が http://www.msftconnecttest.com/connecttest.txt に認証（NTLM）を要求、応答しない";
        for width in 10..60 {
            for line in wrap(text, width) {
                assert!(line.width() <= width, "{width}: {line}");
            }
        }
    }
}
