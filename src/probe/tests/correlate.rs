//! Which look-ups are one question, which go with which connection, and which speak for themselves.

use super::scene::*;
use crate::probe::attempt::Attempt;
use crate::proto::tls::TlsVersion;
use crate::transaction::{Handshake, HandshakeEnd, Lookup};
use crate::verdict::Side;

fn from(port: u16, one: Lookup) -> Lookup {
    let mut one = one;
    one.client.set_port(port);
    one
}

/// Copies in each group of DNS probes.
fn dns_groups(lookups: &[Lookup]) -> Vec<usize> {
    let scene = lookups.iter().fold(Scene::new(), |scene, one| scene.lookup(one.clone()));
    tried(&scene, CLIENT, |attempts| {
        let groups = attempts.iter().filter_map(|attempt| match attempt {
            Attempt::Dns(group) => Some(group.lookups.len()),
            _ => None,
        });
        groups.collect()
    })
}

#[test]
fn copies_of_one_question_join_until_its_deadline() {
    let ask = |qtype, ms| lookup(DNS_NAME, qtype, ms);
    assert_eq!(dns_groups(&[ask(1, 0), ask(1, 1000), ask(1, 12_000)]), [3]);
    assert_eq!(dns_groups(&[ask(1, 0), ask(1, 12_001)]), [1, 1]);
    assert_eq!(dns_groups(&[ask(1, 0), ask(28, 1000)]), [1, 1]);
    assert_eq!(dns_groups(&[ask(1, 0), ask(28, 100), ask(1, 200), ask(28, 300)]), [2, 2]);
}

#[test]
fn a_final_answer_ends_the_question() {
    let ask = |ms| lookup(DNS_NAME, 1, ms);
    let told = |ms| resolved(DNS_NAME, 1, ms, &["131.107.255.255"]);
    assert_eq!(dns_groups(&[told(0), ask(10)]), [2]);
    assert_eq!(dns_groups(&[told(0), ask(11)]), [1, 1]);
    assert_eq!(dns_groups(&[ask(0), told(1000), ask(1010)]), [3]);
    assert_eq!(dns_groups(&[ask(0), told(1000), ask(1011)]), [2, 1]);
    let mut failed = told(0);
    failed.answer.as_mut().unwrap().rcode = 2;
    assert_eq!(dns_groups(&[failed, ask(5000)]), [2], "after a server's failure the next one is asked");
}

#[test]
fn questions_of_resolvers_are_no_clients() {
    let mut iterative = lookup(DNS_NAME, 1, 0);
    iterative.recursion_desired = false;
    assert!(dns_groups(&[iterative]).is_empty());
    let mut unasked = resolved(DNS_NAME, 1, 0, &["131.107.255.255"]);
    (unasked.recursion_desired, unasked.queries) = (false, Vec::new());
    assert!(dns_groups(&[unasked]).is_empty(), "an answer repeats whether recursion was asked for");
    let mut forwarder = resolved("www.example", 1, 5000, &["203.0.113.1"]);
    (forwarder.server, forwarder.client) = (socket("10.0.0.5:53"), socket("10.0.0.9:51000"));
    assert!(dns_groups(&[lookup(DNS_NAME, 1, 0), forwarder.clone()]).is_empty(), "who answers is a resolver");
    assert!(Scene::new().lookup(lookup(HOST, 1, 0)).lookup(forwarder).hears(CLIENT).findings().is_empty());
}

/// Host and whether a look-up goes with it, of all web attempts in the order of the attempts.
fn web(scene: &Scene) -> Vec<(String, bool, usize)> {
    tried(scene, CLIENT, |attempts| {
        let web = attempts.iter().filter_map(|attempt| match attempt {
            Attempt::Web(web) => Some((web.host.clone().unwrap(), web.lookup.is_some(), web.legs.len())),
            _ => None,
        });
        web.collect()
    })
}

#[test]
fn a_connection_takes_the_newest_look_up_that_it_can_have_used() {
    let told = |name: &str, qtype, ms| resolved(name, qtype, ms, &["203.0.113.7"]);
    let goes_with = |one: Lookup, start: i64| {
        let leg = exchange(CLIENT, SERVER, start + 10);
        let (id, name) = (one.first(), one.name.clone());
        let scene = Scene::new().lookup(one).exchange(leg);
        let taken = web(&scene)[0].1;
        assert!(!taken || name == HOST, "{id:?}");
        taken
    };
    assert!(goes_with(told(HOST, 1, 1000), 1100));
    assert!(!goes_with(told("www.msftncsi.com", 1, 1000), 1100), "another name");
    assert!(!goes_with(told(HOST, 28, 1000), 1100), "another family");
    assert!(goes_with(told(HOST, 1, 1000), 810), "out of order by 200 ms");
    assert!(!goes_with(told(HOST, 1, 1000), 809));
    assert!(goes_with(told(HOST, 1, 1000), 601_010));
    assert!(!goes_with(told(HOST, 1, 1000), 601_011));
    let mut refused = told(HOST, 1, 1000);
    refused.answer.as_mut().unwrap().rcode = 3;
    assert!(!goes_with(refused, 1100));

    let scene = Scene::new().lookup(told(HOST, 1, 1000)).lookup(told(HOST, 1, 2000));
    let scene = scene.exchange(exchange(CLIENT, SERVER, 3000));
    tried(&scene, CLIENT, |attempts| {
        let Attempt::Web(web) = &attempts[0] else { panic!("{attempts:?}") };
        assert_eq!(web.lookup.as_ref().unwrap().started(), at(2000));
    });
}

fn nxdomain(name: &str, qtype: u16, ms: i64) -> Lookup {
    let mut one = resolved(name, qtype, ms, &[]);
    one.answer.as_mut().unwrap().rcode = 3;
    one
}

#[test]
fn a_failed_look_up_speaks_unless_the_client_connects_anyway() {
    let rules =
        |one: Lookup, start: i64| Scene::new().lookup(one).exchange(exchange(CLIENT, SERVER, start + 10)).rules();
    assert_eq!(rules(nxdomain(HOST, 1, 1000), 6010), ["http.right"], "another answer led there");
    assert_eq!(rules(nxdomain(HOST, 1, 1000), 6011), ["dns.nxdomain", "http.right"]);
    assert_eq!(rules(nxdomain(HOST, 1, 1000), 1000), ["http.right"]);
    assert_eq!(rules(nxdomain(HOST, 1, 1000), 800), ["http.right"], "out of order by 200 ms");
    assert_eq!(rules(nxdomain(HOST, 1, 1000), 799), ["http.right", "dns.nxdomain"], "begun before");
    assert_eq!(rules(nxdomain(HOST6, 28, 1000), 2000), ["dns.nxdomain", "http.right"], "another family");
    assert_eq!(rules(nxdomain("www.msftncsi.com", 1, 1000), 2000), ["dns.nxdomain", "http.right"], "another name");
}

#[test]
fn a_failed_look_up_is_the_proxys_affair_where_one_is_used() {
    let rules = |start: i64| Scene::new().lookup(nxdomain(HOST, 1, 10_000)).exchange(proxied(start, 200)).rules();
    assert_eq!(rules(70_020), ["proxy.right"], "connection at 70 010 ms, look-up over at 10 010 ms");
    assert_eq!(rules(70_021), ["dns.nxdomain", "proxy.right"]);
    assert_eq!(rules(5010), ["proxy.right"]);
    assert_eq!(rules(5009), ["proxy.right", "dns.nxdomain"]);
}

#[test]
fn look_ups_that_lead_somewhere_are_no_finding() {
    let findings = |one: Lookup| Scene::new().lookup(one).rules();
    assert!(findings(resolved(HOST, 1, 0, &["203.0.113.7"])).is_empty());
    assert!(findings(resolved(HOST, 1, 0, &["0.0.0.0", "203.0.113.7"])).is_empty());
    assert_eq!(findings(resolved(HOST, 1, 0, &["0.0.0.0", "127.0.0.1"])), ["dns.sinkhole"]);
    let mut cut = resolved(HOST, 1, 0, &[]);
    cut.answer.as_mut().unwrap().whole = false;
    assert_eq!(findings(cut), ["dns.cut"], "an answer of which too little was captured");
}

fn series(list: &[Handshake]) -> Vec<usize> {
    let scene = list.iter().fold(Scene::new(), |scene, one| scene.handshake(one.clone()));
    tried(&scene, CLIENT, |attempts| {
        let series = attempts.iter().filter_map(|attempt| match attempt {
            Attempt::Tls(series) => Some(series.len()),
            _ => None,
        });
        series.collect()
    })
}

#[test]
fn a_fallback_is_a_failure_and_a_lower_version_for_the_same_name_soon_after() {
    let failed = |version, ms| refused(version, ms, HandshakeEnd::Reset { by: Side::Server, mark: mark(ms + 20) });
    let (high, low) = (TlsVersion::TLS1_2, TlsVersion::TLS1_0);
    let named = |one: Handshake, name: Option<&str>, server: &str| {
        let mut one = one;
        one.hello.as_mut().unwrap().0.sni = name.map(str::to_owned);
        one.connection.server = socket(server);
        one
    };
    assert_eq!(series(&[failed(high, 1000), failed(low, 2000)]), [2]);
    assert_eq!(series(&[failed(high, 1000), failed(TlsVersion::TLS1_1, 2000), handshake(low, 3000)]), [3]);
    assert_eq!(series(&[failed(high, 1000), failed(high, 2000)]), [1, 1], "the same version");
    assert_eq!(series(&[failed(low, 1000), failed(high, 2000)]), [1, 1], "a higher one");
    assert_eq!(series(&[handshake(TlsVersion::TLS1_1, 1000), failed(low, 2000)]), [1, 1], "after a success");
    assert_eq!(series(&[failed(high, 1000), failed(low, 11_020)]), [2]);
    assert_eq!(series(&[failed(high, 1000), failed(low, 11_021)]), [1, 1], "too late");
    let first = failed(high, 1000);
    let other = "203.0.113.10:443";
    assert_eq!(series(&[first.clone(), named(failed(low, 2000), Some("sts.example"), other)]), [2]);
    assert_eq!(series(&[first.clone(), named(failed(low, 2000), Some("b.example"), SECURE)]), [1, 1]);
    assert_eq!(series(&[first.clone(), named(failed(low, 2000), None, SECURE)]), [2], "no name: by the server");
    assert_eq!(series(&[first, named(failed(low, 2000), None, other)]), [1, 1]);
}

#[test]
fn a_port_more_is_no_other_question() {
    let (one, two) = (from(50_001, lookup(DNS_NAME, 1, 0)), from(50_002, lookup(DNS_NAME, 1, 4000)));
    assert_eq!(dns_groups(&[one, two]), [2]);
}
