//! One packet for the eye: who sent what to whom, in a line, and which bytes say so.

use std::ops::Range;

use super::inspect_dns::dns;
use super::inspect_stream::{http, tls};
use crate::limits::MAX_SHOWN_TEXT;
use crate::source::Frame;
use crate::text::sanitize;
use crate::transaction::assembler::DNS_PORT;
use crate::verdict::Responder;
use crate::wire::{Body, Packet, Said, Segment};

/// Bytes of a packet with a meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// What it is called.
    pub name: String,
    /// What it says, safe to print.
    pub value: String,
    /// Where it stands in the captured bytes.
    pub range: Range<usize>,
    /// It is what such packets are looked at for.
    pub decisive: bool,
}

/// What a packet shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Who sent it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The innermost protocol that was understood.
    pub protocol: &'static str,
    /// What it says, in a line of protocol terms, safe to print.
    pub summary: String,
    /// Its fields in the order of their bytes.
    pub fields: Vec<Field>,
    /// Bytes that must not be shown.
    pub secrets: Vec<Range<usize>>,
}

impl Seen {
    /// Adds a field; one that is not in the captured bytes is left out.
    pub(super) fn field(&mut self, name: &str, value: impl Into<String>, range: Range<usize>, decisive: bool) {
        if range.start < range.end {
            let value = sanitize(&value.into(), MAX_SHOWN_TEXT);
            self.fields.push(Field { name: name.to_owned(), value, range, decisive });
        }
    }
}

/// What `frame` shows, which was decoded as `packet`.
#[must_use]
pub fn inspect(frame: &Frame<'_>, packet: &Packet<'_>) -> Seen {
    let mut seen = Seen { protocol: "?", ..Seen::default() };
    let port = |port: u16| format!(":{port}");
    if let Some(ip) = packet.ip {
        (seen.from, seen.to) = (ip.source.to_string(), ip.destination.to_string());
        seen.protocol = "IP";
        if let Some(start) = ip_header(frame.data, packet) {
            let at = if ip.source.is_ipv4() { start + 8 } else { start + 7 };
            seen.field("TTL", ip.ttl.to_string(), at..at + 1, false);
        }
    } else if let (Some(from), Some(to)) = (packet.link.source, packet.link.destination) {
        (seen.from, seen.to) = (Responder::mac_text(from), Responder::mac_text(to));
    }
    match &packet.body {
        Body::Tcp(segment) => {
            seen.from = endpoint(&seen.from, &port(segment.source_port));
            seen.to = endpoint(&seen.to, &port(segment.destination_port));
            seen.protocol = "TCP";
            tcp(&mut seen, frame, segment);
        }
        Body::Udp(datagram) => {
            let ports = (datagram.source_port, datagram.destination_port);
            seen.from = endpoint(&seen.from, &port(ports.0));
            seen.to = endpoint(&seen.to, &port(ports.1));
            seen.protocol = "UDP";
            seen.summary = format!("{} bytes", datagram.len);
            if ports.0 == DNS_PORT || ports.1 == DNS_PORT {
                dns(&mut seen, datagram.payload, offset(frame.data, datagram.payload));
            }
        }
        Body::IcmpError(error) => {
            seen.protocol = "ICMP";
            let (kind, code, to, port) = (error.kind, error.code, error.destination, error.ports.1);
            seen.summary = format!("{kind}/{code} about a packet to {to}, port {port}");
            if let Some(start) = after_ip_header(frame.data, packet) {
                seen.field("ICMP type, code", format!("{kind}/{code}"), start..start + 2, true);
            }
        }
        Body::Neighbour(neighbour) => {
            seen.protocol = if packet.ip.is_some() { "ND" } else { "ARP" };
            let mac = neighbour.binding.map(|own| format!(" at {}", Responder::mac_text(own.mac))).unwrap_or_default();
            seen.summary = match neighbour.said {
                Said::Asks { target, .. } => format!("who has {target}?"),
                Said::Answers { target, .. } => format!("{target} is{mac}"),
                Said::AsksForRouter { .. } => "router solicitation".to_owned(),
                Said::Router { sender, .. } => format!("router advertisement of {sender}"),
            };
        }
        Body::NotDecoded(name) => seen.summary = format!("{name}, not decoded"),
        Body::OtherIp => seen.summary = packet.ip.map_or_else(String::new, |ip| format!("protocol {}", ip.protocol)),
        Body::Other => {}
    }
    let len = frame.data.len();
    seen.fields.retain(|field| field.range.end <= len);
    seen.fields.sort_by_key(|field| (field.range.start, field.range.end));
    seen
}

fn endpoint(address: &str, port: &str) -> String {
    if address.contains(':') { format!("[{address}]{port}") } else { format!("{address}{port}") }
}

fn tcp(seen: &mut Seen, frame: &Frame<'_>, segment: &Segment<'_>) {
    const NAMES: [(u8, &str); 6] = [(2, "SYN"), (16, "ACK"), (1, "FIN"), (4, "RST"), (8, "PSH"), (32, "URG")];
    let flags: Vec<&str> = NAMES.iter().filter(|(bit, _)| segment.flags & bit != 0).map(|(_, name)| *name).collect();
    let flags = flags.join(",");
    let notable = segment.has(Segment::SYN | Segment::FIN | Segment::RST);
    if let Some(start) = tcp_header(frame.data, segment) {
        seen.field("ports", format!("{} → {}", segment.source_port, segment.destination_port), start..start + 4, false);
        seen.field("sequence", segment.seq.to_string(), start + 4..start + 8, false);
        seen.field("acknowledgement", segment.ack.to_string(), start + 8..start + 12, false);
        seen.field("flags", flags.clone(), start + 13..start + 14, notable);
        seen.field("window", segment.window.to_string(), start + 14..start + 16, false);
    }
    let len = segment.len;
    seen.summary = if len > 0 { format!("{flags} {len} bytes") } else { flags.clone() };
    if segment.payload.is_empty() {
        return;
    }
    let at = offset(frame.data, segment.payload);
    if let Some(at) = at {
        seen.secrets = secrets(segment.payload).into_iter().map(|range| range.start + at..range.end + at).collect();
    }
    let dns_port = segment.source_port == DNS_PORT || segment.destination_port == DNS_PORT;
    if dns_port && segment.payload.len() > 2 {
        dns(seen, segment.payload.get(2..).unwrap_or_default(), at.map(|at| at + 2));
    } else if !http(seen, segment.payload, at) {
        tls(seen, segment.payload, at, frame.at);
    }
    if notable && seen.protocol != "TCP" {
        seen.summary = format!("{} {}", flags.replace("ACK,", "").replace(",PSH", ""), seen.summary);
    }
}

/// Where `part` stands in `whole`; `None` where it is no part of it (reassembled from fragments).
fn offset(whole: &[u8], part: &[u8]) -> Option<usize> {
    let at = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    (at + part.len() <= whole.len()).then_some(at)
}

/// Where the TCP header starts: before the payload, where ports and numbers are those that were decoded.
fn tcp_header(data: &[u8], segment: &Segment<'_>) -> Option<usize> {
    let mut expected = Vec::with_capacity(12);
    expected.extend_from_slice(&segment.source_port.to_be_bytes());
    expected.extend_from_slice(&segment.destination_port.to_be_bytes());
    expected.extend_from_slice(&segment.seq.to_be_bytes());
    expected.extend_from_slice(&segment.ack.to_be_bytes());
    (0..=data.len().checked_sub(16)?).rev().find(|start| data.get(*start..start + 12) == Some(expected.as_slice()))
}

/// Where the IP header starts: where its addresses are those that were decoded.
fn ip_header(data: &[u8], packet: &Packet<'_>) -> Option<usize> {
    let ip = packet.ip?;
    let (mut addresses, before) = match (ip.source, ip.destination) {
        (std::net::IpAddr::V4(source), std::net::IpAddr::V4(destination)) => {
            ([source.octets(), destination.octets()].concat(), 12)
        }
        (std::net::IpAddr::V6(source), std::net::IpAddr::V6(destination)) => {
            ([source.octets(), destination.octets()].concat(), 8)
        }
        _ => return None,
    };
    let len = addresses.len();
    addresses.shrink_to_fit();
    // Innermost first: tunnels put the same kind of header around it.
    (0..=data.len().checked_sub(before + len)?)
        .rev()
        .find(|start| data.get(start + before..start + before + len) == Some(addresses.as_slice()))
        .filter(|start| data.get(*start).is_some_and(|first| matches!(first >> 4, 4 | 6)))
}

fn after_ip_header(data: &[u8], packet: &Packet<'_>) -> Option<usize> {
    let start = ip_header(data, packet)?;
    let first = *data.get(start)?;
    Some(start + if first >> 4 == 4 { usize::from(first & 15) * 4 } else { 40 })
}

/// Names of HTTP fields whose values nobody may see.
const SECRET_FIELDS: [&[u8]; 8] = [
    b"authorization",
    b"proxy-authorization",
    b"cookie",
    b"set-cookie",
    b"www-authenticate",
    b"proxy-authenticate",
    b"x-auth-token",
    b"x-api-key",
];

/// Values of secret fields in a piece of an HTTP head. Of an authentication field the scheme stays.
#[must_use]
pub fn secrets(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        if let Some(colon) = line.iter().position(|byte| *byte == b':') {
            let name = line.get(..colon).unwrap_or_default();
            if SECRET_FIELDS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
                let value = line.get(colon + 1..).unwrap_or_default();
                let blank = value.iter().take_while(|byte| **byte == b' ').count();
                let value = value.get(blank..).unwrap_or_default().trim_ascii_end();
                let shown = if name.eq_ignore_ascii_case(b"cookie") || name.eq_ignore_ascii_case(b"set-cookie") {
                    0
                } else {
                    value.iter().position(|byte| *byte == b' ').map_or(0, |at| at + 1)
                };
                let is_scheme_alone = shown == 0 && name.to_ascii_lowercase().ends_with(b"authenticate");
                let from = start + colon + 1 + blank + shown;
                let to = start + colon + 1 + blank + value.len();
                if from < to && !is_scheme_alone {
                    found.push(from..to);
                }
            }
        }
        start = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_and_schemes_stay() {
        let head = b"GET / HTTP/1.1\r\nProxy-Authorization: NTLM TlRMTVNT\r\nCookie: a=b\r\nHost: x\r\n\
                     Proxy-Authenticate: Negotiate\r\n\r\n";
        let hidden: Vec<&[u8]> = secrets(head).into_iter().filter_map(|range| head.get(range)).collect();
        assert_eq!(hidden, [b"TlRMTVNT".as_slice(), b"a=b"]);
        assert!(secrets(b"\x00\x01\xff:\n:\n").is_empty());
    }
}
