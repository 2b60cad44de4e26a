//! How a client looks for its proxy: what belongs to a search, what is kept of it, and which names lead to a proxy.

use super::scene::*;
use crate::probe::correlate::discoveries;
use crate::probe::discovery::{Discovery, PAC_TYPE, is_pac_fetch, is_pac_type};
use crate::probe::packed::cost;
use crate::proto::http::{Extent, TargetForm};
use crate::settings::{KnownProxy, Settings};
use crate::transaction::{AttemptedEnd, CallProtocol, Exchange, Lookup, NameCall, Transaction};
use crate::verdict::{Cause, Finding};

pub const WPAD: &str = "wpad.corp.example";
pub const PAC_HOST: &str = "10.0.0.9:80";
pub const FILE: &str = "function FindProxyForURL(url, host) { return \"PROXY proxy.corp.example:3128\"; }";
/// The proxy that the file names.
const NAMED: &str = "proxy.corp.example";

/// A request for the PAC file, answered so.
pub fn fetch(from: i64, status: u16, kind: &str, body: &str) -> Exchange {
    let mut fetch = exchange(CLIENT, PAC_HOST, from);
    let request = fetch.request.as_mut().unwrap();
    request.head.host = Some(WPAD.into());
    request.head.target = "/wpad.dat".into();
    request.head.path = "/wpad.dat".into();
    request.head.user_agent = Some("WinHttp-Autoproxy-Service/5.1".into());
    let response = fetch.response.as_mut().unwrap();
    response.head.status = status;
    response.head.content_type = Some(kind.into());
    response.head.content_length = Some(body.len() as u64);
    response.body.bytes = body.as_bytes().to_vec();
    response.body.total_len = body.len() as u64;
    fetch
}

/// A call for `wpad` on the link, or the answer of a neighbour at 10.0.0.9 that gives this address.
pub fn calls(at: i64, answer: Option<&str>) -> Transaction {
    Transaction::Called(Box::new(NameCall {
        protocol: CallProtocol::Llmnr,
        client: socket("10.0.0.5:50001"),
        other: socket(if answer.is_some() { "10.0.0.9:5355" } else { "224.0.0.252:5355" }),
        name: "wpad".into(),
        at: packet(at),
        answer: answer.map(|address| vec![ip(address)]),
    }))
}

/// Told before its question was found.
fn without_question(lookup: Lookup) -> Lookup {
    Lookup { queries: Vec::new(), ..lookup }
}

fn of(scene: &Scene, client: &str) -> Option<Discovery> {
    scene.world.clients.get(&ip(client))?.discovery.as_deref().cloned()
}

#[test]
fn a_question_found_late_takes_the_place_of_its_answer() {
    let told = |from| resolved(WPAD, 1, from, &["10.0.0.9"]);
    for (first, second, kept) in [
        (without_question(told(1000)), told(1000), 1),
        (without_question(told(1000)), told(2000), 2),
        (told(1000), told(1000), 2),
        (told(1000), told(2000), 2),
    ] {
        let scene = Scene::new().lookup(first).lookup(second);
        assert_eq!(of(&scene, CLIENT).unwrap().lookups.len(), kept);
    }
}

#[test]
fn a_late_answer_takes_the_place_of_the_silence_on_the_same_fetch() {
    for (id, index, kept) in [(0, 0, 1), (1, 0, 2), (0, 1, 2)] {
        let mut discovery = Discovery::default();
        assert!(discovery.keep_fetch(Exchange { response: None, ..fetch(1000, 200, PAC_TYPE, FILE) }));
        let mut late = fetch(1000, 200, PAC_TYPE, FILE);
        late.connection.id.0 += id;
        late.index = index;
        assert_eq!(discovery.keep_fetch(late), kept == 2);
        assert_eq!(discovery.fetches.len(), kept);
        assert!(discovery.fetches[kept - 1].response.is_some());
    }
}

#[test]
fn the_last_sixty_four_fetches_are_kept() {
    let mut discovery = Discovery::default();
    let took: Vec<bool> = (0..65).map(|n| discovery.keep_fetch(fetch(1000 + n, 200, PAC_TYPE, FILE))).collect();
    assert_eq!((took[63], took[64]), (true, false), "the room of the oldest is free again");
    assert_eq!((discovery.fetches.len(), discovery.fetches[0].started), (64, packet(1001)));
}

#[test]
fn names_of_proxies_are_those_used_and_those_of_the_file() {
    let mut discovery = Discovery::default();
    assert!(!discovery.knows_proxy(NAMED));
    discovery.keep_fetch(fetch(1000, 200, PAC_TYPE, FILE));
    assert!(discovery.knows_proxy(NAMED) && !discovery.knows_proxy("used0.example"));
    for n in 0..9 {
        discovery.note_used("used0.example");
        discovery.note_used(&format!("used{n}.example"));
    }
    assert!(discovery.knows_proxy("used0.example") && discovery.knows_proxy(NAMED));
    assert!(discovery.knows_proxy("used7.example") && !discovery.knows_proxy("used8.example"), "eight are kept");
    assert_eq!(discovery.used_names.len(), 8);
}

#[test]
fn only_a_name_that_its_address_has_to_itself_is_the_proxys() {
    let used = |names: &[&str]| {
        let mut scene = Scene::new();
        for (n, name) in (0..).zip(names) {
            scene = scene.lookup(resolved(name, 1, n * 100, &["10.0.0.8"]));
        }
        let scene = scene.exchange(proxied(5000, 200));
        of(&scene, CLIENT).map(|known| known.used_names.clone())
    };
    assert_eq!(used(&[NAMED]), Some(vec![NAMED.to_owned()]));
    assert_eq!(used(&[NAMED, "other.example"]), None);
    assert_eq!(used(&[]), None);
}

#[test]
fn which_requests_are_for_a_proxy_configuration() {
    let is = |change: &dyn Fn(&mut Exchange)| {
        let mut one = fetch(1000, 200, "text/html", "x");
        let head = &mut one.request.as_mut().unwrap().head;
        (head.path, head.user_agent) = ("/".into(), None);
        change(&mut one);
        is_pac_fetch(&one)
    };
    let path = |path: &'static str| is(&move |one| one.request.as_mut().unwrap().head.path = path.into());
    assert!(path("/wpad.dat") && path("/a/WPAD.DAT") && path("/wpad.da") && path("/corp/Proxy.pac"));
    assert!(!path("/") && !path("/wpad.data") && !path("/pac"));
    let agent =
        |agent: &'static str| is(&move |one| one.request.as_mut().unwrap().head.user_agent = Some(agent.into()));
    assert!(agent("WinHttp-Autoproxy-Service/5.1") && !agent("Mozilla/5.0"));
    let kind =
        |kind: &'static str| is(&move |one| one.response.as_mut().unwrap().head.content_type = Some(kind.into()));
    assert!(kind(PAC_TYPE) && kind("Application/X-NS-Proxy-Autoconfig; charset=utf-8") && !kind("text/plain"));
    assert!(!is_pac_type(None));
    let unfit = |change: &dyn Fn(&mut Exchange)| {
        let mut one = fetch(1000, 200, PAC_TYPE, FILE);
        change(&mut one);
        !is_pac_fetch(&one)
    };
    assert!(unfit(&|one| one.request.as_mut().unwrap().head.method = "POST".into()));
    assert!(unfit(&|one| absolute(&mut one.request.as_mut().unwrap().head)), "services fetch the file directly");
    assert!(unfit(&|one| one.request.as_mut().unwrap().head.form = TargetForm::Asterisk));
    assert!(unfit(&|one| one.request.as_mut().unwrap().head.extent = Extent::StartLine), "the path may go on");
    assert!(unfit(&|one| one.request = None));
}

/// How many look-ups take room after these.
fn room(lookups: impl IntoIterator<Item = Lookup>) -> usize {
    lookups.into_iter().fold(Scene::new(), Scene::lookup).world.clients.kept() / cost::LOOKUP
}

#[test]
fn what_takes_the_place_of_another_takes_no_room() {
    let of_search = |from| resolved(WPAD, 1, from, &["10.0.0.9"]);
    assert_eq!(room([of_search(1000)]), 1);
    assert_eq!(room([of_search(1000), of_search(2000)]), 2);
    assert_eq!(room([without_question(of_search(1000)), of_search(1000)]), 1);
    let repeated = |from| resolved(HOST, 1, from, &["203.0.113.7"]);
    assert_eq!(room([repeated(1000), repeated(2000), repeated(3000)]), 2);
    let silent = Exchange { response: None, ..fetch(1000, 200, PAC_TYPE, FILE) };
    let mut scene = Scene::new().exchange(silent);
    for n in [0, 0, 1000] {
        scene = scene.exchange(fetch(1000 + n, 200, PAC_TYPE, FILE));
    }
    assert_eq!((of(&scene, CLIENT).unwrap().fetches.len(), scene.world.clients.kept()), (2, 2 * cost::EXCHANGE));
    let scene = (0..100).fold(Scene::new(), |scene, n| scene.accept(calls(n, None)));
    assert_eq!((of(&scene, CLIENT).unwrap().calls.len(), scene.world.clients.kept()), (64, 64 * cost::CALL));
}

fn mdns(client: &str, other: &str, ms: i64, answer: Option<&str>) -> Transaction {
    Transaction::Called(Box::new(NameCall {
        protocol: CallProtocol::Mdns,
        client: socket(client),
        other: socket(other),
        name: "wpad".into(),
        at: packet(ms),
        answer: answer.map(|address| vec![ip(address)]),
    }))
}

#[test]
fn an_answer_to_everybody_is_for_those_who_called_just_before() {
    let heard = |client: &str, ms: i64| {
        let scene = Scene::new().accept(mdns("10.0.0.5:5353", "224.0.0.251:5353", 1000, None)).accept(mdns(
            "224.0.0.251:5353",
            "10.0.0.9:5353",
            ms,
            Some("10.0.0.9"),
        ));
        of(&scene, client).map_or(0, |known| known.calls.iter().filter(|call| call.answer.is_some()).count())
    };
    assert_eq!((heard(CLIENT, 3000), heard(CLIENT, 3001)), (1, 0));
    assert_eq!((heard("224.0.0.251", 2000), heard("10.0.0.6", 2000)), (0, 0), "a group is no host");
    let group = Scene::new().accept(mdns("224.0.0.251:5353", "10.0.0.9:5353", 1000, None));
    assert!(of(&group, "224.0.0.251").is_some(), "only answers go to everybody");
    let own = Scene::new().accept(mdns("10.0.0.5:5353", "10.0.0.9:5353", 9000, Some("10.0.0.9")));
    assert_eq!(of(&own, CLIENT).unwrap().calls.len(), 1, "an answer to one is for this one, called or not");
}

#[test]
fn the_last_sixteen_callers_are_remembered() {
    let mut scene = Scene::new();
    for n in 0..17 {
        scene = scene.accept(mdns(&format!("10.0.0.{}:5353", 10 + n), "224.0.0.251:5353", 1000, None));
        scene = scene.accept(mdns(&format!("10.0.0.{}:5353", 10 + n), "224.0.0.251:5353", 1000, None));
    }
    scene = scene.accept(mdns("224.0.0.251:5353", "10.0.0.9:5353", 1500, Some("10.0.0.9")));
    let heard = |n: u8| of(&scene, &format!("10.0.0.{n}")).unwrap().calls.iter().any(|call| call.answer.is_some());
    assert!(!heard(10) && heard(11) && heard(26));
}

/// When each search began and ended, and how many connections failed in it.
fn searches(scene: &Scene) -> Vec<(i64, i64, usize)> {
    let client = scene.world.clients.get(&ip(CLIENT)).unwrap();
    let ms = |moment: crate::time::CaptureTime| i64::try_from(moment.since(at(0)).as_millis()).unwrap();
    let all = discoveries(&scene.world, ip(CLIENT), &client);
    all.iter().map(|search| (ms(search.started), ms(search.ended), search.failed.len())).collect()
}

#[test]
fn steps_of_one_search_follow_each_other_within_fifteen_seconds() {
    let at_ms = |ms: i64| Scene::new().lookup(resolved(WPAD, 1, 1000, &["10.0.0.9"])).accept(calls(ms, None));
    assert_eq!(searches(&at_ms(16_010)), [(1000, 16_010, 0)]);
    assert_eq!(searches(&at_ms(16_011)), [(1000, 1010, 0), (16_011, 16_011, 0)]);
    let in_vain = Scene::new().lookup(lookup(WPAD, 1, 1000)).accept(calls(17_000, None));
    assert_eq!(searches(&in_vain), [(1000, 17_000, 0)], "it was asked for last at 2 s");
    let later = Scene::new().lookup(lookup(WPAD, 1, 1000)).accept(calls(17_001, None));
    assert_eq!(searches(&later), [(1000, 2000, 0), (17_001, 17_001, 0)]);
}

#[test]
fn a_connection_is_meant_for_the_file_by_name_and_port() {
    let known = |names: &[&str], server: &str| {
        let mut scene = Scene::new().accept(calls(500, None));
        for name in names {
            scene = scene.lookup(resolved(name, 1, 1000, &["10.0.0.9"]));
        }
        searches(&scene.attempted(attempted(CLIENT, server, 2000))).iter().map(|(.., failed)| failed).sum::<usize>()
    };
    assert_eq!((known(&[WPAD], PAC_HOST), known(&[WPAD], "10.0.0.9:443")), (1, 1));
    assert_eq!(known(&[WPAD], "10.0.0.9:8080"), 0);
    assert_eq!((known(&[], PAC_HOST), known(&["www.example", WPAD], PAC_HOST)), (0, 0));
    let mut lease = super::onlink::leased(0, CLIENT);
    lease.granted.as_mut().unwrap().wpad = Some("http://pac.example:8080/p.pac".into());
    let told = |name: &str, server: &str| {
        let mut scene = Scene::new().lease(lease.clone()).lookup(resolved(name, 1, 1000, &["10.0.0.9"]));
        let mut failed = attempted(CLIENT, server, 2000);
        failed.end = AttemptedEnd::Refused(mark(2010));
        failed.connection.halves[0].mac = Some(mac(super::onlink::HARDWARE));
        scene = scene.attempted(failed);
        !searches(&scene).is_empty()
    };
    assert!(told("pac.example", "10.0.0.9:8080"), "the lease names host and port");
    assert!(!told("pac.example", "10.0.0.9:80") && !told("www.example", "10.0.0.9:8080"));
}

/// How often a look-up of the proxy's name that fails is told, where one does at 10 s.
fn unresolved(change: impl FnOnce(Scene) -> Scene) -> u32 {
    let settings =
        Settings { proxies: vec!["proxy.corp.example:3128".parse::<KnownProxy>().unwrap()], ..Settings::default() };
    let scene = change(Scene::with(settings).hears(CLIENT).lookup(missing(1, 10_000)));
    let of_name = |one: &Finding| one.cause == Some(Cause::ProxyNameUnresolved);
    scene.findings().iter().filter(|one| of_name(one)).map(|one| one.details.count.max(1)).sum()
}

/// The proxy's name does not exist.
fn missing(qtype: u16, from: i64) -> Lookup {
    let mut one = resolved(NAMED, qtype, from, &[]);
    one.answer.as_mut().unwrap().rcode = crate::proto::dns::rcode::NXDOMAIN;
    one
}

#[test]
fn a_proxys_name_that_leads_nowhere_is_told_once() {
    assert_eq!(unresolved(|scene| scene), 1);
    assert_eq!(unresolved(|scene| scene.lookup(missing(28, 10_100))), 1, "asked for both families");
    assert_eq!(unresolved(|scene| scene.lookup(missing(1, 40_000))), 2, "asked for again, later");
    let no_v6 = |from| resolved(NAMED, 28, from, &[]);
    assert_eq!(unresolved(|scene| scene.lookup(no_v6(40_000))), 1, "having no IPv6 address is no failure");
    let other_family = |from| resolved(NAMED, 28, from, &["2001:db8::8"]);
    assert_eq!(unresolved(|scene| scene.lookup(other_family(22_000))), 0, "the other family has an address");
    assert_eq!(unresolved(|scene| scene.lookup(other_family(22_001))), 1);
}

#[test]
fn whoever_finds_another_way_needs_no_name() {
    let uses = |ms| unresolved(move |scene| scene.exchange(proxied_other("a.example", ms, 200)));
    assert_eq!((uses(9_999), uses(10_000), uses(70_010), uses(70_011)), (1, 0, 0, 1));
    let direct = |ms| unresolved(move |scene| scene.exchange(exchange(CLIENT, SERVER, ms)));
    assert_eq!((direct(20_000), direct(80_000)), (0, 1));
}
