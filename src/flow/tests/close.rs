//! FIN, RST, keep-alive and window probes, ICMP.

use super::scene::*;
use crate::flow::Seen;
use crate::source::{PacketId, PacketRef};
use crate::wire::{Body, IcmpError};

#[test]
fn data_in_the_fin_segment_come_before_the_fin() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let last = scene.s(0, 33, OK).flags(FIN | ACK);
    let ack = scene.c(33, 62, b"");
    scene.play(&[get, last, ack]);
    assert_eq!(scene.events()[3..], ["<data 0+61 #5", "changed syn1 ack1 fin1 rst0"]);
    scene.finish();
    let half = &scene.last(0).halves[1];
    assert_eq!((half.acknowledged, half.acknowledged_missing), (61, 0), "the FIN is no byte");
}

#[test]
fn data_after_the_other_sides_fin_are_read() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET).flags(FIN | ACK);
    let ok = scene.s(0, 34, OK);
    scene.play(&[get, ok]);
    assert_eq!(scene.events()[2..], [">data 0+33 #4", "changed syn1 ack1 fin1 rst0", "<data 0+61 #5"]);
}

#[test]
fn a_fin_waits_for_the_bytes_before_it() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let first = scene.s(0, 33, &OK[..30]);
    let second = scene.s(30, 33, &OK[30..]);
    let fin = scene.s(61, 33, b"").flags(FIN | ACK);
    scene.play(&[get, fin, second, first]);
    assert_eq!(scene.events()[3..], ["<data 0+30 #7", "<data 30+31 #6", "changed syn1 ack1 fin1 rst0"]);
    assert_eq!(scene.last(0).halves[1].fin.unwrap().at.id.number(), 5);
}

#[test]
fn a_repeated_fin_is_told_once() {
    let mut scene = Scene::new();
    scene.connect();
    for _ in 0..3 {
        let fin = scene.c(0, 0, b"").flags(FIN | ACK);
        scene.push(&fin);
    }
    assert_eq!(scene.events(), ["opened", "changed syn1 ack1 fin0 rst0", "changed syn1 ack1 fin1 rst0"]);
}

#[test]
fn a_reset_tells_what_is_held_first() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let second = scene.s(30, 33, &OK[30..]);
    let reset = scene.s(61, 33, b"").flags(RST | ACK);
    let again = scene.s(61, 33, b"").flags(RST | ACK);
    scene.play(&[get, second, reset, again]);
    scene.finish();
    assert_eq!(
        scene.events()[3..],
        ["<gap 30", "<data 30+31 #5", "changed syn1 ack1 fin0 rst1", "changed syn1 ack1 fin0 rst2", "end CaptureEnd"]
    );
    assert_eq!(scene.last(0).halves[1].reset.unwrap().at.id.number(), 6);
}

#[test]
fn keep_alive_probes_are_no_retransmissions() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let ok = scene.s(0, 33, OK);
    let ack = scene.c(33, 61, b"");
    let with_byte = scene.c(32, 61, b"\0");
    let empty = scene.c(32, 61, b"");
    let answer = scene.s(61, 33, b"");
    let fresh = scene.c(33, 61, GET);
    scene.play(&[get, ok, ack, with_byte, empty, answer, fresh]);
    assert_eq!(scene.events()[2..], [">data 0+33 #4", "<data 0+61 #5", ">data 33+33 #10"]);
    assert_eq!(scene.table.stats().retransmissions, 0);
}

#[test]
fn a_last_byte_sent_again_unacknowledged_is_a_retransmission() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let again = scene.c(32, 0, &GET[32..]);
    scene.play(&[get, again]);
    assert_eq!(scene.table.stats().retransmissions, 1);
}

#[test]
fn a_window_probe_brings_its_byte_once() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let first = scene.s(0, 33, &OK[..20]);
    let probe = scene.s(20, 33, &OK[20..21]);
    let refused = scene.c(33, 20, b"");
    let rest = scene.s(20, 33, &OK[20..]);
    scene.play(&[get, first, probe, refused, rest]);
    assert_eq!(scene.log(0).bytes[1], OK);
}

#[test]
fn an_icmp_error_finds_the_flow_that_it_quotes_and_the_first_is_told() {
    let mut scene = Scene::new();
    let syn = scene.syn();
    scene.push(&syn);
    let error = IcmpError {
        kind: 3,
        code: 1,
        source: scene.client.ip(),
        destination: scene.server.ip(),
        protocol: 6,
        ports: (scene.client.port(), scene.server.port()),
    };
    let router = "10.0.0.1".parse().unwrap();
    let time = scene.now();
    for number in [2, 3] {
        let from = packet(router, scene.client.ip(), time, number, None, 64, Body::IcmpError(error));
        assert!(scene.table.icmp_error(&from, &error, &mut scene.reader));
    }
    assert_eq!(scene.events(), ["opened", "changed syn1 ack0 fin0 rst0 icmp"]);
    let at = PacketRef { time, id: PacketId::new(0, 2) };
    assert_eq!(scene.last(0).icmp, Some((at, router, error)));
    for wrong in [IcmpError { protocol: 17, ..error }, IcmpError { ports: (1, 2), ..error }] {
        let from = packet(router, scene.client.ip(), time, 4, None, 64, Body::IcmpError(wrong));
        assert!(!scene.table.icmp_error(&from, &wrong, &mut scene.reader));
    }
}

#[test]
fn presence_is_told_once_a_second_and_direction() {
    let mut scene = Scene::new();
    let server = scene.server.ip();
    let client = scene.client.ip();
    let says = [
        (scene.syn().at(1000.0), Some(server)),
        (scene.syn_ack().at(1001.0), Some(client)),
        (scene.c(0, 0, b"").at(1002.0), None),
        (scene.c(0, 0, GET).at(1999.0), None),
        (scene.s(0, 33, b"").at(2000.0), Some(client)),
        (scene.s(0, 33, OK).at(2001.0), None),
        (scene.c(33, 61, b"").at(2002.0), Some(server)),
    ];
    for (say, presence) in says {
        let outcome = scene.push(&say);
        assert_eq!(outcome.presence, presence, "{say:?}");
        assert!(matches!(outcome.seen, Seen::Opened | Seen::Read));
    }
}

#[test]
fn an_acknowledged_fin_is_no_byte_though_it_is_written_late() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let ok = scene.s(0, 33, OK);
    let fin = scene.s(61, 33, b"").flags(FIN | ACK);
    let ack = scene.c(33, 62, b"");
    scene.play(&[get, ok, ack, fin]);
    scene.finish();
    let half = &scene.last(0).halves[1];
    assert_eq!((half.acknowledged, half.acknowledged_missing), (61, 0));
}

#[test]
fn a_reset_acknowledges_nothing() {
    let mut scene = Scene::new();
    scene.connect();
    let reset = scene.c(0, 5000, b"").flags(RST | ACK);
    scene.push(&reset);
    let half = &scene.last(0).halves[1];
    assert_eq!((half.acknowledged, half.acknowledged_missing), (0, 0));
}
