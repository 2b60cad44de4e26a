//! DHCP exchanges: from the first message of a client to the word of a server, or to silence.
//!
//! Messages with the same identifier and the same client are one exchange: the copies of DISCOVER, the offers of all
//! servers, the request and its answer. A renewal is an exchange of its own.

use std::net::IpAddr;
use std::time::Duration;

use super::waiting::Waiting;
use super::{Transaction, Wait};
use crate::limits::{MAX_MESSAGES, MAX_WAITING};
use crate::proto::dhcp::{self, Kind, v6};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::vocabulary::Family;
use crate::wire::Mac;

/// Time after which a client that asked and heard nothing has given up for this round: Windows sends DISCOVER at 0, 4,
/// 8, 16 and 32 s, each with up to a second more or less (RFC 2131, 4.1).
pub const LEASE_DEADLINE: Duration = Duration::from_secs(60);
/// Longest pause between two copies of one message (RFC 2131, 4.1: 64 s, a second more or less).
const LONGEST_PAUSE: Duration = Duration::from_secs(70);
/// Time for which an exchange is remembered after its end, so that copies of its messages (relays, mirror ports) are
/// not taken for a new one.
const SETTLING: Duration = Duration::from_secs(2);

/// One DHCP exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which DHCP.
    pub family: Family,
    /// Identifier of the exchange.
    pub transaction: u32,
    /// The client's link address: for IPv4 as the message says, for IPv6 from its identifier or the frame.
    pub mac: Option<Mac>,
    /// The client's identifier: option 61, or the DUID.
    pub client_id: Vec<u8>,
    /// Address that the client spoke from.
    pub client: Option<IpAddr>,
    /// The messages in order.
    pub messages: Vec<LeaseMessage>,
    /// What the client says of itself.
    pub told: Told,
    /// What a server grants, or offers where none granted.
    pub granted: Option<Granted>,
    /// How it ended.
    pub end: LeaseEnd,
    /// The moment that decided it.
    pub ended: CaptureTime,
}

/// One message of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseMessage {
    /// The packet.
    pub at: PacketRef,
    /// Its name in RFC 2132 or RFC 8415.
    pub name: &'static str,
    /// A server sent it.
    pub by_server: bool,
    /// Address asked for or given.
    pub address: Option<IpAddr>,
    /// The server, where it is named.
    pub server: Option<IpAddr>,
    /// It passed a relay.
    pub relayed: bool,
}

/// What a client says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Host name (12).
    pub host_name: Option<String>,
    /// Fully qualified name (81, or 39 of DHCPv6).
    pub full_name: Option<String>,
    /// Vendor class (60): `MSFT 5.0` is Windows.
    pub vendor_class: Option<String>,
    /// User class (77).
    pub user_class: Option<String>,
    /// Parameters that it asks for (55), in order.
    pub parameters: Vec<u8>,
    /// Enterprise number of its vendor (16 of DHCPv6); Microsoft is 311.
    pub vendor: Option<u32>,
}

/// What a server grants or offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// Address; none in the answer to INFORM or INFORMATION-REQUEST.
    pub address: Option<IpAddr>,
    /// Further addresses of DHCPv6.
    pub more_addresses: Vec<IpAddr>,
    /// Prefix length by the subnet mask (1).
    pub prefix_length: Option<u8>,
    /// The server (54, or the sender).
    pub server: Option<IpAddr>,
    /// Routers (3).
    pub routers: Vec<IpAddr>,
    /// The router of a default route by option 121 or 249.
    pub default_route: Option<IpAddr>,
    /// DNS servers (6, or 23 of DHCPv6).
    pub dns: Vec<IpAddr>,
    /// Domain name (15), the suffix of look-ups.
    pub domain: Option<String>,
    /// Domain search list (119, or 24 of DHCPv6).
    pub search: Vec<String>,
    /// Lease time in seconds (51).
    pub seconds: Option<u32>,
    /// URL of the proxy configuration (252, WPAD).
    pub wpad: Option<String>,
    /// URL of the captive portal API (114, or 103 of DHCPv6).
    pub captive_portal: Option<String>,
}

/// How an exchange ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaseEnd {
    /// A server granted (ACK, REPLY with an address).
    Granted,
    /// A server told parameters alone.
    Informed,
    /// A server refused (NAK, REPLY with a status).
    Refused,
    /// The client refused the address, because somebody else uses it.
    Declined,
    /// The client gave its address back.
    Released,
    /// An offer came, and no grant.
    Offered(Wait),
    /// No server said anything.
    Unanswered(Wait),
}

impl Lease {
    /// First packet that belongs to it.
    #[must_use]
    pub fn first(&self) -> PacketRef {
        self.messages
            .first()
            .map_or_else(|| PacketRef { time: self.ended, id: crate::source::PacketId::new(0, 0) }, |m| m.at)
    }

    /// The messages of one name.
    pub fn named(&self, name: &'static str) -> impl Iterator<Item = &LeaseMessage> {
        self.messages.iter().filter(move |message| message.name == name)
    }

    /// Whether the client had no address and looked for one.
    #[must_use]
    pub fn searches(&self) -> bool {
        self.named("DISCOVER").next().is_some()
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    family: Family,
    mac: [u8; 6],
    transaction: u32,
}

struct Pending {
    lease: Lease,
    /// It was handed on already.
    told: bool,
}

/// Exchanges that wait for a server's word.
pub struct Leases {
    waiting: Waiting<Key, Pending>,
}

impl Default for Leases {
    fn default() -> Self {
        Self { waiting: Waiting::new(MAX_WAITING) }
    }
}

/// One message as this floor sees it, whichever family it is of.
struct Said {
    key: Key,
    message: LeaseMessage,
    mac: Option<Mac>,
    client_id: Vec<u8>,
    client: Option<IpAddr>,
    told: Told,
    granted: Option<Granted>,
    end: Option<LeaseEnd>,
}

impl Leases {
    /// Reads one datagram between the ports of DHCP (67, 68) that `source` sent.
    pub fn message(&mut self, source: IpAddr, payload: &[u8], at: PacketRef, out: &mut Vec<Transaction>) {
        let Ok(message) = dhcp::parse(payload) else { return };
        let options = message.options;
        let by_server = message.kind.by_server();
        let address = match message.kind {
            Kind::Offer | Kind::Ack => message.given,
            _ => options.requested.or(message.own),
        };
        let server = options.server.map(IpAddr::V4);
        let said = LeaseMessage {
            at,
            name: message.kind.name(),
            by_server,
            address: address.map(IpAddr::V4),
            server: server.or_else(|| Some(source).filter(|_| by_server)),
            relayed: message.relay.is_some(),
        };
        let granted = matches!(message.kind, Kind::Offer | Kind::Ack).then(|| Granted {
            address: message.given.map(IpAddr::V4),
            more_addresses: Vec::new(),
            prefix_length: options.mask.and_then(|mask| u8::try_from(mask.to_bits().leading_ones()).ok()),
            server: said.server,
            routers: options.routers.iter().copied().map(IpAddr::V4).collect(),
            default_route: options.default_route.map(IpAddr::V4),
            dns: options.dns.iter().copied().map(IpAddr::V4).collect(),
            domain: options.domain,
            search: options.search,
            seconds: options.lease,
            wpad: options.wpad,
            captive_portal: options.captive_portal,
        });
        let end = match message.kind {
            Kind::Ack if message.given.is_none() => Some(LeaseEnd::Informed),
            // The answer to INFORM carries no lease time (RFC 2131, 4.3.5), whatever else it repeats.
            Kind::Ack if options.lease.is_none() => Some(LeaseEnd::Informed),
            Kind::Ack => Some(LeaseEnd::Granted),
            Kind::Nak => Some(LeaseEnd::Refused),
            Kind::Decline => Some(LeaseEnd::Declined),
            Kind::Release => Some(LeaseEnd::Released),
            _ => None,
        };
        let mac = message.hardware.map(Mac);
        let told = Told {
            host_name: options.host_name,
            full_name: options.full_name,
            vendor_class: options.vendor_class,
            user_class: options.user_class,
            parameters: options.parameters,
            vendor: None,
        };
        let own =
            message.own.map(IpAddr::V4).or_else(|| Some(source).filter(|_| !by_server && message.relay.is_none()));
        self.said(
            Said {
                key: Key {
                    family: Family::V4,
                    mac: message.hardware.unwrap_or_default(),
                    transaction: message.transaction,
                },
                message: said,
                mac,
                client_id: options.client_id,
                client: own.filter(|address| !address.is_unspecified()),
                told: if by_server { Told::default() } else { told },
                granted,
                end,
            },
            out,
        );
    }

    /// Reads one datagram between the ports of DHCPv6 (546, 547) that `source` sent with the link address `mac`.
    pub fn message_v6(
        &mut self,
        source: IpAddr,
        mac: Option<Mac>,
        payload: &[u8],
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) {
        let Ok(message) = v6::parse(payload) else { return };
        let by_server = message.kind.by_server();
        let addresses: Vec<IpAddr> = message.addresses.iter().copied().map(IpAddr::V6).collect();
        let said = LeaseMessage {
            at,
            name: message.kind.name(),
            by_server,
            address: addresses.first().copied(),
            server: Some(source).filter(|_| by_server),
            relayed: message.relayed,
        };
        let end = match message.kind {
            v6::Kind::Reply if !addresses.is_empty() => Some(LeaseEnd::Granted),
            v6::Kind::Reply if message.status.is_some() => Some(LeaseEnd::Refused),
            v6::Kind::Reply => Some(LeaseEnd::Informed),
            v6::Kind::Decline => Some(LeaseEnd::Declined),
            v6::Kind::Release => Some(LeaseEnd::Released),
            _ => None,
        };
        let granted = matches!(message.kind, v6::Kind::Advertise | v6::Kind::Reply).then(|| Granted {
            address: addresses.first().copied(),
            more_addresses: addresses.get(1..).unwrap_or_default().to_vec(),
            server: Some(source),
            dns: message.dns.iter().copied().map(IpAddr::V6).collect(),
            domain: message.search.first().cloned(),
            search: message.search,
            captive_portal: message.captive_portal,
            ..Granted::default()
        });
        // The frame's own sender is the client's where no relay and no server stands between.
        let own = mac.filter(|_| !by_server && !message.relayed);
        self.said(
            Said {
                key: Key { family: Family::V6, mac: [0; 6], transaction: message.transaction },
                message: said,
                mac: own.or_else(|| message.hardware.map(Mac)),
                client_id: message.client_id,
                client: Some(source).filter(|_| !by_server && !message.relayed),
                told: Told { full_name: message.full_name, vendor: message.vendor, ..Told::default() },
                granted,
                end,
            },
            out,
        );
    }

    fn said(&mut self, said: Said, out: &mut Vec<Transaction>) {
        let at = said.message.at;
        if let Some(pending) = self.waiting.get_mut(&said.key) {
            let known = pending.lease.messages.iter().any(|message| message.name == said.message.name);
            if pending.told {
                // A copy by a relay or another mirror port, or the word of a second server.
                let soon = at.time.since(pending.lease.ended) <= SETTLING;
                if said.message.by_server || known && soon && pending.lease.end != LeaseEnd::Refused {
                    return;
                }
                self.waiting.remove(&said.key);
            }
        }
        let until = at.time.after(LONGEST_PAUSE);
        let (key, end) = (said.key, said.end);
        if let Some(pending) = self.waiting.get_mut(&key) {
            pending.lease.add(said);
        } else {
            let mut lease = Lease {
                family: key.family,
                transaction: key.transaction,
                mac: None,
                client_id: Vec::new(),
                client: None,
                // Floods are exchanges of one message.
                messages: Vec::with_capacity(1),
                told: Told::default(),
                granted: None,
                end: LeaseEnd::Unanswered(Wait::Elapsed),
                ended: at.time,
            };
            lease.add(said);
            if let Some(left) = self.waiting.insert(key, until, Pending { lease, told: false }) {
                give_up(left, at.time, out);
            }
        }
        if let (Some(end), Some(pending)) = (end, self.waiting.get_mut(&key)) {
            pending.lease.end = end;
            pending.lease.ended = at.time;
            pending.told = true;
            out.push(Transaction::Lease(Box::new(pending.lease.clone())));
            self.waiting.postpone(&key, at.time.after(SETTLING));
        } else {
            self.waiting.postpone(&key, until);
        }
    }

    /// Settles what is due at `now`.
    #[inline]
    pub fn advance(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        while let Some(pending) = self.waiting.due(now) {
            give_up(pending, now, out);
        }
    }

    /// Settles everything: the capture ended at `now`.
    pub fn finish(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        // One after the other: thousands of them need not be there twice.
        while let Some(pending) = self.waiting.due(CaptureTime::MAX) {
            give_up(pending, now, out);
        }
    }
}

impl Lease {
    fn add(&mut self, said: Said) {
        if self.messages.len() < MAX_MESSAGES {
            self.messages.push(said.message);
            self.messages.sort_by_key(|message| message.at);
        }
        self.mac = self.mac.or(said.mac);
        self.client = self.client.or(said.client);
        if self.client_id.is_empty() {
            self.client_id = said.client_id;
        }
        let told = &mut self.told;
        told.host_name = told.host_name.take().or(said.told.host_name);
        told.full_name = told.full_name.take().or(said.told.full_name);
        told.vendor_class = told.vendor_class.take().or(said.told.vendor_class);
        told.user_class = told.user_class.take().or(said.told.user_class);
        told.vendor = told.vendor.or(said.told.vendor);
        if told.parameters.is_empty() {
            told.parameters = said.told.parameters;
        }
        // The grant counts more than offers, the first offer more than later ones.
        if said.granted.is_some() && (self.granted.is_none() || said.end.is_some()) {
            self.granted = said.granted;
        }
    }
}

fn give_up(mut pending: Pending, now: CaptureTime, out: &mut Vec<Transaction>) {
    if pending.told {
        return;
    }
    let lease = &mut pending.lease;
    let deadline = lease.first().time.after(LEASE_DEADLINE);
    let wait = if now >= deadline { Wait::Elapsed } else { Wait::Cut { missing: deadline.since(now) } };
    let offered = lease.messages.iter().any(|message| message.by_server);
    lease.end = if offered { LeaseEnd::Offered(wait) } else { LeaseEnd::Unanswered(wait) };
    lease.ended = lease.messages.last().map_or(now, |last| last.at.time).max(deadline.min(now));
    out.push(Transaction::Lease(Box::new(pending.lease)));
}

#[cfg(test)]
mod tests;
