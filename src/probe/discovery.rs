//! What one client did to find its proxy by itself: look-ups of `wpad`, calls for it on the link, and fetches of the
//! proxy configuration (PAC) file.
//!
//! Windows' WinHTTP AutoProxy service asks DHCP for option 252 first, then DNS for `wpad` under the domains of the
//! machine, then its neighbours (LLMNR, multicast DNS, NetBIOS), and fetches `/wpad.dat` from whoever has the name.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::limits::{MAX_DISCOVERY, MAX_PAC_PROXIES};
use crate::proto::http::{Extent, TargetForm};
use crate::proto::pac;
use crate::settings::KnownProxy;
use crate::transaction::{Exchange, Lookup, NameCall};

/// Content type of a proxy configuration file.
pub const PAC_TYPE: &str = "application/x-ns-proxy-autoconfig";
/// User-Agent of Windows' AutoProxy service, without its version.
const AUTOPROXY_AGENT: &str = "winhttp-autoproxy-service/";

/// What is remembered of one client's discovery, oldest first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Discovery {
    /// Look-ups of `wpad` names.
    pub lookups: VecDeque<Lookup>,
    /// Fetches of PAC files.
    pub fetches: VecDeque<Exchange>,
    /// Calls for `wpad` on the link, and answers to them.
    pub calls: VecDeque<NameCall>,
    /// Proxies that its PAC files name.
    pub pac_proxies: Vec<KnownProxy>,
    /// Names of proxies that it has used.
    pub used_names: Vec<String>,
    /// Look-ups of the names of known proxies.
    pub proxy_lookups: VecDeque<Lookup>,
}

impl Discovery {
    /// Remembers a look-up of a `wpad` name; one that was told before its question replaces that telling. Returns
    /// whether it took room.
    pub fn keep_lookup(&mut self, lookup: Lookup) -> bool {
        let at = |lookup: &Lookup| lookup.answer.as_ref().map(|answer| answer.at);
        let same = |other: &&mut Lookup| other.queries.is_empty() && at(other) == at(&lookup);
        if let Some(earlier) = self.lookups.iter_mut().rev().find(same) {
            *earlier = lookup;
            return false;
        }
        keep(&mut self.lookups, lookup)
    }

    /// Remembers a fetch; a late answer replaces the silence that was told before. Returns whether it took room.
    pub fn keep_fetch(&mut self, fetch: Exchange) -> bool {
        let same = |other: &&mut Exchange| other.connection.id == fetch.connection.id && other.index == fetch.index;
        if let Some(earlier) = self.fetches.iter_mut().rev().find(same) {
            *earlier = fetch;
            return false;
        }
        if let Some(response) = fetch.response.as_ref().filter(|response| pac::is_pac(&response.body.bytes)) {
            self.pac_proxies = pac::proxies(&response.body.bytes).iter().filter_map(|named| endpoint(named)).collect();
        }
        keep(&mut self.fetches, fetch)
    }

    /// Remembers a look-up of a proxy's name. Returns whether it took room.
    pub fn keep_proxy_lookup(&mut self, lookup: Lookup) -> bool {
        keep(&mut self.proxy_lookups, lookup)
    }

    /// Remembers the name of a proxy that was used.
    pub fn note_used(&mut self, name: &str) {
        if self.used_names.len() < MAX_PAC_PROXIES && !self.used_names.iter().any(|known| known == name) {
            self.used_names.push(name.to_owned());
        }
    }

    /// Whether a name is that of a proxy that this client used or was told.
    #[must_use]
    pub fn knows_proxy(&self, name: &str) -> bool {
        self.used_names.iter().any(|known| known == name) || self.pac_proxies.iter().any(|proxy| proxy.host == name)
    }

    /// Remembers a call on the link. Returns whether it took room.
    pub fn keep_call(&mut self, call: NameCall) -> bool {
        keep(&mut self.calls, call)
    }
}

/// Adds to a bounded list; returns whether it has one more than before.
fn keep<T>(list: &mut VecDeque<T>, item: T) -> bool {
    let full = list.len() >= MAX_DISCOVERY;
    if full {
        list.pop_front();
    }
    list.push_back(item);
    !full
}

/// The proxy in an entry `PROXY host:port`.
fn endpoint(named: &str) -> Option<KnownProxy> {
    named.split_once(' ')?.1.parse().ok()
}

/// Whether a name is the one under which a proxy configuration is looked for: `wpad`, alone or under a domain.
#[must_use]
pub fn is_wpad(name: &str) -> bool {
    name == "wpad" || name.starts_with("wpad.")
}

/// Whether an exchange fetches a proxy configuration file: by its path, by who asks, or by what the answer says it is.
/// A request to a proxy is none: services fetch the file directly.
#[must_use]
pub fn is_pac_fetch(exchange: &Exchange) -> bool {
    let Some(request) = &exchange.request else { return false };
    let head = &request.head;
    if head.method != "GET" || head.form != TargetForm::Origin || head.extent == Extent::StartLine {
        return false;
    }
    let path = head.path.to_ascii_lowercase();
    // Servers that end option 252 with a NUL byte make some clients drop the last letter.
    let by_path = path.ends_with("/wpad.dat") || path.ends_with("/wpad.da") || path.ends_with(".pac");
    let by_agent =
        head.user_agent.as_deref().is_some_and(|agent| agent.to_ascii_lowercase().starts_with(AUTOPROXY_AGENT));
    by_path || by_agent || exchange.response.as_ref().is_some_and(|r| is_pac_type(r.head.content_type.as_deref()))
}

/// Whether a content type is that of a proxy configuration file.
#[must_use]
pub fn is_pac_type(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|text| {
        let kind = text.split(';').next().unwrap_or_default().trim();
        kind.eq_ignore_ascii_case(PAC_TYPE)
    })
}
