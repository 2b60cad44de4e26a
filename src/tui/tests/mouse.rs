//! Clicks and the wheel.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::tui::layout;
use crate::tui::state::{Pane, Screen};

fn several() -> State {
    let names = ["proxy-407-ntlm-unanswered.pcap", "anonymised-portal.pcap", "built-dns-name-loop.pcap"];
    opened(&names, 80, 24, Preferences::default())
}

fn mouse(state: &mut State, kind: MouseEventKind, column: u16, row: u16) {
    update(state, Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

fn click(state: &mut State, column: u16, row: u16) {
    mouse(state, MouseEventKind::Down(MouseButton::Left), column, row);
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut state = several();
    let pane = layout::overview(layout::parts(state.area).body, state.pane, state.rows.len()).findings;
    click(&mut state, pane.x + 3, pane.y + 2);
    assert_eq!((state.screen(), state.finding_list.selected), (Screen::Overview, 1));
    click(&mut state, pane.x + 3, pane.y + 2);
    assert_eq!(state.screen(), Screen::Finding);
}

#[test]
fn a_click_on_a_client_chooses_it() {
    let mut state = several();
    let pane = layout::overview(layout::parts(state.area).body, state.pane, state.rows.len()).clients;
    click(&mut state, pane.x + 3, pane.y + 2);
    assert_eq!(state.pane, Pane::Clients);
    assert_eq!(state.chosen, Some(state.snapshot.clients[state.clients[0].index].address));
}

#[test]
fn clicks_on_lines_and_nothing_do_nothing() {
    let mut state = several();
    let before = screen(&state);
    let pane = layout::overview(layout::parts(state.area).body, state.pane, state.rows.len()).findings;
    for (column, row) in [(pane.x, pane.y), (pane.x + 2, pane.bottom() - 1), (2, 23), (0, 0), (500, 500)] {
        click(&mut state, column, row);
        assert_eq!(screen(&state), before);
    }
}

#[test]
fn the_wheel_moves() {
    let mut state = several();
    mouse(&mut state, MouseEventKind::ScrollDown, 40, 10);
    assert_eq!(state.finding_list.selected, (state.rows.len() - 1).min(3));
    mouse(&mut state, MouseEventKind::ScrollUp, 40, 10);
    assert_eq!(state.finding_list.selected, 0);
}
