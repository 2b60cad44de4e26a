//! Old versions of TLS: what hides an earlier try, who refused, and what the bytes that are missing mean.

use crate::probe::tests::scene::*;
use crate::proto::tls::{Downgrade, TlsVersion};
use crate::transaction::{Handshake, HandshakeEnd};
use crate::verdict::{Cause, Doubt, Finding, Side, Verdict};

const OLD: TlsVersion = TlsVersion::TLS1_0;
const NEW: TlsVersion = TlsVersion::TLS1_2;

fn judged(one: Handshake) -> Finding {
    Scene::new().hears(CLIENT).handshake(one).finding()
}

/// The client's best version, the server's choice.
fn chosen(mut one: Handshake, best: TlsVersion, choice: TlsVersion) -> Handshake {
    one.hello.as_mut().unwrap().0.legacy_version = best;
    one.server_hello = Some((server_hello(choice), packet(20_020)));
    one
}

#[test]
fn a_capture_that_begins_late_may_hide_newer_tries() {
    let doubted = |from: i64, best: TlsVersion| {
        let mut one = handshake(OLD, from);
        one.hello.as_mut().unwrap().0.legacy_version = best;
        let finding = judged(one);
        assert_eq!(finding.verdict, Verdict::LegacyTlsNegotiated);
        finding.confidence_reasons.contains(&Doubt::EarlierTries)
    };
    assert!(doubted(9_999, OLD) && !doubted(10_000, OLD));
    assert!(doubted(5_000, TlsVersion::TLS1_1) && !doubted(5_000, NEW), "it offers the newer one now");
}

/// A handshake that the server ends with this alert.
fn alerted(code: u8) -> Handshake {
    Handshake { alert: Some((Side::Server, code, packet(20_020))), ..refused(NEW, 20_000, HandshakeEnd::Alert) }
}

#[test]
fn an_alert_after_an_old_choice_is_about_the_version() {
    const INTERNAL: u8 = 80;
    let after = |best, choice, went_on| {
        let one = Handshake { client_went_on: went_on, ..chosen(alerted(INTERNAL), best, choice) };
        judged(one).verdict
    };
    assert_eq!(after(NEW, OLD, false), Verdict::TlsVersionMismatch);
    assert_eq!(after(NEW, OLD, true), Verdict::TlsHandshakeFailed, "the client accepted it");
    assert_eq!(after(OLD, OLD, false), Verdict::TlsHandshakeFailed, "the client can do no more");
    assert_eq!(after(TlsVersion::TLS1_3, NEW, false), Verdict::TlsHandshakeFailed, "current enough");
}

#[test]
fn bytes_that_are_missing_may_hold_the_reason_of_an_alert() {
    let gap = |bytes: u64, acknowledged: u64| {
        let mut one = alerted(80);
        (one.connection.halves[1].gap_bytes, one.connection.halves[1].acknowledged_missing) = (bytes, acknowledged);
        judged(one).confidence_reasons.contains(&Doubt::Gap)
    };
    assert_eq!((gap(0, 0), gap(1, 0), gap(0, 1)), (false, true, true));
}

#[test]
fn an_offer_without_protection_is_refused_for_that_alone() {
    let doubted = |ciphers: &[u16]| {
        let mut one = alerted(40);
        let hello = &mut one.hello.as_mut().unwrap().0;
        (hello.sni, hello.ciphers) = (None, ciphers.to_vec());
        let finding = judged(one);
        assert_eq!(finding.cause, Some(Cause::TlsSni));
        finding.confidence_reasons.contains(&Doubt::UnprotectedOffer)
    };
    for weak in [0x0001, 0x0003, 0x0018] {
        assert!(doubted(&[weak]) && doubted(&[0x1a1a, weak]) && doubted(&[0x0a0a, weak, 0x00ff]), "{weak:#x}");
    }
    assert!(!doubted(&[0x0001, 0x002f]) && !doubted(&[0x0a0a]) && !doubted(&[]) && !doubted(&[0x000a, 0x0001]));
}

#[test]
fn a_server_that_says_it_can_do_more_met_another_hello() {
    const ILLEGAL_PARAMETER: u8 = 47;
    let rule = |best, choice, downgrade| {
        let mut one = chosen(alerted(ILLEGAL_PARAMETER), best, choice);
        one.alert = Some((Side::Client, ILLEGAL_PARAMETER, packet(20_030)));
        one.server_hello.as_mut().unwrap().0.downgrade = downgrade;
        judged(one).rule == "tls.downgrade"
    };
    let new = TlsVersion::TLS1_1;
    assert!(rule(NEW, new, Some(Downgrade::ToTls11OrBelow)));
    assert!(!rule(NEW, NEW, Some(Downgrade::ToTls11OrBelow)), "it chose what it can do");
    assert!(!rule(new, OLD, Some(Downgrade::ToTls11OrBelow)), "the client cannot do more");
    assert!(!rule(NEW, new, None));
}
