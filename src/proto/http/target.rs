//! Request targets and authorities (RFC 9112, 3.2; RFC 3986, 3.2).

use super::head::TargetForm;

/// A target taken apart.
#[derive(Default)]
pub(super) struct Target {
    /// As written, without user information.
    pub(super) text: String,
    pub(super) form: TargetForm,
    /// Empty for CONNECT and `*`.
    pub(super) path: String,
    pub(super) query: Option<String>,
}

/// Takes the target of a request of `method` apart.
pub(super) fn parse(method: &str, written: &str) -> Target {
    let text = without_user_information(written);
    if method.eq_ignore_ascii_case("CONNECT") {
        let (host, port) = split_authority(&text);
        let form = TargetForm::Authority { host, port: port.unwrap_or(443) };
        return Target { text, form, ..Target::default() };
    }
    if text == "*" {
        return Target { text, form: TargetForm::Asterisk, ..Target::default() };
    }
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) else {
        let (path, query) = split_query(&text);
        return Target { path, query, text, form: TargetForm::Origin };
    };
    let scheme = scheme.to_ascii_lowercase();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (host, port) = split_authority(authority);
    let (mut path, query) = split_query(rest);
    if path.is_empty() {
        path.push('/');
    }
    let default = match scheme.as_str() {
        "https" => 443,
        "ftp" => 21,
        _ => 80,
    };
    let form = TargetForm::Absolute { scheme, host, port: port.unwrap_or(default), path: path.clone() };
    Target { text, form, path, query }
}

impl TargetForm {
    /// The form of a target, taken apart.
    #[must_use]
    pub fn of(method: &str, target: &str) -> Self {
        parse(method, target).form
    }
}

/// Host and port of `host:port`, `[v6]:port` or `host`: lower case, without brackets and final dot.
pub(super) fn split_authority(authority: &str) -> (String, Option<u16>) {
    let authority = authority.trim();
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        // More than one colon without brackets is an IPv6 address, not a port.
        None if authority.matches(':').count() > 1 => (authority, None),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    (host, port.and_then(|digits| digits.parse().ok()))
}

/// `scheme://user:password@host/…` without what stands before the `@`.
pub(super) fn without_user_information(url: &str) -> String {
    let start = match url.find("://") {
        Some(at) if is_scheme(url.get(..at).unwrap_or_default()) => at + 3,
        _ if url.starts_with("//") => 2,
        _ if url.starts_with('/') => return url.to_owned(),
        _ => 0,
    };
    let (scheme, rest) = url.split_at(start);
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    [scheme, host, rest].concat()
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

fn split_query(target: &str) -> (String, Option<String>) {
    let target = target.split_once('#').map_or(target, |(before, _)| before);
    match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (target.to_owned(), None),
    }
}
