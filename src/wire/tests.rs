//! Packets made byte by byte, in every wrapping, whole, cut and damaged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::source::{Frame, LinkType, PacketId, PacketRef};
use crate::time::CaptureTime;

mod tunnels;

const A4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 5);
const B4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);
const A6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 5);
const B6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 7);
const MACS: [u8; 12] = [2, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 5];
const MAC: Mac = Mac([2, 0, 0, 0, 0, 5]);

fn frame_at(ns: i64, link: u16, data: &[u8]) -> Frame<'_> {
    let at = PacketRef { time: CaptureTime::from_nanos(ns), id: PacketId::new(0, 1) };
    Frame { at, link: LinkType(link), fcs_len: 0, wire_len: u32::try_from(data.len()).unwrap(), outbound: false, data }
}

fn frame(link: u16, data: &[u8]) -> Frame<'_> {
    frame_at(0, link, data)
}

fn tcp(payload: &[u8]) -> Vec<u8> {
    let mut tcp = vec![0xc2, 0x94, 0, 80, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x18, 1, 0, 0xde, 0xad, 0, 0];
    tcp.extend(payload);
    tcp
}

fn udp(payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap().to_be_bytes();
    [&[0xc2, 0x94, 0, 53][..], &length, &[0, 0], payload].concat()
}

fn v4_with(protocol: u8, identification: u16, fragment: u16, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let header_len = 20 + options.len();
    let mut ip = vec![0x40 | u8::try_from(header_len / 4).unwrap(), 0];
    ip.extend(u16::try_from(header_len + payload.len()).unwrap().to_be_bytes());
    ip.extend(identification.to_be_bytes());
    ip.extend(fragment.to_be_bytes());
    ip.extend([64, protocol, 0, 0]);
    ip.extend(A4.octets());
    ip.extend(B4.octets());
    ip.extend(options);
    ip.extend(payload);
    ip
}

fn v4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    v4_with(protocol, 7, 0x4000, &[], payload)
}

fn v6(next: u8, payload: &[u8]) -> Vec<u8> {
    let mut ip = vec![0x60, 0, 0, 0];
    ip.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    ip.extend([next, 255]);
    ip.extend(A6.octets());
    ip.extend(B6.octets());
    ip.extend(payload);
    ip
}

fn ethernet(ether_type: u16, payload: &[u8]) -> Vec<u8> {
    [&MACS[..], &ether_type.to_be_bytes(), payload].concat()
}

/// What a packet says, without lifetimes.
fn told(decoder: &mut Decoder, frame: &Frame<'_>) -> String {
    let packet = decoder.decode(frame);
    let body = match packet.body {
        Body::Tcp(s) => {
            format!("tcp {}>{} seq {} len {} {:?}", s.source_port, s.destination_port, s.seq, s.len, s.payload)
        }
        Body::Udp(d) => format!("udp {}>{} len {} {:?}", d.source_port, d.destination_port, d.len, d.payload),
        other => format!("{other:?}"),
    };
    match packet.ip {
        Some(ip) => format!("{}>{} {body}", ip.source, ip.destination),
        None => body,
    }
}

fn tell(link: u16, data: &[u8]) -> String {
    told(&mut Decoder::new(), &frame(link, data))
}

const GET4: &str = "10.0.0.5>203.0.113.7 tcp 49812>80 seq 1 len 3 [71, 69, 84]";
const GET6: &str = "2001:db8::5>2001:db8::7 tcp 49812>80 seq 1 len 3 [71, 69, 84]";

#[test]
fn the_same_packet_in_every_wrapping() {
    let (ip4, ip6) = (v4(6, &tcp(b"GET")), v6(6, &tcp(b"GET")));
    let tag = |kind: u16, vlan: u16| [kind.to_be_bytes(), vlan.to_be_bytes()].concat();
    let with_tags = |tags: &[Vec<u8>]| [&MACS[..], &tags.concat(), &[8, 0], &ip4].concat();
    let snap = |oui: [u8; 3]| {
        let llc = [&[0xaa, 0xaa, 3][..], &oui, &[8, 0], &ip4].concat();
        ethernet(u16::try_from(llc.len()).unwrap(), &[&llc[..], &[0xee; 9]].concat())
    };
    let sll = |protocol: u16| [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 5, 0, 0][..], &protocol.to_be_bytes()].concat();
    let sll2 =
        |protocol: u16| [&protocol.to_be_bytes()[..], &[0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 5, 0, 0]].concat();
    let routing = [&[6, 1, 0, 0][..], &[0; 12], &tcp(b"GET")].concat();
    let chain = [&[60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0][..], &routing].concat();
    let atomic = [&[6, 0, 0, 0, 0, 0, 0, 9][..], &tcp(b"GET")].concat();
    let authentication = [&[6, 4, 0, 0][..], &[0; 20], &tcp(b"GET")].concat();
    for (name, link, data, expected) in [
        ("plain", 1, ethernet(0x0800, &ip4), GET4),
        ("plain v6", 1, ethernet(0x86dd, &ip6), GET6),
        ("padded", 1, ethernet(0x0800, &[&ip4[..], &[0; 17]].concat()), GET4),
        ("one tag", 1, with_tags(&[tag(0x8100, 5)]), GET4),
        ("two tags", 1, with_tags(&[tag(0x88a8, 100), tag(0x8100, 5)]), GET4),
        ("old tags", 1, with_tags(&[tag(0x9100, 100), tag(0x9200, 7), tag(0x8100, 5)]), GET4),
        ("eight tags", 1, with_tags(&vec![tag(0x8100, 5); 8]), GET4),
        ("SNAP", 1, snap([0, 0, 0]), GET4),
        ("SNAP, bridge", 1, snap([0, 0, 0xf8]), GET4),
        ("cooked", 113, [sll(0x0800), ip4.clone()].concat(), GET4),
        ("cooked, LLC", 113, [&sll(4)[..], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &ip4].concat(), GET4),
        ("cooked 2", 276, [sll2(0x86dd), ip6.clone()].concat(), GET6),
        ("raw 12", 12, ip4.clone(), GET4),
        ("raw 14", 14, ip6.clone(), GET6),
        ("raw 101", 101, ip6.clone(), GET6),
        ("raw 228", 228, ip4.clone(), GET4),
        ("raw 229", 229, ip6.clone(), GET6),
        ("null", 0, [&[2, 0, 0, 0][..], &ip4].concat(), GET4),
        ("null, other order", 0, [&[0, 0, 0, 2][..], &ip4].concat(), GET4),
        ("null, Windows", 0, [&[23, 0, 0, 0][..], &ip6].concat(), GET6),
        ("null, BSD", 0, [&[24, 0, 0, 0][..], &ip6].concat(), GET6),
        ("null, FreeBSD", 0, [&[0, 0, 0, 28][..], &ip6].concat(), GET6),
        ("loop, macOS", 108, [&[0, 0, 0, 30][..], &ip6].concat(), GET6),
        ("options", 1, ethernet(0x0800, &v4_with(6, 7, 0, &[1; 8], &tcp(b"GET"))), GET4),
        ("authentication", 1, ethernet(0x0800, &v4(51, &authentication)), GET4),
        ("authentication v6", 1, ethernet(0x86dd, &v6(51, &authentication)), GET6),
        ("extensions", 1, ethernet(0x86dd, &v6(0, &chain)), GET6),
        ("atomic fragment", 1, ethernet(0x86dd, &v6(44, &atomic)), GET6),
    ] {
        assert_eq!(tell(link, &data), expected, "{name}");
    }
}

#[test]
fn link_addresses_and_tags_are_kept() {
    let data = [&MACS[..], &[0x88, 0xa8, 0, 100, 0x81, 0, 0x60, 5, 8, 0], &v4(6, &tcp(b""))].concat();
    let mut decoder = Decoder::new();
    let link = decoder.decode(&frame(1, &data)).link;
    assert_eq!(
        link,
        Link { source: Some(MAC), destination: Some(Mac([2, 0, 0, 0, 0, 7])), vlan: Some(5), network: None }
    );
    let priority = [&MACS[..], &[0x81, 0, 0x60, 0, 8, 0], &v4(6, &tcp(b""))].concat();
    assert_eq!(decoder.decode(&frame(1, &priority)).link.vlan, None);
    assert_eq!(decoder.decode(&frame(101, &v4(6, &tcp(b"")))).link, Link::default());
}

#[test]
fn lengths_come_from_the_header() {
    let whole = ethernet(0x0800, &v4(6, &tcp(&[7; 100])));
    // Cut by the snap length: the place in the stream stays true.
    for (cut, payload) in [(154, 100), (96, 42), (54, 0), (50, 0)] {
        let mut decoder = Decoder::new();
        let packet = decoder.decode(&Frame { wire_len: 154, ..frame(1, &whole[..cut]) });
        let Body::Tcp(segment) = packet.body else { panic!("{cut}: {packet:?}") };
        assert_eq!((segment.len, segment.payload.len()), (100, payload));
    }
    assert!(tell(1, &whole[..49]).ends_with("OtherIp"), "cut before the window");
    // Before segmentation offload the header says 0: then the frame counts.
    let mut offloaded = whole.clone();
    offloaded[16..18].copy_from_slice(&[0, 0]);
    let mut decoder = Decoder::new();
    let Body::Tcp(segment) = decoder.decode(&frame(1, &offloaded)).body else { panic!() };
    assert_eq!((segment.len, segment.payload.len()), (100, 100));
    // A record may claim any length: no hole of gigabytes follows from it.
    let Body::Tcp(segment) = decoder.decode(&Frame { wire_len: u32::MAX, ..frame(1, &offloaded) }).body else {
        panic!()
    };
    assert_eq!(segment.len, 100);
    // The same without the frame check sequence behind it.
    let checked = [&offloaded[..], &[1, 2, 3, 4]].concat();
    let Body::Tcp(segment) = decoder.decode(&Frame { fcs_len: 4, ..frame(1, &checked) }).body else { panic!() };
    assert_eq!((segment.len, segment.payload.len()), (100, 100));
    let mut jumbo = ethernet(0x86dd, &v6(6, &tcp(&[7; 100])));
    jumbo[18..20].copy_from_slice(&[0, 0]);
    let Body::Tcp(segment) = decoder.decode(&frame(1, &jumbo)).body else { panic!() };
    assert_eq!(segment.len, 100);
    // A UDP length shorter than the IP payload counts, an impossible one does not.
    for (length, expected) in [(8 + 4_u16, 4), (0, 10), (7, 10), (999, 10)] {
        let mut datagram = udp(&[1; 10]);
        datagram[4..6].copy_from_slice(&length.to_be_bytes());
        let data = ethernet(0x0800, &v4(17, &datagram));
        let Body::Udp(datagram) = decoder.decode(&frame(1, &data)).body else { panic!() };
        assert_eq!((datagram.len, datagram.payload.len()), (expected, expected as usize));
    }
}

#[test]
fn what_is_not_decoded_has_a_name() {
    for (link, data, expected) in [
        (105, [&[8, 0x41][..], &[0; 58]].concat(), "NotDecoded(\"encrypted 802.11\")"),
        (147, vec![0; 60], "NotDecoded(\"a link type without a name\")"),
        (60_000, vec![0; 60], "NotDecoded(\"a link type without a name\")"),
        (1, ethernet(0x88e5, &[0; 50]), "NotDecoded(\"MACsec\")"),
        (
            1,
            ethernet(0x8847, &[&[0, 0, 0x11, 64][..], &[0x99; 46]].concat()),
            "NotDecoded(\"MPLS with an unknown payload\")",
        ),
        (1, ethernet(0x0800, &v4(50, &[0; 50])), "10.0.0.5>203.0.113.7 NotDecoded(\"ESP\")"),
        (1, ethernet(0x86dd, &v6(108, &[0; 50])), "2001:db8::5>2001:db8::7 NotDecoded(\"IPComp\")"),
        (1, ethernet(0x0800, &v4(2, &[0; 8])), "10.0.0.5>203.0.113.7 OtherIp"),
        (1, ethernet(0x0800, &v4(1, &[8, 0, 0, 0])), "10.0.0.5>203.0.113.7 OtherIp"),
        (1, ethernet(0x88cc, &[0; 50]), "Other"),
        (1, ethernet(38, &[0x42, 0x42, 3, 0, 0]), "Other"),
        (1, vec![0; 13], "Other"),
    ] {
        assert_eq!(tell(link, &data), expected);
    }
}

#[test]
fn icmp_errors_tell_whom_they_are_about() {
    let error = |quote: &[u8]| ethernet(0x0800, &v4(1, &[&[3, 3, 0, 0, 0, 0, 0, 0][..], quote].concat()));
    let quoted = v4(17, &udp(b"question"));
    let expected =
        IcmpError { kind: 3, code: 3, source: A4.into(), destination: B4.into(), protocol: 17, ports: (49812, 53) };
    for length in [quoted.len(), 28, 24] {
        let data = error(&quoted[..length]);
        let mut decoder = Decoder::new();
        let Body::IcmpError(told) = decoder.decode(&frame(1, &data)).body else { panic!("{length}") };
        assert_eq!(told, expected);
    }
    assert!(tell(1, &error(&quoted[..23])).ends_with("OtherIp"));
    assert!(tell(1, &error(&v4_with(17, 7, 5, &[], &[0; 20]))).ends_with("OtherIp"), "a later fragment has no ports");
    let hop = [&[17, 0, 1, 4, 0, 0, 0, 0][..], &udp(b"")].concat();
    let data = ethernet(0x86dd, &v6(58, &[&[1, 4, 0, 0, 0, 0, 0, 0][..], &v6(0, &hop)].concat()));
    let mut decoder = Decoder::new();
    let Body::IcmpError(told) = decoder.decode(&frame(1, &data)).body else { panic!() };
    assert_eq!((told.source, told.ports, told.code), (A6.into(), (49812, 53), 4));
}

fn arp(operation: u8, sender: Ipv4Addr, mac: [u8; 6]) -> Vec<u8> {
    let body = [&[0, 1, 8, 0, 6, 4, 0, operation][..], &mac, &sender.octets(), &[0; 6], &B4.octets()].concat();
    ethernet(0x0806, &[&body[..], &[0; 18]].concat())
}

#[test]
fn bindings_of_arp_and_neighbour_discovery() {
    let asks = |sender: Ipv4Addr| Said::Asks { sender: sender.into(), mac: Some(MAC), target: B4.into() };
    let answers = Said::Answers { target: A4.into(), to: Some(B4.into()) };
    for (operation, said) in [(1, asks(A4)), (2, answers)] {
        let binding = Some(Binding { address: A4.into(), mac: MAC });
        let four = Body::Neighbour(Neighbour { binding, said });
        assert_eq!(tell(1, &arp(operation, A4, MAC.0)), format!("{four:?}"));
    }
    let probe = Body::Neighbour(Neighbour { binding: None, said: asks(Ipv4Addr::UNSPECIFIED) });
    assert_eq!(tell(1, &arp(1, Ipv4Addr::UNSPECIFIED, MAC.0)), format!("{probe:?}"), "binds nothing");
    assert_eq!(tell(1, &arp(2, A4, [0xff; 6])), "Other", "nobody's address");
    assert_eq!(tell(1, &arp(3, A4, MAC.0)), "Other", "reverse ARP");

    let source = [1, 1, 2, 0, 0, 0, 0, 5];
    let target = [2, 1, 2, 0, 0, 0, 0, 5];
    let other = [5, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let solicitation = [&[135, 0, 0, 0, 0, 0, 0, 0][..], &B6.octets(), &other, &source].concat();
    let advertisement = [&[136, 0, 0, 0, 0, 0, 0, 0][..], &B6.octets(), &target].concat();
    for (message, address) in [(&solicitation, A6), (&advertisement, B6)] {
        let data = ethernet(0x86dd, &v6(58, message));
        let mut decoder = Decoder::new();
        let packet = decoder.decode(&frame(1, &data));
        let Body::Neighbour(neighbour) = packet.body else { panic!("{packet:?}") };
        assert_eq!(neighbour.binding, Some(Binding { address: address.into(), mac: MAC }));
        assert!(packet.ip.is_some());
        let mut routed = data.clone();
        routed[21] = 254;
        assert!(tell(1, &routed).ends_with("OtherIp"), "not from this link");
    }
}

/// The fragments of a UDP datagram of 48 bytes, in IPv4 and IPv6.
fn fragments(identification: u16) -> [[Vec<u8>; 3]; 2] {
    let datagram = udp(&(0..40).collect::<Vec<u8>>());
    [false, true].map(|six| {
        [(0, 16), (16, 32), (32, 48)].map(|(from, to)| {
            let more = u16::from(to < 48);
            if six {
                let place = u16::try_from(from).unwrap() | more;
                let header =
                    [&[17, 0][..], &place.to_be_bytes(), &u32::from(identification).to_be_bytes(), &datagram[from..to]];
                ethernet(0x86dd, &v6(44, &header.concat()))
            } else {
                let place = u16::try_from(from / 8).unwrap() | more << 13;
                ethernet(0x0800, &v4_with(17, identification, place, &[], &datagram[from..to]))
            }
        })
    })
}

#[test]
fn fragments_become_datagrams_in_any_order() {
    for pieces in &fragments(9) {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut decoder = Decoder::new();
            for &early in &order[..2] {
                assert!(told(&mut decoder, &frame(1, &pieces[early])).ends_with("OtherIp"));
                // A mirror's copy does no harm.
                assert!(told(&mut decoder, &frame(1, &pieces[early])).ends_with("OtherIp"));
            }
            let packet = decoder.decode(&frame(1, &pieces[order[2]]));
            let Body::Udp(datagram) = packet.body else { panic!("{packet:?}") };
            assert_eq!((datagram.destination_port, datagram.len), (53, 40));
            assert_eq!(datagram.payload, (0..40).collect::<Vec<u8>>());
        }
    }
}

#[test]
fn fragments_that_contradict_or_come_late_are_given_up() {
    for pieces in &fragments(9) {
        let mut decoder = Decoder::new();
        let mut lie = pieces[1].clone();
        *lie.last_mut().unwrap() ^= 1;
        for piece in [&pieces[0], &pieces[1], &lie, &pieces[2]] {
            assert!(told(&mut decoder, &frame(1, piece)).ends_with("OtherIp"));
        }
        let mut decoder = Decoder::new();
        let late = i64::try_from(Duration::from_secs(61).as_nanos()).unwrap();
        for (ns, piece) in [(0, &pieces[0]), (0, &pieces[1]), (late, &pieces[2])] {
            assert!(told(&mut decoder, &frame_at(ns, 1, piece)).ends_with("OtherIp"));
        }
    }
}

#[test]
fn a_flood_of_fragments_is_bounded_and_counted() {
    let mut decoder = Decoder::new();
    for identification in 0..2000 {
        for pieces in &fragments(identification) {
            decoder.decode(&frame(1, &pieces[2]));
        }
    }
    assert_eq!(decoder.given_up(), 4000 - crate::limits::MAX_FRAGMENTED as u64);
    // Ends at the highest offset reserve 64 KiB each.
    let mut decoder = Decoder::new();
    for identification in 0..200 {
        decoder.decode(&frame(1, &ethernet(0x0800, &v4_with(17, identification, 0x1fff, &[], &[0; 7]))));
    }
    assert!(decoder.given_up() >= 200 - (crate::limits::MAX_FRAGMENT_BYTES / 65_535) as u64);
}

#[test]
fn copies_are_told_from_repetitions() {
    let copy = |data: &[u8], change: &dyn Fn(&mut Vec<u8>), later: Duration| {
        let mut other = data.to_vec();
        change(&mut other);
        let mut duplicates = Duplicates::new();
        let mut decoder = Decoder::new();
        let first = frame(1, data);
        assert!(!duplicates.is_copy(&decoder.decode(&first), &first));
        let second = frame_at(i64::try_from(later.as_nanos()).unwrap(), 1, &other);
        let copy = duplicates.is_copy(&decoder.decode(&second), &second);
        assert_eq!(duplicates.copies(), u64::from(copy));
        copy
    };
    let (soon, later, late) = (Duration::from_millis(1), Duration::from_millis(20), Duration::from_millis(60));
    let question = ethernet(0x0800, &v4(17, &udp(b"question")));
    let routed = |data: &mut Vec<u8>| {
        data[..12].fill(9);
        data[15] = 0xb8;
        data[22] -= 1;
        data[24] ^= 0xff;
    };
    assert!(copy(&question, &|_| (), soon));
    assert!(copy(&question, &routed, later));
    assert!(!copy(&question, &routed, late));
    assert!(!copy(&question, &|data| data[19] ^= 1, soon), "another identification");
    assert!(!copy(&question, &|data| *data.last_mut().unwrap() ^= 1, soon), "another payload");
    let unnumbered = ethernet(0x0800, &v4_with(17, 0, 0x4000, &[], &udp(b"question")));
    assert!(copy(&unnumbered, &|_| (), soon));
    assert!(!copy(&unnumbered, &|_| (), later));
    let six = ethernet(0x86dd, &v6(17, &udp(b"question")));
    assert!(copy(&six, &|data| data[21] -= 1, soon));
    assert!(!copy(&six, &|_| (), later));
    assert!(copy(&arp(2, A4, MAC.0), &|data| data[50] = 7, soon), "only its padding differs");
    assert!(!copy(&ethernet(0x0800, &v4(6, &tcp(b"GET"))), &|_| (), soon), "TCP is told elsewhere");
}

/// The short way and the long way must agree: the long way is taken for the same packet as Linux cooked capture.
fn both_ways(ether_type: u16, ip: &[u8], wire_len: usize, fcs_len: u8) {
    let direct = ethernet(ether_type, ip);
    let header = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 5, 0, 0];
    let cooked = [&header[..], &ether_type.to_be_bytes(), ip].concat();
    let wire_len = u32::try_from(wire_len.max(ip.len())).unwrap();
    let (mut one, mut other) = (Decoder::new(), Decoder::new());
    let direct = Frame { wire_len: wire_len + 14, fcs_len, ..frame(1, &direct) };
    let cooked = Frame { wire_len: wire_len + 16, fcs_len, ..frame(113, &cooked) };
    assert_eq!(told(&mut one, &direct), told(&mut other, &cooked));
}

#[test]
fn truncations_and_corruptions_agree_on_both_ways() {
    for (ether_type, ip) in [
        (0x0800, v4(6, &tcp(b"GET /"))),
        (0x0800, v4(17, &udp(b"question"))),
        (0x86dd, v6(6, &tcp(b"GET /"))),
        (0x86dd, v6(17, &udp(b"question"))),
    ] {
        for length in 0..=ip.len() {
            for fcs_len in [0, 4] {
                // Cut by the snap length; and whole, with a header that promises more than there is.
                both_ways(ether_type, &ip[..length], ip.len() + usize::from(fcs_len), fcs_len);
                let checked = [&ip[..length], &[0xee; 4][..fcs_len.into()]].concat();
                both_ways(ether_type, &checked, checked.len(), fcs_len);
            }
        }
        for at in 0..ip.len() {
            for value in 0..=u8::MAX {
                let mut damaged = ip.clone();
                damaged[at] = value;
                both_ways(ether_type, &damaged, ip.len(), 0);
            }
        }
    }
}

proptest! {
    #[test]
    fn survives_random_frames(
        link in prop_oneof![Just(0_u16), Just(1), Just(101), Just(108), Just(113), Just(276), any::<u16>()],
        ether_type in prop_oneof![Just(0x0800_u16), Just(0x86dd), Just(0x0806), Just(0x8100), 0_u16..1600],
        fcs_len in 0_u8..6,
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        start in prop_oneof![Just(0x45_u8), Just(0x60), Just(0x4f), any::<u8>()],
        protocol in prop_oneof![Just(0_u8), Just(1), Just(6), Just(17), Just(43), Just(44), Just(51), Just(58), Just(60)],
    ) {
        let mut ip = bytes.clone();
        if let Some(first) = ip.first_mut() {
            *first = start;
        }
        if let Some(byte) = ip.get_mut(if start == 0x60 { 6 } else { 9 }) {
            *byte = protocol;
        }
        let (mut decoder, mut duplicates) = (Decoder::new(), Duplicates::new());
        for data in [&bytes, &ip, &ethernet(ether_type, &ip)] {
            let frame = Frame { fcs_len, ..frame(link, data) };
            let packet = decoder.decode(&frame);
            if let Body::Tcp(Segment { len, payload, .. }) | Body::Udp(Datagram { len, payload, .. }) = packet.body {
                prop_assert!(len as usize >= payload.len());
            }
            duplicates.is_copy(&packet, &frame);
        }
    }
}
