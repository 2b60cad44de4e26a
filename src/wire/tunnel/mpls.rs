//! MPLS label stacks (RFC 3032), and the pseudowires in them (RFC 4448).

use crate::limits::MAX_LABELS;
use crate::wire::layer::Layer;
use crate::wire::peel::{Inner, is_frame, is_ip};

/// Set in the last label of a stack.
const BOTTOM: u8 = 1;
/// A label under which the associated channel's messages lie, never a packet (RFC 5586).
const GENERIC_CHANNEL: u32 = 13;

/// What a label stack carries. Nothing in it says so: an IP header is known by itself, and of Ethernet with or without
/// a control word there must be a frame that makes sense.
pub(super) fn stack(layer: Layer<'_>) -> Inner<'_> {
    let Some((layer, label)) = bottom(layer) else { return Inner::Other };
    match layer.data.first().map(|first| first >> 4) {
        None => Inner::Other,
        Some(_) if label == GENERIC_CHANNEL => Inner::Other,
        Some(4 | 6) if is_ip(layer) || layer.data.len() < 20 => Inner::Ip(layer),
        // The control word begins with four zero bits, a message of the associated channel with 0001 (RFC 4385).
        Some(0) if is_frame(layer.behind(4)) => Inner::Frame(layer.behind(4)),
        _ if is_frame(layer) => Inner::Frame(layer),
        Some(1) => Inner::Other,
        Some(_) => Inner::NotDecoded("MPLS with an unknown payload"),
    }
}

/// The same where only a port announces it: `None` unless what the stack carries can be told.
pub(super) fn over_udp(layer: Layer<'_>) -> Option<Inner<'_>> {
    let (inner, _) = bottom(layer)?;
    (is_ip(inner) || is_frame(inner.behind(4)) || is_frame(inner)).then(|| stack(layer))
}

/// What follows the last label, and that label.
fn bottom(mut layer: Layer<'_>) -> Option<(Layer<'_>, u32)> {
    for _ in 0..MAX_LABELS {
        let &[b0, b1, b2, _] = layer.first::<4>()?;
        layer = layer.behind(4);
        if b2 & BOTTOM != 0 {
            return Some((layer, u32::from_be_bytes([0, b0, b1, b2]) >> 4));
        }
    }
    None
}
