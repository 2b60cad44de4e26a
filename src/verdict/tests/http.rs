//! Direct probes: what the answer, its time and its place decide.

use crate::probe::tests::scene::*;
use crate::proto::http::Extent;
use crate::transaction::{Exchange, ExchangeEnd, Wait};
use crate::verdict::{Basis, Capability, Cause, Doubt, Finding, Remark, Side, Verdict};

fn judged(one: Exchange) -> Finding {
    Scene::new().hears(CLIENT).exchange(one).finding()
}

fn altered(change: impl FnOnce(&mut Exchange)) -> Finding {
    let mut one = exchange(CLIENT, SERVER, 1000);
    change(&mut one);
    judged(one)
}

fn ended(end: ExchangeEnd) -> Exchange {
    Exchange { response: None, end, ..exchange(CLIENT, SERVER, 1000) }
}

#[test]
fn every_status() {
    for (code, cause, basis, rule) in [
        (301, Cause::HttpRedirect, Basis::Documented, "http.redirect"),
        (302, Cause::HttpRedirect, Basis::Documented, "http.redirect"),
        (303, Cause::HttpRedirect, Basis::Documented, "http.redirect"),
        (307, Cause::HttpRedirect, Basis::Documented, "http.redirect"),
        (308, Cause::HttpRedirect, Basis::Documented, "http.redirect"),
        (300, Cause::HttpStatus, Basis::Documented, "http.status"),
        (201, Cause::HttpStatus, Basis::Documented, "http.status"),
        (204, Cause::HttpStatus, Basis::Documented, "http.status"),
        (304, Cause::HttpStatus, Basis::Documented, "http.status"),
        (400, Cause::HttpStatus, Basis::Documented, "http.status"),
        (401, Cause::HttpInterceptAuth, Basis::Inferred, "http.intercept-auth"),
        (403, Cause::HttpBlocked, Basis::Inferred, "http.blocked"),
        (404, Cause::HttpStatus, Basis::Inferred, "http.status"),
        (407, Cause::HttpInterceptAuth, Basis::Inferred, "http.intercept-auth"),
        (451, Cause::HttpBlocked, Basis::Inferred, "http.blocked"),
        (499, Cause::HttpStatus, Basis::Documented, "http.status"),
        (500, Cause::HttpServerError, Basis::Inferred, "http.server-error"),
        (510, Cause::HttpServerError, Basis::Inferred, "http.server-error"),
        (511, Cause::HttpStatus, Basis::Documented, "http.status"),
        (512, Cause::HttpServerError, Basis::Inferred, "http.server-error"),
        (599, Cause::HttpServerError, Basis::Inferred, "http.server-error"),
        (600, Cause::HttpStatus, Basis::Documented, "http.status"),
    ] {
        let finding = judged(status(CLIENT, SERVER, 1000, code));
        let reason = finding.ncsi_reason.unwrap();
        assert_eq!(finding.verdict, Verdict::HotspotDetected, "{code}");
        assert_eq!((finding.cause, reason.basis, finding.rule), (Some(cause), basis, rule), "{code}");
        assert_eq!((reason.number, finding.capability), (7, Some(Capability::Local)));
        assert_eq!(finding.confidence_reasons, [], "{code}");
    }
}

#[test]
fn not_modified_is_a_proper_answer_only_to_a_condition() {
    let mut one = status(CLIENT, SERVER, 1000, 304);
    one.request.as_mut().unwrap().head.conditional = true;
    let finding = judged(one);
    assert_eq!(finding.ncsi_reason.unwrap().basis, Basis::Inferred);
    assert_eq!(finding.confidence_reasons, [Doubt::UndocumentedStatus]);
    let mut one = status(CLIENT, SERVER, 1000, 301);
    one.response.as_mut().unwrap().whole = false;
    assert_eq!(judged(one).confidence_reasons, [Doubt::Truncated]);
}

#[test]
fn an_answer_counts_for_thirty_five_seconds() {
    let after = |ms: i64| altered(|one| one.response.as_mut().unwrap().first = packet(1000 + ms));
    assert_eq!(after(35_000).rule, "http.right");
    let late = after(35_001);
    assert_eq!((late.rule, late.cause), ("http.late", Some(Cause::HttpTimeout)));
    assert_eq!(late.remarks, [Remark::LateAnswer { after: std::time::Duration::from_millis(35_001) }]);
    assert_eq!(late.details.winhttp_error, Some(12002));
}

#[test]
fn a_head_cut_before_the_user_agent_leaves_a_doubt() {
    let cut = |mut one: Exchange| {
        let head = &mut one.request.as_mut().unwrap().head;
        (head.extent, head.user_agent) = (Extent::Fields, None);
        judged(one).confidence_reasons
    };
    assert_eq!(cut(exchange(CLIENT, SERVER, 1000)), [Doubt::HeadCut]);
    assert_eq!(cut(ended(ExchangeEnd::NotCaptured)), [Doubt::Gap]);
    assert_eq!(altered(|_| ()).confidence_reasons, []);
}

#[test]
fn remarks_on_who_answered() {
    assert_eq!(altered(|_| ()).remarks, []);
    let custom = altered(|one| one.request.as_mut().unwrap().head.host = Some("probe.example".into()));
    assert_eq!(custom.remarks, [Remark::CustomProbeServer]);
    let mirror = judged(exchange(CLIENT, "10.0.0.9:80", 1000));
    assert_eq!(mirror.remarks, [Remark::PrivateMirror { address: ip("10.0.0.9") }]);
    assert_eq!(judged(status(CLIENT, "10.0.0.9:80", 1000, 302)).remarks, []);
    let told = Scene::new().lookup(resolved(HOST, 1, 0, &["203.0.113.6", "203.0.113.7"]));
    let mut first = attempted(CLIENT, "203.0.113.6:80", 500);
    first.end = crate::transaction::AttemptedEnd::Refused(mark(600));
    let finding = told.attempted(first).exchange(exchange(CLIENT, SERVER, 1000)).finding();
    assert_eq!(finding.remarks, [Remark::AddressesFailed { addresses: vec![socket("203.0.113.6:80")] }]);
}

#[test]
fn a_client_that_gives_up_after_thirty_seconds_has_waited() {
    let gave_up = |ms: i64| judged(ended(ExchangeEnd::Closed { by: Side::Client, mark: mark(1000 + ms) }));
    assert_eq!(gave_up(30_000).rule, "http.timeout");
    let early = gave_up(29_999);
    assert_eq!((early.rule, early.verdict, early.guess), ("http.client-gave-up", Verdict::Incomplete, None));
    let reset = judged(ended(ExchangeEnd::Reset { by: Side::Client, mark: mark(1500) }));
    assert_eq!(reset.rule, "http.client-gave-up");
}

#[test]
fn other_ends_without_an_answer() {
    let start = "SSH-2.0".to_owned();
    for (end, cause, error) in [
        (ExchangeEnd::NotHttp { start, at: packet(1010) }, Cause::HttpInvalid, 12152),
        (ExchangeEnd::Reset { by: Side::Server, mark: mark(1010) }, Cause::HttpReset, 12030),
        (ExchangeEnd::Closed { by: Side::Server, mark: mark(1010) }, Cause::HttpClosed, 12030),
        (ExchangeEnd::Unreachable, Cause::IcmpUnreachable, 12030),
        (ExchangeEnd::Unanswered(Wait::Elapsed), Cause::HttpTimeout, 12002),
    ] {
        let finding = judged(ended(end));
        assert_eq!(finding.verdict, Verdict::ActiveHttpProbeFailedButDnsSucceeded, "{cause}");
        assert_eq!((finding.cause, finding.details.winhttp_error), (Some(cause), Some(error)));
        assert_eq!(finding.remarks, []);
    }
}

#[test]
fn a_reset_with_another_ttl_came_from_nearby() {
    let with =
        |ttl| judged(ended(ExchangeEnd::Reset { by: Side::Server, mark: crate::flow::Mark { ttl, ..mark(1010) } }));
    assert_eq!(with(60).remarks, []);
    assert_eq!(with(61).remarks, [Remark::NearbyReset { ttl: 61, server_ttl: 60 }]);
}

#[test]
fn an_unacknowledged_request_is_repeated() {
    let silent = |acknowledged, copies: usize| {
        let mut one = ended(ExchangeEnd::Unanswered(Wait::Elapsed));
        let request = one.request.as_mut().unwrap();
        request.acknowledged = acknowledged;
        request.copies = vec![packet(1500); copies];
        judged(one).confidence_reasons
    };
    assert_eq!(silent(true, 0), []);
    assert_eq!(silent(false, 0), [Doubt::SingleCopy]);
    assert_eq!(silent(false, 1), []);
}

#[test]
fn an_answer_without_its_request() {
    let alone = |change: fn(&mut Exchange)| {
        let mut one = exchange(CLIENT, SERVER, 1000);
        one.request = None;
        change(&mut one);
        Scene::new().lookup(resolved(HOST, 1, 0, &["203.0.113.7"])).exchange(one).finding()
    };
    assert_eq!(alone(|_| ()).rule, "http.right-alone");
    for change in [
        (|one| one.response.as_mut().unwrap().head.status = 203) as fn(&mut Exchange),
        |one| one.response.as_mut().unwrap().body.whole = false,
        |one| one.response.as_mut().unwrap().body.bytes = b"<html>".to_vec(),
    ] {
        let finding = alone(change);
        assert_eq!((finding.rule, finding.guess), ("http.answer-alone", Some(Verdict::HotspotDetected)));
        assert_eq!(finding.cause, Some(Cause::OneWay));
    }
}

#[test]
fn what_a_body_leaves_open() {
    let body = |text: &'static str, missing: bool| {
        altered(|one| {
            let response = one.response.as_mut().unwrap();
            response.head.content_length = (!missing).then_some(22);
            response.body.bytes = text.into();
            (response.body.whole, response.body.missing, response.body.complete) = (false, missing, false);
        })
    };
    let said = |finding: Finding| (finding.rule, finding.cause, finding.guess.is_some());
    assert_eq!(said(body("Micro", false)), ("http.short", Some(Cause::CaptureEnded), true));
    assert_eq!(said(body("", true)), ("http.body-missing", Some(Cause::TruncatedPackets), true));
    assert_eq!(said(body("Micro", true)), ("http.body-cut", Some(Cause::TruncatedPackets), true));
    let flat = altered(|one| one.response.as_mut().unwrap().body.bytes = b"##########".to_vec());
    assert_eq!(said(flat), ("http.overwritten", Some(Cause::AnonymisedCapture), true));
}

#[test]
fn an_answer_that_was_not_captured() {
    let cause = |packets| {
        let mut one = ended(ExchangeEnd::NotCaptured);
        one.connection.halves[1].packets = packets;
        let finding = judged(one);
        (finding.cause, finding.confidence_reasons)
    };
    assert_eq!(cause(3), (Some(Cause::Gap), vec![Doubt::Gap]));
    assert_eq!(cause(0), (Some(Cause::OneWay), vec![Doubt::UnseenAnswer]));
}

#[test]
fn an_old_answer_proves_the_cache() {
    let stale = |age: Option<u64>, dated: Option<i64>, via: bool, x_cache: bool| {
        let finding = altered(|one| {
            let response = one.response.as_mut().unwrap();
            response.head.age = age;
            response.head.date = dated.map(|ago| response.first.time.seconds() - ago);
            response.head.via = via.then(|| "1.1 cache".into());
            response.head.x_cache = x_cache.then(|| "HIT".into());
        });
        finding.remarks.first().map(|remark| match remark {
            Remark::StaleCache { seconds } => *seconds,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(stale(Some(30), None, false, false), None);
    assert_eq!(stale(Some(31), None, false, false), Some(31));
    assert_eq!(stale(None, Some(31), true, false), Some(31));
    assert_eq!(stale(None, Some(30), true, false), None);
    assert_eq!(stale(None, Some(31), false, true), Some(31));
    assert_eq!(stale(Some(0), Some(31), false, false), Some(31));
    assert_eq!(stale(None, Some(900), false, false), None, "only the server's clock is wrong");
    assert_eq!(stale(None, Some(-900), true, false), None);
}

#[test]
fn a_redirect_to_https_on_the_same_host() {
    let upgrade = |location: &'static str| {
        let mut one = status(CLIENT, SERVER, 1000, 301);
        one.response.as_mut().unwrap().head.location = Some(location.into());
        judged(one).remarks == [Remark::HttpsUpgrade]
    };
    for (location, expected) in [
        ("https://www.msftconnecttest.com/connecttest.txt", true),
        ("HTTPS://WWW.MSFTCONNECTTEST.COM", true),
        ("https://www.msftconnecttest.com:443/", true),
        ("https://www.msftconnecttest.com?x", true),
        ("https://www.msftconnecttest.com#x", true),
        ("https://www.msftconnecttest.com.portal.example/", false),
        ("https://portal.example/", false),
        ("https://portal.example/www.msftconnecttest.com/", false),
        ("https://xxx.msftconnecttest.com/", false),
        ("http://www.msftconnecttest.com/", false),
        ("httpx://www.msftconnecttest.com/", false),
        ("", false),
    ] {
        assert_eq!(upgrade(location), expected, "{location}");
    }
    assert_eq!(judged(status(CLIENT, SERVER, 1000, 301)).remarks, []);
}
