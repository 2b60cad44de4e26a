//! TLS, SSL, the dialogues before STARTTLS, and QUIC's Initial packets.

use ncsight::proto::quic::{Initials, may_be_initial};
use ncsight::proto::starttls::{self, Dialogue, Step};
use ncsight::proto::tls::{Carrier, TlsEvent, TlsMessage, TlsStream, sniff};
use ncsight::source::{PacketId, PacketRef};
use ncsight::time::CaptureTime;
use ncsight::vocabulary::Side;

use crate::input::{Input, pieces};
use crate::planted;
use crate::seeds::quic;

/// The server's name in the seeds.
pub const NAME: &str = "login.example.test";
/// How TLS starts in the seed of a dialogue.
pub const START: [u8; 3] = [0x16, 3, 1];

const AT: PacketRef = PacketRef { time: CaptureTime::from_nanos(1_700_000_000_000_000_000), id: PacketId::new(0, 1) };

/// The records of one direction: at once, in segments, and with a gap.
pub fn tls(data: &[u8]) {
    let mut input = Input::new(data);
    let split = input.byte();
    let data = input.rest();
    let _ = sniff(data);
    let mut whole = Vec::new();
    let mut stream = TlsStream::default();
    stream.feed(data, AT, &mut whole);
    whole.extend(stream.partial());
    let mut parts = Vec::new();
    let mut stream = TlsStream::default();
    for piece in pieces(data, split) {
        stream.feed(piece, AT, &mut parts);
    }
    parts.extend(stream.partial());
    // Behind garbage, reading goes on at a header that stands whole in one segment.
    if !whole.iter().any(|event| event.message == TlsMessage::Garbage) {
        assert_eq!(whole, parts, "messages depend on segments");
    }
    let mut gapped = Vec::new();
    let mut stream = TlsStream::default();
    let (before, after) = data.split_at(data.len().min(usize::from(split)));
    stream.feed(before, AT, &mut gapped);
    stream.gap(u64::from(split), AT, &mut gapped);
    stream.feed(after, AT, &mut gapped);
    gapped.extend(stream.partial());
    whole.iter().chain(&gapped).for_each(look);
}

fn look(event: &TlsEvent) {
    match &event.message {
        TlsMessage::ClientHello(hello) => {
            let _ = (hello.ja3(), hello.ja4(Carrier::Tcp), hello.max_version(), hello.max_version_is_certain());
        }
        TlsMessage::ServerHello(hello) => {
            let _ = hello.version_is_certain();
        }
        TlsMessage::Certificate(certificate) if certificate.readable => {
            planted::near(NAME.as_bytes(), certificate.subject_name.as_deref().unwrap_or_default().as_bytes());
        }
        _ => {}
    }
}

/// Datagrams of a QUIC client. Damage anywhere makes a packet fail its seal, so that nothing behind would ever be read:
/// unless the first byte is odd, the rest is frames, which are sealed here as a client does.
pub fn quic(data: &[u8]) {
    let mut input = Input::new(data);
    let mode = input.byte();
    let mut initials: Option<Initials> = None;
    let mut number = 0;
    while !input.is_empty() && number < 4 {
        let length = usize::from(input.word() & 0x7ff);
        let content = input.piece(length);
        let datagram = if mode & 1 == 1 { content.to_vec() } else { quic::seal(mode, number, content) };
        let _ = may_be_initial(&datagram);
        match &mut initials {
            Some(initials) => {
                initials.feed(&datagram);
            }
            None => initials = Initials::begin(&datagram),
        }
        number += 1;
    }
    let Some(initials) = initials else { return };
    let _ = (initials.version().to_string(), initials.opened(), initials.heap_bytes());
    if let Some(hello) = initials.hello() {
        let _ = hello.ja4(Carrier::Quic);
        if initials.is_complete() {
            planted::near(NAME.as_bytes(), hello.sni.unwrap_or_default().as_bytes());
        }
    }
}

/// What both sides of a connection say before TLS starts.
pub fn starttls(data: &[u8]) {
    let mut input = Input::new(data);
    let mut dialogue = Dialogue::default();
    while !input.is_empty() {
        let steer = input.byte();
        let length = usize::from(input.byte());
        let side = if steer & 1 == 0 { Side::Server } else { Side::Client };
        let said = input.piece(length);
        let _ = starttls::sniff(side, said);
        if steer & 0xf0 == 0xf0 {
            dialogue.gap(side);
        }
        let step = dialogue.feed(side, said);
        let _ = (dialogue.protocol().map(|plain| plain.to_string()), dialogue.heap_bytes(), dialogue.expects_tls());
        match step {
            Step::Plain => {}
            Step::Tls(place) => {
                let start = said.get(place..).expect("TLS starts within what was said");
                planted::near(&START, start.get(..3).unwrap_or_default());
                return;
            }
            Step::Over => return,
        }
    }
}
