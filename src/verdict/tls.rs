//! TLS handshakes: do the two sides share a version, and if it ended for another cause, for which?
//!
//! The order of the rules is an interface: the first that fits decides.

mod alert;
mod detail;
mod registry;

use std::time::Duration;

use self::alert::PROTOCOL_VERSION;
use self::detail::{details_of, prove_handshake};
use super::absence::Silence;
use super::case::{Case, Ruling};
use super::finding::{Doubt, Finding, Remark};
use crate::flow::Mark;
use crate::probe::catalog::family_of;
use crate::probe::microsoft::is_intercepted;
use crate::probe::world::RETRY_WINDOW;
use crate::proto::tls::TlsVersion;
use crate::transaction::{Handshake, HandshakeEnd, Wait};
use crate::vocabulary::Side;
use crate::vocabulary::{Cause, Verdict};

/// WinHTTP: a security error.
const SECURE_FAILURE: u32 = 12175;
/// WinHTTP: no connection, or it broke.
const CONNECTION_ERROR: u32 = 12030;
/// A round trip must be this long before "faster than half of it" means anything.
const MEASURABLE_RTT: Duration = Duration::from_millis(2);

impl Case<'_> {
    /// Judges handshakes: one, or a series with falling versions. `None` where nothing is wrong.
    #[must_use]
    pub fn judge_tls(&self, series: &[&Handshake]) -> Option<Finding> {
        let (first, last) = (*series.first()?, *series.last()?);
        let mut remarks = Vec::new();
        let works_lower = series.len() > 1 && last.established;
        let ruling = match self.handshake_ruling(first, &mut remarks) {
            Some(ruling) if !works_lower || decides_before_fallback(&ruling) => ruling,
            _ if works_lower => Ruling::new(Verdict::TlsVersionMismatch, Some(Cause::TlsFallback), "tls.fallback")
                .winhttp(SECURE_FAILURE)
                .doubt(Doubt::AmbiguousRetry),
            other => other?,
        };
        let mut finding = self.finding(ruling, family_of(self.address), first.started.time, last.ended);
        if works_lower {
            finding.recovered_after = Some(last.ended.since(first.started.time));
        } else if matches!(finding.verdict, Verdict::TlsHandshakeFailed | Verdict::TlsVersionMismatch) {
            finding.recovered_after = self.world.completed.after(first).map(|worked| worked.since(first.started.time));
        }
        finding.remarks = remarks;
        for handshake in series {
            prove_handshake(&mut finding, handshake);
        }
        finding.decided_on(&first.connection, first.tunnel.is_some());
        finding.host = self.tls_host(first);
        let mut details = details_of(first);
        details.tried = series.iter().filter_map(|one| max_version(one)).map(|version| version.to_string()).collect();
        finding.details.tls = Some(Box::new(details));
        Some(finding)
    }

    fn tls_host(&self, handshake: &Handshake) -> Option<String> {
        let sni = handshake.hello.as_ref().and_then(|(hello, _)| hello.sni.clone());
        let tunnel = handshake.tunnel.as_ref().map(|tunnel| tunnel.host.clone());
        let told = || {
            let server = handshake.connection.server.ip();
            self.client.name_of(server, handshake.connection.first.time).map(str::to_owned)
        };
        sni.or(tunnel).or_else(told)
    }

    pub(super) fn handshake_ruling(&self, handshake: &Handshake, remarks: &mut Vec<Remark>) -> Option<Ruling> {
        if let Some(ruling) = self.established_ruling(handshake) {
            return Some(ruling);
        }
        if handshake.established || handshake.end == HandshakeEnd::Unfinished {
            return None;
        }
        let answered = handshake.server_hello.is_some()
            || handshake.retry.is_some()
            || handshake.certificate.is_some()
            || matches!(handshake.alert, Some((Side::Server, ..)));
        let by_client = matches!(
            handshake.end,
            HandshakeEnd::Closed { by: Side::Client, .. } | HandshakeEnd::Reset { by: Side::Client, .. }
        );
        if by_client && !answered {
            return None;
        }
        let failed = |cause, rule| Ruling::new(Verdict::TlsHandshakeFailed, Some(cause), rule).winhttp(SECURE_FAILURE);
        if let HandshakeEnd::Reset { by: Side::Server, mark } = handshake.end
            && handshake.server_hello.is_none()
            && has_middlebox_signature(handshake, mark)
        {
            if let Some(syn_ack) = handshake.connection.syn_ack.filter(|syn_ack| syn_ack.ttl != mark.ttl) {
                remarks.push(Remark::NearbyReset { ttl: mark.ttl, server_ttl: syn_ack.ttl });
            }
            return Some(
                failed(Cause::TlsMiddleboxReset, "tls.middlebox-reset")
                    .winhttp(CONNECTION_ERROR)
                    .doubt(Doubt::AmbiguousReset),
            );
        }
        let Some((hello, _)) = &handshake.hello else {
            let refused = matches!(handshake.alert, Some((Side::Server, PROTOCOL_VERSION, _)));
            return refused
                .then(|| self.not_captured(true, Some(Verdict::TlsVersionMismatch), "tls.hello-not-captured"));
        };
        let old = hello.max_version() < TlsVersion::TLS1_2;
        let cut = !hello.max_version_is_certain();
        let ruling = match handshake.end {
            HandshakeEnd::Alert => self.alert_ruling(handshake, hello, remarks)?,
            HandshakeEnd::Reset { by: Side::Server, .. } | HandshakeEnd::Closed { by: Side::Server, .. } => {
                self.server_left(handshake, old, remarks)
            }
            HandshakeEnd::Reset { by: Side::Client, .. } | HandshakeEnd::Closed { by: Side::Client, .. } => {
                client_left(handshake)?
            }
            HandshakeEnd::Unanswered(wait) => self.hello_silence(handshake, wait)?,
            HandshakeEnd::Unreachable => failed(Cause::TlsTimeout, "tls.unreachable").doubt(Doubt::AmbiguousReset),
            HandshakeEnd::NotCaptured if old => {
                let one_way = handshake.connection.halves[1].packets == 0;
                self.not_captured(one_way, Some(Verdict::TlsVersionMismatch), "tls.not-captured")
            }
            HandshakeEnd::NotCaptured | HandshakeEnd::Completed | HandshakeEnd::Unfinished => return None,
        };
        Some(ruling.doubt_if(cut, Doubt::Truncated))
    }

    /// What a handshake that worked (or a certificate that was shown) says.
    fn established_ruling(&self, handshake: &Handshake) -> Option<Ruling> {
        if let Some((certificate, _)) = &handshake.certificate
            && self.tls_host(handshake).is_some_and(|name| is_intercepted(&name, certificate))
        {
            return Some(Ruling::new(Verdict::TlsIntercepted, Some(Cause::TlsInterception), "tls.intercepted"));
        }
        let (hello, _) = handshake.server_hello.as_ref().filter(|_| handshake.established)?;
        let legacy = hello.version < TlsVersion::TLS1_2;
        let ruling = || Ruling::new(Verdict::LegacyTlsNegotiated, Some(Cause::TlsLegacyVersion), "tls.legacy");
        legacy.then(|| ruling().doubt_if(self.may_be_a_retry(handshake), Doubt::EarlierTries))
    }

    /// Whether the client offered an old version only (as far as is known), and a capture that begins so late would hide that it had tried
    /// newer ones just before.
    fn may_be_a_retry(&self, handshake: &Handshake) -> bool {
        let old = max_version(handshake).is_none_or(|version| version < TlsVersion::TLS1_2);
        let seen = self.world.span.map_or(Duration::ZERO, |(first, _)| handshake.started.time.since(first));
        old && seen < RETRY_WINDOW
    }

    /// The server (or something in its name) ended the connection without a word.
    fn server_left(&self, handshake: &Handshake, old: bool, remarks: &mut Vec<Remark>) -> Ruling {
        let reset = matches!(handshake.end, HandshakeEnd::Reset { .. });
        let cause = if reset { Cause::TlsReset } else { Cause::TlsClosed };
        if old && handshake.server_hello.is_none() {
            let rule = if reset { "tls.old-client-reset" } else { "tls.old-client-closed" };
            let ruling = Ruling::new(Verdict::TlsVersionMismatch, Some(cause), rule).winhttp(SECURE_FAILURE);
            return self.unless_modern(handshake, remarks, ruling);
        }
        if let Some((Side::Client, _)) = handshake.encrypted_alert {
            return Ruling::new(Verdict::TlsHandshakeFailed, Some(Cause::TlsAlert), "tls.encrypted-alert")
                .winhttp(SECURE_FAILURE)
                .doubt(Doubt::EncryptedAlert);
        }
        let rule = if reset { "tls.reset" } else { "tls.closed" };
        Ruling::new(Verdict::TlsHandshakeFailed, Some(cause), rule)
            .winhttp(CONNECTION_ERROR)
            .doubt(Doubt::AmbiguousRefusal)
    }

    /// A refusal that several causes produce: certain only where the same server accepts TLS 1.2 from others.
    fn unless_modern(&self, handshake: &Handshake, remarks: &mut Vec<Remark>, ruling: Ruling) -> Ruling {
        if self.world.modern_servers.contains(&handshake.connection.server) {
            remarks.push(Remark::ServerAcceptsNewer);
            return ruling;
        }
        ruling.doubt(Doubt::AmbiguousRefusal)
    }

    fn hello_silence(&self, handshake: &Handshake, wait: Wait) -> Option<Ruling> {
        let (_, hello) = handshake.hello.as_ref()?;
        let at = match handshake.retry {
            None => *hello,
            Some((_, Some(again))) => again,
            // The server asked for another hello, and none came: the silence is the client's.
            Some((_, None)) => return None,
        };
        let copies = handshake.hello_copies.len() + 1;
        let unacknowledged = !handshake.hello_acknowledged;
        // At the end of every capture some handshake is under way; only a repeated hello is a sign of trouble.
        if matches!(wait, Wait::Cut { .. }) && copies < 2 {
            return None;
        }
        let ruling = Ruling::new(Verdict::TlsHandshakeFailed, Some(Cause::TlsTimeout), "tls.timeout")
            .winhttp(12002)
            .doubt_if(!unacknowledged, Doubt::AmbiguousRefusal);
        let to = at.time.after(self.world.settings.deadlines.tls);
        let (copies, asked) = (unacknowledged.then_some(copies), Some(at.id));
        let silence = Silence { from: at.time, to, wait, copies, asked };
        Some(self.by_silence(silence, ruling))
    }
}

/// Rules that stand before "a later retry with a lower version worked".
fn decides_before_fallback(ruling: &Ruling) -> bool {
    matches!(
        ruling.rule,
        "tls.middlebox-reset"
            | "tls.intercepted"
            | "tls.certificate"
            | "tls.old-client-alert70"
            | "tls.client-rejected"
            | "tls.alert70"
    )
}

/// Whether the server chose a version below TLS 1.2, and below what the client can do.
fn old_server(handshake: &Handshake) -> bool {
    let best = max_version(handshake);
    handshake
        .server_hello
        .as_ref()
        .is_some_and(|(hello, _)| hello.version < TlsVersion::TLS1_2 && best.is_some_and(|best| best > hello.version))
}

/// The client ended it after the server's hello.
///
/// Only two readings say something: the server's version was too old for it, or its last record has the size of an
/// alert. A client that simply leaves may have been closed by its user.
fn client_left(handshake: &Handshake) -> Option<Ruling> {
    if old_server(handshake) {
        return Some(
            Ruling::new(Verdict::TlsVersionMismatch, Some(Cause::TlsClientRejected), "tls.client-left")
                .winhttp(SECURE_FAILURE)
                .doubt(Doubt::AmbiguousRefusal),
        );
    }
    handshake.encrypted_alert?;
    Some(
        Ruling::new(Verdict::TlsHandshakeFailed, Some(Cause::TlsAlert), "tls.encrypted-alert")
            .winhttp(SECURE_FAILURE)
            .doubt(Doubt::EncryptedAlert),
    )
}

/// A reset that did not come from the server: another TTL than its SYN-ACK, or faster than half the round trip.
fn has_middlebox_signature(handshake: &Handshake, mark: Mark) -> bool {
    let Some((_, hello)) = &handshake.hello else { return false };
    let hello = handshake.retry.map_or(*hello, |(request, again)| again.unwrap_or(request));
    let by_ttl = handshake.connection.syn_ack.is_some_and(|syn_ack| syn_ack.ttl != mark.ttl);
    let by_time =
        handshake.connection.rtt().is_some_and(|rtt| rtt >= MEASURABLE_RTT && mark.at.time.since(hello.time) < rtt / 2);
    by_ttl || by_time
}

fn max_version(handshake: &Handshake) -> Option<TlsVersion> {
    handshake.hello.as_ref().map(|(hello, _)| hello.max_version())
}
