//! The names of a finding, safe to print and never absent: what the sentences are filled with.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};

use crate::report::language::{Language, say};
use crate::text::{Address, Socket, sanitized};
use crate::verdict::{Cause, Finding, ProxyRemark, Remark, Side, Verdict};

/// Characters of one name inside a sentence; longer ones stand whole in the details.
const MAX_NAME: usize = 160;

/// Wire text for a sentence.
#[must_use]
pub fn safe(text: &str) -> Cow<'_, str> {
    sanitized(text, MAX_NAME)
}

/// An enumeration.
#[must_use]
pub fn list(language: Language, items: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let mut text = String::new();
    for (number, item) in items.into_iter().enumerate() {
        text.push_str(if number > 0 { language.comma() } else { "" });
        // Writing into a string cannot fail.
        let _ = write!(text, "{item}");
    }
    text
}

/// The names of a finding.
pub struct Facts<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// The reader's language.
    pub language: Language,
    /// Who asked.
    pub client: Cow<'a, str>,
    /// Name asked for.
    pub host: Cow<'a, str>,
    /// URL asked for, or the host.
    pub url: Cow<'a, str>,
    /// Address and port asked.
    pub server: Cow<'a, str>,
    /// The proxy, with its name where known.
    pub proxy: Cow<'a, str>,
    /// Authentication schemes that the proxy offers.
    pub schemes: Cow<'a, str>,
    /// Who signed in.
    pub user: Cow<'a, str>,
    /// Resolvers asked.
    pub resolvers: Cow<'a, str>,
    /// Name that was looked up.
    pub name: Cow<'a, str>,
    /// Addresses of the DNS answer.
    pub addresses: Cow<'a, str>,
    /// Addresses to which a connection was tried.
    pub tried: Cow<'a, str>,
    /// `302 Found`.
    pub status: Cow<'a, str>,
    /// Where a redirect leads.
    pub location: Cow<'a, str>,
    /// Who says that it answered: `Server`, `Via` or the page title.
    pub answered_by: Option<String>,
    /// Highest TLS version of the client.
    pub client_max: Cow<'a, str>,
    /// TLS version of the server.
    pub server_version: Cow<'a, str>,
    /// Issuer of the certificate.
    pub issuer: Cow<'a, str>,
    /// Who sent an ICMP error.
    pub icmp_from: Cow<'a, str>,
    /// The gateway.
    pub gateway: Cow<'a, str>,
}

impl<'a> Facts<'a> {
    /// The names of `finding`; where it has none, what the reader would call the thing.
    #[must_use]
    pub fn new(finding: &'a Finding, language: Language) -> Self {
        let details = &finding.details;
        let (http, dns, proxy, tls) = (&details.http, &details.dns, &details.proxy, &details.tls);
        let or = |value: Option<Cow<'a, str>>, en: &'static str, ja: &'static str| {
            value.filter(|text| !text.is_empty()).unwrap_or(Cow::Borrowed(language.pick(en, ja)))
        };
        let text = |value: &'a Option<String>| value.as_deref().map(safe);
        let tls_matter = matches!(
            finding.verdict,
            Verdict::TlsVersionMismatch
                | Verdict::TlsHandshakeFailed
                | Verdict::LegacyTlsNegotiated
                | Verdict::TlsIntercepted
                | Verdict::EndpointSetUnreachable
        );
        let host = text(&finding.host).filter(|host| !host.is_empty());
        let url = text(&finding.url).or_else(|| host.clone());
        let host = host.unwrap_or_else(|| {
            let (en, ja) = if tls_matter {
                ("the server", "接続先サーバー")
            } else {
                ("the probe host", "プローブ先")
            };
            Cow::Borrowed(language.pick(en, ja))
        });
        let owned = |text: String| Cow::Owned::<'a, str>(text);
        let server = finding.server.map(|address| owned(socket(address, finding.server_port)));
        Self {
            client: if finding.client.is_unspecified() {
                let mac = details.host.as_ref().and_then(|host| host.mac.as_deref()).map(safe);
                or(mac, "the client", "クライアント")
            } else {
                owned(Address(finding.client).to_string())
            },
            url: url.unwrap_or_else(|| host.clone()),
            proxy: or(
                finding
                    .proxy
                    .map(|address| match proxy.as_ref().and_then(|proxy| proxy.name.as_deref()) {
                        Some(name) => owned(format!("{} ({})", safe(name), Socket(address))),
                        None => owned(Socket(address).to_string()),
                    })
                    .or_else(|| proxy.as_ref().and_then(|proxy| text(&proxy.name))),
                "the proxy",
                "プロキシ",
            ),
            schemes: or(
                proxy.as_ref().map(|proxy| owned(safe(&proxy.schemes.join(language.comma())).into_owned())),
                "an unknown scheme",
                "不明な方式",
            ),
            user: or(
                proxy
                    .as_ref()
                    .and_then(|proxy| text(&proxy.user))
                    .or_else(|| details.auth.as_ref().and_then(|auth| text(&auth.user)))
                    .or_else(|| {
                        let anonymous = finding.remarks.contains(&Remark::Proxy(ProxyRemark::Anonymous));
                        anonymous.then(|| Cow::Borrowed(language.pick("an anonymous user", "匿名ユーザー")))
                    }),
                "the computer account (DOMAIN\\HOST$)",
                "コンピューターアカウント（DOMAIN\\HOST$）",
            ),
            resolvers: or(
                dns.as_ref()
                    .filter(|dns| !dns.servers.is_empty())
                    .map(|dns| list(language, dns.servers.iter().copied().map(Address)))
                    .or_else(|| {
                        finding.server.filter(|_| finding.server_port == Some(53)).map(|ip| Address(ip).to_string())
                    })
                    .map(owned),
                "the DNS server",
                "DNS サーバー",
            ),
            name: dns
                .as_ref()
                .map(|dns| safe(&dns.name))
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| host.clone()),
            addresses: or(
                dns.as_ref()
                    .filter(|dns| !dns.addresses.is_empty())
                    .map(|dns| owned(list(language, dns.addresses.iter().copied().map(Address)))),
                "another address",
                "別のアドレス",
            ),
            tried: or(
                details
                    .connect
                    .as_ref()
                    .filter(|connect| !connect.tried.is_empty())
                    .map(|connect| owned(list(language, connect.tried.iter().copied().map(Socket))))
                    .or_else(|| server.clone()),
                "the server",
                "サーバー",
            ),
            status: or(
                http.as_ref().and_then(|http| {
                    let status = http.status?;
                    let reason = http.reason.as_deref().map(safe).unwrap_or_default();
                    Some(owned(format!("{status} {reason}").trim_end().to_owned()))
                }),
                "an error status",
                "エラー応答",
            ),
            location: or(http.as_ref().and_then(|http| text(&http.location)), "an unnamed place", "不明な場所"),
            answered_by: http.as_ref().and_then(|http| {
                let parts: Vec<String> = [
                    text(&http.title).map(|title| say!(language, "page title \"{title}\"", "ページ題名「{title}」")),
                    text(&http.server).map(|server| format!("Server: {server}")),
                    text(&http.via).map(|via| format!("Via: {via}")),
                ]
                .into_iter()
                .flatten()
                .collect();
                (!parts.is_empty()).then(|| parts.join(language.comma()))
            }),
            client_max: or(
                tls.as_ref().and_then(|tls| text(&tls.client_max)).map(version_name),
                "an old TLS version",
                "旧 TLS バージョン",
            ),
            server_version: or(
                tls.as_ref().and_then(|tls| text(&tls.server_version)).map(version_name),
                "another version",
                "別のバージョン",
            ),
            issuer: or(tls.as_ref().and_then(|tls| text(&tls.issuer)), "an unknown issuer", "不明な発行者"),
            icmp_from: or(
                details.connect.as_ref().and_then(|connect| connect.icmp_from).map(|from| owned(from.to_string())),
                "a device on the way",
                "経路上の装置",
            ),
            gateway: or(
                details
                    .host
                    .as_ref()
                    .and_then(|host| host.gateway)
                    .or(finding.server)
                    .map(|gateway| owned(gateway.to_string())),
                "the default gateway",
                "既定のゲートウェイ",
            ),
            server: or(server, "the server", "サーバー"),
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
    pub fn side(&self, side: Option<Side>) -> &'static str {
        match side {
            Some(Side::Client) => self.language.pick("the client", "クライアント"),
            Some(Side::Server) => self.language.pick("the server", "サーバー"),
            None => self.language.pick("the other side", "相手側"),
        }
    }
}

/// `TLS 1.0` for `1.0`, `SSL 3` for `SSL3`.
fn version_name(version: Cow<'_, str>) -> Cow<'_, str> {
    match &*version {
        "SSL2" => Cow::Borrowed("SSL 2.0"),
        "SSL3" => Cow::Borrowed("SSL 3.0"),
        other => Cow::Owned(format!("TLS {other}")),
    }
}

/// An address, with its port where that is known.
#[must_use]
pub fn socket(address: IpAddr, port: Option<u16>) -> String {
    let (alone, with) = (Address(address), |port| Socket(SocketAddr::new(address, port)).to_string());
    port.map_or_else(|| alone.to_string(), with)
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
