//! Lines that are typed, at the foot of the screen: filter and search.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line as Text, Span};
use unicode_width::UnicodeWidthStr;

use crate::report::language::say;
use crate::tui::filter::NAMES;
use crate::tui::fit::fit;
use crate::tui::layout::Parts;
use crate::tui::line::Line;
use crate::tui::state::{State, Typed};

/// Draws the line of the filter, and above it what can be typed or what is wrong.
pub fn filter(frame: &mut Frame<'_>, parts: Parts, state: &State, typed: &Typed) {
    let theme = state.theme();
    let width = usize::from(parts.coverage.width);
    let (text, style) = match &typed.wrong {
        Some(wrong) => (format!(" ! {wrong}"), theme.severity(crate::verdict::Severity::Error)),
        None => (hint(state, typed, width), theme.faint),
    };
    clear(frame, parts.coverage);
    frame.render_widget(Text::styled(fit(&text, width), style), parts.coverage);
    let count = state.rows.len();
    let found = say!(state.language, " {count} found ", " {count} 件 ");
    line(frame, parts.keys, state, state.language.pick(" filter ", " 絞込 "), &typed.line, &found);
}

/// Draws the line of the search.
pub fn search(frame: &mut Frame<'_>, parts: Parts, state: &State, typed: &Typed) {
    line(frame, parts.keys, state, state.language.pick(" search ", " 検索 "), &typed.line, "");
}

fn hint(state: &State, typed: &Typed, width: usize) -> String {
    if !typed.offered.is_empty() {
        return format!(" {}", typed.offered.join("  "));
    }
    let word = typed.line.before().rsplit(' ').next().unwrap_or_default().trim_start_matches('-');
    if let Some((name, _)) = word.split_once(':')
        && let Some((name, en, ja)) = NAMES.iter().find(|(known, ..)| *known == name)
    {
        let what = state.language.pick(en, ja);
        return say!(
            state.language,
            " {name}: {what}; tab completes, a,b is either",
            " {name}：{what}（tab で補完、a,b はいずれか）"
        );
    }
    let names: Vec<String> = NAMES.iter().map(|(name, ..)| format!("{name}:")).collect();
    fit(
        &format!(" {}  {}", state.language.pick("tab completes, - is not", "tab で補完、- は否定"), names.join(" ")),
        width,
    )
}

fn clear(frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(ratatui::widgets::Clear, area);
}

/// A line with its cursor; what does not fit leaves on the left.
pub fn line(frame: &mut Frame<'_>, area: Rect, state: &State, label: &str, line: &Line, tail: &str) {
    let theme = state.theme();
    clear(frame, area);
    frame.buffer_mut().set_style(area, theme.bar);
    let room = usize::from(area.width).saturating_sub(label.width() + tail.width() + 1);
    let mut before = line.before();
    while before.width() > room {
        let mut rest = before.chars();
        rest.next();
        before = rest.as_str();
    }
    let behind = fit(line.behind(), room - before.width());
    let column = label.width() + before.width();
    let filler = room.saturating_sub(before.width() + behind.width()) + 1;
    frame.render_widget(
        Text::from(vec![
            Span::styled(label.to_owned(), theme.bar.patch(theme.accent)),
            Span::styled(format!("{before}{behind}"), theme.bar),
            Span::styled(" ".repeat(filler), theme.bar),
            Span::styled(tail.to_owned(), theme.bar),
        ]),
        area,
    );
    let x = area.x + u16::try_from(column).unwrap_or(0);
    frame.set_cursor_position(Position { x: x.min(area.right().saturating_sub(1)), y: area.y });
}
