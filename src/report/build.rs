//! From what the engine knows to what a report says.

use std::collections::HashSet;
use std::net::IpAddr;

use super::Options;
use super::clean::{clean, clean_own, details};
use super::clock::Moment;
use super::endpoints;
use super::filter::display_filter;
use super::model::{
    Change, Client, Clock, Disagreement, Event, Evidence, Finding, Input, NotDecoded, Point, Problem, Quality, Rate,
    RateBy, Reason, Report, State, Tool,
};
use super::networks::summaries;
use super::shown::{self, Place};
use super::timeline::family_name;
use super::words;
use crate::engine::snapshot::{self, Snapshot};
use crate::time::CaptureTime;
use crate::verdict::{self, Responder};

/// Version of the report's shape.
const SCHEMA_VERSION: u32 = 1;

/// The report on `snapshot` in the language and with the selection of `options`.
#[must_use]
pub fn report<'a>(snapshot: &'a Snapshot, options: &Options) -> Report<'a> {
    let (findings, clients) = shown::select(snapshot, options);
    let told: HashSet<IpAddr> = clients.facts().iter().flat_map(|client| client.addresses.iter().copied()).collect();
    Report {
        schema_version: SCHEMA_VERSION,
        tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        inputs: snapshot.inputs.iter().map(|one| input(one, &snapshot.inputs)).collect(),
        quality: quality(&snapshot.quality),
        networks: summaries(findings.facts(), clients.facts(), options.language),
        clients,
        endpoints: endpoints::table(snapshot),
        microsoft365: endpoints::summary(snapshot, options.language),
        findings,
        rates: snapshot.rates.iter().map(rate).collect(),
        events: snapshot
            .events
            .iter()
            .filter(|one| options.selection.covers(one.event.at.time))
            .filter(|one| options.selection.client.is_none() || one.client.is_some_and(|own| told.contains(&own)))
            .map(|one| event(one, snapshot.time_digits, options))
            .collect(),
        probe_seen: snapshot.findings.iter().any(is_about_probe),
    }
}

/// A snapshot without clients and findings: what the captures are and cannot show.
#[must_use]
pub fn outline(snapshot: &Snapshot) -> Snapshot {
    Snapshot {
        inputs: snapshot.inputs.clone(),
        quality: snapshot.quality.clone(),
        time_digits: snapshot.time_digits,
        ..Snapshot::default()
    }
}

/// Whether a finding rests on a probe of Windows, whatever became of it.
const fn is_about_probe(finding: &verdict::Filed) -> bool {
    finding.probe && !matches!(finding.verdict, verdict::Verdict::ProbeLookAlike)
}

fn input(input: &snapshot::Input, all: &[snapshot::Input]) -> Input {
    let moment = |time: CaptureTime| Moment { time, digits: input.time_digits };
    Input {
        path: input.path.to_string_lossy().into_owned(),
        format: input.format.to_owned(),
        sha256: input.sha256.clone(),
        packets: input.packets,
        bytes: input.bytes,
        link_types: input.link_types.clone(),
        first: input.first.map(moment),
        last: input.last.map(moment),
        complete: input.complete,
        capture_os: input.capture_os.as_deref().map(clean),
        capture_program: input.capture_program.as_deref().map(clean),
        filter: input.filter.as_deref().map(clean),
        snap_length: input.snap_length,
        problems: input
            .problems
            .iter()
            .map(|problem| Problem { packet: problem.packet, offset: problem.offset, message: clean(&problem.message) })
            .collect(),
        compression: input.compression.map(str::to_owned),
        dropped: input.dropped,
        clock: input.clock.as_ref().map(|clock| Clock {
            correction_ms: clock.correction.offset as f64 / 1e6,
            // What was added drives back what the clock gained.
            drift_ppm: clock.correction.rate.saturating_neg() as f64 / 1e3,
            reference: all.iter().position(|one| one.path == clock.reference).unwrap_or(0),
            packets: clock.packets,
            spread_ms: clock.spread.as_secs_f64() * 1e3,
        }),
    }
}

/// What the captures can and cannot show.
#[must_use]
pub fn quality(quality: &snapshot::Quality) -> Quality {
    Quality {
        one_way_flows: quality.one_way_flows,
        duplicate_packets: quality.duplicate_packets,
        truncated_packets: quality.truncated_packets,
        gaps: quality.gaps,
        dropped_packets: quality.dropped_packets,
        evicted_flows: quality.evicted_flows,
        anonymised: quality.anonymised,
        protocols_seen: quality.protocols_seen.iter().map(|&name| name.to_owned()).collect(),
        not_decoded: quality
            .not_decoded
            .iter()
            .map(|(kind, packets)| NotDecoded { kind: clean(kind), packets: *packets })
            .collect(),
        points: quality
            .points
            .iter()
            .map(|point| Point {
                name: clean(&point.name),
                inputs: point.inputs.clone(),
                packets: point.packets,
                alone: point.alone,
            })
            .collect(),
        shared_packets: quality.shared_packets,
        mirror_lost: quality.mirror_lost,
    }
}

/// A client in words; `is_shown` says which findings are.
#[must_use]
pub fn client(
    client: &snapshot::Client,
    is_shown: &dyn Fn(u32) -> bool,
    snapshot: &Snapshot,
    options: &Options,
) -> Client {
    let digits = snapshot.time_digits;
    let state = |state: snapshot::FamilyState| State {
        capability: state.capability,
        reason: state.reason.name().to_owned(),
        predicted: state.predicted,
        since: Moment { time: state.since, digits },
    };
    let change = |entry: &snapshot::TimelineEntry| Change {
        time: Moment { time: entry.time, digits },
        family: entry.family,
        capability: entry.capability,
        reason: entry.reason.map(|reason| reason.name().to_owned()),
        finding: entry.finding,
        predicted: entry.predicted,
        rule: entry.rule.to_owned(),
        approximate: entry.approximate,
        text: entry
            .event
            .as_ref()
            .map(|event| words::windows_event(event, options.language))
            .or_else(|| entry.hops.map(|hops| words::may_heal(hops, options.language))),
    };
    let disagreement = |one: &verdict::windows::Disagreement| Disagreement {
        time: Moment { time: one.at.time, digits },
        input: one.at.id.input(),
        packet: one.at.id.number(),
        family: one.family,
        finding: one.finding,
        text: words::difference(one.difference, one.finding, family_name(one.family), options.language),
    };
    Client {
        address: client.address,
        addresses: client.addresses.clone(),
        mac: client.mac.map(Responder::mac_text),
        name: client.name.as_deref().map(clean),
        os: client.os.as_deref().map(clean),
        role: client.role,
        online: client.online,
        v4: client.v4.map(state),
        v6: client.v6.map(state),
        timeline: client.timeline.iter().filter(|entry| options.selection.covers(entry.time)).map(change).collect(),
        findings: client.findings.iter().copied().filter(|id| is_shown(*id)).collect(),
        disagreements: client.disagreements.iter().filter(|one| is_shown(one.finding)).map(disagreement).collect(),
    }
}

fn rate(rate: &verdict::rates::Rate) -> Rate {
    use verdict::rates::RateKey as Key;
    let (by, key) = match rate.key {
        Key::DnsServer(server) => (RateBy::DnsServer, server.to_string()),
        Key::Proxy(proxy) => (RateBy::Proxy, proxy.to_string()),
        Key::Address(address) => (RateBy::Address, address.to_string()),
        Key::Hour(hour) => {
            let time = CaptureTime::from_nanos(hour.saturating_mul(3_600_000_000_000));
            (RateBy::Hour, Moment { time, digits: 0 }.utc())
        }
    };
    Rate { by, key, attempts: rate.attempts, failed: rate.failed, intermittent: rate.intermittent }
}

fn event(event: &snapshot::WindowsEvent, digits: u8, options: &Options) -> Event {
    let (at, record) = (event.event.at, &event.event.record);
    Event {
        time: Moment { time: at.time, digits },
        input: at.id.input(),
        packet: at.id.number(),
        id: record.event.number(),
        client: event.client.map(|client| client.to_string()),
        interface: record.interface.clone(),
        luid: record.luid.map(|luid| format!("{luid:#x}")),
        family: record.family,
        text: words::windows_event(&record.event, options.language),
    }
}

/// One finding in words.
#[must_use]
pub fn finding(finding: verdict::Finding, snapshot: &Snapshot, options: &Options) -> Finding {
    let (digits, language) = (snapshot.time_digits, options.language);
    let story = words::story(&finding, language);
    let filter = display_filter(&finding, snapshot.inputs.len() > 1);
    Finding {
        id: finding.id,
        revision: finding.revision,
        verdict: finding.verdict,
        cause: finding.cause,
        severity: finding.severity,
        confidence: finding.confidence,
        confidence_reasons: finding.confidence_reasons.iter().map(|doubt| words::doubt(doubt, language)).collect(),
        ncsi_reason: finding.ncsi_reason.map(|reason| Reason {
            number: reason.number,
            name: reason.name(),
            basis: reason.basis,
        }),
        capability: finding.capability,
        family: finding.family,
        route: finding.route,
        client: finding.client,
        client_port: finding.client_port,
        server: finding.server,
        server_port: finding.server_port,
        proxy: finding.proxy.map(|proxy| proxy.to_string()),
        host: finding.host.map(clean_own),
        url: finding.url.map(clean_own),
        started: Moment { time: finding.started, digits },
        ended: Moment { time: finding.ended, digits },
        recovered_after_ms: finding.recovered_after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
        title: story.title,
        explanation: language.paragraph(&story.explanation),
        rule: finding.rule,
        remedy: story.remedy,
        would_change: story.would_change,
        related: finding.related,
        evidence: finding
            .evidence
            .iter()
            .map(|evidence| Evidence {
                input: Place::Index(evidence.at.id.input()),
                packet: evidence.at.id.number(),
                time: Moment { time: evidence.at.time, digits },
                note: words::note(&evidence.note, language),
            })
            .collect(),
        filter,
        guess: finding.guess,
        details: details(finding.details),
    }
}
