//! The capture lacks what would decide.

use super::facts::Facts;
use super::{Story, advice, verdict};
use crate::report::language::say;
use crate::verdict::{Cause, Verdict};

/// The words for a finding that the capture cannot decide.
#[must_use]
pub fn story(facts: &Facts<'_>) -> Story {
    let (language, client, host) = (facts.language, &facts.client, &facts.host);
    let (why, lack) = match facts.finding.cause {
        Some(Cause::OneWay) => (
            language.pick("only one direction was captured", "片方向しか取得されていない"),
            language.pick(
                "Nothing that was sent to this client is in the capture at that time. A mirror port that copies only one \
                 direction, or the port of somebody else, looks like this; the missing answer proves nothing.",
                "この時間帯にクライアント宛ての通信が取得されていません。片方向のミラーや別のポートのミラーで起こります。\
                 応答が見えないことは何の証明にもなりません。",
            ),
        ),
        Some(Cause::TruncatedPackets) => (
            language.pick("the decisive packets are cut", "判定に必要なパケットが途中で切れている"),
            language.pick(
                "The packets were captured with a snap length that cuts the part that decides.",
                "取得時の長さ制限により、判定に必要な部分が失われています。",
            ),
        ),
        Some(Cause::CaptureEnded) => (
            language.pick("the capture ends too early", "取得の終了が早すぎる"),
            language.pick(
                "The capture ends before the time that Windows waits for an answer has passed: the answer may have come \
                 afterwards.",
                "Windows の待ち時間が過ぎる前に取得が終わっています。その後に応答があった可能性があります。",
            ),
        ),
        Some(Cause::FilteredCapture) => (
            language.pick("a capture filter left out what decides", "取得フィルターで必要な通信が除外されている"),
            language.pick(
                "A protocol that every network shows is absent from the whole capture, so nothing can be said about what \
                 was never sent.",
                "通常必ず現れるプロトコルがまったく含まれていないため、「送信されていない」とは言えません。",
            ),
        ),
        Some(Cause::AnonymisedCapture) => (
            language.pick("the capture was rewritten", "取得データが書き換えられている"),
            language.pick(
                "Addresses or contents were replaced after capturing (anonymised), so the bytes that decide are not the \
                 original ones.",
                "取得後にアドレスや内容が置き換えられて（匿名化されて）おり、判定に必要なデータが元のものではありません。",
            ),
        ),
        _ => (
            language.pick("bytes are missing in the middle", "途中のデータが欠けている"),
            language.pick(
                "The capture lost packets in the middle of the decisive message.",
                "判定に必要な通信の途中でパケットが失われています。",
            ),
        ),
    };
    let mut story = Story::new(match facts.finding.guess {
        Some(Verdict::NoAddress) => say!(
            language,
            "Whether {client} got an address cannot be told: {why}",
            "{client} がアドレスを取得できたか判定できない：{why}"
        ),
        Some(Verdict::SuspectArpProbeFailed) => {
            let gateway = &facts.gateway;
            say!(
                language,
                "Whether the gateway {gateway} answers {client} cannot be told: {why}",
                "ゲートウェイ {gateway} が {client} に応答するか判定できない：{why}"
            )
        }
        _ => say!(
            language,
            "What became of the request of {client} to {host} cannot be told: {why}",
            "{client} から {host} への要求の結果を判定できない：{why}"
        ),
    })
    .tell(lack);
    if let Some(guess) = facts.finding.guess {
        let meaning = verdict::meaning(guess, language);
        story = story.tell(say!(
            language,
            "The best reading is {guess}: {meaning}",
            "最も可能性が高いのは {guess}：{meaning}"
        ));
    }
    story.remedy = advice::capture_again(language);
    let would = match facts.finding.cause {
        Some(Cause::OneWay) => language.pick(
            "If the capture was made on the client itself, say `--capture-point client`: then the silence counts.",
            "クライアント上で取得したものなら `--capture-point client` を指定してください。その場合、無応答が証拠になります。",
        ),
        Some(Cause::AnonymisedCapture) => language.pick("The original capture would decide.", "元の取得データがあれば判定できます。"),
        _ => language.pick(
            "A capture that holds whole packets of both directions until the end of the attempt would decide.",
            "試行の終わりまで両方向・全長のパケットを含む取得データがあれば判定できます。",
        ),
    };
    story.otherwise(would)
}
