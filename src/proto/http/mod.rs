//! HTTP/1 (RFC 9110, RFC 9112): heads, bodies, titles.
//!
//! ```text
//! sniff_request ─▶ parse_request ─▶ RequestHead ─▶ BodyReader::for_request
//! sniff_response ─▶ parse_response ─▶ ResponseHead ─▶ BodyReader::new ─▶ feed/gap/close ─▶ finish ─▶ Body ─▶ title
//! ```
//!
//! Heads are given whole from their first byte: feed the buffer again with more bytes after [`Parse::Need`].

mod body;
mod chunk;
mod coding;
mod date;
mod field;
mod head;
mod lines;
mod page;
mod parse;
mod sniff;
mod target;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
mod title;

pub use self::body::{Body, BodyReader, BodyState, Framing};
pub use self::head::{Extent, Persistence, RequestHead, ResponseHead, TargetForm};
pub use self::page::Page;
pub use self::parse::{
    Parse, parse_request, parse_request_partial, parse_response, parse_response_partial, still_needs_request,
    still_needs_response,
};
pub use self::sniff::{may_be_word, may_begin, sniff_request, sniff_response};
pub use self::title::title;
