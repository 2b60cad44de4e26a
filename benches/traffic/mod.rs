//! Traffic for benchmarks: classic pcap, microseconds, Ethernet, IPv4. Checksums are left at zero; nobody checks them.

/// A capture in memory.
pub struct Traffic {
    /// The file.
    pub bytes: Vec<u8>,
    /// Packets in it.
    pub packets: u64,
    /// Findings that an analysis gives.
    #[allow(dead_code)]
    pub findings: usize,
}

struct Writer {
    bytes: Vec<u8>,
    packets: u64,
    micros: u64,
}

impl Writer {
    fn new() -> Self {
        let mut bytes = Vec::new();
        for word in [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 262_144, 1] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        Self { bytes, packets: 0, micros: 1_700_000_000_000_000 }
    }

    /// Appends an IPv4 packet, `gap` microseconds after the one before.
    fn ip(&mut self, gap: u64, protocol: u8, from: [u8; 4], to: [u8; 4], payload: &[&[u8]]) {
        self.micros += gap;
        self.packets += 1;
        let length: usize = payload.iter().map(|part| part.len()).sum();
        let frame = u32::try_from(34 + length).expect("small");
        let (seconds, micros) = (self.micros / 1_000_000, self.micros % 1_000_000);
        for word in [u32::try_from(seconds).expect("before 2106"), u32::try_from(micros).expect("small"), frame, frame]
        {
            self.bytes.extend_from_slice(&word.to_le_bytes());
        }
        self.bytes.extend_from_slice(&[2, 0, 0, 0, 0, to[3], 2, 0, 0, 0, 0, from[3], 8, 0, 0x45, 0]);
        self.bytes.extend_from_slice(&u16::try_from(20 + length).expect("small").to_be_bytes());
        let id = u16::try_from(self.packets & 0xffff).expect("masked") | 1;
        self.bytes.extend_from_slice(&id.to_be_bytes());
        self.bytes.extend_from_slice(&[0x40, 0, 64, protocol, 0, 0]);
        self.bytes.extend_from_slice(&from);
        self.bytes.extend_from_slice(&to);
        for part in payload {
            self.bytes.extend_from_slice(part);
        }
    }

    #[allow(clippy::too_many_arguments)] // a segment has that many fields
    fn tcp(&mut self, gap: u64, from: ([u8; 4], u16), to: ([u8; 4], u16), seq: u32, ack: u32, flags: u8, data: &[u8]) {
        let mut header = [0u8; 20];
        header[0..2].copy_from_slice(&from.1.to_be_bytes());
        header[2..4].copy_from_slice(&to.1.to_be_bytes());
        header[4..8].copy_from_slice(&seq.to_be_bytes());
        header[8..12].copy_from_slice(&ack.to_be_bytes());
        header[12..16].copy_from_slice(&[0x50, flags, 0xfa, 0xf0]);
        self.ip(gap, 6, from.0, to.0, &[&header, data]);
    }

    fn udp(&mut self, gap: u64, from: ([u8; 4], u16), to: ([u8; 4], u16), data: &[u8]) {
        let mut header = [0u8; 8];
        header[0..2].copy_from_slice(&from.1.to_be_bytes());
        header[2..4].copy_from_slice(&to.1.to_be_bytes());
        header[4..6].copy_from_slice(&u16::try_from(8 + data.len()).expect("small").to_be_bytes());
        self.ip(gap, 17, from.0, to.0, &[&header, data]);
    }

    fn done(self, findings: usize) -> Traffic {
        Traffic { bytes: self.bytes, packets: self.packets, findings }
    }
}

const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 1;

fn client(number: u32) -> [u8; 4] {
    let [_, b, c, d] = number.to_be_bytes();
    [10, b, c, d]
}

#[allow(dead_code)]
/// Connections in mid-stream that carry encrypted records.
pub fn bulk(connections: u32, segments: u32) -> Traffic {
    let mut writer = Writer::new();
    let mut data = vec![0x5a; 1400];
    for segment in 0..segments {
        // Each twelfth segment starts a record.
        data[..3].copy_from_slice(if segment % 12 == 0 { &[0x17, 3, 3] } else { &[0x5a; 3] });
        for connection in 0..connections {
            let (from, to) = (([203, 0, 113, 9], 443), (client(connection), 50_000));
            writer.tcp(10, from, to, segment * 1400, 1, ACK, &data);
        }
    }
    writer.done(0)
}

#[allow(dead_code)]
/// Empty segments over many connections, in an order that no cache likes.
pub fn tiny(connections: u32, packets: u32) -> Traffic {
    let mut writer = Writer::new();
    let mut state = 1u32;
    for _ in 0..packets {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let number = (state >> 8) % connections;
        writer.tcp(1, (client(number), 40_000), ([203, 0, 113, 9], 443), 1, 1, ACK, &[]);
    }
    writer.done(0)
}

/// Look-up, connection, request and right answer of as many clients.
#[allow(dead_code)] // not every program that generates traffic generates all of it
pub fn probes(clients: u32) -> Traffic {
    let mut writer = Writer::new();
    for number in 0..clients {
        writer.probe(50, number, 49_152);
    }
    writer.done(clients as usize)
}

/// Clients that probe every 30 s, as often as said.
#[allow(dead_code)]
pub fn day(clients: u32, times: u16) -> Traffic {
    let mut writer = Writer::new();
    for time in 0..times {
        for number in 0..clients {
            let gap = if number == 0 { 30_000_000 } else { 50 };
            writer.probe(gap, number, 49_152 + time % 16_000);
        }
    }
    writer.done(clients as usize)
}

impl Writer {
    /// Look-up, connection, request and right answer of one client.
    fn probe(&mut self, gap: u64, number: u32, port: u16) {
        const REQUEST: &[u8] = b"GET /connecttest.txt HTTP/1.1\r\nConnection: Close\r\nUser-Agent: Microsoft NCSI\r\nHost: www.msftconnecttest.com\r\n\r\n";
        const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nMicrosoft Connect Test";
        let question =
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x0fmsftconnecttest\x03com\x00\x00\x01\x00\x01"
                .to_vec();
        let mut answer = question.clone();
        (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
        answer.extend_from_slice(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x1e\x00\x04\xcb\x00\x71\x09");
        let resolver = ([203, 0, 113, 53], 53);
        let server = ([203, 0, 113, 9], 80);
        let request = u32::try_from(REQUEST.len()).expect("small");
        let response = u32::try_from(ANSWER.len()).expect("small");
        let (asker, browser) = ((client(number), 53_000), (client(number), port));
        let isn = u32::from(port) * 10_000;
        self.udp(gap, asker, resolver, &question);
        self.udp(900, resolver, asker, &answer);
        self.tcp(100, browser, server, isn, 0, SYN, &[]);
        self.tcp(900, server, browser, isn, isn + 1, SYN | ACK, &[]);
        self.tcp(10, browser, server, isn + 1, isn + 1, ACK, &[]);
        self.tcp(10, browser, server, isn + 1, isn + 1, ACK, REQUEST);
        self.tcp(900, server, browser, isn + 1, isn + 1 + request, ACK, ANSWER);
        self.tcp(1, server, browser, isn + 1 + response, isn + 1 + request, ACK | FIN, &[]);
        self.tcp(10, browser, server, isn + 1 + request, isn + 2 + response, ACK | FIN, &[]);
    }
}
