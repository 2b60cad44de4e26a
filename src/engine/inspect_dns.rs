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
    let kind = message.question.as_ref().map(|question| kind(question.qtype)).unwrap_or_default();
    let code = code(message.rcode);
    let answers: Vec<String> = message
        .answers
        .iter()
        .map(|record| match &record.data {
            RecordData::A(address) => address.to_string(),
            RecordData::Aaaa(address) => address.to_string(),
            RecordData::Cname(name) => format!("CNAME {}", sanitize(name, MAX_NAME)),
            RecordData::Other => self::kind(record.rtype),
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

fn kind(number: u16) -> String {
    match number {
        1 => "A".to_owned(),
        2 => "NS".to_owned(),
        5 => "CNAME".to_owned(),
        6 => "SOA".to_owned(),
        12 => "PTR".to_owned(),
        15 => "MX".to_owned(),
        16 => "TXT".to_owned(),
        28 => "AAAA".to_owned(),
        33 => "SRV".to_owned(),
        65 => "HTTPS".to_owned(),
        other => format!("TYPE{other}"),
    }
}

fn code(number: u16) -> String {
    match number {
        0 => "NOERROR".to_owned(),
        1 => "FORMERR".to_owned(),
        2 => "SERVFAIL".to_owned(),
        3 => "NXDOMAIN".to_owned(),
        4 => "NOTIMP".to_owned(),
        5 => "REFUSED".to_owned(),
        other => format!("RCODE{other}"),
    }
}
