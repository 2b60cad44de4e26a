//! The reader's language.

use std::borrow::Borrow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

/// Language of titles, explanations and remedies. Names of verdicts, causes and fields are the same in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Self] = &[Self::En, Self::Ja];

    /// Its ISO 639-1 code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ja => "ja",
        }
    }

    /// The one of two fixed texts that is in this language.
    #[must_use]
    pub const fn pick(self, en: &'static str, ja: &'static str) -> &'static str {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }

    /// What stands between the items of an enumeration.
    #[must_use]
    pub const fn comma(self) -> &'static str {
        self.pick(", ", "、")
    }

    /// Sentences as one paragraph.
    #[must_use]
    pub fn paragraph<T: Borrow<str>>(self, sentences: &[T]) -> String {
        sentences.join(self.pick(" ", ""))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|language| language.code() == text)
            .ok_or_else(|| format!("{text:?} is not a language of this program; it speaks en and ja"))
    }
}

/// What names make of a pattern longer, so that a sentence does not have to be moved while it is written.
const NAMES: usize = 64;

/// A sentence from a pattern of that length, with its names.
pub(crate) fn told(pattern: usize, sentence: fmt::Arguments<'_>) -> String {
    let mut text = String::with_capacity(pattern + NAMES);
    // Writing into a string cannot fail.
    let _ = text.write_fmt(sentence);
    text
}

/// Formats the one of two texts that is in the reader's language; both take the same captured names.
macro_rules! say {
    ($language:expr, $en:literal, $ja:literal $(,)?) => {
        match $language {
            $crate::report::Language::En => $crate::report::language::told($en.len(), format_args!($en)),
            $crate::report::Language::Ja => $crate::report::language::told($ja.len(), format_args!($ja)),
        }
    };
}
pub(crate) use say;
