//! Probes that worked.

use super::facts::Facts;
use super::{Story, advice};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Remark, Verdict};

/// The words for a success.
#[must_use]
pub fn story(facts: &Facts<'_>) -> Story {
    let (language, client, host, proxy, name) = (facts.language, &facts.client, &facts.host, &facts.proxy, &facts.name);
    let story = match facts.finding.verdict {
        Verdict::ActiveHttpProbeSucceededViaProxy => Story::new(say!(
            language,
            "The probe of {client} to {host} worked through proxy {proxy}",
            "{client} の {host} へのプローブがプロキシ {proxy} 経由で成功"
        ))
        .tell(say!(
            language,
            "{client} asked {proxy} for the probe file of {host} and got exactly the expected text. A 407 on the way is \
             part of a normal sign-in.",
            "{client} は {proxy} 経由で {host} のプローブを取得し、期待どおりの文字列が返りました。途中の 407 は通常の\
             認証手順です。"
        )),
        Verdict::ActiveDnsProbeSucceeded => Story::new(say!(
            language,
            "The DNS probe of {client} got the expected address of {name}",
            "{client} の DNS プローブで {name} の期待どおりのアドレスが返った"
        ))
        .tell(say!(
            language,
            "{name} was answered with the address that Windows compares with. Portals usually let this look-up through, \
             so it weighs less than the HTTP probe.",
            "{name} に Windows の期待するアドレスが返りました。ポータルもこの問い合わせは通すことが多いため、HTTP プローブ\
             より重みは低くなります。"
        )),
        _ => Story::new(say!(
            language,
            "The probe of {client} to {host} worked",
            "{client} の {host} へのプローブが成功"
        ))
        .tell(say!(
            language,
            "{client} asked {host} for the probe file and got exactly the expected text.",
            "{client} は {host} のプローブを取得し、期待どおりの文字列が返りました。"
        )),
    };
    let cached = facts.finding.remarks.iter().any(|remark| matches!(remark, Remark::StaleCache { .. }));
    if cached {
        return story
            .advise(
                Audience::Proxy,
                say!(
                    language,
                    "Do not answer {host} from a cache: its answers may be kept for 30 s at most (Cache-Control: max-age=30).",
                    "{host} にキャッシュから応答しないでください（Cache-Control: max-age=30、保持は最大 30 秒）。"
                ),
            )
            .otherwise(language.pick(
                "A fresh answer would prove the Internet.",
                "新しい応答であればインターネット接続の証明になります。",
            ));
    }
    story
        .advise(
            Audience::Client,
            language.pick(
                "Nothing to do. If Windows still shows \"No Internet\", read events 4042 of Microsoft-Windows-NCSI. ",
                "対処は不要です。それでも「インターネットなし」と表示される場合は Microsoft-Windows-NCSI のイベント 4042 \
                 を確認してください。",
            )
            .to_owned()
                + advice::judge_again(language),
        )
        .otherwise(language.pick(
            "Another status or another text in the answer would have been judged a failure.",
            "応答のステータスや本文が異なれば失敗と判定されます。",
        ))
}
