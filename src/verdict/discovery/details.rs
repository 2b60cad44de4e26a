//! The facts of a search for a proxy.

use schemars::JsonSchema;
use serde::Serialize;

use crate::limits::MAX_SHOWN_TEXT;
use crate::probe::attempt::{DiscoveryAttempt, LookupOutcome};
use crate::proto::pac;
use crate::text::sanitize;
use crate::time::CaptureTime;
use crate::verdict::case::milliseconds;
use crate::verdict::evidence::url_of;

/// How a client looked for its proxy, and what it got. Absent facts are null or empty.
#[derive(Clone, Debug, PartialEq, Default, Serialize, JsonSchema)]
pub struct DiscoveryDetails {
    /// What led to the PAC file: `dns`, `llmnr`, `mdns`, `netbios` (a `wpad` name), `dhcp` (option 252), or `configured`
    /// (it was fetched without being looked for); null where nothing did.
    pub method: Option<String>,
    /// Names asked for, in order.
    pub names: Vec<String>,
    /// URL of the PAC file that was fetched last.
    pub url: Option<String>,
    /// Status of the answer.
    pub pac_status: Option<u16>,
    /// Content type of the answer.
    pub pac_mime: Option<String>,
    /// Bytes of the answer's content.
    pub pac_bytes: Option<u64>,
    /// Proxies that stand in the file, as `PROXY host:port`, by a search of its text: it is never run.
    pub proxies: Vec<String>,
    /// Milliseconds from the first question to the file's last byte, or to where the client gave up.
    pub cost_ms: f64,
}

impl DiscoveryDetails {
    /// The facts of a search, which lasted until `until` where that is earlier than its last sign.
    pub(in crate::verdict) fn of(search: &DiscoveryAttempt<'_>, until: CaptureTime) -> Self {
        let mut details =
            Self { cost_ms: milliseconds(until.min(search.ended).since(search.started)), ..Self::default() };
        let mut resolved = false;
        for group in &search.lookups {
            resolved |= matches!(group.outcome(), LookupOutcome::Resolved(..));
            let name = sanitize(&group.name, MAX_SHOWN_TEXT);
            if !details.names.contains(&name) {
                details.names.push(name);
            }
        }
        if resolved {
            details.method = Some("dns".to_owned());
        }
        let Some(fetch) = search.fetches.last() else { return details };
        if details.method.is_none() {
            details.method = Some("configured".to_owned());
        }
        details.url = fetch.request.as_ref().and_then(|request| url_of(&request.head));
        if let Some(response) = &fetch.response {
            details.pac_status = Some(response.head.status);
            details.pac_mime = response.head.content_type.as_deref().map(|text| sanitize(text, MAX_SHOWN_TEXT));
            details.pac_bytes = Some(response.body.total_len);
            if pac::is_pac(&response.body.bytes) {
                details.proxies = pac::proxies(&response.body.bytes);
            }
        }
        details
    }
}
