//! A capture that holds less may know less, and never claims something else for sure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ncsight::verdict::{Confidence, Verdict};
use ncsight::wire::Decoder;

use crate::packets::{Sample, settled};
use crate::support::analysis::Claim;
use crate::tally::Tally;

/// What a part of a capture rightly says and the whole does not: capture, client, verdict. Nothing that is left of these
/// captures could tell that there was more.
const TRUE_OF_THE_PART: &[(&str, &str, Verdict)] = &[
    // One conversation captured on both sides of an address translation: without the inner side the outer one is all.
    ("pos-nat-any", "198.51.100.2", Verdict::ActiveHttpProbeSucceeded),
    ("pos-nat-merged", "198.51.100.2", Verdict::HotspotDetected),
    // Both sides of a proxy: without the client's request the proxy's own one stands alone, as at its uplink.
    ("pos-proxy-both", "10.1.0.9", Verdict::ActiveHttpProbeSucceeded),
    // The injected reset is the only thing that is wrong.
    ("wire-injected-reset", "10.1.0.5", Verdict::ActiveHttpProbeSucceeded),
    // The last of three handshakes did negotiate an old version; the higher tries came before.
    ("tls-fallback-dance", "10.1.0.5", Verdict::LegacyTlsNegotiated),
    // One or two refusals are no loop yet, and refusals all the same.
    ("proxy-loop", "10.1.0.5", Verdict::ProxyAuthenticationRequired),
    // Until the proxy is asked, a name that does not exist is all there is.
    ("dns-nxdomain-then-proxy", "10.1.0.5", Verdict::ActiveHttpProbeFailed),
];

/// No claim of high confidence that the whole capture does not make about the same client with any confidence.
fn nothing_new_for_sure(sample: &Sample, after: &[Claim]) -> bool {
    let known = |claim: &Claim| {
        let key = |one: &Claim| (one.verdict, one.cause, one.client);
        sample.claims.iter().any(|one| key(one) == key(claim)) || is_true_of_the_part(sample, claim)
    };
    after
        .iter()
        .all(|claim| claim.verdict == Verdict::Incomplete || claim.confidence != Confidence::High || known(claim))
}

fn is_true_of_the_part(sample: &Sample, claim: &Claim) -> bool {
    let client = claim.client.to_string();
    TRUE_OF_THE_PART.contains(&(sample.name.as_str(), client.as_str(), claim.verdict))
}

#[test]
fn without_one_packet_nothing_new_is_sure() {
    let mut tally = Tally::new("one packet missing");
    for sample in settled() {
        tally.capture();
        for position in 0..sample.records.len() {
            let records = sample.records.iter().enumerate().filter(|(index, _)| *index != position);
            let after = sample.claims_of(records.map(|(_, record)| record));
            tally.note(&sample, &format!("without packet {}", position + 1), &after, nothing_new_for_sure);
        }
    }
    tally.finish(40);
}

#[test]
fn cut_anywhere_nothing_new_is_sure() {
    let mut tally = Tally::new("cut after a packet");
    for sample in settled() {
        tally.capture();
        for position in 0..sample.records.len() {
            let after = sample.claims_of(&sample.records[..=position]);
            tally.note(&sample, &format!("cut after packet {}", position + 1), &after, nothing_new_for_sure);
        }
    }
    tally.finish(20);
}

#[test]
fn begun_anywhere_nothing_new_is_sure() {
    let mut tally = Tally::new("begun at a packet");
    for sample in settled() {
        tally.capture();
        for position in 0..sample.records.len() {
            let after = sample.claims_of(&sample.records[position..]);
            tally.note(&sample, &format!("begun at packet {}", position + 1), &after, nothing_new_for_sure);
        }
    }
    tally.finish(20);
}

#[test]
fn of_one_direction_nothing_new_is_sure() {
    let mut tally = Tally::new("one direction only");
    for sample in settled() {
        tally.capture();
        let clients: BTreeSet<IpAddr> = sample.claims.iter().map(|claim| claim.client).collect();
        let senders = senders(&sample);
        for client in clients {
            for own in [true, false] {
                let packets = sample.records.iter().zip(&senders);
                let kept = packets.filter(|(_, sender)| sender.is_none_or(|sender| (sender == client) == own));
                let after = sample.claims_of(kept.map(|(record, _)| record));
                let change = if own { "only what it sends" } else { "only what it does not send" };
                tally.note(&sample, &format!("{client}: {change}"), &after, nothing_new_for_sure);
            }
        }
    }
    tally.finish(3);
}

/// Who sent each packet, where it has an IP header.
fn senders(sample: &Sample) -> Vec<Option<IpAddr>> {
    let mut decoder = Decoder::new();
    let numbered = sample.records.iter().zip(1..);
    numbered.map(|(record, number)| decoder.decode(&record.frame(number)).ip.map(|ip| ip.source)).collect()
}
