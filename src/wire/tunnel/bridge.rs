//! What bridges put between Ethernet and its payload: provider backbone (IEEE 802.1ah), TRILL (RFC 6325), VN-Tag
//! (IEEE 802.1BR's forerunner), Cisco's metadata for security groups.

use crate::wire::Link;
use crate::wire::ethernet;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;

/// A frame of the customer behind four bytes, of which three name the service.
pub(super) fn backbone<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[_, s0, s1, s2]) = layer.first::<4>() else { return Inner::Other };
    *link = Link { network: Some(u32::from_be_bytes([0, s0, s1, s2])), ..Link::default() };
    Inner::Frame(layer.behind(4))
}

/// Version and the length of options (in units of four bytes), two nicknames; then the frame.
pub(super) fn trill<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[f0, f1, _, _, _, _]) = layer.first::<6>() else { return Inner::Other };
    let flags = u16::from_be_bytes([f0, f1]);
    if flags >> 14 != 0 {
        return Inner::NotDecoded("TRILL of an unknown version");
    }
    *link = Link::default();
    Inner::Frame(layer.behind(6 + usize::from(flags >> 6 & 0x1f) * 4))
}

/// Four bytes of virtual interfaces, then an EtherType.
pub(super) fn virtual_interface<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[_, _, _, _, t0, t1]) = layer.first::<6>() else { return Inner::Other };
    ethernet::by_type(u16::from_be_bytes([t0, t1]), layer.behind(6), link)
}

/// Version, length, kind of option (2), security group (2), and an EtherType: behind them in Ethernet, before them in GRE,
/// as captures show it; Cisco documents neither.
pub(super) fn metadata<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    match layer.first::<8>() {
        Some(&[1, 1, _, _, _, _, t0, t1]) => ethernet::by_type(u16::from_be_bytes([t0, t1]), layer.behind(8), link),
        Some(&[t0 @ 6..=255, t1, 1, 1, ..]) => ethernet::by_type(u16::from_be_bytes([t0, t1]), layer.behind(8), link),
        Some(_) => Inner::NotDecoded("Cisco metadata of an unknown form"),
        None => Inner::Other,
    }
}
