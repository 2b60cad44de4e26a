//! The probe server's old address: who reached it, and nothing else.

use super::scene::*;
use crate::flow::Connection;
use crate::probe::retired::{RETIRED, RetiredAddress};

const OLD: &str = "13.107.4.52:80";

fn opened(client: &str, server: &str, from: i64) -> Connection {
    connection(client, server, from, from + 100)
}

/// When the SYN-ACK of the only answered connection came.
fn alone(list: &[Connection]) -> Option<i64> {
    let mut retired = RetiredAddress::default();
    for one in list {
        retired.note(one);
    }
    let client = list.first()?.client.ip();
    retired.alone(client).map(|answered| i64::try_from(answered.at.time.since(at(0)).as_millis()).unwrap())
}

#[test]
fn the_first_answer_of_the_old_address_counts() {
    assert_eq!(RETIRED, socket(OLD).ip());
    assert_eq!(alone(&[opened(CLIENT, OLD, 1000)]), Some(995));
    assert_eq!(alone(&[opened(CLIENT, OLD, 2000), opened(CLIENT, OLD, 1000)]), Some(995));
    assert_eq!(alone(&[opened(CLIENT, OLD, 1000), opened(CLIENT, OLD, 2000)]), Some(995));
    assert_eq!(alone(&[Connection { syn_ack: None, ..opened(CLIENT, OLD, 1000) }]), None);
    assert_eq!(alone(&[opened(CLIENT, "13.107.4.52:443", 1000)]), None, "not the probe's port");
}

#[test]
fn any_other_address_of_the_internet_that_answers_is_no_pinned_rule() {
    for (other, public) in [
        ("203.0.113.7:80", true),
        ("[2001:db8:f::7]:80", true),
        ("203.0.113.7:443", false),
        ("10.0.0.8:80", false),
        ("127.0.0.1:80", false),
        ("169.254.1.1:80", false),
        ("[fd00::8]:80", false),
        ("[::1]:80", false),
    ] {
        assert_eq!(alone(&[opened(CLIENT, OLD, 1000), opened(CLIENT, other, 2000)]).is_none(), public, "{other}");
    }
    let elsewhere = [opened(CLIENT, OLD, 1000), opened("10.0.0.6", SERVER, 2000)];
    assert!(alone(&elsewhere).is_some(), "of another client");
}

#[test]
fn with_full_tables_nothing_is_concluded() {
    let numbered = |n: u16| format!("10.7.{}.{}", n >> 8, n & 0xff);
    let mut list = vec![opened(CLIENT, OLD, 1000)];
    list.extend((0..1023).map(|n| opened(&numbered(n), SERVER, 2000)));
    assert!(alone(&list).is_some());
    list.push(opened(&numbered(1023), SERVER, 2000));
    assert!(alone(&list).is_none());
    let mut retired = RetiredAddress::default();
    for n in 0..1025 {
        retired.note(&opened(&numbered(n), OLD, 2000));
    }
    let known = |n: u16| retired.alone(ip(&numbered(n))).is_some();
    assert!(known(0) && known(1023) && !known(1024));
    retired.note(&opened(&numbered(5), OLD, 1000));
    assert_eq!(retired.alone(ip(&numbered(5))).unwrap().at, packet(995), "a known client needs no room");
}
