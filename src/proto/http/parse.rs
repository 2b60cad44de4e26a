//! Heads from bytes: `httparse` reads what is regular, [`super::lines`] the rest.

use httparse::{EMPTY_HEADER, ParserConfig};

use super::field::{request_field, response_field, text};
use super::head::{Extent, RequestHead, ResponseHead, TargetForm};
use super::lines::{self, Lines};
use super::sniff::{skip_empty_lines, sniff_request, sniff_response};
use super::target;
use crate::limits::{MAX_HTTP_HEAD, MAX_HTTP_HEADERS};
use crate::proto::{Anomaly, Sniffed};

/// Outcome of reading a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parse<T> {
    /// A whole head and the bytes that it took (empty lines before it included).
    Done(T, usize),
    /// The head is not complete: come again with the same bytes and more.
    Need,
    /// The head is cut (by the snap length, the end of the capture, or our own bound): what could be read of it. Where
    /// its message ends cannot be told.
    Cut(T),
    /// No HTTP/1 head.
    Bad(Anomaly),
}

/// Reads a request head from its first byte. [`Parse::Cut`] only where it is longer than
/// [`MAX_HTTP_HEAD`].
#[must_use]
pub fn parse_request(bytes: &[u8]) -> Parse<RequestHead> {
    read(bytes, sniff_request, request)
}

/// Reads a response head from its first byte. [`Parse::Cut`] only where it is longer than
/// [`MAX_HTTP_HEAD`].
#[must_use]
pub fn parse_response(bytes: &[u8]) -> Parse<ResponseHead> {
    read(bytes, sniff_response, response)
}

/// Reads what there is of a request head after which nothing comes (cut by the snap length, a gap, or the end of the
/// capture): never [`Parse::Need`].
#[must_use]
pub fn parse_request_partial(bytes: &[u8]) -> Parse<RequestHead> {
    partial(bytes, parse_request(bytes), request)
}

/// Reads what there is of a response head after which nothing comes: never [`Parse::Need`].
#[must_use]
pub fn parse_response_partial(bytes: &[u8]) -> Parse<ResponseHead> {
    partial(bytes, parse_response(bytes), response)
}

/// Whether a request head of which the first `before` bytes gave [`Parse::Need`] still does. It looks at the new bytes
/// alone: a head that comes byte by byte must not be read anew for each.
#[must_use]
pub fn still_needs_request(bytes: &[u8], before: usize) -> bool {
    still_needs(bytes, before, sniff_request)
}

/// The same for a response head.
#[must_use]
pub fn still_needs_response(bytes: &[u8], before: usize) -> bool {
    still_needs(bytes, before, sniff_response)
}

fn still_needs(bytes: &[u8], before: usize, sniff: fn(&[u8]) -> Sniffed) -> bool {
    let new = bytes.get(before.saturating_sub(2)..).unwrap_or_default();
    bytes.len() <= MAX_HTTP_HEAD
        && end_of_head(new).is_none()
        && bytes.get(..before).is_some_and(|known| sniff(known) == Sniffed::Yes)
}

/// Reads a head of either kind from bytes that hold all of it (`true`) or its start.
type Reader<T> = fn(&[u8], bool) -> Result<T, Anomaly>;

fn read<T>(bytes: &[u8], sniff: fn(&[u8]) -> Sniffed, reader: Reader<T>) -> Parse<T> {
    let head = skip_empty_lines(bytes);
    let skipped = bytes.len() - head.len();
    match (sniff(head), end_of_head(head)) {
        (Sniffed::No, _) | (Sniffed::Maybe, Some(_)) => Parse::Bad(Anomaly::HttpStartLine),
        (_, Some(end)) => match reader(head.get(..end).unwrap_or_default(), true) {
            Ok(read) => Parse::Done(read, skipped + end),
            Err(anomaly) => Parse::Bad(anomaly),
        },
        (_, None) if head.len() > MAX_HTTP_HEAD => match reader(head.get(..MAX_HTTP_HEAD).unwrap_or_default(), false) {
            Ok(read) => Parse::Cut(read),
            Err(anomaly) => Parse::Bad(anomaly),
        },
        (_, None) => Parse::Need,
    }
}

fn partial<T>(bytes: &[u8], whole: Parse<T>, reader: Reader<T>) -> Parse<T> {
    match whole {
        Parse::Need => match reader(skip_empty_lines(bytes), false) {
            Ok(read) => Parse::Cut(read),
            Err(anomaly) => Parse::Bad(anomaly),
        },
        other => other,
    }
}

/// The byte after the empty line, if it stands within [`MAX_HTTP_HEAD`]. Lines may end in LF alone (RFC 9112, 2.2).
fn end_of_head(head: &[u8]) -> Option<usize> {
    let head = head.get(..MAX_HTTP_HEAD.min(head.len()))?;
    memchr::memchr_iter(b'\n', head).find_map(|at| match head.get(at + 1..) {
        Some([b'\n', ..]) => Some(at + 2),
        Some([b'\r', b'\n', ..]) => Some(at + 3),
        _ => None,
    })
}

fn lenient() -> ParserConfig {
    let mut config = ParserConfig::default();
    config
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_multiple_spaces_in_request_line_delimiters(true)
        .allow_multiple_spaces_in_response_status_delimiters(true)
        .allow_space_before_first_header_name(true);
    config
}

fn request(head: &[u8], is_whole: bool) -> Result<RequestHead, Anomaly> {
    let mut room = [EMPTY_HEADER; MAX_HTTP_HEADERS];
    let mut parsed = httparse::Request::new(&mut room);
    if is_whole
        && !lines::is_folded(head)
        && lenient().parse_request(&mut parsed, head).is_ok_and(|status| status.is_complete())
        && let (Some(method), Some(target), Some(version)) = (parsed.method, parsed.path, parsed.version)
    {
        let mut read = request_line(method, target, Some(version));
        for field in parsed.headers.iter() {
            request_field(&mut read, field.name.as_bytes(), field.value);
        }
        return Ok(finished(read));
    }
    let lines = lines::part(head);
    let mut read = request_line_by_hand(&lines)?;
    for &(name, value) in &lines.fields {
        request_field(&mut read, name, value);
    }
    read.anomalies.extend(oddities(&lines));
    if is_whole {
        read.extent = Extent::Whole;
    }
    Ok(finished(read))
}

fn response(head: &[u8], is_whole: bool) -> Result<ResponseHead, Anomaly> {
    let mut room = [EMPTY_HEADER; MAX_HTTP_HEADERS];
    let mut parsed = httparse::Response::new(&mut room);
    if is_whole
        && lenient().parse_response(&mut parsed, head).is_ok_and(|status| status.is_complete())
        && let (Some(minor_version), Some(status)) = (parsed.version, parsed.code)
    {
        let reason = text(parsed.reason.unwrap_or_default().as_bytes());
        let mut read = ResponseHead { minor_version, status, reason, ..ResponseHead::default() };
        for field in parsed.headers.iter() {
            response_field(&mut read, field.name.as_bytes(), field.value);
        }
        return Ok(read);
    }
    let lines = lines::part(head);
    let mut read = status_line_by_hand(&lines)?;
    for &(name, value) in &lines.fields {
        response_field(&mut read, name, value);
    }
    read.anomalies.extend(oddities(&lines));
    if is_whole {
        read.extent = Extent::Whole;
    }
    Ok(read)
}

fn oddities(lines: &Lines<'_>) -> impl Iterator<Item = Anomaly> + use<> {
    let odd = lines.odd_line.then_some(Anomaly::HttpFieldLine);
    odd.into_iter().chain(lines.too_many.then_some(Anomaly::HttpHeadTooLong))
}

fn request_line(method: &str, target: &str, minor_version: Option<u8>) -> RequestHead {
    let target = target::parse(method, &text(target.as_bytes()));
    RequestHead {
        method: text(method.as_bytes()),
        target: target.text,
        form: target.form,
        path: target.path,
        query: target.query,
        minor_version,
        ..RequestHead::default()
    }
}

/// Method, blank, target (which may hold blanks where a version ends the line), and version as far as it is there.
fn request_line_by_hand(lines: &Lines<'_>) -> Result<RequestHead, Anomaly> {
    let line = lines.start;
    let blank = memchr::memchr(b' ', line).ok_or(Anomaly::HttpStartLine)?;
    let (method, rest) = line.split_at(blank);
    let rest = rest.trim_ascii_start();
    let version_at = memchr::memrchr(b' ', rest).filter(|at| {
        let version = rest.get(at + 1..).unwrap_or_default();
        let cut_version = !lines.start_is_whole && b"HTTP/1.".starts_with(version);
        version.starts_with(b"HTTP/") || cut_version
    });
    let (target, version) = rest.split_at(version_at.unwrap_or(rest.len()));
    let target = target.trim_ascii();
    if method.is_empty() || target.is_empty() || (lines.start_is_whole && version_at.is_none()) {
        return Err(Anomaly::HttpStartLine);
    }
    let (minor_version, anomaly) = version_number(version.trim_ascii());
    let mut read = request_line(&String::from_utf8_lossy(method), &String::from_utf8_lossy(target), minor_version);
    read.extent = if version_at.is_some() { Extent::Fields } else { Extent::StartLine };
    read.anomalies.extend(anomaly.filter(|_| lines.start_is_whole));
    Ok(read)
}

/// Version, status code and reason as far as they are there: the code must be whole.
fn status_line_by_hand(lines: &Lines<'_>) -> Result<ResponseHead, Anomaly> {
    let line = lines.start;
    let blank = memchr::memchr(b' ', line).ok_or(Anomaly::HttpStartLine)?;
    let (version, rest) = line.split_at(blank);
    let rest = rest.trim_ascii_start();
    let (digits, reason) = rest.split_at_checked(3).ok_or(Anomaly::HttpStartLine)?;
    let status = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
    let status: u16 = status.filter(|status| *status >= 100).ok_or(Anomaly::HttpStartLine)?;
    if !matches!(reason.first(), None | Some(b' ' | b'\t')) {
        return Err(Anomaly::HttpStartLine);
    }
    let (minor_version, anomaly) = version_number(version);
    Ok(ResponseHead {
        extent: if lines.start_is_whole { Extent::Fields } else { Extent::StartLine },
        minor_version: minor_version.unwrap_or(1),
        status,
        reason: text(reason.trim_ascii()),
        anomalies: anomaly.into_iter().collect(),
        ..ResponseHead::default()
    })
}

/// Minor version of `HTTP/1.x`; anything else is noted.
fn version_number(version: &[u8]) -> (Option<u8>, Option<Anomaly>) {
    match version {
        [b'H' | b'h', b'T' | b't', b'T' | b't', b'P' | b'p', b'/', b'1', b'.', minor @ b'0'..=b'9'] => {
            let minor = minor - b'0';
            (Some(minor), (minor > 1).then_some(Anomaly::HttpVersion))
        }
        _ => (None, Some(Anomaly::HttpVersion)),
    }
}

/// What follows from target and `Host` together: the target wins (RFC 9112, 3.2.2).
fn finished(mut head: RequestHead) -> RequestHead {
    match &head.form {
        TargetForm::Absolute { host, port, .. } | TargetForm::Authority { host, port } => {
            head.host = Some(host.clone());
            head.port = Some(*port);
        }
        TargetForm::Origin | TargetForm::Asterisk => {}
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Byte by byte, the short look and the whole one agree, wherever heads end.
    #[test]
    fn the_short_look_never_misses_an_end() {
        let requests = [
            "GET / HTTP/1.1\r\nA: b\r\n\r\nrest",
            "GET / HTTP/1.1\nA: b\n\nrest",
            "\r\nGET / HTTP/1.1\n\r\n",
            "XYZZY / HTTP/1.1\r\n\r\n",
        ];
        for text in requests.map(str::as_bytes) {
            for before in 1..text.len() {
                for to in before + 1..=text.len() {
                    let bytes = &text[..to];
                    if parse_request(&text[..before]) == Parse::Need && still_needs_request(bytes, before) {
                        assert_eq!(parse_request(bytes), Parse::Need, "{before} {to}");
                    }
                }
            }
        }
        let text = b"HTTP/1.1 302 Found\r\nLocation: x\n\r\nbody";
        for before in 1..text.len() {
            let bytes = &text[..before + 1];
            if parse_response(&text[..before]) == Parse::Need {
                let needs = before >= b"HTTP/1".len() && parse_response(bytes) == Parse::Need;
                assert_eq!(still_needs_response(bytes, before), needs, "{before}");
            }
        }
        let long = [b"GET / HTTP/1.1\r\n".as_slice(), &[b'a'; MAX_HTTP_HEAD]].concat();
        assert!(!still_needs_request(&long, long.len() - 1), "over the bound it is cut");
    }
}
