//! What stands where: shared by the views and by what moves in them.

use ratatui::layout::{Constraint, Layout, Rect};

use super::state::{Pane, State};

/// Below this nothing readable fits.
pub const LEAST: (u16, u16) = (40, 12);
/// From this width on clients and findings stand side by side.
const SIDE_BY_SIDE: u16 = 76;
/// From this width on the selected finding is told beside the list.
const THREE_PANES: u16 = 140;
/// From this height on the selected finding is told below the list.
const TOLD_BELOW: u16 = 32;

/// The parts of every screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// Capture and progress.
    pub bar: Rect,
    /// The screen itself.
    pub body: Rect,
    /// What the capture covers.
    pub coverage: Rect,
    /// The keys that matter here.
    pub keys: Rect,
}

/// Cuts the terminal into the parts of every screen.
#[must_use]
pub fn parts(area: Rect) -> Parts {
    let [bar, body, coverage, keys] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1), Constraint::Length(1)])
            .areas(area);
    Parts { bar, body, coverage, keys }
}

/// The parts of the overview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// What is wrong, for whom, since when, who must act.
    pub answer: Rect,
    /// Clients; empty where there is no room.
    pub clients: Rect,
    /// Findings; empty where there is no room.
    pub findings: Rect,
    /// The selected finding; empty where there is no room.
    pub told: Rect,
}

/// Cuts the body of the overview; where only one pane fits, it is the one with the keys.
#[must_use]
pub fn overview(body: Rect, pane: Pane) -> Overview {
    let answer_rows = if body.height >= 19 { 4 } else { 3 };
    let [answer, rest] = Layout::vertical([Constraint::Length(answer_rows), Constraint::Min(0)]).areas(body);
    let none = Rect::new(rest.x, rest.y, 0, 0);
    if body.width < SIDE_BY_SIDE {
        return match pane {
            Pane::Clients => Overview { answer, clients: rest, findings: none, told: none },
            Pane::Findings => Overview { answer, clients: none, findings: rest, told: none },
        };
    }
    let client_columns = if body.width >= THREE_PANES {
        36
    } else if body.width >= 110 {
        34
    } else {
        27
    };
    let [clients, rest] = Layout::horizontal([Constraint::Length(client_columns), Constraint::Min(0)]).areas(rest);
    if body.width >= THREE_PANES {
        let [findings, told] = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(rest);
        return Overview { answer, clients, findings, told };
    }
    if body.height >= TOLD_BELOW {
        let [findings, told] = Layout::vertical([Constraint::Percentage(45), Constraint::Percentage(55)]).areas(rest);
        return Overview { answer, clients, findings, told };
    }
    Overview { answer, clients, findings: rest, told: none }
}

/// Rows of clients in sight.
#[must_use]
pub fn client_rows(state: &State) -> usize {
    usize::from(overview(parts(state.area).body, state.pane).clients.height.saturating_sub(2)).max(1)
}

/// Rows of findings in sight.
#[must_use]
pub fn finding_rows(state: &State) -> usize {
    usize::from(overview(parts(state.area).body, state.pane).findings.height.saturating_sub(2)).max(1)
}

/// The parts of the packets' screen: the list, and the bytes of the selected packet.
#[must_use]
pub fn packets(body: Rect) -> (Rect, Rect) {
    let bytes = if body.width >= 160 {
        let [list, bytes] = Layout::horizontal([Constraint::Min(0), Constraint::Length(76)]).areas(body);
        return (list, bytes);
    } else {
        body.height / 2
    };
    let [list, bytes] = Layout::vertical([Constraint::Min(0), Constraint::Length(bytes)]).areas(body);
    (list, bytes)
}

/// Rows of packets in sight.
#[must_use]
pub fn packet_rows(state: &State) -> usize {
    usize::from(packets(parts(state.area).body).0.height.saturating_sub(2)).max(1)
}
