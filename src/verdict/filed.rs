//! Findings as they are kept until they are shown: what lists and states need at hand, the proof packed where there are
//! many. A capture of a hundred thousand troubled clients has three findings of each.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::finding::{Conversation, Details, Doubt, Evidence, Finding, Remark};
use super::judge::{is_os_check, is_probe};
use crate::pack::{Block, pack, pick, unpack};
use crate::time::CaptureTime;
use crate::vocabulary::{Capability, Cause, Confidence, Family, NcsiReason, Route, Severity, Verdict};

/// Findings that share one compressed piece: alike as they are, they take a sixth in it.
pub const SHARERS: usize = 64;
/// Pieces that a thread keeps open: findings are read in an order near to that in which they were filed.
const OPEN_BLOCKS: usize = 16;

/// A piece, and what it holds.
type Opened = (Arc<Block>, Rc<[u8]>);

thread_local! {
    static OPENED: RefCell<VecDeque<Opened>> = const { RefCell::new(VecDeque::new()) };
}

/// Where the proof of a finding is.
#[derive(Clone, Debug)]
enum Proof {
    /// As it is.
    Open(Box<Rest>),
    /// Packed, by itself.
    Alone(Box<[u8]>),
    /// At a place in a piece with others.
    Shared(Arc<Block>, u16),
}

impl Proof {
    fn open(&self) -> Cow<'_, Rest> {
        match self {
            Self::Open(rest) => Cow::Borrowed(rest),
            Self::Alone(bytes) => Cow::Owned(unpack(bytes)),
            Self::Shared(block, place) => Cow::Owned(unpack(pick(&opened(block), usize::from(*place)))),
        }
    }

    /// Bytes that it takes by itself, about.
    fn bytes(&self) -> usize {
        match self {
            Self::Open(rest) => rest.bytes(),
            Self::Alone(bytes) => bytes.len(),
            Self::Shared(..) => 0,
        }
    }
}

/// A piece as a whole, from among the last ones if it is there.
fn opened(block: &Arc<Block>) -> Rc<[u8]> {
    OPENED.with_borrow_mut(|opened| {
        if let Some((_, whole)) = opened.iter().find(|(known, _)| Arc::ptr_eq(known, block)) {
            return Rc::clone(whole);
        }
        if opened.len() >= OPEN_BLOCKS {
            opened.pop_front();
        }
        let whole = block.whole();
        opened.push_back((Arc::clone(block), Rc::clone(&whole)));
        whole
    })
}

/// Bytes of the proofs that stand by themselves.
#[must_use]
pub fn alone(findings: &[Filed]) -> usize {
    findings.iter().map(|filed| filed.proof.bytes()).sum()
}

/// Puts the proofs of those findings that have theirs by themselves into common pieces.
pub fn share<'a>(findings: impl IntoIterator<Item = &'a mut Filed>) {
    let mut alone: Vec<(&mut Proof, Box<[u8]>)> = findings
        .into_iter()
        .filter_map(|filed| {
            let bytes = match &mut filed.proof {
                Proof::Open(rest) => pack(rest),
                Proof::Alone(bytes) => std::mem::take(bytes),
                Proof::Shared(..) => return None,
            };
            filed.proof = Proof::Alone(Box::default());
            Some((&mut filed.proof, bytes))
        })
        .collect();
    for sharers in alone.chunks_mut(SHARERS) {
        let block = Block::of(sharers.iter().map(|(_, bytes)| &**bytes)).map(Arc::new);
        for (place, (proof, bytes)) in (0u16..).zip(sharers) {
            **proof = match &block {
                Some(block) => Proof::Shared(Arc::clone(block), place),
                None => Proof::Alone(std::mem::take(bytes)),
            };
        }
    }
}

/// A finding whose proof is packed. The fields are those of [`Finding`].
#[derive(Clone, Debug)]
#[allow(missing_docs)] // see Finding
pub struct Filed {
    pub id: u32,
    pub verdict: Verdict,
    pub cause: Option<Cause>,
    pub severity: Severity,
    pub confidence: Confidence,
    pub ncsi_reason: Option<NcsiReason>,
    pub capability: Option<Capability>,
    pub family: Family,
    pub route: Option<Route>,
    pub client: IpAddr,
    pub server: Option<IpAddr>,
    proxy: Option<Box<SocketAddr>>,
    pub host: Option<Arc<str>>,
    pub started: CaptureTime,
    pub ended: CaptureTime,
    pub settled: CaptureTime,
    pub recovered_after: Option<Duration>,
    pub rule: &'static str,
    pub related: Box<[u32]>,
    pub guess: Option<Verdict>,
    /// How many equal ones it stands for.
    pub count: u32,
    /// It is about an NCSI probe.
    pub probe: bool,
    /// It is about another system's connectivity check.
    pub os_check: bool,
    proof: Proof,
}

impl PartialEq for Filed {
    fn eq(&self, other: &Self) -> bool {
        self.open() == other.open()
    }
}

/// What only who reads a finding needs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Rest {
    revision: u32,
    confidence_reasons: Vec<Doubt>,
    client_port: Option<u16>,
    server_port: Option<u16>,
    url: Option<String>,
    evidence: Vec<Evidence>,
    conversations: Vec<Conversation>,
    details: Details,
    remarks: Vec<Remark>,
}

impl Rest {
    /// Bytes that it takes, about: facts of one or two subjects, and what most packets say.
    fn bytes(&self) -> usize {
        const FACTS: usize = 1024;
        const SAID: usize = size_of::<Evidence>() + 64;
        size_of::<Self>()
            + FACTS
            + self.evidence.len() * SAID
            + self.conversations.len() * size_of::<Conversation>()
            + self.remarks.len() * size_of::<Remark>()
    }
}

impl Filed {
    /// Files a finding, its proof packed.
    #[must_use]
    pub fn of(finding: Finding) -> Self {
        let mut filed = Self::open_of(finding);
        if let Proof::Open(rest) = &filed.proof {
            filed.proof = Proof::Alone(pack(rest));
        }
        filed
    }

    /// Files a finding, its proof at hand.
    #[must_use]
    pub fn open_of(finding: Finding) -> Self {
        let (probe, os_check) = (is_probe(&finding), is_os_check(&finding));
        let Finding {
            id,
            revision,
            verdict,
            cause,
            severity,
            confidence,
            confidence_reasons,
            ncsi_reason,
            capability,
            family,
            route,
            client,
            client_port,
            server,
            server_port,
            proxy,
            host,
            url,
            started,
            ended,
            settled,
            recovered_after,
            rule,
            related,
            evidence,
            conversations,
            guess,
            details,
            remarks,
        } = finding;
        let count = details.count;
        let rest = Rest {
            revision,
            confidence_reasons,
            client_port,
            server_port,
            url,
            evidence,
            conversations,
            details,
            remarks,
        };
        Self {
            id,
            verdict,
            cause,
            severity,
            confidence,
            ncsi_reason,
            capability,
            family,
            route,
            client,
            server,
            proxy: proxy.map(Box::new),
            host: host.map(Arc::from),
            started,
            ended,
            settled,
            recovered_after,
            rule,
            related: related.into_boxed_slice(),
            guess,
            count,
            probe,
            os_check,
            proof: Proof::Open(Box::new(rest)),
        }
    }

    /// The finding with its proof.
    #[must_use]
    pub fn open(&self) -> Finding {
        let Rest {
            revision,
            confidence_reasons,
            client_port,
            server_port,
            url,
            evidence,
            conversations,
            details,
            remarks,
        } = self.proof.open().into_owned();
        Finding {
            id: self.id,
            revision,
            verdict: self.verdict,
            cause: self.cause,
            severity: self.severity,
            confidence: self.confidence,
            confidence_reasons,
            ncsi_reason: self.ncsi_reason,
            capability: self.capability,
            family: self.family,
            route: self.route,
            client: self.client,
            client_port,
            server: self.server,
            server_port,
            proxy: self.proxy(),
            host: self.host.as_deref().map(str::to_owned),
            url,
            started: self.started,
            ended: self.ended,
            settled: self.settled,
            recovered_after: self.recovered_after,
            rule: self.rule,
            related: self.related.to_vec(),
            evidence,
            conversations,
            guess: self.guess,
            details,
            remarks,
        }
    }

    /// Facts of the finding by subject.
    #[must_use]
    pub fn details(&self) -> Cow<'_, Details> {
        match self.proof.open() {
            Cow::Borrowed(rest) => Cow::Borrowed(&rest.details),
            Cow::Owned(rest) => Cow::Owned(rest.details),
        }
    }

    /// The explicit proxy.
    #[must_use]
    pub fn proxy(&self) -> Option<SocketAddr> {
        self.proxy.as_deref().copied()
    }

    /// Changes the finding, its proof included.
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Finding) -> T) -> T {
        let is_open = matches!(self.proof, Proof::Open(_));
        let mut finding = self.open();
        let told = change(&mut finding);
        *self = if is_open { Self::open_of(finding) } else { Self::of(finding) };
        told
    }

    /// What orders findings: the moment that settled them first.
    #[must_use]
    pub const fn order(&self) -> (CaptureTime, CaptureTime, IpAddr, Verdict) {
        (self.ended, self.started, self.client, self.verdict)
    }

    /// Names another finding that belongs to it.
    pub fn relate(&mut self, id: u32) {
        if !self.related.contains(&id) {
            let mut related = self.related.to_vec();
            related.push(id);
            related.sort_unstable();
            self.related = related.into_boxed_slice();
        }
    }
}

/// Brings findings into settle order and numbers them from 1, over all lists. References within a list hold.
pub fn number(mut lists: Vec<&mut Vec<Filed>>) {
    let places = (0u32..).zip(&lists).flat_map(|(list, own)| (0u32..).zip(own.iter()).map(move |(at, _)| (list, at)));
    let mut order: Vec<(u32, u32)> = places.collect();
    order.sort_unstable_by_key(|&(list, at)| {
        let filed = lists.get(list as usize).and_then(|own| own.get(at as usize));
        (filed.map(Filed::order), list, at)
    });
    let mut ids: Vec<Vec<(u32, u32)>> = lists.iter().map(|own| Vec::with_capacity(own.len())).collect();
    for (id, (list, at)) in (1u32..).zip(order) {
        let filed = lists.get_mut(list as usize).and_then(|own| own.get_mut(at as usize));
        if let (Some(ids), Some(filed)) = (ids.get_mut(list as usize), filed) {
            ids.push((filed.id, id));
            filed.id = id;
        }
    }
    for (own, mut ids) in lists.into_iter().zip(ids) {
        ids.sort_unstable();
        let now =
            |before: u32| ids.binary_search_by_key(&before, |(before, _)| *before).ok().and_then(|at| ids.get(at));
        for filed in own.iter_mut().filter(|filed| !filed.related.is_empty()) {
            filed.related = filed.related.iter().filter_map(|id| now(*id).map(|(_, id)| *id)).collect();
        }
        own.sort_unstable_by_key(|filed| filed.id);
    }
}
