//! Keys move through screens, lists and texts, and never out of them.

use super::*;
use crate::report::Language;
use crate::tui::event::Effect;
use crate::tui::keys::TABLE;
use crate::tui::state::{Overlay, Pane, Screen};
use crate::tui::update::{act, works, works_below};
use crate::verdict::Severity;

const SEVERAL: &[&str] = &[
    "proxy-407-ntlm-unanswered.pcap",
    "anonymised-portal.pcap",
    "built-dns-name-loop.pcap",
    "built-cgnat-portal.pcap",
];

fn several() -> State {
    opened(SEVERAL, 80, 24, Preferences::default())
}

#[test]
fn opening_a_finding_and_going_back_ends_where_it_began() {
    let mut state = several();
    assert_eq!(state.screen(), Screen::Overview);
    press(&mut state, &["down", "enter"]);
    assert_eq!(state.screen(), Screen::Finding);
    let opened = state.finding().unwrap().id;
    press(&mut state, &["J"]);
    assert_ne!(state.finding().unwrap().id, opened);
    press(&mut state, &["K", "esc"]);
    assert_eq!(state.screen(), Screen::Overview);
    assert_eq!(state.finding().unwrap().id, opened);
    assert_eq!(press(&mut state, &["q"]), [Effect::Quit]);
    assert_eq!(press(&mut state, &["ctrl-c"]), [Effect::Quit]);
}

#[test]
fn the_gravest_finding_is_selected_first() {
    let state = several();
    assert_eq!(state.finding().unwrap().severity, Severity::Error);
    let severities: Vec<_> = (0..state.rows.len()).map(|row| state.row(row).unwrap().severity).collect();
    assert!(severities.is_sorted_by(|a, b| a >= b), "{severities:?}");
}

#[test]
fn choosing_a_client_leaves_its_findings() {
    let mut state = several();
    let all = state.rows.len();
    press(&mut state, &["tab", "down"]);
    assert_eq!(state.pane, Pane::Clients);
    let chosen = state.client().unwrap().clone();
    assert_eq!(state.rows.len(), chosen.findings.len());
    assert!(state.rows.len() < all);
    press(&mut state, &["esc"]);
    assert_eq!(state.chosen, None);
    assert_eq!(state.rows.len(), all);
}

#[test]
fn the_selection_survives_a_new_snapshot() {
    let mut state = several();
    press(&mut state, &["down"]);
    let selected = state.finding().unwrap().clone();
    let mut later = (*state.snapshot).clone();
    let mut earlier = later.findings[0].clone();
    earlier.severity = Severity::Error;
    earlier.started = crate::time::CaptureTime::from_nanos(1);
    later.findings.insert(0, earlier);
    for (id, finding) in (1u32..).zip(&mut later.findings) {
        finding.id = id;
    }
    update(&mut state, Event::News(News { snapshot: Arc::new(later), stage: Stage::Reading }));
    assert_eq!(state.finding().unwrap().started, selected.started);
    assert_eq!(state.finding().unwrap().client, selected.client);
}

#[test]
fn help_lists_what_works_and_only_that() {
    let mut state = opened(SEVERAL, 80, 70, Preferences::default());
    press(&mut state, &["?"]);
    assert!(matches!(state.overlay, Some(Overlay::Help(_))));
    let text = screen(&state);
    for row in TABLE {
        let words = row.words(Language::En);
        let listed = text.split(['│', '\n']).any(|part| part.trim_end().ends_with(&format!("  {words}")));
        assert_eq!(listed, works_below(&state, row.action), "{words}");
    }
    press(&mut state, &["esc"]);
    assert_eq!(state.overlay, None);
}

#[test]
fn what_works_does_something() {
    for keys in
        [&[][..], &["enter"], &["?"], &["3"], &["4"], &["4", "enter"], &["5"], &["6"], &["7"], &["8"], &["y"], &["e"]]
    {
        for row in TABLE {
            let mut state = several();
            press(&mut state, &["down", "down"]);
            press(&mut state, keys);
            if !works(&state, row.action) {
                let before = format!("{state:?}");
                assert!(act(&mut state, row.action).is_empty());
                assert_eq!(format!("{state:?}"), before, "{}", row.name);
            }
        }
    }
}

#[test]
fn every_end_is_an_end() {
    for screen_keys in
        [&[][..], &["enter"], &["?"], &["tab"], &["3"], &["4"], &["5"], &["6"], &["7"], &["8"], &["4", "enter"]]
    {
        let mut state = several();
        press(&mut state, screen_keys);
        press(&mut state, &["end", "down", "pagedown"]);
        let bottom = screen(&state);
        press(&mut state, &["down"]);
        assert_eq!(screen(&state), bottom);
        press(&mut state, &["home"]);
        let top = screen(&state);
        press(&mut state, &["up"]);
        assert_eq!(screen(&state), top);
    }
}
