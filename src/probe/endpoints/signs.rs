//! Signs that Office started, that it tried to sign in, and that the rest of the Web works: what tells an Office that
//! waits for Windows' judgement from one that is blocked.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::directory::Directory;
use super::purpose::Purpose;
use crate::limits::MAX_ENDPOINT_CELLS;
use crate::source::PacketRef;

/// Names beside the configuration sets that Office asks for when a program of it starts.
const STARTS: &[&str] = &["config.office.com", "ecs.office.com", "clients.config.office.net"];
/// Sign-in servers beside the required ones: for personal accounts.
const OTHER_SIGN_IN: &[&str] = &["login.live.com", "account.live.com"];
/// Domains of Windows' own probes: no sign of anybody's web traffic.
const PROBES: &[&str] = &["msftconnecttest.com", "msftncsi.com"];

/// What one client was seen to do.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    /// First and last packet that asks for a name of Office's start, and the name of each.
    pub starts: Option<(Sighting, Sighting)>,
    /// First packet that has to do with a sign-in server.
    pub signs_in: Option<PacketRef>,
    /// Last packet of web traffic that works over TLS or through a proxy.
    pub web: Option<Sighting>,
    /// Last packet of web traffic that works in clear: a portal can do that, too.
    pub clear_web: Option<Sighting>,
}

/// A name, and the packet that shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// The packet.
    pub at: PacketRef,
    /// The name.
    pub name: String,
}

/// How a name was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Met {
    /// Asked for, with whatever result.
    Tried,
    /// It works, over TLS or through a proxy.
    Works,
    /// It works in clear.
    WorksInClear,
}

/// The signs of all clients.
#[derive(Debug, Default)]
pub struct AllSigns {
    clients: HashMap<IpAddr, Box<Signs>, foldhash::fast::RandomState>,
    /// Clients that were not remembered because the table was full.
    pub refused: u64,
}

impl AllSigns {
    /// The signs of one client.
    #[must_use]
    pub fn of(&self, client: &IpAddr) -> Option<&Signs> {
        self.clients.get(client).map(AsRef::as_ref)
    }

    /// Notes that a client had to do with a name.
    pub fn note(&mut self, directory: &Directory, client: IpAddr, name: &str, at: PacketRef, met: Met) {
        let kind = kind_of(directory, name);
        if kind == Kind::Other && met == Met::Tried || kind == Kind::Nothing {
            return;
        }
        if self.clients.len() >= MAX_ENDPOINT_CELLS && !self.clients.contains_key(&client) {
            self.refused += 1;
            return;
        }
        let signs = self.clients.entry(client).or_default();
        let sighting = || Sighting { at, name: name.to_owned() };
        match (kind, met) {
            (Kind::Start, _) => match &mut signs.starts {
                Some((first, last)) => {
                    if at < first.at {
                        *first = sighting();
                    }
                    if at > last.at {
                        *last = sighting();
                    }
                }
                none => *none = Some((sighting(), sighting())),
            },
            (Kind::SignIn, _) => signs.signs_in = Some(signs.signs_in.map_or(at, |before| before.min(at))),
            (Kind::Other, Met::Works) => later(&mut signs.web, at, sighting),
            (Kind::Other, Met::WorksInClear) => later(&mut signs.clear_web, at, sighting),
            (Kind::Other, Met::Tried) | (Kind::Nothing, _) => {}
        }
    }
}

fn later(slot: &mut Option<Sighting>, at: PacketRef, sighting: impl Fn() -> Sighting) {
    if slot.as_ref().is_none_or(|before| at > before.at) {
        *slot = Some(sighting());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    SignIn,
    /// Not of Microsoft 365.
    Other,
    /// Says nothing here.
    Nothing,
}

fn kind_of(directory: &Directory, name: &str) -> Kind {
    let probe = |domain: &&str| name.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    if OTHER_SIGN_IN.contains(&name) {
        return Kind::SignIn;
    }
    if STARTS.contains(&name) {
        return Kind::Start;
    }
    match directory.of_name(name, None).map(|tagged| tagged.tag.purpose) {
        Some(Purpose::SignIn) => Kind::SignIn,
        Some(Purpose::Configuration) => Kind::Start,
        Some(_) => Kind::Nothing,
        None if PROBES.iter().any(probe) => Kind::Nothing,
        None => Kind::Other,
    }
}
