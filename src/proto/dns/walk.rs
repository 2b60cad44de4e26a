//! The lenient walk over a message: it stops at the damage and keeps what stood before it.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Message, Question, Record, RecordData, name, rtype};
use crate::limits::MAX_DNS_RECORDS;
use crate::proto::Anomaly;

/// Header length (RFC 1035, 4.1.1).
const HEADER: usize = 12;
/// A pointer to the name of the first question, which stands behind the header.
const QUESTION: [u8; 2] = [0xc0, HEADER as u8];
/// Class of the Internet; the bit above it is a flag of multicast DNS (RFC 6762, 10.2).
const CLASS_IN: u16 = 1;
const CLASS_MASK: u16 = 0x7fff;

/// What the walk had to do: how dear a second reading would be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effort {
    /// Compression pointers followed.
    pub(super) hops: usize,
    /// Records of all sections.
    pub(super) records: usize,
}

/// Sections of a message after the question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Answer,
    Authority,
    Additional,
}

/// Reads what can be read.
pub(super) fn walk(bytes: &[u8]) -> Result<(Message, Effort), Anomaly> {
    if bytes.len() < HEADER {
        return Err(Anomaly::TooShort);
    }
    let word = |at: usize| u16_at(bytes, at).ok_or(Anomaly::TooShort);
    let flags = word(2)?;
    let message = Message {
        id: word(0)?,
        response: flags & 0x8000 != 0,
        opcode: (flags >> 11 & 0xf) as u8,
        authoritative: flags & 0x0400 != 0,
        truncated: flags & 0x0200 != 0,
        recursion_desired: flags & 0x0100 != 0,
        recursion_available: flags & 0x0080 != 0,
        rcode: flags & 0xf,
        question: None,
        answers: Vec::new(),
        soa: false,
        edns: false,
        complete: false,
        anomalies: Vec::new(),
    };
    let counts = [word(4)?, word(6)?, word(8)?, word(10)?];
    let mut walk = Walk { bytes, at: HEADER, message, effort: Effort::default() };
    match walk.sections(counts) {
        Ok(()) => walk.message.complete = true,
        Err(anomaly) => walk.note(anomaly),
    }
    Ok((walk.message, walk.effort))
}

struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    message: Message,
    effort: Effort,
}

impl Walk<'_> {
    fn sections(&mut self, [questions, answers, authorities, additionals]: [u16; 4]) -> Result<(), Anomaly> {
        for index in 0..questions {
            self.question(index == 0)?;
        }
        let sections =
            [(Section::Answer, answers), (Section::Authority, authorities), (Section::Additional, additionals)];
        for (section, count) in sections {
            for _ in 0..count {
                if self.effort.records == MAX_DNS_RECORDS {
                    return Err(Anomaly::DnsTooManyRecords);
                }
                self.effort.records += 1;
                self.record(section)?;
            }
        }
        Ok(())
    }

    fn question(&mut self, first: bool) -> Result<(), Anomaly> {
        let name_at = self.at;
        let end = name::end(self.bytes, name_at)?;
        let qtype = u16_at(self.bytes, end).ok_or(Anomaly::Truncated)?;
        let qclass = u16_at(self.bytes, end + 2).ok_or(Anomaly::Truncated)?;
        self.at = end + 4;
        if first {
            match name::read(self.bytes, name_at, &mut self.effort.hops) {
                Ok(name) => self.message.question = Some(Question { name, qtype, qclass }),
                Err(anomaly) => self.note(anomaly),
            }
        }
        Ok(())
    }

    fn record(&mut self, section: Section) -> Result<(), Anomaly> {
        let name_at = self.at;
        let end = name::end(self.bytes, name_at)?;
        let fixed = self.bytes.get(end..end + 10).ok_or(Anomaly::Truncated)?;
        let &[t0, t1, c0, c1, l0, l1, l2, l3, n0, n1] = fixed else { return Err(Anomaly::Truncated) };
        let rtype = u16::from_be_bytes([t0, t1]);
        let class = u16::from_be_bytes([c0, c1]);
        let ttl = u32::from_be_bytes([l0, l1, l2, l3]);
        let data_at = end + 10;
        let data_end = data_at + usize::from(u16::from_be_bytes([n0, n1]));
        let data = self.bytes.get(data_at..data_end).ok_or(Anomaly::Truncated)?;
        self.at = data_end;
        match section {
            Section::Answer => {
                let name = self.name(name_at);
                let data =
                    if class & CLASS_MASK == CLASS_IN { self.data(rtype, data, data_at) } else { RecordData::Other };
                let ttl = if ttl >> 31 == 0 { ttl } else { 0 };
                self.message.answers.push(Record { name, rtype, ttl, data });
            }
            Section::Authority => self.message.soa |= rtype == rtype::SOA,
            Section::Additional if rtype == rtype::OPT => {
                self.message.edns = true;
                self.message.rcode = self.message.rcode & 0xf | u16::from(l0) << 4;
            }
            Section::Additional => {}
        }
        Ok(())
    }

    fn data(&mut self, rtype: u16, data: &[u8], data_at: usize) -> RecordData {
        match rtype {
            rtype::A => match <[u8; 4]>::try_from(data) {
                Ok(address) => return RecordData::A(Ipv4Addr::from(address)),
                Err(_) => self.note(Anomaly::DnsRecordLength),
            },
            rtype::AAAA => match <[u8; 16]>::try_from(data) {
                Ok(address) => return RecordData::Aaaa(Ipv6Addr::from(address)),
                Err(_) => self.note(Anomaly::DnsRecordLength),
            },
            rtype::CNAME => {
                let inside = name::end(self.bytes, data_at).is_ok_and(|end| end == data_at + data.len());
                if !inside {
                    self.note(Anomaly::DnsRecordLength);
                } else {
                    match name::read(self.bytes, data_at, &mut self.effort.hops) {
                        Ok(target) => return RecordData::Cname(target),
                        Err(anomaly) => self.note(anomaly),
                    }
                }
            }
            _ => {}
        }
        RecordData::Other
    }

    /// An owner name; empty where it cannot be read, which is noted.
    fn name(&mut self, at: usize) -> String {
        // Most answers point at the question, which was read already.
        if self.bytes.get(at..at + 2) == Some(&QUESTION)
            && let Some(question) = &self.message.question
        {
            self.effort.hops += 1;
            return question.name.clone();
        }
        name::read(self.bytes, at, &mut self.effort.hops).unwrap_or_else(|anomaly| {
            self.note(anomaly);
            String::new()
        })
    }

    fn note(&mut self, anomaly: Anomaly) {
        if !self.message.anomalies.contains(&anomaly) {
            self.message.anomalies.push(anomaly);
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    match bytes.get(at..at + 2) {
        Some(&[high, low]) => Some(u16::from_be_bytes([high, low])),
        _ => None,
    }
}
