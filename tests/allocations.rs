//! What is passed over costs no memory, nor does a segment that comes in its turn: allocations are counted while packets
//! go through the program, from the file to the lower half.

#![allow(clippy::expect_used)] // traffic that cannot be made has nothing to say

#[allow(dead_code, reason = "no program needs all kinds of traffic")]
#[path = "../benches/traffic/mod.rs"]
mod traffic;

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ncsight::engine::pipeline::Pipeline;
use ncsight::probe::world::World;
use ncsight::settings::Settings;
use ncsight::source::{Capture, Options, Progress};
use traffic::output::Output;
use traffic::packet::{ACK, FIN, PSH, SYN, tcp, udp};

/// A capture that is being written, a packet every 100 µs.
struct Writing {
    out: Output,
    micros: u64,
    frame: Vec<u8>,
}

impl Writing {
    fn put(&mut self) {
        self.micros += 100;
        self.out.packet(self.micros, &self.frame).expect("the file can be written");
    }

    fn udp(&mut self, from: SocketAddr, to: SocketAddr, data: &[u8]) {
        udp(&mut self.frame, from, to, data);
        self.put();
    }

    fn tcp(&mut self, from: SocketAddr, to: SocketAddr, numbers: (u32, u32), flags: u8, data: &[u8]) {
        tcp(&mut self.frame, from, to, numbers, flags, data);
        self.put();
    }
}

/// A connection that is written from its first packet on.
struct Connection {
    client: SocketAddr,
    server: SocketAddr,
    here: u32,
    there: u32,
}

impl Connection {
    fn open(writing: &mut Writing, client: SocketAddr, server: SocketAddr) -> Self {
        writing.tcp(client, server, (999, 0), SYN, &[]);
        writing.tcp(server, client, (4999, 1000), SYN | ACK, &[]);
        writing.tcp(client, server, (1000, 5000), ACK, &[]);
        Self { client, server, here: 1000, there: 5000 }
    }

    fn ask(&mut self, writing: &mut Writing, data: &[u8]) {
        writing.tcp(self.client, self.server, (self.here, self.there), PSH | ACK, data);
        self.here += u32::try_from(data.len()).expect("short");
    }

    fn answer(&mut self, writing: &mut Writing, data: &[u8]) {
        writing.tcp(self.server, self.client, (self.there, self.here), PSH | ACK, data);
        self.there += u32::try_from(data.len()).expect("short");
        writing.tcp(self.client, self.server, (self.here, self.there), ACK, &[]);
    }

    fn close(&mut self, writing: &mut Writing) {
        writing.tcp(self.server, self.client, (self.there, self.here), FIN | ACK, &[]);
        writing.tcp(self.client, self.server, (self.here, self.there + 1), FIN | ACK, &[]);
    }
}

/// What happened while the packets of the second part went through, and before and after it.
struct Counted {
    packets: u64,
    allocations: u64,
    /// Packets passed over, of these.
    passed: u64,
    /// Allocations of the first part, which shows that they are counted at all.
    before: u64,
    /// Transactions that were settled.
    settled: u64,
}

/// Writes three parts into a capture, reads it, and counts over the second one.
fn count(form: &str, parts: impl Fn(u8, &mut Writing)) -> Counted {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("capture.{form}"));
    let out = Output::create(path.to_str().expect("a plain name")).expect("a file");
    let mut writing = Writing { out, micros: 1_700_000_000_000_000, frame: Vec::new() };
    let ends = [0, 1, 2].map(|part| {
        parts(part, &mut writing);
        writing.out.packets
    });
    drop(writing);
    let options = Options { filter: None, progress: Arc::new(Progress::default()) };
    let (mut capture, _) = Capture::open(&[path], options).expect("a capture");
    let settings = Settings::default();
    let (mut pipeline, mut world) = (Pipeline::new(&settings), World::new(settings));
    let mut read = |pipeline: &mut Pipeline, count: u64| {
        for _ in 0..count {
            pipeline.frame(&capture.next().expect("as many packets as were written"), &mut world);
        }
    };
    let passed = |pipeline: &Pipeline| {
        let (counts, flows) = pipeline.counted();
        counts.passed_segments + counts.passed_datagrams + flows.passed
    };
    let before = allocation_counter::measure(|| read(&mut pipeline, ends[0])).count_total;
    let passed_before = passed(&pipeline);
    let packets = ends[1] - ends[0];
    let allocations = allocation_counter::measure(|| read(&mut pipeline, packets)).count_total;
    let passed = passed(&pipeline) - passed_before;
    read(&mut pipeline, ends[2] - ends[1]);
    Counted { packets, allocations, passed, before, settled: pipeline.handed() }
}

fn client(number: u16, port: u16) -> SocketAddr {
    let [high, low] = number.to_be_bytes();
    (Ipv4Addr::new(10, 0, high, low), port).into()
}

fn server(port: u16) -> SocketAddr {
    (Ipv4Addr::new(203, 0, 113, 9), port).into()
}

/// Packets that are passed over: those that come first let the tables grow.
fn assert_passed(what: &str, each: impl Fn(u16, u16, &mut Writing)) {
    for form in ["pcap", "pcapng"] {
        let counted = count(form, |part, writing| {
            for number in 0..if part == 2 { 0 } else { 5000 } {
                // Known hosts, connections that were never seen.
                each(number % 500, number + 10_000 + 10_000 * u16::from(part), writing);
            }
        });
        assert_eq!((counted.passed, counted.allocations), (counted.packets, 0), "{what}, {form}");
        assert!(counted.before > 0, "the first host of all takes room");
    }
}

/// Packets of one connection that is read: it is opened, `turn` comes again and again, and then it is closed.
fn assert_followed(what: &str, port: u16, begin: impl Fn(&mut Connection, &mut Writing), turn: &[u8]) {
    for form in ["pcap", "pcapng"] {
        let connection = std::cell::RefCell::new(None);
        let counted = count(form, |part, writing| {
            let mut connection = connection.borrow_mut();
            if part == 0 {
                let mut opened = Connection::open(writing, client(1, 50_000), server(port));
                begin(&mut opened, writing);
                *connection = Some(opened);
            }
            let open = connection.as_mut().expect("opened first");
            for _ in 0..if part == 2 { 0 } else { 1000 } {
                open.answer(writing, turn);
            }
            if part == 2 {
                open.close(writing);
            }
        });
        assert_eq!(counted.allocations, 0, "{what}, {form}: {} packets", counted.packets);
        assert!(counted.settled > 0, "{what}, {form}: nobody followed this connection");
        assert!(counted.before > 0, "a connection takes room");
    }
}

#[test]
fn segments_of_connections_that_nobody_knows() {
    let data = [0x5a; 1200];
    assert_passed("data", |host, port, writing| writing.tcp(server(443), client(host, port), (7, 7), ACK, &data));
    assert_passed("acknowledgements", |host, port, writing| {
        writing.tcp(client(host, port), server(80), (7, 7), ACK, &[]);
    });
    assert_passed("records of TLS", |host, port, writing| {
        writing.tcp(client(host, port), server(443), (7, 7), PSH | ACK, &[23, 3, 3, 0, 3, 1, 2, 3]);
    });
}

#[test]
fn datagrams_of_protocols_that_nobody_reads() {
    assert_passed("datagrams", |host, port, writing| writing.udp(client(host, port), server(40_000), &[0x41; 400]));
}

#[test]
fn the_same_over_ipv6() {
    let client = |host: u16, port| SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host), port));
    let server = |port| SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 1, 0, 0, 0, 0, 1), port));
    assert_passed("data", |host, port, writing| {
        writing.tcp(server(443), client(host, port), (7, 7), ACK, &[0x5a; 900]);
    });
    assert_passed("datagrams", |host, port, writing| writing.udp(client(host, port), server(40_000), &[0x41; 400]));
}

const REQUEST: &[u8] = b"GET /large HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Microsoft NCSI\r\n\r\n";

#[test]
fn the_body_of_a_response_in_order() {
    let begin = |connection: &mut Connection, writing: &mut Writing| {
        connection.ask(writing, REQUEST);
        connection.answer(writing, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 90000000\r\n\r\n");
    };
    assert_followed("a body of a known length", 80, begin, &[b'a'; 1400]);
}

#[test]
fn a_body_in_chunks_in_order() {
    let begin = |connection: &mut Connection, writing: &mut Writing| {
        connection.ask(writing, REQUEST);
        connection.answer(writing, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    };
    let mut chunk = b"400\r\n".to_vec();
    chunk.extend_from_slice(&[b'a'; 0x400]);
    chunk.extend_from_slice(b"\r\n");
    assert_followed("chunks", 80, begin, &chunk);
}

#[test]
fn records_behind_a_handshake_in_order() {
    let begin = |connection: &mut Connection, writing: &mut Writing| {
        for (by_server, said) in traffic::session::recorded("tls-ok-13") {
            if by_server {
                connection.answer(writing, &said);
            } else {
                connection.ask(writing, &said);
            }
        }
    };
    let mut record = vec![23, 3, 3, 4, 0];
    record.resize(5 + 1024, 0x5a);
    assert_followed("records", 443, begin, &record);
}
