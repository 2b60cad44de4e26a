//! From differences between pairs of inputs to one clock for all.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::skew::{MIN_SKEW, Skew};
use crate::source::{Alignment, Correction, Input, ends};
use crate::time::CaptureTime;

/// A capture that is rotated goes on in the next file with the next packet.
const AT_ONCE: Duration = Duration::from_secs(60);

/// Two inputs that hold the same packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// Index of the one.
    pub(super) one: usize,
    /// Index of the other.
    pub(super) other: usize,
    /// Their clocks.
    pub(super) skew: Skew,
}

/// An input among those that share packets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Those whose clocks are tied together have the same root, whose clock they follow.
    pub(super) root: usize,
    /// To the clock of the root.
    correction: Correction,
    /// The difference that it was measured by.
    by: Option<Skew>,
}

/// Where every input stands, by the links that rest on most packets; `None` for an input that shares none.
///
/// The clock of which inputs is right cannot be known. The root is an input that others continue which share no packets
/// with anybody (of a rotated capture): those need no correction then; else the first one.
pub(super) fn places(inputs: &[Input], links: &[Link]) -> Vec<Option<Place>> {
    let tree = Tree::of(inputs.len(), links);
    let mut places: Vec<Option<Place>> = vec![None; inputs.len()];
    let continued = |input: usize| {
        let alone = |other: &usize| !tree.is_linked(*other) && continues(inputs, *other, input);
        (0..inputs.len()).filter(alone).count()
    };
    let weights: Vec<usize> = (0..inputs.len()).map(continued).collect();
    for first in 0..inputs.len() {
        if places.get(first).is_none_or(Option::is_some) || !tree.is_linked(first) {
            continue;
        }
        let members = tree.members(first);
        let weight = |input: &usize| weights.get(*input).copied().unwrap_or(0);
        let Some(root) = members.iter().copied().min_by_key(|input| (usize::MAX - weight(input), *input)) else {
            continue;
        };
        tree.walk(root, &mut places);
    }
    places
}

/// How the clocks are set right, by the places of the inputs.
pub(super) fn alignments(inputs: &[Input], places: &[Option<Place>]) -> Vec<Option<Alignment>> {
    let measured = |place: &Place| {
        let (skew, correction) = (place.by?, place.correction);
        let reference = inputs.get(place.root)?.path.clone();
        let moved = CaptureTime::from_nanos(0).distance(CaptureTime::from_nanos(correction.offset));
        let matters = correction.rate != 0 || moved >= MIN_SKEW && moved > skew.spread;
        matters.then_some(Alignment { correction, reference, packets: skew.packets, spread: skew.spread })
    };
    let mut clocks: Vec<Option<Alignment>> = places.iter().map(|place| place.as_ref().and_then(measured)).collect();
    for (input, place) in places.iter().enumerate() {
        if place.is_none()
            && let Some(before) = (0..inputs.len())
                .filter(|other| places.get(*other).is_some_and(Option::is_some) && continues(inputs, input, *other))
                .min_by_key(|other| apart(inputs, input, *other))
            && let Some(clock) = clocks.get(before).cloned().flatten()
            && let Some(own) = clocks.get_mut(input)
        {
            *own = Some(Alignment { packets: 0, ..clock });
        }
    }
    clocks
}

/// Whether two inputs look like parts of one capture: the same name but for its numbers, and not at the same time.
pub(super) fn continues(inputs: &[Input], one: usize, other: usize) -> bool {
    let (Some(a), Some(b)) = (inputs.get(one), inputs.get(other)) else { return false };
    one != other && series(&a.path) == series(&b.path) && a.link_types == b.link_types && !overlap(a, b)
}

/// Whether all inputs are parts of one capture, as their names and their ends tell: then nothing has to be compared. Parts
/// that lie further apart may be of two points whose clocks do.
pub(super) fn are_one_capture(inputs: &[Input]) -> bool {
    let Some((first, others)) = inputs.split_first() else { return false };
    let own = series(&first.path);
    if !others.iter().all(|other| series(&other.path) == own) {
        return false;
    }
    let spans: Option<Vec<_>> = inputs.iter().map(|input| ends(&input.path)).collect();
    spans.is_some_and(|mut spans| {
        spans.sort_unstable();
        let follows = |last: CaptureTime, next: CaptureTime| last <= next && next.since(last) <= AT_ONCE;
        spans.iter().zip(spans.iter().skip(1)).all(|((_, last), (next, _))| follows(*last, *next))
    })
}

/// The probed inputs know their first time only; of two rotated files the one begins where the other ends.
fn overlap(a: &Input, b: &Input) -> bool {
    match (a.first.zip(a.last), b.first.zip(b.last)) {
        (Some((a_first, a_last)), Some((b_first, b_last))) => a_first < b_last && b_first < a_last,
        _ => true,
    }
}

fn apart(inputs: &[Input], one: usize, other: usize) -> (Duration, usize) {
    let first = |input: usize| inputs.get(input).and_then(|input| input.first).unwrap_or_default();
    (first(one).distance(first(other)), other)
}

/// Folder and name without digits.
fn series(path: &Path) -> (Option<PathBuf>, OsString) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    (path.parent().map(Path::to_owned), name.into())
}

/// The best links that tie inputs together without a circle.
struct Tree {
    /// Neighbours of each input, with what brings their clocks to its own.
    near: Vec<Vec<(usize, Correction, Skew)>>,
}

impl Tree {
    fn of(count: usize, links: &[Link]) -> Self {
        let mut links: Vec<&Link> = links.iter().collect();
        links.sort_by_key(|link| (u64::MAX - link.skew.packets, link.one, link.other));
        let mut group: Vec<usize> = (0..count).collect();
        let mut near = vec![Vec::new(); count];
        for link in links {
            let (Some(&one), Some(&other)) = (group.get(link.one), group.get(link.other)) else { continue };
            if one == other {
                continue;
            }
            group.iter_mut().filter(|member| **member == other).for_each(|member| *member = one);
            if let Some(near) = near.get_mut(link.one) {
                near.push((link.other, link.skew.correction, link.skew));
            }
            if let Some(near) = near.get_mut(link.other) {
                near.push((link.one, link.skew.turned(), link.skew));
            }
        }
        Self { near }
    }

    fn is_linked(&self, input: usize) -> bool {
        self.near.get(input).is_some_and(|near| !near.is_empty())
    }

    fn members(&self, first: usize) -> Vec<usize> {
        let (mut members, mut next) = (vec![first], 0);
        while let Some(&member) = members.get(next) {
            next += 1;
            for (other, ..) in self.near.get(member).into_iter().flatten() {
                if !members.contains(other) {
                    members.push(*other);
                }
            }
        }
        members
    }

    fn walk(&self, root: usize, places: &mut [Option<Place>]) {
        let mut waiting = vec![(root, Place { root, correction: Correction::default(), by: None })];
        while let Some((input, place)) = waiting.pop() {
            let Some(free) = places.get_mut(input).filter(|place| place.is_none()) else { continue };
            *free = Some(place);
            for (other, correction, skew) in self.near.get(input).into_iter().flatten() {
                let correction = correction.then(place.correction);
                waiting.push((*other, Place { root, correction, by: Some(*skew) }));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn input(path: &str, first: i64, last: i64) -> Input {
        let at = |seconds: i64| Some(CaptureTime::from_nanos(seconds * SECOND));
        Input { path: path.into(), first: at(first), last: at(last), ..Input::default() }
    }

    /// `other` is `ahead` seconds ahead of `one`.
    fn link(one: usize, other: usize, ahead: i64, packets: u64) -> Link {
        let (spread, way) = (Duration::ZERO, Duration::ZERO);
        Link { one, other, skew: Skew { correction: Correction::by(-ahead * SECOND), packets, spread, way } }
    }

    #[test]
    fn parts_that_follow_each_other_are_one_capture() {
        let folder = tempfile::tempdir().unwrap();
        let part = |name: &str, first: u32, last: u32| {
            let record = |second: u32| [second, 0, 4, 4, 0].map(u32::to_le_bytes).concat();
            let header = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1].map(u32::to_le_bytes).concat();
            let path = folder.path().join(name);
            std::fs::write(&path, [header, record(first), record(last)].concat()).unwrap();
            Input { path, ..Input::default() }
        };
        let parts = [part("eth_00002.pcap", 61, 90), part("eth_00001.pcap", 0, 60), part("eth_00003.pcap", 90, 91)];
        assert!(are_one_capture(&parts));
        assert!(!are_one_capture(&[part("tap1.pcap", 0, 60), part("tap2.pcap", 30, 90)]), "at the same time");
        assert!(!are_one_capture(&[part("tap1.pcap", 0, 60), part("tap2.pcap", 3_600, 3_660)]), "an hour apart");
        assert!(!are_one_capture(&[part("inside.pcap", 0, 60), part("outside.pcap", 60, 90)]), "other names");
    }

    fn offsets(inputs: &[Input], links: &[Link]) -> Vec<Option<i64>> {
        let clocks = alignments(inputs, &places(inputs, links));
        clocks.iter().map(|clock| clock.as_ref().map(|clock| clock.correction.offset / SECOND)).collect()
    }

    #[test]
    fn clocks_are_tied_along_the_best_links() {
        let inputs = ["a", "b", "c", "d"].map(|name| input(name, 0, 60));
        let links = [link(0, 1, 3, 800), link(1, 2, 2, 500), link(0, 2, 99, 5)];
        assert_eq!(offsets(&inputs, &links), [None, Some(-3), Some(-5), None]);
        let clocks = alignments(&inputs, &places(&inputs, &links));
        let told = clocks.get(2).and_then(Option::as_ref).map(|clock| (clock.reference.clone(), clock.packets));
        assert_eq!(told, Some((PathBuf::from("a"), 500)));
    }

    #[test]
    fn a_small_difference_is_left_alone() {
        let inputs = ["a", "b"].map(|name| input(name, 0, 60));
        let mut link = link(0, 1, 0, 100);
        link.skew.correction.offset = 900_000;
        assert_eq!(offsets(&inputs, &[link]), [None, None]);
        (link.skew.correction.offset, link.skew.spread) = (2_000_000, Duration::from_millis(3));
        let clocks = alignments(&inputs, &places(&inputs, &[link]));
        assert_eq!(clocks, [None, None], "the packets stray farther");
    }

    #[test]
    fn parts_of_a_rotated_capture_stay_together() {
        // Only the first part of tap-* was running while the other point captured.
        let inputs = [input("tap-1.pcap", 0, 60), input("tap-2.pcap", 60, 120), input("uplink.pcap", -5, 50)];
        assert_eq!(offsets(&inputs, &[link(0, 2, -9, 70)]), [None, None, Some(9)]);
        // Both have parts that share nothing: those go with the part that they continue.
        let inputs = [
            input("tap-1.pcap", 0, 60),
            input("tap-2.pcap", 60, 120),
            input("up-1.pcap", -5, 50),
            input("up-2.pcap", 50, 90),
        ];
        assert_eq!(offsets(&inputs, &[link(0, 2, -9, 70)]), [None, None, Some(9), Some(9)]);
    }
}
