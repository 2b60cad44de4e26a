//! What a finding shows: details, conversations, packets in order.

use crate::flow::Half;
use crate::probe::tests::scene::*;
use crate::proto::http::TargetForm;
use crate::transaction::{AttemptedEnd, Exchange, Tunnel};
use crate::verdict::{Conversation, Finding, Note, Route, Side};
use crate::wire::IcmpError;

fn notes(finding: &Finding, wanted: impl Fn(&Note) -> bool) -> usize {
    finding.evidence.iter().filter(|one| wanted(&one.note)).count()
}

fn icmp() -> IcmpError {
    let (source, destination) = (ip(CLIENT), ip("203.0.113.7"));
    IcmpError { kind: 3, code: 13, source, destination, protocol: 6, ports: (50_000, 80) }
}

#[test]
fn the_look_up() {
    let second = |mut one: crate::transaction::Lookup| {
        (one.server, one.over_tcp) = (socket("10.0.0.2:53"), true);
        one.client.set_port(51_001);
        one
    };
    let mut right = second(resolved(HOST, 1, 1500, &["203.0.113.7"]));
    right.answer.as_mut().unwrap().cnames = vec!["cdn.example".into()];
    let scene = Scene::new().lookup(lookup(HOST, 1, 1000)).lookup(right).lookup(second(lookup(HOST, 1, 1400)));
    let finding = scene.exchange(exchange(CLIENT, SERVER, 2000)).finding();
    let dns = finding.details.dns.as_ref().unwrap();
    assert_eq!((dns.name.as_str(), dns.qtype.as_str(), dns.rcode.as_deref()), (HOST, "A", Some("NOERROR")));
    assert_eq!(dns.servers, [ip(RESOLVER), ip("10.0.0.2")]);
    assert_eq!((dns.queries, dns.ms), (5, Some(510.0)));
    assert_eq!(
        (dns.addresses.as_slice(), dns.cnames.as_slice()),
        (&[ip("203.0.113.7")][..], &["cdn.example".into()][..])
    );
    let talk = |udp, client, server| Conversation { udp, client: socket(client), server: socket(server) };
    assert_eq!(
        finding.conversations,
        [
            talk(false, "10.0.0.5:50000", SERVER),
            talk(false, "10.0.0.5:51001", "10.0.0.2:53"),
            talk(true, "10.0.0.5:51000", "10.0.0.1:53"),
        ]
    );
    let copies: Vec<u32> = finding
        .evidence
        .iter()
        .filter_map(|one| match one.note {
            Note::Query { copy, .. } => Some(copy),
            _ => None,
        })
        .collect();
    assert_eq!(copies, [1, 2, 3, 4, 5]);
    assert!(finding.evidence.is_sorted_by_key(|one| one.at));
}

#[test]
fn the_answer() {
    let mut one = exchange(CLIENT, SERVER, 1000);
    one.connection.halves[1].mac = Some(mac(7));
    let head = &mut one.response.as_mut().unwrap().head;
    (head.status, head.location, head.server) = (302, Some("http://portal.example/".into()), Some("nginx".into()));
    (head.via, head.content_type) = (Some(String::new()), Some("text/html".into()));
    one.response.as_mut().unwrap().body.bytes = b"<title>Welcome</title>".to_vec();
    let finding = Scene::new().exchange(one).finding();
    let http = finding.details.http.as_ref().unwrap();
    assert_eq!((http.status, http.reason.as_deref(), http.server.as_deref()), (Some(302), Some("OK"), Some("nginx")));
    assert_eq!((http.location.as_deref(), http.via.as_deref()), (Some("http://portal.example/"), None));
    assert_eq!((http.title.as_deref(), http.body.as_deref()), (Some("Welcome"), Some("<title>Welcome</title>")));
    assert_eq!((http.user_agent.as_deref(), http.ms), (Some("Microsoft NCSI"), Some(20.0)));
    let connect = finding.details.connect.as_ref().unwrap();
    assert_eq!((connect.tried.as_slice(), connect.syns, connect.rtt_ms), (&[socket(SERVER)][..], 1, Some(5.0)));
    let responder = finding.details.responder.as_ref().unwrap();
    assert_eq!((responder.mac.as_deref(), responder.ttl), (Some("02:00:00:00:00:07"), Some(60)));
    assert_eq!(finding.details.winhttp_error, None);
    let empty = Scene::new().exchange(status(CLIENT, SERVER, 1000, 302)).finding();
    assert_eq!(empty.details.http.unwrap().body, None);
}

#[test]
fn who_broke_the_connection() {
    let connect = |change: fn(&mut Exchange)| {
        let mut one = exchange(CLIENT, SERVER, 1000);
        change(&mut one);
        Scene::new().exchange(one).finding()
    };
    let by = |finding: Finding| finding.details.connect.unwrap().reset_by;
    assert_eq!(by(connect(|_| ())), None);
    assert_eq!(by(connect(|one| one.connection.halves[1].reset = Some(mark(1090)))), Some(Side::Server));
    assert_eq!(by(connect(|one| one.connection.halves[0].reset = Some(mark(1090)))), Some(Side::Client));
    let told = connect(|one| one.connection.icmp = Some((packet(1050), ip(RESOLVER), icmp())));
    assert_eq!(notes(&told, |note| matches!(note, Note::Icmp { kind: 3, code: 13, .. })), 1);
    let details = told.details.connect.unwrap();
    assert_eq!((details.icmp_from, details.icmp.as_deref()), (Some(ip(RESOLVER)), Some("3/13")));
    let unheard = connect(|one| one.connection.halves[1] = Half::default());
    assert_eq!(unheard.details.responder, None);
    assert!(connect(|_| ()).details.responder.is_some());
}

#[test]
fn a_close_after_a_407_is_proof() {
    let closed = |code| {
        let mut one = status(CLIENT, SERVER, 1000, code);
        one.connection.halves[1].fin = Some(mark(1080));
        let finding = Scene::new().exchange(one).finding();
        notes(&finding, |note| *note == Note::Closed { by: Side::Server })
    };
    assert_eq!((closed(407), closed(302)), (1, 0));
}

#[test]
fn a_failed_connection() {
    let told = || Scene::new().hears(CLIENT).lookup(resolved(HOST, 1, 0, &["203.0.113.7"]));
    let mut one = attempted(CLIENT, SERVER, 1000);
    let silent = told().attempted(one.clone()).finding();
    assert_eq!(notes(&silent, |note| matches!(note, Note::Syn { .. })), 3);
    let connect = silent.details.connect.unwrap();
    assert_eq!((connect.syns, connect.reset_by, connect.icmp), (3, None, None));
    assert_eq!((silent.route, silent.server), (Some(Route::Direct), Some(ip("203.0.113.7"))));
    assert_eq!(silent.details.winhttp_error, Some(12029));
    one.end = AttemptedEnd::Refused(mark(1010));
    let refused = told().attempted(one.clone()).finding();
    assert_eq!(refused.rule, "reach.refused");
    assert_eq!(notes(&refused, |note| matches!(note, Note::Refused { ttl: 60, .. })), 1);
    assert_eq!(refused.details.connect.unwrap().reset_by, Some(Side::Server));
    one.end = AttemptedEnd::Unreachable;
    one.connection.icmp = Some((packet(1010), ip(RESOLVER), icmp()));
    let unreachable = told().attempted(one).finding();
    assert_eq!(unreachable.rule, "reach.unreachable");
    assert_eq!(unreachable.details.connect.unwrap().icmp.as_deref(), Some("3/13"));
}

#[test]
fn the_url_is_what_was_asked_for() {
    let url = |change: fn(&mut crate::proto::http::RequestHead)| {
        let mut head = probe_head();
        change(&mut head);
        super::super::evidence::url_of(&head)
    };
    let is = |text: &str| Some(text.to_owned());
    assert_eq!(url(|_| ()), is("http://www.msftconnecttest.com/connecttest.txt"));
    assert_eq!(url(|head| head.port = Some(80)), is("http://www.msftconnecttest.com/connecttest.txt"));
    assert_eq!(url(|head| head.port = Some(8080)), is("http://www.msftconnecttest.com:8080/connecttest.txt"));
    assert_eq!(url(|head| head.host = Some("2001:db8::1".into())), is("http://[2001:db8::1]/connecttest.txt"));
    assert_eq!(url(|head| head.host = None), None);
    assert_eq!(url(absolute), is("http://www.msftconnecttest.com/connecttest.txt"));
    assert_eq!(url(|head| head.form = TargetForm::Asterisk), None);
}

#[test]
fn the_same_packet_proves_the_same_once_and_conversations_stand_once() {
    let mut finding = Scene::new().exchange(exchange(CLIENT, SERVER, 1000)).finding();
    let (first, talks) = (finding.evidence.len(), finding.conversations.len());
    finding.prove(packet(2000), Note::RequestAgain);
    finding.prove(packet(500), Note::RequestAgain);
    finding.prove(packet(500), Note::RequestAgain);
    finding.prove(packet(500), Note::ResponseEnd);
    finding.converse(false, socket("10.0.0.5:50000"), socket(SERVER));
    finding.converse(true, socket("10.0.0.5:50000"), socket(SERVER));
    finding.tidy();
    assert_eq!(finding.evidence.len(), first + 3);
    assert!(finding.evidence.is_sorted_by_key(|one| one.at));
    assert_eq!(finding.conversations.len(), talks + 1);
    finding.tidy();
    assert_eq!(finding.evidence.len(), first + 3);
}

#[test]
fn in_a_tunnel_a_request_starts_with_itself() {
    let mut one = exchange(CLIENT, SERVER, 1000);
    assert_eq!(one.connection_start(), packet(990));
    one.tunnel = Some(Tunnel { host: HOST.into(), port: 80 });
    assert_eq!(one.connection_start(), packet(1000));
}
