//! How often it works, in lines that text and Markdown share: only where a fault comes and goes.

use super::language::{Language, say};
use super::model::{Rate, RateBy};

/// Lines that are shown; all rates stand in JSON.
const SHOWN: usize = 6;

/// One line for everything that now works and now fails, the worst first; then the hours, where there are several.
#[must_use]
pub fn lines(rates: &[Rate], language: Language) -> Vec<String> {
    let mut troubled: Vec<&Rate> = rates.iter().filter(|rate| rate.intermittent).collect();
    if troubled.is_empty() {
        return Vec::new();
    }
    troubled.sort_by_key(|rate| (std::cmp::Reverse(rate.failed), rate.by, rate.key.clone()));
    let mut lines: Vec<String> = troubled.into_iter().take(SHOWN).map(|rate| line(rate, language)).collect();
    let mut hours: Vec<&Rate> = rates.iter().filter(|rate| rate.by == RateBy::Hour).collect();
    if hours.len() > 1 {
        hours.sort_by_key(|rate| (std::cmp::Reverse(rate.failed * 1000 / rate.attempts.max(1)), rate.key.clone()));
        lines.extend(hours.into_iter().filter(|rate| rate.failed > 0).take(SHOWN / 2).map(|rate| line(rate, language)));
    }
    lines
}

fn line(rate: &Rate, language: Language) -> String {
    let Rate { key, attempts, failed, .. } = rate;
    match rate.by {
        RateBy::DnsServer => say!(
            language,
            "DNS server {key}: {failed} of {attempts} look-ups of probe names failed; it comes and goes",
            "DNS サーバー {key}：プローブ名の問い合わせ {attempts} 回中 {failed} 回失敗（断続的）"
        ),
        RateBy::Proxy => say!(
            language,
            "proxy {key}: {failed} of {attempts} probes failed; it comes and goes",
            "プロキシ {key}：プローブ {attempts} 回中 {failed} 回失敗（断続的）"
        ),
        RateBy::Address => say!(
            language,
            "address {key}: {failed} of {attempts} probes failed; it comes and goes",
            "アドレス {key}：プローブ {attempts} 回中 {failed} 回失敗（断続的）"
        ),
        RateBy::Hour => say!(
            language,
            "the hour from {key}: {failed} of {attempts} probes failed",
            "{key} からの 1 時間：プローブ {attempts} 回中 {failed} 回失敗"
        ),
    }
}
