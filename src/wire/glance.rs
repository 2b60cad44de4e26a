//! A first look at a frame: the fields that tell whether anybody has to look at it again.

use crate::source::{Frame, LinkType};
use crate::wire::layer::Layer;
use crate::wire::{Mac, transport, tunnel};

/// A plain TCP segment or UDP datagram over IPv4 and Ethernet, with at most one VLAN tag.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// Link addresses: destination, source.
    pub macs: &'a [u8; 12],
    /// The VLAN tag; zero where there is none.
    pub tag: u16,
    /// Source address.
    pub source: u32,
    /// Destination address.
    pub destination: u32,
    /// Source port, destination port.
    pub ports: (u16, u16),
    /// Flags of a segment; `None` for a datagram.
    pub flags: Option<u8>,
    /// Time to live.
    pub ttl: u8,
    /// What the segment or datagram carries, as far as it was captured.
    pub payload: &'a [u8],
}

impl Glance<'_> {
    /// Link address of the receiver.
    #[must_use]
    pub const fn destination_mac(&self) -> Mac {
        let [d0, d1, d2, d3, d4, d5, ..] = *self.macs;
        Mac([d0, d1, d2, d3, d4, d5])
    }
}

/// The fields of `frame`, where it is such a packet; what this says of it is what the decoder says.
#[inline]
#[must_use]
pub fn glance<'a>(frame: &Frame<'a>) -> Option<Glance<'a>> {
    if frame.link != LinkType::ETHERNET || frame.fcs_len != 0 {
        return None;
    }
    let (macs, rest) = frame.data.split_first_chunk::<12>()?;
    let (tag, rest) = match rest {
        [0x08, 0x00, rest @ ..] => (0, rest),
        [0x81, 0x00, high, low, 0x08, 0x00, rest @ ..] => (u16::from_be_bytes([*high, *low]) & 0x0fff, rest),
        _ => return None,
    };
    let (header, rest) = rest.split_first_chunk::<20>()?;
    let &[0x45, _, l0, l1, _, _, f0, f1, ttl, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = header else {
        return None;
    };
    if f0 & 0x3f != 0 || f1 != 0 {
        return None;
    }
    let layer = Layer::new(rest, usize::from(u16::from_be_bytes([l0, l1])).checked_sub(20)?);
    let (ports, flags, payload) = match protocol {
        transport::TCP => {
            let segment = transport::segment(layer)?;
            ((segment.source_port, segment.destination_port), Some(segment.flags), segment.payload)
        }
        transport::UDP => {
            let datagram = transport::datagram(layer)?;
            if tunnel::may_be_udp(&datagram) {
                return None;
            }
            ((datagram.source_port, datagram.destination_port), None, datagram.payload)
        }
        _ => return None,
    };
    let (source, destination) = (u32::from_be_bytes([s0, s1, s2, s3]), u32::from_be_bytes([d0, d1, d2, d3]));
    Some(Glance { macs, tag, source, destination, ports, flags, ttl, payload })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::source::{Capture, Options};
    use crate::wire::{Body, Decoder};

    #[test]
    fn it_says_what_the_decoder_says() {
        let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/captures"));
        let mut compared = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let Ok((mut capture, _)) = Capture::open(std::slice::from_ref(&path), Options::default()) else { continue };
            let mut decoder = Decoder::new();
            while let Some(frame) = capture.next() {
                let Some(seen) = glance(&frame) else { continue };
                compared += 1;
                let packet = decoder.decode(&frame);
                let ip = packet.ip.unwrap();
                assert_eq!(ip.source, std::net::Ipv4Addr::from_bits(seen.source), "{}", path.display());
                assert_eq!(ip.destination, std::net::Ipv4Addr::from_bits(seen.destination));
                assert_eq!(ip.ttl, seen.ttl);
                assert_eq!(packet.link.destination, Some(seen.destination_mac()));
                assert_eq!(packet.link.vlan.unwrap_or(0), seen.tag);
                let (ports, flags, payload) = match packet.body {
                    Body::Tcp(one) => ((one.source_port, one.destination_port), Some(one.flags), one.payload),
                    Body::Udp(one) => ((one.source_port, one.destination_port), None, one.payload),
                    other => unreachable!("{other:?} in {}", path.display()),
                };
                assert_eq!((ports, flags, payload), (seen.ports, seen.flags, seen.payload));
            }
        }
        assert!(compared > 5000, "{compared}");
    }
}
