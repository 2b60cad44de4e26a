//! What is remembered of one client, and how much of it.

use super::scene::*;
use crate::probe::client::{Client, ProxyUse};

fn names(client: &Client, address: &str, when: i64) -> Vec<String> {
    client.names_of(ip(address), at(when)).map(|named| named.name.clone()).collect()
}

#[test]
fn a_name_explains_connections_for_ten_minutes_or_its_time_to_live() {
    let mut client = Client::new(1);
    client.name_address(ip("203.0.113.1"), "short.example", at(0), 60);
    client.name_address(ip("203.0.113.2"), "long.example", at(0), 700);
    for (address, when, known) in [
        ("203.0.113.1", -201, false),
        ("203.0.113.1", -200, true),
        ("203.0.113.1", 600_000, true),
        ("203.0.113.1", 600_001, false),
        ("203.0.113.2", 700_000, true),
        ("203.0.113.2", 700_001, false),
        ("203.0.113.3", 0, false),
    ] {
        assert_eq!(client.name_of(ip(address), at(when)).is_some(), known, "{address} at {when}");
    }
    assert!(client.asked_for("long.example") && !client.asked_for("other.example"));
}

#[test]
fn the_newest_name_stands_last_and_eight_are_kept() {
    let mut client = Client::new(1);
    for n in 0..8 {
        client.name_address(ip("203.0.113.1"), &format!("n{n}.example"), at(n), 60);
    }
    client.name_address(ip("203.0.113.1"), "n0.example", at(10), 60);
    assert_eq!(names(&client, "203.0.113.1", 10).len(), 8);
    assert_eq!(client.name_of(ip("203.0.113.1"), at(10)), Some("n0.example"));
    client.name_address(ip("203.0.113.1"), "n9.example", at(11), 60);
    let kept = names(&client, "203.0.113.1", 11);
    assert_eq!((kept.len(), kept[0].as_str(), kept[7].as_str()), (8, "n2.example", "n9.example"));
}

#[test]
fn of_too_many_addresses_the_oldest_goes() {
    let mut client = Client::new(1);
    let address = |n: u16| std::net::IpAddr::from([203, 0, (n >> 8) as u8, n as u8]);
    for n in 0..1024 {
        client.name_address(address(n), "many.example", at(i64::from(n)), 60);
    }
    assert!(client.name_of(address(0), at(2500)).is_some());
    client.name_address(address(5), "again.example", at(2000), 60);
    assert!(client.name_of(address(0), at(2500)).is_some(), "a known address needs no new place");
    client.name_address(address(2000), "new.example", at(2001), 60);
    assert!(
        client.name_of(address(0), at(2500)).is_none()
            && client.name_of(address(1), at(2500)).is_some()
            && client.name_of(address(2000), at(2500)).is_some()
    );
}

#[test]
fn a_question_found_late_joins_its_answer() {
    let told = |answered: i64| {
        let mut one = resolved(HOST, 1, 1000, &["203.0.113.7"]);
        one.answer.as_mut().unwrap().at = packet(answered);
        one
    };
    let alone = |answered| crate::transaction::Lookup { queries: Vec::new(), ..told(answered) };
    for (first, second, kept) in
        [(alone(1010), told(1010), 1), (alone(1010), told(1020), 2), (told(1010), told(1010), 2)]
    {
        let mut client = Client::new(1);
        client.keep_lookup(Box::new(first));
        client.keep_lookup(Box::new(second));
        assert_eq!(client.lookups.len(), kept);
        assert!(!client.lookups[kept - 1].queries.is_empty());
    }
}

#[test]
fn a_late_answer_replaces_the_silence_of_the_same_request() {
    let silent = status(CLIENT, SERVER, 1000, 0);
    for (id, index, kept) in [(0, 0, 1), (1, 0, 2), (0, 1, 2)] {
        let mut client = Client::new(1);
        client.keep_exchange(Box::new(silent.clone()));
        let mut late = exchange(CLIENT, SERVER, 1000);
        late.connection.id.0 += id;
        late.index = index;
        client.keep_exchange(Box::new(late));
        assert_eq!(client.exchanges.len(), kept);
        assert_eq!(client.exchanges[kept - 1].status(), Some(200));
    }
}

#[test]
fn the_last_uses_of_proxies_are_kept() {
    let mut client = Client::new(1);
    for n in 0..257 {
        client.keep_proxy_use(ProxyUse { proxy: socket(PROXY), host: None, at: at(n), status: None, probe: false });
    }
    assert_eq!((client.proxy_uses.len(), client.proxy_uses[0].at), (256, at(1)));
}
