//! Who only speaks for others, and what becomes of what such a host asks.

use std::time::Duration;

use crate::probe::tests::scene::*;
use crate::settings::{CapturePoint, Settings};
use crate::transaction::Exchange;
use crate::verdict::roles::Roles;
use crate::verdict::{Role, Route};

const OUTSIDE: &str = "198.51.100.2";

fn role(scene: &Scene, address: &str) -> Role {
    Roles::of(&scene.world).role(ip(address))
}

#[test]
fn proxies_and_resolvers() {
    let mut via = exchange(CLIENT, SERVER, 1000);
    via.request.as_mut().unwrap().head.via = Some("1.1 proxy".into());
    let mut forwarded = exchange(CLIENT, SERVER, 1000);
    forwarded.request.as_mut().unwrap().head.forwarded_for = Some("10.1.1.1".into());
    assert_eq!(role(&Scene::new().exchange(via), CLIENT), Role::Proxy);
    assert_eq!(role(&Scene::new().exchange(forwarded), CLIENT), Role::Proxy);
    assert_eq!(role(&Scene::new().exchange(exchange(CLIENT, SERVER, 1000)), CLIENT), Role::Client);
    let scene = Scene::new().exchange(proxied(1000, 200)).lookup(resolved(HOST, 1, 0, &["203.0.113.7"]));
    assert_eq!((role(&scene, "10.0.0.8"), role(&scene, RESOLVER)), (Role::Proxy, Role::Resolver));
    assert_eq!(role(&scene, "192.0.2.1"), Role::Client);
}

#[test]
fn who_asks_at_a_proxys_uplink_is_the_proxy() {
    let scene = || Scene::with(Settings { capture_point: CapturePoint::ProxyUplink, ..Settings::default() });
    assert_eq!(role(&scene().exchange(exchange(CLIENT, SERVER, 1000)), CLIENT), Role::Proxy);
    assert_eq!(role(&scene().lookup(lookup(HOST, 1, 1000)), CLIENT), Role::Client, "it asked nobody for a page");
}

/// The same request inside and outside; the outer one changed.
fn seen_twice(change: impl FnOnce(&mut Exchange)) -> Scene {
    let inner = exchange(CLIENT, SERVER, 1000);
    let mut outer = inner.clone();
    outer.connection.client.set_ip(ip(OUTSIDE));
    outer.connection.halves[0].ttl = Some(127);
    outer.connection.id.0 += 1;
    change(&mut outer);
    Scene::new().exchange(inner).exchange(outer)
}

fn translates(change: impl FnOnce(&mut Exchange)) -> bool {
    role(&seen_twice(change), OUTSIDE) == Role::Nat
}

#[test]
fn a_translator_sends_the_same_again_one_hop_nearer() {
    let later = |ms: i64| {
        move |one: &mut Exchange| {
            one.started = packet(1000 + ms);
            one.connection.syns[0].at = packet(990);
        }
    };
    let syn_later = |ms: i64| move |one: &mut Exchange| one.connection.syns[0].at = packet(990 + ms);
    assert!(translates(|_| ()));
    assert!(translates(later(1000)) && !translates(later(1001)));
    assert!(translates(syn_later(100)) && !translates(syn_later(101)));
    assert!(!translates(|one| one.connection.server = socket("203.0.113.8:80")));
    assert!(!translates(|one| one.request.as_mut().unwrap().head.target = "/other".into()));
    assert!(!translates(|one| one.connection.syns[0].identification = Some(9)));
    assert!(!translates(|one| one.connection.syns[0].identification = None));
    assert!(!translates(|one| one.connection.halves[0].ttl = Some(128)), "the same hop");
    assert!(!translates(|one| one.connection.halves[0].ttl = None));
    let nearer = seen_twice(|one| one.connection.halves[0].ttl = Some(129));
    assert_eq!((role(&nearer, OUTSIDE), role(&nearer, CLIENT)), (Role::Client, Role::Nat));
    let same = seen_twice(|one| one.connection.halves[0].ttl = Some(128));
    assert_eq!((role(&same, OUTSIDE), role(&same, CLIENT)), (Role::Client, Role::Client));
}

#[test]
fn no_identification_says_nothing() {
    let zero = |one: &mut Exchange| one.connection.syns[0].identification = Some(0);
    let mut inner = exchange(CLIENT, SERVER, 1000);
    zero(&mut inner);
    let mut outer = inner.clone();
    outer.connection.client.set_ip(ip(OUTSIDE));
    outer.connection.halves[0].ttl = Some(127);
    assert_eq!(role(&Scene::new().exchange(inner).exchange(outer), OUTSIDE), Role::Client);
}

#[test]
fn one_address_translates_nothing() {
    let scene = seen_twice(|one| one.connection.client = socket("10.0.0.5:50001"));
    assert_eq!(role(&scene, CLIENT), Role::Client);
}

#[test]
fn look_alikes_are_translated_too() {
    let mut inner = exchange(CLIENT, SERVER, 1000);
    inner.request.as_mut().unwrap().head.user_agent = Some("curl/8".into());
    let mut outer = inner.clone();
    outer.connection.client.set_ip(ip(OUTSIDE));
    outer.connection.halves[0].ttl = Some(127);
    assert_eq!(role(&Scene::new().exchange(inner).exchange(outer), OUTSIDE), Role::Nat);
}

#[test]
fn sixty_four_requests_after_one_are_compared() {
    let scene = |others: i64| {
        let inner = exchange(CLIENT, SERVER, 1000);
        let mut outer = inner.clone();
        outer.connection.client.set_ip(ip(OUTSIDE));
        outer.connection.halves[0].ttl = Some(127);
        outer.started = packet(1090);
        let mut scene = Scene::new().exchange(inner);
        for n in 0..others {
            let mut one = exchange(&format!("10.0.2.{n}"), SERVER, 1001 + n);
            one.request.as_mut().unwrap().head.target = format!("/{n}");
            scene = scene.exchange(one);
        }
        role(&scene.exchange(outer), OUTSIDE)
    };
    assert_eq!((scene(63), scene(64)), (Role::Nat, Role::Client));
}

#[test]
fn a_translators_own_copy_is_no_finding() {
    assert_eq!(seen_twice(|_| ()).findings().len(), 1);
    assert_eq!(seen_twice(|_| ()).finding().client, ip(CLIENT));
}

/// The client's leg from 1000 to 3000 ms, and the proxy's fetch.
fn fetch(from: i64) -> Scene {
    let mut leg = proxied(1000, 200);
    leg.response.as_mut().unwrap().last = packet(3000);
    leg.ended = at(3000);
    let mut up = exchange("10.0.0.8", SERVER, from);
    up.request.as_mut().unwrap().head.via = Some("1.1 proxy".into());
    Scene::new().exchange(leg).exchange(up)
}

#[test]
fn a_proxys_fetch_goes_with_the_clients_leg() {
    for (from, shown) in [(999, 2), (1000, 1), (1500, 1), (3000, 1), (3001, 2)] {
        let findings = fetch(from).findings();
        assert_eq!(findings.len(), shown, "{from}");
        for own in findings.iter().filter(|one| one.client == ip("10.0.0.8")) {
            assert_eq!((own.route, own.capability, own.ncsi_reason), (Some(Route::ProxyUpstream), None, None));
        }
    }
    let mut told = resolved(HOST, 1, 500, &["203.0.113.7"]);
    told.client.set_ip(ip("10.0.0.8"));
    assert_eq!(fetch(1500).lookup(told).findings().len(), 1, "its look-up came before, its request inside");
}

#[test]
fn a_direct_request_to_a_host_covers_nothing_of_it() {
    let mut up = exchange("203.0.113.7", "198.51.100.9:80", 1010);
    up.request.as_mut().unwrap().head.via = Some("1.1 proxy".into());
    assert_eq!(Scene::new().exchange(exchange(CLIENT, SERVER, 1000)).exchange(up).findings().len(), 2);
    assert_eq!(fetch(1500).finding().started.since(at(0)), Duration::from_millis(990));
}
