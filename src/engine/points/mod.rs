//! Several capture points in one analysis: whether inputs show the same packets, and how far their clocks are apart.
//!
//! Two captures of the same traffic, from inside and outside of a firewall or from two taps, are of one piece only where
//! their clocks agree: else copies look like retransmissions, answers come before their questions, and nothing meets its
//! deadline. So before several files are analysed they are read once, as far as a bound says, for packets that more than
//! one holds. Where enough of them agree on a difference, the times of an input are set right while it is read, and the
//! report says so. Where they do not, nothing is touched.

mod clocks;
mod grouping;
mod sample;
mod sightings;
mod skew;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::clocks::{Link, alignments, are_one_capture, places};
use self::sample::{Sample, Sighting};
use self::skew::{MIN_SHARED, Shared, Skew};
use crate::limits::{MAX_SAMPLED_PACKETS, MAX_SURVEYED_BYTES, MAX_SURVEYED_INPUTS, MIN_SURVEYED_BYTES};
use crate::probe::vantage::Vantage;
use crate::settings::Settings;
use crate::source::{Capture, Input, Options};
use crate::wire::Decoder;

pub(super) use self::sightings::Sightings;

/// Packets between two looks at whether to stop.
const LOOK_EVERY: u64 = 16384;
/// Inputs that hold one packet and are compared each with each; of more, each with the first.
const EACH_WITH_EACH: usize = 8;

/// What the shortest and the longest way between two points leave for a packet to be seen at both.
const WINDOW: std::ops::Range<Duration> = Duration::from_millis(100)..Duration::from_secs(1);

/// Sets the clocks of the inputs right, by packets that more than one of them holds, and tells what has to be known of
/// every frame where there are several capture points. One input alone costs nothing, and what can be read only once is
/// left as it is.
pub(super) fn align(capture: &mut Capture, settings: &Settings, stop: &dyn Fn() -> bool) -> Option<Sightings> {
    let mut inputs = capture.inputs();
    if !settings.align_clocks || inputs.len() < 2 || inputs.len() > MAX_SURVEYED_INPUTS || are_one_capture(&inputs) {
        return None;
    }
    let links = links(survey(&mut inputs, stop)?);
    if links.is_empty() {
        return None;
    }
    let places = places(&inputs, &links);
    let clocks = alignments(&inputs, &places);
    if clocks.iter().any(Option::is_some) {
        capture.align(clocks);
    }
    let points = grouping::points(&inputs, &places, &links)?;
    let widest = links.iter().map(|link| link.skew.way * 2 + link.skew.spread * 4).max()?;
    let window = (WINDOW.start + widest).min(WINDOW.end);
    // The inputs may stand in another order now.
    let place = |path: &PathBuf| inputs.iter().position(|input| input.path == *path);
    let point = |input: &Input| place(&input.path).and_then(|at| points.get(at).copied().flatten());
    let present = capture.inputs();
    let points = grouping::in_order(present.iter().map(point).collect());
    let named = grouping::named(&points, &present);
    Some(Sightings::new(Vantage::new(named, settings.limits.hosts), points, window))
}

/// A packet of the sample of an input.
type Sampled = (u64, usize, Sighting);

/// Reads every input that can be read again, and completes what is known of it; `None` where it was told to stop.
fn survey(inputs: &mut [Input], stop: &dyn Fn() -> bool) -> Option<Vec<Sampled>> {
    let count = inputs.len();
    let room = (MAX_SURVEYED_BYTES / count as u64).max(MIN_SURVEYED_BYTES);
    let mut sampled = Vec::new();
    for (index, input) in inputs.iter_mut().enumerate() {
        if input.path == Path::new("-") || !input.path.is_file() {
            continue;
        }
        let Ok((mut again, _)) = Capture::open(std::slice::from_ref(&input.path), Options::default()) else { continue };
        let mut sample = Sample::new(MAX_SAMPLED_PACKETS / count);
        let mut decoder = Decoder::new();
        let (mut walked, mut left) = (0u64, room);
        while let Some(frame) = again.next() {
            walked += 1;
            if walked.is_multiple_of(LOOK_EVERY) && stop() {
                return None;
            }
            left = left.saturating_sub(frame.data.len() as u64);
            if left == 0 {
                break;
            }
            sample.note(&decoder.decode(&frame));
        }
        if let Some(known) = again.inputs().into_iter().next() {
            *input = known;
        }
        sampled.extend(sample.finish().map(|(likeness, sighting)| (likeness, index, sighting)));
    }
    sampled.sort_unstable_by_key(|(likeness, index, _)| (*likeness, *index));
    Some(sampled)
}

/// Inputs that share packets, in the order of their indexes.
fn links(sampled: Vec<Sampled>) -> Vec<Link> {
    let mut shared: Vec<(usize, usize, Shared)> = Vec::new();
    for same in sampled.chunk_by(|(one, ..), (other, ..)| one == other) {
        let partners = if same.len() <= EACH_WITH_EACH { same.len() } else { 1 };
        for (number, (_, one, first)) in same.iter().take(partners).enumerate() {
            for (_, other, second) in same.iter().skip(number + 1) {
                let (time, later) = (first.time.as_nanos(), second.time.as_nanos());
                let later = later.saturating_sub(time);
                shared.push((*one, *other, Shared { time, later, asks: first.asks }));
            }
        }
    }
    drop(sampled);
    shared.sort_unstable();
    let pairs = shared.chunk_by(|(a, b, _), (c, d, _)| (a, b) == (c, d)).filter(|pair| pair.len() >= MIN_SHARED);
    let link = |pair: &[(usize, usize, Shared)]| {
        let (one, other, _) = *pair.first()?;
        Some(Link { one, other, skew: Skew::of(pair.iter().map(|(.., shared)| *shared).collect())? })
    };
    pairs.filter_map(link).collect()
}
