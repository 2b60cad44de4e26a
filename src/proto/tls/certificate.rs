//! The server's certificate, where it is sent in the clear (up to TLS 1.2).

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate, X509Name};

use super::extension::Fields;
use crate::limits::{MAX_CERTIFICATE_NAMES, MAX_HTTP_FIELD};

/// Handshake header.
const HEADER: usize = 4;
/// Certificates of a chain that are counted.
const MAX_CHAIN: usize = 32;

/// The leaf of a Certificate message.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Certificate {
    /// Certificates in the message, as many as are there whole; 0 where a client has none to send.
    pub chain_len: usize,
    /// The leaf could be read; else every other field is empty.
    pub readable: bool,
    /// Subject common name.
    pub subject_name: Option<String>,
    /// Subject organisation.
    pub subject_organization: Option<String>,
    /// Issuer common name.
    pub issuer_name: Option<String>,
    /// Issuer organisation.
    pub issuer_organization: Option<String>,
    /// Subject and issuer are equal.
    pub self_issued: bool,
    /// DNS names and addresses of subjectAltName, at most [`MAX_CERTIFICATE_NAMES`].
    pub names: Vec<String>,
    /// Start of validity, seconds since the Unix epoch.
    pub not_before: i64,
    /// End of validity, seconds since the Unix epoch.
    pub not_after: i64,
    /// Issuer of the last certificate of the chain, by common name or else organisation: nearest to the root.
    pub top_issuer: Option<String>,
}

impl Certificate {
    /// Reads a Certificate message up to TLS 1.2 (with its header; RFC 5246, 7.4.2) as far as it is there.
    pub(super) fn read(message: &[u8]) -> Self {
        let ders = certificates(message);
        let mut certificate = Self { chain_len: ders.len(), ..Self::default() };
        if let Some((_, leaf)) = ders.first().and_then(|der| X509Certificate::from_der(der).ok()) {
            certificate.readable = true;
            certificate.subject_name = common_name(leaf.subject());
            certificate.subject_organization = organization(leaf.subject());
            certificate.issuer_name = common_name(leaf.issuer());
            certificate.issuer_organization = organization(leaf.issuer());
            certificate.self_issued = leaf.subject() == leaf.issuer();
            certificate.names = alternative_names(&leaf);
            certificate.not_before = leaf.validity().not_before.timestamp();
            certificate.not_after = leaf.validity().not_after.timestamp();
        }
        if let Some((_, last)) = ders.last().and_then(|der| X509Certificate::from_der(der).ok()) {
            certificate.top_issuer = common_name(last.issuer()).or_else(|| organization(last.issuer()));
        }
        certificate
    }
}

/// The certificates of a message that are there whole, leaf first.
fn certificates(message: &[u8]) -> Vec<&[u8]> {
    let mut fields = Fields(message.get(HEADER..).unwrap_or_default());
    let Some(length) = fields.u24() else { return Vec::new() };
    let mut list = Fields(fields.take_up_to(length));
    std::iter::from_fn(|| {
        let length = list.u24()?;
        list.take(length)
    })
    .take(MAX_CHAIN)
    .collect()
}

fn common_name(name: &X509Name<'_>) -> Option<String> {
    name.iter_common_name().next().map(|attribute| text(attribute.attr_value().data))
}

fn organization(name: &X509Name<'_>) -> Option<String> {
    name.iter_organization().next().map(|attribute| text(attribute.attr_value().data))
}

fn alternative_names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let names = extension.value.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(text(name.as_bytes()).to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    });
    names.take(MAX_CERTIFICATE_NAMES).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        _ => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..MAX_HTTP_FIELD.min(bytes.len())).unwrap_or_default()).into_owned()
}
