//! What hosts do on the link, made by hand: leases, questions for neighbours, searches for routers, packets that cross.

use super::scene::*;
use crate::proto::router::Advertisement;
use crate::transaction::lease::Told;
use crate::transaction::{Granted, Lease, LeaseEnd, LeaseMessage, Router, Solicited, Transaction, Wait};
use crate::vocabulary::Family;
use crate::wire::{Ip, Link, Mac};

/// The link address of the host whose leases and questions are made here.
pub const HARDWARE: u8 = 5;
/// That of the gateway.
pub const GATEWAY: u8 = 1;
/// A host of the Internet.
pub const FAR: &str = "203.0.113.7";

/// A DHCP message; those that only servers send come from the resolver.
pub fn message(name: &'static str, ms: i64) -> LeaseMessage {
    let by_server = matches!(name, "OFFER" | "ACK" | "NAK" | "REPLY");
    let server = by_server.then(|| ip(RESOLVER));
    LeaseMessage { at: packet(ms), name, by_server, address: None, server, relayed: false }
}

/// An exchange of these messages that granted nothing.
pub fn exchanged(messages: &[(&'static str, i64)], end: LeaseEnd) -> Lease {
    let messages: Vec<LeaseMessage> = messages.iter().map(|(name, ms)| message(name, *ms)).collect();
    Lease {
        family: Family::V4,
        transaction: 7,
        mac: Some(mac(HARDWARE)),
        client_id: Vec::new(),
        client: None,
        ended: messages.last().unwrap().at.time,
        messages,
        told: Told::default(),
        granted: None,
        end,
    }
}

/// DISCOVER at these moments, to which nobody says anything.
pub fn discovers(moments: &[i64]) -> Lease {
    let messages: Vec<(&'static str, i64)> = moments.iter().map(|ms| ("DISCOVER", *ms)).collect();
    exchanged(&messages, LeaseEnd::Unanswered(Wait::Elapsed))
}

/// A lease of the address, with the resolver as router.
pub fn leased(from: i64, address: &str) -> Lease {
    let messages = [("DISCOVER", from), ("OFFER", from + 10), ("REQUEST", from + 20), ("ACK", from + 30)];
    let granted = Granted {
        address: Some(ip(address)),
        prefix_length: Some(24),
        server: Some(ip(RESOLVER)),
        routers: vec![ip(RESOLVER)],
        ..Granted::default()
    };
    Lease { granted: Some(granted), ..exchanged(&messages, LeaseEnd::Granted) }
}

/// A question for a neighbour that nobody answers.
pub fn asked(target: &str, moments: &[i64]) -> Solicited {
    Solicited {
        client: ip(CLIENT),
        mac: Some(mac(HARDWARE)),
        target: ip(target),
        copies: moments.iter().map(|ms| packet(*ms)).collect(),
        answer: None,
        rival: None,
        wait: Wait::Elapsed,
        ended: at(moments.last().unwrap() + 1000),
    }
}

/// The same, answered.
pub fn answered(target: &str, ms: i64, by: Mac) -> Solicited {
    Solicited { answer: Some((packet(ms + 1), by)), ..asked(target, &[ms]) }
}

/// A search for routers.
pub fn searched(client: &str, moments: &[i64]) -> Router {
    Router::Searched {
        client: ip(client),
        mac: Some(mac(HARDWARE)),
        copies: moments.iter().map(|ms| packet(*ms)).collect(),
        wait: Wait::Elapsed,
        ended: at(moments.last().unwrap() + 4000),
    }
}

/// What a router offers.
pub fn advertised(router: &str, ms: i64, offer: Advertisement) -> Router {
    Router::Advertised { router: ip(router), mac: Some(mac(GATEWAY)), at: packet(ms), offer: Box::new(offer) }
}

/// An offer that makes its sender a router, without any prefix.
pub fn offer() -> Advertisement {
    Advertisement { lifetime: 1800, whole: true, ..Advertisement::default() }
}

impl Scene {
    pub fn lease(self, lease: Lease) -> Self {
        self.accept(Transaction::Lease(Box::new(lease)))
    }

    pub fn asks(self, question: Solicited) -> Self {
        self.accept(Transaction::Solicited(Box::new(question)))
    }

    pub fn router(self, router: Router) -> Self {
        self.accept(Transaction::Router(router))
    }

    /// A packet of the host to `destination` by the link address `next`.
    pub fn sends(mut self, source: &str, next: u8, destination: &str, ms: i64) -> Self {
        let link = Link { source: Some(mac(HARDWARE)), destination: Some(mac(next)), vlan: None, network: None };
        let (source, destination) = (ip(source), ip(destination));
        let ip = Ip { source, destination, ttl: 128, identification: None, protocol: 17 };
        self.world.stations.crossed(link, ip, packet(ms));
        self
    }

    /// The host claims an address.
    pub fn claims(mut self, address: &str, ms: i64) -> Self {
        self.world.stations.claimed(ip(address), mac(HARDWARE), packet(ms));
        self
    }

    /// Frames reach the host all the time.
    pub fn reached_all_along(mut self) -> Self {
        for second in 0..600 {
            self.world.stations.reached(mac(HARDWARE), packet(second * 1000));
        }
        self
    }
}
