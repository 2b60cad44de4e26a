//! The probe server's address was known, and no HTTP answer came.

use super::facts::Facts;
use super::{Story, advice};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Side};

/// The words for a cause of the connect or response stage.
#[must_use]
pub fn story(facts: &Facts<'_>, cause: Cause) -> Story {
    let (language, client, host, server, tried) =
        (facts.language, &facts.client, &facts.host, &facts.server, &facts.tried);
    let connect = facts.finding.details.connect.as_ref();
    let syns = connect.map_or(0, |connect| connect.syns);
    let several = connect.is_some_and(|connect| connect.tried.len() > 1);
    let last = if several { format!(" to the last of {}", facts.tried) } else { format!(" to {}", facts.tried) };
    match cause {
        Cause::TcpTimeout => blocked(
            facts,
            Story::new(say!(
                language,
                "{host} at {tried} does not answer {client}: no TCP connection",
                "{host}（{tried}）が {client} に応答せず、TCP 接続できない"
            ))
            .tell(say!(
                language,
                "{client} knew the address of {host} and sent {syns} connection requests (SYN){last}; \
                 none was answered within the time that Windows waits. Something on the way drops them silently, as \
                 firewalls do.",
                "{client} は {host} のアドレスを知っており、{tried} へ接続要求（SYN）を {syns} 回送りましたが、Windows の\
                 待ち時間内に応答がありませんでした。経路上のファイアウォールなどが黙って破棄しています。"
            )),
        ),
        Cause::TcpReset => blocked(
            facts,
            Story::new(say!(
                language,
                "{server} refuses the connection of {client} to {host}",
                "{server} が {client} から {host} への接続を拒否"
            ))
            .tell(say!(
                language,
                "The connection request to {host} was answered with a reset (RST). Microsoft's servers do not do that; \
                 a firewall that rejects instead of dropping does.",
                "{host} への接続要求にリセット（RST）が返りました。Microsoft のサーバーの動作ではなく、拒否型の\
                 ファイアウォールの動作です。"
            )),
        ),
        Cause::IcmpUnreachable => {
            let (from, code) = (&facts.icmp_from, connect.and_then(|c| c.icmp.as_deref()).unwrap_or("?"));
            let code = super::safe(code);
            blocked(
                facts,
                Story::new(say!(
                    language,
                    "{from} reports that {host} cannot be reached (ICMP {code})",
                    "{from} が {host} へ到達不能と通知（ICMP {code}）"
                ))
                .tell(say!(
                    language,
                    "{from} sent an ICMP error ({code}) about the connection of {client} to {tried}: this device has no \
                     route there or forbids it. It is the place to look at.",
                    "{client} から {tried} への接続について、{from} が ICMP エラー（{code}）を返しました。経路がないか、\
                     この装置が禁止しています。調べるべき場所はこの装置です。"
                )),
            )
        }
        Cause::HttpTimeout => inspected(
            facts,
            Story::new(say!(
                language,
                "{server} accepts the connection but never answers the probe of {client}",
                "{server} は接続を受け付けるが、{client} のプローブに応答しない"
            ))
            .tell(say!(
                language,
                "The TCP connection to {host} was made and the request went out, but no (or only a too late) HTTP \
                 answer followed within 35 s, Windows' WebTimeout.",
                "{host} への TCP 接続は成立し要求も送られましたが、Windows の WebTimeout（35 秒）以内に HTTP 応答が\
                 ありませんでした（または遅すぎました）。"
            )),
        ),
        Cause::HttpClosed | Cause::HttpReset => {
            let side = facts.side(connect.and_then(|c| c.reset_by).or(Some(Side::Server)));
            let reset = cause == Cause::HttpReset;
            let what = language.pick(if reset { "reset" } else { "closed" }, if reset { "リセット" } else { "クローズ" });
            inspected(
                facts,
                Story::new(say!(
                    language,
                    "The connection of {client} to {host} at {server} was {what} before any answer",
                    "{client} から {host}（{server}）への接続が応答前に{what}された"
                ))
                .tell(say!(
                    language,
                    "The TCP connection was made, the request was sent, and then {side} {what} the connection without \
                     an HTTP answer. Filters that recognise the request do that.",
                    "TCP 接続後に要求が送られましたが、{side}側が HTTP 応答なしに接続を{what}しました。要求を識別する\
                     フィルターの動作です。"
                )),
            )
        }
        _ => inspected(
            facts,
            Story::new(say!(
                language,
                "{server} answers the probe of {client} with something that is not HTTP/1",
                "{server} が {client} のプローブに HTTP/1 でない応答を返した"
            ))
            .tell(say!(
                language,
                "Bytes came back on the connection to {host}, but they are no HTTP/1 response, so Windows has no answer \
                 to compare.",
                "{host} への接続で応答がありましたが、HTTP/1 の応答ではないため、Windows は比較できません。"
            )),
        ),
    }
}

fn blocked(facts: &Facts<'_>, story: Story) -> Story {
    let language = facts.language;
    story
        .advise(Audience::Firewall, advice::allow_names(language))
        .advise(Audience::Client, advice::winhttp_proxy(facts))
        .advise(Audience::Client, advice::try_probe(language))
        .otherwise(language.pick(
            "An answer on TCP 80 would have moved the question to what it says; a probe through a proxy would be \
             judged by the proxy's answer.",
            "TCP 80 で応答があれば、その内容で判定されます。プロキシ経由なら、プロキシの応答で判定されます。",
        ))
}

fn inspected(facts: &Facts<'_>, story: Story) -> Story {
    let language = facts.language;
    story
        .advise(
            Audience::Firewall,
            language
                .pick(
                    "The handshake passes and the request does not: look at the intrusion prevention, URL filter or \
                 zero-trust client that sees it. ",
                    "接続は通り、要求だけが通りません。IPS・URL フィルター・ゼロトラスト製品を確認してください。",
                )
                .to_owned()
                + advice::allow_names(language),
        )
        .advise(Audience::Client, advice::try_probe(language))
        .otherwise(language.pick(
            "The right body within 35 s would have been a success; any other HTTP answer would have been judged a \
             portal.",
            "35 秒以内に正しい本文が返れば成功、それ以外の HTTP 応答ならポータルと判定されます。",
        ))
}
