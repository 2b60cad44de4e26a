//! Mirror copies against retransmissions.

use super::scene::*;
use crate::flow::Seen;

/// Every packet of a whole connection comes twice.
fn mirrored(id: bool, delay_ms: f64, ttl: u8) -> Scene {
    let mut scene = Scene::new();
    let says = [
        scene.syn(),
        scene.syn_ack(),
        scene.c(0, 0, GET),
        scene.s(0, 33, OK).flags(FIN | ACK),
        scene.c(33, 62, b"").flags(FIN | ACK),
        scene.s(62, 34, b"").flags(RST),
    ];
    for say in says {
        let say = if id { say } else { say.id(None) };
        let outcome = scene.push(&say);
        assert_ne!(outcome.seen, Seen::Duplicate);
        let copy = say.clone().at(say.ms + delay_ms).ttl(ttl);
        scene.push(&copy);
    }
    scene.finish();
    scene
}

#[test]
fn copies_are_counted_and_not_told() {
    for (id, delay, ttl) in [(true, 0.0, 64), (true, 0.5, 63), (true, -2.0, 62), (false, 0.9, 64), (false, 4.9, 63)] {
        let scene = mirrored(id, delay, ttl);
        let last = scene.last(0);
        assert_eq!(scene.table.stats().duplicates, 6, "{id} {delay}");
        assert_eq!(last.duplicates, 6);
        assert_eq!((last.syns.len(), last.halves[1].resets), (1, 1));
        assert_eq!((last.halves[0].packets, last.halves[1].packets), (3, 3));
        assert_eq!(scene.table.stats().retransmissions, 0);
        assert!(!scene.events().iter().any(|event| event.contains("repeated")));
        assert_eq!(scene.table.stats().flows, 1);
    }
}

#[test]
fn copies_that_lag_are_known_by_their_identification() {
    let mut scene = Scene::new();
    scene.connect();
    let says: Vec<_> = (0..4).map(|n| scene.c(n * 33, 0, GET)).collect();
    scene.play(&says);
    for say in &says {
        let copy = say.clone().at(say.ms + 45.0).ttl(63);
        assert_eq!(scene.push(&copy).seen, Seen::Duplicate);
        let later = say.clone().at(say.ms + 60.0);
        assert_eq!(scene.push(&later).seen, Seen::Read, "too late for a copy");
    }
    assert_eq!(scene.table.stats().retransmissions, 4);
}

#[test]
fn a_retransmission_is_no_copy() {
    for (id, again_id, delay) in [
        (Some(7), Some(8), 1.0),  // fast retransmission
        (Some(7), Some(7), 51.0), // same identification, too late
        (None, None, 6.0),        // IPv6
        (Some(0), Some(0), 6.0),  // DF
    ] {
        let mut scene = Scene::new();
        scene.connect();
        let get = scene.c(0, 0, GET).id(id);
        let again = get.clone().id(again_id).at(get.ms + delay);
        scene.play(&[get, again]);
        assert_eq!(scene.events()[2..], [">data 0+33 #4", ">repeated 0 #5"], "{id:?} {delay}");
        assert_eq!(scene.last(0).halves[0].retransmissions, 1);
        assert_eq!(scene.table.stats().duplicates, 0);
    }
}

#[test]
fn other_bytes_at_the_same_place_are_no_copy_and_the_first_win() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET).id(None);
    let mut forged = get.clone();
    forged.payload = vec![b'x'; GET.len()];
    scene.play(&[get, forged]);
    assert_eq!(scene.table.stats().duplicates, 0);
    assert_eq!(scene.log(0).bytes[0], GET);
}

#[test]
fn bare_acknowledgements_without_identification_are_never_copies() {
    let mut scene = Scene::new();
    scene.connect();
    for _ in 0..3 {
        let ack = scene.c(0, 0, b"").id(None).at(1003.0);
        assert_eq!(scene.push(&ack).seen, Seen::Read);
    }
}

#[test]
fn copies_in_flows_that_nobody_reads_are_counted() {
    let mut scene = Scene::new();
    scene.table.remember_all();
    let junk = scene.c(0, 0, b"\x17\x03\x03junk");
    let copy = junk.clone().at(junk.ms + 1.0).ttl(9);
    let late = junk.clone().at(junk.ms + 80.0);
    let seen: Vec<_> = [&junk, &copy, &late].map(|say| scene.push(say).seen).into();
    assert_eq!(seen, [Seen::Counted, Seen::Duplicate, Seen::Counted]);
    assert!(scene.reader.logs.is_empty());
}
