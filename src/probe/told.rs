//! What a network tells a client of itself with its lease: where the proxy configuration is (DHCP option 252, WPAD), and
//! where its portal (RFC 8910: option 114, or 103 of DHCPv6).

use std::net::IpAddr;

use super::client::Client;
use super::world::World;
use crate::flow::Direction;
use crate::proto::http::TargetForm;
use crate::source::PacketRef;
use crate::transaction::{Exchange, Granted, LeaseEnd};
use crate::wire::Mac;

/// A PAC file that a lease names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPac {
    /// Host, lower case.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path with query.
    pub target: String,
}

impl ToldPac {
    /// Reads the URL of option 252.
    fn parse(url: &str) -> Option<Self> {
        match TargetForm::of("GET", url) {
            TargetForm::Absolute { host, port, path, .. } if !host.is_empty() => {
                let query = url.split_once('?').map_or_else(String::new, |(_, query)| format!("?{query}"));
                Some(Self { host, port, target: path + &query })
            }
            _ => None,
        }
    }

    /// Whether an exchange asks for this file.
    #[must_use]
    pub fn is_asked_by(&self, exchange: &Exchange) -> bool {
        exchange.request.as_ref().is_some_and(|request| {
            let head = &request.head;
            head.method == "GET"
                && head.form == TargetForm::Origin
                && head.target == self.target
                && head.host.as_deref() == Some(self.host.as_str())
                && exchange.server().port() == self.port
        })
    }
}

/// What the leases of the host at `address` and `mac` told it, with the packets; a lease of another address of that link
/// address is another's, as behind a router.
fn granted(world: &World, address: IpAddr, mac: Option<Mac>) -> impl Iterator<Item = (PacketRef, &Granted)> {
    let leases = mac.and_then(|mac| world.stations.get(mac)).map(|station| &station.leases);
    leases
        .into_iter()
        .flatten()
        .filter(|lease| matches!(lease.end, LeaseEnd::Granted | LeaseEnd::Informed))
        .filter_map(|lease| {
            let said = lease.messages.iter().rev().find(|message| message.by_server)?;
            lease.granted.as_ref().map(|granted| (lease.client, said.at, granted))
        })
        .filter(move |(client, _, granted)| {
            granted.address.or(*client) == Some(address) || granted.more_addresses.contains(&address)
        })
        .map(|(_, at, granted)| (at, granted))
}

/// The PAC files that the leases of a client name, oldest first.
#[must_use]
pub fn pac_files(world: &World, address: IpAddr, client: &Client) -> Vec<ToldPac> {
    let mut told: Vec<ToldPac> = Vec::new();
    for (_, granted) in granted(world, address, client.mac) {
        if let Some(pac) = granted.wpad.as_deref().and_then(ToldPac::parse)
            && !told.contains(&pac)
        {
            told.push(pac);
        }
    }
    told
}

/// The portal that a client's last lease before a packet names.
#[must_use]
pub fn portal<'a>(world: &'a World, address: IpAddr, client: &Client, before: PacketRef) -> Option<&'a str> {
    let last = granted(world, address, client.mac).filter(|(at, _)| *at <= before).last();
    last.and_then(|(_, granted)| granted.captive_portal.as_deref())
}

impl World {
    /// Whether an exchange asks for the PAC file that the lease of its client names.
    pub(super) fn is_told_pac(&self, exchange: &Exchange) -> bool {
        let address = exchange.connection.client.ip();
        let mac = exchange.connection.half(Direction::ToServer).mac;
        granted(self, address, mac)
            .filter_map(|(_, granted)| granted.wpad.as_deref().and_then(ToldPac::parse))
            .any(|pac| pac.is_asked_by(exchange))
    }
}
