//! A client, a server and a table between them; a reader that writes down what it is told.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::flow::{Connection, Direction, End, FlowTable, Interest, Outcome, Seen, Sniff, StreamReader};
use crate::limits::TableLimits;
use crate::source::{PacketId, PacketRef};
use crate::time::CaptureTime;
use crate::wire::{Body, Ip, Link, Mac, Packet, Segment};

pub const MS: i64 = 1_000_000;
pub const SYN: u8 = Segment::SYN;
pub const ACK: u8 = Segment::ACK;
pub const FIN: u8 = Segment::FIN;
pub const RST: u8 = Segment::RST;
pub const GET: &[u8] = b"GET /connecttest.txt HTTP/1.1\r\n\r\n";
pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\nMicrosoft Connect Test";

/// What one connection told.
#[derive(Clone, Default, Debug, PartialEq, Eq)]
pub struct Log {
    /// `>` to the server, `<` to the client; one line a call.
    pub events: Vec<String>,
    /// Bytes as delivered, zeros for gaps.
    pub bytes: [Vec<u8>; 2],
    /// Offsets that were told as gaps.
    pub missing: [u64; 2],
    pub last: Option<Connection>,
}

#[derive(Default)]
pub struct Recorder {
    pub logs: BTreeMap<u64, Log>,
    /// Everything that is data starts a message.
    pub greedy: bool,
    pub wake_at: Option<CaptureTime>,
    /// Ask again for the same moment whenever woken.
    pub wake_again: Option<CaptureTime>,
    pub done_after: Option<usize>,
    pub order: Vec<(u64, String)>,
    pub keep_bytes: bool,
}

impl Recorder {
    fn note(&mut self, connection: &Connection, event: String) -> &mut Log {
        let key = connection.id.0;
        if event.starts_with("end") || event == "wake" {
            self.order.push((key, event.clone()));
        }
        let log = self.logs.entry(key).or_default();
        log.events.push(event);
        log.last = Some(connection.clone());
        log
    }
}

fn arrow(direction: Direction) -> char {
    if direction == Direction::ToServer { '>' } else { '<' }
}

impl StreamReader for Recorder {
    type State = u32;

    fn sniff(&self, _: &Connection, direction: Direction, bytes: &[u8]) -> Sniff {
        if self.greedy {
            return Sniff::Starts;
        }
        for (known, side) in [(&b"GET "[..], Direction::ToServer), (&b"HTTP/"[..], Direction::ToClient)] {
            if bytes.starts_with(known) {
                return if side == direction { Sniff::Starts } else { Sniff::StartsReversed };
            }
            if known.starts_with(bytes) {
                return Sniff::Unsure;
            }
        }
        Sniff::Unknown
    }

    fn opened(&mut self, connection: &Connection, _: &mut u32) -> Option<CaptureTime> {
        self.note(connection, "opened".into());
        self.wake_at
    }

    fn data(
        &mut self,
        connection: &Connection,
        calls: &mut u32,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        at: PacketRef,
    ) -> (Interest, Option<CaptureTime>) {
        *calls += 1;
        let half = connection.half(direction);
        assert!(half.delivered >= offset + bytes.len() as u64, "delivered counts what is being told");
        assert!(!bytes.is_empty());
        let keep = self.keep_bytes;
        let log =
            self.note(connection, format!("{}data {offset}+{} #{}", arrow(direction), bytes.len(), at.id.number()));
        if keep {
            let kept = &mut log.bytes[direction.index()];
            assert_eq!(kept.len() as u64, offset);
            kept.extend_from_slice(bytes);
        }
        let done = self.done_after.is_some_and(|after| *calls as usize >= after);
        (if done { Interest::Done } else { Interest::Read }, None)
    }

    fn gap(
        &mut self,
        connection: &Connection,
        _: &mut u32,
        direction: Direction,
        missing: u64,
        _: PacketRef,
    ) -> Interest {
        let keep = self.keep_bytes;
        let log = self.note(connection, format!("{}gap {missing}", arrow(direction)));
        log.missing[direction.index()] += missing;
        if keep {
            let kept = &mut log.bytes[direction.index()];
            kept.resize(kept.len() + missing as usize, 0);
        }
        Interest::Read
    }

    fn repeated(&mut self, connection: &Connection, _: &mut u32, direction: Direction, offset: u64, at: PacketRef) {
        self.note(connection, format!("{}repeated {offset} #{}", arrow(direction), at.id.number()));
    }

    fn changed(&mut self, connection: &Connection, _: &mut u32, _: PacketRef) -> (Interest, Option<CaptureTime>) {
        let fins = connection.halves.iter().filter(|half| half.fin.is_some()).count();
        let resets: u32 = connection.halves.iter().map(|half| half.resets).sum();
        let text = format!(
            "changed syn{} ack{} fin{fins} rst{resets}{}",
            connection.syns.len(),
            u8::from(connection.syn_ack.is_some()),
            if connection.icmp.is_some() { " icmp" } else { "" }
        );
        self.note(connection, text);
        (Interest::Read, None)
    }

    fn wake(&mut self, connection: &Connection, _: &mut u32, _: CaptureTime) -> (Interest, Option<CaptureTime>) {
        self.note(connection, "wake".into());
        (Interest::Read, self.wake_again)
    }

    fn end(&mut self, connection: &Connection, _: &mut u32, _: CaptureTime, why: End) {
        self.note(connection, format!("end {why:?}"));
    }
}

/// One segment in the making.
#[derive(Clone, Debug)]
pub struct Say {
    pub from: SocketAddr,
    pub to: SocketAddr,
    pub seq: u32,
    pub ack: u32,
    pub flags: u8,
    pub payload: Vec<u8>,
    /// Length by the IP header, where the frame was cut.
    pub len: Option<u32>,
    pub id: Option<u16>,
    pub ttl: u8,
    pub ms: f64,
}

impl Say {
    pub fn at(mut self, ms: f64) -> Self {
        self.ms = ms;
        self
    }
    pub fn flags(mut self, flags: u8) -> Self {
        self.flags = flags;
        self
    }
    pub fn cut(mut self, captured: usize) -> Self {
        self.len = Some(self.payload.len() as u32);
        self.payload.truncate(captured);
        self
    }
    pub fn id(mut self, id: Option<u16>) -> Self {
        self.id = id;
        self
    }
    pub fn ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }
}

pub struct Scene {
    pub table: FlowTable<Recorder>,
    pub reader: Recorder,
    pub client: SocketAddr,
    pub server: SocketAddr,
    pub client_isn: u32,
    pub server_isn: u32,
    pub number: u64,
    pub ms: f64,
    ids: u16,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(&TableLimits::default())
    }

    pub fn with(limits: &TableLimits) -> Self {
        Self {
            table: FlowTable::new(limits),
            reader: Recorder { keep_bytes: true, ..Recorder::default() },
            client: "10.0.0.5:50123".parse().unwrap(),
            server: "13.107.4.52:80".parse().unwrap(),
            client_isn: 1000,
            server_isn: 0xffff_fff0,
            number: 0,
            ms: 1000.0,
            ids: 0,
        }
    }

    fn say(&mut self, from_client: bool, seq: u32, ack: u32, flags: u8, payload: &[u8]) -> Say {
        self.ms += 1.0;
        self.ids += 1;
        let (from, to) = if from_client { (self.client, self.server) } else { (self.server, self.client) };
        let ms = self.ms;
        Say { from, to, seq, ack, flags, payload: payload.to_vec(), len: None, id: Some(self.ids), ttl: 64, ms }
    }

    /// From the client: stream offsets of its first byte and of what it acknowledges.
    pub fn c(&mut self, offset: i64, ack: i64, payload: &[u8]) -> Say {
        let (seq, ack) = (place(self.client_isn, offset), place(self.server_isn, ack));
        self.say(true, seq, ack, ACK, payload)
    }

    /// From the server.
    pub fn s(&mut self, offset: i64, ack: i64, payload: &[u8]) -> Say {
        let (seq, ack) = (place(self.server_isn, offset), place(self.client_isn, ack));
        self.say(false, seq, ack, ACK, payload)
    }

    pub fn syn(&mut self) -> Say {
        let mut say = self.c(-1, 0, b"").flags(SYN);
        say.ack = 0;
        say
    }

    pub fn syn_ack(&mut self) -> Say {
        self.s(-1, 0, b"").flags(SYN | ACK)
    }

    pub fn push(&mut self, say: &Say) -> Outcome {
        self.number += 1;
        let time = CaptureTime::from_nanos((say.ms * MS as f64) as i64);
        let segment = Segment {
            source_port: say.from.port(),
            destination_port: say.to.port(),
            seq: say.seq,
            ack: say.ack,
            flags: say.flags,
            window: 64240,
            len: say.len.unwrap_or(say.payload.len() as u32),
            payload: &say.payload,
        };
        let packet = packet(say.from.ip(), say.to.ip(), time, self.number, say.id, say.ttl, Body::Tcp(segment));
        self.table.push(&packet, &segment, &mut self.reader)
    }

    /// SYN, SYN-ACK, ACK.
    pub fn connect(&mut self) {
        for say in [self.syn(), self.syn_ack(), self.c(0, 0, b"")] {
            assert_ne!(self.push(&say).seen, Seen::Duplicate);
        }
    }

    pub fn play(&mut self, says: &[Say]) {
        for say in says {
            self.push(say);
        }
    }

    pub fn now(&self) -> CaptureTime {
        CaptureTime::from_nanos((self.ms * MS as f64) as i64)
    }

    pub fn finish(&mut self) {
        let now = self.now();
        self.table.finish(now, &mut self.reader);
        assert_eq!(self.table.state_bytes(), 0);
    }

    pub fn log(&self, id: u64) -> &Log {
        self.reader.logs.get(&id).unwrap_or_else(|| panic!("flow {id} was never told; {:?}", self.reader.logs))
    }

    /// Events of flow 0.
    pub fn events(&self) -> Vec<&str> {
        self.log(0).events.iter().map(String::as_str).collect()
    }

    pub fn last(&self, id: u64) -> &Connection {
        self.log(id).last.as_ref().unwrap()
    }
}

fn place(isn: u32, offset: i64) -> u32 {
    isn.wrapping_add(1).wrapping_add(offset as u32)
}

pub fn packet(
    source: IpAddr,
    destination: IpAddr,
    time: CaptureTime,
    number: u64,
    identification: Option<u16>,
    ttl: u8,
    body: Body<'_>,
) -> Packet<'_> {
    Packet {
        at: PacketRef { time, id: PacketId::new(0, number) },
        link: Link { source: Some(Mac([2, 0, 0, 0, 0, ttl])), destination: None, vlan: None, network: None },
        ip: Some(Ip { source, destination, ttl, identification, protocol: 6 }),
        body,
    }
}
