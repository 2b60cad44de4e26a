//! What happens to the UI, and what the UI wants done.

use ratatui::crossterm::event::{KeyEvent, MouseEvent};

use crate::engine::feed::{Changes, Status};
use crate::engine::follow::{News, Reached};
use crate::engine::proof::{Proof, Wanted};
use crate::report::Format;

/// Something happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// The engine published.
    News(News),
    /// Reading came so far.
    Reached(Reached),
    /// A live run has something new.
    Live(Box<Changes>),
    /// A live run stands so.
    Status(Status),
    /// The packets that were asked for; `None` where something else was asked for meanwhile.
    Proof(Wanted, Result<Option<Proof>, String>),
    /// Go on with what is done little by little.
    GoOn,
    /// Something that was to be done is done, or failed.
    Notice(String),
}

/// Something is to be done outside of the UI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// End.
    Quit,
    /// Give the terminal back to the shell until it continues us.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Put text on the clipboard.
    Copy(String),
    /// Come back with [`Event::GoOn`] when nobody waits.
    GoOn,
    /// Write a file.
    Export(Export),
    /// Read packets.
    Fetch(Wanted),
}

/// What a file is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Export {
    /// The whole report.
    Report(Format),
    /// The ticket of a finding, by its identifier.
    Ticket(u32),
    /// The packets of a finding.
    Evidence(u32, Wanted),
}
