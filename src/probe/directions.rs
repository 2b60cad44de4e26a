//! Which hosts a capture shows in both directions: what they send, and what is sent to them.

use std::net::{IpAddr, Ipv6Addr};

use hashbrown::HashMap;

/// What was seen of a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directions {
    /// Packets that it sent.
    pub from: bool,
    /// Unicast packets that were sent to it.
    pub to: bool,
}

impl Directions {
    /// What both say.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { from: self.from || other.from, to: self.to || other.to }
    }
}

/// What was seen of all hosts, in a table of bounded size.
#[derive(Debug, Default)]
pub struct Table {
    /// Those of IPv4 by number, in a third of the room: most packets ask here.
    v4: HashMap<u32, Directions, foldhash::fast::RandomState>,
    v6: HashMap<Ipv6Addr, Directions, foldhash::fast::RandomState>,
    max: usize,
    /// The pair that was noted last: packets come in runs.
    last: Option<(IpAddr, IpAddr)>,
}

impl Table {
    /// A table of at most `max` hosts.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { max: max.max(16), ..Self::default() }
    }

    /// A packet went from one host to another.
    #[inline]
    pub fn note(&mut self, from: IpAddr, to: IpAddr) {
        if self.last == Some((from, to)) {
            return;
        }
        self.last = Some((from, to));
        self.add(from, Directions { from: true, to: false });
        self.add(to, Directions { from: false, to: true });
    }

    fn add(&mut self, host: IpAddr, seen: Directions) {
        let has_room = self.len() < self.max;
        let known = match host {
            IpAddr::V4(host) => self.v4.get_mut(&host.to_bits()),
            IpAddr::V6(host) => self.v6.get_mut(&host),
        };
        match (known, host) {
            (Some(known), _) => *known = known.or(seen),
            (None, IpAddr::V4(host)) if has_room => _ = self.v4.insert(host.to_bits(), seen),
            (None, IpAddr::V6(host)) if has_room => _ = self.v6.insert(host, seen),
            (None, _) => {}
        }
    }

    fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// Makes room where there is none: who is still there is seen again.
    pub fn forget(&mut self) {
        if self.len() >= self.max / 2 {
            self.v4.clear();
            self.v6.clear();
            self.last = None;
        }
    }

    /// What was seen of a host with these addresses.
    #[must_use]
    pub fn of(&self, addresses: &[IpAddr]) -> Directions {
        let seen = addresses.iter().filter_map(|address| match address {
            IpAddr::V4(host) => self.v4.get(&host.to_bits()),
            IpAddr::V6(host) => self.v6.get(host),
        });
        seen.fold(Directions::default(), |all, one| all.or(*one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_is_only_spoken_to_is_told_from_one_that_answers() {
        let (one, other, third) =
            (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]), IpAddr::from([10, 0, 0, 3]));
        let mut table = Table::new(16);
        table.note(one, other);
        table.note(one, other);
        table.note(other, third);
        assert_eq!(table.of(&[one]), Directions { from: true, to: false });
        assert_eq!(table.of(&[other]), Directions { from: true, to: true });
        assert_eq!(table.of(&[third]), Directions { from: false, to: true });
        assert_eq!(table.of(&[one, third]), Directions { from: true, to: true }, "of one host");
        assert_eq!(table.of(&[]), Directions::default());
    }

    #[test]
    fn the_table_is_bounded_and_makes_room() {
        let mut table = Table::new(16);
        for host in 0..200u8 {
            table.note(IpAddr::from([10, 0, 0, host]), IpAddr::from([10, 0, 1, host]));
        }
        assert_eq!(table.len(), 16);
        table.forget();
        table.note(IpAddr::from([10, 0, 0, 199]), IpAddr::from([10, 0, 1, 199]));
        assert!(table.of(&[IpAddr::from([10, 0, 0, 199])]).from);
    }
}
