//! A sequence diagram in columns of text.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Ladder, Step, Weight};
use crate::report::Language;
use crate::report::language::say;

/// Narrowest distance of two columns: an arrow with a word.
const LEAST: usize = 9;
/// Columns for the time; with the packet number before them where there is room.
const TIME: usize = 9;
const NUMBER: usize = 7;
/// From this width on packet numbers are shown.
const WITH_NUMBERS: usize = 64;

/// The characters that a diagram is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pen {
    /// Unicode's lines and arrows.
    Lines,
    /// ASCII alone, for what mangles everything else.
    Ascii,
}

impl Pen {
    const fn pick(self, lines: char, ascii: char) -> char {
        match self {
            Self::Lines => lines,
            Self::Ascii => ascii,
        }
    }
}

/// How a line stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    /// The names of the columns.
    Head,
    /// A pause.
    Pause,
    /// A step.
    Step(Weight),
}

/// A line of a diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Its text, without blanks at the end.
    pub text: String,
    /// How it stands out.
    pub emphasis: Emphasis,
    /// The step that it shows, where it shows one.
    pub step: Option<usize>,
}

/// Draws `ladder` in `width` columns: two lines of names, then a line a step and a line a pause.
#[must_use]
pub fn draw(ladder: &Ladder, width: usize, pen: Pen, language: Language) -> Vec<Drawn> {
    let gutter = if width >= WITH_NUMBERS { NUMBER + TIME } else { TIME };
    let places = places(ladder, width, gutter);
    let mut lines = heads(ladder, &places, width, pen, language);
    for (at, step) in ladder.steps.iter().enumerate() {
        if step.paused {
            let span = span(step.after);
            let text = say!(language, "{span} pass", "{span} 経過");
            let mut row = Row::new(width);
            for place in &places {
                row.put(*place, pen.pick('┊', ':'));
            }
            row.write(places.first().map_or(0, |place| place + 2), &text);
            lines.push(Drawn { text: row.finish(), emphasis: Emphasis::Pause, step: None });
        }
        let mut row = Row::new(width);
        if gutter > TIME
            && let Some(packet) = step.packet
        {
            row.write(0, &format!("#{}", packet.number()));
        }
        let since = format!("{:>8}", clock(step.time.since(ladder.start)));
        row.write(gutter - TIME, &since);
        for place in &places {
            row.put(*place, pen.pick('│', '|'));
        }
        arrow(&mut row, step, &places, width, pen);
        lines.push(Drawn { text: row.finish(), emphasis: Emphasis::Step(step.weight), step: Some(at) });
    }
    lines
}

/// The columns of the lanes.
fn places(ladder: &Ladder, width: usize, gutter: usize) -> Vec<usize> {
    let lanes = ladder.lanes.len().max(1);
    // The last lane needs room for its name; marks of the steps stand behind it.
    let tail = 16.min(width / 5);
    let room = width.saturating_sub(gutter + 1 + tail);
    let distance = room.checked_div(lanes - 1).unwrap_or(room).max(LEAST);
    (0..lanes).map(|lane| gutter + 1 + lane * distance).collect()
}

fn heads(ladder: &Ladder, places: &[usize], width: usize, pen: Pen, language: Language) -> Vec<Drawn> {
    let (mut names, mut addresses) = (Row::new(width), Row::new(width));
    for (at, (lane, place)) in ladder.lanes.iter().zip(places).enumerate() {
        let end = places.get(at + 1).copied().unwrap_or(width + 1);
        let room = end.saturating_sub(place + 1);
        names.write(*place, &cut(lane.role.name(language), room, pen));
        let address = match lane.addresses.as_slice() {
            [] => String::new(),
            [only] => only.clone(),
            [first, rest @ ..] => format!("{first} +{}", rest.len()),
        };
        addresses.write(*place, &cut(&address, room, pen));
    }
    [names, addresses].map(|row| Drawn { text: row.finish(), emphasis: Emphasis::Head, step: None }).into()
}

fn arrow(row: &mut Row, step: &Step, places: &[usize], width: usize, pen: Pen) {
    let at = |lane: usize| places.get(lane).copied().unwrap_or(0);
    let (from, to) = (at(step.from), at(step.to));
    let mark = match step.weight {
        Weight::Plain => None,
        Weight::Again => Some(pen.pick('↻', '~')),
        Weight::Failed => Some(pen.pick('✗', 'X')),
        Weight::Worked => Some(pen.pick('✓', '+')),
    };
    let (left, right) = (from.min(to), from.max(to));
    if left == right {
        row.write(left + 2, &cut(&step.label, width.saturating_sub(left + 2), pen));
        return;
    }
    let dash = if step.silent { pen.pick('╌', '.') } else { pen.pick('─', '-') };
    for column in left + 1..right {
        row.put(column, dash);
    }
    let inside = right - left - 1;
    if to > from {
        row.put(right - 1, pen.pick('▶', '>'));
    } else {
        row.put(left + 1, pen.pick('◀', '<'));
    }
    if step.silent {
        let broken = if to > from { right - 1 } else { left + 1 };
        row.put(broken, mark.unwrap_or(dash));
    }
    let label = cut(&step.label, inside.saturating_sub(5), pen);
    let start = left + 1 + (inside.saturating_sub(label.width())) / 2;
    if !label.is_empty() {
        row.write(start.saturating_sub(1), &format!(" {label} "));
    }
    // A mark stands at the end of the line, where the eye finds it in a column of its own.
    if let Some(mark) = mark {
        let behind = places.last().copied().unwrap_or(right) + 2;
        row.put(behind, mark);
    }
}

/// A moment after the start, in eight columns.
fn clock(since: Duration) -> String {
    let seconds = since.as_secs_f64();
    if seconds < 100.0 {
        format!("+{seconds:.4}")
    } else if seconds < 100_000.0 {
        format!("+{seconds:.1}")
    } else {
        format!("+{:.0}h", seconds / 3600.0)
    }
}

fn span(after: Duration) -> String {
    let seconds = after.as_secs_f64();
    if seconds < 120.0 { format!("{seconds:.1} s") } else { format!("{:.1} min", seconds / 60.0) }
}

fn cut(text: &str, columns: usize, pen: Pen) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 0);
    for character in text.chars() {
        let width = character.width().unwrap_or(0);
        if used + width + 1 > columns {
            break;
        }
        out.push(character);
        used += width;
    }
    if columns > 0 {
        out.push(pen.pick('…', '~'));
    }
    out
}

/// A line under construction, a cell a column; the second column of a wide character is empty.
struct Row {
    cells: Vec<Option<char>>,
}

impl Row {
    fn new(width: usize) -> Self {
        Self { cells: vec![Some(' '); width] }
    }

    fn put(&mut self, column: usize, character: char) {
        if let Some(cell) = self.cells.get_mut(column) {
            *cell = Some(character);
        }
    }

    fn write(&mut self, column: usize, text: &str) {
        let mut at = column;
        for character in text.chars() {
            match character.width() {
                Some(2) if at + 1 < self.cells.len() => {
                    self.put(at, character);
                    if let Some(cell) = self.cells.get_mut(at + 1) {
                        *cell = None;
                    }
                    at += 2;
                }
                Some(1) => {
                    self.put(at, character);
                    at += 1;
                }
                _ => {}
            }
        }
    }

    fn finish(self) -> String {
        let text: String = self.cells.into_iter().flatten().collect();
        text.trim_end().to_owned()
    }
}
