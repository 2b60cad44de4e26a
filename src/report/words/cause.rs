//! Every cause in a few words.

use crate::report::language::Language;
use crate::verdict::Cause;

/// What `cause` means, as half a sentence.
#[must_use]
#[rustfmt::skip]
pub const fn meaning(cause: Cause, language: Language) -> &'static str {
    let (en, ja) = match cause {
        Cause::DnsNxdomain => ("the resolver says that the name does not exist", "リゾルバーが名前は存在しないと応答"),
        Cause::DnsServfail => ("the resolver could not resolve the name (SERVFAIL)", "リゾルバーが名前解決に失敗（SERVFAIL）"),
        Cause::DnsRefused => ("the resolver refused the question", "リゾルバーが問い合わせを拒否"),
        Cause::DnsNodata => ("the name has no address of this family", "このファミリーのアドレスがない"),
        Cause::DnsTimeout => ("no resolver answered", "どのリゾルバーも応答しない"),
        Cause::DnsHijacked => ("the answer is a private, shared or link-local address", "応答がプライベート等の内部アドレス"),
        Cause::DnsSinkholed => ("the answer is an address that leads nowhere, as block lists give", "応答が到達不能なアドレス（ブロックリスト）"),
        Cause::DnsWrongAnswer => ("the DNS probe name has another address than expected", "DNS プローブ名の応答が期待値と異なる"),
        Cause::DnsNeverSent => ("the name was never asked for", "名前の問い合わせが一度も送信されていない"),
        Cause::TcpTimeout => ("the connection request was never answered", "接続要求に応答がない"),
        Cause::TcpReset => ("the connection was refused", "接続が拒否された"),
        Cause::IcmpUnreachable => ("a device on the way reported that the server cannot be reached", "経路上の装置が到達不能を通知"),
        Cause::HttpTimeout => ("no answer to the request came in time", "要求への応答が時間内にない"),
        Cause::HttpClosed => ("the connection was closed before an answer", "応答前に接続が閉じられた"),
        Cause::HttpReset => ("the connection was reset before an answer", "応答前に接続がリセットされた"),
        Cause::HttpInvalid => ("the answer is not HTTP/1", "応答が HTTP/1 ではない"),
        Cause::HttpRedirect => ("the answer is a redirect, as portals give", "応答が転送（ポータルなど）"),
        Cause::HttpWrongBody => ("the answer has another content than expected", "応答の内容が期待値と異なる"),
        Cause::HttpEmptyBody => ("the answer is empty", "応答の本文が空"),
        Cause::HttpBlocked => ("a firewall or filter refused the request (403 or 451)", "ファイアウォール等が要求を拒否（403/451）"),
        Cause::HttpInterceptAuth => ("a device in between demands a sign-in (401 or 407)", "途中の装置が認証を要求（401/407）"),
        Cause::HttpAuthRejected => ("the server refused the credentials (401)", "サーバーが資格情報を拒否（401）"),
        Cause::HttpServerError => ("the answer is a server error (5xx)", "応答がサーバーエラー（5xx）"),
        Cause::HttpStatus => ("the answer has another status than 200", "応答のステータスが 200 以外"),
        Cause::ProxyUnreachable => ("no connection to the proxy came about", "プロキシに接続できない"),
        Cause::ProxyNameUnresolved => ("the proxy's name did not resolve", "プロキシの名前を解決できない"),
        Cause::ProxyAuthUnanswered => ("the proxy asked for a sign-in (407) and the client sent none", "プロキシの認証要求（407）にクライアントが応答しない"),
        Cause::ProxyAuthRejected => ("the proxy refused the credentials", "プロキシが資格情報を拒否"),
        Cause::ProxyAuthUnsupported => ("the proxy offers only schemes that no service can answer", "サービスが応答できない認証方式のみ"),
        Cause::ProxyAuthBrokenKeepalive => ("the proxy closed the connection in the middle of NTLM", "NTLM 認証の途中でプロキシが切断"),
        Cause::ProxyDenied => ("the proxy's policy denied the request (403)", "プロキシのポリシーで拒否（403）"),
        Cause::ProxyRedirect => ("the proxy answered with a redirect", "プロキシが転送を応答"),
        Cause::ProxyUpstreamFailure => ("the proxy could not reach the server itself (5xx)", "プロキシ自身がサーバーに到達できない（5xx）"),
        Cause::ProxyContentReplaced => ("the proxy delivered another content", "プロキシが別の内容を返した"),
        Cause::TlsAlert => ("one side ended the handshake with an alert", "一方がアラートでハンドシェイクを終了"),
        Cause::TlsReset => ("the connection was reset in the handshake", "ハンドシェイク中にリセット"),
        Cause::TlsClosed => ("the connection was closed in the handshake", "ハンドシェイク中にクローズ"),
        Cause::TlsClientRejected => ("the client refused the version that the server chose", "サーバーの選んだバージョンをクライアントが拒否"),
        Cause::TlsFallback => ("only a retry with a lower version worked", "バージョンを下げた再試行だけが成功"),
        Cause::TlsCipher => ("the two sides share no cipher suite", "共通の暗号スイートがない"),
        Cause::TlsCertificate => ("the client refused the certificate", "クライアントが証明書を拒否"),
        Cause::TlsSni => ("the server name in the hello is missing or unknown", "ClientHello のサーバー名がない、または不明"),
        Cause::TlsMiddleboxReset => ("a device between the two sides reset the connection", "途中の装置が接続をリセット"),
        Cause::TlsTimeout => ("the hello was never answered", "ClientHello に応答がない"),
        Cause::TlsLegacyVersion => ("both agreed on a version below TLS 1.2", "TLS 1.2 未満で合意"),
        Cause::TlsInterception => ("the certificate was made by something in between", "途中の装置が証明書を差し替え"),
        Cause::DhcpNoOffer => ("no DHCP server offered an address", "どの DHCP サーバーもアドレスを提示しない"),
        Cause::DhcpNoAck => ("a DHCP server offered an address and did not grant it", "DHCP サーバーが提示後に割り当てを確定しない"),
        Cause::DhcpNak => ("the DHCP server refuses again and again (NAK)", "DHCP サーバーが拒否を繰り返す（NAK）"),
        Cause::DhcpDecline => ("the client refuses the addresses offered, because somebody else uses them", "提示されたアドレスが使用中のためクライアントが辞退（DECLINE）"),
        Cause::DhcpNoRouter => ("the lease names no router", "リースにルーターの指定がない"),
        Cause::RouterSilent => ("no router advertised itself", "ルーター広告がない"),
        Cause::RouterNoPrefix => ("routers advertise no prefix that an address could be made of", "ルーター広告に使えるプレフィックスがない"),
        Cause::ArpTimeout => ("the gateway answers no ARP request", "ゲートウェイが ARP に応答しない"),
        Cause::NeighbourTimeout => ("the router answers no neighbour solicitation", "ルーターが近隣要請に応答しない"),
        Cause::ProbeNeverSent => ("no probe was sent", "プローブが一度も送信されていない"),
        Cause::OneWay => ("only one direction is in the capture", "片方向しか取得されていない"),
        Cause::TruncatedPackets => ("the decisive packets are cut", "判定に必要なパケットが切れている"),
        Cause::CaptureEnded => ("the capture ended before the deadline", "期限前に取得が終了"),
        Cause::Gap => ("bytes are missing in the middle", "途中のデータが欠落"),
        Cause::FilteredCapture => ("a protocol is absent from the whole capture", "取得データに必要なプロトコルがない"),
        Cause::AnonymisedCapture => ("addresses or contents were rewritten after capturing", "取得後にアドレスや内容が書き換えられた"),
    };
    language.pick(en, ja)
}

/// What to say where no cause is known.
#[must_use]
pub const fn unknown(language: Language) -> &'static str {
    language.pick("The cause is not known.", "原因は特定できていません。")
}
