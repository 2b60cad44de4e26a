//! Colour and marks of a report for people. The mark and the words carry the meaning; colour only helps the eye.

use crate::verdict::Severity;

/// ANSI colours (ECMA-48 SGR), or nothing.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Whether to colour at all.
    pub colour: bool,
}

impl Paint {
    /// Emphasised.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.sgr("1", text)
    }

    /// Less important.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.sgr("2", text)
    }

    /// In the colour of `severity`.
    #[must_use]
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Ok => "32",
            Severity::Info => "36",
            Severity::Warning => "33",
            Severity::Error => "31",
        };
        self.sgr(code, text)
    }

    fn sgr(self, code: &str, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// The mark of a severity: told apart by shape.
#[must_use]
pub const fn mark(severity: Severity) -> &'static str {
    match severity {
        Severity::Ok => "✓",
        Severity::Info => "i",
        Severity::Warning => "!",
        Severity::Error => "✗",
    }
}
