//! The packets behind a finding, read again from the file when somebody wants to see them.
//!
//! Nothing of them is kept while a capture is analysed. Reading again walks the file from its start (compressed files
//! have no other way) until behind the last packet of the attempt, and can be told to stop at any time. Of a live run
//! there is no file: what its memory of packets still has is shown, and what it has not is said.

use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::conversation::{Side, Stream, Streams};
use super::inspect::{Field, inspect};
use super::recall::Memory;
use super::snapshot::Snapshot;
use crate::limits::{MAX_PROOF_BYTES, MAX_PROOF_PACKETS};
use crate::source::{Alignment, Capture, Frame, LinkType, Options, PacketId};
use crate::time::CaptureTime;
use crate::verdict::{Conversation, Finding};
use crate::wire::{Body, Decoder, Packet as Decoded};

/// Packets of an attempt's conversations are looked for so long before and after it.
const AROUND: Duration = Duration::from_secs(2);
/// Packets between two looks at the stop flag.
const LOOK_EVERY: u64 = 4096;

/// Which packets are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The captures, by their index in the snapshot, and how their clocks were set right.
    inputs: Vec<(u16, PathBuf, Option<Alignment>)>,
    /// The evidence, sorted.
    evidence: Vec<PacketId>,
    conversations: Vec<Conversation>,
    from: CaptureTime,
    until: CaptureTime,
    /// Of a live run: the finding's number, and where its packets are remembered.
    memory: Option<(u32, Memory)>,
}

/// The packets behind a finding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proof {
    /// The evidence and all other packets of the same conversations, in order.
    pub packets: Vec<Packet>,
    /// What both sides said, by conversation.
    pub streams: Vec<Stream>,
    /// There were more packets than are shown.
    pub more: bool,
    /// Packets of the evidence that nobody remembers any more.
    pub gone: usize,
    /// Other packets of that time may be forgotten.
    pub faded: bool,
}

/// A packet to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Where it stands.
    pub id: PacketId,
    /// When it was captured.
    pub time: CaptureTime,
    /// It is evidence, not just of the same conversation.
    pub evidence: bool,
    /// What was captured of it.
    pub bytes: Vec<u8>,
    /// Its length on the wire.
    pub wire_len: u32,
    /// What its bytes start with.
    pub link: LinkType,
    /// Who sent it.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The innermost protocol that was understood.
    pub protocol: &'static str,
    /// What it says, in a line of protocol terms, safe to print.
    pub summary: String,
    /// Its fields, as far as they matter, in the order of their bytes.
    pub fields: Vec<Field>,
    /// Bytes that must not be shown: passwords, hashes, cookies, tokens.
    pub secrets: Vec<Range<usize>>,
    /// Which side sent it, where it belongs to a conversation.
    pub side: Option<Side>,
}

impl Wanted {
    /// The packets behind `finding`.
    ///
    /// # Errors
    ///
    /// A capture came from standard input: its bytes are gone.
    pub fn of(finding: &Finding, snapshot: &Snapshot) -> Result<Self, FromStdin> {
        let mut evidence: Vec<PacketId> = finding.evidence.iter().map(|evidence| evidence.at.id).collect();
        evidence.sort_unstable();
        let mut numbers: Vec<u16> = evidence.iter().map(|id| id.input()).collect();
        numbers.dedup();
        if numbers.is_empty() {
            numbers = (0..u16::try_from(snapshot.inputs.len()).unwrap_or(u16::MAX)).collect();
        }
        let mut inputs = Vec::new();
        for number in numbers {
            let Some(input) = snapshot.inputs.get(usize::from(number)) else { continue };
            if input.path == Path::new("-") && snapshot.memory.is_none() {
                return Err(FromStdin);
            }
            inputs.push((number, input.path.clone(), input.clock.clone()));
        }
        let times = finding.evidence.iter().map(|evidence| evidence.at.time);
        let from = times.clone().min().map_or(finding.started, |first| first.min(finding.started));
        let until = times.max().map_or(finding.ended, |last| last.max(finding.ended));
        Ok(Self {
            inputs,
            evidence,
            conversations: finding.conversations.clone(),
            from: from.before(AROUND),
            until: until.after(AROUND),
            memory: snapshot.memory.clone().map(|memory| (finding.id, memory)),
        })
    }
}

/// The packets came through a pipe and were not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromStdin;

/// Reads the wanted packets; `None` where `stop` was set before it was done.
///
/// # Errors
///
/// A capture cannot be opened any more; the message says which and why.
pub fn read(wanted: &Wanted, stop: &AtomicBool) -> Result<Option<Proof>, String> {
    if let Some((number, memory)) = &wanted.memory {
        return Ok(remember(wanted, *number, memory, stop));
    }
    let mut found = Found::new(wanted);
    for (number, path, clock) in &wanted.inputs {
        let opened = Capture::open(std::slice::from_ref(path), Options::default());
        let (mut capture, _) = opened.map_err(|errors| errors.first().map(ToString::to_string).unwrap_or_default())?;
        capture.align(vec![clock.clone()]);
        let evidence = wanted.evidence.iter().filter(|id| id.input() == *number);
        let last = evidence.map(|id| id.number()).next_back().unwrap_or(0);
        let mut decoder = Decoder::new();
        let mut walked = 0u64;
        while let Some(mut frame) = capture.next() {
            walked += 1;
            if walked.is_multiple_of(LOOK_EVERY) && stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            let own = frame.at.id.number();
            // The clock of a file may step back: only behind the last evidence is time an end.
            if own > last && frame.at.time > wanted.until {
                break;
            }
            frame.at.id = PacketId::new(*number, own);
            found.frame(&frame, &mut decoder);
        }
    }
    Ok(Some(found.finish()))
}

/// The wanted packets, as far as they are remembered.
fn remember(wanted: &Wanted, number: u32, memory: &Memory, stop: &AtomicBool) -> Option<Proof> {
    let (packets, faded) = memory.around(number, wanted.from, wanted.until);
    let mut found = Found::new(wanted);
    let mut decoder = Decoder::new();
    for (walked, kept) in (1u64..).zip(&packets) {
        if walked.is_multiple_of(LOOK_EVERY) && stop.load(Ordering::Relaxed) {
            return None;
        }
        found.frame(&kept.frame(), &mut decoder);
    }
    let mut proof = found.finish();
    let shown = proof.packets.iter().filter(|packet| packet.evidence).count();
    proof.gone = wanted.evidence.len().saturating_sub(shown);
    proof.faded = faded;
    Some(proof)
}

/// What was found of the wanted packets so far.
struct Found<'a> {
    wanted: &'a Wanted,
    proof: Proof,
    streams: Streams,
    room: usize,
}

impl<'a> Found<'a> {
    fn new(wanted: &'a Wanted) -> Self {
        let streams = Streams::new(&wanted.conversations);
        Self { wanted, proof: Proof::default(), streams, room: MAX_PROOF_BYTES }
    }

    fn frame(&mut self, frame: &Frame<'_>, decoder: &mut Decoder) {
        let wanted = self.wanted;
        let is_evidence = wanted.evidence.binary_search(&frame.at.id).is_ok();
        let in_time = frame.at.time >= wanted.from && frame.at.time <= wanted.until;
        if !is_evidence && !in_time {
            // Fragments that end inside the window begin before it.
            return;
        }
        let decoded = decoder.decode(frame);
        let place = wanted.conversations.iter().enumerate().find_map(|(at, own)| Some((at, side(own, &decoded)?)));
        if !is_evidence && place.is_none() {
            return;
        }
        if self.proof.packets.len() >= MAX_PROOF_PACKETS || frame.data.len() > self.room {
            self.proof.more = true;
            return;
        }
        self.room -= frame.data.len();
        if place.is_some() {
            self.streams.push(&decoded);
        }
        self.proof.packets.push(packet(frame, &decoded, is_evidence, place.map(|(_, side)| side)));
    }

    fn finish(self) -> Proof {
        let mut proof = self.proof;
        proof.streams = self.streams.finish();
        proof
    }
}

fn packet(frame: &Frame<'_>, decoded: &Decoded<'_>, evidence: bool, side: Option<Side>) -> Packet {
    let seen = inspect(frame, decoded);
    Packet {
        id: frame.at.id,
        time: frame.at.time,
        evidence,
        bytes: frame.data.to_vec(),
        wire_len: frame.wire_len,
        link: frame.link,
        from: seen.from,
        to: seen.to,
        protocol: seen.protocol,
        summary: seen.summary,
        fields: seen.fields,
        secrets: seen.secrets,
        side,
    }
}

/// Which side of `conversation` sent the packet, where it belongs to it.
fn side(conversation: &Conversation, packet: &Decoded<'_>) -> Option<Side> {
    let ip = packet.ip?;
    let (from, to) = match &packet.body {
        Body::Tcp(segment) if !conversation.udp => (segment.source_port, segment.destination_port),
        Body::Udp(datagram) if conversation.udp => (datagram.source_port, datagram.destination_port),
        Body::IcmpError(error) => {
            // An error about the client's packet comes towards the client.
            let client = SocketAddr::new(error.source, error.ports.0);
            let server = SocketAddr::new(error.destination, error.ports.1);
            return (client == conversation.client && server == conversation.server).then_some(Side::Server);
        }
        _ => return None,
    };
    let (from, to) = (SocketAddr::new(ip.source, from), SocketAddr::new(ip.destination, to));
    if (from, to) == (conversation.client, conversation.server) {
        Some(Side::Client)
    } else if (to, from) == (conversation.client, conversation.server) {
        Some(Side::Server)
    } else {
        None
    }
}
