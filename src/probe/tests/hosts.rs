//! Which addresses belong to one host, and when traffic towards a host was seen.

use super::scene::*;
use crate::probe::hosts::Hosts;
use crate::probe::presence::{Presence, Stretches};
use crate::transaction::lease::Told;
use crate::transaction::{Granted, Lease, LeaseEnd, Transaction};
use crate::vocabulary::Family;

fn kin(scene: &Scene, address: &str) -> Vec<String> {
    Hosts::of(&scene.world).kin(ip(address)).map(|other| other.to_string()).collect()
}

#[test]
fn one_link_address_joins_ipv6_and_at_most_one_ipv4() {
    let scene = Scene::new()
        .neighbour("10.0.0.5", mac(5))
        .neighbour("2001:db8::5", mac(5))
        .neighbour("fe80::5", mac(5))
        .neighbour("10.0.0.6", mac(6))
        .neighbour("10.0.0.7", mac(6))
        .neighbour("2001:db8::6", mac(6));
    assert_eq!(kin(&scene, "10.0.0.5"), ["2001:db8::5", "fe80::5"]);
    assert_eq!(kin(&scene, "fe80::5"), ["10.0.0.5", "2001:db8::5"]);
    assert!(kin(&scene, "10.0.0.6").is_empty() && kin(&scene, "2001:db8::6").is_empty());
}

#[test]
fn leases_of_both_families_join_what_they_grant() {
    let leased = |hardware: u8, address: &str, end: LeaseEnd| {
        let granted = Granted { address: Some(ip(address)), ..Granted::default() };
        let family = if address.contains(':') { Family::V6 } else { Family::V4 };
        Transaction::Lease(Box::new(Lease {
            family,
            transaction: 7,
            mac: Some(mac(hardware)),
            client_id: Vec::new(),
            client: None,
            messages: Vec::new(),
            told: Told::default(),
            granted: Some(granted),
            end,
            ended: at(0),
        }))
    };
    let scene = Scene::new()
        .accept(leased(5, "10.0.0.5", LeaseEnd::Granted))
        .accept(leased(5, "2001:db8::5", LeaseEnd::Granted))
        .accept(leased(6, "10.0.0.6", LeaseEnd::Granted))
        .accept(leased(6, "10.0.0.7", LeaseEnd::Granted))
        .accept(leased(6, "2001:db8::6", LeaseEnd::Granted))
        .accept(leased(8, "10.0.0.8", LeaseEnd::Granted))
        .accept(leased(8, "2001:db8::8", LeaseEnd::Refused));
    assert_eq!(kin(&scene, "10.0.0.5"), ["2001:db8::5"]);
    assert!(kin(&scene, "2001:db8::6").is_empty(), "two IPv4 addresses");
    assert!(kin(&scene, "10.0.0.8").is_empty(), "refused");
}

#[test]
fn a_link_address_with_one_address_joins_nothing_and_hides_no_group() {
    let scene =
        Scene::new().neighbour("2001:db8::5", mac(1)).neighbour("2001:db8::5", mac(2)).neighbour("fe80::5", mac(2));
    assert_eq!(kin(&scene, "2001:db8::5"), ["fe80::5"]);
}

#[test]
fn senders_from_one_link_address_are_perhaps_one_host() {
    let from = |addresses: &[&str]| {
        let mut scene = Scene::new();
        for (n, address) in (100..).zip(addresses) {
            let server = if address.contains(':') { SERVER6 } else { SERVER };
            let mut one = exchange(address, server, n * 10);
            one.connection.halves[0].mac = Some(mac(9));
            scene = scene.exchange(one);
        }
        Hosts::of(&scene.world).neighbours(ip(addresses[0]), Some(mac(9))).count()
    };
    let six = ["10.0.0.5", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5", "2001:db8::6"];
    assert_eq!(from(&six[..2]), 1);
    assert_eq!(from(&six[..6]), 5);
    assert_eq!(from(&six), 0, "seven addresses are more than one host");
    assert_eq!(from(&["10.0.0.5", "10.0.0.6"]), 0, "two of IPv4 are two hosts");
}

#[test]
fn moments_join_within_a_second_and_a_half_in_both_directions() {
    let touches = |moments: &[i64], from, to| {
        let mut stretches = Stretches::default();
        for moment in moments {
            stretches.note(at(*moment));
        }
        stretches.touches(at(from), at(to))
    };
    assert!(touches(&[0, 1500, 3000], 100, 1600), "joined: somewhere inside there was a moment");
    assert!(!touches(&[0, 1501, 3002], 1, 1500), "not joined");
    assert!(!touches(&[60_000, 0], 20_000, 40_000), "one long before is a stretch of its own");
    assert!(!touches(&[0, 1000], 100, 900), "shorter than the distance of two moments");
    assert!(touches(&[0, 1000, 2000, 3000], 1, 1501) && !touches(&[0, 1400, 2800], 1, 1399));
}

#[test]
fn a_table_of_hosts_has_at_least_sixteen_places() {
    let mut presence = Presence::new(0);
    for host in 0..17 {
        presence.note(std::net::IpAddr::from([10, 0, 0, host]), at(0));
    }
    assert_eq!(presence.refused, 1);
    assert!(presence.seen(ip("10.0.0.15"), at(0), at(0)) && !presence.seen(ip("10.0.0.15"), at(1), at(2)));
}
