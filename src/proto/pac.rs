//! Proxy auto-configuration files, by their text alone: a script from the wire is never run.

use crate::limits::MAX_PAC_PROXIES;

/// The function that every PAC file defines; `FindProxyForURLEx`, for IPv6, begins with it.
const FUNCTION: &[u8] = b"FindProxyForURL";
/// Words that may stand before a proxy in what the function returns.
const KINDS: [&str; 6] = ["PROXY", "HTTPS", "HTTP", "SOCKS5", "SOCKS4", "SOCKS"];
/// Longest name of a proxy that is kept (RFC 1035, 2.3.4), with a port.
const MAX_NAME: usize = 262;

/// Whether a text defines what a PAC file must define.
#[must_use]
pub fn is_pac(text: &[u8]) -> bool {
    memchr::memmem::find(text, FUNCTION).is_some()
}

/// The proxies that a PAC file names, as `PROXY host:port`, each once, at most [`MAX_PAC_PROXIES`]: what looks like
/// the start of a returned string or follows a `;` in one. Which of them the function returns is not known.
#[must_use]
pub fn proxies(text: &[u8]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for entry in text.split(|byte| matches!(byte, b'"' | b'\'' | b';' | b'\n' | b'\r')) {
        let Some(proxy) = proxy(entry.trim_ascii()) else { continue };
        if !found.contains(&proxy) {
            found.push(proxy);
            if found.len() == MAX_PAC_PROXIES {
                break;
            }
        }
    }
    found
}

/// `PROXY host:port` where an entry is just that.
fn proxy(entry: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(entry).ok().filter(|text| text.len() <= MAX_NAME)?;
    let mut words = text.split_ascii_whitespace();
    let (kind, place) = (words.next()?, words.next()?);
    let kind = KINDS.into_iter().find(|known| known.eq_ignore_ascii_case(kind))?;
    let named = place.contains(['.', ':'])
        && place
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']'));
    (words.next().is_none() && named).then(|| format!("{kind} {}", place.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "// PROXY of the company\nfunction FindProxyForURL(url, host) {\n  if (isPlainHostName(host)) return \"DIRECT\";\n  \
        return 'PROXY Proxy.Corp.example:3128; proxy 10.1.0.9:8080;SOCKS5 [2001:db8::9]:1080; DIRECT'; }\n";

    #[test]
    fn proxies_are_read_from_returned_strings_only() {
        assert!(is_pac(FILE.as_bytes()));
        assert_eq!(
            proxies(FILE.as_bytes()),
            ["PROXY proxy.corp.example:3128", "PROXY 10.1.0.9:8080", "SOCKS5 [2001:db8::9]:1080"]
        );
        assert!(!is_pac(b"<html><body>PROXY settings.html</body></html>"));
        assert!(proxies(b"the PROXY is at proxy.example:80 \"PROXY a b\" \"PROXY plain\" \"PROXY <x>:1\"").is_empty());
    }

    #[test]
    fn the_list_is_bounded_and_each_stands_once() {
        let many: String = (0..100).map(|n| format!("\"PROXY p{}.example:80\";", n % 50)).collect();
        assert_eq!(proxies(many.as_bytes()).len(), MAX_PAC_PROXIES);
        assert_eq!(proxies(b"\"PROXY a.example:80\" \"PROXY A.example:80\"").len(), 1);
        assert!(proxies(&[0xff; 64]).is_empty());
    }
}
