//! Two sides that share no TLS version, and handshakes that end for another cause.

use super::Story;
use super::facts::{Facts, safe};
use super::handshake::{ending, failed};
use super::offer;
use crate::probe::microsoft::is_microsoft_name;
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Side, Verdict};

/// The words for a finding about a handshake.
#[must_use]
pub fn story(facts: &Facts<'_>) -> Story {
    match (facts.finding.verdict, facts.finding.cause) {
        (Verdict::TlsIntercepted, _) => intercepted(facts),
        (Verdict::LegacyTlsNegotiated, _) => legacy(facts),
        (_, Some(Cause::TlsClientRejected)) => client_rejected(facts),
        (_, Some(Cause::TlsFallback)) => fallback(facts),
        (Verdict::TlsVersionMismatch, _) if offers_modern(facts) => newer_refused(facts),
        (Verdict::TlsVersionMismatch, _) => mismatch(facts),
        (_, cause) => failed(facts, cause),
    }
}

/// The remedy for a client that cannot do TLS 1.2.
fn enable_tls12(facts: &Facts<'_>, story: Story) -> Story {
    let language = facts.language;
    story
        .advise(
            Audience::Client,
            language.pick(
                "Enable TLS 1.2 on the client: on Windows 7, Server 2008 R2 and 2012 install KB3140245; set \
                 DefaultSecureProtocols (0x800; 0xA80 keeps 1.0 and 1.1 too) under HKLM\\SOFTWARE\\Microsoft\\Windows\\\
                 CurrentVersion\\Internet Settings\\WinHttp and the same under Wow6432Node; enable SCHANNEL\\Protocols\\\
                 TLS 1.2\\Client; restart.",
                "クライアントで TLS 1.2 を有効にします：Windows 7 / Server 2008 R2 / 2012 は KB3140245 を適用し、HKLM\\\
                 SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp と Wow6432Node 側の \
                 DefaultSecureProtocols を 0x800（1.0/1.1 も残す場合 0xA80）に設定、SCHANNEL\\Protocols\\TLS 1.2\\Client \
                 を有効にして再起動します。",
            ),
        )
        .advise(
            Audience::Client,
            language.pick(
                "For .NET programs and PowerShell also set SchUseStrongCrypto=1 and SystemDefaultTlsVersions=1 under \
                 HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 and the same under Wow6432Node.",
                ".NET プログラムと PowerShell では、HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 と Wow6432Node \
                 側に SchUseStrongCrypto=1、SystemDefaultTlsVersions=1 も設定してください。",
            ),
        )
        .advise(
            Audience::Proxy,
            language.pick(
                "If the hello came from an inspecting proxy and not from Windows, update the proxy instead.",
                "この ClientHello が Windows ではなく TLS 検査プロキシのものなら、プロキシを更新してください。",
            ),
        )
}

/// The known trap of Exchange's wizards: the message names the certificate.
fn misleading(facts: &Facts<'_>, story: Story) -> Story {
    story.tell(facts.language.pick(
        "The error text that the user sees may blame the certificate: the Hybrid Configuration Wizard and \
         New-PSSession do so although the version is the cause.",
        "利用者に見えるエラーは証明書の問題のように表示されることがあります（ハイブリッド構成ウィザードや New-PSSession \
         など）が、原因はバージョンです。",
    ))
}

fn mismatch(facts: &Facts<'_>) -> Story {
    let (language, client, host, max) = (facts.language, &facts.client, &facts.host, &facts.client_max);
    let how = ending(facts);
    let consistent = facts.language.pick(
        "The offer is consistent with an old default of WinHTTP or Schannel, but does not prove it: another program or a \
         proxy may have sent it.",
        "この提示内容は WinHTTP / Schannel の古い既定値と一致しますが、証明ではありません（別のプログラムやプロキシの\
         可能性もあります）。",
    );
    let story = Story::new(say!(
        language,
        "{client} offers at most {max}, and {host} refuses it",
        "{client} の提示は {max} までで、{host} が拒否"
    ))
    .tell(say!(
        language,
        "{client} opened a TLS connection to {host} offering at most {max}; {how}. The two share no version.",
        "{client} は {host} へ最大 {max} を提示して TLS 接続を開始しましたが、{how}。共通のバージョンがありません。"
    ))
    .tell(consistent);
    let story = offer::consistent_with(facts, story);
    enable_tls12(facts, misleading(facts, story)).otherwise(language.pick(
        "An offer of TLS 1.2 that is refused as well would point to something else than the version.",
        "TLS 1.2 を提示しても拒否されるなら、原因はバージョン以外です。",
    ))
}

/// Whether the client can do TLS 1.2 or 1.3: then its registry is not the cause.
fn offers_modern(facts: &Facts<'_>) -> bool {
    let max = facts.finding.details.tls.as_ref().and_then(|tls| tls.client_max.as_deref());
    matches!(max, Some("1.2" | "1.3"))
}

fn newer_refused(facts: &Facts<'_>) -> Story {
    let (language, client, host, max) = (facts.language, &facts.client, &facts.host, &facts.client_max);
    let how = ending(facts);
    Story::new(say!(
        language,
        "{host} refuses the TLS versions of {client}, which offers up to {max}",
        "{host} が {client}（最大 {max}）の TLS バージョンを拒否"
    ))
    .tell(say!(
        language,
        "{client} opened a TLS connection to {host} offering up to {max}; {how}. Either the server accepts only a newer \
         version, or it (or a device before it) is too old to understand the newer hello and refuses instead of \
         choosing a lower version.",
        "{client} は {host} へ最大 {max} を提示して TLS 接続を開始しましたが、{how}。サーバーがより新しいバージョンだけを\
         許可しているか、サーバー（または手前の装置）が古く、新しい ClientHello を理解できずに拒否しています。"
    ))
    .advise(
        Audience::Server,
        say!(
            language,
            "Compare the versions that {host} and the devices before it allow with the client's offer of up to {max}; \
             allow TLS 1.2 beside 1.3, and update what cannot cope with a hello of TLS 1.3.",
            "{host} と手前の装置が許可するバージョンを、クライアントの提示（最大 {max}）と比較してください。TLS 1.3 と\
             併せて 1.2 を許可し、TLS 1.3 の ClientHello を扱えない装置は更新します。"
        ),
    )
    .advise(
        Audience::Client,
        language.pick(
            "Only if the server is known to accept TLS 1.3 alone: use a client that can do it (Windows 11, Server 2022).",
            "サーバーが TLS 1.3 のみと判明している場合は、TLS 1.3 対応のクライアント（Windows 11 / Server 2022）を使用\
             します。",
        ),
    )
    .otherwise(language.pick(
        "The same offer accepted by another server, or a lower offer accepted by this one, tells which of the two it is.",
        "同じ提示が別のサーバーで受け入れられるか、より低い提示がこのサーバーで受け入れられるかで、原因を判別できます。",
    ))
}

fn client_rejected(facts: &Facts<'_>) -> Story {
    let (language, client, host, version) = (facts.language, &facts.client, &facts.host, &facts.server_version);
    let alert = facts.finding.details.tls.as_ref().is_some_and(|tls| tls.alert_from == Some(Side::Client));
    let how = match alert {
        true => language.pick("broke off with an alert", "アラートを送って中断しました"),
        false => language.pick("ended the connection without an alert", "アラートなしで切断しました"),
    };
    let story = Story::new(say!(
        language,
        "{host} chose {version}, which {client} does not accept",
        "{host} が選んだ {version} を {client} が拒否"
    ))
    .tell(say!(
        language,
        "The server answered with {version}, and {client} {how}: its lowest allowed version is newer.",
        "サーバーは {version} で応答しましたが、{client} は{how}。クライアントの許可する最低バージョンの方が新しい\
         ためです。"
    ));
    misleading(facts, offer::downgraded(facts, story))
        .advise(
            Audience::Server,
            say!(
                language,
                "Enable TLS 1.2 on {host}, or on the inspection device that answers in its name (Windows: \
                 SCHANNEL\\Protocols\\TLS 1.2\\Server).",
                "{host}、または代理応答する検査装置で TLS 1.2 を有効にしてください（Windows：SCHANNEL\\Protocols\\TLS \
                 1.2\\Server）。"
            ),
        )
        .otherwise(language.pick(
            "TLS 1.2 or 1.3 in the server's answer would have been accepted.",
            "サーバーが TLS 1.2 / 1.3 で応答すれば接続できます。",
        ))
}

fn fallback(facts: &Facts<'_>) -> Story {
    let (language, client, host) = (facts.language, &facts.client, &facts.host);
    let tried = facts
        .finding
        .details
        .tls
        .as_ref()
        .map(|tls| safe(&tls.tried.join(" → ")).into_owned())
        .filter(|tried| !tried.is_empty())
        .map(|tried| say!(language, " ({tried})", "（{tried}）"))
        .unwrap_or_default();
    let story = Story::new(say!(
        language,
        "{client} reaches {host} only after a retry with a lower TLS version{tried}",
        "{client} は TLS バージョンを下げた再試行{tried}で {host} に接続"
    ))
    .tell(say!(
        language,
        "The first handshake failed and a later one with a lower version worked: the server or a device before it \
         cannot cope with the newer hello.",
        "最初のハンドシェイクは失敗し、バージョンを下げた再試行が成功しました。サーバーまたは手前の装置が新しい \
         ClientHello を扱えません。"
    ));
    story
        .advise(
            Audience::Server,
            say!(
                language,
                "Update {host} or the device before it to TLS 1.2 or newer; Microsoft 365 no longer accepts less.",
                "{host} または手前の装置を TLS 1.2 以上に対応させてください。Microsoft 365 はそれ未満を受け付けません。"
            ),
        )
        .otherwise(language.pick(
            "A first handshake that works would make this no finding.",
            "最初のハンドシェイクが成功すれば問題とは扱いません。",
        ))
}

fn legacy(facts: &Facts<'_>) -> Story {
    let (language, client, host) = (facts.language, &facts.client, &facts.host);
    let version = facts
        .finding
        .details
        .tls
        .as_ref()
        .and_then(|tls| tls.server_version.as_ref())
        .map_or_else(|| facts.client_max.clone(), |_| facts.server_version.clone());
    let story = Story::new(say!(
        language,
        "{client} and {host} agreed on {version}, which is out of support",
        "{client} と {host} がサポート外の {version} で接続"
    ))
    .tell(match facts.finding.host.as_deref().is_some_and(is_microsoft_name) {
        true => say!(
            language,
            "The handshake worked with {version}. Microsoft 365 sign-in refuses such connections later, inside the \
             encryption: expect HTTP 400 with AADSTS1002016.",
            "ハンドシェイクは {version} で成立しました。Microsoft 365 のサインインでは、その後の暗号化された通信の中で拒否\
             されます（HTTP 400、AADSTS1002016）。"
        ),
        false => say!(
            language,
            "The handshake worked with {version}. Servers that follow the standards of today refuse it (RFC 8996).",
            "ハンドシェイクは {version} で成立しました。現在の標準（RFC 8996）に従うサーバーはこのバージョンを拒否します。"
        ),
    });
    let story = offer::consistent_with(facts, story);
    enable_tls12(facts, story).otherwise(language.pick(
        "TLS 1.2 or newer in the ServerHello would make this no finding.",
        "ServerHello が TLS 1.2 以上であれば問題とは扱いません。",
    ))
}

fn intercepted(facts: &Facts<'_>) -> Story {
    let (language, client, host, issuer) = (facts.language, &facts.client, &facts.host, &facts.issuer);
    Story::new(say!(
        language,
        "TLS to {host} is intercepted: the certificate is signed by {issuer}",
        "{host} への TLS が検査されている：証明書の発行者は {issuer}"
    ))
    .tell(say!(
        language,
        "{client} asked for {host} and got a certificate issued by {issuer}, which Microsoft never used. A device on \
         the way opens the encryption.",
        "{client} が {host} に接続したところ、Microsoft が使用しない {issuer} 発行の証明書が提示されました。経路上の\
         装置が暗号化を解いています。"
    ))
    .advise(
        Audience::Proxy,
        language.pick(
            "Bypass inspection for Microsoft 365 sign-in names (endpoint sets 56 and 59 at least): Microsoft asks for it.",
            "Microsoft 365 のサインイン先（少なくともエンドポイント ID 56、59）を TLS 検査の対象外にしてください。",
        ),
    )
    .advise(
        Audience::Client,
        say!(
            language,
            "If the inspection is wanted, the issuer {issuer} must be in the computer's trusted roots.",
            "検査を意図している場合は、発行者 {issuer} をコンピューターの信頼されたルートに登録してください。"
        ),
    )
    .otherwise(language.pick(
        "A certificate from one of the public roots that Microsoft uses would make this no finding.",
        "Microsoft が使用する公開ルートの証明書であれば問題とは扱いません。",
    ))
}
