//! Names and numbers as reports show them.

use std::time::Duration;

use super::super::case::milliseconds;
use super::super::evidence::{credential_text, qtype_name, rcode_name};
use crate::probe::tests::scene::*;
use crate::proto::auth::CredentialKind;
use crate::proto::ntlm::NtlmUser;
use crate::verdict::{Basis, NcsiReason, Note, Responder};

#[test]
fn reasons_of_windows() {
    let names = [
        "Unknown",
        "NoAddress",
        "NoGlobalAddress",
        "NoRoute",
        "ActiveHttpProbeSucceeded",
        "ActiveHttpProbeFailed",
        "ActiveHttpProbeFailedButDnsSucceeded",
        "ActiveHttpProbeFailedHotspotDetected",
        "ActiveDnsProbeSucceeded",
        "ActiveDnsProbeFailed",
        "SuspectDnsProbeFailed",
        "SuspectDnsProbeFailedAndNoGateway",
        "SuspectArpProbeFailed",
        "PassivePacketHops",
        "CapabilityReset",
        "ActiveHttpProbeSucceededViaProxy",
        "SuspectArpProbeFailedExitingCS",
        "Unknown",
    ];
    for (number, name) in (0u8..).zip(names) {
        assert_eq!(NcsiReason { number, basis: Basis::Documented }.name(), name, "{number}");
    }
}

#[test]
fn names_of_dns() {
    for (code, name) in
        [(0, "NOERROR"), (1, "FORMERR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (4, "NOTIMP"), (5, "REFUSED"), (9, "RCODE9")]
    {
        assert_eq!(rcode_name(code), name);
    }
    assert_eq!((qtype_name(1), qtype_name(28), qtype_name(15)), ("A".into(), "AAAA".into(), "TYPE15".into()));
}

#[test]
fn milliseconds_have_three_decimals() {
    for (nanos, expected) in [(0, 0.0), (1_234_567, 1.235), (1_234_400, 1.234), (2_000_000_000, 2000.0)] {
        assert!((milliseconds(Duration::from_nanos(nanos)) - expected).abs() < 1e-9, "{nanos}");
    }
}

#[test]
fn a_link_address_is_written_with_colons() {
    assert_eq!(Responder::mac_text(crate::wire::Mac([0, 0x1a, 0xff, 3, 4, 5])), "00:1a:ff:03:04:05");
}

#[test]
fn credentials_name_scheme_and_user() {
    let ntlm3 = |domain: &str, user: &str| {
        let who = NtlmUser { domain: domain.into(), user: user.into(), workstation: "PC".into() };
        credential_text(&CredentialKind::Ntlm3(who), "NTLM")
    };
    let text = |scheme: &str, user: Option<&str>| (scheme.to_owned(), user.map(str::to_owned));
    assert_eq!(ntlm3("CORP", "ann"), text("NTLM, NTLM type 3", Some("CORP\\ann")));
    assert_eq!(ntlm3("", "ann"), text("NTLM, NTLM type 3", Some("ann")));
    assert_eq!(ntlm3("CORP", ""), text("NTLM, NTLM type 3", None));
    assert_eq!(credential_text(&CredentialKind::Ntlm1, "Negotiate"), text("Negotiate, NTLM type 1", None));
    assert_eq!(credential_text(&CredentialKind::Kerberos, "Negotiate"), text("Negotiate, Kerberos", None));
    let basic = CredentialKind::Basic { user: Some("ann".into()) };
    assert_eq!(credential_text(&basic, "Basic"), text("Basic", Some("ann")));
    assert_eq!(credential_text(&CredentialKind::Bearer, "Bearer"), text("Bearer", None));
}

#[test]
fn notes_outside_the_conversations_stand_alone() {
    for (note, alone) in [
        (Note::InboundSeen, true),
        (Note::RouterSolicited, true),
        (Note::AddressClaimed { address: ip("169.254.1.1") }, true),
        (Note::NeighbourAsked { target: ip(RESOLVER), copy: 1 }, true),
        (Note::RequestAgain, false),
        (Note::SynAck { from: socket(SERVER) }, false),
    ] {
        assert_eq!(note.stands_alone(), alone, "{note:?}");
    }
}
