//! A line that is typed.

/// Text and the place of the cursor in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    text: String,
    /// Byte offset of the cursor, on a character's start.
    cursor: usize,
}

impl Line {
    /// A line with `text` and the cursor behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), cursor: text.len() }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    #[must_use]
    pub fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    /// What stands behind the cursor.
    #[must_use]
    pub fn behind(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }

    /// Puts text in at the cursor. Control characters are left out: a pasted line end is no key.
    pub fn insert(&mut self, text: &str) {
        for character in text.chars().filter(|character| !character.is_control()) {
            self.text.insert(self.cursor, character);
            self.cursor += character.len_utf8();
        }
    }

    /// Takes the character before the cursor away.
    pub fn backspace(&mut self) {
        if let Some(last) = self.before().chars().next_back() {
            self.cursor -= last.len_utf8();
            self.text.remove(self.cursor);
        }
    }

    /// Takes the character behind the cursor away.
    pub fn delete(&mut self) {
        if self.cursor < self.text.len() {
            self.text.remove(self.cursor);
        }
    }

    /// Takes the word before the cursor away.
    pub fn delete_word(&mut self) {
        let before = self.before().trim_end();
        let start = before.rfind(' ').map_or(0, |at| at + 1);
        let behind = self.behind().to_owned();
        self.text.truncate(start);
        self.text.push_str(&behind);
        self.cursor = start;
    }

    /// Takes everything away.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Moves the cursor by a character, to the left or to the right.
    pub fn step(&mut self, right: bool) {
        let moved = if right { self.behind().chars().next() } else { self.before().chars().next_back() };
        let width = moved.map_or(0, char::len_utf8);
        self.cursor = if right { self.cursor + width } else { self.cursor - width };
    }

    /// Moves the cursor to an end.
    pub fn jump(&mut self, end: bool) {
        self.cursor = if end { self.text.len() } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_are_edited_whole() {
        let mut line = Line::new("host:ホテル");
        line.backspace();
        line.step(false);
        line.insert("x\n");
        assert_eq!(line.text(), "host:ホxテ");
        line.delete();
        line.jump(false);
        line.delete();
        assert_eq!(line.text(), "ost:ホx");
        line.jump(true);
        line.insert(" b");
        line.delete_word();
        assert_eq!((line.text(), line.before(), line.behind()), ("ost:ホx ", "ost:ホx ", ""));
        line.clear();
        line.backspace();
        line.delete_word();
        line.step(true);
        assert_eq!(line, Line::default());
    }
}
