//! What a live run hands to the screen: what changed since it last did.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::feed::{Changes, Feed, Source};
use crate::engine::follow::Stage;
use crate::engine::live::Told;
use crate::engine::snapshot::{Client, Directions, EndpointRow, Quality, Snapshot};
use crate::source::Input;
use crate::source::live::Notice;
use crate::verdict::{Filed, Role};
use crate::wire::Mac;

/// What is known of a host beside its findings.
#[derive(PartialEq, Eq)]
struct Facts {
    addresses: Vec<IpAddr>,
    mac: Option<Mac>,
    name: Option<String>,
    os: Option<String>,
    role: Role,
    seen: Directions,
}

/// What the screen was handed so far.
pub struct Shown {
    feed: Arc<Feed>,
    sources: Vec<Source>,
    hosts: HashMap<IpAddr, Facts>,
    quality: Quality,
    endpoints: Vec<EndpointRow>,
}

impl Shown {
    /// Nothing yet, of sources with these names.
    pub fn new(feed: Arc<Feed>, names: &[String]) -> Self {
        let sources: Vec<Source> = names.iter().map(|name| Source { name: name.clone(), away: false }).collect();
        feed.note(|status| status.sources = sources.clone().into());
        Self { feed, sources, hosts: HashMap::new(), quality: Quality::default(), endpoints: Vec::new() }
    }

    /// Whether the screen is closed.
    pub fn ends(&self) -> bool {
        self.feed.is_over()
    }

    /// Says how the run stands.
    #[allow(clippy::too_many_arguments, reason = "numbers of a moment, each of its own kind")]
    pub fn note(
        &self,
        packets: u64,
        bytes: u64,
        dropped: (u64, u64),
        unwritten: u64,
        elapsed: Duration,
        cost: Duration,
        live: bool,
    ) {
        self.feed.note(|status| {
            (status.packets, status.bytes) = (packets, bytes);
            (status.kernel, status.interface) = dropped;
            status.unwritten = unwritten;
            (status.elapsed, status.cost, status.live) = (elapsed, cost, live);
        });
    }

    /// An interface vanished or is back.
    pub fn notice(&mut self, source: u16, notice: &Notice) {
        let Some(known) = self.sources.get_mut(usize::from(source)) else { return };
        match notice {
            Notice::Gone(_) | Notice::Missing(_) => known.away = true,
            Notice::Back | Notice::Emptied(_) | Notice::Replaced(_) => known.away = false,
            Notice::Speed(_) | Notice::Clock(_) | Notice::Ended(_) => return,
        }
        self.feed.note(|status| status.sources = self.sources.clone().into());
    }

    /// Hands over what was told, and what else a judgement saw.
    pub fn tell(&mut self, told: Vec<Told>, seen: Option<Snapshot>, inputs: Vec<Input>, dropped: (u64, u64)) {
        let told: Vec<_> = told.into_iter().map(|one| (Filed::of(one.finding), one.change)).collect();
        let mut changes = Changes { told, inputs, ..Changes::default() };
        if let Some(Snapshot { clients, mut quality, endpoints, .. }) = seen {
            changes.hosts = self.hosts(clients);
            // Losses of interfaces lower the confidence of what they touch, and are counted apart from judgements.
            quality.dropped_packets = quality.dropped_packets.max(dropped.0 + dropped.1);
            if quality != self.quality {
                self.quality.clone_from(&quality);
                changes.quality = Some(quality);
            }
            if endpoints != self.endpoints {
                self.endpoints.clone_from(&endpoints);
                changes.endpoints = Some(endpoints);
            }
        }
        self.feed.put(changes);
    }

    /// Hosts of which something is known that was not before.
    fn hosts(&mut self, clients: Vec<Client>) -> Vec<Client> {
        let mut now = HashMap::with_capacity(clients.len());
        let mut new = Vec::new();
        for client in clients.into_iter().filter(|client| !client.address.is_unspecified()) {
            let Client { address, addresses, mac, name, os, role, seen, .. } = client;
            let facts = Facts { addresses, mac, name, os, role, seen };
            if self.hosts.get(&address) != Some(&facts) {
                let Facts { addresses, mac, name, os, role, seen } = &facts;
                new.push(Client {
                    address,
                    addresses: addresses.clone(),
                    mac: *mac,
                    name: name.clone(),
                    os: os.clone(),
                    role: *role,
                    seen: *seen,
                    online: None,
                    v4: None,
                    v6: None,
                    timeline: Vec::new(),
                    findings: Vec::new(),
                    disagreements: Vec::new(),
                });
            }
            now.insert(address, facts);
        }
        self.hosts = now;
        new
    }

    /// The stream ended, and is wholly judged where nothing of it was let go.
    pub fn end(&mut self, whole: Option<Snapshot>, inputs: Vec<Input>) {
        let whole = whole.map(|whole| Arc::new(Snapshot { memory: Some(self.feed.memory.clone()), ..whole }));
        self.feed.put(Changes { whole, inputs, ended: Some(Stage::Done(Vec::new())), ..Changes::default() });
    }

    /// Nothing could be read, and why.
    pub fn fail(&mut self, why: Vec<String>) {
        self.feed.put(Changes { ended: Some(Stage::Failed(why)), ..Changes::default() });
    }
}
