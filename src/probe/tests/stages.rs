//! How far one transaction with an endpoint got: every end of it, at its edges.

use std::time::Duration;

use super::scene::*;
use crate::probe::endpoints::names::Written::{ByPattern, Exactly};
use crate::probe::endpoints::purpose::Purpose;
use crate::probe::endpoints::stage::Outcome::{Challenged, Failed, Ok as Works};
use crate::probe::endpoints::stage::{Outcome, Stage, of_connection, of_exchange, of_handshake, of_lookup};
use crate::proto::dns::{rcode, rtype};
use crate::proto::http::TargetForm;
use crate::proto::tls::TlsVersion;
use crate::transaction::{AttemptedEnd, ExchangeEnd, HandshakeEnd, Lookup, LookupEnd, Wait};
use crate::vocabulary::Side;

const NAME: &str = "login.microsoftonline.com";
const CUT: Wait = Wait::Cut { missing: Duration::from_millis(1) };

fn coded(qtype: u16, rcode: u8) -> Lookup {
    let mut one = resolved(NAME, qtype, 0, &[]);
    one.answer.as_mut().unwrap().rcode = rcode.into();
    one
}

#[test]
fn a_name_without_address_fails_only_where_the_list_promises_it() {
    for (lookup, exactly, by_pattern) in [
        (resolved(NAME, rtype::A, 0, &["203.0.113.9"]), Some(Works), Some(Works)),
        (resolved(NAME, rtype::AAAA, 0, &["2001:db8::9"]), Some(Works), Some(Works)),
        (resolved(NAME, rtype::A, 0, &["0.0.0.0"]), Some(Failed), Some(Failed)),
        (resolved(NAME, rtype::A, 0, &["0.0.0.0", "203.0.113.9"]), Some(Works), Some(Works)),
        (resolved(NAME, rtype::A, 0, &[]), Some(Failed), None),
        (resolved(NAME, rtype::AAAA, 0, &[]), None, None),
        (coded(rtype::A, rcode::NXDOMAIN.try_into().unwrap()), Some(Failed), None),
        (coded(rtype::AAAA, rcode::NXDOMAIN.try_into().unwrap()), Some(Failed), None),
        (coded(rtype::A, rcode::REFUSED.try_into().unwrap()), Some(Failed), Some(Failed)),
        (lookup(NAME, rtype::A, 0), Some(Failed), Some(Failed)),
        (Lookup { end: LookupEnd::Unanswered(CUT), ..lookup(NAME, rtype::A, 0) }, None, None),
        (lookup(NAME, rtype::TXT, 0), None, None),
        (Lookup { recursion_desired: false, ..lookup(NAME, rtype::A, 0) }, None, None),
        (Lookup { queries: Vec::new(), ..resolved(NAME, rtype::A, 0, &["203.0.113.9"]) }, None, None),
    ] {
        assert_eq!(of_lookup(&lookup, Exactly), exactly, "{lookup:?}");
        assert_eq!(of_lookup(&lookup, ByPattern), by_pattern, "by pattern: {lookup:?}");
    }
    let mut partly = resolved(NAME, rtype::A, 0, &[]);
    partly.answer.as_mut().unwrap().whole = false;
    assert_eq!(of_lookup(&partly, Exactly), None, "the part that is missing may hold the address");
    let mut truncated = coded(rtype::A, rcode::NXDOMAIN.try_into().unwrap());
    truncated.answer.as_mut().unwrap().truncated = true;
    assert_eq!(of_lookup(&truncated, Exactly), None, "the client asks again over TCP");
}

#[test]
fn a_connection_fails_by_a_sign_or_after_its_whole_deadline() {
    for (end, expected) in [
        (AttemptedEnd::Refused(mark(20)), Some(Failed)),
        (AttemptedEnd::Unreachable, Some(Failed)),
        (AttemptedEnd::Unanswered(Wait::Elapsed), Some(Failed)),
        (AttemptedEnd::Unanswered(CUT), None),
        (AttemptedEnd::Silent, Some(Works)),
    ] {
        let mut one = attempted(CLIENT, SECURE, 100);
        one.end = end;
        assert_eq!(of_connection(&one), expected, "{one:?}");
    }
}

#[test]
fn a_handshake_tells_of_the_way_only_where_the_client_could_do_tls_1_2() {
    let ended = |version, end| of_handshake(&refused(version, 1000, end));
    let (by_server, by_client) = (Side::Server, Side::Client);
    for (end, expected) in [
        (HandshakeEnd::Completed, Some(Works)),
        (HandshakeEnd::Alert, Some(Failed)),
        (HandshakeEnd::Reset { by: by_server, mark: mark(1020) }, Some(Failed)),
        (HandshakeEnd::Closed { by: by_server, mark: mark(1020) }, Some(Failed)),
        (HandshakeEnd::Unreachable, Some(Failed)),
        (HandshakeEnd::Unanswered(Wait::Elapsed), Some(Failed)),
        (HandshakeEnd::Unanswered(CUT), None),
        (HandshakeEnd::Reset { by: by_client, mark: mark(1020) }, None),
        (HandshakeEnd::Closed { by: by_client, mark: mark(1020) }, None),
        (HandshakeEnd::NotCaptured, None),
        (HandshakeEnd::Unfinished, None),
    ] {
        let old = if end == HandshakeEnd::Completed { expected } else { None };
        assert_eq!(ended(TlsVersion::TLS1_2, end), expected, "{end:?}");
        assert_eq!(ended(TlsVersion::TLS1_1, end), old, "1.1: {end:?}");
    }
    let mut unread = refused(TlsVersion::TLS1_2, 1000, HandshakeEnd::Alert);
    unread.hello = None;
    assert_eq!(of_handshake(&unread), None);
    assert_eq!(of_handshake(&handshake(TlsVersion::TLS1_0, 1000)), Some(Works));
}

fn told(form: &str, code: u16, purpose: Purpose) -> Vec<(Stage, Outcome)> {
    let mut one = status(CLIENT, SERVER, 1000, code);
    let head = &mut one.request.as_mut().unwrap().head;
    match form {
        "connect" => head.form = TargetForm::Authority { host: NAME.into(), port: 443 },
        "absolute" => absolute(head),
        _ => {}
    }
    of_exchange(&one, purpose)
}

#[test]
fn what_a_proxy_answers_belongs_to_its_stage() {
    for (code, outcome) in [
        (99, None),
        (100, Some(Works)),
        (200, Some(Works)),
        (399, Some(Works)),
        (400, None),
        (403, Some(Failed)),
        (404, Some(Works)),
        (407, Some(Challenged)),
        (451, Some(Failed)),
        (500, None),
        (501, None),
        (502, Some(Failed)),
        (503, Some(Failed)),
        (504, Some(Failed)),
        (505, None),
    ] {
        let beyond = outcome == Some(Works);
        let mut expected: Vec<_> = outcome.map(|outcome| (Stage::Proxy, outcome)).into_iter().collect();
        expected.extend(beyond.then_some((Stage::Connected, Works)));
        assert_eq!(told("connect", code, Purpose::SignIn), expected, "CONNECT {code}");
        expected.extend(beyond.then_some((Stage::Http, Works)));
        assert_eq!(told("absolute", code, Purpose::SignIn), expected, "{code}");
    }
}

#[test]
fn what_a_server_answers_in_clear() {
    for (code, purpose, outcome) in [
        (200, Purpose::Certificates, Some(Works)),
        (404, Purpose::Certificates, Some(Works)),
        (300, Purpose::Certificates, Some(Works)),
        (301, Purpose::Certificates, Some(Failed)),
        (302, Purpose::Certificates, Some(Failed)),
        (302, Purpose::Mailbox, Some(Works)),
        (307, Purpose::Certificates, Some(Failed)),
        (308, Purpose::Certificates, Some(Failed)),
        (403, Purpose::Mailbox, Some(Failed)),
        (407, Purpose::Mailbox, Some(Failed)),
        (451, Purpose::Mailbox, Some(Failed)),
        (499, Purpose::Mailbox, Some(Works)),
        (500, Purpose::Mailbox, None),
        (511, Purpose::Mailbox, Some(Failed)),
        (599, Purpose::Mailbox, None),
        (600, Purpose::Mailbox, Some(Works)),
    ] {
        let mut expected = vec![(Stage::Connected, Works)];
        expected.extend(outcome.map(|outcome| (Stage::Http, outcome)));
        assert_eq!(told("origin", code, purpose), expected, "{code} {purpose:?}");
    }
}

#[test]
fn a_request_without_answer_fails_by_the_server_or_after_its_whole_deadline() {
    for (end, expected) in [
        (ExchangeEnd::Reset { by: Side::Server, mark: mark(1020) }, Some(Failed)),
        (ExchangeEnd::Closed { by: Side::Server, mark: mark(1020) }, Some(Failed)),
        (ExchangeEnd::Reset { by: Side::Client, mark: mark(1020) }, None),
        (ExchangeEnd::Closed { by: Side::Client, mark: mark(1020) }, None),
        (ExchangeEnd::NotHttp { start: "SSH-2.0".into(), at: packet(1020) }, Some(Failed)),
        (ExchangeEnd::Unreachable, Some(Failed)),
        (ExchangeEnd::Unanswered(Wait::Elapsed), Some(Failed)),
        (ExchangeEnd::Unanswered(CUT), None),
    ] {
        let mut one = exchange(CLIENT, SERVER, 1000);
        (one.response, one.end) = (None, end);
        let mut expected: Vec<_> = expected.map(|outcome| (Stage::Http, outcome)).into_iter().collect();
        expected.insert(0, (Stage::Connected, Works));
        assert_eq!(of_exchange(&one, Purpose::Mailbox), expected, "{:?}", one.end);
    }
}
