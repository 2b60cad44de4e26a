//! Sentences of the statistics about the run itself: how it stands, who is confined, whom it sees by half.

use crate::engine::feed::Sandbox;
use crate::report::heading::grouped;
use crate::report::language::say;
use crate::tui::live::Live;
use crate::tui::state::State;
use crate::tui::words;

/// Clients that are named; more are counted.
const NAMED: usize = 8;

/// How a live run stands.
pub(super) fn stands(state: &State, live: &Live) -> Vec<String> {
    let (language, status) = (state.language, &live.status);
    let (packets, bytes) = (grouped(status.packets), grouped(status.bytes));
    let elapsed = words::span(status.elapsed, language);
    let (kernel, interface, own) = (grouped(status.kernel), grouped(status.interface), grouped(status.unwritten));
    let cost = words::span(status.cost, language);
    let mut lines = vec![
        say!(
            language,
            "{packets} packets, {bytes} bytes on the wire in {elapsed}",
            "{elapsed} で {packets} パケット、{bytes} バイト"
        ),
        say!(
            language,
            "dropped: {kernel} by the kernel, {interface} by interfaces; {own} not written to the file",
            "欠落：カーネル {kernel}、インターフェース {interface}、ファイル未保存 {own}"
        ),
        say!(language, "the last judgement took {cost}", "直近の判定に {cost}"),
    ];
    let (findings, clients) = (state.snapshot.unlisted_findings, state.snapshot.unlisted_clients);
    if findings + clients > 0 {
        let (findings, clients) = (grouped(findings), grouped(clients));
        lines.push(say!(
            language,
            "{findings} findings and {clients} clients are not listed any more: there were too many",
            "件数の上限により、所見 {findings} 件と端末 {clients} 台を一覧から除きました"
        ));
    }
    lines
}

/// Who is confined, and whether that is less than there could be.
pub(super) fn sandbox(state: &State) -> (String, bool) {
    let language = state.language;
    match &state.sandbox {
        Sandbox::Confined => (
            language
                .pick(
                    "confined: who looks into packets has no capability, and files are closed to it but for the folders of the outputs (Landlock); reading threads keep CAP_NET_RAW",
                    "隔離済：解析側は特権なし、出力先フォルダー以外のファイルにアクセス不可（Landlock）。取得スレッドのみ CAP_NET_RAW を保持",
                )
                .to_owned(),
            false,
        ),
        Sandbox::Open(why) => {
            let why = crate::report::words::safe(why);
            (
                say!(
                    language,
                    "no capability, but not confined: {why}",
                    "特権はないが、隔離されていません：{why}"
                ),
                true,
            )
        }
        Sandbox::ToCaptures => (
            language
                .pick(
                    "confined: the program reads the captures, makes new files in the folder where it was started, and nothing else; no capability, no network (Landlock)",
                    "隔離済：キャプチャの読み取りと、起動時のフォルダーへの新規ファイル作成のみ可能。特権なし、ネットワーク接続不可（Landlock）",
                )
                .to_owned(),
            false,
        ),
        Sandbox::None => (
            language
                .pick(
                    "off, as asked for (--sandbox off): the program runs with the rights of its user",
                    "無効（--sandbox off の指定）：利用者の権限で動作します",
                )
                .to_owned(),
            false,
        ),
    }
}

/// Clients that are seen in one direction only.
pub(super) fn halves(state: &State) -> Vec<String> {
    let language = state.language;
    let listed = state.clients.iter().filter_map(|row| state.snapshot.clients.get(row.index));
    let halves = listed.filter(|client| client.seen.from != client.seen.to);
    let mut lines: Vec<String> = halves
        .take(NAMED)
        .map(|client| {
            let (address, seen) = (client.address, words::directions(client.seen, language));
            say!(language, "client {address}: {seen}", "端末 {address}：{seen}")
        })
        .collect();
    let more = state.halves.saturating_sub(NAMED);
    if more > 0 {
        lines.push(say!(language, "and {more} more clients in one direction", "他に片方向の端末 {more} 台"));
    }
    lines
}
