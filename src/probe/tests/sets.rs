//! Who uses which set of Microsoft 365, how far it gets, and which signs of Office are remembered.

use std::net::IpAddr;

use super::scene::*;
use crate::endpoints::EndpointList;
use crate::limits::{MAX_ENDPOINT_CELLS, MAX_ENDPOINT_PROOFS, MAX_NAMELESS};
use crate::probe::endpoints::directory::Directory;
use crate::probe::endpoints::matrix::{Cell, Matrix, reached_for_sign_in};
use crate::probe::endpoints::signs::{AllSigns, Met, Signs};
use crate::probe::endpoints::stage::Stage;
use crate::proto::dns::rcode;
use crate::proto::http::TargetForm;
use crate::proto::tls::TlsVersion;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, Handshake, HandshakeEnd, Lookup};
use crate::vocabulary::Side;

const LOGIN: &str = "login.microsoftonline.com";
/// Of 40.126.0.0/18, which is listed for the sign-in.
const LISTED: &str = "40.126.1.1:443";
const NEW: TlsVersion = TlsVersion::TLS1_2;

/// The only cell.
fn cell(scene: &Scene) -> Box<Cell> {
    let mut cells: Vec<Box<Cell>> = super::scene::cells(&scene.world).into_values().collect();
    assert_eq!(cells.len(), 1, "{cells:#?}");
    cells.remove(0)
}

fn counts(scene: &Scene, stage: Stage) -> (u64, u64) {
    let count = cell(scene).count(stage);
    (count.ok, count.failed)
}

/// A CONNECT to the sign-in, answered so.
fn connect(from: i64, code: u16) -> Exchange {
    let mut one = status(CLIENT, PROXY, from, code);
    let head = &mut one.request.as_mut().unwrap().head;
    (head.method, head.host) = ("CONNECT".into(), Some(LOGIN.into()));
    head.form = TargetForm::Authority { host: LOGIN.into(), port: 443 };
    one
}

fn connects(codes: &[u16]) -> Scene {
    (1..).zip(codes).fold(Scene::new(), |scene, (n, code)| scene.exchange(connect(n * 1000, *code)))
}

fn kept(scene: &Scene, stage: Stage) -> Vec<u16> {
    use crate::probe::endpoints::matrix::Proof;

    let status = |proof: &Proof| match proof {
        Proof::Exchange(exchange) => exchange.status().unwrap(),
        _ => 0,
    };
    cell(scene).failures(stage).map(|failure| status(&failure.proof().unwrap())).collect()
}

#[test]
fn a_challenge_is_a_failure_where_nothing_got_past_the_proxy() {
    assert_eq!(counts(&connects(&[407, 407]), Stage::Proxy), (0, 2));
    assert_eq!(counts(&connects(&[407, 200]), Stage::Proxy), (1, 0));
    assert_eq!(counts(&connects(&[407, 403, 200]), Stage::Proxy), (1, 1));
    assert_eq!(kept(&connects(&[407, 403]), Stage::Proxy), [407, 403]);
    assert_eq!(kept(&connects(&[407, 403, 200]), Stage::Proxy), [403]);
    assert!(kept(&connects(&[407, 403]), Stage::Connected).is_empty(), "of another stage");
}

fn named(mut one: Handshake, name: Option<&str>) -> Handshake {
    one.hello.as_mut().unwrap().0.sni = name.map(str::to_owned);
    one
}

fn reset(from: i64) -> Handshake {
    named(refused(NEW, from, HandshakeEnd::Reset { by: Side::Server, mark: mark(from + 20) }), Some(LOGIN))
}

#[test]
fn the_first_four_failures_of_each_stage_are_kept() {
    let mut scene = connects(&[403, 502, 403, 504, 451]).exchange(connect(500, 503));
    for n in 0..5 {
        scene = scene.handshake(reset(10_000 + n * 1000));
    }
    assert_eq!(kept(&scene, Stage::Proxy), [503, 403, 502, 403]);
    let of_tls: Vec<_> = cell(&scene).failures(Stage::Tls).map(|failure| failure.at.time).collect();
    assert_eq!(of_tls, [10_000, 11_000, 12_000, 13_000].map(at));
    assert_eq!((counts(&scene, Stage::Proxy), counts(&scene, Stage::Tls)), ((0, 6), (0, 5)));
}

fn silent(server: &str, from: i64) -> Attempted {
    Attempted { connection: connection(CLIENT, server, from, from + 100), end: AttemptedEnd::Silent }
}

fn known_as(names: &[&str]) -> Scene {
    names.iter().fold(Scene::new(), |scene, name| {
        scene.exchange(exchange(CLIENT, SERVER, 10)).lookup(resolved(name, 1, 100, &["203.0.113.9"]))
    })
}

fn cells(scene: &Scene) -> usize {
    super::scene::cells(&scene.world).len()
}

#[test]
fn a_server_without_a_name_is_of_the_set_that_all_its_names_belong_to() {
    let open = known_as(&[LOGIN, "login.windows.net"]).attempted(silent(SECURE, 2000));
    assert_eq!(counts(&open, Stage::Connected), (1, 0), "what says nothing was opened");
    let torn = known_as(&[LOGIN, "outlook.office365.com"]).attempted(silent(SECURE, 2000));
    assert!(super::scene::cells(&torn.world).into_values().all(|cell| cell.count(Stage::Connected).ok == 0));
    let mixed = known_as(&[LOGIN, "www.example"]).attempted(silent(SECURE, 2000));
    assert_eq!(counts(&mixed, Stage::Connected), (0, 0));
    let failed = |server: &str| {
        let scene = known_as(&["www.example"]).attempted(attempted(CLIENT, server, 2000));
        super::scene::cells(&scene.world).into_values().next().map(|cell| {
            let names: Vec<_> = cell.failures(Stage::Connected).map(|failure| failure.name.clone()).collect();
            names
        })
    };
    assert_eq!((failed(LISTED), failed(SECURE)), (Some(vec![None]), None));
    let by_name = known_as(&[LOGIN]).attempted(attempted(CLIENT, SECURE, 2000));
    let names: Vec<_> = cell(&by_name).failures(Stage::Connected).map(|failure| failure.name.clone()).collect();
    assert_eq!(names, [Some(LOGIN.to_owned())]);
    let nameless = known_as(&[LOGIN]).handshake(named(reset(2000), None));
    let names: Vec<_> = cell(&nameless).failures(Stage::Tls).map(|failure| failure.name.clone()).collect();
    assert_eq!(names, [Some(LOGIN.to_owned())]);
}

#[test]
fn a_handshake_opened_its_connection_where_the_server_is_seen() {
    let opened = |syn_ack: bool, packets: u32| {
        let mut one = named(handshake(NEW, 1000), Some(LOGIN));
        one.connection.syn_ack = one.connection.syn_ack.filter(|_| syn_ack);
        one.connection.halves[1].packets = packets;
        counts(&Scene::new().handshake(one), Stage::Connected)
    };
    assert_eq!(
        (opened(true, 0), opened(false, 1), opened(false, 2), opened(false, 0)),
        ((1, 0), (1, 0), (1, 0), (0, 0))
    );
    let mut unseen = named(refused(NEW, 1000, HandshakeEnd::NotCaptured), None);
    (unseen.connection.syn_ack, unseen.connection.halves[1].packets) = (None, 0);
    let scene = known_as(&[LOGIN]).handshake(unseen);
    assert_eq!(counts(&scene, Stage::Connected), (0, 0), "it tells nothing of any stage");
}

/// A look-up of the sign-in that fails, of the client with that number.
fn fails(n: usize) -> Lookup {
    let [high, low] = u16::try_from(n % 65_536).unwrap().to_be_bytes();
    let mut one = resolved(LOGIN, 1, 100, &[]);
    one.answer.as_mut().unwrap().rcode = rcode::SERVFAIL;
    one.client.set_ip(IpAddr::from([10, u8::try_from(20 + n / 65_536).unwrap(), high, low]));
    one
}

#[test]
fn full_tables_are_counted() {
    let directory = Directory::new(EndpointList::builtin());
    let mut matrix = Matrix::default();
    for n in 0..MAX_ENDPOINT_PROOFS + 3 {
        matrix.lookup(&directory, &fails(n));
    }
    assert_eq!(matrix.refused, 3, "failures that are not kept");
    let mut matrix = Matrix::default();
    for n in 0..MAX_ENDPOINT_PROOFS + 3 {
        matrix.lookup(&directory, &fails(n % 2));
    }
    assert_eq!(matrix.refused, 0, "of each client four are kept, and no more need room");
    let mut matrix = Matrix::default();
    for n in 0..MAX_NAMELESS + 3 {
        matrix.connection(&silent(SECURE, 1000 + i64::try_from(n).unwrap()));
    }
    assert_eq!(matrix.refused, 3, "servers without a name");
    let mut matrix = Matrix::default();
    let mut works = resolved(LOGIN, 1, 100, &["203.0.113.9"]);
    for n in 0..MAX_ENDPOINT_CELLS + 3 {
        works.client = fails(n).client;
        matrix.lookup(&directory, &works);
    }
    assert_eq!((matrix.refused, matrix.signs.refused), (3, 3), "clients");
    works.client = fails(0).client;
    matrix.lookup(&directory, &works);
    assert_eq!((matrix.refused, matrix.signs.refused), (3, 3), "a known one needs no room");
}

#[test]
fn who_reached_for_the_sign_in_without_a_name() {
    let reached = |scene: &Scene, client: &str| {
        let known = scene.world.clients.get(&ip(client)).unwrap();
        reached_for_sign_in(&scene.world, ip(client), &known)
    };
    let said_nothing = |server: &str| known_as(&["www.example"]).attempted(silent(server, 2000));
    assert!(reached(&said_nothing(LISTED), CLIENT) && !reached(&said_nothing(SECURE), CLIENT));
    assert!(!reached(&said_nothing("52.97.1.1:443"), CLIENT), "the mailbox");
    let by_name = |name| known_as(&[name]).attempted(attempted(CLIENT, SECURE, 2000));
    assert!(reached(&by_name(LOGIN), CLIENT) && !reached(&by_name("outlook.office365.com"), CLIENT));
    let two = said_nothing(LISTED).exchange(exchange("10.0.0.6", SERVER, 5000));
    assert!(!reached(&two, "10.0.0.6"), "another client");
}

fn signs(list: &[(&str, i64, Met)]) -> Option<Signs> {
    let directory = Directory::new(EndpointList::builtin());
    let mut all = AllSigns::default();
    for (name, ms, met) in list {
        all.note(&directory, ip(CLIENT), name, packet(*ms), *met);
    }
    all.of(&ip(CLIENT)).cloned()
}

#[test]
fn the_first_and_the_last_start_of_office_are_remembered() {
    let (first, last) = ("officeclient.microsoft.com", "config.office.com");
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]] {
        let met = [(first, 1000), (LOGIN, 1500), (last, 2000)];
        let list: Vec<_> = order.iter().map(|n: &usize| (met[*n].0, met[*n].1, Met::Tried)).collect();
        let found = signs(&list).unwrap();
        let (one, two) = found.starts.unwrap();
        assert_eq!(
            ((one.name.as_str(), one.at), (two.name.as_str(), two.at)),
            ((first, packet(1000)), (last, packet(2000)))
        );
        assert_eq!(found.signs_in, Some(packet(1500)));
    }
    let twice = signs(&[(first, 1000, Met::Tried), (last, 1000, Met::Tried)]).unwrap().starts.unwrap();
    assert_eq!((twice.0.name.as_str(), twice.1.name.as_str()), (first, first), "of two at once the first");
}

#[test]
fn web_traffic_that_works_is_remembered_with_its_last_packet() {
    let web = |list: &[(&str, i64)], met| {
        let list: Vec<_> = list.iter().map(|(name, ms)| (*name, *ms, met)).collect();
        let found = signs(&list)?;
        let of = |one: Option<crate::probe::endpoints::signs::Sighting>| one.map(|one| one.name);
        Some((of(found.web), of(found.clear_web)))
    };
    let (a, b) = (Some("a.example".to_owned()), Some("b.example".to_owned()));
    for list in [[("a.example", 1000), ("b.example", 2000)], [("b.example", 2000), ("a.example", 1000)]] {
        assert_eq!(web(&list, Met::Works), Some((b.clone(), None)));
        assert_eq!(web(&list, Met::WorksInClear), Some((None, b.clone())));
        assert_eq!(web(&list, Met::Tried), None);
    }
    assert_eq!(web(&[("a.example", 1000), ("b.example", 1000)], Met::Works), Some((a, None)));
    for nothing in ["www.msftconnecttest.com", "msftncsi.com", "outlook.office365.com"] {
        assert_eq!(web(&[(nothing, 1000)], Met::Works), None, "{nothing}");
    }
    assert!(web(&[("www.notmsftncsi.com", 1000)], Met::Works).is_some());
}

#[test]
fn a_question_shows_a_start_only_where_a_client_asks_it() {
    let started = |change: &dyn Fn(&mut Lookup)| {
        let mut one = resolved("officeclient.microsoft.com", 1, 100, &["203.0.113.20"]);
        change(&mut one);
        Scene::new().lookup(one).world.endpoints.signs.of(&ip(CLIENT)).is_some_and(|signs| signs.starts.is_some())
    };
    assert!(started(&|_| ()));
    assert!(!started(&|one| one.recursion_desired = false), "a resolver asks another");
    assert!(!started(&|one| one.queries.clear()), "the answer alone");
}

#[test]
fn each_set_in_use_has_a_cell_of_its_own() {
    let scene = known_as(&[LOGIN]).lookup(resolved("outlook.office365.com", 1, 200, &["203.0.113.30"]));
    assert_eq!(cells(&scene), 2);
}
