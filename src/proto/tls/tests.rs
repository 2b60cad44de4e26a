//! Handshakes built byte by byte; cut, split, with gaps, and hostile ones.

use proptest::prelude::{any, prop};

use super::*;
use crate::limits::MAX_TLS_HANDSHAKE;
use crate::proto::Sniffed;
use crate::source::{PacketId, PacketRef};
use crate::time::CaptureTime;

fn packet(number: u64) -> PacketRef {
    PacketRef { time: CaptureTime::from_nanos(i64::try_from(number).unwrap()), id: PacketId::new(0, number) }
}

fn u16s(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_be_bytes()).collect()
}

fn len16(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

fn len8(bytes: &[u8]) -> Vec<u8> {
    [&[u8::try_from(bytes.len()).unwrap()][..], bytes].concat()
}

fn len24(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes()[1..], bytes].concat()
}

fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &len16(content)].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &len24(body)].concat()
}

fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 3, 1][..], &len16(content)].concat()
}

/// Extensions as a Windows 11 client sends them, with GREASE in every list.
fn extensions() -> Vec<u8> {
    let name = [&[0][..], &len16(b"Login.MicrosoftOnline.com")].concat();
    [
        extension(0x3a3a, &[]),
        extension(0, &len16(&name)),
        extension(10, &len16(&u16s(&[0x1a1a, 29, 23, 24]))),
        extension(11, &len8(&[0])),
        extension(13, &len16(&u16s(&[0x0804, 0x0401]))),
        extension(16, &len16(&[len8(b"h2"), len8(b"http/1.1"), len8(&[0x5a, 0x5a])].concat())),
        extension(43, &len8(&u16s(&[0x2a2a, 0x0304, 0x0303]))),
        extension(0xfe0d, &[0; 20]),
        extension(51, &[7; 1200]),
    ]
    .concat()
}

fn client_hello(version: u16, ciphers: &[u16], extensions: Option<&[u8]>) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([9; 32]);
    body.extend(len8(&[5; 32]));
    body.extend(len16(&u16s(ciphers)));
    body.extend(len8(&[0]));
    if let Some(extensions) = extensions {
        body.extend(len16(extensions));
    }
    handshake(1, &body)
}

fn server_hello(version: u16, random: [u8; 32], cipher: u16, extensions: &[u8]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend(random);
    body.extend(len8(&[5; 32]));
    body.extend(cipher.to_be_bytes());
    body.push(0);
    body.extend(len16(extensions));
    handshake(2, &body)
}

const MODERN: &[u16] = &[0x4a4a, 0x1302, 0x1301, 0xc030];

fn modern() -> Vec<u8> {
    record(22, &client_hello(0x0303, MODERN, Some(&extensions())))
}

/// What a stream says when it comes at once.
fn messages(bytes: &[u8]) -> Vec<TlsMessage> {
    let mut out = Vec::new();
    TlsStream::default().feed(bytes, packet(1), &mut out);
    out.into_iter().map(|event| event.message).collect()
}

fn only_hello(bytes: &[u8]) -> ClientHello {
    match messages(bytes).as_slice() {
        [TlsMessage::ClientHello(hello)] => (**hello).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_modern_hello() {
    let hello = only_hello(&modern());
    assert!(hello.complete && hello.encrypted_hello && !hello.fallback_scsv && !hello.resumes);
    assert_eq!(hello.sni.as_deref(), Some("login.microsoftonline.com"));
    assert_eq!(hello.supported_versions, [TlsVersion::TLS1_3, TlsVersion::TLS1_2]);
    assert_eq!((hello.max_version(), hello.legacy_version), (TlsVersion::TLS1_3, TlsVersion::TLS1_2));
    assert_eq!(hello.ciphers, [0x1302, 0x1301, 0xc030]);
    assert_eq!(hello.alpn, ["h2", "http/1.1"]);
    assert_eq!(
        (hello.groups.as_slice(), hello.signature_algorithms.as_slice()),
        (&[29, 23, 24][..], &[0x804, 0x401][..])
    );
    assert_eq!(hello.ja3_text(), "771,4866-4865-49200,0-10-11-13-16-43-65037-51,29-23-24,0");
    assert_eq!(hello.offers(TlsVersion::TLS1_1), Some(false));
    assert_eq!(hello.offers(TlsVersion::TLS1_3), Some(true));
}

#[test]
fn old_hellos() {
    let old = only_hello(&record(22, &client_hello(0x0301, &[0x002f, 0x000a, 0x5600, 0x00ff], None)));
    assert!(old.complete && old.fallback_scsv && old.max_version_is_certain());
    assert_eq!((old.max_version(), old.offers(TlsVersion::TLS1_2)), (TlsVersion::TLS1_0, Some(false)));
    assert_eq!(old.offers(TlsVersion::SSL3), None);
    assert_eq!(old.ciphers, [0x2f, 0x0a, 0x5600, 0xff]);
    let ticket = only_hello(&record(22, &client_hello(0x0303, &[0x2f], Some(&extension(35, &[1; 40])))));
    assert!(ticket.resumes);
    // An odd list of suites, which tls-parser refuses, costs neither version nor name.
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.extend(len8(&[]));
    body.extend(len16(&[0, 0x2f, 0]));
    body.extend(len8(&[0]));
    body.extend(len16(&extensions()));
    let odd = only_hello(&record(22, &handshake(1, &body)));
    assert_eq!((odd.max_version(), odd.sni.as_deref()), (TlsVersion::TLS1_3, Some("login.microsoftonline.com")));
}

#[test]
fn ssl2_hello() {
    let mut body = vec![1, 3, 1];
    body.extend([0, 9, 0, 0, 0, 16]);
    body.extend([0, 0, 0x2f, 7, 0, 0xc0, 0, 0, 0x0a]);
    body.extend([1; 16]);
    let bytes = [&[0x80, u8::try_from(body.len()).unwrap()][..], &body].concat();
    let hello = only_hello(&bytes);
    assert_eq!((hello.format, hello.complete, hello.max_version()), (HelloFormat::Ssl2, true, TlsVersion::TLS1_0));
    assert_eq!(hello.ciphers, [0x2f, 0x0a]);
    for length in 0..bytes.len() {
        let (mut stream, mut out) = (TlsStream::default(), Vec::new());
        stream.feed(&bytes[..length], packet(1), &mut out);
        assert_eq!(out, []);
        assert_eq!(stream.partial().is_some(), length >= 5);
        let expected = if length >= 7 { Sniffed::Yes } else { Sniffed::Maybe };
        assert!(sniff(&bytes[..length]) == expected || sniff(&bytes[..length]) == Sniffed::Yes && length >= 5);
    }
    let ssl2_only =
        only_hello(&[0x80, 28, 1, 0, 2, 0, 3, 0, 0, 0, 16, 7, 0, 0xc0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(ssl2_only.max_version().to_string(), "SSL2");
}

#[test]
fn every_cut_of_a_hello_gives_what_was_there() {
    let bytes = modern();
    let whole = only_hello(&bytes);
    for length in 0..bytes.len() {
        let (mut stream, mut out) = (TlsStream::default(), Vec::new());
        stream.feed(&bytes[..length], packet(7), &mut out);
        assert_eq!(out, []);
        let by_end = stream.partial();
        // The same by a gap: a frame cut by the snap length.
        stream.gap((bytes.len() - length) as u64, packet(8), &mut out);
        if length < 11 {
            assert!(by_end.is_none() && out.is_empty(), "{length}");
            continue;
        }
        assert_eq!(out, by_end.into_iter().collect::<Vec<_>>());
        let TlsMessage::ClientHello(hello) = &out[0].message else { panic!("{out:?}") };
        assert_eq!((out[0].at, hello.complete, hello.legacy_version), (packet(7), false, TlsVersion::TLS1_2));
        assert!(hello.sni.is_none() || hello.sni == whole.sni);
        assert!(whole.ciphers.starts_with(&hello.ciphers) && whole.extensions.starts_with(&hello.extensions));
        assert_eq!(hello.max_version_is_certain(), hello.max_version() == TlsVersion::TLS1_3);
    }
}

/// A whole server flight up to TLS 1.2: hello, certificate and the rest in one record cut in three, then Finished.
fn server_flight() -> Vec<u8> {
    let mut messages =
        server_hello(0x0303, *b"random random random ranDOWNGRD\x01", 0xc030, &extension(16, &len16(&len8(b"h2"))));
    messages.extend(handshake(11, &len24(&[len24(&certificate()), len24(&[1, 2, 3])].concat())));
    for kind in [12, 13, 14] {
        messages.extend(handshake(kind, &[]));
    }
    let third = messages.len() / 3;
    let mut bytes = record(22, &messages[..third]);
    bytes.extend(record(22, &messages[third..2 * third]));
    bytes.extend(record(22, &messages[2 * third..]));
    bytes.extend(record(20, &[1]));
    bytes.extend(record(22, &[0xa7; 40]));
    bytes.extend(record(23, &[0; 300]));
    bytes.extend(record(21, &[0x5a; 26]));
    bytes
}

#[test]
fn a_server_flight() {
    let read = messages(&server_flight());
    let [TlsMessage::ServerHello(hello), TlsMessage::Certificate(certificate), rest @ ..] = read.as_slice() else {
        panic!("{read:?}")
    };
    assert_eq!((hello.version, hello.cipher, hello.complete), (TlsVersion::TLS1_2, Some(0xc030), true));
    assert_eq!((hello.downgrade, hello.alpn.as_deref()), (Some(Downgrade::ToTls12), Some("h2")));
    assert!(hello.resumes(&only_hello(&modern())), "the session id of the client comes back");
    assert_eq!((certificate.chain_len, certificate.readable, certificate.self_issued), (2, true, false));
    assert_eq!(certificate.subject_name.as_deref(), Some("login.example"));
    assert_eq!(certificate.issuer_name.as_deref(), Some("Inspection CA"));
    assert_eq!(certificate.issuer_organization.as_deref(), Some("Contoso"));
    assert_eq!(certificate.names, ["login.example", "192.0.2.1"]);
    assert_eq!((certificate.not_before, certificate.not_after), (1_704_067_200, 1_735_689_600));
    assert_eq!(
        rest,
        [
            TlsMessage::ServerKeyExchange,
            TlsMessage::CertificateRequest,
            TlsMessage::ServerHelloDone,
            TlsMessage::ChangeCipherSpec,
            TlsMessage::EncryptedHandshake,
            TlsMessage::ApplicationData { len: 300 },
            TlsMessage::EncryptedAlert,
        ]
    );
}

#[test]
fn splits_change_nothing_but_the_packet() {
    for bytes in [server_flight(), [modern(), record(21, &[2, 70])].concat(), retried_hello()] {
        let expected = messages(&bytes);
        for size in 1..40 {
            let (mut stream, mut out) = (TlsStream::default(), Vec::new());
            for (piece, number) in bytes.chunks(size).zip(1..) {
                stream.feed(piece, packet(number), &mut out);
            }
            assert_eq!(out.iter().map(|event| event.message.clone()).collect::<Vec<_>>(), expected, "{size}");
            assert_eq!(out.last().unwrap().at, packet(bytes.len().div_ceil(size) as u64));
        }
    }
}

/// What a TLS 1.3 client says around a HelloRetryRequest: ChangeCipherSpec stands before its second hello.
fn retried_hello() -> Vec<u8> {
    [modern(), record(20, &[1]), modern(), record(23, &[1; 60])].concat()
}

#[test]
fn tls_1_3() {
    let kinds: Vec<bool> =
        messages(&retried_hello()).iter().map(|message| matches!(message, TlsMessage::ClientHello(_))).collect();
    assert_eq!(kinds, [true, false, true, false]);
    let retry: [u8; 32] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2,
        0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ];
    let chosen = extension(43, &[3, 4]);
    let bytes = [
        record(22, &server_hello(0x0303, retry, 0x1301, &chosen)),
        record(20, &[1]),
        record(22, &server_hello(0x0303, [3; 32], 0x1301, &[chosen.clone(), extension(41, &[0, 0])].concat())),
        record(23, &[9; 100]),
    ]
    .concat();
    let read = messages(&bytes);
    let [TlsMessage::ServerHello(first), TlsMessage::ChangeCipherSpec, TlsMessage::ServerHello(second), _] =
        read.as_slice()
    else {
        panic!("{read:?}")
    };
    assert!(first.hello_retry && !second.hello_retry);
    assert_eq!((second.version, second.psk), (TlsVersion::TLS1_3, true));
    // Cut before its extensions: 1.2 is not certain, the suite says so.
    let cut = record(22, &server_hello(0x0303, [3; 32], 0x1301, &chosen));
    let mut stream = TlsStream::default();
    stream.feed(&cut[..5 + 4 + 2 + 32 + 33 + 2], packet(1), &mut Vec::new());
    let Some(TlsEvent { message: TlsMessage::ServerHello(hello), .. }) = stream.partial() else { panic!() };
    assert_eq!((hello.version, hello.cipher, hello.version_is_certain()), (TlsVersion::TLS1_2, Some(0x1301), false));
}

#[test]
fn an_early_draft_has_neither_session_id_nor_compression() {
    // As in draft 16: version, random, suite, extensions (here a key share of 4 bytes).
    let body = [&[0x7f, 0x10][..], &[7; 32], &[0x13, 0x03], &len16(&extension(51, &[0, 29, 0, 0]))].concat();
    for message in [handshake(2, &body), handshake(2, &body[..36])] {
        let [TlsMessage::ServerHello(hello)] = &messages(&record(0x16, &message))[..] else { panic!() };
        assert_eq!((hello.version, hello.cipher), (TlsVersion::TLS1_3, Some(0x1303)));
        assert!(hello.session_id.is_empty());
    }
}

#[test]
fn alerts() {
    let alert = |level, code| TlsMessage::Alert { level, code };
    assert_eq!(messages(&record(21, &[2, 70])), [alert(2, 70)]);
    assert_eq!(messages(&record(21, &[1, 112, 2, 40])), [alert(1, 112), alert(2, 40)]);
    assert_eq!(messages(&record(21, &[2])), [TlsMessage::EncryptedAlert]);
    assert_eq!(messages(&record(21, &[7; 26])), [TlsMessage::EncryptedAlert]);
    let changed = record(20, &[1]);
    assert_eq!(messages(&[changed.clone(), record(21, &[7; 4])].concat())[1], TlsMessage::EncryptedAlert);
    assert_eq!(messages(&[changed, record(21, &[2, 70])].concat())[1], alert(2, 70));
}

#[test]
fn gaps() {
    // Inside the flight: in step as long as no record header is missing.
    let bytes = server_flight();
    let length = |at: usize| 5 + usize::from(u16::from_be_bytes([bytes[at + 3], bytes[at + 4]]));
    let second = length(0);
    let third = second + length(second);
    let table = [
        (second + 10, second + 60, true),
        (second + 10, third, true),
        (second + 10, third + 3, false),
        (60, 70, true),
        (60, second, false),
        (7, second, false),
    ];
    for (start, end, in_step) in table {
        let (mut stream, mut out) = (TlsStream::default(), Vec::new());
        stream.feed(&bytes[..start], packet(1), &mut out);
        stream.gap((end - start) as u64, packet(2), &mut out);
        stream.feed(&bytes[end..], packet(3), &mut out);
        let read: Vec<_> = out.iter().map(|event| &event.message).collect();
        let hello = matches!(read[0], TlsMessage::ServerHello(hello) if hello.complete == (start > 70));
        assert_eq!(hello, start > 7, "{start}..{end}: {read:?}");
        assert!(start == 7 || out[0].at == packet(1));
        assert_eq!(read.contains(&&TlsMessage::ServerHelloDone), in_step, "{start}..{end}: {read:?}");
        let encrypted = read.iter().filter(|message| ***message == TlsMessage::EncryptedHandshake).count();
        assert_eq!(encrypted, 1, "{start}..{end}: {read:?}");
        assert!(read.contains(&&TlsMessage::ChangeCipherSpec), "{start}..{end}: {read:?}");
        assert!(read.contains(&&TlsMessage::ApplicationData { len: 300 }), "{start}..{end}: {read:?}");
        assert!(!read.contains(&&TlsMessage::Garbage));
    }
    // Between records: reading goes on at a header that is followed by another.
    let (mut stream, mut out) = (TlsStream::default(), Vec::new());
    stream.feed(&modern(), packet(1), &mut out);
    stream.gap(500, packet(2), &mut out);
    stream.feed(&[&[9; 50][..], &record(23, &[1; 30]), &record(21, &[1, 0])].concat(), packet(3), &mut out);
    let read: Vec<_> = out.into_iter().skip(1).map(|event| event.message).collect();
    assert_eq!(read, [TlsMessage::ApplicationData { len: 30 }, TlsMessage::Alert { level: 1, code: 0 }]);
    // Inside application data of which only the header was captured.
    let (mut stream, mut out) = (TlsStream::default(), Vec::new());
    for number in 1..4 {
        stream.feed(&[23, 3, 3, 5, 0], packet(number), &mut out);
        stream.gap(1280, packet(number), &mut out);
    }
    assert_eq!(out.len(), 3);
    assert!(out.iter().all(|event| event.message == TlsMessage::ApplicationData { len: 1280 }));
}

#[test]
fn garbage_and_bounds() {
    assert_eq!(messages(b"HTTP/1.1 400 Bad Request\r\n\r\n"), [TlsMessage::Garbage]);
    assert_eq!(messages(&[0x16, 3, 1, 0xff, 0xff, 1]), [TlsMessage::Garbage]);
    // A certificate message of 16 MB is announced: it is passed over, never held.
    let (mut stream, mut out) = (TlsStream::default(), Vec::new());
    stream.feed(&record(22, &[11, 0xff, 0xff, 0xff]), packet(1), &mut out);
    for _ in 0..2000 {
        stream.feed(&record(22, &[0; 16_000]), packet(2), &mut out);
    }
    assert_eq!(out[0].message, TlsMessage::Handshake(11));
    let long = handshake(1, &vec![0; MAX_TLS_HANDSHAKE]);
    assert_eq!(messages(&record(22, &long[..16_000])), [TlsMessage::EncryptedHandshake]);
    // Ten thousand empty messages in one record take no time that grows with their square.
    assert_eq!(messages(&record(22, &[0; 16_000])).len(), 4000);
}

#[test]
fn versions_and_sniffing() {
    let shown: Vec<String> =
        [2, 0x300, 0x301, 0x302, 0x303, 0x304, 0x305].map(|number| TlsVersion(number).to_string()).to_vec();
    assert_eq!(shown, ["SSL2", "SSL3", "1.0", "1.1", "1.2", "1.3", "0x0305"]);
    assert_eq!(TlsVersion::from_wire(0x7f1c), TlsVersion::TLS1_3);
    let table: [(&[u8], Sniffed); 9] = [
        (&modern(), Sniffed::Yes),
        (&[0x16], Sniffed::Maybe),
        (&[0x16, 3, 1, 2, 0], Sniffed::Maybe),
        (&[0x16, 3, 1, 2, 0, 1], Sniffed::Yes),
        (&[0x15, 3, 1, 0, 2, 2, 70], Sniffed::Yes),
        (&[0x16, 2], Sniffed::No),
        (&[0x17, 3, 3, 0, 9], Sniffed::No),
        (b"GET / HTTP/1.1", Sniffed::No),
        (&[0x80, 0x2e, 3], Sniffed::No),
    ];
    for (bytes, expected) in table {
        assert_eq!(sniff(bytes), expected, "{bytes:?}");
    }
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut bytes = vec![tag];
    match content.len() {
        length @ 0..0x80 => bytes.push(u8::try_from(length).unwrap()),
        length => {
            bytes.push(0x82);
            bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
    }
    [bytes, content].concat()
}

fn distinguished_name(common: &str, organization: &str) -> Vec<u8> {
    let attribute =
        |last: u8, text: &str| der(0x31, &[&der(0x30, &[&[6, 3, 0x55, 4, last], &der(0x0c, &[text.as_bytes()])])]);
    der(0x30, &[&attribute(10, organization), &attribute(3, common)])
}

/// A certificate with every field that is read; its signature is never checked.
fn certificate() -> Vec<u8> {
    let algorithm = der(0x30, &[&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b], &[5, 0]]);
    let validity = der(0x30, &[&der(0x17, &[b"240101000000Z"]), &der(0x17, &[b"250101000000Z"])]);
    let key = der(0x30, &[&algorithm, &der(3, &[&[0], &[0x42; 60]])]);
    let names = der(0x30, &[&der(0x82, &[b"Login.Example"]), &der(0x87, &[&[192, 0, 2, 1]])]);
    let alternative = der(0x30, &[&[6, 3, 0x55, 0x1d, 0x11], &der(4, &[&names])]);
    let body = der(
        0x30,
        &[
            &[0xa0, 3, 2, 1, 2],
            &[2, 1, 7],
            &algorithm,
            &distinguished_name("Inspection CA", "Contoso"),
            &validity,
            &distinguished_name("login.example", "Example"),
            &key,
            &der(0xa3, &[&der(0x30, &[&alternative])]),
        ],
    );
    der(0x30, &[&body, &algorithm, &der(3, &[&[0], &[0x24; 60]])])
}

proptest::proptest! {
    #[test]
    fn no_corruption_panics(
        at in 0..3000usize, value in any::<u8>(), other in 0..3000usize, second in any::<u8>(), size in 1..500usize,
        gap in prop::option::of(0..2000u64),
    ) {
        let mut bytes = [server_flight(), modern()].concat();
        let length = bytes.len();
        bytes[at % length] = value;
        bytes[other % length] = second;
        let (mut stream, mut out) = (TlsStream::default(), Vec::new());
        for piece in bytes.chunks(size) {
            stream.feed(piece, packet(1), &mut out);
            let _ = stream.partial();
            if let Some(gap) = gap {
                stream.gap(gap, packet(2), &mut out);
            }
        }
        let _ = sniff(&bytes);
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0..25u8) {
        let _ = (messages(&bytes), sniff(&bytes));
        let _ = messages(&record(22, &handshake(kind, &bytes)));
        let _ = messages(&record(22, &handshake(11, &len24(&len24(&bytes)))));
    }
}
