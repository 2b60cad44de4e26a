//! What can have kept a Windows from probing: by its version, and by the DNS servers that it uses.
//!
//! Up to Windows 10 and Server 2019 Network Location Awareness (`NlaSvc`) hosts the indicator, from Windows 11 and Server
//! 2022 the Network List Service (`netprofm`) does (Microsoft, "NCSI frequently asked questions").

use std::net::IpAddr;

use super::OnLink;
use crate::probe::identity::System;
use crate::settings::ClientOs;
use crate::time::CaptureTime;
use crate::transaction::Granted;
use crate::verdict::finding::{UnprobedCause, UnprobedDetails};

/// Network Location Awareness.
const NLA: &str = "NlaSvc";
/// Network List Service.
const NETWORK_LIST: &str = "netprofm";

/// What is known of a Windows' version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Era {
    /// Vista, 7 and their servers.
    Seven,
    /// 8 to 10, Server 2012 to 2019.
    UpTo10,
    /// 11, Server 2022 and later.
    From11,
    /// Not known on which side of Windows 11: the programs of 10 and 11 name themselves alike.
    Unknown,
}

impl Era {
    const fn services(self) -> &'static [&'static str] {
        match self {
            Self::Seven | Self::UpTo10 => &[NLA],
            Self::From11 => &[NETWORK_LIST],
            Self::Unknown => &[NLA, NETWORK_LIST],
        }
    }
}

/// The version and its name. What a program names itself by is an old version for sure, where it is one; for the rest
/// what the user told holds.
fn version(told: ClientOs, seen: Option<&System>) -> (Era, Option<&'static str>) {
    let by_program = seen.filter(|system| system.is_windows()).map(System::name);
    match by_program {
        Some(name) if name.starts_with("Windows Vista") || name.starts_with("Windows 7") => {
            return (Era::Seven, Some(name));
        }
        Some(name) if name.starts_with("Windows 8") => return (Era::UpTo10, Some(name)),
        _ => {}
    }
    match told {
        ClientOs::Win7 => (Era::Seven, Some("Windows 7 / Server 2008 R2")),
        ClientOs::Win8 => (Era::UpTo10, Some("Windows 8 / Server 2012")),
        ClientOs::Win10 => (Era::UpTo10, Some("Windows 10 / Server 2016 / 2019")),
        ClientOs::Win11 => (Era::From11, Some("Windows 11 / Server 2022")),
        ClientOs::Unknown => (Era::Unknown, by_program),
    }
}

impl OnLink<'_> {
    /// What can have kept this host from probing after it got its lease.
    pub(super) fn reasons(&self, seen: Option<&System>, granted: &Granted, since: CaptureTime) -> UnprobedDetails {
        let (era, system) = version(self.world.settings.client_os, seen);
        let resolvers = self.other_resolvers(granted, since);
        let mut causes = Vec::new();
        if !resolvers.is_empty() {
            causes.push(UnprobedCause::OtherResolver);
        }
        causes.extend([UnprobedCause::ServiceStopped, UnprobedCause::ProbingOff, UnprobedCause::ForbiddenByPolicy]);
        if era == Era::Seven {
            causes.push(UnprobedCause::KnownNetwork);
        }
        UnprobedDetails {
            system: system.map(str::to_owned),
            services: era.services().iter().map(|&name| name.to_owned()).collect(),
            resolvers,
            causes,
        }
    }

    /// DNS servers that this host sends to, where its lease names none of them. A server of IPv6 may come from a router
    /// advertisement or DHCPv6 of the same link: then nothing is said.
    fn other_resolvers(&self, granted: &Granted, since: CaptureTime) -> Vec<IpAddr> {
        let sent = self.station.hops.iter().filter(|hop| hop.last >= since).flat_map(|hop| &hop.destinations);
        let mut used: Vec<IpAddr> = sent.filter(|to| self.world.resolvers.contains(*to)).copied().collect();
        used.sort_unstable();
        used.dedup();
        if used.iter().any(|server| server.is_ipv6() || granted.dns.contains(server)) {
            used.clear();
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_names_the_service() {
        let (old, eight, ten) = (
            System::of_agent("Microsoft-CryptoAPI/6.1"),
            System::of_agent("Microsoft-CryptoAPI/6.3"),
            System::of_agent("Microsoft-CryptoAPI/10.0"),
        );
        let both: &[&str] = &[NLA, NETWORK_LIST];
        for (told, seen, era, services) in [
            (ClientOs::Unknown, None, Era::Unknown, both),
            (ClientOs::Unknown, Some(System::Windows), Era::Unknown, both),
            (ClientOs::Unknown, ten.clone(), Era::Unknown, both),
            (ClientOs::Unknown, old.clone(), Era::Seven, &[NLA]),
            (ClientOs::Unknown, eight, Era::UpTo10, &[NLA]),
            (ClientOs::Win7, ten.clone(), Era::Seven, &[NLA]),
            (ClientOs::Win10, ten.clone(), Era::UpTo10, &[NLA]),
            (ClientOs::Win11, ten, Era::From11, &[NETWORK_LIST]),
            (ClientOs::Win11, old, Era::Seven, &[NLA]),
        ] {
            let (found, name) = version(told, seen.as_ref());
            assert_eq!((found, found.services()), (era, services), "{told:?} {seen:?} {name:?}");
        }
        assert_eq!(version(ClientOs::Unknown, Some(&System::Other("Linux"))).1, None);
    }
}
