//! Hosts on the link without an address, a gateway or a router of IPv6: what proves it, and what speaks against it.

use crate::probe::tests::onlink::*;
use crate::probe::tests::scene::*;
use crate::proto::router::{Advertisement, Prefix};
use crate::settings::{CapturePoint, Settings};
use crate::transaction::{Lease, LeaseEnd, Lookup, Router, Solicited, Wait};
use crate::verdict::{Cause, Confidence, Doubt, Finding, Verdict};
use crate::vocabulary::Family;

/// The host is heard of all the time.
fn scene() -> Scene {
    Scene::new().reached_all_along()
}

fn of(scene: &Scene, verdict: Verdict) -> Option<Finding> {
    let found: Vec<Finding> = scene.findings().into_iter().filter(|finding| finding.verdict == verdict).collect();
    assert!(found.len() <= 1, "{found:#?}");
    found.into_iter().next()
}

fn no_address(scene: &Scene) -> Option<Finding> {
    of(scene, Verdict::NoAddress)
}

fn cause(scene: &Scene) -> Option<Cause> {
    no_address(scene).and_then(|finding| finding.cause)
}

/// Without an answer to four copies.
fn unheard() -> Scene {
    scene().lease(discovers(&[1000, 5000, 13_000, 29_000]))
}

#[test]
fn silence_on_discover_is_no_address() {
    let finding = no_address(&unheard()).unwrap();
    assert_eq!((finding.cause, finding.confidence), (Some(Cause::DhcpNoOffer), Confidence::High));
    assert_eq!((finding.started, finding.ended), (at(1000), at(61_000)));
    let host = finding.details.host.unwrap();
    assert_eq!((host.unanswered, host.dhcp.len(), host.claimed), (4, 4, None));
}

#[test]
fn copies_close_together_are_no_silence() {
    assert_eq!(cause(&scene().lease(discovers(&[1000]))), None);
    assert_eq!(cause(&scene().lease(discovers(&[1000, 3999]))), None);
    assert_eq!(cause(&scene().lease(discovers(&[1000, 4000]))), Some(Cause::DhcpNoOffer));
    let mut copied = discovers(&[1000, 4000]);
    copied.messages[1].relayed = true;
    assert_eq!(cause(&scene().lease(copied)), None, "a relay's copy is no second try");
    let mut by_relay = discovers(&[1000, 4000]);
    by_relay.messages.iter_mut().for_each(|message| message.relayed = true);
    assert_eq!(cause(&scene().lease(by_relay)), Some(Cause::DhcpNoOffer), "nothing but a relay's copies is captured");
}

#[test]
fn silence_needs_the_deadline_and_traffic_towards_the_host() {
    let until = |end: i64| {
        let mut scene = unheard();
        scene.world.span = Some((at(0), at(end)));
        scene.findings().remove(0)
    };
    assert_eq!(until(61_000).verdict, Verdict::NoAddress);
    let cut = until(60_999);
    assert_eq!(
        (cut.verdict, cut.guess, cut.cause),
        (Verdict::Incomplete, Some(Verdict::NoAddress), Some(Cause::CaptureEnded))
    );
    assert_eq!(cut.ended, at(60_999));
    let deaf = |settings, reached: Option<i64>| {
        let mut scene = Scene::with(settings).lease(discovers(&[1000, 5000]));
        if let Some(ms) = reached {
            scene.world.stations.reached(mac(HARDWARE), packet(ms));
        }
        scene.findings().remove(0).verdict
    };
    let at_client = Settings { capture_point: CapturePoint::Client, ..Settings::default() };
    assert_eq!(deaf(Settings::default(), None), Verdict::Incomplete);
    assert_eq!(deaf(Settings::default(), Some(1499)), Verdict::Incomplete, "it was on its way before the question");
    assert_eq!(deaf(Settings::default(), Some(1500)), Verdict::NoAddress);
    assert_eq!(deaf(at_client, None), Verdict::NoAddress);
    let mut dropping = unheard();
    dropping.world.drops = 1;
    assert!(no_address(&dropping).unwrap().confidence_reasons.contains(&Doubt::Drops));
}

#[test]
fn an_address_from_elsewhere_refutes_it() {
    for (address, expected) in [
        ("10.0.0.5", None),
        ("169.254.1.1", Some(Cause::DhcpNoOffer)),
        ("2001:db8::5", Some(Cause::DhcpNoOffer)),
        ("224.0.0.1", Some(Cause::DhcpNoOffer)),
    ] {
        assert_eq!(cause(&unheard().claims(address, 1000)), expected, "{address} is claimed");
    }
    assert_eq!(cause(&unheard().claims("10.0.0.5", 999)), Some(Cause::DhcpNoOffer), "it had that one before");
    assert_eq!(cause(&unheard().sends("10.0.0.5", GATEWAY, FAR, 40_000)), None, "it is used");
    assert_eq!(cause(&unheard().sends("0.0.0.0", GATEWAY, FAR, 40_000)), Some(Cause::DhcpNoOffer));
}

#[test]
fn an_address_of_its_own_making_shows_that_it_gave_up() {
    let own = |ms| unheard().claims("169.254.6.4", ms);
    let finding = no_address(&own(4000)).unwrap();
    assert_eq!((finding.cause, finding.client), (Some(Cause::DhcpNoOffer), ip("169.254.6.4")));
    assert_eq!((finding.ended, finding.details.host.unwrap().claimed), (at(4000), Some(ip("169.254.6.4"))));
    let before = no_address(&own(3999)).unwrap();
    assert_eq!(before.client, ip("0.0.0.0"), "it used that one before it asked");
    let used = no_address(&unheard().sends("169.254.6.4", GATEWAY, "169.254.6.9", 9000)).unwrap();
    assert_eq!((used.client, used.ended), (ip("169.254.6.4"), at(9000)));
}

/// What came of these messages before the host took an address of its own at 20 s.
fn gave_up(messages: &[(&'static str, i64)], end: LeaseEnd) -> Option<(Cause, bool)> {
    let scene = scene().lease(exchanged(messages, end)).claims("169.254.6.4", 20_000);
    let finding = no_address(&scene)?;
    Some((finding.cause.unwrap(), finding.confidence_reasons.contains(&Doubt::UnusedOffer)))
}

#[test]
fn how_far_the_exchange_came_before_the_host_gave_up() {
    let cut = LeaseEnd::Offered(Wait::Elapsed);
    let asked = ("DISCOVER", 1000);
    assert_eq!(gave_up(&[asked], LeaseEnd::Unanswered(Wait::Elapsed)), Some((Cause::DhcpNoOffer, false)));
    assert_eq!(gave_up(&[asked, ("OFFER", 1010)], cut), Some((Cause::DhcpNoAck, true)), "the offer stays unused");
    assert_eq!(gave_up(&[asked, ("OFFER", 1010), ("REQUEST", 1020)], cut), Some((Cause::DhcpNoAck, false)));
    assert_eq!(gave_up(&[asked, ("OFFER", 20_001)], cut), Some((Cause::DhcpNoOffer, false)), "after it gave up");
    assert_eq!(gave_up(&[asked, ("OFFER", 20_000)], cut), Some((Cause::DhcpNoAck, true)));
    let offered = scene().lease(exchanged(&[asked, ("OFFER", 1010), ("DISCOVER", 9000)], cut));
    assert_eq!(cause(&offered), None, "another host's offer proves nothing of this one");
}

#[test]
fn a_renewal_that_nobody_answers_leaves_the_address() {
    let renewal = exchanged(&[("REQUEST", 1000), ("REQUEST", 9000)], LeaseEnd::Unanswered(Wait::Elapsed));
    assert_eq!(cause(&scene().lease(renewal).claims("169.254.6.4", 20_000)), None);
    let informed = exchanged(&[("DISCOVER", 1000), ("DISCOVER", 9000)], LeaseEnd::Informed);
    assert_eq!(cause(&scene().lease(informed)), None);
}

fn refused(from: i64, end: LeaseEnd) -> Lease {
    let last = if end == LeaseEnd::Refused { "NAK" } else { "DECLINE" };
    exchanged(&[("DISCOVER", from), ("REQUEST", from + 20), (last, from + 30)], end)
}

#[test]
fn refused_twice_is_a_loop_and_once_is_the_way_to_another_address() {
    for (end, expected) in [(LeaseEnd::Refused, Cause::DhcpNak), (LeaseEnd::Declined, Cause::DhcpDecline)] {
        assert_eq!(cause(&scene().lease(refused(1000, end))), None);
        assert_eq!(cause(&scene().lease(refused(1000, end)).claims("169.254.6.4", 9000)), Some(expected));
        assert_eq!(cause(&scene().lease(refused(1000, end)).lease(refused(5000, end))), Some(expected));
    }
    let mixed = scene().lease(refused(1000, LeaseEnd::Refused)).lease(refused(5000, LeaseEnd::Declined));
    assert_eq!(cause(&mixed), None, "one of each is no loop");
}

#[test]
fn an_address_that_the_host_refuses_at_once_is_none() {
    let declined = |from: i64, address: &str| {
        let mut one = exchanged(&[("DECLINE", from)], LeaseEnd::Declined);
        one.messages[0].address = Some(ip(address));
        one
    };
    let loops = |ms: i64, address: &str| {
        let scene = scene().lease(leased(1000, "10.0.0.5")).lease(declined(ms, address));
        cause(&scene.lease(leased(30_000, "10.0.0.6")).lease(declined(31_000, "10.0.0.6")))
    };
    assert_eq!(loops(2000, "10.0.0.5"), Some(Cause::DhcpDecline));
    let started = |ms: i64, address: &str| {
        let scene = scene().lease(leased(1000, "10.0.0.5")).lease(declined(ms, address)).claims("169.254.6.4", 60_000);
        no_address(&scene).unwrap().started
    };
    assert_eq!(started(2000, "10.0.0.5"), at(1000), "the grant belongs to the episode");
    assert_eq!(started(16_030, "10.0.0.5"), at(1000));
    assert_eq!(started(16_031, "10.0.0.5"), at(16_031), "it used the address for a while");
    assert_eq!(started(2000, "10.0.0.9"), at(2000), "another address");
}

#[test]
fn what_ends_an_episode() {
    let own = |scene: Scene| no_address(&scene.claims("169.254.6.4", 20_000));
    let granted = own(unheard().lease(leased(40_000, "10.0.0.5"))).unwrap();
    assert_eq!(granted.recovered_after, Some(std::time::Duration::from_millis(39_030)));
    assert_eq!(granted.details.host.unwrap().lease.unwrap().address, Some(ip("10.0.0.5")));
    assert!(no_address(&unheard().lease(leased(40_000, "10.0.0.5"))).is_none(), "slow, and it worked");
    assert!(own(unheard().lease(exchanged(&[("RELEASE", 60_000)], LeaseEnd::Released))).is_none());
    let mut other = discovers(&[1000, 9000]);
    other.family = Family::V6;
    assert!(own(scene().lease(other)).is_none(), "DHCPv6 gives no IPv4 address");
}

fn silent(scene: &Scene) -> Option<Finding> {
    of(scene, Verdict::SuspectArpProbeFailed)
}

/// The gateway by lease is asked for three times in vain.
fn asks_in_vain() -> Scene {
    scene().lease(leased(0, CLIENT)).asks(asked(RESOLVER, &[10_000, 11_000, 12_000]))
}

#[test]
fn a_gateway_that_answers_nothing_is_told() {
    let finding = silent(&asks_in_vain()).unwrap();
    assert_eq!(
        (finding.cause, finding.family, finding.server),
        (Some(Cause::ArpTimeout), Family::V4, Some(ip(RESOLVER)))
    );
    assert_eq!((finding.started, finding.ended, finding.confidence), (at(10_000), at(13_000), Confidence::High));
    assert_eq!((finding.evidence.len(), finding.recovered_after), (3, None));
    let host = finding.details.host.unwrap();
    assert_eq!((host.gateway, host.unanswered, host.lease.is_some()), (Some(ip(RESOLVER)), 3, true));
    let twice = scene().lease(leased(0, CLIENT)).asks(asked(RESOLVER, &[10_000, 11_000]));
    assert!(silent(&twice).is_none(), "a stack gives up after three copies");
}

#[test]
fn who_is_a_gateway() {
    let question = || asked("10.0.0.254", &[10_000, 11_000, 12_000]);
    assert!(silent(&scene().lease(leased(0, CLIENT)).asks(question())).is_none(), "any neighbour");
    let mut routed = leased(0, CLIENT);
    routed.granted.as_mut().unwrap().default_route = Some(ip("10.0.0.254"));
    assert!(silent(&scene().lease(routed).asks(question())).is_some(), "by the route of the lease");
    let through = |to: &str, claims: bool| {
        let mut scene = scene().asks(question()).sends(CLIENT, 9, to, 5000);
        if claims {
            scene = scene.neighbour("10.0.0.254", mac(9));
        }
        silent(&scene).is_some()
    };
    assert!(through(FAR, true), "packets to the Internet go to the link address that claims it");
    assert!(!through(FAR, false) && !through("10.0.7.7", true) && !through("2001:db8:f::7", true));
    let six = |ms: i64, lifetime: u16| {
        let question = Solicited { client: ip("fe80::5"), ..asked("fe80::1", &[10_000, 11_000, 12_000]) };
        let told = Advertisement { lifetime, ..offer() };
        let finding = silent(&scene().asks(question).router(advertised("fe80::1", ms, told)));
        finding.map(|finding| (finding.cause.unwrap(), finding.family))
    };
    assert_eq!(six(13_000, 1800), Some((Cause::NeighbourTimeout, Family::V6)));
    assert_eq!((six(13_001, 1800), six(5000, 0)), (None, None), "later, or no default router");
}

#[test]
fn a_gateway_that_is_used_or_answers_later() {
    let back = silent(&asks_in_vain().asks(answered(RESOLVER, 20_000, mac(GATEWAY)))).unwrap();
    assert_eq!(back.recovered_after, Some(std::time::Duration::from_millis(10_001)));
    let before = silent(&asks_in_vain().asks(answered(RESOLVER, 11_999, mac(GATEWAY)))).unwrap();
    assert_eq!(before.recovered_after, None);
    let other = silent(&asks_in_vain().asks(answered("10.0.0.9", 20_000, mac(9)))).unwrap();
    assert_eq!(other.recovered_after, None, "another neighbour");
    let sends = |to: &str, ms: i64| silent(&asks_in_vain().sends(CLIENT, GATEWAY, to, ms)).is_none();
    assert!(sends(FAR, 12_001), "it sends through it: the answer existed");
    assert!(!sends(FAR, 12_000) && !sends("10.0.0.9", 20_000) && !sends("2001:db8:f::7", 20_000));
    let to_it = asks_in_vain().neighbour(RESOLVER, mac(GATEWAY)).sends(CLIENT, GATEWAY, "10.0.0.9", 20_000);
    assert!(silent(&to_it).is_none(), "to the link address that claims it");
    let again = asks_in_vain().asks(asked(RESOLVER, &[30_000, 31_000, 32_000]));
    let finding = silent(&again).unwrap();
    assert_eq!((finding.started, finding.ended, finding.evidence.len()), (at(10_000), at(33_000), 6));
    let cut = Solicited {
        wait: Wait::Cut { missing: std::time::Duration::from_secs(1) },
        ..asked(RESOLVER, &[30_000, 31_000, 32_000])
    };
    assert!(silent(&asks_in_vain().asks(cut.clone())).is_some(), "the first question had its time");
    assert!(silent(&scene().lease(leased(0, CLIENT)).asks(cut)).is_none());
}

fn no_global(scene: &Scene) -> Option<Finding> {
    of(scene, Verdict::NoGlobalAddress)
}

fn searching() -> Scene {
    scene().router(searched("fe80::5", &[1000, 5000]))
}

#[test]
fn no_router_of_ipv6_answers() {
    let finding = no_global(&searching()).unwrap();
    assert_eq!((finding.cause, finding.client, finding.family), (Some(Cause::RouterSilent), ip("fe80::5"), Family::V6));
    assert_eq!((finding.started, finding.ended, finding.evidence.len()), (at(1000), at(9000), 2));
    assert_eq!(finding.details.host.unwrap().unanswered, 2);
    assert!(no_global(&scene().router(searched("fe80::5", &[1000]))).is_none(), "one copy may be lost");
    let Router::Searched { client, mac, copies, ended, .. } = searched("fe80::5", &[1000, 5000]) else { panic!() };
    let wait = Wait::Cut { missing: std::time::Duration::from_secs(1) };
    assert!(no_global(&scene().router(Router::Searched { client, mac, copies, wait, ended })).is_none());
    assert!(no_global(&Scene::new().router(searched("fe80::5", &[1000, 5000]))).is_none(), "nothing is heard of it");
}

#[test]
fn a_search_without_an_address_is_told_of_the_one_used_then() {
    let nobody = scene().router(searched("::", &[1000, 5000]));
    assert_eq!(no_global(&nobody).unwrap().client, ip("::"));
    let later = scene().router(searched("::", &[1000, 5000])).claims("10.0.0.5", 1500).claims("fe80::5", 2000);
    assert_eq!(no_global(&later).unwrap().client, ip("fe80::5"));
}

#[test]
fn which_addresses_reach_beyond_the_link() {
    for (address, global) in
        [("2001:db8::5", true), ("fe80::7", false), ("fd00::5", false), ("ff02::1", false), ("10.0.0.5", false)]
    {
        assert_eq!(no_global(&searching().claims(address, 500)).is_none(), global, "{address}");
    }
    let six = |mut lease: Lease, end: LeaseEnd| {
        (lease.family, lease.end) = (Family::V6, end);
        no_global(&searching().lease(lease)).is_none()
    };
    let asked = || exchanged(&[("SOLICIT", 6000), ("REQUEST", 6100), ("REPLY", 6200)], LeaseEnd::Granted);
    assert!(six(asked(), LeaseEnd::Granted), "DHCPv6 gave one");
    assert!(six(asked(), LeaseEnd::Informed), "a prefix was delegated");
    assert!(!six(exchanged(&[("INFORMATION-REQUEST", 6000), ("REPLY", 6200)], LeaseEnd::Informed), LeaseEnd::Informed));
    assert!(!six(asked(), LeaseEnd::Refused));
    assert!(no_global(&searching().lease(leased(6000, "10.0.0.5"))).is_some(), "a lease of IPv4");
}

#[test]
fn a_router_without_a_usable_prefix() {
    let told = |ms: i64, offer: Advertisement| no_global(&searching().router(advertised("fe80::1", ms, offer)));
    let finding = told(1100, offer()).unwrap();
    assert_eq!((finding.cause, finding.ended), (Some(Cause::RouterNoPrefix), at(1100)));
    assert_eq!((finding.details.host.unwrap().unanswered, finding.evidence.len()), (0, 3));
    assert!(told(800, offer()).is_some_and(|finding| finding.ended == at(800)), "packets may change places");
    assert!(told(799, offer()).is_none(), "it spoke before: nothing is known of its silence");
    assert!(told(1100, Advertisement { managed: true, ..offer() }).is_none());
    assert!(told(1100, Advertisement { whole: false, ..offer() }).is_none(), "the rest may hold a prefix");
    let prefix = |address: &str, autonomous| Prefix {
        address: address.parse().unwrap(),
        length: 64,
        on_link: true,
        autonomous,
        valid: 3600,
    };
    let with = |prefix| told(1100, Advertisement { prefixes: vec![prefix], ..offer() });
    assert!(with(prefix("2001:db8::", true)).is_none());
    let local = with(prefix("fd00::", true)).unwrap();
    assert!(local.confidence_reasons.contains(&Doubt::LocalPrefix));
    assert!(with(prefix("2001:db8::", false)).is_some());
}

fn no_route(scene: &Scene) -> Option<Finding> {
    of(scene, Verdict::NoRoute)
}

/// A lease without a router.
fn nowhere(change: impl FnOnce(&mut Lease)) -> Scene {
    let mut lease = leased(1000, CLIENT);
    lease.granted.as_mut().unwrap().routers.clear();
    change(&mut lease);
    scene().lease(lease)
}

#[test]
fn a_lease_that_leads_nowhere() {
    let finding = no_route(&nowhere(|_| ())).unwrap();
    assert_eq!((finding.cause, finding.started, finding.ended), (Some(Cause::DhcpNoRouter), at(1000), at(11_030)));
    assert_eq!(finding.evidence.len(), 4);
    let host = finding.details.host.unwrap();
    assert_eq!((host.dhcp_server, host.dhcp.len()), (Some(ip(RESOLVER)), 4));
    assert!(no_route(&scene().lease(leased(1000, CLIENT))).is_none());
    assert!(no_route(&nowhere(|lease| lease.granted.as_mut().unwrap().default_route = Some(ip(RESOLVER)))).is_none());
    assert!(no_route(&nowhere(|lease| lease.granted.as_mut().unwrap().prefix_length = None)).is_none());
    assert!(no_route(&nowhere(|lease| lease.end = LeaseEnd::Refused)).is_none());
    assert!(no_route(&nowhere(|_| ()).lease(leased(500, "10.0.0.6"))).is_none(), "another lease has a router");
    for (end, told) in [(11_029, false), (11_030, true)] {
        let mut scene = nowhere(|_| ());
        scene.world.span = Some((at(0), at(end)));
        assert_eq!(no_route(&scene).is_some(), told, "{end}");
    }
}

#[test]
fn whoever_sends_beyond_its_network_has_a_route() {
    for (to, beyond) in [
        (FAR, true),
        ("10.0.1.9", true),
        ("10.0.0.9", false),
        ("169.254.1.1", false),
        ("224.0.0.251", false),
        ("255.255.255.255", false),
        ("2001:db8:f::7", false),
    ] {
        assert_eq!(no_route(&nowhere(|_| ()).sends(CLIENT, GATEWAY, to, 3000)).is_none(), beyond, "{to}");
    }
    for (own, other) in
        [(CLIENT, false), ("10.0.9.9", true), ("169.254.1.1", false), ("0.0.0.0", false), ("fe80::5", false)]
    {
        assert_eq!(no_route(&nowhere(|_| ()).sends(own, GATEWAY, "10.0.0.9", 3000)).is_none(), other, "{own}");
    }
}

/// A Windows client that takes a lease at 1 s, resolves names and speaks HTTP, without any probe.
fn unprobed(change: impl FnOnce(Scene) -> Scene, lease: Lease) -> bool {
    let mut page = exchange(CLIENT, "203.0.113.80:80", 6000);
    let head = &mut page.request.as_mut().unwrap().head;
    (head.host, head.path, head.user_agent) = (Some("www.example".into()), "/".into(), None);
    let scene = Scene::new().lease(lease).lookup(resolved("www.example", 1, 5000, &["203.0.113.80"])).exchange(page);
    of(&change(scene), Verdict::NoProbeSeen).is_some()
}

fn windows() -> Lease {
    let mut lease = leased(1000, CLIENT);
    lease.told.vendor_class = Some("MSFT 5.0".into());
    lease
}

#[test]
fn a_windows_that_never_probes_is_told() {
    assert!(unprobed(|scene| scene, windows()));
    let without = |change: &dyn Fn(&mut Scene)| {
        unprobed(
            |mut scene| {
                change(&mut scene);
                scene
            },
            windows(),
        )
    };
    assert!(!without(&|scene| scene.world.filtered = true), "a filter may have left the probe out");
    assert!(!without(&|scene| scene.world.drops = 1));
    assert!(!without(&|scene| scene.world.rewriting.flat_bodies = 1));
    assert!(!without(&|scene| scene.world.protocols.http = false), "web traffic is not captured at all");
    assert!(!without(&|scene| scene.world.protocols.dns = false));
    assert!(!without(&|scene| scene.world.protocols.dns_answers = false));
    assert!(!without(&|scene| scene.world.span = Some((at(0), at(60_999)))));
    assert!(without(&|scene| scene.world.span = Some((at(0), at(61_000)))));
    assert!(!without(&|scene| {
        scene.world.resolvers.insert(ip(CLIENT));
    }));
    assert!(!unprobed(|scene| scene, Lease { client: Some(ip(CLIENT)), ..windows() }), "a renewal");
    assert!(!unprobed(|scene| scene, leased(1000, CLIENT)), "any other system");
}

#[test]
fn anything_of_a_probe_is_one() {
    let probed = |change: &dyn Fn(Scene) -> Scene| !unprobed(change, windows());
    assert!(probed(&|scene| scene.exchange(exchange(CLIENT, SERVER, 9000))));
    assert!(probed(&|scene| scene.lookup(lookup(HOST, 1, 9000))));
    assert!(probed(&|scene| scene
        .lookup(Lookup { client: socket("10.0.0.9:53000"), ..resolved(HOST, 1, 9000, &["203.0.113.7"]) })
        .attempted(attempted(CLIENT, SERVER, 9500))));
    assert!(!probed(&|scene| scene.attempted(attempted(CLIENT, "203.0.113.99:80", 9000))), "somewhere else");
    assert!(!probed(&|scene| scene.exchange(proxied_other("www.example", 9000, 407))), "another request that is kept");
}

#[test]
fn what_can_have_kept_a_windows_silent_is_named() {
    use crate::settings::ClientOs;
    use crate::verdict::UnprobedCause::{ForbiddenByPolicy, KnownNetwork, OtherResolver, ProbingOff, ServiceStopped};

    let told = |agent: &str, os: ClientOs, granted: &[&str], used: &[&str]| {
        let mut lease = windows();
        lease.granted.as_mut().unwrap().dns = granted.iter().map(|server| ip(server)).collect();
        let mut page = exchange(CLIENT, "203.0.113.80:80", 6000);
        let head = &mut page.request.as_mut().unwrap().head;
        (head.host, head.path, head.user_agent) = (Some("www.example".into()), "/".into(), Some(agent.into()));
        let mut scene = Scene::with(Settings { client_os: os, ..Settings::default() }).lease(lease);
        for server in used {
            let question = resolved("www.example", 1, 5000, &["203.0.113.80"]);
            scene = scene
                .lookup(Lookup { server: std::net::SocketAddr::new(ip(server), 53), ..question })
                .sends(CLIENT, GATEWAY, server, 5000);
        }
        let finding = of(&scene.exchange(page), Verdict::NoProbeSeen).unwrap();
        *finding.details.host.unwrap().unprobed.unwrap()
    };
    let (ten, any) = ("Microsoft-CryptoAPI/10.0", ClientOs::Unknown);
    let usual = [ServiceStopped, ProbingOff, ForbiddenByPolicy];
    let plain = told(ten, any, &[RESOLVER], &[RESOLVER]);
    assert_eq!((plain.causes.as_slice(), plain.resolvers.as_slice()), (&usual[..], &[][..]));
    assert_eq!(plain.system.as_deref(), Some("Windows 10 / Server 2016 or later"));
    assert_eq!(plain.services, ["NlaSvc", "netprofm"]);
    assert_eq!(told(ten, ClientOs::Win11, &[RESOLVER], &[RESOLVER]).services, ["netprofm"]);
    let seven = told("Microsoft-CryptoAPI/6.1", any, &[RESOLVER], &[RESOLVER]);
    assert_eq!((seven.causes.last(), seven.services.as_slice()), (Some(&KnownNetwork), &["NlaSvc".to_owned()][..]));
    let elsewhere = told(ten, any, &[RESOLVER], &["9.9.9.9"]);
    assert_eq!((elsewhere.causes.first(), elsewhere.resolvers), (Some(&OtherResolver), vec![ip("9.9.9.9")]));
    for used in [&["9.9.9.9", RESOLVER][..], &["9.9.9.9", "2001:db8::53"]] {
        assert_eq!(told(ten, any, &[RESOLVER], used).resolvers, [] as [std::net::IpAddr; 0], "{used:?}");
    }
}
