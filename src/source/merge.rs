//! Several inputs become one stream of frames in the order of their times.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Error;
use crate::limits::{MAX_INPUTS, MAX_WAITING_OPEN};
use crate::source::correction::{Alignment, Correction};
use crate::source::input::{Input, Record};
use crate::source::open::{open, open_input};
use crate::source::paths::candidates;
use crate::source::progress::Progress;
use crate::source::reader::Reader;
use crate::source::{Filter, Frame, JournalEntry, LinkType};
use crate::time::CaptureTime;

/// Packets after which the progress is told.
const TELL_EVERY: u64 = 4096;

/// How captures are read.
#[derive(Debug, Default)]
pub struct Options {
    /// Capture filter text: frames that do not match keep their numbers and are not lent.
    pub filter: Option<String>,
    /// Counters to be kept up to date while reading.
    pub progress: Arc<Progress>,
}

/// Where one input stands.
enum State {
    /// Probed and closed; opened again when its first packet is next.
    Closed(Record),
    /// Open; a packet is read.
    Open(Box<Reader>),
    /// Read to its end.
    Done(Record),
}

struct Source {
    path: PathBuf,
    /// Time of its first packet, which decides its place.
    first: Option<CaptureTime>,
    /// How its clock is set right.
    clock: Option<Alignment>,
    state: State,
}

impl Source {
    fn record(&self) -> &Record {
        match &self.state {
            State::Closed(record) | State::Done(record) => record,
            State::Open(reader) => reader.record(),
        }
    }

    /// What is known of it by now, with times set right.
    fn input(&self) -> Input {
        let input = self.record().snapshot();
        let right = |time: Option<CaptureTime>| time.map(|time| self.right(time));
        Input { first: right(input.first), last: right(input.last), clock: self.clock.clone(), ..input }
    }

    /// What sets its clock right.
    fn correction(&self) -> Option<Correction> {
        self.clock.as_ref().map(|clock| clock.correction)
    }

    /// A moment by its clock, set right.
    fn right(&self, time: CaptureTime) -> CaptureTime {
        self.correction().map_or(time, |correction| correction.apply(time))
    }
}

/// One or more captures, read as one.
///
/// Inputs are ordered by the time of their first packet, then by path, whatever the order of the arguments; those
/// without a packet come last. Packets of different inputs are merged by time (ties: the earlier input first), and
/// those of one input keep the order of the file, even where its clock steps back.
pub struct Capture {
    sources: Vec<Source>,
    /// Inputs whose next packet is known, the current one apart.
    waiting: BinaryHeap<Reverse<(CaptureTime, usize)>>,
    /// The input whose packet was lent last.
    current: Option<usize>,
    filter: Option<Filter>,
    progress: Arc<Progress>,
    packets: u64,
}

impl Capture {
    /// Opens every path: a file, a folder (the captures in it, without its folders), or `-` for standard input. A file
    /// that is named twice is read once. What could not be opened comes back beside the capture, so that the rest can
    /// be analysed. In a folder, files that are no captures are passed over.
    ///
    /// # Errors
    ///
    /// All errors, at least one, where nothing could be opened; [`Error::Filter`] or [`Error::WithoutLive`] where the
    /// filter cannot be used.
    pub fn open(paths: &[PathBuf], options: Options) -> Result<(Self, Vec<Error>), Vec<Error>> {
        let filter = options.filter.as_deref().map(Filter::new).transpose().map_err(|error| vec![error])?;
        let (candidates, mut errors) = candidates(paths);
        let total = candidates.iter().try_fold(0_u64, |sum, file| file.size.map(|size| sum.saturating_add(size)));
        options.progress.set_total(total);
        let mut sources = Vec::new();
        let mut folders: Vec<PathBuf> = candidates.iter().filter_map(|file| file.folder.clone()).collect();
        folders.extend(paths.iter().filter(|path| path.is_dir()).cloned());
        let mut empty_folders: HashSet<PathBuf> = folders.iter().cloned().collect();
        for file in candidates {
            if sources.len() == MAX_INPUTS {
                errors.push(Error::TooManyInputs { path: file.path, limit: MAX_INPUTS });
                break;
            }
            let keep = file.size.is_none() || sources.len() < MAX_WAITING_OPEN;
            // What is read only to be closed again must not count twice.
            let progress = if keep { Arc::clone(&options.progress) } else { Arc::default() };
            match open(&file.path, &progress) {
                Ok(reader) => {
                    if let Some(folder) = &file.folder {
                        empty_folders.remove(folder);
                    }
                    sources.push(probe(file.path, reader, keep));
                }
                Err(Error::NotACapture { .. } | Error::Empty { .. }) if file.folder.is_some() => {}
                Err(error) => errors.push(error),
            }
        }
        folders.dedup();
        for path in folders {
            // A folder that could not be listed has its error already.
            if empty_folders.remove(&path)
                && !errors.iter().any(|error| matches!(error, Error::Io { path: listed, .. } if *listed == path))
            {
                errors.push(Error::EmptyFolder { path });
            }
        }
        if sources.is_empty() && !errors.is_empty() {
            return Err(errors);
        }
        let capture = Self::new(sources, filter, options.progress).map_err(|error| vec![error])?;
        Ok((capture, errors))
    }

    /// Reads one capture from `input`; `name` is what it is called in the report.
    ///
    /// # Errors
    ///
    /// As for [`Capture::open`].
    pub fn from_reader(name: &Path, input: Box<dyn Read + Send>, options: Options) -> Result<Self, Error> {
        let filter = options.filter.as_deref().map(Filter::new).transpose()?;
        let reader = open_input(name, input, &options.progress)?;
        Self::new(vec![probe(name.to_owned(), reader, true)], filter, options.progress)
    }

    fn new(sources: Vec<Source>, filter: Option<Filter>, progress: Arc<Progress>) -> Result<Self, Error> {
        let waiting = BinaryHeap::new();
        let mut capture = Self { sources, waiting, current: None, filter, progress, packets: 0 };
        capture.arrange();
        if let Some(filter) = &mut capture.filter {
            check(filter, &capture.sources)?;
        }
        Ok(capture)
    }

    /// Puts the inputs into the order of their first packets.
    fn arrange(&mut self) {
        self.sources.sort_by(|one, other| {
            (one.first.is_none(), one.first, &one.path).cmp(&(other.first.is_none(), other.first, &other.path))
        });
        let waiting = self.sources.iter().enumerate();
        self.waiting = waiting.filter_map(|(index, source)| Some(Reverse((source.first?, index)))).collect();
    }

    /// Sets clocks right, by the inputs' present places; to be called before the first frame is lent. The inputs are put
    /// into order anew.
    pub fn align(&mut self, clocks: Vec<Option<Alignment>>) {
        for (source, clock) in self.sources.iter_mut().zip(clocks) {
            source.clock = clock;
            source.first = source.first.map(|first| source.right(first));
            if let (State::Open(reader), Some(clock)) = (&mut source.state, &source.clock) {
                reader.correct(clock.correction);
            }
        }
        self.arrange();
    }

    /// Lends the next frame; `None` at the end of all inputs.
    // It lends, so it cannot be an iterator.
    #[expect(clippy::should_implement_trait, reason = "a lending iterator, which the standard trait cannot express")]
    #[inline]
    pub fn next(&mut self) -> Option<Frame<'_>> {
        let index = loop {
            let index = self.read()?;
            if self.filter.is_none() || self.passes(index) {
                break index;
            }
        };
        self.frame(index)
    }

    /// Lends the next frame, or nothing where the filter leaves it out; `None` at the end. For who must not wait for what
    /// comes behind a frame that is left out.
    pub(super) fn next_or_left_out(&mut self) -> Option<Option<Frame<'_>>> {
        let index = self.read()?;
        let passes = self.filter.is_none() || self.passes(index);
        Some(if passes { self.frame(index) } else { None })
    }

    /// Reads the next packet, counts it and returns the index of its input.
    #[inline]
    fn read(&mut self) -> Option<usize> {
        let index = self.step()?;
        self.packets += 1;
        if self.packets.is_multiple_of(TELL_EVERY) {
            self.progress.set_packets(self.packets);
        }
        Some(index)
    }

    /// The packet read last of input `index`.
    #[inline]
    fn frame(&self, index: usize) -> Option<Frame<'_>> {
        let State::Open(reader) = &self.sources.get(index)?.state else { return None };
        reader.frame(u16::try_from(index).ok()?)
    }

    /// Whether the next packet has to be read from its file first, so that taking it may wait for whoever writes there.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        let open = self.current.and_then(|index| self.sources.get(index));
        open.is_none_or(|source| match &source.state {
            State::Open(reader) => reader.is_drained(),
            State::Closed(_) | State::Done(_) => true,
        })
    }

    /// What is known of the inputs by now, in their order.
    #[must_use]
    pub fn inputs(&self) -> Vec<Input> {
        self.sources.iter().map(Source::input).collect()
    }

    /// The journal entries that were met so far and are about connectivity, by their places.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        let indexed = self.sources.iter().enumerate();
        let mut entries: Vec<JournalEntry> = indexed
            .filter_map(|(index, source)| Some((u16::try_from(index).ok()?, source)))
            .flat_map(|(index, source)| {
                let right = move |mut entry: JournalEntry| {
                    entry.at.time = source.right(entry.at.time);
                    entry
                };
                source.record().journal.entries(index).map(right)
            })
            .collect();
        entries.sort_by_key(|entry| entry.at);
        entries
    }

    /// Reads the next packet of all and returns the index of its input.
    #[inline]
    fn step(&mut self) -> Option<usize> {
        if let Some(index) = self.current.take()
            && let Some(source) = self.sources.get_mut(index)
            && let State::Open(reader) = &mut source.state
        {
            match reader.advance().then(|| reader.time()).flatten() {
                Some(time) => {
                    let key = (time, index);
                    if self.waiting.peek().is_none_or(|Reverse(next)| key < *next) {
                        self.current = Some(index);
                        return self.current;
                    }
                    self.waiting.push(Reverse(key));
                }
                None => close(source),
            }
        }
        self.switch()
    }

    /// Goes to the input with the earliest next packet.
    #[inline(never)]
    fn switch(&mut self) -> Option<usize> {
        while let Some(Reverse((_, index))) = self.waiting.pop() {
            let source = self.sources.get_mut(index)?;
            if let State::Closed(record) = &mut source.state {
                match open(&source.path, &self.progress) {
                    Ok(mut reader) => {
                        let any = reader.advance();
                        if let Some(clock) = &source.clock {
                            reader.correct(clock.correction);
                        }
                        source.state = State::Open(Box::new(reader));
                        if !any {
                            close(source);
                            continue;
                        }
                    }
                    Err(error) => {
                        record.damage(0, 0, || format!("it could be opened first and could not later: {error}"));
                        continue;
                    }
                }
            }
            self.current = Some(index);
            return self.current;
        }
        self.progress.set_packets(self.packets);
        None
    }

    /// Whether the packet read last passes the filter.
    fn passes(&mut self, index: usize) -> bool {
        let (Some(filter), Some(source)) = (&mut self.filter, self.sources.get_mut(index)) else { return true };
        let State::Open(reader) = &mut source.state else { return true };
        let Some(frame) = reader.frame(0) else { return false };
        let passes = filter.matches(&frame);
        if !passes && filter.is_senseless_for(frame.link) {
            note_left_out(reader, frame.link, frame.at.id.number());
        }
        passes
    }
}

/// Says once an input that the filter leaves out all packets of a link type.
#[cold]
fn note_left_out(reader: &mut Reader, link: LinkType, number: u64) {
    let message = format!("the filter has no meaning for {link} frames; all of them are left out");
    let offset = reader.offset();
    let record = reader.record_mut();
    if !record.input.problems.iter().any(|problem| problem.message == message) {
        record.note(number, offset, || message);
    }
}

/// Reads the first packet of an input and closes it again where it can wait.
fn probe(path: PathBuf, mut reader: Reader, keep: bool) -> Source {
    let any = reader.advance();
    let first = reader.time();
    let state = match (any, keep) {
        (true, true) => State::Open(Box::new(reader)),
        (true, false) => {
            let Input { path, format, compression, .. } = reader.into_record().input;
            State::Closed(Record::new(path, format, compression))
        }
        (false, _) => State::Done(reader.into_record()),
    };
    Source { path, first, clock: None, state }
}

/// Ends an input: its block goes, what is known of it stays.
fn close(source: &mut Source) {
    let open = std::mem::replace(&mut source.state, State::Done(Record::default()));
    source.state = match open {
        State::Open(reader) => State::Done(reader.into_record()),
        other => other,
    };
}

/// Compiles the filter for what comes first in each input: wrong text is an error before anything is read.
fn check(filter: &mut Filter, sources: &[Source]) -> Result<(), Error> {
    let mut links: Vec<LinkType> = Vec::new();
    for source in sources {
        if let State::Open(reader) = &source.state
            && let Some(frame) = reader.frame(0)
        {
            links.push(frame.link);
        }
    }
    if links.is_empty() {
        links.push(LinkType::ETHERNET);
    }
    let results: Vec<Result<(), Error>> = links.iter().map(|&link| filter.compile(link)).collect();
    if links.iter().all(|&link| filter.is_senseless_for(link)) { results.into_iter().collect() } else { Ok(()) }
}
