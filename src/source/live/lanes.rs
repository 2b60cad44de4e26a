//! Packets of several live sources in one order: by time, as far as no source can still bring an earlier one.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Batch, Loss, Notice, Shared};
use crate::source::{Frame, Input};
use crate::time::CaptureTime;

/// One source.
#[derive(Debug)]
struct Lane {
    input: Input,
    waiting: VecDeque<Arc<Batch>>,
    /// Packets of the first waiting batch that were handed over.
    taken: usize,
    /// Everything before was sent; `None` before anything is known.
    until: Option<CaptureTime>,
    /// It cannot be read now: nobody waits for it.
    gone: bool,
    /// Packets handed over.
    number: u64,
    /// What it is was told by who reads it.
    told: bool,
}

impl Lane {
    fn front(&self) -> Option<CaptureTime> {
        self.waiting.front()?.time(self.taken)
    }

    /// The earliest moment from which it may still bring a packet.
    fn floor(&self) -> Option<CaptureTime> {
        if self.gone { Some(CaptureTime::MAX) } else { self.front().or(self.until) }
    }
}

/// All sources.
#[derive(Debug)]
pub(super) struct Lanes {
    lanes: Vec<Lane>,
}

impl Lanes {
    pub(super) fn new(inputs: Vec<Input>) -> Self {
        let lane = |input| Lane {
            input,
            waiting: VecDeque::new(),
            taken: 0,
            until: None,
            gone: false,
            number: 0,
            told: false,
        };
        Self { lanes: inputs.into_iter().map(lane).collect() }
    }

    fn get(&mut self, source: u16) -> Option<&mut Lane> {
        self.lanes.get_mut(usize::from(source))
    }

    pub(super) fn inputs(&self) -> Vec<Input> {
        self.lanes.iter().map(|lane| lane.input.clone()).collect()
    }

    pub(super) fn packets(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.number).sum()
    }

    pub(super) fn add(&mut self, source: u16, batch: Arc<Batch>) {
        if let Some(lane) = self.get(source)
            && !batch.is_empty()
        {
            lane.waiting.push_back(batch);
        }
    }

    pub(super) fn quiet(&mut self, source: u16, at: CaptureTime) {
        if let Some(lane) = self.get(source) {
            lane.until = Some(at);
        }
    }

    pub(super) fn lost(&mut self, source: u16, loss: Loss) {
        if let Some(lane) = self.get(source) {
            lane.input.dropped += loss.kernel + loss.interface;
        }
    }

    pub(super) fn about(&mut self, source: u16, input: Input) {
        if let Some(lane) = self.get(source) {
            lane.input = input;
            lane.told = true;
        }
    }

    pub(super) fn notice(&mut self, source: u16, notice: &Notice) {
        if let Some(lane) = self.get(source) {
            match notice {
                Notice::Gone(_) | Notice::Ended(_) => lane.gone = true,
                Notice::Back | Notice::Emptied(_) | Notice::Replaced(_) => (lane.gone, lane.until) = (false, None),
                Notice::Speed(_) | Notice::Clock(_) | Notice::Missing(_) => {}
            }
        }
    }

    /// How far time has come for all sources; `None` while packets wait or a source has said nothing.
    pub(super) fn time(&self) -> Option<CaptureTime> {
        if self.lanes.iter().any(|lane| !lane.waiting.is_empty()) {
            return None;
        }
        let here = self.lanes.iter().filter(|lane| !lane.gone);
        here.map(|lane| lane.until).min().flatten()
    }

    /// Hands over what no source can bring anything before.
    pub(super) fn release(&mut self, shared: &Shared, take: &mut dyn FnMut(&Frame<'_>)) {
        loop {
            let mut first: Option<(CaptureTime, usize)> = None;
            let mut floor = CaptureTime::MAX;
            for (index, lane) in self.lanes.iter().enumerate() {
                // A source that has said nothing so far holds nobody up.
                floor = floor.min(lane.floor().unwrap_or(CaptureTime::MAX));
                if let Some(time) = lane.front()
                    && first.is_none_or(|(earliest, _)| time < earliest)
                {
                    first = Some((time, index));
                }
            }
            let Some((time, index)) = first else { return };
            if time > floor {
                return;
            }
            // As many as come before anything of the others.
            let others = self.lanes.iter().enumerate().filter(|(other, _)| *other != index);
            let limit = others.filter_map(|(_, lane)| lane.floor()).min().unwrap_or(CaptureTime::MAX);
            self.hand_over(index, limit, shared, take);
        }
    }

    /// Hands over everything: what comes next has nothing to do with it.
    pub(super) fn release_all(&mut self, shared: &Shared, take: &mut dyn FnMut(&Frame<'_>)) {
        for lane in &mut self.lanes {
            lane.until = Some(CaptureTime::MAX);
        }
        self.release(shared, take);
        for lane in &mut self.lanes {
            lane.until = None;
        }
    }

    /// Hands over the first batch of a lane as far as its packets do not lie behind `limit`, one packet at least.
    fn hand_over(&mut self, index: usize, limit: CaptureTime, shared: &Shared, take: &mut dyn FnMut(&Frame<'_>)) {
        let Some(lane) = self.lanes.get_mut(index) else { return };
        let (Some(batch), Ok(input)) = (lane.waiting.front(), u16::try_from(index)) else { return };
        let start = lane.taken;
        while let Some(frame) = batch.frame(lane.taken, input, lane.number + 1) {
            if frame.at.time > limit && lane.taken > start {
                return;
            }
            lane.taken += 1;
            lane.number += 1;
            if !lane.told {
                count(&mut lane.input, &frame);
            }
            take(&frame);
        }
        lane.taken = 0;
        if let Some(batch) = lane.waiting.pop_front() {
            shared.give_back(batch);
        }
    }
}

#[inline]
fn count(input: &mut Input, frame: &Frame<'_>) {
    let time = frame.at.time;
    input.packets += 1;
    input.bytes += frame.data.len() as u64;
    if input.first.is_none_or(|first| time < first) {
        input.first = Some(time);
    }
    if input.last.is_none_or(|last| time > last) {
        input.last = Some(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> CaptureTime {
        CaptureTime::from_nanos(ms * 1_000_000)
    }

    fn batch(times: &[i64]) -> Arc<Batch> {
        let mut batch = Batch::default();
        for ms in times {
            batch.push(at(*ms), 1, &[0]);
        }
        Arc::new(batch)
    }

    fn released(lanes: &mut Lanes) -> Vec<(u16, i64)> {
        let mut out = Vec::new();
        let mut take = |frame: &Frame<'_>| out.push((frame.at.id.input(), frame.at.time.as_nanos() / 1_000_000));
        lanes.release(&Shared::default(), &mut take);
        out
    }

    #[test]
    fn two_directions_on_two_interfaces_come_in_order() {
        let mut lanes = Lanes::new(vec![Input::default(), Input::default()]);
        lanes.quiet(0, at(0));
        lanes.quiet(1, at(0));
        lanes.add(1, batch(&[2, 6]));
        assert_eq!(released(&mut lanes), [], "the other side may still bring what came before");
        lanes.add(0, batch(&[1, 5]));
        assert_eq!(released(&mut lanes), [(0, 1), (1, 2), (0, 5)]);
        assert_eq!(lanes.time(), None);
        lanes.quiet(0, at(10));
        assert_eq!(released(&mut lanes), [(1, 6)]);
        lanes.quiet(1, at(8));
        assert_eq!(lanes.time(), Some(at(8)));
    }

    #[test]
    fn nobody_waits_for_an_interface_that_is_gone() {
        let mut lanes = Lanes::new(vec![Input::default(), Input::default()]);
        lanes.quiet(0, at(0));
        lanes.quiet(1, at(0));
        lanes.add(0, batch(&[3]));
        lanes.notice(1, &Notice::Gone(String::new()));
        assert_eq!(released(&mut lanes), [(0, 3)]);
        lanes.quiet(0, at(9));
        assert_eq!(lanes.time(), Some(at(9)));
    }
}
