//! Look-alikes, and clients that sent no probe.

use super::facts::{Facts, safe};
use super::{Story, advice, cause, verdict};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::Verdict;

/// The words for what surrounds the probes.
#[must_use]
pub fn story(facts: &Facts<'_>) -> Story {
    let (language, client, host) = (facts.language, &facts.client, &facts.host);
    let agent = facts
        .finding
        .details
        .http
        .as_ref()
        .and_then(|http| http.user_agent.as_deref())
        .filter(|agent| !agent.is_empty())
        .map_or_else(|| language.pick("no User-Agent", "User-Agent なし").into(), safe);
    match facts.finding.verdict {
        Verdict::ProbeLookAlike if facts.finding.rule == "probe.browser-redirect" => Story::new(say!(
            language,
            "A browser on {client} opened http://{host}/redirect, where Windows sends it when it takes a network for a portal",
            "{client} のブラウザーが http://{host}/redirect を開いた（Windows がポータルと判定したときに開かせる宛先）"
        ))
        .tell(say!(
            language,
            "Windows opens /redirect in a browser after its own probe met a portal, so that the user can sign in; a \
             person may also have typed it. The request ({agent}) is no probe, and Windows does not judge by its answer.",
            "/redirect は、プローブがポータルを検出した後、サインインのために Windows がブラウザーに開かせる宛先です（利用者が\
             入力した可能性もあります）。この要求（{agent}）はプローブではなく、判定には使われません。"
        ))
        .advise(
            Audience::Client,
            language.pick("Look for the probe that failed just before.", "直前に失敗したプローブを確認してください。"),
        )
        .otherwise(language.pick(
            "The User-Agent \"Microsoft NCSI\" would make it a probe.",
            "User-Agent が「Microsoft NCSI」ならプローブとして扱います。",
        )),
        Verdict::ProbeLookAlike => Story::new(say!(
            language,
            "{client} asked for the probe URL of {host}, but not Windows itself ({agent})",
            "{client} がプローブ URL（{host}）を要求したが、Windows 自身ではない（{agent}）"
        ))
        .tell(say!(
            language,
            "The request carries {agent} instead of \"Microsoft NCSI\": a browser, a script or an application sent it. \
             Windows does not judge by it.",
            "要求の User-Agent は「Microsoft NCSI」ではなく {agent} です。ブラウザー、スクリプト、アプリによる要求で、\
             Windows の判定には使われません。"
        ))
        .advise(Audience::Client, language.pick("Nothing to do.", "対処は不要です。"))
        .otherwise(language.pick(
            "The User-Agent \"Microsoft NCSI\" would make it a probe.",
            "User-Agent が「Microsoft NCSI」ならプローブとして扱います。",
        )),
        _ => without_cause(facts),
    }
}

/// A verdict that should name a cause and does not: its own meaning, and nothing invented.
#[must_use]
pub fn without_cause(facts: &Facts<'_>) -> Story {
    let (language, client, host, verdict) = (facts.language, &facts.client, &facts.host, facts.finding.verdict);
    let meaning = verdict::meaning(verdict, language);
    Story::new(format!("{client} → {host}: {verdict}"))
        .tell(meaning)
        .advise(Audience::Client, advice::try_probe(language))
        .otherwise(cause::unknown(language))
}
