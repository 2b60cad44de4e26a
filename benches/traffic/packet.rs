//! Packets with Ethernet below them, one at a time. Checksums are left at zero; nobody checks them.

use std::net::{IpAddr, SocketAddr};

pub const FIN: u8 = 1;
pub const SYN: u8 = 2;
pub const RST: u8 = 4;
pub const PSH: u8 = 8;
pub const ACK: u8 = 16;

/// Writes the frame of a datagram over what `frame` held.
pub fn udp(frame: &mut Vec<u8>, from: SocketAddr, to: SocketAddr, data: &[u8]) {
    ip(frame, from.ip(), to.ip(), 17, 8 + data.len());
    frame.extend_from_slice(&from.port().to_be_bytes());
    frame.extend_from_slice(&to.port().to_be_bytes());
    frame.extend_from_slice(&length(8 + data.len()));
    frame.extend_from_slice(&[0, 0]);
    frame.extend_from_slice(data);
}

/// Writes the frame of a segment over what `frame` held.
pub fn tcp(frame: &mut Vec<u8>, from: SocketAddr, to: SocketAddr, numbers: (u32, u32), flags: u8, data: &[u8]) {
    // A SYN names its largest segment, as every stack's does.
    let options: &[u8] = if flags & SYN == 0 { &[] } else { &[2, 4, 5, 0x78] };
    ip(frame, from.ip(), to.ip(), 6, 20 + options.len() + data.len());
    frame.extend_from_slice(&from.port().to_be_bytes());
    frame.extend_from_slice(&to.port().to_be_bytes());
    frame.extend_from_slice(&numbers.0.to_be_bytes());
    frame.extend_from_slice(&numbers.1.to_be_bytes());
    frame.extend_from_slice(&[if options.is_empty() { 0x50 } else { 0x60 }, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    frame.extend_from_slice(options);
    frame.extend_from_slice(data);
}

fn ip(frame: &mut Vec<u8>, from: IpAddr, to: IpAddr, protocol: u8, payload: usize) {
    frame.clear();
    frame.extend_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]);
    match (from, to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            frame.extend_from_slice(&[8, 0, 0x45, 0]);
            frame.extend_from_slice(&length(20 + payload));
            frame.extend_from_slice(&[0, 1, 0x40, 0, 128, protocol, 0, 0]);
            frame.extend_from_slice(&from.octets());
            frame.extend_from_slice(&to.octets());
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            frame.extend_from_slice(&[0x86, 0xdd, 0x60, 0, 0, 0]);
            frame.extend_from_slice(&length(payload));
            frame.extend_from_slice(&[protocol, 128]);
            frame.extend_from_slice(&from.octets());
            frame.extend_from_slice(&to.octets());
        }
        _ => unreachable!("both ends are of one family"),
    }
}

fn length(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).expect("short").to_be_bytes()
}

/// A question for a name, or the answer to it.
pub fn dns(id: u16, name: &str, kind: u16, answer: Option<(u8, &[u8])>) -> Vec<u8> {
    let mut message = id.to_be_bytes().to_vec();
    let (flags, answers) = match answer {
        None => ([1, 0], 0),
        Some((code, data)) => ([0x81, 0x80 | code], u8::from(!data.is_empty())),
    };
    message.extend_from_slice(&flags);
    message.extend_from_slice(&[0, 1, 0, answers, 0, 0, 0, 0]);
    for label in name.split('.') {
        message.push(u8::try_from(label.len()).expect("short"));
        message.extend_from_slice(label.as_bytes());
    }
    message.push(0);
    message.extend_from_slice(&kind.to_be_bytes());
    message.extend_from_slice(&[0, 1]);
    if let Some((_, data)) = answer
        && !data.is_empty()
    {
        message.extend_from_slice(&[0xc0, 12]);
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
        message.extend_from_slice(&length(data.len()));
        message.extend_from_slice(data);
    }
    message
}
