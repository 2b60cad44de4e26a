//! Numbers: what was read, what of it could not be used, what was found.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::{page, page_length, run};
use crate::report::heading::{self, grouped};
use crate::report::language::say;
use crate::report::wrap::wrap;
use crate::report::{Options, build};
use crate::tui::fit::{pad, pad_left};
use crate::tui::state::State;
use crate::tui::words;
use crate::verdict::{Role, Severity};

/// Draws them.
pub fn render(frame: &mut Frame<'_>, area: Rect, state: &State) {
    page(frame, area, state.language.pick("Statistics", "統計").to_owned(), state, |width| lines(state, width));
}

/// Lines in sight and lines in all.
#[must_use]
pub fn measure(state: &State) -> (usize, usize) {
    page_length(state, |width| lines(state, width))
}

fn lines(state: &State, width: usize) -> Vec<Line<'static>> {
    let (theme, language) = (state.theme(), state.language);
    let mut lines = Vec::new();
    let section = |lines: &mut Vec<Line<'static>>, title: &str| {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(format!(" {title}"), theme.accent));
    };
    let text = |lines: &mut Vec<Line<'static>>, text: &str, style| {
        for (at, line) in wrap(text, width.saturating_sub(5).max(10)).into_iter().enumerate() {
            let indent = if at == 0 { "  " } else { "    " };
            lines.push(Line::styled(format!("{indent}{line}"), style));
        }
    };
    let outline = build::outline(&state.snapshot);
    let about = build::report(&outline, &Options::default());
    section(&mut lines, language.pick("Read", "読み込み"));
    let (packets, bytes) = (grouped(state.reached.packets), grouped(state.reached.bytes));
    match &state.live {
        Some(live) => {
            for line in run::stands(state, live) {
                text(&mut lines, &line, theme.text);
            }
        }
        None => text(
            &mut lines,
            &say!(language, "{packets} packets, {bytes} bytes of files", "{packets} パケット、ファイル {bytes} バイト"),
            theme.text,
        ),
    }
    section(&mut lines, language.pick("Sandbox", "サンドボックス"));
    let (confined, bad) = run::sandbox(state);
    text(&mut lines, &confined, if bad { theme.severity(Severity::Warning) } else { theme.text });
    section(&mut lines, language.pick("Hosts", "ホスト"));
    for role in [Role::Client, Role::Proxy, Role::Resolver, Role::Nat] {
        let count = state.snapshot.clients.iter().filter(|client| client.role == role).count();
        if count > 0 {
            lines.push(counted(&role.to_string(), count, "", state));
        }
    }
    section(&mut lines, language.pick("Findings by verdict", "判定ごとの所見"));
    for (verdict, severity, count) in &state.tally.verdicts {
        lines.push(counted(verdict.name(), *count, state.glyphs.severity(*severity), state));
    }
    if !state.tally.common.is_empty() {
        section(&mut lines, language.pick("What clients have in common", "端末に共通する点"));
        for common in &state.tally.common {
            text(&mut lines, common, theme.text);
        }
    }
    section(&mut lines, language.pick("What it cannot show", "取得データの限界"));
    let limits = heading::limits(&about, language);
    if limits.is_empty() && state.unread().is_empty() && state.halves == 0 {
        text(&mut lines, language.pick("nothing is known against it", "問題は見つかっていません"), theme.text);
    }
    for limit in limits.iter().chain(state.unread()) {
        text(&mut lines, &format!("! {limit}"), theme.severity(Severity::Warning));
    }
    for line in run::halves(state) {
        text(&mut lines, &format!("! {line}"), theme.severity(Severity::Warning));
    }
    if let Some(live) = state.live.as_ref().filter(|live| !live.messages.is_empty()) {
        section(&mut lines, language.pick("What the run said", "実行中のメッセージ"));
        for message in live.messages.iter().rev() {
            text(&mut lines, &crate::report::words::safe(message), theme.text);
        }
    }
    section(&mut lines, language.pick("Captures", "キャプチャ"));
    for line in heading::inputs(&about, language, &state.shown_zone()) {
        text(&mut lines, &line, theme.text);
    }
    lines
}

fn counted(label: &str, count: usize, mark: &str, state: &State) -> Line<'static> {
    let theme = state.theme();
    Line::from(vec![
        Span::styled(format!("  {} ", pad(mark, 1)), theme.strong),
        Span::styled(pad(label, 40), theme.text),
        Span::styled(pad_left(&words::short(count as u64), 9), theme.strong),
    ])
}
