//! The report floor: what the engine knows becomes text, JSON, CSV, Markdown or HTML, in the reader's language.
//!
//! [`build::report`] makes the data of a report, [`write()`] prints it in a format; findings and clients become words one at
//! a time while they are printed ([`shown`]). Nothing here opens files or asks the
//! clock; whatever came from the wire is made safe to print when the report is built.

pub mod build;
mod clean;
pub mod clock;
mod csv;
pub mod endpoints;
pub mod explain;
mod filter;
pub mod heading;
mod html;
mod in_order;
mod json;
pub mod ladder;
pub mod language;
pub mod live;
mod markdown;
pub mod model;
pub mod networks;
mod paint;
mod portals;
mod pretty;
mod rates;
pub mod schema;
pub mod select;
pub mod shown;
mod text;
pub mod ticket;
mod timeline;
pub mod words;
pub mod wrap;

use std::io::{self, Write};

use jiff::tz::TimeZone;

pub use json::summary_line;
pub use language::Language;
pub use model::Report;
pub use select::Selection;

/// What a report says, and about what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Language of the words.
    pub language: Language,
    /// What is shown.
    pub selection: Selection,
    /// Threads that put findings into words, beside the one that prints; the words are the same with any number.
    pub threads: usize,
}

/// A format of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// For a person at a terminal.
    #[default]
    Text,
    /// One JSON document, see [`schema`].
    Json,
    /// One finding a line.
    Ndjson,
    /// One finding a row.
    Csv,
    /// For tickets.
    Markdown,
    /// A page for people without a terminal.
    Html,
}

/// How a report for people looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Style {
    /// Language of the words around the findings; that of the report.
    pub language: Language,
    /// Zone of the times.
    pub zone: TimeZone,
    /// Columns to fill.
    pub width: usize,
    /// Whether to colour. The meaning never depends on it.
    pub colour: bool,
}

impl Style {
    /// Widest text that is comfortable to read.
    pub const MAX_WIDTH: usize = 100;
    /// Narrowest text that is still laid out.
    pub const MIN_WIDTH: usize = 40;
}

impl Default for Style {
    fn default() -> Self {
        Self { language: Language::En, zone: TimeZone::UTC, width: Self::MAX_WIDTH, colour: false }
    }
}

/// Prints `report` to `out`.
///
/// # Errors
///
/// What `out` says; a closed pipe is [`io::ErrorKind::BrokenPipe`].
pub fn write(report: &Report<'_>, format: Format, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Ndjson => json::write_lines(report, out),
        Format::Csv => csv::write(report, out),
        Format::Markdown => markdown::write(report, style, out),
        Format::Html => html::write(report, style, out),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod samples;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
