use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes128Gcm, KeyInit};

use super::keys::{Keys, Sender};
use super::{Initials, Version, may_be_initial};
use crate::limits::{MAX_QUIC_CRYPTO, MAX_QUIC_PIECES};

/// Destination connection id of the examples in RFC 9001, appendix A, and RFC 9369, appendix A.
const DESTINATION: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn keys_are_those_of_the_examples() {
    let of = |version, sender| {
        let keys = Keys::new(version, &DESTINATION, sender).unwrap();
        (hex(&keys.key), hex(&keys.iv), hex(&keys.header))
    };
    let expected = |key: &str, iv: &str, header: &str| (key.to_owned(), iv.to_owned(), header.to_owned());
    assert_eq!(
        of(Version::V1, Sender::Client),
        expected("1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c", "9f50449e04a0e810283a1e9933adedd2")
    );
    assert_eq!(
        of(Version::V1, Sender::Server),
        expected("cf3a5331653c364c88f0f379b6067e37", "0ac1493ca1905853b0bba03e", "c206b8d9b9f0f37644430b490eeaa314")
    );
    assert_eq!(
        of(Version::V2, Sender::Client),
        expected("8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f", "45b95e15235d6f45a6b19cbcb0294ba9")
    );
}

/// An Initial packet as a client makes it.
fn initial(version: Version, destination: &[u8], number: u8, frames: &[u8], sender: Sender) -> Vec<u8> {
    let keys = Keys::new(version, destination, sender).unwrap();
    let (wire, first) = match version {
        Version::V1 => (1u32, 0xc0u8),
        Version::V2 => (0x6b33_43cf, 0xd0),
        Version::Draft(draft) => (0xff00_0000 | u32::from(draft), 0xc0),
    };
    let mut header = vec![first];
    header.extend(wire.to_be_bytes());
    header.push(u8::try_from(destination.len()).unwrap());
    header.extend(destination);
    header.extend([0, 0]);
    header.extend((0x4000 | u16::try_from(frames.len() + 17).unwrap()).to_be_bytes());
    let start = header.len();
    header.push(number);
    let cipher = Aes128Gcm::new(&keys.key.into());
    let payload = Payload { msg: frames, aad: &header };
    let content = cipher.encrypt(&keys.nonce(u32::from(number)).into(), payload).unwrap();
    let mask = keys.mask(content[3..19].try_into().unwrap());
    header[0] ^= mask[0] & 0x0f;
    header[start] ^= mask[1];
    [header, content].concat()
}

fn crypto(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let number = |value: usize| (0x8000_0000 | u32::try_from(value).unwrap()).to_be_bytes();
    [&[6][..], &number(offset), &number(bytes.len()), bytes].concat()
}

/// A client's only datagram, from a connection id of its own.
pub fn first_flight(id: u32) -> Vec<u8> {
    let destination = [&id.to_be_bytes()[..], &[1; 4]].concat();
    initial(Version::V1, &destination, 0, &[crypto(0, &hello()), vec![0; 1100]].concat(), Sender::Client)
}

/// A hello with the name `login.example` and `h3`.
fn hello() -> Vec<u8> {
    let name = b"login.example";
    let length = u8::try_from(name.len()).unwrap();
    let sni = [&[0, 0, 0, length + 5, 0, length + 3, 0, 0, length][..], name].concat();
    let alpn = [0, 16, 0, 5, 0, 3, 2, b'h', b'3'];
    let extensions = [&sni[..], &alpn].concat();
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, u8::try_from(extensions.len()).unwrap()]);
    body.extend(extensions);
    [&[1, 0, 0, u8::try_from(body.len()).unwrap()][..], &body].concat()
}

#[test]
fn a_hello_in_one_packet() {
    for version in [Version::V1, Version::V2, Version::Draft(29), Version::Draft(27)] {
        let frames = [crypto(0, &hello()), vec![0; 1100]].concat();
        let packet = initial(version, &DESTINATION, 0, &frames, Sender::Client);
        assert!(may_be_initial(&packet));
        let initials = Initials::begin(&packet).unwrap();
        assert_eq!((initials.version(), initials.opened(), initials.is_complete()), (version, 1, true));
        let hello = initials.hello().unwrap();
        assert!(hello.complete);
        assert_eq!((hello.sni.as_deref(), hello.alpn), (Some("login.example"), vec!["h3".to_owned()]));
    }
}

#[test]
fn pieces_in_any_order_over_several_packets() {
    let hello = hello();
    let (a, b, c) = (&hello[..20], &hello[20..41], &hello[41..]);
    let padding = vec![0; 60];
    // An acknowledgement with a range and counts of ECN, a PING, and the end of the hello first.
    let first = [crypto(41, c), vec![1], vec![3, 9, 0, 1, 0, 0, 0, 1, 2, 3], crypto(20, b), padding.clone()].concat();
    let second = [crypto(0, a), padding].concat();
    let mut initials = Initials::begin(&initial(Version::V1, &DESTINATION, 0, &first, Sender::Client)).unwrap();
    assert!(!initials.is_complete());
    assert!(initials.feed(&initial(Version::V1, &DESTINATION, 1, &second, Sender::Client)));
    assert_eq!(initials.hello().unwrap().sni.as_deref(), Some("login.example"));
    assert_eq!(initials.opened(), 2);
}

#[test]
fn after_a_retry_keys_follow_from_the_new_connection_id() {
    let frames = |bytes: &[u8]| [crypto(0, bytes), vec![0; 60]].concat();
    let cut = &hello()[..30];
    let mut initials = Initials::begin(&initial(Version::V1, &DESTINATION, 0, &frames(cut), Sender::Client)).unwrap();
    assert!(initials.feed(&initial(Version::V1, &[9; 16], 1, &frames(&hello()), Sender::Client)));
    assert!(initials.hello().unwrap().complete);
}

#[test]
fn what_does_not_open_is_no_initial() {
    let frames = [crypto(0, &hello()), vec![0; 60]].concat();
    let good = initial(Version::V1, &DESTINATION, 0, &frames, Sender::Client);
    for at in 0..good.len() {
        let mut other = good.clone();
        other[at] ^= 0x11;
        assert!(Initials::begin(&other).is_none(), "byte {at}");
    }
    for length in 0..good.len() {
        assert!(Initials::begin(&good[..length]).is_none(), "{length} bytes");
    }
    // A server's packet names the client's connection id and is made with the other key.
    let frames = [frames, vec![0; 1100]].concat();
    assert!(!may_be_initial(&good), "clients fill their datagrams");
    let server = initial(Version::V1, &DESTINATION, 0, &frames, Sender::Server);
    assert!(may_be_initial(&server) && Initials::begin(&server).is_none());
    let mut initials = Initials::begin(&good).unwrap();
    assert!(!initials.feed(&server) && !initials.feed(b"\x40short header"));
}

#[test]
fn strangers_cannot_make_it_grow() {
    let mut crypto = super::crypto::Crypto::default();
    for offset in (1..4 * MAX_QUIC_CRYPTO).step_by(2) {
        crypto.add(offset as u64, &[1]);
    }
    assert!(crypto.heap_bytes() < MAX_QUIC_PIECES * 80);
    crypto.add(u64::MAX, &[1]);
    for offset in 0..2 * MAX_QUIC_CRYPTO {
        crypto.add(offset as u64, &[0xff]);
    }
    assert_eq!(crypto.message().0.len(), MAX_QUIC_CRYPTO);
    assert!(!crypto.message().1);
}

#[test]
fn pieces_that_overlap_are_held_within_the_same_bound() {
    let mut crypto = super::crypto::Crypto::default();
    for offset in 1..MAX_QUIC_PIECES {
        crypto.add(offset as u64, &[1; MAX_QUIC_CRYPTO - MAX_QUIC_PIECES]);
    }
    assert!(crypto.heap_bytes() < MAX_QUIC_CRYPTO + MAX_QUIC_PIECES * 80);
}
