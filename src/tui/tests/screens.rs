//! Every screen as it looks, in three sizes, dark and monochrome.

use std::fmt::Write as _;

use ratatui::style::{Color, Modifier, Style};

use super::*;
use crate::report::Language;
use crate::tui::theme::Look;

const CAPTURES: &[&str] = &["proxy-407-ntlm-unanswered.pcap", "anonymised-portal.pcap", "built-dns-name-loop.pcap"];

/// Screens by name, and the keys that lead there.
const SCREENS: &[(&str, &[&str])] = &[
    ("overview", &[]),
    ("clients", &["tab", "down"]),
    ("finding", &["2"]),
    ("ladder", &["3"]),
    ("packets", &["4"]),
    ("bytes", &["4", "enter"]),
    ("stream", &["5"]),
    ("timeline", &["6"]),
    ("compare", &["7"]),
    ("statistics", &["8"]),
    ("help", &["?"]),
    ("palette", &[":"]),
    ("filter", &["f", "v", "e"]),
    ("copy", &["y"]),
    ("export", &["e"]),
];

#[test]
fn screens_look_as_they_did() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        for look in [Look::Dark, Look::Monochrome] {
            let start = opened(CAPTURES, columns, rows, Preferences { look, ..Preferences::default() });
            for (name, keys) in SCREENS {
                let mut state = start.clone();
                press(&mut state, keys);
                let file = format!("{name}-{columns}x{rows}-{}", look.name());
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path("screens");
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                settings.bind(|| insta::assert_snapshot!(file, pictured(&state)));
            }
        }
    }
}

/// Screens that need a capture of their own: name, captures, keys.
const OF_THEIR_OWN: &[(&str, &[&str], &[&str])] = &[
    ("endpoints", &["office-all-works.pcap"], &["9"]),
    ("peers", &["portal-polls.pcap", "many-proxy-both-fail.pcap", "direct-ncsi-txt.pcap"], &["0"]),
];

#[test]
fn screens_of_other_captures_look_as_they_did() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        for look in [Look::Dark, Look::Monochrome] {
            for (name, captures, keys) in OF_THEIR_OWN {
                let preferences = Preferences { look, ..Preferences::default() };
                let mut state = opened(captures, columns, rows, preferences);
                press(&mut state, keys);
                assert_ne!(state.screen(), crate::tui::state::Screen::Overview);
                let mut settings = insta::Settings::clone_current();
                settings.set_snapshot_path("screens");
                settings.set_prepend_module_to_snapshot(false);
                settings.set_omit_expression(true);
                let file = format!("{name}-{columns}x{rows}-{}", look.name());
                settings.bind(|| insta::assert_snapshot!(file, pictured(&state)));
            }
        }
    }
}

#[test]
fn reading_looks_as_it_did() {
    let mut state = opened(CAPTURES, 120, 40, Preferences::default());
    let snapshot = Arc::clone(&state.snapshot);
    update(&mut state, Event::News(News { snapshot, stage: Stage::Reading }));
    for packets in [0, 40_000, 120_000, 160_000, 400_000, 1_200_000] {
        let reached = Reached { bytes: packets * 500, total: Some(1_500_000_000), packets, time: None };
        update(&mut state, Event::Reached(reached));
    }
    let text = screen(&state);
    let bar = text.lines().next().unwrap();
    assert!(bar.contains("reading 40%"), "{bar}");
    assert!(bar.contains("1200 k packets"), "{bar}");
    assert!(bar.contains("1200 k/s"), "{bar}");
    assert!(bar.contains('█'), "{bar}");
    let reached = Reached { bytes: 7, total: None, packets: 1_200_001, time: None };
    update(&mut state, Event::Reached(reached));
    assert!(screen(&state).lines().next().unwrap().contains("live"));
}

#[test]
fn japanese_screens_look_as_they_did() {
    let start = opened(CAPTURES, 80, 24, Preferences { language: Language::Ja, ..Preferences::default() });
    for (name, keys) in SCREENS {
        let mut state = start.clone();
        press(&mut state, keys);
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("screens");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(format!("{name}-80x24-japanese"), screen(&state)));
    }
}

/// The text of a screen, then the runs of styles of each line that has any.
fn pictured(state: &State) -> String {
    let buffer = draw(state);
    let mut text = screen(state);
    text.push_str("--- styles\n");
    for y in 0..buffer.area.height {
        let mut runs: Vec<(String, u16)> = Vec::new();
        for x in 0..buffer.area.width {
            let style = style_name(buffer[(x, y)].style());
            match runs.last_mut() {
                Some((last, count)) if *last == style => *count += 1,
                _ => runs.push((style, 1)),
            }
        }
        if runs.iter().any(|(style, _)| style != ".") {
            let runs: Vec<String> = runs.into_iter().map(|(style, count)| format!("{count}{style}")).collect();
            let _ = writeln!(text, "{y:>2} {}", runs.join(" "));
        }
    }
    text
}

fn style_name(style: Style) -> String {
    let colour = |colour: Option<Color>, sign: &str| match colour {
        None | Some(Color::Reset) => String::new(),
        Some(Color::Indexed(number)) => format!("{sign}{number}"),
        Some(other) => format!("{sign}{other}"),
    };
    let mut name = format!("{}{}", colour(style.fg, "f"), colour(style.bg, "b"));
    for (modifier, letter) in [
        (Modifier::BOLD, 'B'),
        (Modifier::DIM, 'D'),
        (Modifier::ITALIC, 'I'),
        (Modifier::UNDERLINED, 'U'),
        (Modifier::REVERSED, 'R'),
    ] {
        if style.add_modifier.contains(modifier) {
            name.push(letter);
        }
    }
    if name.is_empty() { ".".to_owned() } else { name }
}
