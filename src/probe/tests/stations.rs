//! What is remembered of hosts by their link address, and how much of it.

use super::onlink::*;
use super::scene::*;
use crate::probe::station::{MAX_PLACES, Station};
use crate::proto::router::Advertisement;
use crate::transaction::Solicited;
use crate::wire::Mac;

fn station(scene: &Scene) -> &Station {
    scene.world.stations.get(mac(HARDWARE)).unwrap()
}

/// An address of a network, by number.
fn numbered(n: usize) -> String {
    format!("10.1.0.{n}")
}

fn from_then_on(scene: &Scene, ms: i64) -> Vec<String> {
    station(scene).addresses_from(at(ms)).map(|address| address.to_string()).collect()
}

#[test]
fn addresses_are_those_claimed_or_used_until_then() {
    let scene = Scene::new()
        .claims("10.0.0.5", 1000)
        .claims("10.0.0.5", 3000)
        .claims("10.0.0.6", 1500)
        .sends("10.0.0.7", GATEWAY, FAR, 2000)
        .sends("10.0.0.7", GATEWAY, FAR, 4000)
        .sends("0.0.0.0", GATEWAY, FAR, 5000);
    assert_eq!(from_then_on(&scene, 0), ["10.0.0.5", "10.0.0.6", "10.0.0.7"]);
    assert_eq!(from_then_on(&scene, 1501), ["10.0.0.5", "10.0.0.7"]);
    assert_eq!(from_then_on(&scene, 3000), ["10.0.0.5", "10.0.0.7"]);
    assert_eq!(from_then_on(&scene, 3001), ["10.0.0.7"]);
    assert_eq!(from_then_on(&scene, 4000), ["10.0.0.7"]);
    assert!(from_then_on(&scene, 4001).is_empty());
    let first = |n: usize| (station(&scene).claims[n].at, station(&scene).claims[n].last);
    assert_eq!((first(0), first(1)), ((packet(1000), at(3000)), (packet(1500), at(1500))));
}

#[test]
fn a_next_hop_is_kept_with_what_lies_behind_it() {
    let scene = Scene::new()
        .sends(CLIENT, GATEWAY, FAR, 1000)
        .sends(CLIENT, 9, "10.0.0.9", 2000)
        .sends(CLIENT, GATEWAY, "203.0.113.8", 3000)
        .sends(CLIENT, GATEWAY, FAR, 4000);
    let hops: Vec<_> = station(&scene).hops.iter().map(|hop| (hop.mac, hop.last, hop.destinations.len())).collect();
    assert_eq!(hops, [(mac(GATEWAY), at(4000), 2), (mac(9), at(2000), 1)]);
}

#[test]
fn packets_between_the_same_two_are_noted_once_in_a_quarter_second() {
    let last = |ms: i64, to: &str| {
        let scene = Scene::new().sends(CLIENT, GATEWAY, FAR, 1000).sends(CLIENT, GATEWAY, to, ms);
        station(&scene).hops[0].last
    };
    assert_eq!(last(1250, FAR), at(1000));
    assert_eq!(last(1251, FAR), at(1251));
    assert_eq!(last(1001, "203.0.113.8"), at(1001), "somebody else");
    let other = Scene::new().sends(CLIENT, GATEWAY, FAR, 1000).sends(CLIENT, 9, FAR, 1001);
    assert_eq!(station(&other).hops.len(), 2, "another way");
}

#[test]
fn groups_and_nobody_are_no_hosts() {
    let mut scene = Scene::new();
    for address in [Mac([1, 0, 0x5e, 0, 0, 1]), Mac([0xff; 6])] {
        scene.world.stations.reached(address, packet(0));
        assert!(scene.world.stations.get(address).is_none(), "{address:?}");
    }
    scene.world.stations.reached(mac(9), packet(2000));
    let reached = &scene.world.stations.get(mac(9)).unwrap().reached;
    assert!(reached.touches(at(2000), at(2000)) && !reached.touches(at(0), at(1999)));
    let link = crate::wire::Link { source: Some(mac(9)), destination: Some(Mac([0; 6])), vlan: None, network: None };
    let packet_of =
        crate::wire::Ip { source: ip(CLIENT), destination: ip(FAR), ttl: 128, identification: None, protocol: 17 };
    scene.world.stations.crossed(link, packet_of, packet(3000));
    let group = crate::wire::Link { destination: Some(Mac([1, 0, 0x5e, 0, 0, 1])), ..link };
    scene.world.stations.crossed(group, packet_of, packet(4000));
    assert!(scene.world.stations.get(mac(9)).unwrap().hops.is_empty());
}

#[test]
fn of_each_kind_sixteen_are_kept_and_known_ones_need_no_room() {
    let mut scene = Scene::new();
    for n in 0..=MAX_PLACES {
        let ms = 1000 * i64::try_from(n).unwrap();
        scene = scene.claims(&numbered(n), ms).sends(&numbered(n), u8::try_from(100 + n).unwrap(), FAR, ms);
        scene = scene.sends(CLIENT, 100, &numbered(n), ms + 500).asks(answered(&numbered(n), ms, mac(9)));
        let rival = Solicited { rival: Some((packet(ms + 2), mac(8))), ..answered(&numbered(n), ms, mac(9)) };
        scene = scene.asks(rival);
    }
    scene = scene.claims(&numbered(0), 99_000).asks(answered(&numbered(0), 98_000, mac(9)));
    let own = station(&scene);
    assert_eq!((own.claims.len(), own.hops.len(), own.answers.len(), own.rivals.len()), (16, 16, 16, 16));
    assert_eq!((own.sources.len(), own.hops[0].destinations.len()), (16, 16));
    assert_eq!((own.claims[0].last, own.answers[0].2), (at(99_000), packet(98_001)));
}

#[test]
fn an_answer_is_known_by_whose_address_and_who_gives_it() {
    let scene = Scene::new()
        .asks(answered(RESOLVER, 1000, mac(1)))
        .asks(answered(RESOLVER, 2000, mac(2)))
        .asks(answered("10.0.0.9", 3000, mac(1)))
        .asks(answered(RESOLVER, 4000, mac(1)));
    let kept: Vec<_> = station(&scene).answers.iter().map(|(target, by, at)| (*target, *by, at.time)).collect();
    assert_eq!(
        kept,
        [(ip(RESOLVER), mac(1), at(4001)), (ip(RESOLVER), mac(2), at(2001)), (ip("10.0.0.9"), mac(1), at(3001))]
    );
}

#[test]
fn of_a_router_only_changes_are_kept() {
    let numbered = |lifetime: u16| Advertisement { lifetime, ..offer() };
    let mut scene = Scene::new();
    for (ms, lifetime) in [(1000, 1800), (2000, 1800), (3000, 0), (4000, 1800)] {
        scene = scene.router(advertised("fe80::1", ms, numbered(lifetime)));
    }
    let known = &scene.world.stations.routers[&ip("fe80::1")];
    let moments: Vec<_> = known.offers.iter().map(|(at, _)| at.time).collect();
    assert_eq!((moments, known.last), (vec![at(1000), at(3000), at(4000)], at(4000)));
    for n in 0..20 {
        scene = scene.router(advertised("fe80::1", 5000 + i64::from(n), numbered(n)));
    }
    assert_eq!(scene.world.stations.routers[&ip("fe80::1")].offers.len(), 16);
    for n in 2..300 {
        scene = scene.router(advertised(&format!("fe80::{n:x}"), 6000, offer()));
    }
    assert_eq!(scene.world.stations.routers.len(), 256);
    scene = scene.router(advertised("fe80::1", 7000, offer()));
    assert_eq!(scene.world.stations.routers[&ip("fe80::1")].last, at(7000), "a known one needs no room");
}

#[test]
fn hosts_that_find_no_room_are_counted() {
    let mut settings = crate::settings::Settings::default();
    settings.limits.stations = 1;
    let mut scene = Scene::with(settings).claims(CLIENT, 1000);
    for n in 0..3 {
        scene.world.stations.claimed(ip(CLIENT), mac(20 + n), packet(2000));
    }
    assert_eq!(scene.world.stations.refused, 3);
    assert_eq!(station(&scene.claims("10.0.0.6", 500)).first, Some(packet(500)), "a known one needs no room");
}

/// A flood of exchanges of many hosts is kept up to a number, and what had to go is counted; the latest stay.
#[test]
fn events_of_all_hosts_together_are_bounded() {
    use crate::probe::stations::Stations;
    const MOST: usize = 10;
    let of = |n: u8| Mac([2, 0, 0, 0, 0, n]);
    let exchange = |n: u8, ms: i64| {
        let mut lease = discovers(&[ms]);
        lease.mac = Some(of(n));
        lease
    };
    let mut stations = Stations::new(100, MOST);
    for n in 0..30 {
        stations.lease(exchange(n, 1000 + i64::from(n)));
    }
    let kept = |stations: &Stations| -> Vec<usize> {
        (0..30).map(|n| stations.get(of(n)).map_or(0, |station| station.leases.len())).collect()
    };
    assert_eq!(kept(&stations), [[0; 10], [0; 10], [1; 10]].concat());
    assert_eq!((stations.let_go, stations.refused), (20, 0));
    // One host that asks for ever has its own bound, and takes the place of others no further.
    for ms in 0..200 {
        stations.lease(exchange(5, 2000 + ms));
    }
    assert_eq!(kept(&stations).iter().sum::<usize>(), MOST);
    assert_eq!(stations.get(of(5)).map(|station| station.leases.len()), Some(MOST));
    // What a host that is gone had counts no more.
    stations.forget(at(5000));
    stations.lease(exchange(7, 6000));
    assert_eq!((kept(&stations)[7], stations.let_go), (1, 20 + 200));
}
