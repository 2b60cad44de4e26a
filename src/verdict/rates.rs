//! How often it works, by whom it was asked of and when: a fault that comes and goes shows only in numbers.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::finding::Finding;
use super::judge::is_probe;
use super::relate::is_success;
use super::roles::Roles;
use crate::limits::MAX_RATES;
use crate::probe::client::Client;
use crate::probe::world::World;
use crate::settings::CapturePoint;
use crate::time::CaptureTime;
use crate::transaction::{Lookup, LookupEnd, Wait};
use crate::vocabulary::{Role, Route, Verdict};

/// Response codes of a resolver that could not or would not answer (RFC 1035: SERVFAIL, REFUSED).
const FAILING: [u16; 2] = [2, 5];
/// Attempts of one folded finding that are spread over hours one by one.
const MAX_SPREAD: u32 = 100_000;

/// By what attempts are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RateKey {
    /// Look-ups of probe names, by resolver.
    DnsServer(IpAddr),
    /// Probes through an explicit proxy.
    Proxy(SocketAddr),
    /// Direct probes, by the address that was asked.
    Address(IpAddr),
    /// Probes by the hour (hours since 1970, UTC) in which they began.
    Hour(i64),
}

/// How often it worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// By what is counted.
    pub key: RateKey,
    /// How often it was tried.
    pub attempts: u64,
    /// How often it failed.
    pub failed: u64,
    /// One client failed between successes or the other way round: a fault that comes and goes.
    pub intermittent: bool,
}

/// The attempts of one client under one key, in the order of time.
#[derive(Default)]
struct Course {
    samples: Vec<(CaptureTime, bool, u64)>,
}

impl Course {
    /// How often the outcome changed.
    fn changes(&mut self) -> usize {
        self.samples.sort_unstable();
        self.samples.windows(2).filter(|pair| matches!(pair, [a, b] if a.1 != b.1)).count()
    }
}

type Courses = BTreeMap<RateKey, BTreeMap<IpAddr, Course>>;

/// Counts all probes and look-ups of clients: the keys with failures first.
#[must_use]
pub fn rates(world: &World, roles: &Roles, findings: &[Finding]) -> Vec<Rate> {
    let mut courses = Courses::new();
    let mut add = |key, client, sample| courses.entry(key).or_default().entry(client).or_default().samples.push(sample);
    for finding in findings.iter().filter(|finding| is_counted(finding) && roles.role(finding.client) == Role::Client) {
        let failed = !is_success(finding.verdict);
        let count = u64::from(finding.details.count.max(1));
        let sample = (finding.settled, failed, count);
        let by_name = finding.cause.is_some_and(|cause| cause.name().starts_with("dns-"));
        match (finding.proxy, finding.server) {
            (Some(proxy), _) => add(RateKey::Proxy(proxy), finding.client, sample),
            (None, Some(server)) if !by_name => add(RateKey::Address(server), finding.client, sample),
            _ => {}
        }
        for (hour, count) in by_hour(finding) {
            add(RateKey::Hour(hour), finding.client, (finding.settled, failed, count));
        }
    }
    for (address, client) in world.clients.iter().filter(|(address, _)| roles.role(**address) == Role::Client) {
        for lookup in client.lookups.iter().filter(|lookup| lookup.recursion_desired) {
            if let Some(failed) = outcome(world, *address, client, lookup) {
                let count = 1 + lookup.stands_for.map_or(0, |others| u64::from(others.count));
                add(RateKey::DnsServer(lookup.server.ip()), *address, (lookup.first().time, failed, count));
            }
        }
    }
    bounded(courses.into_iter().map(|(key, clients)| rate(key, clients)).collect())
}

/// Whether a finding is an attempt of the web probe that came to an end.
fn is_counted(finding: &Finding) -> bool {
    is_probe(finding)
        && finding.route != Some(Route::ProxyUpstream)
        && !matches!(
            finding.verdict,
            Verdict::ProbeLookAlike
                | Verdict::Incomplete
                | Verdict::ActiveDnsProbeSucceeded
                | Verdict::ActiveDnsProbeFailed
        )
}

/// Whether a look-up failed; `None` where the capture cannot tell, because the answer may not have been captured.
fn outcome(world: &World, address: IpAddr, client: &Client, lookup: &Lookup) -> Option<bool> {
    if let Some(answer) = &lookup.answer {
        return Some(FAILING.contains(&answer.rcode));
    }
    if lookup.icmp.is_some() {
        return Some(true);
    }
    let from = lookup.first().time;
    let to = from.after(world.settings.deadlines.dns);
    let whole = lookup.end == LookupEnd::Unanswered(Wait::Elapsed);
    let hears = world.settings.capture_point == CapturePoint::Client
        || world.presence.seen(address, from, to) && world.drops == 0;
    (whole && hears && !client.unseen.touches(from, to)).then_some(true)
}

/// The attempts that a finding stands for, by hour: repeats come at about equal distances.
fn by_hour(finding: &Finding) -> BTreeMap<i64, u64> {
    let count = finding.details.count.clamp(1, MAX_SPREAD);
    let (start, end) = (finding.started.seconds(), finding.ended.seconds().max(finding.started.seconds()));
    let mut hours = BTreeMap::new();
    for number in 0..count {
        let steps = i64::from(count.max(2) - 1);
        let second = start + (end - start) * i64::from(number) / steps;
        *hours.entry(second.div_euclid(3600)).or_default() += 1;
    }
    hours
}

fn rate(key: RateKey, clients: BTreeMap<IpAddr, Course>) -> Rate {
    let mut rate = Rate { key, attempts: 0, failed: 0, intermittent: false };
    for mut course in clients.into_values() {
        rate.intermittent |= course.changes() >= 2;
        for (_, failed, count) in course.samples {
            rate.attempts += count;
            rate.failed += if failed { count } else { 0 };
        }
    }
    // Hours divide what the other keys count: they tell when, not whether.
    rate.intermittent &= !matches!(rate.key, RateKey::Hour(_));
    rate
}

/// As many as a report can hold, those that failed most often rather than others, in the order of their keys.
fn bounded(mut rates: Vec<Rate>) -> Vec<Rate> {
    rates.sort_by_key(|rate| (std::cmp::Reverse((rate.intermittent, rate.failed, rate.attempts)), rate.key));
    rates.truncate(MAX_RATES);
    rates.sort_by_key(|rate| rate.key);
    rates
}
