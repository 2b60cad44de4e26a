//! Draws a screen of the terminal UI as SVG: `cargo run --example picture -- KEYS FILE...` analyses the captures, presses
//! the keys (separated by commas, `-` for none) and prints what stands on the screen then. `make picture` makes the
//! README's pictures with it.

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a program that prints, run by hand")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use ncsight::engine::analyse;
use ncsight::engine::follow::{News, Reached, Stage};
use ncsight::engine::proof::read;
use ncsight::settings::{Hooks, Settings};
use ncsight::tui::event::{Effect, Event};
use ncsight::tui::keys::Key;
use ncsight::tui::state::{Preferences, State};
use ncsight::tui::update::update;
use ncsight::tui::view::render;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

const COLUMNS: u16 = 110;
const ROWS: u16 = 30;
/// Size of a cell in the picture.
const CELL: (f32, f32) = (8.4, 18.0);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let keys = arguments.next().expect("keys, or -");
    let paths: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let stop = AtomicBool::new(false);
    let hooks = Hooks { progress: &|_| {}, stop: &stop, digest: false };
    let (snapshot, _) = analyse(&paths, &Settings::default(), &hooks).expect("captures");
    let mut state = State::new(Preferences::default(), Rect::new(0, 0, COLUMNS, ROWS));
    let packets = snapshot.inputs.iter().map(|input| input.packets).sum();
    update(&mut state, Event::Reached(Reached { packets, ..Reached::default() }));
    update(&mut state, Event::News(News { snapshot: Arc::new(snapshot), stage: Stage::Done(Vec::new()) }));
    for key in keys.split(',').filter(|key| *key != "-") {
        let key = Key::parse(key).expect("a key").event();
        for effect in update(&mut state, Event::Key(key)) {
            if let Effect::Fetch(wanted) = effect {
                let proof = read(&wanted, &stop);
                update(&mut state, Event::Proof(wanted, proof));
            }
        }
    }
    let mut terminal = Terminal::new(TestBackend::new(COLUMNS, ROWS)).expect("a terminal in memory");
    terminal.draw(|frame| render(frame, &state)).expect("a screen in memory");
    println!("{}", picture(terminal.backend().buffer()));
}

fn picture(buffer: &Buffer) -> String {
    let (width, height) = (f32::from(COLUMNS) * CELL.0 + 16.0, f32::from(ROWS) * CELL.1 + 16.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"ui-monospace,Menlo,Consolas,\
         'DejaVu Sans Mono',monospace\" font-size=\"14\" xml:space=\"preserve\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n"
    );
    for y in 0..ROWS {
        let mut x = 0;
        while x < COLUMNS {
            let first = &buffer[(x, y)];
            let look = look(first);
            let mut end = x;
            let mut text = String::new();
            while end < COLUMNS && self::look(&buffer[(end, y)]) == look {
                text.push_str(buffer[(end, y)].symbol());
                end += 1;
            }
            run(&mut svg, (x, y), end - x, &text, &look);
            x = end;
        }
    }
    svg.push_str("</svg>");
    svg
}

/// Ink, ground, bold.
type Look = (String, Option<String>, bool);

fn look(cell: &Cell) -> Look {
    let ground = (cell.bg != Color::Reset).then(|| colour(cell.bg));
    let ink = if cell.fg == Color::Reset { "#d8dbe2".to_owned() } else { colour(cell.fg) };
    (ink, ground, cell.modifier.contains(Modifier::BOLD))
}

fn run(svg: &mut String, at: (u16, u16), columns: u16, text: &str, (ink, ground, bold): &Look) {
    let (left, top) = (f32::from(at.0) * CELL.0 + 8.0, f32::from(at.1) * CELL.1 + 8.0);
    let width = f32::from(columns) * CELL.0;
    if let Some(ground) = ground {
        let height = CELL.1;
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height}\" fill=\"{ground}\"/>"
        );
    }
    if text.trim().is_empty() {
        return;
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let weight = if *bold { " font-weight=\"bold\"" } else { "" };
    let line = top + 13.5;
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{line:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{ink}\"{weight}>{text}</text>"
    );
}

/// The colour cube and the greys of terminals with 256 colours.
fn colour(colour: Color) -> String {
    let Color::Indexed(number) = colour else { return "#d8dbe2".to_owned() };
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match number {
        16..=231 => {
            let cube = number - 16;
            format!("#{:02x}{:02x}{:02x}", level(cube / 36), level(cube / 6 % 6), level(cube % 6))
        }
        232.. => {
            let grey = 8 + 10 * (number - 232);
            format!("#{grey:02x}{grey:02x}{grey:02x}")
        }
        _ => "#d8dbe2".to_owned(),
    }
}
