//! Short words of the UI that no sentence of a report has.

use crate::engine::snapshot::Directions;
use crate::report::language::{Language, say};
use crate::report::model::Audience;
use crate::settings::CapturePoint;
use crate::verdict::{Capability, Severity};

/// Who must act, as a person would call him.
pub const fn audience(audience: Audience, language: Language) -> &'static str {
    match audience {
        Audience::Client => language.pick("PC support", "PC 担当"),
        Audience::Proxy => language.pick("proxy team", "プロキシ担当"),
        Audience::Firewall => language.pick("firewall team", "FW 担当"),
        Audience::Dns => language.pick("DNS team", "DNS 担当"),
        Audience::Server => language.pick("server team", "サーバー担当"),
        Audience::Microsoft => language.pick("Microsoft", "Microsoft"),
    }
}

/// A number of findings of a severity.
pub fn counted(severity: Severity, count: usize, language: Language) -> String {
    let (one, many, ja) = match severity {
        Severity::Ok => ("ok", "ok", "正常"),
        Severity::Info => ("note", "notes", "情報"),
        Severity::Warning => ("warning", "warnings", "警告"),
        Severity::Error => ("error", "errors", "エラー"),
    };
    let en = if count == 1 { one } else { many };
    match language {
        Language::En => format!("{count} {en}"),
        Language::Ja => format!("{ja} {count}"),
    }
}

/// A capability in a few columns.
pub const fn capability(capability: Option<Capability>) -> &'static str {
    match capability {
        Some(Capability::Internet) => "Internet",
        Some(Capability::Local) => "Local",
        Some(Capability::None) => "None",
        None => "–",
    }
}

/// Where the capture was made, as far as somebody told.
pub const fn position(point: CapturePoint, language: Language) -> &'static str {
    match point {
        CapturePoint::Client => language.pick("captured on the client", "端末で取得"),
        CapturePoint::Switch => language.pick("captured on a mirror port", "ミラーポートで取得"),
        CapturePoint::ProxyUplink => language.pick("captured behind the proxy", "プロキシの外側で取得"),
        CapturePoint::Unknown => language.pick("position not told", "取得位置は未指定"),
    }
}

/// A number with a unit of thousands.
pub fn short(number: u64) -> String {
    match number {
        0..=9_999 => number.to_string(),
        10_000..=9_999_999 => format!("{} k", number / 1000),
        _ => format!("{:.1} M", number as f64 / 1e6),
    }
}

/// In which directions a client was seen.
pub const fn directions(seen: Directions, language: Language) -> &'static str {
    match (seen.from, seen.to) {
        (true, true) => language.pick("both directions", "双方向"),
        (true, false) => language.pick("only from it", "送信のみ"),
        (false, true) => language.pick("only to it", "受信のみ"),
        (false, false) => language.pick("no direction known", "方向不明"),
    }
}

/// Bits a second with a unit of thousands.
pub fn bits(number: u64) -> String {
    match number {
        0..=9_999 => format!("{number} bit/s"),
        10_000..=9_999_999 => format!("{} kbit/s", number / 1000),
        10_000_000..=9_999_999_999 => format!("{} Mbit/s", number / 1_000_000),
        _ => format!("{:.1} Gbit/s", number as f64 / 1e9),
    }
}

/// A span as a person says it.
pub fn span(duration: std::time::Duration, language: Language) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 0.001 {
        let micros = seconds * 1e6;
        format!("{micros:.0} µs")
    } else if seconds < 1.0 {
        let millis = seconds * 1e3;
        format!("{millis:.1} ms")
    } else if seconds < 120.0 {
        say!(language, "{seconds:.1} s", "{seconds:.1} 秒")
    } else if seconds < 7200.0 {
        let minutes = seconds / 60.0;
        say!(language, "{minutes:.1} min", "{minutes:.1} 分")
    } else {
        let hours = seconds / 3600.0;
        say!(language, "{hours:.1} h", "{hours:.1} 時間")
    }
}
