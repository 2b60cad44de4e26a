//! What several clients have in common: one network fault looks like many broken machines.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::clean::clean;
use super::model::{Network, NetworkKind};
use crate::verdict::{Cause, Finding, Severity, Verdict};

/// Portals, proxies and resolvers that fail two clients or more, and the stages at which clients fail first.
#[must_use]
pub fn summaries(findings: &[&Finding]) -> Vec<Network> {
    let mut groups: BTreeMap<(NetworkKind, String), (BTreeSet<IpAddr>, Vec<u32>)> = BTreeMap::new();
    let mut failed_first: BTreeSet<IpAddr> = BTreeSet::new();
    for finding in findings.iter().filter(|finding| finding.severity >= Severity::Warning) {
        let Some(stage) = finding.cause.and_then(stage) else { continue };
        let first = failed_first.insert(finding.client).then(|| (NetworkKind::Stage, stage.to_owned()));
        for key in first.into_iter().chain(shared(finding)) {
            let (clients, ids) = groups.entry(key).or_default();
            clients.insert(finding.client);
            ids.push(finding.id);
        }
    }
    let mut networks: Vec<Network> = groups
        .into_iter()
        .filter(|(_, (clients, _))| clients.len() > 1)
        .map(|((kind, name), (clients, findings))| Network {
            kind,
            name,
            count: clients.len(),
            clients: clients.iter().map(ToString::to_string).collect(),
            findings,
        })
        .collect();
    networks.sort_by(|a, b| (a.kind, b.count, &a.name).cmp(&(b.kind, a.count, &b.name)));
    networks
}

/// The portal, proxy or resolver behind a finding.
fn shared(finding: &Finding) -> Option<(NetworkKind, String)> {
    if let Some(proxy) = finding.proxy {
        return Some((NetworkKind::Proxy, proxy.to_string()));
    }
    if finding.verdict == Verdict::HotspotDetected {
        let location = finding.details.http.as_ref()?.location.as_deref()?;
        let after = location.split_once("://").map_or(location, |(_, rest)| rest);
        let host = after.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
        return Some((NetworkKind::Portal, clean(&host.to_ascii_lowercase())));
    }
    let dns = finding.details.dns.as_ref().filter(|_| finding.cause.and_then(stage) == Some("dns"))?;
    Some((NetworkKind::Resolver, dns.servers.first()?.to_string()))
}

/// The stage that a cause belongs to; none for what only the capture lacks.
fn stage(cause: Cause) -> Option<&'static str> {
    let (prefix, _) = cause.name().split_once('-')?;
    match prefix {
        "dns" => Some("dns"),
        "tcp" | "icmp" => Some("connect"),
        "http" => Some("http"),
        "proxy" => Some("proxy"),
        "tls" => Some("tls"),
        _ => None,
    }
}
