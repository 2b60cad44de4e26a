//! How far one transaction with an endpoint got.

use crate::flow::Direction;
use crate::proto::dns::{rcode, rtype};
use crate::proto::http::TargetForm;
use crate::proto::tls::TlsVersion;
use crate::transaction::{
    Attempted, AttemptedEnd, Exchange, ExchangeEnd, Handshake, HandshakeEnd, Lookup, LookupEnd, Wait,
};
use crate::vocabulary::Side;

use super::names::Written;
use super::purpose::Purpose;
use crate::probe::correlate::is_null;

/// The stages of reaching an endpoint, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Stage {
    /// The name has an address.
    Resolved,
    /// An explicit proxy lets the request through.
    Proxy,
    /// TCP, or a tunnel through a proxy, is open.
    Connected,
    /// TLS is established.
    Tls,
    /// An HTTP request in clear was answered.
    Http,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 5] = [Self::Resolved, Self::Proxy, Self::Connected, Self::Tls, Self::Http];

    /// Its name as it stands in every output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Proxy => "proxy",
            Self::Connected => "connected",
            Self::Tls => "tls",
            Self::Http => "http",
        }
    }
}

/// What a transaction says about a stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It worked.
    Ok,
    /// It failed, or met a silence whose deadline passed.
    Failed,
    /// A proxy asked to authenticate: a failure only where nothing gets past it.
    Challenged,
}

/// What a look-up says about the first stage; `None` where the capture cannot tell.
///
/// A name that stands in the list only under a `*` need not exist, so that its absence says nothing.
#[must_use]
pub fn of_lookup(lookup: &Lookup, written: Written) -> Option<Outcome> {
    if !matches!(lookup.qtype, rtype::A | rtype::AAAA) || !lookup.recursion_desired || lookup.queries.is_empty() {
        return None;
    }
    match (&lookup.answer, lookup.end) {
        (Some(answer), _) if answer.truncated => None,
        (Some(answer), _) if !answer.addresses.is_empty() => {
            let null = answer.addresses.iter().all(|address| is_null(*address));
            Some(if null { Outcome::Failed } else { Outcome::Ok })
        }
        (Some(answer), _) => match answer.rcode {
            rcode::NOERROR => {
                (written == Written::Exactly && lookup.qtype == rtype::A && answer.whole).then_some(Outcome::Failed)
            }
            rcode::NXDOMAIN => (written == Written::Exactly).then_some(Outcome::Failed),
            _ => Some(Outcome::Failed),
        },
        (None, LookupEnd::Unanswered(Wait::Elapsed)) => Some(Outcome::Failed),
        (None, _) => None,
    }
}

/// What a connection without messages says about the stage [`Stage::Connected`].
#[must_use]
pub const fn of_connection(attempted: &Attempted) -> Option<Outcome> {
    match attempted.end {
        AttemptedEnd::Refused(_) | AttemptedEnd::Unreachable | AttemptedEnd::Unanswered(Wait::Elapsed) => {
            Some(Outcome::Failed)
        }
        AttemptedEnd::Unanswered(Wait::Cut { .. }) => None,
        AttemptedEnd::Silent => Some(Outcome::Ok),
    }
}

/// What a handshake says about [`Stage::Tls`]. A client that cannot do TLS 1.2 fails by itself and tells nothing about
/// the way; one that leaves without a word tells nothing at all.
#[must_use]
pub fn of_handshake(handshake: &Handshake) -> Option<Outcome> {
    if handshake.established {
        return Some(Outcome::Ok);
    }
    let old = handshake.hello.as_ref().is_none_or(|(hello, _)| hello.max_version() < TlsVersion::TLS1_2);
    match handshake.end {
        HandshakeEnd::Completed => Some(Outcome::Ok),
        _ if old => None,
        HandshakeEnd::Alert
        | HandshakeEnd::Reset { by: Side::Server, .. }
        | HandshakeEnd::Closed { by: Side::Server, .. }
        | HandshakeEnd::Unreachable
        | HandshakeEnd::Unanswered(Wait::Elapsed) => Some(Outcome::Failed),
        HandshakeEnd::Reset { .. }
        | HandshakeEnd::Closed { .. }
        | HandshakeEnd::Unanswered(Wait::Cut { .. })
        | HandshakeEnd::NotCaptured
        | HandshakeEnd::Unfinished => None,
    }
}

/// Whether the server's side of a connection is in the capture: it was open.
#[must_use]
pub const fn opened(connection: &crate::flow::Connection) -> bool {
    connection.syn_ack.is_some() || connection.half(Direction::ToClient).packets > 0
}

/// What a request says about which stages.
#[must_use]
pub fn of_exchange(exchange: &Exchange, purpose: Purpose) -> Vec<(Stage, Outcome)> {
    let Some(request) = &exchange.request else { return Vec::new() };
    let mut told = Vec::new();
    match request.head.form {
        TargetForm::Authority { .. } => match proxied(exchange) {
            Some(Outcome::Ok) => told.extend([(Stage::Proxy, Outcome::Ok), (Stage::Connected, Outcome::Ok)]),
            other => told.extend(other.map(|outcome| (Stage::Proxy, outcome))),
        },
        TargetForm::Absolute { .. } => match proxied(exchange) {
            Some(Outcome::Ok) => {
                told.extend([(Stage::Proxy, Outcome::Ok), (Stage::Connected, Outcome::Ok), (Stage::Http, Outcome::Ok)]);
            }
            other => told.extend(other.map(|outcome| (Stage::Proxy, outcome))),
        },
        TargetForm::Origin | TargetForm::Asterisk => {
            if opened(&exchange.connection) {
                told.push((Stage::Connected, Outcome::Ok));
            }
            told.extend(in_clear(exchange, purpose).map(|outcome| (Stage::Http, outcome)));
        }
    }
    told
}

/// What an explicit proxy made of a request.
fn proxied(exchange: &Exchange) -> Option<Outcome> {
    match (&exchange.end, exchange.status()) {
        (ExchangeEnd::Answered, Some(407)) => Some(Outcome::Challenged),
        (ExchangeEnd::Answered, Some(403 | 451 | 502 | 503 | 504)) => Some(Outcome::Failed),
        (ExchangeEnd::Answered, Some(100..=399 | 404)) => Some(Outcome::Ok),
        (end, _) => unanswered(end),
    }
}

/// What a request in clear to the server itself came to. A list of withdrawn certificates is never redirected to, while
/// for autodiscover a redirect is the answer.
fn in_clear(exchange: &Exchange, purpose: Purpose) -> Option<Outcome> {
    match (&exchange.end, exchange.status()) {
        (ExchangeEnd::Answered, Some(403 | 407 | 451 | 511)) => Some(Outcome::Failed),
        (ExchangeEnd::Answered, Some(301 | 302 | 303 | 307 | 308)) if purpose == Purpose::Certificates => {
            Some(Outcome::Failed)
        }
        (ExchangeEnd::Answered, Some(500..=599)) => None,
        (ExchangeEnd::Answered, Some(_)) => Some(Outcome::Ok),
        (end, _) => unanswered(end),
    }
}

const fn unanswered(end: &ExchangeEnd) -> Option<Outcome> {
    match end {
        ExchangeEnd::NotHttp { .. }
        | ExchangeEnd::Reset { by: Side::Server, .. }
        | ExchangeEnd::Closed { by: Side::Server, .. }
        | ExchangeEnd::Unreachable
        | ExchangeEnd::Unanswered(Wait::Elapsed) => Some(Outcome::Failed),
        _ => None,
    }
}
