//! What a run of days lets go, and what stays.

use std::time::Duration;

use super::scene::*;
use crate::probe::client::Client;
use crate::proto::tls::TlsVersion;
use crate::settings::Settings;

/// A client that did each kind of thing four times, at 1, 2, 3 and 4 s.
fn busy() -> Client {
    let mut client = Client::new(1);
    for from in [1000, 2000, 3000, 4000] {
        let address = format!("203.0.113.{}", from / 1000);
        client.keep_lookup(Box::new(resolved(HOST, 1, from, &[&address])));
        client.keep_failed(Box::new(attempted(CLIENT, SERVER, from)));
        client.keep_exchange(Box::new(exchange(CLIENT, SERVER, from)));
        client.keep_handshake(Box::new(handshake(TlsVersion::TLS1_0, from)));
    }
    client
}

#[test]
fn the_latest_two_of_each_kind_stay_and_what_is_not_over_before() {
    let kept = |before: i64| {
        let mut client = busy();
        client.forget(at(before));
        let failed: Vec<_> = client.failed.iter().map(|one| one.connection.first).collect();
        assert!(failed.ends_with(&[packet(3000), packet(4000)]), "{failed:?}");
        [client.lookups.len(), client.failed.len(), client.exchanges.len(), client.handshakes.len()]
    };
    assert_eq!(kept(0), [4; 4]);
    // What was asked at 1 s was answered at 1.010 s, exchanged by 1.021 s, shaken by its own end.
    let ended = busy().handshakes[0].ended;
    assert_eq!(kept(1010)[0], 4);
    assert_eq!(kept(1011)[0], 3);
    assert_eq!((kept(1021)[2], kept(1022)[2]), (4, 3));
    let ms = i64::try_from(ended.since(at(0)).as_millis()).unwrap();
    assert_eq!((kept(ms)[3], kept(ms + 1)[3]), (4, 3));
    assert_eq!((kept(10_000)[1], kept(10_001)[1]), (4, 3), "unanswered for nine seconds");
    assert_eq!(kept(1_000_000), [2; 4]);
}

#[test]
fn names_are_forgotten_when_they_explain_nothing_any_more() {
    let mut client = Client::new(1);
    client.name_address(ip("203.0.113.7"), HOST, at(0), 0);
    client.name_address(ip("203.0.113.8"), HOST, at(0), 3600);
    // An answer explains connections for ten minutes, whatever its time to live.
    client.forget(at(600_000));
    assert_eq!(client.name_of(ip("203.0.113.7"), at(1000)), Some(HOST));
    client.forget(at(600_001));
    assert_eq!(client.name_of(ip("203.0.113.7"), at(1000)), None);
    assert_eq!(client.name_of(ip("203.0.113.8"), at(1000)), Some(HOST));
}

#[test]
fn any_transaction_makes_a_client_worth_keeping() {
    assert!(!Client::new(1).keeps_anything());
    let with = |change: &dyn Fn(&mut Client)| {
        let mut client = Client::new(1);
        change(&mut client);
        client.keeps_anything()
    };
    assert!(with(&|client| assert!(client.keep_lookup(Box::new(lookup(HOST, 1, 0))))));
    assert!(with(&|client| client.keep_failed(Box::new(attempted(CLIENT, SERVER, 1000)))));
    assert!(with(&|client| assert!(client.keep_exchange(Box::new(exchange(CLIENT, SERVER, 1000))))));
    assert!(with(&|client| client.keep_handshake(Box::new(handshake(TlsVersion::TLS1_0, 1000)))));
    assert!(with(&|client| client.discovery = Some(Box::default())));
}

#[test]
fn clients_go_after_an_idle_hour_whether_open_or_packed() {
    for open_clients in [1, 100] {
        let mut settings = Settings::default();
        settings.limits.open_clients = open_clients;
        let mut scene = Scene::with(settings);
        for n in 0..6 {
            let one = exchange(["10.0.0.5", "10.0.0.6"][n as usize % 2], SERVER, 1000 + n * 100);
            let moved = crate::transaction::Exchange { ended: at(1400), ..one };
            scene = scene.exchange(moved);
        }
        let hour = 3_600_000;
        scene.world.forget(at(1400 + hour));
        let kept = |scene: &Scene, client| scene.world.clients.get(&ip(client)).map(|client| client.exchanges.len());
        assert_eq!((kept(&scene, "10.0.0.5"), kept(&scene, "10.0.0.6")), (Some(2), Some(2)), "{open_clients}");
        scene.world.forget(at(1401 + hour));
        assert_eq!((kept(&scene, "10.0.0.5"), kept(&scene, "10.0.0.6")), (None, Some(2)), "the last was at 1.5 s");
        scene.world.forget(at(1501 + hour));
        assert_eq!((kept(&scene, "10.0.0.6"), scene.world.clients.kept()), (None, 0));
    }
}

#[test]
fn sets_without_times_are_emptied_when_they_are_half_full() {
    let mut settings = Settings::default();
    settings.limits.hosts = 4;
    for (count, left) in [(2, 2), (3, 0)] {
        let mut scene = Scene::with(settings.clone());
        scene.world.resolvers.extend((0..count).map(|n| ip(&format!("10.0.9.{n}"))));
        scene.world.forget(at(0).before(Duration::from_secs(1)));
        assert_eq!(scene.world.resolvers.len(), left);
    }
}
