//! What an answer to a request for a PAC file is.

use super::finding::Doubt;
use crate::probe::discovery::is_pac_type;
use crate::proto::pac::is_pac;
use crate::transaction::{Exchange, Response};
use crate::vocabulary::Cause;

/// Whether a request for a PAC file got one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A PAC file.
    Delivered,
    /// The client's own copy is still right.
    Unchanged,
    /// Something else, or nothing.
    Failed(Cause, Option<Doubt>),
    /// The capture holds too little of the answer, or there is none.
    Undecided,
}

/// What the answer to a request for a PAC file is.
#[must_use]
pub fn delivery(fetch: &Exchange) -> Delivery {
    let Some(response) = &fetch.response else { return Delivery::Undecided };
    let failed = |cause| Delivery::Failed(cause, None);
    let as_portals_do = |cause| Delivery::Failed(cause, Some(Doubt::PerhapsPortal));
    match response.head.status {
        200 => content(response),
        304 => Delivery::Unchanged,
        301 | 302 | 303 | 307 | 308 => match &response.head.location {
            // It goes on elsewhere; what comes of it may be encrypted.
            Some(place) if names_a_pac(place) => Delivery::Undecided,
            _ => as_portals_do(Cause::HttpRedirect),
        },
        401 | 407 => as_portals_do(Cause::HttpInterceptAuth),
        403 | 451 => as_portals_do(Cause::HttpBlocked),
        500..=599 => failed(Cause::HttpServerError),
        _ => failed(Cause::HttpStatus),
    }
}

/// Whether a redirect leads to another PAC file.
fn names_a_pac(location: &str) -> bool {
    let path = location.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    path.ends_with(".pac") || path.ends_with("/wpad.dat")
}

fn content(response: &Response) -> Delivery {
    let body = &response.body;
    if is_pac(&body.bytes) {
        return Delivery::Delivered;
    }
    if body.complete && body.total_len == 0 && !body.missing {
        return Delivery::Failed(Cause::HttpEmptyBody, None);
    }
    let is_page = body.bytes.trim_ascii_start().starts_with(b"<");
    let flat = body.bytes.len() >= 8 && body.bytes.iter().all(|byte| Some(byte) == body.bytes.first());
    if (is_page || body.whole) && !body.bytes.is_empty() && !flat {
        return Delivery::Failed(Cause::HttpWrongBody, Some(Doubt::PerhapsPortal));
    }
    if is_pac_type(response.head.content_type.as_deref()) { Delivery::Delivered } else { Delivery::Undecided }
}
