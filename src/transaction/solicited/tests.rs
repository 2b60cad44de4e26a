//! Questions for neighbours and routers: each deadline at its edge, answers out of order, answers by two.

use super::*;
use crate::source::PacketId;
use crate::wire::Binding;

const ASKER: Mac = Mac([0x3c, 0x52, 0x82, 0x1a, 0x6b, 5]);
const GATEWAY: Mac = Mac([0x00, 0x1b, 0x17, 0x4e, 1, 0x10]);
const OTHER: Mac = Mac([0x00, 0x0c, 0x43, 0x26, 0x60, 0x18]);

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The moment `ms` milliseconds into the capture.
fn time(ms: i64) -> CaptureTime {
    CaptureTime::from_nanos(ms * 1_000_000)
}

/// A packet at that moment, numbered by it.
fn at(ms: i64) -> PacketRef {
    PacketRef { time: time(ms), id: PacketId::new(0, u64::try_from(ms).unwrap() + 1) }
}

fn asks(target: &str) -> Neighbour<'static> {
    Neighbour { binding: None, said: Said::Asks { sender: ip("10.0.0.5"), mac: Some(ASKER), target: ip(target) } }
}

fn answers(target: &str, mac: Mac) -> Neighbour<'static> {
    let binding = Some(Binding { address: ip(target), mac });
    Neighbour { binding, said: Said::Answers { target: ip(target), to: Some(ip("10.0.0.5")) } }
}

fn solicits(sender: &str) -> Neighbour<'static> {
    Neighbour { binding: None, said: Said::AsksForRouter { sender: ip(sender), mac: None } }
}

/// What comes of messages at their milliseconds, and of the end of the capture at `end`.
fn told(messages: &[(i64, Neighbour<'_>)], end: i64) -> Vec<Transaction> {
    let (mut questions, mut out) = (Questions::default(), Vec::new());
    for (ms, message) in messages {
        questions.advance(time(*ms), &mut out);
        questions.message(message, Some(ASKER), at(*ms), &mut out);
    }
    questions.advance(time(end), &mut out);
    questions.finish(time(end), &mut out);
    out
}

fn neighbours(messages: &[(i64, Neighbour<'_>)], end: i64) -> Vec<Solicited> {
    let only = |one| match one {
        Transaction::Solicited(question) => Some(*question),
        _ => None,
    };
    told(messages, end).into_iter().filter_map(only).collect()
}

#[test]
fn three_copies_without_an_answer_are_one_question() {
    let all = neighbours(&[(0, asks("10.0.0.1")), (1000, asks("10.0.0.1")), (2000, asks("10.0.0.1"))], 60_000);
    let [one] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((one.copies.len(), one.wait, one.answer, one.ended), (3, Wait::Elapsed, None, time(5000)));
    assert_eq!((one.client, one.mac, one.target, one.first()), (ip("10.0.0.5"), Some(ASKER), ip("10.0.0.1"), at(0)));
}

#[test]
fn the_deadline_is_three_seconds_after_the_last_copy() {
    let asked = [(0, asks("10.0.0.1")), (1000, asks("10.0.0.1"))];
    assert_eq!(neighbours(&asked, 4000)[0].wait, Wait::Elapsed);
    let cut = neighbours(&asked, 3999);
    assert_eq!(cut[0].wait, Wait::Cut { missing: Duration::from_millis(1) });
    assert_eq!(cut[0].ended, time(3999));
}

#[test]
fn an_answer_ends_its_own_question_alone() {
    let all = neighbours(&[(0, asks("10.0.0.1")), (5, asks("10.0.0.9")), (9, answers("10.0.0.1", GATEWAY))], 60_000);
    assert_eq!(all[0].target, ip("10.0.0.1"));
    assert_eq!((all[0].answer, all[0].ended), (Some((at(9), GATEWAY)), time(9)));
    assert_eq!((all[1].target, all[1].answer), (ip("10.0.0.9"), None));
    assert_eq!(all.len(), 2);
}

#[test]
fn what_awaits_no_answer_is_no_question() {
    let probe = Said::Asks { sender: ip("0.0.0.0"), mac: Some(ASKER), target: ip("10.0.0.5") };
    let announcement = Said::Asks { sender: ip("10.0.0.5"), mac: Some(ASKER), target: ip("10.0.0.5") };
    let quiet = [probe, announcement].map(|said| (0, Neighbour { binding: None, said }));
    assert!(told(&quiet, 60_000).is_empty());
    let to_all = Said::Answers { target: ip("10.0.0.1"), to: None };
    let all = neighbours(&[(0, asks("10.0.0.1")), (1, Neighbour { binding: None, said: to_all })], 60_000);
    assert_eq!(all[0].answer, None);
}

#[test]
fn an_answer_that_stands_a_little_before_its_question_counts() {
    let edge = i64::try_from(REORDER_TOLERANCE.as_millis()).unwrap();
    let early = |ms| neighbours(&[(0, answers("10.0.0.1", GATEWAY)), (ms, asks("10.0.0.1"))], 60_000);
    assert_eq!(early(edge)[0].answer, Some((at(0), GATEWAY)));
    assert_eq!(early(edge)[0].ended, time(edge));
    assert_eq!(early(edge + 1)[0].answer, None);
    let other = neighbours(&[(0, answers("10.0.0.9", GATEWAY)), (1, asks("10.0.0.1"))], 60_000);
    assert_eq!(other[0].answer, None);
}

#[test]
fn orphan_answers_take_bounded_room() {
    let target = |number: i64| format!("10.0.1.{number}");
    let many = i64::try_from(MAX_EARLY).unwrap() + 1;
    let names: Vec<String> = (0..many).map(target).collect();
    let mut messages: Vec<(i64, Neighbour<'_>)> = names.iter().map(|name| (0, answers(name, GATEWAY))).collect();
    messages.extend(names.iter().map(|name| (1, asks(name))));
    let all = neighbours(&messages, 60_000);
    let unanswered: Vec<IpAddr> = all.iter().filter(|one| one.answer.is_none()).map(|one| one.target).collect();
    assert_eq!(unanswered, [ip("10.0.1.0")], "the first one made room for the last one");
}

#[test]
fn a_second_answer_by_another_host_is_a_rival() {
    let edge = i64::try_from(RIVALS_WITHIN.as_millis()).unwrap();
    let by = |second: Mac, ms| {
        neighbours(
            &[(0, asks("10.0.0.1")), (1, answers("10.0.0.1", GATEWAY)), (1 + ms, answers("10.0.0.1", second))],
            60_000,
        )
    };
    let two = by(OTHER, edge);
    assert_eq!(two.iter().map(|one| one.rival).collect::<Vec<_>>(), [None, Some((at(1 + edge), OTHER))]);
    assert_eq!((two[1].answer, two[1].ended), (Some((at(1), GATEWAY)), time(1 + edge)));
    assert_eq!(by(OTHER, edge + 1).len(), 1, "after a silence a router may have taken over");
    assert_eq!(by(GATEWAY, 3).len(), 1, "a copy of the same answer");
    let third = [
        (0, asks("10.0.0.1")),
        (1, answers("10.0.0.1", GATEWAY)),
        (2, answers("10.0.0.1", OTHER)),
        (3, answers("10.0.0.1", OTHER)),
        (4, answers("10.0.0.9", OTHER)),
    ];
    assert_eq!(neighbours(&third, 60_000).len(), 2, "told once");
}

#[test]
fn a_search_for_routers_is_one_host_before_and_after_it_has_an_address() {
    let messages = [(0, solicits("::")), (4000, solicits("fe80::5")), (8000, solicits("fe80::5"))];
    let search = |end| match told(&messages, end).as_slice() {
        [Transaction::Router(Router::Searched { client, mac, copies, wait, ended })] => {
            (*client, *mac, copies.len(), *wait, *ended)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(search(16_000), (ip("fe80::5"), Some(ASKER), 3, Wait::Elapsed, time(16_000)));
    assert_eq!(search(15_999).3, Wait::Cut { missing: Duration::from_millis(1) });
}
