//! Probes through a proxy: every status, the steps of an authentication, and what is told of it.

use std::time::Duration;

use crate::probe::tests::scene::*;
use crate::proto::auth::{Challenge, ChallengeKind, Credential, CredentialKind, Scheme};
use crate::proto::ntlm::NtlmUser;
use crate::transaction::{Exchange, ExchangeEnd, Wait};
use crate::verdict::{Capability, Cause, Doubt, Finding, Remark, Side, Verdict};

fn judged(legs: &[Exchange]) -> Finding {
    legs.iter().fold(Scene::new().hears(CLIENT), |scene, one| scene.exchange(one.clone())).finding()
}

fn asks(mut one: Exchange, challenges: &[(Scheme, ChallengeKind)]) -> Exchange {
    one.response.as_mut().unwrap().head.proxy_authenticate = challenges
        .iter()
        .map(|(scheme, kind)| Challenge { scheme: scheme.clone(), kind: *kind, realm: None })
        .collect();
    one
}

fn sends(mut one: Exchange, scheme: Scheme, kind: CredentialKind) -> Exchange {
    one.request.as_mut().unwrap().head.proxy_authorization = Some(Credential { scheme, kind });
    one
}

fn on(mut one: Exchange, id: u64) -> Exchange {
    one.connection.id = crate::flow::FlowId(id);
    one.index = u32::try_from(one.started.time.since(at(0)).as_millis()).unwrap();
    one
}

fn type3(user: &str, workstation: &str) -> CredentialKind {
    CredentialKind::Ntlm3(NtlmUser { domain: "CORP".into(), user: user.into(), workstation: workstation.into() })
}

const OFFER: (Scheme, ChallengeKind) = (Scheme::Ntlm, ChallengeKind::Offer);
const TYPE2: (Scheme, ChallengeKind) = (Scheme::Ntlm, ChallengeKind::NtlmType2);

#[test]
fn every_status_of_a_proxy() {
    for (code, cause) in [
        (301, Cause::ProxyRedirect),
        (302, Cause::ProxyRedirect),
        (303, Cause::ProxyRedirect),
        (307, Cause::ProxyRedirect),
        (308, Cause::ProxyRedirect),
        (204, Cause::HttpStatus),
        (304, Cause::HttpStatus),
        (401, Cause::HttpStatus),
        (403, Cause::ProxyDenied),
        (404, Cause::HttpStatus),
        (451, Cause::ProxyDenied),
        (499, Cause::HttpStatus),
        (500, Cause::ProxyUpstreamFailure),
        (599, Cause::ProxyUpstreamFailure),
        (600, Cause::HttpStatus),
    ] {
        let finding = judged(&[proxied(1000, code)]);
        assert_eq!((finding.verdict, finding.cause), (Verdict::ActiveHttpProbeFailed, Some(cause)), "{code}");
        assert_eq!((finding.capability, finding.ncsi_reason.unwrap().number), (Some(Capability::None), 5));
        assert_eq!(finding.confidence_reasons, [], "{code}");
        let mut cut = proxied(1000, code);
        cut.response.as_mut().unwrap().whole = false;
        assert_eq!(judged(&[cut]).confidence_reasons, [Doubt::Truncated], "{code}");
    }
}

#[test]
fn every_body_of_a_proxy() {
    let body = |text: &str, cut: bool| {
        let mut one = proxied(1000, 200);
        let body = &mut one.response.as_mut().unwrap().body;
        body.bytes = text.into();
        (body.whole, body.missing) = (!cut, cut);
        let finding = judged(&[one]);
        (finding.rule, finding.confidence_reasons)
    };
    assert_eq!(body(BODY, false), ("proxy.right", vec![]));
    assert_eq!(body("", false), ("proxy.content", vec![]));
    assert_eq!(body("<html>", false), ("proxy.content", vec![]));
    assert_eq!(body("<html>", true), ("proxy.content", vec![Doubt::Truncated]));
    assert_eq!(body("<p>Microsoft Connect Test</p>", false), ("proxy.embedded", vec![Doubt::EmbeddedText]));
    assert_eq!(body("Micro", true), ("http.body-cut", vec![Doubt::Truncated]));
}

#[test]
fn an_answer_after_thirty_five_seconds_is_late() {
    let after = |ms: i64| {
        let mut one = proxied(1000, 200);
        one.response.as_mut().unwrap().first = packet(1000 + ms);
        judged(&[one])
    };
    assert_eq!(after(35_000).rule, "proxy.right");
    assert_eq!(after(35_001).rule, "proxy.late");
    assert_eq!(after(35_001).remarks, [Remark::LateAnswer { after: Duration::from_millis(35_001) }]);
}

#[test]
fn ends_without_an_answer() {
    for (end, rule) in [
        (ExchangeEnd::NotHttp { start: "x".into(), at: packet(1010) }, "proxy.invalid"),
        (ExchangeEnd::Reset { by: Side::Server, mark: mark(1010) }, "proxy.reset"),
        (ExchangeEnd::Closed { by: Side::Server, mark: mark(1010) }, "proxy.closed"),
        (ExchangeEnd::Reset { by: Side::Client, mark: mark(1010) }, "proxy.client-gave-up"),
        (ExchangeEnd::Closed { by: Side::Client, mark: mark(1010) }, "proxy.client-gave-up"),
        (ExchangeEnd::Unreachable, "proxy.icmp"),
        (ExchangeEnd::Unanswered(Wait::Elapsed), "proxy.timeout"),
        (ExchangeEnd::NotCaptured, "proxy.not-captured"),
    ] {
        assert_eq!(judged(&[Exchange { response: None, end, ..proxied(1000, 200) }]).rule, rule);
    }
}

#[test]
fn what_a_407_asks_and_what_was_sent() {
    let basic = (Scheme::Basic, ChallengeKind::Offer);
    let rule = |sent: Option<CredentialKind>, challenges: &[(Scheme, ChallengeKind)]| {
        let mut one = asks(proxied(1000, 407), challenges);
        if let Some(kind) = sent {
            one = sends(one, Scheme::Ntlm, kind);
        }
        judged(&[one]).rule
    };
    assert_eq!(rule(None, &[OFFER]), "proxy.auth-unanswered");
    assert_eq!(rule(None, &[basic.clone(), OFFER]), "proxy.auth-unanswered");
    assert_eq!(rule(None, &[basic.clone(), (Scheme::Digest, ChallengeKind::Offer)]), "proxy.auth-unsupported");
    assert_eq!(rule(None, &[]), "proxy.auth-unanswered");
    assert_eq!(rule(Some(CredentialKind::Ntlm1), std::slice::from_ref(&basic)), "proxy.auth-unsupported");
    assert_eq!(rule(Some(CredentialKind::Ntlm1), &[TYPE2]), "proxy.auth-unanswered");
    assert_eq!(rule(Some(CredentialKind::Kerberos), &[OFFER]), "proxy.auth-rejected");
    assert_eq!(rule(Some(type3("ann", "PC")), &[OFFER]), "proxy.auth-rejected");
    let lost = |change: fn(&mut Exchange)| {
        let mut one = asks(proxied(1000, 407), &[TYPE2]);
        change(&mut one);
        judged(&[one]).rule
    };
    assert_eq!(lost(|one| one.connection.halves[1].fin = Some(mark(1090))), "proxy.auth-broken-keepalive");
    assert_eq!(lost(|one| one.connection.halves[1].reset = Some(mark(1090))), "proxy.auth-broken-keepalive");
}

#[test]
fn type_3_belongs_on_the_connection_of_type_2() {
    let legs = |third: u64| {
        let first = on(asks(sends(proxied(1000, 407), Scheme::Ntlm, CredentialKind::Ntlm1), &[TYPE2]), 1);
        let second = on(asks(sends(proxied(2000, 407), Scheme::Ntlm, type3("ann", "PC")), &[OFFER]), third);
        judged(&[first, second]).rule
    };
    assert_eq!(legs(1), "proxy.auth-rejected");
    assert_eq!(legs(2), "proxy.auth-other-connection");
}

#[test]
fn silence_after_a_407_is_counted_from_its_end() {
    let at_end = |end: i64| {
        let mut scene = Scene::new().hears(CLIENT).exchange(asks(proxied(1000, 407), &[OFFER]));
        scene.world.span = Some((at(0), at(end)));
        let finding = scene.finding();
        (finding.verdict, finding.confidence_reasons)
    };
    assert_eq!(at_end(36_021), (Verdict::ProxyAuthenticationRequired, vec![]));
    let missing = Duration::from_millis(1);
    assert_eq!(at_end(36_020), (Verdict::Incomplete, vec![Doubt::DeadlineOutside { missing }]));
}

#[test]
fn who_authenticated_and_how() {
    let first = on(asks(proxied(1000, 407), &[OFFER, (Scheme::Basic, ChallengeKind::Offer), OFFER]), 1);
    let second = on(sends(proxied(2000, 200), Scheme::Ntlm, type3("PC7$", "PC7")), 1);
    let scene = Scene::new().lookup(resolved("proxy.example", 1, 0, &["10.0.0.8"]));
    let finding = scene.exchange(first).exchange(second).finding();
    let user = Some("CORP\\PC7$".to_owned());
    assert_eq!(finding.remarks, [Remark::Authenticated { scheme: "NTLM".into(), user: user.clone() }]);
    let proxy = finding.details.proxy.unwrap();
    assert_eq!((proxy.name.as_deref(), proxy.legs, proxy.used.as_deref()), (Some("proxy.example"), 2, Some("NTLM")));
    assert_eq!(proxy.schemes, ["NTLM", "Basic"]);
    assert_eq!((proxy.user, proxy.workstation.as_deref(), proxy.computer_account), (user, Some("PC7"), Some(true)));
    let person = sends(proxied(2000, 200), Scheme::Ntlm, type3("ann", ""));
    let proxy = judged(&[person]).details.proxy.unwrap();
    assert_eq!((proxy.workstation, proxy.computer_account, proxy.legs), (None, Some(false), 1));
}

#[test]
fn another_requests_407_leads_to_nothing_for_windows() {
    let finding = judged(&[asks(proxied_other("a.example", 1000, 407), &[OFFER])]);
    assert_eq!((finding.rule, finding.ncsi_reason, finding.capability), ("proxy-other.auth", None, None));
    assert_eq!((finding.host.as_deref(), finding.proxy), (Some("a.example"), Some(socket(PROXY))));
    assert_eq!(finding.details.winhttp_error, None);
}
