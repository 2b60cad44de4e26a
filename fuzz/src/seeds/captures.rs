//! What the committed captures hold, by protocol.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ncsight::source::{Capture, Frame, Options};
use ncsight::wire::{Body, Decoder, Said};

use super::Seeds;
use crate::target::wire::LINKS;

/// Longest capture that is a seed as a file, and longest payload.
const LONGEST: usize = 6 << 10;

/// Both ends of a direction.
type Ends = (IpAddr, u16, IpAddr, u16);

/// Reads every capture below `folder`.
pub fn all(folder: &Path, seeds: &mut Seeds) -> io::Result<()> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "pcap" || kind == "pcapng"))
        .collect();
    paths.sort();
    for path in paths {
        let bytes = std::fs::read(&path)?;
        if bytes.len() < LONGEST {
            seeds.found("whole", bytes.clone());
            seeds.found("source", bytes);
        }
        let (mut capture, _) = Capture::open(&[path], Options::default())
            .map_err(|errors| io::Error::other(errors.iter().map(ToString::to_string).collect::<String>()))?;
        let mut decoder = Decoder::new();
        let mut streams: BTreeMap<Ends, Vec<u8>> = BTreeMap::new();
        let mut waiting = Vec::new();
        while let Some(frame) = capture.next() {
            take(&frame, &mut decoder, &mut streams, &mut waiting, seeds);
        }
        for stream in streams.into_values().filter(|stream| stream.len() < LONGEST) {
            stream_seeds(stream, seeds);
        }
    }
    Ok(())
}

fn take(
    frame: &Frame<'_>,
    decoder: &mut Decoder,
    streams: &mut BTreeMap<Ends, Vec<u8>>,
    waiting: &mut Vec<u8>,
    seeds: &mut Seeds,
) {
    let Some(link) = LINKS.iter().position(|link| *link == frame.link) else { return };
    let link = link as u8;
    if frame.data.len() < 1600 {
        let steer = if frame.fcs_len == 4 { 1 } else { 0 };
        seeds.found("wire", [&[link, steer][..], frame.data].concat());
    }
    let packet = decoder.decode(frame);
    match &packet.body {
        Body::OtherIp => {
            if waiting.is_empty() {
                waiting.push(link);
            }
            waiting.push(1);
            waiting.extend((frame.data.len() as u16).to_be_bytes());
            waiting.extend(frame.data);
        }
        Body::Udp(datagram) => {
            if datagram.payload.len() > 1400 && waiting.len() > 1000 && waiting.len() < 4 * LONGEST {
                let mut seed = std::mem::take(waiting);
                seed.push(1);
                seed.extend((frame.data.len() as u16).to_be_bytes());
                seed.extend(frame.data);
                seeds.found("fragments", seed);
            }
            datagram_seeds((datagram.source_port, datagram.destination_port), datagram.payload, seeds);
        }
        Body::Tcp(segment) => {
            if let Some(ip) = packet.ip {
                let ends = (ip.source, segment.source_port, ip.destination, segment.destination_port);
                streams.entry(ends).or_default().extend(segment.payload);
            }
        }
        Body::Neighbour(neighbour) => {
            if let Said::Router { body, .. } = neighbour.said {
                seeds.found("router", body.to_vec());
            }
        }
        _ => {}
    }
}

fn datagram_seeds(ports: (u16, u16), payload: &[u8], seeds: &mut Seeds) {
    let bytes = payload.to_vec();
    match ports {
        (53 | 5353 | 5355, _) | (_, 53 | 5353 | 5355) => seeds.found("dns", bytes),
        (67 | 68, 67 | 68) => seeds.found("dhcp", bytes),
        (546 | 547, 546 | 547) => seeds.found("dhcp6", bytes),
        (_, 137) | (137, _) => seeds.found("netbios", [vec![0], bytes].concat()),
        (_, 138) => seeds.found("netbios", [vec![1], bytes].concat()),
        (88, _) => seeds.found("kerberos", bytes),
        (_, 443) => {
            seeds.found("quic", [&[1][..], &(payload.len() as u16).to_be_bytes(), payload].concat());
        }
        _ => {}
    }
}

fn stream_seeds(stream: Vec<u8>, seeds: &mut Seeds) {
    let text = String::from_utf8_lossy(&stream).into_owned();
    for line in text.lines().take(40) {
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "proxy-authenticate" | "www-authenticate" => seeds.found("challenges", value.trim().as_bytes().to_vec()),
            "proxy-authorization" | "authorization" => {
                seeds.found("credential", value.trim().as_bytes().to_vec());
                let token = value.trim().split_whitespace().last().and_then(|token| STANDARD.decode(token).ok());
                if let Some(token) = token.filter(|token| token.starts_with(b"NTLMSSP")) {
                    seeds.found("ntlm", token);
                }
            }
            _ => {}
        }
    }
    match stream.first_chunk::<4>() {
        Some(b"HTTP") => {
            if let Some((_, body)) = text.split_once("\r\n\r\n") {
                let target = if body.contains("FindProxyForURL") { "pac" } else { "page" };
                let start = stream.len() - stream.len().min(body.len());
                let body = stream.get(start..).unwrap_or_default();
                seeds.found(target, if target == "page" { [&[1][..], body].concat() } else { body.to_vec() });
            }
            seeds.found("http_response", [&[1, 20][..], &stream].concat());
        }
        Some(b"GET " | b"POST" | b"CONN" | b"HEAD" | b"OPTI") => seeds.found("http_request", stream),
        Some([22, 3, ..] | [0x80, ..]) => seeds.found("tls", [&[50][..], &stream].concat()),
        Some([0, _, _, _]) => seeds.found("dns", stream),
        Some(b"220 " | b"* OK" | b"+OK ") => seeds.found("starttls", [&[0, 255][..], &stream].concat()),
        _ => {}
    }
}
