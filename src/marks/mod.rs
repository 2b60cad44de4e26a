//! By what proxies, portals, firewalls and filters are known: one table, which a user's file extends.
//!
//! All comparisons ignore case. Values of cookies are never looked at, only their names.

use std::net::IpAddr;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::vocabulary::Confidence;

/// The built-in table.
const TABLE: &str = include_str!("table.toml");
/// Shortest text that a mark may look for: less is found anywhere.
const MIN_TEXT: usize = 3;

/// What kind of device or service answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResponderKind {
    /// An explicit or intercepting proxy.
    Proxy,
    /// A captive portal.
    Portal,
    /// A firewall.
    Firewall,
    /// A content filter.
    Filter,
    /// A resolver that blocks names.
    DnsFilter,
    /// A content network or cache.
    Cdn,
}

/// A product and its marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub product: String,
    /// Who makes it.
    pub vendor: Option<String>,
    /// What it is.
    pub kind: ResponderKind,
    /// Any of these shows it.
    pub marks: Vec<Mark>,
    /// One of them is in an address, or in what came with it.
    pub by_address: bool,
}

/// One mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// What to look for, lower case.
    pub sign: Sign,
    /// How far it is to be believed.
    pub confidence: Confidence,
}

/// What a mark is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A field of the response head by name, and a part of its value.
    Header {
        /// Its name.
        name: String,
        /// A part of its value; `None`: it is there.
        holds: Option<String>,
    },
    /// A cookie of this name; `prefix`: whose name begins so.
    Cookie {
        /// The name, or its beginning.
        name: String,
        /// Only the beginning.
        prefix: bool,
    },
    /// A part of the page's title.
    Title(String),
    /// A part of `Location`.
    Location(String),
    /// A part of the page.
    Body(String),
    /// A part of the certificate's issuer or subject.
    Certificate(String),
    /// The address that answered, or to which a name resolved.
    Address(IpAddr, u8),
    /// A null address with this time to live in seconds.
    NullTtl(u32),
    /// The first three to six bytes of the responder's own link address; always of low confidence.
    Mac(Vec<u8>),
}

/// An entry as it stands in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    product: String,
    vendor: Option<String>,
    kind: ResponderKind,
    marks: Vec<MarkEntry>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MarkEntry {
    header: Option<String>,
    holds: Option<String>,
    cookie: Option<String>,
    title: Option<String>,
    location: Option<String>,
    body: Option<String>,
    certificate: Option<String>,
    address: Option<String>,
    null_ttl: Option<u32>,
    mac: Option<String>,
    confidence: Option<Level>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    High,
    Medium,
    Low,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    responder: Vec<Entry>,
}

/// The built-in table.
pub static BUILT_IN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let entries = toml::from_str::<Table>(TABLE).map(|table| table.responder).unwrap_or_default();
    entries.into_iter().filter_map(|entry| entry.known().ok()).collect()
});

/// A sign made of the text that it looks for.
type OfText = fn(String) -> Sign;

impl Entry {
    /// The entry, checked.
    ///
    /// # Errors
    /// It has no name, no mark, or a mark that names nothing, two things at once, or too short a text.
    pub fn known(self) -> Result<Known, String> {
        let product = self.product.trim().to_owned();
        if product.is_empty() {
            return Err("a [[responder]] has an empty product".to_owned());
        }
        if self.marks.is_empty() {
            return Err(format!("[[responder]] {product}: it needs at least one mark"));
        }
        let marks: Result<Vec<Mark>, String> = self.marks.into_iter().map(MarkEntry::mark).collect();
        let marks = marks.map_err(|message| format!("[[responder]] {product}: {message}"))?;
        let by_address = marks.iter().any(|mark| matches!(mark.sign, Sign::Address(..) | Sign::NullTtl(_)));
        Ok(Known { product, vendor: self.vendor, kind: self.kind, marks, by_address })
    }
}

impl MarkEntry {
    fn mark(self) -> Result<Mark, String> {
        let confidence = match self.confidence {
            Some(Level::High | Level::Medium) if self.mac.is_some() => {
                return Err("a `mac` names the maker of the hardware, never more than low".to_owned());
            }
            None if self.mac.is_some() => Confidence::Low,
            Some(Level::High) => Confidence::High,
            Some(Level::Medium) | None => Confidence::Medium,
            Some(Level::Low) => Confidence::Low,
        };
        if self.holds.is_some() && self.header.is_none() {
            return Err("`holds` belongs to a `header`".to_owned());
        }
        let holds = self.holds.map(|text| long_enough("holds", &text)).transpose()?;
        let mut signs = Vec::new();
        if let Some(name) = &self.header {
            let name = name.trim().to_ascii_lowercase();
            if name.is_empty() || name == "set-cookie" {
                return Err("`header` names a field other than Set-Cookie; for cookies there is `cookie`".to_owned());
            }
            signs.push(Sign::Header { name, holds });
        }
        if let Some(name) = &self.cookie {
            let (name, prefix) = name.strip_suffix('*').map_or((name.as_str(), false), |start| (start, true));
            signs.push(Sign::Cookie { name: long_enough("cookie", name)?, prefix });
        }
        let texts: [(&str, &Option<String>, OfText); 4] = [
            ("title", &self.title, Sign::Title),
            ("location", &self.location, Sign::Location),
            ("body", &self.body, Sign::Body),
            ("certificate", &self.certificate, Sign::Certificate),
        ];
        for (key, text, sign) in texts {
            if let Some(text) = text {
                signs.push(sign(long_enough(key, text)?));
            }
        }
        if let Some(text) = &self.address {
            signs.push(network(text)?);
        }
        signs.extend(self.null_ttl.map(Sign::NullTtl));
        if let Some(text) = &self.mac {
            signs.push(prefix(text)?);
        }
        match <[Sign; 1]>::try_from(signs) {
            Ok([sign]) => Ok(Mark { sign, confidence }),
            Err(_) => Err("a mark is exactly one of header, cookie, title, location, body, certificate, address, \
                           null_ttl, mac"
                .to_owned()),
        }
    }
}

fn long_enough(key: &str, text: &str) -> Result<String, String> {
    let text = text.trim().to_lowercase();
    if text.chars().count() < MIN_TEXT {
        return Err(format!("{key} = {text:?}: at least {MIN_TEXT} characters, less is found anywhere"));
    }
    Ok(text)
}

/// A link address, or its beginning.
fn prefix(text: &str) -> Result<Sign, String> {
    let bytes: Result<Vec<u8>, ()> = text
        .trim()
        .split([':', '-'])
        .map(|byte| match byte.len() {
            2 if byte.bytes().all(|digit| digit.is_ascii_hexdigit()) => u8::from_str_radix(byte, 16).map_err(|_| ()),
            _ => Err(()),
        })
        .collect();
    bytes
        .ok()
        .filter(|bytes| (3..=6).contains(&bytes.len()))
        .map(Sign::Mac)
        .ok_or_else(|| format!("mac = {text:?}: the first 3 to 6 bytes of a link address, for instance 00:09:0f"))
}

fn network(text: &str) -> Result<Sign, String> {
    let wrong = || format!("address = {text:?}: an address, or ADDRESS/LENGTH, for instance 192.0.2.0/24");
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length.trim().parse::<u8>().ok().filter(|length| *length <= longest).ok_or_else(wrong)?,
        None => longest,
    };
    Ok(Sign::Address(address, length))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Known>, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        table.responder.into_iter().map(Entry::known).collect()
    }

    #[test]
    fn the_built_in_table_is_read_whole() {
        assert_eq!(read(TABLE).unwrap(), *BUILT_IN);
        let names: Vec<String> = BUILT_IN.iter().map(|known| known.product.to_lowercase()).collect();
        let vendors: Vec<String> = BUILT_IN.iter().filter_map(|known| known.vendor.clone()).collect();
        for product in [
            "squid",
            "blue coat",
            "zscaler",
            "umbrella",
            "fortigate",
            "i-filter",
            "intersafe",
            "aruba",
            "meraki",
            "unifi",
            "pi-hole",
            "adguard",
        ] {
            assert!(names.iter().any(|name| name.contains(product)), "{product}");
        }
        for vendor in ["Palo Alto Networks", "Cisco", "NEC", "Buffalo"] {
            assert!(vendors.iter().any(|name| name == vendor), "{vendor}");
        }
        for (at, known) in BUILT_IN.iter().enumerate() {
            assert!(BUILT_IN[at + 1..].iter().all(|other| other.product != known.product), "{}", known.product);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let entry =
            |marks: &str| read(&format!("[[responder]]\nproduct = \"Box\"\nkind = \"filter\"\nmarks = [{marks}]\n"));
        assert!(entry("{ header = \"X-Box\" }").is_ok());
        let mac = entry("{ mac = \"00-09-0F-A0\" }").unwrap().remove(0).marks.remove(0);
        assert_eq!(mac, Mark { sign: Sign::Mac(vec![0, 9, 0x0f, 0xa0]), confidence: Confidence::Low });
        for (marks, expected) in [
            ("", "at least one mark"),
            ("{}", "exactly one of"),
            ("{ title = \"Box says\", cookie = \"box\" }", "exactly one of"),
            ("{ holds = \"box\" }", "belongs to a `header`"),
            ("{ title = \"ab\" }", "at least 3 characters"),
            ("{ header = \"Set-Cookie\" }", "there is `cookie`"),
            ("{ address = \"10.0.0.0/33\" }", "ADDRESS/LENGTH"),
            ("{ mac = \"00:09\" }", "3 to 6 bytes"),
            ("{ mac = \"00:09:0f:01:02:03:04\" }", "3 to 6 bytes"),
            ("{ mac = \"00:09:+f\" }", "3 to 6 bytes"),
            ("{ mac = \"00:09:0f\", confidence = \"medium\" }", "never more than low"),
            ("{ titel = \"Box\" }", "titel"),
            ("{ title = \"Box\", confidence = \"sure\" }", "sure"),
        ] {
            let message = entry(marks).unwrap_err();
            assert!(message.contains(expected), "{marks}: {message}");
        }
        assert!(
            read("[[responder]]\nproduct = \" \"\nkind = \"cdn\"\nmarks = []\n").unwrap_err().contains("empty product")
        );
    }
}
