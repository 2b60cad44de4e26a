//! What the engine knows at a moment: all that reports and the terminal UI ever see.

use std::net::IpAddr;

use super::recall::Memory;
use crate::endpoints::Category;
use crate::proto::ncsi_event::NcsiEvent;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::HostEvent;
use crate::verdict::rates::Rate;
use crate::verdict::windows::Disagreement;
use crate::verdict::{Capability, Family, Filed, NcsiReason, Role};
use crate::wire::Mac;

pub use crate::probe::directions::Directions;
pub use crate::probe::endpoints::matrix::Count;
pub use crate::probe::endpoints::purpose::Purpose;
pub use crate::probe::endpoints::stage::Stage;
pub use crate::probe::vantage::Point;
pub use crate::source::{Input, Problem};

/// What the engine knows at a moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The captures, in the order of their first packets.
    pub inputs: Vec<Input>,
    /// What the captures can and cannot show.
    pub quality: Quality,
    /// What it took.
    pub effort: Effort,
    /// Who was seen, in the order of first appearance.
    pub clients: Vec<Client>,
    /// What was found, in settle order.
    pub findings: Vec<Filed>,
    /// How often it worked, by resolver, proxy, address and hour.
    pub rates: Vec<Rate>,
    /// What Windows itself wrote down, in order of time.
    pub events: Vec<WindowsEvent>,
    /// Microsoft 365 endpoint sets in use.
    pub endpoints: Vec<EndpointRow>,
    /// File of the endpoint list; `None` for the built-in copy.
    pub endpoint_list: Option<String>,
    /// Digits of a second that the captures' clocks resolve: 6 for microseconds.
    pub time_digits: u8,
    /// Packets of a live run that are remembered; `None` where files have them.
    pub memory: Option<Memory>,
    /// Findings of a live run that are not listed any more.
    pub unlisted_findings: u64,
    /// Clients of a live run that are not listed any more.
    pub unlisted_clients: u64,
}

/// A Microsoft 365 endpoint set in use, and how far it is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointRow {
    /// Microsoft's number; `None` for what no list names.
    pub id: Option<u32>,
    /// Area, short.
    pub area: String,
    /// Area as people call it.
    pub area_name: String,
    /// Category, where the list has one.
    pub category: Option<Category>,
    /// Whether Microsoft 365 does not work without it.
    pub required: bool,
    /// Whether ExpressRoute may carry it.
    pub express_route: bool,
    /// What this traffic is for.
    pub purpose: Purpose,
    /// Client addresses that used it.
    pub clients: usize,
    /// Counts by stage.
    pub counts: [Count; 5],
    /// The stage that nothing got past.
    pub blocked: Option<Stage>,
    /// First packet of the first attempt that failed there.
    pub first_failure: Option<PacketRef>,
}

impl EndpointRow {
    /// Counts of a stage.
    #[must_use]
    pub const fn count(&self, stage: Stage) -> Count {
        self.counts[stage as usize]
    }

    /// Whether a start of Office needs it.
    #[must_use]
    pub const fn is_essential(&self) -> bool {
        self.purpose.is_essential()
    }
}

/// What it took to analyse the captures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// TCP connections followed.
    pub flows: u64,
    /// TCP segments passed over: of connections that had begun before, and without a message that is read.
    pub passed_segments: u64,
    /// Datagrams passed over: of no protocol that is read.
    pub passed_datagrams: u64,
}

/// What the captures can and cannot show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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
    /// Packets that mirror sessions lost on their way, by the numbers of what came.
    pub mirror_lost: u64,
    /// Connections, and exchanges of hosts on the link, given up under memory pressure.
    pub evicted_flows: u64,
    /// Whether addresses or contents look rewritten.
    pub anonymised: bool,
    /// Protocols found anywhere, sorted: `arp dhcp dns http icmp tls`.
    pub protocols_seen: Vec<&'static str>,
    /// Encapsulations and link types that were met and not decoded, with the number of packets.
    pub not_decoded: Vec<(String, u64)>,
    /// Capture points that show the same packets; empty where there are not several.
    pub points: Vec<Point>,
    /// Packets that more than one of them captured.
    pub shared_packets: u64,
}

impl Quality {
    /// Adds what another network of the same captures showed.
    pub(super) fn add(&mut self, other: Self) {
        self.one_way_flows += other.one_way_flows;
        self.duplicate_packets += other.duplicate_packets;
        self.truncated_packets += other.truncated_packets;
        self.gaps += other.gaps;
        // The captures' own number, the same for each.
        self.dropped_packets = other.dropped_packets;
        (self.points, self.shared_packets) = (other.points, other.shared_packets);
        self.mirror_lost += other.mirror_lost;
        self.evicted_flows += other.evicted_flows;
        self.anonymised |= other.anonymised;
        self.protocols_seen.extend(other.protocols_seen);
        self.protocols_seen.sort_unstable();
        self.protocols_seen.dedup();
        for (name, count) in other.not_decoded {
            match self.not_decoded.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known += count,
                None => self.not_decoded.push((name, count)),
            }
        }
        self.not_decoded.sort();
    }
}

/// A host that did something of interest.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address (the first one seen).
    pub address: IpAddr,
    /// All its addresses.
    pub addresses: Vec<IpAddr>,
    /// Link address, where it is its own and not a router's.
    pub mac: Option<Mac>,
    /// Its name, where it told one.
    pub name: Option<String>,
    /// Estimate of its system.
    pub os: Option<String>,
    /// What it is.
    pub role: Role,
    /// Directions in which it was seen.
    pub seen: Directions,
    /// Whether Windows is predicted to say "Internet"; `None` where nothing decides.
    pub online: Option<bool>,
    /// State by family, where something decides.
    pub v4: Option<FamilyState>,
    /// State by family, where something decides.
    pub v6: Option<FamilyState>,
    /// Changes of state, in order.
    pub timeline: Vec<TimelineEntry>,
    /// Identifiers of its findings.
    pub findings: Vec<u32>,
    /// Where Windows' own events say otherwise than predicted.
    pub disagreements: Vec<Disagreement>,
}

/// Predicted state of one family of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyState {
    /// What Windows grants.
    pub capability: Capability,
    /// Why.
    pub reason: NcsiReason,
    /// Since when.
    pub since: CaptureTime,
    /// Concluded from packets, not read from Windows' own events.
    pub predicted: bool,
}

/// A change of a client's state, or something that Windows wrote down about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When.
    pub time: CaptureTime,
    /// Which family, where it is about one.
    pub family: Option<Family>,
    /// What Windows grants from then on; `None` where this leaves it alone.
    pub capability: Option<Capability>,
    /// Why.
    pub reason: Option<NcsiReason>,
    /// The finding behind it.
    pub finding: Option<u32>,
    /// The rule that led there: of the finding, or `event.` and the number of Windows' event.
    pub rule: &'static str,
    /// Concluded from packets, not read from Windows' own events.
    pub predicted: bool,
    /// An estimate: it may come so.
    pub approximate: bool,
    /// What Windows wrote.
    pub event: Option<NcsiEvent>,
    /// Inbound hops behind an estimate.
    pub hops: Option<u8>,
}

/// An event of Windows, and the client that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowsEvent {
    /// The event.
    pub event: HostEvent,
    /// The client, where one is known to have written it.
    pub client: Option<IpAddr>,
}
