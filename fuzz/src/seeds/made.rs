//! One input for every planted fault, byte by byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Seeds, der, quic};
use crate::target::{credentials, dns, host, http, settings, source, tls, whole, wire};

/// Every one.
pub fn all(seeds: &mut Seeds) {
    names(seeds);
    http_seeds(seeds);
    tls_seeds(seeds);
    credentials_seeds(seeds);
    host_seeds(seeds);
    seeds.made("settings", settings_text().into_bytes());
    seeds.made("filter", settings::FILTER.as_bytes().to_vec());
    seeds.made("source", pcapng(&[udp(&[1; 40], 0, 0, 40), udp(b"two", 0, 0, 3)], source::PROGRAM));
    seeds.made("whole", portal());
    frames(seeds);
    // A handshake, segments with holes on both sides, and their ends: steer, flags, length, acknowledgement.
    let segments: [[u8; 4]; 8] = [
        [0, 2, 0, 0],
        [1, 18, 0, 8],
        [0, 16, 100, 8],
        [1, 16, 100, 8],
        [0, 24, 50, 8],
        [1, 16, 50, 8],
        [0, 17, 0, 8],
        [1, 17, 0, 8],
    ];
    seeds.made("stream", segments.concat());
}

/// Length before text.
fn short(text: &[u8]) -> Vec<u8> {
    [&[text.len() as u8][..], text].concat()
}

/// A name of DNS.
fn labels(name: &str) -> Vec<u8> {
    let mut out: Vec<u8> = name.split('.').flat_map(|label| short(label.as_bytes())).collect();
    out.push(0);
    out
}

fn names(seeds: &mut Seeds) {
    let mut message = vec![0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
    message.extend(labels("www.msftconnecttest.com"));
    message.extend([0, 1, 0, 1, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60]);
    let alias = labels(dns::ALIAS);
    message.extend((alias.len() as u16).to_be_bytes());
    message.extend(alias);
    message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 13, 107, 4, 52]);
    seeds.made("dns", [&(message.len() as u16).to_be_bytes()[..], &message].concat());
    seeds.made("dns", message);
}

fn http_seeds(seeds: &mut Seeds) {
    let request = format!(
        "GET http://www.msftconnecttest.com/connecttest.txt HTTP/1.1\r\nHost: www.msftconnecttest.com\r\nUser-Agent: {}\r\n\
         Proxy-Connection: keep-alive\r\n\r\n",
        http::AGENT
    );
    seeds.made("http_request", request.into_bytes());
    let (first, second) = http::BODY.split_at(10);
    let response = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\nServer: x\r\n\r\n{:x}\r\n{first}\r\n{:x};e\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    seeds.made("http_response", [b"\x01\x05", response.as_bytes()].concat());
    seeds.made("page", [b"\x02<html><title>", http::TITLE.as_bytes(), b"</title>\x83\x8d\x83O"].concat());
    let pac = format!("function FindProxyForURL(url, host) {{ return \"HTTPS a.b:1; {}\"; }}", http::PROXY);
    seeds.made("pac", pac.into_bytes());
}

/// A handshake message.
fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("seeds are short").to_be_bytes();
    [&[kind][..], &length[1..], body].concat()
}

fn client_hello() -> Vec<u8> {
    let name = tls::NAME.as_bytes();
    let inner = name.len() as u8;
    let sni = [&[0, 0, 0, inner + 5, 0, inner + 3, 0, 0, inner][..], name].concat();
    let others = [0, 16, 0, 5, 0, 3, 2, b'h', b'3', 0, 43, 0, 5, 4, 3, 4, 3, 3, 0, 10, 0, 4, 0, 2, 0, 29];
    let extensions = [&sni[..], &others].concat();
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 4, 0x13, 1, 0xc0, 0x2b, 1, 0]);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    handshake(1, &body)
}

fn tls_seeds(seeds: &mut Seeds) {
    let record = |body: &[u8]| [&[22, 3, 3][..], &(body.len() as u16).to_be_bytes(), body].concat();
    let certificate = der::certificate(tls::NAME, "Contoso Issuing CA");
    let length = |bytes: &[u8]| (bytes.len() as u32).to_be_bytes()[1..].to_vec();
    let entry = [length(&certificate), certificate].concat();
    let message = handshake(11, &[length(&entry), entry].concat());
    seeds.made("tls", [&[9][..], &record(&message)].concat());
    seeds.made("tls", [&[3][..], &record(&client_hello())].concat());
    let hello = client_hello();
    let crypto = |at: usize, bytes: &[u8]| {
        [&[6][..], &(0x4000 | at as u16).to_be_bytes(), &(0x4000 | bytes.len() as u16).to_be_bytes(), bytes].concat()
    };
    let datagram = |frames: &[u8]| [&(frames.len() as u16).to_be_bytes()[..], frames].concat();
    let (first, second) = hello.split_at(40);
    for mode in [0, 2] {
        seeds.made("quic", [&[mode][..], &datagram(&crypto(0, &hello))].concat());
        let halves = [datagram(&crypto(40, second)), datagram(&crypto(0, first))].concat();
        seeds.made("quic", [&[mode][..], &halves].concat());
        seeds.made("quic", [&[1][..], &datagram(&quic::seal(mode, 0, &crypto(0, &hello)))].concat());
    }
    let said = |side: u8, text: &[u8]| [&[side][..], &short(text)].concat();
    let dialogue = [
        said(0, b"220 mail.example ESMTP ready\r\n"),
        said(1, b"EHLO pc\r\n"),
        said(0, b"250-mail.example\r\n250 STARTTLS\r\n"),
        said(1, b"STARTTLS\r\n"),
        said(0, b"220 go ahead\r\n"),
        said(1, &[&tls::START[..], &[0, 200, 1, 0, 0, 196, 3, 3, 9, 9]].concat()),
    ];
    seeds.made("starttls", dialogue.concat());
}

/// An NTLM message of type 3 (MS-NLMP, 2.2.1.3), names in OEM text.
fn ntlm3() -> Vec<u8> {
    let parts: [&[u8]; 6] = [&[0; 24], &[0; 24], b"CONTOSO", credentials::USER.as_bytes(), b"PC-07", b""];
    let mut message = b"NTLMSSP\0\x03\0\0\0".to_vec();
    let mut at = 64_u32;
    for part in parts {
        let length = part.len() as u16;
        message.extend([length.to_le_bytes(), length.to_le_bytes()].concat());
        message.extend(at.to_le_bytes());
        at += u32::from(length);
    }
    message.extend([0; 4]);
    message.extend(parts.concat());
    message
}

fn credentials_seeds(seeds: &mut Seeds) {
    let line =
        format!("NTLM, Digest realm=\"{}\", nonce=\"abc\", qop=\"auth,auth-int\", Basic realm=x", credentials::REALM);
    seeds.made("challenges", line.into_bytes());
    seeds.made("challenges", format!("Negotiate {}, NTLM", STANDARD.encode(b"NTLMSSP\0\x02\0\0\0rest")).into_bytes());
    seeds.made("credential", format!("NTLM {}", STANDARD.encode(ntlm3())).into_bytes());
    seeds.made("credential", format!("Basic {}", STANDARD.encode(b"anna:secret")).into_bytes());
    seeds.made("credential", b"Digest username=\"anna\", realm=\"x\", response=\"y\"".to_vec());
    seeds.made("ntlm", ntlm3());
    let error = der::kerberos_error(&credentials::SERVICE.split('/').collect::<Vec<_>>());
    seeds.made("kerberos", [&(error.len() as u32).to_be_bytes()[..], &error].concat());
    seeds.made("kerberos", error);
}

fn host_seeds(seeds: &mut Seeds) {
    let portal = host::PORTAL.as_bytes();
    let mut message = vec![2, 1, 6, 0, 1, 2, 3, 4];
    message.resize(236, 0);
    message.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 5, 6, 4, 10, 0, 0, 1, 3, 4, 10, 0, 0, 1, 114]);
    message.extend(short(portal));
    message.push(255);
    seeds.made("dhcp", message);
    let mut message = vec![7, 1, 2, 3, 0, 103, 0, portal.len() as u8];
    message.extend(portal);
    message.extend([0, 23, 0, 16]);
    message.extend([0x20; 16]);
    seeds.made("dhcp6", message);
    let mut body = vec![64, 0x40, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 3, 4, 64, 0xc0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    body.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let mut option = [&[37, 0][..], portal].concat();
    option.resize(option.len().next_multiple_of(8), 0);
    option[1] = (option.len() / 8) as u8;
    body.extend(option);
    seeds.made("router", body);
    let mut message = vec![0, 0x12, 0x34, 0x85, 0, 0, 0, 0, 1, 0, 0, 0, 0, 32];
    for byte in format!("{:<15}\0", host::HOST.to_ascii_uppercase()).bytes() {
        message.extend([b'A' + (byte >> 4), b'A' + (byte & 15)]);
    }
    message.extend([0, 0, 0x20, 0, 1, 0, 0, 0, 60, 0, 6, 0, 0, 10, 1, 0, 66]);
    seeds.made("netbios", message);
    let event = format!(
        "Capability change on {{{}}} (0x6008000000000 Family: V4 Capability: Internet ChangeReason: ActiveHttpProbeSucceeded)",
        host::INTERFACE
    );
    seeds.made("ncsi_event", event.into_bytes());
    for text in [
        "Active Internet Probe finished on interface {8c3a1e52-1b0d-4c8e-9d7e-5f0a6b7c8d9e} (true)",
        "[Microsoft-Windows-NCSI/Analytic ] Active probe result code on interface {8c3a1e52-1b0d-4c8e-9d7e-5f0a6b7c8d9e} (0x6008000000000 Family: V4) = 12007",
    ] {
        seeds.made("ncsi_event", text.as_bytes().to_vec());
    }
}

fn settings_text() -> String {
    format!(
        "proxies = [\"{}:3128\"]\nMinimumInternetHopCount = 5\n[deadlines]\ndns = 12.5\n[ui]\ntheme = \"dark\"\n",
        settings::PROXY
    )
}

/// An IPv4 packet in Ethernet; `word` is what its fragment field holds.
fn ethernet(protocol: u8, word: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    frame.extend((20 + payload.len() as u16).to_be_bytes());
    frame.extend([0x77, 0x77]);
    frame.extend(word.to_be_bytes());
    frame.extend([64, protocol, 0, 0, 10, 0, 0, 5, 203, 0, 113, 7]);
    frame.extend(payload);
    frame
}

/// A datagram whose header says `len` bytes; `port` 0 stands for one that nothing is known of.
fn udp(payload: &[u8], port: u16, word: u16, len: u16) -> Vec<u8> {
    let port = if port == 0 { 40_000 } else { port };
    let mut datagram = vec![0xc3, 0x50];
    datagram.extend(port.to_be_bytes());
    datagram.extend((8 + len).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    ethernet(17, word, &datagram)
}

fn frames(seeds: &mut Seeds) {
    let inner = udp(wire::TUNNELLED, 0, 0, wire::TUNNELLED.len() as u16);
    let vxlan = [&[8, 0, 0, 0, 0x12, 0x34, 0x56, 0][..], &inner].concat();
    let carried = udp(&vxlan, 4789, 0, vxlan.len() as u16);
    seeds.made("wire", [&[0, 0][..], &carried].concat());
    let (first, rest) = wire::JOINED.split_at(16);
    let frames = [udp(first, 0, 0x2000, wire::JOINED.len() as u16), ethernet(17, 3, rest)];
    let mut seed = vec![0];
    for frame in frames {
        seed.push(1);
        seed.extend((frame.len() as u16).to_be_bytes());
        seed.extend(frame);
    }
    seeds.made("fragments", seed);
}

/// A capture of Ethernet frames, a millisecond apart, that says who wrote it.
fn pcapng(frames: &[Vec<u8>], program: &str) -> Vec<u8> {
    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let length = (12 + body.len().next_multiple_of(4)) as u32;
        let mut block = [kind.to_le_bytes(), length.to_le_bytes()].concat();
        block.extend(body);
        block.resize(length as usize - 4, 0);
        block.extend(length.to_le_bytes());
        block
    }
    let mut section = vec![0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0];
    section.extend([0xff; 8]);
    section.extend([4, 0, program.len() as u8, 0]);
    section.extend(program.as_bytes());
    section.resize(section.len().next_multiple_of(4), 0);
    section.extend([0; 4]);
    let mut out = block(0x0a0d_0d0a, &section);
    out.extend(block(1, &[1, 0, 0, 0, 0, 0, 4, 0]));
    for (number, frame) in frames.iter().enumerate() {
        let micros = 1_700_000_000_000_000_u64 + number as u64 * 1000;
        let mut body = vec![0; 4];
        body.extend(((micros >> 32) as u32).to_le_bytes());
        body.extend((micros as u32).to_le_bytes());
        body.extend([(frame.len() as u32).to_le_bytes(), (frame.len() as u32).to_le_bytes()].concat());
        body.extend(frame);
        out.extend(block(6, &body));
    }
    out
}

/// A probe that a portal redirects.
fn portal() -> Vec<u8> {
    let segment = |to_server: bool, seq: u32, ack: u32, flags: u8, payload: &[u8]| {
        let ports = if to_server { [0xc0, 0, 0, 80] } else { [0, 80, 0xc0, 0] };
        let mut tcp = ports.to_vec();
        tcp.extend(seq.to_be_bytes());
        tcp.extend(ack.to_be_bytes());
        tcp.extend([0x50, flags, 4, 0, 0, 0, 0, 0]);
        tcp.extend(payload);
        let mut frame = ethernet(6, 0x4000, &tcp);
        if !to_server {
            // Addresses, of both layers, the other way round.
            frame[..12].rotate_left(6);
            frame[26..34].rotate_left(4);
        }
        frame
    };
    let request =
        b"GET /connecttest.txt HTTP/1.1\r\nHost: www.msftconnecttest.com\r\nUser-Agent: Microsoft NCSI\r\n\r\n";
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", whole::LOCATION);
    let (asked, told) = (1 + request.len() as u32, 1 + answer.len() as u32);
    let frames = [
        segment(true, 0, 0, 2, b""),
        segment(false, 0, 1, 18, b""),
        segment(true, 1, 1, 16, b""),
        segment(true, 1, 1, 24, request),
        segment(false, 1, asked, 24, answer.as_bytes()),
        segment(true, asked, told, 17, b""),
        segment(false, told, asked + 1, 17, b""),
    ];
    pcapng(&frames, "x")
}
