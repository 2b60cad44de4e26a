//! Who answered, by its marks: "looks like", never proof.

use std::borrow::Cow;
use std::net::IpAddr;

use super::case::Case;
use super::finding::{Finding, FoundMark};
use crate::marks::{BUILT_IN, Known, Sign};
use crate::probe::attempt::{Attempt, LookupGroup, LookupOutcome, WebAttempt};
use crate::probe::correlate::is_null;
use crate::proto::http::{Page, ResponseHead};
use crate::proto::tls::Certificate;
use crate::transaction::{Exchange, LookupAnswer};

/// Marks named of one finding.
const MAX_FOUND: usize = 16;
/// Answers whose marks are remembered: a client has a few, of its portal, its proxy, its servers.
const MAX_RECOGNISED: usize = 8;

/// What may tell who answered, as it came.
#[derive(Clone, Debug, Default)]
struct Answer<'a> {
    response: Option<Response<'a>>,
    certificate: Option<Cow<'a, Certificate>>,
    addresses: Vec<IpAddr>,
    /// Time to live of a null address.
    null_ttl: Option<u32>,
}

/// The parts of a response that products are known by.
#[derive(Clone, Debug)]
struct Response<'a> {
    head: Cow<'a, ResponseHead>,
    body: Cow<'a, [u8]>,
}

impl Answer<'_> {
    /// Whether both say the same of who answered. What differs with every response, the date above all, does not count.
    fn tells_the_same(&self, other: &Self) -> bool {
        let same = |one: &Response<'_>, other: &Response<'_>| {
            let (a, b) = (&*one.head, &*other.head);
            fields(a) == fields(b) && a.markers == b.markers && a.cookies == b.cookies && one.body == other.body
        };
        let responses = match (&self.response, &other.response) {
            (Some(one), Some(other)) => same(one, other),
            (None, None) => true,
            _ => false,
        };
        responses
            && (&self.certificate, &self.addresses, self.null_ttl)
                == (&other.certificate, &other.addresses, other.null_ttl)
    }

    fn into_owned(self) -> Answer<'static> {
        let response = self.response.map(|Response { head, body }| Response {
            head: Cow::Owned(head.into_owned()),
            body: Cow::Owned(body.into_owned()),
        });
        let certificate = self.certificate.map(|certificate| Cow::Owned(certificate.into_owned()));
        Answer { response, certificate, addresses: self.addresses, null_ttl: self.null_ttl }
    }
}

/// What the last few different answers showed: one device answers many in the same way, and the table is long.
#[derive(Default)]
pub(super) struct Recognised {
    last: Vec<(Answer<'static>, Vec<FoundMark>)>,
    /// The one whose place the next one takes.
    oldest: usize,
}

impl Recognised {
    fn find(&self, answer: &Answer<'_>) -> Option<&[FoundMark]> {
        self.last.iter().find(|(known, _)| known.tells_the_same(answer)).map(|(_, found)| &**found)
    }

    fn keep(&mut self, answer: Answer<'_>, found: Vec<FoundMark>) {
        let kept = (answer.into_owned(), found);
        match self.last.get_mut(self.oldest) {
            Some(oldest) => *oldest = kept,
            None => self.last.push(kept),
        }
        self.oldest = (self.oldest + 1) % MAX_RECOGNISED;
    }
}

/// What an answer shows of its sender; texts in lower case.
#[derive(Default)]
struct Shown<'a> {
    head: Option<&'a ResponseHead>,
    location: Option<String>,
    cookies: Vec<String>,
    title: Option<String>,
    page: String,
    certificate: Vec<String>,
    addresses: &'a [IpAddr],
    null_ttl: Option<u32>,
}

impl Case<'_> {
    /// Names who answered, as far as its marks tell.
    pub(super) fn name_responder(&self, attempt: &Attempt<'_>, finding: &mut Finding, recognised: &mut Recognised) {
        let answer = match attempt {
            Attempt::Web(web) | Attempt::OsCheck(_, web) => of_web(web),
            Attempt::Dns(group) | Attempt::ProxyName(group) => of_lookup(group),
            Attempt::Discovery(search) => search.fetches.last().map(|fetch| of_exchange(fetch)).unwrap_or_default(),
            Attempt::LookAlike(exchange, _) => of_exchange(exchange),
            Attempt::ProxyRefusal(legs) => legs.last().map(|leg| of_exchange(leg)).unwrap_or_default(),
            Attempt::Tls(series) => {
                let certificate = series.last().and_then(|handshake| handshake.certificate.as_ref());
                Answer { certificate: certificate.map(|(one, _)| Cow::Borrowed(&**one)), ..Answer::default() }
            }
        };
        let mut found = match recognised.find(&answer) {
            Some(found) => found.to_vec(),
            None => {
                let found = self.marks_of(&answer);
                recognised.keep(answer, found.clone());
                found
            }
        };
        if matches!(attempt, Attempt::Web(_) | Attempt::OsCheck(..) | Attempt::ProxyRefusal(_)) {
            let by_hardware = self.hardware(finding, &found);
            found.extend(by_hardware);
        }
        if found.is_empty() {
            return;
        }
        found.sort_by_key(|mark| std::cmp::Reverse(mark.confidence)); // stable: the order of the table among equals
        found.truncate(MAX_FOUND);
        let responder = finding.details.responder.get_or_insert_default();
        if let Some(best) = found.first() {
            responder.product = Some(best.product.clone());
            responder.vendor.clone_from(&best.vendor);
            responder.kind = Some(best.kind);
        }
        responder.marks = found;
    }

    /// The marks of all products that an answer shows.
    fn marks_of(&self, answer: &Answer<'_>) -> Vec<FoundMark> {
        let shown = Shown::by(answer);
        let known = self.world.settings.responders.iter().chain(BUILT_IN.iter());
        known.filter(|known| shown.may_show(known)).flat_map(|known| shown.marks_of(known)).collect()
    }
}

fn of_web<'a>(web: &WebAttempt<'a>) -> Answer<'a> {
    let mut answer = web.decisive().map(of_exchange).unwrap_or_default();
    if let Some(group) = &web.lookup {
        let told = of_lookup(group);
        answer.addresses.extend(told.addresses);
        answer.null_ttl = told.null_ttl;
    }
    answer
}

fn of_lookup<'a>(group: &LookupGroup<'_>) -> Answer<'a> {
    match group.outcome() {
        LookupOutcome::Resolved(_, answer) => of_answer(answer),
        _ => Answer::default(),
    }
}

fn of_answer<'a>(answer: &LookupAnswer) -> Answer<'a> {
    let null = answer.addresses.iter().all(|address| is_null(*address));
    Answer { addresses: answer.addresses.clone(), null_ttl: null.then_some(answer.ttl), ..Answer::default() }
}

fn of_exchange(exchange: &Exchange) -> Answer<'_> {
    let Some(response) = &exchange.response else { return Answer::default() };
    Answer {
        response: Some(Response { head: Cow::Borrowed(&response.head), body: Cow::Borrowed(&response.body.bytes) }),
        addresses: vec![exchange.server().ip()],
        ..Answer::default()
    }
}

fn names_in(certificate: &Certificate) -> Vec<String> {
    [
        &certificate.issuer_name,
        &certificate.issuer_organization,
        &certificate.subject_name,
        &certificate.subject_organization,
        &certificate.top_issuer,
    ]
    .into_iter()
    .flatten()
    .map(|text| text.to_lowercase())
    .collect()
}

impl<'a> Shown<'a> {
    fn by(answer: &'a Answer<'_>) -> Self {
        let about = Self {
            certificate: answer.certificate.as_deref().map(names_in).unwrap_or_default(),
            addresses: &answer.addresses,
            null_ttl: answer.null_ttl,
            ..Self::default()
        };
        let Some(Response { head, body }) = &answer.response else { return about };
        let page = Page::of(body, head.content_type.as_deref());
        Self {
            head: Some(head),
            location: head.location.as_ref().map(|location| location.to_lowercase()),
            cookies: head.cookies.iter().map(|cookie| cookie.to_lowercase()).collect(),
            title: page.title().map(|title| title.to_lowercase()),
            page: page.text().to_lowercase(),
            ..about
        }
    }

    /// Whether there is anything at all that could show a product: most of what fails shows an address and no more.
    const fn may_show(&self, known: &Known) -> bool {
        let spoke =
            self.head.is_some() || self.title.is_some() || !self.page.is_empty() || !self.certificate.is_empty();
        spoke || known.by_address
    }

    /// The marks of one product, each way of showing it once.
    fn marks_of(&self, known: &Known) -> Vec<FoundMark> {
        let mut found: Vec<FoundMark> = Vec::new();
        for mark in &known.marks {
            let Some(by) = self.shows(&mark.sign) else { continue };
            match found.iter_mut().find(|other| other.by == by) {
                Some(other) => other.confidence = other.confidence.max(mark.confidence),
                None => found.push(FoundMark {
                    product: known.product.clone(),
                    vendor: known.vendor.clone(),
                    kind: known.kind,
                    by,
                    confidence: mark.confidence,
                }),
            }
        }
        found
    }

    /// By what a sign is seen, if it is.
    fn shows(&self, sign: &Sign) -> Option<String> {
        let head = || self.head;
        match sign {
            Sign::Header { name, holds } => {
                let fits = |value: &str| holds.as_ref().is_none_or(|part| value.to_lowercase().contains(part));
                values_of(head()?, name).any(fits).then(|| format!("header {name}"))
            }
            Sign::Cookie { name, prefix } => {
                let fits = |cookie: &String| cookie == name || *prefix && cookie.starts_with(name.as_str());
                let place = self.cookies.iter().position(fits)?;
                Some(format!("cookie {}", head()?.cookies.get(place)?))
            }
            Sign::Title(part) => self.title.as_ref()?.contains(part).then(|| "title".to_owned()),
            Sign::Location(part) => self.location.as_ref()?.contains(part).then(|| "location".to_owned()),
            Sign::Body(_) if self.page.is_empty() => None,
            // Pages are long and marks are many: the search that looks at many bytes at once.
            Sign::Body(part) => memchr::memmem::find(self.page.as_bytes(), part.as_bytes()).map(|_| "body".to_owned()),
            Sign::Certificate(part) => {
                self.certificate.iter().any(|name| name.contains(part.as_str())).then(|| "certificate".to_owned())
            }
            Sign::Address(network, length) => self
                .addresses
                .iter()
                .find(|address| within(**address, *network, *length))
                .map(|address| format!("address {address}")),
            // Whose link address it is, the answer does not show: see `hardware`.
            Sign::Mac(_) => None,
            Sign::NullTtl(ttl) => (self.null_ttl == Some(*ttl)).then(|| format!("ttl {ttl}")),
        }
    }
}

/// The fields that have a place of their own in a head.
fn fields(head: &ResponseHead) -> [(&'static str, Option<&str>); 5] {
    [
        ("via", head.via.as_deref()),
        ("server", head.server.as_deref()),
        ("x-cache", head.x_cache.as_deref()),
        ("content-type", head.content_type.as_deref()),
        ("location", head.location.as_deref()),
    ]
}

/// Values of a field, wherever the head keeps it.
fn values_of<'a>(head: &'a ResponseHead, name: &'a str) -> impl Iterator<Item = &'a str> {
    let own = fields(head).into_iter().find(|(field, _)| *field == name);
    own.and_then(|(_, value)| value)
        .into_iter()
        .chain(head.markers.iter().filter(move |(marker, _)| marker == name).map(|(_, value)| value.as_str()))
}

/// Whether an address lies in a network.
fn within(address: IpAddr, network: IpAddr, length: u8) -> bool {
    match (address.to_canonical(), network.to_canonical()) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::vocabulary::Confidence;

    fn products(head: &ResponseHead, page: &[u8]) -> Vec<(String, String, Confidence)> {
        let response = Response { head: Cow::Borrowed(head), body: Cow::Borrowed(page) };
        let answer = Answer { response: Some(response), ..Answer::default() };
        let shown = Shown::by(&answer);
        let found = BUILT_IN.iter().flat_map(|known| shown.marks_of(known));
        found.map(|mark| (mark.product, mark.by, mark.confidence)).collect()
    }

    #[test]
    fn fields_cookies_and_pages_tell() {
        let mut head = ResponseHead { via: Some("1.1 gw (squid/5.7)".into()), ..ResponseHead::default() };
        head.cookies.push("bcsi-cs-0f3a".into());
        head.markers.push(("x-pi-hole".into(), "A black hole".into()));
        let found = products(&head, b"<title>Blocked</title>FORTIGUARD category");
        let told: Vec<(&str, &str)> = found.iter().map(|(product, by, _)| (product.as_str(), by.as_str())).collect();
        let expected = [
            ("Squid", "header via"),
            ("ProxySG (Blue Coat)", "cookie bcsi-cs-0f3a"),
            ("FortiGate", "body"),
            ("Pi-hole", "header x-pi-hole"),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn nothing_is_known_of_a_plain_server() {
        let head = ResponseHead { server: Some("nginx/1.22.1".into()), ..ResponseHead::default() };
        assert_eq!(products(&head, b"<title>Welcome to Hotel WiFi</title>"), []);
    }

    #[test]
    fn the_same_device_is_told_by_what_it_says_of_itself() {
        let of = |via: &str, date, body: &'static [u8]| {
            let head = ResponseHead { via: Some(via.into()), date: Some(date), ..ResponseHead::default() };
            let response = Response { head: Cow::Owned(head), body: Cow::Borrowed(body) };
            Answer { response: Some(response), ..Answer::default() }
        };
        let first = of("1.1 gw (squid)", 1, b"denied");
        assert!(first.tells_the_same(&of("1.1 gw (squid)", 2, b"denied")));
        assert!(!first.tells_the_same(&of("1.1 gw (squid/5)", 1, b"denied")));
        assert!(!first.tells_the_same(&of("1.1 gw (squid)", 1, b"Denied")));
        assert!(!first.tells_the_same(&Answer::default()));
        let elsewhere = Answer { addresses: vec!["192.0.2.1".parse().unwrap()], ..first.clone() };
        assert!(!first.tells_the_same(&elsewhere));
    }

    #[test]
    fn networks_have_edges() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let umbrella = ip("146.112.61.104");
        for (address, inside) in [
            ("146.112.61.103", false),
            ("146.112.61.104", true),
            ("::ffff:146.112.61.111", true),
            ("146.112.61.112", false),
        ] {
            assert_eq!(within(ip(address), umbrella, 29), inside, "{address}");
        }
        assert!(within(ip("2001:db8::1"), ip("2001:db8::"), 32) && !within(ip("2001:db9::1"), ip("2001:db8::"), 32));
        assert!(within(ip("1.2.3.4"), ip("9.9.9.9"), 0) && !within(ip("1.2.3.4"), ip("::"), 0));
    }
}
