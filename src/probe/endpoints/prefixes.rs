//! Address ranges of endpoint sets: longest prefix first.
//!
//! Ranges that share their first bits nest or are apart. Sorted by their first address they are a forest: the last one
//! that begins at or before an address holds it, or one of the ranges around that one does.

use std::net::IpAddr;

use crate::endpoints::{Network, number};

/// All address ranges of a list.
#[derive(Debug, Default)]
pub struct Prefixes {
    /// By first address, the wider before the narrower.
    ranges: Vec<Range>,
}

#[derive(Debug)]
struct Range {
    first: u128,
    last: u128,
    /// Index of the next wider range around it.
    around: Option<usize>,
    sets: Vec<u16>,
}

impl Prefixes {
    /// A table of these ranges and their sets.
    #[must_use]
    pub fn new(mut networks: Vec<(Network, u16)>) -> Self {
        networks.sort_unstable_by_key(|(network, set)| (network.first(), std::cmp::Reverse(network.last()), *set));
        let mut ranges: Vec<Range> = Vec::new();
        for (network, set) in networks {
            let (first, last) = (network.first(), network.last());
            match ranges.last_mut() {
                Some(range) if (range.first, range.last) == (first, last) => range.sets.push(set),
                _ => {
                    let mut around = ranges.len().checked_sub(1);
                    while let Some(range) = around.and_then(|index| ranges.get(index))
                        && range.last < last
                    {
                        around = range.around;
                    }
                    ranges.push(Range { first, last, around, sets: vec![set] });
                }
            }
        }
        Self { ranges }
    }

    /// The sets of `address`, narrowest range first, until `accept` takes one's sets.
    pub fn find<T>(&self, address: IpAddr, mut accept: impl FnMut(&[u16]) -> Option<T>) -> Option<T> {
        let address = number(address);
        let mut at = self.ranges.partition_point(|range| range.first <= address).checked_sub(1);
        while let Some(range) = at.and_then(|index| self.ranges.get(index)) {
            if address <= range.last
                && let Some(found) = accept(&range.sets)
            {
                return Some(found);
            }
            at = range.around;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(networks: &[&str]) -> Prefixes {
        Prefixes::new((0u16..).zip(networks).map(|(set, text)| (text.parse().unwrap(), set)).collect())
    }

    fn all(prefixes: &Prefixes, address: &str) -> Vec<u16> {
        let mut found = Vec::new();
        prefixes.find(address.parse().unwrap(), |sets| {
            found.extend_from_slice(sets);
            None::<()>
        });
        found
    }

    #[test]
    fn the_narrowest_range_comes_first() {
        let prefixes = table(&[
            "40.96.0.0/13",
            "40.96.0.0/16",
            "40.97.0.0/16",
            "40.96.0.0/13",
            "2603:1006::/40",
            "2603:1006::1/128",
            "52.0.0.0/8",
        ]);
        assert_eq!(all(&prefixes, "40.96.1.1"), [1, 0, 3]);
        assert_eq!(all(&prefixes, "40.97.255.255"), [2, 0, 3]);
        assert_eq!(all(&prefixes, "40.103.255.255"), [0, 3]);
        assert!(all(&prefixes, "40.104.0.0").is_empty());
        assert!(all(&prefixes, "40.95.255.255").is_empty());
        assert_eq!(all(&prefixes, "2603:1006::1"), [5, 4]);
        assert_eq!(all(&prefixes, "2603:1006::2"), [4]);
        assert!(all(&prefixes, "::1").is_empty() && all(&prefixes, "255.255.255.255").is_empty());
        assert_eq!(all(&prefixes, "::ffff:40.96.1.1"), [1, 0, 3], "IPv4-mapped is the same address");
    }

    #[test]
    fn it_agrees_with_looking_at_every_range() {
        let texts = [
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.1.2.0/24",
            "10.1.2.3",
            "10.128.0.0/9",
            "0.0.0.0/0",
            "10.1.2.128/25",
            "::/0",
        ];
        let networks: Vec<Network> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let prefixes = table(&texts);
        for address in
            ["10.1.2.3", "10.1.2.200", "10.1.3.0", "10.200.0.1", "11.0.0.0", "0.0.0.0", "2001:db8::1", "9.255.255.255"]
        {
            let value = number(address.parse().unwrap());
            let mut expected: Vec<(u128, u16)> = (0u16..)
                .zip(&networks)
                .filter(|(_, network)| (network.first()..=network.last()).contains(&value))
                .map(|(set, network)| (network.last() - network.first(), set))
                .collect();
            expected.sort_unstable();
            assert_eq!(all(&prefixes, address), expected.iter().map(|(_, set)| *set).collect::<Vec<_>>(), "{address}");
        }
    }
}
