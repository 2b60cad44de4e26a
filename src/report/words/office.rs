//! Microsoft 365: sets that cannot be reached, an Office that waits for Windows, and a network that is not guilty.

use super::facts::Facts;
use super::{Story, advice, cause};
use crate::engine::snapshot::Purpose;
use crate::report::endpoints::{EndpointRow, Tally};
use crate::report::language::{Language, say};
use crate::report::model::Audience;
use crate::verdict::Cause;

/// What traffic is for.
#[must_use]
pub const fn purpose(purpose: Purpose, language: Language) -> &'static str {
    let (en, ja) = match purpose {
        Purpose::Configuration => ("licence and configuration", "ライセンス・構成"),
        Purpose::Certificates => ("certificate checks", "証明書の失効確認"),
        Purpose::SignIn => ("sign-in", "サインイン"),
        Purpose::Mailbox => ("mailbox", "メールボックス"),
        Purpose::Files => ("files", "ファイル"),
        Purpose::Meetings => ("Teams", "Teams"),
        Purpose::Other => ("other", "その他"),
    };
    language.pick(en, ja)
}

/// What a stage is called, by its name in the report.
#[must_use]
pub fn stage(name: &str, language: Language) -> &'static str {
    let (en, ja) = match name {
        "resolved" => ("name resolution", "名前解決"),
        "proxy" => ("the proxy", "プロキシ"),
        "connected" => ("the TCP connection", "TCP 接続"),
        "tls" => ("the TLS handshake", "TLS ハンドシェイク"),
        _ => ("the HTTP answer", "HTTP 応答"),
    };
    language.pick(en, ja)
}

/// One line of the table.
#[must_use]
pub fn row(row: &EndpointRow, language: Language) -> String {
    let set = row.id.map_or_else(|| "–".to_owned(), |id| id.to_string());
    let area = if row.area.is_empty() { "Windows" } else { row.area.as_str() };
    let required = if row.required { language.pick("required", "必須") } else { language.pick("optional", "任意") };
    let (purpose, clients) = (purpose(row.purpose, language), row.clients);
    let stages = [
        (language.pick("resolved", "名前解決"), row.resolved),
        (language.pick("proxy", "プロキシ"), row.proxy),
        (language.pick("connected", "接続"), row.connected),
        ("TLS", row.tls),
        ("HTTP", row.http),
    ];
    let used = stages.iter().filter(|(_, tally)| *tally != Tally { ok: 0, failed: 0 });
    let told: Vec<String> = used.map(|(name, tally)| format!("{name} {}", counts(*tally, language))).collect();
    let told = told.join(language.comma());
    let blocked = row.blocked_at.as_deref().map(|name| stage(name, language)).map_or_else(String::new, |stage| {
        say!(language, " – nothing gets past {stage}", "（{stage}の段階ですべて失敗）")
    });
    say!(
        language,
        "{set} {area}, {required}, {purpose}: {clients} client(s); {told}{blocked}",
        "{set} {area}、{required}、{purpose}：{clients} 台、{told}{blocked}"
    )
}

fn counts(tally: Tally, language: Language) -> String {
    let Tally { ok, failed } = tally;
    if failed == 0 {
        return ok.to_string();
    }
    let all = ok + failed;
    say!(language, "{ok} of {all}", "{ok}/{all}")
}

/// A required set cannot be reached.
#[must_use]
pub fn unreachable(facts: &Facts<'_>) -> Story {
    let (language, client) = (facts.language, &facts.client);
    let endpoint = facts.finding.details.endpoint.as_ref();
    let id = endpoint.and_then(|endpoint| endpoint.id).map_or_else(|| "?".to_owned(), |id| id.to_string());
    let what = endpoint.map_or("", |endpoint| purpose(endpoint.purpose, language));
    let at = stage(endpoint.and_then(|endpoint| endpoint.stage.as_deref()).unwrap_or(""), language);
    let attempts = endpoint.map_or(0, |endpoint| endpoint.attempts);
    let host = match &facts.finding.host {
        Some(_) => facts.host.clone(),
        None => facts.server.clone(),
    };
    let why = facts.finding.cause.map_or_else(String::new, |cause| cause::meaning(cause, language).to_owned());
    let story = Story::new(say!(
        language,
        "{client} cannot reach Microsoft 365 endpoint set {id} ({what}, {host}): all fails at {at}",
        "{client} が Microsoft 365 エンドポイント ID {id}（{what}、{host}）に到達できない：{at}ですべて失敗"
    ))
    .tell(say!(
        language,
        "Set {id} is marked Required in Microsoft's list. {attempts} attempt(s) of {client} failed at {at}, and no client \
         in the capture got past it. Cause: {why}.",
        "ID {id} は Microsoft の一覧で「必須」です。{client} の {attempts} 回の試行が {at}で失敗し、取得データ内のどの\
         クライアントも成功していません。原因：{why}。"
    ));
    let story = if facts.finding.details.endpoint.as_ref().is_some_and(|one| one.purpose == Purpose::Certificates) {
        story.tell(language.pick(
            "Windows asks these servers whether a certificate is still valid. Where they cannot be reached, sign-in fails \
             or waits although TLS itself looks fine.",
            "Windows は証明書の有効性をこれらのサーバーに確認します。到達できないと、TLS 自体は正常に見えてもサインインの\
             失敗や遅延が起きます。",
        ))
    } else {
        story
    };
    remedy(facts, &host, story).otherwise(language.pick(
        "One attempt of any client that gets further would refute it.",
        "いずれかのクライアントが 1 回でも先へ進めば否定されます。",
    ))
}

fn remedy(facts: &Facts<'_>, host: &str, story: Story) -> Story {
    let (language, proxy, resolvers) = (facts.language, &facts.proxy, &facts.resolvers);
    match facts.finding.cause {
        Some(
            Cause::DnsNxdomain | Cause::DnsServfail | Cause::DnsRefused | Cause::DnsNodata | Cause::DnsTimeout | Cause::DnsSinkholed,
        ) => story.advise(
            Audience::Dns,
            say!(
                language,
                "Make {resolvers} resolve {host}: remove it from block lists and check the forwarders.",
                "{resolvers} で {host} を解決できるようにしてください（ブロックリスト・フォワーダーを確認）。"
            ),
        ),
        Some(
            Cause::ProxyDenied
            | Cause::ProxyAuthUnanswered
            | Cause::ProxyAuthRejected
            | Cause::ProxyUpstreamFailure
            | Cause::ProxyUnreachable,
        ) => story.advise(
            Audience::Proxy,
            say!(
                language,
                "On {proxy}, let the names of this set pass without authentication and without TLS inspection, {host} first.",
                "{proxy} で、この ID の名前（まず {host}）を認証なし・TLS 検査なしで通過させてください。"
            ),
        ),
        _ => story.advise(
            Audience::Firewall,
            say!(
                language,
                "Allow the names and ports of this set ({host} first) as Microsoft publishes them at \
                 https://aka.ms/o365endpoints; a set without ExpressRoute must leave by the Internet.",
                "Microsoft が公開する一覧（https://aka.ms/o365endpoints）に従い、この ID の名前とポート（まず {host}）を\
                 許可してください。ExpressRoute 非対応の ID はインターネット経由にします。"
            ),
        ),
    }
}

/// Office waits for Windows' judgement.
#[must_use]
pub fn gated(facts: &Facts<'_>) -> Story {
    let (language, client, host) = (facts.language, &facts.client, &facts.host);
    Story::new(say!(
        language,
        "Office on {client} started but did not try to sign in, because Windows says \"No Internet\"",
        "{client} の Office は起動したが、Windows が「インターネットなし」のためサインインを試みていない"
    ))
    .tell(say!(
        language,
        "Names that Office asks for at its start were seen ({host}), no sign-in server was contacted, other web traffic of \
         {client} flows, and its probe failed. Office asks Windows before it signs in and has no switch to ignore \
         the answer.",
        "Office の起動時の通信（{host}）はありますが、サインイン先への通信がありません。{client} の他の Web 通信は正常で、\
         プローブは失敗しています。Office はサインイン前に Windows の判定を確認し、無視する設定はありません。"
    ))
    .advise(
        Audience::Client,
        language
            .pick("Repair the failed probe first (see the related finding). ", "まずプローブの失敗（関連する所見）を解決してください。")
            .to_owned()
            + advice::services(language),
    )
    .otherwise(language.pick(
        "One connection to a sign-in name would refute it.",
        "サインイン先への接続が 1 つでもあれば否定されます。",
    ))
}

/// Everything that was tried worked.
#[must_use]
pub const fn network_cleared(language: Language) -> &'static str {
    language.pick(
        "The network is not guilty: every required Microsoft 365 stage that this capture shows worked, the sign-in server \
         was reached over TLS, and no finding speaks against it.",
        "ネットワークに問題はありません。この取得データにある必須の Microsoft 365 通信はすべて成功し、サインイン先にも TLS で\
         到達しており、他に問題となる所見もありません。",
    )
}

/// Where to look when the network is not guilty.
#[must_use]
pub fn look_next(language: Language) -> Vec<String> {
    [
        (
            "Microsoft Entra sign-in logs: the AADSTS code of the attempt, Conditional Access, blocked legacy authentication.",
            "Microsoft Entra のサインインログ：AADSTS コード、条件付きアクセス、レガシー認証のブロック。",
        ),
        (
            "The PC: old entries in Credential Manager (`cmdkey /list`), the clock, `dsregcmd /status`, the Office licence \
             and its updates.",
            "PC 側：資格情報マネージャーの古い項目（`cmdkey /list`）、時刻、`dsregcmd /status`、Office のライセンスと更新。",
        ),
        (
            "The Microsoft 365 service health page, and the Remote Connectivity Analyzer (https://testconnectivity.microsoft.com).",
            "Microsoft 365 サービス正常性、リモート接続アナライザー（https://testconnectivity.microsoft.com）。",
        ),
    ]
    .into_iter()
    .map(|(en, ja)| language.pick(en, ja).to_owned())
    .collect()
}

/// What stands over the table; `list` tells where the list came from.
#[must_use]
pub fn heading(list: &str, language: Language) -> String {
    say!(
        language,
        "Microsoft 365 endpoints by stage (list: {list}; attempts that worked)",
        "Microsoft 365 エンドポイントの到達状況（一覧：{list}、成功した試行数）"
    )
}
