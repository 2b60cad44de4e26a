//! Who is a client, and who only speaks for others: proxies, resolvers, address translators.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::probe::world::World;
use crate::settings::CapturePoint;
use crate::vocabulary::Role;

/// What hosts are, where they are more than clients.
#[derive(Debug, Default)]
pub struct Roles {
    roles: HashMap<IpAddr, Role, foldhash::fast::RandomState>,
}

impl Roles {
    /// Finds out who is what.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let mut roles: HashMap<IpAddr, Role, foldhash::fast::RandomState> = HashMap::default();
        for resolver in &world.resolvers {
            roles.insert(*resolver, Role::Resolver);
        }
        for address in world.translators.outside() {
            roles.insert(*address, Role::Nat);
        }
        for (address, client) in world.clients.briefs() {
            let uplink = world.settings.capture_point == CapturePoint::ProxyUplink && client.exchanged;
            if client.forwards || uplink {
                roles.insert(*address, Role::Proxy);
            }
        }
        for proxy in world.proxies.keys() {
            roles.insert(proxy.ip(), Role::Proxy);
        }
        Self { roles }
    }

    /// What a host is.
    #[must_use]
    pub fn role(&self, address: IpAddr) -> Role {
        self.roles.get(&address).copied().unwrap_or(Role::Client)
    }
}
