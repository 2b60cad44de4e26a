//! What stands where: shared by the views and by what moves in them.

use ratatui::layout::{Constraint, Layout, Rect};

use super::state::{Pane, State};

/// Below this nothing readable fits.
pub const LEAST: (u16, u16) = (40, 12);
/// From this width on clients and findings stand side by side.
const SIDE_BY_SIDE: u16 = 76;
/// From this width on the selected finding is told beside the list.
const THREE_PANES: u16 = 140;
/// From this height on the selected finding is told below any list.
const TOLD_BELOW: u16 = 28;
/// Rows in which a finding can be told below a short list.
const LEAST_TOLD: u16 = 9;

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

/// Cuts the body of the overview for so many findings; where only one pane fits, it is the one with the keys.
#[must_use]
pub fn overview(body: Rect, pane: Pane, findings: usize) -> Overview {
    let answer_rows = if body.height >= 19 { 4 } else { 3 };
    let [answer, rest] = Layout::vertical([Constraint::Length(answer_rows), Constraint::Min(0)]).areas(body);
    let none = Rect::new(rest.x, rest.y, 0, 0);
    if body.width < SIDE_BY_SIDE {
        let (findings, told) = listed_and_told(rest, findings);
        return match pane {
            Pane::Clients => Overview { answer, clients: rest, findings: none, told: none },
            Pane::Findings => Overview { answer, clients: none, findings, told },
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
    let (findings, told) = listed_and_told(rest, findings);
    Overview { answer, clients, findings, told }
}

/// The list of findings, and below it the selected one where the list leaves room for that.
fn listed_and_told(area: Rect, findings: usize) -> (Rect, Rect) {
    let none = Rect::new(area.x, area.y, 0, 0);
    let wanted = u16::try_from(findings).unwrap_or(u16::MAX).max(1).saturating_add(2);
    let list = if area.height.saturating_sub(wanted) >= LEAST_TOLD {
        wanted
    } else if area.height >= TOLD_BELOW {
        area.height * 45 / 100
    } else {
        return (area, none);
    };
    let [list, told] = Layout::vertical([Constraint::Length(list), Constraint::Min(0)]).areas(area);
    (list, told)
}

/// Rows of clients in sight.
#[must_use]
pub fn client_rows(state: &State) -> usize {
    usize::from(overview(parts(state.area).body, state.pane, state.rows.len()).clients.height.saturating_sub(2)).max(1)
}

/// Rows of findings in sight.
#[must_use]
pub fn finding_rows(state: &State) -> usize {
    usize::from(overview(parts(state.area).body, state.pane, state.rows.len()).findings.height.saturating_sub(2)).max(1)
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
