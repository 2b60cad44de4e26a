//! New addresses, ports and host names for everything in a capture, of the same kind and the same length.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ncsight::wire::{Body, Decoder, Mac};

use crate::support::trace::Record;

/// Ends of the host names that belong to nobody; all other names are Microsoft's or the public's and stay.
const OWN_NAMES: &[&str] = &[".example", ".example.com", ".example.net", ".example.org", ".test", ".internal", ".lan"];
/// Labels whose meaning is fixed.
const FIXED_LABELS: &[&str] = &["www", "wpad", "isatap", "example", "com", "net", "org", "test", "internal", "lan"];
/// Ports above 1023 whose number says what is inside.
const FIXED_PORTS: &[u16] = &[1812, 1813, 4789, 5353, 5355, 6081, 8472, 37008];
/// The proxy's port and its new number.
const PROXY_PORTS: (u16, u16) = (3128, 8081);

/// Who is called what from now on.
#[derive(Default)]
pub struct Names {
    pub v4: BTreeMap<Ipv4Addr, Ipv4Addr>,
    pub v6: BTreeMap<Ipv6Addr, Ipv6Addr>,
    pub macs: BTreeMap<[u8; 6], [u8; 6]>,
    pub ports: BTreeMap<u16, u16>,
    pub hosts: BTreeMap<String, String>,
    pub labels: BTreeMap<String, String>,
}

impl Names {
    /// New names for all that `records` hold, and none of them an old one.
    pub fn of(records: &[Record]) -> Self {
        let Collected { addresses, macs, ports, hosts, foreign } = collect(records);
        let v4: BTreeSet<Ipv4Addr> = addresses.iter().filter_map(|address| v4_of(*address)).collect();
        let mut names = Self::default();
        for shift in 3.. {
            assert!(shift < 9, "no shift gives addresses that are all new");
            names.v4 = v4.iter().map(|old| (*old, new_v4(*old, shift))).filter(|(old, new)| old != new).collect();
            if names.v4.values().all(|new| !v4.contains(new)) {
                break;
            }
        }
        for address in addresses {
            if let IpAddr::V6(old) = address {
                let new = names.new_v6(old);
                if new != old {
                    names.v6.insert(old, new);
                }
            }
        }
        for shift in (777..).step_by(123) {
            names.ports =
                ports.iter().map(|old| (*old, new_port(*old, shift))).filter(|(old, new)| old != new).collect();
            if names.ports.values().all(|new| !ports.contains(new)) {
                break;
            }
        }
        names.macs = macs.iter().map(|mac| (*mac, new_mac(*mac))).collect();
        for host in &hosts {
            for label in host.split('.').filter(|label| !FIXED_LABELS.contains(label) && !foreign.contains(*label)) {
                names.labels.insert(label.to_owned(), new_label(label));
            }
        }
        names.hosts =
            hosts.iter().map(|host| (host.clone(), names.new_host(host))).filter(|(old, new)| old != new).collect();
        names
    }

    /// The new address.
    pub fn address(&self, old: IpAddr) -> IpAddr {
        match old {
            IpAddr::V4(old) => IpAddr::V4(self.v4.get(&old).copied().unwrap_or(old)),
            IpAddr::V6(old) => IpAddr::V6(self.v6.get(&old).copied().unwrap_or(old)),
        }
    }

    /// The new port, or the same one.
    pub fn port(&self, old: u16) -> u16 {
        self.ports.get(&old).copied().unwrap_or(old)
    }

    /// The new host name, or the same one.
    pub fn host(&self, old: &str) -> String {
        self.hosts.get(old).cloned().unwrap_or_else(|| old.to_owned())
    }

    fn new_host(&self, old: &str) -> String {
        let labels: Vec<&str> =
            old.split('.').map(|label| self.labels.get(label).map_or(label, String::as_str)).collect();
        labels.join(".")
    }

    fn new_v6(&self, old: Ipv6Addr) -> Ipv6Addr {
        let mut hextets = old.segments();
        if let Some(inside) = v4_of(IpAddr::V6(old)) {
            let IpAddr::V4(new) = self.address(IpAddr::V4(inside)) else { return old };
            let [a, b, c, d] = new.octets();
            (hextets[6], hextets[7]) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            return Ipv6Addr::from(hextets);
        }
        // What says of which kind an address is stays; 2001:db8::/32 is one, too.
        let fixed = if hextets[0] == 0x2001 { 2 } else { 1 };
        for hextet in hextets.iter_mut().skip(fixed).filter(|hextet| **hextet != 0) {
            let low = *hextet & 0xf;
            *hextet = (*hextet & !0xf) | (low.max(1) % 15 + 1);
        }
        Ipv6Addr::from(hextets)
    }
}

/// A port's new number, of as many digits.
fn new_port(old: u16, shift: u16) -> u16 {
    match old {
        0..1024 => old,
        _ if FIXED_PORTS.contains(&old) => old,
        _ if old == PROXY_PORTS.0 => PROXY_PORTS.1,
        1024..10_000 => 1024 + (old - 1024 + shift) % (10_000 - 1024),
        _ => 10_000 + ((u32::from(old) - 10_000 + u32::from(shift)) % 55_536) as u16,
    }
}

/// The address itself, or the one inside a translated address of 64:ff9b::/96 (RFC 6052).
fn v4_of(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(address) => match address.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                Some(Ipv4Addr::new(a, b, c, d))
            }
            _ => None,
        },
    }
}

fn new_v4(old: Ipv4Addr, shift: u8) -> Ipv4Addr {
    let [a, b, c, d] = old.octets();
    // Same digits, so that text keeps its length; 0 and 255 keep their meaning.
    let other = |octet: u8| match octet {
        0 | 255 => octet,
        1..10 => (octet - 1 + shift) % 9 + 1,
        10..100 => 10 + (octet - 10 + shift) % 90,
        _ => (100 + (u16::from(octet) - 100 + u16::from(shift)) % 155) as u8,
    };
    let fixed = old.is_unspecified()
        || old.is_loopback()
        || old.is_multicast()
        || old.is_broadcast()
        || old == Ipv4Addr::new(131, 107, 255, 255)
        // The address that the probe server once had is known by itself.
        || old == Ipv4Addr::new(13, 107, 4, 52)
        // Microsoft lists 20.190.128.0/18 for the sign-in.
        || matches!(old.octets(), [20, 190, 128..192, _])
        || old.octets()[..3] == [146, 112, 61]; // block pages are known by these addresses
    match (a, b) {
        _ if fixed => old,
        (172, 16..32) => Ipv4Addr::new(a, 16 + (b - 16 + shift) % 16, other(c), other(d)),
        (192, 168) | (169, 254) | (100, 64..128) => Ipv4Addr::new(a, b, other(c), other(d)),
        _ => Ipv4Addr::new(a, other(b), other(c), other(d)),
    }
}

fn new_mac(mac: [u8; 6]) -> [u8; 6] {
    let [a, b, c, d, e, f] = mac;
    if [a, b, c, d] == [0, 0, 0x5e, 0] {
        // The virtual router's own range (RFC 5798): its bytes are a sign, not a name.
        return [a, b, c, d, e, f ^ 0x96];
    }
    [a, b, c, d ^ 0x35, e ^ 0x5c, f ^ 0x96]
}

fn new_label(label: &str) -> String {
    let turned = label.bytes().map(|byte| match byte {
        b'a'..=b'z' => (byte - b'a' + 13) % 26 + b'a',
        b'0'..=b'9' => (byte - b'0' + 5) % 10 + b'0',
        other => other,
    });
    turned.map(char::from).collect()
}

#[derive(Default)]
struct Collected {
    addresses: BTreeSet<IpAddr>,
    macs: BTreeSet<[u8; 6]>,
    ports: BTreeSet<u16>,
    hosts: BTreeSet<String>,
    /// Labels of names that stay.
    foreign: BTreeSet<String>,
}

/// Every address, link address, port and own host name in the packets.
fn collect(records: &[Record]) -> Collected {
    let mut decoder = Decoder::new();
    let Collected { mut addresses, mut macs, mut ports, mut hosts, mut foreign } = Collected::default();
    for (record, number) in records.iter().zip(1..) {
        let packet = decoder.decode(&record.frame(number));
        let link = [packet.link.source, packet.link.destination];
        macs.extend(link.into_iter().flatten().map(|Mac(mac)| mac).filter(|mac| mac[0] & 1 == 0 && *mac != [0; 6]));
        addresses.extend(packet.ip.into_iter().flat_map(|ip| [ip.source, ip.destination]));
        match packet.body {
            Body::Tcp(segment) => ports.extend([segment.source_port, segment.destination_port]),
            Body::Udp(datagram) => ports.extend([datagram.source_port, datagram.destination_port]),
            Body::IcmpError(error) => {
                addresses.extend([error.source, error.destination]);
                ports.extend([error.ports.0, error.ports.1]);
            }
            Body::Neighbour(neighbour) => {
                if let Some(binding) = neighbour.binding {
                    addresses.insert(binding.address);
                    macs.insert(binding.mac.0);
                }
            }
            _ => {}
        }
        answers(&record.data, &mut addresses);
        asked_for(&record.data, &mut addresses);
        names_in(&record.data, &mut hosts, &mut foreign);
    }
    addresses.retain(|address| !matches!(address, IpAddr::V6(v6) if fixed_v6(*v6)));
    Collected { addresses, macs, ports, hosts, foreign }
}

fn fixed_v6(address: Ipv6Addr) -> bool {
    // The answer that Windows expects of its DNS probe.
    let expected = Ipv6Addr::new(0xfd3e, 0x4f5a, 0x5b81, 0, 0, 0, 0, 1);
    address.is_unspecified() || address.is_loopback() || address.is_multicast() || address == expected
}

/// Addresses in DNS answers: type, class, lifetime, length, address.
fn answers(data: &[u8], addresses: &mut BTreeSet<IpAddr>) {
    for window in data.windows(14) {
        if let [0, 1, 0, 1, _, _, _, _, 0, 4, a, b, c, d] = *window {
            addresses.insert(Ipv4Addr::new(a, b, c, d).into());
        }
    }
    for window in data.windows(26) {
        if let [0, 28, 0, 1, _, _, _, _, 0, 16, address @ ..] = window {
            addresses.insert(Ipv6Addr::from(<[u8; 16]>::try_from(address).unwrap()).into());
        }
    }
}

/// Addresses that an ARP packet asks for.
fn asked_for(data: &[u8], addresses: &mut BTreeSet<IpAddr>) {
    for window in data.windows(28) {
        if let [0, 1, 8, 0, 6, 4, 0, 1 | 2, .., a, b, c, d] = *window {
            addresses.insert(Ipv4Addr::new(a, b, c, d).into());
        }
    }
}

/// Own host names, as text and as labels of DNS; the labels of all other names there.
fn names_in(data: &[u8], hosts: &mut BTreeSet<String>, foreign: &mut BTreeSet<String>) {
    let is_host = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'.';
    for run in data.split(|byte| !is_host(byte)) {
        let text = String::from_utf8_lossy(run).to_ascii_lowercase();
        // Text in binary surroundings may have other bytes at its end that look like text.
        let ends = OWN_NAMES.iter().filter_map(|end| text.find(end).map(|at| at + end.len()));
        if let Some(host) = ends.max().and_then(|end| text.get(..end)) {
            hosts.insert(host.trim_start_matches('.').to_owned());
        }
    }
    for start in 0..data.len() {
        match wire_name(&data[start..]) {
            Some(host) if OWN_NAMES.iter().any(|end| host.ends_with(end)) => {
                hosts.insert(host);
            }
            Some(host) => foreign.extend(host.split('.').map(str::to_owned)),
            None => {}
        }
    }
}

/// The name at the start of `data`, where it is whole and not compressed.
fn wire_name(mut data: &[u8]) -> Option<String> {
    let mut labels: Vec<String> = Vec::new();
    while let [length @ 1..64, rest @ ..] = data {
        let label = rest.get(..usize::from(*length))?;
        if !label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
            return None;
        }
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        data = rest.get(usize::from(*length)..)?;
    }
    (labels.len() > 1 && data.first() == Some(&0)).then(|| labels.join("."))
}
