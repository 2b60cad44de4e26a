//! Bounds of the table.

use super::scene::*;
use crate::flow::Seen;
use crate::flow::hot::Hot;
use crate::limits::TableLimits;

fn limits(flows: usize, flow_bytes: usize) -> TableLimits {
    TableLimits { flows, flow_bytes, ..TableLimits::default() }
}

#[test]
fn a_flow_that_nobody_reads_takes_96_bytes() {
    assert_eq!(size_of::<Hot>(), 96);
}

fn flood(mut scene: Scene, count: u32) -> Scene {
    for n in 0..count {
        scene.client = ([10, (n >> 16) as u8, (n >> 8) as u8, n as u8], 40_000).into();
        let syn = scene.syn().at(1000.0 + f64::from(n / 3));
        scene.push(&syn);
        scene.table.assert_bounded();
    }
    scene
}

impl crate::flow::FlowTable<Recorder> {
    fn assert_bounded(&self) {
        assert!(self.index.len() <= self.limits.flows);
        assert!(self.bytes <= self.limits.flow_bytes);
        assert_eq!(self.bytes, self.lives.iter().flatten().map(|live| live.weight).sum::<usize>());
        assert!(self.lives.len() <= self.limits.flows + 1);
    }
}

#[test]
fn a_flood_of_syns_stays_in_bounds_and_the_oldest_go() {
    for limits in [limits(256, 1 << 30), limits(1 << 20, 200_000)] {
        let scene = flood(Scene::with(&limits), 2000);
        let stats = scene.table.stats();
        assert_eq!(stats.flows, 2000);
        let ended: Vec<_> = scene.reader.order.iter().map(|(id, _)| *id).collect();
        assert_eq!(ended, (0..ended.len() as u64).collect::<Vec<_>>(), "the least recently active first");
        assert_eq!(stats.evicted, ended.len() as u64);
        assert!(ended.len() > 1000);
        assert!(scene.log(0).events.contains(&"end Evicted".to_string()));
    }
}

#[test]
fn a_flood_of_syns_leaves_conversations_alone() {
    for limits in [limits(256, 1 << 30), limits(1 << 20, 200_000)] {
        let mut scene = Scene::with(&limits);
        scene.connect();
        let get = scene.c(0, 0, GET);
        scene.push(&get);
        let scene = flood(scene, 2000);
        assert!(scene.table.stats().evicted > 1000);
        assert!(!scene.log(0).events.contains(&"end Evicted".to_string()), "{:?}", scene.log(0).events);
    }
}

#[test]
fn who_holds_much_goes_before_who_holds_little() {
    let mut scene = Scene::with(&limits(1000, 600_000));
    scene.connect();
    let get = scene.c(0, 0, GET);
    scene.push(&get);
    for n in 0..40_u8 {
        scene.client = ([10, 0, 0, n], 40_000).into();
        scene.connect();
        for block in 1..4_i64 {
            let later = scene.s(block * 20_000, 33, &[n; 10_000]);
            scene.push(&later);
            scene.table.assert_bounded();
        }
    }
    assert!(scene.table.stats().evicted > 15);
    assert!(!scene.log(0).events.contains(&"end Evicted".to_string()), "{:?}", scene.log(0).events);
}

#[test]
fn the_same_packets_give_the_same_calls_in_every_table() {
    let run = || {
        let mut scene = flood(Scene::with(&limits(100, 60_000)), 1000);
        scene.finish();
        (scene.reader.order.clone(), scene.reader.logs.clone(), scene.table.stats())
    };
    let first = run();
    for _ in 0..3 {
        assert!(first == run());
    }
}

#[test]
fn what_is_held_counts_against_the_bound() {
    let mut scene = Scene::with(&limits(1000, 600_000));
    for n in 0..40_u8 {
        scene.client = ([10, 0, 0, n], 40_000).into();
        scene.connect();
        let get = scene.c(0, 0, GET);
        scene.push(&get);
        for block in 1..4_i64 {
            let later = scene.s(block * 20_000, 33, &[n; 10_000]);
            scene.push(&later);
            scene.table.assert_bounded();
        }
    }
    assert!(scene.table.stats().evicted > 15);
    assert!(
        scene.log(0).events.iter().any(|event| event == "<data 20000+10000 #5"),
        "held bytes are told before the end"
    );
}

#[test]
fn a_flow_that_was_evicted_may_be_recognised_again() {
    let mut scene = Scene::with(&limits(1000, 8000));
    scene.connect();
    let get = scene.c(0, 0, GET);
    scene.push(&get);
    let old = (scene.client, scene.number);
    for n in 0..30_u8 {
        scene.client = ([10, 2, 0, n], 40_000).into();
        scene.connect();
        let get = scene.c(0, 0, GET);
        scene.push(&get);
    }
    assert_eq!(scene.log(0).events.last().unwrap(), "end Evicted");
    scene.client = old.0;
    let again = scene.c(33, 0, GET).at(3000.0);
    scene.push(&again);
    let last = scene.reader.logs.values().last().unwrap();
    assert_eq!(last.bytes[0], GET);
    assert_eq!(last.last.as_ref().unwrap().client, old.0);
}

#[test]
fn many_unread_flows_are_forgotten_silently() {
    let mut scene = Scene::with(&limits(64, 1 << 20));
    scene.table.remember_all();
    for n in 0..1000_u32 {
        scene.client = ([10, 1, (n >> 8) as u8, n as u8], 40_000).into();
        let junk = scene.c(0, 0, b"junk");
        scene.push(&junk);
        scene.table.assert_bounded();
    }
    assert!(scene.reader.logs.is_empty());
    assert_eq!(scene.table.stats().evicted, 0);
    assert!(scene.table.stats().forgotten >= 1000 - 64);
}

#[test]
fn what_says_nothing_leaves_no_trace() {
    let mut scene = Scene::new();
    let junk = scene.c(0, 0, b"junk");
    let outcome = scene.push(&junk);
    assert_eq!((outcome.seen, outcome.presence), (Seen::Counted, Some(scene.server.ip())));
    let fin = scene.c(4, 0, b"").flags(ACK | FIN);
    assert_eq!(scene.push(&fin).seen, Seen::Counted);
    assert_eq!((scene.table.stats().flows, scene.table.stats().passed), (0, 2));
    // Later on the same ports a message begins.
    let get = scene.c(5, 0, GET);
    assert_eq!(scene.push(&get).seen, Seen::Read);
    assert_eq!(scene.log(0).bytes[0], GET);
    assert_eq!(scene.table.stats().flows, 1);
}
