//! A Wireshark display filter for the packets of one finding: all its evidence, and only its conversations.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::IpAddr;

use crate::text::Address;
use crate::verdict::{Conversation, Finding};

/// The display filter of `finding`. An ICMP error about a packet of the attempt matches, because Wireshark reads the
/// quoted header into the same fields. Evidence outside any conversation (ARP, DHCP, a packet that proves nothing but
/// that this direction is captured) is named by its number, or by its time where several inputs are analysed.
#[must_use]
pub fn display_filter(finding: &Finding, several_inputs: bool) -> String {
    let mut terms: Vec<String> = grouped(&finding.conversations).iter().map(|(pair, ports)| pair.term(ports)).collect();
    let mut alone = BTreeSet::new();
    for evidence in &finding.evidence {
        if !evidence.note.stands_alone() && !terms.is_empty() && !finding.conversations.is_empty() {
            continue;
        }
        if several_inputs {
            let (ns, mut text) = (evidence.at.time.as_nanos(), String::new());
            let sign = if ns < 0 { "-" } else { "" };
            let (seconds, rest) = (ns.unsigned_abs() / 1_000_000_000, ns.unsigned_abs() % 1_000_000_000);
            let _ = write!(text, "frame.time_epoch == {sign}{seconds}.{rest:09}");
            alone.insert((evidence.at.id, text));
        } else {
            alone.insert((evidence.at.id, format!("frame.number == {}", evidence.at.id.number())));
        }
    }
    terms.extend(alone.into_iter().map(|(_, term)| term));
    match terms.as_slice() {
        [only] => only.trim_start_matches('(').trim_end_matches(')').to_owned(),
        _ => terms.join(" || "),
    }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    udp: bool,
    client: IpAddr,
    server: IpAddr,
    server_port: u16,
}

/// Conversations between the same two hosts differ by the client's port alone: one term for all of them.
fn grouped(conversations: &[Conversation]) -> BTreeMap<Pair, BTreeSet<u16>> {
    let mut groups: BTreeMap<Pair, BTreeSet<u16>> = BTreeMap::new();
    for conversation in conversations {
        let pair = Pair {
            udp: conversation.udp,
            client: conversation.client.ip(),
            server: conversation.server.ip(),
            server_port: conversation.server.port(),
        };
        groups.entry(pair).or_default().insert(conversation.client.port());
    }
    groups
}

impl Pair {
    fn term(&self, client_ports: &BTreeSet<u16>) -> String {
        let protocol = if self.udp { "udp" } else { "tcp" };
        let field = |address: IpAddr| if address.is_ipv4() { "ip.addr" } else { "ipv6.addr" };
        let mut ports: Vec<String> = client_ports.iter().map(u16::to_string).collect();
        let own = match ports.as_mut_slice() {
            [only] => format!("{protocol}.port == {only}"),
            many => format!("{protocol}.port in {{{}}}", many.join(", ")),
        };
        format!(
            "({} == {} && {} == {} && {own} && {protocol}.port == {})",
            field(self.client),
            Address(self.client),
            field(self.server),
            Address(self.server),
            self.server_port
        )
    }
}
