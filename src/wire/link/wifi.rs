//! IEEE 802.11 frames, as a radio in monitor mode hears them.

use crate::wire::ethernet::{self, ether_type};
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;
use crate::wire::{Link, Mac};

/// Second byte of the frame control field.
const TO_SYSTEM: u8 = 0x01;
const FROM_SYSTEM: u8 = 0x02;
const MORE_FRAGMENTS: u8 = 0x04;
const PROTECTED: u8 = 0x40;
/// In a frame with quality of service: a control field of high throughput follows.
const ORDER: u8 = 0x80;
/// Subtypes of data frames (IEEE 802.11, 9.2.4.1.3).
const QUALITY: u8 = 0x80;
const NO_DATA: u8 = 0x40;
/// In the control field of quality of service: several frames in one.
const AGGREGATE: u8 = 0x80;

/// A frame from its frame control field on. Management and control frames carry nothing for us, nor do the empty data
/// frames of power saving.
pub(in crate::wire) fn frame<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    padded_frame(layer, link, false)
}

/// The same, where the driver may have padded the header to a multiple of four bytes.
pub(super) fn padded_frame<'a>(layer: Layer<'a>, link: &mut Link, padded: bool) -> Inner<'a> {
    let Some(header) = layer.first::<24>() else { return Inner::Other };
    let [kind, flags] = [header[0], header[1]];
    // Version 0, type "data".
    if kind & 0x0f != 0x08 || kind & NO_DATA != 0 {
        return Inner::Other;
    }
    let four_addresses = flags & TO_SYSTEM != 0 && flags & FROM_SYSTEM != 0;
    let quality_at = if four_addresses { 30 } else { 24 };
    let mut header_len = quality_at;
    let mut aggregate = false;
    if kind & QUALITY != 0 {
        let Some(control) = layer.data.get(quality_at) else { return Inner::Other };
        aggregate = control & AGGREGATE != 0;
        header_len += if flags & ORDER != 0 { 6 } else { 2 };
    }
    if padded {
        header_len = header_len.next_multiple_of(4);
    }
    let address = |at: usize| layer.data.get(at..at + 6).and_then(|bytes| bytes.try_into().ok()).map(Mac);
    (link.destination, link.source) = match (flags & TO_SYSTEM != 0, flags & FROM_SYSTEM != 0) {
        (false, false) => (address(4), address(10)),
        (false, true) => (address(4), address(16)),
        (true, false) => (address(16), address(10)),
        (true, true) => (address(16), address(24)),
    };
    if flags & PROTECTED != 0 {
        return Inner::NotDecoded("encrypted 802.11");
    }
    if flags & MORE_FRAGMENTS != 0 || header[22] & 0x0f != 0 {
        return Inner::NotDecoded("fragmented 802.11");
    }
    let layer = layer.behind(header_len);
    if aggregate { first_of(layer, link) } else { payload(layer, link) }
}

/// The first of several frames in one (A-MSDU): destination, source, length in network order, padded to four bytes.
fn first_of<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, l0, l1]) = layer.first::<14>() else {
        return Inner::Other;
    };
    link.destination = Some(Mac([d0, d1, d2, d3, d4, d5]));
    link.source = Some(Mac([s0, s1, s2, s3, s4, s5]));
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let behind = layer.behind(14);
    payload(Layer::new(behind.data, length.min(behind.wire_len)), link)
}

/// LLC and SNAP before an EtherType.
fn payload<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    match ethernet::llc(layer) {
        Some((number @ ether_type::MIN.., count)) => ethernet::by_type(number, layer.behind(count), link),
        _ => Inner::Other,
    }
}
