//! What is remembered of one host on the link, by its link address: leases, questions, next hops, addresses used.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::presence::Stretches;
use crate::limits::MAX_KEPT_OF_HOST;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::{Lease, Router, Solicited};
use crate::wire::Mac;

/// Addresses, next hops and answered questions remembered of one host: more belong to a router or a scanner, of which
/// nothing is concluded.
pub const MAX_PLACES: usize = 16;

/// One host on the link.
#[derive(Debug, Default)]
pub struct Station {
    /// First packet of it that mattered.
    pub first: Option<PacketRef>,
    /// Its DHCP exchanges, in the order in which they were settled.
    pub leases: VecDeque<Lease>,
    /// Questions for neighbours that nobody was seen to answer.
    pub questions: VecDeque<Solicited>,
    /// Searches for routers.
    pub searches: VecDeque<Router>,
    /// Addresses that it claims by ARP or neighbour discovery, with the first packet that does and the last moment.
    pub claims: Vec<Claim>,
    /// Addresses that it sends from.
    pub sources: Vec<Used<IpAddr>>,
    /// Link addresses that it sends to, with two destinations behind each.
    pub hops: Vec<Hop>,
    /// Answers to its questions for neighbours: whose address, who answered, when last.
    pub answers: Vec<(IpAddr, Mac, PacketRef)>,
    /// Neighbours for which two link addresses answered one question of it.
    pub rivals: Vec<Rivals>,
    /// When unicast frames towards it were captured.
    pub reached: Stretches,
}

/// What is kept of a host in the order in which it was settled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// A DHCP exchange.
    Lease,
    /// A question for a neighbour.
    Question,
    /// A search for routers.
    Search,
}

/// Whether an event made a host's list longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It did.
    More,
    /// An older one of the same kind had to go for it, or nothing of it is kept as an event.
    NoMore,
}

/// An address that a host claims on the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The address.
    pub address: IpAddr,
    /// The first packet that claims it.
    pub at: PacketRef,
    /// When it was last claimed.
    pub last: CaptureTime,
}

/// Two link addresses that answered one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rivals {
    /// Who asked.
    pub client: IpAddr,
    /// The address that both claim.
    pub target: IpAddr,
    /// Who answered first.
    pub first: Mac,
    /// Who answered, too.
    pub second: Mac,
    /// The second answer.
    pub at: PacketRef,
}

/// Something that was used, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used<T> {
    /// What.
    pub what: T,
    /// First packet.
    pub first: PacketRef,
    /// Last moment.
    pub last: CaptureTime,
}

/// A link address that a host sends to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The link address.
    pub mac: Mac,
    /// First packet.
    pub first: PacketRef,
    /// Last moment.
    pub last: CaptureTime,
    /// Destinations behind it.
    pub destinations: Vec<IpAddr>,
}

/// What the next packets between two on the link can tell that is not known already, but for the time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Crossed {
    /// Each may be news.
    News,
    /// Nothing of this sender: its address and enough of its destinations are known.
    OfSender,
    /// Nothing of any sender: no more addresses are remembered.
    OfLink,
}

impl Station {
    /// Notes a packet that it sent; what more there is to be learned from others like it.
    pub fn sent(&mut self, source: IpAddr, next: Option<Mac>, destination: IpAddr, at: PacketRef) -> Crossed {
        let mut known = source.is_unspecified();
        if !known {
            if let Some(used) = self.sources.iter_mut().find(|used| used.what == source) {
                used.last = used.last.max(at.time);
                known = true;
            } else if self.sources.len() < MAX_PLACES {
                self.sources.push(Used { what: source, first: at, last: at.time });
            }
        }
        let Some(mac) = next else { return Crossed::News };
        let Some(hop) = self.hops.iter_mut().find(|hop| hop.mac == mac) else {
            if self.hops.len() < MAX_PLACES {
                self.hops.push(Hop { mac, first: at, last: at.time, destinations: vec![destination] });
            }
            return Crossed::News;
        };
        hop.last = hop.last.max(at.time);
        if hop.destinations.len() < MAX_PLACES {
            if !hop.destinations.contains(&destination) {
                hop.destinations.push(destination);
            }
            return Crossed::News;
        }
        match (known, self.sources.len() >= MAX_PLACES) {
            (_, true) => Crossed::OfLink,
            (true, false) => Crossed::OfSender,
            (false, false) => Crossed::News,
        }
    }

    /// Notes an address that it claims.
    pub fn claimed(&mut self, address: IpAddr, at: PacketRef) {
        if let Some(claim) = self.claims.iter_mut().find(|claim| claim.address == address) {
            claim.last = claim.last.max(at.time);
        } else if self.claims.len() < MAX_PLACES {
            self.claims.push(Claim { address, at, last: at.time });
        }
    }

    /// Keeps a question and what came of it.
    pub fn question(&mut self, question: Solicited) -> Kept {
        let Some((at, mac)) = question.answer else {
            return keep(&mut self.questions, question);
        };
        if let Some((at, second)) = question.rival {
            if self.rivals.len() < MAX_PLACES {
                let (client, target) = (question.client, question.target);
                self.rivals.push(Rivals { client, target, first: mac, second, at });
            }
            return Kept::NoMore;
        }
        let known = self.answers.iter_mut().find(|(target, known, _)| *target == question.target && *known == mac);
        if let Some((.., last)) = known {
            *last = at;
        } else if self.answers.len() < MAX_PLACES {
            self.answers.push((question.target, mac, at));
        }
        Kept::NoMore
    }

    /// Keeps a DHCP exchange.
    pub fn lease(&mut self, lease: Lease) -> Kept {
        keep(&mut self.leases, lease)
    }

    /// Keeps a search for routers.
    pub fn search(&mut self, search: Router) -> Kept {
        keep(&mut self.searches, search)
    }

    /// Lets go of the oldest event of that kind.
    pub fn let_go(&mut self, event: Event) {
        match event {
            Event::Lease => drop(give(&mut self.leases)),
            Event::Question => drop(give(&mut self.questions)),
            Event::Search => drop(give(&mut self.searches)),
        }
    }

    /// Addresses that it uses or claims at or after `from`.
    pub fn addresses_from(&self, from: CaptureTime) -> impl Iterator<Item = IpAddr> {
        let claimed = self.claims.iter().filter(move |claim| claim.last >= from).map(|claim| claim.address);
        claimed.chain(self.sources.iter().filter(move |used| used.last >= from).map(|used| used.what))
    }
}

fn keep<T>(list: &mut VecDeque<T>, item: T) -> Kept {
    let kept = if list.len() >= MAX_KEPT_OF_HOST { Kept::NoMore } else { Kept::More };
    if kept == Kept::NoMore {
        list.pop_front();
    }
    if list.is_empty() {
        // Most hosts have one; room for four of them, as lists begin, is what fills the memory in a flood.
        list.reserve_exact(1);
    }
    list.push_back(item);
    kept
}

/// Takes the oldest of a list, whose room goes with its last.
fn give<T>(list: &mut VecDeque<T>) -> Option<T> {
    let first = list.pop_front();
    if list.is_empty() {
        list.shrink_to_fit();
    }
    first
}
