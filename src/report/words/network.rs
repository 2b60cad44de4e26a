//! What several clients have in common, in words: is it this PC, or the network?

use crate::report::language::{Language, say};
use crate::report::model::NetworkKind;
use crate::report::networks::Where;
use crate::verdict::Cause;

/// How many clients fail and get through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Those that fail.
    pub failed: usize,
    /// Those that get through.
    pub succeeded: usize,
    /// Why they fail, where it is the same for all.
    pub cause: Option<Cause>,
}

/// Clients at one portal, proxy or resolver.
#[must_use]
pub fn place(kind: NetworkKind, name: &str, tally: &Tally, at: Where, language: Language) -> String {
    let place = named(kind, name, language);
    let Tally { failed, succeeded, .. } = *tally;
    let (cause, conclusion) = (cause(tally.cause, language), conclusion(at, failed, language));
    if succeeded == 0 {
        return say!(
            language,
            "{failed} clients fail at the same {place}{cause}{conclusion}",
            "{failed} 台が同じ{place} で失敗{cause}{conclusion}"
        );
    }
    let all = failed + succeeded;
    let others = if succeeded == 1 { "one gets".to_owned() } else { format!("{succeeded} get") };
    say!(
        language,
        "{failed} of {all} clients fail at the {place}{cause}; {others} through{conclusion}",
        "{all} 台中 {failed} 台が{place} で失敗{cause}、{succeeded} 台は成功{conclusion}"
    )
}

/// All probes of all clients; `common` is the place where all failures happened.
#[must_use]
pub fn overall(common: Option<(NetworkKind, &str)>, tally: &Tally, at: Where, language: Language) -> String {
    let Tally { failed, succeeded, .. } = *tally;
    let all = failed + succeeded;
    let others = if succeeded == 1 { "one gets".to_owned() } else { format!("{succeeded} get") };
    let (cause, conclusion) = (cause(tally.cause, language), conclusion(at, failed, language));
    let place = common.map_or_else(String::new, |(kind, name)| {
        let place = named(kind, name, language);
        say!(language, ", all at the {place}", "（すべて{place}）")
    });
    if succeeded == 0 {
        return say!(
            language,
            "The probes of all {all} clients fail{place}{cause}{conclusion}",
            "全 {all} 台のプローブが失敗{place}{cause}{conclusion}"
        );
    }
    say!(
        language,
        "The probes of {failed} of {all} clients fail{place}{cause}; {others} through{conclusion}",
        "{all} 台中 {failed} 台のプローブが失敗{place}{cause}、{succeeded} 台は成功{conclusion}"
    )
}

/// Clients that fail first at one stage.
#[must_use]
pub fn stage(stage: &str, failed: usize, language: Language) -> String {
    say!(language, "{failed} clients fail first at the stage {stage}", "{failed} 台が最初に {stage} の段階で失敗")
}

/// Whose checks met it, and what it looks like.
#[must_use]
pub fn systems(systems: &[String], product: Option<&str>, language: Language) -> String {
    let systems = systems.join(language.comma());
    match product {
        _ if systems.is_empty() => String::new(),
        None => say!(language, " (systems: {systems})", "（システム：{systems}）"),
        Some(product) => say!(
            language,
            " (systems: {systems}; looks like {product})",
            "（システム：{systems}、{product} と見られる）"
        ),
    }
}

fn named(kind: NetworkKind, name: &str, language: Language) -> String {
    match kind {
        NetworkKind::Portal => say!(language, "portal {name}", "ポータル {name}"),
        NetworkKind::Answerer => say!(language, "device {name}", "装置 {name}"),
        NetworkKind::Proxy => say!(language, "proxy {name}", "プロキシ {name}"),
        NetworkKind::Resolver => say!(language, "DNS server {name}", "DNS サーバー {name}"),
        NetworkKind::Stage | NetworkKind::Overall => say!(language, "stage {name}", "段階 {name}"),
    }
}

/// Why, in brackets: the status that everybody knows, else the name of the cause.
fn cause(cause: Option<Cause>, language: Language) -> String {
    let Some(cause) = cause else { return String::new() };
    let refused = matches!(
        cause,
        Cause::ProxyAuthUnanswered
            | Cause::ProxyAuthRejected
            | Cause::ProxyAuthUnsupported
            | Cause::ProxyAuthBrokenKeepalive
    );
    let name = cause.name();
    if refused {
        say!(language, " with 407 ({name})", "（407、{name}）")
    } else {
        say!(language, " ({name})", "（{name}）")
    }
}

fn conclusion(at: Where, failed: usize, language: Language) -> &'static str {
    match (at, failed) {
        (Where::Clients, 1) => language.pick(
            ": look at this PC or a rule for it, not at the network",
            "：ネットワークではなく、この PC またはその PC に対する規則を確認",
        ),
        (Where::Clients, _) => language.pick(
            ": look at these PCs or a rule for them, not at the network",
            "：ネットワークではなく、これらの PC またはそれらに対する規則を確認",
        ),
        (Where::Network, _) => language.pick(
            ": nobody gets through, look at the network before the PCs",
            "：成功した PC がないため、PC より先にネットワークを確認",
        ),
        (Where::Unclear, _) => "",
    }
}
