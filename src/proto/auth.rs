//! HTTP authentication (RFC 9110, 11): what is offered and what is sent, without the secrets.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

use crate::limits::{MAX_CHALLENGES, MAX_CREDENTIAL, MAX_HTTP_FIELD};
use crate::proto::ntlm::{self, NtlmMessage, NtlmUser};

/// Longest scheme name that is kept.
const MAX_SCHEME: usize = 32;
/// Object identifiers of Kerberos in SPNEGO: 1.2.840.113554.1.2.2 and Microsoft's 1.2.840.48018.1.2.2, in DER.
const KERBEROS_OIDS: [&[u8]; 2] =
    [b"\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02", b"\x06\x09\x2a\x86\x48\x82\xf7\x12\x01\x02\x02"];
/// Base64 that may be cut anywhere.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Authentication scheme.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// RFC 7617.
    Basic,
    /// RFC 7616.
    Digest,
    /// NTLM over HTTP (MS-NTHT).
    Ntlm,
    /// SPNEGO: Kerberos or NTLM (RFC 4559).
    Negotiate,
    /// Kerberos without SPNEGO, as some proxies name it.
    Kerberos,
    /// RFC 6750.
    Bearer,
    /// Another, as written, bounded.
    Other(String),
}

impl Scheme {
    /// The scheme of a name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        let known = [Self::Basic, Self::Digest, Self::Ntlm, Self::Negotiate, Self::Kerberos, Self::Bearer];
        known
            .into_iter()
            .find(|scheme| scheme.name().eq_ignore_ascii_case(name))
            .unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// What follows the scheme is one token, never parameters.
    const fn speaks_tokens(&self) -> bool {
        matches!(self, Self::Ntlm | Self::Negotiate | Self::Kerberos)
    }

    /// Its name as reports show it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Basic => "Basic",
            Self::Digest => "Digest",
            Self::Ntlm => "NTLM",
            Self::Negotiate => "Negotiate",
            Self::Kerberos => "Kerberos",
            Self::Bearer => "Bearer",
            Self::Other(name) => name,
        }
    }
}

/// One challenge of a `WWW-Authenticate` or `Proxy-Authenticate` field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Scheme.
    pub scheme: Scheme,
    /// What it asks for.
    pub kind: ChallengeKind,
    /// `realm`, bounded.
    pub realm: Option<String>,
}

/// What a challenge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChallengeKind {
    /// Authenticate with this scheme.
    Offer,
    /// NTLM type 2 (bare, under Negotiate, or inside SPNEGO): go on with type 3 on the same connection.
    NtlmType2,
    /// Another token of an exchange under way.
    Continue,
}

/// What an `Authorization` or `Proxy-Authorization` field holds, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Scheme.
    pub scheme: Scheme,
    /// What was sent.
    pub kind: CredentialKind,
}

impl Credential {
    /// Whether it only begins an exchange: no answer to it is a refusal of anybody.
    #[must_use]
    pub const fn begins(&self) -> bool {
        matches!(self.kind, CredentialKind::Ntlm1)
    }
}

/// What a credential is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CredentialKind {
    /// NTLM type 1: begins an exchange.
    Ntlm1,
    /// NTLM type 3: the answer to type 2.
    Ntlm3(NtlmUser),
    /// A Kerberos ticket (bare or inside SPNEGO).
    Kerberos,
    /// A SPNEGO token that holds neither NTLM nor Kerberos, or could not be read.
    NegotiateOther,
    /// Basic; the password is dropped.
    Basic {
        /// User, where it could be read.
        user: Option<String>,
    },
    /// Digest; the response is dropped.
    Digest {
        /// `username`, where there is one.
        user: Option<String>,
    },
    /// A bearer token (dropped).
    Bearer,
    /// Anything else (dropped).
    Other,
}

/// Reads the value of one `WWW-Authenticate` or `Proxy-Authenticate` line, which may hold several challenges
/// (RFC 9110, 11.6.1). At most [`MAX_CHALLENGES`] are read.
#[must_use]
pub fn parse_challenges(value: &[u8]) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for element in split_outside_quotes(value) {
        let (word, rest) = split_word(element);
        let begins = !word.is_empty() && !word.contains(&b'=') && !rest.starts_with(b"=");
        if begins {
            if challenges.len() == MAX_CHALLENGES {
                break;
            }
            let scheme = Scheme::from_name(&lossy(word, MAX_SCHEME));
            let is_token = scheme.speaks_tokens() && !rest.is_empty();
            let kind = if is_token { challenge_kind(rest) } else { ChallengeKind::Offer };
            let realm = if is_token { None } else { parameter(rest, "realm") };
            challenges.push(Challenge { scheme, kind, realm });
        } else if let Some(last) = challenges.last_mut() {
            // A further parameter of the challenge before it.
            if last.realm.is_none() {
                last.realm = parameter(element, "realm");
            }
        }
    }
    challenges
}

/// Reads the value of an `Authorization` or `Proxy-Authorization` line; `None` where it is empty.
#[must_use]
pub fn parse_credential(value: &[u8]) -> Option<Credential> {
    let (word, rest) = split_word(value.trim_ascii());
    if word.is_empty() {
        return None;
    }
    let mut scheme = Scheme::from_name(&lossy(word, MAX_SCHEME));
    if matches!(scheme, Scheme::Other(_)) && (rest.is_empty() || !word.iter().all(|byte| is_token_byte(*byte))) {
        // A bare key without a scheme: not even its start is kept.
        scheme = Scheme::Other(String::new());
    }
    let kind = match scheme {
        Scheme::Basic => CredentialKind::Basic { user: basic_user(rest) },
        Scheme::Digest => {
            CredentialKind::Digest { user: split_outside_quotes(rest).find_map(|item| parameter(item, "username")) }
        }
        Scheme::Bearer => CredentialKind::Bearer,
        Scheme::Ntlm | Scheme::Negotiate | Scheme::Kerberos => token_kind(&scheme, rest),
        Scheme::Other(_) => CredentialKind::Other,
    };
    Some(Credential { scheme, kind })
}

fn challenge_kind(token: &[u8]) -> ChallengeKind {
    let decoded = decode(token);
    match find_ntlm(&decoded) {
        Some(NtlmMessage::Challenge) => ChallengeKind::NtlmType2,
        _ => ChallengeKind::Continue,
    }
}

fn token_kind(scheme: &Scheme, token: &[u8]) -> CredentialKind {
    let decoded = decode(token);
    match find_ntlm(&decoded) {
        Some(NtlmMessage::Negotiate) => CredentialKind::Ntlm1,
        Some(NtlmMessage::Authenticate(user)) => CredentialKind::Ntlm3(user),
        Some(NtlmMessage::Challenge) => CredentialKind::Other,
        None if *scheme == Scheme::Ntlm => CredentialKind::Other,
        None if *scheme == Scheme::Kerberos || names_kerberos(&decoded) => CredentialKind::Kerberos,
        None => CredentialKind::NegotiateOther,
    }
}

/// The NTLM message in a token: the token itself, or what SPNEGO carries.
fn find_ntlm(token: &[u8]) -> Option<NtlmMessage> {
    let at = memchr::memmem::find(token, ntlm::SIGNATURE)?;
    ntlm::parse(token.get(at..)?)
}

fn names_kerberos(token: &[u8]) -> bool {
    KERBEROS_OIDS.iter().any(|oid| memchr::memmem::find(token, oid).is_some())
}

fn basic_user(token: &[u8]) -> Option<String> {
    let decoded = decode(token);
    let end = memchr::memchr(b':', &decoded)?;
    decoded.get(..end).map(|user| lossy(user, MAX_HTTP_FIELD))
}

/// The bytes of a base64 token up to its end, the first byte that is none, or [`MAX_CREDENTIAL`].
fn decode(token: &[u8]) -> Vec<u8> {
    let token = token.get(..MAX_CREDENTIAL.min(token.len())).unwrap_or_default();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut length = token.iter().take_while(|byte| is_base64(byte)).count();
    if length % 4 == 1 {
        length -= 1;
    }
    token.get(..length).and_then(|digits| LENIENT.decode(digits).ok()).unwrap_or_default()
}

/// Elements of a comma-separated list; commas in quoted strings do not part (RFC 9110, 5.6.1).
fn split_outside_quotes(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    value
        .split(move |&byte| {
            if escaped {
                escaped = false;
            } else if quoted && byte == b'\\' {
                escaped = true;
            } else if byte == b'"' {
                quoted = !quoted;
            }
            byte == b',' && !quoted
        })
        .map(<[u8]>::trim_ascii)
        .filter(|element| !element.is_empty())
}

/// The first word and what stands after the blanks that follow it.
fn split_word(value: &[u8]) -> (&[u8], &[u8]) {
    let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (word, rest) = value.split_at(end);
    (word, rest.trim_ascii())
}

/// The value of parameter `name` in one element `name = value`, a quoted string undone.
fn parameter(element: &[u8], name: &str) -> Option<String> {
    let equals = memchr::memchr(b'=', element)?;
    let (key, value) = element.split_at(equals);
    if !key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()) {
        return None;
    }
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    let Some(quoted) = value.strip_prefix(b"\"") else { return Some(lossy(value, MAX_HTTP_FIELD)) };
    let mut text = Vec::new();
    let mut bytes = quoted.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'"' => break,
            b'\\' => text.extend(bytes.next()),
            _ => text.push(byte),
        }
    }
    Some(lossy(&text, MAX_HTTP_FIELD))
}

fn lossy(bytes: &[u8], max: usize) -> String {
    String::from_utf8_lossy(bytes.get(..max.min(bytes.len())).unwrap_or_default()).into_owned()
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
