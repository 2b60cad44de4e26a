//! Every screen in every size and language: nothing panics, nothing is lost that must be seen.

use super::*;
use crate::report::Language;
use crate::tui::theme::{Glyphs, Look};

const CAPTURES: &[&str] = &["proxy-407-ntlm-unanswered.pcap", "anonymised-portal.pcap"];

#[test]
fn no_size_breaks_a_screen() {
    let mut state = opened(CAPTURES, 80, 24, Preferences::default());
    for keys in [
        &[][..],
        &["tab"],
        &["enter"],
        &["?"],
        &["3"],
        &["4"],
        &["4", "enter"],
        &["5"],
        &["6"],
        &["7"],
        &["8"],
        &["0"],
        &["y"],
        &["e"],
        &[":"],
        &["f"],
        &["/"],
    ] {
        update(&mut state, Event::Resize(80, 24));
        press(&mut state, &["1"]);
        press(&mut state, keys);
        for columns in [1, 2, 10, 39, 40, 59, 60, 75, 76, 80, 120, 200, 300] {
            for rows in [1, 2, 5, 11, 12, 20, 24, 40, 60] {
                update(&mut state, Event::Resize(columns, rows));
                draw(&state);
            }
        }
        press(&mut state, &["esc"]);
    }
}

#[test]
fn a_screen_too_small_says_so() {
    let state = opened(CAPTURES, 39, 12, Preferences::default());
    assert!(screen(&state).contains("too small: 39x12"), "{}", screen(&state));
}

#[test]
fn the_answer_stands_on_the_first_screen() {
    for (columns, rows) in [(60, 20), (80, 24), (120, 40), (200, 60)] {
        let state = opened(&["proxy-407-ntlm-unanswered.pcap"], columns, rows, Preferences::default());
        let text = screen(&state);
        for part in
            ["10.1.0.5 has no Internet since 01:52:30", "Proxy 10.1.0.9:3128 asks", "proxy team: Exempt", "covers"]
        {
            assert!(text.contains(part), "{columns}x{rows}: {part}\n{text}");
        }
    }
}

#[test]
fn ascii_terminals_get_ascii() {
    for keys in [
        &[][..],
        &["enter"],
        &["?"],
        &["3"],
        &["4"],
        &["4", "enter"],
        &["5"],
        &["6"],
        &["7"],
        &["8"],
        &["0"],
        &["y"],
        &["e"],
        &[":"],
        &["f"],
    ] {
        let preferences = Preferences { glyphs: Glyphs::Ascii, look: Look::Monochrome, ..Preferences::default() };
        let mut state = opened(CAPTURES, 120, 40, preferences);
        press(&mut state, keys);
        let text = screen(&state);
        let odd: String = text.chars().filter(|character| !character.is_ascii()).collect();
        assert!(odd.is_empty(), "{odd:?}\n{text}");
    }
}

#[test]
fn monochrome_has_no_colour() {
    use ratatui::style::Color;
    for look in Look::ALL {
        let state = opened(CAPTURES, 80, 24, Preferences { look: *look, ..Preferences::default() });
        let buffer = draw(&state);
        let coloured = buffer.content.iter().any(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert_eq!(coloured, *look != Look::Monochrome, "{}", look.name());
    }
}

#[test]
fn japanese_fills_its_columns() {
    let state = opened(CAPTURES, 80, 24, Preferences { language: Language::Ja, ..Preferences::default() });
    for line in screen(&state).lines() {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
    assert!(screen(&state).contains("インターネットなし"));
}
