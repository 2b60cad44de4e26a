//! What the capture says beside a failure at a proxy.

use super::Story;
use super::facts::{Facts, safe};
use crate::proto::kerberos::code;
use crate::report::language::{Language, say};
use crate::report::model::Audience;
use crate::verdict::ProxyRemark;

/// A remark about a failure at a proxy, as a sentence.
#[must_use]
pub fn remark(remark: &ProxyRemark, language: Language) -> String {
    match remark {
        ProxyRemark::OthersPass { proxy, host } => {
            let to = host.as_deref().map_or_else(String::new, |host| format!(" ({})", safe(host)));
            say!(
                language,
                "Other applications of this client get through the same proxy {proxy}{to}, the probe gets 407: the proxy \
                 lets them pass or they can sign in, and the probe's service cannot.",
                "このクライアントの他のアプリケーションは同じプロキシ {proxy}{to} を通過しますが、プローブは 407 になります。\
                 他は許可または認証できますが、プローブのサービスは認証できません。"
            )
        }
        ProxyRemark::TicketRefused { code, service, kdc } => {
            let (service, why) = (safe(service), ticket_error(*code, language));
            say!(
                language,
                "Kerberos failed: {kdc} gave no ticket for {service} (error {code}): {why}.",
                "Kerberos の失敗：{kdc} が {service} のチケットを拒否しました（エラー {code}）：{why}。"
            )
        }
        ProxyRemark::Anonymous => language
            .pick(
                "The NTLM answer is anonymous: it names no user and no domain, so a 407 after it is to be expected.",
                "NTLM の応答は匿名（ユーザー名・ドメインなし）のため、その後の 407 は当然の結果です。",
            )
            .to_owned(),
        ProxyRemark::Socks => language
            .pick(
                "The answer is that of a SOCKS server: the probe speaks HTTP to proxies only.",
                "応答は SOCKS サーバーのものです。プローブはプロキシに HTTP しか使いません。",
            )
            .to_owned(),
        ProxyRemark::Says { text } => {
            let text = safe(text);
            say!(language, "The proxy itself says: {text}.", "プロキシ自身の表示：{text}。")
        }
    }
}

/// What to do about a ticket that was refused.
#[must_use]
pub fn advise(facts: &Facts<'_>, story: Story) -> Story {
    let (language, proxy) = (facts.language, facts.finding.details.proxy.as_ref());
    let advice = match proxy.and_then(|proxy| proxy.kerberos_error) {
        Some(code::SERVICE_UNKNOWN) => language.pick(
            "Register the proxy's service principal name (`setspn -S HTTP/PROXY-NAME ACCOUNT`), under the very name that the \
             clients are told.",
            "プロキシの SPN（`setspn -S HTTP/プロキシ名 アカウント`）を、クライアントに設定した名前と同じ名前で登録して\
             ください。",
        ),
        Some(code::CLOCK_SKEW) => language.pick(
            "Set the clocks of client, domain controller and proxy (`w32tm /query /status`, `w32tm /resync`).",
            "クライアント、ドメインコントローラー、プロキシの時刻を合わせてください（`w32tm /query /status`、`w32tm \
             /resync`）。",
        ),
        _ => return story,
    };
    story.advise(Audience::Proxy, advice)
}

/// What a Kerberos error means for a proxy (RFC 4120, 7.5.9).
const fn ticket_error(error: i64, language: Language) -> &'static str {
    match error {
        code::SERVICE_UNKNOWN => language.pick(
            "the service principal name is registered for no account",
            "サービスプリンシパル名（SPN）がどのアカウントにも登録されていない",
        ),
        code::CLOCK_SKEW => language.pick("the clocks differ by more than five minutes", "時刻が 5 分以上ずれている"),
        code::CLIENT_UNKNOWN => {
            language.pick("the client's account is not known", "クライアントのアカウントが存在しない")
        }
        _ => language.pick("see RFC 4120, section 7.5.9", "RFC 4120 の 7.5.9 節を参照"),
    }
}

/// What the status of a proxy that could not deliver says, as a sentence.
#[must_use]
pub const fn upstream(status: Option<u16>, language: Language) -> Option<&'static str> {
    Some(match status {
        Some(502) => language.pick(
            "502: the server behind the proxy, or a parent proxy, gave no usable answer.",
            "502：プロキシの先のサーバーまたは上位プロキシから、使える応答がありません。",
        ),
        Some(503) => language.pick(
            "503: the proxy is overloaded or out of service, or could not resolve or reach the name.",
            "503：プロキシの過負荷・停止、または名前解決・接続の失敗です。",
        ),
        Some(504) => language.pick(
            "504: the proxy waited for the server behind it in vain.",
            "504：プロキシは先のサーバーの応答を待ちましたが、得られませんでした。",
        ),
        _ => return None,
    })
}
