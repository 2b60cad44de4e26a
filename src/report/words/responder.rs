//! Who answered, by its marks.

use super::Story;
use super::facts::{Facts, safe};
use crate::marks::ResponderKind;
use crate::report::language::{Language, say};
use crate::report::model::Audience;
use crate::verdict::FoundMark;

/// Products named in a sentence.
const MAX_NAMED: usize = 3;
/// Marks of one product named in a sentence; all stand in the details.
const MAX_SIGNS: usize = 2;

/// Names the product that a bad answer looks like, and sends its owner there.
pub fn name(facts: &Facts<'_>, story: &mut Story) {
    let language = facts.language;
    let Some(responder) = facts.finding.details.responder.as_ref().filter(|_| facts.finding.cause.is_some()) else {
        return;
    };
    let mut products: Vec<(&str, Vec<String>)> = Vec::new();
    for mark in &responder.marks {
        let by = seen(mark, language);
        match products.iter_mut().find(|(product, _)| *product == mark.product) {
            Some((_, all)) if all.len() < MAX_SIGNS => all.push(by),
            Some(_) => {}
            None => products.push((&mark.product, vec![by])),
        }
    }
    if products.is_empty() {
        return;
    }
    let named: Vec<String> = products
        .iter()
        .take(MAX_NAMED)
        .map(|(product, by)| {
            let (product, by) = (safe(product), by.join(language.comma()));
            say!(language, "like {product} (by its {by})", "{product}（根拠：{by}）")
        })
        .collect();
    let named = named.join(language.pick(" and ", "、"));
    let looks = say!(
        language,
        "What answered looks {named}; marks can be copied and prove nothing.",
        "応答元は {named}と見られます。目印は模倣できるため、証明ではありません。"
    );
    story.explanation.push(looks.into());
    let (Some(product), Some(kind)) = (responder.product.as_deref().map(safe), responder.kind) else { return };
    let audience = match kind {
        ResponderKind::Proxy => Audience::Proxy,
        ResponderKind::DnsFilter => Audience::Dns,
        ResponderKind::Portal | ResponderKind::Firewall | ResponderKind::Filter => Audience::Firewall,
        ResponderKind::Cdn => return,
    };
    let host = &facts.host;
    story.advise_also(
        audience,
        say!(
            language,
            "Look into {product} first: its log for {host}, and the rule that answers there.",
            "まず {product} で {host} に関するログと、応答しているルールを確認してください。"
        ),
    );
}

/// What was seen of a mark.
fn seen(mark: &FoundMark, language: Language) -> String {
    let (kind, name) = mark.by.split_once(' ').unwrap_or((&mark.by, ""));
    let name = safe(name);
    match kind {
        "header" => {
            let name = as_written(&name);
            say!(language, "{name} header", "{name} ヘッダー")
        }
        "cookie" => say!(language, "cookie {name}", "Cookie 名 {name}"),
        "title" => language.pick("page title", "ページ題名").to_owned(),
        "location" => language.pick("redirect", "転送先").to_owned(),
        "body" => language.pick("page", "ページ本文").to_owned(),
        "certificate" => language.pick("certificate", "証明書").to_owned(),
        "address" => say!(language, "address {name}", "アドレス {name}"),
        "mac" => say!(language, "own link address {name}", "自身の MAC アドレス {name}"),
        "ttl" => say!(language, "null address with TTL {name}", "TTL {name} の無効アドレス"),
        _ => safe(&mark.by).into_owned(),
    }
}

/// A field name as it is usually written: `X-Squid-Error`.
fn as_written(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    });
    parts.collect::<Vec<_>>().join("-")
}
