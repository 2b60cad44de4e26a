//! Connections to the address that the probe server had until June 2023: a firewall rule that was made for it still
//! lets them through, and nothing else.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::flow::Connection;
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// `4-c-0003.c-msedge.net`, which www.msftconnecttest.com led to before it moved (Microsoft, "NCSI frequently asked
/// questions").
pub const RETIRED: IpAddr = IpAddr::V4(Ipv4Addr::new(13, 107, 4, 52));
/// Port of the probe.
const HTTP: u16 = 80;
/// Clients that are remembered.
const MAX_CLIENTS: usize = 1024;

/// An answered connection to the retired address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The SYN-ACK.
    pub at: PacketRef,
    /// The client's side.
    pub client: SocketAddr,
}

/// What was answered on the probe's port, by client.
#[derive(Debug, Default)]
pub struct RetiredAddress {
    answered: BTreeMap<IpAddr, Answered>,
    /// When another public address answered first.
    others: BTreeMap<IpAddr, CaptureTime>,
}

impl RetiredAddress {
    /// Notes a connection, where it was opened.
    pub fn note(&mut self, connection: &Connection) {
        let Some(answer) = connection.syn_ack.filter(|_| connection.server.port() == HTTP) else { return };
        let client = connection.client.ip();
        let server = connection.server.ip();
        if server == RETIRED {
            let seen = Answered { at: answer.at, client: connection.client };
            if self.answered.len() < MAX_CLIENTS || self.answered.contains_key(&client) {
                let first = self.answered.entry(client).or_insert(seen);
                if seen.at < first.at {
                    *first = seen;
                }
            }
        } else if is_public(server) && (self.others.len() < MAX_CLIENTS || self.others.contains_key(&client)) {
            let first = self.others.entry(client).or_insert(answer.at.time);
            *first = (*first).min(answer.at.time);
        }
    }

    /// The answered connection of a client to the retired address, where no other address answered it.
    #[must_use]
    pub fn alone(&self, client: IpAddr) -> Option<Answered> {
        // With full tables nothing is known of what was left out.
        let full = self.others.len() >= MAX_CLIENTS;
        self.answered.get(&client).copied().filter(|_| !full && !self.others.contains_key(&client))
    }
}

/// Whether an address is one of the Internet, as far as that matters for a firewall rule.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_private() && !v4.is_loopback() && !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unique_local() && !v6.is_loopback(),
    }
}
