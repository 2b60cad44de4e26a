//! The second reader: `dns-parser` reads again what the walk found ordinary, and a difference is noted on the message.
//!
//! `dns-parser` refuses a whole message for one record type that it does not know and takes time that grows with the
//! square of pointer chains, so it never decides what is kept; it says whether a reading can be relied upon.

use std::fmt::Write;

use dns_parser::rdata::{A, Aaaa, Cname};
use dns_parser::{Name, Packet, RData};

use super::walk::Effort;
use super::{Message, Record, RecordData, rtype};

/// Pointers and records up to which a message is ordinary: answers of content networks have about ten.
const ORDINARY_HOPS: usize = 64;
const ORDINARY_RECORDS: usize = 32;

/// Whether the walk found nothing wrong and a second reading is cheap.
pub(super) const fn worth_asking(message: &Message, effort: Effort) -> bool {
    message.complete
        && message.anomalies.is_empty()
        && effort.hops <= ORDINARY_HOPS
        && effort.records <= ORDINARY_RECORDS
}

/// Whether `dns-parser` reads the same from `bytes`; `None` where it does not accept the message. To be asked only of
/// messages that [`parse`](super::parse) found complete: on hostile ones it takes a quarter of a second.
#[must_use]
pub fn agrees_with_dns_parser(bytes: &[u8], message: &Message) -> Option<bool> {
    let packet = Packet::parse(bytes).ok()?;
    let header = &packet.header;
    let extended = packet.opt.as_ref().map_or(0, |opt| u16::from(opt.extrcode) << 4);
    let heads = header.id == message.id
        && header.query != message.response
        && u16::from(message.opcode) == Into::<u16>::into(header.opcode)
        && header.authoritative == message.authoritative
        && header.truncated == message.truncated
        && header.recursion_desired == message.recursion_desired
        && header.recursion_available == message.recursion_available
        && u16::from(Into::<u8>::into(header.response_code)) | extended == message.rcode
        && packet.opt.is_some() == message.edns;
    let questions = match (packet.questions.first(), &message.question) {
        (Some(theirs), Some(ours)) => same_name(&theirs.qname, &ours.name) && theirs.qtype as u16 == ours.qtype,
        (None, None) => true,
        _ => false,
    };
    let authority = packet.nameservers.iter().any(|record| matches!(record.data, RData::SOA(_))) == message.soa;
    let answers = packet.answers.len() == message.answers.len()
        && packet.answers.iter().zip(&message.answers).all(|(theirs, ours)| {
            theirs.ttl == ours.ttl
                && same_name(&theirs.name, &ours.name)
                && (theirs.cls != dns_parser::Class::IN || same_data(&theirs.data, ours))
        });
    Some(heads && questions && authority && answers)
}

fn same_data(theirs: &RData<'_>, ours: &Record) -> bool {
    match (theirs, &ours.data) {
        (RData::A(A(address)), RecordData::A(own)) => address == own,
        (RData::AAAA(Aaaa(address)), RecordData::Aaaa(own)) => address == own,
        (RData::CNAME(Cname(target)), RecordData::Cname(own)) => same_name(target, own),
        (RData::A(_) | RData::AAAA(_) | RData::CNAME(_), _) => false,
        (_, RecordData::Other) => !matches!(ours.rtype, rtype::A | rtype::AAAA | rtype::CNAME),
        _ => false,
    }
}

/// `dns-parser` writes bytes raw where the walk escapes them: only names without escapes are compared.
fn same_name(theirs: &Name<'_>, ours: &str) -> bool {
    let mut expected = Expected(ours.as_bytes());
    ours.contains('\\') || write!(expected, "{theirs}").is_ok() && expected.0.is_empty()
}

/// A name that is compared as it is written, not after.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write_str(&mut self, part: &str) -> std::fmt::Result {
        let (start, rest) = self.0.split_at_checked(part.len()).ok_or(std::fmt::Error)?;
        self.0 = rest;
        if start.eq_ignore_ascii_case(part.as_bytes()) { Ok(()) } else { Err(std::fmt::Error) }
    }
}
