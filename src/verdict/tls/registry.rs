//! A client's offer beside the registry: which values of `DefaultSecureProtocols` it is consistent with, and which
//! Windows versions have them by default. Another program or a proxy may send the same hello: never a proof.
//!
//! Bits and defaults: Microsoft's documentation of `WINHTTP_OPTION_SECURE_PROTOCOLS` and "Protocols in TLS/SSL
//! (Schannel SSP)", KB3140245 and KB5017811.

use crate::proto::tls::{ClientHello, TlsVersion};
use crate::verdict::finding::SecureProtocols;

const BITS: [(u32, TlsVersion); 6] = [
    (0x8, TlsVersion::SSL2),
    (0x20, TlsVersion::SSL3),
    (0x80, TlsVersion::TLS1_0),
    (0x200, TlsVersion::TLS1_1),
    (0x800, TlsVersion::TLS1_2),
    (0x2000, TlsVersion::TLS1_3),
];

/// Values that are met, lowest maximum first, and where they come from.
const VALUES: [(u32, &[&str]); 11] = [
    (0xa0, &["Windows Vista", "Windows 7", "Windows 8", "Server 2008", "Server 2008 R2", "Server 2012"]),
    (0x80, &[]),
    (0x2a0, &[]),
    (0x280, &[]),
    (0xaa0, &["Windows 8.1", "Windows 10", "Server 2012 R2", "Server 2016", "Server 2019"]),
    // Since KB5017811 (September 2022) the same systems leave TLS 1.0 and 1.1 out; KB3140245 writes it to older ones.
    (0xa80, &[]),
    (0xa00, &["Windows 7 + KB3140245", "Server 2008 R2 + KB3140245", "Server 2012 + KB3140245"]),
    (0x800, &["Windows 10 + KB5017811", "Server 2016 + KB5017811", "Server 2019 + KB5017811"]),
    (0x2a80, &[]),
    (0x2800, &["Windows 11", "Server 2022", "Server 2025"]),
    (0x2000, &[]),
];

/// The values that `hello` is consistent with.
pub(super) fn consistent_values(hello: &ClientHello) -> Vec<SecureProtocols> {
    if !hello.max_version_is_certain() {
        return Vec::new();
    }
    let listed = |value: u32| BITS.iter().filter(move |(bit, _)| value & bit != 0).map(|(_, version)| *version);
    let fits = |value: u32| {
        if hello.supported_versions.is_empty() {
            // Only the maximum is said.
            return listed(value).max() == Some(hello.max_version());
        }
        let offered = |version: &TlsVersion| hello.supported_versions.contains(version);
        // SSL is never listed there (RFC 8446, 4.2.1).
        BITS.iter()
            .filter(|(_, version)| *version >= TlsVersion::TLS1_0)
            .all(|(bit, version)| offered(version) == (value & bit != 0))
    };
    let values = VALUES.iter().filter(|(value, _)| fits(*value));
    values
        .map(|(value, windows)| SecureProtocols {
            value: format!("0x{value:X}"),
            protocols: listed(*value).map(|version| version.to_string()).collect(),
            default_of: windows.iter().map(|name| (*name).to_owned()).collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::consistent_values;
    use crate::proto::tls::{ClientHello, TlsVersion};

    fn values(legacy: TlsVersion, listed: &[TlsVersion], complete: bool) -> Vec<String> {
        let hello = ClientHello {
            complete,
            legacy_version: legacy,
            supported_versions: listed.to_vec(),
            ..ClientHello::default()
        };
        consistent_values(&hello).into_iter().map(|one| one.value).collect()
    }

    #[test]
    fn the_offer_of_each_windows_version() {
        use TlsVersion as V;
        assert_eq!(values(V::TLS1_0, &[], true), ["0xA0", "0x80"]);
        assert_eq!(values(V::TLS1_1, &[], true), ["0x2A0", "0x280"]);
        assert_eq!(values(V::TLS1_2, &[], true), ["0xAA0", "0xA80", "0xA00", "0x800"]);
        assert_eq!(values(V::TLS1_2, &[V::TLS1_3, V::TLS1_2], true), ["0x2800"]);
        assert_eq!(values(V::TLS1_2, &[V::TLS1_3, V::TLS1_2, V::TLS1_1, V::TLS1_0], true), ["0x2A80"]);
        assert_eq!(values(V::TLS1_2, &[V::TLS1_3], true), ["0x2000"]);
        assert_eq!(values(V::SSL3, &[], true), Vec::<String>::new());
        // Cut before its extensions it may offer 1.3 too.
        assert_eq!(values(V::TLS1_2, &[], false), Vec::<String>::new());
    }

    #[test]
    fn windows_versions_stand_beside_their_defaults() {
        let hello = ClientHello { complete: true, legacy_version: TlsVersion::TLS1_0, ..ClientHello::default() };
        let [first, second] = &consistent_values(&hello)[..] else { panic!("two values") };
        assert_eq!(first.protocols, ["SSL3", "1.0"]);
        assert!(first.default_of.iter().any(|name| name == "Windows 7"));
        assert!(second.default_of.is_empty(), "somebody set it");
    }
}
