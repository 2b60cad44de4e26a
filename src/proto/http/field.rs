//! Fields of a head: what each one means to us. Names are compared in any case, values cut at [`MAX_HTTP_FIELD`].

use super::date;
use super::head::{Persistence, RequestHead, ResponseHead};
use super::target::{split_authority, without_user_information};
use crate::limits::{MAX_CHALLENGES, MAX_HTTP_FIELD, MAX_HTTP_MARKERS};
use crate::proto::Anomaly;
use crate::proto::auth::{self, Challenge};

/// Fields that every server sends, or that have a place of their own: they tell nothing about who answered.
const ORDINARY: [&str; 30] = [
    "accept-ranges",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "age",
    "allow",
    "alt-svc",
    "authentication-info",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "location",
    "pragma",
    "proxy-authenticate",
    "proxy-connection",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "www-authenticate",
    "x-cache",
];
/// Characters kept of the value of a field that may tell who answered.
const MAX_MARKER: usize = 128;
/// Longest field name that is looked at.
const MAX_NAME: usize = 64;

/// A value as text: lossily UTF-8, folds and runs of blanks at folds made one blank, bounded.
pub(super) fn text(value: &[u8]) -> String {
    let value = value.trim_ascii();
    let value = value.get(..MAX_HTTP_FIELD.min(value.len())).unwrap_or_default();
    let text = String::from_utf8_lossy(value);
    if text.contains(['\r', '\n']) {
        text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    } else {
        text.into_owned()
    }
}

/// Notes one field of a request.
pub(super) fn request_field(head: &mut RequestHead, name: &[u8], value: &[u8]) {
    let Some(name) = lower(name) else { return };
    match name.as_str() {
        "host" if head.host.is_none() => {
            let (host, port) = split_authority(&text(value));
            head.host = (!host.is_empty()).then_some(host);
            head.port = port;
        }
        "user-agent" => first(&mut head.user_agent, value),
        "if-none-match" | "if-modified-since" => head.conditional = true,
        "content-length" => content_length(&mut head.content_length, head.chunked, &mut head.anomalies, value),
        "transfer-encoding" => {
            head.chunked = chunked(head.content_length.is_some(), &mut head.anomalies, value);
        }
        "expect" => head.expect_continue = has_word(value, "100-continue"),
        "connection" => persistence(&mut head.connection, value),
        "proxy-connection" => persistence(&mut head.proxy_connection, value),
        "authorization" if head.authorization.is_none() => head.authorization = auth::parse_credential(value),
        "proxy-authorization" if head.proxy_authorization.is_none() => {
            head.proxy_authorization = auth::parse_credential(value);
        }
        "via" => joined(&mut head.via, value),
        "x-forwarded-for" | "forwarded" => joined(&mut head.forwarded_for, value),
        "upgrade" => first(&mut head.upgrade, value),
        _ => {}
    }
}

/// Notes one field of a response.
pub(super) fn response_field(head: &mut ResponseHead, name: &[u8], value: &[u8]) {
    let Some(name) = lower(name) else { return };
    match name.as_str() {
        "location" if head.location.is_none() => head.location = Some(without_user_information(&text(value))),
        "server" => first(&mut head.server, value),
        "via" => joined(&mut head.via, value),
        "x-cache" => joined(&mut head.x_cache, value),
        "age" if head.age.is_none() => head.age = text(value).parse().ok(),
        "date" if head.date.is_none() => head.date = date::parse(&text(value)),
        "content-type" => first(&mut head.content_type, value),
        "content-length" => content_length(&mut head.content_length, head.chunked, &mut head.anomalies, value),
        "transfer-encoding" => {
            head.chunked = chunked(head.content_length.is_some(), &mut head.anomalies, value);
        }
        "content-encoding" => {
            let coding = text(value).to_ascii_lowercase();
            if !coding.is_empty() && coding != "identity" {
                joined(&mut head.content_encoding, coding.as_bytes());
            }
        }
        "connection" => persistence(&mut head.connection, value),
        "proxy-connection" => persistence(&mut head.proxy_connection, value),
        "proxy-authenticate" => challenges(&mut head.proxy_authenticate, value),
        "www-authenticate" => challenges(&mut head.www_authenticate, value),
        _ => {}
    }
    if name == "set-cookie" {
        // Never the value: it may be a secret.
        let cookie = value.split(|byte| *byte == b'=').next().filter(|cookie| cookie.len() < value.len());
        if let Some(cookie) = cookie.filter(|cookie| cookie.len() <= MAX_NAME && head.cookies.len() < MAX_HTTP_MARKERS)
        {
            head.cookies.push(text(cookie));
        }
    } else if !ORDINARY.contains(&name.as_str()) && head.markers.len() < MAX_HTTP_MARKERS {
        let value = value.trim_ascii();
        head.markers.push((name, text(value.get(..MAX_MARKER.min(value.len())).unwrap_or_default())));
    }
}

fn lower(name: &[u8]) -> Option<String> {
    let name = name.trim_ascii();
    (name.len() <= MAX_NAME).then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

fn first(slot: &mut Option<String>, value: &[u8]) {
    if slot.is_none() {
        *slot = Some(text(value));
    }
}

fn joined(slot: &mut Option<String>, value: &[u8]) {
    let value = text(value);
    match slot {
        None => *slot = Some(value),
        Some(before) if before.len() + value.len() + 2 <= MAX_HTTP_FIELD => {
            before.push_str(", ");
            before.push_str(&value);
        }
        Some(_) => {}
    }
}

fn challenges(slot: &mut Vec<Challenge>, value: &[u8]) {
    slot.extend(auth::parse_challenges(value));
    slot.truncate(MAX_CHALLENGES);
}

/// `Content-Length`, which may be repeated with the same number (RFC 9112, 6.3).
fn content_length(slot: &mut Option<u64>, chunked: bool, anomalies: &mut Vec<Anomaly>, value: &[u8]) {
    for item in text(value).split(',').map(str::trim) {
        let number = item.parse::<u64>().ok().filter(|_| item.bytes().all(|byte| byte.is_ascii_digit()));
        match (number, *slot) {
            (Some(number), None) => *slot = Some(number),
            (Some(number), Some(before)) if number == before => {}
            _ => note(anomalies, Anomaly::HttpContentLength),
        }
    }
    if chunked {
        note(anomalies, Anomaly::HttpLengthAndChunked);
    }
}

/// Whether the last transfer coding is `chunked`.
fn chunked(has_length: bool, anomalies: &mut Vec<Anomaly>, value: &[u8]) -> bool {
    let is_chunked = text(value).rsplit(',').next().is_some_and(|last| last.trim().eq_ignore_ascii_case("chunked"));
    if is_chunked && has_length {
        note(anomalies, Anomaly::HttpLengthAndChunked);
    }
    is_chunked
}

fn persistence(slot: &mut Persistence, value: &[u8]) {
    if has_word(value, "close") {
        *slot = Persistence::Close;
    } else if has_word(value, "keep-alive") && *slot == Persistence::Unsaid {
        *slot = Persistence::KeepAlive;
    }
}

fn has_word(value: &[u8], word: &str) -> bool {
    value.split(|byte| *byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
}

fn note(anomalies: &mut Vec<Anomaly>, anomaly: Anomaly) {
    if !anomalies.contains(&anomaly) {
        anomalies.push(anomaly);
    }
}
