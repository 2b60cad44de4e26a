//! Which connection a packet belongs to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Addresses and ports of a connection, the same for both directions: the lower end first.
///
/// VLAN and tunnel are no part of it, since mirror ports tag the two directions differently. Where the sequence numbers
/// prove that two connections overlap, the later one has a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FlowKey {
    low: [u8; 16],
    high: [u8; 16],
    ports: [u16; 2],
    v6: bool,
    /// Which of several conversations in different networks; 0 is the first.
    conversation: u8,
}

impl FlowKey {
    /// The key of a packet from `source` to `destination`, and whether it comes from the key's lower end.
    ///
    /// An IPv4 and an IPv6 address in one packet cannot be; such input counts as IPv6.
    #[must_use]
    pub fn new(source: (IpAddr, u16), destination: (IpAddr, u16)) -> (Self, bool) {
        let v6 = source.0.is_ipv6() || destination.0.is_ipv6();
        let (from, to) = ((octets(source.0), source.1), (octets(destination.0), destination.1));
        let from_low = from <= to;
        let ((low, low_port), (high, high_port)) = if from_low { (from, to) } else { (to, from) };
        (Self { low, high, ports: [low_port, high_port], v6, conversation: 0 }, from_low)
    }

    /// The lower end.
    #[must_use]
    pub fn low(&self) -> SocketAddr {
        SocketAddr::new(self.address(self.low), self.ports[0])
    }

    /// The higher end.
    #[must_use]
    pub fn high(&self) -> SocketAddr {
        SocketAddr::new(self.address(self.high), self.ports[1])
    }

    /// The same addresses and ports, in another network.
    pub(super) const fn numbered(self, conversation: u8) -> Self {
        Self { conversation, ..self }
    }

    /// Whether this is another than the first conversation with these addresses and ports.
    pub(super) const fn is_numbered(self) -> bool {
        self.conversation != 0
    }

    /// Hash for tables and for sharding flows over workers: the same for both directions.
    #[must_use]
    pub fn hash_with(&self, state: &impl std::hash::BuildHasher) -> u64 {
        use std::hash::Hasher;
        let mut hasher = state.build_hasher();
        hasher.write_u128(u128::from_le_bytes(self.low));
        hasher.write_u128(u128::from_le_bytes(self.high));
        let ports = u64::from(self.ports[0]) << 17 | u64::from(self.ports[1]) << 1;
        hasher.write_u64(u64::from(self.conversation) << 40 | ports | u64::from(self.v6));
        hasher.finish()
    }

    fn address(&self, octets: [u8; 16]) -> IpAddr {
        if self.v6 {
            return Ipv6Addr::from(octets).into();
        }
        let [a, b, c, d, ..] = octets;
        Ipv4Addr::new(a, b, c, d).into()
    }
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            [a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn end(text: &str) -> (IpAddr, u16) {
        let address: SocketAddr = text.parse().unwrap();
        (address.ip(), address.port())
    }

    #[test]
    fn both_directions_have_one_key() {
        for (a, b) in [
            ("10.0.0.1:50000", "13.107.4.52:80"),
            ("13.107.4.52:80", "10.0.0.1:50000"),
            ("[2001:db8::1]:1", "[2001:db8::1]:2"),
            ("10.0.0.1:5", "10.0.0.1:4"),
        ] {
            let (forth, from_low) = FlowKey::new(end(a), end(b));
            let (back, back_from_low) = FlowKey::new(end(b), end(a));
            assert_eq!(forth, back);
            assert_ne!(from_low, back_from_low);
            let ends = if from_low { [forth.low(), forth.high()] } else { [forth.high(), forth.low()] };
            assert_eq!(ends, [a.parse().unwrap(), b.parse().unwrap()]);
            let state = foldhash::fast::RandomState::default();
            assert_eq!(forth.hash_with(&state), back.hash_with(&state));
        }
    }

    #[test]
    fn a_mapped_address_is_another_flow_than_its_ipv4() {
        let (v4, _) = FlowKey::new(end("1.2.3.4:1"), end("5.6.7.8:2"));
        let (v6, _) = FlowKey::new(end("[102:304::]:1"), end("[506:708::]:2"));
        assert_ne!(v4, v6);
    }
}
