//! The names of a finding, safe to print and never absent: what the sentences are filled with.

use std::net::{IpAddr, SocketAddr};

use crate::report::language::{Language, say};
use crate::text::sanitize;
use crate::verdict::{Cause, Finding, ProxyRemark, Remark, Side, Verdict};

/// Characters of one name inside a sentence; longer ones stand whole in the details.
const MAX_NAME: usize = 160;

/// Wire text for a sentence.
#[must_use]
pub fn safe(text: &str) -> String {
    sanitize(text, MAX_NAME)
}

/// Addresses as an enumeration.
#[must_use]
pub fn list<T: ToString>(language: Language, items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(language.comma())
}

/// The names of a finding.
pub struct Facts<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// The reader's language.
    pub language: Language,
    /// Who asked.
    pub client: String,
    /// Name asked for.
    pub host: String,
    /// URL asked for, or the host.
    pub url: String,
    /// Address and port asked.
    pub server: String,
    /// The proxy, with its name where known.
    pub proxy: String,
    /// Authentication schemes that the proxy offers.
    pub schemes: String,
    /// Who signed in.
    pub user: String,
    /// Resolvers asked.
    pub resolvers: String,
    /// Name that was looked up.
    pub name: String,
    /// Addresses of the DNS answer.
    pub addresses: String,
    /// Addresses to which a connection was tried.
    pub tried: String,
    /// `302 Found`.
    pub status: String,
    /// Where a redirect leads.
    pub location: String,
    /// Who says that it answered: `Server`, `Via` or the page title.
    pub answered_by: Option<String>,
    /// Highest TLS version of the client.
    pub client_max: String,
    /// TLS version of the server.
    pub server_version: String,
    /// Issuer of the certificate.
    pub issuer: String,
    /// Who sent an ICMP error.
    pub icmp_from: String,
    /// The gateway.
    pub gateway: String,
}

impl<'a> Facts<'a> {
    /// The names of `finding`; where it has none, what the reader would call the thing.
    #[must_use]
    pub fn new(finding: &'a Finding, language: Language) -> Self {
        let details = &finding.details;
        let (http, dns, proxy, tls) = (&details.http, &details.dns, &details.proxy, &details.tls);
        let or = |value: Option<String>, en: &'static str, ja: &'static str| {
            value.filter(|text| !text.is_empty()).unwrap_or_else(|| language.pick(en, ja).to_owned())
        };
        let text = |value: Option<&String>| value.map(|text| safe(text));
        let tls_matter = matches!(
            finding.verdict,
            Verdict::TlsVersionMismatch
                | Verdict::TlsHandshakeFailed
                | Verdict::LegacyTlsNegotiated
                | Verdict::TlsIntercepted
                | Verdict::EndpointSetUnreachable
        );
        let host = text(finding.host.as_ref()).filter(|host| !host.is_empty());
        let url = text(finding.url.as_ref()).or_else(|| host.clone());
        let host = host.unwrap_or_else(|| {
            let (en, ja) = if tls_matter {
                ("the server", "接続先サーバー")
            } else {
                ("the probe host", "プローブ先")
            };
            language.pick(en, ja).to_owned()
        });
        let server = finding.server.map(|address| socket(address, finding.server_port));
        Self {
            client: if finding.client.is_unspecified() {
                let mac = details.host.as_ref().and_then(|host| host.mac.as_deref()).map(safe);
                or(mac, "the client", "クライアント")
            } else {
                finding.client.to_string()
            },
            url: url.unwrap_or_else(|| host.clone()),
            server: or(server, "the server", "サーバー"),
            proxy: or(
                finding
                    .proxy
                    .map(|address| match proxy.as_ref().and_then(|proxy| proxy.name.as_deref()) {
                        Some(name) => format!("{} ({address})", safe(name)),
                        None => address.to_string(),
                    })
                    .or_else(|| proxy.as_ref().and_then(|proxy| text(proxy.name.as_ref()))),
                "the proxy",
                "プロキシ",
            ),
            schemes: or(
                proxy.as_ref().map(|proxy| safe(&proxy.schemes.join(language.comma()))),
                "an unknown scheme",
                "不明な方式",
            ),
            user: or(
                proxy
                    .as_ref()
                    .and_then(|proxy| text(proxy.user.as_ref()))
                    .or_else(|| details.auth.as_ref().and_then(|auth| text(auth.user.as_ref())))
                    .or_else(|| {
                        let anonymous = finding.remarks.contains(&Remark::Proxy(ProxyRemark::Anonymous));
                        anonymous.then(|| language.pick("an anonymous user", "匿名ユーザー").to_owned())
                    }),
                "the computer account (DOMAIN\\HOST$)",
                "コンピューターアカウント（DOMAIN\\HOST$）",
            ),
            resolvers: or(
                dns.as_ref()
                    .filter(|dns| !dns.servers.is_empty())
                    .map(|dns| list(language, &dns.servers))
                    .or_else(|| finding.server.filter(|_| finding.server_port == Some(53)).map(|ip| ip.to_string())),
                "the DNS server",
                "DNS サーバー",
            ),
            name: dns
                .as_ref()
                .map(|dns| safe(&dns.name))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| host.clone()),
            addresses: or(
                dns.as_ref().filter(|dns| !dns.addresses.is_empty()).map(|dns| list(language, &dns.addresses)),
                "another address",
                "別のアドレス",
            ),
            tried: or(
                details
                    .connect
                    .as_ref()
                    .filter(|connect| !connect.tried.is_empty())
                    .map(|connect| list(language, &connect.tried))
                    .or_else(|| finding.server.map(|address| socket(address, finding.server_port))),
                "the server",
                "サーバー",
            ),
            status: or(
                http.as_ref().and_then(|http| {
                    let status = http.status?;
                    let reason = http.reason.as_deref().map(safe).unwrap_or_default();
                    Some(format!("{status} {reason}").trim_end().to_owned())
                }),
                "an error status",
                "エラー応答",
            ),
            location: or(http.as_ref().and_then(|http| text(http.location.as_ref())), "an unnamed place", "不明な場所"),
            answered_by: http.as_ref().and_then(|http| {
                let parts: Vec<String> = [
                    text(http.title.as_ref())
                        .map(|title| say!(language, "page title \"{title}\"", "ページ題名「{title}」")),
                    text(http.server.as_ref()).map(|server| format!("Server: {server}")),
                    text(http.via.as_ref()).map(|via| format!("Via: {via}")),
                ]
                .into_iter()
                .flatten()
                .collect();
                (!parts.is_empty()).then(|| parts.join(language.comma()))
            }),
            client_max: or(
                tls.as_ref().and_then(|tls| text(tls.client_max.as_ref())).map(|version| version_name(&version)),
                "an old TLS version",
                "旧 TLS バージョン",
            ),
            server_version: or(
                tls.as_ref().and_then(|tls| text(tls.server_version.as_ref())).map(|version| version_name(&version)),
                "another version",
                "別のバージョン",
            ),
            issuer: or(tls.as_ref().and_then(|tls| text(tls.issuer.as_ref())), "an unknown issuer", "不明な発行者"),
            icmp_from: or(
                details.connect.as_ref().and_then(|connect| connect.icmp_from).map(|from| from.to_string()),
                "a device on the way",
                "経路上の装置",
            ),
            gateway: or(
                details
                    .host
                    .as_ref()
                    .and_then(|host| host.gateway)
                    .or(finding.server)
                    .map(|gateway| gateway.to_string()),
                "the default gateway",
                "既定のゲートウェイ",
            ),
            host,
            finding,
            language,
        }
    }

    /// Who answered, in brackets, or nothing.
    #[must_use]
    pub fn by(&self) -> String {
        let language = self.language;
        self.answered_by.as_ref().map(|who| say!(language, " ({who})", "（{who}）")).unwrap_or_default()
    }

    /// A sentence on where the answer came from, or what of it did, as far as the packets tell.
    #[must_use]
    pub fn responder(&self) -> Option<String> {
        let (language, responder) = (self.language, self.finding.details.responder.as_ref()?);
        let parts: Vec<String> = [
            responder.rtt_ms.map(|ms| distance(ms, language)),
            responder.ttl.map(|ttl| say!(language, "TTL {ttl} on arrival", "到着時の TTL {ttl}")),
            responder.mac.as_deref().map(safe).map(|mac| say!(language, "last hop {mac}", "直前の装置 {mac}")),
        ]
        .into_iter()
        .flatten()
        .collect();
        if parts.is_empty() {
            return None;
        }
        let marks = parts.join(language.comma());
        Some(if is_silence(self.finding.cause) {
            // Something accepted the connection; it did not answer the request.
            say!(language, "What accepted the connection: {marks}.", "接続を受け付けた相手：{marks}。")
        } else {
            say!(language, "Where the answer came from: {marks}.", "応答の送信元：{marks}。")
        })
    }

    /// Which side sent the TLS alert or closed the connection.
    #[must_use]
    pub fn side(&self, side: Option<Side>) -> String {
        match side {
            Some(Side::Client) => self.language.pick("the client", "クライアント"),
            Some(Side::Server) => self.language.pick("the server", "サーバー"),
            None => self.language.pick("the other side", "相手側"),
        }
        .to_owned()
    }
}

/// `TLS 1.0` for `1.0`, `SSL 3` for `SSL3`.
fn version_name(version: &str) -> String {
    match version {
        "SSL2" => "SSL 2.0".to_owned(),
        "SSL3" => "SSL 3.0".to_owned(),
        other => format!("TLS {other}"),
    }
}

/// An address, with its port where that is known.
#[must_use]
pub fn socket(address: IpAddr, port: Option<u16>) -> String {
    port.map_or_else(|| address.to_string(), |port| SocketAddr::new(address, port).to_string())
}

/// Whether nothing came that would be an answer.
const fn is_silence(cause: Option<Cause>) -> bool {
    matches!(
        cause,
        Some(
            Cause::TlsTimeout
                | Cause::HttpTimeout
                | Cause::TcpTimeout
                | Cause::OneWay
                | Cause::CaptureEnded
                | Cause::Gap
        )
    )
}

/// The round trip; on one link it is shorter than what one decimal shows.
fn distance(ms: f64, language: Language) -> String {
    if ms < 0.05 {
        return language.pick("less than 0.1 ms away", "往復 0.1 ms 未満").to_owned();
    }
    say!(language, "{ms:.1} ms away", "往復 {ms:.1} ms")
}
