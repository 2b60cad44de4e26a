//! The loop: waits for something to happen, lets it happen, draws what changed.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event as terminal_event;
use ratatui::layout::Rect;

use super::event::{Effect, Event, Export};
use super::export::{Job, clipboard, copied};
use super::signals::{self, Asked};
use super::state::{Preferences, State, TICKS_A_SECOND};
use super::terminal::{Screen, enter, give_back};
use super::update::update;
use super::view;
use crate::engine::feed::Feed;
use crate::engine::follow::{Follow, Stage};
use crate::engine::proof::{Wanted, read};
use crate::engine::snapshot::Snapshot;
use crate::settings::Settings;

/// How often the progress of reading is looked at.
const TICK: Duration = Duration::from_millis(1000 / TICKS_A_SECOND);
/// Screens are not drawn more often than this.
const FRAME: Duration = Duration::from_millis(16);
/// An input that cannot be read is mostly known after this time: then no screen is opened at all.
const PATIENCE: Duration = Duration::from_millis(40);

/// Who is continued in the background hears within this time whether it is to end.
const IN_BACKGROUND: Duration = Duration::from_millis(200);

/// Findings that are given up within a moment.
const MANY: usize = 1000;
/// The number of the signal for a terminal that is gone.
const HANG_UP: i32 = 1;

/// How the UI ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody quit; sentences about what could not be read.
    Quit(Vec<String>),
    /// Nothing could be read, and why.
    Unreadable(Vec<String>),
    /// A signal asked for the end.
    Signal(i32),
}

enum Message {
    Terminal(terminal_event::Event),
    News,
    Asked(Asked),
    Done(Box<Event>),
}

/// Opens the UI on `paths` and stays until somebody quits.
///
/// # Errors
///
/// The terminal cannot be used, or the system gives no thread.
pub fn run(paths: Vec<PathBuf>, settings: Settings, preferences: Preferences) -> io::Result<Ended> {
    let (send, inbox) = mpsc::channel();
    let tell = send.clone();
    let follow = Follow::start(paths, settings, move || {
        let _ = tell.send(Message::News);
    })?;
    let (columns, rows) = ratatui::crossterm::terminal::size()?;
    let mut state = State::new(preferences, Rect::new(0, 0, columns, rows));
    if inbox.recv_timeout(PATIENCE).is_ok()
        && let Some(news) = follow.take()
    {
        if let Stage::Failed(errors) = news.stage {
            return Ok(Ended::Unreadable(errors));
        }
        update(&mut state, Event::Reached(follow.reached()));
        update(&mut state, Event::News(news));
    }
    show(state, Source::Files(follow), inbox, send)
}

/// Opens the UI on a run that goes on meanwhile and stays until somebody quits. `start` starts the run, which says through
/// the feed what it finds; what `start` returns is dropped when the terminal is given back.
///
/// # Errors
///
/// The terminal cannot be used, the run cannot be started, or the system gives no thread.
pub fn watch<T>(preferences: Preferences, start: impl FnOnce(Arc<Feed>) -> io::Result<T>) -> io::Result<Ended> {
    let (send, inbox) = mpsc::channel();
    let tell = send.clone();
    // A message that waits already tells of everything.
    let told = Arc::new(AtomicBool::new(false));
    let waits = Arc::clone(&told);
    let feed = Arc::new(Feed::new(move || {
        if !waits.swap(true, Ordering::AcqRel) {
            let _ = tell.send(Message::News);
        }
    }));
    let (columns, rows) = ratatui::crossterm::terminal::size()?;
    let mut state = State::new(preferences, Rect::new(0, 0, columns, rows));
    let _started = start(Arc::clone(&feed))?;
    state.go_live(&feed);
    let ended = show(state, Source::Live(Arc::clone(&feed), told), inbox, send);
    feed.stop();
    ended
}

fn show(state: State, source: Source, inbox: Receiver<Message>, send: Sender<Message>) -> io::Result<Ended> {
    let tell = send.clone();
    signals::listen(move |asked| tell.send(Message::Asked(asked)).is_ok())?;
    let _screen = Screen::take()?;
    listen_to_terminal(&send)?;
    let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    Loop { state, source, inbox, terminal, drawn: None, looked: Instant::now(), send, fetching: Arc::default() }.go()
}

/// Where what is shown comes from.
enum Source {
    /// Files, which are read to their end.
    Files(Follow),
    /// A run, and whether a message waits that something of it is new.
    Live(Arc<Feed>, Arc<AtomicBool>),
}

impl Source {
    fn stop(&self) {
        match self {
            Self::Files(follow) => follow.stop(),
            Self::Live(feed, _) => feed.stop(),
        }
    }
}

fn listen_to_terminal(send: &Sender<Message>) -> io::Result<()> {
    let send = send.clone();
    thread::Builder::new().name("terminal".to_owned()).spawn(move || {
        while let Ok(event) = terminal_event::read() {
            if send.send(Message::Terminal(event)).is_err() {
                break;
            }
        }
        // The terminal is gone.
        let _ = send.send(Message::Asked(Asked::End(HANG_UP)));
    })?;
    Ok(())
}

/// Gives up a snapshot on a thread of its own where that takes its time: a key may wait meanwhile.
fn let_go(snapshot: Arc<Snapshot>) {
    if snapshot.findings.len() > MANY {
        // Where there is no thread, it is given up here.
        let _ = thread::Builder::new().name("let go".to_owned()).spawn(move || drop(snapshot));
    }
}

struct Loop {
    state: State,
    source: Source,
    inbox: Receiver<Message>,
    terminal: Terminal<CrosstermBackend<io::Stdout>>,
    drawn: Option<Instant>,
    /// When the progress of reading was looked at last.
    looked: Instant,
    send: Sender<Message>,
    /// Set to give up the packets that are being read.
    fetching: Arc<AtomicBool>,
}

impl Loop {
    fn go(mut self) -> io::Result<Ended> {
        let mut changed = true;
        loop {
            if changed {
                self.draw()?;
                changed = false;
            }
            let message = if self.state.is_reading() {
                match self.inbox.recv_timeout(TICK.saturating_sub(self.looked.elapsed())) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(Ended::Quit(Vec::new())),
                }
            } else {
                match self.inbox.recv() {
                    Ok(message) => Some(message),
                    Err(_) => return Ok(Ended::Quit(Vec::new())),
                }
            };
            let mut next = message;
            if self.state.is_reading() && self.looked.elapsed() >= TICK {
                self.looked = Instant::now();
                changed |= self.look();
            }
            // What waits together is drawn together, but for what is done little by little.
            while let Some(message) = next {
                let is_slice = matches!(&message, Message::Done(event) if matches!(**event, Event::GoOn));
                if let Some(ended) = self.take(message, &mut changed)? {
                    self.source.stop();
                    return Ok(ended);
                }
                next = if is_slice { None } else { self.inbox.try_recv().ok() };
            }
        }
    }

    fn take(&mut self, message: Message, changed: &mut bool) -> io::Result<Option<Ended>> {
        match message {
            Message::Asked(Asked::Pause) => {
                give_back()?;
                signals::stop_here()?;
                *changed = true;
                self.go_on()
            }
            Message::Asked(Asked::GoOn) => {
                *changed = true;
                self.go_on()
            }
            Message::Asked(Asked::End(signal)) => Ok(Some(Ended::Signal(signal))),
            Message::News => self.news(changed),
            Message::Done(event) => self.happen(*event, changed),
            Message::Terminal(event) => {
                let event = match event {
                    terminal_event::Event::Key(key) => Event::Key(key),
                    terminal_event::Event::Mouse(mouse) => Event::Mouse(mouse),
                    terminal_event::Event::Paste(text) => Event::Paste(text),
                    terminal_event::Event::Resize(columns, rows) => Event::Resize(columns, rows),
                    terminal_event::Event::FocusGained | terminal_event::Event::FocusLost => return Ok(None),
                };
                self.happen(event, changed)
            }
        }
    }

    /// Takes what is new.
    fn news(&mut self, changed: &mut bool) -> io::Result<Option<Ended>> {
        match &self.source {
            Source::Files(follow) => {
                let Some(news) = follow.take() else { return Ok(None) };
                if let Stage::Failed(errors) = news.stage {
                    return Ok(Some(Ended::Unreadable(errors)));
                }
                if news.stage != Stage::Reading {
                    self.look();
                }
                let before = Arc::clone(&self.state.snapshot);
                let ended = self.happen(Event::News(news), changed);
                let_go(before);
                ended
            }
            Source::Live(feed, told) => {
                told.store(false, Ordering::Release);
                let changes = feed.take();
                if let Some(Stage::Failed(errors)) = changes.ended {
                    return Ok(Some(Ended::Unreadable(errors)));
                }
                if changes.ended.is_some() {
                    self.look();
                }
                self.happen(Event::Live(Box::new(changes)), changed)
            }
        }
    }

    fn happen(&mut self, event: Event, changed: &mut bool) -> io::Result<Option<Ended>> {
        *changed = true;
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Quit => {
                    return Ok(Some(Ended::Quit(self.state.unread().to_vec())));
                }
                Effect::Suspend => signals::suspend_job()?,
                Effect::Redraw => self.redraw()?,
                Effect::Copy(text) => {
                    io::stdout().write_all(clipboard(&text).as_bytes())?;
                    io::stdout().flush()?;
                    let word = copied(&text, self.state.language);
                    update(&mut self.state, Event::Notice(word));
                }
                Effect::GoOn => {
                    // Behind everything that waits already: keys come first.
                    let _ = self.send.send(Message::Done(Box::new(Event::GoOn)));
                }
                Effect::Export(what) => self.export(what)?,
                Effect::Fetch(wanted) => self.fetch(wanted)?,
            }
        }
        Ok(None)
    }

    /// Writes a file on a thread of its own.
    fn export(&self, what: Export) -> io::Result<()> {
        let job = Job {
            what,
            snapshot: Arc::clone(&self.state.snapshot),
            options: self.state.options(),
            zone: self.state.shown_zone(),
        };
        let send = self.send.clone();
        thread::Builder::new().name("export".to_owned()).spawn(move || {
            let _ = send.send(Message::Done(Box::new(Event::Notice(job.run()))));
        })?;
        Ok(())
    }

    /// Reads packets on a thread of its own; what was being read for before is given up.
    fn fetch(&mut self, wanted: Wanted) -> io::Result<()> {
        self.fetching.store(true, Ordering::Relaxed);
        self.fetching = Arc::default();
        let (stop, send) = (Arc::clone(&self.fetching), self.send.clone());
        thread::Builder::new().name("packets".to_owned()).spawn(move || {
            let result = read(&wanted, &stop);
            if !stop.load(Ordering::Relaxed) {
                let _ = send.send(Message::Done(Box::new(Event::Proof(wanted, result))));
            }
        })?;
        Ok(())
    }

    /// Looks how far reading came; says whether that changed.
    fn look(&mut self) -> bool {
        match &self.source {
            Source::Files(follow) => {
                let reached = follow.reached();
                if reached == self.state.reached && !self.state.is_flowing() {
                    return false;
                }
                update(&mut self.state, Event::Reached(reached));
                true
            }
            Source::Live(feed, _) => {
                let status = feed.status();
                let changed = self.state.would_change(&status);
                update(&mut self.state, Event::Status(status));
                changed
            }
        }
    }

    fn draw(&mut self) -> io::Result<()> {
        if let Some(wait) = self.drawn.and_then(|drawn| FRAME.checked_sub(drawn.elapsed())) {
            thread::sleep(wait);
        }
        let state = &self.state;
        self.terminal.draw(|frame| view::render(frame, state))?;
        self.drawn = Some(Instant::now());
        Ok(())
    }

    /// The shell continued us: the terminal is ours again, and may have another size.
    /// Goes on after a pause. `kill %1` continues a paused job in the background, for it to end: the terminal is the shell's
    /// then, and who touches it is stopped again.
    fn go_on(&mut self) -> io::Result<Option<Ended>> {
        let patience = Instant::now() + IN_BACKGROUND;
        let mut others = Vec::new();
        while !signals::is_in_foreground()
            && let Ok(message) = self.inbox.recv_timeout(patience.saturating_duration_since(Instant::now()))
        {
            match message {
                Message::Asked(Asked::End(signal)) => return Ok(Some(Ended::Signal(signal))),
                other => others.push(other),
            }
        }
        for message in others {
            let _ = self.send.send(message);
        }
        enter()?;
        let (columns, rows) = ratatui::crossterm::terminal::size()?;
        update(&mut self.state, Event::Resize(columns, rows));
        self.redraw()?;
        Ok(None)
    }

    /// Draws everything anew. `Terminal::clear` would ask the terminal for its cursor, and the answer would come to
    /// the thread that reads keys.
    fn redraw(&mut self) -> io::Result<()> {
        let area = self.state.area;
        self.terminal.resize(area)
    }
}
