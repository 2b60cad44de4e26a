//! An attempt as a sequence diagram: who said what to whom, when, and at which step it failed.
//!
//! [`ladder`] makes the diagram of a finding's evidence, [`draw()`] writes it in columns of text, for a screen or to be
//! pasted into a ticket.

mod draw;
mod step;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

use std::time::Duration;

pub use draw::{Drawn, Emphasis, Pen, draw};

use super::language::Language;
use super::words;
use crate::source::PacketId;
use crate::time::CaptureTime;
use crate::verdict::{Cause, Finding, Note, Severity};

/// Longer pauses between two steps get a line of their own.
const PAUSE: Duration = Duration::from_secs(1);

/// Who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The machine that asked.
    Client,
    /// Everybody on its own link: DHCP, ARP, routers.
    Link,
    /// Name servers.
    Resolver,
    /// The explicit proxy.
    Proxy,
    /// Who was to be reached.
    Server,
    /// Somebody else on the way.
    Device,
}

impl Role {
    /// What the column is called.
    #[must_use]
    pub const fn name(self, language: Language) -> &'static str {
        match self {
            Self::Client => language.pick("client", "クライアント"),
            Self::Link => language.pick("local network", "ローカル"),
            Self::Resolver => language.pick("DNS server", "DNS サーバー"),
            Self::Proxy => language.pick("proxy", "プロキシ"),
            Self::Server => language.pick("server", "サーバー"),
            Self::Device => language.pick("device on the way", "途中の機器"),
        }
    }
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// Who.
    pub role: Role,
    /// Addresses, in order of appearance.
    pub addresses: Vec<String>,
}

/// How a step stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// It does not.
    Plain,
    /// It says again what was said before.
    Again,
    /// It failed here.
    Failed,
    /// It worked here.
    Worked,
}

/// One message, or the silence where one was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Column of the sender.
    pub from: usize,
    /// Column of the receiver; that of the sender where it is no message.
    pub to: usize,
    /// What it says, in a few columns.
    pub label: String,
    /// What it says, in a sentence.
    pub note: String,
    /// The packet; `None` for silence.
    pub packet: Option<PacketId>,
    /// When.
    pub time: CaptureTime,
    /// Time since the step before.
    pub after: Duration,
    /// A pause stands before it.
    pub paused: bool,
    /// How it stands out.
    pub weight: Weight,
    /// It was due and did not come.
    pub silent: bool,
}

/// A sequence diagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ladder {
    /// The columns, the client first.
    pub lanes: Vec<Lane>,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The packet that decided, or after which something was due that never came.
    pub decisive: Option<PacketId>,
    /// When it began.
    pub start: CaptureTime,
    /// Digits of a second that the clock resolves.
    pub digits: u8,
}

/// The diagram of `finding`. `digits` is the resolution of the captures' clocks.
#[must_use]
pub fn ladder(finding: &Finding, digits: u8, language: Language) -> Ladder {
    let mut cast = step::Cast::new(finding);
    let mut steps: Vec<Step> = Vec::new();
    let start = finding.evidence.iter().map(|evidence| evidence.at.time).min().unwrap_or(finding.started);
    let mut last = start;
    for evidence in &finding.evidence {
        let Some(said) = cast.said(&evidence.note, language) else { continue };
        let note = words::note(&evidence.note, language);
        if let Some(before) = steps.last_mut().filter(|before| before.packet == Some(evidence.at.id)) {
            // One packet, several things to say of it.
            // What authenticates tells the legs apart; the rest is the same in each.
            before.label = if matches!(evidence.note, Note::Credentials { .. }) {
                format!("{} {}", said.label, before.label)
            } else {
                format!("{} {}", before.label, said.label)
            };
            before.note = format!("{}{}{note}", before.note, language.pick("; ", "、"));
            continue;
        }
        let after = evidence.at.time.since(last);
        steps.push(Step {
            from: said.from,
            to: said.to,
            label: said.label,
            note,
            packet: Some(evidence.at.id),
            time: evidence.at.time,
            after,
            paused: after >= PAUSE,
            weight: if said.again { Weight::Again } else { Weight::Plain },
            silent: false,
        });
        last = evidence.at.time;
    }
    end(finding, &mut steps, last, language);
    let decided = finding.evidence.iter().rev().find(|evidence| decides(&evidence.note, finding)).map(|own| own.at.id);
    let asked = || steps.iter().rev().find(|step| step.from == 0 && step.packet.is_some()).and_then(|step| step.packet);
    let decisive = decided.or_else(asked);
    Ladder { lanes: cast.lanes(), steps, decisive, start, digits }
}

/// Marks the step that decided, or adds the silence that did.
fn end(finding: &Finding, steps: &mut Vec<Step>, last: CaptureTime, language: Language) {
    let decisive = finding.evidence.iter().rev().find(|evidence| decides(&evidence.note, finding)).map(|own| own.at.id);
    let failed = finding.severity >= Severity::Warning;
    let asked_last = steps.last().is_some_and(|step| step.from == 0 && step.to != 0);
    if finding.cause.is_some_and(is_silence) || (failed && decisive.is_none() && asked_last) {
        steps.extend(silence(finding, steps, last, language));
        return;
    }
    let weight = if finding.severity == Severity::Ok { Weight::Worked } else { Weight::Failed };
    let place = steps.iter().rposition(|step| decisive.is_some() && step.packet == decisive);
    // Where nothing decided by itself, what came last left the rest undone.
    let place = place.or_else(|| steps.len().checked_sub(1).filter(|_| failed));
    if let Some(step) = place.and_then(|place| steps.get_mut(place)) {
        step.weight = weight;
    }
}

/// The answer that did not come, or the credentials that did not follow.
fn silence(finding: &Finding, steps: &[Step], last: CaptureTime, language: Language) -> Option<Step> {
    let asked = steps.iter().rev().find(|step| step.from == 0 && step.to != 0)?.to;
    let (from, to, word) = if finding.cause == Some(Cause::ProxyAuthUnanswered) {
        (0, asked, language.pick("no credentials follow", "認証情報の送信なし"))
    } else {
        (asked, 0, language.pick("no answer", "応答なし"))
    };
    let after = finding.ended.since(last);
    Some(Step {
        from,
        to,
        label: word.to_owned(),
        note: word.to_owned(),
        packet: None,
        time: finding.ended.max(last),
        after,
        paused: after >= PAUSE,
        weight: Weight::Failed,
        silent: true,
    })
}

const fn is_silence(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::DnsTimeout
            | Cause::TcpTimeout
            | Cause::HttpTimeout
            | Cause::TlsTimeout
            | Cause::ProxyAuthUnanswered
            | Cause::OneWay
            | Cause::CaptureEnded
    )
}

/// Whether a message settles an attempt.
const fn decides(note: &Note, finding: &Finding) -> bool {
    match note {
        Note::Answer { rcode, .. } => {
            *rcode != 0 || matches!(finding.cause, Some(Cause::DnsNodata | Cause::DnsSinkholed | Cause::DnsWrongAnswer))
        }
        Note::RivalAnswer { .. }
        | Note::Refused { .. }
        | Note::Reset { .. }
        | Note::Icmp { .. }
        | Note::Response { .. }
        | Note::NotHttp { .. }
        | Note::LateResponse { .. }
        | Note::ServerHello { .. }
        | Note::Certificate { .. }
        | Note::Alert { .. }
        | Note::AddressClaimed { .. } => true,
        Note::Closed { .. } => matches!(finding.cause, Some(Cause::HttpClosed | Cause::TlsClosed)),
        _ => false,
    }
}
