//! Microsoft's names, and who signs for them.

use crate::proto::tls::Certificate;

/// Domains under which Microsoft 365 and the sign-in to it live.
const DOMAINS: &[&str] = &[
    "microsoftonline.com",
    "microsoftonline-p.com",
    "microsoft.com",
    "office.com",
    "office.net",
    "office365.com",
    "outlook.com",
    "live.com",
    "windows.net",
    "msauth.net",
    "msftauth.net",
    "msauthimages.net",
    "msftauthimages.net",
    "msidentity.com",
    "msftidentity.com",
    "sharepoint.com",
    "onmicrosoft.com",
    "cloud.microsoft",
    "microsoftazuread-sso.com",
    "activedirectory.windowsazure.com",
    "msocdn.com",
];

/// Public authorities that have signed for Microsoft's names or for the networks that deliver them. A certificate from
/// any other issuer for one of these names was made by something in between.
const PUBLIC_ISSUERS: &[&str] = &[
    "digicert",
    "microsoft",
    "globalsign",
    "baltimore",
    "cybertrust",
    "entrust",
    "sectigo",
    "comodo",
    "usertrust",
    "verisign",
    "symantec",
    "geotrust",
    "thawte",
    "amazon",
    "google trust services",
    "let's encrypt",
    "internet security research group",
    "godaddy",
    "starfield",
    "akamai",
    "verizon",
    "affirmtrust",
    "ssl.com",
    "d-trust",
    "harica",
    "identrust",
];

/// Whether a name belongs to Microsoft 365 or its sign-in.
#[must_use]
pub fn is_microsoft_name(name: &str) -> bool {
    DOMAINS.iter().any(|domain| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether a certificate for a Microsoft name was made by something in between.
#[must_use]
pub fn is_intercepted(name: &str, certificate: &Certificate) -> bool {
    if !certificate.readable || !is_microsoft_name(name) {
        return false;
    }
    let issuers = [&certificate.issuer_organization, &certificate.issuer_name, &certificate.top_issuer];
    let known = |text: &str| {
        let text = text.to_ascii_lowercase();
        PUBLIC_ISSUERS.iter().any(|issuer| text.contains(issuer))
    };
    // A certificate that names no issuer tells nothing.
    issuers.iter().any(|text| text.is_some()) && !issuers.iter().any(|text| text.as_deref().is_some_and(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_labels_only() {
        assert!(is_microsoft_name("login.microsoftonline.com") && is_microsoft_name("office.com"));
        assert!(!is_microsoft_name("notoffice.com") && !is_microsoft_name("office.com.example.net"));
    }

    #[test]
    fn a_private_authority_is_seen() {
        let by = |issuer: Option<&str>| Certificate {
            readable: true,
            issuer_name: issuer.map(str::to_owned),
            ..Certificate::default()
        };
        assert!(is_intercepted("login.microsoftonline.com", &by(Some("Corp Proxy CA"))));
        assert!(!is_intercepted("login.microsoftonline.com", &by(Some("DigiCert SHA2 Secure Server CA"))));
        assert!(!is_intercepted("login.microsoftonline.com", &by(None)));
        assert!(!is_intercepted("intranet.example", &by(Some("Corp Proxy CA"))));
    }
}
