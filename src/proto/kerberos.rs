//! Kerberos (RFC 4120), as far as a ticket was refused: KRB-ERROR messages.

/// Names are bounded to what a report shows.
const MAX_NAME: usize = 256;
/// Longest message that is looked at: an error with its data stays far below.
pub const MAX_MESSAGE: usize = 4 << 10;
/// Tag of KRB-ERROR: `[APPLICATION 30]`, constructed (RFC 4120, 5.9.1).
const KRB_ERROR: u8 = 0x7e;
const SEQUENCE: u8 = 0x30;
/// Parts of a service's name that are joined.
const MAX_PARTS: usize = 4;

/// Error codes that the analysis names (RFC 4120, 7.5.9).
pub mod code {
    /// The client is not known to the KDC.
    pub const CLIENT_UNKNOWN: i64 = 6;
    /// The service is not known to the KDC: no service principal name.
    pub const SERVICE_UNKNOWN: i64 = 7;
    /// The KDC wants the client to prove itself first: the normal second step, no failure.
    pub const PREAUTH_REQUIRED: i64 = 25;
    /// The clocks differ by more than five minutes.
    pub const CLOCK_SKEW: i64 = 37;
    /// The answer is too large for a datagram: the client asks again over TCP, no failure.
    pub const TOO_BIG: i64 = 52;
}

/// Why a KDC gave no ticket, and for which service.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KrbError {
    /// Error code.
    pub code: i64,
    /// Realm of the service.
    pub realm: String,
    /// The service, parts joined by `/`: `HTTP/proxy.corp.example`; empty where the message names none.
    pub service: String,
}

impl KrbError {
    /// Whether the client goes on as planned.
    #[must_use]
    pub const fn is_normal(&self) -> bool {
        matches!(self.code, code::PREAUTH_REQUIRED | code::TOO_BIG)
    }
}

/// Reads a KRB-ERROR; `None` for every other message.
#[must_use]
pub fn parse_error(bytes: &[u8]) -> Option<KrbError> {
    let (KRB_ERROR, body, _) = element(bytes)? else { return None };
    let (SEQUENCE, mut fields, _) = element(body)? else { return None };
    let (mut code, mut realm, mut service) = (None, String::new(), String::new());
    while let Some((tag, content, rest)) = element(fields) {
        match tag {
            0xa6 => code = integer(content),
            0xa9 => realm = element(content).map(|(_, text, _)| text_of(text)).unwrap_or_default(),
            0xaa => service = principal(content),
            _ => {}
        }
        fields = rest;
    }
    Some(KrbError { code: code?, realm, service })
}

/// The first message of a TCP stream where it is whole: four bytes of length stand before it (RFC 4120, 7.2.2).
#[must_use]
pub fn framed(stream: &[u8]) -> Option<&[u8]> {
    let (length, rest) = stream.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    rest.get(..length)
}

/// A principal's name: `SEQUENCE { name-type [0], name-string [1] SEQUENCE OF GeneralString }`.
fn principal(content: &[u8]) -> String {
    let name = || -> Option<Vec<String>> {
        let (SEQUENCE, mut fields, _) = element(content)? else { return None };
        let mut parts = Vec::new();
        while let Some((tag, field, rest)) = element(fields) {
            if tag == 0xa1 {
                let (_, mut strings, _) = element(field)?;
                while let Some((_, text, more)) = element(strings).filter(|_| parts.len() < MAX_PARTS) {
                    parts.push(text_of(text));
                    strings = more;
                }
            }
            fields = rest;
        }
        Some(parts)
    };
    name().unwrap_or_default().join("/")
}

fn integer(content: &[u8]) -> Option<i64> {
    let (0x02, digits, _) = element(content)? else { return None };
    let first = *digits.first().filter(|_| digits.len() <= 4)?;
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    Some(digits.iter().fold(start, |value, digit| value << 8 | i64::from(*digit)))
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..MAX_NAME.min(bytes.len())).unwrap_or_default()).into_owned()
}

/// One DER element: its tag, its content, and what follows (X.690, 8.1). Of a cut one the content that is there.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk::<2>()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => rest.split_first_chunk::<1>().map(|([a], rest)| (usize::from(*a), rest))?,
        0x82 => rest.split_first_chunk::<2>().map(|(both, rest)| (usize::from(u16::from_be_bytes(*both)), rest))?,
        _ => return None,
    };
    let (content, rest) = rest.split_at(length.min(rest.len()));
    Some((tag, content, rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![tag, u8::try_from(content.len()).unwrap()];
        out.extend_from_slice(content);
        out
    }

    /// A KRB-ERROR of that code for that service.
    pub(crate) fn error(code: u8, service: &[&str]) -> Vec<u8> {
        let strings: Vec<u8> = service.iter().flat_map(|part| der(0x1b, part.as_bytes())).collect();
        let name = der(0x30, &[der(0xa0, &der(2, &[2])), der(0xa1, &der(0x30, &strings))].concat());
        let fields = [
            der(0xa0, &der(2, &[5])),
            der(0xa1, &der(2, &[30])),
            der(0xa4, &der(0x18, b"20260102030405Z")),
            der(0xa6, &der(2, &[code])),
            der(0xa9, &der(0x1b, b"CORP.EXAMPLE")),
            der(0xaa, &name),
        ];
        der(0x7e, &der(0x30, &fields.concat()))
    }

    #[test]
    fn code_realm_and_service_are_read() {
        let told = parse_error(&error(7, &["HTTP", "proxy.corp.example"])).unwrap();
        assert_eq!(told, KrbError { code: 7, realm: "CORP.EXAMPLE".into(), service: "HTTP/proxy.corp.example".into() });
        assert!(!told.is_normal() && parse_error(&error(25, &["krbtgt"])).unwrap().is_normal());
        assert_eq!(parse_error(b"\x6d\x02\x30\x00"), None);
    }

    #[test]
    fn every_cut_and_every_wrong_byte_is_survived() {
        let whole = error(37, &["HTTP", "proxy"]);
        for length in 0..whole.len() {
            let _ = parse_error(&whole[..length]);
            let mut damaged = whole.clone();
            damaged[length] = 0xff;
            let _ = parse_error(&damaged);
        }
        let stream = [&u32::try_from(whole.len()).unwrap().to_be_bytes()[..], &whole].concat();
        assert_eq!(framed(&stream), Some(&whole[..]));
        assert_eq!(framed(&stream[..stream.len() - 1]), None);
    }
}
