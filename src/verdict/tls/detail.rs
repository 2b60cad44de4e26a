//! What a finding about a handshake shows: its packets and its fields.

use super::super::finding::{Finding, Note, TlsDetails};
use super::alert::is_downgraded;
use super::registry::consistent_values;
use crate::limits::MAX_SHOWN_TEXT;
use crate::proto::tls::{Carrier, Certificate};
use crate::text::sanitize;
use crate::transaction::{Handshake, HandshakeEnd};

impl Finding {
    /// Proves a handshake, and says what it was.
    pub(in crate::verdict) fn prove_handshake(&mut self, handshake: &Handshake) {
        prove_handshake(self, handshake);
        self.details.tls = Some(Box::new(details_of(handshake)));
    }
}

pub(super) fn prove_handshake(finding: &mut Finding, handshake: &Handshake) {
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

pub(super) fn details_of(handshake: &Handshake) -> TlsDetails {
    let mut details = TlsDetails {
        starttls: handshake.plain.map(|plain| plain.to_string()),
        certificate_requested: handshake.certificate_requested,
        hello_retry: handshake.retry.is_some(),
        downgraded: is_downgraded(handshake),
        ..TlsDetails::default()
    };
    if let Some((hello, _)) = &handshake.hello {
        details.sni = hello.sni.as_deref().map(|name| sanitize(name, MAX_SHOWN_TEXT));
        details.client_max = Some(hello.max_version().to_string());
        details.client_versions = hello.supported_versions.iter().map(ToString::to_string).collect();
        details.client_ciphers.clone_from(&hello.ciphers);
        details.ja3 = hello.ja3();
        details.ja4 = hello.ja4(Carrier::Tcp);
        details.secure_protocols = consistent_values(hello);
        details.resumed = handshake.server_hello.as_ref().is_some_and(|(server, _)| server.resumes(hello));
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
