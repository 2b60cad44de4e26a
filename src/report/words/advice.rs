//! Advice that several subjects share.

use super::facts::Facts;
use crate::report::language::{Language, say};
use crate::report::model::{Audience, Remedy};

/// What not to do about any failed judgement of Windows.
#[must_use]
pub fn never(language: Language) -> Remedy {
    let text = language.pick(
        "Do not switch the probe off (EnableActiveProbing=0 or NoActiveProbe=1): Office and other programs then lose \
         their proof of the Internet. Do not write the probe names into hosts files, and do not allow them by IP \
         address: the service moved to a content delivery network on 2023-06-20 and its addresses change.",
        "プローブを無効化しないでください（EnableActiveProbing=0、NoActiveProbe=1）。Office などがインターネット接続を\
         確認できなくなります。hosts ファイルへの登録や IP アドレスでの許可もしないでください（2023-06-20 以降は CDN \
         に移行し、アドレスは変わります）。",
    );
    Remedy { audience: Audience::Client, text: text.into() }
}

/// The rule that a firewall or filter needs: by name.
#[must_use]
pub fn allow_names(language: Language) -> &'static str {
    language.pick(
        "Allow HTTP (TCP 80) by name to *.msftconnecttest.com and *.msftncsi.com (www, ipv6 and dns of both), without \
         sign-in, rewriting or inspection pages. Do not write the rule by IP address.",
        "*.msftconnecttest.com と *.msftncsi.com（それぞれ www、ipv6、dns）への HTTP（TCP 80）を、認証・書き換え・\
         警告ページなしで「名前」により許可してください。IP アドレスでの許可ルールにはしないでください。",
    )
}

/// The exemption that an authenticating or filtering proxy needs.
#[must_use]
pub fn exempt_urls(language: Language) -> &'static str {
    language.pick(
        "Exempt http://www.msftconnecttest.com/connecttest.txt and http://ipv6.msftconnecttest.com/connecttest.txt \
         (older Windows: http://www.msftncsi.com/ncsi.txt) from authentication.",
        "http://www.msftconnecttest.com/connecttest.txt と http://ipv6.msftconnecttest.com/connecttest.txt（旧 Windows：\
         http://www.msftncsi.com/ncsi.txt）をプロキシ認証の対象外にしてください。",
    )
}

/// How to see by hand what the probe sees.
#[must_use]
pub fn try_probe(language: Language) -> &'static str {
    language.pick(
        "Test on the PC: `Invoke-WebRequest http://www.msftconnecttest.com/connecttest.txt -UseBasicParsing` must \
         give exactly `Microsoft Connect Test`.",
        "PC で `Invoke-WebRequest http://www.msftconnecttest.com/connecttest.txt -UseBasicParsing` を実行し、\
         `Microsoft Connect Test` だけが返ることを確認してください。",
    )
}

/// How a machine that reaches the Internet only through a proxy gets its proxy.
#[must_use]
pub fn winhttp_proxy(facts: &Facts<'_>) -> String {
    let (language, proxy) = (facts.language, &facts.proxy);
    let target = facts.finding.proxy.map_or_else(|| "HOST:PORT".to_owned(), |address| address.to_string());
    say!(
        language,
        "If this network reaches the Internet only through {proxy}, tell Windows' services about it: `netsh winhttp \
         show proxy`, then `netsh winhttp set proxy proxy-server=\"{target}\" bypass-list=\"<local>\"`, or Group \
         Policy, or WPAD.",
        "インターネットへの経路が {proxy} だけの場合は、Windows のサービスにも設定してください：`netsh winhttp show \
         proxy` で確認し、`netsh winhttp set proxy proxy-server=\"{target}\" bypass-list=\"<local>\"`、グループ\
         ポリシー、または WPAD を使います。"
    )
}

/// The services that judge the connection, by Windows version.
#[must_use]
pub fn services(language: Language) -> &'static str {
    language.pick(
        "Check that these services run: DHCP Client (Dhcp), Network List Service (netprofm) and, up to Windows 10 and \
         Server 2019, Network Location Awareness (NlaSvc). Windows 11 and Server 2022 judge the connection in the \
         Network List Service.",
        "次のサービスが実行中か確認してください：DHCP Client（Dhcp）、Network List Service（netprofm）、Windows 10 / \
         Server 2019 までは Network Location Awareness（NlaSvc）。Windows 11 / Server 2022 以降の判定は Network List \
         Service が行います。",
    )
}

/// How to make Windows judge again.
#[must_use]
pub fn judge_again(language: Language) -> &'static str {
    language.pick(
        "Make Windows judge again: disable the network adapter, wait 30 s, enable it, wait 60 s. `Get-NetConnectionProfile` \
         shows the result.",
        "再判定させるには、ネットワークアダプターを無効化し 30 秒待って有効化し、60 秒待ちます。結果は \
         `Get-NetConnectionProfile` で確認できます。",
    )
}

/// How to capture again so that the question can be decided.
#[must_use]
pub fn capture_again(language: Language) -> Vec<Remedy> {
    let on_client = language.pick(
        "On the PC, as administrator: `netsh trace start scenario=InternetClient capture=yes maxsize=1024 \
         tracefile=C:\\temp\\ncsi.etl`, and `netsh trace stop` at the end; or `pktmon start --capture --pkt-size 0`, \
         then `pktmon stop` and `pktmon etl2pcap PktMon.etl`.",
        "PC の管理者権限で：`netsh trace start scenario=InternetClient capture=yes maxsize=1024 \
         tracefile=C:\\temp\\ncsi.etl`、終了は `netsh trace stop`。または `pktmon start --capture --pkt-size 0`、\
         `pktmon stop`、`pktmon etl2pcap PktMon.etl`。",
    );
    let on_switch = language.pick(
        "On the network: mirror both directions of the client's own port, for instance `monitor session 1 source \
         interface Gi1/0/5 both` and `monitor session 1 destination interface Gi1/0/24`, and record whole packets \
         without a filter: `tcpdump -i IF -s 0 -w ncsi.pcap`.",
        "ネットワーク側で：クライアント自身のポートの両方向をミラーします。例：`monitor session 1 source interface \
         Gi1/0/5 both`、`monitor session 1 destination interface Gi1/0/24`。フィルターなし・全長で記録します：\
         `tcpdump -i IF -s 0 -w ncsi.pcap`。",
    );
    let reproduce = language.pick(
        "While it runs, reproduce: disable the network adapter, wait 30 s, enable it, wait 60 s, then stop the capture.",
        "取得中に再現します：ネットワークアダプターを無効化し、30 秒待って有効化し、60 秒待ってから取得を停止します。",
    );
    [(Audience::Client, on_client), (Audience::Firewall, on_switch), (Audience::Client, reproduce)]
        .into_iter()
        .map(|(audience, text)| Remedy { audience, text: text.into() })
        .collect()
}
