//! Early reject: frames that a first look shows to be none of what is read.
//!
//! Most packets of a busy link belong to connections under way and to protocols that nobody reads. Of those only two
//! things are wanted: that somebody was sent something, where it is one who asks, and which link addresses they used.
//! Whatever may begin a message, open or close a connection, or belongs to one that is known goes the long way.

use std::net::{IpAddr, Ipv4Addr};

use super::askers::Askers;
use super::datagrams::is_read;
use super::pipeline::Lower;
use crate::flow::FlowTable;
use crate::source::Frame;
use crate::time::CaptureTime;
use crate::transaction::assembler::Assembler;
use crate::transaction::beginning::begins_nothing;
use crate::wire::{Glance, Ip, Link, Mac, Segment, glance};

/// Pairs of link addresses, and senders behind them, whose last crossing is remembered.
const PLACES: usize = 256;

/// Passes frames over.
pub(super) struct Early {
    /// Between these nothing new can be noted until then, whoever sends.
    routers: Box<[Option<(Crossing, CaptureTime)>; PLACES]>,
    /// The same, for one sender.
    senders: Box<[Option<(Crossing, CaptureTime)>; PLACES]>,
}

/// Who sends to whom on the link.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Crossing {
    macs: [u8; 12],
    tag: u16,
    /// Zero: whoever.
    source: u32,
}

/// For how long a crossing need not be noted again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Noted {
    /// The next packet may be news.
    Once,
    /// Nothing of this sender is news until then.
    Sender(CaptureTime),
    /// Nothing between these link addresses is news until then.
    Link(CaptureTime),
}

/// What a frame that is passed over was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Passed {
    Segment,
    Datagram,
}

impl Default for Early {
    fn default() -> Self {
        Self { routers: Box::new([None; PLACES]), senders: Box::new([None; PLACES]) }
    }
}

impl Early {
    /// Passes a frame over, if a first look shows that it says nothing.
    #[inline]
    pub(super) fn pass(
        &mut self,
        frame: &Frame<'_>,
        flows: &FlowTable<Assembler>,
        assembler: &Assembler,
        askers: &Askers,
        lower: &mut impl Lower,
    ) -> Option<Passed> {
        if frame.outbound {
            return None;
        }
        let seen = glance(frame)?;
        let passed = match seen.flags {
            Some(flags) => {
                let speaks = flags & (Segment::SYN | Segment::FIN | Segment::RST) != 0
                    || !begins_nothing(seen.ports, seen.payload)
                    || flows.may_know((seen.source, seen.ports.0), (seen.destination, seen.ports.1));
                (!speaks).then_some(Passed::Segment)?
            }
            None => {
                let (source, destination) = (address(seen.source), address(seen.destination));
                let ends = ((source, seen.ports.0).into(), (destination, seen.ports.1).into());
                let concerned = is_read(seen.ports) || assembler.quic.concerns(ends.0, ends.1, seen.payload);
                (!concerned).then_some(Passed::Datagram)?
            }
        };
        let destination = address(seen.destination);
        if askers.include(destination) && (passed == Passed::Segment || is_for_one(&seen)) {
            lower.towards(destination, frame.at.time, seen.ttl);
        }
        self.cross(&seen, frame, lower);
        Some(passed)
    }

    /// Notes who sent to whom on the link, where that may be news.
    #[inline]
    fn cross(&mut self, seen: &Glance<'_>, frame: &Frame<'_>, lower: &mut impl Lower) {
        let now = frame.at.time;
        let pair = Crossing { macs: *seen.macs, tag: seen.tag, source: 0 };
        let sender = Crossing { source: seen.source, ..pair };
        let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5] = *seen.macs;
        let by_pair = usize::from(d5 ^ s5.rotate_left(4));
        let by_sender = (seen.source.wrapping_mul(0x9e37_79b9) >> 24) as usize ^ by_pair;
        let is_old = |known: Option<&Option<(Crossing, CaptureTime)>>, crossing: Crossing| matches!(known, Some(Some((known, until))) if *known == crossing && now <= *until);
        if is_old(self.routers.get(by_pair % PLACES), pair) || is_old(self.senders.get(by_sender % PLACES), sender) {
            return;
        }
        let link = Link {
            source: Some(Mac([s0, s1, s2, s3, s4, s5])),
            destination: Some(Mac([d0, d1, d2, d3, d4, d5])),
            vlan: Some(seen.tag).filter(|tag| *tag != 0),
            network: None,
        };
        let ip = Ip {
            source: address(seen.source),
            destination: address(seen.destination),
            ttl: seen.ttl,
            identification: None,
            protocol: 0,
        };
        let (place, news) = match lower.crossed(link, ip, frame.at) {
            Noted::Once => return,
            Noted::Sender(until) => (self.senders.get_mut(by_sender % PLACES), (sender, until)),
            Noted::Link(until) => (self.routers.get_mut(by_pair % PLACES), (pair, until)),
        };
        if let Some(place) = place {
            *place = Some(news);
        }
    }
}

/// Whether a datagram goes to one host.
fn is_for_one(seen: &Glance<'_>) -> bool {
    let destination = Ipv4Addr::from_bits(seen.destination);
    let for_many = destination.is_multicast() || destination.is_broadcast() || destination.is_unspecified();
    !for_many && seen.destination_mac().0[0] & 1 == 0
}

const fn address(bits: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(bits))
}
