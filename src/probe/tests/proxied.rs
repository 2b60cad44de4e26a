//! Probes through a proxy, proxies that cannot be reached, and the 407 that other requests meet.

use super::scene::*;
use crate::probe::attempt::Attempt;
use crate::settings::Settings;
use crate::transaction::Exchange;
use crate::verdict::{Cause, Doubt, Family, Verdict};

/// Legs of each attempt that goes by a proxy.
fn legs(list: &[Exchange]) -> Vec<usize> {
    let scene = list.iter().fold(Scene::new(), |scene, one| scene.exchange(one.clone()));
    tried(&scene, CLIENT, |attempts| {
        let legs = attempts.iter().filter_map(|attempt| match attempt {
            Attempt::Web(web) if web.proxy.is_some() => Some(web.legs.len()),
            Attempt::ProxyRefusal(legs) => Some(legs.len()),
            _ => None,
        });
        legs.collect()
    })
}

#[test]
fn the_legs_of_an_authentication_follow_a_407_for_the_same_thing() {
    assert_eq!(legs(&[proxied(1000, 407), proxied(2000, 200)]), [2]);
    assert_eq!(legs(&[proxied(1000, 200), proxied(2000, 200)]), [1, 1], "nothing was refused");
    assert_eq!(legs(&[proxied(1000, 407), proxied(36_021, 200)]), [2]);
    assert_eq!(legs(&[proxied(1000, 407), proxied(36_022, 200)]), [1, 1], "too late");
    let mut elsewhere = proxied(2000, 200);
    elsewhere.connection.server = socket("10.0.0.9:3128");
    assert_eq!(legs(&[proxied(1000, 407), elsewhere]), [1, 1], "another proxy");
    let mut other = proxied(2000, 200);
    other.request.as_mut().unwrap().head.path = "/ncsi.txt".into();
    assert_eq!(legs(&[proxied(1000, 407), other]), [1, 1], "another thing");
}

#[test]
fn a_probes_family_is_that_of_its_name() {
    let mut six = proxied(1000, 200);
    six.request.as_mut().unwrap().head.host = Some(HOST6.into());
    assert_eq!(Scene::new().exchange(six).finding().family, Family::V6);
    let mut custom = proxied(1000, 200);
    custom.request.as_mut().unwrap().head.host = Some("probe.example".into());
    assert_eq!(Scene::new().exchange(custom.clone()).finding().family, Family::V4);
    custom.connection.server = socket("[2001:db8::8]:3128");
    assert_eq!(Scene::new().exchange(custom).finding().family, Family::V6);
}

fn knows(proxy: &str) -> Scene {
    Scene::with(Settings { proxies: vec![proxy.parse().unwrap()], ..Settings::default() }).hears(CLIENT)
}

#[test]
fn an_unreachable_proxy_is_one_that_was_named() {
    let failed = || attempted(CLIENT, PROXY, 1000);
    let finding = knows("10.0.0.8:3128").attempted(failed()).finding();
    assert_eq!((finding.verdict, finding.cause), (Verdict::ActiveHttpProbeFailed, Some(Cause::ProxyUnreachable)));
    assert_eq!(finding.confidence_reasons, []);
    assert_eq!((finding.proxy, finding.host), (Some(socket(PROXY)), None));
    assert!(knows("10.0.0.8:8080").attempted(failed()).findings().is_empty(), "another port");
    assert!(knows("10.0.0.9:3128").attempted(failed()).findings().is_empty(), "another address");
    let named = |name: &str, port| {
        let scene = knows(&format!("proxy.example:{port}")).lookup(resolved(name, 1, 0, &["10.0.0.8"]));
        scene.attempted(failed()).findings().len()
    };
    assert_eq!(named("proxy.example", 3128), 1);
    assert_eq!(named("proxy.example", 3129), 0);
    assert_eq!(named("other.example", 3128), 0);
}

#[test]
fn or_one_that_the_clients_own_probes_go_through() {
    let scene = Scene::new().hears(CLIENT).exchange(proxied(100_000, 200));
    let failed = scene.attempted(attempted(CLIENT, PROXY, 1000)).findings().remove(0);
    assert_eq!((failed.rule, failed.host.as_deref()), ("proxy.unreachable", Some(HOST)));
    assert_eq!(failed.confidence_reasons, [Doubt::SharedAddress]);
    let scene = Scene::new().hears(CLIENT).exchange(proxied(100_000, 200));
    assert_eq!(scene.attempted(attempted(CLIENT, "10.0.0.8:80", 1000)).findings().len(), 1);
    let both = knows("10.0.0.8:3128").exchange(proxied(100_000, 200)).attempted(attempted(CLIENT, PROXY, 1000));
    assert_eq!(both.findings()[0].confidence_reasons, []);
    let mut six = proxied(100_000, 200);
    six.request.as_mut().unwrap().head.host = Some(HOST6.into());
    let scene = Scene::new().hears(CLIENT).exchange(six).attempted(attempted(CLIENT, PROXY, 1000));
    assert_eq!(scene.findings()[0].family, Family::V6);
}

#[test]
fn refusals_of_one_host_by_one_proxy_are_one() {
    let (a, b) = ("a.example", "b.example");
    assert_eq!(legs(&[proxied_other(a, 1000, 407), proxied_other(a, 90_000, 407)]), [2]);
    assert_eq!(legs(&[proxied_other(a, 1000, 407), proxied_other(b, 2000, 407)]), [1, 1]);
    let mut elsewhere = proxied_other(a, 2000, 407);
    elsewhere.connection.server = socket("10.0.0.9:3128");
    assert_eq!(legs(&[proxied_other(a, 1000, 407), elsewhere]), [1, 1]);
}

#[test]
fn a_later_request_for_the_same_host_gets_past_the_refusal() {
    let (a, b) = ("a.example", "b.example");
    let refusal = || proxied_other(a, 1000, 407);
    assert!(legs(&[refusal(), proxied_other(a, 2000, 200)]).is_empty());
    assert!(legs(&[refusal(), proxied_other(a, 2000, 503)]).is_empty(), "any other answer");
    assert_eq!(legs(&[refusal(), proxied_other(b, 2000, 200)]), [1], "for another host");
    assert_eq!(legs(&[refusal(), proxied_other(a, 1000, 200)]), [1], "at the same moment");
    assert_eq!(legs(&[refusal(), proxied_other(a, 500, 200)]), [1], "before");
    let mut elsewhere = proxied_other(a, 2000, 200);
    elsewhere.connection.server = socket("10.0.0.9:3128");
    assert_eq!(legs(&[refusal(), elsewhere]), [1], "by another proxy");
    let silent = Exchange { response: None, ..proxied_other(a, 2000, 200) };
    assert_eq!(legs(&[refusal(), silent]), [1], "without an answer");
}
