//! Which endpoint set a name or an address belongs to.

use std::net::IpAddr;
use std::sync::Arc;

use super::names::{Names, Written};
use super::prefixes::Prefixes;
use super::purpose::{Purpose, purpose};
use crate::endpoints::{Category, EndpointList, EndpointSet};

/// Names that Windows itself needs to check certificates and that no set lists: its own list of trusted and of
/// withdrawn roots.
const TRUST_LIST_NAMES: &[&str] = &["ctldl.windowsupdate.com"];

/// The sets with fast ways to them.
pub struct Directory {
    /// Where the sets come from.
    pub list: Arc<EndpointList>,
    names: Names,
    prefixes: Prefixes,
    /// Number of the set of [`TRUST_LIST_NAMES`], one behind those of the list.
    trust_list: u16,
}

/// The set that something belongs to, and why it is there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Tag {
    /// Place of the set in the directory.
    pub set: u16,
    /// What the traffic is for.
    pub purpose: Purpose,
}

/// A tag, and how the list names what was tagged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tagged {
    /// The set.
    pub tag: Tag,
    /// How its name stands in the list.
    pub written: Written,
}

impl Directory {
    /// A directory of this list.
    #[must_use]
    pub fn new(list: Arc<EndpointList>) -> Self {
        let mut names = Names::default();
        let mut networks = Vec::new();
        let mut order: Vec<u16> = (0..u16::try_from(list.sets.len()).unwrap_or(u16::MAX)).collect();
        // Of several sets with the same name the one that must work comes first, then the smaller, then the older.
        order.sort_by_key(|index| {
            list.sets.get(usize::from(*index)).map(|set| (!set.required, set.category, set.urls.len(), set.id))
        });
        let trust_list = u16::try_from(order.len()).unwrap_or(u16::MAX);
        for index in order {
            let Some(set) = list.sets.get(usize::from(index)) else { continue };
            for name in &set.urls {
                names.add(name, index);
            }
            networks.extend(set.ips.iter().map(|network| (*network, index)));
        }
        for name in TRUST_LIST_NAMES {
            names.add(name, trust_list);
        }
        Self { names, prefixes: Prefixes::new(networks), list, trust_list }
    }

    /// The set at a place; `None` for what stands in no list.
    #[must_use]
    pub fn set(&self, place: u16) -> Option<&EndpointSet> {
        self.list.sets.get(usize::from(place))
    }

    /// Whether Microsoft 365 does not work without the set.
    #[must_use]
    pub fn required(&self, place: u16) -> bool {
        self.set(place).is_some_and(|set| set.required)
    }

    /// The set of a name (lower case, no final dot); of a connection, only a set that lists its TCP port.
    #[must_use]
    pub fn of_name(&self, name: &str, port: Option<u16>) -> Option<Tagged> {
        self.names.find(name, |sets, written| {
            let set = sets.iter().copied().find(|set| port.is_none_or(|port| self.listens(*set, port)))?;
            let id = self.set(set).map(|set| set.id);
            Some(Tagged { tag: Tag { set, purpose: purpose(id, name, port, self.area(set)) }, written })
        })
    }

    /// Whether a name belongs to the sign-in, and Microsoft 365 does not work without it.
    #[must_use]
    pub fn is_required_sign_in(&self, name: &str) -> bool {
        self.of_name(name, None)
            .is_some_and(|tagged| tagged.tag.purpose == Purpose::SignIn && self.required(tagged.tag.set))
    }

    /// The set of an address, for connections to which no name is known. Ranges shared by sets that all name hosts say
    /// too little: then the first by the order of names.
    #[must_use]
    pub fn of_address(&self, address: IpAddr, port: u16) -> Option<Tag> {
        self.prefixes.find(address, |sets| {
            let listens = |set: &&u16| self.listens(**set, port);
            let set = *sets
                .iter()
                .filter(listens)
                .min_by_key(|set| self.set(**set).map(|set| (!set.required, set.category, set.urls.len(), set.id)))?;
            let id = self.set(set).map(|set| set.id);
            Some(Tag { set, purpose: purpose(id, "", Some(port), self.area(set)) })
        })
    }

    fn area(&self, set: u16) -> &str {
        self.set(set).map_or("", |set| set.service_area.as_str())
    }

    fn listens(&self, set: u16, port: u16) -> bool {
        match self.set(set) {
            Some(set) => set.tcp_ports.contains(port),
            None => set == self.trust_list && port == 80,
        }
    }

    /// Category of the set, where it is in the list.
    #[must_use]
    pub fn category(&self, place: u16) -> Option<Category> {
        self.set(place).map(|set| set.category)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> Directory {
        Directory::new(EndpointList::builtin())
    }

    fn id(name: &str, port: Option<u16>) -> Option<u32> {
        let directory = directory();
        directory.of_name(name, port).and_then(|tagged| directory.set(tagged.tag.set)).map(|set| set.id)
    }

    #[test]
    fn names_find_their_set() {
        for (name, expected) in [
            ("login.microsoftonline.com", 56),
            ("login.windows.net", 56),
            ("aadcdn.msauth.net", 59),
            ("device.login.microsoftonline.com", 56),
            ("other.microsoftonline.com", 59),
            ("outlook.office365.com", 1),
            ("www.office365.com", 71),
            ("autodiscover-s.outlook.com", 8),
            ("autodiscover.contoso.onmicrosoft.com", 8),
            ("contoso.mail.protection.outlook.com", 10),
            ("odc.officeapps.live.com", 46),
            ("officeclient.microsoft.com", 86),
            ("activation.sls.microsoft.com", 83),
            ("ocsp.digicert.com", 125),
            ("crl.microsoft.com", 84),
            ("www.office.com", 147),
            ("compliance.microsoft.com", 64),
            ("x.microsoft.com", 50),
        ] {
            assert_eq!(id(name, None), Some(expected), "{name}");
        }
        for other in ["www.msftconnecttest.com", "dns.msftncsi.com", "example.com", "sts.contoso.com", "office.com"] {
            assert_eq!(id(other, None), None, "{other}");
        }
    }

    #[test]
    fn sign_in_names_are_those_of_the_required_sets() {
        let directory = directory();
        for name in
            ["login.microsoftonline.com", "aadcdn.msauth.net", "enterpriseregistration.windows.net", "x.msidentity.com"]
        {
            assert!(directory.is_required_sign_in(name), "{name}");
        }
        for name in ["www.office.com", "login.live.com", "login.microsoftonline.com.example.net", "msauth.net"] {
            assert!(!directory.is_required_sign_in(name), "{name}");
        }
    }

    #[test]
    fn the_port_chooses_among_sets() {
        assert_eq!(id("outlook.office365.com", Some(443)), Some(1));
        assert_eq!(id("outlook.office365.com", Some(993)), Some(2));
        assert_eq!(id("outlook.office365.com", Some(22)), None);
        assert_eq!(id("activation.sls.microsoft.com", Some(80)), Some(78), "only the wider row lists port 80");
    }

    #[test]
    fn addresses_find_their_set() {
        let directory = directory();
        let id = |address: &str, port| {
            let tag = directory.of_address(address.parse().unwrap(), port)?;
            directory.set(tag.set).map(|set| set.id)
        };
        assert_eq!(id("40.126.1.1", 443), Some(56));
        assert_eq!(id("2603:1006:2000::5", 443), Some(56));
        assert_eq!(id("52.97.1.1", 443), Some(1));
        assert_eq!(id("52.97.1.1", 993), Some(2));
        assert_eq!(id("40.126.1.1", 8443), None);
        assert_eq!(id("203.0.113.80", 443), None);
    }

    #[test]
    fn the_trust_list_is_for_certificates_and_required_by_no_list() {
        let directory = directory();
        let tagged = directory.of_name("ctldl.windowsupdate.com", Some(80)).unwrap();
        assert_eq!(tagged.tag.purpose, Purpose::Certificates);
        assert!(directory.set(tagged.tag.set).is_none() && !directory.required(tagged.tag.set));
        assert!(directory.of_name("ctldl.windowsupdate.com", Some(443)).is_none());
    }
}
