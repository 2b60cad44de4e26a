//! How often it works: what counts as an attempt, under which keys, and in which hour.

use std::net::IpAddr;

use super::about;
use crate::probe::tests::scene::*;
use crate::proto::dns::rcode;
use crate::settings::{CapturePoint, Settings};
use crate::transaction::{Lookup, LookupEnd, Wait};
use crate::verdict::rates::{Rate, RateKey, Rates};
use crate::verdict::roles::Roles;
use crate::verdict::{Cause, Filed, Finding, Route, Verdict};

use Verdict::{ActiveHttpProbeFailed, ActiveHttpProbeSucceeded, HotspotDetected};

/// Hours between 1970 and the start of the capture, which lies 245 s after that hour.
const HOUR: i64 = 490_923;

fn all(scene: &Scene, findings: &[Finding]) -> Vec<Rate> {
    let (roles, filed) = (Roles::of(&scene.world), findings.iter().cloned().map(Filed::of).collect::<Vec<_>>());
    let mut rates = Rates::default();
    for (address, client) in scene.world.clients.all_reached() {
        rates.note_lookups(&scene.world, &roles, *address, &client);
    }
    rates.with(&roles, &filed)
}

/// Attempts and failures by key.
fn counted(findings: &[Finding]) -> Vec<(RateKey, u64, u64)> {
    all(&Scene::new(), findings).iter().map(|rate| (rate.key, rate.attempts, rate.failed)).collect()
}

fn address() -> RateKey {
    RateKey::Address(socket(SERVER).ip())
}

#[test]
fn a_probe_counts_by_address_or_proxy_and_by_hour() {
    let hour = RateKey::Hour(HOUR);
    let direct = [about(ActiveHttpProbeSucceeded, 1000, 1100), about(HotspotDetected, 5000, 5100)];
    assert_eq!(counted(&direct), [(address(), 2, 1), (hour, 2, 1)]);
    let mut proxied = about(ActiveHttpProbeFailed, 1000, 1100);
    proxied.proxy = Some(socket(PROXY));
    assert_eq!(counted(&[proxied]), [(RateKey::Proxy(socket(PROXY)), 1, 1), (hour, 1, 1)]);
    let mut unresolved = about(ActiveHttpProbeFailed, 1000, 1100);
    unresolved.cause = Some(Cause::DnsNxdomain);
    assert_eq!(counted(&[unresolved.clone()]), [(hour, 1, 1)], "no address was asked");
    unresolved.cause = Some(Cause::TcpTimeout);
    assert_eq!(counted(&[unresolved]), [(address(), 1, 1), (hour, 1, 1)]);
}

#[test]
fn what_is_no_attempt_of_a_web_probe_does_not_count() {
    for verdict in [
        Verdict::ProbeLookAlike,
        Verdict::Incomplete,
        Verdict::ActiveDnsProbeSucceeded,
        Verdict::ActiveDnsProbeFailed,
        Verdict::TlsHandshakeFailed,
        Verdict::NoAddress,
    ] {
        let mut one = about(verdict, 1000, 1100);
        one.ncsi_reason = None;
        one.rule = "tls.reset";
        assert!(counted(&[one]).is_empty(), "{verdict}");
    }
    let mut upstream = about(HotspotDetected, 1000, 1100);
    upstream.route = Some(Route::ProxyUpstream);
    assert!(counted(&[upstream]).is_empty(), "a proxy's own fetch");
    let scene = Scene::new().exchange(proxied(500, 200));
    let mut of_proxy = about(HotspotDetected, 1000, 1100);
    of_proxy.client = socket(PROXY).ip();
    assert!(all(&scene, &[of_proxy]).is_empty(), "no client");
}

#[test]
fn repeats_are_spread_over_the_hours_between_the_first_and_the_last() {
    let hours = |count: u32, ended: i64| {
        let mut one = about(HotspotDetected, 0, ended);
        one.details.count = count;
        let found: Vec<_> = counted(&[one]).into_iter().filter(|(key, ..)| matches!(key, RateKey::Hour(_))).collect();
        found.into_iter().map(|(key, attempts, _)| (key, attempts)).collect::<Vec<_>>()
    };
    let hour = |n: i64| RateKey::Hour(HOUR + n);
    assert_eq!(hours(0, 7_200_000), [(hour(0), 1)]);
    assert_eq!(hours(1, 7_200_000), [(hour(0), 1)], "one belongs where it began");
    assert_eq!(hours(3, 7_200_000), [(hour(0), 1), (hour(1), 1), (hour(2), 1)]);
    assert_eq!(hours(4, 7_200_000), [(hour(0), 2), (hour(1), 1), (hour(2), 1)]);
    assert_eq!(hours(9, 10_800_000), [(hour(0), 3), (hour(1), 3), (hour(2), 2), (hour(3), 1)]);
}

#[test]
fn a_fault_that_comes_and_goes() {
    let course = |verdicts: [Verdict; 3]| {
        let list: Vec<Finding> = (1..)
            .zip(verdicts)
            .map(|(n, verdict)| Finding { settled: at(n * 1000), ..about(verdict, n * 1000, n * 1000) })
            .collect();
        let found = all(&Scene::new(), &list);
        found.iter().map(|rate| rate.intermittent).collect::<Vec<_>>()
    };
    let (right, wrong) = (ActiveHttpProbeSucceeded, HotspotDetected);
    assert_eq!(course([right, wrong, right]), [true, false], "hours tell when, not whether");
    assert_eq!(course([wrong, right, right]), [false, false]);
}

/// Attempts and failures at the resolver.
fn at_resolver(scene: &Scene) -> Option<(u64, u64)> {
    let found = all(scene, &[]);
    let own = found.iter().find(|rate| rate.key == RateKey::DnsServer(ip(RESOLVER)));
    own.map(|rate| (rate.attempts, rate.failed))
}

#[test]
fn a_resolver_fails_by_its_code_or_its_silence() {
    let coded = |code: u16| {
        let mut one = resolved(HOST, 1, 1000, &[]);
        one.answer.as_mut().unwrap().rcode = code;
        at_resolver(&Scene::new().lookup(one))
    };
    for (code, failed) in [(rcode::NOERROR, 0), (rcode::SERVFAIL, 1), (rcode::NXDOMAIN, 0), (rcode::REFUSED, 1)] {
        assert_eq!(coded(code), Some((1, failed)), "{code}");
    }
    let unasked = Lookup { recursion_desired: false, ..resolved(HOST, 1, 1000, &["203.0.113.7"]) };
    assert_eq!(at_resolver(&Scene::new().lookup(unasked)), None, "a resolver asks another");
    let twice = [1000, 2000, 3000].map(|from| resolved(HOST, 1, from, &["203.0.113.7"]));
    let scene = twice.into_iter().fold(Scene::new(), Scene::lookup);
    assert_eq!(at_resolver(&scene), Some((3, 0)), "one stands for another");
}

#[test]
fn silence_counts_only_where_an_answer_would_have_been_captured() {
    let silent = || lookup(HOST, 1, 1000);
    let heard = |one: Lookup| at_resolver(&Scene::new().hears(CLIENT).lookup(one));
    assert_eq!(heard(silent()), Some((1, 1)));
    let cut = LookupEnd::Unanswered(Wait::Cut { missing: std::time::Duration::from_secs(1) });
    assert_eq!(heard(Lookup { end: cut, ..silent() }), None, "the capture ends before the deadline");
    assert_eq!(at_resolver(&Scene::new().lookup(silent())), None, "nothing is heard of that side");
    let mut dropping = Scene::new().hears(CLIENT).lookup(silent());
    dropping.world.drops = 1;
    assert_eq!(at_resolver(&dropping), None);
    let at_client = Settings { capture_point: CapturePoint::Client, ..Settings::default() };
    assert_eq!(at_resolver(&Scene::with(at_client).lookup(silent())), Some((1, 1)));
    let mut blind = exchange(CLIENT, SERVER, 1500);
    blind.end = crate::transaction::ExchangeEnd::NotCaptured;
    assert_eq!(
        at_resolver(&Scene::new().hears(CLIENT).lookup(silent()).exchange(blind)),
        None,
        "one direction is missing"
    );
}

#[test]
fn of_too_many_keys_those_that_failed_are_kept() {
    let numbered = |n: u16, verdict| {
        let [high, low] = n.to_be_bytes();
        let mut one = about(verdict, 1000, 1100);
        one.server = Some(IpAddr::from([203, 0, high, low]));
        one
    };
    let list: Vec<Finding> =
        (0..300).map(|n| numbered(n, if n == 299 { HotspotDetected } else { ActiveHttpProbeSucceeded })).collect();
    let found = counted(&list);
    assert_eq!(found.len(), 256);
    assert!(found.contains(&(RateKey::Address(ip("203.0.1.43")), 1, 1)), "the one that failed");
    assert!(found.is_sorted_by_key(|(key, ..)| *key));
}
