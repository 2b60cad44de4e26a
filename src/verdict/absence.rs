//! What silence proves. The most important rule of the program: nothing that the capture could not have shown is ever
//! reported as missing with certainty.
//!
//! Silence is proof only where the whole deadline lies inside the capture, the question was sent at least twice (where
//! its protocol repeats), and the capture shows other traffic towards the client at that time. A capture that ended
//! early, that has one eye, or that lost packets decides nothing.

use std::time::Duration;

use super::case::{Case, Ruling};
use super::finding::Doubt;
use crate::settings::CapturePoint;
use crate::source::PacketId;
use crate::time::CaptureTime;
use crate::transaction::{Exchange, Wait};
use crate::vocabulary::{Cause, Verdict};

/// Packets that arrive within this time after a question may have been sent before it.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

/// An unanswered question.
#[derive(Clone, Copy, Debug)]
pub struct Silence {
    /// When it was asked first.
    pub from: CaptureTime,
    /// When its deadline passed, or would have.
    pub to: CaptureTime,
    /// Whether the deadline lies inside the capture.
    pub wait: Wait,
    /// Copies that went unanswered; `None` where the protocol does not repeat.
    pub copies: Option<usize>,
    /// The packet that asked: where there are several capture points, those that have it would have the answer, too.
    /// `None` where the question stays on its link.
    pub asked: Option<PacketId>,
}

/// The packet that asked for an exchange: its request, or what opened its connection.
pub(super) fn asked_by(exchange: &Exchange) -> Option<PacketId> {
    Some(exchange.request.as_ref().map_or(exchange.started.id, |request| request.at.id))
}

impl Case<'_> {
    /// `ruling` stands if the silence is proof, loses confidence if it is probable, and becomes `Incomplete` where the
    /// capture cannot know.
    #[must_use]
    pub fn by_silence(&self, silence: Silence, ruling: Ruling) -> Ruling {
        let guess = Some(ruling.verdict);
        if let Wait::Cut { missing } = silence.wait {
            return Ruling::incomplete(Cause::CaptureEnded, guess, ruling.rule)
                .doubt(Doubt::DeadlineOutside { missing });
        }
        if self.client.unseen.touches(silence.from, silence.to) {
            return Ruling::incomplete(Cause::OneWay, guess, ruling.rule).doubt(Doubt::UnseenAnswer);
        }
        // What was already on its way when the question was sent does not show that an answer would have been seen.
        let settled = if silence.copies.is_some() { silence.from.after(ON_ITS_WAY) } else { silence.from };
        let hears =
            self.world.settings.capture_point == CapturePoint::Client || self.hears(silence.asked, settled, silence.to);
        if !hears {
            return Ruling::incomplete(Cause::OneWay, guess, ruling.rule).doubt(Doubt::NoInboundTraffic);
        }
        ruling
            .doubt_if(self.world.lacks(silence.from, silence.to), Doubt::Drops)
            .doubt_if(silence.copies.is_some_and(|copies| copies < 2), Doubt::SingleCopy)
    }

    /// Whether traffic towards the client was captured within `from..=to`, where the question was.
    fn hears(&self, asked: Option<PacketId>, from: CaptureTime, to: CaptureTime) -> bool {
        let by_points = || {
            let (vantage, id) = (self.world.vantage.as_ref()?, asked?);
            // What a capture shows that is none of the points is judged as ever.
            vantage.point_of(id)?;
            Some(vantage.hears_at(self.address, vantage.points_of(id), from, to))
        };
        by_points().unwrap_or_else(|| self.world.presence.seen(self.address, from, to))
    }

    /// The ruling for an answer that exists and was not captured.
    #[must_use]
    pub fn not_captured(&self, one_way: bool, guess: Option<Verdict>, rule: &'static str) -> Ruling {
        let cause = if one_way { Cause::OneWay } else { Cause::Gap };
        Ruling::incomplete(cause, guess, rule).doubt(if one_way { Doubt::UnseenAnswer } else { Doubt::Gap })
    }
}
