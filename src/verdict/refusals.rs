//! The same user refused by a web server again and again (401): a stored old password, until the account is locked.

use std::time::Duration;

use super::case::{Case, Ruling};
use super::evidence::credential_text;
use super::finding::{AuthDetails, Doubt, Finding, Note};
use crate::probe::catalog::family_of;
use crate::probe::refusals::{Key, Record};
use crate::proto::auth::CredentialKind;
use crate::transaction::Exchange;
use crate::vocabulary::{Cause, Severity, Verdict};

/// Refusals of one user that make a loop, and the time within which they come.
const REFUSALS_OF_A_LOOP: usize = 3;
const LOOP_WITHIN: Duration = Duration::from_secs(60);
/// A ticket does not say in clear whose it is.
const NAMELESS: Doubt = Doubt::NamelessTicket;

impl Case<'_> {
    /// Loops of refusals at web servers.
    #[must_use]
    pub fn judge_refusals(&self) -> Vec<Finding> {
        if self.world.refusals.is_empty() {
            return Vec::new();
        }
        let records = self.world.refusals.of(self.address);
        records.into_iter().filter_map(|(key, record)| self.judge_loop(key, record)).collect()
    }

    fn judge_loop(&self, key: &Key, record: &Record) -> Option<Finding> {
        let in_vain = |exchange: &&Exchange| record.accepted.is_none_or(|accepted| exchange.started.time > accepted);
        let refused: Vec<&Exchange> = record.refused.iter().filter(in_vain).collect();
        let is_loop = refused.windows(REFUSALS_OF_A_LOOP).any(|run| match run {
            [first, .., last] => last.started.time.since(first.started.time) <= LOOP_WITHIN,
            _ => false,
        });
        let (first, last) = (*refused.first()?, *refused.last()?);
        if !is_loop {
            return None;
        }
        // That no success follows is an absence: the capture must go on long enough to have shown one.
        let watched = self.world.span.map_or(last.ended, |(_, end)| end).since(last.ended);
        let missing = self.world.settings.deadlines.response.saturating_sub(watched);
        let nameless = matches!(key.credential, CredentialKind::Kerberos);
        let ruling = Ruling::new(Verdict::AuthenticationLoop, Some(Cause::HttpAuthRejected), "http.loop")
            .doubt_if(!missing.is_zero(), Doubt::DeadlineOutside { missing })
            .doubt_if(nameless, NAMELESS)
            .doubt_if(self.world.refusals.refused > 0, Doubt::Evicted);
        let family = family_of(last.server().ip());
        let mut finding = self.finding(ruling, family, first.started.time, last.ended);
        finding.severity = Severity::Error;
        for leg in &refused {
            finding.prove_exchange(leg);
            if let Some(request) = &leg.request
                && let Some(credential) = &request.head.authorization
            {
                let (scheme, user) = credential_text(&credential.kind, credential.scheme.name());
                finding.prove(request.first, Note::Credentials { scheme, user });
            }
        }
        let head = last.request.as_ref().map(|request| &request.head)?;
        finding.decided_on(&last.connection, head.is_proxied());
        finding.host.clone_from(&head.host);
        finding.url = super::evidence::url_of(head);
        finding.details.count = u32::try_from(refused.len()).unwrap_or(u32::MAX);
        finding.details.auth = Some(Box::new(details(&refused)));
        Some(finding)
    }
}

fn details(refused: &[&Exchange]) -> AuthDetails {
    let mut details = AuthDetails::default();
    for leg in refused {
        for challenge in leg.response.iter().flat_map(|response| &response.head.www_authenticate) {
            let name = challenge.scheme.name().to_owned();
            if !details.schemes.contains(&name) {
                details.schemes.push(name);
            }
        }
        let credential = leg.request.as_ref().and_then(|request| request.head.authorization.as_ref());
        if let Some(credential) = credential {
            details.used = Some(credential.scheme.name().to_owned());
            let (_, user) = credential_text(&credential.kind, credential.scheme.name());
            details.user = user.or(details.user);
            if let CredentialKind::Ntlm3(who) = &credential.kind {
                details.workstation = Some(who.workstation.clone()).filter(|name| !name.is_empty());
            }
        }
    }
    details
}
