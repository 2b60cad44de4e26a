//! The start of an HTTP message or of TLS records inside one segment, for the eye.

use super::inspect::Seen;
use crate::proto::auth::{Challenge, ChallengeKind, Credential, CredentialKind};
use crate::proto::http::{Parse, parse_request_partial, parse_response_partial};
use crate::proto::tls::{TlsMessage, TlsStream};
use crate::source::PacketRef;
use crate::text::{sanitize, sanitize_bytes};

/// Longest line that is shown.
const MAX_LINE: usize = 160;

/// Fields of a head that are worth finding among the bytes; those that decide.
const SHOWN: [(&[u8], bool); 10] = [
    (b"location", true),
    (b"host", false),
    (b"user-agent", false),
    (b"server", false),
    (b"via", false),
    (b"content-type", false),
    (b"content-length", false),
    (b"proxy-authenticate", true),
    (b"www-authenticate", true),
    (b"proxy-authorization", true),
];

/// Tells the HTTP head that `bytes` start with, where there is one.
pub(super) fn http(seen: &mut Seen, bytes: &[u8], at: Option<usize>) -> bool {
    let summary = match (parse_request_partial(bytes), parse_response_partial(bytes)) {
        (Parse::Done(head, _) | Parse::Cut(head), _) if !head.method.is_empty() => {
            let credential = head.proxy_authorization.as_ref().or(head.authorization.as_ref());
            let credential = credential.map(|own| format!(", {}", credential_name(own))).unwrap_or_default();
            format!("{} {}{credential}", head.method, head.target)
        }
        (_, Parse::Done(head, _) | Parse::Cut(head)) if head.status != 0 => {
            let location = head.location.map(|location| format!(", Location {location}")).unwrap_or_default();
            let schemes: Vec<String> =
                head.proxy_authenticate.iter().chain(&head.www_authenticate).map(challenge_name).collect();
            let schemes = if schemes.is_empty() { String::new() } else { format!(", offers {}", schemes.join(" ")) };
            format!("{} {}{location}{schemes}", head.status, head.reason)
        }
        _ => return false,
    };
    seen.protocol = "HTTP";
    seen.summary = sanitize(&summary, MAX_LINE);
    let Some(at) = at else { return true };
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = line.trim_ascii_end();
        if text.is_empty() && start > 0 {
            break;
        }
        let place = at + start..at + start + text.len();
        if start == 0 {
            seen.field("HTTP", sanitize_bytes(text, MAX_LINE), place, true);
        } else if let Some(colon) = text.iter().position(|byte| *byte == b':') {
            let name = text.get(..colon).unwrap_or_default();
            let found = SHOWN.iter().find(|(shown, _)| name.eq_ignore_ascii_case(shown));
            if let Some((_, decisive)) = found {
                let hidden =
                    seen.secrets.iter().find(|secret| place.contains(&secret.start)).map(|secret| secret.start);
                let end = hidden.map_or(text.len(), |hidden| hidden - at - start);
                let value = text.get(colon + 1..end).unwrap_or_default().trim_ascii();
                let mut value = sanitize_bytes(value, MAX_LINE);
                if hidden.is_some() {
                    value.push_str(" ***");
                }
                seen.field(&sanitize_bytes(name, MAX_LINE), value, place, *decisive);
            }
        }
        start += line.len();
    }
    true
}

/// A credential by scheme and step, without its secret.
fn credential_name(credential: &Credential) -> String {
    let scheme = credential.scheme.name();
    match &credential.kind {
        CredentialKind::Ntlm1 => format!("{scheme} type 1"),
        CredentialKind::Ntlm3(user) => format!("{scheme} type 3 {}\\{}", user.domain, user.user),
        CredentialKind::Kerberos => format!("{scheme} (Kerberos)"),
        CredentialKind::Basic { user: Some(user) } | CredentialKind::Digest { user: Some(user) } => {
            format!("{scheme} {user}")
        }
        _ => scheme.to_owned(),
    }
}

/// A challenge by scheme and step.
fn challenge_name(challenge: &Challenge) -> String {
    let step = if challenge.kind == ChallengeKind::NtlmType2 { " type 2" } else { "" };
    format!("{}{step}", challenge.scheme.name())
}

/// Tells the TLS records that `bytes` start with, where there are any.
pub(super) fn tls(seen: &mut Seen, bytes: &[u8], at: Option<usize>, packet: PacketRef) {
    let mut stream = TlsStream::default();
    let mut events = Vec::new();
    stream.feed(bytes, packet, &mut events);
    events.extend(stream.partial());
    let told: Vec<String> = events.iter().filter_map(|event| tell(&event.message)).collect();
    if told.is_empty() || events.iter().any(|event| matches!(event.message, TlsMessage::Garbage)) {
        return;
    }
    seen.protocol = "TLS";
    seen.summary = sanitize(&told.join(", "), MAX_LINE);
    if let Some(at) = at {
        records(seen, bytes, at);
    }
}

fn tell(message: &TlsMessage) -> Option<String> {
    Some(match message {
        TlsMessage::ClientHello(hello) => {
            let name = hello.sni.as_deref().map(|name| format!(" for {name}")).unwrap_or_default();
            format!("ClientHello, at most TLS {}{name}", hello.max_version())
        }
        TlsMessage::ServerHello(hello) => format!("ServerHello, TLS {}", hello.version),
        TlsMessage::Certificate(_) => "Certificate".to_owned(),
        TlsMessage::ServerKeyExchange => "ServerKeyExchange".to_owned(),
        TlsMessage::CertificateRequest => "CertificateRequest".to_owned(),
        TlsMessage::ServerHelloDone => "ServerHelloDone".to_owned(),
        TlsMessage::ClientKeyExchange => "ClientKeyExchange".to_owned(),
        TlsMessage::CertificateVerify => "CertificateVerify".to_owned(),
        TlsMessage::Handshake(kind) => format!("handshake {kind}"),
        TlsMessage::EncryptedHandshake => "encrypted handshake".to_owned(),
        TlsMessage::ChangeCipherSpec => "ChangeCipherSpec".to_owned(),
        TlsMessage::Alert { level, code } => format!("alert {code} (level {level})"),
        TlsMessage::EncryptedAlert => "encrypted alert".to_owned(),
        TlsMessage::ApplicationData { len } => format!("data {len} bytes"),
        TlsMessage::Garbage => return None,
    })
}

/// Marks the headers of the records, and alerts.
fn records(seen: &mut Seen, bytes: &[u8], at: usize) {
    let mut start = 0;
    while let Some(&[kind, major, minor, high, low]) = bytes.get(start..).and_then(|rest| rest.first_chunk::<5>()) {
        let name = match kind {
            20 => "ChangeCipherSpec",
            21 => "alert",
            22 => "handshake",
            23 => "data",
            _ => return,
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let place = at + start..at + start + 5;
        seen.field("TLS record", format!("{name}, version {major}.{minor}, {length} bytes"), place.clone(), false);
        let body = place.end..(place.end + length).min(at + bytes.len());
        let first = bytes.get(start + 5).copied();
        match (kind, first) {
            (21, Some(level)) if length == 2 => {
                let code = bytes.get(start + 6).copied().unwrap_or(0);
                seen.field("TLS alert", format!("level {level}, code {code}"), body, true);
            }
            (22, Some(kind @ (1 | 2))) => {
                let what = if kind == 1 { "ClientHello" } else { "ServerHello" };
                seen.field("TLS handshake", what, body.start..(body.start + 6).min(body.end), true);
            }
            _ => {}
        }
        start += 5 + length;
    }
}
