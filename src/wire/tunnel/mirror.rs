//! TZSP, in which access points and routers send what they capture.

use crate::wire::layer::Layer;
use crate::wire::link::radio;
use crate::wire::peel::Inner;

/// Tags read at most: a dozen kinds are known.
const MAX_TAGS: usize = 64;
const PADDING: u8 = 0;
const END: u8 = 1;

/// A captured frame behind version, type, protocol and tags.
pub(super) fn tzsp(layer: Layer<'_>) -> Option<Inner<'_>> {
    // Version 1; a received packet, or one for transmission.
    let &[1, 0 | 1, p0, p1] = layer.first::<4>()? else { return None };
    let frame = behind_tags(layer.behind(4))?;
    Some(match u16::from_be_bytes([p0, p1]) {
        1 => Inner::Frame(frame),
        4 => Inner::Ppp(frame),
        7 => Inner::Ip(frame),
        18 => Inner::Wifi(frame),
        119 => radio::prism(frame),
        127 => radio::avs(frame),
        _ => return None,
    })
}

fn behind_tags(mut layer: Layer<'_>) -> Option<Layer<'_>> {
    for _ in 0..MAX_TAGS {
        match *layer.data.first()? {
            END => return Some(layer.behind(1)),
            PADDING => layer = layer.behind(1),
            _ => {
                let &[_, length] = layer.first::<2>()?;
                layer = layer.behind(2 + usize::from(length));
            }
        }
    }
    None
}
