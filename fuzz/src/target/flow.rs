//! TCP segments in any order, of any place: whatever is delivered must be what was sent there.
//!
//! The byte at sequence number `n` is `n mod 256`, so that a reader that knows one byte knows all.

use std::net::{IpAddr, Ipv4Addr};

use ncsight::flow::{Connection, Direction, End, FlowTable, Interest, Sniff, StreamReader};
use ncsight::limits::TableLimits;
use ncsight::source::{PacketId, PacketRef};
use ncsight::time::CaptureTime;
use ncsight::wire::{Body, IcmpError, Ip, Link, Packet, Segment};

use crate::input::Input;
use crate::planted;

/// What was delivered of one direction.
#[derive(Clone, Copy, Default)]
struct Half {
    /// Offset of the next byte and its value.
    next: Option<(u64, Option<u8>)>,
    gaps: u32,
    delivered: u64,
}

#[derive(Default)]
struct State {
    halves: [Half; 2],
    ended: bool,
}

/// Reads everything, and compares.
struct Comparer;

impl StreamReader for Comparer {
    type State = State;

    fn sniff(&self, _: &Connection, _: Direction, bytes: &[u8]) -> Sniff {
        match bytes.first() {
            Some(first) if first % 16 == 0 => Sniff::StartsReversed,
            Some(first) if first % 3 == 0 => Sniff::Unknown,
            Some(_) if bytes.len() > 2 => Sniff::Starts,
            _ => Sniff::Unsure,
        }
    }

    fn opened(&mut self, connection: &Connection, _: &mut State) -> Option<CaptureTime> {
        Some(CaptureTime::from_nanos(connection.first.time.as_nanos().saturating_add(1_000_000_000)))
    }

    fn data(
        &mut self,
        _: &Connection,
        state: &mut State,
        direction: Direction,
        offset: u64,
        bytes: &[u8],
        _: PacketRef,
    ) -> (Interest, Option<CaptureTime>) {
        assert!(!state.ended, "data behind the end");
        let half = &mut state.halves[direction.index()];
        let value = match half.next {
            Some((next, value)) => {
                assert_eq!(next, offset, "the stream does not go on where it stopped");
                value
            }
            None => None,
        };
        let mut value = value.or_else(|| bytes.first().copied()).unwrap_or_default();
        for byte in bytes {
            assert_eq!(*byte, value, "a byte at the wrong place");
            value = value.wrapping_add(1);
        }
        half.next = Some((offset + bytes.len() as u64, Some(value)));
        half.delivered += bytes.len() as u64;
        let both = state.halves;
        planted::state(both[0].gaps > 1 && both[0].delivered > 300 && both[1].gaps > 0 && both[1].delivered > 100);
        (Interest::Read, None)
    }

    fn gap(&mut self, _: &Connection, state: &mut State, direction: Direction, missing: u64, _: PacketRef) -> Interest {
        assert!(!state.ended, "a gap behind the end");
        assert!(missing > 0, "a gap of nothing");
        let half = &mut state.halves[direction.index()];
        half.gaps += 1;
        if let Some((next, value)) = &mut half.next {
            *next += missing;
            *value = value.map(|value| value.wrapping_add(missing as u8));
        }
        Interest::Read
    }

    fn repeated(&mut self, _: &Connection, _: &mut State, _: Direction, _: u64, _: PacketRef) {}

    fn changed(&mut self, connection: &Connection, state: &mut State, _: PacketRef) -> (Interest, Option<CaptureTime>) {
        assert!(!state.ended, "a change behind the end");
        let _ = connection.rtt();
        (if connection.icmp.is_some() { Interest::Done } else { Interest::Read }, None)
    }

    fn wake(&mut self, _: &Connection, _: &mut State, now: CaptureTime) -> (Interest, Option<CaptureTime>) {
        (Interest::Read, Some(CaptureTime::from_nanos(now.as_nanos().saturating_add(3_000_000_000))))
    }

    fn end(&mut self, _: &Connection, state: &mut State, _: CaptureTime, _: End) {
        assert!(!state.ended, "a connection ends twice");
        state.ended = true;
    }
}

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 5));
const SERVER: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

/// Segments of two connections: five bytes each steer one.
pub fn stream(data: &[u8]) {
    let mut input = Input::new(data);
    let limits = TableLimits { flow_bytes: 64 << 10, ..TableLimits::for_memory(16 << 20) };
    let (mut table, mut reader) = (FlowTable::new(&limits), Comparer);
    let near_wrap = u32::MAX - 200;
    let mut next = [[1_000_u32, near_wrap], [near_wrap, 77]];
    let (mut now, mut number) = (1_700_000_000_000_000_000_i64, 0);
    while !input.is_empty() && number < 200 {
        number += 1;
        let steer = input.byte();
        let (direction, connection) = (usize::from(steer & 1), usize::from(steer >> 1 & 1));
        let place = &mut next[connection][direction];
        let seq = place.wrapping_add_signed(match steer >> 2 & 3 {
            0 | 1 => 0,
            2 => i32::from(input.byte().cast_signed()),
            _ => i32::from(input.word().cast_signed()) * 64,
        });
        let flags = input.byte() & 0x17;
        let len = u32::from(input.byte());
        let ack = input.byte();
        now += i64::from(steer >> 4) * i64::from(steer >> 4) * i64::from(steer >> 4) * 40_000_000;
        // The byte of the SYN stands before the first of the data.
        let first = seq.wrapping_add(u32::from(flags & Segment::SYN != 0));
        let payload: Vec<u8> = (0..len).map(|at| first.wrapping_add(at) as u8).collect();
        let captured = if ack & 0x80 == 0 { payload.len() } else { payload.len() / 2 };
        if steer >> 2 & 3 == 0 {
            *place = first.wrapping_add(len);
        }
        let other = next[connection][1 - direction].wrapping_add_signed(i32::from(ack & 0x1f) - 8);
        let ports = (50_000 + connection as u16, 80);
        let (source, destination) = if direction == 0 { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        let (source_port, destination_port) = if direction == 0 { ports } else { (ports.1, ports.0) };
        let at = PacketRef { time: CaptureTime::from_nanos(now), id: PacketId::new(0, number) };
        let segment = Segment {
            source_port,
            destination_port,
            seq,
            ack: other,
            flags,
            window: 1024,
            len,
            payload: &payload[..captured],
        };
        let ip = Ip { source, destination, ttl: 64, identification: Some(number as u16), protocol: 6 };
        let packet = Packet { at, link: Link::default(), ip: Some(ip), body: Body::Tcp(segment) };
        table.advance(at.time, &mut reader);
        if ack & 0x60 == 0x60 && flags == 0x17 {
            let error = IcmpError { kind: 3, code: 1, source: CLIENT, destination: SERVER, protocol: 6, ports };
            let from = Ip { source: destination, destination: source, protocol: 1, ..ip };
            let packet = Packet { ip: Some(from), body: Body::IcmpError(error), ..packet };
            let _ = table.icmp_error(&packet, &error, &mut reader);
        } else {
            let _ = table.push(&packet, &segment, &mut reader);
        }
        assert!(table.state_bytes() <= 2 * limits.flow_bytes, "more is held than is allowed");
    }
    table.finish(CaptureTime::from_nanos(now), &mut reader);
    let _ = table.stats();
}
