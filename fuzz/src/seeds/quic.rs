//! Initial packets as a client seals them (RFC 9001, 5; RFC 9369): written from the RFCs, so that the crate's own reading
//! has somebody to disagree with.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

const SALT_V1: [u8; 20] = [
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f,
    0x0a,
];
const SALT_V2: [u8; 20] = [
    0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e,
    0xd9,
];
/// Destination connection id of the examples in RFC 9001, appendix A.
const DESTINATION: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];
/// Fewest bytes of frames: the sample for the header's mask lies in what they are sealed to.
const LEAST: usize = 4;

fn expand<const N: usize>(secret: &Hkdf<Sha256>, label: &str) -> [u8; N] {
    let mut info = vec![0, N as u8, 6 + label.len() as u8];
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    let mut key = [0; N];
    secret.expand(&info, &mut key).expect("keys are short");
    key
}

/// A packet with `frames`, of version 2 where `mode` has bit 1 set.
#[must_use]
pub fn seal(mode: u8, number: u8, frames: &[u8]) -> Vec<u8> {
    let second = mode & 2 != 0;
    let (salt, version, first, labels) = if second {
        (SALT_V2, 0x6b33_43cf_u32, 0xd0, ["quicv2 key", "quicv2 iv", "quicv2 hp"])
    } else {
        (SALT_V1, 1, 0xc0, ["quic key", "quic iv", "quic hp"])
    };
    let (_, initial) = Hkdf::<Sha256>::extract(Some(&salt), &DESTINATION);
    let client = Hkdf::<Sha256>::from_prk(&expand::<32>(&initial, "client in")).expect("32 bytes are a key");
    let (key, mut nonce, mask): ([u8; 16], [u8; 12], [u8; 16]) =
        (expand(&client, labels[0]), expand(&client, labels[1]), expand(&client, labels[2]));
    let mut content = frames.to_vec();
    content.resize(frames.len().max(LEAST), 0);
    let mut packet = vec![first];
    packet.extend(version.to_be_bytes());
    packet.push(DESTINATION.len() as u8);
    packet.extend(DESTINATION);
    packet.extend([0, 0]);
    packet.extend((0x4000 | (content.len() as u16 + 17)).to_be_bytes());
    let start = packet.len();
    packet.push(number);
    nonce[11] ^= number;
    let cipher = Aes128Gcm::new(&key.into());
    let sealed = cipher.encrypt(&nonce.into(), Payload { msg: &content, aad: &packet }).expect("seeds are short");
    let mut block: [u8; 16] = sealed[3..19].try_into().expect("a tag alone has 16 bytes");
    let mut room = block.into();
    Aes128::new(&mask.into()).encrypt_block(&mut room);
    block = room.into();
    packet[0] ^= block[0] & 0x0f;
    packet[start] ^= block[1];
    packet.extend(sealed);
    packet
}
