//! All clients, bounded in number and in what is kept of them. Those that did something lately stand open, as
//! structures; the rest is packed, those of a moment ago loosely, because they may come back, all others so that they
//! cost a tenth of that.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use super::client::Client;
use super::packed::{Brief, Open, Packed};
use crate::limits::TableLimits;
use crate::pack::Shrinker;
use crate::source::PacketRef;
use crate::time::CaptureTime;

/// The clients, bounded in number and in what is kept of all of them together.
#[derive(Default)]
pub struct Clients {
    table: HashMap<IpAddr, Slot, foldhash::fast::RandomState>,
    /// Clients that stand open, about in the order of their last use.
    open: VecDeque<IpAddr>,
    /// Clients that are packed loosely, in the order in which they were; some are open again or gone.
    loose: VecDeque<IpAddr>,
    /// Clients that had no answer when they were first seen, in that order; some have one since, or are gone.
    unanswered: VecDeque<IpAddr>,
    max: usize,
    max_open: usize,
    max_loose: usize,
    serial: u64,
    shrinker: Shrinker,
    /// Bytes that kept transactions take.
    bytes: Bytes,
    max_kept: usize,
    /// Clients and transactions that were not remembered because the tables were full.
    pub refused: u64,
}

/// What clients take.
#[derive(Clone, Copy, Debug, Default)]
struct Bytes {
    /// As structures.
    open: usize,
    /// Packed.
    packed: usize,
    /// Of the latter, packed loosely.
    loose: usize,
}

impl Bytes {
    const fn plus(self, other: Self) -> Self {
        Self { open: self.open + other.open, packed: self.packed + other.packed, loose: self.loose + other.loose }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            open: self.open.saturating_sub(other.open),
            packed: self.packed.saturating_sub(other.packed),
            loose: self.loose.saturating_sub(other.loose),
        }
    }
}

enum Slot {
    Open(Box<Open>),
    Packed(Box<Packed>),
    /// Judged for good.
    Judged(Box<Brief>),
}

impl Clients {
    /// An empty table of so many clients, which together keep transactions of so many bytes.
    pub(super) fn new(limits: &TableLimits) -> Self {
        Self {
            max: limits.clients,
            max_open: limits.open_clients.max(1),
            max_loose: limits.loose_bytes,
            max_kept: limits.kept_bytes,
            ..Self::default()
        }
    }

    /// Bytes that kept transactions take, about.
    #[must_use]
    pub const fn kept(&self) -> usize {
        self.bytes.open + self.bytes.packed
    }

    /// The client of an address, with everything that is kept of it; none that is judged for good.
    #[must_use]
    pub fn get(&self, address: &IpAddr) -> Option<Cow<'_, Client>> {
        self.table.get(address)?.whole(&self.shrinker)
    }

    /// What is to be had of a client without unpacking it.
    #[must_use]
    pub fn brief(&self, address: &IpAddr) -> Option<Brief> {
        self.table.get(address).map(Slot::brief)
    }

    /// The client of an address without its exchanges and handshakes.
    #[must_use]
    pub fn reached(&self, address: &IpAddr) -> Option<Cow<'_, Client>> {
        self.table.get(address)?.reached(&self.shrinker)
    }

    /// All clients, in no order, without their exchanges and handshakes.
    pub fn all_reached(&self) -> impl Iterator<Item = (&IpAddr, Cow<'_, Client>)> {
        self.table.iter().filter_map(|(address, slot)| Some((address, slot.reached(&self.shrinker)?)))
    }

    /// All clients, in no order, without what would have to be unpacked.
    pub fn briefs(&self) -> impl Iterator<Item = (&IpAddr, Brief)> {
        self.table.iter().map(|(address, slot)| (address, slot.brief()))
    }

    /// Lets go of a client that is judged for good, but for what is to be had of it without unpacking.
    pub fn release(&mut self, address: &IpAddr) {
        self.change(address, |slot, _| *slot = Slot::Judged(Box::new(slot.brief())));
    }

    /// The client of that address as it stands open, where there is one.
    pub(super) fn open(&mut self, address: &IpAddr) -> Option<&mut Client> {
        match self.table.get(address)? {
            Slot::Packed(_) => {
                self.change(address, |slot, shrinker| slot.open(shrinker));
                self.stands_open(*address);
            }
            Slot::Open(open) if open.is_long() => self.change(address, |slot, shrinker| slot.turn_page(shrinker)),
            Slot::Open(_) | Slot::Judged(_) => {}
        }
        match self.table.get_mut(address) {
            Some(Slot::Open(open)) => Some(open.touch()),
            _ => None,
        }
    }

    /// Changes how a client is kept, and counts anew what it takes.
    fn change(&mut self, address: &IpAddr, change: impl FnOnce(&mut Slot, &mut Shrinker)) {
        let Some(slot) = self.table.get_mut(address) else { return };
        let before = self.bytes.minus(slot.bytes());
        change(slot, &mut self.shrinker);
        self.bytes = before.plus(slot.bytes());
    }

    /// Lets go of what ended before `before`, but for the latest of each kind, and of clients that did nothing since
    /// `idle`; where the table is half full, of all that kept nothing.
    pub(super) fn forget(&mut self, before: CaptureTime, idle: CaptureTime) {
        let crowded = self.table.len() > self.max / 2;
        let Self { table, shrinker, .. } = self;
        table.retain(|_, slot| {
            slot.forget(before, shrinker);
            let last = slot.brief().last;
            last >= idle && (!crowded || last >= before || slot.keeps_anything())
        });
        self.table.shrink_to(self.table.len() * 2);
        self.open.retain(|address| self.table.contains_key(address));
        self.loose.retain(|address| self.table.contains_key(address));
        self.unanswered.retain(|address| self.table.contains_key(address));
        self.bytes = self.table.values().fold(Bytes::default(), |sum, slot| sum.plus(slot.bytes()));
    }

    /// The client of that address, made where there is room. One that was `answered` takes the place of the oldest one that
    /// nobody answered, where there is none: floods of requests without answers are cheap to make.
    pub(super) fn get_or_add(&mut self, address: IpAddr, at: PacketRef, answered: bool) -> Option<&mut Client> {
        if !self.table.contains_key(&address) {
            if self.table.len() >= self.max {
                self.refused += 1;
                if !answered || !self.let_go_unanswered() {
                    return None;
                }
            }
            self.serial += 1;
            self.table.insert(address, Slot::Open(Box::new(Open::new(Client::new(self.serial)))));
            if !answered {
                self.unanswered.push_back(address);
            }
            self.stands_open(address);
        }
        let client = self.open(&address)?;
        client.first = Some(client.first.map_or(at, |first| first.min(at)));
        client.last = client.last.max(at.time);
        client.answered |= answered;
        Some(client)
    }

    /// Lets go of the client that waits longest for any answer; says whether there was one.
    fn let_go_unanswered(&mut self) -> bool {
        while let Some(oldest) = self.unanswered.pop_front() {
            if let Entry::Occupied(entry) = self.table.entry(oldest)
                && !entry.get().brief().answered
            {
                self.bytes = self.bytes.minus(entry.remove().bytes());
                return true;
            }
        }
        false
    }

    /// The same, where there is also room to keep another transaction of about `bytes`. What got an answer may use all
    /// of the room, what did not only half of it, because floods of requests without answers are cheap to make.
    pub(super) fn with_room(
        &mut self,
        address: IpAddr,
        at: PacketRef,
        bytes: usize,
        answered: bool,
    ) -> Option<&mut Client> {
        let limit = if answered { self.max_kept } else { self.max_kept / 2 };
        // Only where packing can make room: it takes longer than to refuse.
        if self.kept() + bytes > limit && self.bytes.packed - self.bytes.loose + bytes <= limit {
            self.pack_all();
            self.tighten(0);
        }
        if self.kept() + bytes > limit {
            self.refused += 1;
            return None;
        }
        self.get_or_add(address, at, answered)?;
        self.bytes.open += bytes;
        self.open(&address)
    }

    /// Gives back the room of a transaction that was not kept after all.
    pub(super) const fn refund(&mut self, bytes: usize) {
        self.bytes.open = self.bytes.open.saturating_sub(bytes);
    }

    /// Notes that a client stands open now, and packs those that have not been used for long where too many do, or those that
    /// do take too much.
    fn stands_open(&mut self, address: IpAddr) {
        self.open.push_back(address);
        // Each may be passed over once because it was used.
        for _ in 0..2 * self.open.len() {
            if self.open.len() <= self.max_open && self.bytes.open <= 2 * self.max_loose {
                break;
            }
            let Some(oldest) = self.open.pop_front() else { break };
            let Some(Slot::Open(open)) = self.table.get_mut(&oldest) else { continue };
            if open.rest() || oldest == address {
                self.open.push_back(oldest);
            } else {
                self.pack(&oldest);
            }
        }
    }

    fn pack(&mut self, address: &IpAddr) {
        self.change(address, |slot, shrinker| slot.pack(shrinker));
        self.loose.push_back(*address);
        self.tighten(self.max_loose);
        if self.loose.len() > 2 * self.table.len() {
            // Those that came back often: the last time counts.
            let mut seen: HashSet<IpAddr, foldhash::fast::RandomState> = HashSet::default();
            let latest: Vec<IpAddr> = self.loose.drain(..).rev().filter(|address| seen.insert(*address)).collect();
            self.loose.extend(latest.into_iter().rev());
        }
    }

    /// Makes small what was packed loosely, the oldest first, until no more than so many bytes are.
    fn tighten(&mut self, most: usize) {
        while self.bytes.loose > most
            && let Some(oldest) = self.loose.pop_front()
        {
            self.change(&oldest, |slot, shrinker| slot.tighten(shrinker));
        }
    }

    /// Packs every client where they take much: findings will want the room.
    pub fn pack_crowd(&mut self) {
        if self.kept() > self.max_loose {
            self.pack_all();
        }
    }

    /// Packs every client.
    pub(super) fn pack_all(&mut self) {
        while let Some(address) = self.open.pop_front() {
            self.pack(&address);
        }
    }
}

impl Slot {
    fn whole(&self, shrinker: &Shrinker) -> Option<Cow<'_, Client>> {
        match self {
            Self::Open(open) => Some(open.whole(shrinker)),
            Self::Packed(packed) => Some(Cow::Owned(packed.whole(shrinker))),
            Self::Judged(_) => None,
        }
    }

    fn reached(&self, shrinker: &Shrinker) -> Option<Cow<'_, Client>> {
        match self {
            Self::Packed(packed) => Some(Cow::Owned(packed.reached(shrinker))),
            Self::Open(_) | Self::Judged(_) => self.whole(shrinker),
        }
    }

    fn brief(&self) -> Brief {
        match self {
            Self::Open(open) => Brief::of(&open.client),
            Self::Packed(packed) => packed.brief,
            Self::Judged(brief) => **brief,
        }
    }

    fn forget(&mut self, before: CaptureTime, shrinker: &mut Shrinker) {
        match self {
            Self::Open(open) => open.forget(before, shrinker),
            Self::Packed(packed) => packed.forget(before, shrinker),
            Self::Judged(_) => {}
        }
    }

    fn keeps_anything(&self) -> bool {
        match self {
            Self::Open(open) => open.client.keeps_anything(),
            Self::Packed(packed) => packed.keeps_anything(),
            Self::Judged(_) => false,
        }
    }

    /// What it takes.
    fn bytes(&self) -> Bytes {
        match self {
            Self::Open(open) => Bytes { open: open.bytes(), ..Bytes::default() },
            Self::Packed(packed) => Bytes { open: 0, packed: packed.bytes(), loose: packed.loose_bytes() },
            Self::Judged(_) => Bytes::default(),
        }
    }

    fn tighten(&mut self, shrinker: &mut Shrinker) {
        if let Self::Packed(packed) = self {
            packed.tighten(shrinker);
        }
    }

    fn turn_page(&mut self, shrinker: &mut Shrinker) {
        if let Self::Open(open) = self {
            open.turn_page(shrinker);
        }
    }

    fn open(&mut self, shrinker: &Shrinker) {
        if let Self::Packed(packed) = self {
            *self = Self::Open(Box::new(std::mem::take(&mut **packed).open(shrinker)));
        }
    }

    fn pack(&mut self, shrinker: &mut Shrinker) {
        if let Self::Open(open) = self {
            *self = Self::Packed(Box::new(std::mem::take(&mut **open).pack(shrinker)));
        }
    }
}
