//! What drivers write before an 802.11 frame: radiotap, PPI, Prism, AVS.

use super::wifi;
use crate::wire::Link;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;

/// Length of the check sequence behind a frame.
const FCS: usize = 4;

/// Radiotap (<https://www.radiotap.org>): version 0, length, a bit for each field that follows, little-endian.
pub(super) fn radiotap<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    /// Among the bits: time (8 bytes), flags (1 byte), another word of bits.
    const TIME: u32 = 1;
    const FLAGS: u32 = 1 << 1;
    const MORE: u32 = 1 << 31;
    /// Among the flags.
    const HAS_FCS: u8 = 0x10;
    const PADDED: u8 = 0x20;
    let Some(&[0, _, l0, l1, p0, p1, p2, p3]) = layer.first::<8>() else { return Inner::Other };
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let present = u32::from_le_bytes([p0, p1, p2, p3]);
    let Some(header) = layer.data.get(..length) else { return Inner::Other };
    let mut at = 8;
    let mut word = present;
    while word & MORE != 0 {
        let Some(bytes) = header.get(at..).and_then(<[u8]>::first_chunk) else { return Inner::Other };
        word = u32::from_le_bytes(*bytes);
        at += 4;
    }
    if present & TIME != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    let flags = if present & FLAGS != 0 { header.get(at).copied().unwrap_or(0) } else { 0 };
    let frame = without_fcs(layer.behind(length), flags & HAS_FCS != 0);
    wifi::padded_frame(frame, link, flags & PADDED != 0)
}

/// Per-packet information (PPI): version 0, flags, length, link type, then fields; little-endian.
pub(super) fn ppi(layer: Layer<'_>) -> Inner<'_> {
    /// Field 2 begins with a time (8) and flags (2), of which the lowest says that a check sequence follows the frame.
    const COMMON: [u8; 2] = [2, 0];
    let Some(&[0, _, l0, l1, t0, t1, t2, t3]) = layer.first::<8>() else { return Inner::Other };
    let length = usize::from(u16::from_le_bytes([l0, l1]));
    let mut fields = layer.data.get(8..length).unwrap_or_default();
    let mut has_fcs = false;
    while let Some((&[k0, k1, f0, f1], rest)) = fields.split_first_chunk::<4>() {
        if [k0, k1] == COMMON {
            has_fcs = rest.get(8).is_some_and(|flags| flags & 1 != 0);
        }
        fields = rest.get(usize::from(u16::from_le_bytes([f0, f1]))..).unwrap_or_default();
    }
    let frame = layer.behind(length.max(8));
    match u32::from_le_bytes([t0, t1, t2, t3]) {
        1 => Inner::Frame(frame),
        105 => Inner::Wifi(without_fcs(frame, has_fcs)),
        9 => Inner::Ppp(frame),
        _ => Inner::NotDecoded("PPI with another link type"),
    }
}

/// Prism monitor header: message code and length in the byte order of the host; some drivers write AVS instead.
pub(in crate::wire) fn prism(layer: Layer<'_>) -> Inner<'_> {
    let Some(&[c0, c1, c2, c3, l0, l1, l2, l3]) = layer.first::<8>() else { return Inner::Other };
    if [c0, c1, c2] == AVS {
        return avs(layer);
    }
    let (code, length) = match u32::from_le_bytes([c0, c1, c2, c3]) {
        code @ 0..=0xffff => (code, u32::from_le_bytes([l0, l1, l2, l3])),
        code => (code.swap_bytes(), u32::from_be_bytes([l0, l1, l2, l3])),
    };
    // Sniffed frames have code 0x44 or 0x41; 144 bytes are usual.
    match usize::try_from(length) {
        Ok(length @ 8..=0xffff) if matches!(code, 0x41 | 0x44) => Inner::Wifi(layer.behind(length)),
        _ => Inner::Other,
    }
}

/// Begin of the version of an AVS header.
const AVS: [u8; 3] = [0x80, 0x21, 0x10];

/// AVS header: version, length, big-endian.
pub(in crate::wire) fn avs(layer: Layer<'_>) -> Inner<'_> {
    let Some(&[v0, v1, v2, _, 0, 0, l0, l1]) = layer.first::<8>() else { return Inner::Other };
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if [v0, v1, v2] != AVS || length < 8 {
        return Inner::Other;
    }
    Inner::Wifi(layer.behind(length))
}

/// The frame without the check sequence behind it.
fn without_fcs(layer: Layer<'_>, has_fcs: bool) -> Layer<'_> {
    if has_fcs { Layer::new(layer.data, layer.wire_len.saturating_sub(FCS)) } else { layer }
}
