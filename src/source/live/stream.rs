//! A capture that another program is still writing, read from a pipe: `ssh HOST tcpdump -U -w - | ncsight -`.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::SyncSender;

use super::{Event, Live, Notice, Shared};
use crate::error::Error;
use crate::limits::MAX_JOURNAL_ENTRIES;
use crate::source::{Capture, Input, JournalEntry, Options, PacketId};

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
        let (live, shared, events) = Self::new(vec![unknown(name)]);
        let name = name.to_owned();
        let thread = std::thread::Builder::new().name("read stream".to_owned());
        let started = thread.spawn(move || {
            prepare();
            let options = Options { filter, progress: Arc::clone(&shared.progress) };
            let ended = match Capture::from_reader(&name, stream, options) {
                Ok(mut capture) => {
                    let mut before = Before::default();
                    read(&mut capture, &shared, &events, &mut before)
                        .and_then(|()| events.send(Event::Journal(before.journal(&capture))).ok());
                    None
                }
                Err(error) => Some(error.to_string()),
            };
            let _ = events.send(Event::Notice(0, Notice::Ended(ended)));
        });
        started.map_err(|source| Error::Io { path: "thread".into(), operation: "start", source, hint: "" })?;
        Ok(live)
    }
}

/// What is known of a stream before it is read.
pub(super) fn unknown(name: &Path) -> Input {
    Input { path: name.to_owned(), format: "stream", time_digits: 6, ..Input::default() }
}

/// What was read under the same name before the capture that is being read: files that another one took the place of.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The number of its last packet: those that follow count on.
    shift: u64,
    /// The number of the last packet by now.
    number: u64,
    /// What is known of it.
    input: Option<Input>,
    journal: Vec<JournalEntry>,
}

impl Before {
    /// What is known of it and of `capture` together.
    fn with(&self, capture: &Capture) -> Option<Input> {
        let input = capture.inputs().pop()?;
        Some(match &self.input {
            Some(before) => input.behind(before),
            None => input,
        })
    }

    /// The number of the first packet of what comes next.
    pub(super) const fn next(&self) -> u64 {
        self.number + 1
    }

    /// The journal entries of it and of `capture`.
    pub(super) fn journal(&self, capture: &Capture) -> Vec<JournalEntry> {
        let mut all = self.journal.clone();
        all.extend(capture.journal().into_iter().map(|mut entry| {
            entry.at.id = PacketId::new(entry.at.id.input(), entry.at.id.number() + self.shift);
            entry
        }));
        // The latest tell how it is now.
        let surplus = all.len().saturating_sub(MAX_JOURNAL_ENTRIES);
        all.drain(..surplus);
        all
    }

    /// `capture` is over, too.
    pub(super) fn add(&mut self, capture: &Capture) {
        self.journal = self.journal(capture);
        self.input = self.with(capture);
        self.shift = self.number;
    }
}

/// Reads to the end; `None` where nobody wants more of it. Numbers count on from what came `before`.
pub(super) fn read(
    capture: &mut Capture,
    shared: &Shared,
    events: &SyncSender<Event>,
    before: &mut Before,
) -> Option<()> {
    let mut batch = shared.batch();
    let mut link = None;
    loop {
        // Before a packet that may be waited for, and where the type of packets changes, what is there goes on.
        if batch.is_full() || capture.is_drained() && !batch.is_empty() {
            let full = std::mem::replace(&mut batch, shared.batch());
            link = None;
            tell(capture, events, before)?;
            events.send(Event::Packets(0, Arc::new(full))).ok()?;
        }
        if shared.stop.load(Ordering::Relaxed) && !shared.ends_soon {
            return None;
        }
        let Some(next) = capture.next_or_left_out() else { break };
        let Some(frame) = next else { continue };
        if link != Some(frame.link) {
            if link.is_some() {
                let full = std::mem::replace(&mut batch, shared.batch());
                events.send(Event::Packets(0, Arc::new(full))).ok()?;
            }
            batch.reset(frame.link);
            link = Some(frame.link);
        }
        before.number = before.shift + frame.at.id.number();
        batch.push_frame(&frame, before.shift);
    }
    // Where it was only made to end, what it waited for is no damage.
    if !(shared.ends_soon && shared.stop.load(Ordering::Relaxed)) {
        tell(capture, events, before)?;
    }
    if !batch.is_empty() {
        events.send(Event::Packets(0, Arc::new(batch))).ok()?;
    }
    Some(())
}

/// What is known of the stream by now.
fn tell(capture: &Capture, events: &SyncSender<Event>, before: &Before) -> Option<()> {
    events.send(Event::About(0, Box::new(before.with(capture)?))).ok()
}
