//! Head lines read without `httparse`, for heads that it refuses: cut ones, bytes that are not allowed, other versions.

use memchr::memchr;

use crate::limits::MAX_HTTP_HEADERS;

/// A start line and its fields, borrowed from the head.
#[derive(Debug, Default)]
pub(super) struct Lines<'a> {
    /// Start line without its line end.
    pub(super) start: &'a [u8],
    /// The start line has its line end.
    pub(super) start_is_whole: bool,
    /// Names and values of the complete field lines; a folded value still holds its line ends.
    pub(super) fields: Vec<(&'a [u8], &'a [u8])>,
    /// A line was no field.
    pub(super) odd_line: bool,
    /// There were more lines than are read.
    pub(super) too_many: bool,
}

/// Parts a head into lines. Only lines with their line end count, since the rest of a cut one may change its meaning.
pub(super) fn part(head: &[u8]) -> Lines<'_> {
    let (start, mut rest, start_is_whole) = match memchr(b'\n', head) {
        Some(end) => {
            let (line, rest) = head.split_at(end);
            (line, rest.get(1..).unwrap_or_default(), true)
        }
        None => (head, &[][..], false),
    };
    let mut lines = Lines { start: without_cr(start), start_is_whole, ..Lines::default() };
    while let Some(end) = field_end(rest) {
        let (line, after) = rest.split_at(end);
        rest = after;
        let line = line.trim_ascii_end();
        if line.is_empty() {
            break;
        }
        if lines.fields.len() == MAX_HTTP_HEADERS {
            lines.too_many = true;
            break;
        }
        match memchr(b':', line) {
            Some(colon) if colon > 0 => {
                let (name, value) = line.split_at(colon);
                lines.fields.push((name.trim_ascii(), value.get(1..).unwrap_or_default().trim_ascii()));
            }
            _ => lines.odd_line = true,
        }
    }
    lines
}

/// End of the field line at the start of `rest`, with the lines folded onto it (RFC 9112, 5.2).
fn field_end(rest: &[u8]) -> Option<usize> {
    let mut end = memchr(b'\n', rest)? + 1;
    let is_empty_line = rest.get(..end)?.trim_ascii().is_empty();
    while !is_empty_line && matches!(rest.get(end), Some(b' ' | b'\t')) {
        end += memchr(b'\n', rest.get(end..)?)? + 1;
    }
    Some(end)
}

/// Whether a field is folded over lines, which `httparse` reads only in responses.
pub(super) fn is_folded(head: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', head).any(|at| matches!(head.get(at + 1), Some(b' ' | b'\t')))
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
