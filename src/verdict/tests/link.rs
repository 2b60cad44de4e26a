//! What the link did near a probe: two hosts with the gateway's address, a lease taken anew.

use super::{about, filed};
use crate::probe::tests::onlink::*;
use crate::probe::tests::scene::*;
use crate::transaction::{Lease, LeaseEnd, Solicited};
use crate::verdict::link::remark;
use crate::verdict::{Remark, Verdict};
use crate::wire::Mac;

use Verdict::{ActiveHttpProbeFailed, ActiveHttpProbeSucceeded};

/// The client sends from the link address of its host.
fn scene() -> Scene {
    let mut one = exchange(CLIENT, SERVER, 200_000);
    one.connection.halves[0].mac = Some(mac(HARDWARE));
    Scene::new().exchange(one)
}

/// What is remarked on a probe from 200 s to 201 s.
fn remarks(scene: &Scene, verdict: Verdict) -> Vec<Remark> {
    let probe = vec![about(verdict, 200_000, 201_000)];
    filed(probe, |findings| remark(&scene.world, findings)).remove(0).remarks
}

/// Two link addresses answered at that time.
fn rivals(ms: i64, first: Mac, second: Mac) -> Solicited {
    Solicited { rival: Some((packet(ms), second)), ..answered(RESOLVER, ms - 2, first) }
}

/// Whether the two are told, where a lease names the gateway.
fn told(question: Solicited) -> bool {
    let found = remarks(&scene().lease(leased(0, CLIENT)).asks(question), ActiveHttpProbeSucceeded);
    assert!(found.len() <= 1);
    !found.is_empty()
}

#[test]
fn two_hosts_with_the_gateways_address_are_told_whoever_was_first() {
    for (first, second) in [(9, 8), (8, 9)] {
        let found = remarks(
            &scene().lease(leased(0, CLIENT)).asks(rivals(200_500, mac(first), mac(second))),
            ActiveHttpProbeFailed,
        );
        assert_eq!(found, [Remark::GatewayConflict { gateway: ip(RESOLVER), first: mac(8), second: mac(9) }]);
    }
    for (ms, near) in [(49_999, false), (50_000, true), (351_000, true), (351_001, false)] {
        assert_eq!(told(rivals(ms, mac(8), mac(9))), near, "{ms}");
    }
    assert!(!told(Solicited { client: ip("10.0.0.6"), ..rivals(200_500, mac(8), mac(9)) }), "another host asked");
}

#[test]
fn routers_of_one_group_share_a_link_address_on_purpose() {
    for shared in [
        Mac([0, 0, 0x5e, 0, 1, 7]),
        Mac([0, 0, 0x5e, 0, 2, 7]),
        Mac([0, 0, 0x0c, 7, 0xac, 7]),
        Mac([0, 0, 0x0c, 0x9f, 0xf0, 7]),
        Mac([0, 5, 0x73, 0xa0, 0, 7]),
        Mac([0, 7, 0xb4, 0, 1, 7]),
    ] {
        assert!(!told(rivals(200_500, shared, mac(9))) && !told(rivals(200_500, mac(9), shared)), "{shared:?}");
    }
}

#[test]
fn which_neighbour_is_the_gateway() {
    let gateway =
        |scene: Scene| !remarks(&scene.asks(rivals(200_500, mac(8), mac(9))), ActiveHttpProbeFailed).is_empty();
    assert!(!gateway(scene()), "any neighbour");
    let mut routed = leased(0, CLIENT);
    routed.granted.as_mut().unwrap().routers.clear();
    assert!(!gateway(scene().lease(routed.clone())));
    routed.granted.as_mut().unwrap().default_route = Some(ip(RESOLVER));
    assert!(gateway(scene().lease(routed)));
    assert!(gateway(scene().router(advertised(RESOLVER, 1000, offer()))));
    assert!(!gateway(scene().router(advertised("fe80::1", 1000, offer()))), "another router");
    let sends = |next: u8, to: &str| gateway(scene().sends(CLIENT, next, to, 1000));
    assert!(sends(8, FAR) && sends(9, FAR), "packets to the Internet go there");
    assert!(!sends(7, FAR) && !sends(8, "10.7.7.7") && !sends(8, "2001:db8:f::7") && !sends(8, RESOLVER));
}

#[test]
fn which_findings_the_link_has_to_do_with() {
    let with =
        |verdict| remarks(&scene().lease(leased(0, CLIENT)).asks(rivals(200_500, mac(8), mac(9))), verdict).len();
    assert_eq!((with(ActiveHttpProbeFailed), with(Verdict::ProbeLookAlike)), (1, 0));
    let mut other = about(Verdict::TlsHandshakeFailed, 200_000, 201_000);
    (other.rule, other.ncsi_reason) = ("tls.reset", None);
    let scene = scene().lease(leased(0, CLIENT)).asks(rivals(200_500, mac(8), mac(9)));
    let list = filed(vec![other], |list| remark(&scene.world, list));
    assert!(list[0].remarks.is_empty(), "no probe");
}

/// Milliseconds after the probe at which its link came up again.
fn restarted(verdict: Verdict, lease: Lease) -> Option<u128> {
    match remarks(&scene().lease(lease), verdict).as_slice() {
        [] => None,
        [Remark::LinkRestarted { after }] => Some(after.as_millis()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_lease_taken_anew_soon_after_a_failure() {
    for (ms, after) in [(200_000, None), (200_001, Some(1)), (351_000, Some(151_000)), (351_001, None)] {
        assert_eq!(restarted(ActiveHttpProbeFailed, leased(ms, CLIENT)), after, "{ms}");
    }
    assert_eq!(restarted(ActiveHttpProbeSucceeded, leased(250_000, CLIENT)), None, "nothing had failed");
    assert_eq!(restarted(Verdict::Incomplete, leased(250_000, CLIENT)), None);
    let renewal = Lease { client: Some(ip(CLIENT)), ..leased(250_000, CLIENT) };
    assert_eq!(restarted(ActiveHttpProbeFailed, renewal), None, "the link was up");
    let refused = Lease { end: LeaseEnd::Refused, ..leased(250_000, CLIENT) };
    assert_eq!(restarted(ActiveHttpProbeFailed, refused), None);
    assert_eq!(restarted(ActiveHttpProbeFailed, leased(250_000, "10.0.0.6")), None, "a router's link address");
    let both = scene().lease(leased(300_000, CLIENT)).lease(leased(260_000, CLIENT));
    let after = std::time::Duration::from_secs(60);
    assert_eq!(remarks(&both, ActiveHttpProbeFailed), [Remark::LinkRestarted { after }], "the first one");
}
