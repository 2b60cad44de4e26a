//! QUIC clients: who asked for which name, and whether anybody answered.
//!
//! What follows the first flight is encrypted, and Windows falls back to TCP where QUIC is blocked. So this tells what
//! was wanted and never that something failed.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use hashbrown::HashMap;

use super::{Transaction, Wait};
use crate::limits::MAX_QUIC_FLOWS;
use crate::proto::quic::{self, Initials, Version};
use crate::proto::tls::ClientHello;
use crate::settings::Deadlines;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::wire::Mac;

/// A QUIC client's first flight and whether it was answered.
#[derive(Clone, Debug)]
pub struct Quic {
    /// Who asked.
    pub client: SocketAddr,
    /// Whom.
    pub server: SocketAddr,
    /// Link address of the client.
    pub mac: Option<Mac>,
    /// Version of the first packets.
    pub version: Version,
    /// The TLS hello, as far as it was there.
    pub hello: Option<Box<ClientHello>>,
    /// Datagrams with Initial packets.
    pub initials: u32,
    /// First of them.
    pub first: PacketRef,
    /// The one that completed the hello, or the last.
    pub at: PacketRef,
    /// First datagram that came back.
    pub answer: Option<PacketRef>,
    /// How long an answer was awaited where none came.
    pub wait: Wait,
    /// The answer, the deadline, or the end of the capture.
    pub ended: CaptureTime,
}

struct Pending {
    serial: u64,
    /// Taken when it was told: what follows on these ports belongs to the same connection.
    asked: Option<Box<(Initials, Quic)>>,
}

/// The clients whose answer is awaited, and the latest whose was told.
#[derive(Default)]
pub struct QuicTable {
    flows: HashMap<(SocketAddr, SocketAddr), Pending, foldhash::fast::RandomState>,
    /// In order of first packets: the deadline is the same for all.
    order: VecDeque<(CaptureTime, u64, (SocketAddr, SocketAddr))>,
    /// How many of `order`, from its start, have been told by their deadline.
    due: usize,
    serial: u64,
}

impl QuicTable {
    /// Whether a datagram may say anything: it begins a connection, or is of one that is known.
    #[must_use]
    pub fn concerns(&self, source: SocketAddr, destination: SocketAddr, payload: &[u8]) -> bool {
        let known =
            || self.flows.contains_key(&(destination, source)) || self.flows.contains_key(&(source, destination));
        quic::may_be_initial(payload) || !self.flows.is_empty() && known()
    }

    /// Takes a datagram.
    pub fn datagram(
        &mut self,
        source: (SocketAddr, Option<Mac>),
        destination: SocketAddr,
        payload: &[u8],
        at: PacketRef,
        deadlines: Deadlines,
        out: &mut Vec<Transaction>,
    ) {
        let (source, mac) = source;
        if !self.flows.is_empty() {
            if let Some(pending) = self.flows.get_mut(&(destination, source)) {
                if let Some(asked) = pending.asked.take() {
                    tell(*asked, Some(at), Wait::Elapsed, at.time, out);
                }
                return;
            }
            if let Some(pending) = self.flows.get_mut(&(source, destination)) {
                if let Some(asked) = &mut pending.asked {
                    let (initials, quic) = &mut **asked;
                    let complete = initials.is_complete();
                    if quic::may_be_initial(payload) && initials.feed(payload) {
                        quic.initials = quic.initials.saturating_add(1);
                        quic.at = if complete { quic.at } else { at };
                    }
                }
                return;
            }
        }
        if !quic::may_be_initial(payload) {
            return;
        }
        let Some(initials) = Initials::begin(payload) else { return };
        let quic = Quic {
            client: source,
            server: destination,
            mac,
            version: initials.version(),
            hello: None,
            initials: 1,
            first: at,
            at,
            answer: None,
            wait: Wait::Elapsed,
            ended: at.time,
        };
        if self.order.len() >= MAX_QUIC_FLOWS {
            self.forget_oldest(at.time, out);
        }
        let key = (source, destination);
        self.serial += 1;
        self.order.push_back((at.time.after(deadlines.tls), self.serial, key));
        self.flows.insert(key, Pending { serial: self.serial, asked: Some(Box::new((initials, quic))) });
    }

    /// Tells the clients whose deadline has passed.
    #[inline]
    pub fn advance(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        while let Some((moment, serial, key)) = self.order.get(self.due).copied() {
            if moment > now {
                return;
            }
            self.due += 1;
            if let Some(asked) = self.take(serial, key) {
                tell(asked, None, Wait::Elapsed, moment, out);
            }
        }
    }

    /// The capture ended.
    pub fn finish(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        while !self.order.is_empty() {
            self.forget_oldest(now, out);
        }
    }

    fn forget_oldest(&mut self, now: CaptureTime, out: &mut Vec<Transaction>) {
        let Some((moment, serial, key)) = self.order.pop_front() else { return };
        self.due = self.due.saturating_sub(1);
        if let Some(asked) = self.take(serial, key) {
            tell(asked, None, Wait::Cut { missing: moment.since(now) }, now, out);
        }
        if self.flows.get(&key).is_some_and(|pending| pending.serial == serial) {
            self.flows.remove(&key);
        }
    }

    fn take(&mut self, serial: u64, key: (SocketAddr, SocketAddr)) -> Option<(Initials, Quic)> {
        let pending = self.flows.get_mut(&key).filter(|pending| pending.serial == serial)?;
        pending.asked.take().map(|asked| *asked)
    }
}

fn tell(
    (initials, quic): (Initials, Quic),
    answer: Option<PacketRef>,
    wait: Wait,
    ended: CaptureTime,
    out: &mut Vec<Transaction>,
) {
    let hello = initials.hello().map(Box::new);
    out.push(Transaction::Quic(Box::new(Quic { hello, answer, wait, ended, version: initials.version(), ..quic })));
}

impl Quic {
    /// The name asked for.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.hello.as_ref()?.sni.as_deref()
    }

    /// Who asked.
    #[must_use]
    pub const fn asker(&self) -> IpAddr {
        self.client.ip()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::net::SocketAddr;
    use std::time::Duration;

    use super::{Quic, QuicTable};
    use crate::limits::MAX_QUIC_FLOWS;
    use crate::proto::quic::tests::first_flight;
    use crate::settings::Deadlines;
    use crate::source::{PacketId, PacketRef};
    use crate::time::CaptureTime;
    use crate::transaction::{Transaction, Wait};

    const SERVER: &str = "192.0.2.1:443";

    fn packet(ms: i64) -> PacketRef {
        let id = PacketId::new(0, u64::try_from(ms).unwrap() + 1);
        PacketRef { time: CaptureTime::from_nanos(ms * 1_000_000), id }
    }

    fn client(port: usize) -> SocketAddr {
        SocketAddr::from(([10, 0, u8::try_from(port >> 14).unwrap(), 5], 1024 + u16::try_from(port & 0x3fff).unwrap()))
    }

    /// Sends a datagram at a time in milliseconds; from the client, or to it.
    fn send(table: &mut QuicTable, from_client: bool, payload: &[u8], ms: i64, out: &mut Vec<Transaction>) {
        let (client, server) = (client(0), SERVER.parse().unwrap());
        let (source, destination) = if from_client { (client, server) } else { (server, client) };
        table.datagram((source, None), destination, payload, packet(ms), Deadlines::default(), out);
    }

    fn told(out: &[Transaction]) -> Vec<&Quic> {
        out.iter()
            .map(|one| match one {
                Transaction::Quic(quic) => &**quic,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_first_answer_settles_it_once() {
        let (mut table, mut out) = (QuicTable::default(), Vec::new());
        send(&mut table, true, &first_flight(1), 0, &mut out);
        send(&mut table, true, &first_flight(1), 20, &mut out);
        assert!(out.is_empty());
        send(&mut table, false, b"anything", 30, &mut out);
        send(&mut table, false, b"more", 40, &mut out);
        send(&mut table, true, &first_flight(1), 50, &mut out);
        table.finish(packet(90_000).time, &mut out);
        let [quic] = told(&out)[..] else { panic!("{out:?}") };
        assert_eq!((quic.host(), quic.initials), (Some("login.example"), 2));
        assert_eq!((quic.first, quic.at, quic.answer), (packet(0), packet(0), Some(packet(30))));
    }

    #[test]
    fn silence_is_told_when_its_deadline_has_passed() {
        let (mut table, mut out) = (QuicTable::default(), Vec::new());
        send(&mut table, true, &first_flight(1), 0, &mut out);
        table.advance(packet(9_999).time, &mut out);
        assert!(out.is_empty());
        table.advance(packet(10_000).time, &mut out);
        let [quic] = told(&out)[..] else { panic!("{out:?}") };
        assert_eq!((quic.answer, quic.wait, quic.ended), (None, Wait::Elapsed, packet(10_000).time));
        let (mut table, mut out) = (QuicTable::default(), Vec::new());
        send(&mut table, true, &first_flight(1), 0, &mut out);
        table.finish(packet(4_000).time, &mut out);
        let [quic] = told(&out)[..] else { panic!("{out:?}") };
        assert_eq!(quic.wait, Wait::Cut { missing: Duration::from_secs(6) });
    }

    #[test]
    fn other_datagrams_are_nobody() {
        let (mut table, mut out) = (QuicTable::default(), Vec::new());
        for payload in [&b"\xc0\x00\x00\x00\x01"[..], b"", b"\x16\xfe\xfd\x00", &first_flight(1)[..50]] {
            send(&mut table, true, payload, 0, &mut out);
        }
        table.finish(packet(90_000).time, &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn the_table_is_bounded() {
        let (mut table, mut out) = (QuicTable::default(), Vec::new());
        let (server, flight) = (SERVER.parse().unwrap(), first_flight(1));
        for port in 0..MAX_QUIC_FLOWS + 10 {
            table.datagram((client(port), None), server, &flight, packet(0), Deadlines::default(), &mut out);
        }
        assert_eq!((table.flows.len(), table.order.len(), out.len()), (MAX_QUIC_FLOWS, MAX_QUIC_FLOWS, 10));
        table.advance(packet(20_000).time, &mut out);
        table.finish(packet(20_000).time, &mut out);
        assert_eq!((table.flows.len(), out.len()), (0, MAX_QUIC_FLOWS + 10));
    }
}
