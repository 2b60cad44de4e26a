//! The packets that a live run remembers: the latest ones, and for longer those that prove a finding.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hashbrown::HashMap;

use crate::limits::{MAX_PINNED_BYTES, MAX_RECALLED_BYTES};
use crate::source::{Frame, LinkType, PacketId, PacketRef};
use crate::time::CaptureTime;
use crate::verdict::Finding;

/// A packet up to here is small: questions, handshakes and refusals are, and may be needed when a deadline has passed;
/// answers are large and decide at once.
const SMALL: usize = 700;
/// By how much packets may be out of order.
const REORDERED: Duration = Duration::from_secs(1);
/// What remembering a packet takes beside its bytes.
const OVERHEAD: usize = 80;
/// Packets lie one behind the other in blocks of this size.
const BLOCK: usize = 256 << 10;

/// A packet that is remembered.
#[derive(Clone, Debug)]
pub struct Recalled {
    /// Where it stood.
    pub id: PacketId,
    /// When it was captured.
    pub time: CaptureTime,
    /// What its bytes start with.
    pub link: LinkType,
    /// Bytes of frame check sequence at its end.
    pub fcs_len: u8,
    /// Its length on the wire.
    pub wire_len: u32,
    /// What was captured of it.
    pub bytes: Bytes,
}

impl Recalled {
    /// The packet as it was read.
    #[must_use]
    pub fn frame(&self) -> Frame<'_> {
        Frame {
            at: PacketRef { id: self.id, time: self.time },
            link: self.link,
            fcs_len: self.fcs_len,
            wire_len: self.wire_len,
            outbound: false,
            data: &self.bytes,
        }
    }
}

/// Packets in the order of their capture, the oldest of which go.
#[derive(Debug, Default)]
struct Latest {
    packets: VecDeque<Recalled>,
    bytes: usize,
    /// What is left of the block that is being filled. A block is let go of with the last packet in it.
    room: BytesMut,
}

impl Latest {
    fn keep(&mut self, frame: &Frame<'_>) {
        self.bytes += frame.data.len() + OVERHEAD;
        let at = frame.at;
        let Frame { link, fcs_len, wire_len, data, .. } = *frame;
        if self.room.capacity() < data.len() {
            self.room = BytesMut::with_capacity(BLOCK.max(data.len()));
        }
        self.room.extend_from_slice(data);
        let bytes = self.room.split().freeze();
        self.packets.push_back(Recalled { id: at.id, time: at.time, link, fcs_len, wire_len, bytes });
        while self.bytes > MAX_RECALLED_BYTES
            && let Some(oldest) = self.packets.pop_front()
        {
            self.bytes -= oldest.bytes.len() + OVERHEAD;
        }
    }

    /// Packets of a span: they stand in the order of time, but for [`REORDERED`].
    fn between(&self, from: CaptureTime, until: CaptureTime) -> impl Iterator<Item = &Recalled> {
        let start = self.packets.partition_point(|kept| kept.time < from.before(REORDERED));
        let near = self.packets.range(start..).take_while(move |kept| kept.time <= until.after(REORDERED));
        near.filter(move |kept| kept.time >= from && kept.time <= until)
    }

    fn find(&self, at: PacketRef) -> Option<&Recalled> {
        self.between(at.time, at.time).find(|kept| kept.id == at.id)
    }
}

/// What is remembered.
#[derive(Debug, Default)]
pub struct Recall {
    small: Latest,
    large: Latest,
    /// Evidence of findings, by their numbers.
    pinned: HashMap<u32, Vec<Recalled>, foldhash::fast::RandomState>,
    /// Their order.
    order: VecDeque<u32>,
    bytes: usize,
}

impl Recall {
    /// Remembers a packet for a while.
    #[inline]
    pub fn packet(&mut self, frame: &Frame<'_>) {
        if frame.data.len() <= SMALL { &mut self.small } else { &mut self.large }.keep(frame);
    }

    /// The evidence of a finding, as far as it is remembered, in order.
    #[must_use]
    pub fn evidence(&self, finding: &Finding) -> Vec<Recalled> {
        let pinned = self.pinned.get(&finding.id).map_or(&[][..], Vec::as_slice);
        let mut packets: Vec<Recalled> = Vec::new();
        for evidence in &finding.evidence {
            let at = evidence.at;
            let found = pinned.iter().find(|kept| kept.id == at.id);
            packets.extend(found.or_else(|| self.small.find(at)).or_else(|| self.large.find(at)).cloned());
        }
        packets.sort_by_key(|kept| (kept.time, kept.id));
        packets.dedup_by_key(|kept| kept.id);
        packets
    }

    /// Remembers the evidence of a finding until that of many later ones came.
    pub fn pin(&mut self, finding: &Finding) {
        let mut packets = self.evidence(finding);
        for kept in &mut packets {
            // Its block goes when it is old.
            kept.bytes = Bytes::copy_from_slice(&kept.bytes);
        }
        let size = |packets: &[Recalled]| packets.iter().map(|kept| kept.bytes.len() + OVERHEAD).sum::<usize>();
        self.bytes += size(&packets);
        match self.pinned.insert(finding.id, packets) {
            Some(before) => self.bytes -= size(&before),
            None => self.order.push_back(finding.id),
        }
        while self.bytes > MAX_PINNED_BYTES
            && let Some(oldest) = self.order.pop_front()
        {
            self.bytes -= self.pinned.remove(&oldest).map_or(0, |packets| size(&packets));
        }
    }

    /// The evidence of finding `number`, and the latest packets of a span, in order.
    fn around(&self, number: u32, from: CaptureTime, until: CaptureTime) -> Vec<Recalled> {
        let pinned = self.pinned.get(&number).into_iter().flatten();
        let latest = self.small.between(from, until).chain(self.large.between(from, until));
        let mut packets: Vec<Recalled> = pinned.chain(latest).cloned().collect();
        packets.sort_by_key(|kept| (kept.time, kept.id));
        packets.dedup_by_key(|kept| kept.id);
        packets
    }

    /// Whether packets of that time may be forgotten already.
    fn may_lack(&self, from: CaptureTime) -> bool {
        let is_full = |latest: &Latest| latest.bytes > MAX_RECALLED_BYTES / 10 * 9;
        [&self.small, &self.large]
            .iter()
            .any(|latest| is_full(latest) && latest.packets.front().is_none_or(|oldest| oldest.time > from))
    }
}

/// What is remembered, shared by whoever reads packets and whoever shows them.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Recall>>);

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Memory {}

impl Memory {
    /// Looks into it; nobody else can meanwhile.
    pub fn open(&self) -> MutexGuard<'_, Recall> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The packets around a finding, and whether some of that time are forgotten.
    #[must_use]
    pub fn around(&self, number: u32, from: CaptureTime, until: CaptureTime) -> (Vec<Recalled>, bool) {
        let recall = self.open();
        (recall.around(number, from, until), recall.may_lack(from))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(number: u64) -> PacketRef {
        let time = CaptureTime::from_nanos(0).after(Duration::from_millis(number));
        PacketRef { id: PacketId::new(0, number), time }
    }

    fn keep(recall: &mut Recall, number: u64, bytes: &[u8]) {
        let link = LinkType::ETHERNET;
        let wire_len = u32::try_from(bytes.len()).unwrap();
        recall.packet(&Frame { at: at(number), link, fcs_len: 0, wire_len, outbound: false, data: bytes });
    }

    #[test]
    fn the_oldest_packets_go_and_that_is_known() {
        let mut recall = Recall::default();
        let bytes = vec![0; 60_000];
        keep(&mut recall, 1, &[1; 60]);
        for number in 2..3000 {
            keep(&mut recall, number, &bytes);
        }
        assert!(recall.large.bytes <= MAX_RECALLED_BYTES);
        assert!(recall.large.find(at(2)).is_none());
        assert!(recall.large.find(at(2999)).is_some());
        assert!(recall.small.find(at(1)).is_some(), "small ones are remembered apart");
        assert!(recall.may_lack(at(5).time));
        assert!(!recall.may_lack(at(2998).time));
        let shown = recall.around(7, at(1).time, at(2999).time);
        assert!(shown.windows(2).all(|pair| pair[0].time <= pair[1].time) && shown.len() > 1000);
    }
}
