//! Other systems' connectivity checks: what they ask, and what they expect.
//!
//! They say what the network does and never what Windows judges. A request counts only with the exact path; where a
//! name serves nothing but the check, a look-up or a connection that fails counts, too.
//!
//! What a network says of itself is not read here: the address of its API comes by DHCP option 114, DHCPv6 option 103 or
//! option 37 of router advertisements (RFC 8910), which belongs to the lease; the API itself (RFC 8908,
//! `application/captive+json`) is spoken over TLS only, so that a capture shows no more than its name in the handshake.

use crate::proto::http::{Extent, RequestHead, TargetForm};

/// Whose check it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum System {
    /// iOS, iPadOS, macOS.
    Apple,
    /// Android, as Google and others deliver it.
    Android,
    /// ChromeOS and Chrome.
    Chrome,
    /// Microsoft Edge.
    Edge,
    /// Firefox.
    Firefox,
    /// Ubuntu's NetworkManager.
    Ubuntu,
    /// NetworkManager as GNOME configures it.
    Gnome,
    /// Fedora's NetworkManager.
    Fedora,
    /// Arch Linux' NetworkManager.
    Arch,
    /// Debian's NetworkManager.
    Debian,
    /// openSUSE's NetworkManager.
    OpenSuse,
    /// KDE.
    Kde,
    /// Kindle.
    Kindle,
    /// Cloudflare's clients.
    Cloudflare,
}

impl System {
    /// Its name as users know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apple => "Apple iOS/macOS",
            Self::Android => "Android",
            Self::Chrome => "ChromeOS/Chrome",
            Self::Edge => "Microsoft Edge",
            Self::Firefox => "Firefox",
            Self::Ubuntu => "Ubuntu (NetworkManager)",
            Self::Gnome => "GNOME (NetworkManager)",
            Self::Fedora => "Fedora (NetworkManager)",
            Self::Arch => "Arch Linux (NetworkManager)",
            Self::Debian => "Debian (NetworkManager)",
            Self::OpenSuse => "openSUSE (NetworkManager)",
            Self::Kde => "KDE",
            Self::Kindle => "Kindle",
            Self::Cloudflare => "Cloudflare WARP",
        }
    }

    /// Whether the system follows Android's rules: an empty 200 is a failure and no portal, and a probe name with a
    /// private address leads nowhere (AOSP, `NetworkMonitor`).
    #[must_use]
    pub const fn is_android(self) -> bool {
        matches!(self, Self::Android)
    }
}

/// The answer that a check takes for the Internet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Status 204.
    NoContent,
    /// Status 204 and the field `X-NetworkManager-Status: online`.
    NoContentOnline,
    /// Status 200 and this text.
    Text(&'static str),
    /// A body that begins with this text, or the field `X-NetworkManager-Status: online`.
    Online(&'static str),
    /// Status 200 and a page that holds this text somewhere.
    Holds(&'static str),
}

impl Expected {
    /// The answer, for people.
    #[must_use]
    pub fn told(self) -> String {
        match self {
            Self::NoContent => "204".to_owned(),
            Self::NoContentOnline => "204, X-NetworkManager-Status: online".to_owned(),
            Self::Text(text) | Self::Online(text) | Self::Holds(text) => format!("200, {text}"),
        }
    }
}

/// The field by which NetworkManager's servers tell that they were reached, and its value.
pub const ONLINE: (&str, &str) = ("x-networkmanager-status", "online");

/// One check.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OsCheck {
    /// Whose it is.
    pub system: System,
    /// Host name, lower case.
    pub host: &'static str,
    /// Path, exact.
    pub path: &'static str,
    /// The name serves nothing but the check.
    pub dedicated: bool,
    /// The answer that it takes for the Internet.
    pub expected: Expected,
}

const fn own(system: System, host: &'static str, path: &'static str, expected: Expected) -> OsCheck {
    OsCheck { system, host, path, dedicated: true, expected }
}

const fn shared(system: System, host: &'static str, path: &'static str, expected: Expected) -> OsCheck {
    OsCheck { dedicated: false, ..own(system, host, path, expected) }
}

const APPLE: Expected = Expected::Text("<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>");
const CANONICAL: Expected =
    Expected::Text("<meta http-equiv=\"refresh\" content=\"0;url=https://support.mozilla.org/kb/captive-portal\"/>");
const NETWORK_MANAGER: Expected = Expected::Online("NetworkManager is online");

/// All of them.
#[rustfmt::skip]
pub const CHECKS: [OsCheck; 27] = [
    own(System::Apple, "captive.apple.com", "/hotspot-detect.html", APPLE),
    shared(System::Apple, "www.apple.com", "/library/test/success.html", APPLE),
    own(System::Android, "connectivitycheck.gstatic.com", "/generate_204", Expected::NoContent),
    own(System::Android, "connectivitycheck.android.com", "/generate_204", Expected::NoContent),
    shared(System::Android, "www.google.com", "/gen_204", Expected::NoContent),
    shared(System::Android, "www.google.com", "/generate_204", Expected::NoContent),
    shared(System::Android, "play.googleapis.com", "/generate_204", Expected::NoContent),
    own(System::Android, "connect.rom.miui.com", "/generate_204", Expected::NoContent),
    own(System::Android, "connectivitycheck.platform.hicloud.com", "/generate_204", Expected::NoContent),
    shared(System::Android, "www.google.eu", "/generate_204", Expected::NoContent),
    shared(System::Android, "conn-service-eu-04.allawnos.com", "/generate204", Expected::NoContent),
    shared(System::Chrome, "www.gstatic.com", "/generate_204", Expected::NoContent),
    shared(System::Chrome, "clients3.google.com", "/generate_204", Expected::NoContent),
    own(System::Edge, "edge-http.microsoft.com", "/captiveportal/generate_204", Expected::NoContent),
    own(System::Firefox, "detectportal.firefox.com", "/canonical.html", CANONICAL),
    own(System::Firefox, "detectportal.firefox.com", "/success.txt", Expected::Text("success")),
    own(System::Ubuntu, "connectivity-check.ubuntu.com", "/", Expected::NoContentOnline),
    own(System::Gnome, "nmcheck.gnome.org", "/check_network_status.txt", NETWORK_MANAGER),
    shared(System::Fedora, "fedoraproject.org", "/static/hotspot.txt", Expected::Text("OK")),
    own(System::Arch, "ping.archlinux.org", "/nm-check.txt", NETWORK_MANAGER),
    own(System::Debian, "network-test.debian.org", "/nm", NETWORK_MANAGER),
    own(System::OpenSuse, "conncheck.opensuse.org", "/", NETWORK_MANAGER),
    own(System::Kde, "networkcheck.kde.org", "/", Expected::Text("OK")),
    shared(System::Kindle, "spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", Expected::Holds("81ce4465-7167-4dcb-835b-dcc9e44c112a")),
    shared(System::Kindle, "spectrum.s3.amazonaws.com", "/kindle-wifi/wifiredirect.html", Expected::Holds("81ce4465-7167-4dcb-835b-dcc9e44c112a")),
    own(System::Cloudflare, "cp.cloudflare.com", "/generate_204", Expected::NoContent),
    own(System::Cloudflare, "cp.cloudflare.com", "/", Expected::NoContent),
];

/// The check that a request is. Its head must name host and path whole, and ask for port 80 in the clear; on a name
/// that serves other things, too, a query makes it something else (`www.google.com/gen_204?…` counts clicks).
#[must_use]
pub fn asked(head: &RequestHead) -> Option<&'static OsCheck> {
    let host = head.host.as_deref()?;
    let clear = match &head.form {
        TargetForm::Origin => head.port.is_none_or(|port| port == 80),
        TargetForm::Absolute { scheme, port, .. } => scheme == "http" && *port == 80,
        TargetForm::Authority { .. } | TargetForm::Asterisk => false,
    };
    if !clear || head.extent == Extent::StartLine {
        return None;
    }
    CHECKS.iter().find(|check| {
        let method = match check.expected {
            Expected::NoContent | Expected::NoContentOnline => matches!(head.method.as_str(), "GET" | "HEAD"),
            Expected::Text(_) | Expected::Online(_) | Expected::Holds(_) => head.method == "GET",
        };
        check.host == host && check.path == head.path && method && (check.dedicated || head.query.is_none())
    })
}

/// The check that a name serves, where it serves nothing else. Of several on one name it is the first.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static OsCheck> {
    CHECKS.iter().find(|check| check.dedicated && check.host == name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::proto::http::{Parse, parse_request, parse_request_partial};

    fn system_of(request: &str) -> Option<System> {
        let Parse::Done(head, _) = parse_request(request.as_bytes()) else { panic!("{request}") };
        asked(&head).map(|check| check.system)
    }

    #[test]
    fn host_and_path_are_exact() {
        let get = |host: &str, target: &str| system_of(&format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        assert_eq!(get("Captive.Apple.com", "/hotspot-detect.html"), Some(System::Apple));
        assert_eq!(get("captive.apple.com", "/other.html"), None);
        assert_eq!(get("connectivitycheck.gstatic.com:80", "/generate_204"), Some(System::Android));
        assert_eq!(get("connectivitycheck.gstatic.com:8080", "/generate_204"), None);
        assert_eq!(get("connectivitycheck.gstatic.com", "/Generate_204"), None);
        assert_eq!(get("www.google.com", "/gen_204"), Some(System::Android));
        assert_eq!(get("www.google.com", "/gen_204?atyp=csi&ei=x"), None, "Google's own statistics");
        assert_eq!(get("detectportal.firefox.com", "/success.txt?ipv4"), Some(System::Firefox));
        assert_eq!(get("proxy", "http://detectportal.firefox.com/canonical.html"), Some(System::Firefox));
        assert_eq!(get("proxy", "https://detectportal.firefox.com/canonical.html"), None);
        assert_eq!(get("www.msftconnecttest.com", "/connecttest.txt"), None);
        assert_eq!(system_of("POST /nm HTTP/1.1\r\nHost: network-test.debian.org\r\n\r\n"), None);
        assert_eq!(system_of("HEAD /nm HTTP/1.1\r\nHost: network-test.debian.org\r\n\r\n"), None, "no text comes back");
        assert_eq!(
            system_of("HEAD /generate_204 HTTP/1.1\r\nHost: cp.cloudflare.com\r\n\r\n"),
            Some(System::Cloudflare)
        );
    }

    #[test]
    fn a_cut_head_counts_where_it_names_all() {
        let cut = |bytes: &[u8]| match parse_request_partial(bytes) {
            Parse::Cut(head) => asked(&head).map(|check| check.system),
            other => panic!("{other:?}"),
        };
        assert_eq!(cut(b"GET /nm HTTP/1.1\r\nHost: network-test.debian.org\r\nAcc"), Some(System::Debian));
        assert_eq!(cut(b"GET /nm HTTP/1.1\r\nUser-Agent: NetworkManager/1.42\r\nHos"), None);
        assert_eq!(cut(b"GET http://network-test.debian.org/nm"), None, "the path may go on");
    }

    #[test]
    fn only_names_of_their_own_tell_without_a_request() {
        assert_eq!(by_name("connectivitycheck.gstatic.com").map(|check| check.system), Some(System::Android));
        for name in ["www.google.com", "fedoraproject.org", "www.apple.com", "www.gstatic.com", "gstatic.com"] {
            assert_eq!(by_name(name), None, "{name}");
        }
    }

    #[test]
    fn the_table_is_sound() {
        for (at, check) in CHECKS.iter().enumerate() {
            assert!(check.path.starts_with('/') && check.host == check.host.to_ascii_lowercase(), "{check:?}");
            assert!(CHECKS[at + 1..].iter().all(|other| (other.host, other.path) != (check.host, check.path)));
        }
    }
}
