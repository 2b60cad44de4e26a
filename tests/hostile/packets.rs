//! Packets of an attack, written one after the other into a pipe, with the conversations of honest clients in between.

use std::collections::VecDeque;
use std::io::{self, Write};

/// An address and a port.
pub type End = ([u8; 4], u16);

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const ACK: u8 = 16;

/// Microseconds between two packets of an attack.
const PAUSE: i64 = 10;
/// Packets of an attack between two of an honest conversation, at most: ten milliseconds' worth.
const ROUND_TRIP: u64 = 1000;
/// When captures begin, in microseconds: 2023-11-14.
const BEGIN: i64 = 1_700_000_000_000_000;

/// An IPv4 packet and its header's fragment field.
fn ip(protocol: u8, from: [u8; 4], to: [u8; 4], fragment: (u16, u16), payload: &[&[u8]]) -> Vec<u8> {
    let length: usize = payload.iter().map(|part| part.len()).sum();
    let mut frame = vec![2, 0, 0, 0, 0, to[3], 2, 0, 0, 0, 0, from[3], 8, 0, 0x45, 0];
    frame.extend(u16::try_from(20 + length).unwrap_or(0).to_be_bytes());
    frame.extend(fragment.0.to_be_bytes());
    frame.extend(fragment.1.to_be_bytes());
    frame.extend([64, protocol, 0, 0]);
    frame.extend(from);
    frame.extend(to);
    payload.iter().for_each(|part| frame.extend(*part));
    frame
}

/// A frame with a TCP segment.
pub fn tcp(from: End, to: End, seq: u32, ack: u32, flags: u8, data: &[u8]) -> Vec<u8> {
    let mut header = [0; 20];
    header[0..2].copy_from_slice(&from.1.to_be_bytes());
    header[2..4].copy_from_slice(&to.1.to_be_bytes());
    header[4..8].copy_from_slice(&seq.to_be_bytes());
    header[8..12].copy_from_slice(&ack.to_be_bytes());
    header[12..16].copy_from_slice(&[0x50, flags, 0xfa, 0xf0]);
    ip(6, from.0, to.0, (seq as u16 ^ u16::from(flags), 0x4000), &[&header, data])
}

/// The header of a datagram.
fn udp_header(from: End, to: End, length: usize) -> [u8; 8] {
    let mut header = [0; 8];
    header[0..2].copy_from_slice(&from.1.to_be_bytes());
    header[2..4].copy_from_slice(&to.1.to_be_bytes());
    header[4..6].copy_from_slice(&u16::try_from(8 + length).unwrap_or(0).to_be_bytes());
    header
}

/// A frame with a UDP datagram.
pub fn udp(from: End, to: End, data: &[u8]) -> Vec<u8> {
    ip(17, from.0, to.0, (data.len() as u16 ^ from.1, 0x4000), &[&udp_header(from, to, data.len()), data])
}

/// A frame with a piece of a datagram: `at` is its place in units of eight bytes.
pub fn fragment(from: End, to: End, id: u16, at: u16, more: bool, data: &[u8]) -> Vec<u8> {
    ip(17, from.0, to.0, (id, at | u16::from(more) << 13), &[data])
}

/// A question for an address, and its answer.
fn look_up(client: [u8; 4], port: u16, name: &str, address: [u8; 4]) -> [Vec<u8>; 2] {
    let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(label.len() as u8);
        question.extend(label.as_bytes());
    }
    question.extend([0, 0, 1, 0, 1]);
    let mut answer = question.clone();
    (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
    answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]);
    answer.extend(address);
    let (asker, resolver) = ((client, port), ([198, 51, 100, 53], 53));
    [udp(asker, resolver, &question), udp(resolver, asker, &answer)]
}

/// A whole probe of `client`, in segments of at most `most` bytes.
pub fn probe(client: [u8; 4], answer: &[u8], most: usize) -> Vec<Vec<u8>> {
    const NAME: &str = "www.msftconnecttest.com";
    let server = ([203, 0, 113, 9], 80);
    let request = format!("GET /connecttest.txt HTTP/1.1\r\nUser-Agent: Microsoft NCSI\r\nHost: {NAME}\r\n\r\n");
    let mut packets = look_up(client, 53_000, NAME, server.0).to_vec();
    let browser = (client, 49_152);
    let (mut here, mut there) = (1000, 9000);
    packets.push(tcp(browser, server, here, 0, SYN, &[]));
    packets.push(tcp(server, browser, there, here + 1, SYN | ACK, &[]));
    (here, there) = (here + 1, there + 1);
    packets.push(tcp(browser, server, here, there, ACK, &[]));
    for piece in request.as_bytes().chunks(most) {
        packets.push(tcp(browser, server, here, there, ACK, piece));
        here += piece.len() as u32;
    }
    for piece in answer.chunks(most) {
        packets.push(tcp(server, browser, there, here, ACK, piece));
        there += piece.len() as u32;
    }
    packets.push(tcp(server, browser, there, here, ACK | FIN, &[]));
    packets.push(tcp(browser, server, here, there + 1, ACK | FIN, &[]));
    packets
}

/// The right answer.
pub const RIGHT: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\n\r\nMicrosoft Connect Test";
/// A portal's answer.
pub const PORTAL: &[u8] = b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\n\r\n";

/// Writes a capture: classic pcap, microseconds, Ethernet.
pub struct Writer<'a> {
    out: &'a mut dyn Write,
    honest: VecDeque<Vec<u8>>,
    /// Packets of the attack between two honest ones, and those left until the next.
    spacing: u64,
    left: u64,
    micros: i64,
    /// Added to the time of each packet of the attack.
    pub offset: i64,
    /// Bytes written.
    pub bytes: u64,
}

impl<'a> Writer<'a> {
    /// A capture of `attack` packets. When a third of them is written, those of the honest clients begin, in between.
    pub fn new(out: &'a mut dyn Write, attack: u64, honest: Vec<Vec<u8>>) -> io::Result<Self> {
        let begin = attack / 3;
        let spacing = (begin / (honest.len() as u64 + 1)).clamp(1, ROUND_TRIP);
        for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
            out.write_all(&word.to_le_bytes())?;
        }
        Ok(Self { out, honest: honest.into(), spacing, left: begin, micros: BEGIN, offset: 0, bytes: 24 })
    }

    /// A packet of the attack; where its turn has come, an honest one before it.
    pub fn attack(&mut self, frame: &[u8]) -> io::Result<()> {
        if self.left == 0 {
            self.left = self.spacing;
            if let Some(honest) = self.honest.pop_front() {
                self.write(&honest, 0)?;
            }
        }
        self.left -= 1;
        self.write(frame, self.offset)
    }

    /// Honest packets that are left, and a silence that settles everything.
    pub fn end(mut self) -> io::Result<u64> {
        while let Some(honest) = self.honest.pop_front() {
            self.write(&honest, 0)?;
        }
        self.micros += 120_000_000;
        self.write(&udp(([10, 9, 9, 9], 9), ([10, 9, 9, 8], 9), b"the end"), 0)?;
        Ok(self.bytes)
    }

    /// Bytes that are no packet.
    pub fn junk(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn write(&mut self, frame: &[u8], offset: i64) -> io::Result<()> {
        self.micros += PAUSE;
        let at = self.micros + offset;
        let length = frame.len() as u32;
        self.bytes += 16 + u64::from(length);
        for word in [(at / 1_000_000) as u32, (at % 1_000_000) as u32, length, length] {
            self.out.write_all(&word.to_le_bytes())?;
        }
        self.out.write_all(frame)
    }
}
