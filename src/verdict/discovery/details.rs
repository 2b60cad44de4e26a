//! The facts of a search for a proxy.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::limits::MAX_SHOWN_TEXT;
use crate::probe::attempt::{DiscoveryAttempt, LookupOutcome};
use crate::proto::pac;
use crate::text::sanitize;
use crate::time::CaptureTime;
use crate::verdict::case::milliseconds;
use crate::verdict::evidence::url_of;

/// How a client looked for its proxy, and what it got. Absent facts are null or empty.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DiscoveryDetails {
    /// What led to the PAC file: `dns`, `llmnr`, `mdns`, `netbios` (a `wpad` name), `dhcp` (option 252), or `configured`
    /// (it was fetched without being looked for); null where nothing did.
    pub method: Option<String>,
    /// Names asked for, in order.
    pub names: Vec<String>,
    /// Protocols by which neighbours were asked: `llmnr`, `mdns`, `netbios`.
    pub called: Vec<String>,
    /// The neighbour that answered.
    pub answered_by: Option<IpAddr>,
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
        let mut by_dns: Vec<IpAddr> = Vec::new();
        for group in &search.lookups {
            if let LookupOutcome::Resolved(_, answer) = group.outcome() {
                by_dns.extend(&answer.addresses);
            }
            let name = sanitize(&group.name, MAX_SHOWN_TEXT);
            if !details.names.contains(&name) {
                details.names.push(name);
            }
        }
        for call in &search.calls {
            let protocol = call.protocol.name().to_owned();
            if !details.called.contains(&protocol) {
                details.called.push(protocol);
            }
            let name = sanitize(&call.name, MAX_SHOWN_TEXT);
            if !details.names.contains(&name) {
                details.names.push(name);
            }
            if call.answer.is_some() {
                details.answered_by = details.answered_by.or(Some(call.other.ip()));
            }
        }
        details.method = method(search, &by_dns).map(str::to_owned);
        let Some(fetch) = search.fetches.last() else { return details };
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

/// What led to the host that was asked for the file last.
fn method(search: &DiscoveryAttempt<'_>, by_dns: &[IpAddr]) -> Option<&'static str> {
    let asked = search.fetches.last().map(|fetch| fetch.server().ip());
    let asked = asked.or_else(|| search.failed.last().map(|failed| failed.connection.server.ip()));
    let Some(host) = asked else { return (!by_dns.is_empty()).then_some("dns") };
    let called = search.calls.iter().find(|call| call.answer.as_ref().is_some_and(|told| told.contains(&host)));
    match called {
        _ if search.fetches.last().is_some_and(|fetch| search.told.iter().any(|pac| pac.is_asked_by(fetch))) => {
            Some("dhcp")
        }
        _ if by_dns.contains(&host) => Some("dns"),
        None if search.fetches.is_empty() && !search.told.is_empty() => Some("dhcp"),
        Some(call) => Some(call.protocol.name()),
        None => Some("configured"),
    }
}
