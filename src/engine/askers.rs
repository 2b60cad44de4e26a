//! Who asks something of the network: only towards them does traffic prove anything.
//!
//! Silence proves something where the capture surely shows what comes back to a host that asked. Of all others nobody
//! wants to know when they were last sent something, and there may be millions of them.

use std::hash::BuildHasher as _;
use std::net::IpAddr;

use foldhash::fast::FixedState;

/// Places: 128 KiB, which stay in the nearest caches.
const BITS: u64 = 1 << 20;

/// The hosts that asked something so far, and a few that only look like one of them.
pub(super) struct Askers {
    state: FixedState,
    places: Box<[u64]>,
}

impl Default for Askers {
    /// Nobody yet. The seed is fixed: who looks like whom is the same in every run.
    fn default() -> Self {
        let places = vec![0; (BITS / u64::from(u64::BITS)) as usize].into_boxed_slice();
        Self { state: FixedState::with_seed(0), places }
    }
}

impl Askers {
    /// A host asks.
    pub(super) fn note(&mut self, host: IpAddr) {
        let (place, bits) = self.place(host);
        if let Some(place) = self.places.get_mut(place) {
            *place |= bits;
        }
    }

    /// Whether a host may have asked; surely not where it says no.
    #[inline]
    pub(super) fn include(&self, host: IpAddr) -> bool {
        let (place, bits) = self.place(host);
        self.places.get(place).is_some_and(|place| place & bits == bits)
    }

    /// A word, and two bits of it: of 50,000 hosts one in a hundred others looks like one of them.
    #[inline]
    fn place(&self, host: IpAddr) -> (usize, u64) {
        let hash = match host {
            IpAddr::V4(host) => self.state.hash_one(host.to_bits()),
            IpAddr::V6(host) => self.state.hash_one(host.to_bits()),
        };
        let word = hash % (BITS / u64::from(u64::BITS));
        (word as usize, 1 << (hash >> 58) | 1 << (hash >> 52 & 63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asked_is_known_and_few_others_are_taken_for_them() {
        let mut askers = Askers::default();
        let host = |number: u32| IpAddr::from(number.to_be_bytes());
        (0..50_000).for_each(|number| askers.note(host(number)));
        askers.note(IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 1]));
        assert!((0..50_000).all(|number| askers.include(host(number))));
        assert!(askers.include(IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, 1])));
        let mistaken = (1_000_000..1_100_000).filter(|number| askers.include(host(*number))).count();
        assert!(mistaken < 2_500, "{mistaken} of 100,000");
    }
}
