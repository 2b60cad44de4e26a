//! The table of keys: what can be done, by which keys, in which words. Dispatch, help, palette and configuration are
//! made of it.

pub use super::keymap::{Key, Keymap};
use crate::report::Language;

/// Something that a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the table says what each does
pub enum Action {
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    NextPane,
    Open,
    Back,
    NextFinding,
    PreviousFinding,
    Overview,
    Finding,
    Ladder,
    Packets,
    Stream,
    Timeline,
    Compare,
    Peers,
    Statistics,
    Endpoints,
    ZoomIn,
    ZoomOut,
    OnlyEvidence,
    Filter,
    ClearFilter,
    Search,
    SearchNext,
    SearchPrevious,
    Sort,
    Reverse,
    Mark,
    Copy,
    Export,
    Palette,
    ToggleUtc,
    ToggleLanguage,
    NextTheme,
    Freeze,
    Help,
    Suspend,
    Quit,
}

/// Heading under which the help lists an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Moving about.
    Move,
    /// Screens.
    Screens,
    /// What is listed.
    Find,
    /// How things are shown.
    Show,
    /// What is taken out.
    Take,
    /// The program.
    Program,
}

impl Group {
    /// All of them, in the order of the help.
    pub const ALL: &'static [Self] = &[Self::Screens, Self::Move, Self::Find, Self::Take, Self::Show, Self::Program];

    /// Its heading.
    #[must_use]
    pub const fn title(self, language: Language) -> &'static str {
        match self {
            Self::Move => language.pick("Move", "移動"),
            Self::Screens => language.pick("Screens", "画面"),
            Self::Find => language.pick("Find", "検索"),
            Self::Take => language.pick("Take along", "持ち出し"),
            Self::Show => language.pick("Show", "表示"),
            Self::Program => language.pick("Program", "プログラム"),
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it does.
    pub action: Action,
    /// Its name in the configuration.
    pub name: &'static str,
    /// Keys that do it by default; the first one is shown.
    pub keys: &'static [&'static str],
    /// Where the help lists it.
    pub group: Group,
    /// What it does, in English.
    pub en: &'static str,
    /// What it does, in Japanese.
    pub ja: &'static str,
}

impl Row {
    /// What it does.
    #[must_use]
    pub const fn words(&self, language: Language) -> &'static str {
        language.pick(self.en, self.ja)
    }
}

const fn row(
    action: Action,
    name: &'static str,
    keys: &'static [&'static str],
    group: Group,
    en: &'static str,
    ja: &'static str,
) -> Row {
    Row { action, name, keys, group, en, ja }
}

/// Everything that can be asked for.
pub const TABLE: &[Row] = &[
    row(Action::Up, "up", &["up", "k"], Group::Move, "up", "上へ"),
    row(Action::Down, "down", &["down", "j"], Group::Move, "down", "下へ"),
    row(Action::PageUp, "page-up", &["pageup", "ctrl-u"], Group::Move, "a page up", "1 ページ上へ"),
    row(Action::PageDown, "page-down", &["pagedown", "ctrl-d", "space"], Group::Move, "a page down", "1 ページ下へ"),
    row(Action::First, "first", &["home", "g"], Group::Move, "to the first", "先頭へ"),
    row(Action::Last, "last", &["end", "G"], Group::Move, "to the last", "末尾へ"),
    row(Action::NextPane, "next-pane", &["tab", "backtab"], Group::Move, "to the other pane", "次の枠へ"),
    row(Action::Open, "open", &["enter", "right", "l"], Group::Move, "open", "開く"),
    row(Action::Back, "back", &["esc", "backspace", "left", "h"], Group::Move, "back", "戻る"),
    row(Action::NextFinding, "next-finding", &["J", "]"], Group::Move, "the next finding", "次の所見"),
    row(Action::PreviousFinding, "previous-finding", &["K", "["], Group::Move, "the finding before", "前の所見"),
    row(Action::Overview, "overview", &["1"], Group::Screens, "overview: who is affected", "概要：影響を受けた端末"),
    row(Action::Finding, "finding", &["2"], Group::Screens, "finding: what, why, what to do", "所見：内容、原因、対処"),
    row(
        Action::Ladder,
        "ladder",
        &["3"],
        Group::Screens,
        "ladder: who said what, and where it failed",
        "シーケンス図：どこで失敗したか",
    ),
    row(Action::Packets, "packets", &["4"], Group::Screens, "packets and bytes: the proof", "パケットとバイト列：証拠"),
    row(
        Action::Stream,
        "stream",
        &["5"],
        Group::Screens,
        "follow stream: what both sides said",
        "ストリーム：双方のやり取り",
    ),
    row(
        Action::Timeline,
        "timeline",
        &["6"],
        Group::Screens,
        "timeline: clients over time",
        "時系列：端末の状態の変化",
    ),
    row(
        Action::Compare,
        "compare",
        &["7"],
        Group::Screens,
        "compare with an attempt that worked",
        "成功した試行と比較",
    ),
    row(
        Action::Peers,
        "clients",
        &["0"],
        Group::Screens,
        "two clients side by side, good and bad",
        "端末の比較：正常な端末と並べる",
    ),
    row(Action::Statistics, "statistics", &["8"], Group::Screens, "statistics", "統計"),
    row(
        Action::Endpoints,
        "endpoints",
        &["9"],
        Group::Screens,
        "Microsoft 365 endpoints",
        "Microsoft 365 エンドポイント",
    ),
    row(Action::ZoomIn, "zoom-in", &["+", "="], Group::Move, "less time in sight", "拡大"),
    row(Action::ZoomOut, "zoom-out", &["-"], Group::Move, "more time in sight", "縮小"),
    row(
        Action::OnlyEvidence,
        "only-evidence",
        &["a"],
        Group::Find,
        "evidence alone, or all packets",
        "証拠のみと全パケットの切替",
    ),
    row(Action::Filter, "filter", &["f"], Group::Find, "filter the findings", "所見を絞り込む"),
    row(Action::ClearFilter, "clear-filter", &["F"], Group::Find, "no filter", "絞り込みを解除"),
    row(Action::Search, "search", &["/"], Group::Find, "search", "検索"),
    row(Action::SearchNext, "search-next", &["n"], Group::Find, "the next match", "次の一致"),
    row(Action::SearchPrevious, "search-previous", &["N"], Group::Find, "the match before", "前の一致"),
    row(Action::Sort, "sort", &["s"], Group::Find, "sort by another column", "並べ替えの列を変更"),
    row(Action::Reverse, "reverse", &["S"], Group::Find, "the other way round", "逆順"),
    row(Action::Mark, "mark", &["m"], Group::Find, "mark, or take the mark away", "印を付ける・外す"),
    row(
        Action::Copy,
        "copy",
        &["y", "c"],
        Group::Take,
        "copy: ticket, summary, filter, remedy",
        "コピー：チケット、要約など",
    ),
    row(Action::Export, "export", &["e"], Group::Take, "export the report or the evidence", "レポートか証拠を書き出す"),
    row(
        Action::Palette,
        "palette",
        &[":", "ctrl-p"],
        Group::Program,
        "find a command by its name",
        "コマンドを名前で探す",
    ),
    row(Action::ToggleUtc, "utc", &["u"], Group::Show, "local time or UTC", "現地時刻と UTC の切替"),
    row(Action::ToggleLanguage, "language", &["L"], Group::Show, "English or Japanese", "日本語と英語の切替"),
    row(Action::NextTheme, "theme", &["T"], Group::Show, "the next theme", "配色の切替"),
    row(Action::Freeze, "freeze", &["p"], Group::Show, "hold the view still, or go on", "表示を一時停止・再開"),
    row(Action::Help, "help", &["?", "f1"], Group::Program, "help", "ヘルプ"),
    row(
        Action::Suspend,
        "suspend",
        &["ctrl-z"],
        Group::Program,
        "back to the shell; fg returns",
        "シェルへ（fg で復帰）",
    ),
    row(Action::Quit, "quit", &["q", "ctrl-c"], Group::Program, "quit", "終了"),
];

/// The row of an action.
#[must_use]
pub fn of(action: Action) -> Option<&'static Row> {
    TABLE.iter().find(|row| row.action == action)
}

/// The table as Markdown, for the documentation.
#[must_use]
pub fn table() -> String {
    let mut text = String::from("| key | does |\n|---|---|\n");
    for group in Group::ALL {
        for row in TABLE.iter().filter(|row| row.group == *group) {
            let keys: Vec<String> = row.keys.iter().map(|key| format!("`{key}`")).collect();
            text.push_str(&format!("| {} | {} |\n", keys.join(" "), row.en));
        }
    }
    text
}
