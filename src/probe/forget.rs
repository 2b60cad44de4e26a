//! What a run of days lets go: transactions whose findings have long been told, and hosts that are not there any more.

use std::hash::BuildHasher;
use std::time::Duration;

use hashbrown::HashSet;

use super::world::World;
use crate::time::CaptureTime;

/// A client that does nothing for so long begins anew.
const IDLE: Duration = Duration::from_secs(3600);

impl World {
    /// Lets go of what ended before that moment. What says how a client stands now stays as long as the client is there.
    pub fn forget(&mut self, before: CaptureTime) {
        let idle = before.before(IDLE);
        self.clients.forget(before, idle);
        self.presence.forget(before);
        self.directions.forget();
        self.hops.forget(before);
        self.completed.forget(idle);
        self.refusals.forget(before);
        self.endpoints.forget(before);
        self.stations.forget(idle);
        // These have no times; what is still in use is learned again at once.
        let half = self.settings.limits.hosts / 2;
        clear_beyond(&mut self.resolvers, half);
        clear_beyond(&mut self.probe_servers, half);
        clear_beyond(&mut self.modern_servers, half);
        if self.proxies.len() > half {
            self.proxies.clear();
        }
        if self.neighbours.len() > half {
            self.neighbours.clear();
        }
    }
}

fn clear_beyond<T, S: BuildHasher>(set: &mut HashSet<T, S>, most: usize) {
    if set.len() > most {
        set.clear();
    }
}
