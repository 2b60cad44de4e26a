//! The report as data: what `--format json` prints and `ncsight schema` describes. All other formats are made of it.
//!
//! Field names and their order are an interface. What is absent is null or empty, never missing. Text from the wire is
//! already safe to print, and is in the reader's language where it is ours.

use std::borrow::Cow;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use super::clock::Moment;
use super::endpoints::{EndpointRow, Microsoft365};
use super::shown::{Clients, Findings, Place};
use crate::verdict::{Basis, Capability, Cause, Confidence, Details, Family, Role, Route, Severity, Verdict};

/// A whole report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "ncsight report")]
pub struct Report<'a> {
    /// Raised when a field changes its meaning; new fields do not raise it.
    pub schema_version: u32,
    /// Who wrote it.
    pub tool: Tool,
    /// The captures, in the order of their first packets.
    pub inputs: Vec<Input>,
    /// What the captures can and cannot show.
    pub quality: Quality,
    /// Who was seen.
    pub clients: Clients<'a>,
    /// What several clients have in common.
    pub networks: Vec<Network>,
    /// Microsoft 365 endpoint sets in use, by stage.
    pub endpoints: Vec<EndpointRow>,
    /// What was found, in the order in which it was settled.
    pub findings: Findings<'a>,
    /// How often it worked, by resolver, proxy, address and hour.
    pub rates: Vec<Rate>,
    /// What Windows itself wrote down, where the captures hold a converted trace.
    pub events: Vec<Event>,
    /// Microsoft 365 altogether; null where nothing of it is in the capture.
    pub microsoft365: Option<Microsoft365>,
    /// Whether the analysis met any probe of Windows, shown or not. For people only.
    #[serde(skip)]
    pub probe_seen: bool,
}

/// The program that wrote a report.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `ncsight`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A capture.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Input {
    /// Where it was read from; `-` is standard input.
    pub path: String,
    /// `pcap` or `pcapng`.
    pub format: String,
    /// SHA-256 of the file as it stands, in hex, where it was computed.
    pub sha256: Option<String>,
    /// Packets read.
    pub packets: u64,
    /// Captured bytes of these packets.
    pub bytes: u64,
    /// Names of the link types.
    pub link_types: Vec<String>,
    /// Time of the first packet.
    pub first: Option<Moment>,
    /// Time of the last packet.
    pub last: Option<Moment>,
    /// Whether it was read to a proper end.
    pub complete: bool,
    /// Operating system that captured.
    pub capture_os: Option<String>,
    /// Program that captured.
    pub capture_program: Option<String>,
    /// Capture filter.
    pub filter: Option<String>,
    /// Largest captured length of a packet.
    pub snap_length: Option<u32>,
    /// Damage met on the way.
    pub problems: Vec<Problem>,
    /// `gzip` or `zstd`, where compressed.
    pub compression: Option<String>,
    /// Packets that the capturing system dropped.
    pub dropped: u64,
    /// How its clock was set right; null where its times are those of the file.
    pub clock: Option<Clock>,
}

/// How the clock of a capture was set right, because other captures of the same packets tell another time. All times of
/// the report, `first` and `last` of the capture among them, are right then.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Clock {
    /// Milliseconds that were added to its times; negative where its clock was ahead.
    pub correction_ms: f64,
    /// How much faster (negative: slower) than the other its clock ran, in millionths, where that could be measured.
    pub drift_ppm: f64,
    /// Index in `inputs` of the capture whose clock all of these follow.
    pub reference: usize,
    /// Packets that it shares with another capture and that the difference was measured by; 0 where it continues, by its
    /// name and its times, a capture whose clock was measured.
    pub packets: u64,
    /// How far half of these packets stray from the difference, in milliseconds.
    pub spread_ms: f64,
}

/// Damage of a capture.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Problem {
    /// The last good packet before it.
    pub packet: u64,
    /// Byte offset in the uncompressed capture.
    pub offset: u64,
    /// What is wrong there.
    pub message: String,
}

/// What the captures can and cannot show.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Quality {
    /// TCP connections of which only one direction was captured.
    pub one_way_flows: u64,
    /// Copies made by a mirror port.
    pub duplicate_packets: u64,
    /// Packets cut by the snap length.
    pub truncated_packets: u64,
    /// Known holes in TCP streams.
    pub gaps: u64,
    /// Packets that the capturing system dropped.
    pub dropped_packets: u64,
    /// Connections, and exchanges of hosts on the link, given up under memory pressure.
    pub evicted_flows: u64,
    /// Whether addresses or contents look rewritten.
    pub anonymised: bool,
    /// Protocols found anywhere, sorted.
    pub protocols_seen: Vec<String>,
    /// What was met and not decoded.
    pub not_decoded: Vec<NotDecoded>,
    /// Capture points that show the same packets, in the order of their first packets; empty where there are not several.
    pub points: Vec<Point>,
    /// Packets that more than one of these points captured.
    pub shared_packets: u64,
    /// Packets that mirror sessions (ERSPAN) lost on their way to the capture, by the numbers of what came.
    pub mirror_lost: u64,
}

/// A capture point: one input, or the parts of a rotated one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Point {
    /// Name of its first file.
    pub name: String,
    /// Indexes in `inputs`.
    pub inputs: Vec<u16>,
    /// Its packets that can be told from others: TCP, DNS, QUIC, other UDP as far as it is identified.
    pub packets: u64,
    /// Those of them that no other point captured.
    pub alone: u64,
}

/// Packets of a kind that this program does not decode.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotDecoded {
    /// Encapsulation or link type.
    pub kind: String,
    /// How many.
    pub packets: u64,
}

/// A host that did something of interest.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Client {
    /// Its address.
    pub address: IpAddr,
    /// All its addresses.
    pub addresses: Vec<IpAddr>,
    /// Link address, where it is its own.
    pub mac: Option<String>,
    /// Its name, where it told one.
    pub name: Option<String>,
    /// Estimate of its system.
    pub os: Option<String>,
    /// What it is.
    pub role: Role,
    /// Whether Windows is predicted to say "Internet"; null where nothing decides.
    pub online: Option<bool>,
    /// State of IPv4.
    pub v4: Option<State>,
    /// State of IPv6.
    pub v6: Option<State>,
    /// Changes of state, in order.
    pub timeline: Vec<Change>,
    /// Identifiers of its findings.
    pub findings: Vec<u32>,
    /// Where Windows' own events say otherwise than predicted.
    pub disagreements: Vec<Disagreement>,
}

/// State of one address family of a client.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct State {
    /// What Windows grants.
    pub capability: Capability,
    /// Why.
    pub reason: String,
    /// Concluded from packets, not read from Windows' own events.
    pub predicted: bool,
    /// Since when.
    pub since: Moment,
}

/// A change of state, or something that Windows wrote down about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// When.
    pub time: Moment,
    /// Which family; null where Windows' event names none.
    pub family: Option<Family>,
    /// What Windows grants from then on; null where this leaves it alone.
    pub capability: Option<Capability>,
    /// Why; null where this leaves the capability alone.
    pub reason: Option<String>,
    /// The finding behind it; null for what Windows wrote down.
    pub finding: Option<u32>,
    /// Concluded from packets, not read from Windows' own events.
    pub predicted: bool,
    /// The rule that led there: that of the finding, or `event.` and the number of Windows' event.
    pub rule: String,
    /// An estimate: it may come so.
    pub approximate: bool,
    /// In words, where the fields do not say it all.
    pub text: Option<String>,
}

/// An event that Windows' connectivity indicator wrote down, as a converted trace holds it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Event {
    /// When.
    pub time: Moment,
    /// Index in `inputs`.
    pub input: u16,
    /// Number among the packets of its input, as Wireshark counts.
    pub packet: u64,
    /// Number of the event: 4014, 4042 or 4051 of provider Microsoft-Windows-NCSI.
    pub id: u16,
    /// The client that it is about, where one is known to have written it.
    pub client: Option<String>,
    /// The interface's GUID.
    pub interface: String,
    /// The interface's locally unique identifier, in hex.
    pub luid: Option<String>,
    /// Address family, where it names one.
    pub family: Option<Family>,
    /// What it says.
    pub text: String,
}

/// Something that Windows wrote down and that says otherwise than a finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Disagreement {
    /// When.
    pub time: Moment,
    /// Index in `inputs`.
    pub input: u16,
    /// Number of the event among the packets of its input.
    pub packet: u64,
    /// Which family.
    pub family: Family,
    /// The finding.
    pub finding: u32,
    /// In words.
    pub text: String,
}

/// What several clients have in common.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Network {
    /// What they share.
    pub kind: NetworkKind,
    /// Host of the portal, address of the proxy or resolver, name of the stage; `clients` for all probes together.
    pub name: String,
    /// How many clients.
    pub count: usize,
    /// Their addresses.
    pub clients: Vec<IpAddr>,
    /// The findings behind it.
    pub findings: Vec<u32>,
    /// How many clients get through there.
    pub succeeded: usize,
    /// How many fail there: the same as `count`.
    pub failed: usize,
    /// Where to look first: `clients`, `network` or `unclear`.
    pub look_at: String,
    /// In words.
    pub text: String,
    /// Systems whose checks met a portal or device: `Windows`, `Android` and others; empty for the other kinds.
    pub systems: Vec<String>,
    /// The product that the portal or device looks like.
    pub product: Option<String>,
}

/// How often it worked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Rate {
    /// By what is counted.
    pub by: RateBy,
    /// Address, `address:port`, or the beginning of the hour in UTC.
    pub key: String,
    /// How often it was tried.
    pub attempts: u64,
    /// How often it failed.
    pub failed: u64,
    /// One client failed between successes or the other way round: a fault that comes and goes.
    pub intermittent: bool,
}

/// By what attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RateBy {
    /// Look-ups of probe names, by resolver.
    DnsServer,
    /// Probes through an explicit proxy.
    Proxy,
    /// Direct probes, by the address that was asked.
    Address,
    /// Probes by the hour in which they began.
    Hour,
}

/// What several clients share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NetworkKind {
    /// The same portal answers their probes.
    Portal,
    /// The same proxy fails them.
    Proxy,
    /// The same resolver fails them.
    Resolver,
    /// They fail at the same stage.
    Stage,
    /// The same device, no portal, answers in somebody else's name.
    Answerer,
    /// All probes of all clients together.
    Overall,
}

/// One classified thing that happened to one client.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// Counts from 1 in settle order.
    pub id: u32,
    /// Raised each time a live run prints it again.
    pub revision: u32,
    /// What happened.
    pub verdict: Verdict,
    /// Why; null only on success.
    pub cause: Option<Cause>,
    /// How much it matters.
    pub severity: Severity,
    /// How sure verdict and cause are.
    pub confidence: Confidence,
    /// What keeps the confidence from being high.
    pub confidence_reasons: Vec<String>,
    /// Windows' reason.
    pub ncsi_reason: Option<Reason>,
    /// What Windows is predicted to grant.
    pub capability: Option<Capability>,
    /// Address family of the attempt.
    pub family: Family,
    /// Which way the request went.
    pub route: Option<Route>,
    /// Who asked.
    pub client: IpAddr,
    /// The client's port on the decisive connection.
    pub client_port: Option<u16>,
    /// Who was asked.
    pub server: Option<IpAddr>,
    /// The server's port.
    pub server_port: Option<u16>,
    /// The explicit proxy, `address:port`.
    pub proxy: Option<String>,
    /// Name asked for.
    pub host: Option<String>,
    /// Whole URL of the request.
    pub url: Option<String>,
    /// First packet.
    pub started: Moment,
    /// The moment that settled it.
    pub ended: Moment,
    /// Milliseconds from `started` until a later attempt worked.
    pub recovered_after_ms: Option<u64>,
    /// One line with the concrete names.
    pub title: String,
    /// What was on the wire, and what Windows makes of it.
    pub explanation: String,
    /// The rule that led here.
    pub rule: &'static str,
    /// What to do, by whom.
    pub remedy: Vec<Remedy>,
    /// What would have led to another verdict.
    pub would_change: Vec<Cow<'static, str>>,
    /// Other findings that belong to it.
    pub related: Vec<u32>,
    /// The packets that prove it.
    pub evidence: Vec<Evidence>,
    /// Wireshark display filter of this attempt's conversations.
    pub filter: String,
    /// Best reading where the verdict is `Incomplete`.
    pub guess: Option<Verdict>,
    /// Facts by subject.
    pub details: Details,
}

/// Windows' `CapabilityChangeReason`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Reason {
    /// The number in event 4042.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// How we know.
    pub basis: Basis,
}

/// Who can do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Who looks after the PC.
    Client,
    /// Who runs the proxy.
    Proxy,
    /// Who runs firewall, gateway, filter or portal.
    Firewall,
    /// Who runs the resolver.
    Dns,
    /// Who runs the server.
    Server,
    /// Microsoft's support.
    Microsoft,
}

impl Audience {
    /// The name as it stands in every output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Proxy => "proxy",
            Self::Firewall => "firewall",
            Self::Dns => "dns",
            Self::Server => "server",
            Self::Microsoft => "microsoft",
        }
    }
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remedy {
    /// By whom.
    pub audience: Audience,
    /// What.
    pub text: Cow<'static, str>,
}

/// A packet that proves something.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Evidence {
    /// Index in `inputs`; the path in `ndjson`.
    #[schemars(with = "u16")]
    pub input: Place,
    /// Number within its input, as Wireshark counts.
    pub packet: u64,
    /// When it was captured.
    pub time: Moment,
    /// What it shows.
    pub note: String,
}
