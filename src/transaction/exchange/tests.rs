//! What differences from another program's reading of real captures taught.

use std::net::SocketAddr;

use super::*;
use crate::flow::FlowId;
use crate::source::PacketId;

/// Packet `number`, captured in the same second.
fn packet(number: u64) -> PacketRef {
    PacketRef {
        time: CaptureTime::from_nanos(i64::try_from(number).unwrap() * 1_000_000),
        id: PacketId::new(0, number),
    }
}

fn connection() -> Connection {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    Connection::begun(FlowId(1), address("10.0.0.5:49812"), address("203.0.113.80:80"), packet(1))
}

fn exchanges(out: &[Transaction]) -> Vec<&Exchange> {
    out.iter()
        .filter_map(|transaction| match transaction {
            Transaction::Exchange(exchange) => Some(exchange.as_ref()),
            _ => None,
        })
        .collect()
}

#[test]
fn requests_whose_responses_were_lost_make_room_for_later_ones() {
    let (connection, mut out) = (connection(), Vec::new());
    let mut http = HttpState::new(None, Deadlines::default());
    let count = MAX_PENDING as u64 + 5;
    let mut offset = 0;
    for number in 1..=count {
        let request = format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n");
        http.data(&connection, Direction::ToServer, offset, request.as_bytes(), packet(2 * number), &mut out);
        http.gap(&connection, Direction::ToClient, 1000, packet(2 * number + 1), &mut out);
        offset += request.len() as u64;
    }
    http.end(&connection, packet(200).time, &mut out);
    let told = exchanges(&out);
    let numbers: Vec<u64> = told.iter().filter_map(|one| Some(one.request.as_ref()?.at.id.number())).collect();
    assert_eq!(numbers, (1..=count).map(|number| 2 * number).collect::<Vec<_>>());
    assert!(told.iter().all(|one| one.end == ExchangeEnd::NotCaptured), "{told:?}");
}

#[test]
fn pipelined_requests_keep_the_order_of_their_responses() {
    let (connection, mut out) = (connection(), Vec::new());
    let mut http = HttpState::new(None, Deadlines::default());
    for number in 1..=MAX_PENDING as u64 + 1 {
        let request = format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n");
        http.data(&connection, Direction::ToServer, 0, request.as_bytes(), packet(number), &mut out);
    }
    let response = b"HTTP/1.1 204 No Content\r\n\r\n";
    http.data(&connection, Direction::ToClient, 0, response, packet(90), &mut out);
    let told = exchanges(&out);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].request.as_ref().map(|request| request.head.target.as_str()), Some("/1"));
}

#[test]
fn a_head_that_a_gap_cuts_is_told_at_the_packet_that_holds_it() {
    let (connection, mut out) = (connection(), Vec::new());
    let mut http = HttpState::new(None, Deadlines::default());
    let request = b"GET /connecttest.txt HTTP/1.1\r\nHost: a\r\n\r\n";
    http.data(&connection, Direction::ToServer, 0, request, packet(4), &mut out);
    http.data(&connection, Direction::ToClient, 0, b"HTTP/1.1 302 Found\r\nServer: x\r\n", packet(6), &mut out);
    http.gap(&connection, Direction::ToClient, 500, packet(9), &mut out);
    let told = exchanges(&out);
    let response = told[0].response.as_ref().unwrap();
    assert_eq!((response.head.status, response.whole, response.at), (302, false, packet(6)));
}
