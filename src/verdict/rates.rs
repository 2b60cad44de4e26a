//! How often it works, by whom it was asked of and when: a fault that comes and goes shows only in numbers.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::filed::Filed;
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

/// Counts of all probes and look-ups of clients.
#[derive(Debug, Default)]
pub struct Rates {
    of: BTreeMap<RateKey, Rate>,
}

/// What one client did, by key.
type Courses = BTreeMap<RateKey, Course>;

impl Rates {
    /// Adds the look-ups of a client.
    pub fn note_lookups(&mut self, world: &World, roles: &Roles, address: IpAddr, client: &Client) {
        if roles.role(address) != Role::Client {
            return;
        }
        let mut courses = Courses::new();
        for lookup in client.lookups.iter().filter(|lookup| lookup.recursion_desired) {
            if let Some(failed) = outcome(world, address, client, lookup) {
                let count = 1 + lookup.stands_for.map_or(0, |others| u64::from(others.count));
                let course = courses.entry(RateKey::DnsServer(lookup.server.ip())).or_default();
                course.samples.push((lookup.first().time, failed, count));
            }
        }
        self.add(courses);
    }

    /// With those of probes: the keys with failures first.
    #[must_use]
    pub fn with(mut self, roles: &Roles, findings: &[Filed]) -> Vec<Rate> {
        let mut counted: Vec<&Filed> =
            findings.iter().filter(|one| is_counted(one) && roles.role(one.client) == Role::Client).collect();
        counted.sort_by_key(|finding| finding.client);
        for own in counted.chunk_by(|one, other| one.client == other.client) {
            let mut courses = Courses::new();
            for finding in own {
                let failed = !is_success(finding.verdict);
                let sample = (finding.settled, failed, u64::from(finding.count.max(1)));
                let by_name = finding.cause.is_some_and(|cause| cause.name().starts_with("dns-"));
                let place = match (finding.proxy(), finding.server) {
                    (Some(proxy), _) => Some(RateKey::Proxy(proxy)),
                    (None, Some(server)) if !by_name => Some(RateKey::Address(server)),
                    _ => None,
                };
                if let Some(place) = place {
                    courses.entry(place).or_default().samples.push(sample);
                }
                for (hour, count) in by_hour(finding) {
                    let course = courses.entry(RateKey::Hour(hour)).or_default();
                    course.samples.push((finding.settled, failed, count));
                }
            }
            self.add(courses);
        }
        bounded(self.of.into_values().collect())
    }

    /// Adds what one client did.
    fn add(&mut self, courses: Courses) {
        for (key, mut course) in courses {
            let rate = self.of.entry(key).or_insert(Rate { key, attempts: 0, failed: 0, intermittent: false });
            // Hours divide what the other keys count: they tell when, not whether.
            rate.intermittent |= !matches!(key, RateKey::Hour(_)) && course.changes() >= 2;
            for (_, failed, count) in course.samples {
                rate.attempts += count;
                rate.failed += if failed { count } else { 0 };
            }
        }
    }
}

/// Whether a finding is an attempt of the web probe that came to an end.
fn is_counted(finding: &Filed) -> bool {
    finding.probe
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
        || world.presence.seen(address, from, to) && !world.lacks(from, to);
    (whole && hears && !client.unseen.touches(from, to)).then_some(true)
}

/// The attempts that a finding stands for, by hour: repeats come at about equal distances.
fn by_hour(finding: &Filed) -> BTreeMap<i64, u64> {
    let count = finding.count.clamp(1, MAX_SPREAD);
    let (start, end) = (finding.started.seconds(), finding.ended.seconds().max(finding.started.seconds()));
    let mut hours = BTreeMap::new();
    for number in 0..count {
        let steps = i64::from(count.max(2) - 1);
        let second = start + (end - start) * i64::from(number) / steps;
        *hours.entry(second.div_euclid(3600)).or_default() += 1;
    }
    hours
}

/// As many as a report can hold, those that failed most often rather than others, in the order of their keys.
fn bounded(mut rates: Vec<Rate>) -> Vec<Rate> {
    rates.sort_by_key(|rate| (std::cmp::Reverse((rate.intermittent, rate.failed, rate.attempts)), rate.key));
    rates.truncate(MAX_RATES);
    rates.sort_by_key(|rate| rate.key);
    rates
}
