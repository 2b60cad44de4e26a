//! What is listed, counted and answered, whatever the order and however much of it.

use super::*;
use crate::tui::peers;

const MIXED: &[&str] =
    &["portal-polls.pcap", "many-proxy-both-fail.pcap", "direct-ncsi-txt.pcap", "proxy-407-ntlm-unanswered.pcap"];

#[test]
fn the_answer_is_the_same_in_every_order() {
    let mut state = opened(&["tls-alert70-old-client.pcap", "direct-ncsi-txt.pcap"], 120, 40, Preferences::default());
    let answer = crate::tui::answer::answer(&state);
    let mut firsts = Vec::new();
    for key in ["s", "s", "s", "S", "s", "s", "s"] {
        press(&mut state, &[key]);
        firsts.push(state.rows.first().copied());
        assert_eq!(crate::tui::answer::answer(&state), answer, "{:?}", state.order);
    }
    firsts.dedup();
    assert!(firsts.len() > 1, "the order never changed: {firsts:?}");
}

#[test]
fn a_finding_stays_selected_in_every_order() {
    let mut state = opened(MIXED, 120, 40, Preferences::default());
    press(&mut state, &["down", "down"]);
    let id = state.finding().unwrap().id;
    for key in ["s", "S", "s", "s", "S", "s", "s"] {
        press(&mut state, &[key]);
        assert_eq!(state.finding().unwrap().id, id, "{:?}", state.order);
    }
}

#[test]
fn clients_are_filtered_by_address_and_by_name() {
    let mut state = opened(MIXED, 120, 40, Preferences::default());
    let mut snapshot = (*state.snapshot).clone();
    let named = snapshot.clients.last_mut().unwrap();
    named.name = Some("DESKTOP-7Q".to_owned());
    let (address, count) = (named.address, named.findings.len());
    update(&mut state, Event::News(News { snapshot: Arc::new(snapshot), stage: Stage::Done(Vec::new()) }));
    let all = state.rows.len();
    for (text, left) in [
        ("client:desktop".to_owned(), count),
        (format!("client:{address}"), count),
        ("-client:desktop".to_owned(), all - count),
        ("client:nobody,desktop-7q".to_owned(), count),
        ("client:nobody".to_owned(), 0),
    ] {
        press(&mut state, &["F", "f"]);
        type_in(&mut state, &text);
        press(&mut state, &["enter"]);
        assert_eq!(state.rows.len(), left, "{text}");
    }
}

#[test]
fn a_silent_pipe_shows_a_rate_of_nothing_and_then_rests() {
    let mut state = opened(MIXED, 120, 40, Preferences::default());
    let snapshot = Arc::clone(&state.snapshot);
    update(&mut state, Event::News(News { snapshot, stage: Stage::Reading }));
    let reached = Reached { bytes: 9, total: None, packets: 50_000, time: None };
    update(&mut state, Event::Reached(reached));
    assert!(state.is_flowing());
    let mut ticks = 0;
    while state.is_flowing() {
        update(&mut state, Event::Reached(reached));
        ticks += 1;
        assert!(ticks < 100);
    }
    let bar = screen(&state).lines().next().unwrap().to_owned();
    assert!(bar.contains(" 0/s ▁▁▁▁▁▁▁▁ live"), "{bar}");
}

#[test]
fn a_client_in_trouble_stands_beside_one_that_is_not() {
    let mut state = opened(MIXED, 120, 40, Preferences::default());
    press(&mut state, &["0"]);
    let bad = peers::left(&state).unwrap().clone();
    let good = peers::right(&state, &bad).unwrap().clone();
    assert_eq!((bad.online, good.online), (Some(false), Some(true)));
    let (facts, asked) = peers::rows(&state, &bad, &good);
    let v4 = facts.iter().find(|row| row.label == "IPv4").unwrap();
    assert!(v4.differs(), "{v4:?}");
    let probe = asked.iter().find(|row| row.label == "web probe of Windows");
    assert!(probe.is_some_and(peers::Row::differs), "{asked:?}");
    // What only one of them asked for is no difference: the other may not have needed it.
    assert!(asked.iter().all(|row| row.sides.iter().all(Option::is_some) || !row.differs()), "{asked:?}");
    press(&mut state, &["tab"]);
    assert_ne!(peers::right(&state, &bad).unwrap().address, good.address);
    for _ in 0..state.snapshot.clients.len() {
        press(&mut state, &["tab"]);
        assert_ne!(peers::right(&state, &bad).unwrap().address, bad.address);
    }
}

#[test]
fn the_other_side_of_a_client_alone_is_told_to_be_missing() {
    let mut state = opened(&["proxy-407-ntlm-unanswered.pcap"], 80, 24, Preferences::default());
    press(&mut state, &["0"]);
    assert_eq!(state.screen(), crate::tui::state::Screen::Overview);
    state.screens.push(crate::tui::state::Screen::Peers);
    assert!(screen(&state).contains("no second client"), "{}", screen(&state));
}

#[test]
fn what_could_not_be_read_is_in_sight() {
    let mut state = opened(&["portal-polls.pcap"], 80, 24, Preferences::default());
    assert!(!screen(&state).contains("not read"));
    let (snapshot, told) = (Arc::clone(&state.snapshot), "other.pcap: cannot open: No such file".to_owned());
    update(&mut state, Event::News(News { snapshot, stage: Stage::Done(vec![told.clone()]) }));
    assert!(screen(&state).contains("! 1 not read"), "{}", screen(&state));
    press(&mut state, &["8", "end"]);
    assert!(screen(&state).contains(&told), "{}", screen(&state));
}

#[test]
fn where_the_capture_was_made_is_in_sight_as_far_as_told() {
    use crate::settings::CapturePoint;
    let of = |position| {
        let preferences = Preferences { position, ..Preferences::default() };
        screen(&opened(&["portal-polls.pcap"], 80, 24, preferences))
    };
    assert!(of(CapturePoint::Unknown).contains("position not told"));
    assert!(of(CapturePoint::Switch).contains("captured on a mirror port"));
}

#[test]
fn a_capture_without_probe_says_in_full_how_to_make_one_that_has() {
    let state = opened(&["office-all-works.pcap"], 120, 40, Preferences::default());
    assert!(state.rows.is_empty());
    let text = screen(&state);
    // The line of the answer is cut short before that.
    assert!(text.contains("To capture what Windows asks") && text.contains("tracefile="), "{text}");
}
