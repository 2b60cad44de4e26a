//! Questions on the link: who has this address (ARP, neighbour solicitation), and is there a router.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use super::waiting::Waiting;
use super::{Transaction, Wait};
use crate::limits::{MAX_MESSAGES, MAX_WAITING, REORDER_TOLERANCE};
use crate::proto::router::{self, Advertisement};
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::wire::{Mac, Neighbour, Said};

/// A question for a neighbour is repeated each second (RFC 4861, 10; ARP of all systems alike) and given up after the
/// third: three seconds after the last copy nothing more is awaited.
const NEIGHBOUR_DEADLINE: Duration = Duration::from_secs(3);
/// Routers are asked up to three times, four seconds apart (RFC 4861, 10); later repeats come slowly (RFC 7559).
const ROUTER_DEADLINE: Duration = Duration::from_secs(8);
/// Answers that stand before their questions in the capture.
const MAX_EARLY: usize = 16;
/// Two hosts that have one address both answer one question, within this time: a router that takes an address over
/// speaks after a silence of the other one (VRRP, RFC 5798: three seconds).
const RIVALS_WITHIN: Duration = Duration::from_millis(500);
/// Answered questions that are remembered for the sake of a second answer.
const MAX_ANSWERED: usize = 16;

/// A question for the link address of a neighbour, with its copies and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solicited {
    /// Address of who asks.
    pub client: IpAddr,
    /// Link address of who asks.
    pub mac: Option<Mac>,
    /// Whose link address is asked for.
    pub target: IpAddr,
    /// The packets that ask.
    pub copies: Vec<PacketRef>,
    /// The answer.
    pub answer: Option<(PacketRef, Mac)>,
    /// A second answer that names another link address, right after the first: the question is then told once more.
    pub rival: Option<(PacketRef, Mac)>,
    /// Whether the deadline after the last copy lies inside the capture, where no answer came.
    pub wait: Wait,
    /// The moment that decided it.
    pub ended: CaptureTime,
}

/// A search for routers, or what a router tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Router {
    /// A host asked for routers.
    Searched {
        /// Its address; unspecified where it has none yet.
        client: IpAddr,
        /// Its link address.
        mac: Option<Mac>,
        /// The packets that ask.
        copies: Vec<PacketRef>,
        /// Whether the deadline after the last copy lies inside the capture.
        wait: Wait,
        /// The moment that decided it.
        ended: CaptureTime,
    },
    /// A router told what it offers.
    Advertised {
        /// Its address.
        router: IpAddr,
        /// Its link address.
        mac: Option<Mac>,
        /// The packet.
        at: PacketRef,
        /// What it offers.
        offer: Box<Advertisement>,
    },
}

impl Router {
    /// First packet that belongs to it.
    #[must_use]
    pub fn first(&self) -> PacketRef {
        match self {
            Self::Searched { copies, ended, .. } => first(copies, *ended),
            Self::Advertised { at, .. } => *at,
        }
    }
}

impl Solicited {
    /// First packet that belongs to it.
    #[must_use]
    pub fn first(&self) -> PacketRef {
        first(&self.copies, self.ended)
    }
}

fn first(copies: &[PacketRef], otherwise: CaptureTime) -> PacketRef {
    let nowhere = PacketRef { time: otherwise, id: crate::source::PacketId::new(0, 0) };
    copies.first().copied().unwrap_or(nowhere)
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key {
    client: IpAddr,
    target: IpAddr,
}

/// Packets that search for routers, and who sent them.
type Search = (Vec<PacketRef>, IpAddr, Option<Mac>);

/// Questions on the link that wait for their answers.
pub struct Questions {
    neighbours: Waiting<Key, Solicited>,
    /// Answers to nothing that was asked; a question may stand a little later in the file.
    early: VecDeque<(Key, PacketRef, Mac)>,
    /// Questions that were answered a moment ago.
    answered: VecDeque<Solicited>,
    routers: Waiting<(IpAddr, Option<Mac>), Search>,
}

impl Default for Questions {
    fn default() -> Self {
        Self {
            neighbours: Waiting::new(MAX_WAITING),
            early: VecDeque::new(),
            answered: VecDeque::new(),
            routers: Waiting::new(MAX_WAITING),
        }
    }
}

impl Questions {
    /// Takes a message of ARP or neighbour discovery in a frame that `frame` sent.
    pub fn message(
        &mut self,
        neighbour: &Neighbour<'_>,
        frame: Option<Mac>,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) {
        match neighbour.said {
            // Whether nobody has the sender's own new address, and the announcement of an address, await no answer.
            Said::Asks { sender, target, .. } if sender.is_unspecified() || sender == target => {}
            Said::Asks { sender, mac, target } => {
                let key = Key { client: sender, target };
                let until = at.time.after(NEIGHBOUR_DEADLINE).after(REORDER_TOLERANCE);
                if let Some(open) = self.neighbours.get_mut(&key) {
                    if open.copies.len() < MAX_MESSAGES {
                        open.copies.push(at);
                    }
                    self.neighbours.postpone(&key, until);
                    return;
                }
                let mut question = Solicited {
                    client: sender,
                    mac: mac.or(frame),
                    target,
                    copies: vec![at],
                    answer: None,
                    rival: None,
                    wait: Wait::Elapsed,
                    ended: at.time,
                };
                let near = |(early, answer, _): &(Key, PacketRef, Mac)| {
                    *early == key && answer.time.distance(at.time) <= REORDER_TOLERANCE
                };
                if let Some(place) = self.early.iter().position(near)
                    && let Some((_, answer, mac)) = self.early.remove(place)
                {
                    (question.answer, question.ended) = (Some((answer, mac)), at.time.max(answer.time));
                    out.push(Transaction::Solicited(Box::new(question)));
                    return;
                }
                if let Some(left) = self.neighbours.insert(key, until, question) {
                    give_up(left, at.time, out);
                }
            }
            Said::Answers { target, to: Some(client) } => self.answered(neighbour, client, target, at, out),
            Said::Answers { .. } => {}
            Said::AsksForRouter { sender, mac } => {
                let mac = mac.or(frame);
                // Before and after it has an address it is the same host.
                let key = (mac.map_or(sender, |_| IpAddr::V6(Ipv6Addr::UNSPECIFIED)), mac);
                let until = at.time.after(ROUTER_DEADLINE).after(REORDER_TOLERANCE);
                if let Some((copies, client, _)) = self.routers.get_mut(&key) {
                    if copies.len() < MAX_MESSAGES {
                        copies.push(at);
                    }
                    if client.is_unspecified() {
                        *client = sender;
                    }
                    self.routers.postpone(&key, until);
                } else if let Some(left) = self.routers.insert(key, until, (vec![at], sender, mac)) {
                    searched(left, at.time, out);
                }
            }
            Said::Router { sender, body } => {
                if let Some(offer) = router::parse(body) {
                    let mac = neighbour.binding.map(|binding| binding.mac).or(frame);
                    out.push(Transaction::Router(Router::Advertised {
                        router: sender,
                        mac,
                        at,
                        offer: Box::new(offer),
                    }));
                }
            }
        }
    }

    fn answered(
        &mut self,
        neighbour: &Neighbour<'_>,
        client: IpAddr,
        target: IpAddr,
        at: PacketRef,
        out: &mut Vec<Transaction>,
    ) {
        let Some(binding) = neighbour.binding else { return };
        let key = Key { client, target };
        if let Some(mut question) = self.neighbours.remove(&key) {
            question.answer = Some((at, binding.mac));
            question.ended = at.time;
            if self.answered.len() >= MAX_ANSWERED {
                self.answered.pop_front();
            }
            self.answered.push_back(question.clone());
            out.push(Transaction::Solicited(Box::new(question)));
            return;
        }
        if let Some(rival) = self.rival(key, binding.mac, at) {
            out.push(Transaction::Solicited(Box::new(rival)));
            return;
        }
        if self.early.len() >= MAX_EARLY {
            self.early.pop_front();
        }
        self.early.push_back((key, at, binding.mac));
    }

    /// The question that was answered a moment ago by another link address, once.
    fn rival(&mut self, key: Key, mac: Mac, at: PacketRef) -> Option<Solicited> {
        let question = self.answered.iter_mut().find(|question| {
            question.rival.is_none()
                && (question.client, question.target) == (key.client, key.target)
                && question.answer.is_some_and(|(first, by)| by != mac && first.time.distance(at.time) <= RIVALS_WITHIN)
        })?;
        question.rival = Some((at, mac));
        question.ended = question.ended.max(at.time);
        Some(question.clone())
    }

    /// Settles what is due at `now`.
    #[inline]
    pub fn advance(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        while let Some(question) = self.neighbours.due(now) {
            give_up(question, now, out);
        }
        while let Some(search) = self.routers.due(now) {
            searched(search, now, out);
        }
    }

    /// Settles everything: the capture ended at `now`.
    pub fn finish(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        for question in self.neighbours.drain() {
            give_up(question, now, out);
        }
        for search in self.routers.drain() {
            searched(search, now, out);
        }
    }
}

fn give_up(mut question: Solicited, now: CaptureTime, out: &mut Vec<Transaction>) {
    (question.wait, question.ended) = waited(&question.copies, NEIGHBOUR_DEADLINE, now);
    out.push(Transaction::Solicited(Box::new(question)));
}

fn searched(search: Search, now: CaptureTime, out: &mut Vec<Transaction>) {
    let (copies, client, mac) = search;
    let (wait, ended) = waited(&copies, ROUTER_DEADLINE, now);
    out.push(Transaction::Router(Router::Searched { client, mac, copies, wait, ended }));
}

/// Whether the deadline after the last copy passed, and when the waiting ended.
fn waited(copies: &[PacketRef], deadline: Duration, now: CaptureTime) -> (Wait, CaptureTime) {
    let until = copies.last().map_or(now, |last| last.time.after(deadline));
    if now >= until { (Wait::Elapsed, until) } else { (Wait::Cut { missing: until.since(now) }, now) }
}

#[cfg(test)]
mod tests;
