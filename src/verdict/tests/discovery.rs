//! Searches for a proxy: what was there and did not work, and what only looks so.

use crate::probe::discovery::PAC_TYPE;
use crate::probe::tests::scene::*;
use crate::probe::tests::searching::*;
use crate::transaction::{AttemptedEnd, Exchange, Transaction};
use crate::verdict::{Cause, DiscoveryRemark, Finding, Remark, Severity, Verdict};

fn searched(fetch: Exchange) -> Vec<Finding> {
    Scene::new().lookup(resolved("wpad.corp.example", 1, 500, &["10.0.0.9"])).exchange(fetch).findings()
}

fn cause_of(fetch: Exchange) -> Option<Cause> {
    let found = searched(fetch);
    assert!(found.len() <= 1 && found.iter().all(|one| one.verdict == Verdict::ProxyDiscoveryFailed), "{found:?}");
    found.first().and_then(|one| one.cause)
}

#[test]
fn every_answer_in_the_place_of_a_pac_file_has_its_cause() {
    let page = "<html><title>Intranet</title></html>";
    for (status, cause) in [
        (401, Cause::HttpInterceptAuth),
        (407, Cause::HttpInterceptAuth),
        (403, Cause::HttpBlocked),
        (404, Cause::HttpStatus),
        (500, Cause::HttpServerError),
        (302, Cause::HttpRedirect),
        (200, Cause::HttpWrongBody),
    ] {
        assert_eq!(cause_of(fetch(1000, status, "text/html", page)), Some(cause), "{status}");
    }
    assert_eq!(cause_of(fetch(1000, 200, PAC_TYPE, "")), Some(Cause::HttpEmptyBody));
}

#[test]
fn a_delivered_or_unchanged_file_is_no_finding() {
    assert_eq!(cause_of(fetch(1000, 200, PAC_TYPE, FILE)), None);
    assert_eq!(cause_of(fetch(1000, 200, "text/plain", FILE)), None);
    assert_eq!(cause_of(fetch(1000, 304, PAC_TYPE, "")), None);
    // What was cut, overwritten or goes on to another file decides nothing.
    let mut cut = fetch(1000, 200, "text/plain", "// our proxies");
    cut.response.as_mut().unwrap().body.whole = false;
    assert_eq!(cause_of(cut), None);
    assert_eq!(cause_of(fetch(1000, 200, "text/plain", "xxxxxxxxxxxxxxxx")), None);
    let mut moved = fetch(1000, 302, "text/html", "moved");
    moved.response.as_mut().unwrap().head.location = Some("https://pac.corp.example/Proxy.PAC?site=1".into());
    assert_eq!(cause_of(moved), None);
}

#[test]
fn one_file_that_came_makes_up_for_those_that_did_not() {
    let found = Scene::new()
        .lookup(resolved("wpad.corp.example", 1, 500, &["10.0.0.9"]))
        .exchange(fetch(1000, 404, "text/html", "no"))
        .exchange(fetch(2000, 200, PAC_TYPE, FILE))
        .findings();
    assert_eq!(found, []);
}

#[test]
fn a_failed_connection_counts_only_to_where_wpad_alone_leads() {
    let refused = |names: &[&str]| {
        let mut scene = Scene::new().lookup(resolved("wpad.corp.example", 1, 500, &["10.0.0.9"]));
        for name in names {
            scene = scene.lookup(resolved(name, 1, 600, &["10.0.0.9"]));
        }
        let mut failed = attempted(CLIENT, PAC_HOST, 1000);
        failed.end = AttemptedEnd::Refused(mark(1001));
        scene.accept(Transaction::Attempted(Box::new(failed))).findings()
    };
    let found = refused(&[]);
    assert_eq!((found[0].verdict, found[0].cause), (Verdict::ProxyDiscoveryFailed, Some(Cause::TcpReset)));
    assert_eq!(found[0].url.as_deref(), Some("http://wpad.corp.example/wpad.dat"));
    assert_eq!(refused(&["intranet.corp.example"]), []);
}

#[test]
fn the_probe_after_it_is_told_and_makes_it_grave_where_it_did_not_get_out() {
    let scene = || Scene::new().exchange(fetch(1000, 404, "text/html", "no"));
    let worked = scene().exchange(exchange(CLIENT, SERVER, 5000)).findings();
    let severity = |found: &[Finding]| {
        found.iter().find(|one| one.verdict == Verdict::ProxyDiscoveryFailed).map(|one| one.severity)
    };
    assert_eq!(severity(&worked), Some(Severity::Warning));
    let told = |found: &[Finding]| {
        let broken = Remark::Discovery(DiscoveryRemark::Broken);
        found.iter().any(|one| one.verdict == Verdict::ActiveHttpProbeSucceeded && one.remarks.contains(&broken))
    };
    assert!(told(&worked));
    // A minute later it is another story.
    assert!(!told(&scene().exchange(exchange(CLIENT, SERVER, 63_000)).findings()));
}

#[test]
fn a_neighbour_that_answers_leads_to_the_file_and_is_named() {
    let silent = Scene::new().accept(calls(400, None)).findings();
    assert_eq!(silent, [], "that nobody answers is normal");
    let found = Scene::new()
        .accept(calls(400, None))
        .accept(calls(410, Some("10.0.0.9")))
        .exchange(fetch(1000, 401, "text/html", "who are you?"))
        .findings();
    let details = found[0].details.proxy.as_ref().and_then(|proxy| proxy.discovery.as_ref()).unwrap();
    assert_eq!((details.method.as_deref(), details.answered_by), (Some("llmnr"), Some(ip("10.0.0.9"))));
    assert!(found[0].remarks.iter().any(|remark| matches!(
        remark,
        Remark::Discovery(DiscoveryRemark::AnsweredOnLink { protocol, responder }) if protocol == "llmnr" && *responder == ip("10.0.0.9")
    )));
}
