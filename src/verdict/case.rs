//! What a rule sees: one client in the world of its capture. And the start of a finding.

use std::net::{IpAddr, SocketAddr};

use super::finding::{Conversation, Details, Doubt, Evidence, Finding, Note, Responder};
use crate::flow::{Connection, Direction};
use crate::probe::client::Client;
use crate::probe::world::World;
use crate::source::PacketRef;
use crate::time::CaptureTime;
use crate::transaction::StandsFor;
use crate::vocabulary::{Basis, Capability, Cause, Confidence, Family, NcsiReason, Route, Severity, Verdict};

/// One client in the world of its capture.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// Everything known.
    pub world: &'a World,
    /// Whose attempts are judged.
    pub address: IpAddr,
    /// What is remembered of it.
    pub client: &'a Client,
}

/// What a rule decided: the names, how sure, and by which rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// What happened.
    pub verdict: Verdict,
    /// Why.
    pub cause: Option<Cause>,
    /// Windows' reason.
    pub reason: Option<NcsiReason>,
    /// What Windows is predicted to grant.
    pub capability: Option<Capability>,
    /// The rule.
    pub rule: &'static str,
    /// What keeps the confidence from being high; each doubt lowers it to its own level.
    pub doubts: Vec<Doubt>,
    /// Best reading of an `Incomplete`.
    pub guess: Option<Verdict>,
    /// The error that WinHTTP reports.
    pub winhttp_error: Option<u32>,
}

impl Ruling {
    /// A ruling without doubts.
    #[must_use]
    pub const fn new(verdict: Verdict, cause: Option<Cause>, rule: &'static str) -> Self {
        Self {
            verdict,
            cause,
            reason: None,
            capability: None,
            rule,
            doubts: Vec::new(),
            guess: None,
            winhttp_error: None,
        }
    }

    /// With Windows' reason and what it leads to.
    #[must_use]
    pub const fn leads_to(mut self, number: u8, basis: Basis, capability: Capability) -> Self {
        self.reason = Some(NcsiReason { number, basis });
        self.capability = Some(capability);
        self
    }

    /// With the error that WinHTTP reports.
    #[must_use]
    pub const fn winhttp(mut self, error: u32) -> Self {
        self.winhttp_error = Some(error);
        self
    }

    /// With a doubt.
    #[must_use]
    pub fn doubt(mut self, doubt: Doubt) -> Self {
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
        self
    }

    /// With a doubt, where a condition holds.
    #[must_use]
    pub fn doubt_if(self, condition: bool, doubt: Doubt) -> Self {
        if condition { self.doubt(doubt) } else { self }
    }

    /// What the capture cannot decide; `guess` is the best reading.
    #[must_use]
    pub const fn incomplete(cause: Cause, guess: Option<Verdict>, rule: &'static str) -> Self {
        let mut ruling = Self::new(Verdict::Incomplete, Some(cause), rule);
        ruling.guess = guess;
        ruling
    }

    /// How sure: as sure as the gravest doubt leaves it. What is incomplete speaks of its guess.
    #[must_use]
    pub fn confidence(&self) -> Confidence {
        let highest = if self.verdict == Verdict::Incomplete { Confidence::Medium } else { Confidence::High };
        self.doubts.iter().map(Doubt::leaves).min().unwrap_or(highest).min(highest)
    }
}

impl Doubt {
    /// The confidence that this doubt leaves.
    #[must_use]
    pub const fn leaves(&self) -> Confidence {
        match self {
            Self::EncodedBody
            | Self::EmbeddedText
            | Self::Anonymised
            | Self::UnseenAnswer
            | Self::NoInboundTraffic
            | Self::UnprotectedOffer
            | Self::EncryptedAlert => Confidence::Low,
            Self::DeadlineOutside { .. }
            | Self::SingleCopy
            | Self::Drops
            | Self::Gap
            | Self::Truncated
            | Self::UndocumentedStatus
            | Self::OtherSystem
            | Self::SharedAddress
            | Self::HeadCut
            | Self::Sinkhole
            | Self::ResolverFailure
            | Self::AmbiguousRefusal
            | Self::AmbiguousRetry
            | Self::AnyProgram
            | Self::PerhapsPortal
            | Self::AmbiguousReset
            | Self::Evicted
            | Self::MidStream
            | Self::GaveUpEarly
            | Self::EndedByClient
            | Self::AnswerAfterReset
            | Self::RequestUnseen
            | Self::DeadName
            | Self::ByAddressOnly
            | Self::OthersUndecided
            | Self::BehindTheProxy
            | Self::OnlyAPattern
            | Self::SignInUnseen
            | Self::NamelessTicket
            | Self::EarlierTries
            | Self::UnusedOffer
            | Self::OtherRoute
            | Self::LocalPrefix
            | Self::NotOnTheWire
            | Self::WindowsDisagrees => Confidence::Medium,
        }
    }
}

impl Case<'_> {
    /// A finding about this client, by a ruling; the rest is filled in by the rule.
    #[must_use]
    pub fn finding(&self, ruling: Ruling, family: Family, started: CaptureTime, ended: CaptureTime) -> Finding {
        let confidence = ruling.confidence();
        Finding {
            id: 0,
            revision: 0,
            verdict: ruling.verdict,
            cause: ruling.cause,
            severity: Severity::Error,
            confidence,
            confidence_reasons: ruling.doubts,
            ncsi_reason: ruling.reason,
            capability: ruling.capability,
            family,
            route: None,
            client: self.address,
            client_port: None,
            server: None,
            server_port: None,
            proxy: None,
            host: None,
            url: None,
            started,
            ended,
            settled: ended,
            recovered_after: None,
            rule: ruling.rule,
            related: Vec::new(),
            evidence: Vec::new(),
            conversations: Vec::new(),
            guess: ruling.guess,
            details: Details { count: 1, winhttp_error: ruling.winhttp_error, ..Details::default() },
            remarks: Vec::new(),
        }
    }
}

impl Finding {
    /// Adds a packet to the evidence.
    pub fn prove(&mut self, at: PacketRef, note: Note) {
        self.evidence.push(Evidence { at, note });
    }

    /// Adds a TCP connection to the conversations.
    pub fn concerns(&mut self, connection: &Connection) {
        self.converse(false, connection.client, connection.server);
    }

    /// Adds a conversation.
    pub fn converse(&mut self, udp: bool, client: SocketAddr, server: SocketAddr) {
        let conversation = Conversation { udp, client, server };
        if !self.conversations.contains(&conversation) {
            self.conversations.push(conversation);
        }
    }

    /// Names the connection that decided: the direct server, or the explicit proxy in its place.
    pub fn decided_on(&mut self, connection: &Connection, proxied: bool) {
        self.client_port = Some(connection.client.port());
        if proxied {
            self.proxy = Some(connection.server);
            self.route = Some(Route::ExplicitProxy);
        } else {
            self.server = Some(connection.server.ip());
            self.server_port = Some(connection.server.port());
            self.route = self.route.or(Some(Route::Direct));
        }
        let half = connection.half(Direction::ToClient);
        if half.packets > 0 {
            self.details.responder = Some(Box::new(Responder {
                mac: half.mac.map(Responder::mac_text),
                ttl: half.ttl,
                rtt_ms: connection.rtt().map(milliseconds),
                ..Responder::default()
            }));
        }
    }

    /// Counts the equal ones before it that were not kept.
    pub fn stands_for(&mut self, others: Option<StandsFor>) {
        if let Some(others) = others {
            self.details.count = self.details.count.saturating_add(others.count);
            self.started = self.started.min(others.since);
            self.settled = self.settled.min(others.since);
        }
    }

    /// Puts evidence and conversations in order.
    pub fn tidy(&mut self) {
        self.evidence.sort_by_key(|evidence| evidence.at);
        self.evidence.dedup_by(|a, b| a.at == b.at && a.note == b.note);
        self.conversations.sort_unstable();
        self.confidence_reasons.sort();
        self.confidence_reasons.dedup();
    }
}

/// Milliseconds, for reports, to a thousandth.
#[must_use]
pub fn milliseconds(span: std::time::Duration) -> f64 {
    (span.as_secs_f64() * 1_000_000.0).round() / 1000.0
}
