//! Keys of Initial packets. They follow from what stands in the first packet (RFC 9001, 5.2): anybody on the path can
//! derive them, they only keep devices from reading along by accident.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

use super::Version;

const SALT_V1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f,
    0x0a,
];
/// RFC 9369, 3.3.1.
const SALT_V2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e,
    0xd9,
];
/// draft-ietf-quic-tls-29 to 32, 5.2.
const SALT_DRAFT_29: [u8; 20] = [
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8,
    0x99,
];
/// draft-ietf-quic-tls-23 to 28, 5.2.
const SALT_DRAFT_23: [u8; 20] = [
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5,
    0x02,
];

/// Which side's packets a key opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sender {
    Client,
    #[cfg(test)]
    Server,
}

/// Keys of one side's Initial packets.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) key: [u8; 16],
    pub(super) iv: [u8; 12],
    pub(super) header: [u8; 16],
}

impl Keys {
    /// The keys that follow from the destination connection id of the client's first packet.
    pub(super) fn new(version: Version, destination: &[u8], sender: Sender) -> Option<Self> {
        let salt = match version {
            Version::V1 => SALT_V1,
            Version::V2 => SALT_V2,
            Version::Draft(23..=28) => SALT_DRAFT_23,
            Version::Draft(_) => SALT_DRAFT_29,
        };
        let (_, initial) = Hkdf::<Sha256>::extract(Some(&salt), destination);
        let side = match sender {
            Sender::Client => "client in",
            #[cfg(test)]
            Sender::Server => "server in",
        };
        let mut secret = [0; 32];
        expand(&initial, side, &mut secret)?;
        let secret = Hkdf::<Sha256>::from_prk(&secret).ok()?;
        let (key_label, iv_label, header_label) = match version {
            Version::V2 => ("quicv2 key", "quicv2 iv", "quicv2 hp"),
            Version::V1 | Version::Draft(_) => ("quic key", "quic iv", "quic hp"),
        };
        let mut keys = Self { key: [0; 16], iv: [0; 12], header: [0; 16] };
        expand(&secret, key_label, &mut keys.key)?;
        expand(&secret, iv_label, &mut keys.iv)?;
        expand(&secret, header_label, &mut keys.header)?;
        Some(keys)
    }

    /// What is XORed over the first byte and the packet number (RFC 9001, 5.4.3).
    pub(super) fn mask(&self, sample: [u8; 16]) -> [u8; 16] {
        let mut block = sample.into();
        Aes128::new(&self.header.into()).encrypt_block(&mut block);
        block.into()
    }

    /// The content of a packet; `None` where it is not whole, or not what these keys were made for.
    pub(super) fn open(&self, number: u32, header: &[u8], content: &[u8]) -> Option<Vec<u8>> {
        let cipher = Aes128Gcm::new(&self.key.into());
        cipher.decrypt(&self.nonce(number).into(), Payload { msg: content, aad: header }).ok()
    }

    pub(super) fn nonce(&self, number: u32) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, part) in nonce.iter_mut().rev().zip(number.to_be_bytes().iter().rev()) {
            *byte ^= part;
        }
        nonce
    }
}

/// HKDF-Expand-Label without context (RFC 8446, 7.1).
fn expand(secret: &Hkdf<Sha256>, label: &str, out: &mut [u8]) -> Option<()> {
    const PREFIX: &[u8] = b"tls13 ";
    let length = u16::try_from(out.len()).ok()?.to_be_bytes();
    let label_length = [u8::try_from(PREFIX.len() + label.len()).ok()?];
    secret.expand_multi_info(&[&length, &label_length, PREFIX, label.as_bytes(), &[0]], out).ok()
}
