//! One portal or filter that answers several clients: systems of different makers that meet the same thing show that
//! the network is the cause, and no machine.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::clean::clean;
use super::language::Language;
use super::model::{Network, NetworkKind};
use super::networks::Where;
use super::words::network::{self, Tally};
use crate::verdict::{Cause, Details, Filed, Severity, Verdict};

/// Name of Windows among the systems.
const WINDOWS: &str = "Windows";

/// What answered clients in somebody else's name: portals, and other devices that refuse.
#[derive(Default)]
pub struct Answerers(BTreeMap<(NetworkKind, String), Group>);

impl Answerers {
    /// Whether a finding may be about one.
    #[must_use]
    pub fn concern(finding: &Filed) -> bool {
        finding.severity >= Severity::Warning && (finding.os_check || finding.verdict == Verdict::HotspotDetected)
    }

    /// Adds what a finding that may be about one says; `details` are its facts.
    pub fn add(&mut self, finding: &Filed, details: &Details) {
        let (Some(key), Some(system)) = (answerer(finding, details), system(finding, details)) else { return };
        let group = self.0.entry(key).or_default();
        group.clients.insert(finding.client);
        if !group.systems.contains(system) {
            group.systems.insert(system.to_owned());
        }
        group.findings.push(finding.id);
        let product = details.responder.as_ref().and_then(|responder| responder.product.as_deref());
        group.product = group.product.take().or_else(|| product.map(clean));
    }

    /// Those that answered several clients.
    #[must_use]
    pub fn networks(self, language: Language) -> Vec<Network> {
        let several = self.0.into_iter().filter(|(_, group)| group.clients.len() > 1);
        several.map(|((kind, name), group)| group.network(kind, name, language)).collect()
    }
}

#[derive(Default)]
struct Group {
    clients: BTreeSet<IpAddr>,
    systems: BTreeSet<String>,
    findings: Vec<u32>,
    product: Option<String>,
}

impl Group {
    fn network(self, kind: NetworkKind, name: String, language: Language) -> Network {
        let count = self.clients.len();
        let systems: Vec<String> = self.systems.into_iter().collect();
        let tally = Tally { failed: count, succeeded: 0, cause: None };
        let text = network::place(kind, &name, &tally, Where::Network, language)
            + &network::systems(&systems, self.product.as_deref(), language);
        Network {
            kind,
            name,
            count,
            clients: self.clients.iter().copied().collect(),
            findings: self.findings,
            succeeded: 0,
            failed: count,
            look_at: Where::Network.name().to_owned(),
            text,
            systems,
            product: self.product,
        }
    }
}

/// Whose check met it.
fn system<'a>(finding: &Filed, details: &'a Details) -> Option<&'a str> {
    match (finding.verdict, &details.os_check) {
        (Verdict::HotspotDetected, _) => Some(WINDOWS),
        (Verdict::OsCheckPortal | Verdict::OsCheckBlocked | Verdict::OsCheckFailed, Some(check)) => Some(&check.system),
        _ => None,
    }
}

/// What answered, and its name: where it redirects to, its page's title, or the product that it looks like.
fn answerer(finding: &Filed, details: &Details) -> Option<(NetworkKind, String)> {
    if finding.proxy().is_some() {
        return None;
    }
    let http = details.http.as_ref()?;
    if let Some(location) = http.location.as_deref() {
        let after = location.split_once("://").map_or(location, |(_, rest)| rest);
        let host = after.split(['/', '?', '#']).next().filter(|host| !host.is_empty())?;
        return Some((NetworkKind::Portal, clean(&host.to_ascii_lowercase())));
    }
    let refuses = matches!(finding.cause, Some(Cause::HttpBlocked | Cause::HttpInterceptAuth | Cause::HttpServerError));
    let kind = if refuses { NetworkKind::Answerer } else { NetworkKind::Portal };
    let product = details.responder.as_ref().and_then(|responder| responder.product.as_deref());
    Some((kind, clean(http.title.as_deref().or(product)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::explain::example;
    use crate::verdict::{Finding, HttpDetails, OsCheckDetails};

    fn met(id: u32, client: [u8; 4], system: Option<&str>, http: HttpDetails, cause: Cause) -> Finding {
        let verdict = if system.is_some() { Verdict::OsCheckPortal } else { Verdict::HotspotDetected };
        let mut finding = example(verdict, Some(cause));
        (finding.id, finding.client) = (id, client.into());
        finding.details.http = Some(Box::new(http));
        finding.details.os_check =
            system.map(|system| Box::new(OsCheckDetails { system: system.to_owned(), ..OsCheckDetails::default() }));
        finding
    }

    fn answered(findings: &[Finding]) -> Vec<Network> {
        let mut answerers = Answerers::default();
        for finding in findings {
            let filed = Filed::of(finding.clone());
            assert!(Answerers::concern(&filed));
            answerers.add(&filed, &filed.details());
        }
        answerers.networks(Language::En)
    }

    #[test]
    fn systems_at_one_portal_are_one_network() {
        let to = |location: &str| HttpDetails { location: Some(location.to_owned()), ..HttpDetails::default() };
        let redirect = Cause::HttpRedirect;
        let findings = [
            met(1, [10, 0, 0, 5], None, to("http://Login.hotel.example/?a"), redirect),
            met(2, [10, 0, 0, 6], Some("Android"), to("http://login.hotel.example/start"), redirect),
            met(3, [10, 0, 0, 7], Some("Apple iOS/macOS"), to("http://login.hotel.example"), redirect),
            met(4, [10, 0, 0, 8], Some("Android"), to("http://elsewhere.example/"), redirect),
        ];
        let networks = answered(&findings);
        assert_eq!(networks.len(), 1);
        let network = &networks[0];
        assert_eq!(
            (network.kind, network.name.as_str(), network.count),
            (NetworkKind::Portal, "login.hotel.example", 3)
        );
        assert_eq!(network.systems, ["Android", "Apple iOS/macOS", "Windows"]);
        assert_eq!(network.findings, [1, 2, 3]);
    }

    #[test]
    fn a_refusal_is_no_portal() {
        let page = || HttpDetails { title: Some("Access Denied".to_owned()), ..HttpDetails::default() };
        let findings = [
            met(1, [10, 0, 0, 5], None, page(), Cause::HttpBlocked),
            met(2, [10, 0, 0, 6], Some("Android"), page(), Cause::HttpBlocked),
        ];
        let networks = answered(&findings);
        assert_eq!(networks.iter().map(|network| network.kind).collect::<Vec<_>>(), [NetworkKind::Answerer]);
    }
}
