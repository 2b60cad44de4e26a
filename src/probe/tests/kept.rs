//! How much is kept: of clients, of transactions, of hosts and what they claim.

use super::scene::*;
use crate::limits::TableLimits;
use crate::proto::tls::TlsVersion;
use crate::settings::Settings;
use crate::transaction::{Attempted, Exchange, Handshake, HandshakeEnd, Lookup, Transaction};
use crate::verdict::Side;

fn limited(change: impl FnOnce(&mut TableLimits)) -> Scene {
    let mut settings = Settings::default();
    change(&mut settings.limits);
    Scene::with(settings)
}

fn bytes(kept_bytes: usize) -> Scene {
    limited(|limits| limits.kept_bytes = kept_bytes)
}

#[test]
fn clients_are_counted_and_bounded() {
    let mut scene = limited(|limits| limits.clients = 2);
    for (n, client) in (100..).zip(["10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "10.0.0.5"]) {
        scene = scene.exchange(exchange(client, SERVER, n * 100));
    }
    assert_eq!(scene.world.clients.iter().count(), 2);
    let client = |address| scene.world.clients.get(&ip(address));
    assert_eq!((client("10.0.0.5").unwrap().serial, client("10.0.0.6").unwrap().serial), (1, 2));
    assert!(client("10.0.0.7").is_none());
    assert_eq!(scene.world.clients.refused, 2);
    assert_eq!(client("10.0.0.5").unwrap().first, Some(packet(10_000)));
    assert_eq!(client("10.0.0.5").unwrap().last, at(10_400));
}

#[test]
fn what_was_answered_may_use_all_of_the_room() {
    let mut scene = bytes(3 * (size_of::<Lookup>() + 256));
    for n in 0..5 {
        scene = scene.lookup(resolved(HOST, 1, n * 100, &[&format!("203.0.113.{}", 7 + n)]));
    }
    let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
    assert_eq!((client.lookups.len(), scene.world.clients.refused), (3, 2));

    let mut scene = bytes(3 * (size_of::<Exchange>() + 1024));
    for n in 1..6 {
        let mut one = exchange(CLIENT, SERVER, n * 100);
        one.response.as_mut().unwrap().head.status = 302;
        scene = scene.exchange(one);
    }
    let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
    assert_eq!((client.exchanges.len(), scene.world.clients.refused), (3, 2));

    let alerted = |n| {
        let end = HandshakeEnd::Alert;
        Handshake { alert: Some((Side::Server, 70, packet(n))), ..refused(TlsVersion::TLS1_0, n, end) }
    };
    for one in [alerted as fn(i64) -> Handshake, |n| handshake(TlsVersion::TLS1_0, n)] {
        let mut scene = bytes(3 * (size_of::<Handshake>() + 1024));
        for n in 1..6 {
            scene = scene.handshake(one(n * 100));
        }
        let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
        assert_eq!((client.handshakes.len(), scene.world.clients.refused), (3, 2));
    }
}

#[test]
fn what_got_no_answer_may_use_half_of_it() {
    let mut scene = bytes(6 * (size_of::<Lookup>() + 256));
    for n in 0..5 {
        scene = scene.lookup(lookup(HOST, 1, n * 100));
    }
    assert_eq!(scene.world.clients.get(&ip(CLIENT)).unwrap().lookups.len(), 3);

    let mut scene = bytes(6 * (size_of::<Attempted>() + 256));
    scene.world.probe_servers.insert(socket(SERVER).ip());
    for n in 0..5 {
        scene = scene.attempted(attempted(CLIENT, SERVER, n * 100));
    }
    assert_eq!(scene.world.clients.get(&ip(CLIENT)).unwrap().failed.len(), 3);

    let mut scene = bytes(6 * (size_of::<Handshake>() + 1024));
    for n in 1..6 {
        scene = scene.handshake(refused(TlsVersion::TLS1_0, n * 100, HandshakeEnd::NotCaptured));
    }
    assert_eq!(scene.world.clients.get(&ip(CLIENT)).unwrap().handshakes.len(), 3);
}

#[test]
fn sixty_four_rival_answers_of_a_probe_name_are_kept() {
    let mut scene = Scene::new();
    for (n, name) in (0..70).map(|n| (n, HOST)).chain([(80, "www.example")]) {
        scene.world.accept(Transaction::RivalAnswer {
            client: ip(CLIENT),
            name: name.into(),
            at: packet(n),
            server: ip(RESOLVER),
            addresses: Vec::new(),
        });
    }
    let rivals = &scene.world.clients.get(&ip(CLIENT)).unwrap().rivals;
    assert_eq!(rivals.len(), 64);
    assert!(rivals.iter().all(|(name, ..)| name == HOST));
}

#[test]
fn link_addresses_and_their_claims_are_bounded() {
    let mut scene = limited(|limits| limits.hosts = 2);
    for n in 0..20 {
        scene = scene.neighbour(&format!("10.0.0.{n}"), mac(1)).neighbour("10.0.0.1", mac(1));
    }
    assert_eq!(scene.world.neighbours[&mac(1)].len(), 16);
    scene = scene.neighbour("10.0.1.1", mac(2)).neighbour("10.0.1.2", mac(3)).neighbour("10.0.1.3", mac(2));
    assert_eq!(scene.world.neighbours.len(), 2);
    assert_eq!(scene.world.neighbours[&mac(2)], [ip("10.0.1.1"), ip("10.0.1.3")]);
}

#[test]
fn resolvers_and_proxies_are_bounded() {
    let mut scene = limited(|limits| limits.hosts = 2);
    for n in 1..5 {
        let mut one = resolved(HOST, 1, n * 100, &["203.0.113.7"]);
        one.server.set_ip(ip(&format!("10.0.9.{n}")));
        scene = scene.lookup(one);
        let mut one = proxied(n * 1000, 200);
        one.connection.server = socket(&format!("10.0.8.{n}:3128"));
        scene = scene.exchange(one);
    }
    assert_eq!((scene.world.resolvers.len(), scene.world.proxies.len()), (2, 2));
    scene = scene.lookup(lookup(HOST, 1, 9000));
    assert!(!scene.world.resolvers.contains(&ip(RESOLVER)));

    let mut scene = Scene::new();
    for n in 1..100 {
        let mut one = proxied(n * 1000, 200);
        one.connection.client.set_ip(std::net::IpAddr::from([10, 0, 7, n as u8]));
        scene = scene.exchange(one);
    }
    assert_eq!(scene.world.proxies[&socket(PROXY)].len(), 64);
    assert!(Scene::new().exchange(exchange(CLIENT, SERVER, 100)).world.proxies.is_empty());
}

#[test]
fn servers_of_current_tls_are_bounded() {
    let mut scene = limited(|limits| limits.hosts = 2);
    for n in 1..5 {
        let mut one = handshake(TlsVersion::TLS1_2, n * 100);
        one.connection.server = socket(&format!("203.0.113.{n}:443"));
        scene = scene.handshake(one);
    }
    assert_eq!(scene.world.modern_servers.len(), 2);
}
