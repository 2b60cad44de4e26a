//! Which flows may be in the table, in few bits: most segments belong to none of them.

use std::net::{IpAddr, SocketAddr};

use super::FlowKey;

/// Places: 128 KiB, which stay in the nearest caches.
const BITS: u64 = 1 << 20;

/// Flows that may be known. Who picks addresses so that they fall on known ones only makes the long way be gone.
pub(super) struct Known {
    places: Box<[u64]>,
    noted: usize,
}

impl Default for Known {
    fn default() -> Self {
        Self { places: vec![0; (BITS / u64::from(u64::BITS)) as usize].into_boxed_slice(), noted: 0 }
    }
}

impl Known {
    /// A flow is put into the table.
    pub(super) fn note(&mut self, key: &FlowKey) {
        let (IpAddr::V4(low), IpAddr::V4(high)) = (key.low().ip(), key.high().ip()) else { return };
        let ends = [key.low(), key.high()].map(|end: SocketAddr| end.port());
        let (place, bit) = place((low.to_bits(), ends[0]), (high.to_bits(), ends[1]));
        if let Some(place) = self.places.get_mut(place) {
            *place |= bit;
        }
        self.noted += 1;
    }

    /// Whether so many were noted since it was emptied that it should be made anew of those that are left.
    pub(super) const fn is_crowded(&self, left: usize) -> bool {
        self.noted > (BITS / 8) as usize && self.noted > 2 * left
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.places.fill(0);
        self.noted = 0;
    }

    /// Whether the flow between these ends may be in the table; surely not where it says no.
    #[inline]
    pub(super) fn may_hold(&self, one: (u32, u16), other: (u32, u16)) -> bool {
        let (place, bit) = place(one, other);
        self.places.get(place).is_some_and(|place| place & bit != 0)
    }
}

/// The same for both directions.
#[inline]
fn place(one: (u32, u16), other: (u32, u16)) -> (usize, u64) {
    let mix = |(address, port): (u32, u16)| {
        (u64::from(address) << 16 | u64::from(port)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    };
    let number = mix(one).wrapping_add(mix(other)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 44;
    ((number / u64::from(u64::BITS)) as usize, 1 << (number % u64::from(u64::BITS)))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_flow_that_was_noted_is_known_from_both_ends() {
        let mut known = Known::default();
        let end = |number: u32| (Ipv4Addr::from_bits(0x0a00_0000 + number), 1024 + (number % 50_000) as u16);
        let server = (Ipv4Addr::new(13, 107, 4, 52), 80);
        for number in 0..50_000 {
            let (address, port) = end(number);
            let (key, _) = FlowKey::new((address.into(), port), (server.0.into(), server.1));
            known.note(&key);
        }
        let held = |number: u32| {
            let ((address, port), server) = (end(number), (server.0.to_bits(), server.1));
            let forth = known.may_hold((address.to_bits(), port), server);
            assert_eq!(forth, known.may_hold(server, (address.to_bits(), port)));
            forth
        };
        assert!((0..50_000).all(held));
        let mistaken = (60_000..160_000).filter(|number| held(*number)).count();
        assert!(mistaken < 6_000, "{mistaken} of 100,000");
        assert!(!known.is_crowded(0));
        known.clear();
        assert!(!known.may_hold((end(1).0.to_bits(), end(1).1), (server.0.to_bits(), server.1)));
    }
}
