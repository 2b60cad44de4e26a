//! Names called for on the link: LLMNR (RFC 4795), multicast DNS (RFC 6762), NetBIOS (RFC 1002).
//!
//! Nobody is asked in particular, so nobody has to answer: the silence after such a question is normal and never told.
//! Only `wpad` matters, because whoever answers to it becomes the proxy of whoever asked. One packet is one transaction:
//! who belongs to whom is found out where all of a client is known.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::proto::{dns, netbios};
use crate::source::PacketRef;

/// Ports of the three protocols.
const LLMNR: u16 = 5355;
const MDNS: u16 = 5353;
const NETBIOS: u16 = 137;
/// The name that proxies are looked for under.
const WPAD: &str = "wpad";

/// How a name was called for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum CallProtocol {
    /// Link-local multicast name resolution.
    Llmnr,
    /// Multicast DNS.
    Mdns,
    /// NetBIOS name service, by broadcast or through a WINS server.
    NetBios,
}

impl CallProtocol {
    /// Its name as scripts read it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Llmnr => "llmnr",
            Self::Mdns => "mdns",
            Self::NetBios => "netbios",
        }
    }
}

/// A question for `wpad` on the link, or an answer to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameCall {
    /// How.
    pub protocol: CallProtocol,
    /// Who asked; for an answer to everybody (multicast DNS) the group it went to.
    pub client: SocketAddr,
    /// Whom it asked (a group, a broadcast address, a server) or who answers.
    pub other: SocketAddr,
    /// The name, lower case.
    pub name: String,
    /// The packet.
    pub at: PacketRef,
    /// The addresses of an answer; `None` for a question.
    pub answer: Option<Vec<IpAddr>>,
}

impl NameCall {
    /// Reads a datagram as a call for `wpad`, or as an answer to one.
    #[must_use]
    pub fn read(source: SocketAddr, destination: SocketAddr, payload: &[u8], at: PacketRef) -> Option<Self> {
        let protocol = match (source.port(), destination.port()) {
            (LLMNR, _) | (_, LLMNR) => CallProtocol::Llmnr,
            (MDNS, _) | (_, MDNS) => CallProtocol::Mdns,
            (NETBIOS, _) | (_, NETBIOS) => CallProtocol::NetBios,
            _ => return None,
        };
        let (name, answer) = match protocol {
            CallProtocol::NetBios => {
                let message = netbios::parse(payload)?;
                let addresses = message.addresses.into_iter().map(IpAddr::V4).collect();
                (message.name, message.response.then_some(addresses))
            }
            CallProtocol::Llmnr | CallProtocol::Mdns => of_dns(payload)?,
        };
        if name != WPAD && !name.strip_prefix(WPAD).is_some_and(|rest| rest.starts_with('.')) {
            return None;
        }
        let (client, other) = if answer.is_some() { (destination, source) } else { (source, destination) };
        Some(Self { protocol, client, other, name, at, answer })
    }
}

/// Name, and addresses where it is an answer that has any, of a message in the form of DNS.
fn of_dns(payload: &[u8]) -> Option<(String, Option<Vec<IpAddr>>)> {
    // Cheap first: these ports are busy, and the name stands in the message as a label of its own.
    memchr::memmem::find(&payload.get(..512.min(payload.len()))?.to_ascii_lowercase(), b"\x04wpad")?;
    let message = dns::parse(payload).ok().filter(|message| message.opcode == 0)?;
    if !message.response {
        return Some((message.question?.name, None));
    }
    let addresses: Vec<IpAddr> = message.addresses().collect();
    let name = message.question.map(|question| question.name);
    let name = name.or_else(|| message.answers.first().map(|record| record.name.clone()))?;
    (!addresses.is_empty()).then_some((name, Some(addresses)))
}
