//! Is this answer the one that Windows expects? Microsoft compares the body with the text of the registry.

use super::finding::Remark;
use crate::transaction::Response;

/// What a 200 answer's body is.
#[derive(Clone, Debug, PartialEq)]
pub enum BodyMatch {
    /// The expected text, exactly, or with remarks that do not matter.
    Right(Vec<Remark>),
    /// The expected text under a content coding: whether Windows decodes it is not known.
    RightEncoded(Vec<Remark>),
    /// Nothing.
    Empty,
    /// Something else.
    Wrong,
    /// Something else that holds the expected text.
    Embedded,
    /// The body is not whole in the capture; what is there fits.
    CutButFits,
    /// The body is not whole in the capture, and what is known of it does not fit.
    CutAndWrong,
    /// The body is not in the capture, and nothing is known of it.
    Unknown,
    /// One byte, repeated: somebody overwrote it.
    Overwritten,
    /// The sender ended before its own length.
    Short,
}

/// Compares the body of a 200 answer with the expected text.
#[must_use]
pub fn match_body(response: &Response, expected: &str) -> BodyMatch {
    let body = &response.body;
    let expected = expected.as_bytes();
    let bytes = body.bytes.as_slice();
    let coded = body.coding.is_some();
    let mut remarks = Vec::new();
    if coded || body.chunked {
        let coding = body.coding.clone().unwrap_or_else(|| "chunked".to_owned());
        remarks.push(Remark::ReEncoded { coding });
    }
    if body.whole {
        if bytes == expected {
            return if coded { BodyMatch::RightEncoded(remarks) } else { BodyMatch::Right(remarks) };
        }
        if bytes.is_empty() {
            return BodyMatch::Empty;
        }
        if trimmed(bytes) == expected {
            remarks.push(Remark::PaddedBody);
            return if coded { BodyMatch::RightEncoded(remarks) } else { BodyMatch::Right(remarks) };
        }
        if is_flat(bytes) {
            return BodyMatch::Overwritten;
        }
        return if memchr::memmem::find(bytes, expected).is_some() { BodyMatch::Embedded } else { BodyMatch::Wrong };
    }
    // Not whole: decided by what is there.
    let length = response.head.content_length.filter(|_| !coded);
    let fits_length = length.is_none_or(|length| length == expected.len() as u64);
    let fits_start = expected.starts_with(bytes) && !coded;
    if bytes.len() > expected.len() && !coded && !body.undecoded {
        let start = trimmed(bytes);
        return if start.starts_with(expected) || memchr::memmem::find(bytes, expected).is_some() {
            BodyMatch::Embedded
        } else {
            BodyMatch::Wrong
        };
    }
    if body.missing || !response.whole {
        return match (fits_start, fits_length) {
            (true, true) if length.is_some() || !bytes.is_empty() => BodyMatch::CutButFits,
            (true, true) => BodyMatch::Unknown,
            _ if coded => BodyMatch::Unknown,
            _ => BodyMatch::CutAndWrong,
        };
    }
    if body.undecoded {
        return BodyMatch::Wrong;
    }
    if body.complete {
        return BodyMatch::Wrong;
    }
    if fits_start && fits_length { BodyMatch::Short } else { BodyMatch::CutAndWrong }
}

fn is_flat(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && bytes.iter().all(|byte| Some(byte) == bytes.first())
}

/// Without a byte order mark and white space around it.
fn trimmed(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii()
}
