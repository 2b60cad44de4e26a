//! Checks of other systems: what an answer means by their rules, and what one check means beside another.

use std::time::Duration;

use super::about;
use crate::probe::os_checks::{ONLINE, System};
use crate::probe::tests::scene::*;
use crate::proto::dns::rcode;
use crate::proto::http::Body;
use crate::transaction::{AttemptedEnd, Exchange, Lookup};
use crate::verdict::finding::OsCheckDetails;
use crate::verdict::{Cause, Confidence, Doubt, Family, Finding, Route, Severity, Verdict};

use Verdict::{Incomplete, OsCheckBlocked, OsCheckFailed, OsCheckPortal, OsCheckSucceeded};

const ANDROID: (&str, &str) = ("connectivitycheck.gstatic.com", "/generate_204");
const FIREFOX: (&str, &str) = ("detectportal.firefox.com", "/success.txt");
const DEBIAN: (&str, &str) = ("network-test.debian.org", "/nm");

/// A check, answered with this status and body.
fn check(which: (&str, &str), from: i64, code: u16, body: &str) -> Exchange {
    let mut one = status(CLIENT, SERVER, from, code);
    let head = &mut one.request.as_mut().unwrap().head;
    (head.host, head.path, head.target) = (Some(which.0.into()), which.1.into(), which.1.into());
    head.user_agent = None;
    let response = one.response.as_mut().unwrap();
    response.head.content_length = Some(body.len() as u64);
    response.body =
        Body { bytes: body.into(), whole: true, complete: true, total_len: body.len() as u64, ..Body::default() };
    one
}

fn judged(one: Exchange) -> Finding {
    Scene::new().exchange(one).finding()
}

fn meaning(which: (&str, &str), code: u16, body: &str) -> (Verdict, Option<Cause>, bool) {
    let finding = judged(check(which, 1000, code, body));
    (finding.verdict, finding.cause, finding.confidence_reasons.contains(&Doubt::OtherSystem))
}

#[test]
fn what_an_answer_means_to_who_expects_204() {
    for (code, body, verdict, cause) in [
        (204, "", OsCheckSucceeded, None),
        (200, "<html>", OsCheckPortal, Some(Cause::HttpWrongBody)),
        (200, "", OsCheckFailed, Some(Cause::HttpEmptyBody)),
        (200, "abcd", OsCheckFailed, Some(Cause::HttpWrongBody)),
        (200, "abcde", OsCheckPortal, Some(Cause::HttpWrongBody)),
        (302, "", OsCheckPortal, Some(Cause::HttpRedirect)),
        (401, "", OsCheckBlocked, Some(Cause::HttpInterceptAuth)),
        (407, "", OsCheckBlocked, Some(Cause::HttpInterceptAuth)),
        (403, "", OsCheckBlocked, Some(Cause::HttpBlocked)),
        (451, "", OsCheckBlocked, Some(Cause::HttpBlocked)),
        (511, "", OsCheckPortal, Some(Cause::HttpStatus)),
        (503, "", OsCheckFailed, Some(Cause::HttpServerError)),
        (404, "", OsCheckFailed, Some(Cause::HttpStatus)),
    ] {
        assert_eq!(meaning(ANDROID, code, body), (verdict, cause, false), "{code} {body:?}");
    }
    assert_eq!(
        meaning(ANDROID, 206, "x"),
        (OsCheckPortal, Some(Cause::HttpStatus), true),
        "what it makes of that is not told"
    );
    let asked = judged(check(ANDROID, 1000, 401, ""));
    assert_eq!(asked.route, Some(Route::TransparentProxy), "somebody in between asks");
}

#[test]
fn only_android_takes_a_few_bytes_for_no_page() {
    let cloudflare = ("cp.cloudflare.com", "/generate_204");
    let empty = meaning(cloudflare, 200, "");
    assert_eq!(empty, (OsCheckFailed, Some(Cause::HttpEmptyBody), true));
    assert_eq!(meaning(cloudflare, 200, "ok").0, OsCheckPortal);
    let mut unstated = check(ANDROID, 1000, 200, "ok");
    unstated.response.as_mut().unwrap().head.content_length = None;
    assert_eq!(judged(unstated).verdict, OsCheckPortal, "Android looks at the length that is told");
}

#[test]
fn a_body_that_is_not_captured_whole() {
    let cut = |which, body: &str, change: &dyn Fn(&mut Exchange)| {
        let mut one = check(which, 1000, 200, body);
        let response = one.response.as_mut().unwrap();
        (response.whole, response.body.whole, response.body.complete) = (false, false, false);
        response.head.content_length = None;
        change(&mut one);
        let finding = judged(one);
        (finding.verdict, finding.confidence_reasons.contains(&Doubt::Truncated))
    };
    assert_eq!(cut(ANDROID, "<html>", &|_| ()), (OsCheckPortal, true));
    assert_eq!(cut(ANDROID, "", &|_| ()).0, Incomplete, "nothing of it is there");
    let told = |one: &mut Exchange| one.response.as_mut().unwrap().head.content_length = Some(0);
    assert_eq!(cut(ANDROID, "", &told).0, OsCheckFailed, "the length says that it is empty");
    assert_eq!(cut(FIREFOX, "<html><body>sign in", &|_| ()), (OsCheckPortal, false), "longer than the text");
    assert_eq!(cut(FIREFOX, "<htm", &|_| ()), (OsCheckPortal, true), "it begins otherwise");
}

#[test]
fn what_an_answer_means_to_who_expects_a_text() {
    let (portal, wrong) = (OsCheckPortal, Some(Cause::HttpWrongBody));
    assert_eq!(meaning(FIREFOX, 200, "success\n").0, OsCheckSucceeded);
    assert_eq!(meaning(FIREFOX, 200, ""), (portal, Some(Cause::HttpEmptyBody), false));
    assert_eq!(meaning(FIREFOX, 200, "<html>sign in</html>"), (portal, wrong, false));
    assert_eq!(meaning(FIREFOX, 200, "<html>a success\n</html>"), (portal, wrong, true), "it holds the text, too");
    assert_eq!(meaning(DEBIAN, 200, "NetworkManager is online\nand more").0, OsCheckSucceeded, "it begins so");
    assert_eq!(meaning(FIREFOX, 200, "success\nand more").0, portal, "Firefox compares all of it");
}

#[test]
fn network_manager_believes_its_field_whatever_the_body_says() {
    let with = |which, code, name: &str, value: &str| {
        let mut one = check(which, 1000, code, "<html>");
        one.response.as_mut().unwrap().head.markers.push((name.into(), value.into()));
        judged(one).verdict
    };
    assert_eq!(with(DEBIAN, 200, ONLINE.0, ONLINE.1), OsCheckSucceeded);
    assert_eq!(with(DEBIAN, 200, ONLINE.0, "offline"), OsCheckPortal);
    assert_eq!(with(DEBIAN, 200, "x-other", ONLINE.1), OsCheckPortal);
    assert_eq!(with(DEBIAN, 302, ONLINE.0, ONLINE.1), OsCheckPortal);
    assert_eq!(with(FIREFOX, 200, ONLINE.0, ONLINE.1), OsCheckPortal, "nobody else does");
}

#[test]
fn an_answer_after_the_deadline_or_before_a_later_try_decides_nothing() {
    let late = |ms: i64| {
        let mut one = check(ANDROID, 1000, 204, "");
        let response = one.response.as_mut().unwrap();
        (response.first, response.at, response.last) = (packet(1000 + ms), packet(1000 + ms), packet(1000 + ms));
        one.ended = at(1000 + ms);
        Scene::new().hears(CLIENT).exchange(one).finding().verdict
    };
    assert_eq!(late(35_000), OsCheckSucceeded);
    assert_ne!(late(35_001), OsCheckSucceeded);
}

#[test]
fn an_android_name_with_private_addresses_leads_nowhere() {
    let led = |which: (&str, &str), addresses: &[&str]| {
        let mut one = check(
            which,
            1000,
            if which == ANDROID { 204 } else { 200 },
            if which == ANDROID { "" } else { "success\n" },
        );
        one.connection.server = socket(&format!("{}:80", addresses[0]));
        let scene = Scene::new().lookup(resolved(which.0, 1, 500, addresses)).exchange(one);
        let finding = scene.finding();
        (finding.verdict, finding.cause)
    };
    assert_eq!(led(ANDROID, &["10.0.0.9"]), (OsCheckFailed, Some(Cause::DnsHijacked)));
    assert_eq!(led(ANDROID, &["10.0.0.9", "203.0.113.7"]), (OsCheckSucceeded, None), "one of them is public");
    assert_eq!(led(FIREFOX, &["10.0.0.9"]), (OsCheckSucceeded, None));
    let mut unnamed = check(ANDROID, 1000, 204, "");
    unnamed.connection.server = socket("10.0.0.9:80");
    assert_eq!(judged(unnamed.clone()).cause, Some(Cause::DnsHijacked));
    absolute(&mut unnamed.request.as_mut().unwrap().head);
    assert_eq!(judged(unnamed).verdict, OsCheckSucceeded, "a proxy is inside");
}

#[test]
fn the_same_answer_by_a_proxy() {
    for (code, body, cause) in [
        (302, "", Cause::ProxyRedirect),
        (200, "<html>", Cause::ProxyContentReplaced),
        (403, "", Cause::ProxyDenied),
        (503, "", Cause::ProxyUpstreamFailure),
    ] {
        let mut one = check(ANDROID, 1000, code, body);
        absolute(&mut one.request.as_mut().unwrap().head);
        one.connection.server = socket(PROXY);
        let finding = judged(one);
        assert_eq!((finding.cause, finding.proxy), (Some(cause), Some(socket(PROXY))), "{code}");
        assert_eq!(finding.host.as_deref(), Some(ANDROID.0));
    }
}

/// Rules of what is found of checks beside a look-up that fails at 10 s.
fn beside_lookup(change: impl FnOnce(Scene) -> Scene) -> usize {
    let mut one = resolved(ANDROID.0, 1, 10_000, &[]);
    one.answer.as_mut().unwrap().rcode = rcode::NXDOMAIN;
    let scene = change(Scene::new().hears(CLIENT).lookup(one));
    let unresolved = |one: &&Finding| one.cause == Some(Cause::DnsNxdomain) && one.host.as_deref() == Some(ANDROID.0);
    scene.findings().iter().filter(unresolved).count()
}

#[test]
fn a_name_that_leads_nowhere_is_told_unless_the_check_goes_on() {
    assert_eq!(beside_lookup(|scene| scene), 1);
    let check_at = |ms| beside_lookup(move |scene| scene.exchange(check(ANDROID, ms, 204, "")));
    assert_eq!((check_at(10_500), check_at(400_000)), (0, 1));
    let other = beside_lookup(|scene| scene.exchange(check(FIREFOX, 10_500, 200, "success\n")));
    assert_eq!(other, 1, "another check");
    let by_proxy = |ms| beside_lookup(move |scene| scene.exchange(proxied_other("a.example", ms, 200)));
    assert_eq!((by_proxy(10_500), by_proxy(400_000)), (0, 1), "its proxy asks for it");
}

#[test]
fn a_name_without_ipv4_may_have_ipv6() {
    let nothing = |six: Option<(&str, i64)>| {
        let mut scene = Scene::new().hears(CLIENT).lookup(resolved(ANDROID.0, 1, 10_000, &[]));
        if let Some((name, ms)) = six {
            scene = scene.lookup(resolved(name, 28, ms, &["2001:db8:f::7"]));
        }
        scene.findings().iter().filter(|one| one.cause == Some(Cause::DnsNodata)).count()
    };
    assert_eq!(nothing(None), 1);
    assert_eq!(nothing(Some((ANDROID.0, 10_100))), 0);
    assert_eq!(nothing(Some((ANDROID.0, 400_000))), 1, "much later");
    assert_eq!(nothing(Some((FIREFOX.0, 10_100))), 1, "another name");
    let six_only: Lookup = Lookup { qtype: 28, ..resolved(ANDROID.0, 28, 10_000, &[]) };
    assert_eq!(Scene::new().lookup(six_only).findings().len(), 0, "having no IPv6 address is common");
}

#[test]
fn a_connection_is_a_checks_by_port_and_a_name_of_its_own() {
    let refused = |names: &[&str], server: &str, ms: i64| {
        let mut scene = Scene::new().hears(CLIENT);
        for name in names {
            scene = scene.lookup(resolved(name, 1, 1000, &["203.0.113.7"]));
        }
        let mut one = attempted(CLIENT, server, ms);
        one.end = AttemptedEnd::Refused(mark(ms + 10));
        scene.attempted(one).findings().iter().filter(|one| one.cause == Some(Cause::TcpReset)).count()
    };
    let own = [ANDROID.0];
    assert_eq!((refused(&own, SERVER, 2000), refused(&own, "203.0.113.7:443", 2000)), (1, 0));
    assert_eq!(
        (refused(&own, SERVER, 61_010), refused(&own, SERVER, 61_011)),
        (1, 0),
        "so late it may be something else"
    );
    assert_eq!(refused(&["www.google.com"], SERVER, 2000), 0, "that name serves other things, too");
    assert_eq!(refused(&[ANDROID.0, "www.example"], SERVER, 2000), 0, "the address has another name");
}

/// A check's finding, to be changed.
fn of(system: System, verdict: Verdict, started: i64) -> Finding {
    let mut one = about(verdict, started, started + 100);
    one.details.os_check = Some(Box::new(OsCheckDetails { system: system.name().into(), expected: "204".into() }));
    (one.ncsi_reason, one.capability, one.rule) = (None, None, "os.page");
    one
}

fn six(mut one: Finding) -> Finding {
    one.family = Family::V6;
    one
}

/// The severity of the check from 200 s beside others, and after how many seconds it worked again.
fn settled(one: Finding, others: Vec<Finding>) -> (Severity, Option<Duration>) {
    let list = std::iter::once(one.clone()).chain(others).collect();
    let found = super::related(&Scene::new(), list);
    let same = found.iter().find(|other| other.started == one.started && other.family == one.family).unwrap();
    (same.severity, same.recovered_after)
}

fn grade(one: Finding, others: Vec<Finding>) -> Severity {
    settled(one, others).0
}

#[test]
fn a_check_alone() {
    let alone = |change: &dyn Fn(&mut Finding), verdict| {
        let mut one = of(System::Android, verdict, 200_000);
        change(&mut one);
        grade(one, vec![])
    };
    let low = |one: &mut Finding| one.confidence = Confidence::Low;
    assert_eq!((alone(&|_| (), OsCheckSucceeded), alone(&low, OsCheckSucceeded)), (Severity::Ok, Severity::Warning));
    assert_eq!((alone(&|_| (), OsCheckPortal), alone(&low, OsCheckPortal)), (Severity::Error, Severity::Warning));
    assert_eq!(alone(&|one| one.route = Some(Route::ProxyUpstream), OsCheckPortal), Severity::Warning);
    let guessed = |one: &mut Finding| one.guess = Some(OsCheckSucceeded);
    assert_eq!((alone(&guessed, Incomplete), alone(&|_| (), Incomplete)), (Severity::Info, Severity::Warning));
}

#[test]
fn a_check_of_ipv6_counts_only_where_that_of_ipv4_failed() {
    let failed = || six(of(System::Android, OsCheckPortal, 200_000));
    let v4 = |system, verdict| of(system, verdict, 100_000);
    assert_eq!(grade(failed(), vec![]), Severity::Info, "nothing is known of IPv4");
    assert_eq!(grade(failed(), vec![v4(System::Android, OsCheckPortal)]), Severity::Error);
    assert_eq!(grade(failed(), vec![v4(System::Firefox, OsCheckPortal)]), Severity::Info, "another system's");
    assert_eq!(grade(failed(), vec![v4(System::Android, Incomplete)]), Severity::Info);
    let both = vec![v4(System::Android, OsCheckPortal), v4(System::Android, OsCheckSucceeded)];
    assert_eq!(grade(failed(), both), Severity::Info, "IPv4 works");
    assert_eq!(grade(failed(), vec![six(v4(System::Android, OsCheckFailed))]), Severity::Info);
}

#[test]
fn the_other_family_or_a_later_success_makes_it_mild() {
    let failed = || of(System::Android, OsCheckPortal, 200_000);
    let right = |ms| of(System::Android, OsCheckSucceeded, ms);
    assert_eq!(settled(failed(), vec![right(300_000)]), (Severity::Warning, Some(Duration::from_millis(100_100))));
    assert_eq!(settled(failed(), vec![right(200_000 - 50)]), (Severity::Error, None), "it worked, and no longer");
    assert_eq!(settled(failed(), vec![six(right(100_000))]), (Severity::Warning, None));
    assert_eq!(settled(failed(), vec![of(System::Firefox, OsCheckSucceeded, 300_000)]), (Severity::Error, None));
    let mut elsewhere = right(300_000);
    elsewhere.client = ip("10.0.0.6");
    assert_eq!(settled(failed(), vec![elsewhere]), (Severity::Error, None), "another client's");
}

#[test]
fn an_ipv6_address_of_the_same_host_speaks_for_it() {
    let beside = |verdict: Verdict, kin: bool| {
        let mut scene = Scene::new().neighbour("10.0.0.5", mac(5));
        if kin {
            scene = scene.neighbour("2001:db8::5", mac(5));
        }
        let mut one = six(of(System::Android, OsCheckPortal, 200_000));
        one.client = ip(CLIENT6);
        let found = super::related(&scene, vec![one, of(System::Android, verdict, 100_000)]);
        found.iter().find(|one| one.client == ip(CLIENT6)).unwrap().severity
    };
    assert_eq!((beside(OsCheckPortal, true), beside(OsCheckPortal, false)), (Severity::Error, Severity::Info));
    assert_eq!(beside(OsCheckSucceeded, true), Severity::Info);
}
