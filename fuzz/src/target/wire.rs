//! Frames of every link type, through every tunnel, in one piece and in fragments.

use ncsight::source::{Frame, LinkType, PacketId, PacketRef};
use ncsight::time::CaptureTime;
use ncsight::wire::{Body, Decoder, Duplicates, link_of};

use crate::input::Input;
use crate::planted;

/// Link types that are decoded, and one that is not. The first byte of a seed chooses among them.
pub const LINKS: [LinkType; 24] = [
    LinkType::ETHERNET,
    LinkType::NULL,
    LinkType::PPP,
    LinkType::PPP_HDLC,
    LinkType::PPP_ETHER,
    LinkType::C_HDLC,
    LinkType::IEEE802_11,
    LinkType::FRELAY,
    LinkType::PRISM,
    LinkType::RADIOTAP,
    LinkType::AVS,
    LinkType::PPI,
    LinkType::PPP_WITH_DIR,
    LinkType::FRELAY_WITH_DIR,
    LinkType::RAW,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL2,
    LinkType(12),
    LinkType(14),
    LinkType(6),
    LinkType(0xfffe),
];
/// What the innermost datagram of the seed of `wire` says, in a tunnel.
pub const TUNNELLED: &[u8] = b"carried through a tunnel";
/// What the datagram of the seed of `fragments` says once its fragments are joined.
pub const JOINED: &[u8] = b"fragments that were joined again";

fn frame(number: u64, ms: i64, link: LinkType, fcs_len: u8, data: &[u8], more: u32) -> Frame<'_> {
    Frame {
        at: PacketRef {
            time: CaptureTime::from_nanos(1_700_000_000_000_000_000 + ms * 1_000_000),
            id: PacketId::new(0, number),
        },
        link,
        fcs_len,
        wire_len: u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(more),
        outbound: false,
        data,
    }
}

/// One frame, twice.
pub fn wire(data: &[u8]) {
    let mut input = Input::new(data);
    let link = LINKS[usize::from(input.byte()) % LINKS.len()];
    let steer = input.byte();
    let (fcs_len, cut) = ([0, 4, 2, 0][usize::from(steer & 3)], u32::from(steer >> 2) * 24);
    let data = input.rest();
    let (mut decoder, mut duplicates) = (Decoder::new(), Duplicates::new());
    for number in 1..3 {
        let frame = frame(number, 0, link, fcs_len, data, cut);
        let _ = link_of(&frame);
        let packet = decoder.decode(&frame);
        let _ = duplicates.is_copy(&packet, &frame);
        if let (Body::Udp(datagram), Some(_)) = (&packet.body, packet.link.network) {
            planted::near(TUNNELLED, datagram.payload);
        }
        if let Body::Tcp(segment) = &packet.body {
            assert!(segment.payload.len() <= segment.len as usize, "more bytes than the segment has");
        }
    }
}

/// Frames one after the other: a link type, then for each a pause in quarters of a second and its length.
pub fn fragments(data: &[u8]) {
    let mut input = Input::new(data);
    let link = LINKS[usize::from(input.byte()) % LINKS.len()];
    let mut decoder = Decoder::new();
    let (mut number, mut ms) = (0, 0);
    while !input.is_empty() {
        ms += i64::from(input.byte()) * 250;
        let length = usize::from(input.word());
        let data = input.piece(length);
        number += 1;
        let before = data.len();
        let packet = decoder.decode(&frame(number, ms, link, 0, data, 0));
        if let Body::Udp(datagram) = &packet.body
            && datagram.payload.len() > before / 2
        {
            planted::near(JOINED, datagram.payload);
        }
    }
    let _ = decoder.given_up();
}
