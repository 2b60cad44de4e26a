//! An analysis that never ends: every finding is told the moment it is settled, once, and again only where it changes.
//!
//! Judging is a pure function of what is kept of the clients, so it can be done at any moment. What it says of the
//! present is provisional: a request may still be answered. A finding is told when nothing about it is open any more:
//! its deadlines have passed, and what follows at once (the retry after an alert, the request through the proxy after a
//! failed look-up) had its chance to follow.

use std::collections::VecDeque;
use std::time::Duration;

pub use super::ledger::Change;
use super::ledger::Ledger;
use super::networks::Networks;
use super::snapshot::Snapshot;
use super::{Judgement, accept_journal, conclude};
use crate::limits::MAX_LOSSES;
use crate::settings::Settings;
use crate::source::live::Loss;
use crate::source::{Frame, Input, JournalEntry};
use crate::time::CaptureTime;
use crate::verdict::{Confidence, Doubt, Filed, Finding, Severity, Verdict};

/// What a client does next, where it does anything, comes within this time; a finding is not told before.
const FOLLOWS_AT_ONCE: Duration = Duration::from_millis(400);
/// Findings about many attempts are told when so long none has spoken against them.
const MANY_ATTEMPTS: Duration = Duration::from_secs(150);

/// Transactions are kept for so long after they ended: longer than any rule looks back.
const KEPT: Duration = Duration::from_secs(600);
/// Time between two looks at what can be let go.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Something to tell.
#[derive(Clone, Debug)]
pub struct Told {
    /// The finding as it is now, with the identifier and the revision that this run gave it.
    pub finding: Finding,
    /// Whether it is new.
    pub change: Change,
}

/// An analysis of what is being captured.
pub struct Watch {
    settings: Settings,
    networks: Networks,
    ledger: Ledger,
    losses: VecDeque<Loss>,
    /// Transactions at the last judgement.
    judged: u64,
    /// Whether the last judgement left something open.
    open: bool,
    now: Option<CaptureTime>,
    /// What ended before was let go.
    forgotten: CaptureTime,
    /// When that was last looked at.
    swept: Option<CaptureTime>,
    began: Option<CaptureTime>,
    /// What the last judgement saw, where somebody wants to see it.
    seen: Option<Snapshot>,
    shows: bool,
    /// What is history is not let go of.
    hoards: bool,
    /// The last judgement rests on everything that ever came.
    whole: bool,
}

impl Watch {
    /// An analysis that has seen nothing yet.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            networks: Networks::new(settings),
            ledger: Ledger::default(),
            losses: VecDeque::new(),
            judged: 0,
            open: false,
            now: None,
            forgotten: CaptureTime::MIN,
            swept: None,
            began: None,
            seen: None,
            shows: false,
            hoards: false,
            whole: true,
        }
    }

    /// From now on, what a judgement sees can be taken.
    pub fn show(&mut self) {
        self.shows = true;
    }

    /// Whether to keep what is history, too, as long as there is room: of a stream that comes faster than it was captured,
    /// all belongs together.
    pub fn hoard(&mut self, hoards: bool) {
        self.hoards = hoards;
    }

    /// What the last judgement saw, once: findings, clients and quality as they are now, with numbers of their own.
    #[must_use]
    pub fn take_seen(&mut self) -> Option<Snapshot> {
        self.seen.take()
    }

    /// Takes the next packet.
    #[inline]
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.now = self.now.max(Some(frame.at.time));
        self.began = self.began.or(self.now);
        self.networks.frame(frame, false);
    }

    /// Time has come so far, and no packet from before is missing.
    pub fn tick(&mut self, now: CaptureTime) {
        self.now = self.now.max(Some(now));
        self.networks.tick(now);
    }

    /// Packets were lost.
    pub fn lost(&mut self, loss: Loss) {
        if self.losses.len() >= MAX_LOSSES {
            self.losses.pop_front();
        }
        self.losses.push_back(loss);
    }

    /// Whether a judgement might bring anything.
    #[must_use]
    pub fn is_due(&self) -> bool {
        self.open || self.networks.handed() != self.judged
    }

    /// Judges what is known; what is new or changed comes back, in settle order.
    pub fn settle(&mut self, inputs: Vec<Input>) -> Vec<Told> {
        self.judged = self.networks.handed();
        let inputs = self.known_losses(inputs);
        let snapshot = conclude(self.networks.known(), inputs.clone(), &self.settings, Judgement::Provisional);
        let told = self.tell(&snapshot, false);
        self.seen = self.shows.then_some(snapshot);
        if let Some(now) = self.now
            && !self.hoards
            && self.swept.is_none_or(|last| now.since(last) >= SWEEP_EVERY)
        {
            self.sweep(now, inputs);
        }
        told
    }

    /// Lets go of what is history. What is judged without it is what later judgements are compared with.
    fn sweep(&mut self, now: CaptureTime, inputs: Vec<Input>) {
        self.swept = Some(now);
        let before = now.before(KEPT);
        if self.began.is_some_and(|began| began >= before) {
            return;
        }
        (self.forgotten, self.whole) = (before, false);
        self.networks.forget(before);
        while self.losses.front().is_some_and(|loss| loss.to < before) {
            self.losses.pop_front();
        }
        let snapshot = conclude(self.networks.known(), inputs, &self.settings, Judgement::Provisional);
        self.ledger.rebase(&self.opened(&snapshot));
    }

    /// What comes from now on does not belong to what came before: settles everything as at the end of a capture, and
    /// begins anew.
    pub fn interrupt(&mut self, inputs: Vec<Input>) -> Vec<Told> {
        let networks = std::mem::replace(&mut self.networks, Networks::new(&self.settings));
        let told = self.conclude(networks, inputs, &[]);
        self.ledger.seal();
        self.whole = false;
        self.losses.clear();
        (self.judged, self.open, self.forgotten) = (0, false, CaptureTime::MIN);
        (self.now, self.swept, self.began) = (None, None, None);
        told
    }

    /// The end.
    pub fn finish(self, inputs: Vec<Input>, journal: &[JournalEntry]) -> (Vec<Told>, Totals) {
        let (told, totals, _) = self.end(inputs, journal);
        (told, totals)
    }

    /// The end, with everything as it is judged then, where nothing was let go before and somebody wants to see it.
    pub fn end(mut self, inputs: Vec<Input>, journal: &[JournalEntry]) -> (Vec<Told>, Totals, Option<Snapshot>) {
        let networks = std::mem::replace(&mut self.networks, Networks::new(&self.settings));
        let told = self.conclude(networks, inputs, journal);
        let whole = self.seen.take().filter(|_| self.whole);
        (told, self.ledger.totals(), whole)
    }

    /// How many findings were told so far.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.ledger.totals()
    }

    fn conclude(&mut self, networks: Networks, inputs: Vec<Input>, journal: &[JournalEntry]) -> Vec<Told> {
        let mut parts = networks.finish();
        accept_journal(journal, &mut parts);
        let parts = parts.iter_mut().map(|(world, counts, flows)| (world, counts.clone(), *flows)).collect();
        let snapshot = conclude(parts, self.known_losses(inputs), &self.settings, Judgement::Final);
        let told = self.tell(&snapshot, true);
        self.seen = self.shows.then_some(snapshot);
        told
    }

    /// Losses that are known by time concern what happened then, and nothing else.
    fn known_losses(&self, inputs: Vec<Input>) -> Vec<Input> {
        let timed = |input: Input| if input.format == "live" { Input { dropped: 0, ..input } } else { input };
        inputs.into_iter().map(timed).collect()
    }

    /// All findings with their proof, and with the doubts that losses give.
    fn opened(&self, snapshot: &Snapshot) -> Vec<Finding> {
        let mut findings: Vec<Finding> = snapshot.findings.iter().map(Filed::open).collect();
        for finding in &mut findings {
            doubt_losses(&self.losses, finding);
        }
        findings
    }

    fn tell(&mut self, snapshot: &Snapshot, over: bool) -> Vec<Told> {
        let now = self.now.unwrap_or(CaptureTime::MIN);
        let findings = self.opened(snapshot);
        let mut open = false;
        let told = self.ledger.update(findings, self.forgotten, |finding| {
            let settled = over || is_settled(finding, now);
            open |= !settled;
            settled
        });
        self.open = open;
        told.into_iter().map(|(finding, change)| Told { finding, change }).collect()
    }
}

/// Findings told, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Findings, each counted once.
    pub findings: u64,
    /// Of these, errors, as they were told first.
    pub errors: u64,
    /// Warnings.
    pub warnings: u64,
    /// Told again.
    pub revised: u64,
    /// Taken back.
    pub withdrawn: u64,
}

/// Whether nothing about a finding is open any more at `now`.
fn is_settled(finding: &Finding, now: CaptureTime) -> bool {
    let waits = finding.confidence_reasons.iter().any(|doubt| matches!(doubt, Doubt::DeadlineOutside { .. }));
    let patience = match finding.verdict {
        Verdict::EndpointSetUnreachable | Verdict::OfficeGatedByNcsi => MANY_ATTEMPTS,
        _ => FOLLOWS_AT_ONCE,
    };
    !waits && now >= finding.settled.after(patience)
}

/// A finding whose time overlaps losses is less certain.
fn doubt_losses(losses: &VecDeque<Loss>, finding: &mut Finding) {
    let touched = losses.iter().any(|loss| loss.from <= finding.ended && loss.to >= finding.started);
    if !touched || finding.confidence_reasons.contains(&Doubt::Drops) {
        return;
    }
    finding.confidence_reasons.push(Doubt::Drops);
    finding.confidence = match finding.confidence {
        Confidence::High => Confidence::Medium,
        Confidence::Medium | Confidence::Low => Confidence::Low,
    };
    if finding.confidence == Confidence::Low && finding.severity == Severity::Error {
        finding.severity = Severity::Warning;
    }
}
