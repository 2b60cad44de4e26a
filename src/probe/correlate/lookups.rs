//! Copies of one question become one look-up, and look-ups find their attempts.

use super::REORDERED;
use crate::probe::attempt::{LookupGroup, LookupOutcome, WebAttempt};
use crate::probe::catalog::family_of_qtype;
use crate::probe::client::{Client, NAME_EXPLAINS};
use crate::probe::world::World;
use crate::time::CaptureTime;
use crate::transaction::Lookup;

/// Look-ups that are considered for one attempt, newest first.
const MAX_LOOKED_BACK: usize = 32;

/// Groups the copies of each question: those that were sent before the first final answer, or within the time in which
/// a resolver gives up.
pub(super) fn lookup_groups<'a>(
    world: &World,
    client: &'a Client,
    wanted: impl Fn(&str, u16) -> bool,
) -> Vec<LookupGroup<'a>> {
    groups_of(
        world,
        client.lookups.iter().map(AsRef::as_ref).filter(|lookup: &&Lookup| wanted(&lookup.name, lookup.qtype)),
    )
}

/// The same for look-ups that stand anywhere.
pub(super) fn groups_of<'a>(world: &World, lookups: impl Iterator<Item = &'a Lookup>) -> Vec<LookupGroup<'a>> {
    let mut lookups: Vec<&Lookup> = lookups.filter(|lookup| !is_between_resolvers(world, lookup)).collect();
    lookups.sort_by_key(|lookup| lookup.first());
    let mut groups: Vec<(LookupGroup<'a>, CaptureTime)> = Vec::new();
    for lookup in lookups {
        let start = lookup.first().time;
        let final_answer = lookup.answer.as_ref().filter(|answer| LookupGroup::is_final(answer));
        let open = groups
            .iter_mut()
            .rev()
            .find(|(group, until)| group.name == lookup.name && group.qtype == lookup.qtype && start <= *until);
        match open {
            Some((group, until)) => {
                group.lookups.push(lookup);
                if let Some(answer) = final_answer {
                    *until = (*until).min(answer.at.time);
                }
            }
            None => {
                let until = final_answer
                    .map_or_else(|| start.after(world.settings.deadlines.dns), |answer| answer.at.time.max(start));
                let group = LookupGroup { name: lookup.name.clone(), qtype: lookup.qtype, lookups: vec![lookup] };
                groups.push((group, until));
            }
        }
    }
    groups.into_iter().map(|(group, _)| group).collect()
}

/// Questions without the wish for recursion, and those of hosts that answer themselves, are not a client's.
fn is_between_resolvers(world: &World, lookup: &Lookup) -> bool {
    !lookup.recursion_desired || world.resolvers.contains(&lookup.client.ip())
}

/// Look-ups in the order in which they began, until an attempt takes them.
pub(super) struct Unused<'a>(Vec<Option<LookupGroup<'a>>>, Vec<CaptureTime>);

impl<'a> Unused<'a> {
    pub(super) fn new(mut groups: Vec<LookupGroup<'a>>) -> Self {
        groups.sort_by_key(LookupGroup::started);
        let starts = groups.iter().map(LookupGroup::started).collect();
        Self(groups.into_iter().map(Some).collect(), starts)
    }

    /// The newest look-up that an attempt can have used.
    pub(super) fn take_for(&mut self, attempt: &WebAttempt<'a>) -> Option<LookupGroup<'a>> {
        let host = attempt.host.as_deref()?;
        let failed = attempt.failed.iter().map(|attempted| attempted.connection.first.time);
        let legs = attempt.legs.iter().map(|leg| leg.connection_start().time);
        let start = failed.chain(legs).min()?;
        let end = self.1.partition_point(|started| *started <= start.after(REORDERED));
        let fits = |group: &LookupGroup<'_>| {
            group.name == host
                && family_of_qtype(group.qtype) == Some(attempt.family)
                && start.since(group.ended()) <= NAME_EXPLAINS
                && group.ended() <= start.after(REORDERED)
                && matches!(group.outcome(), LookupOutcome::Resolved(..) | LookupOutcome::Unreadable(..))
        };
        let before = self.0.get_mut(..end)?;
        before.iter_mut().rev().take(MAX_LOOKED_BACK).find(|slot| slot.as_ref().is_some_and(fits))?.take()
    }

    pub(super) fn rest(self) -> impl Iterator<Item = LookupGroup<'a>> {
        self.0.into_iter().flatten()
    }
}
