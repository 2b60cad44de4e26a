//! The capture filter of a live run: what the analysis can use, and nothing of the rest, so that the kernel drops bulk
//! traffic before anybody copies it.

use std::fmt::Write as _;

/// Ports of HTTP and of proxies.
const HTTP: &[u16] = &[80, 81, 591, 3128, 3129, 8000, 8008, 8080, 8081, 8088, 8118, 8123, 8888, 9090, 9400];
/// Ports of TLS, from the start or in mid-stream.
const TLS: &[u16] = &[
    21, 25, 110, 143, 389, 443, 465, 563, 587, 636, 853, 989, 990, 993, 995, 3268, 3269, 3389, 4443, 5061, 5222, 5432,
    5986, 8443, 9443,
];
/// Ports of names, leases and tickets: DNS, DHCP, Kerberos, NetBIOS, mDNS, LLMNR.
const NAMES: &[u16] = &[53, 67, 68, 88, 137, 546, 547, 5353, 5355];
/// Ports of tunnels over UDP: their content may be anything.
const TUNNELS: &[u16] = &[1701, 2152, 3544, 4789, 4790, 6081, 6635, 8472, 37008];

/// The filter, with `ports` of proxies or servers that the user named. `tags` says whether frames may carry VLAN tags:
/// link types without Ethernet headers have none, and libpcap then refuses the word.
#[must_use]
pub fn kernel_filter(ports: &[u16], tags: bool) -> String {
    let mut tcp: Vec<u16> = [HTTP, TLS, NAMES, ports].concat();
    tcp.sort_unstable();
    tcp.dedup();
    let mut plain = String::from("arp or icmp or icmp6");
    // Flags of TCP behind IPv4 (tcp[13]) and behind the fixed header of IPv6: FIN, SYN, RST.
    plain.push_str(" or tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0 or (ip6 proto 6 and ip6[53] & 7 != 0)");
    // Fragments, of which only the first has ports.
    plain.push_str(" or ip[6:2] & 0x3fff != 0 or ip6 proto 44");
    for (protocol, ports) in [("tcp", tcp.as_slice()), ("udp", NAMES), ("udp", TUNNELS)] {
        for port in ports {
            let _ = write!(plain, " or {protocol} port {port}");
        }
    }
    // Of QUIC only the long headers of its handshake say anything.
    plain.push_str(" or (udp port 443 and (udp[8] & 0x80 != 0 or (ip6 proto 17 and ip6[48] & 0x80 != 0)))");
    // GRE, IP in IP, 6in4, AH.
    plain.push_str(" or ip proto 47 or ip proto 4 or ip proto 41 or ip6 proto 47 or ip6 proto 4 or ip6 proto 41");
    if tags {
        // Frames without IP of their own: PPPoE, MPLS, provider bridges. `vlan` moves what follows it: it stands last.
        plain.push_str(" or ether proto 0x8863 or ether proto 0x8864 or ether proto 0x8847 or ether proto 0x8848");
        plain.push_str(" or ether proto 0x88e7 or ether proto 0x88a8");
        format!("{plain} or (vlan and ({plain} or (vlan and ({plain}))))")
    } else {
        plain
    }
}

#[cfg(all(test, feature = "live"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use pcap::{Capture, Linktype};

    use super::*;

    fn passes(frame: &[u8]) -> bool {
        let dead = Capture::dead(Linktype::ETHERNET).unwrap();
        dead.compile(&kernel_filter(&[8899], true), true).unwrap().filter(frame)
    }

    /// A TCP segment between these ports, tagged or not.
    fn segment(tags: usize, ports: (u16, u16), flags: u8) -> Vec<u8> {
        let mut frame = vec![2; 12];
        for _ in 0..tags {
            frame.extend([0x81, 0, 0, 7]);
        }
        frame.extend([8, 0, 0x45, 0, 0, 60, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend(ports.0.to_be_bytes());
        frame.extend(ports.1.to_be_bytes());
        frame.extend([0, 0, 0, 1, 0, 0, 0, 1, 0x50, flags, 1, 0, 0, 0, 0, 0]);
        frame.extend([0; 20]);
        frame
    }

    #[test]
    fn bulk_is_left_out_and_what_tells_is_not() {
        const ACK: u8 = 0x10;
        for tags in 0..=2 {
            assert!(!passes(&segment(tags, (50_000, 6000), ACK)), "bulk, {tags} tags");
            assert!(passes(&segment(tags, (50_000, 6000), ACK | 2)), "SYN, {tags} tags");
            assert!(passes(&segment(tags, (50_000, 6000), ACK | 4)), "RST, {tags} tags");
            assert!(passes(&segment(tags, (80, 50_000), ACK)), "HTTP, {tags} tags");
            assert!(passes(&segment(tags, (50_000, 443), ACK)), "TLS, {tags} tags");
            assert!(passes(&segment(tags, (50_000, 8899), ACK)), "a proxy that the user named, {tags} tags");
        }
    }

    #[test]
    fn it_is_understood_for_link_types_without_tags() {
        for link in [12, 113, 276, 0] {
            let dead = Capture::dead(Linktype(link)).unwrap();
            assert!(dead.compile(&kernel_filter(&[], false), true).is_ok(), "{link}");
        }
    }
}
