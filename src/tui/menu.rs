//! Lists of things to copy and to write.

use super::event::{Effect, Export};
use super::state::State;
use crate::engine::proof::Wanted;
use crate::report::ticket::{diagram, remedies, summary, ticket};
use crate::report::{Format, Language};

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Menu {
    /// To the clipboard.
    Copy,
    /// To a file.
    Export,
}

/// A row of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// The ticket of the finding, in a language.
    Ticket(Language),
    /// Verdict and title.
    Summary,
    /// The Wireshark filter.
    Filter,
    /// What is to be done.
    Remedy,
    /// The sequence diagram.
    Ladder,
    /// The report.
    Report(Format),
    /// The ticket, as a file.
    TicketFile,
    /// The packets, as pcapng.
    Evidence,
}

impl Item {
    /// What it is called.
    #[must_use]
    pub const fn name(self, language: Language) -> &'static str {
        match self {
            Self::Ticket(Language::En) => language.pick("ticket text, in English", "チケット文（英語）"),
            Self::Ticket(Language::Ja) => language.pick("ticket text, in Japanese", "チケット文（日本語）"),
            Self::Summary => language.pick("summary in two lines", "2 行の要約"),
            Self::Filter => language.pick("Wireshark display filter", "Wireshark 表示フィルター"),
            Self::Remedy => language.pick("what to do, by whom", "対処と担当"),
            Self::Ladder => language.pick("ladder diagram as text", "シーケンス図（テキスト）"),
            Self::Report(Format::Text) => language.pick("report as text", "レポート（テキスト）"),
            Self::Report(Format::Json) => language.pick("report as JSON", "レポート（JSON）"),
            Self::Report(Format::Ndjson) => language.pick("findings as NDJSON", "所見（NDJSON）"),
            Self::Report(Format::Csv) => language.pick("findings as CSV", "所見（CSV）"),
            Self::Report(Format::Markdown) => language.pick("report as Markdown", "レポート（Markdown）"),
            Self::Report(Format::Html) => language.pick("report as HTML", "レポート（HTML）"),
            Self::TicketFile => language.pick("ticket of this finding", "この所見のチケット"),
            Self::Evidence => language.pick("packets of this finding as pcapng", "この所見のパケット（pcapng）"),
        }
    }
}

/// The rows that can be done now.
#[must_use]
pub fn items(menu: Menu, state: &State) -> Vec<Item> {
    let finding = state.finding();
    match menu {
        Menu::Copy if finding.is_none() => Vec::new(),
        Menu::Copy => {
            let (own, other) = match state.language {
                Language::En => (Language::En, Language::Ja),
                Language::Ja => (Language::Ja, Language::En),
            };
            vec![Item::Ticket(own), Item::Summary, Item::Filter, Item::Remedy, Item::Ladder, Item::Ticket(other)]
        }
        Menu::Export => {
            let formats = [Format::Text, Format::Html, Format::Markdown, Format::Json, Format::Csv, Format::Ndjson];
            let mut items: Vec<Item> = formats.map(Item::Report).into();
            if let Some(finding) = finding {
                items.push(Item::TicketFile);
                if Wanted::of(&finding.open(), &state.snapshot).is_ok() {
                    items.push(Item::Evidence);
                }
            }
            items
        }
    }
}

/// What a row does.
#[must_use]
pub fn choose(item: Item, state: &State) -> Option<Effect> {
    if let Item::Report(format) = item {
        return Some(Effect::Export(Export::Report(format)));
    }
    let finding = state.finding()?;
    let (language, zone) = (state.language, state.shown_zone());
    let story = state.story(finding);
    let finding = &finding.open();
    Some(match item {
        Item::Ticket(language) => Effect::Copy(ticket(finding, &state.snapshot, language, &zone)),
        Item::Summary => Effect::Copy(summary(&story, language, &zone)),
        Item::Filter => Effect::Copy(story.filter),
        Item::Remedy => Effect::Copy(remedies(&story, language)),
        Item::Ladder => Effect::Copy(diagram(finding, state.snapshot.time_digits, language)),
        Item::TicketFile => Effect::Export(Export::Ticket(finding.id)),
        Item::Evidence => Effect::Export(Export::Evidence(finding.id, Wanted::of(finding, &state.snapshot).ok()?)),
        Item::Report(_) => return None,
    })
}
