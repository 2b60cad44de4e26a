//! Moments, the end of the capture, eviction.

use super::scene::*;
use crate::time::CaptureTime;

fn moment(ms: i64) -> CaptureTime {
    CaptureTime::from_nanos(ms * MS)
}

fn open(scene: &mut Scene, port: u16, wake_ms: i64) {
    scene.client.set_port(port);
    scene.reader.wake_at = Some(moment(wake_ms));
    let syn = scene.syn();
    scene.push(&syn);
}

#[test]
fn flows_wake_in_order_of_moment_then_id_and_not_before() {
    let mut scene = Scene::new();
    for (port, ms) in [(50_000, 9000), (50_001, 7000), (50_002, 7000), (50_003, 8000)] {
        open(&mut scene, port, ms);
    }
    scene.table.advance(moment(6999), &mut scene.reader);
    assert!(scene.reader.order.is_empty());
    scene.table.advance(moment(8000), &mut scene.reader);
    scene.table.advance(moment(8500), &mut scene.reader);
    let ids: Vec<_> = scene.reader.order.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [1, 2, 3]);
}

#[test]
fn a_moment_that_has_passed_comes_once_a_call() {
    let mut scene = Scene::new();
    scene.reader.wake_again = Some(moment(1));
    open(&mut scene, 50_000, 2000);
    for n in 1..=3 {
        scene.table.advance(moment(2000 + n), &mut scene.reader);
        assert_eq!(scene.reader.order.len() as i64, n);
    }
}

#[test]
fn waking_gives_up_holes_first() {
    let mut scene = Scene::new();
    scene.reader.wake_at = Some(moment(3000));
    scene.connect();
    let get = scene.c(0, 0, GET);
    let later = scene.s(20, 33, &OK[20..]);
    scene.play(&[get, later]);
    scene.table.advance(moment(3000), &mut scene.reader);
    assert_eq!(scene.events()[3..], ["<gap 20", "<data 20+41 #5", "wake"]);
}

#[test]
fn a_flow_that_is_done_is_not_woken() {
    let mut scene = Scene::new();
    scene.reader.done_after = Some(1);
    scene.reader.wake_at = Some(moment(3000));
    scene.connect();
    let get = scene.c(0, 0, GET);
    scene.push(&get);
    scene.table.advance(moment(9000), &mut scene.reader);
    assert!(scene.reader.order.is_empty());
}

#[test]
fn stale_moments_do_not_pile_up() {
    let mut scene = Scene::new();
    for n in 0..5000_i64 {
        scene.client_isn = scene.client_isn.wrapping_add(7);
        open(&mut scene, 50_000, 1_000_000 - n);
    }
    assert!(scene.table.deadlines.len() <= 70, "{}", scene.table.deadlines.len());
}

#[test]
fn the_end_of_the_capture_ends_flows_in_order_of_id() {
    let mut scene = Scene::new();
    for port in [50_009, 50_001, 50_005, 50_003] {
        open(&mut scene, port, 90_000);
    }
    scene.finish();
    let ended: Vec<_> = scene.reader.order.iter().map(|(id, event)| (*id, event.as_str())).collect();
    assert_eq!(ended, [0, 1, 2, 3].map(|id| (id, "end CaptureEnd")));
}
