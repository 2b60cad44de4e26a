//! What the program says beside its output: on standard error, or on the screen while that is open.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Takes lines.
type Listener = Box<dyn Fn(&str) + Send>;

/// Who takes lines in place of standard error: a terminal that shows a screen must not get them.
static LISTENER: Mutex<Option<Listener>> = Mutex::new(None);

/// Says a line, as far as anybody is there.
pub fn say(line: &str) {
    let line = line.trim_end();
    match &*LISTENER.lock().unwrap_or_else(PoisonError::into_inner) {
        Some(listener) => listener(line.strip_prefix("ncsight: ").unwrap_or(line)),
        None => {
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        }
    }
}

/// Lines go to `listener` until the value is dropped.
pub fn divert(listener: impl Fn(&str) + Send + 'static) -> Diverted {
    *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(listener));
    Diverted(())
}

/// While it lives, lines go elsewhere.
pub struct Diverted(());

impl Drop for Diverted {
    fn drop(&mut self) {
        *LISTENER.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
