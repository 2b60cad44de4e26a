//! Which inputs are one capture point: the parts of a rotated capture are, two taps are not.

use super::clocks::{Link, Place, continues};
use super::sightings::MAX_POINTS;
use crate::probe::vantage::Point;
use crate::source::Input;

/// The point of each input, numbered in the order of the inputs; `None` altogether where there are not several, or too
/// many to be told apart.
pub(super) fn points(inputs: &[Input], places: &[Option<Place>], links: &[Link]) -> Option<Vec<Option<u8>>> {
    let are_linked = |a: usize, b: usize| links.iter().any(|link| (link.one, link.other) == (a.min(b), a.max(b)));
    let mut points: Vec<Vec<usize>> = Vec::new();
    let mut put = |input: usize, may_begin: bool| {
        let fits = |members: &&mut Vec<usize>| {
            members.iter().all(|member| continues(inputs, input, *member) && !are_linked(input, *member))
        };
        match points.iter_mut().find(fits) {
            Some(members) => members.push(input),
            None if may_begin => points.push(vec![input]),
            None => {}
        }
    };
    let is_tied = |input: &usize| places.get(*input).is_some_and(Option::is_some);
    (0..inputs.len()).filter(is_tied).for_each(|input| put(input, true));
    // Parts that share nothing with anybody belong to the point that they continue, or to none.
    (0..inputs.len()).filter(|input| !is_tied(input)).for_each(|input| put(input, false));
    if !(2..=MAX_POINTS).contains(&points.len()) {
        return None;
    }
    let point_of = |input: usize| points.iter().position(|members| members.contains(&input));
    Some((0..inputs.len()).map(|input| point_of(input).and_then(|point| u8::try_from(point).ok())).collect())
}

/// The same points, numbered in the order in which they come.
pub(super) fn in_order(points: Vec<Option<u8>>) -> Vec<Option<u8>> {
    let mut met: Vec<u8> = Vec::new();
    for point in points.iter().flatten() {
        if !met.contains(point) {
            met.push(*point);
        }
    }
    let number = |point: u8| met.iter().position(|own| *own == point).and_then(|at| u8::try_from(at).ok());
    points.into_iter().map(|point| number(point?)).collect()
}

/// The points with what is known of them before anything is read.
pub(super) fn named(points: &[Option<u8>], inputs: &[Input]) -> Vec<Point> {
    let count = points.iter().flatten().max().map_or(0, |last| last + 1);
    let point = |number: u8| {
        let own = |(input, of): (usize, &Option<u8>)| (*of == Some(number)).then_some(input);
        let members: Vec<usize> = points.iter().enumerate().filter_map(own).collect();
        let name = members
            .first()
            .and_then(|first| inputs.get(*first))
            .map(|input| input.path.file_name().unwrap_or(input.path.as_os_str()).to_string_lossy().into_owned());
        let inputs = members.iter().filter_map(|member| u16::try_from(*member).ok()).collect();
        Point { name: name.unwrap_or_default(), inputs, ..Point::default() }
    };
    (0..count).map(point).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::clocks::places;
    use super::super::skew::Skew;
    use super::*;
    use crate::source::Correction;
    use crate::time::CaptureTime;

    fn input(path: &str, first: i64, last: i64) -> Input {
        let at = |seconds: i64| Some(CaptureTime::from_nanos(seconds * 1_000_000_000));
        Input { path: path.into(), first: at(first), last: at(last), ..Input::default() }
    }

    fn grouped(inputs: &[Input], pairs: &[(usize, usize)]) -> Option<Vec<Option<u8>>> {
        let (packets, spread, way) = (9, Duration::ZERO, Duration::ZERO);
        let skew = Skew { correction: Correction::default(), packets, spread, way };
        let links: Vec<Link> = pairs.iter().map(|&(one, other)| Link { one, other, skew }).collect();
        points(inputs, &places(inputs, &links), &links)
    }

    #[test]
    fn parts_of_one_capture_are_one_point() {
        let inputs = [
            input("in-1.pcap", 0, 60),
            input("out-1.pcap", 0, 50),
            input("out-2.pcap", 50, 120),
            input("in-2.pcap", 60, 90),
        ];
        assert_eq!(grouped(&inputs, &[(0, 1), (0, 2), (2, 3)]), Some(vec![Some(0), Some(1), Some(1), Some(0)]));
        // The last part shares nothing, and belongs to its point all the same.
        assert_eq!(grouped(&inputs, &[(0, 1), (0, 2)]), Some(vec![Some(0), Some(1), Some(1), Some(0)]));
    }

    #[test]
    fn captures_at_the_same_time_are_points_of_their_own() {
        let inputs = [input("tap1.pcap", 0, 60), input("tap2.pcap", 0, 60), input("other.pcap", 0, 60)];
        assert_eq!(grouped(&inputs, &[(0, 1)]), Some(vec![Some(0), Some(1), None]));
        assert_eq!(grouped(&inputs, &[]), None);
        let inverted = vec![Some(1), None, Some(0), Some(1)];
        assert_eq!(in_order(inverted), [Some(0), None, Some(1), Some(0)]);
    }
}
