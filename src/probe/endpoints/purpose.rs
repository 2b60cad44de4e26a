//! What a piece of Microsoft 365 traffic is for: the steps of a start of Office, from its configuration to the mailbox.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sets of the sign-in: names of Entra ID, and its static pages.
const SIGN_IN: &[u32] = &[56, 59];
/// Sets that Office asks before it signs in: licence, configuration, redirectors.
const CONFIGURATION: &[u32] = &[46, 53, 79, 83, 86, 91, 92, 160];
/// Sets with certificate authorities.
const CERTIFICATES: &[u32] = &[84, 125];
/// Names among them that are web sites, too.
const WEB_SITES: &[&str] = &["www.microsoft.com", "www.digicert.com"];
/// Port of lists of withdrawn certificates and of questions about one (RFC 5280, RFC 6960): never over TLS, or checking
/// a certificate would need a certificate.
const CLEAR: u16 = 80;

/// What traffic is for. In the order in which a start of Office needs them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Licence and configuration of Office.
    Configuration,
    /// Lists of withdrawn certificates and questions about one, on port 80.
    Certificates,
    /// The sign-in.
    SignIn,
    /// Exchange Online and autodiscover.
    Mailbox,
    /// SharePoint Online and OneDrive.
    Files,
    /// Teams.
    Meetings,
    /// Anything else of Microsoft 365.
    Other,
}

impl Purpose {
    /// Every purpose, in order.
    pub const ALL: [Self; 7] = [
        Self::Configuration,
        Self::Certificates,
        Self::SignIn,
        Self::Mailbox,
        Self::Files,
        Self::Meetings,
        Self::Other,
    ];

    /// Whether every start of Office needs it.
    #[must_use]
    pub const fn is_essential(self) -> bool {
        matches!(self, Self::Configuration | Self::Certificates | Self::SignIn | Self::Mailbox)
    }
}

/// What traffic to `name` of set `id` is for; `port` is not known of a look-up.
pub(super) fn purpose(id: Option<u32>, name: &str, port: Option<u16>, area: &str) -> Purpose {
    let Some(id) = id else { return Purpose::Certificates };
    if CERTIFICATES.contains(&id) && port.is_none_or(|port| port == CLEAR) && !WEB_SITES.contains(&name) {
        return Purpose::Certificates;
    }
    match area {
        _ if SIGN_IN.contains(&id) => Purpose::SignIn,
        _ if CONFIGURATION.contains(&id) => Purpose::Configuration,
        "Exchange" => Purpose::Mailbox,
        "SharePoint" if name == "officeclient.microsoft.com" => Purpose::Configuration,
        "SharePoint" => Purpose::Files,
        "Skype" => Purpose::Meetings,
        _ => Purpose::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_of_office_needs_no_files_and_no_meetings() {
        let needed: Vec<Purpose> = Purpose::ALL.into_iter().filter(|purpose| purpose.is_essential()).collect();
        assert_eq!(needed, [Purpose::Configuration, Purpose::Certificates, Purpose::SignIn, Purpose::Mailbox]);
    }

    #[test]
    fn sets_of_other_lists_are_known_by_their_area_and_name() {
        for (area, name, expected) in [
            ("Exchange", "outlook.office.com", Purpose::Mailbox),
            ("SharePoint", "contoso.sharepoint.com", Purpose::Files),
            ("SharePoint", "officeclient.microsoft.com", Purpose::Configuration),
            ("Skype", "teams.microsoft.com", Purpose::Meetings),
            ("Common", "officeclient.microsoft.com", Purpose::Other),
        ] {
            assert_eq!(purpose(Some(9999), name, None, area), expected, "{name} of {area}");
        }
    }
}
