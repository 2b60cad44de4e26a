//! What is worth keeping of what happened, and what it says about the capture as a whole.

use super::scene::*;
use crate::probe::client::Client;
use crate::probe::rewriting::Rewriting;
use crate::proto::http::Body;
use crate::proto::tls::{Certificate, TlsVersion};
use crate::transaction::{Exchange, ExchangeEnd, Handshake, HandshakeEnd, Tunnel};
use crate::verdict::Side;

fn client(scene: &Scene) -> Client {
    scene.world.clients.get(&ip(CLIENT)).unwrap().into_owned()
}

fn keeps(one: Exchange) -> bool {
    let scene = Scene::new().lookup(resolved(HOST, 1, 0, &["203.0.113.7"])).exchange(one);
    !client(&scene).exchanges.is_empty()
}

fn other(mut one: Exchange) -> Exchange {
    let head = &mut one.request.as_mut().unwrap().head;
    (head.host, head.path, head.user_agent) = (Some("www.example".into()), "/".into(), None);
    one
}

#[test]
fn which_exchanges_are_kept() {
    assert!(keeps(exchange(CLIENT, SERVER, 1000)));
    assert!(!keeps(other(exchange(CLIENT, SERVER, 1000))));
    assert!(!keeps(other(status(CLIENT, SERVER, 1000, 407))), "a 407 of a server that was not asked as a proxy");
    assert!(!keeps(proxied_other("www.example", 1000, 200)));
    assert!(keeps(proxied_other("www.example", 1000, 407)));
    let alone = |server: &str, body: &str| {
        let mut one = status(CLIENT, server, 1000, 200);
        one.response.as_mut().unwrap().body.bytes = body.into();
        Exchange { request: None, ..one }
    };
    assert!(keeps(alone("198.51.100.1:8080", BODY)), "by what it says");
    assert!(keeps(alone(SERVER, "<html>")), "by whom it comes from");
    assert!(!keeps(alone("203.0.113.7:8080", "<html>")));
    assert!(!keeps(alone("198.51.100.1:80", "<html>")));
}

#[test]
fn a_use_of_a_proxy_says_whether_it_was_a_probe() {
    let scene = Scene::new().exchange(proxied(1000, 407)).exchange(proxied_other("www.example", 2000, 200));
    let uses: Vec<_> = client(&scene).proxy_uses.iter().map(|one| (one.probe, one.status, one.at)).collect();
    assert_eq!(uses, [(true, Some(407), at(1000)), (false, Some(200), at(2000))]);
    assert!(client(&Scene::new().exchange(exchange(CLIENT, SERVER, 1000))).proxy_uses.is_empty());
}

#[test]
fn which_handshakes_are_kept() {
    let keeps = |list: &[Handshake]| {
        let scene = list.iter().fold(Scene::new(), |scene, one| scene.handshake(one.clone()));
        client(&scene).handshakes.len()
    };
    let good = |from| handshake(TlsVersion::TLS1_2, from);
    let failed = refused(TlsVersion::TLS1_2, 1000, HandshakeEnd::NotCaptured);
    let certificate = |issuer: &str| {
        let by = Certificate { readable: true, issuer_name: Some(issuer.into()), ..Certificate::default() };
        let mut one = good(1000);
        one.hello.as_mut().unwrap().0.sni = Some("login.microsoftonline.com".into());
        Handshake { certificate: Some((Box::new(by), packet(1010))), ..one }
    };
    assert_eq!(keeps(&[good(1000)]), 0);
    assert_eq!(keeps(&[handshake(TlsVersion::TLS1_1, 1000)]), 1);
    assert_eq!(keeps(std::slice::from_ref(&failed)), 1);
    let alerted = Handshake { end: HandshakeEnd::Alert, established: false, ..good(1000) };
    assert_eq!(keeps(&[alerted]), 1, "current version, and refused");
    assert_eq!(keeps(&[certificate("Corp CA")]), 1);
    assert_eq!(keeps(&[certificate("DigiCert")]), 0);
    assert_eq!(keeps(&[failed.clone(), good(11_020)]), 2);
    assert_eq!(keeps(&[failed.clone(), good(11_021)]), 1);
    assert_eq!(keeps(&[handshake(TlsVersion::TLS1_1, 1000), good(1100)]), 1, "no failure before it");
}

#[test]
fn a_server_is_current_once_it_finished_tls_1_2_directly() {
    let modern = |one: Handshake| Scene::new().handshake(one).world.modern_servers.len();
    let good = handshake(TlsVersion::TLS1_2, 1000);
    assert_eq!(modern(good.clone()), 1);
    assert_eq!(modern(handshake(TlsVersion::TLS1_3, 1000)), 1);
    assert_eq!(modern(handshake(TlsVersion::TLS1_1, 1000)), 0);
    assert_eq!(modern(Handshake { established: false, ..good.clone() }), 0);
    let tunnel = Some(Tunnel { host: "sts.example".into(), port: 443 });
    assert_eq!(modern(Handshake { tunnel, ..good }), 0);
}

#[test]
fn what_was_seen_at_all() {
    let scene = Scene::new();
    assert_eq!(scene.world.protocols, crate::probe::world::Protocols::default());
    let asked = Scene::new().lookup(lookup(HOST, 1, 0)).world.protocols;
    assert!(asked.dns && !asked.dns_answers && !asked.http && !asked.tls && !asked.neighbours);
    let mut alone = resolved(HOST, 1, 0, &["203.0.113.7"]);
    alone.queries.clear();
    let told = Scene::new().lookup(alone).world.protocols;
    assert!(!told.dns && told.dns_answers);
    let both = Scene::new().lookup(lookup(HOST, 1, 0)).lookup(resolved(HOST, 1, 50, &["203.0.113.7"]));
    let both = both.lookup(lookup(HOST, 1, 99)).world.protocols;
    assert!(both.dns && both.dns_answers);
    assert!(Scene::new().neighbour("10.0.0.1", mac(1)).world.protocols.neighbours);
    assert!(Scene::new().exchange(exchange(CLIENT, SERVER, 100)).world.protocols.http);
    assert!(Scene::new().handshake(handshake(TlsVersion::TLS1_2, 100)).world.protocols.tls);
}

#[test]
fn who_asks_is_a_client() {
    let mut resolver = lookup(HOST, 1, 0);
    resolver.recursion_desired = false;
    assert!(!client(&Scene::new().lookup(resolver.clone())).asks);
    assert!(client(&Scene::new().lookup(lookup(HOST, 1, 0)).lookup(resolver)).asks);
    assert!(client(&Scene::new().exchange(exchange(CLIENT, SERVER, 100))).asks);
    let answer = Exchange { request: None, ..exchange(CLIENT, SERVER, 100) };
    assert!(!client(&Scene::new().exchange(answer.clone())).asks);
    assert!(client(&Scene::new().exchange(exchange(CLIENT, SERVER, 100)).exchange(answer)).asks);
}

#[test]
fn when_contents_or_addresses_look_rewritten() {
    for (flat_bodies, matches, mismatches, expected) in [
        (0, 0, 0, false),
        (1, 0, 0, true),
        (1, 5, 0, true),
        (0, 0, 1, false),
        (0, 0, 2, true),
        (0, 1, 2, false),
        (0, 1, 0, false),
        (0, 5, 9, false),
    ] {
        let rewriting = Rewriting { matches, mismatches, flat_bodies };
        assert_eq!(rewriting.suspected(), expected, "{rewriting:?}");
    }
}

#[test]
fn a_body_of_one_byte_is_flat_from_eight_on() {
    let flat = |kind: Option<&str>, body: &[u8]| {
        let mut scene = Scene::new();
        for n in 1..3 {
            let mut one = exchange(CLIENT, SERVER, n * 100);
            let response = one.response.as_mut().unwrap();
            response.head.content_type = kind.map(str::to_owned);
            response.body = Body { bytes: body.to_vec(), ..Body::default() };
            scene = scene.exchange(one);
        }
        scene.world.rewriting.flat_bodies
    };
    assert_eq!(flat(None, b"AAAAAAAA"), 2);
    assert_eq!(flat(Some("text/plain"), b"AAAAAAAA"), 2);
    assert_eq!(flat(Some("application/octet-stream"), b"AAAAAAAA"), 0);
    assert_eq!(flat(None, b"AAAAAAA"), 0);
    assert_eq!(flat(None, b"AAAAAAAB"), 0);
    assert_eq!(flat(None, b""), 0);
}

#[test]
fn a_request_goes_where_its_name_led_or_somewhere_else() {
    let counted = |address: &str, name: &str, change: fn(&mut Exchange)| {
        let mut scene = Scene::new().lookup(resolved(name, 1, 0, &[address]));
        for n in 1..3 {
            let mut one = exchange(CLIENT, SERVER, n * 100);
            change(&mut one);
            scene = scene.exchange(one);
        }
        (scene.world.rewriting.matches, scene.world.rewriting.mismatches)
    };
    assert_eq!(counted("203.0.113.7", HOST, |_| ()), (2, 0));
    assert_eq!(counted("198.51.100.9", HOST, |_| ()), (0, 2));
    assert_eq!(counted("203.0.113.7", "other.example", |_| ()), (0, 0));
    assert_eq!(counted("203.0.113.7", HOST, |one| absolute(&mut one.request.as_mut().unwrap().head)), (0, 0));
    assert_eq!(counted("203.0.113.7", HOST, |one| one.request = None), (0, 0));
}

#[test]
fn a_connection_that_goes_on_unanswered_shows_a_capture_with_one_eye() {
    let unseen = |change: fn(&mut Exchange)| {
        let mut one = exchange(CLIENT, SERVER, 1000);
        change(&mut one);
        client(&Scene::new().exchange(one)).unseen.touches(at(0), at(9000))
    };
    assert!(!unseen(|_| ()));
    assert!(unseen(|one| one.end = ExchangeEnd::NotCaptured));
    assert!(unseen(|one| one.connection.halves[1].packets = 0));
    assert!(!unseen(|one| {
        one.connection.halves[1].packets = 0;
        one.connection.halves[0].delivered = 0;
    }));
    assert!(unseen(|one| one.connection.halves[1].acknowledged_missing = 1));
    assert!(!unseen(|one| one.connection.halves[0].acknowledged_missing = 1));
    let hidden = refused(TlsVersion::TLS1_2, 1000, HandshakeEnd::NotCaptured);
    assert!(client(&Scene::new().handshake(hidden)).unseen.touches(at(0), at(9000)));
    let reset = HandshakeEnd::Reset { by: Side::Server, mark: mark(1020) };
    assert!(!client(&Scene::new().handshake(refused(TlsVersion::TLS1_2, 1000, reset))).unseen.touches(at(0), at(9000)));
}
