//! Windows' own events, and where they say otherwise than the packets.

use super::facts::list;
use crate::proto::ncsi_event::NcsiEvent;
use crate::report::language::{Language, say};
use crate::verdict::windows::Difference;
use crate::verdict::{Basis, NcsiReason};

/// What an event says.
#[must_use]
pub fn event(event: &NcsiEvent, language: Language) -> String {
    let number = event.number();
    match event {
        NcsiEvent::CapabilityChange { capability, reason } => {
            let reason = reason_name(*reason);
            say!(
                language,
                "Windows' event {number}: {capability}, reason {reason}",
                "Windows のイベント {number}：{capability}、理由 {reason}"
            )
        }
        NcsiEvent::ProbeFinished { succeeded, flags } => {
            let outcome =
                if *succeeded { language.pick("succeeded", "成功") } else { language.pick("failed", "失敗") };
            let names = [
                language.pick("DNS probe used", "DNS プローブ使用"),
                language.pick("proxy used", "プロキシ使用"),
                language.pick("content compared", "内容を照合"),
                language.pick("web request completed", "Web 要求完了"),
                language.pick("redirected", "リダイレクト"),
                language.pick("local error", "ローカル エラー"),
            ];
            let set: Vec<String> =
                names.iter().zip(flags).filter(|(_, set)| **set).map(|(name, _)| (*name).to_owned()).collect();
            let more = if set.is_empty() {
                String::new()
            } else {
                let set = list(language, &set);
                say!(language, " ({set})", "（{set}）")
            };
            say!(
                language,
                "Windows' event {number}: active probe {outcome}{more}",
                "Windows のイベント {number}：アクティブ プローブ {outcome}{more}"
            )
        }
        NcsiEvent::ProbeResult { code } => {
            let error = winhttp(*code, language);
            say!(
                language,
                "Windows' event {number}: result code {code}{error}",
                "Windows のイベント {number}：結果コード {code}{error}"
            )
        }
    }
}

/// In what an event and a finding differ, as a sentence; `finding` is the finding's number.
#[must_use]
pub fn difference(difference: Difference, finding: u32, family: &str, language: Language) -> String {
    match difference {
        Difference::Capability { predicted: (own, number), recorded: (recorded, reason) } => {
            let (number, reason) = (reason_name(number), reason_name(reason));
            say!(
                language,
                "Windows recorded {family} as {recorded} ({reason}), where the packets predict {own} ({number}) in [{finding}]: Windows' own record holds.",
                "Windows は {family} を {recorded}（{reason}）と記録していますが、パケットからの予測は {own}（{number}、[{finding}]）です。Windows の記録を優先します。"
            )
        }
        Difference::Reason { capability, predicted, recorded } => {
            let (predicted, recorded) = (reason_name(predicted), reason_name(recorded));
            say!(
                language,
                "Windows recorded {family} as {capability}, as predicted in [{finding}], but for reason {recorded} instead of {predicted}.",
                "Windows は {family} を [{finding}] の予測どおり {capability} と記録していますが、理由は {predicted} ではなく {recorded} です。"
            )
        }
        Difference::Code { predicted, recorded } => {
            let (own, other) = (winhttp(predicted, language), winhttp(recorded, language));
            say!(
                language,
                "Windows' probe ended with {recorded}{other}, where the packets of [{finding}] suggest {predicted}{own}.",
                "Windows のプローブは {recorded}{other} で終わっていますが、[{finding}] のパケットからは {predicted}{own} と考えられます。"
            )
        }
    }
}

/// Number and name of a reason.
fn reason_name(number: u8) -> String {
    format!("{number} {}", NcsiReason { number, basis: Basis::Observed }.name())
}

/// What a code of WinHTTP means, in brackets; nothing for those that need not be known here.
fn winhttp(code: u32, language: Language) -> &'static str {
    match code {
        12002 => language.pick(" (time-out)", "（タイムアウト）"),
        12007 => language.pick(" (name not resolved)", "（名前を解決できない）"),
        12015 => language.pick(" (sign-in failed)", "（認証失敗）"),
        12029 => language.pick(" (cannot connect)", "（接続できない）"),
        12030 => language.pick(" (connection reset or closed)", "（接続が切断された）"),
        12044 => language.pick(" (client certificate needed)", "（クライアント証明書が必要）"),
        12152 => language.pick(" (invalid response)", "（応答が不正）"),
        12157 | 12175 => language.pick(" (TLS failed)", "（TLS の失敗）"),
        _ => "",
    }
}

/// What the passive probe may do, half a line.
#[must_use]
pub fn may_heal(hops: u8, language: Language) -> String {
    say!(
        language,
        "may heal by itself: a packet over about {hops} hops came in (estimate, passive.hops)",
        "自然に回復する可能性：約 {hops} ホップを経たパケットを受信（推定、passive.hops）"
    )
}
