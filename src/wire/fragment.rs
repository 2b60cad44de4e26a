//! Fragments become datagrams again, within bounds.

use std::net::IpAddr;

use etherparse::defrag::{IpDefragBuf, IpFragRange};
use etherparse::{IpFragOffset, IpNumber};

use crate::limits::{FRAGMENT_LIFETIME, MAX_FRAGMENT_BYTES, MAX_FRAGMENT_RANGES, MAX_FRAGMENTED};
use crate::time::CaptureTime;
use crate::wire::Ip;
use crate::wire::ip::Piece;
use crate::wire::layer::Layer;

/// What tells that fragments belong together (RFC 791; RFC 8200, 4.5). The protocol is that of the first header behind
/// the fragment header, which every fragment repeats.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    identification: u32,
    protocol: u8,
}

struct Incomplete {
    key: Key,
    started: CaptureTime,
    buffer: IpDefragBuf,
}

/// Datagrams of which some fragments were seen, in the order of their first.
///
/// Fragments that overlap must agree: a datagram whose fragments contradict each other is given up, as hosts do
/// (RFC 5722 asks for it in IPv6, Linux does the same in IPv4), since nobody can say which reading the receiver took.
/// Exact copies do no harm.
#[derive(Default)]
pub(super) struct Fragments {
    incomplete: Vec<Incomplete>,
    given_up: u64,
}

impl Fragments {
    /// Datagrams that were given up for lack of room: packets that may be missed.
    pub(super) const fn given_up(&self) -> u64 {
        self.given_up
    }

    /// Adds a fragment; the datagram's payload where it was the last one missing.
    pub(super) fn add(&mut self, ip: &Ip, piece: Piece, payload: Layer<'_>, now: CaptureTime) -> Option<Vec<u8>> {
        // A fragment of which the capture has a part only would leave a hole, or a false end.
        if payload.data.len() < payload.wire_len {
            return None;
        }
        self.incomplete.retain(|other| now.distance(other.started) <= FRAGMENT_LIFETIME);
        let key = Key {
            source: ip.source,
            destination: ip.destination,
            identification: piece.identification,
            protocol: ip.protocol,
        };
        let at = match self.incomplete.iter().position(|other| other.key == key) {
            Some(at) => at,
            None => {
                self.make_room();
                let buffer = IpDefragBuf::new(IpNumber(ip.protocol), Vec::new(), Vec::new());
                self.incomplete.push(Incomplete { key, started: now, buffer });
                self.incomplete.len() - 1
            }
        };
        let buffer = &mut self.incomplete.get_mut(at)?.buffer;
        let offset = IpFragOffset::try_new(piece.offset / 8).ok()?;
        let fits = agrees(buffer, piece.offset, payload.data)
            && buffer.sections().len() < MAX_FRAGMENT_RANGES
            && buffer.add(offset, piece.more, payload.data).is_ok();
        if !fits {
            self.incomplete.remove(at);
            return None;
        }
        if !buffer.is_complete() {
            return None;
        }
        Some(self.incomplete.remove(at).buffer.take_bufs().0)
    }

    /// Gives up the oldest until a datagram of any length fits.
    fn make_room(&mut self) {
        let held = |all: &[Incomplete]| all.iter().map(|one| one.buffer.data().capacity()).sum::<usize>();
        while self.incomplete.len() >= MAX_FRAGMENTED
            || !self.incomplete.is_empty() && held(&self.incomplete) + usize::from(u16::MAX) > MAX_FRAGMENT_BYTES
        {
            self.incomplete.remove(0);
            self.given_up += 1;
        }
    }
}

/// Whether `data` at `offset` says the same as what is there already.
fn agrees(buffer: &IpDefragBuf, offset: u16, data: &[u8]) -> bool {
    let start = usize::from(offset);
    let end = start + data.len();
    buffer.sections().iter().all(|&IpFragRange { start: known_start, end: known_end }| {
        let (from, to) = (start.max(usize::from(known_start)), end.min(usize::from(known_end)));
        from >= to || buffer.data().get(from..to) == data.get(from - start..to - start)
    })
}
