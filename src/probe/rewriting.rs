//! Whether somebody rewrote the capture: anonymisers change addresses in headers and not in answers, or blank bodies.

use super::world::World;
use crate::transaction::Exchange;

/// Signs that addresses or contents were rewritten after capturing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rewriting {
    /// Requests that went to an address which the look-up of their host had given.
    pub matches: u32,
    /// Requests whose host was looked up and answered, and which went somewhere else.
    pub mismatches: u32,
    /// Bodies that consist of one repeated byte.
    pub flat_bodies: u32,
}

impl Rewriting {
    /// Whether addresses or contents look rewritten.
    #[must_use]
    pub const fn suspected(&self) -> bool {
        self.flat_bodies > 0 || self.matches == 0 && self.mismatches >= 2
    }
}

impl World {
    /// Looks for signs in an exchange.
    pub(super) fn watch_rewriting(&mut self, exchange: &Exchange) {
        if let Some(response) = &exchange.response {
            let body = &response.body.bytes;
            let text = response.head.content_type.as_deref().is_none_or(|kind| kind.starts_with("text/"));
            if text
                && let Some((first, rest)) = body.split_first()
                && rest.len() >= 7
                && rest.iter().all(|byte| byte == first)
            {
                self.rewriting.flat_bodies += 1;
            }
        }
        let Some(request) = &exchange.request else { return };
        if request.head.is_proxied() {
            return;
        }
        let (Some(host), server) = (&request.head.host, exchange.server().ip()) else { return };
        let Some(client) = self.clients.open(&exchange.connection.client.ip()) else { return };
        if client.names_of(server, exchange.started.time).any(|named| named.name == *host) {
            self.rewriting.matches += 1;
        } else if client.asked_for(host) {
            self.rewriting.mismatches += 1;
        }
    }
}
