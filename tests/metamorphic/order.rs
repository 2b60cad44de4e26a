//! Two neighbours that the capture wrote in the wrong order change nothing.

use ncsight::limits::REORDER_TOLERANCE;

use crate::packets::{Sample, samples};
use crate::support::analysis::Claim;
use crate::tally::Tally;

/// Positions of packets that have a neighbour behind them.
fn pairs(sample: &Sample) -> std::ops::Range<usize> {
    0..sample.records.len().saturating_sub(1)
}

/// The captures of one point. Packets of two that were joined in one file are in an order that no capture has, and which
/// point showed what cannot be told any more; `points.rs` is about those.
fn of_one_point() -> impl Iterator<Item = Sample> {
    samples().into_iter().filter(|sample| !sample.of_points)
}

/// What must stay: which verdict, how sure, about whom. The cause may become less exact.
fn same_verdicts(sample: &Sample, after: &[Claim]) -> bool {
    let kept = |claims: &[Claim]| {
        let mut kept: Vec<_> = claims.iter().map(|claim| (claim.verdict, claim.confidence, claim.client)).collect();
        kept.sort();
        kept
    };
    kept(&sample.claims) == kept(after)
}

#[test]
fn neighbours_that_change_places_with_their_times_change_nothing() {
    let mut tally = Tally::new("two neighbours swapped, each with its time");
    for sample in of_one_point() {
        tally.capture();
        for position in pairs(&sample) {
            let mut records: Vec<_> = sample.records.iter().collect();
            records.swap(position, position + 1);
            let change = format!("packets {} and {} swapped", position + 1, position + 2);
            tally.note(&sample, &change, &sample.claims_of(records), same_verdicts);
        }
    }
    tally.finish(99);
}

#[test]
fn neighbours_that_change_contents_change_nothing() {
    let mut tally = Tally::new("two neighbours swapped, the times staying");
    let mut far = 0;
    for sample in of_one_point() {
        tally.capture();
        for position in pairs(&sample) {
            let mut records = sample.records.clone();
            // No capture moves a packet by more: an answer that comes seconds earlier is another story.
            if records[position].time.distance(records[position + 1].time) > REORDER_TOLERANCE {
                far += 1;
                continue;
            }
            records.swap(position, position + 1);
            let time = records[position].time;
            records[position].time = records[position + 1].time;
            records[position + 1].time = time;
            let change = format!("contents of packets {} and {} swapped", position + 1, position + 2);
            tally.note(&sample, &change, &sample.claims_of(&records), same_verdicts);
        }
    }
    println!("pairs that lie too far apart to change contents: {far}");
    tally.finish(95);
}
