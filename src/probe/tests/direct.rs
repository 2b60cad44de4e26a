//! Direct probes: every address tried before the first answer is one attempt.

use super::scene::*;
use crate::probe::attempt::Attempt;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, ExchangeEnd};
use crate::verdict::{Doubt, Verdict};

const SECOND: &str = "203.0.113.8:80";

/// Failed connections, requests, and whether the address may have been meant for something else.
fn direct(scene: &Scene, client: &str) -> Vec<(usize, usize, bool)> {
    tried(scene, client, |attempts| {
        let web = attempts.iter().filter_map(|attempt| match attempt {
            Attempt::Web(web) => Some((web.failed.len(), web.legs.len(), web.shared)),
            _ => None,
        });
        web.collect()
    })
}

fn told() -> Scene {
    Scene::new().lookup(resolved(HOST, 1, 0, &["203.0.113.7", "203.0.113.8"]))
}

fn refused_at(server: &str, ms: i64) -> Attempted {
    Attempted { end: AttemptedEnd::Refused(mark(ms + 500)), ..attempted(CLIENT, server, ms) }
}

#[test]
fn the_next_address_belongs_to_the_attempt_for_three_seconds() {
    let after =
        |ms: i64| direct(&told().attempted(refused_at(SERVER, 1000)).exchange(exchange(CLIENT, SECOND, ms)), CLIENT);
    assert_eq!(after(4510), [(1, 1, false)]);
    assert_eq!(after(4511), [(1, 0, false), (0, 1, false)]);
}

#[test]
fn what_does_not_go_on_with_the_attempt() {
    let first = || told().attempted(refused_at(SERVER, 1000));
    let again = first().exchange(exchange(CLIENT, SERVER, 2000));
    assert_eq!(direct(&again, CLIENT), [(1, 0, false), (0, 1, false)], "the same address again");
    let mut one = exchange(CLIENT, SECOND, 2000);
    one.request.as_mut().unwrap().head.host = Some("www.msftncsi.com".into());
    assert_eq!(direct(&first().exchange(one), CLIENT), [(1, 0, false), (0, 1, false)], "another host");
    let two = told().exchange(exchange(CLIENT, SERVER, 1000)).exchange(exchange(CLIENT, SECOND, 2000));
    assert_eq!(direct(&two, CLIENT), [(0, 1, false), (0, 1, false)], "after an answer");
    let silent = Exchange { response: None, end: ExchangeEnd::Unreachable, ..exchange(CLIENT, SERVER, 1000) };
    let two = told().exchange(silent).exchange(exchange(CLIENT, SECOND, 2000));
    assert_eq!(direct(&two, CLIENT), [(0, 2, false)]);
}

#[test]
fn a_failed_connection_is_a_probes_by_name_and_port() {
    assert_eq!(direct(&told().attempted(attempted(CLIENT, SERVER, 1000)), CLIENT), [(1, 0, false)]);
    assert!(direct(&told().attempted(attempted(CLIENT, "203.0.113.7:443", 1000)), CLIENT).is_empty());
    assert!(direct(&told().attempted(attempted(CLIENT, "198.51.100.1:80", 1000)), CLIENT).is_empty());
    let silent = Attempted { end: AttemptedEnd::Silent, ..attempted(CLIENT, SERVER, 1000) };
    assert!(direct(&told().attempted(silent), CLIENT).is_empty());
    let other = Scene::new().lookup(resolved("www.example", 1, 0, &["203.0.113.7"]));
    assert!(direct(&other.attempted(attempted(CLIENT, SERVER, 1000)), CLIENT).is_empty());
}

#[test]
fn an_address_is_shared_with_another_name_or_after_a_minute() {
    let shared = |scene: Scene, ms: i64| direct(&scene.attempted(attempted(CLIENT, SERVER, ms)), CLIENT)[0].2;
    assert!(!shared(told(), 60_010));
    assert!(shared(told(), 60_011));
    assert!(shared(told().lookup(resolved("www.example", 1, 100, &["203.0.113.7"])), 1000));
    assert!(!shared(told().lookup(resolved("www.example", 1, 100, &["203.0.113.9"])), 1000));
    let finding = told().lookup(resolved("www.example", 1, 100, &["203.0.113.7"])).hears(CLIENT);
    let finding = finding.attempted(attempted(CLIENT, SERVER, 1000)).finding();
    assert_eq!(finding.confidence_reasons, [Doubt::SharedAddress]);
}

#[test]
fn kin_tells_the_name_where_the_host_is_surely_or_perhaps_the_same() {
    let lookup6 = || resolved(HOST6, 28, 0, &["2001:db8:f::7"]);
    let failed6 = |last| {
        let mut one = attempted(CLIENT6, SERVER6, 1000);
        one.connection.halves[0].mac = last;
        one
    };
    let sure = Scene::new().neighbour(CLIENT, mac(5)).neighbour(CLIENT6, mac(5)).lookup(lookup6());
    assert_eq!(direct(&sure.attempted(failed6(None)), CLIENT6), [(1, 0, false)]);
    let mut own = exchange(CLIENT, "198.51.100.1:80", 500);
    own.connection.halves[0].mac = Some(mac(5));
    let perhaps = Scene::new().lookup(lookup6()).exchange(own).attempted(failed6(Some(mac(5))));
    assert_eq!(direct(&perhaps, CLIENT6), [(1, 0, true)]);
    let stranger = Scene::new().lookup(lookup6()).attempted(failed6(Some(mac(6))));
    assert!(direct(&stranger, CLIENT6).is_empty());
}

#[test]
fn a_connection_after_the_last_answer_decides() {
    let mut request = exchange(CLIENT, SERVER, 1000);
    request.end = ExchangeEnd::Closed { by: crate::verdict::Side::Server, mark: mark(1020) };
    (request.response, request.ended) = (None, at(1020));
    let verdict = |ms| {
        let scene = told().exchange(request.clone()).attempted(refused_at(SECOND, ms));
        (scene.finding().verdict, scene.finding().rule)
    };
    assert_eq!(verdict(1021), (Verdict::ActiveHttpProbeFailedButDnsSucceeded, "reach.refused"));
    assert_eq!(verdict(1020), (Verdict::ActiveHttpProbeFailedButDnsSucceeded, "http.closed"));
}

#[test]
fn look_alikes_are_attempts_of_their_own() {
    let mut one = exchange(CLIENT, SERVER, 1000);
    one.request.as_mut().unwrap().head.user_agent = Some("curl/8".into());
    let finding = Scene::new().exchange(one).finding();
    assert_eq!((finding.verdict, finding.rule), (Verdict::ProbeLookAlike, "probe.look-alike"));
    assert_eq!(finding.url.as_deref(), Some("http://www.msftconnecttest.com/connecttest.txt"));
}
