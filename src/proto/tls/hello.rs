//! ClientHello and ServerHello: `tls-parser` reads whole ones; what it refuses and what is cut is read field by field.

use serde::{Deserialize, Serialize};
use tls_parser::{TlsMessage as Parsed, TlsMessageHandshake as Handshake, parse_tls_message_handshake};

use super::TlsVersion;
use super::extension::{self, Fields};

/// Handshake header: type and length (RFC 8446, 4).
const HEADER: usize = 4;
/// Longest session id.
const MAX_SESSION_ID: usize = 32;
/// TLS_FALLBACK_SCSV (RFC 7507).
const FALLBACK_SCSV: u16 = 0x5600;
/// Random of a HelloRetryRequest (RFC 8446, 4.1.3).
const HELLO_RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Drafts of TLS 1.3 before the 22nd, whose ServerHello has neither session id nor compression
/// (draft-ietf-tls-tls13-22, 1.2).
const EARLY_DRAFTS: std::ops::RangeInclusive<u16> = 0x7f01..=0x7f15;

/// How a ClientHello was framed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum HelloFormat {
    /// In a TLS record.
    #[default]
    Record,
    /// As an SSL 2.0 CLIENT-HELLO, which may offer later versions (RFC 5246, E.2).
    Ssl2,
}

/// What a client offers. GREASE values (RFC 8701) are left out everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClientHello {
    /// Framing.
    pub format: HelloFormat,
    /// The whole message was read; otherwise lists end early and absent extensions may just have been cut off.
    pub complete: bool,
    /// `legacy_version` of the message (not of the record).
    pub legacy_version: TlsVersion,
    /// Session id, at most 32 bytes.
    pub session_id: Vec<u8>,
    /// Cipher suites in order, SCSVs included; of an SSL 2.0 hello those that TLS knows.
    pub ciphers: Vec<u16>,
    /// Extension types in order.
    pub extensions: Vec<u16>,
    /// Server name in lower case; the outer one where ECH is used.
    pub sni: Option<String>,
    /// `supported_versions` in order; empty where the extension is absent.
    pub supported_versions: Vec<TlsVersion>,
    /// Application protocols in order.
    pub alpn: Vec<String>,
    /// Named groups in order.
    pub groups: Vec<u16>,
    /// Signature algorithms in order.
    pub signature_algorithms: Vec<u16>,
    /// EC point formats in order.
    pub point_formats: Vec<u8>,
    /// TLS_FALLBACK_SCSV: a retry at a lower version (RFC 7507).
    pub fallback_scsv: bool,
    /// `encrypted_client_hello`: the name shown may not be the one wanted.
    pub encrypted_hello: bool,
    /// Offers a pre-shared key or session ticket: resumption.
    pub resumes: bool,
}

impl ClientHello {
    /// Highest version offered: of `supported_versions`, else `legacy_version` (RFC 8446, 4.2.1).
    #[must_use]
    pub fn max_version(&self) -> TlsVersion {
        self.supported_versions
            .iter()
            .copied()
            .filter(|version| version.is_known())
            .max()
            .unwrap_or(self.legacy_version)
    }

    /// Whether [`ClientHello::max_version`] is certain: a hello cut before `supported_versions` may offer TLS 1.3.
    #[must_use]
    pub fn max_version_is_certain(&self) -> bool {
        self.complete || !self.supported_versions.is_empty() || self.legacy_version < TlsVersion::TLS1_2
    }

    /// Whether `version` is among what is offered; `None` where the hello does not say (no `supported_versions`: only
    /// the maximum is known, and versions below it may be refused).
    #[must_use]
    pub fn offers(&self, version: TlsVersion) -> Option<bool> {
        if self.supported_versions.is_empty() {
            return if version > self.legacy_version {
                self.max_version_is_certain().then_some(false)
            } else if version == self.legacy_version {
                Some(true)
            } else {
                None
            };
        }
        Some(self.supported_versions.contains(&version))
    }

    /// Reads a ClientHello that came in no record, as QUIC carries it (RFC 9001, 4); `None` for another message, or where
    /// not even the version is there.
    #[must_use]
    pub fn of_message(message: &[u8], is_whole: bool) -> Option<Self> {
        const CLIENT_HELLO: u8 = 1;
        if *message.first()? == CLIENT_HELLO { Self::read(message, is_whole) } else { None }
    }

    /// Reads a handshake message (with its header) that may be cut; `None` where not even the version is there. What
    /// stops early has said what it could.
    pub(super) fn read(message: &[u8], is_whole: bool) -> Option<Self> {
        let parsed = if is_whole { parse_tls_message_handshake(message).ok() } else { None };
        if let Some((_, Parsed::Handshake(Handshake::ClientHello(parsed)))) = parsed {
            let mut hello = Self {
                complete: true,
                legacy_version: TlsVersion::from_wire(parsed.version.0),
                session_id: parsed.session_id.unwrap_or_default().to_vec(),
                ..Self::default()
            };
            let ciphers: Vec<u8> = parsed.ciphers.iter().flat_map(|cipher| cipher.0.to_be_bytes()).collect();
            hello.set_ciphers(&ciphers);
            extension::of_client(&mut hello, parsed.ext.unwrap_or_default());
            return Some(hello);
        }
        let mut fields = Fields(message.get(HEADER..)?);
        let version = TlsVersion::from_wire(fields.u16()?);
        let mut hello = Self { legacy_version: version, ..Self::default() };
        hello.complete = hello.read_rest(fields).is_some() && is_whole;
        Some(hello)
    }

    fn read_rest(&mut self, mut fields: Fields<'_>) -> Option<()> {
        fields.take(32)?;
        let length = usize::from(fields.u8()?);
        self.session_id = session_id(fields.take(length)?);
        let length = usize::from(fields.u16()?);
        self.set_ciphers(fields.take_up_to(length));
        let length = usize::from(fields.u8()?);
        fields.take(length)?;
        // A hello may end before its extensions.
        let length = usize::from(fields.u16().unwrap_or_default());
        extension::of_client(self, fields.take_up_to(length));
        Some(())
    }

    pub(super) fn set_ciphers(&mut self, pairs: &[u8]) {
        self.ciphers = extension::numbers(pairs);
        self.fallback_scsv = self.ciphers.contains(&FALLBACK_SCSV);
    }
}

/// Downgrade sentinel in a server's random (RFC 8446, 4.1.3): the server could do more than it chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Downgrade {
    /// Server does TLS 1.3 and chose 1.2.
    ToTls12,
    /// Server does TLS 1.2 or later and chose 1.1 or below.
    ToTls11OrBelow,
}

/// What a server chose.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ServerHello {
    /// The whole message was read.
    pub complete: bool,
    /// `supported_versions` where present, else the version field. Of a cut message that says 1.2 it may be 1.3.
    pub version: TlsVersion,
    /// Cipher suite; `None` where cut.
    pub cipher: Option<u16>,
    /// A HelloRetryRequest.
    pub hello_retry: bool,
    /// Downgrade sentinel.
    pub downgrade: Option<Downgrade>,
    /// Session id.
    pub session_id: Vec<u8>,
    /// Application protocol chosen in the clear.
    pub alpn: Option<String>,
    /// `pre_shared_key` is accepted: TLS 1.3 resumption.
    pub psk: bool,
}

impl ServerHello {
    /// Whether [`ServerHello::version`] is certain: a message cut before `supported_versions` says 1.2 for 1.3 too. The
    /// suite tells those of TLS 1.3 (`0x13NN`) apart.
    #[must_use]
    pub const fn version_is_certain(&self) -> bool {
        self.complete
            || self.version.0 != TlsVersion::TLS1_2.0
            || matches!(self.cipher, Some(cipher) if cipher >> 8 != 0x13)
    }

    /// Whether this resumes a session of the client (no certificate will be seen): below TLS 1.3 the client's session
    /// id comes back, in TLS 1.3 its pre-shared key is accepted.
    #[must_use]
    pub fn resumes(&self, client: &ClientHello) -> bool {
        if self.version >= TlsVersion::TLS1_3 {
            self.psk
        } else {
            !self.session_id.is_empty() && self.session_id == client.session_id
        }
    }

    /// Reads a handshake message (with its header) that may be cut; `None` where not even the version is there.
    pub(super) fn read(message: &[u8], is_whole: bool) -> Option<Self> {
        let mut fields = Fields(message.get(HEADER..)?);
        let number = fields.u16()?;
        let is_early_draft = EARLY_DRAFTS.contains(&number);
        let parsed = if is_whole && !is_early_draft { parse_tls_message_handshake(message).ok() } else { None };
        if let Some((_, Parsed::Handshake(Handshake::ServerHello(parsed)))) = parsed {
            let mut hello = Self {
                complete: true,
                version: TlsVersion::from_wire(parsed.version.0),
                cipher: Some(parsed.cipher.0),
                session_id: parsed.session_id.unwrap_or_default().to_vec(),
                ..Self::default()
            };
            hello.set_random(parsed.random);
            extension::of_server(&mut hello, parsed.ext.unwrap_or_default());
            return Some(hello);
        }
        let mut hello = Self { version: TlsVersion::from_wire(number), ..Self::default() };
        hello.complete = hello.read_rest(fields, is_early_draft).is_some() && is_whole;
        Some(hello)
    }

    fn read_rest(&mut self, mut fields: Fields<'_>, is_early_draft: bool) -> Option<()> {
        self.set_random(fields.take(32)?);
        if is_early_draft {
            self.cipher = Some(fields.u16()?);
        } else {
            let length = usize::from(fields.u8()?);
            self.session_id = session_id(fields.take(length)?);
            self.cipher = Some(fields.u16()?);
            fields.u8()?;
        }
        let length = usize::from(fields.u16().unwrap_or_default());
        extension::of_server(self, fields.take_up_to(length));
        Some(())
    }

    fn set_random(&mut self, random: &[u8]) {
        self.hello_retry = random == HELLO_RETRY;
        self.downgrade = match random.strip_prefix(random.get(..24).unwrap_or_default()) {
            Some(b"DOWNGRD\x01") => Some(Downgrade::ToTls12),
            Some(b"DOWNGRD\x00") => Some(Downgrade::ToTls11OrBelow),
            _ => None,
        };
    }
}

fn session_id(bytes: &[u8]) -> Vec<u8> {
    bytes.get(..MAX_SESSION_ID.min(bytes.len())).unwrap_or_default().to_vec()
}
