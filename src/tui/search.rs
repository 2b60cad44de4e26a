//! Search in what is listed.

use super::filter::{any_text, matches};
use super::state::{Screen, State};

/// The row of the next match behind the selected one, or before it; goes round at the ends.
#[must_use]
pub fn find(state: &State, forward: bool, with_this: bool) -> Option<usize> {
    let text = state.searched.as_deref()?.to_ascii_lowercase();
    let (here, length) = match state.screen() {
        Screen::Packets => (state.packet_list.selected, state.packet_rows.len()),
        _ => (state.finding_list.selected, state.rows.len()),
    };
    let mut room = String::new();
    let distances = usize::from(!with_this)..length + usize::from(!with_this);
    distances
        .map(|distance| if forward { (here + distance) % length } else { (here + length - distance % length) % length })
        .find(|row| holds(state, *row, &text, &mut room))
}

fn holds(state: &State, row: usize, text: &String, room: &mut String) -> bool {
    match state.screen() {
        Screen::Packets => {
            let packet = state.packet_rows.get(row).and_then(|index| state.proof()?.packets.get(*index));
            packet.is_some_and(|packet| {
                [packet.summary.as_str(), packet.protocol, packet.from.as_str(), packet.to.as_str()]
                    .iter()
                    .any(|part| matches(text, &part.to_ascii_lowercase()))
            })
        }
        _ => state
            .row(row)
            .is_some_and(|finding| any_text(&state.snapshot, &state.texts, finding, room, std::slice::from_ref(text))),
    }
}
