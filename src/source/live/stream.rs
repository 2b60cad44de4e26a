//! A capture that another program is still writing, read from a pipe: `ssh HOST tcpdump -U -w - | ncsight -`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

use super::{Event, Live, Notice};
use crate::error::Error;
use crate::source::{Capture, Input, Options};

impl Live {
    /// Starts to read a capture from `stream`; `name` is what it is called. What it is turns out when its first bytes
    /// come. `prepare` runs first on the reading thread: it gives up the rights that reading does not need.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub fn follow(
        name: &Path,
        stream: Box<dyn Read + Send>,
        filter: Option<String>,
        prepare: fn(),
    ) -> Result<Self, Error> {
        let input = Input { path: name.to_owned(), format: "stream", time_digits: 6, ..Input::default() };
        let (live, shared, events) = Self::new(vec![input]);
        let name = name.to_owned();
        let thread = std::thread::Builder::new().name("read stream".to_owned());
        let started = thread.spawn(move || {
            prepare();
            let ended = match Capture::from_reader(&name, stream, Options { filter, ..Options::default() }) {
                Ok(capture) => read(capture, &shared, &events),
                Err(error) => Some(error.to_string()),
            };
            let _ = events.send(Event::Notice(0, Notice::Ended(ended)));
        });
        started.map_err(|source| Error::Io { path: "thread".into(), operation: "start", source, hint: "" })?;
        Ok(live)
    }
}

/// Reads to the end; `None`, as nothing went wrong that the input does not tell itself.
fn read(mut capture: Capture, shared: &super::Shared, events: &SyncSender<Event>) -> Option<String> {
    let mut batch = shared.batch();
    let mut link = None;
    loop {
        // Before a packet that may be waited for, and where the type of packets changes, what is there goes on.
        if batch.is_full() || capture.is_drained() && !batch.is_empty() {
            let full = std::mem::replace(&mut batch, shared.batch());
            link = None;
            tell(&capture, events)?;
            events.send(Event::Packets(0, Arc::new(full))).ok()?;
        }
        if shared.stop.load(Ordering::Relaxed) {
            return None;
        }
        let Some(frame) = capture.next() else { break };
        if link != Some(frame.link) {
            if link.is_some() {
                let full = std::mem::replace(&mut batch, shared.batch());
                events.send(Event::Packets(0, Arc::new(full))).ok()?;
            }
            batch.reset(frame.link);
            link = Some(frame.link);
        }
        batch.push_frame(&frame);
    }
    tell(&capture, events)?;
    events.send(Event::Journal(capture.journal())).ok()?;
    if !batch.is_empty() {
        events.send(Event::Packets(0, Arc::new(batch))).ok()?;
    }
    None
}

/// What is known of the stream by now.
fn tell(capture: &Capture, events: &SyncSender<Event>) -> Option<()> {
    let input = capture.inputs().pop()?;
    events.send(Event::About(0, Box::new(input))).ok()
}
