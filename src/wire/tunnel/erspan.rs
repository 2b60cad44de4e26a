//! ERSPAN, Cisco's mirror over GRE (draft-foschiano-erspan-03).

use crate::wire::Link;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;

/// Types I and II share a number. Type I has no header, type II has eight bytes and a GRE sequence number.
pub(super) fn first_or_second<'a>(layer: Layer<'a>, has_sequence: bool, link: &mut Link) -> Inner<'a> {
    match layer.first::<8>() {
        Some(&[v0, v1, ..]) if has_sequence && v0 >> 4 == 1 => {
            link.vlan = vlan([v0, v1]);
            Inner::Frame(layer.behind(8))
        }
        _ if has_sequence => Inner::NotDecoded("ERSPAN of an unknown version"),
        _ => Inner::Frame(layer),
    }
}

/// Type III: twelve bytes, and eight more where its last bit says so.
pub(super) fn third<'a>(layer: Layer<'a>, link: &mut Link) -> Inner<'a> {
    let Some(&[v0, v1, _, _, _, _, _, _, _, _, kind, last]) = layer.first::<12>() else { return Inner::Other };
    if v0 >> 4 != 2 {
        return Inner::NotDecoded("ERSPAN of an unknown version");
    }
    link.vlan = vlan([v0, v1]);
    let layer = layer.behind(if last & 1 == 1 { 20 } else { 12 });
    // Five bits behind the first: what kind of frame it is.
    match kind >> 2 & 0x1f {
        0 => Inner::Frame(layer),
        2 => Inner::Ip(layer),
        _ => Inner::NotDecoded("ERSPAN III with an unknown kind of frame"),
    }
}

/// The number of the session, of types II and III.
pub(super) fn session(layer: Layer<'_>) -> Option<u16> {
    let &[version, _, s0, s1] = layer.first::<4>()?;
    matches!(version >> 4, 1 | 2).then(|| u16::from_be_bytes([s0, s1]) & 0x03ff)
}

/// The VLAN that the mirrored frame came from, where the switch knows one. A tag in the frame itself tells better.
fn vlan(bytes: [u8; 2]) -> Option<u16> {
    Some(u16::from_be_bytes(bytes) & 0x0fff).filter(|&vlan| vlan != 0)
}
