//! What a client's offer says about its settings, and what became of the offer on the way.

use super::Story;
use super::facts::{Facts, safe};
use crate::report::language::say;

/// Names the registry values that the offer is consistent with, and the Windows versions that have them by default.
pub(super) fn consistent_with(facts: &Facts<'_>, story: Story) -> Story {
    let language = facts.language;
    let values = facts.finding.details.tls.as_ref().map(|tls| tls.secure_protocols.as_slice()).unwrap_or_default();
    if values.is_empty() {
        return story;
    }
    let told: Vec<String> = values
        .iter()
        .map(|one| {
            let (value, protocols) = (safe(&one.value), safe(&one.protocols.join("+")).into_owned());
            let default = safe(&one.default_of.join(", ")).into_owned();
            match one.default_of.is_empty() {
                true => format!("{value} ({protocols})"),
                false => say!(
                    language,
                    "{value} ({protocols}; default of {default})",
                    "{value}（{protocols}、{default} の既定値）"
                ),
            }
        })
        .collect();
    let told = told.join(language.comma());
    story.tell(say!(
        language,
        "Values of DefaultSecureProtocols that this offer is consistent with, without proving any of them: {told}.",
        "この提示内容と一致する DefaultSecureProtocols の値（証明ではありません）：{told}。"
    ))
}

/// Says that the server saw another offer than the client made.
pub(super) fn downgraded(facts: &Facts<'_>, story: Story) -> Story {
    if !facts.finding.details.tls.as_ref().is_some_and(|tls| tls.downgraded) {
        return story;
    }
    story.tell(facts.language.pick(
        "The server marks in its random that it can do a newer version, which the client offers: a device on the way \
         changed the hello (RFC 8446, 4.1.3).",
        "サーバーは乱数の中で、クライアントが提示した新しいバージョンに対応していることを示しています。途中の装置が \
         ClientHello を書き換えています（RFC 8446 4.1.3）。",
    ))
}
