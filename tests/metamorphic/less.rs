//! A capture that holds less may know less, and never claims something else for sure.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ncsight::verdict::{Cause, Confidence, Verdict};
use ncsight::wire::Decoder;

use crate::packets::{Sample, samples};
use crate::support::analysis::Claim;
use crate::tally::Tally;

/// No claim of high confidence that the whole capture does not make about the same client with any confidence.
fn nothing_new_for_sure(sample: &Sample, after: &[Claim]) -> bool {
    let known = |claim: &Claim| {
        let key = |one: &Claim| (one.verdict, one.cause, one.client);
        sample.claims.iter().any(|one| key(one) == key(claim)) || is_part_of_one(sample, claim)
    };
    after
        .iter()
        .all(|claim| claim.verdict == Verdict::Incomplete || claim.confidence != Confidence::High || known(claim))
}

/// Whether a claim about a part is contained in one about the whole: what a finding of the whole is defined to consist
/// of, or to overrule once more is seen.
fn is_part_of_one(sample: &Sample, part: &Claim) -> bool {
    sample.claims.iter().any(|whole| match (whole.verdict, part.verdict) {
        // A loop is three refusals of one user; fewer of them are refusals.
        (Verdict::AuthenticationLoop, Verdict::ProxyAuthenticationRequired) => whole.client == part.client,
        // The name that does not resolve is a final answer, until a proxy is asked that does not need it.
        (Verdict::ActiveHttpProbeSucceededViaProxy, Verdict::ActiveHttpProbeFailed) => {
            whole.client == part.client && part.cause == Some(Cause::DnsNxdomain)
        }
        // The same probe, at the other side of what forwarded it: there the proxy's or NAT's address is all there is.
        (whole_verdict, part_verdict) => {
            sample.forwarders.contains(&part.client)
                && succeeded(whole_verdict) == succeeded(part_verdict)
                && whole.cause == part.cause
        }
    })
}

fn succeeded(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::ActiveHttpProbeSucceeded | Verdict::ActiveHttpProbeSucceededViaProxy)
}

#[test]
fn without_one_packet_nothing_new_is_sure() {
    let mut tally = Tally::new("one packet missing");
    for sample in samples() {
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
    for sample in samples() {
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
    for sample in samples() {
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
    for sample in samples() {
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
