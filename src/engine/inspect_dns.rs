//! A DNS message for the eye.

use super::inspect::Seen;
use crate::proto::dns::{self, RecordData};
use crate::text::sanitize;

/// Longest name that a line shows.
const MAX_NAME: usize = 100;

/// Tells the message `bytes`, which stands at `at` in the captured bytes.
pub(super) fn dns(seen: &mut Seen, bytes: &[u8], at: Option<usize>) {
    let Ok(message) = dns::parse(bytes) else { return };
    seen.protocol = "DNS";
    let name = message.question.as_ref().map(|question| sanitize(&question.name, MAX_NAME)).unwrap_or_default();
    let kind = message.question.as_ref().map(|question| dns::type_name(question.qtype)).unwrap_or_default();
    let code = dns::code_name(message.rcode);
    let answers: Vec<String> = message
        .answers
        .iter()
        .map(|record| match &record.data {
            RecordData::A(address) => address.to_string(),
            RecordData::Aaaa(address) => address.to_string(),
            RecordData::Cname(name) => format!("CNAME {}", sanitize(name, MAX_NAME)),
            RecordData::Other => dns::type_name(record.rtype),
        })
        .collect();
    seen.summary = if message.response {
        format!("answer {code} {kind} {name}: {}", answers.join(", ")).trim_end_matches([':', ' ']).to_owned()
    } else {
        format!("query {kind} {name}")
    };
    let Some(at) = at else { return };
    seen.field("DNS id", format!("0x{:04x}", message.id), at..at + 2, false);
    let what = if message.response { code } else { "query".to_owned() };
    seen.field("DNS flags, code", what, at + 2..at + 4, message.response);
    if message.question.is_some() {
        let length = bytes.get(12..).unwrap_or_default().iter().position(|byte| *byte == 0).map_or(0, |end| end + 1);
        let end = 12 + length;
        seen.field("DNS name", name, at + 12..at + end, !message.response);
        seen.field("DNS type", kind, at + end..at + end + 2, false);
        if message.response && !answers.is_empty() {
            seen.field("DNS answers", answers.join(", "), at + end + 4..at + bytes.len(), true);
        }
    }
}
