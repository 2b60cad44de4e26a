//! Conditions of the host itself: no address, no route, a silent gateway.

use super::facts::{Facts, safe};
use super::{Story, unprobed};
use crate::report::language::say;
use crate::report::model::Audience;
use crate::verdict::{Cause, Verdict};

/// The words for a condition of the host.
#[must_use]
pub fn story(facts: &Facts<'_>) -> Story {
    let (language, client, gateway) = (facts.language, &facts.client, &facts.gateway);
    let unanswered = facts.finding.details.host.as_ref().map_or(0, |host| host.unanswered);
    match facts.finding.verdict {
        Verdict::NoAddress => no_address(facts),
        Verdict::NoGlobalAddress => Story::new(match facts.finding.cause {
            Some(Cause::RouterNoPrefix) => say!(
                language,
                "{client} has no global IPv6 address: the routers advertise no usable prefix",
                "{client} に IPv6 グローバルアドレスがない（使えるプレフィックスの広告なし）"
            ),
            _ => say!(language, "{client} has no global IPv6 address", "{client} に IPv6 グローバルアドレスがない"),
        })
        .tell(language.pick(
            "No router advertised a prefix for global addresses, and no DHCPv6 server gave one; link-local (fe80::/10) and \
             unique local addresses (fc00::/7) do not reach the Internet. In an IPv4-only network this is normal.",
            "グローバルアドレス用のプレフィックス広告も DHCPv6 の割り当てもありません。リンクローカル（fe80::/10）と\
             ユニークローカル（fc00::/7）ではインターネットに届きません。IPv4 のみのネットワークでは正常です。",
        ))
        .advise(
            Audience::Firewall,
            language.pick(
                "Where IPv6 is wanted: check router advertisements (prefix, flags A and M) and DHCPv6. Do not disable \
                 IPv6 as a fix.",
                "IPv6 が必要な場合は、ルーター広告（プレフィックス、A/M フラグ）と DHCPv6 を確認してください。対策として \
                 IPv6 を無効化しないでください。",
            ),
        )
        .otherwise(language.pick(
            "A router advertisement with a prefix would make this no finding.",
            "プレフィックスを含むルーター広告があれば問題とは扱いません。",
        )),
        Verdict::NoRoute => Story::new(say!(
            language,
            "{client} got an address but no way out of its network",
            "{client} にアドレスはあるが、外への経路がない"
        ))
        .tell(language.pick(
            "The lease names no router, and no traffic to other networks was seen. Under a VPN that takes all traffic \
             this is expected on the physical adapter: look at the VPN's own interface.",
            "リースにルーターの指定がなく、他ネットワークへの通信もありません。全通信を通す VPN の使用中は、物理アダプター\
             では正常です（VPN 側を確認してください）。",
        ))
        .advise(
            Audience::Client,
            language.pick(
                "On the PC: `route print`, `Get-NetRoute 0.0.0.0/0`; set a default gateway.",
                "PC で `route print`、`Get-NetRoute 0.0.0.0/0` を確認し、既定のゲートウェイを設定してください。",
            ),
        )
        .advise(
            Audience::Firewall,
            language.pick(
                "Deliver DHCP option 3 (router), or 121 with a default route.",
                "DHCP オプション 3（ルーター）、または既定経路を含む 121 を配布してください。",
            ),
        )
        .otherwise(language.pick(
            "Any packet of the client to another network would refute it.",
            "他のネットワークへの通信が 1 つでもあれば否定されます。",
        )),
        Verdict::NoProbeSeen => unprobed::story(facts),
        _ => Story::new(gateway_title(facts))
        .tell(say!(
            language,
            "{client} asked for the link address of {gateway} {unanswered} times (ARP or neighbour solicitation) and got \
             no answer, so no packet can leave its network.",
            "{client} は {gateway} のリンクアドレスを {unanswered} 回問い合わせ（ARP / 近隣要請）ましたが応答がなく、\
             ネットワークの外に通信できません。"
        ))
        .advise(
            Audience::Firewall,
            say!(
                language,
                "Check that {gateway} is up and in the same VLAN, and that port security, ARP inspection or client \
                 isolation does not hold its answer back.",
                "{gateway} の稼働と VLAN、ポートセキュリティ、ARP インスペクション、クライアント分離を確認してください。"
            ),
        )
        .advise(
            Audience::Client,
            language.pick(
                "On the PC: `arp -a`, `ipconfig /all`: is the gateway's address right?",
                "PC で `arp -a`、`ipconfig /all` を実行し、ゲートウェイのアドレスが正しいか確認してください。",
            ),
        )
        .otherwise(language.pick(
            "One answer of the gateway would make this no finding.",
            "ゲートウェイの応答が 1 つでもあれば問題とは扱いません。",
        )),
    }
}

/// No lease: what went wrong stands in the cause.
fn no_address(facts: &Facts<'_>) -> Story {
    let (language, client) = (facts.language, &facts.client);
    let host = facts.finding.details.host.as_ref();
    let asked = host.map_or(0, |host| host.unanswered);
    // Who asked had no address yet: the one it is shown by may be what it gave itself afterwards.
    let who = host.and_then(|host| host.mac.as_deref()).map_or_else(|| client.clone(), safe);
    let server = host
        .and_then(|host| host.dhcp_server)
        .map_or_else(|| language.pick("the DHCP server", "DHCP サーバー").to_owned(), |server| server.to_string());
    let claimed = host
        .and_then(|host| host.claimed)
        .map(|address| say!(language, " It then gave itself {address}.", "その後、自分で {address} を設定しました。"))
        .unwrap_or_default();
    let (title, what) = match facts.finding.cause {
        Some(Cause::DhcpNak) => (
            say!(
                language,
                "{server} refuses {client} an address (NAK)",
                "{server} が {client} への割り当てを拒否（NAK）"
            ),
            say!(
                language,
                "The server refuses every address that {client} asks for: its pool, its reservations or its idea of the \
                 subnet do not fit this network.{claimed}",
                "{client} が要求するアドレスをサーバーがすべて拒否しています。プール、予約、サブネットの設定がこのネットワークに\
                 合っていません。{claimed}"
            ),
        ),
        Some(Cause::DhcpDecline) => (
            say!(
                language,
                "{client} is offered addresses that others already use (DECLINE)",
                "{client} に使用中のアドレスが割り当てられる（DECLINE）"
            ),
            say!(
                language,
                "{client} checks each address by ARP, finds somebody else on it, and refuses it: machines with fixed \
                 addresses inside the pool, or a second DHCP server.{claimed}",
                "{client} は ARP で重複を検出し、割り当てを辞退しています。プール内の固定 IP 端末、または 2 台目の DHCP \
                 サーバーが考えられます。{claimed}"
            ),
        ),
        Some(Cause::DhcpNoAck) => (
            say!(
                language,
                "{client} was offered an address and gets none",
                "{client} はアドレスを提示されたが、割り当てが確定しない"
            ),
            say!(
                language,
                "A DHCP server offered an address, and its grant (ACK) never came.{claimed}",
                "DHCP サーバーからの提示（OFFER）はありましたが、確定（ACK）がありません。{claimed}"
            ),
        ),
        _ => (
            say!(
                language,
                "{client} gets no IPv4 address from DHCP",
                "{client} が DHCP から IPv4 アドレスを取得できない"
            ),
            say!(
                language,
                "{who} asked for an address {asked} times and got no lease.{claimed}",
                "{who} は {asked} 回アドレスを要求しましたが、割り当てがありません。{claimed}"
            ),
        ),
    };
    Story::new(title)
        .tell(what)
        .tell(language.pick(
            "Without an address nothing else can work.",
            "アドレスがなければ通信できません。",
        ))
        .advise(
            Audience::Client,
            language.pick(
                "On the PC: `ipconfig /all`, `ipconfig /renew`; the service DHCP Client (Dhcp) must run.",
                "PC で `ipconfig /all`、`ipconfig /renew` を実行し、DHCP Client サービス（Dhcp）の実行を確認してください。",
            ),
        )
        .advise(
            Audience::Firewall,
            language.pick(
                "On the network: check the VLAN of the port, the DHCP relay, DHCP snooping, and whether the address \
                 pool is exhausted; option 3 (router) must be delivered.",
                "ネットワーク側：ポートの VLAN、DHCP リレー、DHCP スヌーピング、アドレスプールの枯渇を確認してください。\
                 オプション 3（ルーター）の配布も必要です。",
            ),
        )
        .otherwise(language.pick("A DHCP ACK would make this no finding.", "DHCP ACK があれば問題とは扱いません。"))
}

/// The silent gateway, by the family that asks.
fn gateway_title(facts: &Facts<'_>) -> String {
    let (language, client, gateway) = (facts.language, &facts.client, &facts.gateway);
    match facts.finding.cause {
        Some(Cause::NeighbourTimeout) => say!(
            language,
            "The IPv6 router {gateway} does not answer {client}",
            "IPv6 ルーター {gateway} が {client} に応答しない"
        ),
        _ => say!(
            language,
            "The gateway {gateway} does not answer {client}",
            "ゲートウェイ {gateway} が {client} に応答しない"
        ),
    }
}
