//! Everything that the lower half of the program knows: clients with their transactions, and what they have in common.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hashbrown::{HashMap, HashSet};

use super::catalog::{Asked, Catalog};
use super::client::{Client, ProxyUse};
use super::clients::Clients;
use super::completed::Completed;
use super::directions;
use super::discovery::is_pac_fetch;
use super::endpoints::directory::Directory;
use super::endpoints::matrix::Matrix;
use super::hops::Hops;
use super::host_events::HostEvents;
use super::identity::Identities;
use super::microsoft::is_intercepted;
use super::os_checks;
use super::packed::cost;
use super::presence::Presence;
use super::refusals::Refusals;
use super::retired::RetiredAddress;
use super::rewriting::Rewriting;
use super::searches::note_proxy_name;
use super::stations::Stations;
use super::translators::Translators;
use super::vantage::Vantage;
use crate::flow::Direction;
use crate::limits::TableLimits;
use crate::proto::http::Extent;
use crate::proto::tls::TlsVersion;
use crate::settings::Settings;
use crate::time::CaptureTime;
use crate::transaction::{
    Attempted, AttemptedEnd, Exchange, ExchangeEnd, Handshake, HandshakeEnd, Lookup, Quic, Transaction,
};
use crate::wire::{Mac, MirrorLoss};

/// How long after a failed handshake a working one is kept, to see a retry with a lower version.
pub const RETRY_WINDOW: Duration = Duration::from_secs(10);
/// Addresses remembered for one link address.
const MAX_ADDRESSES_PER_MAC: usize = 16;

/// What is known below the seam.
pub struct World {
    /// What NCSI asks.
    pub catalog: Catalog,
    /// What the user told.
    pub settings: Settings,
    /// When traffic towards hosts was seen.
    pub presence: Presence,
    /// Who was seen in which direction.
    pub directions: directions::Table,
    /// Clients by address.
    pub clients: Clients,
    /// Hosts that answered DNS questions.
    pub resolvers: HashSet<IpAddr, foldhash::fast::RandomState>,
    /// Addresses that a probe's name resolved to, for anybody.
    pub probe_servers: HashSet<IpAddr, foldhash::fast::RandomState>,
    /// Explicit proxies in use, and by whom.
    pub proxies: HashMap<SocketAddr, HashSet<IpAddr, foldhash::fast::RandomState>, foldhash::fast::RandomState>,
    /// Servers that completed a handshake of TLS 1.2 or later.
    pub modern_servers: HashSet<SocketAddr, foldhash::fast::RandomState>,
    /// Handshakes that worked.
    pub completed: Completed,
    /// Link addresses and the addresses that they claim.
    pub neighbours: HashMap<Mac, Vec<IpAddr>, foldhash::fast::RandomState>,
    /// Who called for `wpad` on the link last.
    pub(super) callers: VecDeque<(IpAddr, CaptureTime)>,
    /// How far the traffic towards hosts has come.
    pub hops: Hops,
    /// Who reached the address that the probe server once had.
    pub retired: RetiredAddress,
    /// What Windows wrote down itself.
    pub host_events: HostEvents,
    /// Microsoft 365 endpoint sets.
    pub directory: Directory,
    /// Who uses them, and how far it gets.
    pub endpoints: Matrix,
    /// Users that web servers refuse.
    pub refusals: Refusals,
    /// Who sends what another address sent before.
    pub translators: Translators,
    /// Hosts by their link address: leases, questions on the link, next hops.
    pub stations: Stations,
    /// What hosts say of themselves.
    pub identities: Identities,
    /// Protocols found anywhere.
    pub protocols: Protocols,
    /// A capture filter left out what it did not match.
    pub filtered: bool,
    /// Signs that somebody rewrote the capture.
    pub rewriting: Rewriting,
    /// Packets that the capturing system dropped.
    pub drops: u64,
    /// What the mirror lost before it could be captured.
    pub mirror: MirrorLoss,
    /// What each capture point saw, where there are several that show the same packets.
    pub vantage: Option<Arc<Vantage>>,
    /// First and last moment of the capture.
    pub span: Option<(CaptureTime, CaptureTime)>,
    limits: TableLimits,
}

/// Whether an exchange is an ordinary success of a probe, with nothing to remark.
fn is_plain_success(catalog: &Catalog, exchange: &Exchange) -> bool {
    let (Some(request), Some(response)) = (&exchange.request, &exchange.response) else { return false };
    let body = &response.body;
    exchange.end == ExchangeEnd::Answered
        && request.head.extent == Extent::Whole
        && request.copies.is_empty()
        && matches!(catalog.asked(&request.head), Asked::Probe | Asked::CustomProbe)
        && response.head.status == 200
        && response.head.age.is_none()
        && body.whole
        && !body.chunked
        && body.coding.is_none()
        && body.bytes == catalog.expected_body(&request.head).as_bytes()
}

/// Protocols found anywhere in the capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // independent facts, each set once
pub struct Protocols {
    /// DNS questions.
    pub dns: bool,
    /// DNS answers.
    pub dns_answers: bool,
    /// HTTP/1.
    pub http: bool,
    /// TLS.
    pub tls: bool,
    /// QUIC.
    pub quic: bool,
    /// ARP or neighbour discovery.
    pub neighbours: bool,
    /// ICMP errors.
    pub icmp: bool,
}

impl World {
    /// Whether the captures surely lack packets that passed within `from..=to`, or may lack some of any time.
    #[must_use]
    pub fn lacks(&self, from: CaptureTime, to: CaptureTime) -> bool {
        self.drops > 0 || self.mirror.gaps.iter().any(|(start, end)| *start <= to && *end >= from)
    }

    /// Whether the captures lack packets of any time.
    #[must_use]
    pub const fn lacks_any(&self) -> bool {
        self.drops > 0 || self.mirror.packets > 0
    }

    /// A world in which nothing has happened yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let (limits, hop_minimum) = (settings.limits, settings.hop_minimum);
        let settings_filter = settings.filter.is_some();
        Self {
            catalog: Catalog::with(&settings.probes),
            presence: Presence::new(limits.hosts),
            directions: directions::Table::new(limits.hosts),
            directory: Directory::new(Arc::clone(&settings.endpoints)),
            endpoints: Matrix::default(),
            refusals: Refusals::default(),
            translators: Translators::default(),
            settings,
            clients: Clients::new(&limits),
            resolvers: HashSet::default(),
            probe_servers: HashSet::default(),
            proxies: HashMap::default(),
            modern_servers: HashSet::default(),
            completed: Completed::default(),
            neighbours: HashMap::default(),
            callers: VecDeque::new(),
            hops: Hops::new(limits.clients, hop_minimum),
            retired: RetiredAddress::default(),
            host_events: HostEvents::default(),
            stations: Stations::new(limits.stations, limits.station_events),
            identities: Identities::new(limits.clients),
            filtered: settings_filter,
            protocols: Protocols::default(),
            rewriting: Rewriting::default(),
            drops: 0,
            mirror: MirrorLoss::default(),
            vantage: None,
            span: None,
            limits,
        }
    }

    /// Lets go of what only judgements rest on, when all are made.
    pub fn release(&mut self) {
        self.endpoints = Matrix::default();
        self.refusals = Refusals::default();
        self.completed = Completed::default();
        self.presence = Presence::new(0);
    }

    /// Takes what one flow has settled.
    pub fn accept(&mut self, transaction: Transaction) {
        match transaction {
            Transaction::Lookup(lookup) => self.lookup(lookup),
            Transaction::RivalAnswer { client, name, at, server, addresses } => {
                if self.catalog.web_host(&name).is_some()
                    && let Some(client) = self.clients.get_or_add(client, at, true)
                    && client.rivals.len() < 64
                {
                    client.rivals.push((name, at, server, addresses));
                }
            }
            Transaction::Attempted(attempted) => self.attempted(attempted),
            Transaction::Exchange(exchange) => self.exchange(exchange),
            Transaction::Handshake(handshake) => self.handshake(handshake),
            Transaction::Called(call) => self.called(*call),
            Transaction::TicketRefusal(refusal) => {
                if let Some(client) = self.clients.get_or_add(refusal.client.ip(), refusal.at, true) {
                    client.keep_ticket(*refusal);
                }
            }
            Transaction::Quic(quic) => self.quic(&quic),
            Transaction::HostEvent(event) => self.host_events.keep(*event),
            Transaction::Neighbour { address, mac, at } => {
                self.neighbour(address, mac);
                self.stations.claimed(address, mac, at);
            }
            Transaction::Lease(lease) => self.stations.lease(*lease),
            Transaction::Solicited(question) => self.stations.question(*question),
            Transaction::Router(router) => self.stations.router(router),
            Transaction::Named { address, name, .. } => self.identities.named(address, &name),
        }
    }

    fn neighbour(&mut self, address: IpAddr, mac: Mac) {
        self.protocols.neighbours = true;
        if self.neighbours.len() >= self.limits.hosts && !self.neighbours.contains_key(&mac) {
            return;
        }
        let addresses = self.neighbours.entry(mac).or_default();
        if addresses.len() < MAX_ADDRESSES_PER_MAC && !addresses.contains(&address) {
            addresses.push(address);
        }
    }

    fn lookup(&mut self, lookup: Box<Lookup>) {
        self.protocols.dns |= !lookup.queries.is_empty();
        self.protocols.dns_answers |= lookup.answer.is_some();
        self.endpoints.lookup(&self.directory, &lookup);
        if lookup.answer.is_some() && self.resolvers.len() < self.limits.hosts {
            self.resolvers.insert(lookup.server.ip());
        }
        let of_probe = self.catalog.web_host(&lookup.name).is_some()
            || self.catalog.dns.iter().any(|probe| probe.name == lookup.name);
        let first = lookup.first();
        if of_probe && let Some(answer) = &lookup.answer {
            let room = self.limits.hosts.saturating_sub(self.probe_servers.len());
            self.probe_servers.extend(answer.addresses.iter().take(room));
        }
        let Some(client) = self.clients.get_or_add(lookup.client.ip(), first, lookup.answer.is_some()) else { return };
        client.asks |= lookup.recursion_desired;
        if let Some(answer) = &lookup.answer {
            for address in &answer.addresses {
                client.name_address(*address, &lookup.name, answer.at.time, answer.ttl);
            }
        }
        let Some(lookup) = self.keep_search(lookup) else { return };
        if of_probe || os_checks::by_name(&lookup.name).is_some() {
            let answered = lookup.answer.is_some();
            if let Some(client) = self.clients.with_room(lookup.client.ip(), first, cost::LOOKUP, answered)
                && !client.keep_lookup(lookup)
            {
                self.clients.refund(cost::LOOKUP);
            }
        }
    }

    fn attempted(&mut self, attempted: Box<Attempted>) {
        let connection = &attempted.connection;
        self.retired.note(connection);
        if attempted.end == AttemptedEnd::Silent {
            self.endpoints.connection(&attempted);
            return;
        }
        let at = connection.first;
        // Connections to anything else matter only of somebody who is known already: floods come from everywhere.
        let server = connection.server;
        let proxy = self.settings.proxies.iter().any(|proxy| proxy.port == server.port());
        let known = self.clients.brief(&connection.client.ip()).is_some();
        if !known && !proxy && !self.probe_servers.contains(&server.ip()) {
            return;
        }
        let Some(client) = self.clients.get_or_add(connection.client.ip(), at, false) else { return };
        client.asks = true;
        client.mac = client.mac.or(connection.half(Direction::ToServer).mac);
        let address = connection.client.ip();
        if let Some(client) = self.clients.with_room(address, at, cost::ATTEMPTED, false) {
            client.keep_failed(attempted);
        }
    }

    fn exchange(&mut self, exchange: Box<Exchange>) {
        self.protocols.http = true;
        self.retired.note(&exchange.connection);
        if let Some(request) = &exchange.request {
            self.identities.request(exchange.connection.client.ip(), &request.head);
        }
        let catalog_says = exchange.request.as_ref().map(|request| self.catalog.asked(&request.head));
        self.watch_rewriting(&exchange);
        self.endpoints.exchange(&self.directory, &exchange);
        self.refusals.exchange(&exchange);
        self.translators.note(catalog_says.as_ref(), &exchange, self.limits.hosts);
        let status = exchange.response.as_ref().map(|response| response.head.status);
        let proxied = exchange.request.as_ref().is_some_and(|request| request.head.is_proxied());
        let server = exchange.server();
        if proxied && self.proxies.len() < self.limits.hosts {
            let users = self.proxies.entry(server).or_default();
            if users.len() < 64 {
                users.insert(exchange.connection.client.ip());
            }
        }
        let expected_body =
            exchange.response.as_ref().is_some_and(|response| self.catalog.is_expected_body(&response.body.bytes));
        let catalog = &self.catalog;
        let plain = is_plain_success(catalog, &exchange);
        let window = self.settings.deadlines.episode;
        let at = exchange.started;
        let address = exchange.connection.client.ip();
        let Some(client) = self.clients.get_or_add(address, at, exchange.response.is_some()) else { return };
        client.asks |= exchange.request.is_some();
        client.mac = client.mac.or(exchange.connection.half(Direction::ToServer).mac);
        note_unseen(client, &exchange.connection, exchange.end == ExchangeEnd::NotCaptured);
        let probe = matches!(catalog_says, Some(Asked::Probe | Asked::CustomProbe | Asked::ProbeCut));
        if exchange.request.is_none() {
            client.keep_unasked(server, at.time);
        }
        if proxied && let Some(request) = &exchange.request {
            let host = request.head.host.clone();
            note_proxy_name(client, server.ip(), at.time);
            client.keep_proxy_use(ProxyUse { proxy: server, host, at: at.time, status, probe });
        }
        // The answer alone, or a request cut in its first line: a probe's, by what the answer says or whom it comes from.
        let of_probe_server = || {
            server.port() == 80
                && client.names_of(server.ip(), at.time).any(|named| catalog.web_host(&named.name).is_some())
        };
        let cut = exchange.request.as_ref().is_some_and(|request| request.head.extent == Extent::StartLine);
        let keep = match catalog_says {
            Some(Asked::Probe | Asked::CustomProbe | Asked::ProbeCut | Asked::LookAlike(_)) => true,
            Some(Asked::Other) => {
                let os_check = exchange.request.as_ref().and_then(|request| os_checks::asked(&request.head));
                os_check.is_some() || proxied && status == Some(407) || cut && of_probe_server()
            }
            None => expected_body || of_probe_server(),
        };
        if catalog_says == Some(Asked::Other) && (is_pac_fetch(&exchange) || self.is_told_pac(&exchange)) {
            self.keep_pac_fetch(*exchange);
            return;
        }
        let bytes = cost::exchange(&exchange);
        if keep && let Some(client) = self.clients.with_room(address, at, bytes, exchange.response.is_some()) {
            let took = if plain { client.keep_success(exchange, window) } else { client.keep_exchange(exchange) };
            if !took {
                self.clients.refund(bytes);
            }
        }
    }

    fn handshake(&mut self, handshake: Box<Handshake>) {
        self.protocols.tls = true;
        self.endpoints.handshake(&self.directory, &handshake);
        self.completed.note(&handshake, self.limits.hosts);
        let server = handshake.connection.server;
        let version = handshake.server_hello.as_ref().map(|(hello, _)| hello.version);
        if handshake.established
            && handshake.tunnel.is_none()
            && version.is_some_and(|version| version >= TlsVersion::TLS1_2)
            && self.modern_servers.len() < self.limits.hosts
        {
            self.modern_servers.insert(server);
        }
        let at = handshake.started;
        let answered = handshake.server_hello.is_some() || handshake.alert.is_some();
        let Some(client) = self.clients.get_or_add(handshake.connection.client.ip(), at, answered) else { return };
        client.asks = true;
        client.mac = client.mac.or(handshake.connection.half(Direction::ToServer).mac);
        note_unseen(client, &handshake.connection, handshake.end == HandshakeEnd::NotCaptured);
        let modern = version.is_some_and(|version| version >= TlsVersion::TLS1_2);
        let intercepted = handshake.certificate.as_ref().is_some_and(|(certificate, _)| {
            let sni = handshake.hello.as_ref().and_then(|(hello, _)| hello.sni.as_deref());
            let name = sni.or_else(|| client.name_of(server.ip(), at.time));
            name.is_some_and(|name| is_intercepted(name, certificate))
        });
        let plain =
            matches!(handshake.end, HandshakeEnd::Completed | HandshakeEnd::Unfinished) && modern && !intercepted;
        let keep = if plain {
            // Only interesting as the retry after a failure.
            client
                .handshakes
                .iter()
                .rev()
                .take(16)
                .any(|earlier| !earlier.established && at.time.since(earlier.ended) <= RETRY_WINDOW)
        } else {
            true
        };
        let address = handshake.connection.client.ip();
        if keep && let Some(client) = self.clients.with_room(address, at, cost::HANDSHAKE, answered) {
            client.keep_handshake(handshake);
        }
    }

    fn quic(&mut self, quic: &Quic) {
        self.protocols.quic = true;
        self.endpoints.quic(&self.directory, quic);
        let Some(client) = self.clients.get_or_add(quic.asker(), quic.first, quic.answer.is_some()) else { return };
        client.asks = true;
        client.mac = client.mac.or(quic.mac);
        client.keep_quic(quic);
    }
}

/// A connection that went on although the answers to it are not in the capture shows that the capture has one eye.
fn note_unseen(client: &mut Client, connection: &crate::flow::Connection, certain: bool) {
    let (to_client, to_server) = (connection.half(Direction::ToClient), connection.half(Direction::ToServer));
    let deaf = to_client.packets == 0 && to_server.delivered > 0;
    if certain || deaf || to_client.acknowledged_unseen() {
        client.unseen.note_span(connection.first.time, connection.last.time);
    }
}
