//! The attacks, and those that come over TCP or as files.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::datagrams::{answers, arp, dhcp_options, fragments, initials, pointer_chains, questions};
use super::packets::{ACK, FIN, PORTAL, RIGHT, RST, SYN, Writer, probe, tcp, udp};

/// An attack: writes `amount` of what it is made of, and says how many bytes.
pub type Scene = fn(&mut dyn Write, u64) -> io::Result<u64>;

/// One honest client gets the right answer, the other meets a portal.
pub const HONEST: [u8; 4] = [192, 0, 2, 11];
pub const GUEST: [u8; 4] = [192, 0, 2, 12];

/// Every attack, with its usual and its full amount.
pub const ALL: [(&str, Scene, u64, u64); 17] = [
    ("syn-flood", syn_flood, 300_000, 10_000_000),
    ("half-open-requests", half_open, 30_000, 1_000_000),
    ("dns-pointer-chains", pointer_chains, 200, 20_000),
    ("dns-questions", questions, 100_000, 5_000_000),
    ("one-byte-segments", one_byte, 100_000, 10_000_000),
    ("out-of-order", out_of_order, 50_000, 5_000_000),
    ("gzip-file", gzip_file, 30_000, 3_000_000),
    ("gzip-body", gzip_body, 1_000, 100_000),
    ("fragment-storm", fragments, 100_000, 10_000_000),
    ("tls-extensions", extensions, 300, 30_000),
    ("decades", decades, 50_000, 5_000_000),
    ("portals", portals, 20_000, 30_000),
    ("quic-initials", initials, 50_000, 5_000_000),
    ("dhcp-options", dhcp_options, 20_000, 1_000_000),
    ("arp-questions", arp, 100_000, 5_000_000),
    ("dns-answers", answers, 100_000, 5_000_000),
    ("damaged-headers", damage, 5_000, 500_000),
];

/// The conversations of both.
pub fn honest() -> Vec<Vec<u8>> {
    [probe(HONEST, RIGHT, 1400), probe(GUEST, PORTAL, 1400)].concat()
}

/// An address that is another one for each number.
pub fn stranger(number: u64) -> [u8; 4] {
    let [_, b, c, d] = ((number as u32).wrapping_mul(2_654_435_761) >> 8).to_be_bytes();
    [10, b, c, d]
}

/// Whom attacks are made on.
pub const VICTIM: ([u8; 4], u16) = ([203, 0, 113, 80], 80);

/// Nobody answers.
fn syn_flood(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        let port = 1024 + (number % 60_000) as u16;
        writer.attack(&tcp((stranger(number), port), VICTIM, number as u32, 0, SYN, &[]))?;
    }
    writer.end()
}

/// Connections that begin a probe's request and never end it (a slow Loris).
fn half_open(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount * 4, honest())?;
    for number in 0..amount {
        let client = (stranger(number), 1024 + (number % 60_000) as u16);
        writer.attack(&tcp(client, VICTIM, 0, 0, SYN, &[]))?;
        writer.attack(&tcp(VICTIM, client, 0, 1, SYN | ACK, &[]))?;
        writer.attack(&tcp(client, VICTIM, 1, 1, ACK, &[]))?;
        let head = format!("GET /connecttest.txt HTTP/1.1\r\nX-{number}: {}\r\nUser-Agent: Micro", "x".repeat(200));
        writer.attack(&tcp(client, VICTIM, 1, 1, ACK, head.as_bytes()))?;
    }
    writer.end()
}

/// One byte a segment: heads of the shortest lines, which never end.
fn one_byte(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    const EACH: u64 = 20_000;
    let mut writer = Writer::new(out, amount, [probe(HONEST, RIGHT, 1), probe(GUEST, PORTAL, 1)].concat())?;
    let line = b"GET / HTTP/1.1\n";
    for number in 0..amount {
        let (connection, place) = ((number / EACH) as u16, (number % EACH) as u32);
        let client = (stranger(1), 2000 + connection);
        if place == 0 {
            writer.attack(&tcp(client, VICTIM, u32::MAX, 0, SYN, &[]))?;
            continue;
        }
        let byte = line.get(place as usize - 1).copied().unwrap_or(b"a\n"[place as usize % 2]);
        writer.attack(&tcp(client, VICTIM, place - 1, 1, ACK, &[byte]))?;
    }
    writer.end()
}

/// Every second segment is missing, and comes never.
fn out_of_order(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        let (connection, place) = ((number % 512) as u16, (number / 512) as u32);
        let client = (stranger(2), 2000 + connection);
        let data = b"GET / HTTP/1.1\r\nHost: somewhere.example\r\nAccept: everything\r\n".repeat(20);
        let flags = if place == 0 { SYN } else { ACK };
        writer.attack(&tcp(client, VICTIM, place * 3000, 1, flags, if place == 0 { &[] } else { &data }))?;
    }
    writer.end()
}

/// A file that is a thousandth of what it holds.
fn gzip_file(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut gzip = GzEncoder::new(out, Compression::default());
    let mut writer = Writer::new(&mut gzip, amount, honest())?;
    let frame = udp((stranger(3), 7), (stranger(4), 7), &[0; 1400]);
    for _ in 0..amount {
        writer.attack(&frame)?;
    }
    let bytes = writer.end()?;
    gzip.finish()?;
    Ok(bytes)
}

/// Pages that grow a thousand times, once and twice packed.
fn gzip_body(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    fn pack(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(bytes)?;
        gzip.finish()
    }
    let once = pack(&[b' '; 1 << 20])?;
    let twice = pack(&pack(&vec![b' '; 64 << 20])?)?;
    let bodies = [("gzip", once), ("gzip, gzip", twice)];
    let mut writer = Writer::new(out, amount * 6, honest())?;
    for number in 0..amount {
        let client = (stranger(number % 20_000), 1024 + (number % 60_000) as u16);
        let (coding, body) = &bodies[number as usize % 2];
        let body = &body[..body.len().min(60_000)];
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", body.len());
        let request = b"GET /connecttest.txt HTTP/1.1\r\nHost: www.msftconnecttest.com\r\nUser-Agent: x\r\n\r\n";
        let asked = 1 + request.len() as u32;
        writer.attack(&tcp(client, VICTIM, 0, 0, SYN, &[]))?;
        writer.attack(&tcp(VICTIM, client, 0, 1, SYN | ACK, &[]))?;
        writer.attack(&tcp(client, VICTIM, 1, 1, ACK, request))?;
        writer.attack(&tcp(VICTIM, client, 1, asked, ACK, head.as_bytes()))?;
        writer.attack(&tcp(VICTIM, client, 1 + head.len() as u32, asked, ACK, body))?;
        let told = 1 + (head.len() + body.len()) as u32;
        writer.attack(&tcp(VICTIM, client, told, asked, ACK | FIN, &[]))?;
    }
    writer.end()
}

/// Hellos of 64 KB that hold nothing but extensions; the last of each connection lies about its length.
fn extensions(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut body = vec![3, 3];
    body.extend([7; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0, 0xff, 0xfc]);
    for number in 0..0xfffc_u32 / 4 {
        body.extend((number as u16).to_be_bytes());
        body.extend([0, 0]);
    }
    let length = (body.len() as u32).to_be_bytes();
    let message = [&[1][..], &length[1..], &body].concat();
    let records: Vec<u8> = message
        .chunks(16_000)
        .flat_map(|part| [&[22, 3, 1][..], &(part.len() as u16).to_be_bytes(), part].concat())
        .collect();
    let mut writer = Writer::new(out, amount * 8, honest())?;
    for number in 0..amount {
        let (client, server) = ((stranger(number), 1024 + (number % 60_000) as u16), (VICTIM.0, 443));
        writer.attack(&tcp(client, server, 0, 0, SYN, &[]))?;
        writer.attack(&tcp(server, client, 0, 1, SYN | ACK, &[]))?;
        let mut seq = 1;
        for part in records.chunks(16_384) {
            writer.attack(&tcp(client, server, seq, 1, ACK, part))?;
            seq += part.len() as u32;
        }
        writer.attack(&tcp(server, client, 1, seq, ACK | RST, &[]))?;
    }
    writer.end()
}

/// A clock that jumps back and forth by decades while others talk.
fn decades(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, Vec::new())?;
    let third = amount / 3;
    for number in 0..amount {
        if number == third {
            for frame in honest() {
                writer.offset = 0;
                writer.attack(&frame)?;
            }
        }
        writer.offset = [0, 30, -40, 10, 60][number as usize % 5] * 365 * 86_400 * 1_000_000;
        let client = (stranger(number / 8), 1024 + (number % 60_000) as u16);
        writer.attack(&tcp(client, VICTIM, 0, 0, SYN, &[]))?;
    }
    writer.end()
}

/// As many clients as are remembered, each answered, with a finding of its own: who comes later is not.
pub fn portals(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount * 9, honest())?;
    for number in 0..amount {
        for frame in probe(stranger(number), PORTAL, 1400) {
            writer.attack(&frame)?;
        }
    }
    writer.end()
}

/// Between packets, bytes that look like the header of one, whose length leads nowhere.
fn damage(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, Vec::new())?;
    let lie: Vec<u8> = [1_700_000_000_u32, 1, 200_000, 200_000].iter().flat_map(|word| word.to_le_bytes()).collect();
    let frame = udp((stranger(3), 7), (stranger(4), 7), &[0x41; 200]);
    for number in 0..amount {
        if number == amount / 2 {
            for frame in honest() {
                writer.attack(&frame)?;
            }
        }
        writer.attack(&frame)?;
        if number > amount / 2 {
            // From here on each packet has to be searched for.
            writer.junk(&[0xff; 16])?;
            writer.junk(&lie.repeat(16))?;
        }
    }
    writer.end()
}
