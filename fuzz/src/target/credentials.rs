//! Who authenticates: HTTP's fields, NTLM, Kerberos.

use ncsight::proto::auth::{CredentialKind, parse_challenges, parse_credential};
use ncsight::proto::kerberos;
use ncsight::proto::ntlm::{self, NtlmMessage};

use crate::planted;

/// The realm of the second challenge in the seed.
pub const REALM: &str = "Corporate proxy";
/// The user in the seeds.
pub const USER: &str = "anna.example";
/// The service in the seed.
pub const SERVICE: &str = "HTTP/proxy.corp.example";

/// A `Proxy-Authenticate` line.
pub fn challenges(data: &[u8]) {
    if let [_, second, ..] = parse_challenges(data).as_slice() {
        let _ = second.scheme.name();
        planted::near(REALM.as_bytes(), second.realm.as_deref().unwrap_or_default().as_bytes());
    }
}

/// A `Proxy-Authorization` line.
pub fn credential(data: &[u8]) {
    let Some(credential) = parse_credential(data) else { return };
    let _ = credential.begins();
    if let CredentialKind::Ntlm3(user) = credential.kind {
        planted::near(USER.as_bytes(), user.user.as_bytes());
    }
}

/// An NTLM message.
pub fn ntlm(data: &[u8]) {
    if let Some(NtlmMessage::Authenticate(user)) = ntlm::parse(data) {
        let _ = user.is_computer();
        planted::near(USER.as_bytes(), user.user.as_bytes());
    }
}

/// An answer of a key distribution centre, alone and framed in TCP.
pub fn kerberos(data: &[u8]) {
    let framed = kerberos::framed(data).and_then(kerberos::parse_error);
    if let Some(error) = kerberos::parse_error(data).or(framed) {
        let _ = error.is_normal();
        planted::near(SERVICE.as_bytes(), error.service.as_bytes());
    }
}
