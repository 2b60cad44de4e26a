//! Proxy discovery: WPAD and PAC files.

use super::facts::{Facts, list, safe};
use super::{Story, cause};
use crate::report::language::{Language, say};
use crate::report::model::Audience;
use crate::verdict::{Cause, DiscoveryRemark};

/// WPAD or a PAC file was there and did not work.
#[must_use]
pub fn failed(facts: &Facts<'_>) -> Story {
    let (language, client, url) = (facts.language, &facts.client, &facts.url);
    let why = facts.finding.cause.map_or_else(String::new, |cause| {
        let meaning = meaning(cause, language);
        say!(language, ": {meaning}", "：{meaning}")
    });
    let story = Story::new(say!(
        language,
        "{client} cannot fetch its proxy configuration from {url}{why}",
        "{client} がプロキシ自動構成 {url} を取得できない{why}"
    ))
    .tell(say!(
        language,
        "Automatic proxy discovery points {client} to {url}, and the file could not be had. Windows then goes direct, \
         often after many seconds of waiting.",
        "プロキシ自動検出により {client} は {url} を参照しましたが、取得できませんでした。Windows は（多くの場合かなり\
         待ってから）直接接続を試みます。"
    ));
    let discovery = facts.finding.details.proxy.as_ref().and_then(|proxy| proxy.discovery.as_ref());
    let story = match discovery {
        Some(details) if details.cost_ms >= 1.0 => {
            let seconds = seconds(details.cost_ms);
            story.tell(say!(
                language,
                "Looking for a proxy took {seconds} s, in which the probe waits.",
                "プロキシの検索に {seconds} 秒かかり、その間プローブは待たされます。"
            ))
        }
        _ => story,
    };
    // Nobody set up what a neighbour claims to be: to repair it would be wrong advice.
    let claimed = discovery.filter(|details| !matches!(details.method.as_deref(), Some("dns" | "dhcp" | "configured")));
    let story = match claimed.and_then(|details| details.answered_by) {
        Some(neighbour) => story.advise(
            Audience::Client,
            say!(
                language,
                "Find out who {neighbour} is: it claims to be the proxy server of the link. Switch LLMNR and NetBIOS name \
                 resolution off by Group Policy where they are not needed.",
                "{neighbour} が何者かを確認してください（リンク上でプロキシを名乗っています）。不要なら LLMNR と NetBIOS の\
                 名前解決をグループポリシーで無効にします。"
            ),
        ),
        None => serve_the_file(story, language, url),
    };
    story
        .advise(
            Audience::Client,
            language.pick(
                "Or switch automatic detection off where it is not used, and set the proxy with `netsh winhttp set proxy`.",
                "使わない場合は自動検出を無効にし、`netsh winhttp set proxy` でプロキシを設定してください。",
            ),
        )
        .otherwise(language.pick(
            "A PAC file that is delivered would make this no finding.",
            "PAC ファイルが取得できていれば問題とは扱いません。",
        ))
}

/// What whoever runs the PAC server can do.
fn serve_the_file(story: Story, language: Language, url: &str) -> Story {
    story
        .advise(
            Audience::Proxy,
            say!(
                language,
                "Make {url} answer 200 with a PAC file (application/x-ns-proxy-autoconfig), without sign-in and over a trusted \
                 certificate if https: services read it as NETWORK SERVICE.",
                "{url} が認証なしで PAC ファイル（application/x-ns-proxy-autoconfig）を 200 で返すようにしてください（HTTPS \
                 なら信頼された証明書）。サービスは NETWORK SERVICE として読み取ります。"
            ),
        )
        .advise(
            Audience::Dns,
            language.pick(
                "If no proxy is to be found by itself, take the name `wpad` out of DNS (and option 252 out of DHCP).",
                "自動検出を使わない場合は、DNS から `wpad` の名前を（DHCP からはオプション 252 を）削除してください。",
            ),
        )
}

/// What a cause means for a PAC file: the server was found, so nothing stands in between.
const fn meaning(cause: Cause, language: Language) -> &'static str {
    match cause {
        Cause::HttpInterceptAuth => language.pick(
            "the server demands a sign-in (401 or 407), which no service can give",
            "サーバーが認証を要求（401/407）、サービスは応答できない",
        ),
        Cause::HttpRedirect => language.pick("the answer is a redirect to something else", "応答が別の場所への転送"),
        Cause::HttpWrongBody => {
            language.pick("the answer is a page and no PAC file", "応答が PAC ファイルではなくページ")
        }
        Cause::HttpBlocked => language.pick("the server refuses it (403 or 451)", "サーバーが拒否（403/451）"),
        Cause::HttpStatus => {
            language.pick("the server does not have it (no status 200)", "サーバーに存在しない（200 以外）")
        }
        other => cause::meaning(other, language),
    }
}

/// A remark about the search for a proxy, as a sentence.
#[must_use]
pub fn remark(remark: &DiscoveryRemark, language: Language) -> String {
    match remark {
        DiscoveryRemark::Cost { ms } => {
            // Milliseconds of a capture: exact far beyond a day.
            #[allow(clippy::cast_precision_loss)]
            let seconds = seconds(*ms as f64);
            say!(
                language,
                "Proxy discovery cost {seconds} s before the probe.",
                "プローブの前に、プロキシ検出で {seconds} 秒かかりました。"
            )
        }
        DiscoveryRemark::Fetched { url, bytes, mime, proxies } => {
            let url = safe(url);
            let kind = mime.as_deref().map_or_else(String::new, |mime| format!(", {}", safe(mime)));
            let named: Vec<_> = proxies.iter().map(|proxy| safe(proxy)).collect();
            if named.is_empty() {
                say!(
                    language,
                    "The client fetched the PAC file {url} ({bytes} bytes{kind}); no proxy is named in its text.",
                    "クライアントは PAC ファイル {url}（{bytes} バイト{kind}）を取得しました。プロキシの記載はありません。"
                )
            } else {
                let named = list(language, &named);
                say!(
                    language,
                    "The client fetched the PAC file {url} ({bytes} bytes{kind}), whose text names {named}.",
                    "クライアントは PAC ファイル {url}（{bytes} バイト{kind}）を取得しました。記載のプロキシ：{named}。"
                )
            }
        }
        DiscoveryRemark::UnusualType => language
            .pick(
                "Its content type is not application/x-ns-proxy-autoconfig: Windows may refuse the file.",
                "コンテンツタイプが application/x-ns-proxy-autoconfig ではなく、Windows が拒否する可能性があります。",
            )
            .to_owned(),
        DiscoveryRemark::TooLarge => language
            .pick("It is larger than the 1 MB that WinHTTP accepts.", "WinHTTP の上限 1 MB を超えています。")
            .to_owned(),
        DiscoveryRemark::DirectDespitePac => language
            .pick(
                "A PAC file was fetched, and the probe went directly all the same: the file says DIRECT for the probe, or \
                 could not be evaluated.",
                "PAC ファイルを取得後、プローブは直接送信されました。PAC がプローブに DIRECT を返したか、評価できなかった\
                 ためです。",
            )
            .to_owned(),
        DiscoveryRemark::Broken => language
            .pick(
                "Before it the client looked for a proxy and could not fetch the PAC file.",
                "その前にクライアントはプロキシを検索しましたが、PAC ファイルを取得できませんでした。",
            )
            .to_owned(),
        DiscoveryRemark::Nothing { names } => {
            let names: Vec<_> = names.iter().map(|name| safe(name)).collect();
            let names = list(language, &names);
            say!(
                language,
                "The client looked for a proxy under {names}, and DNS gave no address: normal where WPAD is not used, but \
                 here services learn of no proxy.",
                "クライアントは {names} でプロキシを検索しましたが、DNS にアドレスがありません。WPAD を使わない環境では正常\
                 ですが、サービスはプロキシを知ることができません。"
            )
        }
        DiscoveryRemark::AnsweredOnLink { protocol, responder } => {
            let protocol = protocol_name(protocol);
            say!(
                language,
                "Security: {responder} answered to the name wpad over {protocol}. Any host on the link can do that and \
                 becomes the proxy of whoever asks; if it is not your PAC server, it spoofs the name.",
                "セキュリティ：{responder} が {protocol} で wpad の名前に応答しました。同じリンクのどのホストでも応答でき、\
                 問い合わせた端末のプロキシになれます。正規の PAC サーバーでなければ、なりすましです。"
            )
        }
        DiscoveryRemark::CalledOnLink { protocols } => {
            let protocols: Vec<&str> = protocols.iter().map(|protocol| protocol_name(protocol)).collect();
            let protocols = list(language, &protocols);
            say!(
                language,
                "Security: the client called for wpad on the link ({protocols}), where any host may answer and become its \
                 proxy.",
                "セキュリティ：クライアントはリンク上で wpad を問い合わせました（{protocols}）。同じリンクのどのホストでも\
                 応答してプロキシになれます。"
            )
        }
        DiscoveryRemark::ProbeWentDirect => language
            .pick(
                "The probe after it went directly and did not get out: without the PAC file the client knows no proxy.",
                "その後のプローブは直接送信され、外部に到達しませんでした。PAC がなければクライアントはプロキシを知りません。",
            )
            .to_owned(),
    }
}

fn protocol_name(protocol: &str) -> &'static str {
    match protocol {
        "llmnr" => "LLMNR",
        "mdns" => "mDNS",
        _ => "NetBIOS",
    }
}

/// Seconds to a tenth; less than that to a thousandth.
fn seconds(ms: f64) -> String {
    let seconds = ms / 1000.0;
    if seconds < 0.1 { format!("{seconds:.3}") } else { format!("{seconds:.1}") }
}
