//! What the committed captures cannot reach: each condition on its own, boundaries, and what findings say of each other.

mod answer;
mod discovery;
mod endpoints;
mod evidence;
mod fold;
mod gated;
mod host;
mod http;
mod names;
mod proxy;
mod refusals;
mod relate;
mod roles;
mod silence;
mod tls;
mod tls_later;

use super::Finding;
use crate::probe::tests::scene::*;
use crate::verdict::{Confidence, Verdict};

/// A finding of the client, to be changed.
fn about(verdict: Verdict, started: i64, ended: i64) -> Finding {
    let mut finding = Scene::new().exchange(exchange(CLIENT, SERVER, 1000)).finding();
    (finding.verdict, finding.started, finding.ended) = (verdict, at(started), at(ended));
    finding.confidence = Confidence::High;
    finding
}

/// The findings as they stand beside each other.
fn related(scene: &Scene, mut findings: Vec<Finding>) -> Vec<Finding> {
    let roles = super::roles::Roles::of(&scene.world);
    super::relate::relate(&scene.world, &roles, &mut findings);
    findings
}
