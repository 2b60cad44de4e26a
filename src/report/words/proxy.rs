//! The explicit proxy could not be used, was not found, or refused.

use super::facts::Facts;
use super::{Story, advice, cause, proxy_signs};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Family};

/// The words for a cause of the proxy stage.
#[must_use]
pub fn story(facts: &Facts<'_>, cause: Cause) -> Story {
    let (language, client, proxy, url) = (facts.language, &facts.client, &facts.proxy, &facts.url);
    let (schemes, user, status, by) = (&facts.schemes, &facts.user, &facts.status, facts.by());
    let story = match cause {
        Cause::ProxyUnreachable => Story::new(say!(
            language,
            "{client} cannot connect to its proxy {proxy}",
            "{client} がプロキシ {proxy} に接続できない"
        ))
        .tell(say!(
            language,
            "{client} is set to use {proxy}, and no TCP connection to it came about. The request for {url} was never \
             sent.",
            "{client} はプロキシ {proxy} を使う設定ですが、TCP 接続が成立しません。{url} への要求は送信されていません。"
        )),
        Cause::ProxyNameUnresolved => Story::new(say!(
            language,
            "{client} cannot resolve the name of its proxy {proxy}",
            "{client} がプロキシ {proxy} の名前を解決できない"
        ))
        .tell(say!(
            language,
            "The look-up of the proxy's name failed, so {client} has no way to send its requests.",
            "プロキシの名前解決に失敗したため、{client} は要求を送信できません。"
        )),
        Cause::ProxyAuthUnanswered => Story::new(say!(
            language,
            "Proxy {proxy} asks {client} to sign in ({schemes}) for {url}, and the client does not",
            "プロキシ {proxy} が {url} に認証（{schemes}）を要求、{client} は応答しない"
        ))
        .tell(say!(
            language,
            "{proxy} answered 407 and offers {schemes}; {client} sent no credentials afterwards. The probe is sent by a \
             Windows service that has no user to ask; a browser on the same PC signs in with the user's name and \
             works.",
            "{proxy} は 407 で {schemes} を提示しましたが、{client} は資格情報を送りませんでした。プローブは Windows の\
             サービスが送るため利用者に尋ねられません。同じ PC のブラウザーは利用者の資格情報で通信できます。"
        )),
        Cause::ProxyAuthRejected => Story::new(say!(
            language,
            "Proxy {proxy} rejects {user} for {url}",
            "プロキシ {proxy} が {url} への {user} の認証を拒否"
        ))
        .tell(say!(
            language,
            "{client} answered the 407 of {proxy} with credentials of {user}, and the proxy refused them. Windows' \
             services sign in as the computer account, which many proxies do not know.",
            "{client} は {proxy} の 407 に {user} の資格情報で応答しましたが、拒否されました。Windows のサービスは\
             コンピューターアカウントで認証しますが、多くのプロキシはそれを認識しません。"
        )),
        Cause::ProxyAuthUnsupported => Story::new(say!(
            language,
            "Proxy {proxy} offers only {schemes}, which no Windows service can answer",
            "プロキシ {proxy} の認証方式が {schemes} のみで、Windows のサービスは応答できない"
        ))
        .tell(say!(
            language,
            "{proxy} answered the request of {client} for {url} with 407 and offers {schemes} alone. A service has no \
             stored name and password for it, so the probe cannot succeed whatever happens.",
            "{proxy} は {client} の {url} への要求に 407 を返し、{schemes} だけを提示しました。サービスは保存された\
             ユーザー名・パスワードを持たないため、プローブは成功しません。"
        )),
        Cause::ProxyAuthBrokenKeepalive => Story::new(say!(
            language,
            "Proxy {proxy} closes the connection in the middle of the NTLM sign-in of {client}",
            "プロキシ {proxy} が {client} の NTLM 認証の途中で接続を切断"
        ))
        .tell(say!(
            language,
            "NTLM belongs to one connection: challenge (type 2) and answer (type 3) must share it. {proxy} closed after \
             its challenge, so every sign-in starts anew and none ends.",
            "NTLM は 1 本の接続に結び付き、チャレンジ（タイプ 2）と応答（タイプ 3）は同じ接続でなければなりません。\
             {proxy} はチャレンジ後に接続を切るため、認証が完了しません。"
        )),
        Cause::ProxyDenied => Story::new(say!(
            language,
            "Proxy {proxy} denies {client} the URL {url} ({status}){by}",
            "プロキシ {proxy} が {client} の {url} を拒否（{status}）{by}"
        ))
        .tell(say!(
            language,
            "{proxy} answered {status}{by}: its policy forbids the URL or does not know who asks. Signing in to a \
             portal does not help.",
            "{proxy} が {status} を返しました{by}。ポリシーが URL を禁止しているか、要求元を許可していません。ポータル\
             へのサインインでは解決しません。"
        )),
        Cause::ProxyRedirect => {
            let location = &facts.location;
            Story::new(say!(
                language,
                "Proxy {proxy} redirects the probe of {client} to {location}",
                "プロキシ {proxy} が {client} のプローブを {location} へ転送"
            ))
            .tell(say!(
                language,
                "{proxy} answered {status} to {location}. Through a known proxy Windows does not look for a portal, so \
                 no sign-in window opens.",
                "{proxy} が {location} への {status} を返しました。既知のプロキシ経由では Windows はポータルと見なさず、\
                 サインイン画面も開きません。"
            ))
        }
        Cause::ProxyUpstreamFailure => Story::new(say!(
            language,
            "Proxy {proxy} cannot reach {url} itself ({status}){by}",
            "プロキシ {proxy} 自身が {url} に到達できない（{status}）{by}"
        ))
        .tell(say!(
            language,
            "{client} reached {proxy}, which answered {status}{by}: the fault lies behind the proxy.",
            "{client} は {proxy} に到達し、{status} が返りました{by}。障害はプロキシより先にあります。"
        ))
        .tell_if(proxy_signs::upstream(facts.finding.details.http.as_ref().and_then(|http| http.status), language)),
        _ => Story::new(say!(
            language,
            "Proxy {proxy} gives {client} another content than {url} has",
            "プロキシ {proxy} が {url} とは異なる内容を {client} に返した"
        ))
        .tell(say!(
            language,
            "{proxy} answered {status}{by}, but not with the text that Windows compares: a block page, a warning or a \
             sign-in page.",
            "{proxy} の応答は {status} でした{by}が、Windows が比較する文字列ではありません（ブロックページ、警告、\
             サインインページなど）。"
        )),
    };
    let story = proxy_signs::advise(facts, remedies(facts, cause, story));
    let would = if facts.finding.ncsi_reason.is_some() {
        language.pick(
            "200 with the expected text through the proxy, also after an authentication, would have been a success \
             (reason 15).",
            "プロキシ経由で（認証後でも）期待する本文の 200 が返れば成功（理由 15）です。",
        )
    } else {
        language.pick(
            "A later request of the same client to the same host that gets through would make this no finding.",
            "同じクライアントから同じホストへの後続の要求が成功していれば、問題とは扱いません。",
        )
    };
    story.otherwise(would)
}

fn remedies(facts: &Facts<'_>, cause: Cause, story: Story) -> Story {
    let (language, proxy, user, host) = (facts.language, &facts.proxy, &facts.user, &facts.host);
    let probe = facts.finding.ncsi_reason.is_some();
    let exempt = if probe {
        advice::exempt_urls(language).to_owned()
    } else {
        say!(
            language,
            "Exempt {host} from authentication on {proxy} if the program that asks cannot sign in.",
            "要求元のプログラムが認証できない場合は、{proxy} で {host} を認証対象外にしてください。"
        )
    };
    match cause {
        Cause::ProxyUnreachable | Cause::ProxyNameUnresolved => story
            .advise(
                Audience::Client,
                say!(
                    language,
                    "Check where the client got {proxy} from: `netsh winhttp show proxy`, the PAC file, Group Policy. \
                     If the entry is stale: `netsh winhttp reset proxy`.",
                    "{proxy} の設定元（`netsh winhttp show proxy`、PAC ファイル、グループポリシー）を確認してください。\
                     古い設定なら `netsh winhttp reset proxy` で消去します。"
                ),
            )
            .advise(
                Audience::Proxy,
                say!(
                    language,
                    "Check that {proxy} runs, that its name resolves, and that the firewall between lets the client in.",
                    "{proxy} の稼働、名前解決、途中のファイアウォールの許可を確認してください。"
                ),
            ),
        Cause::ProxyAuthUnanswered | Cause::ProxyAuthUnsupported => story.advise(Audience::Proxy, exempt).advise(
            Audience::Proxy,
            language.pick(
                "Or offer Negotiate or NTLM and allow computer accounts (\"Domain Computers\").",
                "または Negotiate / NTLM を提示し、コンピューターアカウント（Domain Computers）を許可してください。",
            ),
        ),
        Cause::ProxyAuthRejected => story.advise(Audience::Proxy, exempt).advise(
            Audience::Proxy,
            say!(
                language,
                "Or allow {user} (\"Domain Computers\" for computer accounts); with Kerberos check the proxy's service \
                 principal name and the clocks.",
                "または {user}（コンピューターアカウントなら Domain Computers）を許可してください。Kerberos の場合は \
                 SPN と時刻のずれも確認します。"
            ),
        ),
        Cause::ProxyAuthBrokenKeepalive => story
            .advise(
                Audience::Proxy,
                say!(
                    language,
                    "Enable persistent connections (keep-alive) towards clients on {proxy}, also on load balancers \
                     before it.",
                    "{proxy}（および手前のロードバランサー）でクライアント側の Keep-Alive を有効にしてください。"
                ),
            )
            .advise(Audience::Proxy, exempt),
        Cause::ProxyUpstreamFailure => story.advise(
            Audience::Proxy,
            say!(
                language,
                "On {proxy}: check its DNS, its route and firewall to the Internet, its parent proxy and its load.",
                "{proxy} の DNS、インターネットへの経路とファイアウォール、上位プロキシ、負荷を確認してください。"
            ),
        ),
        _ => story.advise(
            Audience::Proxy,
            say!(
                language,
                "On {proxy}, let {host} pass without sign-in page, block page or rewriting.",
                "{proxy} で {host} をサインインページ・ブロックページ・書き換えなしに通過させてください。"
            ),
        ),
    }
}

/// The probe went direct and failed although the client uses a proxy. The failed stage's own words explain the rest.
#[must_use]
pub fn not_discovered(facts: &Facts<'_>, stage: Story) -> Story {
    let (language, client, proxy) = (facts.language, &facts.client, &facts.proxy);
    let why = facts.finding.cause.map_or_else(String::new, |cause| cause::meaning(cause, language).to_owned());
    let mut story = Story::new(say!(
        language,
        "{client} sent the probe directly although it uses proxy {proxy}, and it failed: {why}",
        "{client} はプロキシ {proxy} を使うのに、プローブは直接送信され失敗：{why}"
    ))
    .tell(say!(
        language,
        "Programs of {client} reach the Internet through {proxy}, but Windows' probe did not know of it, went straight \
         to the server and failed there. The user's proxy setting does not hold for services.",
        "{client} のプログラムは {proxy} 経由で通信していますが、Windows のプローブはプロキシを知らず、直接接続して\
         失敗しました。利用者のプロキシ設定はサービスには適用されません。"
    ));
    story.explanation.extend(stage.explanation);
    let story = story
        .advise(Audience::Client, advice::winhttp_proxy(facts))
        .advise(
            Audience::Dns,
            language.pick(
                "Or make automatic discovery work: `wpad.<domain>` (or DHCP option 252) must lead to a PAC file that can \
                 be read without sign-in.",
                "または自動検出を有効にします：`wpad.<ドメイン>`（または DHCP オプション 252）が、認証なしで読める PAC \
                 ファイルを指すようにしてください。",
            ),
        )
        .advise(
            Audience::Firewall,
            language.pick("Or let the probe go directly. ", "または直接通信を許可します。").to_owned()
                + advice::allow_names(language),
        );
    story.otherwise(language.pick(
        "A probe through the proxy within 60 s would have replaced this one: that is the normal start behind a proxy.",
        "60 秒以内にプロキシ経由のプローブがあれば、それで判定されます（プロキシ環境の正常な起動）。",
    ))
}

/// The same user refused again and again.
#[must_use]
pub fn authentication_loop(facts: &Facts<'_>) -> Story {
    let (language, client, user, host) = (facts.language, &facts.client, &facts.user, &facts.host);
    let count = facts.finding.details.count.max(3);
    let by_proxy = facts.finding.proxy.filter(|_| facts.finding.details.auth.is_none());
    let at = by_proxy.map_or_else(|| host.clone(), |_| facts.proxy.clone());
    let family = if facts.finding.family == Family::V6 { "IPv6" } else { "IPv4" };
    Story::new(say!(
        language,
        "{at} refused {user} from {client} {count} times in a row",
        "{at} が {client} の {user} を {count} 回続けて拒否"
    ))
    .tell(say!(
        language,
        "A program on {client} ({family}) sends the same refused credentials again and again. Each refusal may count \
         towards an account lockout.",
        "{client}（{family}）のプログラムが、拒否された資格情報を繰り返し送信しています。アカウントロックアウトの\
         恐れがあります。"
    ))
    .advise(
        Audience::Client,
        language.pick(
            "Remove old passwords from Credential Manager (`cmdkey /list`, `cmdkey /delete:TARGET`), sign out and in, \
             and update Outlook. After a password change wait about an hour (AD FS).",
            "資格情報マネージャーから古いパスワードを削除し（`cmdkey /list`、`cmdkey /delete:対象`）、サインインし直し、\
             Outlook を更新してください。パスワード変更後は約 1 時間待ちます（AD FS）。",
        ),
    )
    .advise(
        Audience::Server,
        say!(
            language,
            "Look up why {at} refuses {user}: wrong or expired password, locked account, scheme not allowed.",
            "{at} が {user} を拒否する理由（パスワード誤り・期限切れ、ロック、方式の不許可）を確認してください。"
        ),
    )
    .otherwise(language.pick(
        "One success among the refusals would make it a normal challenge.",
        "途中で 1 回でも成功していれば通常の認証手順です。",
    ))
}
