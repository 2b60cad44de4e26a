//! What Windows wrote down itself: in order, each entry once, and so many.

use super::scene::*;
use crate::limits::{MAX_JOURNAL_ENTRIES, MAX_LOCAL_ADDRESSES};
use crate::probe::host_events::HostEvents;
use crate::proto::ncsi_event::{NcsiEvent, NcsiRecord};
use crate::source::{PacketId, PacketRef};
use crate::transaction::HostEvent;

/// What Windows wrote down in an input.
pub fn wrote(ms: i64, input: u16, event: NcsiEvent) -> HostEvent {
    let record = NcsiRecord { event, interface: "a".into(), luid: None, family: None };
    HostEvent { at: PacketRef { time: at(ms), id: PacketId::new(input, 1) }, record }
}

/// The code of a probe, in one of several inputs.
fn event(ms: i64, input: u16, code: u32) -> HostEvent {
    wrote(ms, input, NcsiEvent::ProbeResult { code })
}

fn kept(list: &[HostEvent]) -> Vec<(u16, u32)> {
    let mut events = HostEvents::default();
    for one in list {
        events.keep(one.clone());
    }
    let code = |one: &HostEvent| match one.record.event {
        NcsiEvent::ProbeResult { code } => code,
        _ => 0,
    };
    events.all().iter().map(|one| (one.at.id.input(), code(one))).collect()
}

#[test]
fn an_event_that_stands_in_two_inputs_is_one() {
    let both = [event(1000, 0, 12_007), event(1000, 1, 12_007)];
    assert_eq!(kept(&both), [(0, 12_007)]);
    assert_eq!(kept(&[both[1].clone(), both[0].clone()]), [(1, 12_007)], "whichever comes first");
    assert_eq!(kept(&[event(1000, 0, 12_007), event(1000, 1, 12_029)]), [(0, 12_007), (1, 12_029)]);
    assert_eq!(kept(&[event(1000, 1, 12_007), event(1000, 0, 12_029)]), [(0, 12_029), (1, 12_007)]);
    assert_eq!(kept(&[event(1000, 0, 12_007), event(2000, 1, 12_007)]), [(0, 12_007), (1, 12_007)]);
    let hidden = [event(1000, 0, 1), event(1000, 1, 2), event(1000, 2, 1)];
    assert_eq!(kept(&hidden), [(0, 1), (1, 2)], "with another one between them");
    let behind = [event(1000, 2, 1), event(1000, 1, 2), event(1000, 0, 1)];
    assert_eq!(kept(&behind), [(1, 2), (2, 1)]);
    let apart = [event(500, 0, 1), event(1000, 0, 2), event(1000, 1, 1), event(1500, 0, 1)];
    assert_eq!(kept(&apart).len(), 4, "the same at other times");
}

#[test]
fn so_many_events_and_addresses_are_kept() {
    let mut events = HostEvents::default();
    for n in 0..=i64::try_from(MAX_JOURNAL_ENTRIES).unwrap() {
        events.keep(event(n, 0, 1));
    }
    assert_eq!(events.all().len(), MAX_JOURNAL_ENTRIES);
    for n in 0..=u16::try_from(MAX_LOCAL_ADDRESSES).unwrap() {
        let [high, low] = n.to_be_bytes();
        events.sends_from(3, std::net::IpAddr::from([10, 0, high, low]));
    }
    assert_eq!(events.local(3).count(), MAX_LOCAL_ADDRESSES);
    assert_eq!((events.local(2).count(), events.local(4).count()), (0, 0), "of other inputs");
}
