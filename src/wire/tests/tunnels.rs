//! The same packet in every encapsulation, whole and cut; nests without end; arbitrary bytes behind every number.

use super::*;
use crate::limits::MAX_ENCAPSULATION;

fn inner4() -> Vec<u8> {
    v4(6, &tcp(b"GET"))
}

fn inner_frame() -> Vec<u8> {
    ethernet(0x0800, &inner4())
}

fn udp_from(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap().to_be_bytes();
    [&source.to_be_bytes()[..], &destination.to_be_bytes(), &length, &[0, 0], payload].concat()
}

fn over_udp(source: u16, destination: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &v4(17, &udp_from(source, destination, &[header, inner].concat())))
}

fn over_ip(protocol: u8, header: &[u8], inner: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &v4(protocol, &[header, inner].concat()))
}

fn over_type(ether_type: u16, header: &[u8], inner: &[u8]) -> Vec<u8> {
    ethernet(ether_type, &[header, inner].concat())
}

fn gtp(header: &[u8], inner: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len() - 8 + inner.len()).unwrap().to_be_bytes();
    [&header[..2], &length, &header[4..], inner].concat()
}

/// Name, link type, bytes before the innermost IP header, the frame.
fn wrapped() -> Vec<(&'static str, u16, Vec<u8>)> {
    let (ip, frame) = (inner4(), inner_frame());
    let llc = [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &ip].concat();
    let wifi = |control: [u8; 2], rest: &[u8]| [&control[..], &[0; 22], rest].concat();
    let plain_wifi = wifi([0x08, 0x01], &llc);
    let pppoe_len = u16::try_from(ip.len() + 2).unwrap().to_be_bytes();
    let pppoe = [&[0x11, 0, 0, 42][..], &pppoe_len, &[0, 0x21], &ip].concat();
    let pptp_len = u16::try_from(ip.len() + 3).unwrap().to_be_bytes();
    let pptp = [&[0x30, 0x81, 0x88, 0x0b][..], &pptp_len, &[0, 9, 0, 0, 0, 1, 0, 0, 0, 1, 0xff, 3, 0x21]].concat();
    let msdu_len = u16::try_from(llc.len()).unwrap().to_be_bytes();
    let msdu = [&[0x80, 0][..], &MACS, &msdu_len, &llc, &[0, 0, 1, 2, 3]].concat();
    let teredo = v6(6, &tcp(b"GET"));
    let mut teredo = [&teredo[..8], &[0x20, 1, 0, 0], &teredo[12..]].concat();
    let origin = [0, 0, 0xab, 0xcd, 1, 2, 3, 4];
    let authentication = [0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0];
    teredo = [&authentication[..], &origin, &teredo].concat();
    let checked = |length: usize, flags: u8, rest: &[u8]| {
        let mut header = vec![0, 0, u8::try_from(length).unwrap(), 0, 0x02, 0, 0, 0, flags];
        header.resize(length, 0);
        [&header[..], rest].concat()
    };
    vec![
        ("MPLS", 1, over_type(0x8847, &[0, 1, 0, 64, 0, 2, 1, 64], &ip)),
        ("MPLS, control word", 1, over_type(0x8847, &[0, 2, 1, 64, 0, 0, 0, 7], &frame)),
        ("MPLS, bare Ethernet", 1, over_type(0x8848, &[0, 2, 1, 64], &frame)),
        ("MPLS over IP", 1, over_ip(137, &[0, 2, 1, 64], &ip)),
        ("MPLS over UDP", 1, over_udp(50_000, 6635, &[0, 2, 1, 64], &ip)),
        ("PPPoE", 1, over_type(0x8864, &[], &pppoe)),
        ("provider backbone", 1, over_type(0x88e7, &[0, 1, 2, 3], &frame)),
        ("VN-Tag", 1, over_type(0x8926, &[0x80, 1, 0, 2, 8, 0], &ip)),
        ("Cisco metadata", 1, over_type(0x8909, &[1, 1, 0, 1, 0, 16, 8, 0], &ip)),
        ("Cisco metadata in GRE", 1, over_ip(47, &[0, 0, 0x89, 9, 8, 0, 1, 1, 0, 1, 0, 0], &ip)),
        ("TRILL", 1, over_type(0x22f3, &[0, 0x40 | 9, 0, 1, 0, 2, 1, 2, 3, 4], &frame)),
        ("NSH", 1, over_type(0x894f, &[0x0f, 0xc2, 1, 1, 0, 0, 1, 255], &ip)),
        ("NSH twice", 1, over_type(0x894f, &[0, 2, 2, 4, 0, 0, 1, 255, 0, 2, 2, 3, 0, 0, 1, 254], &frame)),
        ("GRE", 1, over_ip(47, &[0, 0, 8, 0], &ip)),
        ("GRE, all fields", 1, over_ip(47, &[0xb0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1], &ip)),
        ("GRE, routing", 1, over_ip(47, &[0x40, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0], &ip)),
        ("GRE, PPTP", 1, over_ip(47, &pptp, &ip)),
        ("NVGRE", 1, over_ip(47, &[0x20, 0, 0x65, 0x58, 0, 0, 5, 1], &frame)),
        ("ERSPAN I", 1, over_ip(47, &[0, 0, 0x88, 0xbe], &frame)),
        ("ERSPAN II", 1, over_ip(47, &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 0, 1, 0, 0, 0, 2], &frame)),
        (
            "ERSPAN III",
            1,
            over_ip(47, &[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 1, 1, 2, 3, 4, 0, 0, 0, 0], &frame),
        ),
        (
            "ERSPAN III, subheader, IP",
            1,
            over_ip(
                47,
                &[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 5, 0, 1, 1, 2, 3, 4, 0, 0, 0x08, 1][..], &[9; 8]].concat(),
                &ip,
            ),
        ),
        ("IP in IP", 1, over_ip(4, &[], &ip)),
        ("IPIP", 1, over_ip(94, &[], &ip)),
        ("IPv4 in IPv6", 1, ethernet(0x86dd, &v6(4, &ip))),
        ("EtherIP", 1, over_ip(97, &[0x30, 0], &frame)),
        ("L2TPv3 over IP", 1, over_ip(115, &[0, 0, 0, 9, 1, 2, 3, 4], &frame)),
        ("VXLAN", 1, over_udp(50_000, 4789, &[8, 0, 0, 0, 0, 0x13, 0x89, 0], &frame)),
        ("VXLAN, Linux' port, group", 1, over_udp(50_000, 8472, &[0x88, 0, 0, 7, 0, 0x13, 0x89, 0], &frame)),
        ("VXLAN-GPE", 1, over_udp(50_000, 4790, &[0x0c, 0, 0, 1, 0, 0x13, 0x89, 0], &ip)),
        ("Geneve", 1, over_udp(50_000, 6081, &[1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 4], &frame)),
        ("GTP-U", 1, over_udp(2152, 2152, &gtp(&[0x30, 0xff, 0, 0, 0, 0, 0, 1], &ip), &[])),
        (
            "GTP-U, extension",
            1,
            over_udp(2152, 2152, &gtp(&[0x34, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0x10, 9, 0], &ip), &[]),
        ),
        ("TZSP", 1, over_udp(50_000, 37_008, &[1, 0, 0, 1, 0, 10, 1, 5, 1], &frame)),
        ("TZSP, 802.11", 1, over_udp(50_000, 37_008, &[1, 0, 0, 18, 1], &plain_wifi)),
        ("L2TPv2", 1, over_udp(1701, 1701, &[0, 2, 0, 1, 0, 2, 0xff, 3, 0, 0x21], &ip)),
        ("L2TPv3", 1, over_udp(1701, 1701, &[0, 3, 0, 0, 0, 0, 0, 9], &frame)),
        ("Teredo", 1, over_udp(3544, 50_000, &teredo, &[])),
        ("PPP", 9, [&[0xff, 3, 0, 0x21][..], &ip].concat()),
        ("PPP, bare", 9, [&[0, 0x21][..], &ip].concat()),
        ("PPP, compressed", 50, [&[0x21][..], &ip].concat()),
        ("PPP, bridged", 9, [&[0xff, 3, 0, 0x31, 0, 1][..], &frame].concat()),
        ("PPP, direction", 204, [&[1, 0xff, 3, 0, 0x21][..], &ip].concat()),
        ("PPPoE link", 51, pppoe.clone()),
        ("Cisco HDLC", 104, [&[0x0f, 0, 8, 0][..], &ip].concat()),
        ("Cisco HDLC on PPP", 50, [&[0x8f, 0, 8, 0][..], &ip].concat()),
        ("Frame Relay", 107, [&[0x18, 0x41, 3, 0xcc][..], &ip].concat()),
        ("Frame Relay, SNAP", 107, [&[0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0][..], &ip].concat()),
        ("Frame Relay, bridged", 206, [&[0, 0x18, 0x41, 3, 0, 0x80, 0, 0x80, 0xc2, 0, 7][..], &frame].concat()),
        ("Frame Relay, Cisco", 107, [&[0x18, 0x41, 8, 0][..], &ip].concat()),
        ("802.11", 105, plain_wifi.clone()),
        ("802.11, four addresses", 105, wifi([0x08, 0x03], &[&[2; 6][..], &llc].concat())),
        ("802.11, quality", 105, wifi([0x88, 0x02], &[&[0, 0][..], &llc].concat())),
        ("802.11, high throughput", 105, wifi([0x88, 0x82], &[&[0; 6][..], &llc].concat())),
        ("802.11, A-MSDU", 105, wifi([0x88, 0x02], &msdu)),
        ("radiotap", 127, checked(9, 0, &plain_wifi)),
        ("radiotap, check sequence", 127, checked(12, 0x10, &[&plain_wifi[..], &[0xee; 4]].concat())),
        ("radiotap, padded", 127, checked(12, 0x20, &wifi([0x88, 0x02], &[&[0, 0, 0, 0][..], &llc].concat()))),
        ("PPI", 192, [&[0, 0, 8, 0, 105, 0, 0, 0][..], &plain_wifi].concat()),
        ("Prism", 119, [&[0x44, 0, 0, 0, 144, 0, 0, 0][..], &[0; 136], &plain_wifi].concat()),
        ("AVS", 163, [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56], &plain_wifi].concat()),
    ]
}

#[test]
fn the_same_packet_in_every_encapsulation() {
    for (name, link, data) in wrapped() {
        let expected =
            if name == "Teredo" { GET6.replace("2001:db8::5", "2001:0:0:0:0:0:0:5") } else { GET4.to_owned() };
        let told = tell(link, &data);
        assert!(told == expected || name == "Teredo" && told.ends_with(&GET6[11..]), "{name}: {told}");
    }
}

#[test]
fn cut_packets_keep_their_length_or_say_nothing() {
    for (name, link, data) in wrapped() {
        for cut in 0..data.len() {
            let mut decoder = Decoder::new();
            let wire_len = u32::try_from(data.len()).unwrap();
            let packet = decoder.decode(&Frame { wire_len, ..frame(link, &data[..cut]) });
            if let Body::Tcp(segment) = packet.body {
                assert_eq!((segment.len, segment.destination_port), (3, 80), "{name} cut to {cut}");
            }
        }
    }
}

#[test]
fn the_networks_around_a_packet_are_its_label() {
    let cases = [
        ("NVGRE", None, Some(0x0000_0005)),
        ("VXLAN", None, Some(5001)),
        ("Geneve", None, Some(7)),
        ("provider backbone", None, Some(0x01_0203)),
        ("ERSPAN II", Some(5), None),
        ("IP in IP", None, None),
    ];
    for (name, vlan, network) in cases {
        let (_, link, data) = wrapped().into_iter().find(|one| one.0 == name).unwrap();
        let tagged = [&data[..12], &[0x81, 0, 0, 77], &data[12..]].concat();
        let mut decoder = Decoder::new();
        let told = decoder.decode(&frame(link, &tagged)).link;
        assert_eq!((told.vlan, told.network), (vlan, network), "{name}");
    }
}

#[test]
fn a_port_alone_is_no_tunnel() {
    let answer = [0x08, 0x00, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, 3, b'w', b'w', b'w', 0, 0, 1, 0, 1];
    for port in [1701, 2152, 3544, 4789, 4790, 6081, 6635, 8472, 37_008] {
        for first in [0x00_u8, 0x01, 0x02, 0x08, 0x0c, 0x30, 0x60] {
            let mut bytes = answer;
            bytes[0] = first;
            for second in [0, 1, 2, 3, 0xff] {
                bytes[1] = second;
                let told = tell(1, &over_udp(53, port, &bytes, &[]));
                assert!(told.contains(&format!("udp 53>{port}")), "{told}");
            }
        }
        let told = tell(1, &over_udp(50_000, port, b"something else altogether", &[]));
        assert!(told.contains(&format!("udp 50000>{port}")), "{told}");
    }
}

#[test]
fn nests_are_taken_off_up_to_a_bound() {
    let mut data = inner4();
    for depth in 1..=3 * MAX_ENCAPSULATION {
        data = v4(4, &data);
        let told = tell(1, &ethernet(0x0800, &data));
        if depth <= MAX_ENCAPSULATION {
            assert_eq!(told, GET4, "{depth}");
        } else {
            assert!(told.contains(super::super::peel::TOO_DEEP), "{depth}: {told}");
        }
    }
    let mut data = inner_frame();
    for _ in 0..200 {
        data = over_type(0x88e7, &[0, 0, 0, 1], &data);
    }
    assert!(tell(1, &data).contains(super::super::peel::TOO_DEEP));
    let labels = [0, 0, 0, 64].repeat(1000);
    assert_eq!(tell(1, &ethernet(0x8847, &labels)), "Other");
}

#[test]
fn fragments_inside_a_tunnel_and_of_a_tunnel_are_joined() {
    let [inner, _] = fragments(9);
    let mut decoder = Decoder::new();
    let mut outer_id = 100;
    let mut last = String::new();
    for piece in &inner {
        // Every fragment lies in a tunnel packet that was itself fragmented.
        let tunnel = [&[0, 0, 0x65, 0x58][..], piece].concat();
        outer_id += 1;
        let ends = [(0, 16, true), (16, tunnel.len(), false)];
        for (from, to, more) in ends {
            let place = u16::try_from(from / 8).unwrap() | u16::from(more) << 13;
            let outer = v4_with(47, outer_id, place, &[], &tunnel[from..to]);
            last = told(&mut decoder, &frame(1, &ethernet(0x0800, &outer)));
        }
    }
    assert!(last.contains("udp 49812>53 len 40"), "{last}");
}

#[test]
fn a_copy_is_known_inside_a_mirror_tunnel() {
    let question = ethernet(0x0800, &v4(17, &udp(b"question")));
    let mut routed = question.clone();
    routed[22] -= 1;
    routed[..12].fill(4);
    let mirrored = over_ip(47, &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 5, 0, 1, 0, 0, 0, 2], &routed);
    let (mut decoder, mut duplicates) = (Decoder::new(), Duplicates::new());
    let bare = frame(1, &question);
    assert!(!duplicates.is_copy(&decoder.decode(&bare), &bare));
    let wrapped = frame_at(1_000_000, 1, &mirrored);
    assert!(duplicates.is_copy(&decoder.decode(&wrapped), &wrapped));
}

proptest! {
    #[test]
    fn survives_anything_behind_every_announcing_number(
        which in 0..64_usize,
        keep in 0..80_usize,
        flips in proptest::collection::vec((0..120_usize, any::<u8>()), 0..6),
        tail in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let all = wrapped();
        let (_, link, data) = &all[which % all.len()];
        let mut bytes = [&data[..keep.min(data.len())], &tail].concat();
        for (at, value) in flips {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        let (mut decoder, mut duplicates) = (Decoder::new(), Duplicates::new());
        let frame = frame(*link, &bytes);
        let packet = decoder.decode(&frame);
        if let Body::Tcp(Segment { len, payload, .. }) | Body::Udp(Datagram { len, payload, .. }) = packet.body {
            prop_assert!(len as usize >= payload.len());
        }
        duplicates.is_copy(&packet, &frame);
    }

    #[test]
    fn survives_every_number(
        ether_type in any::<u16>(), protocol in any::<u8>(), link in 0_u16..300,
        port in prop_oneof![Just(1701_u16), Just(2152), Just(3544), Just(4789), Just(4790), Just(6081), Just(6635), Just(8472), Just(37_008)],
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
    ) {
        let mut decoder = Decoder::new();
        for (link, data) in [
            (link, bytes.clone()),
            (1, ethernet(ether_type, &bytes)),
            (1, ethernet(0x0800, &v4(protocol, &bytes))),
            (1, over_udp(50_000, port, &bytes, &[])),
        ] {
            decoder.decode(&frame(link, &data));
        }
    }
}
