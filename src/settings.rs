//! What the caller tells the engine: what the capture itself cannot say, how long things may take, which probe servers
//! the machines use, and how much memory may go into it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::endpoints::EndpointList;
use crate::limits::TableLimits;
use crate::marks::Known;
use crate::time::CaptureTime;

/// Everything that changes what is analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Proxies that the user knows of.
    pub proxies: Vec<KnownProxy>,
    /// Where the capture was made.
    pub capture_point: CapturePoint,
    /// Windows version of the clients.
    pub client_os: ClientOs,
    /// Capture filter expression (`man pcap-filter`): only packets that match are analysed.
    pub filter: Option<String>,
    /// Bounds of the tables.
    pub limits: TableLimits,
    /// How long an attempt may take.
    pub deadlines: Deadlines,
    /// The probe servers of the machines, where an administrator changed them.
    pub probes: ProbeConfig,
    /// Proxies, portals and filters that the user knows by their marks; the built-in ones come after them.
    pub responders: Vec<Known>,
    /// Hops after which Windows takes passive traffic for the Internet (`MinimumInternetHopCount`).
    pub hop_minimum: u8,
    /// Whether packets of different VLANs and virtual networks are analysed apart, as where addresses overlap.
    pub strict_vlan: bool,
    /// Microsoft 365 endpoints.
    pub endpoints: Arc<EndpointList>,
    /// Whether what is not read is passed over before it costs anything. Without it the findings are the same.
    pub early_reject: bool,
    /// Whether clocks of inputs are set right where packets that several hold show that they differ.
    pub align_clocks: bool,
    /// Threads to work with; 0 is one. Every number gives the same report.
    pub threads: usize,
}

impl Settings {
    /// Windows' own value of `MinimumInternetHopCount` where the registry has none.
    pub const DEFAULT_HOP_MINIMUM: u8 = 8;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            proxies: Vec::new(),
            capture_point: CapturePoint::Unknown,
            client_os: ClientOs::Unknown,
            filter: None,
            limits: TableLimits::default(),
            deadlines: Deadlines::default(),
            probes: ProbeConfig::default(),
            responders: Vec::new(),
            hop_minimum: Self::DEFAULT_HOP_MINIMUM,
            strict_vlan: false,
            endpoints: EndpointList::builtin(),
            early_reject: true,
            align_clocks: true,
            threads: 0,
        }
    }
}

/// A proxy that the user named.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KnownProxy {
    /// Its name or address: lower case, no brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl KnownProxy {
    /// Its address, where the user gave an address.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl FromStr for KnownProxy {
    type Err = String;

    /// Reads `HOST:PORT`, an IPv6 address in brackets.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not HOST:PORT, for instance proxy.example:8080 or [2001:db8::1]:8080");
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(wrong)?;
        let port = port.parse::<u16>().ok().filter(|port| *port != 0).ok_or_else(wrong)?;
        let bare = match host.strip_prefix('[') {
            Some(rest) => {
                let inside = rest.strip_suffix(']').ok_or_else(wrong)?;
                inside.parse::<Ipv6Addr>().map_err(|_| wrong())?;
                inside
            }
            None => host,
        };
        let plain = bare.len() == host.len();
        if bare.is_empty() || bare.contains(char::is_whitespace) || (plain && bare.contains([':', '/', '[', ']'])) {
            return Err(wrong());
        }
        Ok(Self { host: bare.trim_end_matches('.').to_ascii_lowercase(), port })
    }
}

impl fmt::Display for KnownProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Where a capture was made. It decides what the absence of a packet means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapturePoint {
    /// On the client itself: both directions of all its traffic are there.
    Client,
    /// On a mirror port of a switch.
    Switch,
    /// Between a proxy and the Internet: the requests are the proxy's.
    ProxyUplink,
    /// Not said.
    #[default]
    Unknown,
}

/// Windows version of the clients. It decides what a DNS probe alone is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientOs {
    /// Windows 7 or Server 2008 R2.
    Win7,
    /// Windows 8, 8.1, Server 2012 or 2012 R2.
    Win8,
    /// Windows 10, Server 2016 or 2019.
    Win10,
    /// Windows 11, Server 2022 or later.
    Win11,
    /// Not said.
    #[default]
    Unknown,
}

/// How long each stage of an attempt may take before its silence settles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// From the first DNS question: Windows asks at 0, 1, 2, 4 and 8 s and gives up at 10 s.
    pub dns: Duration,
    /// From the first SYN to the last address: Windows sends SYN at 0, 3 and 9 s and gives up at 21 s.
    pub connect: Duration,
    /// From the request: Windows' `WebTimeout`.
    pub response: Duration,
    /// From the ClientHello.
    pub tls: Duration,
    /// Silence after which repeats belong to a new finding.
    pub episode: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(12),
            connect: Duration::from_secs(21),
            response: Duration::from_secs(35),
            tls: Duration::from_secs(10),
            episode: Duration::from_secs(150),
        }
    }
}

/// The probe servers as the registry of the machines names them (`HKLM\SYSTEM\CurrentControlSet\Services\NlaSvc\
/// Parameters\Internet`). The values of all Windows versions are always known; these come on top.
///
/// The default is what Windows 10 1607 and later have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeConfig {
    /// `ActiveWebProbeHost`, `ActiveWebProbePath`, `ActiveWebProbeContent`.
    pub web: WebProbe,
    /// The same with `V6` at the end.
    pub web_v6: WebProbe,
    /// `ActiveDnsProbeHost`.
    pub dns_host: String,
    /// `ActiveDnsProbeContent`.
    pub dns_content: Ipv4Addr,
    /// `ActiveDnsProbeHostV6`.
    pub dns_host_v6: String,
    /// `ActiveDnsProbeContentV6`.
    pub dns_content_v6: Ipv6Addr,
}

/// A web probe: what is asked for and what must come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebProbe {
    /// Host name, lower case.
    pub host: String,
    /// Path without the leading slash.
    pub path: String,
    /// Expected body.
    pub content: String,
}

impl Default for ProbeConfig {
    fn default() -> Self {
        let web = |host: &str| WebProbe {
            host: host.to_owned(),
            path: "connecttest.txt".to_owned(),
            content: "Microsoft Connect Test".to_owned(),
        };
        Self {
            web: web("www.msftconnecttest.com"),
            web_v6: web("ipv6.msftconnecttest.com"),
            dns_host: "dns.msftncsi.com".to_owned(),
            dns_content: Ipv4Addr::new(131, 107, 255, 255),
            dns_host_v6: "dns.msftncsi.com".to_owned(),
            dns_content_v6: Ipv6Addr::new(0xfd3e, 0x4f5a, 0x5b81, 0, 0, 0, 0, 1),
        }
    }
}

/// What the engine reports and asks while it runs.
pub struct Hooks<'a> {
    /// Called now and then while reading.
    pub progress: &'a (dyn Fn(&Progress) + Sync),
    /// Set by the caller to end reading; what was settled until then is returned.
    pub stop: &'a AtomicBool,
    /// Whether SHA-256 of the inputs is wanted.
    pub digest: bool,
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes read so far from all files, as they stand on disk (compressed where they are).
    pub bytes: u64,
    /// Packets read so far.
    pub packets: u64,
    /// Capture time of the latest packet.
    pub time: Option<CaptureTime>,
    /// Findings so far.
    pub findings: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_read_as_people_write_them() {
        let read = |text: &str| text.parse::<KnownProxy>().map(|proxy| (proxy.host, proxy.port));
        assert_eq!(read("Proxy.Example.:8080"), Ok(("proxy.example".into(), 8080)));
        assert_eq!(read("192.0.2.1:3128"), Ok(("192.0.2.1".into(), 3128)));
        assert_eq!(read("[2001:DB8::1]:3128"), Ok(("2001:db8::1".into(), 3128)));
        for wrong in ["proxy", "proxy:", "proxy:0", ":80", "http://proxy:80", "2001:db8::1:80", "[proxy]:80", "a b:80"]
        {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_proxy_prints_as_it_is_read() {
        for text in ["proxy.example:8080", "[2001:db8::1]:3128", "192.0.2.1:80"] {
            assert_eq!(text.parse::<KnownProxy>().map(|proxy| proxy.to_string()), Ok(text.to_owned()));
        }
    }
}
