//! Fingerprints of a client's hello: JA3 (Salesforce, 2017) and JA4 (FoxIO, 2023). They name a TLS library and its
//! settings, not a program or a Windows version.

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{ClientHello, HelloFormat, TlsVersion};

/// Extensions that JA4 counts and does not list: the name and the application protocols change by destination.
const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;
/// Most that a count of JA4 can say.
const MAX_COUNT: usize = 99;

/// What carries the hello.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Carrier {
    /// TLS over TCP.
    Tcp,
    /// QUIC.
    Quic,
}

impl ClientHello {
    /// The JA3 text (not its MD5): version, ciphers, extensions, groups, point formats.
    #[must_use]
    pub fn ja3_text(&self) -> String {
        let mut text = self.legacy_version.0.to_string();
        for list in [&self.ciphers, &self.extensions, &self.groups] {
            text.push(',');
            push_list(&mut text, list.iter().copied());
        }
        text.push(',');
        push_list(&mut text, self.point_formats.iter().copied().map(u16::from));
        text
    }

    /// JA3: the MD5 of [`ClientHello::ja3_text`]. `None` where the hello is cut or has the format of SSL 2.0.
    #[must_use]
    pub fn ja3(&self) -> Option<String> {
        self.is_fit().then(|| hex(&Md5::digest(self.ja3_text())))
    }

    /// JA4. `None` where the hello is cut or has the format of SSL 2.0.
    #[must_use]
    pub fn ja4(&self, carrier: Carrier) -> Option<String> {
        if !self.is_fit() {
            return None;
        }
        let carrier = match carrier {
            Carrier::Tcp => 't',
            Carrier::Quic => 'q',
        };
        let version = match self.max_version() {
            TlsVersion::TLS1_3 => "13",
            TlsVersion::TLS1_2 => "12",
            TlsVersion::TLS1_1 => "11",
            TlsVersion::TLS1_0 => "10",
            TlsVersion::SSL3 => "s3",
            _ => "00",
        };
        let name = if self.extensions.contains(&SERVER_NAME) { 'd' } else { 'i' };
        let counts = [self.ciphers.len(), self.extensions.len()].map(|count| count.min(MAX_COUNT));
        let alpn = self.alpn.first().map_or_else(|| "00".to_owned(), |name| ends(name.as_bytes()));
        let listed = self.extensions.iter().copied().filter(|kind| !matches!(*kind, SERVER_NAME | ALPN));
        let mut extensions = sorted(listed);
        if !extensions.is_empty() && !self.signature_algorithms.is_empty() {
            extensions.push('_');
            extensions.push_str(&joined(self.signature_algorithms.iter().copied()));
        }
        let ciphers = digest(&sorted(self.ciphers.iter().copied()));
        let [suites, kinds] = counts;
        Some(format!("{carrier}{version}{name}{suites:02}{kinds:02}{alpn}_{ciphers}_{}", digest(&extensions)))
    }

    fn is_fit(&self) -> bool {
        self.complete && self.format == HelloFormat::Record
    }
}

/// First and last character of the first application protocol; of its hexadecimal digits where these are not
/// alphanumeric.
fn ends(name: &[u8]) -> String {
    match (name.first(), name.last()) {
        (Some(first), Some(last)) if first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric() => {
            [char::from(*first), char::from(*last)].iter().collect()
        }
        (Some(first), Some(last)) => format!("{:x}{:x}", first >> 4, last & 15),
        _ => "00".to_owned(),
    }
}

/// First twelve digits of the SHA-256; zeros for an empty list.
fn digest(text: &str) -> String {
    if text.is_empty() {
        return "000000000000".to_owned();
    }
    let mut digits = hex(&Sha256::digest(text));
    digits.truncate(12);
    digits
}

fn sorted(values: impl Iterator<Item = u16>) -> String {
    let mut values: Vec<u16> = values.collect();
    values.sort_unstable();
    joined(values.into_iter())
}

fn joined(values: impl Iterator<Item = u16>) -> String {
    let mut text = String::with_capacity(values.size_hint().0 * 5);
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push(',');
        }
        value.to_be_bytes().into_iter().for_each(|byte| push_hex(&mut text, byte));
    }
    text
}

// Digit by digit: a hello has a hundred numbers, and formatting each of them takes longer than the hashes.
fn push_list(text: &mut String, values: impl Iterator<Item = u16>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            text.push('-');
        }
        let digits = [10_000, 1000, 100, 10, 1].map(|power| value / power % 10);
        let first = digits.iter().position(|digit| *digit > 0).unwrap_or(4);
        text.extend(digits.iter().skip(first).filter_map(|digit| char::from_digit(u32::from(*digit), 10)));
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    bytes.iter().for_each(|byte| push_hex(&mut text, *byte));
    text
}

fn push_hex(text: &mut String, byte: u8) {
    text.extend([byte >> 4, byte & 15].into_iter().filter_map(|digit| char::from_digit(u32::from(digit), 16)));
}

#[cfg(test)]
mod tests {
    use super::{Carrier, ends};
    use crate::proto::tls::{ClientHello, HelloFormat, TlsVersion};

    /// The hello in JA4's technical description.
    fn chrome() -> ClientHello {
        ClientHello {
            complete: true,
            legacy_version: TlsVersion::TLS1_2,
            supported_versions: vec![TlsVersion::TLS1_3, TlsVersion::TLS1_2],
            ciphers: vec![
                0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
                0x002f, 0x0035,
            ],
            extensions: vec![
                0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01,
                0x000b, 0x000a, 0x0015,
            ],
            signature_algorithms: vec![0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
            alpn: vec!["h2".to_owned(), "http/1.1".to_owned()],
            ..ClientHello::default()
        }
    }

    #[test]
    fn ja4_is_that_of_its_description() {
        let mut hello = chrome();
        assert_eq!(hello.ja4(Carrier::Tcp).as_deref(), Some("t13d1516h2_8daaf6152771_e5627efa2ab1"));
        hello.alpn.clear();
        hello.extensions.retain(|kind| *kind != 0);
        assert_eq!(hello.ja4(Carrier::Quic).as_deref(), Some("q13i151500_8daaf6152771_e5627efa2ab1"));
    }

    #[test]
    fn a_hello_without_extensions() {
        let hello = ClientHello {
            complete: true,
            legacy_version: TlsVersion::TLS1_0,
            ciphers: vec![0x0a],
            ..ClientHello::default()
        };
        let ja4 = hello.ja4(Carrier::Tcp).unwrap_or_default();
        assert!(ja4.starts_with("t10i010000_") && ja4.ends_with("_000000000000"), "{ja4}");
        assert_eq!(hello.ja3_text(), "769,10,,,");
    }

    #[test]
    fn half_a_hello_has_no_fingerprint() {
        let cut = ClientHello { complete: false, ..chrome() };
        let old = ClientHello { format: HelloFormat::Ssl2, ..chrome() };
        for hello in [cut, old] {
            assert_eq!((hello.ja3(), hello.ja4(Carrier::Tcp)), (None, None));
        }
    }

    #[test]
    fn ends_of_protocol_names() {
        assert_eq!((ends(b"h2"), ends(b"http/1.1"), ends(b"x")), ("h2".into(), "h1".into(), "xx".into()));
        assert_eq!((ends(&[0xab, 0xcd]), ends(b"")), ("ad".to_owned(), "00".to_owned()));
    }
}
