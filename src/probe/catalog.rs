//! What NCSI asks, and what only looks like it.
//!
//! The values are the registry's own defaults (`HKLM\SYSTEM\CurrentControlSet\Services\NlaSvc\Parameters\Internet`):
//! `ncsi.txt` up to Windows 10 1511, `connecttest.txt` from 1607 on. A private probe server is added by configuration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::proto::http::{Extent, RequestHead, TargetForm};
use crate::settings::ProbeConfig;
use crate::vocabulary::Family;

/// The User-Agent that makes a request an NCSI probe.
pub const USER_AGENT: &str = "Microsoft NCSI";

/// A probe web server and what it is expected to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebProbe {
    /// Host name, lower case.
    pub host: String,
    /// Path with its leading slash.
    pub path: String,
    /// Expected body.
    pub content: String,
    /// The family that the name is used for.
    pub family: Family,
    /// Came from the configuration.
    pub custom: bool,
}

/// A DNS probe and the address that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsProbe {
    /// Name asked for, lower case.
    pub name: String,
    /// Expected address; its family is that of the probe.
    pub content: IpAddr,
}

/// All known probes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    /// Web probes.
    pub web: Vec<WebProbe>,
    /// DNS probes.
    pub dns: Vec<DnsProbe>,
}

impl Default for Catalog {
    fn default() -> Self {
        let web = |host: &str, path: &str, content: &str, family| WebProbe {
            host: host.into(),
            path: path.into(),
            content: content.into(),
            family,
            custom: false,
        };
        let dns = |content| DnsProbe { name: "dns.msftncsi.com".into(), content };
        Self {
            web: vec![
                web("www.msftconnecttest.com", "/connecttest.txt", "Microsoft Connect Test", Family::V4),
                web("ipv6.msftconnecttest.com", "/connecttest.txt", "Microsoft Connect Test", Family::V6),
                web("www.msftncsi.com", "/ncsi.txt", "Microsoft NCSI", Family::V4),
                web("ipv6.msftncsi.com", "/ncsi.txt", "Microsoft NCSI", Family::V6),
            ],
            dns: vec![
                dns(IpAddr::V4(Ipv4Addr::new(131, 107, 255, 255))),
                dns(IpAddr::V6(Ipv6Addr::new(0xfd3e, 0x4f5a, 0x5b81, 0, 0, 0, 0, 1))),
            ],
        }
    }
}

/// What a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// An NCSI probe.
    Probe,
    /// An NCSI probe of a server that is not in the catalogue.
    CustomProbe,
    /// The probe URL, asked for by something else.
    LookAlike(LookAlike),
    /// The probe's host and path, the head cut before the User-Agent.
    ProbeCut,
    /// Anything else.
    Other,
}

/// Who asks for the probe URL and is not Windows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookAlike {
    /// Windows opened a browser at `/redirect`, because it believes in a portal.
    BrowserRedirect,
    /// An application's own check (`?n=` and a time).
    Application,
    /// A browser or a script: somebody tests by hand.
    Manual,
    /// A CONNECT to the probe's host: Windows asks proxies for the file itself.
    Tunnel,
}

impl Catalog {
    /// The known probes, and those of the configuration.
    #[must_use]
    pub fn with(config: &ProbeConfig) -> Self {
        let mut catalog = Self::default();
        for (probe, family) in [(&config.web, Family::V4), (&config.web_v6, Family::V6)] {
            let path = format!("/{}", probe.path.trim_start_matches('/'));
            let host = probe.host.to_ascii_lowercase();
            if !catalog
                .web
                .iter()
                .any(|known| known.host == host && known.path == path && known.content == probe.content)
            {
                catalog.web.insert(0, WebProbe { host, path, content: probe.content.clone(), family, custom: true });
            }
        }
        let dns = [
            (&config.dns_host, IpAddr::V4(config.dns_content)),
            (&config.dns_host_v6, IpAddr::V6(config.dns_content_v6)),
        ];
        for (name, content) in dns {
            let probe = DnsProbe { name: name.to_ascii_lowercase(), content };
            if !catalog.dns.contains(&probe) {
                catalog.dns.insert(0, probe);
            }
        }
        catalog
    }

    /// What a request is.
    #[must_use]
    pub fn asked(&self, head: &RequestHead) -> Asked {
        let host = head.host.as_deref().unwrap_or_default();
        let known_host = self.web.iter().any(|probe| probe.host == host);
        let known_path = self.web.iter().any(|probe| probe.path.eq_ignore_ascii_case(&head.path));
        let whole = head.extent == Extent::Whole;
        match head.user_agent.as_deref() {
            Some(agent) if agent.eq_ignore_ascii_case(USER_AGENT) => {
                if known_host || host.is_empty() {
                    Asked::Probe
                } else {
                    Asked::CustomProbe
                }
            }
            None if !whole && known_path && (known_host || host.is_empty()) => Asked::ProbeCut,
            _ if !known_host || !whole => Asked::Other,
            _ if matches!(head.form, TargetForm::Authority { .. }) => Asked::LookAlike(LookAlike::Tunnel),
            _ if head.path.eq_ignore_ascii_case("/redirect") => Asked::LookAlike(LookAlike::BrowserRedirect),
            _ if !known_path => Asked::Other,
            _ if head.query.as_deref().is_some_and(|query| query.starts_with("n=")) => {
                Asked::LookAlike(LookAlike::Application)
            }
            _ => Asked::LookAlike(LookAlike::Manual),
        }
    }

    /// The body expected for a request: by host and path, else by path, else the current one.
    #[must_use]
    pub fn expected_body(&self, head: &RequestHead) -> &str {
        let host = head.host.as_deref().unwrap_or_default();
        let by_path = |probe: &&WebProbe| probe.path.eq_ignore_ascii_case(&head.path);
        self.web
            .iter()
            .filter(by_path)
            .find(|probe| probe.host == host)
            .or_else(|| self.web.iter().find(by_path))
            .map_or("Microsoft Connect Test", |probe| probe.content.as_str())
    }

    /// Whether these bytes are the body of some probe.
    #[must_use]
    pub fn is_expected_body(&self, body: &[u8]) -> bool {
        self.web.iter().any(|probe| probe.content.as_bytes() == body)
    }

    /// Whether `name` is the name of a web probe server, and of which family.
    #[must_use]
    pub fn web_host(&self, name: &str) -> Option<Family> {
        self.web.iter().find(|probe| probe.host == name).map(|probe| probe.family)
    }

    /// Whether a look-up of `name` with type `qtype` belongs to a web probe: the name of the family with the record
    /// of the family.
    #[must_use]
    pub fn web_lookup(&self, name: &str, qtype: u16) -> Option<Family> {
        let family = self.web_host(name)?;
        (family_of_qtype(qtype) == Some(family)).then_some(family)
    }

    /// The address that a look-up of `name` with type `qtype` is expected to give, if it is a DNS probe.
    #[must_use]
    pub fn dns_probe(&self, name: &str, qtype: u16) -> Option<&DnsProbe> {
        let family = family_of_qtype(qtype)?;
        self.dns.iter().find(|probe| probe.name == name && family_of(probe.content) == family)
    }
}

/// The family that a question of type A or AAAA asks for.
#[must_use]
pub const fn family_of_qtype(qtype: u16) -> Option<Family> {
    match qtype {
        1 => Some(Family::V4),
        28 => Some(Family::V6),
        _ => None,
    }
}

/// The family of an address; IPv4 mapped into IPv6 is IPv4.
#[must_use]
pub fn family_of(address: IpAddr) -> Family {
    match address.to_canonical() {
        IpAddr::V4(_) => Family::V4,
        IpAddr::V6(_) => Family::V6,
    }
}
