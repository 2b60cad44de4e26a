//! TLS handshakes: do the two sides share a version, and if it ended for another cause, for which?
//!
//! The order of the rules is an interface: the first that fits decides.

use std::time::Duration;

use super::absence::Silence;
use super::case::{Case, Ruling};
use super::finding::{Doubt, Finding, Note, Remark, TlsDetails};
use crate::flow::Mark;
use crate::limits::MAX_SHOWN_TEXT;
use crate::probe::catalog::family_of;
use crate::probe::microsoft::is_intercepted;
use crate::probe::world::RETRY_WINDOW;
use crate::proto::tls::{Certificate, ClientHello, TlsVersion};
use crate::text::sanitize;
use crate::transaction::{Handshake, HandshakeEnd, Wait};
use crate::vocabulary::Side;
use crate::vocabulary::{Cause, Verdict};

/// WinHTTP: a security error.
const SECURE_FAILURE: u32 = 12175;
/// WinHTTP: no connection, or it broke.
const CONNECTION_ERROR: u32 = 12030;
/// A round trip must be this long before "faster than half of it" means anything.
const MEASURABLE_RTT: Duration = Duration::from_millis(2);

/// Alert codes (RFC 8446, 6).
mod alert {
    pub const HANDSHAKE_FAILURE: u8 = 40;
    pub const BAD_CERTIFICATE: u8 = 42;
    pub const ILLEGAL_PARAMETER: u8 = 47;
    pub const UNKNOWN_CA: u8 = 48;
    pub const PROTOCOL_VERSION: u8 = 70;
    pub const INSUFFICIENT_SECURITY: u8 = 71;
    pub const UNRECOGNIZED_NAME: u8 = 112;
}

impl Case<'_> {
    /// Judges handshakes: one, or a series with falling versions. `None` where nothing is wrong.
    #[must_use]
    pub fn judge_tls(&self, series: &[&Handshake]) -> Option<Finding> {
        let first = *series.first()?;
        let last = *series.last()?;
        let mut remarks = Vec::new();
        let own = self.handshake_ruling(first, &mut remarks);
        let works_lower = series.len() > 1 && last.established;
        let ruling = match own {
            Some(ruling) if !works_lower || decides_before_fallback(&ruling) => ruling,
            _ if works_lower => Ruling::new(Verdict::TlsVersionMismatch, Some(Cause::TlsFallback), "tls.fallback")
                .winhttp(SECURE_FAILURE)
                .doubt(Doubt::AmbiguousRetry),
            other => other?,
        };
        let mut finding = self.finding(ruling, family_of(self.address), first.started.time, last.ended);
        if works_lower {
            finding.recovered_after = Some(last.ended.since(first.started.time));
        }
        finding.remarks = remarks;
        for handshake in series {
            prove_handshake(&mut finding, handshake);
        }
        finding.decided_on(&first.connection, first.tunnel.is_some());
        finding.host = self.tls_host(first);
        let mut details = details_of(first);
        details.tried = series.iter().filter_map(|one| max_version(one)).map(|version| version.to_string()).collect();
        finding.details.tls = Some(details);
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

    fn handshake_ruling(&self, handshake: &Handshake, remarks: &mut Vec<Remark>) -> Option<Ruling> {
        if let Some(ruling) = self.established_ruling(handshake) {
            return Some(ruling);
        }
        if handshake.established || handshake.end == HandshakeEnd::Unfinished {
            return None;
        }
        let answered = handshake.server_hello.is_some()
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
            let refused = matches!(handshake.alert, Some((Side::Server, alert::PROTOCOL_VERSION, _)));
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

    fn alert_ruling(&self, handshake: &Handshake, hello: &ClientHello, remarks: &mut Vec<Remark>) -> Option<Ruling> {
        let (side, code, _) = handshake.alert?;
        let failed = |cause, rule| Ruling::new(Verdict::TlsHandshakeFailed, Some(cause), rule).winhttp(SECURE_FAILURE);
        let mismatch =
            |cause, rule| Ruling::new(Verdict::TlsVersionMismatch, Some(cause), rule).winhttp(SECURE_FAILURE);
        let old = hello.max_version() < TlsVersion::TLS1_2;
        Some(match (side, code) {
            (Side::Client, alert::BAD_CERTIFICATE..=alert::UNKNOWN_CA)
                if shows_certificate(handshake) && code != alert::ILLEGAL_PARAMETER =>
            {
                failed(Cause::TlsCertificate, "tls.certificate")
            }
            (Side::Server, alert::PROTOCOL_VERSION) if old => mismatch(Cause::TlsAlert, "tls.old-client-alert70"),
            (Side::Server, alert::HANDSHAKE_FAILURE) if old => {
                self.unless_modern(handshake, remarks, mismatch(Cause::TlsAlert, "tls.old-client-alert40"))
            }
            (Side::Client, alert::PROTOCOL_VERSION) if handshake.server_hello.is_some() => {
                mismatch(Cause::TlsClientRejected, "tls.client-rejected")
            }
            (Side::Client, alert::ILLEGAL_PARAMETER) if refuses_version(handshake, hello) => {
                mismatch(Cause::TlsClientRejected, "tls.client-rejected").doubt(Doubt::AmbiguousRefusal)
            }
            (Side::Client, _) if handshake.server_hello.is_none() => return None,
            (Side::Server, alert::PROTOCOL_VERSION) => mismatch(Cause::TlsAlert, "tls.alert70"),
            (_, alert::UNRECOGNIZED_NAME) => failed(Cause::TlsSni, "tls.unrecognized-name"),
            (Side::Server, alert::HANDSHAKE_FAILURE) if handshake.certificate_requested => {
                // The server's answer to a client that has no certificate to show.
                failed(Cause::TlsCertificate, "tls.client-certificate").doubt(Doubt::AmbiguousRefusal)
            }
            (Side::Server, alert::HANDSHAKE_FAILURE)
                if hello.sni.is_none() && hello.complete && handshake.server_hello.is_none() =>
            {
                failed(Cause::TlsSni, "tls.no-name").doubt(Doubt::AmbiguousRefusal)
            }
            (_, alert::HANDSHAKE_FAILURE) => failed(Cause::TlsCipher, "tls.cipher").doubt(Doubt::AmbiguousRefusal),
            (_, alert::INSUFFICIENT_SECURITY) => failed(Cause::TlsCipher, "tls.cipher"),
            (Side::Server, _) if old_server(handshake) && !handshake.client_went_on => client_left(handshake)?,
            _ => failed(Cause::TlsAlert, "tls.alert").doubt_if(misses_bytes(handshake), Doubt::Gap),
        })
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
        let (_, at) = handshake.hello.as_ref()?;
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
        let silence = Silence { from: at.time, to, wait, copies: unacknowledged.then_some(copies) };
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

/// Whether the client has seen the server's certificate; in TLS 1.3 it comes encrypted behind the hello.
fn shows_certificate(handshake: &Handshake) -> bool {
    let modern = handshake.server_hello.as_ref().is_some_and(|(hello, _)| hello.version >= TlsVersion::TLS1_3);
    handshake.certificate.is_some() || modern
}

/// Whether bytes of the handshake are not in the capture.
fn misses_bytes(handshake: &Handshake) -> bool {
    handshake.connection.halves.iter().any(|half| half.gap_bytes > 0 || half.acknowledged_unseen())
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

/// Whether the server chose what the client did not offer.
fn refuses_version(handshake: &Handshake, hello: &ClientHello) -> bool {
    handshake.server_hello.as_ref().is_some_and(|(server, _)| hello.offers(server.version) != Some(true))
}

/// A reset that did not come from the server: another TTL than its SYN-ACK, or faster than half the round trip.
fn has_middlebox_signature(handshake: &Handshake, mark: Mark) -> bool {
    let Some((_, hello)) = &handshake.hello else { return false };
    let by_ttl = handshake.connection.syn_ack.is_some_and(|syn_ack| syn_ack.ttl != mark.ttl);
    let by_time =
        handshake.connection.rtt().is_some_and(|rtt| rtt >= MEASURABLE_RTT && mark.at.time.since(hello.time) < rtt / 2);
    by_ttl || by_time
}

fn max_version(handshake: &Handshake) -> Option<TlsVersion> {
    handshake.hello.as_ref().map(|(hello, _)| hello.max_version())
}

fn prove_handshake(finding: &mut Finding, handshake: &Handshake) {
    finding.concerns(&handshake.connection);
    if let Some((hello, at)) = &handshake.hello {
        let note = |copy| Note::ClientHello { max: hello.max_version().to_string(), sni: hello.sni.clone(), copy };
        finding.prove(*at, note(1));
        for (copy, at) in (2u32..).zip(&handshake.hello_copies) {
            finding.prove(*at, note(copy));
        }
    }
    if let Some((hello, at)) = &handshake.server_hello {
        let note = Note::ServerHello { version: hello.version.to_string(), cipher: hello.cipher.unwrap_or_default() };
        finding.prove(*at, note);
    }
    if let Some((certificate, at)) = &handshake.certificate {
        let note = Note::Certificate { subject: subject_of(certificate), issuer: issuer_of(certificate) };
        finding.prove(*at, note);
    }
    if let Some((by, code, at)) = handshake.alert {
        finding.prove(at, Note::Alert { by, fatal: true, code });
    }
    match handshake.end {
        HandshakeEnd::Reset { by, mark } => finding.prove(mark.at, Note::Reset { by, ttl: mark.ttl }),
        HandshakeEnd::Closed { by, mark } => finding.prove(mark.at, Note::Closed { by }),
        _ => {}
    }
}

fn details_of(handshake: &Handshake) -> TlsDetails {
    let mut details = TlsDetails::default();
    if let Some((hello, _)) = &handshake.hello {
        details.sni = hello.sni.as_deref().map(|name| sanitize(name, MAX_SHOWN_TEXT));
        details.client_max = Some(hello.max_version().to_string());
        details.client_versions = hello.supported_versions.iter().map(ToString::to_string).collect();
        details.client_ciphers.clone_from(&hello.ciphers);
    }
    if let Some((hello, _)) = &handshake.server_hello {
        details.server_version = Some(hello.version.to_string());
        details.cipher = hello.cipher;
    }
    if let Some((certificate, _)) = &handshake.certificate {
        details.issuer = Some(issuer_of(certificate)).filter(|text| !text.is_empty());
        details.subject = Some(subject_of(certificate)).filter(|text| !text.is_empty());
    }
    if let Some((by, code, _)) = handshake.alert {
        details.alert = Some(code);
        details.alert_from = Some(by);
    }
    details
}

fn subject_of(certificate: &Certificate) -> String {
    joined(certificate.subject_name.as_deref(), certificate.subject_organization.as_deref())
}

fn issuer_of(certificate: &Certificate) -> String {
    joined(certificate.issuer_name.as_deref(), certificate.issuer_organization.as_deref())
}

fn joined(name: Option<&str>, organization: Option<&str>) -> String {
    let text = match (name, organization) {
        (Some(name), Some(organization)) => format!("{name} ({organization})"),
        (Some(only), None) | (None, Some(only)) => only.to_owned(),
        (None, None) => String::new(),
    };
    sanitize(&text, MAX_SHOWN_TEXT)
}
