//! The name of the probe server did not resolve, or resolved to something else.

use super::facts::Facts;
use super::{Story, advice};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Verdict};

/// The words for a cause of the DNS stage.
#[must_use]
pub fn story(facts: &Facts<'_>, cause: Cause) -> Story {
    let (language, client, name, resolvers, addresses) =
        (facts.language, &facts.client, &facts.name, &facts.resolvers, &facts.addresses);
    let dns_probe = facts.finding.verdict == Verdict::ActiveDnsProbeFailed;
    let queries = facts.finding.details.dns.as_ref().map_or(0, |dns| dns.queries);
    let story = match cause {
        Cause::DnsNxdomain => Story::new(say!(
            language,
            "{resolvers} says that {name} does not exist; {client} cannot send its probe",
            "{resolvers} が {name} を存在しない名前（NXDOMAIN）と応答"
        ))
        .tell(say!(
            language,
            "{client} asked {resolvers} for {name} and got NXDOMAIN. The name exists in the Internet, so this resolver \
             answers from a block list or an internal zone, or has no way out.",
            "{client} が {resolvers} に {name} を問い合わせ、NXDOMAIN を受け取りました。この名前は実在するため、\
             ブロックリストか内部ゾーンによる応答、または上位への転送ができない状態です。"
        )),
        Cause::DnsServfail => Story::new(say!(
            language,
            "{resolvers} cannot resolve {name} (SERVFAIL)",
            "{resolvers} が {name} を名前解決できない（SERVFAIL）"
        ))
        .tell(say!(
            language,
            "{resolvers} answered SERVFAIL for {name}: the resolver itself works, but its forwarder or the servers \
             above it gave it no usable answer.",
            "{resolvers} は {name} に SERVFAIL を返しました。リゾルバー自体は動作していますが、フォワーダーや上位\
             サーバーから有効な応答を得られていません。"
        )),
        Cause::DnsRefused => Story::new(say!(
            language,
            "{resolvers} refuses to resolve {name} for {client} (REFUSED)",
            "{resolvers} が {client} からの {name} の問い合わせを拒否（REFUSED）"
        ))
        .tell(say!(
            language,
            "{resolvers} answered REFUSED: it does not serve this client, or its policy forbids the name.",
            "{resolvers} は REFUSED を返しました。このクライアントを対象としていないか、ポリシーで禁止されています。"
        )),
        Cause::DnsNodata => Story::new(say!(
            language,
            "{name} has no address of this family, says {resolvers}",
            "{resolvers} によると {name} にこのファミリーのアドレスがない"
        ))
        .tell(say!(
            language,
            "The answer of {resolvers} for {name} is empty: the name exists, but without an address of the family that \
             was asked for. For IPv6 in an IPv4-only network this is normal.",
            "{resolvers} の {name} への応答は空でした。名前は存在しますが、該当ファミリーのアドレスがありません。\
             IPv4 のみのネットワークの IPv6 では正常です。"
        )),
        Cause::DnsTimeout => Story::new(say!(
            language,
            "{resolvers} does not answer {client} about {name}",
            "{resolvers} が {client} の {name} の問い合わせに応答しない"
        ))
        .tell(say!(
            language,
            "{client} asked for {name} ({queries} copies in all, to {resolvers}), and no answer came within the time \
             that Windows waits.",
            "{client} は {name} を {resolvers} に計 {queries} 回問い合わせましたが、Windows の待ち時間内に応答が\
             ありませんでした。"
        )),
        Cause::DnsHijacked => Story::new(say!(
            language,
            "{resolvers} answers {name} with the inside address {addresses}, which does not serve the probe",
            "{resolvers} が {name} に内部アドレス {addresses} を返し、プローブに応答がない"
        ))
        .tell(say!(
            language,
            "The public name {name} was answered with {addresses}, a private, shared or link-local address: somebody \
             rewrites DNS, usually a portal before sign-in or a filter. The HTTP probe then met nobody there.",
            "公開名 {name} に対し、プライベート等のアドレス {addresses} が返されました。サインイン前のポータルや\
             フィルターが DNS を書き換えています。その宛先で HTTP プローブに応答するものがありませんでした。"
        )),
        Cause::DnsSinkholed => Story::new(say!(
            language,
            "{resolvers} blocks {name}: it answers {addresses}",
            "{resolvers} が {name} をブロック（{addresses} を応答）"
        ))
        .tell(say!(
            language,
            "{resolvers} answered {name} with {addresses}, an address that leads nowhere. DNS block lists do that; the \
             connection then never leaves {client}.",
            "{resolvers} は {name} にどこにも到達しないアドレス {addresses} を返しました。DNS ブロックリストの動作で、\
             接続は {client} から外に出ません。"
        )),
        Cause::DnsNeverSent => Story::new(say!(
            language,
            "{client} never asked for {name}, although other names were looked up",
            "{client} は他の名前を問い合わせているが、{name} を一度も問い合わせていない"
        ))
        .tell(say!(
            language,
            "Windows sends the look-ups of its probe only on the interface that it probes. Where the resolver sits on \
             another interface or on 127.0.0.1 (a DNS filter client), the question never leaves.",
            "Windows はプローブの名前解決を判定対象のインターフェイスからだけ送信します。リゾルバーが別の\
             インターフェイスや 127.0.0.1（DNS フィルター製品）にあると、問い合わせは送信されません。"
        )),
        _ => Story::new(say!(
            language,
            "{name} resolves to {addresses} instead of the address that Windows expects",
            "{name} の応答が {addresses} で、Windows の期待値と異なる"
        ))
        .tell(say!(
            language,
            "The DNS probe compares the answer for {name} literally with 131.107.255.255 (IPv6: fd3e:4f5a:5b81::1). \
             {resolvers} answered {addresses}.",
            "DNS プローブは {name} の応答を 131.107.255.255（IPv6：fd3e:4f5a:5b81::1）と厳密に比較します。{resolvers} \
             は {addresses} を返しました。"
        )),
    };
    let story = remedies(facts, cause, story);
    if dns_probe {
        story.otherwise(language.pick(
            "An answer of 131.107.255.255 (AAAA: fd3e:4f5a:5b81::1) would have made the DNS probe succeed; where the \
             HTTP probe succeeds, this one does not matter.",
            "131.107.255.255（AAAA：fd3e:4f5a:5b81::1）の応答なら DNS プローブは成功です。HTTP プローブが成功していれば\
             影響はありません。",
        ))
    } else {
        story.otherwise(language.pick(
            "Had the client then used a proxy, the failed look-up would not matter: the proxy resolves the name.",
            "クライアントがその後プロキシを使えば、この名前解決の失敗は問題になりません（解決はプロキシが行います）。",
        ))
    }
}

fn remedies(facts: &Facts<'_>, cause: Cause, story: Story) -> Story {
    let (language, name, resolvers, addresses) = (facts.language, &facts.name, &facts.resolvers, &facts.addresses);
    let server = facts
        .finding
        .details
        .dns
        .as_ref()
        .and_then(|dns| dns.servers.first())
        .map_or_else(|| "DNS-SERVER".to_owned(), ToString::to_string);
    let check = say!(
        language,
        "Check by hand on the PC: `nslookup {name}. {server}` and `nslookup dns.msftncsi.com. {server}` (expected: \
         131.107.255.255), then `ipconfig /flushdns`.",
        "PC で確認：`nslookup {name}. {server}`、`nslookup dns.msftncsi.com. {server}`（期待値 131.107.255.255）、\
         その後 `ipconfig /flushdns`。"
    );
    match cause {
        Cause::DnsNeverSent => story.advise(
            Audience::Client,
            language.pick(
                "Set the policy \"Specify global DNS\" (UseGlobalDns=1 under HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\\
                 NetworkConnectivityStatusIndicator), or give the network adapter a resolver of its own network.",
                "ポリシー「グローバル DNS を指定する」（HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\\
                 NetworkConnectivityStatusIndicator の UseGlobalDns=1）を設定するか、アダプターにそのネットワークの\
                 DNS サーバーを設定してください。",
            ),
        ),
        Cause::DnsTimeout => story
            .advise(
                Audience::Dns,
                say!(
                    language,
                    "Check that {resolvers} runs and may be reached from the client's network over UDP and TCP 53.",
                    "{resolvers} が稼働し、クライアントのネットワークから UDP/TCP 53 で到達できるか確認してください。"
                ),
            )
            .advise(Audience::Client, check),
        Cause::DnsHijacked | Cause::DnsSinkholed | Cause::DnsWrongAnswer => story
            .advise(
                Audience::Dns,
                say!(
                    language,
                    "{resolvers} returned {addresses}: take *.msftconnecttest.com and *.msftncsi.com off its block \
                     lists and rewriting rules (also in Umbrella, Pi-hole, AdGuard and the like).",
                    "{resolvers} が {addresses} を返しています。ブロックリスト・書き換えルールから *.msftconnecttest.com \
                     と *.msftncsi.com を除外してください（Umbrella、Pi-hole、AdGuard なども同様）。"
                ),
            )
            .advise(
                Audience::Client,
                language.pick(
                    "If this network has a portal, open a browser and sign in there first.",
                    "ポータルのあるネットワークなら、先にブラウザーを開いてサインインしてください。",
                ),
            )
            .advise(Audience::Client, check),
        _ => story
            .advise(
                Audience::Dns,
                say!(
                    language,
                    "On {resolvers}: check forwarders and root hints, and allow *.msftconnecttest.com and \
                     *.msftncsi.com in filters and internal zones.",
                    "{resolvers} でフォワーダーとルートヒントを確認し、フィルターや内部ゾーンで *.msftconnecttest.com と \
                     *.msftncsi.com を許可してください。"
                ),
            )
            .advise(Audience::Client, check)
            .advise(Audience::Client, advice::winhttp_proxy(facts)),
    }
}
