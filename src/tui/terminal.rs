//! The terminal: taken over at the start, given back on every way out.

use std::io::{self, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours; dropping it gives it back.
pub struct Screen(());

impl Screen {
    /// Takes the terminal over and sees to it that a panic gives it back before it speaks.
    ///
    /// # Errors
    ///
    /// The terminal cannot be switched.
    pub fn take() -> io::Result<Self> {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // On whatever thread: with part of the program gone, the rest must not go on drawing.
            let was_ours = give_back().unwrap_or(false);
            before(info);
            if was_ours && std::thread::current().name() != Some("main") {
                std::process::exit(PANICKED);
            }
        }));
        enter()?;
        Ok(Self(()))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = give_back();
    }
}

/// Exit code of a panic, as Rust has it for the main thread.
const PANICKED: i32 = 101;

/// Takes the terminal over, at the start or after a pause.
pub fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, Hide)
}

/// Gives the terminal back as it was; says whether it was ours.
pub fn give_back() -> io::Result<bool> {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return Ok(false);
    }
    let screen = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
    let mode = disable_raw_mode();
    io::stdout().flush()?;
    screen.and(mode).map(|()| true)
}
