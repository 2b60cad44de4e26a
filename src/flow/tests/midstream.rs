//! Flows whose start is not in the capture, unknown protocols, first bytes in small pieces.

use super::scene::*;
use crate::flow::{Direction, Seen};

#[test]
fn nothing_is_kept_of_a_flow_until_a_message_starts() {
    let mut scene = Scene::new();
    for n in 0..50 {
        let junk = scene.c(n * 10, 0, b"0123456789");
        assert_eq!(scene.push(&junk).seen, Seen::Counted);
    }
    assert_eq!(scene.table.state_bytes(), 0);
    let get = scene.c(500, 0, GET);
    assert_eq!(scene.push(&get).seen, Seen::Read);
    let ok = scene.s(0, 533, OK);
    scene.push(&ok);
    assert_eq!(scene.events(), [">data 0+33 #51", "<data 0+61 #52"]);
    let last = scene.last(0);
    assert!(!last.from_start());
    assert_eq!((last.client, last.halves[0].acknowledged), (scene.client, 33));
}

#[test]
fn a_lost_first_segment_of_the_answer_is_known_by_the_request() {
    let mut scene = Scene::new();
    let get = scene.c(0, 0, GET);
    let rest = scene.s(30, 33, &OK[30..]);
    let next = scene.c(33, 61, GET).at(1300.0);
    scene.play(&[get, rest, next]);
    assert_eq!(scene.events(), [">data 0+33 #1", "<gap 30", "<data 30+31 #2", ">data 33+33 #3"]);
}

#[test]
fn content_turns_the_guess_by_ports() {
    for reply_first in [false, true] {
        let mut scene = Scene::new();
        scene.client.set_port(79); // looks like a server
        scene.server.set_port(8080);
        let get = scene.c(0, 0, GET);
        let ok = scene.s(0, 33, OK);
        scene.play(&if reply_first { [ok, get] } else { [get, ok] });
        assert_eq!(scene.last(0).client, scene.client);
        assert_eq!(scene.log(0).bytes, [GET.to_vec(), OK.to_vec()]);
    }
}

#[test]
fn equal_ports_make_the_first_sender_the_client() {
    let mut scene = Scene::new();
    scene.client.set_port(5000);
    scene.server.set_port(5000);
    scene.reader.greedy = true;
    let hello = scene.c(0, 0, b"hello");
    scene.push(&hello);
    assert_eq!(scene.last(0).client, scene.client);
}

#[test]
fn an_answer_written_before_its_request_keeps_both() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let ok = scene.s(0, 33, OK);
    scene.play(&[ok, get]);
    assert_eq!(scene.events()[2..], ["<data 0+61 #4", ">data 0+33 #5"]);
}

#[test]
fn first_bytes_in_single_bytes_are_joined() {
    for from_start in [true, false] {
        let mut scene = Scene::new();
        if from_start {
            scene.connect();
        }
        for (n, byte) in GET.iter().enumerate() {
            let say = scene.c(n as i64, 0, &[*byte]);
            scene.push(&say);
        }
        assert_eq!(scene.log(0).bytes[0], GET);
        let first = scene.events().iter().find(|event| event.contains("data")).unwrap().to_string();
        assert_eq!(first, format!(">data 0+1 #{}", if from_start { 4 } else { 1 }));
    }
}

#[test]
fn a_known_prefix_that_turns_out_unknown_leaves_nothing_in_midstream() {
    let mut scene = Scene::new();
    let says = [scene.c(0, 0, b"G"), scene.c(1, 0, b"ARBAGE")];
    scene.play(&says);
    assert_eq!(scene.table.state_bytes(), 0);
    assert!(scene.reader.logs.is_empty());
    let get = scene.c(7, 0, GET);
    scene.push(&get);
    assert_eq!(scene.log(1).bytes[0], GET);
}

#[test]
fn an_unknown_protocol_is_ended_when_both_directions_were_unknown() {
    let mut scene = Scene::new();
    scene.connect();
    let banner = scene.s(0, 0, b"220 mail.example.com ESMTP\r\n");
    let hello = scene.c(0, 28, b"EHLO client\r\n");
    let get = scene.c(13, 28, GET);
    scene.play(&[banner, hello]);
    assert_eq!(scene.events()[1..], ["changed syn1 ack1 fin0 rst0", "end Unknown"]);
    assert_eq!(scene.push(&get).seen, Seen::Counted, "a tombstone");
    assert_eq!(scene.table.state_bytes(), 0);
}

#[test]
fn one_unknown_direction_is_passed_over_as_a_gap() {
    let mut scene = Scene::new();
    scene.connect();
    let odd = scene.c(0, 0, b"\x05\x01\x00");
    let ok = scene.s(0, 3, OK);
    scene.play(&[odd, ok]);
    assert_eq!(scene.events()[2..], [">gap 3", "<data 0+61 #5"]);
    let half = scene.last(0).half(Direction::ToServer);
    assert_eq!((half.gap_bytes, half.delivered, half.acknowledged_missing), (0, 3, 0));
}

#[test]
fn a_one_sided_unknown_flow_is_not_followed_for_ever() {
    let mut scene = Scene::new();
    scene.connect();
    for n in 0..20 {
        let block = scene.s(n * 1000, 0, &[b'z'; 1000]);
        scene.push(&block);
    }
    assert_eq!(scene.events().last(), Some(&"end Unknown"));
}

#[test]
fn a_torn_start_may_be_recognised_later() {
    let mut scene = Scene::new();
    scene.connect();
    // The request line and the status line are lost, the connection goes on.
    let rest = scene.c(10, 0, b"Host: a\r\n\r\n");
    let body = scene.s(30, 21, b"body");
    let ack = scene.c(21, 34, b"").at(1400.0);
    let get = scene.c(21, 34, GET).at(1401.0);
    let ok = scene.s(34, 54, OK).at(1402.0);
    scene.play(&[rest, body, ack, get, ok]);
    scene.finish();
    let all: Vec<_> = scene.reader.logs.values().flat_map(|log| &log.events).cloned().collect();
    assert!(all.contains(&">data 0+33 #7".into()) || all.contains(&">data 21+33 #7".into()), "{all:?}");
    assert!(all.iter().any(|event| event.starts_with("<data") && event.ends_with("+61 #8")), "{all:?}");
}

#[test]
fn a_base_that_was_only_inferred_gives_way_to_earlier_data_once() {
    let mut scene = Scene::new();
    // The capture wrote the second request before the first answer.
    let get = scene.c(33, 61, GET);
    let ok = scene.s(0, 33, OK);
    let older = scene.s(-61, 33, OK);
    let next = scene.s(61, 66, OK);
    scene.play(&[get, ok, older, next]);
    assert_eq!(scene.events(), [">data 0+33 #1", "<data 0+61 #2", "<data 61+61 #4"]);
    assert_eq!(scene.last(0).halves[1].acknowledged, 61);
    assert_eq!(scene.table.stats().retransmissions, 0, "what was never captured is not repeated");
}

#[test]
fn an_inferred_base_holds_once_data_were_delivered_from_it() {
    let mut scene = Scene::new();
    let get = scene.c(0, 61, GET);
    let ok = scene.s(61, 33, OK);
    let older = scene.s(0, 33, OK);
    let next = scene.s(122, 33, OK);
    scene.play(&[get, ok, older, next]);
    assert_eq!(scene.events(), [">data 0+33 #1", "<data 0+61 #2", "<data 61+61 #4"]);
}

#[test]
fn a_keep_alive_byte_is_not_the_start_of_a_stream() {
    let mut scene = Scene::new();
    let get = scene.c(0, 61, GET);
    let probe = scene.s(60, 33, b"\0");
    let ok = scene.s(61, 33, OK);
    scene.play(&[get, probe, ok]);
    assert_eq!(scene.events(), [">data 0+33 #1", "<data 0+61 #3"]);
}
