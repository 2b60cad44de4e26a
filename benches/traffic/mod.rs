//! Traffic for benchmarks: classic pcap, microseconds, Ethernet, IPv4. Checksums are left at zero; nobody checks them.

pub mod output;
pub mod packet;
pub mod session;
pub mod workload;

/// A capture in memory.
pub struct Traffic {
    /// The file.
    pub bytes: Vec<u8>,
    /// Packets in it.
    pub packets: u64,
    /// Findings that an analysis gives.
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
const RST: u8 = 4;

fn client(number: u32) -> [u8; 4] {
    let [_, b, c, d] = number.to_be_bytes();
    [10, b, c, d]
}

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
pub fn probes(clients: u32) -> Traffic {
    let mut writer = Writer::new();
    for number in 0..clients {
        writer.probe(50, number, 49_152);
    }
    writer.done(clients as usize)
}

/// Clients that probe every 30 s, as often as said.
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

/// Bytes that one client of [`mixed`] takes in a capture.
pub const MIXED_BYTES: u32 = 3600;

/// Ten transactions of as many clients: five look-ups, a probe of NCSI with one of five outcomes, another request, a
/// handshake that is refused, one that succeeds, and a connection that is refused.
pub fn mixed(clients: u32) -> Traffic {
    let mut writer = Writer::new();
    for number in 0..clients {
        writer.session(number);
    }
    writer.done(0)
}

impl Writer {
    /// One client's ten transactions.
    fn session(&mut self, number: u32) {
        const ANSWERS: [&[u8]; 5] = [
            b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\nContent-Type: text/plain\r\n\r\nMicrosoft Connect Test",
            b"HTTP/1.1 302 Found\r\nLocation: http://login.hotel.example/\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\nContent-Type: text/html\r\n\r\n<title>Welcome</title>",
            b"",
        ];
        let probe = ANSWERS[number as usize % ANSWERS.len()];
        self.look_up(number, 53_000, "www.msftconnecttest.com", [203, 0, 113, 9]);
        self.request(number, 49_152, [203, 0, 113, 9], "www.msftconnecttest.com", "/connecttest.txt", probe);
        self.look_up(number, 53_001, "dns.msftncsi.com", [131, 107, 255, 255]);
        self.look_up(number, 53_002, "login.microsoftonline.com", [203, 0, 113, 20]);
        self.handshake(number, 49_153, [203, 0, 113, 20], "login.microsoftonline.com", false);
        self.look_up(number, 53_003, "outlook.office365.com", [203, 0, 113, 21]);
        self.handshake(number, 49_154, [203, 0, 113, 21], "outlook.office365.com", true);
        self.look_up(number, 53_004, "www.example.com", [203, 0, 113, 22]);
        self.request(number, 49_155, [203, 0, 113, 22], "www.example.com", "/", ANSWERS[0]);
        let (browser, server) = ((client(number), 49_156), ([203, 0, 113, 22], 8443));
        self.tcp(50, browser, server, 77, 0, SYN, &[]);
        self.tcp(500, server, browser, 0, 78, ACK | RST, &[]);
    }

    fn look_up(&mut self, number: u32, port: u16, name: &str, address: [u8; 4]) {
        let (asker, resolver) = ((client(number), port), ([203, 0, 113, 53], 53));
        let mut question = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            question.push(u8::try_from(label.len()).expect("short"));
            question.extend_from_slice(label.as_bytes());
        }
        question.extend_from_slice(&[0, 0, 1, 0, 1]);
        let mut answer = question.clone();
        (answer[2], answer[3], answer[7]) = (0x81, 0x80, 1);
        answer.extend_from_slice(&[0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]);
        answer.extend_from_slice(&address);
        self.udp(10, asker, resolver, &question);
        self.udp(90, resolver, asker, &answer);
    }

    /// Opens a connection, sends `said` both ways in turn and closes it; where an answer is empty the server resets.
    fn dialogue(&mut self, browser: ([u8; 4], u16), server: ([u8; 4], u16), said: &[&[u8]]) {
        let (mut here, mut there) = (u32::from(browser.1) * 10_000, 9_000);
        self.tcp(10, browser, server, here, 0, SYN, &[]);
        (here, there) = (here + 1, there + 1);
        self.tcp(90, server, browser, there - 1, here, SYN | ACK, &[]);
        self.tcp(5, browser, server, here, there, ACK, &[]);
        for (turn, data) in said.iter().enumerate() {
            let length = u32::try_from(data.len()).expect("small");
            if turn % 2 == 0 {
                self.tcp(5, browser, server, here, there, ACK, data);
                here += length;
            } else if data.is_empty() {
                return self.tcp(90, server, browser, there, here, ACK | RST, &[]);
            } else {
                self.tcp(90, server, browser, there, here, ACK, data);
                there += length;
            }
        }
        self.tcp(5, server, browser, there, here, ACK | FIN, &[]);
        self.tcp(5, browser, server, here, there + 1, ACK | FIN, &[]);
    }

    fn request(&mut self, number: u32, port: u16, server: [u8; 4], host: &str, path: &str, answer: &[u8]) {
        let request = format!("GET {path} HTTP/1.1\r\nUser-Agent: Microsoft NCSI\r\nHost: {host}\r\n\r\n");
        self.dialogue((client(number), port), (server, 80), &[request.as_bytes(), answer]);
    }

    fn handshake(&mut self, number: u32, port: u16, server: [u8; 4], name: &str, succeeds: bool) {
        let length = |bytes: usize| u16::try_from(bytes).expect("short").to_be_bytes();
        let mut body = vec![3, 3];
        body.extend_from_slice(&[0x5a; 32]);
        body.extend_from_slice(&[0, 0, 4, 0xc0, 0x2f, 0, 0x9c, 1, 0]);
        body.extend_from_slice(&length(name.len() + 9));
        body.extend_from_slice(&[0, 0]);
        body.extend_from_slice(&length(name.len() + 5));
        body.extend_from_slice(&length(name.len() + 3));
        body.push(0);
        body.extend_from_slice(&length(name.len()));
        body.extend_from_slice(name.as_bytes());
        let message = |kind: u8, body: &[u8]| {
            [&[22, 3, 3], &length(body.len() + 4)[..], &[kind, 0], &length(body.len()), body].concat()
        };
        let hello = message(1, &body);
        let (from, to) = ((client(number), port), (server, 443));
        if succeeds {
            let mut chosen = vec![3, 3];
            chosen.extend_from_slice(&[0xa5; 32]);
            chosen.extend_from_slice(&[0, 0xc0, 0x2f, 0]);
            let ready = [20, 3, 3, 0, 1, 1, 22, 3, 3, 0, 4, 9, 9, 9, 9];
            let data = [23, 3, 3, 0, 4, 9, 9, 9, 9];
            self.dialogue(from, to, &[&hello, &message(2, &chosen), &ready, &ready, &data, &data]);
        } else {
            self.dialogue(from, to, &[&hello, &[21, 3, 1, 0, 2, 2, 70]]);
        }
    }
}
