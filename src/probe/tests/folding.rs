//! Successes that repeat leave the first and the last of them.

use super::scene::*;
use crate::transaction::{Exchange, StandsFor};

/// What is kept of four successes, half a minute apart, the third one changed.
fn kept(change: impl FnOnce(&mut Exchange)) -> (usize, Option<StandsFor>) {
    let mut list: Vec<Exchange> = (0..4).map(|n| exchange(CLIENT, SERVER, 1000 + n * 30_000)).collect();
    change(&mut list[2]);
    let scene = list.into_iter().fold(Scene::new(), Scene::exchange);
    let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
    (client.exchanges.len(), client.exchanges.back().unwrap().stands_for)
}

#[test]
fn equal_successes_are_counted() {
    let (kept, last) = kept(|_| ());
    assert_eq!((kept, last.map(|others| others.count)), (2, Some(2)));
    assert!(last.is_some_and(|others| others.since < at(31_001)), "from the second one on");
}

#[test]
fn what_differs_is_kept() {
    assert_eq!(kept(|one| one.response.as_mut().unwrap().head.status = 302).0, 4);
    assert_eq!(kept(|one| one.response.as_mut().unwrap().head.age = Some(60)).0, 4);
    assert_eq!(kept(|one| one.response.as_mut().unwrap().body.whole = false).0, 4);
    assert_eq!(kept(|one| one.response.as_mut().unwrap().body.chunked = true).0, 4);
    assert_eq!(kept(|one| one.response.as_mut().unwrap().body.coding = Some("gzip".into())).0, 4);
    assert_eq!(kept(|one| one.response.as_mut().unwrap().body.bytes.push(b' ')).0, 4);
    assert_eq!(kept(|one| one.request.as_mut().unwrap().copies.push(packet(61_000))).0, 4);
    assert_eq!(kept(|one| one.request.as_mut().unwrap().head.target = "/other".into()).0, 4);
    assert_eq!(kept(|one| one.request.as_mut().unwrap().head.host = Some("probe.example".into())).0, 4);
}

#[test]
fn a_failure_in_between_keeps_them_apart() {
    let mut scene = Scene::new().exchange(exchange(CLIENT, SERVER, 1000)).exchange(exchange(CLIENT, SERVER, 31_000));
    scene.world.probe_servers.insert(socket(SERVER).ip());
    let scene = scene.attempted(attempted(CLIENT, SERVER, 40_000)).exchange(exchange(CLIENT, SERVER, 91_000));
    assert_eq!(scene.world.clients.get(&ip(CLIENT)).unwrap().exchanges.len(), 3);
}

#[test]
fn look_ups_that_repeat_are_counted_too() {
    let told = |ms, address: &str| resolved(HOST, 1, ms, &[address]);
    let kept = |list: Vec<crate::transaction::Lookup>| {
        let scene = list.into_iter().fold(Scene::new(), Scene::lookup);
        scene.world.clients.get(&ip(CLIENT)).unwrap().lookups.len()
    };
    assert_eq!(kept(vec![told(0, "203.0.113.7"), told(30_000, "203.0.113.7"), told(60_000, "203.0.113.7")]), 2);
    assert_eq!(kept(vec![told(0, "203.0.113.7"), told(30_000, "203.0.113.7"), told(60_000, "203.0.113.8")]), 3);
    assert_eq!(kept(vec![told(0, "203.0.113.7"), told(30_000, "203.0.113.7"), told(999_000, "203.0.113.7")]), 3);
}
