//! Connections with the same addresses and ports in two networks, told apart by VLAN and sequence numbers.
//!
//! The VLAN alone tells nothing: mirror ports tag the two directions differently, and a routed packet is seen in two
//! VLANs. Sequence numbers that cannot belong to one connection (RFC 6528 makes them random) and different tags together
//! do: there are two machines with one address.

use std::num::NonZeroU64;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::live::Live;
use super::{FlowKey, tcp};
use crate::limits::{MAX_CONVERSATIONS, MAX_OVERLAPS, SAME_STREAM};
use crate::wire::{Link, Segment};

/// VLAN and virtual network of a packet.
pub(super) type Tag = NonZeroU64;

/// The tag of a packet, where it has one.
#[inline]
pub(super) fn tag(link: &Link) -> Option<Tag> {
    let network = link.network.map_or(0, |network| u64::from(network) + 1);
    NonZeroU64::new(network << 16 | u64::from(link.vlan.unwrap_or(0)))
}

/// The conversations of one key: the tags that each was seen with, from its lower and from its higher end.
type Members = Vec<[Option<Tag>; 2]>;

/// Keys that stand for more than one conversation.
#[derive(Default)]
pub(super) struct Overlaps(HashMap<FlowKey, Members, RandomState>);

impl Overlaps {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Another conversation beside the one with `tags`: its key, where there is room for it.
    pub(super) fn split(&mut self, key: FlowKey, tags: [Option<Tag>; 2], from_low: bool, tag: Tag) -> Option<FlowKey> {
        // Of a key that was split before, `resolve` has decided.
        if key.is_numbered() || self.0.len() >= MAX_OVERLAPS || self.0.contains_key(&key) {
            return None;
        }
        let members = self.0.entry(key).or_insert_with(|| vec![tags]);
        add(members, key, from_low, tag)
    }

    /// The conversation that a packet with a key of several belongs to. `fits` says whether a conversation has its
    /// sequence numbers; `None` where nothing is known of it.
    pub(super) fn resolve(
        &mut self,
        key: FlowKey,
        from_low: bool,
        tag: Option<Tag>,
        fits: impl Fn(FlowKey) -> Option<bool>,
    ) -> FlowKey {
        let Some(members) = self.0.get_mut(&key) else { return key };
        let side = usize::from(!from_low);
        let numbered = |index: usize| key.numbered(u8::try_from(index).unwrap_or(0));
        let fitting = |index: usize| fits(numbered(index)) == Some(true);
        let Some(tag) = tag else {
            return numbered((0..members.len()).find(|&index| fitting(index)).unwrap_or(0));
        };
        let has = |side: usize| members.iter().position(|tags| tags[side] == Some(tag));
        if let Some(known) = has(side) {
            return numbered(known);
        }
        // The other direction has the same tag, or its sequence numbers are acknowledged; else it is another one.
        let found = has(1 - side)
            .filter(|&index| members.get(index).is_some_and(|tags| tags[side].is_none()))
            .or_else(|| (0..members.len()).find(|&index| fitting(index)));
        match found {
            Some(index) => {
                if let Some(tags) = members.get_mut(index) {
                    tags[side].get_or_insert(tag);
                }
                numbered(index)
            }
            None => add(members, key, from_low, tag).unwrap_or(key),
        }
    }

    /// The conversation that was seen with `tag`, in whichever direction.
    pub(super) fn tagged(&self, key: FlowKey, tag: Option<Tag>) -> FlowKey {
        let place = self
            .0
            .get(&key)
            .zip(tag)
            .and_then(|(members, tag)| members.iter().position(|tags| tags.contains(&Some(tag))));
        key.numbered(place.and_then(|place| u8::try_from(place).ok()).unwrap_or(0))
    }
}

fn add(members: &mut Members, key: FlowKey, from_low: bool, tag: Tag) -> Option<FlowKey> {
    if members.len() >= MAX_CONVERSATIONS {
        return None;
    }
    let number = u8::try_from(members.len()).ok()?;
    members.push(if from_low { [Some(tag), None] } else { [None, Some(tag)] });
    Some(key.numbered(number))
}

impl<S: Default> Live<S> {
    /// Whether a packet with this tag is of another conversation: the tag is new to it, and its sequence numbers are out
    /// of place. Else the tag is remembered.
    pub(super) fn excludes(&mut self, from_low: bool, tag: Tag, segment: &Segment) -> bool {
        let side = usize::from(!from_low);
        let known = self.tags[side].or(self.tags[1 - side]);
        if known.is_some_and(|known| known != tag) && self.fits(from_low, segment) == Some(false) {
            return true;
        }
        self.tags[side].get_or_insert(tag);
        false
    }

    /// Whether the numbers of a segment can belong to this connection; `None` where none of them is known.
    pub(super) fn fits(&self, from_low: bool, segment: &Segment) -> Option<bool> {
        let direction = self.direction(from_low);
        let near = |direction: super::Direction, number: u32| {
            let base = self.streams[direction.index()].base()?;
            let delivered = self.connection.half(direction).delivered;
            Some(base.offset(number, delivered).is_some_and(|offset| {
                let place = i64::try_from(delivered).unwrap_or(i64::MAX);
                offset.abs_diff(place) <= SAME_STREAM
            }))
        };
        let own = near(direction, tcp::data_seq(segment));
        let other = if segment.has(Segment::ACK) { near(direction.opposite(), segment.ack) } else { None };
        match (own, other) {
            (Some(own), Some(other)) => Some(own && other),
            (one, other) => one.or(other),
        }
    }
}
