//! Credentials that web servers refuse (401), counted by user: a stored old password is sent again and again.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use crate::limits::{MAX_REFUSALS, MAX_REFUSED_USERS};
use crate::proto::auth::{ChallengeKind, CredentialKind};
use crate::time::CaptureTime;
use crate::transaction::Exchange;

/// Who was refused where.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// Whose program.
    pub client: IpAddr,
    /// Host asked, or the server's address, with its port.
    pub server: String,
    /// Which user, with which scheme.
    pub credential: CredentialKind,
}

/// What came of one user's credentials at one server.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Requests that were refused, the latest ones, in order.
    pub refused: VecDeque<Exchange>,
    /// The last request that was not.
    pub accepted: Option<CaptureTime>,
}

/// All users and servers.
#[derive(Debug, Default)]
pub struct Refusals {
    records: HashMap<Key, Record, foldhash::fast::RandomState>,
    /// What was not remembered because the table was full.
    pub refused: u64,
}

impl Refusals {
    /// Lets go of users of whom nothing was heard since that moment.
    pub fn forget(&mut self, before: CaptureTime) {
        self.records.retain(|_, record| {
            let refused = record.refused.back().map(|exchange| exchange.ended);
            refused.max(record.accepted).is_some_and(|last| last >= before)
        });
    }

    /// Takes a request and its answer.
    pub fn exchange(&mut self, exchange: &Exchange) {
        let (Some(request), Some(response)) = (&exchange.request, &exchange.response) else { return };
        let Some(credential) = request.head.authorization.as_ref() else { return };
        let names_somebody = matches!(
            credential.kind,
            CredentialKind::Ntlm3(_)
                | CredentialKind::Basic { .. }
                | CredentialKind::Digest { .. }
                | CredentialKind::Kerberos
        );
        // A server that goes on with the exchange has refused nobody yet.
        let goes_on = response.head.www_authenticate.iter().any(|challenge| challenge.kind != ChallengeKind::Offer);
        let refused = response.head.status == 401;
        if !names_somebody || refused && goes_on || response.head.status == 407 {
            return;
        }
        let server = exchange.server();
        let key = Key {
            client: exchange.connection.client.ip(),
            server: match &request.head.host {
                Some(host) => format!("{host}:{}", request.head.port.unwrap_or_else(|| server.port())),
                None => server.to_string(),
            },
            credential: credential.kind.clone(),
        };
        if !self.records.contains_key(&key) && self.records.len() >= MAX_REFUSED_USERS {
            self.refused += u64::from(refused);
            return;
        }
        let record = self.records.entry(key).or_default();
        if refused {
            let place = record.refused.partition_point(|other| other.started <= exchange.started);
            record.refused.insert(place, exchange.clone());
            if record.refused.len() > MAX_REFUSALS {
                record.refused.pop_front();
            }
        } else {
            record.accepted = record.accepted.max(Some(exchange.started.time));
        }
    }

    /// Users of a client that were refused, by the moment of the first refusal that is remembered.
    #[must_use]
    pub fn of(&self, client: IpAddr) -> Vec<(&Key, &Record)> {
        let mut own: Vec<_> = self.records.iter().filter(|(key, _)| key.client == client).collect();
        own.sort_by_key(|(_, record)| record.refused.front().map(|exchange| exchange.started));
        own
    }

    /// Whether anybody was refused.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }
}
