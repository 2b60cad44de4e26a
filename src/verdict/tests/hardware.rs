//! Who answered, by link addresses and TTLs, and where these say nothing.

use crate::flow::Mark;
use crate::probe::tests::onlink::*;
use crate::probe::tests::scene::*;
use crate::transaction::Exchange;
use crate::verdict::{Finding, FoundMark, Remark};
use crate::vocabulary::Confidence;
use crate::wire::Mac;

/// A link address of Fortinet.
const FORTINET: Mac = Mac([0x00, 0x09, 0x0f, 1, 2, 3]);
/// On the client's link.
const NEAR: &str = "10.0.0.1:80";

/// A probe that `server` answers with a redirect, its packets coming from this link address.
fn redirected(server: &str, from: Mac) -> Exchange {
    let mut one = status(CLIENT, server, 1000, 302);
    one.response.as_mut().unwrap().head.location = Some("http://portal.example/".into());
    one.connection.halves[0].mac = Some(mac(HARDWARE));
    one.connection.halves[1].mac = Some(from);
    one
}

fn marks(scene: Scene, one: Exchange) -> Vec<FoundMark> {
    let finding: Finding = scene.exchange(one).finding();
    finding.details.responder.unwrap().marks
}

#[test]
fn its_own_link_address_names_the_maker() {
    let found = marks(Scene::new().neighbour("10.0.0.1", FORTINET), redirected(NEAR, FORTINET));
    let told: Vec<_> = found.iter().map(|mark| (mark.product.as_str(), mark.by.as_str(), mark.confidence)).collect();
    assert_eq!(told, [("FortiGate", "mac 00:09:0f:01:02:03", Confidence::Low)]);
    let by_lease = marks(Scene::new().lease(leased(100, CLIENT)), redirected(NEAR, FORTINET));
    assert_eq!(by_lease, found, "the router of the lease");
}

#[test]
fn the_next_hop_is_not_who_answered() {
    let gateway = || Scene::new().neighbour("10.0.0.1", FORTINET).lease(leased(100, CLIENT));
    assert_eq!(marks(gateway(), redirected(SERVER, FORTINET)), [], "from beyond the gateway");
    assert_eq!(marks(Scene::new(), redirected(NEAR, FORTINET)), [], "nothing says whose link address it is");
    let answers_for_many = Scene::new().neighbour("10.0.0.1", FORTINET).neighbour("10.0.0.9", FORTINET);
    assert_eq!(marks(answers_for_many, redirected(NEAR, FORTINET)), []);
    assert_eq!(marks(Scene::new().neighbour("10.0.0.1", mac(1)), redirected(NEAR, mac(1))), [], "of no known maker");
}

#[test]
fn what_the_answer_shows_says_more_than_the_hardware() {
    let by = |server: &str| {
        let mut one = redirected(NEAR, FORTINET);
        one.response.as_mut().unwrap().head.server = Some(server.into());
        let found = marks(Scene::new().neighbour("10.0.0.1", FORTINET), one);
        found.into_iter().map(|mark| mark.product).collect::<Vec<_>>()
    };
    assert_eq!(by("squid/5.7"), ["Squid"]);
    assert_eq!(by("nginx"), ["FortiGate"]);
}

#[test]
fn an_answer_with_another_ttl_is_remarked() {
    let with = |ms: i64, ttl| {
        let mut one = redirected(SERVER, FORTINET);
        one.connection.halves[1].fin = Some(Mark { ttl, ..mark(ms) });
        Scene::new().exchange(one).finding().remarks
    };
    assert_eq!(with(1020, 60), []);
    assert_eq!(with(1020, 63), [Remark::OtherAnswerer { ttl: 63, server_ttl: 60 }]);
    assert_eq!(with(1021, 63), [Remark::OtherAnswerer { ttl: 63, server_ttl: 60 }]);
    assert_eq!(with(1025, 63), [], "a FIN behind the answer may be another's");
}
