//! Other systems' connectivity checks.

use super::facts::{Facts, safe};
use super::{Story, cause, verdict};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Verdict};

/// The words for another system's check.
#[must_use]
pub fn story(facts: &Facts<'_>) -> Story {
    let (language, client, host, status) = (facts.language, &facts.client, &facts.host, &facts.status);
    let check = facts.finding.details.os_check.as_ref();
    let system = check.map_or_else(|| language.pick("Another system", "他の OS").into(), |check| safe(&check.system));
    let expected = check.map_or_else(String::new, |check| {
        let expected = safe(&check.expected);
        say!(language, " The system expects {expected}.", "期待する応答：{expected}。")
    });
    if facts.finding.verdict == Verdict::OsCheckSucceeded {
        return Story::new(say!(
            language,
            "{system}: the connectivity check of {client} to {host} worked",
            "{system}：{client} の接続確認（{host}）が成功"
        ))
        .tell(say!(
            language,
            "{host} answered {status}, as that system expects. It says nothing about Windows' own judgement.",
            "{host} は期待どおり {status} を返しました。Windows の判定とは無関係です。"
        ))
        .otherwise(
            language.pick("Another answer would be a portal or a block.", "異なる応答ならポータルまたは遮断です。"),
        );
    }
    let what = outcome(facts);
    let story = Story::new(say!(
        language,
        "{system}: the connectivity check of {client} to {host} {what}",
        "{system}：{client} の接続確認（{host}）{what}"
    ))
    .tell(verdict::meaning(facts.finding.verdict, language).to_owned() + &expected)
    .tell(language.pick(
        "Where several systems fail alike, the network is the cause and not one machine.",
        "複数の OS で同様に失敗していれば、原因は個々の端末ではなくネットワーク側です。",
    ));
    remedy(facts, story).otherwise(
        language
            .pick("The answer that this system expects would be a success.", "その OS の期待する応答なら成功です。"),
    )
}

/// What became of the check, as the end of a title.
fn outcome(facts: &Facts<'_>) -> String {
    let (language, status, by) = (facts.language, &facts.status, facts.by());
    let location = &facts.location;
    match facts.finding.cause {
        Some(Cause::HttpRedirect) => {
            say!(language, "is redirected to {location} ({status})", "が {location} へ転送された（{status}）")
        }
        Some(Cause::HttpBlocked) => say!(language, "is blocked with {status}{by}", "が {status} で遮断された{by}"),
        Some(Cause::HttpStatus) => say!(language, "gets {status}{by}", "に {status} が返った{by}"),
        Some(cause) => {
            let why = cause::meaning(cause, language);
            match facts.finding.verdict {
                Verdict::OsCheckPortal => say!(language, "meets a portal: {why}{by}", "がポータルに遭遇：{why}{by}"),
                Verdict::OsCheckBlocked => say!(language, "is blocked: {why}{by}", "が遮断された：{why}{by}"),
                _ => say!(language, "failed: {why}", "が失敗：{why}"),
            }
        }
        None => language.pick("did not work", "が失敗").to_owned(),
    }
}

fn remedy(facts: &Facts<'_>, story: Story) -> Story {
    let (language, host) = (facts.language, &facts.host);
    let cause = facts.finding.cause.map_or("", Cause::name);
    match facts.finding.verdict {
        Verdict::OsCheckPortal => story.advise(
            Audience::Client,
            language
                .pick("Open a browser and sign in to the portal.", "ブラウザーでポータルにサインインしてください。"),
        ),
        _ if cause.starts_with("dns-") => story.advise(
            Audience::Dns,
            say!(
                language,
                "Let {host} resolve to its public address.",
                "{host} を公開アドレスに解決できるようにしてください。"
            ),
        ),
        _ if cause.starts_with("proxy-") => story.advise(
            Audience::Proxy,
            say!(language, "Let {host} pass unchanged.", "{host} への通信を変更せずに通過させてください。"),
        ),
        _ => story.advise(
            Audience::Firewall,
            say!(language, "Let {host} pass unchanged.", "{host} への通信を変更せずに通過させてください。"),
        ),
    }
}
