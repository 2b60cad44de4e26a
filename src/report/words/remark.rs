//! Remarks that rules add to a finding.

use super::facts::{list, safe};
use super::{discovery, elsewhere, proxy_signs};
use crate::probe::hops::guess;
use crate::report::language::{Language, say};
use crate::verdict::{Remark, Responder};

/// `remark` as a sentence.
#[must_use]
pub fn remark(remark: &Remark, language: Language) -> String {
    match remark {
        Remark::StaleCache { seconds } => say!(
            language,
            "The answer is {seconds} s old: it proves the cache, not the Internet.",
            "この応答は {seconds} 秒前のキャッシュで、インターネット接続の証明ではありません。"
        ),
        Remark::PrivateMirror { address } => say!(
            language,
            "The inside address {address} gave the right text: a mirror of the probe server.",
            "内部アドレス {address} が正しい文字列を返しました（プローブサーバーの代替）。"
        ),
        Remark::ReEncoded { coding } => {
            let coding = safe(coding);
            say!(
                language,
                "Something in between re-encoded the answer ({coding}); Microsoft's server does not.",
                "途中の装置が応答を再エンコード（{coding}）しています。Microsoft のサーバーは行いません。"
            )
        }
        Remark::PaddedBody => language
            .pick(
                "White space or a byte order mark stands around the expected text.",
                "期待する文字列の前後に空白または BOM があります。",
            )
            .to_owned(),
        Remark::HttpsUpgrade => language
            .pick(
                "The redirect goes to https on the same host: a blanket upgrade by a filter, no portal.",
                "同じホストの HTTPS への転送です。ポータルではなく、フィルターによる一律の HTTPS 化です。",
            )
            .to_owned(),
        Remark::LateAnswer { after } => {
            let seconds = after.as_secs_f64();
            say!(
                language,
                "The right answer came {seconds:.1} s after the request, too late for Windows.",
                "正しい応答は要求の {seconds:.1} 秒後に届き、Windows には遅すぎました。"
            )
        }
        Remark::Authenticated { scheme, user } => {
            let scheme = safe(scheme);
            match user.as_deref().map(safe) {
                Some(user) => say!(
                    language,
                    "The client signed in on the way with {scheme} as {user}.",
                    "途中で {scheme} により {user} として認証されました。"
                ),
                None => say!(
                    language,
                    "The client signed in on the way with {scheme}.",
                    "途中で {scheme} により認証されました。"
                ),
            }
        }
        Remark::RivalAnswers => language
            .pick(
                "Two different DNS answers raced for one question: somebody injects answers.",
                "1 つの DNS 問い合わせに異なる応答が競合しています（応答の注入）。",
            )
            .to_owned(),
        Remark::ProxyPassesOthers { proxy } => say!(
            language,
            "Other requests of this client pass {proxy}: only the probe is stopped there.",
            "このクライアントの他の要求は {proxy} を通過しています。止められているのはプローブだけです。"
        ),
        Remark::CustomProbeServer => language
            .pick(
                "The host is none of Microsoft's probe servers: an administrator set a probe server of his own.",
                "Microsoft のプローブサーバーではありません（管理者が独自に設定したもの）。",
            )
            .to_owned(),
        Remark::NearbyReset { ttl, server_ttl } => say!(
            language,
            "The reset came with TTL {ttl}, the server's own packets with {server_ttl}: something nearer sent it.",
            "リセットの TTL は {ttl}、サーバー自身のパケットは {server_ttl} で、より近い装置が送信しています。"
        ),
        Remark::OtherAnswerer { ttl, server_ttl } => {
            let (hops, server_hops) = (guess(*ttl), guess(*server_ttl));
            say!(
                language,
                "The answer came with TTL {ttl} (about {hops} hops away), what accepted the connection with {server_ttl} \
                 (about {server_hops} hops): probably a device on the way answered in the server's name. The hops are \
                 guessed from the TTLs.",
                "応答の TTL は {ttl}（約 {hops} ホップ）、接続を受け付けた側は {server_ttl}（約 {server_hops} ホップ）で、経路上の\
                 装置がサーバーを装って応答した可能性があります（ホップ数は TTL からの推定）。"
            )
        }
        Remark::ServerAcceptsNewer => language
            .pick(
                "The same server accepts TLS 1.2 from others in this capture.",
                "同じサーバーは、この取得データ内で他のクライアントと TLS 1.2 で接続しています。",
            )
            .to_owned(),
        Remark::Proxy(about) => proxy_signs::remark(about, language),
        Remark::Discovery(about) => discovery::remark(about, language),
        Remark::NamedPortal { url: Some(url) } => {
            let url = safe(url);
            say!(
                language,
                "The network itself names its portal: {url} (RFC 8910).",
                "ネットワーク自身がポータルを通知しています：{url}（RFC 8910）。"
            )
        }
        Remark::NamedPortal { url: None } => language
            .pick(
                "The network itself says that it has no portal (RFC 8910).",
                "ネットワーク自身はポータルがないと通知しています（RFC 8910）。",
            )
            .to_owned(),
        Remark::PinnedRule { retired, server } => say!(
            language,
            "{retired}, the probe's address until 2023, answers this client and {server} does not: probably a \
             firewall rule still names the old address. Allow the probe by name.",
            "2023 年までのプローブの宛先 {retired} は応答し、現在の {server} は応答しません。ファイアウォールの規則が古い\
             アドレスに固定されている可能性があります。名前で許可してください。"
        ),
        Remark::OtherAdapterWorks { address } => say!(
            language,
            "Another adapter of this host, {address}, reaches the Internet at the same time: under a forced tunnel \
             (VPN) this failure is normal.",
            "このホストの別のアダプター {address} は同じ時間帯にインターネットへ到達しています。強制トンネル（VPN）では\
             この失敗は正常です。"
        ),
        Remark::MaySelfHeal { hops, minimum } => say!(
            language,
            "It may heal by itself: traffic that came over about {hops} hops (Windows asks for {minimum}) reached this \
             client afterwards, and Windows' passive probe may raise the state again, if an active probe has worked \
             since the adapter came up. The number is an estimate from TTLs.",
            "自然に回復する可能性があります。その後、約 {hops} ホップ（Windows の基準は {minimum}）を経た通信が届いており、\
             接続後にアクティブ プローブが一度でも成功していれば、パッシブ プローブが状態を戻すことがあります（TTL からの推定）。"
        ),
        Remark::GatewayConflict { gateway, first, second } => {
            let (first, second) = (Responder::mac_text(*first), Responder::mac_text(*second));
            say!(
                language,
                "Two link addresses, {first} and {second}, answer for the gateway {gateway}: a second host with its \
                 address, or one that answers for others (ARP conflict). Traffic may go astray from time to time; \
                 find the wrong one by its port on the switch.",
                "ゲートウェイ {gateway} の ARP／近隣要請に {first} と {second} の 2 つの MAC アドレスが応答しています\
                 （IP アドレスの重複、または代理応答）。通信が誤った宛先へ届く恐れがあります。スイッチのポートから特定してください。"
            )
        }
        Remark::LinkRestarted { after } => {
            let seconds = format!("{:.1}", after.as_secs_f64());
            say!(
                language,
                "Transient: {seconds} s after it began the adapter came up anew and took a lease. Windows forgets the state \
                 then and begins again (CapabilityReset, 14); what counts is the next attempt.",
                "一時的な失敗です。開始から {seconds} 秒後にアダプターが再接続してアドレスを取得し直しており、Windows は状態を\
                 リセット（CapabilityReset、14）して判定をやり直します。次の試行の結果を確認してください。"
            )
        }
        Remark::Elsewhere(step) => elsewhere::remark(step, language),
        Remark::AddressesFailed { addresses } => {
            let addresses = list(language, addresses);
            say!(language, "Before, {addresses} did not answer.", "それ以前に {addresses} は応答しませんでした。")
        }
    }
}
