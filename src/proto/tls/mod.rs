//! TLS and SSL handshakes as far as they can be read without keys (RFC 8446, RFC 5246, RFC 6101, SSL 2.0 hello).
//!
//! One [`TlsStream`] per direction joins records over segments and handshake messages over records.

mod certificate;
mod extension;
mod fingerprint;
mod handshake;
mod hello;
mod record;
mod ssl2;
mod stream;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod version;

pub use self::certificate::Certificate;
pub use self::fingerprint::Carrier;
pub use self::hello::{ClientHello, Downgrade, HelloFormat, ServerHello};
pub use self::record::sniff;
pub use self::stream::{TlsEvent, TlsMessage, TlsStream};
pub use self::version::TlsVersion;
