//! What each kind of failure says of a Microsoft 365 set, and what makes it uncertain.

use super::endpoints::{LOGIN, known, named, reset, unreachable};
use crate::probe::tests::scene::*;
use crate::proto::auth::{Credential, CredentialKind, Scheme};
use crate::proto::dns::{rcode, rtype};
use crate::proto::http::TargetForm;
use crate::transaction::{Exchange, Lookup};
use crate::verdict::{Cause, Confidence, Doubt, Finding};

/// A look-up of the sign-in with that code and these addresses.
fn looked_up(code: u16, addresses: &[&str]) -> Lookup {
    let mut one = resolved(LOGIN, rtype::A, 100, addresses);
    one.answer.as_mut().unwrap().rcode = code;
    one
}

#[test]
fn what_a_name_that_fails_says() {
    let judged = |code, addresses: &[&str]| {
        let finding = unreachable(&Scene::new().hears(CLIENT).lookup(looked_up(code, addresses))).unwrap();
        let doubts = |doubt: Doubt| finding.confidence_reasons.contains(&doubt);
        (finding.cause.unwrap(), doubts(Doubt::DeadName), doubts(Doubt::ResolverFailure))
    };
    assert_eq!(judged(rcode::NXDOMAIN, &[]), (Cause::DnsNxdomain, false, false));
    assert_eq!(judged(rcode::NOERROR, &[]), (Cause::DnsNodata, false, false));
    assert_eq!(judged(rcode::REFUSED, &[]), (Cause::DnsRefused, false, true));
    assert_eq!(judged(rcode::SERVFAIL, &[]), (Cause::DnsServfail, false, true));
    assert_eq!(judged(rcode::NOERROR, &["0.0.0.0"]), (Cause::DnsSinkholed, false, false));
    let mut passing = resolved("becws.microsoftonline.com", rtype::A, 100, &[]);
    passing.answer.as_mut().unwrap().rcode = rcode::NXDOMAIN;
    let finding = unreachable(&Scene::new().hears(CLIENT).lookup(passing)).unwrap();
    assert!(finding.confidence_reasons.contains(&Doubt::DeadName), "perhaps Microsoft gave it up");
}

#[test]
fn a_resolvers_own_question_is_not_a_clients() {
    use crate::verdict::endpoints::rows;
    use crate::verdict::roles::Roles;

    let failed = |own: bool| {
        let mut scene = Scene::new().lookup(looked_up(rcode::NXDOMAIN, &[]));
        if own {
            let mut asks = resolved("www.example", rtype::A, 50, &["203.0.113.9"]);
            asks.server.set_ip(ip(CLIENT));
            asks.client.set_ip(ip("10.0.0.77"));
            scene = scene.lookup(asks);
        }
        let cells = crate::probe::tests::scene::cells(&scene.world);
        let all = rows(&cells, &Roles::of(&scene.world));
        all.values().map(|row| row.counts.iter().map(|count| count.failed).sum::<u64>()).sum::<u64>()
    };
    assert_eq!((failed(false), failed(true)), (1, 0));
}

#[test]
fn every_failure_is_counted_and_what_is_undecided_is_said() {
    let three = [1000, 3000, 5000].into_iter().fold(known(), |scene, ms| scene.handshake(reset(ms)));
    let finding = unreachable(&three).unwrap();
    assert_eq!(finding.details.endpoint.as_ref().unwrap().attempts, 3);
    assert!(!finding.confidence_reasons.contains(&Doubt::OthersUndecided));
    let cut = || {
        let mut one = attempted(CLIENT, SECURE, 595_000);
        one.end = crate::transaction::AttemptedEnd::Unanswered(crate::transaction::Wait::Elapsed);
        one
    };
    let mut refused = attempted(CLIENT, SECURE, 1000);
    refused.end = crate::transaction::AttemptedEnd::Refused(mark(1010));
    let deaf = || Scene::new().lookup(resolved(LOGIN, rtype::A, 100, &["203.0.113.9"]));
    let renewed =
        deaf().attempted(refused.clone()).lookup(resolved("login.windows.net", rtype::A, 594_000, &["203.0.113.9"]));
    let torn = unreachable(&renewed.attempted(cut())).unwrap();
    assert!(torn.confidence_reasons.contains(&Doubt::OthersUndecided), "the second may have been answered");
    let whole = unreachable(&deaf().attempted(refused)).unwrap();
    assert!(!whole.confidence_reasons.contains(&Doubt::OthersUndecided));
}

#[test]
fn a_full_table_may_have_left_out_a_success() {
    let evicted = |change: &dyn Fn(&mut Scene)| {
        let mut scene = known().handshake(reset(1000)).handshake(reset(3000));
        change(&mut scene);
        unreachable(&scene).unwrap().confidence_reasons.contains(&Doubt::Evicted)
    };
    assert!(!evicted(&|_| ()));
    assert!(evicted(&|scene| scene.world.endpoints.refused = 1));
    assert!(evicted(&|scene| scene.world.clients.refused = 1));
}

/// A request through the proxy for the sign-in.
fn connect(from: i64, code: u16) -> Exchange {
    let mut one = status(CLIENT, PROXY, from, code);
    let head = &mut one.request.as_mut().unwrap().head;
    (head.method, head.host) = ("CONNECT".into(), Some(LOGIN.into()));
    head.form = TargetForm::Authority { host: LOGIN.into(), port: 443 };
    one
}

fn with(mut one: Exchange, kind: CredentialKind) -> Exchange {
    one.request.as_mut().unwrap().head.proxy_authorization = Some(Credential { scheme: Scheme::Ntlm, kind });
    one
}

fn by_proxy(list: impl IntoIterator<Item = Exchange>) -> Option<(Cause, bool)> {
    let finding = unreachable(&list.into_iter().fold(Scene::new().hears(CLIENT), Scene::exchange))?;
    Some((finding.cause?, finding.confidence_reasons.contains(&Doubt::BehindTheProxy)))
}

#[test]
fn what_a_proxy_makes_of_it() {
    assert_eq!(by_proxy([connect(1000, 403)]), Some((Cause::ProxyDenied, false)));
    assert_eq!(by_proxy([connect(1000, 451)]), Some((Cause::ProxyDenied, false)));
    for code in 502..=504 {
        assert_eq!(by_proxy([connect(1000, code)]), Some((Cause::ProxyUpstreamFailure, true)), "{code}");
    }
    assert_eq!(by_proxy([connect(1000, 200)]), None);
}

#[test]
fn a_challenge_is_of_this_set_only_where_the_proxy_lets_others_pass() {
    let silence = Some((Cause::ProxyAuthUnanswered, false));
    let beside = |other: Exchange| by_proxy([connect(1000, 407), other]);
    assert_eq!(by_proxy([connect(1000, 407)]), None, "it asks everything");
    assert_eq!(beside(proxied_other("a.example", 3000, 200)), silence);
    assert_eq!(beside(proxied_other("a.example", 3000, 399)), silence);
    assert_eq!(beside(proxied_other("a.example", 3000, 403)), None, "it refuses that, too");
    assert_eq!(beside(proxied(3000, 200)), None, "probes pass anywhere");
    let mut elsewhere = proxied_other("a.example", 3000, 200);
    elsewhere.connection.server = socket("10.0.0.9:3128");
    assert_eq!(beside(elsewhere), None, "another proxy");
}

#[test]
fn credentials_that_end_an_exchange_were_refused() {
    let pass = || proxied_other("a.example", 3000, 200);
    let user = CredentialKind::Basic { user: Some("alice".into()) };
    assert_eq!(by_proxy([with(connect(1000, 407), user), pass()]), Some((Cause::ProxyAuthRejected, false)));
    let begun = by_proxy([with(connect(1000, 407), CredentialKind::Ntlm1), pass()]);
    assert_eq!(begun, Some((Cause::ProxyAuthUnanswered, false)), "type 1 only begins");
    let until = |end: i64| {
        let mut scene = Scene::new().hears(CLIENT).exchange(connect(1000, 407)).exchange(pass());
        scene.world.span = Some((at(0), at(end)));
        unreachable(&scene).is_some()
    };
    assert!(until(36_021) && !until(36_020), "the client has 35 s to answer");
}

/// A request in clear to a server of the set.
fn in_clear(from: i64, code: u16) -> Exchange {
    let mut one = status(CLIENT, "203.0.113.9:80", from, code);
    let head = &mut one.request.as_mut().unwrap().head;
    (head.host, head.path, head.user_agent) = (Some(LOGIN.into()), "/".into(), None);
    one
}

#[test]
fn what_stands_between_the_client_and_the_set() {
    let cause =
        |code| unreachable(&Scene::new().hears(CLIENT).exchange(in_clear(1000, code))).and_then(|one| one.cause);
    assert_eq!(cause(407), Some(Cause::HttpInterceptAuth));
    assert_eq!(cause(403), Some(Cause::HttpBlocked));
    assert_eq!(cause(511), Some(Cause::HttpStatus));
    assert_eq!(cause(404), None, "the server itself may say so");
}

#[test]
fn findings_are_tagged_with_the_set_they_belong_to() {
    let id = |scene: &Scene| {
        let finding: Finding = scene.findings().into_iter().find(|one| one.rule.starts_with("tls."))?;
        finding.details.endpoint.map(|endpoint| endpoint.id)
    };
    assert_eq!(id(&known().handshake(reset(1000))), Some(Some(56)));
    assert_eq!(id(&known().handshake(named(reset(1000), "sts.example"))), None);
    let mut asked_by_address = reset(1000);
    asked_by_address.hello.as_mut().unwrap().0.sni = None;
    asked_by_address.connection.server = socket("40.126.1.1:443");
    assert_eq!(id(&Scene::new().handshake(asked_by_address)), Some(Some(56)), "by its address");
}

#[test]
fn a_name_alone_proves_less_than_two_failures() {
    let two = unreachable(&known().handshake(reset(1000)).handshake(reset(3000))).unwrap();
    assert!(two.confidence > Confidence::Low && !two.confidence_reasons.contains(&Doubt::ByAddressOnly));
}
