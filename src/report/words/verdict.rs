//! Every verdict: what it means, how Windows comes to it, and which causes lead there.

use crate::report::language::Language;
use crate::verdict::{Cause, Verdict};

/// What `verdict` means, in one sentence.
#[must_use]
#[rustfmt::skip]
pub const fn meaning(verdict: Verdict, language: Language) -> &'static str {
    let (en, ja) = match verdict {
        Verdict::ActiveHttpProbeSucceeded => ("The probe went straight to Microsoft's server and got the expected text.", "プローブが直接サーバーに届き、期待どおりの応答を得た。"),
        Verdict::ActiveHttpProbeSucceededViaProxy => ("The probe went through a proxy and got the expected text.", "プローブがプロキシ経由で期待どおりの応答を得た。"),
        Verdict::ActiveDnsProbeSucceeded => ("The DNS probe name resolved to the expected address.", "DNS プローブ名が期待どおりのアドレスに解決された。"),
        Verdict::ActiveHttpProbeFailed => ("The probe could not be sent: its name did not resolve, or the proxy could not be used.", "名前解決の失敗、またはプロキシを使えないため、プローブを送信できなかった。"),
        Verdict::ActiveHttpProbeFailedButDnsSucceeded => ("The address of the probe server was known, but no HTTP answer came from it.", "プローブ先のアドレスは分かったが、HTTP の応答がなかった。"),
        Verdict::HotspotDetected => ("Somebody else than Microsoft answered the probe: a portal, a filter or an intercepting proxy.", "Microsoft 以外（ポータル、フィルター、透過プロキシ）がプローブに応答した。"),
        Verdict::ActiveDnsProbeFailed => ("The DNS probe name got no address, or another one than expected.", "DNS プローブ名が解決できない、または期待値と異なる。"),
        Verdict::ProxyAuthenticationRequired => ("A proxy asked for a sign-in (407) that the client did not get past.", "プロキシの認証要求（407）をクライアントが通過できなかった。"),
        Verdict::ProxyNotDiscovered => ("The probe went direct and failed, although the client uses a proxy.", "クライアントはプロキシを使うのに、プローブは直接送信され失敗した。"),
        Verdict::ProxyDiscoveryFailed => ("Automatic proxy discovery (WPAD or a PAC file) was there and did not work.", "プロキシ自動検出（WPAD / PAC）が機能しなかった。"),
        Verdict::TlsVersionMismatch => ("Client and server share no TLS version.", "クライアントとサーバーに共通の TLS バージョンがない。"),
        Verdict::TlsHandshakeFailed => ("A TLS handshake failed for another cause than the version.", "バージョン以外の原因で TLS ハンドシェイクが失敗した。"),
        Verdict::LegacyTlsNegotiated => ("A connection was made with a TLS version below 1.2.", "TLS 1.2 未満で接続が成立した。"),
        Verdict::TlsIntercepted => ("The certificate for a Microsoft name comes from an issuer that Microsoft does not use.", "Microsoft の名前の証明書が、Microsoft の使わない発行者のものだった。"),
        Verdict::NoAddress => ("The client has no IPv4 address.", "クライアントに IPv4 アドレスがない。"),
        Verdict::NoGlobalAddress => ("The client has no global IPv6 address.", "クライアントに IPv6 グローバルアドレスがない。"),
        Verdict::NoRoute => ("The client has an address but no route to the Internet.", "アドレスはあるが、インターネットへの経路がない。"),
        Verdict::SuspectArpProbeFailed => ("The gateway does not answer ARP or neighbour solicitation.", "ゲートウェイが ARP / 近隣要請に応答しない。"),
        Verdict::AuthenticationLoop => ("The same user was refused three times or more within a minute.", "同じユーザーが 1 分以内に 3 回以上拒否された。"),
        Verdict::OfficeGatedByNcsi => ("Office started and did not try to sign in, because Windows says \"No Internet\".", "Windows が「インターネットなし」のため、Office がサインインを試みていない。"),
        Verdict::EndpointSetUnreachable => ("A required Microsoft 365 endpoint set cannot be reached.", "必須の Microsoft 365 エンドポイントに到達できない。"),
        Verdict::OsCheckSucceeded => ("Another system's connectivity check worked.", "他 OS の接続確認が成功した。"),
        Verdict::OsCheckPortal => ("Another system's connectivity check met a portal.", "他 OS の接続確認がポータルに遭遇した。"),
        Verdict::OsCheckBlocked => ("Another system's connectivity check was blocked.", "他 OS の接続確認が遮断された。"),
        Verdict::OsCheckFailed => ("Another system's connectivity check failed, without a portal.", "他 OS の接続確認がポータル以外の理由で失敗した。"),
        Verdict::ProbeLookAlike => ("A browser, script or application asked for the probe URL, not Windows.", "Windows ではなく、ブラウザーやアプリがプローブ URL を要求した。"),
        Verdict::NoProbeSeen => ("A client came up inside the capture and sent no probe.", "取得中に接続したクライアントがプローブを送信しなかった。"),
        Verdict::Incomplete => ("The capture lacks what would decide.", "取得データに判定に必要な情報がない。"),
    };
    language.pick(en, ja)
}

/// How Windows comes to the state behind `verdict`, or how this program comes to it where Windows has no such state.
#[must_use]
pub const fn how(verdict: Verdict, language: Language) -> &'static str {
    let (en, ja) = match verdict {
        Verdict::ActiveHttpProbeSucceeded
        | Verdict::ActiveHttpProbeSucceededViaProxy
        | Verdict::ActiveHttpProbeFailed
        | Verdict::ActiveHttpProbeFailedButDnsSucceeded
        | Verdict::HotspotDetected => (
            "After a change of the network (link up, new address, proxy found) Windows' Network Connectivity Status \
             Indicator asks http://www.msftconnecttest.com/connecttest.txt, for IPv4 and IPv6 apart, and compares the \
             body with `Microsoft Connect Test`. The exact text: Internet (reason 4, or 15 through a proxy). No address \
             or no usable proxy: reason 5. An address but no HTTP answer: reason 6. Another HTTP answer without a known \
             proxy: reason 7, a portal. A direct failure means Local, a failure through a proxy means None.",
            "ネットワークの変化（リンクアップ、アドレス取得、プロキシ検出）の後、Windows の NCSI は IPv4 と IPv6 で個別に \
             http://www.msftconnecttest.com/connecttest.txt を要求し、本文を `Microsoft Connect Test` と比較します。一致\
             すれば Internet（理由 4、プロキシ経由は 15）。アドレスまたはプロキシが使えなければ理由 5、アドレスはあるが \
             HTTP 応答がなければ理由 6、プロキシなしで別の HTTP 応答なら理由 7（ポータル）です。直接の失敗は Local、\
             プロキシ経由の失敗は None になります。",
        ),
        Verdict::ActiveDnsProbeSucceeded | Verdict::ActiveDnsProbeFailed => (
            "Windows asks DNS for dns.msftncsi.com and compares the answer with 131.107.255.255 (IPv6: \
             fd3e:4f5a:5b81::1): reason 8 or 9. Up to Windows 10 on wired IPv4 a success alone may mean Internet; \
             Windows 11 always uses the HTTP probe.",
            "Windows は dns.msftncsi.com を問い合わせ、応答を 131.107.255.255（IPv6：fd3e:4f5a:5b81::1）と比較します（理由 \
             8 / 9）。Windows 10 までの有線 IPv4 ではこれだけで Internet と判定されることがあります。Windows 11 は常に \
             HTTP プローブを使います。",
        ),
        Verdict::ProxyAuthenticationRequired => (
            "The probe is sent by a service running as NETWORK SERVICE: no user can be asked, and the only credentials \
             are those of the computer account. A 407 that it cannot answer is a failed probe (reason 5, inferred; state \
             None). For other requests it only says that this program did not get through.",
            "プローブは NETWORK SERVICE のサービスが送るため、利用者に尋ねられず、使える資格情報はコンピューターアカウント\
             だけです。応答できない 407 はプローブの失敗です（理由 5 は推定、状態 None）。プローブ以外の要求では、その\
             プログラムが通信できないことだけを示します。",
        ),
        Verdict::ProxyNotDiscovered | Verdict::ProxyDiscoveryFailed => (
            "Services learn of a proxy by WPAD, a PAC file, Group Policy or `netsh winhttp set proxy`, not from the user's \
             own settings. Without one the probe goes direct and fails where only the proxy may leave the network.",
            "サービスは WPAD、PAC、グループポリシー、`netsh winhttp set proxy` でプロキシを知ります。利用者自身の設定は使い\
             ません。プロキシを知らなければプローブは直接送信され、プロキシだけが外に出られるネットワークでは失敗します。",
        ),
        Verdict::TlsVersionMismatch
        | Verdict::TlsHandshakeFailed
        | Verdict::LegacyTlsNegotiated
        | Verdict::TlsIntercepted => (
            "This is read from the clear part of the handshake (ClientHello, ServerHello, certificate, alerts). It does \
             not change Windows' judgement of the connection, but keeps programs from signing in: Microsoft 365 needs \
             TLS 1.2 or newer.",
            "暗号化前のハンドシェイク（ClientHello、ServerHello、証明書、アラート）から読み取ります。Windows の接続判定には\
             影響しませんが、サインインを妨げます。Microsoft 365 には TLS 1.2 以上が必要です。",
        ),
        Verdict::NoAddress | Verdict::NoGlobalAddress | Verdict::NoRoute | Verdict::SuspectArpProbeFailed => (
            "Before any probe Windows looks at the interface itself: an address (reasons 1 and 2), a route (3), a gateway \
             that answers (12).",
            "プローブの前に、Windows はインターフェイス自体を確認します：アドレス（理由 1、2）、経路（3）、ゲートウェイの\
             応答（12）。",
        ),
        Verdict::AuthenticationLoop => (
            "Three or more refusals (401 or 407) of one user within 60 s, none followed by a success, are counted as a \
             loop: a stored old password, mostly.",
            "同じユーザーへの拒否（401 / 407）が 60 秒以内に 3 回以上続き、成功がない場合です。多くは保存された古い\
             パスワードが原因です。",
        ),
        Verdict::OfficeGatedByNcsi => (
            "Office asks Windows (the Network List Manager) whether there is Internet. If not, it does not even send the \
             sign-in requests.",
            "Office は Windows（ネットワーク リスト マネージャー）にインターネット接続の有無を確認し、なければサインイン要求\
             自体を送りません。",
        ),
        Verdict::EndpointSetUnreachable => (
            "Names and addresses are compared with Microsoft's published list of Microsoft 365 endpoints.",
            "名前とアドレスを Microsoft 365 エンドポイントの公開一覧と照合します。",
        ),
        Verdict::OsCheckSucceeded | Verdict::OsCheckPortal | Verdict::OsCheckBlocked | Verdict::OsCheckFailed => (
            "Other systems and browsers have checks of their own (captive.apple.com, generate_204 and others). They say \
             what the network does, not what Windows judges.",
            "他の OS やブラウザーにも独自の接続確認があります（captive.apple.com、generate_204 など）。ネットワークの状態を\
             示しますが、Windows の判定ではありません。",
        ),
        Verdict::ProbeLookAlike => (
            "Only the User-Agent `Microsoft NCSI` marks Windows' own probe.",
            "User-Agent が `Microsoft NCSI` のものだけが Windows 自身のプローブです。",
        ),
        Verdict::NoProbeSeen => (
            "Windows probes within seconds after a link comes up. Where nothing is sent, a service is stopped or probing \
             is switched off by registry or policy.",
            "Windows はリンクアップから数秒以内にプローブを送信します。送信されない場合は、サービスの停止、またはレジストリ・\
             ポリシーによる無効化です。",
        ),
        Verdict::Incomplete => (
            "What is not in the capture proves nothing. Silence counts only where the capture shows that it could have \
             seen an answer, for the whole time that Windows waits.",
            "取得データにないことは証明になりません。応答が見えるはずの取得条件で、Windows の待ち時間全体が含まれている場合に\
             だけ、無応答を証拠とします。",
        ),
    };
    language.pick(en, ja)
}

/// The causes that come with `verdict`.
#[must_use]
pub const fn causes_of(verdict: Verdict) -> &'static [Cause] {
    use Cause as C;
    match verdict {
        Verdict::ActiveHttpProbeFailed => &[
            C::DnsNxdomain,
            C::DnsServfail,
            C::DnsRefused,
            C::DnsNodata,
            C::DnsTimeout,
            C::DnsNeverSent,
            C::ProxyUnreachable,
            C::ProxyNameUnresolved,
            C::ProxyDenied,
            C::ProxyRedirect,
            C::ProxyUpstreamFailure,
            C::ProxyContentReplaced,
        ],
        Verdict::ActiveHttpProbeFailedButDnsSucceeded => &[
            C::TcpTimeout,
            C::TcpReset,
            C::IcmpUnreachable,
            C::HttpTimeout,
            C::HttpClosed,
            C::HttpReset,
            C::HttpInvalid,
            C::DnsHijacked,
            C::DnsSinkholed,
        ],
        Verdict::HotspotDetected => &[
            C::HttpRedirect,
            C::HttpWrongBody,
            C::HttpEmptyBody,
            C::HttpBlocked,
            C::HttpInterceptAuth,
            C::HttpServerError,
            C::HttpStatus,
        ],
        Verdict::ActiveDnsProbeFailed => &[
            C::DnsWrongAnswer,
            C::DnsSinkholed,
            C::DnsHijacked,
            C::DnsNxdomain,
            C::DnsServfail,
            C::DnsRefused,
            C::DnsNodata,
            C::DnsTimeout,
        ],
        Verdict::ProxyAuthenticationRequired => {
            &[C::ProxyAuthUnanswered, C::ProxyAuthRejected, C::ProxyAuthUnsupported, C::ProxyAuthBrokenKeepalive]
        }
        Verdict::ProxyNotDiscovered => &[
            C::TcpTimeout,
            C::TcpReset,
            C::IcmpUnreachable,
            C::HttpTimeout,
            C::HttpBlocked,
            C::DnsNxdomain,
            C::DnsTimeout,
        ],
        Verdict::ProxyDiscoveryFailed => &[
            C::TcpTimeout,
            C::TcpReset,
            C::IcmpUnreachable,
            C::HttpTimeout,
            C::HttpClosed,
            C::HttpReset,
            C::HttpInvalid,
            C::HttpRedirect,
            C::HttpWrongBody,
            C::HttpEmptyBody,
            C::HttpBlocked,
            C::HttpInterceptAuth,
            C::HttpServerError,
            C::HttpStatus,
        ],
        Verdict::TlsVersionMismatch => &[C::TlsAlert, C::TlsReset, C::TlsClosed, C::TlsClientRejected, C::TlsFallback],
        Verdict::TlsHandshakeFailed => &[
            C::TlsMiddleboxReset,
            C::TlsCertificate,
            C::TlsSni,
            C::TlsCipher,
            C::TlsAlert,
            C::TlsReset,
            C::TlsClosed,
            C::TlsTimeout,
        ],
        Verdict::LegacyTlsNegotiated => &[C::TlsLegacyVersion],
        Verdict::TlsIntercepted => &[C::TlsInterception],
        Verdict::AuthenticationLoop => &[C::ProxyAuthRejected, C::HttpAuthRejected],
        Verdict::OsCheckPortal => &[
            C::HttpRedirect,
            C::HttpWrongBody,
            C::HttpEmptyBody,
            C::HttpStatus,
            C::ProxyRedirect,
            C::ProxyContentReplaced,
        ],
        Verdict::OsCheckBlocked => &[C::HttpBlocked, C::HttpInterceptAuth, C::ProxyDenied],
        Verdict::OsCheckFailed => &[
            C::DnsNxdomain,
            C::DnsServfail,
            C::DnsRefused,
            C::DnsNodata,
            C::DnsTimeout,
            C::DnsHijacked,
            C::DnsSinkholed,
            C::TcpTimeout,
            C::TcpReset,
            C::IcmpUnreachable,
            C::HttpTimeout,
            C::HttpClosed,
            C::HttpReset,
            C::HttpInvalid,
            C::HttpWrongBody,
            C::HttpEmptyBody,
            C::HttpServerError,
            C::HttpStatus,
            C::ProxyUpstreamFailure,
            C::ProxyContentReplaced,
        ],
        Verdict::NoAddress => &[C::DhcpNoOffer, C::DhcpNoAck, C::DhcpNak, C::DhcpDecline],
        Verdict::NoGlobalAddress => &[C::RouterSilent, C::RouterNoPrefix],
        Verdict::NoRoute => &[C::DhcpNoRouter],
        Verdict::SuspectArpProbeFailed => &[C::ArpTimeout, C::NeighbourTimeout],
        Verdict::NoProbeSeen => &[C::ProbeNeverSent],
        Verdict::Incomplete => {
            &[C::OneWay, C::CaptureEnded, C::TruncatedPackets, C::Gap, C::FilteredCapture, C::AnonymisedCapture]
        }
        Verdict::ActiveHttpProbeSucceeded
        | Verdict::ActiveHttpProbeSucceededViaProxy
        | Verdict::ActiveDnsProbeSucceeded
        | Verdict::OfficeGatedByNcsi
        | Verdict::EndpointSetUnreachable
        | Verdict::OsCheckSucceeded
        | Verdict::ProbeLookAlike => &[],
    }
}
