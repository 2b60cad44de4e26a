//! The probe got an HTTP answer that is not Microsoft's.

use super::facts::Facts;
use super::{Story, advice};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Remark, Route};

/// The words for a cause of the answer stage.
#[must_use]
pub fn story(facts: &Facts<'_>, cause: Cause) -> Story {
    let (language, client, host, status, by) = (facts.language, &facts.client, &facts.host, &facts.status, facts.by());
    let location = &facts.location;
    let story = match cause {
        Cause::HttpRedirect => Story::new(say!(
            language,
            "The probe of {client} is redirected to {location} ({status})",
            "{client} のプローブが {location} へ転送された（{status}）"
        ))
        .tell(say!(
            language,
            "{client} asked {host} for the probe file and got {status} to {location}{by}. Microsoft's server never \
             redirects; something in between answered in its name.",
            "{client} が {host} にプローブを要求したところ、{location} への {status} が返りました{by}。Microsoft の\
             サーバーは転送しないため、途中の装置が代わりに応答しています。"
        )),
        Cause::HttpWrongBody => Story::new(say!(
            language,
            "The probe of {client} gets another page than Microsoft's{by}",
            "{client} のプローブに Microsoft 以外のページが返った{by}"
        ))
        .tell(say!(
            language,
            "The answer to the probe of {host} is {status}, but its content is not the text that Windows expects{by}.",
            "{host} へのプローブの応答は {status} ですが、内容が Windows の期待する文字列ではありません{by}。"
        )),
        Cause::HttpEmptyBody => Story::new(say!(
            language,
            "The probe of {client} gets an empty page ({status})",
            "{client} のプローブに空のページが返った（{status}）"
        ))
        .tell(say!(
            language,
            "The answer to the probe of {host} is {status} without content{by}; Windows expects a text and takes this \
             for a portal.",
            "{host} へのプローブの応答は {status} で本文が空でした{by}。Windows はこれをポータルと判断します。"
        )),
        Cause::HttpBlocked => {
            let blocker = match (&facts.answered_by, &facts.finding.details.http) {
                (Some(by), _) => by.clone(),
                _ => language
                    .pick("a firewall or filter that names itself nowhere", "名乗らないファイアウォール/フィルター")
                    .to_owned(),
            };
            Story::new(say!(
                language,
                "The probe of {client} is blocked with {status} by {blocker}",
                "{client} のプローブが {blocker} により {status} で遮断された"
            ))
            .tell(say!(
                language,
                "The request for {host} was answered with {status} by {blocker}. Microsoft's server does not refuse the \
                 probe: a filter on the way does. There is no portal to sign in to.",
                "{host} への要求に {blocker} が {status} を返しました。Microsoft のサーバーは拒否しないため、経路上の\
                 フィルターによるものです。サインインするポータルはありません。"
            ))
        }
        Cause::HttpInterceptAuth => Story::new(say!(
            language,
            "A device in between demands that the probe of {client} signs in ({status})",
            "途中の装置が {client} のプローブに認証を要求（{status}）"
        ))
        .tell(say!(
            language,
            "{client} asked {host} directly and got {status}{by}: an intercepting (transparent) proxy asks for \
             credentials. A client that knows of no proxy must not answer that.",
            "{client} は {host} に直接要求しましたが、{status} が返りました{by}。透過プロキシが認証を求めています。\
             プロキシを知らないクライアントはこれに応答できません。"
        )),
        Cause::HttpServerError => Story::new(say!(
            language,
            "The probe of {client} gets the server error {status}{by}",
            "{client} のプローブにサーバーエラー {status} が返った{by}"
        ))
        .tell(say!(
            language,
            "The answer to the probe of {host} is {status}{by}: usually an intercepting proxy that cannot reach the \
             Internet itself.",
            "{host} へのプローブの応答は {status} でした{by}。多くの場合、透過プロキシ自身がインターネットに到達できて\
             いません。"
        )),
        _ => Story::new(say!(
            language,
            "The probe of {client} gets {status}{by} instead of Microsoft's answer",
            "{client} のプローブに Microsoft の応答ではなく {status} が返った{by}"
        ))
        .tell(say!(
            language,
            "{host} was asked for the probe file; {status} came back{by}. Only 200 with the expected text counts.",
            "{host} にプローブを要求し、{status} が返りました{by}。期待する本文を持つ 200 だけが成功です。"
        )),
    };
    remedies(facts, cause, story).otherwise(language.pick(
        "200 with exactly the text that Windows expects would have been a success.",
        "Windows の期待する文字列だけを持つ 200 の応答なら成功と判定されます。",
    ))
}

fn remedies(facts: &Facts<'_>, cause: Cause, story: Story) -> Story {
    let (language, by, location) = (facts.language, facts.by(), &facts.location);
    let exempt = advice::allow_names(language);
    match cause {
        Cause::HttpRedirect if facts.finding.remarks.contains(&Remark::HttpsUpgrade) => story.advise(
            Audience::Firewall,
            language.pick("Exempt the probe names from the forced upgrade to https. ", "プローブ名を HTTPS 強制転送の対象外にしてください。")
                .to_owned()
                + exempt,
        ),
        Cause::HttpRedirect | Cause::HttpWrongBody | Cause::HttpEmptyBody => {
            let named = facts.finding.details.http.as_ref().is_some_and(|http| http.location.is_some());
            let portal = if named && cause == Cause::HttpRedirect {
                say!(
                    language,
                    "Open a browser and sign in to the portal at {location}.",
                    "ブラウザーを開き、ポータル {location} にサインインしてください。"
                )
            } else {
                language
                    .pick(
                        "Open http://www.msftconnecttest.com/redirect in a browser and sign in to the portal that appears.",
                        "ブラウザーで http://www.msftconnecttest.com/redirect を開き、表示されるポータルにサインインしてください。",
                    )
                    .to_owned()
            };
            story.advise(Audience::Client, portal).advise(
                Audience::Firewall,
                language.pick(
                    "In a company network without a portal, an inline device rewrites HTTP: exempt the probe. ",
                    "ポータルのない社内ネットワークなら、経路上の装置が HTTP を書き換えています。プローブを対象外にしてください。",
                )
                .to_owned()
                    + exempt,
            )
        }
        Cause::HttpBlocked => story.advise(
            Audience::Firewall,
            say!(
                language,
                "On the device that answered{by}, allow the category or the names. {exempt}",
                "応答した装置{by}でカテゴリまたは名前を許可してください。{exempt}"
            ),
        ),
        Cause::HttpInterceptAuth => story
            .advise(
                Audience::Proxy,
                advice::exempt_urls(language).to_owned()
                    + language.pick(" An intercepting proxy must never ask for credentials with 407.", "透過プロキシは 407 で認証を要求してはいけません。"),
            )
            .advise(Audience::Client, advice::winhttp_proxy(facts)),
        Cause::HttpServerError if facts.finding.route == Some(Route::TransparentProxy) => story.advise(
            Audience::Proxy,
            say!(
                language,
                "Repair the way of the intercepting proxy{by} to the Internet: its DNS, its upstream firewall, its load.",
                "透過プロキシ{by}からインターネットへの経路（DNS・上流ファイアウォール・負荷）を修復してください。"
            ),
        ),
        _ => story
            .advise(
                Audience::Firewall,
                say!(
                    language,
                    "Find the device that answered{by} and let the probe pass. {exempt}",
                    "応答した装置{by}を特定し、プローブを通過させてください。{exempt}"
                ),
            )
            .advise(
                Audience::Dns,
                language.pick(
                    "Check that DNS leads to Microsoft's server and not to an inside one.",
                    "DNS が内部サーバーではなく Microsoft のサーバーを指すか確認してください。",
                ),
            ),
    }
    .advise(Audience::Client, advice::try_probe(language))
}
