//! Who uses which endpoint set, and how far it gets: gathered while transactions settle, in any order.
//!
//! Of each client and set there are counts, and the first failures of each stage whole, as their proof. What has no name
//! of its own (a connection that said nothing) waits until the end, when all look-ups are known.

use std::net::{IpAddr, SocketAddr};

use hashbrown::HashMap;

pub use super::cell::{Cell, Cells, Count, Failure, Proof};
use super::directory::{Directory, Tag, Tagged};
use super::purpose::Purpose;
use super::signs::{AllSigns, Met};
use super::stage::{self, Outcome, Stage};
use crate::limits::{MAX_ENDPOINT_CELLS, MAX_ENDPOINT_PROOFS, MAX_NAMELESS};
use crate::probe::client::Client;
use crate::probe::world::World;
use crate::proto::http::TargetForm;
use crate::time::CaptureTime;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, Handshake, Lookup, Quic};

/// Something done with a server whose name is not known yet.
#[derive(Clone, Debug)]
struct Nameless {
    client: IpAddr,
    server: SocketAddr,
    at: CaptureTime,
    told: Vec<(Stage, Outcome)>,
    failure: Option<Failure>,
    quic: bool,
}

/// Everything that was done with endpoint sets.
#[derive(Default)]
pub struct Matrix {
    /// Boxed: half of the table's places are empty.
    cells: HashMap<(IpAddr, Tag), Box<Cell>, foldhash::fast::RandomState>,
    nameless: Vec<Nameless>,
    proofs: usize,
    /// Counts the periods of a live run.
    period: u32,
    /// Office's start, its sign-in and other traffic.
    pub signs: AllSigns,
    /// What was not remembered because the tables were full.
    pub refused: u64,
}

impl Matrix {
    fn note(&mut self, client: IpAddr, tag: Tag, told: &[(Stage, Outcome)], failure: Option<impl FnOnce() -> Failure>) {
        if told.is_empty() {
            return;
        }
        let room = self.cells.len() < MAX_ENDPOINT_CELLS || self.cells.contains_key(&(client, tag));
        if !room {
            self.refused += 1;
            return;
        }
        let cell = self.cells.entry((client, tag)).or_default();
        cell.period = self.period;
        cell.tell(told);
        let Some(failure) = failure else { return };
        if self.proofs >= MAX_ENDPOINT_PROOFS {
            self.refused += 1;
        } else {
            self.proofs += cell.keep(failure());
        }
    }

    /// Ends a period of a live run: what was not used in it is let go, and where a set works, counting begins anew, so
    /// that an outage later on is not hidden by what worked before.
    pub fn forget(&mut self, before: CaptureTime) {
        let period = self.period;
        self.cells.retain(|_, cell| {
            let blocked = cell.counts.iter().any(|count| count.failed > 0 && count.ok == 0);
            cell.period == period && blocked
        });
        self.cells.shrink_to(self.cells.len() * 2);
        self.proofs = self.cells.values().map(|cell| cell.failures.len()).sum();
        self.nameless.retain(|nameless| nameless.at >= before);
        self.period += 1;
    }

    fn wait_for_name(&mut self, nameless: Nameless) {
        if self.nameless.len() < MAX_NAMELESS {
            self.nameless.push(nameless);
        } else {
            self.refused += 1;
        }
    }

    /// Takes a look-up.
    pub fn lookup(&mut self, directory: &Directory, lookup: &Lookup) {
        if lookup.recursion_desired && !lookup.queries.is_empty() {
            self.signs.note(directory, lookup.client.ip(), &lookup.name, lookup.first(), Met::Tried);
        }
        let Some(Tagged { tag, written }) = directory.of_name(&lookup.name, None) else { return };
        let Some(outcome) = stage::of_lookup(lookup, written) else { return };
        let failure = (outcome == Outcome::Failed).then_some(|| {
            let proof = Proof::Lookup(Box::new(lookup.clone()));
            Failure::new(Stage::Resolved, Some(lookup.name.clone()), lookup.first(), proof)
        });
        self.note(lookup.client.ip(), tag, &[(Stage::Resolved, outcome)], failure);
    }

    /// Takes a connection on which nothing known was said, of somebody who is known.
    pub fn connection(&mut self, attempted: &Attempted) {
        if attempted.end == AttemptedEnd::Silent {
            let connection = &attempted.connection;
            self.wait_for_name(Nameless {
                client: connection.client.ip(),
                server: connection.server,
                at: connection.first.time,
                told: vec![(Stage::Connected, Outcome::Ok)],
                failure: None,
                quic: false,
            });
        }
    }

    /// Takes a connection over QUIC. One without an answer is no failure: clients go on with TCP (RFC 9000, 1 and
    /// RFC 9308, 2).
    pub fn quic(&mut self, directory: &Directory, quic: &Quic) {
        let (client, server) = (quic.asker(), quic.server);
        if let Some(name) = quic.host() {
            self.signs.note(directory, client, name, quic.first, Met::Tried);
        }
        if quic.answer.is_none() {
            return;
        }
        let told = [(Stage::Connected, Outcome::Ok)];
        match quic.host() {
            Some(name) => {
                if let Some(tag) = tag_of(directory, name, server.port()) {
                    self.note(client, tag, &told, None::<fn() -> Failure>);
                    self.note_quic(client, tag);
                }
            }
            None => {
                let at = quic.first.time;
                self.wait_for_name(Nameless { client, server, at, told: told.to_vec(), failure: None, quic: true });
            }
        }
    }

    fn note_quic(&mut self, client: IpAddr, tag: Tag) {
        if let Some(cell) = self.cells.get_mut(&(client, tag)) {
            cell.quic += 1;
        }
    }

    /// Takes a request and its answer.
    pub fn exchange(&mut self, directory: &Directory, exchange: &Exchange) {
        let Some(request) = &exchange.request else { return };
        let Some(name) = request.head.host.as_deref() else { return };
        let port = match &request.head.form {
            TargetForm::Absolute { port, .. } | TargetForm::Authority { port, .. } => *port,
            TargetForm::Origin | TargetForm::Asterisk => {
                exchange.tunnel.as_ref().map_or_else(|| exchange.server().port(), |tunnel| tunnel.port)
            }
        };
        let client = exchange.connection.client.ip();
        let works = exchange.status().is_some_and(|status| (200..300).contains(&status));
        let met = match (works, request.head.is_proxied()) {
            (false, _) => Met::Tried,
            (true, true) => Met::Works,
            (true, false) => Met::WorksInClear,
        };
        self.signs.note(directory, client, name, exchange.started, met);
        let Some(tag) = tag_of(directory, name, port) else { return };
        let told = stage::of_exchange(exchange, tag.purpose);
        let failed = told.iter().find(|(_, outcome)| *outcome != Outcome::Ok).map(|(stage, _)| *stage);
        let failure = failed.map(|stage| {
            move || {
                let proof = Proof::Exchange(Box::new(exchange.clone()));
                Failure::new(stage, Some(name.to_owned()), exchange.started, proof)
            }
        });
        self.note(client, tag, &told, failure);
    }

    /// Takes a handshake.
    pub fn handshake(&mut self, directory: &Directory, handshake: &Handshake) {
        let client = handshake.connection.client.ip();
        let sni = handshake.hello.as_ref().and_then(|(hello, _)| hello.sni.as_deref());
        let tunnel = handshake.tunnel.as_ref();
        let name = sni.or_else(|| tunnel.map(|tunnel| tunnel.host.as_str()));
        if let Some(name) = name {
            let met = if handshake.established { Met::Works } else { Met::Tried };
            self.signs.note(directory, client, name, handshake.started, met);
        }
        let mut told = Vec::new();
        if tunnel.is_none() && stage::opened(&handshake.connection) {
            told.push((Stage::Connected, Outcome::Ok));
        }
        let outcome = stage::of_handshake(handshake);
        told.extend(outcome.map(|outcome| (Stage::Tls, outcome)));
        let failure = (outcome == Some(Outcome::Failed)).then_some(|| {
            let proof = Proof::Handshake(Box::new(handshake.clone()));
            Failure::new(Stage::Tls, name.map(str::to_owned), handshake.started, proof)
        });
        let server = handshake.connection.server;
        match name {
            Some(name) => {
                let port = tunnel.map_or(server.port(), |tunnel| tunnel.port);
                if let Some(tag) = tag_of(directory, name, port) {
                    self.note(client, tag, &told, failure);
                }
            }
            None if told.is_empty() => {}
            None => {
                let (at, failure) = (handshake.connection.first.time, failure.map(|whole| whole()));
                self.wait_for_name(Nameless { client, server, at, told, failure, quic: false });
            }
        }
    }

    /// All that is known, with what had to wait for its name.
    #[must_use]
    pub fn named(world: &World) -> Self {
        Self { cells: world.endpoints.cells.clone(), ..Self::default() }.with_nameless(world)
    }

    /// The same; the world lets go of the cells.
    #[must_use]
    pub fn named_for_good(world: &mut World) -> Self {
        Self { cells: std::mem::take(&mut world.endpoints.cells), ..Self::default() }.with_nameless(world)
    }

    fn with_nameless(mut self, world: &World) -> Self {
        for nameless in &world.endpoints.nameless {
            let Some(client) = world.clients.reached(&nameless.client) else { continue };
            if let Some((tag, name)) = tag_by_address(&world.directory, &client, nameless.server, nameless.at) {
                let failure = nameless.failure.clone().map(|failure| move || failure.named(name));
                self.note(nameless.client, tag, &nameless.told, failure);
                if nameless.quic {
                    self.note_quic(nameless.client, tag);
                }
            }
        }
        self
    }

    /// Adds a client's connections that failed.
    pub fn note_failed(&mut self, directory: &Directory, address: IpAddr, client: &Client) {
        for attempted in &client.failed {
            let (connection, outcome) = (&attempted.connection, stage::of_connection(attempted));
            let Some(outcome) = outcome.filter(|outcome| *outcome == Outcome::Failed) else { continue };
            let at = connection.first;
            if let Some((tag, name)) = tag_by_address(directory, client, connection.server, at.time) {
                let stage = Stage::Connected;
                let proof = Proof::Connection(attempted.clone());
                self.note(address, tag, &[(stage, outcome)], Some(|| Failure::new(stage, name, at, proof)));
            }
        }
    }

    /// The cells in order.
    #[must_use]
    pub fn into_cells(self) -> Cells {
        self.cells.into_iter().map(|((client, tag), cell)| ((tag, client), cell)).collect()
    }
}

/// Whether a client had to do with an address of a sign-in server, without a name of its own: a connection that
/// failed, one that said nothing, or one over QUIC.
#[must_use]
pub fn reached_for_sign_in(world: &World, address: IpAddr, client: &Client) -> bool {
    let of_sign_in = |server: SocketAddr, at: CaptureTime| {
        let by_name = client.names_of(server.ip(), at).any(|one| {
            world.directory.of_name(&one.name, None).is_some_and(|tagged| tagged.tag.purpose == Purpose::SignIn)
        });
        let by_address = world.directory.of_address(server.ip(), server.port());
        by_name || by_address.is_some_and(|tag| tag.purpose == Purpose::SignIn)
    };
    let failed = client.failed.iter().map(|one| (one.connection.server, one.connection.first.time));
    let silent = world.endpoints.nameless.iter().filter(|one| one.client == address).map(|one| (one.server, one.at));
    let quic = client.quic_uses.iter().map(|one| (one.server, one.first));
    failed.chain(silent).chain(quic).any(|(server, at)| of_sign_in(server, at))
}

/// The tag of a name, or of the address that stands in its place.
fn tag_of(directory: &Directory, name: &str, port: u16) -> Option<Tag> {
    match name.parse::<IpAddr>() {
        Ok(address) => directory.of_address(address, port),
        Err(_) => directory.of_name(name, Some(port)).map(|tagged| tagged.tag),
    }
}

/// The tag of a server by the names that the client resolved to its address; by the address itself only where it
/// resolved none. Where the names belong to different sets nothing is said.
fn tag_by_address(
    directory: &Directory,
    client: &Client,
    server: SocketAddr,
    at: CaptureTime,
) -> Option<(Tag, Option<String>)> {
    let mut named = client.names_of(server.ip(), at).peekable();
    if named.peek().is_none() {
        return directory.of_address(server.ip(), server.port()).map(|tag| (tag, None));
    }
    let mut found: Option<(Tag, Option<String>)> = None;
    for one in named {
        let tag = directory.of_name(&one.name, Some(server.port()))?.tag;
        if found.as_ref().is_some_and(|(other, _)| *other != tag) {
            return None;
        }
        found = Some((tag, Some(one.name.clone())));
    }
    found
}
