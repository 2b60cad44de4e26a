//! Heads and bodies as clients, servers, proxies and portals write them; cut and split at every byte.

use std::io::Write as _;

use proptest::prelude::{any, prop};

use super::*;
use crate::limits::{MAX_HTTP_BODY, MAX_HTTP_FIELD, MAX_HTTP_HEAD};
use crate::proto::auth::{ChallengeKind, CredentialKind, Scheme};
use crate::proto::{Anomaly, Sniffed};

const PROBE: &str = "GET /connecttest.txt HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\nHost: www.msftconnecttest.com\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 22\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\nContent-Type: text/plain\r\nCache-Control: max-age=30, must-revalidate\r\n\r\nMicrosoft Connect Test";

fn request(text: &str) -> RequestHead {
    match parse_request(text.as_bytes()) {
        Parse::Done(head, used) => {
            assert_eq!(used, text.len());
            head
        }
        other => panic!("{other:?}"),
    }
}

fn response(text: &str) -> (ResponseHead, usize) {
    match parse_response(text.as_bytes()) {
        Parse::Done(head, used) => (head, used),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_probe() {
    assert_eq!(PROBE.len(), 111);
    let head = request(PROBE);
    assert_eq!((head.method.as_str(), head.path.as_str()), ("GET", "/connecttest.txt"));
    assert_eq!(head.host.as_deref(), Some("www.msftconnecttest.com"));
    assert_eq!(head.user_agent.as_deref(), Some("Microsoft NCSI"));
    assert_eq!((head.form.clone(), head.port, head.minor_version), (TargetForm::Origin, None, Some(1)));
    assert_eq!((head.connection, head.extent, head.anomalies.len()), (Persistence::Close, Extent::Whole, 0));
    assert!(!head.is_proxied());
}

#[test]
fn every_cut_of_the_probe() {
    let whole = request(PROBE);
    for length in 0..PROBE.len() {
        let bytes = &PROBE.as_bytes()[..length];
        assert_eq!(parse_request(bytes), Parse::Need, "{length}");
        match parse_request_partial(bytes) {
            Parse::Bad(anomaly) => {
                assert_eq!(anomaly, Anomaly::HttpStartLine);
                assert!(length <= 4);
            }
            Parse::Cut(head) => {
                assert!(length > 4);
                // "GET /connecttest.txt " is 21 bytes: from the blank on the target is whole.
                assert_eq!(head.extent == Extent::StartLine, length < 21, "{length}");
                assert!(whole.target.starts_with(&head.target));
                assert_eq!(head.extent == Extent::Fields, head.target == whole.target && length >= 21);
                assert_eq!(head.user_agent.is_some(), length >= PROBE.find("Host").unwrap(), "{length}");
                assert_eq!(head.anomalies, []);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn targets() {
    let table = [
        (
            "GET http://WWW.msftconnecttest.com/connecttest.txt?n=1 HTTP/1.1",
            "www.msftconnecttest.com",
            Some(80),
            "/connecttest.txt",
        ),
        ("GET http://user:geheim@h.example:8080 HTTP/1.1", "h.example", Some(8080), "/"),
        ("GET https://[2001:DB8::1]:8443/x#f HTTP/1.1", "2001:db8::1", Some(8443), "/x"),
        ("CONNECT login.microsoftonline.com:443 HTTP/1.1", "login.microsoftonline.com", Some(443), ""),
        ("CONNECT [2001:db8::1]:443 HTTP/1.0", "2001:db8::1", Some(443), ""),
        ("OPTIONS * HTTP/1.1", "from-host.example", Some(81), ""),
        ("GET //a@b/c?d=e@f HTTP/1.1", "from-host.example", Some(81), "//b/c"),
        ("PROPFIND /dav HTTP/1.1", "from-host.example", Some(81), "/dav"),
    ];
    for (line, host, port, path) in table {
        let head = request(&format!("{line}\r\nHOST:From-Host.example.:81\r\n\r\n"));
        assert_eq!((head.host.as_deref(), head.port, head.path.as_str()), (Some(host), port, path), "{line}");
        assert!(!format!("{head:?}").contains("geheim"));
        let proxied = line.contains("http") || line.contains("CONNECT");
        assert_eq!(head.is_proxied(), proxied, "{line}");
    }
    assert_eq!(request("GET /a?n=1 HTTP/1.1\r\n\r\n").query.as_deref(), Some("n=1"));
}

#[test]
fn lenient_requests() {
    for text in [
        "\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\nUser-Agent: a b\r\n\r\n",
        "GET /x HTTP/1.1\nHost: h\nUser-Agent: a b\n\n",
        "GET   /x   HTTP/1.1\r\nHost : h\r\nUser-Agent: a\r\n b\r\n\r\n",
        "GET /x HTTP/1.1\r\nno field line\r\nHost:h\r\nUser-Agent:\t a b \r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: h\r\nUser-Agent: a b\r\nX: \0\r\n\r\n",
        "GET /x HTTP/1.2\r\nHost: h\r\nUser-Agent: a b\r\n\r\n",
    ] {
        let head = request(text);
        assert_eq!((head.path.as_str(), head.host.as_deref()), ("/x", Some("h")), "{text:?}");
        assert_eq!(head.user_agent.as_deref(), Some("a b"), "{text:?}");
        assert_eq!(head.extent, Extent::Whole);
    }
    assert_eq!(request("GET /a b HTTP/1.1\r\n\r\n").path, "/a b");
    assert_eq!(request("GET /x HTTP/1.2\r\n\r\n").anomalies, [Anomaly::HttpVersion]);
    for text in [
        "GET /x\r\n\r\n",
        "HELO mail.example\r\n\r\n",
        "GET rtsp://a RTSP/1.0\r\n\r\n",
        "\x16\x03\x01",
        " GET / HTTP/1.1\r\n\r\n",
    ] {
        assert!(matches!(parse_request(text.as_bytes()), Parse::Bad(_)), "{text:?}");
    }
}

#[test]
fn request_fields_and_their_secrets() {
    let head = request(
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\nTransfer-Encoding: gzip, Chunked\r\nExpect: 100-Continue\r\n\
         If-None-Match: \"e\"\r\nProxy-Connection: Keep-Alive\r\nVia: 1.1 a\r\nVia: 1.0 b\r\nX-Forwarded-For: 10.0.0.5\r\n\
         Upgrade: websocket\r\nCookie: session=geheim\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\
         Authorization: NTLM TlRMTVNTUAABAAAAB4IIogAAAAA=\r\n\r\n",
    );
    assert!(head.conditional && head.chunked && head.expect_continue);
    assert_eq!((head.content_length, head.proxy_connection), (Some(5), Persistence::KeepAlive));
    assert_eq!(head.via.as_deref(), Some("1.1 a, 1.0 b"));
    assert_eq!(head.forwarded_for.as_deref(), Some("10.0.0.5"));
    assert_eq!(head.upgrade.as_deref(), Some("websocket"));
    assert_eq!(head.anomalies, [Anomaly::HttpLengthAndChunked]);
    let proxy = head.proxy_authorization.as_ref().unwrap();
    assert_eq!(proxy.kind, CredentialKind::Basic { user: Some("Aladdin".into()) });
    assert_eq!(head.authorization.as_ref().unwrap().kind, CredentialKind::Ntlm1);
    let shown = format!("{head:?}");
    assert!(!shown.contains("geheim") && !shown.contains("sesame") && !shown.contains("QWxh"), "{shown}");
}

#[test]
fn the_answer_and_every_cut_of_its_head() {
    let (head, used) = response(ANSWER);
    assert_eq!(&ANSWER[used..], "Microsoft Connect Test");
    assert_eq!((head.status, head.reason.as_str(), head.minor_version), (200, "OK", 1));
    assert_eq!((head.content_length, head.date, head.closes()), (Some(22), Some(784_111_777), true));
    assert_eq!(head.content_type.as_deref(), Some("text/plain"));
    for length in 0..used {
        let bytes = &ANSWER.as_bytes()[..length];
        assert_eq!(parse_response(bytes), Parse::Need);
        match parse_response_partial(bytes) {
            Parse::Bad(_) => assert!(length < 12, "{length}"),
            Parse::Cut(cut) => {
                assert_eq!(cut.status, 200);
                assert_eq!(cut.extent == Extent::StartLine, length < 17);
                assert_eq!(cut.content_length.is_some(), length >= 37);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_proxy_that_wants_to_know_who_asks() {
    let (head, _) = response(
        "HTTP/1.1 407 Proxy Authentication Required\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_CACHE_ACCESS_DENIED 0\r\n\
         Proxy-Authenticate: Negotiate, NTLM\r\nProxy-Authenticate: Basic realm=\"Corp, proxy\"\r\nWWW-Authenticate: Bearer\r\n\
         X-Cache: MISS from a\r\nX-Cache: MISS from b\r\nVia: 1.1 a (squid)\r\nAge: 31\r\nProxy-Connection: close\r\n\
         Set-Cookie: id=geheim\r\nLocation: http://u:geheim@p.example/login?x=http://a@b\r\nContent-Encoding: GZip\r\n\r\n",
    );
    let schemes: Vec<_> = head.proxy_authenticate.iter().map(|challenge| challenge.scheme.clone()).collect();
    assert_eq!(schemes, [Scheme::Negotiate, Scheme::Ntlm, Scheme::Basic]);
    assert!(head.proxy_authenticate.iter().all(|challenge| challenge.kind == ChallengeKind::Offer));
    assert_eq!(head.proxy_authenticate[2].realm.as_deref(), Some("Corp, proxy"));
    assert_eq!(head.www_authenticate.len(), 1);
    assert_eq!(head.x_cache.as_deref(), Some("MISS from a, MISS from b"));
    assert_eq!((head.age, head.closes(), head.content_encoding.as_deref()), (Some(31), true, Some("gzip")));
    assert_eq!(head.location.as_deref(), Some("http://p.example/login?x=http://a@b"));
    assert_eq!(head.markers, [("x-squid-error".to_owned(), "ERR_CACHE_ACCESS_DENIED 0".to_owned())]);
    assert!(!format!("{head:?}").contains("geheim"));
}

#[test]
fn lenient_responses() {
    let table = [
        ("HTTP/1.0 302\r\nLocation:/a\r\n\r\n", 302, "/a"),
        ("HTTP/1.1  302  Found\nLocation : /a\n\n", 302, "/a"),
        ("HTTP/1.1 302 Gef\u{fc}nden\r\nLocation: /a\r\n\r\n", 302, "/a"),
        ("HTTP/1.1 511 x\r\nLocation:\r\n /a\r\nbad line\r\n\r\n", 511, "/a"),
        ("HTTP/2.0 302 Found\r\nLocation: /a\r\n\r\n", 302, "/a"),
        ("http/1.1 302 Found\r\nX: \x01\r\nLocation: /a\r\n\r\n", 302, "/a"),
    ];
    for (text, status, location) in table {
        let (head, used) = response(text);
        assert_eq!((head.status, head.location.as_deref(), used), (status, Some(location), text.len()), "{text:?}");
    }
    for text in
        ["HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "<html>", "HTTP/1.1 20\r\n\r\n", "ICY 200 OK\r\n\r\n"]
    {
        assert!(matches!(parse_response(text.as_bytes()), Parse::Bad(_)), "{text:?}");
    }
}

#[test]
fn heads_are_bounded() {
    let long = format!("GET /x HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "a".repeat(MAX_HTTP_HEAD));
    let Parse::Cut(head) = parse_request(long.as_bytes()) else { panic!("not cut") };
    assert_eq!((head.host.as_deref(), head.extent), (Some("h"), Extent::Fields));
    let many = format!("HTTP/1.1 200 OK\r\nServer: s\r\n{}\r\n", "Age: 1\r\n".repeat(1000));
    let (head, used) = response(&many);
    assert_eq!((head.server.as_deref(), used), (Some("s"), many.len()));
    assert_eq!(head.anomalies, [Anomaly::HttpHeadTooLong]);
    let (head, _) = response(&format!("HTTP/1.1 200 OK\r\nServer: {}\r\n\r\n", "ü".repeat(3000)));
    assert!(head.server.unwrap().len() <= MAX_HTTP_FIELD + 2);
}

#[test]
fn sniffing() {
    let table = [
        ("GET /", Sniffed::Yes, Sniffed::No),
        ("GET", Sniffed::Maybe, Sniffed::No),
        ("", Sniffed::Maybe, Sniffed::Maybe),
        ("\r\nPOST /", Sniffed::Yes, Sniffed::No),
        ("CONNECT login", Sniffed::Yes, Sniffed::No),
        ("MKCALENDAR /x HT", Sniffed::Maybe, Sniffed::No),
        ("MKCALENDAR /x HTTP/1.1\r\n", Sniffed::Yes, Sniffed::No),
        ("EHLO mail.example\r\n", Sniffed::No, Sniffed::No),
        ("SSH-2.0-OpenSSH", Sniffed::No, Sniffed::No),
        ("H", Sniffed::Maybe, Sniffed::Maybe),
        ("HTTP/1.1 200", Sniffed::No, Sniffed::Yes),
        ("HTTP/x", Sniffed::No, Sniffed::No),
        ("\x16\x03\x01\x02\x00", Sniffed::No, Sniffed::No),
    ];
    for (text, as_request, as_response) in table {
        assert_eq!(sniff_request(text.as_bytes()), as_request, "{text:?}");
        assert_eq!(sniff_response(text.as_bytes()), as_response, "{text:?}");
    }
}

/// Feeds `stream` in pieces of `size` bytes; returns the body and how many bytes it used.
fn read_body(mut reader: BodyReader, stream: &[u8], size: usize) -> (Body, usize, BodyState) {
    let mut used = 0;
    'pieces: for piece in stream.chunks(size) {
        let mut rest = piece;
        while !rest.is_empty() {
            let (taken, state) = reader.feed(rest);
            used += taken;
            rest = &rest[taken..];
            if state != BodyState::More {
                break 'pieces;
            }
        }
    }
    let state = reader.state();
    (reader.finish(), used, state)
}

#[test]
fn framing() {
    let table = [
        (Some("HEAD"), "HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n", Framing::Empty),
        (Some("GET"), "HTTP/1.1 204 No\r\nContent-Length: 22\r\n\r\n", Framing::Empty),
        (Some("GET"), "HTTP/1.1 304 No\r\nContent-Length: 22\r\n\r\n", Framing::Empty),
        (Some("GET"), "HTTP/1.1 100 Continue\r\n\r\n", Framing::Empty),
        (Some("GET"), "HTTP/1.1 101 Switching\r\n\r\n", Framing::Tunnel),
        (Some("CONNECT"), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Framing::Tunnel),
        (Some("CONNECT"), "HTTP/1.1 407 No\r\nContent-Length: 3\r\n\r\n", Framing::Length(3)),
        (None, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", Framing::Chunked),
        (None, "HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose),
        (None, "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Framing::UntilClose),
    ];
    for (method, text, expected) in table {
        assert_eq!(BodyReader::new(method, &response(text).0).framing(), expected, "{method:?} {text:?}");
    }
    assert_eq!(BodyReader::for_request(&request(PROBE)).state(), BodyState::Done);
}

#[test]
fn bodies_are_the_same_however_they_are_split() {
    let chunks = "5;a=\"b\"\r\nMicro\r\n011 \r\nsoft Connect Test\r\n0\r\nTrailer: x\r\n\r\n";
    let table = [
        ("Transfer-Encoding: chunked", chunks.to_owned()),
        ("Transfer-Encoding: chunked", chunks.replace("\r\n", "\n")),
        ("Content-Length: 22", "Microsoft Connect Test".to_owned()),
    ];
    for (field, stream) in table {
        let head = response(&format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n")).0;
        let followed = format!("{stream}HTTP/1.1 200 OK");
        for size in 1..=followed.len() {
            let (body, used, state) = read_body(BodyReader::new(Some("GET"), &head), followed.as_bytes(), size);
            assert_eq!((body.bytes.as_slice(), used), (&b"Microsoft Connect Test"[..], stream.len()), "{size}");
            assert_eq!((body.total_len, body.whole, body.complete, state), (22, true, true, BodyState::Done));
        }
        for length in 0..stream.len() {
            let mut reader = BodyReader::new(Some("GET"), &head);
            assert_eq!(reader.feed(&stream.as_bytes()[..length]), (length, BodyState::More));
            assert_eq!(reader.close(), BodyState::Bad(Anomaly::Truncated));
            assert!(!reader.finish().complete);
        }
    }
}

#[test]
fn broken_chunks_and_gaps() {
    let head = response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").0;
    for stream in ["x\r\n", "\r\n5\r\n", "5\r\nMicroXX\r\n", "1111111111111111\r\n", "-1\r\n"] {
        let (_, _, state) = read_body(BodyReader::new(None, &head), stream.as_bytes(), 3);
        assert_eq!(state, BodyState::Bad(Anomaly::HttpChunk), "{stream:?}");
    }
    let endless = vec![b'a'; 100_000];
    let mut reader = BodyReader::new(None, &head);
    reader.feed(b"5;");
    assert_eq!(reader.feed(&endless).1, BodyState::Bad(Anomaly::HttpChunk));

    let mut reader = BodyReader::new(None, &head);
    reader.feed(b"10\r\nabc");
    assert_eq!(reader.gap(13), (13, BodyState::More));
    assert_eq!(reader.feed(b"\r\n0\r\n\r\n"), (7, BodyState::Done));
    let body = reader.finish();
    assert_eq!((body.bytes.as_slice(), body.total_len), (&b"abc"[..], 16));
    assert!(body.complete && body.missing && !body.whole);

    let mut reader = BodyReader::new(None, &head);
    reader.feed(b"10\r\nabc");
    assert_eq!(reader.gap(14), (13, BodyState::Bad(Anomaly::HttpGap)));

    let head = response("HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n").0;
    let mut reader = BodyReader::new(None, &head);
    reader.feed(b"Micro");
    assert_eq!(reader.gap(10), (10, BodyState::More));
    assert_eq!(reader.feed(b"ct Test and more"), (7, BodyState::Done));
    let body = reader.finish();
    assert_eq!((body.bytes.as_slice(), body.total_len, body.complete), (&b"Micro"[..], 22, true));
    let mut reader = BodyReader::new(None, &head);
    assert_eq!(reader.gap(1000), (22, BodyState::Done));
}

#[test]
fn until_close() {
    let head = response("HTTP/1.1 200 OK\r\n\r\n").0;
    let mut reader = BodyReader::new(None, &head);
    assert_eq!(reader.feed(b"abc"), (3, BodyState::More));
    assert!(!reader.clone().finish().complete);
    assert_eq!(reader.close(), BodyState::Done);
    let body = reader.finish();
    assert!(body.complete && body.whole);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str, bytes: &[u8]) -> Body {
    let head =
        response(&format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", bytes.len()))
            .0;
    read_body(BodyReader::new(None, &head), bytes, 1000).0
}

#[test]
fn content_codings() {
    let text = b"Microsoft Connect Test";
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(text).unwrap();
    let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    bare.write_all(text).unwrap();
    let table = [
        ("gzip", gzip(text)),
        ("X-GZIP", gzip(text)),
        ("deflate", zlib.finish().unwrap()),
        ("deflate", bare.finish().unwrap()),
        ("gzip, gzip", gzip(&gzip(text))),
        ("identity", text.to_vec()),
    ];
    for (coding, bytes) in table {
        let body = coded(coding, &bytes);
        assert_eq!((body.bytes.as_slice(), body.whole, body.anomaly), (&text[..], true, None), "{coding}");
        assert_eq!(body.total_len, bytes.len() as u64);
    }
    for (coding, bytes) in
        [("br", text.to_vec()), ("gzip", text.to_vec()), ("gzip,gzip,gzip", gzip(&gzip(&gzip(text))))]
    {
        let body = coded(coding, &bytes);
        assert!(body.undecoded && body.bytes.is_empty() && !body.whole, "{coding}");
        assert_eq!(body.anomaly, Some(Anomaly::HttpCoding));
    }
    let zipped = gzip(text);
    for length in 1..zipped.len() {
        let body = coded("gzip", &zipped[..length]);
        assert!(!body.whole && text.starts_with(&body.bytes), "{length}");
    }
}

#[test]
fn a_bomb_costs_no_more_than_any_body() {
    let bomb = gzip(&gzip(&vec![0; 50 << 20]));
    let body = coded("gzip, gzip", &bomb);
    assert!(body.bytes.len() <= MAX_HTTP_BODY && !body.whole);
    assert!(body.bytes.capacity() <= 4 * MAX_HTTP_BODY);
    let large = coded("identity", &vec![b'x'; 1 << 20]);
    assert_eq!((large.bytes.len(), large.total_len, large.whole), (MAX_HTTP_BODY, 1 << 20, false));
}

proptest::proptest! {
    #[test]
    fn no_head_panics(at in 0..111usize, value in any::<u8>(), tail in prop::collection::vec(any::<u8>(), 0..100)) {
        let mut bytes = PROBE.as_bytes().to_vec();
        bytes[at] = value;
        let _ = parse_request(&bytes);
        bytes.truncate(at);
        bytes.extend(&tail);
        let _ = (parse_request(&bytes), sniff_request(&bytes));
        proptest::prop_assert!(parse_request_partial(&bytes) != Parse::Need);
        let mut bytes = ANSWER.as_bytes().to_vec();
        bytes[at] = value;
        let _ = parse_response(&bytes);
        bytes.truncate(at);
        bytes.extend(&tail);
        let _ = (sniff_response(&bytes), title(&bytes));
        proptest::prop_assert!(parse_response_partial(&bytes) != Parse::Need);
    }

    #[test]
    fn chunks_do_not_depend_on_splits(stream in "[0-9a-f\r\n;x]{0,60}", size in 1..9usize) {
        let head = response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").0;
        let whole = read_body(BodyReader::new(None, &head), stream.as_bytes(), 1000);
        let split = read_body(BodyReader::new(None, &head), stream.as_bytes(), size);
        proptest::prop_assert_eq!(whole, split);
    }
}
