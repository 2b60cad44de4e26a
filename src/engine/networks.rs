//! One analysis for all packets, or one for each VLAN and virtual network (`--strict-vlan`).
//!
//! Where tenants use the same addresses, nothing but the tag tells them apart: flows, look-ups, fragments and clients of
//! two networks must never meet. So each network gets floors of its own.

use hashbrown::HashMap;

use super::pipeline::{Counts, Pipeline};
use crate::flow::TableStats;
use crate::limits::MAX_NETWORKS;
use crate::probe::world::World;
use crate::settings::Settings;
use crate::source::Frame;
use crate::time::CaptureTime;
use crate::wire;

/// VLAN and virtual network of a packet.
type Tag = (Option<u16>, Option<u32>);

/// What is analysed apart.
pub(super) struct Networks {
    settings: Settings,
    parts: Vec<(Pipeline, World)>,
    numbers: HashMap<Tag, usize, foldhash::fast::RandomState>,
}

impl Networks {
    /// Nothing seen yet.
    pub(super) fn new(settings: &Settings) -> Self {
        let parts = vec![(Pipeline::new(settings), World::new(settings.clone()))];
        Self { settings: settings.clone(), parts, numbers: HashMap::default() }
    }

    /// Takes the next frame; `copy` says that another capture point has shown it already.
    #[inline]
    pub(super) fn frame(&mut self, frame: &Frame<'_>, copy: bool) {
        let number = if self.settings.strict_vlan { self.number(frame) } else { 0 };
        match self.parts.get_mut(number) {
            Some((pipeline, world)) if copy => pipeline.copy(frame, world),
            Some((pipeline, world)) => pipeline.frame(frame, world),
            None => {}
        }
    }

    /// What is known so far; nothing is settled for it.
    pub(super) fn known(&mut self) -> Vec<(&mut World, Counts, TableStats)> {
        let known = self.parts.iter_mut().map(|(pipeline, world)| {
            let (counts, flows) = pipeline.counted();
            world.protocols.icmp = counts.icmp > 0;
            world.mirror.clone_from(&counts.mirror);
            (world, counts, flows)
        });
        known.collect()
    }

    /// Time passed without a packet.
    pub(super) fn tick(&mut self, now: CaptureTime) {
        for (pipeline, world) in &mut self.parts {
            pipeline.tick(now, world);
        }
    }

    /// Lets go of what ended before that moment.
    pub(super) fn forget(&mut self, before: CaptureTime) {
        for (_, world) in &mut self.parts {
            world.forget(before);
        }
    }

    /// Transactions handed over so far: as long as it stands still, nothing new can be found.
    pub(super) fn handed(&self) -> u64 {
        self.parts.iter().map(|(pipeline, _)| pipeline.handed()).sum()
    }

    /// Settles what still waits; each network with its counts, in the order of first appearance.
    pub(super) fn finish(self) -> Vec<(World, Counts, TableStats)> {
        self.parts
            .into_iter()
            .map(|(mut pipeline, mut world)| {
                let (counts, flows) = pipeline.finish(&mut world);
                world.protocols.icmp = counts.icmp > 0;
                world.mirror.clone_from(&counts.mirror);
                (world, counts, flows)
            })
            .collect()
    }

    /// The network of a frame; those beyond the bound share the last one.
    fn number(&mut self, frame: &Frame<'_>) -> usize {
        let link = wire::link_of(frame);
        let tag = (link.vlan, link.network);
        if let Some(&known) = self.numbers.get(&tag) {
            return known;
        }
        if self.numbers.len() >= MAX_NETWORKS {
            return self.parts.len() - 1;
        }
        let number = self.numbers.len();
        self.numbers.insert(tag, number);
        if number > 0 {
            self.parts.push((Pipeline::new(&self.settings), World::new(self.settings.clone())));
        }
        number
    }
}
