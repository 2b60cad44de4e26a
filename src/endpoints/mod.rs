//! The published list of Microsoft 365 endpoints as data: which names, addresses and ports belong to which set, and
//! which sets must work.
//!
//! The built-in copy is that of 2023-07-31 (version 2023073100), row by row from the page "Office 365 URLs and IP address
//! ranges" of MicrosoftDocs/microsoft-365-docs, in the schema of the web service
//! `https://endpoints.office.com/endpoints/worldwide` (Microsoft Learn, "Office 365 IP Address and URL web service").
//! Two later changes are in it: `outlook.cloud.microsoft` in set 1, and UDP 443 in set 184. A newer list is read from a
//! file in the same schema.

mod network;
mod ports;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};

use serde::Deserialize;

pub use network::{Network, number};
pub use ports::Ports;

use crate::limits::{MAX_ENDPOINT_LIST, MAX_ENDPOINT_NAMES, MAX_ENDPOINT_SETS};

/// Date of the built-in copy.
pub const BUILTIN_DATE: &str = "2023-07-31";

/// The built-in copy as text.
const BUILTIN: &str = include_str!("worldwide.json");

/// A list of endpoint sets, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointList {
    /// Path of the file; `None` for the built-in copy.
    pub file: Option<String>,
    /// The sets, in the order of the list.
    pub sets: Vec<EndpointSet>,
}

/// One row of the list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointSet {
    /// Microsoft's number of the set; it stays the same over the years.
    pub id: u32,
    /// `Common`, `Exchange`, `SharePoint` or `Skype`.
    pub service_area: String,
    /// The area as people call it.
    #[serde(default)]
    pub service_area_display_name: String,
    /// Names, `*` for any characters.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Address ranges.
    #[serde(default)]
    pub ips: Vec<Network>,
    /// TCP ports.
    #[serde(default)]
    pub tcp_ports: Ports,
    /// UDP ports.
    #[serde(default)]
    pub udp_ports: Ports,
    /// Whether the set is routed over ExpressRoute where the customer has it.
    #[serde(default)]
    pub express_route: bool,
    /// How much Microsoft asks the network to do for it.
    pub category: Category,
    /// Whether Microsoft 365 does not work without it.
    #[serde(default)]
    pub required: bool,
    /// Microsoft's remark.
    #[serde(default)]
    pub notes: Option<String>,
}

/// How much Microsoft asks the network to do for a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Category {
    /// Direct, without inspection: most of the traffic.
    Optimize,
    /// Allowed by name and address.
    Allow,
    /// Like other Internet traffic.
    Default,
}

impl Category {
    /// The name as it stands in every output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Optimize => "Optimize",
            Self::Allow => "Allow",
            Self::Default => "Default",
        }
    }
}

impl EndpointList {
    /// The built-in copy, read once.
    #[must_use]
    pub fn builtin() -> Arc<Self> {
        static LIST: LazyLock<Arc<EndpointList>> = LazyLock::new(|| {
            let sets = parse(BUILTIN).unwrap_or_default();
            Arc::new(EndpointList { file: None, sets })
        });
        Arc::clone(&LIST)
    }
}

/// Reads a list in the schema of the web service.
///
/// # Errors
///
/// The text is not such a list; the message names line and column.
pub fn parse(text: &str) -> Result<Vec<EndpointSet>, String> {
    if text.len() > MAX_ENDPOINT_LIST {
        return Err(format!("longer than {MAX_ENDPOINT_LIST} bytes; is this Microsoft's endpoint list?"));
    }
    let sets: Vec<EndpointSet> = serde_json::from_str(text).map_err(|error| {
        format!("{error}; expected the JSON of https://endpoints.office.com/endpoints/worldwide?clientrequestid=GUID")
    })?;
    if sets.is_empty() {
        return Err("the list has no endpoint sets".to_owned());
    }
    let names: usize = sets.iter().map(|set| set.urls.len() + set.ips.len()).sum();
    if sets.len() > MAX_ENDPOINT_SETS || names > MAX_ENDPOINT_NAMES {
        return Err(format!(
            "{} sets with {names} names and addresses; more than {MAX_ENDPOINT_SETS} and {MAX_ENDPOINT_NAMES} are not read",
            sets.len()
        ));
    }
    Ok(sets)
}
