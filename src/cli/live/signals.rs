//! What signals ask of a live run: its end, its outputs reopened, its statistics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use signal_hook::consts;

/// What was asked and not done yet.
#[derive(Debug, Default)]
pub struct Signals {
    end: Arc<AtomicBool>,
    interrupted: Arc<AtomicBool>,
    reopen: Arc<AtomicBool>,
    statistics: Arc<AtomicBool>,
}

impl Signals {
    /// Takes the signals from the system's hands. A second one that asks for the end gets it at once.
    ///
    /// # Errors
    ///
    /// The system does not give them.
    pub fn take() -> anyhow::Result<Self> {
        let signals = Self::default();
        let wrong = "cannot handle signals";
        for number in [consts::SIGINT, consts::SIGTERM] {
            // The order matters: the second handler arms the first.
            signal_hook::flag::register_conditional_shutdown(number, 128 + number, Arc::clone(&signals.end))
                .context(wrong)?;
            signal_hook::flag::register(number, Arc::clone(&signals.end)).context(wrong)?;
        }
        signal_hook::flag::register(consts::SIGINT, Arc::clone(&signals.interrupted)).context(wrong)?;
        #[cfg(unix)]
        {
            signal_hook::flag::register(consts::SIGHUP, Arc::clone(&signals.reopen)).context(wrong)?;
            signal_hook::flag::register(consts::SIGUSR1, Arc::clone(&signals.statistics)).context(wrong)?;
        }
        Ok(signals)
    }

    /// Whether the end is wanted.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.end.load(Ordering::Relaxed)
    }

    /// Whether it is wanted by somebody at the terminal.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Whether outputs are to be reopened; asked once.
    #[must_use]
    pub fn wants_reopening(&self) -> bool {
        self.reopen.swap(false, Ordering::Relaxed)
    }

    /// Whether statistics are wanted; asked once.
    #[must_use]
    pub fn wants_statistics(&self) -> bool {
        self.statistics.swap(false, Ordering::Relaxed)
    }
}
