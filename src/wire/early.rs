//! The short way for nearly every packet: Ethernet, at most one VLAN tag, IPv4 without options or IPv6 without
//! extension headers, not a fragment, TCP or UDP. Everything else returns `None` and goes the long way, which gives the
//! same result for these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::source::{Frame, LinkType};
use crate::wire::layer::Layer;
use crate::wire::{Body, Ip, Link, Mac, Packet, transport, tunnel};

/// The packet in `frame`, where it is a plain one.
#[inline]
pub(super) fn decode<'a>(frame: &Frame<'a>) -> Option<Packet<'a>> {
    // A frame check sequence behind the packet is rare enough for the long way.
    if frame.link != LinkType::ETHERNET || frame.fcs_len != 0 {
        return None;
    }
    let (&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1], mut rest) = frame.data.split_first_chunk::<14>()?;
    let mut ether_type = [t0, t1];
    let mut vlan = None;
    if ether_type == [0x81, 0x00] {
        let (&[tag0, tag1, type0, type1], inner) = rest.split_first_chunk::<4>()?;
        vlan = Some(u16::from_be_bytes([tag0, tag1]) & 0x0fff).filter(|&vlan| vlan != 0);
        ether_type = [type0, type1];
        rest = inner;
    }
    let (ip, payload) = match ether_type {
        [0x08, 0x00] => v4(rest)?,
        [0x86, 0xdd] => v6(rest)?,
        _ => return None,
    };
    let body = match ip.protocol {
        transport::TCP => Body::Tcp(transport::segment(payload)?),
        transport::UDP => {
            let datagram = transport::datagram(payload)?;
            if tunnel::may_be_udp(&datagram) {
                return None;
            }
            Body::Udp(datagram)
        }
        _ => return None,
    };
    let (source, destination) = (Some(Mac([s0, s1, s2, s3, s4, s5])), Some(Mac([d0, d1, d2, d3, d4, d5])));
    let link = Link { source, destination, vlan, network: None };
    Some(Packet { at: frame.at, link, ip: Some(ip), body })
}

#[inline]
fn v4(data: &[u8]) -> Option<(Ip, Layer<'_>)> {
    let (header, rest) = data.split_first_chunk::<20>()?;
    let &[0x45, _, l0, l1, i0, i1, f0, f1, ttl, protocol, _, _, s0, s1, s2, s3, d0, d1, d2, d3] = header else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([l0, l1])).checked_sub(20)?;
    // "More fragments" and the offset; "don't fragment" may be set.
    if f0 & 0x3f != 0 || f1 != 0 {
        return None;
    }
    let ip = Ip {
        source: IpAddr::V4(Ipv4Addr::from([s0, s1, s2, s3])),
        destination: IpAddr::V4(Ipv4Addr::from([d0, d1, d2, d3])),
        ttl,
        identification: Some(u16::from_be_bytes([i0, i1])),
        protocol,
    };
    Some((ip, Layer::new(rest, length)))
}

#[inline]
fn v6(data: &[u8]) -> Option<(Ip, Layer<'_>)> {
    let (&[version, _, _, _, l0, l1, protocol, ttl], rest) = data.split_first_chunk::<8>()?;
    let (source, rest) = rest.split_first_chunk::<16>()?;
    let (destination, rest) = rest.split_first_chunk::<16>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    if version >> 4 != 6 || length == 0 {
        return None;
    }
    let ip = Ip {
        source: IpAddr::V6(Ipv6Addr::from(*source)),
        destination: IpAddr::V6(Ipv6Addr::from(*destination)),
        ttl,
        identification: None,
        protocol,
    };
    Some((ip, Layer::new(rest, length)))
}
