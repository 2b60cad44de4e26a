//! The course of a client in lines that text and Markdown share: changes of state, Windows' own events, disagreements.

use jiff::tz::TimeZone;

use super::language::{Language, say};
use super::model::{Change, Client, Event};
use crate::verdict::Family;

/// Changes of one client that are shown; all of them stand in JSON.
const SHOWN: usize = 12;

/// One line a change, where there is more to tell than one change: the state alone says that.
#[must_use]
pub fn changes(client: &Client, language: Language, zone: &TimeZone) -> Vec<String> {
    let told =
        client.timeline.len() > 1 || client.timeline.iter().any(|change| !change.predicted || change.approximate);
    if !told {
        return Vec::new();
    }
    let hidden = client.timeline.len().saturating_sub(SHOWN);
    // How it began, and how it ended.
    let head = if hidden == 0 { client.timeline.len() } else { SHOWN / 2 };
    let mut lines = Vec::new();
    for (at, entry) in client.timeline.iter().enumerate() {
        if at < head || at >= head + hidden {
            lines.push(change(entry, language, zone));
        } else if at == head {
            lines.push(say!(language, "… {hidden} more", "… 他 {hidden} 件"));
        }
    }
    lines
}

fn change(change: &Change, language: Language, zone: &TimeZone) -> String {
    let time = change.time.time_of_day(zone);
    let family = change.family.map_or("", family_name);
    let rule = &change.rule;
    if let Some(text) = &change.text {
        let place = if family.is_empty() { String::new() } else { format!("{family}  ") };
        return format!("{time}  {place}{text}");
    }
    let capability = change.capability.map(|capability| capability.to_string()).unwrap_or_default();
    let reason = change.reason.as_deref().unwrap_or_default();
    let finding = change.finding.map(|id| format!(" [{id}]")).unwrap_or_default();
    say!(
        language,
        "{time}  {family}  {capability}, {reason} (predicted by {rule}{finding})",
        "{time}  {family}  {capability}、{reason}（予測、規則 {rule}{finding}）"
    )
}

/// Windows' events that cannot be given to a client, as one line; nothing where there are none.
#[must_use]
pub fn unattached(events: &[Event], language: Language) -> Option<String> {
    let count = events.iter().filter(|event| event.client.is_none()).count();
    (count > 0).then(|| {
        say!(
            language,
            "events of Windows itself of which no client could be told: {count} (they stand in the JSON report)",
            "どのクライアントのものか判別できない Windows のイベントが {count} 件あります（JSON レポートに記載）"
        )
    })
}

/// The name of a family for people.
#[must_use]
pub const fn family_name(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}
