//! Copies that a mirror port makes of packets without sequence numbers.
//!
//! A switch that mirrors both directions of a port, or several ports, delivers a packet twice; a routed copy has other
//! link addresses, another TTL and checksum and perhaps other DSCP bits. The rest of the packet is the same to the last
//! byte, and it comes at once. TCP tells copies by its sequence numbers, where the connections are followed.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::quality::FixedState;
use hashbrown::HashMap;

use crate::limits::{DUPLICATE_WINDOW, DUPLICATE_WINDOW_NO_ID, MAX_REMEMBERED_PACKETS};
use crate::source::Frame;
use crate::time::CaptureTime;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;
use crate::wire::{Body, Packet, decoder};

/// Recognises copies of UDP, ICMP, ARP and other packets without sequence numbers.
///
/// The digest has a fixed seed: the same capture must give the same report. Who writes a collision on purpose can hide
/// one datagram of their own.
pub struct Duplicates {
    state: FixedState,
    seen: HashMap<u64, CaptureTime, FixedState>,
    order: VecDeque<(u64, CaptureTime)>,
    copies: u64,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self::new()
    }
}

impl Duplicates {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        let state = FixedState::with_seed(0);
        Self { seen: HashMap::with_hasher(state.clone()), state, order: VecDeque::new(), copies: 0 }
    }

    /// Whether `packet`, decoded from `frame`, is a copy of one that was seen at most [`DUPLICATE_WINDOW`] before
    /// ([`DUPLICATE_WINDOW_NO_ID`] where no IPv4 identification tells a repetition from a copy). Always `false` for TCP
    /// and for what has no network layer. To be asked for every packet in order, fragments too.
    pub fn is_copy(&mut self, packet: &Packet<'_>, frame: &Frame<'_>) -> bool {
        if matches!(packet.body, Body::Tcp(_) | Body::Other) {
            return false;
        }
        let Some(digest) = self.digest(frame) else { return false };
        let identified = packet.ip.is_some_and(|ip| ip.identification.is_some_and(|id| id != 0));
        let window = if identified { DUPLICATE_WINDOW } else { DUPLICATE_WINDOW_NO_ID };
        let now = packet.at.time;
        if let Some(first) = self.seen.get(&digest)
            && now.distance(*first) <= window
        {
            self.copies += 1;
            return true;
        }
        self.remember(digest, now);
        false
    }

    /// Copies recognised so far.
    #[must_use]
    pub const fn copies(&self) -> u64 {
        self.copies
    }

    fn remember(&mut self, digest: u64, now: CaptureTime) {
        if self.order.len() >= MAX_REMEMBERED_PACKETS
            && let Some((oldest, time)) = self.order.pop_front()
            && self.seen.get(&oldest) == Some(&time)
        {
            self.seen.remove(&oldest);
        }
        self.seen.insert(digest, now);
        self.order.push_back((digest, now));
    }

    /// A digest of all that a copy shares with its original, whatever each of them is wrapped in.
    fn digest(&self, frame: &Frame<'_>) -> Option<u64> {
        let mut hasher = self.state.build_hasher();
        match decoder::innermost(frame).1 {
            Inner::Ip(layer) => {
                for part in unchanged(layer)? {
                    hasher.write(part);
                }
            }
            // Behind its 28 bytes is padding.
            Inner::Arp(layer) => hasher.write(layer.data.get(..28).unwrap_or(layer.data)),
            _ => return None,
        }
        Some(hasher.finish())
    }
}

/// The parts of an IP packet that no router changes: all but DSCP and ECN, TTL or hop limit, and header checksum.
fn unchanged(layer: Layer<'_>) -> Option<[&[u8]; 3]> {
    match layer.data.first()? >> 4 {
        4 => {
            let length = usize::from(u16::from_be_bytes(*layer.data.get(2..)?.first_chunk()?));
            let data = if length < 20 { layer.data } else { Layer::new(layer.data, length).data };
            Some([data.get(2..8)?, data.get(9..10)?, data.get(12..)?])
        }
        6 => {
            let length = usize::from(u16::from_be_bytes(*layer.data.get(4..)?.first_chunk()?));
            let data = if length == 0 { layer.data } else { Layer::new(layer.data, length + 40).data };
            Some([data.get(2..7)?, data.get(8..)?, &[6]])
        }
        _ => None,
    }
}
