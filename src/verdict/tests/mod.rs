//! What the committed captures cannot reach: each condition on its own, boundaries, and what findings say of each other.

mod adapters;
mod answer;
mod beside;
mod discovery;
mod endpoints;
mod evidence;
mod fold;
mod gated;
mod hardware;
mod host;
mod http;
mod link;
mod names;
mod os_checks;
mod proxy;
mod proxy_signs;
mod rates;
mod refusals;
mod relate;
mod roles;
mod sets;
mod silence;
mod tls;
mod tls_later;
mod tls_versions;
mod windows;

use super::{Filed, Finding};
use crate::probe::tests::scene::*;
use crate::verdict::{Confidence, Verdict};

/// A finding of the client, to be changed.
fn about(verdict: Verdict, started: i64, ended: i64) -> Finding {
    let mut finding = Scene::new().exchange(exchange(CLIENT, SERVER, 1000)).finding();
    (finding.verdict, finding.started, finding.ended) = (verdict, at(started), at(ended));
    finding.confidence = Confidence::High;
    finding
}

/// The findings after a change of what is filed of them.
fn filed(findings: Vec<Finding>, change: impl FnOnce(&mut Vec<Filed>)) -> Vec<Finding> {
    let mut all: Vec<Filed> = findings.into_iter().map(Filed::of).collect();
    change(&mut all);
    all.iter().map(Filed::open).collect()
}

/// The findings as they stand beside each other.
fn related(scene: &Scene, mut findings: Vec<Finding>) -> Vec<Finding> {
    let roles = super::roles::Roles::of(&scene.world);
    let (hosts, ups) = (crate::probe::hosts::Hosts::of(&scene.world), scene.world.stations.link_ups());
    let addresses: Vec<_> = findings.iter().map(|finding| finding.client).collect();
    let own = super::judge::Own::of(&scene.world, &addresses);
    super::relate::relate(&scene.world, &roles, &hosts, &ups, &own, &mut findings);
    findings
}
