//! What the world keeps of searches for a proxy.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::catalog::family_of_qtype;
use super::client::Client;
use super::discovery::is_wpad;
use super::packed::cost;
use super::world::World;
use crate::time::CaptureTime;
use crate::transaction::{Exchange, Lookup, NameCall};

/// Hosts that called for `wpad` on the link last, and the time within which an answer to everybody is for them (RFC 6762
/// has answers sent within half a second).
const MAX_CALLERS: usize = 16;
const ANSWERED_WITHIN: Duration = Duration::from_secs(2);
/// Seconds for which an answer on the link is believed (RFC 4795, 2.8 recommends 30).
const CALL_LIVES: u32 = 30;

impl World {
    /// Keeps a look-up that belongs to a search for a proxy, or that asks for the name of a known one; gives back every
    /// other.
    pub(super) fn keep_search(&mut self, lookup: Box<Lookup>) -> Option<Box<Lookup>> {
        let wpad = is_wpad(&lookup.name);
        let client = lookup.client.ip();
        let named = self.settings.proxies.iter().any(|proxy| proxy.host == lookup.name)
            || self
                .clients
                .open(&client)
                .and_then(|client| client.discovery.as_ref())
                .is_some_and(|discovery| discovery.knows_proxy(&lookup.name));
        let of_proxy = named && family_of_qtype(lookup.qtype).is_some();
        if !wpad && !of_proxy {
            return Some(lookup);
        }
        let first = lookup.first();
        if let Some(client) = self.clients.with_room(client, first, cost::LOOKUP, lookup.answer.is_some()) {
            let known = client.discovery.get_or_insert_default();
            let took = if wpad { known.keep_lookup(*lookup) } else { known.keep_proxy_lookup(*lookup) };
            if !took {
                self.clients.refund(cost::LOOKUP);
            }
        }
        None
    }

    /// Keeps a request for a PAC file.
    pub(super) fn keep_pac_fetch(&mut self, fetch: Exchange) {
        let (address, at) = (fetch.connection.client.ip(), fetch.started);
        if let Some(client) = self.clients.with_room(address, at, cost::EXCHANGE, fetch.response.is_some())
            && !client.discovery.get_or_insert_default().keep_fetch(fetch)
        {
            self.clients.refund(cost::EXCHANGE);
        }
    }

    /// A call for `wpad` on the link. An answer to everybody is for those who called just before.
    pub(super) fn called(&mut self, call: NameCall) {
        let everybody = call.answer.is_some() && call.client.ip().is_multicast();
        let to: Vec<IpAddr> = if everybody {
            let before = self.callers.iter().filter(|(_, at)| at.distance(call.at.time) <= ANSWERED_WITHIN);
            before.map(|(caller, _)| *caller).collect()
        } else {
            vec![call.client.ip()]
        };
        if call.answer.is_none() && !self.callers.contains(&(call.client.ip(), call.at.time)) {
            if self.callers.len() >= MAX_CALLERS {
                self.callers.pop_front();
            }
            self.callers.push_back((call.client.ip(), call.at.time));
        }
        for address in to.into_iter().collect::<BTreeSet<_>>() {
            let Some(client) = self.clients.with_room(address, call.at, cost::CALL, false) else { return };
            for answered in call.answer.iter().flatten() {
                client.name_address(*answered, &call.name, call.at.time, CALL_LIVES);
            }
            if !client.discovery.get_or_insert_default().keep_call(call.clone()) {
                self.clients.refund(cost::CALL);
            }
        }
    }
}

/// Remembers the name of a proxy in use: only one that its address has to itself is surely the proxy's.
pub(super) fn note_proxy_name(client: &mut Client, proxy: IpAddr, at: CaptureTime) {
    let mut names = client.names_of(proxy, at);
    let only = match (names.next(), names.next()) {
        (Some(named), None) => Some(named.name.clone()),
        _ => None,
    };
    drop(names);
    if let Some(name) = only {
        client.discovery.get_or_insert_default().note_used(&name);
    }
}
