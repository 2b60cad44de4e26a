//! Lines that fit: words of English, characters of Japanese, both by the columns that they take.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` in lines of at most `width` columns. Breaks stand at blanks and around wide characters; a word longer than a
/// line is broken anywhere. Closing punctuation of Japanese never begins a line.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    lines(text, width).map(str::to_owned).collect()
}

/// The same lines, as parts of `text`; at least one.
pub(super) fn lines(text: &str, width: usize) -> Lines<'_> {
    let plain = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    Lines { text, width: width.max(1), plain, at: 0, any: false }
}

/// The lines of a text that is being wrapped.
pub(super) struct Lines<'a> {
    text: &'a str,
    width: usize,
    /// Every byte is a character that takes one column.
    plain: bool,
    /// Where the next line begins.
    at: usize,
    /// A line was given.
    any: bool,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if let Some(line) = self.plain_line() {
            return Some(line);
        }
        let (mut start, mut used) = (self.at, 0);
        while let Some(piece) = self.piece() {
            let columns = self.columns(piece.trim_end());
            if used + columns > self.width && used > 0 {
                return self.line(start);
            }
            if columns > self.width {
                let fits = self.fitting(piece);
                self.at += fits;
                return self.line(start);
            }
            self.at += piece.len();
            if used == 0 {
                start = self.at - piece.trim_start().len();
                used = self.columns(piece.trim_start());
            } else {
                used += self.columns(piece);
            }
        }
        if used > 0 || !self.any { self.line(start) } else { None }
    }
}

impl<'a> Lines<'a> {
    /// The next line where nothing about it is special: words of ASCII with one blank between them. `None` leaves it to
    /// the pieces.
    fn plain_line(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..).filter(|rest| self.plain && !rest.is_empty())?;
        let bytes = rest.as_bytes();
        let end = if bytes.len() <= self.width {
            bytes.len()
        } else {
            // The blank behind the last word that fits.
            bytes.get(..=self.width)?.iter().rposition(|byte| *byte == b' ')?
        };
        let next = end + usize::from(end < bytes.len());
        let (first, last, following) = (bytes.first(), bytes.get(end.checked_sub(1)?), bytes.get(next));
        if [first, last, following].contains(&Some(&b' ')) {
            return None;
        }
        self.at += next;
        self.any = true;
        rest.get(..end)
    }

    /// The line from `start` up to where the next one begins.
    fn line(&mut self, start: usize) -> Option<&'a str> {
        self.any = true;
        self.text.get(start..self.at).map(str::trim_end)
    }

    fn columns(&self, text: &str) -> usize {
        if self.plain { text.len() } else { text.width() }
    }

    /// The next of the smallest parts between which a line may break.
    fn piece(&self) -> Option<&'a str> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let end = if self.plain { plain_piece(rest.as_bytes()) } else { piece(rest) };
        rest.get(..end)
    }

    /// Bytes of a piece longer than a line that fit into one: a character at least.
    fn fitting(&self, piece: &str) -> usize {
        let mut used = 0;
        let beyond = piece.char_indices().find(|(_, character)| {
            let columns = character.width().unwrap_or(0);
            used += columns;
            used > self.width && used > columns
        });
        beyond.map_or(piece.len(), |(at, _)| at)
    }
}

/// Length of the first piece of a text that is all ASCII.
fn plain_piece(text: &[u8]) -> usize {
    let is_blank = |byte: &u8| *byte == b' ';
    let word = text.iter().position(is_blank).unwrap_or(text.len());
    let blanks = text.iter().skip(word).position(|byte| !is_blank(byte));
    blanks.map_or(text.len(), |blanks| word + blanks)
}

/// Length of the first piece of any text.
fn piece(text: &str) -> usize {
    let mut before: Option<char> = None;
    for (at, character) in text.char_indices() {
        let may_break = before.is_some_and(|before| {
            (before == ' ' && character != ' ')
                || ((is_wide(before) || is_wide(character)) && !closes(character) && !opens(before) && character != ' ')
        });
        if may_break {
            return at;
        }
        before = Some(character);
    }
    text.len()
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
    fn the_short_way_gives_the_same_lines() {
        let pieces = |text: &str, width: usize| -> Vec<String> {
            // One wide character leaves everything to the pieces; it stands on a line of its own.
            let text = format!("{} {text}", "漢".repeat(width.div_ceil(2)));
            wrap(&text, width).split_off(1)
        };
        let texts = ["a", "one two three", "ab  cd   ef", "abcdefghijkl mn", "a b c d e f g h", "ends in a blank "];
        for text in texts {
            for width in (2..20).step_by(2) {
                assert_eq!(wrap(text, width), pieces(text, width), "{text:?} in {width}");
            }
        }
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
