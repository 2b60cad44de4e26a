//! The table of Microsoft 365 endpoint sets: how far they are reached, by how many, and what that says about the network.

use schemars::JsonSchema;
use serde::Serialize;

use super::clean::clean;
use super::clock::Moment;
use super::words;
use crate::endpoints::BUILTIN_DATE;
use crate::engine::snapshot::{self, Count, Purpose, Snapshot, Stage};
use crate::report::Language;
use crate::verdict::Severity;

/// A Microsoft 365 endpoint set in use, and what it is used for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EndpointRow {
    /// Microsoft's number of the set; null for names that Windows needs and no set lists.
    pub id: Option<u32>,
    /// `Common`, `Exchange`, `SharePoint` or `Skype`.
    pub area: String,
    /// The area as people call it.
    pub area_name: String,
    /// `Optimize`, `Allow` or `Default`.
    pub category: Option<String>,
    /// Whether Microsoft 365 does not work without it.
    pub required: bool,
    /// Whether it is routed over ExpressRoute where there is one.
    pub express_route: bool,
    /// What this traffic is for.
    pub purpose: Purpose,
    /// Client addresses that used it.
    pub clients: usize,
    /// Look-ups of its names.
    pub resolved: Tally,
    /// Requests to an explicit proxy for it.
    pub proxy: Tally,
    /// Connections, or tunnels through a proxy.
    pub connected: Tally,
    /// TLS handshakes.
    pub tls: Tally,
    /// Requests in clear.
    pub http: Tally,
    /// The stage at which every attempt failed: `resolved`, `proxy`, `connected`, `tls` or `http`.
    pub blocked_at: Option<String>,
    /// The first packet of the first attempt that failed there.
    pub first_failing: Option<PacketPlace>,
}

/// How often a stage worked and failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tally {
    /// Attempts that worked.
    pub ok: u64,
    /// Attempts that failed.
    pub failed: u64,
}

/// A packet.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PacketPlace {
    /// Index in `inputs`.
    pub input: u16,
    /// Number within its input, as Wireshark counts.
    pub packet: u64,
    /// When it was captured.
    pub time: Moment,
}

/// What the capture says about Microsoft 365 altogether.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Microsoft365 {
    /// Which endpoint list the names and addresses were compared with: a file, or the date of the built-in copy.
    pub list: String,
    /// Every stage of the sign-in that was tried worked, and nothing else went wrong: the cause lies elsewhere.
    pub network_cleared: bool,
    /// That, in words.
    pub statement: Option<String>,
    /// Where to look next, where the network is cleared.
    pub look_next: Vec<String>,
}

impl From<Count> for Tally {
    fn from(count: Count) -> Self {
        Self { ok: count.ok, failed: count.failed }
    }
}

/// The table.
#[must_use]
pub fn table(snapshot: &Snapshot) -> Vec<EndpointRow> {
    let digits = snapshot.time_digits;
    let row = |row: &snapshot::EndpointRow| EndpointRow {
        id: row.id,
        area: clean(&row.area),
        area_name: clean(&row.area_name),
        category: row.category.map(|category| category.name().to_owned()),
        required: row.required,
        express_route: row.express_route,
        purpose: row.purpose,
        clients: row.clients,
        resolved: row.count(Stage::Resolved).into(),
        proxy: row.count(Stage::Proxy).into(),
        connected: row.count(Stage::Connected).into(),
        tls: row.count(Stage::Tls).into(),
        http: row.count(Stage::Http).into(),
        blocked_at: row.blocked.map(|stage| stage.name().to_owned()),
        first_failing: row.first_failure.map(|at| PacketPlace {
            input: at.id.input(),
            packet: at.id.number(),
            time: Moment { time: at.time, digits },
        }),
    };
    snapshot.endpoints.iter().map(row).collect()
}

/// The summary; `None` where nothing of Microsoft 365 is in the capture.
#[must_use]
pub fn summary(snapshot: &Snapshot, language: Language) -> Option<Microsoft365> {
    if snapshot.endpoints.is_empty() {
        return None;
    }
    let cleared = is_cleared(snapshot);
    Some(Microsoft365 {
        list: match &snapshot.endpoint_list {
            Some(path) => clean(path),
            None => format!("built in, {BUILTIN_DATE}"),
        },
        network_cleared: cleared,
        statement: cleared.then(|| words::network_cleared(language).to_owned()),
        look_next: if cleared { words::look_next(language) } else { Vec::new() },
    })
}

/// Whether somebody signed in over TLS, nothing that a start of Office needs failed, and no finding speaks against it.
fn is_cleared(snapshot: &Snapshot) -> bool {
    let essential = || snapshot.endpoints.iter().filter(|row| row.required && row.is_essential());
    let signs_in = essential().any(|row| row.purpose == Purpose::SignIn && row.count(Stage::Tls).ok > 0);
    let fails = essential().any(|row| row.counts.iter().any(|count| count.failed > 0));
    let spoken_against = snapshot.findings.iter().any(|finding| finding.severity >= Severity::Warning);
    signs_in && !fails && !spoken_against
}
