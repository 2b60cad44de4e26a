//! Handshakes that end for another cause than the version.

use super::Story;
use super::facts::Facts;
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Side};

/// The words for a handshake that failed for another cause than the version.
pub(super) fn failed(facts: &Facts<'_>, cause: Option<Cause>) -> Story {
    let (language, client, host, issuer) = (facts.language, &facts.client, &facts.host, &facts.issuer);
    let how = ending(facts);
    let title = match cause {
        Some(Cause::TlsCipher) => {
            say!(language, "{client} and {host} share no cipher suite", "{client} と {host} に共通の暗号スイートがない")
        }
        Some(Cause::TlsCertificate) => certificate_title(facts),
        Some(Cause::TlsSni) => name_title(facts),
        Some(Cause::TlsMiddleboxReset) => say!(
            language,
            "A device on the way resets the TLS connection of {client} to {host}",
            "経路上の装置が {client} から {host} への TLS 接続をリセット"
        ),
        Some(Cause::TlsTimeout) => say!(
            language,
            "{host} never answers the TLS hello of {client}",
            "{host} が {client} の ClientHello に応答しない"
        ),
        _ => say!(
            language,
            "The TLS handshake of {client} with {host} failed: {how}",
            "{client} と {host} の TLS ハンドシェイクが失敗：{how}"
        ),
    };
    let story = Story::new(title).tell(say!(
        language,
        "{client} opened a TLS connection to {host}; {how}.",
        "{client} は {host} へ TLS 接続を開始しましたが、{how}。"
    ));
    let story = by_alert(facts, cause, story);
    let (audience, advice) = match cause {
        Some(Cause::TlsCipher) => (
            Audience::Client,
            language.pick(
                "Compare the suites of both sides: `Get-TlsCipherSuite`, the Group Policy \"SSL Cipher Suite Order\"; \
                 update old Windows versions.",
                "双方の暗号スイートを比較してください：`Get-TlsCipherSuite`、GPO「SSL 暗号の順位」。古い Windows は更新します。",
            ).to_owned(),
        ),
        Some(Cause::TlsCertificate) if of_client(facts) => (
            Audience::Client,
            say!(
                language,
                "Check that {client} holds a client certificate with its private key that {host} accepts, and that it is \
                 chosen: `certmgr.msc`, Personal.",
                "{host} が受け入れるクライアント証明書（秘密キー付き）が {client} にあり、選択されているか確認してください\
                 （`certmgr.msc` の「個人」）。"
            ),
        ),
        Some(Cause::TlsCertificate) => (
            Audience::Client,
            say!(
                language,
                "Check the clock of {client}, its trusted roots (the issuer is {issuer}), and whether an inspection device \
                 replaced the certificate.",
                "{client} の時刻、信頼されたルート（発行者 {issuer}）、検査装置による証明書の差し替えを確認してください。"
            ),
        ),
        Some(Cause::TlsSni) => (
            Audience::Server,
            say!(
                language,
                "Check that the program sends the server name (SNI) and that {host} is bound on the server that was reached.",
                "プログラムがサーバー名（SNI）を送っているか、到達したサーバーに {host} が登録されているかを確認してください。"
            ),
        ),
        Some(Cause::TlsMiddleboxReset | Cause::TlsTimeout | Cause::TlsReset | Cause::TlsClosed) => (
            Audience::Firewall,
            say!(
                language,
                "Look for a URL or TLS filter that acts on the name {host}, and allow it there.",
                "名前 {host} に反応する URL/TLS フィルターを確認し、許可してください。"
            ),
        ),
        _ => (
            Audience::Server,
            say!(
                language,
                "Look up the alert in the logs of {host} and in the client's System log (Schannel events 36887 and 36888).",
                "{host} のログと、クライアントのシステムログ（Schannel イベント 36887、36888）でアラートを確認してください。"
            ),
        ),
    };
    story.advise(audience, advice).otherwise(language.pick(
        "A completed handshake of the same client with the same server would point to a passing fault.",
        "同じクライアントとサーバーの間で成功する接続があれば、一時的な障害の可能性があります。",
    ))
}

/// Whether the server did not get the certificate that it asked the client for.
fn of_client(facts: &Facts<'_>) -> bool {
    let tls = facts.finding.details.tls.as_ref();
    tls.is_some_and(|tls| tls.certificate_requested && tls.alert_from == Some(Side::Server))
}

fn certificate_title(facts: &Facts<'_>) -> String {
    let (language, client, host, issuer) = (facts.language, &facts.client, &facts.host, &facts.issuer);
    let known = facts.finding.details.tls.as_ref().is_some_and(|tls| tls.issuer.is_some());
    if of_client(facts) {
        return say!(
            language,
            "{client} has no client certificate that {host} accepts",
            "{client} に {host} が受け入れるクライアント証明書がない"
        );
    }
    if known {
        return say!(
            language,
            "{client} does not accept the certificate of {host} (issuer {issuer})",
            "{client} が {host} の証明書（発行者 {issuer}）を拒否"
        );
    }
    say!(language, "{client} does not accept the certificate of {host}", "{client} が {host} の証明書を拒否")
}

fn name_title(facts: &Facts<'_>) -> String {
    let (language, client, host) = (facts.language, &facts.client, &facts.host);
    if facts.finding.details.tls.as_ref().is_some_and(|tls| tls.sni.is_none()) {
        return say!(
            language,
            "{host} refuses the TLS hello of {client}, which names no server (no SNI)",
            "{host} が {client} の ClientHello を拒否（サーバー名 SNI なし）"
        );
    }
    say!(
        language,
        "The server does not know the name {host} that {client} asks for",
        "サーバーが {client} の要求した名前 {host} を認識しない"
    )
}

/// What the alert, or its absence, says beyond its name.
fn by_alert(facts: &Facts<'_>, cause: Option<Cause>, story: Story) -> Story {
    let language = facts.language;
    let tls = facts.finding.details.tls.as_ref();
    let code = tls.and_then(|tls| tls.alert);
    let asked = tls.is_some_and(|tls| tls.certificate_requested);
    let suites = tls.map(|tls| tls.client_ciphers.as_slice()).unwrap_or_default();
    let sentence = match (cause, code) {
        (Some(Cause::TlsCipher), _) if !suites.is_empty() && !suites.iter().copied().any(is_authenticated) => language
            .pick(
                "The client offers no suite with GCM or ChaCha20, as Windows 7 and 8 do to servers with RSA certificates; \
                 servers of today often allow nothing else.",
                "クライアントは GCM / ChaCha20 のスイートを提示していません（RSA 証明書のサーバーに対する Windows 7 / 8 \
                 と同様）。最近のサーバーはそれ以外を許可しないことがあります。",
            ),
        (Some(Cause::TlsTimeout), _) if facts.finding.rule == "tls.unreachable" => return story,
        (Some(Cause::TlsTimeout), _) => language.pick(
            "Where this meets large hellos only: these (with post-quantum key shares they span two packets) are lost where a device \
             mishandles the MTU or the second packet: that is no question of the version.",
            "大きな ClientHello だけで起きる場合：ClientHello（耐量子鍵共有を含むと 2 パケットになる）は、MTU や 2 番目のパケットを正しく扱えない\
             装置で失われることがあります。バージョンの問題ではありません。",
        ),
        (_, Some(86)) => language.pick(
            "The client came back with a lower version after a failure, and the server, which can do more, noticed: look \
             for the cause at the client's first connection, before this one.",
            "クライアントは失敗後にバージョンを下げて再接続し、より新しいバージョンに対応するサーバーがそれを検出しました。\
             原因は、この接続より前の最初の接続を調べてください。",
        ),
        (_, Some(40 | 42..=46 | 48 | 116)) if of_client(facts) || asked || code == Some(116) => language.pick(
            "The server wants a certificate of the client and did not accept what it got, or got none.",
            "サーバーはクライアント証明書を要求しましたが、提示されないか、受け入れられませんでした。",
        ),
        (_, Some(120)) => language.pick(
            "The server has none of the application protocols (ALPN) that the client offers.",
            "クライアントが提示したアプリケーションプロトコル（ALPN）に、サーバーが対応するものがありません。",
        ),
        (_, Some(10 | 20 | 47 | 50 | 51 | 80)) => language.pick(
            "Such an alert speaks of a fault in one of the two programs, or of a device that changes the messages. Where it \
             comes now and then only, compare with a connection that works.",
            "このアラートは、どちらかのプログラムの不具合か、途中の装置によるメッセージの改変を示します。時々発生する場合は、\
             成功した接続と比較してください。",
        ),
        _ => return story,
    };
    story.tell(sentence)
}

/// Suites with GCM, CCM or ChaCha20 (RFC 5288, RFC 5289, RFC 6655, RFC 7905, RFC 8446).
const fn is_authenticated(suite: u16) -> bool {
    matches!(suite, 0x1301..=0x1305 | 0x009c..=0x00a7 | 0xc02b..=0xc032 | 0xc09c..=0xc0af | 0xcca8..=0xccae)
}

/// How the handshake ended.
pub(super) fn ending(facts: &Facts<'_>) -> String {
    let language = facts.language;
    let tls = facts.finding.details.tls.as_ref();
    if let Some(code) = tls.and_then(|tls| tls.alert) {
        let (who, name) = (facts.side(tls.and_then(|tls| tls.alert_from)), alert_name(code));
        return say!(
            language,
            "{who} ended it with alert {code} ({name})",
            "{who}がアラート {code}（{name}）で終了しました"
        );
    }
    let who =
        facts.side(facts.finding.details.connect.as_ref().and_then(|connect| connect.reset_by).or(Some(Side::Server)));
    match facts.finding.cause {
        Some(Cause::TlsReset) => say!(language, "{who} reset the connection", "{who}が接続をリセットしました"),
        Some(Cause::TlsMiddleboxReset) => language
            .pick("a reset came that the server cannot have sent", "サーバーのものではないリセットが届きました")
            .to_owned(),
        Some(Cause::TlsClosed) => say!(language, "{who} closed the connection", "{who}が接続を閉じました"),
        Some(Cause::TlsTimeout) => language.pick("no answer came", "応答がありませんでした").to_owned(),
        _ => language.pick("it was not completed", "完了しませんでした").to_owned(),
    }
}

/// Name of a TLS alert (RFC 8446 section 6, RFC 5246 section 7.2).
#[must_use]
pub fn alert_name(code: u8) -> &'static str {
    match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => "unassigned",
    }
}
