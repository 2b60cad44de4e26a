//! Who a host is: the name that it gives itself, and the system that its programs name.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::world::World;
use crate::proto::auth::CredentialKind;
use crate::proto::http::RequestHead;
use crate::wire::Mac;

/// Bytes kept of a name: a DNS name has at most 255.
const MAX_NAME: usize = 255;
/// What precedes the version in the User-Agents of Windows' own programs.
const OWN_AGENTS: [&str; 4] =
    ["Microsoft-CryptoAPI/", "Microsoft-Delivery-Optimization/", "Windows-Update-Agent/", "Microsoft BITS/"];
/// Programs of Windows that name no version of it.
const NAMELESS_AGENTS: [&str; 3] = ["Microsoft NCSI", "WinHttp-Autoproxy-Service/", "Microsoft-WNS/"];

/// What hosts say of themselves, by address.
#[derive(Debug, Default)]
pub struct Identities {
    table: HashMap<IpAddr, Identity, foldhash::fast::RandomState>,
    max: usize,
}

/// What one host says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Name by NetBIOS.
    pub netbios: Option<String>,
    /// Workstation by NTLM.
    pub workstation: Option<String>,
    /// Its system.
    pub system: Option<System>,
}

/// An estimate of a system: the later, the more it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// Something else than Windows, by its name.
    Other(&'static str),
    /// Windows.
    Windows,
    /// Windows by its version: 6.1 is Windows 7 and Server 2008 R2, 6.2 is 8, 6.3 is 8.1, 10.0 is 10, 11 and 2016 on.
    Version(&'static str),
}

impl System {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Other(name) | Self::Version(name) => name,
            Self::Windows => "Windows",
        }
    }

    /// Whether it is Windows.
    #[must_use]
    pub const fn is_windows(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// The system that sends this User-Agent of its own. Browsers name one too, but anybody can write that.
    #[must_use]
    pub fn of_agent(agent: &str) -> Option<Self> {
        let agent = agent.trim();
        if let Some(version) = OWN_AGENTS.iter().find_map(|own| agent.strip_prefix(own)) {
            return Some(Self::of_version(version));
        }
        let nameless = |own: &&str| agent.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own));
        NAMELESS_AGENTS.iter().any(nameless).then_some(Self::Windows)
    }

    fn of_version(version: &str) -> Self {
        match version.get(..3) {
            Some("6.0") => Self::Version("Windows Vista / Server 2008"),
            Some("6.1") => Self::Version("Windows 7 / Server 2008 R2"),
            Some("6.2") => Self::Version("Windows 8 / Server 2012"),
            Some("6.3") => Self::Version("Windows 8.1 / Server 2012 R2"),
            Some("10.") => Self::Version("Windows 10 / Server 2016 or later"),
            _ => Self::Windows,
        }
    }

    /// The system whose DHCP client names itself so (option 60).
    #[must_use]
    pub fn of_vendor_class(class: &str) -> Option<Self> {
        let class = class.to_ascii_lowercase();
        [
            ("msft 5.0", Self::Windows),
            ("android-dhcp", Self::Other("Android")),
            ("dhcpcd", Self::Other("Linux")),
            ("udhcp", Self::Other("Linux")),
            ("cisco", Self::Other("Cisco")),
            ("hewlett-packard", Self::Other("HP printer")),
        ]
        .into_iter()
        .find(|(start, _)| class.starts_with(start))
        .map(|(_, system)| system)
    }
}

impl Identities {
    /// An empty table of at most `max` hosts.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { table: HashMap::default(), max }
    }

    /// What the host of an address says of itself.
    #[must_use]
    pub fn get(&self, address: &IpAddr) -> Option<&Identity> {
        self.table.get(address)
    }

    /// A host told its NetBIOS name.
    pub fn named(&mut self, address: IpAddr, name: &str) {
        if let Some(identity) = self.get_or_add(address) {
            identity.netbios = Some(kept(name));
        }
    }

    /// A host sent a request.
    pub fn request(&mut self, address: IpAddr, head: &RequestHead) {
        // A proxy forwards others' names.
        if head.via.is_some() || head.forwarded_for.is_some() {
            return;
        }
        let system = head.user_agent.as_deref().and_then(System::of_agent);
        let workstation = head.proxy_authorization.as_ref().and_then(|credential| match &credential.kind {
            CredentialKind::Ntlm3(user) if !user.workstation.is_empty() => Some(kept(&user.workstation)),
            _ => None,
        });
        if system.is_none() && workstation.is_none() {
            return;
        }
        if let Some(identity) = self.get_or_add(address) {
            identity.system = identity.system.take().max(system);
            identity.workstation = identity.workstation.take().or(workstation);
        }
    }

    fn get_or_add(&mut self, address: IpAddr) -> Option<&mut Identity> {
        if self.table.len() >= self.max && !self.table.contains_key(&address) {
            return None;
        }
        Some(self.table.entry(address).or_default())
    }
}

impl World {
    /// Name and system of the host that has these addresses, and that link address where it is its own.
    #[must_use]
    pub fn who(&self, addresses: &[IpAddr], mac: Option<Mac>) -> (Option<String>, Option<String>) {
        let identities: Vec<&Identity> = addresses.iter().filter_map(|address| self.identities.get(address)).collect();
        // A lease belongs to the link address that asked for it; a router's link address carries others' packets.
        let told = mac.and_then(|mac| self.stations.get(mac)).map(|station| {
            let known = |address: Option<IpAddr>| address.is_none_or(|address| addresses.contains(&address));
            station
                .leases
                .iter()
                .filter(move |lease| {
                    addresses.iter().any(|address| address.is_unspecified())
                        || known(lease.granted.as_ref().and_then(|granted| granted.address))
                })
                .map(|lease| &lease.told)
        });
        let told: Vec<_> = told.into_iter().flatten().collect();
        let by_dhcp = told.iter().rev().find_map(|told| {
            let full = told.full_name.as_deref().filter(|name| !name.is_empty());
            full.or(told.host_name.as_deref()).map(kept)
        });
        let netbios = identities.iter().find_map(|identity| identity.netbios.clone());
        let workstation = identities.iter().find_map(|identity| identity.workstation.clone());
        let vendor = told.iter().rev().find_map(|told| System::of_vendor_class(told.vendor_class.as_deref()?));
        let system = identities.iter().filter_map(|identity| identity.system.clone()).chain(vendor).max();
        (by_dhcp.or(netbios).or(workstation), system.map(|system| system.name().to_owned()))
    }
}

fn kept(name: &str) -> String {
    name.chars().take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_windows_name_its_version() {
        for (agent, name) in [
            ("Microsoft-CryptoAPI/10.0", Some("Windows 10 / Server 2016 or later")),
            ("Microsoft-CryptoAPI/6.1", Some("Windows 7 / Server 2008 R2")),
            ("Microsoft-CryptoAPI/6.3", Some("Windows 8.1 / Server 2012 R2")),
            ("microsoft ncsi", Some("Windows")),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", None),
            ("curl/8.5.0", None),
        ] {
            assert_eq!(System::of_agent(agent).map(|system| system.name()), name, "{agent}");
        }
        assert!(System::Version("x") > System::Windows && System::Windows > System::Other("Linux"));
        assert_eq!(System::of_vendor_class("MSFT 5.0"), Some(System::Windows));
        assert_eq!(System::of_vendor_class("android-dhcp-14").map(|system| system.is_windows()), Some(false));
        assert_eq!(System::of_vendor_class("PXEClient"), None);
    }
}
