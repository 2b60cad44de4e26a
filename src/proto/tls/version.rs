//! Protocol versions.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A TLS or SSL version as on the wire. Ordered as the versions are; displayed `SSL2 SSL3 1.0 1.1 1.2 1.3`, another
/// number as `0x0305`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct TlsVersion(pub u16);

impl TlsVersion {
    /// SSL 2.0.
    pub const SSL2: Self = Self(0x0002);
    /// SSL 3.0.
    pub const SSL3: Self = Self(0x0300);
    /// TLS 1.0.
    pub const TLS1_0: Self = Self(0x0301);
    /// TLS 1.1.
    pub const TLS1_1: Self = Self(0x0302);
    /// TLS 1.2.
    pub const TLS1_2: Self = Self(0x0303);
    /// TLS 1.3.
    pub const TLS1_3: Self = Self(0x0304);

    /// The version of a number on the wire: drafts of TLS 1.3 (`0x7fNN`, and Facebook's `0xfbNN`) count as TLS 1.3.
    #[must_use]
    pub const fn from_wire(number: u16) -> Self {
        if matches!(number >> 8, 0x7f | 0xfb) { Self::TLS1_3 } else { Self(number) }
    }

    /// One of the six that exist.
    #[must_use]
    pub const fn is_known(self) -> bool {
        matches!(self.0, 0x0002 | 0x0300..=0x0304)
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::SSL2 => "SSL2",
            Self::SSL3 => "SSL3",
            Self::TLS1_0 => "1.0",
            Self::TLS1_1 => "1.1",
            Self::TLS1_2 => "1.2",
            Self::TLS1_3 => "1.3",
            Self(other) => return write!(f, "{other:#06x}"),
        })
    }
}
