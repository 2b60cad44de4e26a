//! Content codings (RFC 9110, 8.4): gzip and deflate, with a bound on what comes out.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, GzDecoder, ZlibDecoder};

use crate::limits::{MAX_CONTENT_CODINGS, MAX_HTTP_BODY};

/// What came out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    /// At most [`MAX_HTTP_BODY`] bytes.
    pub(super) bytes: Vec<u8>,
    /// More would have come, or the input ended early.
    pub(super) cut: bool,
}

/// Undoes the codings of a `Content-Encoding` value, last first. `None` where one is not known, there are too many, or
/// nothing at all could be decoded.
pub(super) fn decode(coded: &[u8], codings: &str) -> Option<Decoded> {
    let mut decoded = Decoded { bytes: coded.to_vec(), cut: false };
    for (index, coding) in codings.rsplit(',').map(str::trim).filter(|coding| !coding.is_empty()).enumerate() {
        if index == MAX_CONTENT_CODINGS {
            return None;
        }
        let input = decoded.bytes.as_slice();
        let next = match coding {
            "identity" => continue,
            "gzip" | "x-gzip" => read_bounded(GzDecoder::new(input)),
            // RFC 9110 means zlib; some servers send the bare deflate stream.
            "deflate" | "zlib" => match read_bounded(ZlibDecoder::new(input)) {
                Some(decoded) => Some(decoded),
                None => read_bounded(DeflateDecoder::new(input)),
            },
            _ => return None,
        }?;
        decoded = Decoded { cut: decoded.cut || next.cut, bytes: next.bytes };
    }
    Some(decoded)
}

/// Reads at most one byte more than is kept: a bomb costs no more than any other body.
fn read_bounded(decoder: impl Read) -> Option<Decoded> {
    let mut bytes = Vec::new();
    let outcome = decoder.take(MAX_HTTP_BODY as u64 + 1).read_to_end(&mut bytes);
    let cut = outcome.is_err() || bytes.len() > MAX_HTTP_BODY;
    if outcome.is_err() && bytes.is_empty() {
        return None;
    }
    bytes.truncate(MAX_HTTP_BODY);
    Some(Decoded { bytes, cut })
}
