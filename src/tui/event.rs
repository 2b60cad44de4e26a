//! What happens to the UI, and what the UI wants done.

use ratatui::crossterm::event::{KeyEvent, MouseEvent};

use crate::engine::follow::{News, Reached};

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
}
