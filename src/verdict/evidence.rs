//! From transactions to evidence and details.

use super::case::milliseconds;
use super::finding::{ConnectDetails, DnsDetails, Finding, HttpDetails, Note};
use crate::flow::{Connection, Direction};
use crate::limits::MAX_SHOWN_TEXT;
use crate::probe::attempt::{LookupGroup, LookupOutcome};
use crate::proto::auth::CredentialKind;
use crate::proto::dns::rcode;
use crate::proto::http::{Page, RequestHead, TargetForm};
use crate::text::sanitize;
use crate::transaction::{Attempted, AttemptedEnd, Exchange, ExchangeEnd, Response};
use crate::vocabulary::Side;

/// Characters of a body that are shown.
const SHOWN_BODY: usize = 120;

/// Name of a response code.
#[must_use]
pub fn rcode_name(code: u16) -> String {
    match code {
        rcode::NOERROR => "NOERROR".into(),
        rcode::FORMERR => "FORMERR".into(),
        rcode::SERVFAIL => "SERVFAIL".into(),
        rcode::NXDOMAIN => "NXDOMAIN".into(),
        rcode::NOTIMP => "NOTIMP".into(),
        rcode::REFUSED => "REFUSED".into(),
        other => format!("RCODE{other}"),
    }
}

/// Name of a query type.
#[must_use]
pub fn qtype_name(qtype: u16) -> String {
    match qtype {
        1 => "A".into(),
        28 => "AAAA".into(),
        other => format!("TYPE{other}"),
    }
}

impl Finding {
    /// Proves a look-up, all its copies and answers.
    pub fn prove_lookup(&mut self, group: &LookupGroup<'_>) {
        let mut copies: Vec<_> = group
            .lookups
            .iter()
            .flat_map(|lookup| lookup.queries.iter().map(move |at| (*at, lookup.server.ip())))
            .collect();
        copies.sort_unstable();
        for (copy, (at, server)) in (1u32..).zip(&copies) {
            let note = Note::Query { name: group.name.clone(), qtype: group.qtype, server: *server, copy };
            self.prove(*at, note);
        }
        for lookup in &group.lookups {
            self.converse(!lookup.over_tcp, lookup.client, lookup.server);
            if let Some(answer) = &lookup.answer {
                let note = Note::Answer {
                    rcode: answer.rcode,
                    addresses: answer.addresses.clone(),
                    server: lookup.server.ip(),
                    truncated: answer.truncated,
                };
                self.prove(answer.at, note);
            }
            if let Some((at, from, kind, code)) = lookup.icmp {
                self.prove(at, Note::Icmp { from, kind, code });
            }
        }
        self.details.dns = Some(Box::new(lookup_details(group, copies.len())));
    }

    /// Proves a connection that failed.
    pub fn prove_failed(&mut self, attempted: &Attempted) {
        let connection = &attempted.connection;
        self.concerns(connection);
        self.prove_syns(connection);
        if let AttemptedEnd::Refused(mark) = attempted.end {
            self.prove(mark.at, Note::Refused { from: connection.server, ttl: mark.ttl });
        }
        if let Some((at, from, error)) = connection.icmp {
            self.prove(at, Note::Icmp { from, kind: error.kind, code: error.code });
        }
        let details = self.details.connect.get_or_insert_default();
        details.tried.push(connection.server);
        details.syns = u32::try_from(connection.syns.len()).unwrap_or(u32::MAX);
        if matches!(attempted.end, AttemptedEnd::Refused(_)) {
            details.reset_by = Some(Side::Server);
        }
        if let Some((_, from, error)) = connection.icmp {
            details.icmp_from = Some(from);
            details.icmp = Some(format!("{}/{}", error.kind, error.code));
        }
    }

    fn prove_syns(&mut self, connection: &Connection) {
        for (copy, mark) in (1u32..).zip(&connection.syns) {
            self.prove(mark.at, Note::Syn { to: connection.server, copy });
        }
        if let Some(mark) = connection.syn_ack {
            self.prove(mark.at, Note::SynAck { from: connection.server });
        }
    }

    /// Proves a request and what came of it.
    pub fn prove_exchange(&mut self, exchange: &Exchange) {
        self.concerns(&exchange.connection);
        if let Some(request) = &exchange.request {
            self.prove(request.first, request_note(&request.head));
            for copy in &request.copies {
                self.prove(*copy, Note::RequestAgain);
            }
            if let Some(credential) = &request.head.proxy_authorization {
                let (scheme, user) = credential_text(&credential.kind, credential.scheme.name());
                self.prove(request.first, Note::Credentials { scheme, user });
            }
        }
        if let Some(response) = &exchange.response {
            self.prove(response.first, response_note(response));
            if response.last != response.first {
                self.prove(response.last, Note::ResponseEnd);
            }
        }
        if exchange.status() == Some(407)
            && let Some(mark) = exchange.connection.half(Direction::ToClient).fin
        {
            self.prove(mark.at, Note::Closed { by: Side::Server });
        }
        match &exchange.end {
            ExchangeEnd::NotHttp { start, at } => self.prove(*at, Note::NotHttp { start: start.clone() }),
            ExchangeEnd::Reset { by, mark } => self.prove(mark.at, Note::Reset { by: *by, ttl: mark.ttl }),
            ExchangeEnd::Closed { by, mark } => self.prove(mark.at, Note::Closed { by: *by }),
            ExchangeEnd::Answered
            | ExchangeEnd::Unreachable
            | ExchangeEnd::Unanswered(_)
            | ExchangeEnd::NotCaptured => {}
        }
        if let Some((at, from, error)) = exchange.connection.icmp {
            self.prove(at, Note::Icmp { from, kind: error.kind, code: error.code });
        }
        self.details.connect = Some(Box::new(connect_details(&exchange.connection, self.details.connect.take())));
        self.details.http = Some(Box::new(http_details(exchange)));
    }
}

fn lookup_details(group: &LookupGroup<'_>, copies: usize) -> DnsDetails {
    let mut servers = Vec::new();
    for lookup in &group.lookups {
        if !servers.contains(&lookup.server.ip()) {
            servers.push(lookup.server.ip());
        }
    }
    let answer = match group.outcome() {
        LookupOutcome::Resolved(_, answer)
        | LookupOutcome::NoData(_, answer)
        | LookupOutcome::Refused(_, answer)
        | LookupOutcome::Unreadable(_, answer) => Some(answer),
        LookupOutcome::Unanswered(_) => None,
    };
    DnsDetails {
        name: sanitize(&group.name, MAX_SHOWN_TEXT),
        qtype: qtype_name(group.qtype),
        servers,
        queries: u32::try_from(copies).unwrap_or(u32::MAX),
        rcode: answer.map(|answer| rcode_name(answer.rcode)),
        addresses: answer.map(|answer| answer.addresses.clone()).unwrap_or_default(),
        cnames: answer
            .map(|answer| answer.cnames.iter().map(|name| sanitize(name, MAX_SHOWN_TEXT)).collect())
            .unwrap_or_default(),
        ms: answer.map(|answer| milliseconds(answer.at.time.since(group.started()))),
    }
}

fn connect_details(connection: &Connection, earlier: Option<Box<ConnectDetails>>) -> ConnectDetails {
    let mut details = earlier.unwrap_or_default();
    details.tried.push(connection.server);
    details.syns = u32::try_from(connection.syns.len()).unwrap_or(u32::MAX);
    details.rtt_ms = connection.rtt().map(milliseconds);
    details.reset_by = if connection.half(Direction::ToClient).reset.is_some() {
        Some(Side::Server)
    } else if connection.half(Direction::ToServer).reset.is_some() {
        Some(Side::Client)
    } else {
        None
    };
    if let Some((_, from, error)) = connection.icmp {
        details.icmp_from = Some(from);
        details.icmp = Some(format!("{}/{}", error.kind, error.code));
    }
    *details
}

fn request_note(head: &RequestHead) -> Note {
    Note::Request { method: head.method.clone(), target: head.target.clone(), user_agent: head.user_agent.clone() }
}

fn response_note(response: &Response) -> Note {
    let head = &response.head;
    Note::Response {
        status: head.status,
        reason: head.reason.clone(),
        location: head.location.clone(),
        server: head.server.clone(),
    }
}

fn http_details(exchange: &Exchange) -> HttpDetails {
    let mut details = HttpDetails {
        user_agent: exchange.request.as_ref().and_then(|request| shown(request.head.user_agent.as_deref())),
        ..HttpDetails::default()
    };
    let Some(response) = &exchange.response else { return details };
    let head = &response.head;
    details.status = Some(head.status);
    details.reason = shown(Some(&head.reason));
    details.location = shown(head.location.as_deref());
    details.server = shown(head.server.as_deref());
    details.via = shown(head.via.as_deref());
    details.content_type = shown(head.content_type.as_deref());
    details.content_length = head.content_length;
    let page = Page::of(&response.body.bytes, head.content_type.as_deref());
    details.title = page.title().and_then(|title| shown(Some(&title)));
    if !response.body.bytes.is_empty() {
        details.body = Some(sanitize(page.text(), SHOWN_BODY));
    }
    details.ms = exchange.request.as_ref().map(|request| milliseconds(response.first.time.since(request.at.time)));
    details
}

fn shown(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(|text| sanitize(text, MAX_SHOWN_TEXT))
}

/// Whole URL of a request, where it has one.
#[must_use]
pub fn url_of(head: &RequestHead) -> Option<String> {
    match &head.form {
        TargetForm::Absolute { .. } => Some(sanitize(&head.target, MAX_SHOWN_TEXT)),
        TargetForm::Origin => {
            let host = head.host.as_deref()?;
            let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
            let port = head.port.filter(|port| *port != 80).map(|port| format!(":{port}")).unwrap_or_default();
            Some(sanitize(&format!("http://{host}{port}{}", head.target), MAX_SHOWN_TEXT))
        }
        TargetForm::Authority { .. } | TargetForm::Asterisk => None,
    }
}

/// What credentials are, and whose.
#[must_use]
pub fn credential_text(kind: &CredentialKind, scheme: &str) -> (String, Option<String>) {
    match kind {
        CredentialKind::Ntlm1 => (format!("{scheme}, NTLM type 1"), None),
        CredentialKind::Ntlm3(user) => {
            let name =
                if user.domain.is_empty() { user.user.clone() } else { format!("{}\\{}", user.domain, user.user) };
            (format!("{scheme}, NTLM type 3"), (!user.user.is_empty()).then_some(name))
        }
        CredentialKind::Kerberos => (format!("{scheme}, Kerberos"), None),
        CredentialKind::Basic { user } | CredentialKind::Digest { user } => (scheme.to_owned(), user.clone()),
        CredentialKind::NegotiateOther | CredentialKind::Bearer | CredentialKind::Other => (scheme.to_owned(), None),
    }
}
