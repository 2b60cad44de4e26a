//! Searches for a proxy beside the probes around them: what they cost, and what broke them.

use super::about;
use crate::probe::discovery::PAC_TYPE;
use crate::probe::tests::scene::*;
use crate::probe::tests::searching::*;
use crate::verdict::discovery::{OF_A_PORTAL, beside};
use crate::verdict::finding::HttpDetails;
use crate::verdict::{Cause, DiscoveryRemark, Doubt, Finding, Remark, Route, Verdict};

use DiscoveryRemark::{
    Broken, CalledOnLink, Cost, DirectDespitePac, Fetched, Nothing, ProbeWentDirect, TooLarge, UnusualType,
};
use Verdict::{
    ActiveHttpProbeFailed, ActiveHttpProbeSucceeded, HotspotDetected, ProxyDiscoveryFailed, ProxyNotDiscovered,
};

/// The findings of the client, told of each other and of its searches.
fn related(scene: &Scene, mut own: Vec<Finding>) -> Vec<Finding> {
    beside(&scene.world, &scene.world.clients.get(&ip(CLIENT)).unwrap(), &mut own);
    own
}

fn remarks(finding: &Finding) -> Vec<DiscoveryRemark> {
    let of_search = finding.remarks.iter().filter_map(|remark| match remark {
        Remark::Discovery(remark) => Some(remark.clone()),
        _ => None,
    });
    of_search.collect()
}

/// What a direct probe from that moment on is told of the search before it.
fn told(scene: &Scene, verdict: Verdict, from: i64) -> Vec<DiscoveryRemark> {
    let mut probe = about(verdict, from, from + 100);
    probe.route = Some(Route::Direct);
    remarks(&related(scene, vec![probe])[0])
}

fn found() -> Scene {
    Scene::new().lookup(resolved(WPAD, 1, 500, &["10.0.0.9"]))
}

#[test]
fn a_file_that_came_is_told_with_what_is_odd_about_it() {
    let url = format!("http://{WPAD}/wpad.dat");
    let proxies = vec!["PROXY proxy.corp.example:3128".to_owned()];
    let fetched =
        |bytes, mime: &str| Fetched { url: url.clone(), bytes, mime: Some(mime.into()), proxies: proxies.clone() };
    let size = FILE.len() as u64;
    let with = |kind: &str, total: u64| {
        let mut one = fetch(1000, 200, kind, FILE);
        one.response.as_mut().unwrap().body.total_len = total;
        told(&found().exchange(one), ActiveHttpProbeSucceeded, 3000)
    };
    assert_eq!(with(PAC_TYPE, size), [fetched(size, PAC_TYPE), DirectDespitePac]);
    assert_eq!(with("text/plain", size), [fetched(size, "text/plain"), UnusualType, DirectDespitePac]);
    assert_eq!(with(PAC_TYPE, 1 << 20), [fetched(1 << 20, PAC_TYPE), DirectDespitePac]);
    assert_eq!(with(PAC_TYPE, (1 << 20) + 1), [fetched((1 << 20) + 1, PAC_TYPE), TooLarge, DirectDespitePac]);
    let known = found().exchange(fetch(1000, 304, PAC_TYPE, ""));
    assert_eq!(told(&known, ActiveHttpProbeSucceeded, 3000), [DirectDespitePac], "its own copy is still right");
}

#[test]
fn a_search_is_told_to_the_first_probe_within_a_minute() {
    let broken = || found().exchange(fetch(1000, 404, "text/html", "no"));
    let when = |from| told(&broken(), ActiveHttpProbeSucceeded, from);
    assert_eq!((when(499), when(500)), (vec![], vec![Broken]));
    assert_eq!((when(61_021), when(61_022)), (vec![Broken], vec![]));
    assert_eq!(told(&broken(), Verdict::ProbeLookAlike, 3000), []);
}

#[test]
fn a_search_of_a_second_or_more_is_told_with_its_cost() {
    let took = |from: i64, ended: i64| {
        let scene = Scene::new().lookup(lookup(WPAD, 1, 1000)).accept(calls(from, None));
        let mut probe = about(ActiveHttpProbeSucceeded, 1000, ended);
        probe.started = at(ended - 1);
        remarks(&related(&scene, vec![probe])[0]).into_iter().find(|remark| matches!(remark, Cost { .. }))
    };
    assert_eq!(took(3000, 9000), Some(Cost { ms: 2000 }));
    assert_eq!(took(3000, 2500), None, "it went on after the probe");
    let short = Scene::new().lookup(resolved(WPAD, 1, 1000, &["10.0.0.9"])).accept(calls(1999, None));
    assert!(told(&short, ActiveHttpProbeSucceeded, 9000).iter().all(|remark| !matches!(remark, Cost { .. })));
}

#[test]
fn that_nobody_knows_the_name_explains_a_proxy_that_was_not_found() {
    let mut missing = resolved(WPAD, 1, 1000, &[]);
    missing.answer.as_mut().unwrap().rcode = crate::proto::dns::rcode::NXDOMAIN;
    let nobody = || Scene::new().lookup(missing.clone());
    let names = vec![WPAD.to_owned()];
    assert_eq!(told(&nobody(), ProxyNotDiscovered, 3000), [Nothing { names }]);
    assert_eq!(told(&nobody(), ActiveHttpProbeSucceeded, 3000), [], "nothing is amiss");
    assert_eq!(told(&found(), ProxyNotDiscovered, 3000), [], "somebody knows it");
    let only_called = Scene::new().accept(calls(1000, None));
    assert_eq!(told(&only_called, ProxyNotDiscovered, 3000), [CalledOnLink { protocols: vec!["llmnr".into()] }]);
}

/// A search that broke at 200 s on a portal's like of an answer.
fn broken() -> Finding {
    let mut one = about(ProxyDiscoveryFailed, 200_000, 200_100);
    (one.server, one.rule, one.ncsi_reason) = (Some(ip("10.0.0.9")), "discovery.answer", None);
    one.confidence_reasons = vec![Doubt::PerhapsPortal];
    one.details.http = Some(Box::new(HttpDetails::default()));
    one
}

fn portal(started: i64, ended: i64) -> Finding {
    let mut one = about(HotspotDetected, started, ended);
    (one.server, one.route) = (Some(ip("10.0.0.9")), Some(Route::Direct));
    one.details.http = Some(Box::new(HttpDetails::default()));
    one
}

fn of_portal(search: Finding, others: Vec<Finding>) -> bool {
    let own: Vec<Finding> = std::iter::once(search).chain(others).collect();
    related(&found(), own)[0].rule == OF_A_PORTAL
}

#[test]
fn a_portal_near_the_search_explains_it() {
    let near = |started, ended| of_portal(broken(), vec![portal(started, ended)]);
    assert!(!near(139_000, 139_999) && near(139_000, 140_000));
    assert!(near(260_100, 260_200) && !near(260_101, 260_200));
    let mut other_answer = broken();
    other_answer.confidence_reasons.clear();
    assert!(!of_portal(other_answer, vec![portal(200_000, 200_100)]), "portals do not answer so");
    let failed = Finding { verdict: ActiveHttpProbeFailed, ..portal(200_000, 200_100) };
    assert!(!of_portal(broken(), vec![failed]), "no portal");
    assert!(!of_portal(broken(), vec![]));
}

#[test]
fn the_same_answerer_is_the_same_server_place_or_page() {
    let same = |own: (Option<&str>, Option<&str>), other: (Option<&str>, Option<&str>)| {
        let set = |finding: &mut Finding, (location, title): (Option<&str>, Option<&str>)| {
            let http = finding.details.http.as_mut().unwrap();
            (http.location, http.title) = (location.map(str::to_owned), title.map(str::to_owned));
        };
        let (mut search, mut probe) = (broken(), portal(200_000, 200_100));
        probe.server = Some(ip("203.0.113.7"));
        set(&mut search, own);
        set(&mut probe, other);
        of_portal(search, vec![probe])
    };
    let to = |location: &'static str| (Some(location), None);
    assert!(same(to("http://portal.example/login?x"), to("https://PORTAL.example/other")));
    assert!(!same(to("http://portal.example/"), to("http://other.example/")));
    assert!(!same(to("/login"), to("/login")), "no host is named");
    assert!(!same(to("http://portal.example/"), (None, None)));
    assert!(same((None, Some("Sign in")), (None, Some("Sign in"))));
    assert!(!same((None, Some("Sign in")), (None, Some("Intranet"))) && !same((None, None), (None, None)));
}

#[test]
fn a_probe_that_did_not_get_out_makes_a_broken_search_matter() {
    let stuck = |change: &dyn Fn(&mut Finding), later: Vec<Finding>| {
        let mut search = broken();
        search.confidence_reasons.clear();
        let mut probe = about(ActiveHttpProbeFailed, 201_000, 201_100);
        (probe.cause, probe.route) = (Some(Cause::TcpTimeout), Some(Route::Direct));
        change(&mut probe);
        let own: Vec<Finding> = [search, probe].into_iter().chain(later).collect();
        remarks(&related(&found(), own)[0]).contains(&ProbeWentDirect)
    };
    assert!(stuck(&|_| (), vec![]));
    for cause in [Cause::TcpReset, Cause::IcmpUnreachable, Cause::DnsNxdomain, Cause::DnsTimeout] {
        assert!(stuck(&|one| one.cause = Some(cause), vec![]), "{cause:?}");
    }
    assert!(!stuck(&|one| one.cause = Some(Cause::HttpStatus), vec![]), "somebody answered");
    assert!(!stuck(&|one| one.verdict = HotspotDetected, vec![]));
    assert!(!stuck(&|one| one.route = Some(Route::ExplicitProxy), vec![]), "it went by a proxy");
    assert!(!stuck(&|one| one.started = at(199_999), vec![]), "it began before the search");
    assert!(stuck(&|one| one.started = at(200_000), vec![]));
    let works = |ended| about(ActiveHttpProbeSucceeded, ended - 50, ended);
    assert!(!stuck(&|_| (), vec![works(300_000)]), "and a later one got out");
    assert!(stuck(&|_| (), vec![works(201_100)]) && stuck(&|_| (), vec![works(150_000)]));
    assert!(stuck(&|_| (), vec![about(HotspotDetected, 299_000, 300_000)]));
}
