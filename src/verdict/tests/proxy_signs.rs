//! What stands beside a 407: whether the client went on, whom the proxy lets pass, and the ticket that was refused.

use crate::probe::tests::scene::*;
use crate::proto::auth::{Challenge, ChallengeKind, Credential, CredentialKind, Scheme};
use crate::proto::kerberos::{KrbError, code};
use crate::proto::ntlm::NtlmUser;
use crate::transaction::{Exchange, TicketRefusal, Transaction};
use crate::verdict::proxy_signs::ProxyRemark;
use crate::verdict::{Finding, Remark, Verdict};

/// A probe that meets a 407 with this offer.
fn challenged(scheme: Scheme) -> Exchange {
    let mut one = proxied(1000, 407);
    let offer = Challenge { scheme, kind: ChallengeKind::Offer, realm: None };
    one.response.as_mut().unwrap().head.proxy_authenticate = vec![offer];
    one
}

fn first(scene: &Scene) -> Finding {
    scene.findings().into_iter().find(|finding| finding.started == at(990) || finding.started == at(1000)).unwrap()
}

fn judged(one: Exchange, others: impl IntoIterator<Item = Exchange>) -> Finding {
    first(&others.into_iter().fold(Scene::new().hears(CLIENT).exchange(one), Scene::exchange))
}

fn remarks(finding: &Finding) -> Vec<ProxyRemark> {
    let of_proxy = finding.remarks.iter().filter_map(|remark| match remark {
        Remark::Proxy(remark) => Some(remark.clone()),
        _ => None,
    });
    of_proxy.collect()
}

#[test]
fn an_answer_without_its_request_shows_that_the_client_went_on() {
    let beside = |server: &str, ms: i64| {
        let other = Exchange { request: None, ..status(CLIENT, server, ms, 200) };
        judged(challenged(Scheme::Ntlm), [other]).verdict
    };
    let alone = Verdict::ProxyAuthenticationRequired;
    assert_eq!(judged(challenged(Scheme::Ntlm), []).verdict, alone);
    for (ms, expected) in [(1020, alone), (1021, Verdict::Incomplete), (36_021, Verdict::Incomplete), (36_022, alone)] {
        assert_eq!(beside(PROXY, ms), expected, "{ms}");
    }
    assert_eq!(beside("10.0.0.9:3128", 2000), alone, "of another proxy");
}

#[test]
fn bytes_that_are_not_captured_may_be_the_answer() {
    let missing = |acknowledged: u64, gap: u64| {
        let mut one = challenged(Scheme::Ntlm);
        (one.connection.halves[0].acknowledged_missing, one.connection.halves[1].gap_bytes) = (acknowledged, gap);
        judged(one, []).verdict
    };
    assert_eq!(missing(1, 0), Verdict::ProxyAuthenticationRequired, "one byte may be the FIN");
    assert_eq!((missing(2, 0), missing(0, 1)), (Verdict::Incomplete, Verdict::Incomplete));
}

#[test]
fn that_the_proxy_lets_others_pass_is_told() {
    let passes = |other: Exchange| {
        let told = remarks(&judged(challenged(Scheme::Ntlm), [other]));
        told.iter().any(|remark| matches!(remark, ProxyRemark::OthersPass { .. }))
    };
    assert!(passes(proxied_other("a.example", 60_000, 200)));
    assert!(!passes(proxied_other("a.example", 60_000, 403)) && !passes(proxied_other("a.example", 400_000, 200)));
    assert!(!passes(proxied(60_000, 200)), "another probe");
    let mut elsewhere = proxied_other("a.example", 60_000, 200);
    elsewhere.connection.server = socket("10.0.0.9:3128");
    assert!(!passes(elsewhere), "another proxy");
}

/// Whether a ticket that was refused then, for that service and with that code, is told beside a 407.
fn ticket(scheme: Scheme, ms: i64, code: i64, service: &str, named: bool) -> bool {
    let error = KrbError { code, realm: "CORP.EXAMPLE".into(), service: service.into() };
    let refusal = TicketRefusal {
        client: socket("10.0.0.5:50100"),
        kdc: socket("10.0.0.2:88"),
        over_tcp: false,
        at: packet(ms),
        error,
    };
    let mut scene = Scene::new().hears(CLIENT);
    if named {
        scene = scene.lookup(resolved("proxy.corp.example", 1, 500, &["10.0.0.8"]));
    }
    let scene = scene.exchange(challenged(scheme)).accept(Transaction::TicketRefusal(Box::new(refusal)));
    let finding = scene.findings().into_iter().find(|one| one.verdict == Verdict::ProxyAuthenticationRequired).unwrap();
    let told = remarks(&finding).iter().any(|remark| matches!(remark, ProxyRemark::TicketRefused { .. }));
    assert_eq!(told, finding.conversations.iter().any(|one| one.udp), "its conversation goes by UDP");
    told
}

#[test]
fn a_ticket_for_the_proxy_that_was_refused_while_it_waited() {
    const UNKNOWN: i64 = 7;
    let by_name = |service| ticket(Scheme::Negotiate, 2000, UNKNOWN, service, true);
    assert!(by_name("HTTP/proxy.corp.example") && by_name("http/PROXY.corp.example") && by_name("HTTP/proxy"));
    assert!(!by_name("HTTP/other.corp.example") && !by_name("cifs/proxy.corp.example") && !by_name("proxy"));
    let nameless = |service| ticket(Scheme::Negotiate, 2000, UNKNOWN, service, false);
    assert!(nameless("HTTP/any.corp.example") && !nameless("cifs/any.corp.example"));
    assert!(ticket(Scheme::Negotiate, 2000, code::CLOCK_SKEW, "krbtgt/CORP.EXAMPLE", true), "no ticket at all");
    assert!(!ticket(Scheme::Negotiate, 400_000, code::CLOCK_SKEW, "HTTP/proxy", true), "later");
    assert!(!ticket(Scheme::Ntlm, 2000, UNKNOWN, "HTTP/proxy", true), "NTLM needs none");
}

#[test]
fn an_answer_of_ntlm_without_a_user_is_anonymous() {
    let anonymous = |user: &str, domain: &str| {
        let who = NtlmUser { user: user.into(), domain: domain.into(), workstation: "PC17".into() };
        let mut one = challenged(Scheme::Ntlm);
        let credential = Credential { scheme: Scheme::Ntlm, kind: CredentialKind::Ntlm3(who) };
        one.request.as_mut().unwrap().head.proxy_authorization = Some(credential);
        remarks(&judged(one, [])).contains(&ProxyRemark::Anonymous)
    };
    assert!(anonymous("", "") && !anonymous("alice", "CORP") && !anonymous("", "CORP") && !anonymous("alice", ""));
    assert!(!remarks(&judged(challenged(Scheme::Ntlm), [])).contains(&ProxyRemark::Anonymous), "none was sent");
}
