//! Two adapters of one host: what fails over one is no trouble where the other works.

use super::{about, filed};
use crate::probe::tests::scene::*;
use crate::settings::{CapturePoint, Settings};
use crate::source::{PacketId, PacketRef};
use crate::transaction::Exchange;
use crate::verdict::adapters::explain;
use crate::verdict::roles::Roles;
use crate::verdict::{Capability, Family, Finding, Remark, Route, Severity, Verdict};

const OTHER: &str = "10.9.0.5";

/// A host that captured itself, with these addresses.
fn own(addresses: &[&str]) -> Scene {
    let settings = Settings { capture_point: CapturePoint::Client, ..Settings::default() };
    (1..)
        .zip(addresses)
        .fold(Scene::with(settings), |scene, (n, client)| scene.exchange(exchange(client, SERVER, n * 1000)))
}

fn lost() -> Finding {
    let mut one = about(Verdict::ActiveHttpProbeFailed, 200_000, 201_000);
    (one.id, one.severity, one.capability) = (1, Severity::Error, Some(Capability::Local));
    one.route = Some(Route::Direct);
    one
}

fn works() -> Finding {
    let mut one = about(Verdict::ActiveHttpProbeSucceeded, 200_000, 201_000);
    (one.id, one.client, one.capability) = (2, ip(OTHER), Some(Capability::Internet));
    one.route = Some(Route::Direct);
    one
}

/// Whether the failure is explained by the success.
fn explained(scene: &Scene, failed: Finding, right: Finding) -> bool {
    let all = filed(vec![failed, right], |all| explain(&scene.world, &Roles::of(&scene.world), all));
    let told = all[0].remarks.contains(&Remark::OtherAdapterWorks { address: all[1].client });
    let linked = (all[0].related.as_slice(), all[1].related.as_slice()) == (&[2], &[1]);
    assert_eq!((told, all[0].severity), (linked, if told { Severity::Info } else { Severity::Error }));
    told
}

fn with(failed: impl FnOnce(&mut Finding), right: impl FnOnce(&mut Finding)) -> bool {
    let (mut one, mut other) = (lost(), works());
    failed(&mut one);
    right(&mut other);
    explained(&own(&[CLIENT, OTHER]), one, other)
}

#[test]
fn a_failure_beside_a_success_of_another_adapter_is_no_trouble() {
    assert!(with(|_| (), |_| ()));
    assert!(!with(|one| one.verdict = Verdict::Incomplete, |_| ()));
    assert!(!with(|one| one.verdict = Verdict::ProbeLookAlike, |_| ()));
    assert!(!with(|one| one.verdict = Verdict::HotspotDetected, |_| ()), "a portal wants to be seen");
    assert!(!with(|one| one.verdict = Verdict::ActiveHttpProbeSucceeded, |_| ()));
    assert!(!with(
        |one| (one.verdict, one.ncsi_reason, one.rule) = (Verdict::TlsHandshakeFailed, None, "tls.reset"),
        |_| ()
    ));
    assert!(!with(|one| one.capability = None, |_| ()));
    assert!(!with(|one| one.route = Some(Route::ExplicitProxy), |_| ()));
    assert!(!with(|one| one.client = ip("10.8.0.5"), |_| ()), "another host");
    assert!(!with(|_| (), |one| one.client = ip(CLIENT)), "the same adapter");
    assert!(!with(|_| (), |one| one.client = ip("10.8.0.5")), "another host");
    assert!(!with(|_| (), |one| one.family = Family::V6));
    assert!(!with(|_| (), |one| one.verdict = Verdict::HotspotDetected));
    assert!(!with(|_| (), |one| one.capability = None));
}

#[test]
fn both_lie_within_one_episode() {
    let at_times = |started, ended| with(|_| (), |one| (one.started, one.ended) = (at(started), at(ended)));
    assert!(at_times(351_000, 352_000) && !at_times(351_001, 352_000));
    assert!(at_times(40_000, 50_000) && !at_times(40_000, 49_999));
}

#[test]
fn which_addresses_belong_to_the_host_that_captured() {
    assert!(explained(&own(&[CLIENT, OTHER]), lost(), works()));
    let elsewhere = (1..)
        .zip([CLIENT, OTHER])
        .fold(Scene::new(), |scene, (n, client)| scene.exchange(exchange(client, SERVER, n * 1000)));
    assert!(!explained(&elsewhere, lost(), works()), "a capture of a network");
    let marked = |addresses: &[&str]| {
        let mut scene = (1..)
            .zip([CLIENT, OTHER])
            .fold(Scene::new(), |scene, (n, client)| scene.exchange(exchange(client, SERVER, n * 1000)));
        for address in addresses {
            scene.world.host_events.sends_from(0, ip(address));
        }
        scene
    };
    assert!(explained(&marked(&[CLIENT, OTHER]), lost(), works()));
    assert!(!explained(&marked(&[CLIENT]), lost(), works()));
    for forwards in [RESOLVER, "203.0.113.7", "10.0.0.8"] {
        let scene = marked(&[CLIENT, OTHER, forwards]);
        let scene = scene.lookup(resolved(HOST, 1, 500, &["203.0.113.7"])).exchange(proxied(9000, 200));
        assert!(!explained(&scene, lost(), works()), "{forwards} serves others");
    }
    let two = {
        let one = exchange(OTHER, SERVER, 2000);
        let started = PacketRef { id: PacketId::new(1, 1), ..one.started };
        own(&[CLIENT]).exchange(Exchange { started, ..one })
    };
    assert!(!explained(&two, lost(), works()), "each captured for itself");
}

#[test]
fn a_host_with_many_networks_is_no_pc() {
    let numbered: Vec<String> = (1..9).map(|n| format!("10.9.{n}.5")).collect();
    let with = |count: usize| {
        let mut addresses: Vec<&str> = numbered[..count - 2].iter().map(String::as_str).collect();
        addresses.extend([CLIENT, OTHER, CLIENT6, "2001:db8::6"]);
        explained(&own(&addresses), lost(), works())
    };
    assert!(with(2) && with(8) && !with(9));
    assert!(!with(10));
}
