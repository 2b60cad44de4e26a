//! What Windows is predicted to conclude.

use crate::report::language::{Language, say};
use crate::verdict::{Basis, Capability, Family, Finding};

/// The predicted reason and state, with what the prediction rests on; nothing where the finding leaves the state alone.
#[must_use]
pub fn prediction(finding: &Finding, language: Language) -> Option<String> {
    let family = match finding.family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    };
    let state = finding.capability.map(|capability| {
        let shown = match capability {
            Capability::Internet => language.pick("Internet access", "インターネット アクセス"),
            Capability::Local => {
                language.pick("the local network only, \"No Internet\"", "ローカルのみ、「インターネットなし」")
            }
            Capability::None => language.pick("no connectivity, \"No Internet\"", "接続なし、「インターネットなし」"),
        };
        say!(language, "{family} to be {capability} ({shown})", "{family} は {capability}（{shown}）")
    });
    let Some(reason) = finding.ncsi_reason else {
        return state
            .map(|state| say!(language, "Windows is predicted to judge {state}.", "Windows の予測判定：{state}。"));
    };
    let (number, name) = (reason.number, reason.name());
    let basis = match reason.basis {
        Basis::Documented => {
            language.pick("the number is documented by Microsoft for this case", "番号は Microsoft の文書による")
        }
        Basis::Inferred => {
            language.pick("the number is inferred, not documented for this case", "番号は文書になく推定")
        }
        Basis::Observed => language.pick("read from Windows' own events", "Windows のイベントで確認済み"),
    };
    if reason.basis == Basis::Observed {
        return Some(match state {
            Some(state) => say!(
                language,
                "Windows recorded reason {number}, {name}, and judged {state}: its own event is in this capture.",
                "Windows の記録：理由 {number} {name}、{state}（取得データ内のイベントで確認済み）。"
            ),
            None => say!(
                language,
                "Windows recorded reason {number}, {name}: its own event is in this capture.",
                "Windows の記録：理由 {number} {name}（取得データ内のイベントで確認済み）。"
            ),
        });
    }
    Some(match state {
        Some(state) => say!(
            language,
            "Windows is predicted to record reason {number}, {name} ({basis}), and to judge {state}.",
            "Windows の予測：理由 {number} {name}（{basis}）、{state}。"
        ),
        None => say!(
            language,
            "Windows is predicted to record reason {number}, {name} ({basis}); this alone does not set the state.",
            "Windows の予測：理由 {number} {name}（{basis}）。これだけでは接続状態は決まりません。"
        ),
    })
}
