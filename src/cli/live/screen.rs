//! A live run on a screen.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context;

use super::super::args::{Common, ReportArguments};
use super::super::console::divert;
use super::super::run::settings;
use super::super::screen::{preferences, tell};
use super::origin::Origin;
use super::run::Run;
use super::{Opened, folders, rights};
use crate::engine::feed::Changes;
use crate::tui::{self, Ended};

/// Nothing could be read.
const UNUSABLE: u8 = 2;

/// What the run left behind.
type Outcome = anyhow::Result<(u8, Vec<String>)>;

/// Shows interfaces, what comes through standard input, or a file that grows, until somebody quits; returns the exit code.
///
/// # Errors
///
/// The arguments make no sense, a source cannot be read, or the terminal cannot be used.
pub fn screen(arguments: &ReportArguments, common: &Common) -> anyhow::Result<u8> {
    let settings = settings(common)?;
    let mut preferences = preferences(common)?;
    let origin = Origin::of(arguments)?;
    let mut run = Run::prepare(arguments, common, &settings, &origin)?;
    let opened = Opened::open(&origin, arguments, common, &settings)?;
    // Reports and evidence are written to the folder in which the program was started.
    let mut outputs = folders(arguments);
    outputs.push(PathBuf::from("."));
    preferences.own_filter = origin == Origin::Interfaces && common.filter.is_none();
    preferences.sandbox = rights::confine(common, &outputs, true)?;
    run.take(opened.start(common)?);
    run.begin(arguments)?;
    let mut thread: Option<JoinHandle<Outcome>> = None;
    let ended = tui::watch(preferences, |feed| {
        run.show(Arc::clone(&feed));
        let listener = Arc::clone(&feed);
        let diverted = divert(move |line| {
            listener.put(Changes { messages: vec![line.to_owned()], ..Changes::default() });
        });
        let start = std::thread::Builder::new().name("analysis".to_owned());
        thread = Some(start.spawn(move || {
            let outcome = run.finish();
            if let Err(error) = &outcome {
                let stage = crate::engine::follow::Stage::Failed(vec![format!("{error:#}")]);
                feed.put(Changes { ended: Some(stage), ..Changes::default() });
            }
            outcome
        })?);
        Ok(diverted)
    });
    let ended = ended.context("the terminal cannot be used; `ncsight report -i` needs none")?;
    let outcome = thread.and_then(|thread| thread.join().ok());
    match (ended, outcome) {
        (Ended::Unreadable(errors), _) => {
            tell(&errors);
            Ok(UNUSABLE)
        }
        (Ended::Quit(_) | Ended::Signal(_), Some(outcome)) => {
            let (code, summary) = outcome?;
            let mut out = std::io::stdout().lock();
            for line in summary {
                // The terminal may be gone.
                let _ = writeln!(out, "{line}");
            }
            Ok(code)
        }
        (Ended::Quit(_) | Ended::Signal(_), None) => Ok(UNUSABLE),
    }
}
