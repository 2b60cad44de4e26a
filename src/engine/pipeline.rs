//! The upper half on one thread: frames in, transactions out.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::askers::Askers;
use super::datagrams::{Concern, concern, dhcp, is_dhcp, is_unicast, udp};
pub use super::early::Noted;
use super::early::{Early, Passed};
use crate::flow::{FlowTable, Seen, TableStats};
use crate::limits::REORDER_TOLERANCE;
use crate::probe::stations::{Crossed, NOTED_ONCE};
use crate::probe::world::World;
use crate::settings::Settings;
use crate::source::{Frame, PacketRef};
use crate::time::CaptureTime;
use crate::transaction::Transaction;
use crate::transaction::assembler::Assembler;
use crate::transaction::lease::Leases;
use crate::transaction::solicited::Questions;
use crate::wire::{Binding, Body, Decoder, Duplicates, IcmpError, Ip, Link, Mac, MirrorLoss, Packet, Segment};

/// The lower half of the program, as the upper one knows it: takes what crosses the seam.
pub trait Lower {
    /// A packet of this time was read.
    fn packet(&mut self, time: CaptureTime);
    /// Unicast traffic towards `host` was seen, with this TTL.
    fn towards(&mut self, host: IpAddr, time: CaptureTime, ttl: u8);
    /// The capturing host itself sent from `host`, as input `input` says.
    fn sent_here(&mut self, _input: u16, _host: IpAddr) {}
    /// A packet crossed the link: who sent it to whom tells which link addresses are used, and as what.
    fn crossed(&mut self, _link: Link, _ip: Ip, at: PacketRef) -> Noted {
        Noted::Link(at.time)
    }
    /// A frame without IP reached the host of that link address.
    fn reached(&mut self, _mac: Mac, _at: PacketRef) {}
    /// Something is settled.
    fn accept(&mut self, transaction: Transaction);
}

impl Lower for World {
    #[inline]
    fn packet(&mut self, time: CaptureTime) {
        self.span = Some(self.span.map_or((time, time), |(first, last)| (first.min(time), last.max(time))));
    }

    #[inline]
    fn towards(&mut self, host: IpAddr, time: CaptureTime, ttl: u8) {
        self.presence.note(host, time);
        self.hops.note(host, time, ttl);
    }

    fn sent_here(&mut self, input: u16, host: IpAddr) {
        self.host_events.sends_from(input, host);
    }

    #[inline]
    fn crossed(&mut self, link: Link, ip: Ip, at: PacketRef) -> Noted {
        self.directions.note(ip.source, ip.destination);
        match self.stations.crossed(link, ip, at) {
            Crossed::News => Noted::Once,
            Crossed::OfSender => Noted::Sender(at.time.after(NOTED_ONCE)),
            Crossed::OfLink => Noted::Link(at.time.after(NOTED_ONCE)),
        }
    }

    fn reached(&mut self, mac: Mac, at: PacketRef) {
        self.stations.reached(mac, at);
    }

    fn accept(&mut self, transaction: Transaction) {
        Self::accept(self, transaction);
    }
}

/// A clock that steps back by more than this was set; less is reordering.
const REORDERING: Duration = Duration::from_secs(1);

/// ICMP errors that wait for the packet which they quote.
const MAX_EARLY_ERRORS: usize = 8;

/// Decodes, follows flows and hands what is settled to the world.
pub struct Pipeline {
    decoder: Decoder,
    duplicates: Duplicates,
    flows: FlowTable<Assembler>,
    assembler: Assembler,
    askers: Askers,
    early: Early,
    leases: Leases,
    questions: Questions,
    /// ICMP errors that quote nothing known, until it comes.
    early_errors: VecDeque<(Packet<'static>, IcmpError)>,
    now: Option<CaptureTime>,
    counts: Counts,
    handed: u64,
    /// Nothing is passed over early.
    keeps_all: bool,
    /// No frame is left out by a filter or goes to another pipeline.
    gets_all: bool,
}

/// What was counted on the way.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// Packets read.
    pub packets: u64,
    /// Copies of packets other than TCP.
    pub duplicates: u64,
    /// Packets cut by the snap length.
    pub truncated: u64,
    /// Packets of DHCP.
    pub dhcp: u64,
    /// ICMP errors.
    pub icmp: u64,
    /// Segments of connections that nobody knows, passed over after a first look.
    pub passed_segments: u64,
    /// Datagrams of no protocol that is read.
    pub passed_datagrams: u64,
    /// What mirror sessions lost on their way.
    pub mirror: MirrorLoss,
    /// Encapsulations that were not decoded.
    pub not_decoded: BTreeMap<&'static str, u64>,
}

impl Pipeline {
    /// A pipeline with tables as large as the settings say.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let mut flows = FlowTable::new(&settings.limits);
        if !settings.early_reject {
            flows.remember_all();
        }
        Self {
            decoder: Decoder::new(),
            duplicates: Duplicates::new(),
            flows,
            assembler: Assembler::new(settings.deadlines, settings.limits.lookups),
            askers: Askers::default(),
            early: Early::default(),
            leases: Leases::default(),
            questions: Questions::default(),
            early_errors: VecDeque::new(),
            now: None,
            counts: Counts::default(),
            handed: 0,
            keeps_all: !settings.early_reject,
            gets_all: settings.filter.is_none() && !settings.strict_vlan,
        }
    }

    /// Takes the next frame.
    #[inline]
    pub fn frame(&mut self, frame: &Frame<'_>, lower: &mut impl Lower) {
        let time = frame.at.time;
        self.begin(frame, lower);
        if !self.keeps_all
            && let Some(passed) = self.early.pass(frame, &self.flows, &self.assembler, &self.askers, lower)
        {
            match passed {
                Passed::Segment => self.counts.passed_segments += 1,
                Passed::Datagram => self.counts.passed_datagrams += 1,
            }
            if !self.assembler.out.is_empty() {
                self.hand_over(lower);
            }
            return;
        }
        let packet = self.decoder.decode(frame);
        if frame.outbound
            && let Some(ip) = packet.ip
        {
            lower.sent_here(frame.at.id.input(), ip.source);
        }
        if let Body::Tcp(segment) = &packet.body {
            let outcome = self.flows.push(&packet, segment, &mut self.assembler);
            if (outcome.seen == Seen::Opened || outcome.presence.is_some())
                && let Some(ip) = packet.ip
            {
                if matches!(outcome.seen, Seen::Opened | Seen::Read) {
                    self.askers.note(ip.source);
                }
                if outcome.presence.is_some() && self.askers.include(ip.destination) {
                    lower.towards(ip.destination, time, ip.ttl);
                }
                lower.crossed(packet.link, ip, packet.at);
            }
            if outcome.seen == Seen::Opened && !self.early_errors.is_empty() {
                refuse_early(&mut self.early_errors, &packet, segment, &mut self.flows, &mut self.assembler);
            }
        } else {
            let concern = concern(&packet, &self.assembler.quic);
            if concern != Concern::Nothing && self.duplicates.is_copy(&packet, frame) {
                self.counts.duplicates += 1;
                return;
            }
            if let Some(ip) = packet.ip {
                if concern == Concern::Question {
                    self.askers.note(ip.source);
                }
                if is_unicast(&packet, ip) && self.askers.include(ip.destination) {
                    lower.towards(ip.destination, time, ip.ttl);
                }
                lower.crossed(packet.link, ip, packet.at);
            }
            if concern == Concern::Nothing && !self.keeps_all {
                self.counts.passed_datagrams += 1;
                return;
            }
            match &packet.body {
                Body::Udp(datagram) if is_dhcp(datagram) => {
                    self.counts.dhcp += 1;
                    dhcp(&packet, datagram, &mut self.leases, &mut self.assembler.out);
                }
                Body::Udp(datagram) => udp(&packet, datagram, &mut self.assembler),
                Body::IcmpError(error) => {
                    self.counts.icmp += 1;
                    let known = self.flows.icmp_error(&packet, error, &mut self.assembler);
                    if !known {
                        if self.early_errors.len() >= MAX_EARLY_ERRORS {
                            self.early_errors.pop_front();
                        }
                        let packet = Packet { at: packet.at, link: packet.link, ip: packet.ip, body: Body::Other };
                        self.early_errors.push_back((packet, *error));
                    }
                    if let (false, Some(ip)) = (known, packet.ip) {
                        let client = (error.source, error.ports.0).into();
                        let server = (error.destination, error.ports.1).into();
                        let lookups = &mut self.assembler.lookups;
                        lookups.unreachable(client, server, packet.at, ip.source, error.kind, error.code);
                    }
                }
                Body::Neighbour(neighbour) => {
                    if let Some(Binding { address, mac }) = neighbour.binding {
                        self.assembler.out.push(Transaction::Neighbour { address, mac, at: packet.at });
                    }
                    if packet.ip.is_none()
                        && let Some(mac) = packet.link.destination
                    {
                        lower.reached(mac, packet.at);
                    }
                    self.questions.message(neighbour, packet.link.source, packet.at, &mut self.assembler.out);
                }
                Body::NotDecoded(name) => *self.counts.not_decoded.entry(name).or_default() += 1,
                Body::Tcp(_) | Body::OtherIp | Body::Other => {}
            }
        }
        if !self.assembler.out.is_empty() {
            self.hand_over(lower);
        }
    }

    /// Takes a frame that another capture point has shown already: what it says of its own link alone is new.
    pub fn copy(&mut self, frame: &Frame<'_>, lower: &mut impl Lower) {
        self.begin(frame, lower);
        let packet = self.decoder.decode(frame);
        if let Some(ip) = packet.ip {
            if is_unicast(&packet, ip) && self.askers.include(ip.destination) {
                lower.towards(ip.destination, frame.at.time, ip.ttl);
            }
            lower.crossed(packet.link, ip, packet.at);
        }
        if !self.assembler.out.is_empty() {
            self.hand_over(lower);
        }
    }

    /// What fell due before a frame is settled without it.
    #[inline]
    fn begin(&mut self, frame: &Frame<'_>, lower: &mut impl Lower) {
        let time = frame.at.time;
        let now = match self.now {
            Some(now) if time < now && now.since(time) <= REORDERING => now,
            _ => time,
        };
        lower.packet(time);
        self.advance(now);
        self.counts.packets += 1;
        if frame.wire_len as usize > frame.data.len() {
            self.counts.truncated += 1;
        }
    }

    /// Time passed without a packet: settles what fell due.
    pub fn tick(&mut self, now: CaptureTime, lower: &mut impl Lower) {
        if self.now.is_none_or(|last| now <= last) {
            return;
        }
        lower.packet(now);
        self.advance(now);
        self.hand_over(lower);
    }

    /// What was counted so far; nothing is settled for it.
    #[must_use]
    pub fn counted(&self) -> (Counts, TableStats) {
        (Counts { mirror: self.mirror_loss(), ..self.counts.clone() }, self.flows.stats())
    }

    /// The capture ended: settles everything that still waits.
    pub fn finish(&mut self, lower: &mut impl Lower) -> (Counts, TableStats) {
        if let Some(now) = self.now {
            self.flows.finish(now, &mut self.assembler);
            while self.assembler.lookups.finish(now, &mut self.assembler.out) {
                self.hand_over(lower);
            }
            self.assembler.quic.finish(now, &mut self.assembler.out);
            self.leases.finish(now, &mut self.assembler.out);
            self.questions.finish(now, &mut self.assembler.out);
            self.hand_over(lower);
        }
        (Counts { mirror: self.mirror_loss(), ..std::mem::take(&mut self.counts) }, self.flows.stats())
    }

    /// What mirror sessions lost; where not every frame comes here, a number that does not is no loss.
    fn mirror_loss(&self) -> MirrorLoss {
        if self.gets_all { self.decoder.mirror_loss() } else { MirrorLoss::default() }
    }

    #[inline]
    fn advance(&mut self, now: CaptureTime) {
        self.now = Some(now);
        self.flows.advance(now, &mut self.assembler);
        self.assembler.lookups.advance(now, &mut self.assembler.out);
        self.assembler.quic.advance(now, &mut self.assembler.out);
        self.leases.advance(now, &mut self.assembler.out);
        self.questions.advance(now, &mut self.assembler.out);
    }

    /// Transactions handed over so far: as long as it stands still, nothing new can be found.
    #[must_use]
    pub const fn handed(&self) -> u64 {
        self.handed
    }

    fn hand_over(&mut self, lower: &mut impl Lower) {
        self.handed += self.assembler.out.len() as u64;
        for transaction in self.assembler.out.drain(..) {
            lower.accept(transaction);
        }
    }
}

/// An ICMP error that stood before the SYN which it quotes finds its connection now.
fn refuse_early(
    early: &mut VecDeque<(Packet<'static>, IcmpError)>,
    packet: &Packet<'_>,
    segment: &Segment<'_>,
    flows: &mut FlowTable<Assembler>,
    assembler: &mut Assembler,
) {
    let index = early.iter().position(|(earlier, error)| {
        packet.ip.is_some_and(|ip| ip.source == error.source && ip.destination == error.destination)
            && error.ports == (segment.source_port, segment.destination_port)
            && earlier.at.time.distance(packet.at.time) <= REORDER_TOLERANCE
    });
    if let Some((earlier, error)) = index.and_then(|index| early.remove(index)) {
        flows.icmp_error(&earlier, &error, assembler);
    }
}
