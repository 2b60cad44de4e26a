//! Opening: SYN, SYN-ACK, repeated SYNs, Fast Open, refusals, ports used again.

use super::scene::*;
use crate::flow::Seen;

#[test]
fn a_plain_exchange_is_told_in_order() {
    let mut scene = Scene::new();
    scene.connect();
    let get = scene.c(0, 0, GET);
    let ok = scene.s(0, GET.len() as i64, OK);
    scene.play(&[get, ok]);
    scene.finish();
    assert_eq!(
        scene.events(),
        ["opened", "changed syn1 ack1 fin0 rst0", ">data 0+33 #4", "<data 0+61 #5", "end CaptureEnd"]
    );
    let last = scene.last(0);
    assert_eq!((last.client, last.server), (scene.client, scene.server));
    assert_eq!(last.rtt(), Some(std::time::Duration::from_millis(1)));
    assert_eq!(last.established.unwrap().id.number(), 3);
    assert_eq!(last.halves[0].acknowledged, GET.len() as u64);
    assert_eq!(scene.log(0).bytes, [GET.to_vec(), OK.to_vec()]);
    assert_eq!((scene.table.stats().flows, scene.table.stats().one_way), (1, 0));
}

#[test]
fn the_client_is_who_sends_the_syn_whatever_the_ports() {
    for (client, server) in [("10.0.0.5:80", "10.0.0.6:50000"), ("[2001:db8::9]:1024", "[2001:db8::1]:8080")] {
        let mut scene = Scene::new();
        (scene.client, scene.server) = (client.parse().unwrap(), server.parse().unwrap());
        scene.connect();
        assert_eq!((scene.last(0).client, scene.last(0).server), (scene.client, scene.server));
    }
}

#[test]
fn a_syn_ack_first_makes_its_receiver_the_client_and_the_late_syn_fits_in() {
    let mut scene = Scene::new();
    (scene.client, scene.server) = (scene.server, scene.client); // the ports would guess wrong
    let (syn, syn_ack) = (scene.syn(), scene.syn_ack());
    scene.play(&[syn_ack, syn]);
    let get = scene.c(0, 0, GET);
    scene.push(&get);
    assert_eq!(
        scene.events(),
        ["opened", "changed syn0 ack1 fin0 rst0", "changed syn1 ack1 fin0 rst0", ">data 0+33 #3"]
    );
    assert_eq!(scene.last(0).client, scene.client);
    assert!(scene.last(0).from_start());
}

#[test]
fn a_repeated_syn_is_the_same_connection() {
    let mut scene = Scene::new();
    for ms in [1000.0, 2000.0, 4000.0] {
        let syn = scene.syn().at(ms);
        scene.push(&syn);
    }
    scene.finish();
    assert_eq!(scene.last(0).syns.len(), 3);
    assert_eq!(scene.reader.logs.len(), 1);
    assert_eq!(scene.last(0).rtt(), None);
    assert_eq!(scene.table.stats().one_way, 1);
}

#[test]
fn the_list_of_syns_is_bounded() {
    let mut scene = Scene::new();
    for n in 0..100 {
        let syn = scene.syn().at(1000.0 + f64::from(n) * 500.0);
        scene.push(&syn);
    }
    assert_eq!(scene.last(0).syns.len(), crate::limits::MAX_SYNS);
}

#[test]
fn refused_three_times_is_one_connection() {
    let mut scene = Scene::new();
    for n in 0..3 {
        let ms = 1000.0 + f64::from(n) * 500.0;
        let syn = scene.syn().at(ms);
        let mut refusal = scene.s(0, 0, b"").flags(RST | ACK).at(ms + 1.0);
        refusal.seq = 0;
        scene.play(&[syn, refusal]);
    }
    scene.finish();
    let last = scene.last(0);
    assert_eq!((last.syns.len(), last.halves[1].resets), (3, 3));
    assert_eq!(last.halves[1].reset.unwrap().at.id.number(), 2);
    assert_eq!(scene.reader.logs.len(), 1);
    assert!(!last.halves[0].acknowledged_unseen() && !last.halves[1].acknowledged_unseen());
}

#[test]
fn another_initial_number_is_another_connection() {
    let mut scene = Scene::new();
    scene.connect();
    let reset = scene.s(0, 0, b"").flags(RST);
    scene.push(&reset);
    scene.client_isn += 64_000;
    let syn = scene.syn();
    assert_eq!(scene.push(&syn).seen, Seen::Opened);
    assert_eq!(scene.events().last(), Some(&"end Over"));
    assert_eq!(scene.log(1).events, ["opened"]);
    assert_eq!(scene.table.stats().flows, 2);
}

#[test]
fn the_same_initial_number_after_long_silence_is_another_connection() {
    let mut scene = Scene::new();
    let syn = scene.syn();
    scene.push(&syn);
    let syn = scene.syn().at(syn.ms + 121_000.0);
    assert_eq!(scene.push(&syn).seen, Seen::Opened);
    assert_eq!(scene.reader.logs.len(), 2);
}

#[test]
fn a_lost_syn_of_a_new_connection_is_known_by_its_answer() {
    let mut scene = Scene::new();
    scene.connect();
    let fin = scene.c(0, 0, b"").flags(FIN | ACK);
    scene.push(&fin);
    scene.client_isn = 77_000_000;
    scene.server_isn = 88_000_000;
    let answer = scene.syn_ack();
    assert_eq!(scene.push(&answer).seen, Seen::Opened);
    assert_eq!(scene.reader.logs.len(), 2);
}

#[test]
fn both_sides_may_open_at_once() {
    let mut scene = Scene::new();
    let syn = scene.syn();
    let mut other = scene.s(-1, 0, b"").flags(SYN);
    other.ack = 0;
    let get = scene.c(0, 0, GET);
    let ok = scene.s(0, 33, OK);
    scene.play(&[syn, other, get, ok]);
    assert_eq!(scene.reader.logs.len(), 1);
    assert_eq!(scene.log(0).bytes, [GET.to_vec(), OK.to_vec()]);
}

#[test]
fn fast_open_data_are_read_from_the_syn() {
    let mut scene = Scene::new();
    let mut syn = scene.syn();
    syn.payload = GET.to_vec();
    let accepted = scene.s(-1, GET.len() as i64, b"").flags(SYN | ACK);
    let ok = scene.s(0, GET.len() as i64, OK);
    scene.play(&[syn, accepted, ok]);
    assert_eq!(scene.events(), ["opened", ">data 0+33 #1", "changed syn1 ack1 fin0 rst0", "<data 0+61 #3"]);
    assert_eq!(scene.last(0).halves[0].acknowledged, 33);
}

#[test]
fn fast_open_data_that_the_server_ignored_come_again() {
    let mut scene = Scene::new();
    let mut syn = scene.syn();
    syn.payload = GET[..10].to_vec();
    let syn_ack = scene.syn_ack();
    let again = scene.c(0, 0, GET);
    scene.play(&[syn, syn_ack, again]);
    assert_eq!(
        scene.events(),
        ["opened", ">data 0+10 #1", "changed syn1 ack1 fin0 rst0", ">data 10+23 #3", ">repeated 0 #3"]
    );
    assert_eq!(scene.log(0).bytes[0], GET);
}

#[test]
fn a_tombstone_makes_place_for_a_new_connection_only() {
    let mut scene = Scene::new();
    scene.reader.done_after = Some(1);
    scene.connect();
    let get = scene.c(0, 0, GET);
    scene.push(&get);
    let late = scene.s(0, 33, OK);
    assert_eq!(scene.push(&late).seen, Seen::Counted);
    let syn = scene.syn();
    assert_eq!(scene.push(&syn).seen, Seen::Counted, "an old SYN, written late");
    let syn_ack = scene.syn_ack();
    assert_eq!(scene.push(&syn_ack).seen, Seen::Counted);
    assert!(!scene.events().iter().any(|event| event.starts_with("end")), "who is done gets no last call");
    scene.client_isn += 1;
    let syn = scene.syn();
    assert_eq!(scene.push(&syn).seen, Seen::Opened);
    assert_eq!(scene.log(1).events, ["opened"]);
}

#[test]
fn a_tombstone_does_not_keep_an_initial_number_for_ever() {
    let mut scene = Scene::new();
    scene.reader.done_after = Some(1);
    scene.connect();
    let get = scene.c(0, 0, GET);
    scene.push(&get);
    let soon = scene.syn().at(get.ms + 119_000.0);
    assert_eq!(scene.push(&soon).seen, Seen::Counted);
    let late = scene.syn().at(soon.ms + 121_000.0);
    assert_eq!(scene.push(&late).seen, Seen::Opened);
}

#[test]
fn the_other_side_may_open_a_new_connection_on_the_same_ports() {
    let mut scene = Scene::new();
    scene.connect();
    scene.server_isn = scene.server_isn.wrapping_add(1_000_000);
    let syn = scene.s(-1, 0, b"").flags(SYN);
    assert_eq!(scene.push(&syn).seen, Seen::Opened);
    assert_eq!(scene.last(1).client, scene.server);
}

#[test]
fn a_second_answer_to_one_syn_changes_nothing() {
    let mut scene = Scene::new();
    scene.connect();
    // A middlebox or a stray: other numbers, while the connection stands.
    let mut stray = scene.syn_ack();
    (stray.seq, stray.ack) = (5, stray.ack.wrapping_add(400_000));
    assert_eq!(scene.push(&stray).seen, Seen::Read);
    let get = scene.c(0, 0, GET);
    let ok = scene.s(0, 33, OK);
    scene.play(&[get, ok]);
    assert_eq!(scene.log(0).bytes, [GET.to_vec(), OK.to_vec()]);
    assert_eq!(scene.last(0).syn_ack.unwrap().at.id.number(), 2);
}

#[test]
fn a_whole_request_in_the_syn_is_one_connection() {
    let mut scene = Scene::new();
    let mut syn = scene.syn().flags(SYN | FIN);
    syn.payload = GET.to_vec();
    let accepted = scene.s(-1, 34, b"").flags(SYN | ACK);
    let ok = scene.s(0, 34, OK);
    scene.play(&[syn, accepted, ok]);
    assert_eq!(scene.reader.logs.len(), 1);
    assert_eq!(scene.log(0).bytes, [GET.to_vec(), OK.to_vec()]);
    assert!(scene.last(0).halves[0].fin.is_some());
}
