//! What tells that two packets are one, seen at two places of a network.
//!
//! Between two capture points stand switches, routers, firewalls and address translators. They change link addresses,
//! tags, TTL, checksums, often IP addresses and ports, sometimes the maximum segment size. What is left of a TCP segment
//! are its numbers (RFC 9293), 64 random bits of them once both sides have spoken; of a DNS message its identifier and
//! name; of QUIC its connection identifier. A device that ends connections itself (a proxy, a load balancer) or draws
//! numbers of its own leaves nothing, and then nothing is found: it never makes two packets look alike.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::quality::FixedState;

use super::{Body, Datagram, Ip, Packet, Segment};

/// Bytes of a datagram that are compared: a DNS header and the start of its name, which the shortest usual snap length
/// (68 bytes) still has of an untagged frame.
const COMPARED: usize = 26;

/// A number that a packet has at every place of the network, and with it hardly any other packet of the same second.
/// `None` where too little tells it from others: bare IP, ARP, ICMP, short datagrams.
///
/// The seed is fixed: the same captures must give the same report.
#[must_use]
pub fn likeness(packet: &Packet<'_>) -> Option<u64> {
    let ip = packet.ip?;
    let mut hasher = FixedState::with_seed(0x706f_696e).build_hasher();
    match &packet.body {
        Body::Tcp(segment) => tcp(segment, &mut hasher),
        Body::Udp(datagram) => udp(ip, datagram, &mut hasher)?,
        _ => return None,
    }
    Some(hasher.finish())
}

/// Neither ports nor payload: the first may be translated, of the second more or less may have been captured.
fn tcp(segment: &Segment<'_>, hasher: &mut impl std::hash::Hasher) {
    let flags = segment.flags & (Segment::SYN | Segment::FIN | Segment::RST | Segment::ACK);
    let ack = if segment.has(Segment::ACK) { segment.ack } else { 0 };
    hasher.write_u64(u64::from(segment.seq) << 32 | u64::from(ack));
    hasher.write_u64(u64::from(segment.len) << 8 | u64::from(flags));
}

fn udp(ip: Ip, datagram: &Datagram<'_>, hasher: &mut impl std::hash::Hasher) -> Option<()> {
    /// DNS, QUIC: what they begin with is drawn by lot.
    const RANDOM: [u16; 2] = [53, 443];
    let wanted = usize::try_from(datagram.len).ok()?.min(COMPARED);
    let head = datagram.payload.get(..wanted).filter(|head| head.len() >= 12)?;
    hasher.write_u32(datagram.len);
    hasher.write(head);
    if !RANDOM.contains(&datagram.source_port) && !RANDOM.contains(&datagram.destination_port) {
        // The same words are said in every network: there the addresses count, too.
        let identification = ip.identification.filter(|id| *id != 0)?;
        hasher.write_u64(u64::from(datagram.source_port) << 32 | u64::from(identification));
        match ip.source {
            std::net::IpAddr::V4(source) => hasher.write_u32(source.to_bits()),
            std::net::IpAddr::V6(source) => hasher.write_u128(source.to_bits()),
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::source::{PacketId, PacketRef};
    use crate::time::CaptureTime;
    use crate::wire::Link;

    fn packet(ip: Ip, body: Body<'_>) -> Packet<'_> {
        let at = PacketRef { time: CaptureTime::from_nanos(0), id: PacketId::new(0, 1) };
        Packet { at, link: Link::default(), ip: Some(ip), body }
    }

    fn ip(source: [u8; 4], ttl: u8) -> Ip {
        let destination = IpAddr::from([203, 0, 113, 80]);
        Ip { source: source.into(), destination, ttl, identification: Some(7), protocol: 6 }
    }

    fn segment(seq: u32, payload: &[u8]) -> Segment<'_> {
        let (source_port, destination_port) = (50_000, 80);
        Segment { source_port, destination_port, seq, ack: 99, flags: 0x18, window: 502, len: 200, payload }
    }

    #[test]
    fn a_translated_segment_is_the_same_one() {
        let inside = packet(ip([10, 1, 0, 5], 128), Body::Tcp(segment(5, b"GET /")));
        let outside = Segment { source_port: 61_234, ..segment(5, b"GE") };
        let outside = packet(ip([198, 51, 100, 2], 127), Body::Tcp(outside));
        assert_eq!(likeness(&inside), likeness(&outside));
        let next = packet(ip([10, 1, 0, 5], 128), Body::Tcp(segment(205, b"GET /")));
        assert_ne!(likeness(&inside), likeness(&next));
    }

    #[test]
    fn what_every_network_says_counts_with_its_address() {
        let said = b"M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250";
        let at = |source, port| {
            let datagram = Datagram { source_port: port, destination_port: port, len: 200, payload: said };
            likeness(&packet(ip(source, 4), Body::Udp(datagram)))
        };
        assert_ne!(at([10, 1, 0, 5], 1900), at([10, 1, 0, 6], 1900));
        assert_eq!(at([10, 1, 0, 5], 53), at([198, 51, 100, 2], 53));
        let short = Datagram { source_port: 53, destination_port: 53, len: 200, payload: &said[..20] };
        assert_eq!(likeness(&packet(ip([10, 1, 0, 5], 4), Body::Udp(short))), None, "cut: it may be any");
    }
}
