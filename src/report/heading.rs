//! What a capture covers and what it cannot show, in lines that text and Markdown share.

use jiff::tz::TimeZone;

use super::language::{Language, say};
use super::model::{Client, Report, State};
use super::words::safe;
use crate::verdict::{Capability, Role};

/// One line a capture: name, packets, span of time; and one more where its clock was set right.
#[must_use]
pub fn inputs(report: &Report<'_>, language: Language, zone: &TimeZone) -> Vec<String> {
    let line = |input: &super::model::Input| {
        let (path, packets) = (safe(&input.path), packets(input.packets, language));
        let span = match (input.first, input.last) {
            (Some(first), Some(last)) => {
                let (start, length) = (first.in_zone(zone), duration(last.time.since(first.time).as_secs_f64()));
                say!(language, ", from {start} for {length}", "、{start} から {length}")
            }
            _ => String::new(),
        };
        let cut = if input.complete { "" } else { language.pick(", incomplete", "、不完全") };
        say!(language, "{path}: {packets}{span}{cut}", "{path}：{packets}{span}{cut}")
    };
    let lines = |input: &super::model::Input| [Some(line(input)), clock(input, report, language)];
    report.inputs.iter().flat_map(lines).flatten().collect()
}

/// So many packets.
fn packets(number: u64, language: Language) -> String {
    let grouped = grouped(number);
    let noun = if number == 1 { "packet" } else { "packets" };
    say!(language, "{grouped} {noun}", "{grouped} パケット")
}

/// How the clock of a capture was set right, where it was.
fn clock(input: &super::model::Input, report: &Report<'_>, language: Language) -> Option<String> {
    let clock = input.clock.as_ref()?;
    let (path, packets) = (safe(&input.path), grouped(clock.packets));
    let other = report.inputs.get(clock.reference).map(|other| safe(&other.path)).unwrap_or_default();
    let seconds = clock.correction_ms.abs() / 1e3;
    let ahead = clock.correction_ms < 0.0;
    let (side, side_ja) = if ahead { ("ahead of", "進んでいる") } else { ("behind", "遅れている") };
    let drift = clock.drift_ppm;
    let drift = if drift == 0.0 {
        String::new()
    } else {
        let (pace, pace_ja) = if drift > 0.0 { ("faster", "速い") } else { ("slower", "遅い") };
        let ppm = drift.abs();
        say!(language, " and runs {ppm:.1} ppm {pace}", "、歩度も {ppm:.1} ppm {pace_ja}")
    };
    Some(if clock.packets == 0 {
        say!(
            language,
            "{path}: its clock is {seconds:.3} s {side} that of {other}{drift}, taken from the capture that it continues; \
             corrected",
            "{path}：時計が {other} より {seconds:.3} 秒{side_ja}{drift}とみて補正（連続する前後のファイルの測定値による）"
        )
    } else {
        say!(
            language,
            "{path}: its clock is {seconds:.3} s {side} that of {other}{drift}; corrected, by {packets} packets that are in \
             both",
            "{path}：時計が {other} より {seconds:.3} 秒{side_ja}{drift}ため補正（共通する {packets} パケットから算出）"
        )
    })
}

/// Who and what was seen.
#[must_use]
pub fn coverage(report: &Report<'_>, language: Language) -> String {
    let clients = report.clients.facts().iter().filter(|client| client.role == Role::Client).count();
    let protocols = match report.quality.protocols_seen.as_slice() {
        [] => language.pick("none that this program reads", "対応するものなし").to_owned(),
        some => some.join(" "),
    };
    let who = if clients == 1 { "client" } else { "clients" };
    say!(language, "{clients} {who}; protocols: {protocols}", "クライアント {clients} 台、プロトコル：{protocols}")
}

/// What the captures cannot show; empty where nothing is known against them.
#[must_use]
pub fn limits(report: &Report<'_>, language: Language) -> Vec<String> {
    let quality = &report.quality;
    let counted = [
        (
            quality.one_way_flows,
            "TCP connection with one direction only",
            "TCP connections with one direction only",
            "片方向のみの TCP 接続",
        ),
        (
            quality.truncated_packets,
            "packet cut by the snap length",
            "packets cut by the snap length",
            "長さ制限で切れたパケット",
        ),
        (quality.gaps, "hole in a TCP stream", "holes in TCP streams", "TCP ストリームの欠落"),
        (
            quality.dropped_packets,
            "packet dropped while capturing",
            "packets dropped while capturing",
            "取得時に失われたパケット",
        ),
        (
            quality.mirror_lost,
            "packet lost by the mirror session before it was captured",
            "packets lost by mirror sessions before they were captured",
            "ミラーセッションの転送中に失われたパケット",
        ),
        (
            quality.duplicate_packets,
            "duplicate packet, counted once",
            "duplicate packets, counted once",
            "重複パケット（1 回として計数）",
        ),
        (
            quality.evicted_flows,
            "connection or exchange given up under memory pressure",
            "connections or exchanges given up under memory pressure",
            "メモリ不足で追跡を中止した接続・やり取り",
        ),
    ];
    let mut lines: Vec<String> = counted
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many, ja)| {
            let en = if count == 1 { one } else { many };
            let (count, what) = (grouped(count), language.pick(en, ja));
            say!(language, "{count} {what}", "{what}：{count}")
        })
        .collect();
    if quality.anonymised {
        lines.push(
            language
                .pick(
                    "addresses or contents were rewritten (anonymised)",
                    "アドレスや内容が書き換えられている（匿名化）",
                )
                .to_owned(),
        );
    }
    if !quality.points.is_empty() {
        let shared = grouped(quality.shared_packets);
        let alone = |point: &super::model::Point| {
            let (name, alone) = (safe(&point.name), grouped(point.alone));
            say!(language, "{alone} only in {name}", "{name} のみ {alone}")
        };
        let alone: Vec<String> = quality.points.iter().map(alone).collect();
        let alone = alone.join(language.pick(", ", "、"));
        lines.push(say!(
            language,
            "several capture points: {shared} packets at more than one of them, {alone}",
            "複数の取得点：共通 {shared} パケット、{alone}"
        ));
    }
    for kind in &quality.not_decoded {
        let (packets, name) = (packets(kind.packets, language), &kind.kind);
        lines.push(say!(language, "{packets} of {name}, not decoded", "{name}（未対応）：{packets}"));
    }
    for input in &report.inputs {
        for problem in &input.problems {
            let (path, packet, offset, message) = (safe(&input.path), problem.packet, problem.offset, &problem.message);
            lines.push(say!(
                language,
                "{path}: after packet {packet}, byte {offset}: {message}",
                "{path}：パケット {packet} の後、オフセット {offset}：{message}"
            ));
        }
    }
    lines
}

/// Name and further addresses of a client.
#[must_use]
pub fn identity(client: &Client) -> String {
    let others = client.addresses.iter().filter(|address| **address != client.address);
    let facts: Vec<String> = others
        .map(ToString::to_string)
        .chain(client.name.as_deref().map(|name| safe(name).into_owned()))
        .chain(client.mac.clone())
        .chain(client.os.as_deref().map(|os| safe(os).into_owned()))
        .chain((client.role != Role::Client).then(|| client.role.to_string()))
        .collect();
    if facts.is_empty() { client.address.to_string() } else { format!("{} ({})", client.address, facts.join(", ")) }
}

/// A family's state in words, with a mark.
#[must_use]
pub fn state(name: &str, state: Option<&State>, language: Language, zone: &TimeZone) -> String {
    let Some(state) = state else {
        return say!(language, "{name}: – nothing decides", "{name}：– 判定材料なし");
    };
    let (capability, since) = (state.capability, state.since.time_of_day(zone));
    let (mark, shown) = match capability {
        Capability::Internet => ("✓", language.pick("Internet access", "インターネット アクセス")),
        Capability::Local | Capability::None => ("✗", language.pick("\"No Internet\"", "「インターネットなし」")),
    };
    let how =
        if state.predicted { language.pick("predicted", "予測") } else { language.pick("observed", "確認済み") };
    say!(
        language,
        "{name}: {mark} {capability}, {shown} ({how}, since {since})",
        "{name}：{mark} {capability} {shown}（{how}、{since} から）"
    )
}

/// Seconds as a person says them.
fn duration(seconds: f64) -> String {
    if seconds < 120.0 {
        format!("{seconds:.1} s")
    } else if seconds < 7200.0 {
        format!("{:.1} min", seconds / 60.0)
    } else {
        format!("{:.1} h", seconds / 3600.0)
    }
}

/// A number in groups of three digits.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
