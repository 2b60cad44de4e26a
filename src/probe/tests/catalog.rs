//! What NCSI asks, and what only looks like it.

use super::scene::*;
use crate::probe::catalog::{Asked, Catalog, LookAlike, family_of, family_of_qtype};
use crate::proto::http::{Extent, RequestHead};
use crate::settings::{ProbeConfig, WebProbe};
use crate::verdict::Family;

fn head(host: &str, path: &str, agent: Option<&str>, extent: Extent) -> RequestHead {
    RequestHead {
        host: (!host.is_empty()).then(|| host.to_owned()),
        path: path.to_owned(),
        user_agent: agent.map(str::to_owned),
        extent,
        ..RequestHead::default()
    }
}

#[test]
fn what_a_request_is() {
    const FILE: &str = "/connecttest.txt";
    let (ncsi, browser) = (Some("microsoft ncsi"), Some("Mozilla/5.0"));
    let (manual, redirect) = (Asked::LookAlike(LookAlike::Manual), Asked::LookAlike(LookAlike::BrowserRedirect));
    let table = [
        (HOST, FILE, ncsi, Extent::Whole, Asked::Probe),
        (HOST, "/anything", ncsi, Extent::Whole, Asked::Probe),
        ("", FILE, ncsi, Extent::Whole, Asked::Probe),
        ("probe.corp.example", FILE, ncsi, Extent::Whole, Asked::CustomProbe),
        (HOST, FILE, None, Extent::Fields, Asked::ProbeCut),
        ("", FILE, None, Extent::Fields, Asked::ProbeCut),
        (HOST, "/other", None, Extent::Fields, Asked::Other),
        ("www.example", FILE, None, Extent::Fields, Asked::Other),
        (HOST, FILE, None, Extent::Whole, manual),
        (HOST, FILE, browser, Extent::Whole, manual),
        (HOST, "/ConnectTest.TXT", browser, Extent::Whole, manual),
        (HOST, FILE, browser, Extent::Fields, Asked::Other),
        (HOST, "/Redirect", browser, Extent::Whole, redirect),
        (HOST, "/redirect", browser, Extent::Fields, Asked::Other),
        ("www.example", "/redirect", browser, Extent::Whole, Asked::Other),
        ("www.example", FILE, browser, Extent::Whole, Asked::Other),
        (HOST, "/", browser, Extent::Whole, Asked::Other),
    ];
    let catalog = Catalog::default();
    for (host, path, agent, extent, expected) in table {
        let asked = catalog.asked(&head(host, path, agent, extent));
        assert_eq!(asked, expected, "{host} {path} {agent:?} {extent:?}");
    }
}

#[test]
fn an_applications_check_carries_a_number() {
    let mut one = head(HOST, "/connecttest.txt", Some("App"), Extent::Whole);
    for (query, kind) in [("n=1700000000", LookAlike::Application), ("m=1", LookAlike::Manual), ("", LookAlike::Manual)]
    {
        one.query = Some(query.to_owned());
        assert_eq!(Catalog::default().asked(&one), Asked::LookAlike(kind), "{query}");
    }
}

#[test]
fn the_default_configuration_adds_nothing() {
    assert_eq!(Catalog::with(&ProbeConfig::default()), Catalog::default());
}

#[test]
fn a_configured_probe_is_added_whatever_part_of_it_differs() {
    let known = ProbeConfig::default().web;
    let table = [
        WebProbe { host: "Probe.Corp.Example".into(), ..known.clone() },
        WebProbe { path: "/probe.txt".into(), ..known.clone() },
        WebProbe { content: "Corp".into(), ..known },
    ];
    for web in table {
        let catalog = Catalog::with(&ProbeConfig { web: web.clone(), ..ProbeConfig::default() });
        assert_eq!(catalog.web.len(), 5, "{web:?}");
        let first = &catalog.web[0];
        assert!(first.custom && first.family == Family::V4);
        assert_eq!(first.host, web.host.to_ascii_lowercase());
        assert_eq!(first.path, format!("/{}", web.path.trim_start_matches('/')));
        assert_eq!(first.content, web.content);
    }
    let six = WebProbe { host: "probe6.example".into(), path: "p".into(), content: "c".into() };
    let catalog = Catalog::with(&ProbeConfig { web_v6: six, ..ProbeConfig::default() });
    assert_eq!((catalog.web.len(), catalog.web[0].family), (5, Family::V6));
}

#[test]
fn a_configured_dns_probe_is_added_by_family() {
    let config = ProbeConfig { dns_host: "Dns.Corp.Example".into(), ..ProbeConfig::default() };
    let catalog = Catalog::with(&config);
    assert_eq!(catalog.dns.len(), 3);
    let content = |name, qtype| catalog.dns_probe(name, qtype).map(|probe| probe.content);
    assert_eq!(content("dns.corp.example", 1), Some(ip("131.107.255.255")));
    assert_eq!(content("dns.corp.example", 28), None);
    assert_eq!(content(DNS_NAME, 28), Some(ip("fd3e:4f5a:5b81::1")));
    assert_eq!(content(DNS_NAME, 15), None);
    assert_eq!(content("www.example", 1), None);
}

#[test]
fn the_expected_body_goes_by_host_then_by_path() {
    let web = WebProbe { host: "probe.example".into(), path: "connecttest.txt".into(), content: "Corp".into() };
    let catalog = Catalog::with(&ProbeConfig { web, ..ProbeConfig::default() });
    let expected = |host: &str, path: &str| catalog.expected_body(&head(host, path, None, Extent::Whole)).to_owned();
    assert_eq!(expected("probe.example", "/connecttest.txt"), "Corp");
    assert_eq!(expected(HOST, "/ConnectTest.txt"), BODY);
    assert_eq!(expected("www.msftncsi.com", "/ncsi.txt"), "Microsoft NCSI");
    assert_eq!(expected("10.1.1.1", "/ncsi.txt"), "Microsoft NCSI");
    assert_eq!(expected("10.1.1.1", "/connecttest.txt"), "Corp", "the configured one comes first");
    assert_eq!(expected(HOST, "/other"), BODY);
    for (body, known) in [("Corp", true), (BODY, true), ("Microsoft NCSI", true), ("", false), ("<html>", false)] {
        assert_eq!(catalog.is_expected_body(body.as_bytes()), known, "{body}");
    }
}

#[test]
fn a_look_up_belongs_to_a_probe_by_name_and_type() {
    let catalog = Catalog::default();
    assert_eq!(catalog.web_lookup(HOST, 1), Some(Family::V4));
    assert_eq!(catalog.web_lookup(HOST6, 28), Some(Family::V6));
    assert_eq!(catalog.web_lookup(HOST, 28), None);
    assert_eq!(catalog.web_lookup("www.example", 1), None);
    assert_eq!(
        (family_of_qtype(1), family_of_qtype(28), family_of_qtype(2)),
        (Some(Family::V4), Some(Family::V6), None)
    );
    assert_eq!((family_of(ip("::ffff:10.0.0.1")), family_of(ip("2001:db8::1"))), (Family::V4, Family::V6));
}
