//! The engine: runs the floors and keeps what they find.

mod askers;
pub mod board;
pub mod conversation;
mod datagrams;
mod early;
mod endpoints;
pub mod feed;
pub mod follow;
pub mod inspect;
mod inspect_dns;
mod inspect_stream;
mod inventory;
mod ledger;
pub mod live;
mod networks;
pub mod pipeline;
mod points;
pub mod proof;
pub mod recall;
pub mod snapshot;
mod states;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;

pub use inventory::{Inventory, inventory};

use crate::error::Error;
use crate::flow::TableStats;
use crate::probe::endpoints::matrix::Matrix;
use crate::probe::world::World;
use crate::settings::{Hooks, Progress, Settings};
use crate::source::{Capture, Input, JournalEntry, Options, digest, still_written};
use crate::transaction::{HostEvent, Transaction};
use crate::verdict::filed::{alone, number, share};
use crate::verdict::judge::{judge, judge_for_good};
use crate::verdict::rates::Rates;
use crate::verdict::roles::Roles;
use crate::verdict::windows::Observed;
use crate::verdict::{adapters, elsewhere, link, passive, retired};

use self::networks::Networks;
use self::pipeline::Counts;
use self::points::Sightings;
use self::snapshot::{Quality, Snapshot};

/// Packets after which the caller is asked whether to stop, and told how far reading has come.
const LOOK_UP_EVERY: u64 = 16384;

/// Opens captures as an analysis reads them: in the order of their times, clocks that differ set right. What could not be
/// read beside what could comes back, too.
///
/// # Errors
///
/// All errors, at least one, where nothing could be read or the filter cannot be used.
pub fn open(paths: &[PathBuf], settings: &Settings) -> Result<(Capture, Vec<Error>), Vec<Error>> {
    let options = Options { filter: settings.filter.clone(), progress: Arc::default() };
    let (mut capture, warnings) = Capture::open(paths, options)?;
    points::align(&mut capture, settings, &|| false);
    Ok((capture, warnings))
}

/// Analyses captures to their end, or until the caller stops it.
///
/// What could not be read beside what could comes back with the snapshot.
///
/// # Errors
///
/// All errors, at least one, where nothing could be read or the filter cannot be used.
pub fn analyse(
    paths: &[PathBuf],
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Result<(Snapshot, Vec<Error>), Vec<Error>> {
    let progress = Arc::new(crate::source::Progress::default());
    let options = Options { filter: settings.filter.clone(), progress: Arc::clone(&progress) };
    let (mut capture, mut warnings) = Capture::open(paths, options)?;
    let sightings = points::align(&mut capture, settings, &|| hooks.stop.load(Ordering::Relaxed));
    let snapshot = read(capture, sightings, &progress, settings, hooks);
    warnings.extend(still_written(&snapshot.inputs));
    Ok((snapshot, warnings))
}

/// Analyses an open capture to its end, or until the caller stops it. `progress` is the one that it was opened with.
#[must_use]
pub fn analyse_capture(
    capture: Capture,
    progress: &crate::source::Progress,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Snapshot {
    read(capture, None, progress, settings, hooks)
}

fn read(
    mut capture: Capture,
    mut sightings: Option<Sightings>,
    progress: &crate::source::Progress,
    settings: &Settings,
    hooks: &Hooks<'_>,
) -> Snapshot {
    let digests = if hooks.digest { start_digests(&capture.inputs()) } else { Vec::new() };
    let mut networks = Networks::new(settings);
    let mut packets = 0u64;
    while let Some(frame) = capture.next() {
        let time = frame.at.time;
        networks.frame(&frame, sightings.as_mut().is_some_and(|sightings| sightings.frame(&frame)));
        packets += 1;
        if packets.is_multiple_of(LOOK_UP_EVERY) {
            if hooks.stop.load(Ordering::Relaxed) {
                break;
            }
            (hooks.progress)(&Progress { bytes: progress.bytes(), packets, time: Some(time), findings: 0 });
        }
    }
    let mut parts = networks.finish();
    let mut inputs = capture.inputs();
    for (input, handle) in inputs.iter_mut().zip(digests) {
        input.sha256 = handle.and_then(|handle| handle.join().ok().flatten());
    }
    accept_journal(&capture.journal(), &mut parts);
    accept_points(sightings, &inputs, &mut parts);
    let parts = parts.iter_mut().map(|(world, counts, flows)| (world, counts.clone(), *flows)).collect();
    conclude(parts, inputs, settings, Judgement::Final)
}

/// Windows' own events name no network; the first one has them.
fn accept_journal(journal: &[JournalEntry], parts: &mut [(World, Counts, TableStats)]) {
    if let Some((world, ..)) = parts.first_mut() {
        for event in journal.iter().filter_map(HostEvent::read) {
            world.accept(Transaction::HostEvent(Box::new(event)));
        }
    }
}

/// What each capture point saw concerns every network.
fn accept_points(sightings: Option<Sightings>, inputs: &[Input], parts: &mut [(World, Counts, TableStats)]) {
    let Some(vantage) = sightings.map(|sightings| Arc::new(sightings.finish(inputs))) else { return };
    for (world, ..) in parts {
        world.vantage = Some(Arc::clone(&vantage));
    }
}

/// Whether more is to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Judgement {
    /// The capture goes on.
    Provisional,
    /// It is over, and what the judgement rests on may be let go.
    Final,
}

/// What is known of all networks now.
fn conclude(
    mut parts: Vec<(&mut World, Counts, TableStats)>,
    inputs: Vec<Input>,
    settings: &Settings,
    judgement: Judgement,
) -> Snapshot {
    let mut snapshot = Snapshot {
        time_digits: inputs.iter().map(|input| input.time_digits).max().unwrap_or(6),
        endpoint_list: settings.endpoints.file.clone(),
        ..Snapshot::default()
    };
    let mut judged = Vec::new();
    for (world, ..) in parts.iter_mut() {
        world.drops = inputs.iter().map(|input| input.dropped).sum();
        world.filtered |= inputs.iter().any(|input| input.filter.is_some());
        let roles = Roles::of(world);
        let mut sets = match judgement {
            Judgement::Provisional => Matrix::named(world),
            Judgement::Final => {
                world.clients.pack_crowd();
                Matrix::named_for_good(world)
            }
        };
        // What needs the transactions comes before they are let go of.
        let mut rates = Rates::default();
        for (address, client) in world.clients.all_reached() {
            sets.note_failed(&world.directory, *address, &client);
            rates.note_lookups(world, &roles, *address, &client);
        }
        let cells = sets.into_cells();
        snapshot.endpoints.extend(endpoints::table(world, &roles, &cells));
        let findings = match judgement {
            Judgement::Provisional => judge(world, &roles, &cells),
            Judgement::Final => {
                let findings = judge_for_good(world, &roles, &cells);
                world.release();
                findings
            }
        };
        judged.push((roles, rates, findings));
    }
    number(judged.iter_mut().map(|(.., findings)| findings).collect());
    for ((world, counts, flows), (roles, rates, mut findings)) in parts.into_iter().zip(judged) {
        let mut observed = Observed::of(world, &roles);
        observed.compare(world, &mut findings);
        adapters::explain(world, &roles, &mut findings);
        retired::recognise(world, &mut findings);
        link::remark(world, &mut findings);
        elsewhere::remark(world, &mut findings);
        let estimates = passive::estimate(world, &roles, &mut findings);
        if alone(&findings) > settings.limits.loose_bytes {
            share(&mut findings);
        }
        snapshot.effort.flows += flows.flows;
        snapshot.effort.passed_segments += flows.passed + counts.passed_segments;
        snapshot.effort.passed_datagrams += counts.passed_datagrams;
        snapshot.quality.add(quality(world, counts, flows));
        append(&mut snapshot.clients, states::clients(world, &roles, &findings, &observed, &estimates));
        snapshot.rates.extend(rates.with(&roles, &findings));
        snapshot.events.extend(states::events(&observed));
        append(&mut snapshot.findings, findings);
    }
    snapshot.findings.sort_unstable_by_key(|finding| finding.id);
    snapshot.inputs = inputs;
    snapshot
}

/// Puts one list behind another; what stands alone is not moved.
fn append<T>(list: &mut Vec<T>, mut more: Vec<T>) {
    if list.is_empty() {
        *list = more;
    } else {
        list.append(&mut more);
    }
}

/// Starts hashing the files that can be read a second time, each on a thread of its own.
fn start_digests(inputs: &[Input]) -> Vec<Option<JoinHandle<Option<String>>>> {
    inputs
        .iter()
        .map(|input| {
            let path = input.path.clone();
            (path != Path::new("-") && path.is_file()).then(|| std::thread::spawn(move || digest(&path).ok()))
        })
        .collect()
}

fn quality(world: &World, counts: Counts, flows: crate::flow::TableStats) -> Quality {
    let protocols = [
        ("arp", world.protocols.neighbours),
        ("dhcp", counts.dhcp > 0),
        ("dns", world.protocols.dns || world.protocols.dns_answers),
        ("http", world.protocols.http),
        ("icmp", world.protocols.icmp),
        ("tls", world.protocols.tls),
        ("quic", world.protocols.quic),
    ];
    Quality {
        one_way_flows: flows.one_way,
        duplicate_packets: flows.duplicates + counts.duplicates,
        truncated_packets: counts.truncated,
        gaps: flows.gaps,
        dropped_packets: world.drops,
        mirror_lost: world.mirror.packets,
        evicted_flows: flows.evicted + world.clients.refused + world.stations.let_go,
        anonymised: world.rewriting.suspected(),
        protocols_seen: protocols.iter().filter(|(_, seen)| *seen).map(|(name, _)| *name).collect(),
        points: world.vantage.as_ref().map(|vantage| vantage.points.clone()).unwrap_or_default(),
        shared_packets: world.vantage.as_ref().map_or(0, |vantage| vantage.shared),
        not_decoded: counts.not_decoded.into_iter().map(|(name, count)| (name.to_owned(), count)).collect(),
    }
}
