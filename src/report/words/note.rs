//! What one packet shows, as a line of evidence.

use std::net::IpAddr;

use super::facts::{list, safe};
use super::handshake::alert_name;
use crate::proto::dns;
use crate::report::language::{Language, say};
use crate::text::{Address, Socket};
use crate::verdict::{Note, Responder, Side};

/// `note` as half a line.
#[must_use]
pub fn note(note: &Note, language: Language) -> String {
    let side = |side: Side| match side {
        Side::Client => language.pick("client", "クライアント"),
        Side::Server => language.pick("server", "サーバー"),
    };
    match note {
        Note::WindowsEvent { event } => super::windows::event(event, language),
        Note::Query { name, qtype, server, copy } => {
            let (name, kind, server) = (safe(name), dns::type_name(*qtype), Address(*server));
            let again = if *copy > 1 { say!(language, ", copy {copy}", "、{copy} 回目") } else { String::new() };
            say!(
                language,
                "DNS query {kind} {name} to {server}{again}",
                "DNS 問い合わせ {kind} {name} → {server}{again}"
            )
        }
        Note::Answer { rcode, addresses, server, truncated } => {
            let (code, what) = (dns::code_name(*rcode), shown_addresses(language, addresses));
            let server = Address(*server);
            let cut = if *truncated { language.pick(", truncated", "、切り詰め") } else { "" };
            say!(language, "DNS answer {code} from {server}: {what}{cut}", "DNS 応答 {code}（{server}）：{what}{cut}")
        }
        Note::RivalAnswer { addresses, server } => {
            let what = shown_addresses(language, addresses);
            say!(
                language,
                "a second, different DNS answer from {server}: {what}",
                "異なる 2 つ目の DNS 応答（{server}）：{what}"
            )
        }
        Note::Syn { to, copy } => {
            let to = Socket(*to);
            if *copy > 1 {
                say!(language, "SYN to {to}, copy {copy}", "SYN → {to}、{copy} 回目")
            } else {
                say!(language, "SYN to {to}", "SYN → {to}")
            }
        }
        Note::SynAck { from } => {
            let from = Socket(*from);
            say!(language, "SYN-ACK from {from}", "SYN-ACK ← {from}")
        }
        Note::Refused { from, ttl } => {
            say!(language, "RST: {from} refuses the connection (TTL {ttl})", "RST：{from} が接続を拒否（TTL {ttl}）")
        }
        Note::Reset { by, ttl } => {
            let by = side(*by);
            say!(language, "RST by the {by} (TTL {ttl})", "{by}からの RST（TTL {ttl}）")
        }
        Note::Closed { by } => {
            let by = side(*by);
            say!(language, "FIN by the {by}", "{by}からの FIN")
        }
        Note::Icmp { from, kind, code } => {
            let meaning = icmp_meaning(*from, *kind, *code);
            say!(language, "ICMP {kind}/{code} from {from}: {meaning}", "ICMP {kind}/{code}（{from}）：{meaning}")
        }
        Note::Request { method, target, user_agent } => {
            let (method, target) = (safe(method), safe(target));
            match user_agent.as_deref().map(safe) {
                Some(agent) => format!("{method} {target}, User-Agent {agent}"),
                None => format!("{method} {target}"),
            }
        }
        Note::RequestAgain => {
            language.pick("the request again, unacknowledged so far", "要求の再送（未確認応答）").to_owned()
        }
        Note::Response { status, reason, location, server } => {
            let mut text = format!("{status} {}", safe(reason)).trim_end().to_owned();
            for (name, value) in [("Location", location), ("Server", server)] {
                if let Some(value) = value {
                    text.push_str(&format!(", {name} {}", safe(value)));
                }
            }
            text
        }
        Note::ResponseEnd => language.pick("end of the response", "応答の終わり").to_owned(),
        Note::NotHttp { start } => {
            let start = safe(start);
            say!(language, "not HTTP: {start}", "HTTP ではない：{start}")
        }
        Note::LateResponse { status, after } => {
            let seconds = after.as_secs_f64();
            say!(
                language,
                "{status}, {seconds:.1} s after the request: too late",
                "{status}（要求から {seconds:.1} 秒後：遅すぎる）"
            )
        }
        Note::Credentials { scheme, user } => {
            let scheme = safe(scheme);
            match user.as_deref().map(safe) {
                Some(user) => say!(language, "authentication {scheme}, user {user}", "認証 {scheme}、ユーザー {user}"),
                None => say!(language, "authentication {scheme}", "認証 {scheme}"),
            }
        }
        Note::ClientHello { max, sni, copy } => {
            let max = safe(max);
            let name = sni.as_deref().map(|sni| format!(", SNI {}", safe(sni))).unwrap_or_default();
            let again = if *copy > 1 { say!(language, ", copy {copy}", "、{copy} 回目") } else { String::new() };
            say!(language, "ClientHello, at most TLS {max}{name}{again}", "ClientHello、最大 TLS {max}{name}{again}")
        }
        Note::ServerHello { version, cipher } => format!("ServerHello, TLS {}, 0x{cipher:04x}", safe(version)),
        Note::Certificate { subject, issuer } => {
            let (subject, issuer) = (safe(subject), safe(issuer));
            say!(language, "certificate of {subject}, issued by {issuer}", "証明書 {subject}、発行者 {issuer}")
        }
        Note::Alert { by, fatal, code } => {
            let (by, name) = (side(*by), alert_name(*code));
            let level = if *fatal { "fatal" } else { "warning" };
            say!(
                language,
                "TLS alert {code} {name} ({level}) by the {by}",
                "{by}からの TLS アラート {code} {name}（{level}）"
            )
        }
        Note::InboundSeen => language
            .pick(
                "traffic towards the client: this direction is captured",
                "クライアント宛ての通信：この方向は取得されている",
            )
            .to_owned(),
        Note::NameAnswered { protocol, from, addresses } => {
            let what = shown_addresses(language, addresses);
            say!(
                language,
                "{from} answers the call for wpad ({protocol}): {what}",
                "{from} が wpad の問い合わせに応答（{protocol}）：{what}"
            )
        }
        Note::TicketRefused { code, service, kdc } => {
            let service = safe(service);
            say!(
                language,
                "Kerberos error {code} from {kdc}: no ticket for {service}",
                "Kerberos エラー {code}（{kdc}）：{service} のチケットなし"
            )
        }
        Note::OfficeStart { name } => {
            let name = safe(name);
            say!(language, "Office starts and asks for {name}", "Office が起動し {name} を要求")
        }
        Note::WebWorks { name } => {
            let name = safe(name);
            say!(language, "other web traffic works: {name}", "他の Web 通信は正常：{name}")
        }
        Note::Dhcp { message, address, server } => {
            let mut text = format!("DHCP {}", safe(message));
            for part in [address, server].into_iter().flatten() {
                text.push_str(&format!(" {part}"));
            }
            text
        }
        Note::NeighbourAsked { target, copy } => {
            say!(language, "who has {target}? copy {copy}", "{target} のリンクアドレス問い合わせ、{copy} 回目")
        }
        Note::NeighbourAnswered { target, mac } => {
            let mac = Responder::mac_text(*mac);
            say!(language, "{target} is at {mac}", "{target} は {mac}")
        }
        Note::AddressClaimed { address } => {
            say!(language, "the client takes {address} for itself", "クライアントが {address} を自己設定")
        }
        Note::RouterSolicited => language.pick("router solicitation", "ルーター要請").to_owned(),
        Note::RouterAdvertised { from, prefix: true } => {
            say!(
                language,
                "router advertisement of {from} with a prefix",
                "{from} のルーター広告（プレフィックスあり）"
            )
        }
        Note::RouterAdvertised { from, prefix: false } => {
            say!(
                language,
                "router advertisement of {from} without a prefix for global addresses",
                "{from} のルーター広告（グローバル用プレフィックスなし）"
            )
        }
    }
}

/// Addresses of a DNS answer that are shown in one line.
const MAX_SHOWN_ADDRESSES: usize = 8;

fn shown_addresses(language: Language, addresses: &[IpAddr]) -> String {
    if addresses.is_empty() {
        return language.pick("no address", "アドレスなし").to_owned();
    }
    let mut text = list(language, addresses.iter().take(MAX_SHOWN_ADDRESSES).copied().map(Address));
    if addresses.len() > MAX_SHOWN_ADDRESSES {
        text.push('…');
    }
    text
}

/// Destination unreachable codes (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).
const fn icmp_meaning(from: IpAddr, kind: u8, code: u8) -> &'static str {
    match (from.is_ipv6(), kind, code) {
        (false, 3, 0) | (true, 1, 0) => "no route to the network",
        (false, 3, 1) | (true, 1, 3) => "host unreachable",
        (false, 3, 2) => "protocol unreachable",
        (false, 3, 3) | (true, 1, 4) => "port unreachable",
        (false, 3, 4) | (true, 2, _) => "packet too big",
        (false, 3, 9 | 10 | 13) | (true, 1, 1) => "administratively prohibited",
        (true, 1, 5) => "source address fails policy",
        (true, 1, 6) => "route rejected",
        (false, 11, _) | (true, 3, _) => "time exceeded",
        _ => "error",
    }
}
