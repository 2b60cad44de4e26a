//! Filter, search, sort, marks, palette, copy.

use super::*;
use crate::tui::menu::{Item, Menu, items};
use crate::tui::order::Column;
use crate::tui::state::{Overlay, Screen};
use crate::verdict::Verdict;

const SEVERAL: &[&str] =
    &["proxy-407-ntlm-unanswered.pcap", "anonymised-portal.pcap", "built-dns-name-loop.pcap", "dns-timeout.pcap"];

fn several() -> State {
    opened(SEVERAL, 80, 24, Preferences::default())
}

#[test]
fn a_filter_narrows_while_it_is_typed_and_escape_takes_it_back() {
    let mut state = several();
    let all = state.rows.len();
    press(&mut state, &["f"]);
    type_in(&mut state, "verdict:hotspot");
    let hotspots = state.snapshot.findings.iter().filter(|f| f.verdict == Verdict::HotspotDetected).count();
    assert!(hotspots > 0);
    assert_eq!(state.rows.len(), hotspots);
    press(&mut state, &["esc"]);
    assert_eq!(state.rows.len(), all);
    press(&mut state, &["f"]);
    type_in(&mut state, "verdict:hotspot");
    press(&mut state, &["enter"]);
    assert_eq!(state.overlay, None);
    assert_eq!(state.rows.len(), hotspots);
    assert!(screen(&state).contains("[verdict:hotspot]"), "{}", screen(&state));
    press(&mut state, &["F"]);
    assert_eq!(state.rows.len(), all);
}

#[test]
fn a_wrong_filter_is_told_and_kept_open() {
    let mut state = several();
    press(&mut state, &["f"]);
    type_in(&mut state, "verdickt:x");
    press(&mut state, &["enter"]);
    assert!(matches!(state.overlay, Some(Overlay::Filter(..))));
    assert!(screen(&state).contains("no term verdickt"), "{}", screen(&state));
}

#[test]
fn filters_are_completed_and_remembered() {
    let mut state = several();
    press(&mut state, &["f"]);
    type_in(&mut state, "verd");
    press(&mut state, &["tab"]);
    type_in(&mut state, "hots");
    press(&mut state, &["tab", "enter"]);
    assert_eq!(state.filter_text, "verdict:HotspotDetected");
    press(&mut state, &["F", "f", "up", "enter"]);
    assert_eq!(state.filter_text, "verdict:HotspotDetected");
}

#[test]
fn letters_that_are_keys_are_letters_in_a_line() {
    let mut state = several();
    press(&mut state, &["f"]);
    assert!(press(&mut state, &["q"]).is_empty());
    assert!(matches!(&state.overlay, Some(Overlay::Filter(typed, _)) if typed.line.text() == "q"));
}

#[test]
fn a_search_goes_round() {
    let mut state = several();
    let causes = |state: &State| -> Vec<_> { (0..state.rows.len()).map(|row| state.row(row).unwrap().cause).collect() };
    let last = causes(&state).into_iter().rev().flatten().next().unwrap();
    press(&mut state, &["/"]);
    type_in(&mut state, last.name());
    press(&mut state, &["enter"]);
    let first = state.finding_list.selected;
    for _ in 0..causes(&state).iter().filter(|cause| **cause == Some(last)).count() {
        assert_eq!(state.finding().unwrap().cause, Some(last));
        press(&mut state, &["n"]);
    }
    assert_eq!(state.finding_list.selected, first);
    press(&mut state, &["N"]);
    assert_eq!(state.finding().unwrap().cause, Some(last));
    press(&mut state, &["/"]);
    type_in(&mut state, "nothing-like-this");
    press(&mut state, &["enter"]);
    assert!(screen(&state).contains("not found"));
}

#[test]
fn columns_sort_both_ways() {
    let mut state = several();
    press(&mut state, &["s"]);
    assert_eq!(state.order.column, Column::Time);
    let times =
        |state: &State| -> Vec<_> { (0..state.rows.len()).map(|row| state.row(row).unwrap().started).collect() };
    assert!(times(&state).is_sorted());
    press(&mut state, &["S"]);
    assert!(times(&state).iter().rev().is_sorted());
}

#[test]
fn marks_can_be_filtered() {
    let mut state = several();
    press(&mut state, &["down", "m", "f"]);
    type_in(&mut state, "is:marked");
    press(&mut state, &["enter"]);
    assert_eq!(state.rows.len(), 1);
    press(&mut state, &["m", "F", "f"]);
    type_in(&mut state, "is:marked");
    press(&mut state, &["enter"]);
    assert_eq!(state.rows.len(), 0);
}

#[test]
fn the_palette_finds_by_words_and_does_it() {
    let mut state = several();
    press(&mut state, &[":"]);
    type_in(&mut state, "who said");
    press(&mut state, &["enter"]);
    assert_eq!((state.screen(), state.overlay.clone()), (Screen::Ladder, None));
    press(&mut state, &[":"]);
    type_in(&mut state, "quit");
    assert_eq!(press(&mut state, &["enter"]), [Effect::Quit]);
}

#[test]
fn every_row_of_the_copy_list_copies() {
    let count = items(Menu::Copy, &several()).len();
    let mut texts = Vec::new();
    for at in 0..count {
        let mut state = several();
        press(&mut state, &["y"]);
        for _ in 0..at {
            press(&mut state, &["down"]);
        }
        let effects = press(&mut state, &["enter"]);
        let [Effect::Copy(text)] = effects.as_slice() else { panic!("{effects:?}") };
        assert!(!text.trim().is_empty());
        texts.push(text.clone());
    }
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), count);
}

#[test]
fn a_ticket_says_what_since_when_between_whom_and_what_is_asked() {
    let state = opened(&["proxy-407-ntlm-unanswered.pcap"], 80, 24, Preferences::default());
    let Some(Effect::Copy(text)) = crate::tui::menu::choose(Item::Ticket(crate::report::Language::En), &state) else {
        panic!()
    };
    for part in [
        "ProxyAuthenticationRequired / proxy-auth-unanswered",
        "2026-11-23T01:52:30.195504Z",
        "TCP 10.1.0.5:56802 -> proxy 10.1.0.9:3128",
        "http://www.msftconnecttest.com/connecttest.txt",
        "- proxy team: Exempt",
        "proxy-407-ntlm-unanswered.pcap #8",
        "Wireshark filter: ",
        "407 Proxy Authentication Required",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
