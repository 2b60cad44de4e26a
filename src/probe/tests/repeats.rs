//! What one client did again and again, and how little of it is kept.

use std::time::Duration;

use super::scene::*;
use crate::probe::client::Client;
use crate::proto::dns::rcode;
use crate::transaction::{Exchange, Lookup};

const WINDOW: Duration = Duration::from_secs(150);

/// What is left of these successes beside this trouble, and how many the last of it stands for.
fn left(trouble: impl FnOnce(&mut Client), list: impl IntoIterator<Item = Exchange>) -> (usize, u32) {
    let mut client = Client::default();
    trouble(&mut client);
    for one in list {
        client.keep_success(Box::new(one), WINDOW);
    }
    (client.exchanges.len(), client.exchanges.back().unwrap().stands_for.map_or(0, |others| others.count))
}

fn three() -> Vec<Exchange> {
    [1000, 61_000, 121_000].map(|from| exchange(CLIENT, SERVER, from)).to_vec()
}

#[test]
fn a_success_like_the_two_before_it_takes_no_room() {
    assert_eq!(left(|_| (), three()), (2, 1));
    let four = three().into_iter().chain([exchange(CLIENT, SERVER, 181_000)]);
    assert_eq!(left(|_| (), four), (2, 2));
    let late = three().into_iter().take(2).chain([exchange(CLIENT, SERVER, 211_022)]);
    assert_eq!(left(|_| (), late), (3, 0), "later than an episode");
    let mut elsewhere = three();
    elsewhere[1].connection.server = socket("203.0.113.8:80");
    assert_eq!(left(|_| (), elsewhere), (2, 1), "a probe's server has several addresses");
    let by_proxies = |last: &str| {
        let mut list = [1000, 61_000, 121_000].map(|from| proxied(from, 200));
        list[2].connection.server = socket(last);
        left(|_| (), list)
    };
    assert_eq!((by_proxies(PROXY), by_proxies("10.0.0.9:3128")), ((2, 1), (3, 0)), "another proxy is another way");
}

#[test]
fn successes_that_overlap_stand_for_themselves() {
    let next = |from: i64| left(|_| (), [1000, 61_000, from].map(|from| exchange(CLIENT, SERVER, from)));
    assert_eq!((next(61_021), next(61_022)), ((3, 0), (2, 1)));
}

fn lookup_that(name: &str, code: u16, ended: i64) -> Lookup {
    let mut one = resolved(name, 1, ended - 10, &[]);
    one.answer.as_mut().unwrap().rcode = code;
    one
}

#[test]
fn trouble_in_between_keeps_every_success() {
    let failed = |name: &'static str, code: u16, ended: i64| {
        left(|client| assert!(client.keep_lookup(Box::new(lookup_that(name, code, ended)))), three())
    };
    assert_eq!(failed(HOST, rcode::NXDOMAIN, 999), (2, 1));
    assert_eq!(failed(HOST, rcode::NXDOMAIN, 1000), (3, 0));
    assert_eq!(failed(HOST, rcode::NXDOMAIN, 30_000), (3, 0));
    assert_eq!(failed(HOST, rcode::NOERROR, 30_000), (2, 1), "it was answered");
    assert_eq!(failed("www.example", rcode::NXDOMAIN, 30_000), (2, 1), "another name");
    let silent = left(|client| assert!(client.keep_lookup(Box::new(lookup(HOST, 1, 18_000)))), three());
    assert_eq!(silent, (3, 0), "nobody answered");
    assert_eq!(left(|client| client.keep_failed(Box::new(attempted(CLIENT, SERVER, 30_000))), three()), (3, 0));
}

#[test]
fn only_equal_look_ups_stand_for_each_other() {
    let kept = |names: [(&str, u16); 3]| {
        let mut client = Client::default();
        for (from, (name, qtype)) in (1..).zip(names) {
            client.keep_lookup(Box::new(resolved(name, qtype, from * 1000, &["203.0.113.7"])));
        }
        client.lookups.len()
    };
    assert_eq!(kept([(HOST, 1); 3]), 2);
    assert_eq!(kept([(HOST, 1), (HOST, 1), (HOST, 28)]), 3);
    assert_eq!(kept([(HOST, 1), (HOST, 1), (HOST6, 1)]), 3);
}

#[test]
fn a_client_talks_once_a_name_led_it_somewhere() {
    let mut client = Client::default();
    assert!(!client.talks());
    client.name_address(ip("203.0.113.7"), HOST, at(0), 60);
    assert!(client.talks());
}

#[test]
fn the_last_answers_without_requests_are_kept() {
    let mut client = Client::default();
    for n in 0..257 {
        client.keep_unasked(socket(SERVER), at(n));
    }
    assert_eq!((client.unasked.len(), client.unasked[0]), (256, (socket(SERVER), at(1))));
    let unasked = Scene::new().exchange(Exchange { request: None, ..exchange(CLIENT, SERVER, 1000) });
    assert_eq!(unasked.world.clients.get(&ip(CLIENT)).unwrap().unasked, [(socket(SERVER), at(1000))]);
}

#[test]
fn uses_of_quic_are_known_by_name_and_server() {
    let (other, far) = ("203.0.113.10:443", "a.example");
    let mut client = Client::default();
    for one in [
        quic(Some(far), SECURE, 2000, false),
        quic(Some(far), SECURE, 1000, true),
        quic(Some(far), SECURE, 3000, false),
        quic(Some(far), other, 4000, false),
        quic(Some("b.example"), SECURE, 5000, false),
        quic(None, SECURE, 6000, true),
    ] {
        client.keep_quic(&one);
    }
    let uses: Vec<_> = client.quic_uses.iter().map(|one| (one.first, one.last, one.answered)).collect();
    let once = |ms, answered| (at(ms), at(ms), answered);
    assert_eq!(uses, [(at(1000), at(3000), true), once(4000, false), once(5000, false), once(6000, true)]);
    for n in 0..256 {
        client.keep_quic(&quic(Some(&format!("n{n}.example")), SECURE, 7000 + n, false));
    }
    assert_eq!((client.quic_uses.len(), client.quic_uses[0].host.as_deref()), (256, Some("n0.example")));
}
