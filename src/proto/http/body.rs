//! Bodies: where they end, and the first bytes of them.

use serde::{Deserialize, Serialize};

use super::chunk::Chunks;
use super::coding;
use super::head::{RequestHead, ResponseHead};
use crate::limits::MAX_HTTP_BODY;
use crate::proto::Anomaly;

/// How the end of a body is found (RFC 9112, 6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Framing {
    /// No body: HEAD, 1xx, 204, 304, a request without length.
    Empty,
    /// No body, and what follows is no HTTP: 2xx to CONNECT, or 101.
    Tunnel,
    /// So many bytes.
    Length(u64),
    /// Chunks.
    Chunked,
    /// Up to the end of the connection.
    UntilClose,
}

/// Where a body stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyState {
    /// More bytes belong to it.
    More,
    /// It is at its end; what was not used belongs to the next message (or the tunnel).
    Done,
    /// Its framing is lost, or the connection ended before it did: nothing after it can be told apart.
    Bad(Anomaly),
}

/// A body that was read.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Body {
    /// Its first bytes, chunks joined and content coding undone; at most [`MAX_HTTP_BODY`].
    pub bytes: Vec<u8>,
    /// `bytes` is the whole body: nothing missing, nothing over the bound, decoded.
    pub whole: bool,
    /// Content codings named by the head, lower case.
    pub coding: Option<String>,
    /// The content coding is not known or did not decode: `bytes` is empty.
    pub undecoded: bool,
    /// Bytes of content (chunks joined, coding not undone), missing ones included.
    pub total_len: u64,
    /// The end was reached: by length, last chunk or, where nothing else ends it, by close.
    pub complete: bool,
    /// Sent in chunks.
    pub chunked: bool,
    /// Bytes of it are missing in the capture.
    pub missing: bool,
    /// What was wrong, if anything.
    pub anomaly: Option<Anomaly>,
}

/// What ends the body, with what is left of it.
#[derive(Clone, Debug)]
enum End {
    Reached,
    Bytes(u64),
    Chunks(Chunks),
    Close,
}

/// Reads one body: keeps its first bytes, counts the rest.
#[derive(Clone, Debug)]
pub struct BodyReader {
    framing: Framing,
    end: End,
    coding: Option<String>,
    kept: Vec<u8>,
    total: u64,
    missing: bool,
    bad: Option<Anomaly>,
}

impl BodyReader {
    /// Bytes that it keeps on the heap.
    #[must_use]
    pub const fn heap_bytes(&self) -> usize {
        self.kept.capacity()
    }

    /// Reader for the body of a response to a request of `method` (`None`: request not seen, taken for a GET).
    #[must_use]
    pub fn new(method: Option<&str>, head: &ResponseHead) -> Self {
        let is = |name: &str| method.is_some_and(|method| method.eq_ignore_ascii_case(name));
        let framing = match head.status {
            101 => Framing::Tunnel,
            200..=299 if is("CONNECT") => Framing::Tunnel,
            100..=199 | 204 | 304 => Framing::Empty,
            _ if is("HEAD") => Framing::Empty,
            _ if head.chunked => Framing::Chunked,
            _ => head.content_length.map_or(Framing::UntilClose, Framing::Length),
        };
        Self::with(framing, head.content_encoding.clone())
    }

    /// Reader for the body of a request.
    #[must_use]
    pub fn for_request(head: &RequestHead) -> Self {
        let framing = if head.chunked {
            Framing::Chunked
        } else {
            match head.content_length {
                None | Some(0) => Framing::Empty,
                Some(length) => Framing::Length(length),
            }
        };
        Self::with(framing, None)
    }

    fn with(framing: Framing, coding: Option<String>) -> Self {
        let end = match framing {
            Framing::Empty | Framing::Tunnel | Framing::Length(0) => End::Reached,
            Framing::Length(length) => End::Bytes(length),
            Framing::Chunked => End::Chunks(Chunks::new()),
            Framing::UntilClose => End::Close,
        };
        Self { framing, end, coding, kept: Vec::new(), total: 0, missing: false, bad: None }
    }

    /// How the end is found.
    #[must_use]
    pub const fn framing(&self) -> Framing {
        self.framing
    }

    /// Where it stands now (a body without bytes is `Done` from the start).
    #[must_use]
    pub const fn state(&self) -> BodyState {
        match (self.bad, &self.end) {
            (Some(anomaly), _) => BodyState::Bad(anomaly),
            (None, End::Reached) => BodyState::Done,
            (None, _) => BodyState::More,
        }
    }

    /// Takes the next bytes in order; returns how many belong to this body.
    pub fn feed(&mut self, bytes: &[u8]) -> (usize, BodyState) {
        if self.bad.is_some() {
            return (0, self.state());
        }
        let used = match &mut self.end {
            End::Reached => 0,
            End::Close => {
                keep(&mut self.kept, &mut self.total, self.missing, bytes);
                bytes.len()
            }
            End::Bytes(left) => {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                let (data, _) = bytes.split_at(here);
                keep(&mut self.kept, &mut self.total, self.missing, data);
                *left -= here as u64;
                if *left == 0 {
                    self.end = End::Reached;
                }
                here
            }
            End::Chunks(chunks) => {
                let (kept, total, missing) = (&mut self.kept, &mut self.total, self.missing);
                let used = chunks.feed(bytes, |data| keep(kept, total, missing, data));
                if chunks.is_bad() {
                    self.bad = Some(Anomaly::HttpChunk);
                } else if chunks.is_done() {
                    self.end = End::Reached;
                }
                used
            }
        };
        (used, self.state())
    }

    /// `missing` bytes are not in the capture; returns how many of them belong to this body. Framing survives inside a
    /// body of known length and inside one chunk.
    pub fn gap(&mut self, missing: u64) -> (u64, BodyState) {
        if self.bad.is_some() || missing == 0 {
            return (0, self.state());
        }
        let used = match &mut self.end {
            End::Reached => return (0, self.state()),
            End::Close => missing,
            End::Bytes(left) => {
                let here = missing.min(*left);
                *left -= here;
                if *left == 0 {
                    self.end = End::Reached;
                }
                here
            }
            End::Chunks(chunks) => {
                let here = missing.min(chunks.passable());
                chunks.pass(here);
                if here < missing {
                    chunks.lose();
                    self.bad = Some(Anomaly::HttpGap);
                }
                here
            }
        };
        self.missing = true;
        self.total = self.total.saturating_add(used);
        (used, self.state())
    }

    /// The sender closed (FIN, all bytes before it delivered).
    pub const fn close(&mut self) -> BodyState {
        match (self.bad, &self.end) {
            (None, End::Close) => self.end = End::Reached,
            (None, End::Bytes(_) | End::Chunks(_)) => self.bad = Some(Anomaly::Truncated),
            (None, End::Reached) | (Some(_), _) => {}
        }
        self.state()
    }

    /// What was read.
    #[must_use]
    pub fn finish(self) -> Body {
        let complete = self.bad.is_none() && matches!(self.end, End::Reached);
        let all_kept = complete && !self.missing && self.kept.len() as u64 == self.total;
        let mut body = Body {
            bytes: self.kept,
            whole: all_kept,
            coding: self.coding,
            undecoded: false,
            total_len: self.total,
            complete,
            chunked: self.framing == Framing::Chunked,
            missing: self.missing,
            anomaly: self.bad,
        };
        if let Some(coding) = &body.coding
            && !body.bytes.is_empty()
        {
            match coding::decode(&body.bytes, coding) {
                Some(decoded) => {
                    if all_kept && decoded.cut && decoded.bytes.len() < MAX_HTTP_BODY {
                        body.anomaly = body.anomaly.or(Some(Anomaly::HttpCoding));
                    }
                    body.whole = all_kept && !decoded.cut;
                    body.bytes = decoded.bytes;
                }
                None => {
                    body.anomaly = body.anomaly.or(Some(Anomaly::HttpCoding));
                    body.undecoded = true;
                    body.whole = false;
                    body.bytes.clear();
                }
            }
        }
        body
    }
}

/// Counts `data`, and keeps what fits; after a gap nothing more is kept, since it would be joined to the wrong place.
fn keep(kept: &mut Vec<u8>, total: &mut u64, missing: bool, data: &[u8]) {
    *total = total.saturating_add(data.len() as u64);
    if !missing {
        let room = MAX_HTTP_BODY.saturating_sub(kept.len());
        kept.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
    }
}
