//! The three workloads that the README's figures are about, as long as is asked: the same bytes for the same arguments.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use super::output::Output;
use super::packet::{ACK, PSH, dns, tcp, udp};
use super::session::{Dice, Scripts, session};

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
/// Microseconds of 2023-11-14.
const START: u64 = 1_700_000_000_000_000;

/// Four hundred downloads over TLS that began before the capture, in bursts of segments of 1,400 bytes, acknowledged
/// now and then; one packet in a thousand is of a session.
pub fn downloads(out: &mut Output, bytes: u64) -> io::Result<()> {
    const SEGMENT: usize = 1400;
    const RECORD: usize = 16 << 10;
    struct Download {
        numbers: (u32, u32),
        left_of_record: usize,
    }
    let (mut dice, scripts) = (Dice(SEED), Scripts::load());
    let mut noise = vec![0; 1 << 20];
    noise.fill_with(|| u8::try_from(dice.roll(256)).expect("below"));
    let mut downloads: Vec<Download> =
        (0..400u32).map(|number| Download { numbers: (number * 7919, number * 104_729), left_of_record: 0 }).collect();
    let (mut now, mut frame, mut data) = (START, Vec::new(), [0; SEGMENT]);
    let (mut waiting, mut of_sessions, mut clients) = (Waiting::default(), 0u64, 0);
    let (mut current, mut burst) = (0, 0);
    let mut segments = 0u64;
    while out.bytes < bytes {
        now += 11 + dice.roll(3);
        segments += 1;
        if of_sessions < segments / 1000 && waiting.is_empty() {
            of_sessions += waiting.add(clients, now, &mut dice, &scripts);
            clients += 1;
        }
        waiting.write(out, now)?;
        if burst == 0 {
            current = usize::try_from(dice.roll(400)).expect("below");
            burst = 1 + dice.roll(16);
        }
        burst -= 1;
        let from = usize::try_from(dice.roll((1 << 20) - 1400)).expect("below");
        data.copy_from_slice(&noise[from..from + SEGMENT]);
        let number = u32::try_from(current).expect("below");
        let client =
            SocketAddr::from((Ipv4Addr::from_bits(10 << 24 | number), 40_000 + u16::try_from(current).expect("below")));
        let [_, _, _, low] = (number * 3 % 251).to_be_bytes();
        let server = SocketAddr::from((Ipv4Addr::new(93, 184, low % 7, low), 443));
        let download = &mut downloads[current];
        // A record ends where its length says, and the next one begins there.
        let mut at = download.left_of_record;
        while at + 5 <= SEGMENT {
            data[at..at + 5].copy_from_slice(&[23, 3, 3, 0x40, 0]);
            at += 5 + RECORD;
        }
        let length = if at < SEGMENT { at } else { SEGMENT };
        download.left_of_record = at - length;
        tcp(&mut frame, server, client, download.numbers, PSH | ACK, &data[..length]);
        out.packet(now, &frame)?;
        download.numbers.0 = download.numbers.0.wrapping_add(u32::try_from(length).expect("short"));
        if segments.is_multiple_of(16) {
            tcp(&mut frame, client, server, (download.numbers.1, download.numbers.0), ACK, &[]);
            out.packet(now + 1, &frame)?;
        }
    }
    waiting.write(out, u64::MAX)
}

/// Packets of 54 to 99 bytes of a million flows in random order, a million packets a second: one in twenty asks for a
/// name, one in twenty says nothing on port 80, three in ten carry data of TLS, the rest is on other ports.
pub fn flows(out: &mut Output, bytes: u64) -> io::Result<()> {
    const NAMES: [&str; 4] = ["www.example.com", "a.example.org", "dns.msftncsi.com", "cdn.example.net"];
    let (mut dice, mut now, mut frame) = (Dice(SEED), START, Vec::new());
    let padding = [0x41; 64];
    while out.bytes < bytes {
        now += 1;
        let flow = u32::try_from(dice.roll(1_000_000)).expect("below");
        let mut own = Dice(u64::from(flow + 1).wrapping_mul(SEED) | 1);
        let kind = own.roll(100);
        let client = SocketAddr::from((Ipv4Addr::from_bits(10 << 24 | flow), 20_000 + own.short() % 40_000));
        let place = Ipv4Addr::from_bits(100 << 24 | own.word() & 0x1fff_ffff);
        let (server, other) = (|port: u16| SocketAddr::from((place, port)), 1024 + own.short() % 40_000);
        let length = 10 + usize::try_from(dice.roll(36)).expect("below");
        let numbers = (u32::try_from(now & 0xffff_ffff).expect("masked"), 1);
        match kind {
            0..5 => {
                let resolver = SocketAddr::from((Ipv4Addr::new(10, 255, 0, 53), 53));
                udp(&mut frame, client, resolver, &dns(client.port(), NAMES[usize::from(other) % 4], 1, None));
            }
            5..10 => tcp(&mut frame, client, server(80), numbers, ACK, &[]),
            10..40 => {
                let mut record = padding;
                let held = (length - 10).min(35);
                record[..5].copy_from_slice(&[23, 3, 3, 0, u8::try_from(held).expect("below")]);
                tcp(&mut frame, client, server(443), numbers, PSH | ACK, &record[..5 + held]);
            }
            40..70 => udp(&mut frame, client, server(other), &padding[..length.min(44)]),
            _ => tcp(&mut frame, client, server(other), numbers, ACK, &padding[..length.min(36)]),
        }
        out.packet(now, &frame)?;
    }
    Ok(())
}

/// Nothing but sessions, each half a millisecond after the one before, of that many clients in turn.
pub fn sessions(out: &mut Output, bytes: u64, clients: u32) -> io::Result<()> {
    let (mut dice, scripts) = (Dice(SEED), Scripts::load());
    let (mut now, mut number, mut waiting) = (START, 0, Waiting::default());
    while out.bytes < bytes {
        waiting.add(number % clients, now, &mut dice, &scripts);
        number += 1;
        now += 300 + dice.roll(400);
        waiting.write(out, now)?;
    }
    waiting.write(out, u64::MAX)
}

/// Packets of sessions that lie before the present.
#[derive(Default)]
struct Waiting {
    packets: BinaryHeap<Reverse<(u64, u64, Vec<u8>)>>,
    order: u64,
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Adds a session; gives the number of its packets.
    fn add(&mut self, client: u32, now: u64, dice: &mut Dice, scripts: &Scripts) -> u64 {
        let mut packets = Vec::new();
        session(client, now, dice, scripts, &mut packets);
        let count = packets.len() as u64;
        for (time, frame) in packets {
            self.order += 1;
            self.packets.push(Reverse((time, self.order, frame)));
        }
        count
    }

    /// Writes those up to a time.
    fn write(&mut self, out: &mut Output, until: u64) -> io::Result<()> {
        while let Some(Reverse((time, ..))) = self.packets.peek()
            && *time <= until
        {
            let Some(Reverse((time, _, frame))) = self.packets.pop() else { break };
            out.packet(time, &frame)?;
        }
        Ok(())
    }
}
