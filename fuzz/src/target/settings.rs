//! What the user writes: the configuration file and the filter box.

use std::sync::OnceLock;

use jiff::tz::TimeZone;
use ncsight::cli::config;
use ncsight::engine::snapshot::Snapshot;
use ncsight::report::Language;
use ncsight::tui::filter::{Filter, completions};
use ncsight::tui::texts::Texts;

use crate::planted;
use crate::target::whole::analyse;

/// The proxy in the seed.
pub const PROXY: &str = "proxy.corp.example";
/// The filter in the seed, which lets the finding through.
pub const FILTER: &str = "host:www.msft* -is:ok since:2001-01-01T00:00:00Z verdict:hotspotdetected,ok";

/// A configuration file.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(settings) = config::read(text)
        && let Some(proxy) = settings.proxies.first()
    {
        planted::near(PROXY.as_bytes(), proxy.host.as_bytes());
    }
}

/// A filter, and what passes it.
pub fn filter(data: &[u8]) {
    static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();
    let Ok(text) = std::str::from_utf8(data) else { return };
    let snapshot = SNAPSHOT.get_or_init(|| {
        analyse(include_bytes!("../../../captures/direct-302.pcapng")).expect("a committed capture can be read")
    });
    let _ = completions(text, snapshot);
    let day = snapshot.findings[0].started;
    if let Ok(filter) = Filter::parse(text, &TimeZone::UTC, day, Language::En) {
        let texts = Texts::default();
        let mut passing = filter.over(snapshot, &texts);
        let passes = snapshot.findings.iter().filter(|finding| passing.passes(finding, || true)).count();
        if passes > 0 {
            planted::near(FILTER.as_bytes(), data);
        }
    }
}
