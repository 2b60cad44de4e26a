//! How much is kept: of clients, of transactions, of hosts and what they claim.

use super::scene::*;
use crate::flow::Mark;
use crate::limits::{MAX_PAGES, TableLimits};
use crate::probe::client::Client;
use crate::proto::tls::TlsVersion;
use crate::settings::Settings;
use crate::source::PacketRef;
use crate::transaction::{Exchange, ExchangeEnd, Handshake, HandshakeEnd, Lookup, Transaction};
use crate::verdict::Side;

fn limited(change: impl FnOnce(&mut TableLimits)) -> Scene {
    let mut settings = Settings::default();
    change(&mut settings.limits);
    Scene::with(settings)
}

#[test]
fn clients_are_counted_and_bounded() {
    let mut scene = limited(|limits| limits.clients = 2);
    for (n, client) in (100..).zip(["10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8", "10.0.0.5"]) {
        scene = scene.exchange(exchange(client, SERVER, n * 100));
    }
    assert_eq!(scene.world.clients.briefs().count(), 2);
    let client = |address| scene.world.clients.get(&ip(address));
    assert_eq!((client("10.0.0.5").unwrap().serial, client("10.0.0.6").unwrap().serial), (1, 2));
    assert!(client("10.0.0.7").is_none());
    assert_eq!(scene.world.clients.refused, 2);
    assert_eq!(client("10.0.0.5").unwrap().first, Some(packet(10_000)));
    assert_eq!(client("10.0.0.5").unwrap().last, at(10_400));
}

#[test]
fn who_was_answered_takes_the_place_of_who_was_not() {
    let mut scene = limited(|limits| limits.clients = 2);
    let comes = |scene: Scene, client: &str, n: i64, answered: bool| {
        let mut exchange = exchange(client, SERVER, n * 100);
        if !answered {
            exchange.response = None;
            exchange.end = ExchangeEnd::NotCaptured;
        }
        scene.exchange(exchange)
    };
    scene = comes(scene, "10.0.0.5", 100, false);
    scene = comes(scene, "10.0.0.6", 101, false);
    scene = comes(scene, "10.0.0.5", 102, true);
    scene = comes(scene, "10.0.0.7", 103, false);
    let known = |scene: &Scene| {
        let mut known: Vec<_> = scene.world.clients.briefs().map(|(address, _)| address.to_string()).collect();
        known.sort_unstable();
        known
    };
    assert_eq!(known(&scene), ["10.0.0.5", "10.0.0.6"], "one more without an answer is refused");
    scene = comes(scene, "10.0.0.8", 104, true);
    assert_eq!(known(&scene), ["10.0.0.5", "10.0.0.8"], "the first has an answer by now");
    scene = comes(scene, "10.0.0.9", 105, true);
    assert_eq!(known(&scene), ["10.0.0.5", "10.0.0.8"], "all are answered");
    assert_eq!(scene.world.clients.refused, 3);
}

/// Packets at moments that nothing can compress.
fn noise(seed: i64) -> Vec<PacketRef> {
    let mut state = seed.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        i64::try_from(state >> 44).unwrap()
    };
    (0..40).map(|_| packet(next())).collect()
}

/// Tells two hundred transactions of one client to a world with room for `bytes`: how many bytes the kept ones take.
fn used(bytes: usize, tell: impl Fn(Scene, i64) -> Scene, count: impl Fn(&Client) -> usize) -> usize {
    let mut scene = limited(|limits| limits.kept_bytes = bytes);
    scene.world.probe_servers.insert(socket(SERVER).ip());
    for n in 1..=200 {
        scene = tell(scene, n);
    }
    let kept = count(&scene.world.clients.get(&ip(CLIENT)).unwrap());
    assert_eq!(u64::try_from(kept).unwrap() + scene.world.clients.refused, 200);
    assert!(kept > 8 && kept < 200, "packed, {kept} are kept");
    scene.world.clients.pack_all();
    scene.world.clients.kept()
}

/// In a room of 20,000 bytes, what has an answer uses all of it and what has none half.
fn shares(
    answered: impl Fn(Scene, i64) -> Scene,
    silent: impl Fn(Scene, i64) -> Scene,
    count: impl Fn(&Client) -> usize + Copy,
) {
    let all = used(20_000, answered, count);
    assert!((10_001..=20_000).contains(&all), "{all}");
    let half = used(20_000, silent, count);
    assert!((4000..=10_000).contains(&half), "{half}");
}

#[test]
fn what_got_no_answer_may_use_half_of_the_room() {
    let told = |n: i64| Lookup { queries: noise(n), ..resolved(HOST, 1, n * 20, &[&format!("203.0.113.{n}")]) };
    let late = |n: i64| Lookup { answer: None, ..told(n) };
    shares(|scene, n| scene.lookup(told(n)), |scene, n| scene.lookup(late(n)), |client| client.lookups.len());

    let moved = |n: i64| {
        let mut one = exchange(CLIENT, SERVER, n * 20);
        one.response.as_mut().unwrap().head.status = 302;
        one.request.as_mut().unwrap().copies = noise(n);
        one
    };
    let silent = |n: i64| Exchange { response: None, ..moved(n) };
    shares(|scene, n| scene.exchange(moved(n)), |scene, n| scene.exchange(silent(n)), |client| client.exchanges.len());

    let alerted = |n: i64| {
        let end = HandshakeEnd::Alert;
        let alert = Some((Side::Server, 70, packet(n)));
        Handshake { alert, hello_copies: noise(n), ..refused(TlsVersion::TLS1_0, n * 20, end) }
    };
    let unheard = |n: i64| Handshake { alert: None, end: HandshakeEnd::NotCaptured, ..alerted(n) };
    let answered = |n: i64| Handshake { hello_copies: noise(n), ..handshake(TlsVersion::TLS1_0, n * 20) };
    let count = |client: &Client| client.handshakes.len();
    shares(|scene, n| scene.handshake(alerted(n)), |scene, n| scene.handshake(unheard(n)), count);
    shares(|scene, n| scene.handshake(answered(n)), |scene, n| scene.handshake(unheard(n)), count);
}

#[test]
fn connections_that_failed_use_half_of_the_room() {
    let tell = |scene: Scene, n: i64| {
        let mut one = attempted(CLIENT, SERVER, n * 20);
        one.connection.syns = noise(n).into_iter().map(|at| Mark { at, ttl: 64, identification: None }).collect();
        scene.attempted(one)
    };
    let half = used(20_000, tell, |client| client.failed.len());
    assert!((4000..=10_000).contains(&half), "{half}");
}

#[test]
fn nothing_is_lost_by_packing() {
    let story = |open_clients: usize| {
        let mut scene = limited(|limits| limits.open_clients = open_clients);
        for n in 1..400 {
            let client = ["10.0.0.5", "10.0.0.6", "10.0.0.7"][n as usize % 3];
            let mut one = exchange(client, SERVER, n * 20);
            one.response.as_mut().unwrap().head.status = if n % 5 == 0 { 200 } else { 302 };
            scene = scene.exchange(one).handshake(handshake(TlsVersion::TLS1_0, n * 20 + 10));
        }
        scene
    };
    let (open, packed) = (story(100), story(1));
    assert!(packed.world.clients.kept() < open.world.clients.kept());
    for (address, _) in open.world.clients.briefs() {
        let client = open.world.clients.get(address).unwrap();
        let other = packed.world.clients.get(address).unwrap();
        assert_eq!(format!("{:?}", client.exchanges), format!("{:?}", other.exchanges));
        assert_eq!(format!("{:?}", client.handshakes), format!("{:?}", other.handshakes));
        assert_eq!((client.serial, client.first, client.last), (other.serial, other.first, other.last));
    }
    assert_eq!(open.findings(), packed.findings());
}

#[test]
fn a_late_answer_finds_its_silence_after_packing() {
    let scene = limited(|limits| limits.open_clients = 1)
        .exchange(Exchange { response: None, ..exchange(CLIENT, SERVER, 1000) });
    let scene = scene.exchange(exchange("10.0.0.6", SERVER, 1500)).exchange(exchange("10.0.0.7", SERVER, 1600));
    let scene = scene.exchange(exchange(CLIENT, SERVER, 1000));
    let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
    assert_eq!(client.exchanges.iter().map(|one| one.status()).collect::<Vec<_>>(), [Some(200)]);
}

#[test]
fn the_oldest_of_very_many_are_dropped_and_counted() {
    let mut scene = limited(|limits| limits.kept_bytes = 1 << 30);
    scene.world.probe_servers.insert(socket(SERVER).ip());
    let all = 100 * (MAX_PAGES as i64);
    for n in 0..all {
        scene = scene.attempted(attempted(CLIENT, SERVER, n));
    }
    let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
    assert!(client.dropped > 0);
    assert_eq!(client.failed.len() as u64 + client.dropped, all as u64);
    assert_eq!(client.failed[0].connection.first, packet(client.dropped as i64));
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
    let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
    let rivals = &client.rivals;
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
