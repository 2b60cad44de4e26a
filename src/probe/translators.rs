//! Address translators inside the capture: the same request twice, from an inside address and, right after, from an
//! outside one.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hashbrown::HashSet;

use super::catalog::{Asked, USER_AGENT};
use super::os_checks;
use crate::flow::{Direction, Mark};
use crate::source::PacketRef;
use crate::transaction::Exchange;

/// A translated packet is seen again within this time.
const TRANSLATED_WITHIN: Duration = Duration::from_millis(100);
/// Requests that lie further apart are not compared.
const COMPARED_WITHIN: Duration = Duration::from_secs(1);
/// Requests compared with one request, those before it: more at one time are a flood, not a translator.
const MAX_COMPARED: usize = 64;

/// Who sends what another address sent just before: the same request to the same server, its SYN with the same
/// identification and a smaller TTL.
#[derive(Debug, Default)]
pub struct Translators {
    recent: VecDeque<Sent>,
    outside: HashSet<IpAddr, foldhash::fast::RandomState>,
}

/// What one request and the same one, translated, have in common.
#[derive(Debug)]
struct Sent {
    started: PacketRef,
    client: SocketAddr,
    server: SocketAddr,
    target: String,
    /// The connection's first SYN.
    syn: Mark,
    identification: u16,
    /// TTL towards the server.
    ttl: u8,
}

impl Translators {
    /// Takes a probe of any system; `asked` is what Windows' catalog says of it, `max` the most translators.
    pub(super) fn note(&mut self, asked: Option<&Asked>, exchange: &Exchange, max: usize) {
        let Some(sent) = Sent::of(asked, exchange) else { return };
        for earlier in &self.recent {
            if let Some(translator) = translated(earlier, &sent)
                && self.outside.len() < max
            {
                self.outside.insert(translator);
            }
        }
        if self.recent.len() >= MAX_COMPARED {
            self.recent.pop_front();
        }
        self.recent.push_back(sent);
    }

    /// Outside addresses of translators.
    pub fn outside(&self) -> impl Iterator<Item = &IpAddr> {
        self.outside.iter()
    }
}

impl Sent {
    fn of(asked: Option<&Asked>, exchange: &Exchange) -> Option<Self> {
        let head = &exchange.request.as_ref()?.head;
        let syn = *exchange.connection.syns.first()?;
        let of_windows = || head.user_agent.as_deref().is_some_and(|agent| agent.eq_ignore_ascii_case(USER_AGENT));
        let asks_windows = !matches!(asked, None | Some(Asked::Other));
        let probe = || asks_windows || os_checks::asked(head).is_some() || of_windows();
        Some(Self {
            started: exchange.started,
            client: exchange.connection.client,
            server: exchange.connection.server,
            identification: syn.identification.filter(|id| *id != 0)?,
            ttl: exchange.connection.half(Direction::ToServer).ttl?,
            target: probe().then(|| head.target.clone())?,
            syn,
        })
    }
}

/// Which of two requests is the other one, translated: the one nearer to the server.
fn translated(a: &Sent, b: &Sent) -> Option<IpAddr> {
    let same = a.identification == b.identification
        && a.client.ip() != b.client.ip()
        && a.server == b.server
        && a.target == b.target
        && a.started.time.distance(b.started.time) <= COMPARED_WITHIN
        && a.syn.at.time.distance(b.syn.at.time) <= TRANSLATED_WITHIN;
    match (a.ttl, b.ttl) {
        (x, y) if same && x > y => Some(b.client.ip()),
        (x, y) if same && x < y => Some(a.client.ip()),
        _ => None,
    }
}
