//! Serial lines: Cisco's HDLC and Frame Relay (RFC 2427).

use crate::wire::Link;
use crate::wire::ethernet;
use crate::wire::layer::Layer;
use crate::wire::peel::Inner;

/// Cisco's HDLC: unicast or broadcast, 0, then an EtherType; PPP on the same line has other first bytes.
pub(in crate::wire) fn cisco_hdlc(layer: Layer<'_>) -> Inner<'_> {
    match layer.first::<4>() {
        Some(&[0x0f | 0x8f, 0x00, t0, t1]) => typed(u16::from_be_bytes([t0, t1]), layer.behind(4)),
        Some([0xff, 0x03, _, _]) => Inner::Ppp(layer),
        _ => Inner::Other,
    }
}

/// A Frame Relay frame from its address on: two to four bytes, the last of which is odd.
pub(super) fn frame_relay(layer: Layer<'_>) -> Inner<'_> {
    /// Unnumbered information (Q.922), and the padding that may follow it.
    const INFORMATION: u8 = 0x03;
    let Some(last) = layer.data.iter().take(4).position(|byte| byte & 1 == 1) else { return Inner::Other };
    let layer = layer.behind(last + 1);
    let layer = match layer.first::<2>() {
        _ if last == 0 => return Inner::Other,
        Some(&[INFORMATION, 0]) => layer.behind(2),
        Some(&[INFORMATION, _]) => layer.behind(1),
        // Cisco's encapsulation has an EtherType instead.
        Some(&bytes) => return typed(u16::from_be_bytes(bytes), layer.behind(2)),
        None => return Inner::Other,
    };
    match layer.data.first() {
        Some(0xcc | 0x8e) => Inner::Ip(layer.behind(1)),
        Some(0xcf) => Inner::Ppp(layer.behind(1)),
        Some(0x80) => subnetwork(layer.behind(1)),
        _ => Inner::Other,
    }
}

/// Organisation (3) and protocol (2): an EtherType, or a bridged Ethernet frame with or without its check sequence.
fn subnetwork(layer: Layer<'_>) -> Inner<'_> {
    let behind = layer.behind(5);
    match layer.first::<5>() {
        Some(&[0, 0, 0, t0, t1]) => typed(u16::from_be_bytes([t0, t1]), behind),
        Some([0, 0x80, 0xc2, 0, 0x01]) => Inner::Frame(Layer::new(behind.data, behind.wire_len.saturating_sub(4))),
        Some([0, 0x80, 0xc2, 0, 0x07]) => Inner::Frame(behind),
        _ => Inner::Other,
    }
}

/// What an EtherType announces where there are no addresses of a link.
fn typed(number: u16, layer: Layer<'_>) -> Inner<'_> {
    if number < ethernet::ether_type::MIN {
        return Inner::Other;
    }
    ethernet::by_type(number, layer, &mut Link::default())
}
