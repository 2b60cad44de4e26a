//! A packet that a mirror port delivers twice changes nothing.

use std::time::Duration;

use crate::packets::{Sample, samples};
use crate::support::analysis::Claim;
use crate::tally::Tally;

/// How much later the copy of a mirror port comes.
const BEHIND: Duration = Duration::from_micros(20);

fn unchanged(sample: &Sample, after: &[Claim]) -> bool {
    sample.claims == after
}

#[test]
fn a_packet_twice_at_the_same_time_changes_nothing() {
    let mut tally = Tally::new("a packet twice, at the same time");
    for sample in samples() {
        tally.capture();
        for position in 0..sample.records.len() {
            let mut records: Vec<_> = sample.records.iter().collect();
            records.insert(position + 1, records[position]);
            tally.note(&sample, &format!("packet {} twice", position + 1), &sample.claims_of(records), unchanged);
        }
    }
    tally.finish(100);
}

#[test]
fn a_packet_twice_shortly_after_changes_nothing() {
    let mut tally = Tally::new("a packet twice, 20 microseconds apart");
    for sample in samples() {
        tally.capture();
        for position in 0..sample.records.len() {
            let mut copy = sample.records[position].clone();
            copy.time = copy.time.after(BEHIND);
            let behind = &sample.records[position + 1..];
            let place = position + 1 + behind.iter().take_while(|record| record.time <= copy.time).count();
            let mut records: Vec<_> = sample.records.iter().collect();
            records.insert(place, &copy);
            let change = format!("packet {} again after 20 us", position + 1);
            tally.note(&sample, &change, &sample.claims_of(records), unchanged);
        }
    }
    tally.finish(100);
}
