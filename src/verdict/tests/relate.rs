//! What findings of one client mean beside each other.

use std::time::Duration;

use super::{about, related};
use crate::probe::tests::scene::*;
use crate::settings::{ClientOs, Settings};
use crate::verdict::judge::is_probe;
use crate::verdict::{Capability, Confidence, Doubt, Family, Finding, Remark, Route, Severity, Verdict};

use Verdict::{
    ActiveDnsProbeFailed, ActiveDnsProbeSucceeded, ActiveHttpProbeFailed, ActiveHttpProbeSucceeded,
    ActiveHttpProbeSucceededViaProxy, HotspotDetected, Incomplete, ProbeLookAlike, ProxyNotDiscovered,
    TlsHandshakeFailed,
};

fn scene() -> Scene {
    Scene::new().exchange(exchange(CLIENT, SERVER, 1000))
}

fn six(mut finding: Finding) -> Finding {
    finding.family = Family::V6;
    finding
}

fn by_proxy(mut finding: Finding) -> Finding {
    finding.route = Some(Route::ExplicitProxy);
    finding
}

/// The finding of that verdict after it was related with the others.
fn among(list: Vec<Finding>, verdict: Verdict) -> Finding {
    let mut found: Vec<_> = related(&scene(), list).into_iter().filter(|one| one.verdict == verdict).collect();
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}

fn severity(list: Vec<Finding>, verdict: Verdict) -> Severity {
    among(list, verdict).severity
}

/// What a finding is after a use of the proxy at `ms` and beside `others`.
fn with_use(finding: Finding, others: Vec<Finding>, ms: i64, status: Option<u16>, probe: bool) -> Verdict {
    let mut one = if probe { proxied(ms, 200) } else { proxied_other("a.example", ms, status.unwrap_or(200)) };
    if status.is_none() {
        one.response = None;
    }
    let scene = scene().exchange(one);
    let route = finding.route;
    let list = std::iter::once(finding).chain(others).collect();
    related(&scene, list).iter().find(|one| one.started == at(200_000) && one.route == route).unwrap().verdict
}

#[test]
fn a_proxy_that_others_use_was_not_discovered() {
    let failed = || about(HotspotDetected, 200_000, 200_100);
    for (ms, expected) in [
        (49_999, HotspotDetected),
        (50_000, ProxyNotDiscovered),
        (350_100, ProxyNotDiscovered),
        (350_101, HotspotDetected),
    ] {
        assert_eq!(with_use(failed(), vec![], ms, Some(200), false), expected, "{ms}");
    }
    assert_eq!(with_use(failed(), vec![], 200_000, Some(407), false), HotspotDetected, "it refuses");
    assert_eq!(with_use(failed(), vec![], 200_000, None, false), HotspotDetected, "it says nothing");
    assert_eq!(with_use(failed(), vec![], 200_000, Some(200), true), HotspotDetected, "only probes pass");
    for verdict in [ActiveHttpProbeFailed, Verdict::ActiveHttpProbeFailedButDnsSucceeded] {
        assert_eq!(with_use(about(verdict, 200_000, 200_100), vec![], 200_000, Some(200), false), ProxyNotDiscovered);
        let proxied = by_proxy(about(verdict, 200_000, 200_100));
        assert_eq!(with_use(proxied, vec![], 200_000, Some(200), false), verdict);
    }
    let right = about(ActiveHttpProbeSucceeded, 200_000, 200_100);
    assert_eq!(with_use(right, vec![], 200_000, Some(200), false), ActiveHttpProbeSucceeded);
}

#[test]
fn a_probe_by_the_proxy_soon_after_is_the_normal_start() {
    for (started, expected) in [
        (199_999, ProxyNotDiscovered),
        (200_000, HotspotDetected),
        (260_100, HotspotDetected),
        (260_101, ProxyNotDiscovered),
    ] {
        let follows = by_proxy(about(ActiveHttpProbeSucceededViaProxy, started, started + 50));
        let failed = about(HotspotDetected, 200_000, 200_100);
        assert_eq!(with_use(failed.clone(), vec![follows.clone()], 200_000, Some(200), false), expected, "{started}");
        let grade = if expected == HotspotDetected { Severity::Info } else { Severity::Warning };
        if started >= 200_000 {
            assert_eq!(severity(vec![failed, follows], HotspotDetected), grade, "{started}");
        }
    }
    let other = by_proxy(about(TlsHandshakeFailed, 200_050, 200_060));
    let failed = about(HotspotDetected, 200_000, 200_100);
    assert_eq!(with_use(failed, vec![other], 200_000, Some(200), false), ProxyNotDiscovered, "not a probe");
}

#[test]
fn a_dns_probe_decides_only_alone() {
    let capability = |dns: Verdict, beside: Vec<Finding>, os| {
        let mut one = about(dns, 200_000, 200_100);
        one.capability = Some(Capability::Internet);
        let told = Settings { client_os: os, ..Settings::default() };
        let scene = Scene::with(told).exchange(exchange(CLIENT, SERVER, 1000));
        let list = std::iter::once(one).chain(beside).collect();
        related(&scene, list).iter().find(|one| one.verdict == dns).unwrap().capability
    };
    let (right, wrong, any) = (ActiveDnsProbeSucceeded, ActiveDnsProbeFailed, ClientOs::Unknown);
    let kept = Some(Capability::Internet);
    let http = |verdict, ended| vec![about(verdict, ended, ended)];
    assert_eq!(capability(right, vec![], any), kept);
    assert_eq!(capability(right, vec![], ClientOs::Win11), None);
    assert_eq!(capability(right, vec![], ClientOs::Win10), kept);
    assert_eq!(capability(right, http(HotspotDetected, 50_100), any), None);
    assert_eq!(capability(right, http(HotspotDetected, 50_099), any), kept, "another episode");
    assert_eq!(capability(right, http(HotspotDetected, 350_100), any), None);
    assert_eq!(capability(right, http(HotspotDetected, 350_101), any), kept);
    assert_eq!(capability(right, vec![six(about(HotspotDetected, 200_000, 200_000))], any), kept, "another family");
    for harmless in [ActiveHttpProbeSucceeded, Incomplete, ProbeLookAlike, TlsHandshakeFailed, wrong] {
        assert_eq!(capability(right, http(harmless, 200_000), any), kept, "{harmless}");
    }
    assert_eq!(capability(wrong, http(ActiveHttpProbeSucceeded, 200_000), any), None);
    assert_eq!(capability(wrong, http(HotspotDetected, 200_000), any), kept);
    assert_eq!(capability(wrong, http(right, 200_000), any), kept);
    assert_eq!(capability(wrong, vec![], any), kept);
}

#[test]
fn a_later_success_heals() {
    let recovered = |failed: Finding, right: Finding| {
        let started = failed.started;
        related(&scene(), vec![failed, right]).iter().find(|one| one.started == started).unwrap().recovered_after
    };
    let failed = || about(HotspotDetected, 200_000, 200_100);
    let right = |ended| about(ActiveHttpProbeSucceeded, ended - 10, ended);
    assert_eq!(recovered(failed(), right(200_101)), Some(Duration::from_millis(101)));
    assert_eq!(recovered(failed(), right(200_100)), None, "at the same moment");
    assert_eq!(recovered(failed(), right(199_000)), None, "before");
    assert_eq!(recovered(failed(), six(right(300_000))), None, "the other family");
    assert_eq!(recovered(failed(), about(ActiveDnsProbeSucceeded, 300_000, 300_100)), None, "a DNS probe");
    let dns = about(ActiveDnsProbeFailed, 200_000, 200_100);
    assert_eq!(recovered(dns.clone(), right(300_000)), None);
    assert!(recovered(dns, about(ActiveDnsProbeSucceeded, 300_000, 300_100)).is_some());
    for verdict in [TlsHandshakeFailed, Incomplete, ProbeLookAlike, ActiveHttpProbeSucceededViaProxy] {
        assert_eq!(recovered(about(verdict, 200_000, 200_100), right(300_000)), None, "{verdict}");
    }
}

#[test]
fn severity_of_success() {
    let graded = |confidence, doubts: Vec<Doubt>, remarks: Vec<Remark>| {
        let mut one = about(ActiveHttpProbeSucceeded, 200_000, 200_100);
        (one.confidence, one.confidence_reasons, one.remarks) = (confidence, doubts, remarks);
        severity(vec![one], ActiveHttpProbeSucceeded)
    };
    assert_eq!(graded(Confidence::High, vec![], vec![]), Severity::Ok);
    assert_eq!(graded(Confidence::High, vec![], vec![Remark::PaddedBody]), Severity::Ok);
    assert_eq!(graded(Confidence::High, vec![], vec![Remark::StaleCache { seconds: 60 }]), Severity::Warning);
    assert_eq!(graded(Confidence::Low, vec![Doubt::EncodedBody], vec![]), Severity::Warning);
    assert_eq!(graded(Confidence::Low, vec![Doubt::RequestUnseen, Doubt::EncodedBody], vec![]), Severity::Warning);
    assert_eq!(graded(Confidence::Low, vec![Doubt::RequestUnseen], vec![]), Severity::Ok);
    assert_eq!(graded(Confidence::Medium, vec![Doubt::HeadCut], vec![]), Severity::Ok);
}

#[test]
fn severity_of_the_rest() {
    let low = |verdict| {
        let mut one = about(verdict, 200_000, 200_100);
        one.confidence = Confidence::Low;
        one
    };
    let plain = |verdict| severity(vec![about(verdict, 200_000, 200_100)], verdict);
    for (verdict, expected) in [
        (HotspotDetected, Severity::Error),
        (TlsHandshakeFailed, Severity::Error),
        (Verdict::TlsVersionMismatch, Severity::Error),
        (Verdict::LegacyTlsNegotiated, Severity::Warning),
        (Verdict::TlsIntercepted, Severity::Warning),
        (Verdict::NoGlobalAddress, Severity::Info),
        (ProbeLookAlike, Severity::Info),
        (Incomplete, Severity::Warning),
    ] {
        assert_eq!(plain(verdict), expected, "{verdict}");
    }
    assert_eq!(severity(vec![low(HotspotDetected)], HotspotDetected), Severity::Warning);
    assert_eq!(severity(vec![low(TlsHandshakeFailed)], TlsHandshakeFailed), Severity::Warning);
    let mut guessed = about(Incomplete, 200_000, 200_100);
    guessed.guess = Some(ActiveHttpProbeSucceeded);
    assert_eq!(severity(vec![guessed], Incomplete), Severity::Info);
    let mut fallback = about(Verdict::TlsVersionMismatch, 200_000, 200_100);
    fallback.recovered_after = Some(Duration::from_secs(1));
    assert_eq!(severity(vec![fallback], Verdict::TlsVersionMismatch), Severity::Warning);
    let mut upstream = six(about(HotspotDetected, 200_000, 200_100));
    upstream.route = Some(Route::ProxyUpstream);
    assert_eq!(severity(vec![upstream], HotspotDetected), Severity::Error, "a proxy's own fetch is judged as it is");
    let mut refused = about(Verdict::ProxyAuthenticationRequired, 200_000, 200_100);
    (refused.ncsi_reason, refused.rule) = (None, "proxy-other.auth");
    refused.host = Some("www.example".into());
    assert_eq!(severity(vec![refused.clone()], refused.verdict), Severity::Warning);
    refused.host = Some("login.microsoftonline.com".into());
    assert_eq!(severity(vec![refused.clone()], refused.verdict), Severity::Error);
}

#[test]
fn severity_beside_other_probes() {
    let failed = || about(HotspotDetected, 200_000, 200_100);
    let earlier = about(ActiveHttpProbeSucceeded, 100_000, 100_100);
    assert_eq!(severity(vec![failed(), earlier.clone()], HotspotDetected), Severity::Error, "it worked, and no longer");
    let later = about(ActiveHttpProbeSucceeded, 300_000, 300_100);
    assert_eq!(severity(vec![failed(), later], HotspotDetected), Severity::Warning);
    assert_eq!(severity(vec![failed(), six(earlier.clone())], HotspotDetected), Severity::Warning);
    assert_eq!(severity(vec![six(failed())], HotspotDetected), Severity::Info, "IPv4 is unknown");
    assert_eq!(severity(vec![six(failed()), earlier.clone()], HotspotDetected), Severity::Info);
    assert_eq!(
        severity(vec![six(failed()), about(ActiveHttpProbeFailed, 1000, 1100)], HotspotDetected),
        Severity::Error
    );
    for unsaid in [ProbeLookAlike, Incomplete] {
        assert_eq!(
            severity(vec![six(failed()), about(unsaid, 1000, 1100)], HotspotDetected),
            Severity::Info,
            "{unsaid}"
        );
    }
    let dns = about(ActiveDnsProbeFailed, 200_000, 200_100);
    assert_eq!(severity(vec![dns.clone()], ActiveDnsProbeFailed), Severity::Error);
    assert_eq!(severity(vec![dns.clone(), earlier.clone()], ActiveDnsProbeFailed), Severity::Info);
    let web6 = six(earlier.clone());
    assert_eq!(severity(vec![dns.clone(), web6], ActiveDnsProbeFailed), Severity::Warning, "another family");
    assert_eq!(severity(vec![dns, about(HotspotDetected, 1000, 1100)], ActiveDnsProbeFailed), Severity::Error);
}

#[test]
fn which_findings_are_about_a_probe() {
    for (verdict, rule, expected) in [
        (HotspotDetected, "http.redirect", true),
        (ProxyNotDiscovered, "proxy.not-discovered", true),
        (ProbeLookAlike, "probe.look-alike", true),
        (Incomplete, "http.body-cut", true),
        (Incomplete, "tls.timeout", false),
        (Incomplete, "proxy-other.auth", false),
        (Verdict::ProxyAuthenticationRequired, "proxy.auth-rejected", true),
        (Verdict::ProxyAuthenticationRequired, "proxy-other.auth", false),
        (TlsHandshakeFailed, "tls.reset", false),
        (Verdict::NoAddress, "host.address", false),
    ] {
        let mut one = about(verdict, 0, 0);
        (one.rule, one.ncsi_reason) = (rule, None);
        assert_eq!(is_probe(&one), expected, "{verdict} {rule}");
    }
    let mut one = about(Verdict::ProxyAuthenticationRequired, 0, 0);
    one.rule = "proxy-other.auth";
    assert!(one.ncsi_reason.is_some() && is_probe(&one));
}
