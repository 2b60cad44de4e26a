//! Which ruling an alert in the clear leads to.

use super::super::case::{Case, Ruling};
use super::super::finding::{Doubt, Remark};
use super::{SECURE_FAILURE, client_left, max_version, old_server};
use crate::proto::tls::{ClientHello, Downgrade, TlsVersion};
use crate::transaction::Handshake;
use crate::vocabulary::{Cause, Side, Verdict};

pub(super) use self::description::PROTOCOL_VERSION;

/// Alert codes (RFC 8446, 6).
mod description {
    pub const HANDSHAKE_FAILURE: u8 = 40;
    pub const BAD_CERTIFICATE: u8 = 42;
    pub const ILLEGAL_PARAMETER: u8 = 47;
    pub const UNKNOWN_CA: u8 = 48;
    pub const PROTOCOL_VERSION: u8 = 70;
    pub const INSUFFICIENT_SECURITY: u8 = 71;
    pub const INAPPROPRIATE_FALLBACK: u8 = 86;
    pub const UNRECOGNIZED_NAME: u8 = 112;
    pub const CERTIFICATE_REQUIRED: u8 = 116;
    pub const NO_APPLICATION_PROTOCOL: u8 = 120;
}

impl Case<'_> {
    pub(super) fn alert_ruling(
        &self,
        handshake: &Handshake,
        hello: &ClientHello,
        remarks: &mut Vec<Remark>,
    ) -> Option<Ruling> {
        let (side, code, _) = handshake.alert?;
        let failed = |cause, rule| Ruling::new(Verdict::TlsHandshakeFailed, Some(cause), rule).winhttp(SECURE_FAILURE);
        let mismatch =
            |cause, rule| Ruling::new(Verdict::TlsVersionMismatch, Some(cause), rule).winhttp(SECURE_FAILURE);
        let old = hello.max_version() < TlsVersion::TLS1_2;
        Some(match (side, code) {
            (Side::Client, description::BAD_CERTIFICATE..=description::UNKNOWN_CA)
                if shows_certificate(handshake) && code != description::ILLEGAL_PARAMETER =>
            {
                failed(Cause::TlsCertificate, "tls.certificate")
            }
            (Side::Server, description::PROTOCOL_VERSION) if old => mismatch(Cause::TlsAlert, "tls.old-client-alert70"),
            (Side::Server, description::HANDSHAKE_FAILURE) if old => {
                self.unless_modern(handshake, remarks, mismatch(Cause::TlsAlert, "tls.old-client-alert40"))
            }
            (Side::Client, description::PROTOCOL_VERSION) if handshake.server_hello.is_some() => {
                mismatch(Cause::TlsClientRejected, "tls.client-rejected")
            }
            (Side::Client, description::ILLEGAL_PARAMETER) if is_downgraded(handshake) => {
                // The client offered what the server says it can do: something between them changed the hello.
                mismatch(Cause::TlsClientRejected, "tls.downgrade").doubt(Doubt::AmbiguousRefusal)
            }
            (Side::Client, description::ILLEGAL_PARAMETER) if refuses_version(handshake, hello) => {
                mismatch(Cause::TlsClientRejected, "tls.client-rejected").doubt(Doubt::AmbiguousRefusal)
            }
            (Side::Client, _) if handshake.server_hello.is_none() && handshake.retry.is_none() => return None,
            (Side::Server, description::PROTOCOL_VERSION) => mismatch(Cause::TlsAlert, "tls.alert70"),
            (_, description::UNRECOGNIZED_NAME) => failed(Cause::TlsSni, "tls.unrecognized-name"),
            (Side::Server, description::HANDSHAKE_FAILURE) if handshake.certificate_requested => {
                // The server's answer to a client that has no certificate to show.
                failed(Cause::TlsCertificate, "tls.client-certificate").doubt(Doubt::AmbiguousRefusal)
            }
            (Side::Server, description::HANDSHAKE_FAILURE)
                if hello.sni.is_none() && hello.complete && handshake.server_hello.is_none() =>
            {
                failed(Cause::TlsSni, "tls.no-name")
                    .doubt(Doubt::AmbiguousRefusal)
                    .doubt_if(offers_no_protection(hello), Doubt::UnprotectedOffer)
            }
            (_, description::HANDSHAKE_FAILURE) => {
                failed(Cause::TlsCipher, "tls.cipher").doubt(Doubt::AmbiguousRefusal)
            }
            (_, description::INSUFFICIENT_SECURITY) => failed(Cause::TlsCipher, "tls.cipher"),
            (Side::Server, description::INAPPROPRIATE_FALLBACK) => {
                failed(Cause::TlsAlert, "tls.inappropriate-fallback")
            }
            (Side::Server, description::CERTIFICATE_REQUIRED) => failed(Cause::TlsAlert, "tls.client-certificate"),
            (Side::Server, description::BAD_CERTIFICATE..=description::UNKNOWN_CA)
                if handshake.certificate_requested && code != description::ILLEGAL_PARAMETER =>
            {
                failed(Cause::TlsAlert, "tls.client-certificate")
            }
            (_, description::NO_APPLICATION_PROTOCOL) => failed(Cause::TlsAlert, "tls.alpn"),
            (Side::Server, _) if old_server(handshake) && !handshake.client_went_on => client_left(handshake)?,
            _ => failed(Cause::TlsAlert, "tls.alert").doubt_if(misses_bytes(handshake), Doubt::Gap),
        })
    }
}

/// Whether the server chose what the client did not offer.
fn refuses_version(handshake: &Handshake, hello: &ClientHello) -> bool {
    handshake.server_hello.as_ref().is_some_and(|(server, _)| hello.offers(server.version) != Some(true))
}

/// Whether no suite of the offer both encrypts and authenticates: the servers of today refuse it for that alone.
///
/// Suites without encryption, of export strength and without authentication, by the registry of RFC 8446, 11;
/// signalling values (RFC 5746, RFC 7507) and the random ones of RFC 8701 are none.
fn offers_no_protection(hello: &ClientHello) -> bool {
    let signal = |suite: u16| matches!(suite, 0x00ff | 0x5600) || suite & 0x0f0f == 0x0a0a;
    let mut suites = hello.ciphers.iter().copied().filter(|suite| !signal(*suite)).peekable();
    suites.peek().is_some() && suites.all(is_unprotected)
}

const fn is_unprotected(suite: u16) -> bool {
    let unencrypted = matches!(
        suite,
        0x0000..=0x0002 | 0x002c..=0x002e | 0x003b | 0x00b0 | 0x00b1 | 0x00b4 | 0x00b5 | 0x00b8 | 0x00b9
            | 0xc001 | 0xc006 | 0xc00b | 0xc010 | 0xc015 | 0xc039..=0xc03b
    );
    let export = matches!(suite, 0x0003 | 0x0006 | 0x0008 | 0x000b | 0x000e | 0x0011 | 0x0014 | 0x0026..=0x002b);
    let anonymous = matches!(
        suite,
        0x0017..=0x001b | 0x0034 | 0x003a | 0x0046 | 0x006c | 0x006d | 0x0089 | 0x009b | 0x00a6 | 0x00a7
            | 0x00bf | 0x00c5 | 0xc015..=0xc019
    );
    unencrypted || export || anonymous
}

/// Whether the client has seen the server's certificate; in TLS 1.3 it comes encrypted behind the hello.
fn shows_certificate(handshake: &Handshake) -> bool {
    let modern = handshake.server_hello.as_ref().is_some_and(|(hello, _)| hello.version >= TlsVersion::TLS1_3);
    handshake.certificate.is_some() || modern
}

/// Whether bytes of the handshake are not in the capture.
fn misses_bytes(handshake: &Handshake) -> bool {
    handshake.connection.halves.iter().any(|half| half.gap_bytes > 0 || half.acknowledged_unseen())
}

/// Whether the server's random says that it can do more than it chose (RFC 8446, 4.1.3), though the client offers it:
/// the hello that reached the server was another one.
pub(super) fn is_downgraded(handshake: &Handshake) -> bool {
    let Some((server, _)) = &handshake.server_hello else { return false };
    let able = match server.downgrade {
        Some(Downgrade::ToTls12) => TlsVersion::TLS1_3,
        Some(Downgrade::ToTls11OrBelow) => TlsVersion::TLS1_2,
        None => return false,
    };
    server.version < able && max_version(handshake).is_some_and(|best| best >= able)
}
