//! Signals of the system: requests to end, to pause and to go on.

#[cfg(unix)]
pub use unix::{is_in_foreground, listen, stop_here, suspend_job};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To end, with this signal's number.
    End(i32),
    /// To pause.
    Pause,
    /// To go on after a pause.
    GoOn,
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::thread;

    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    use signal_hook::iterator::Signals;

    use super::Asked;

    /// Calls `tell` for each signal, on a thread of its own, until it returns `false`.
    pub fn listen(tell: impl Fn(Asked) -> bool + Send + 'static) -> io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT])?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                let asked = match signal {
                    SIGTSTP => Asked::Pause,
                    SIGCONT => Asked::GoOn,
                    other => Asked::End(other),
                };
                if !tell(asked) {
                    break;
                }
            }
        })?;
        Ok(())
    }

    /// Asks all processes of this pipeline to pause, as the terminal does where it has the key itself.
    pub fn suspend_job() -> io::Result<()> {
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        Ok(())
    }

    /// Whether the terminal is this pipeline's: a shell may continue a job in the background.
    pub fn is_in_foreground() -> bool {
        let own = rustix::process::getpgrp();
        rustix::termios::tcgetpgrp(io::stdin()).map_or(true, |group| group == own)
    }

    /// Pauses this process until the shell continues it.
    pub fn stop_here() -> io::Result<()> {
        signal_hook::low_level::emulate_default_handler(SIGTSTP)
    }
}

/// There is nothing to listen to.
#[cfg(not(unix))]
pub fn listen(_: impl Fn(Asked) -> bool + Send + 'static) -> std::io::Result<()> {
    Ok(())
}

/// There is no job control.
#[cfg(not(unix))]
pub fn is_in_foreground() -> bool {
    true
}

/// There is no job control.
#[cfg(not(unix))]
pub fn suspend_job() -> std::io::Result<()> {
    Ok(())
}

/// There is no job control.
#[cfg(not(unix))]
pub fn stop_here() -> std::io::Result<()> {
    Ok(())
}
