//! Keys as people write them, and which of them does what.

use std::fmt;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::keys::{Action, Row, TABLE};

/// A key as people write it: `q`, `G`, `enter`, `ctrl-d`, `f1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    control: bool,
    alt: bool,
}

const NAMED: &[(&str, KeyCode)] = &[
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("space", KeyCode::Char(' ')),
];

impl Key {
    /// The key of an event. Shift is part of a character already.
    #[must_use]
    pub fn of(event: &KeyEvent) -> Self {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let code = match event.code {
            KeyCode::Char(character) if control => KeyCode::Char(character.to_ascii_lowercase()),
            code => code,
        };
        Self { code, control, alt: event.modifiers.contains(KeyModifiers::ALT) }
    }

    /// The event of pressing it.
    #[must_use]
    pub fn event(self) -> KeyEvent {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, self.control);
        modifiers.set(KeyModifiers::ALT, self.alt);
        KeyEvent::new(self.code, modifiers)
    }

    /// Reads a key as people write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (mut control, mut alt, mut rest) = (false, false, text);
        loop {
            if let Some(inner) = rest.strip_prefix("ctrl-").filter(|inner| !inner.is_empty()) {
                (control, rest) = (true, inner);
            } else if let Some(inner) = rest.strip_prefix("alt-").filter(|inner| !inner.is_empty()) {
                (alt, rest) = (true, inner);
            } else {
                break;
            }
        }
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(only), None) => KeyCode::Char(only),
            (Some('f'), Some('1'..='9')) => KeyCode::F(rest.get(1..)?.parse().ok()?),
            _ => NAMED.iter().find(|(name, _)| *name == rest)?.1,
        };
        Some(Self { code, control, alt })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        match self.code {
            KeyCode::F(number) => write!(f, "f{number}"),
            code => match NAMED.iter().find(|(_, named)| *named == code) {
                Some((name, _)) => f.write_str(name),
                None => match code {
                    KeyCode::Char(character) => write!(f, "{character}"),
                    _ => f.write_str("?"),
                },
            },
        }
    }
}

/// Which key does what: the table, with what the configuration changed.
#[derive(Clone, Debug)]
pub struct Keymap {
    entries: Vec<(Action, Vec<Key>)>,
}

impl Default for Keymap {
    fn default() -> Self {
        let keys = |row: &Row| row.keys.iter().filter_map(|text| Key::parse(text)).collect();
        Self { entries: TABLE.iter().map(|row| (row.action, keys(row))).collect() }
    }
}

impl Keymap {
    /// What `key` does.
    #[must_use]
    pub fn action(&self, key: Key) -> Option<Action> {
        self.entries.iter().find(|(_, keys)| keys.contains(&key)).map(|(action, _)| *action)
    }

    /// The keys of an action.
    #[must_use]
    pub fn keys(&self, action: Action) -> &[Key] {
        self.entries.iter().find(|(own, _)| *own == action).map_or(&[], |(_, keys)| keys)
    }

    /// The first key of an action as text.
    #[must_use]
    pub fn shown(&self, action: Action) -> String {
        self.keys(action).first().map_or_else(String::new, ToString::to_string)
    }

    /// Gives an action other keys; keys that another action had are taken from it.
    pub fn set(&mut self, action: Action, keys: Vec<Key>) {
        for (other, own) in &mut self.entries {
            if *other == action {
                own.clone_from(&keys);
            } else {
                own.retain(|key| !keys.contains(key));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_key_of_the_table_is_one_and_does_one_thing() {
        let mut seen = HashSet::new();
        let mut names = HashSet::new();
        for row in TABLE {
            assert!(names.insert(row.name), "{}", row.name);
            for text in row.keys {
                let key = Key::parse(text).unwrap_or_else(|| panic!("{text}"));
                assert_eq!(key.to_string(), *text);
                assert!(seen.insert(key), "{text} stands twice");
            }
        }
    }

    #[test]
    fn a_key_given_to_one_action_is_taken_from_the_other() {
        let mut map = Keymap::default();
        let q = Key::parse("q").unwrap();
        map.set(Action::Back, vec![q]);
        assert_eq!(map.action(q), Some(Action::Back));
        assert_eq!(map.shown(Action::Quit), "ctrl-c");
    }
}
